"""The driver: takes iterates from a solver, decides when to stop, and says why.

Conventions
-----------
theta      the parameters, one array of any shape; it stays in its library and on its device
scale      for each parameter its natural size, 1/sqrt of a typical second derivative; gradients
           are judged as scale * gradient, which does not depend on the parameters' units
decrement  the decrease that a quadratic model promises, about the gap to the minimum:
           half of gradient' H^-1 gradient, with the solver's own estimate of H^-1
pass       one reading of all rows, which gives value and gradient together
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from enum import Enum
from typing import Any, NamedTuple, Protocol

from softreg.errors import NonFiniteError

Array = Any

MARGIN = 3.0  # by how much evidence for a minimum must be better than the tolerance
NOTHING = 2.0**-52  # a value that is 0 beside the 1 that gaps are judged by


class Problem(Protocol):
    """What a solver is given to minimise: a mean over rows, with its gradient."""

    n_rows: int
    passes: float  # readings of all rows so far
    resolution: float  # relative rounding error to expect in a value

    @property
    def scale(self) -> Array:
        """Natural sizes, of a shape that broadcasts to that of theta."""

    def value_and_gradient(self, theta: Array) -> tuple[Array, Array]:
        """Value, shape (), never below 0, and gradient, shaped like theta."""

    def hessian_product(self, theta: Array, direction: Array) -> Array:
        """The second derivative at theta times a direction."""

    def curvature_beyond(self, theta: Array, step: Array, reach: float) -> float:
        """The second derivative at theta along a step, of rows alone whose logits it changes by more than reach."""

    def batch_gradient(self, theta: Array, index: Array) -> Array:
        """An unbiased estimate of the gradient from the rows that the integers in index name."""


class Confirmed(NamedTuple):
    """A decrement without the solver's own estimate of H, exact where it is not beyond what is enough."""

    decrement: float
    lasts: bool = True  # whether the objective is like that quadratic as far as the step to its minimum goes


class Iterate(NamedTuple):
    """Where a solver is."""

    theta: Array
    value: float
    scaled_gradient: float  # max |scale * gradient|
    decrement: float
    confirmed: Callable[[float], Confirmed] | None = None  # asked where the decrement is small; told what is enough
    gradient: Array | None = None  # none where the value is a rough one


class Progress(NamedTuple):
    """One line of a report while the solver runs."""

    iteration: int
    passes: float
    value: float
    scaled_gradient: float


class Status(Enum):
    """Why the solver stopped; the values are the words for the user."""

    CONVERGED = "converged"
    MAX_ITER = "reached max_iter"
    UNBOUNDED = "found no finite optimum"  # said by who proves it; no solver does
    STALLED = "could not improve further: rounding errors exceed what is left to gain"


class Solution(NamedTuple):
    """The last iterate, and the evidence for it."""

    theta: Array
    value: float
    scaled_gradient: float
    decrement: float
    iterations: int
    passes: float
    status: Status
    gradient: Array | None = None


Solver = Callable[[Problem, Array], Iterator[Iterate]]


def minimise(
    problem: Problem,
    start: Array,
    solver: Solver,
    *,
    tol: float,
    max_iter: int,
    report: Callable[[Progress], None] = lambda progress: None,
) -> Solution:
    """Run a solver from `start` until the evidence of `is_minimum` holds, or it can do no more.

    Raises `NonFiniteError` if value or gradient leave the finite numbers.
    """
    status = Status.STALLED  # what it is if the solver ends by itself
    for iteration, at in enumerate(solver(problem, start)):
        if not (math.isfinite(at.value) and math.isfinite(at.scaled_gradient)):
            raise NonFiniteError(
                f"the objective became {at.value} at iteration {iteration}; "
                "lower learning_rate if the solver is sgd, or scale the columns of X."
            )
        report(Progress(iteration, problem.passes, at.value, at.scaled_gradient))
        found = is_minimum(at, tol)
        if found and at.confirmed is not None:
            decrement, lasts = at.confirmed(left(at, tol))
            at = at._replace(decrement=decrement)
            # No value is below 0: where it is that small itself, nothing can be left behind the quadratic either.
            found = (lasts or at.value <= left(at, tol)) and is_minimum(at, tol)
        if found or 0 <= at.value <= NOTHING:
            status = Status.CONVERGED
            break
        if iteration >= max_iter:
            status = Status.MAX_ITER
            break
    if status is Status.STALLED and is_rounding_floor(at, problem.resolution):
        status = Status.CONVERGED
    return Solution(*at[:4], iteration, problem.passes, status, at.gradient)


def is_minimum(at: Iterate, tol: float) -> bool:
    """Whether the promised decrease is well below the tolerance, and the gradient agrees.

    A decrease of tol corresponds to a scaled gradient of about sqrt(tol). The decrement is that of a
    quadratic, which the objective is not, so both are asked for more. An iterate without a gradient is a rough one.
    """
    enough = left(at, tol)
    return at.gradient is not None and at.decrement <= enough and at.scaled_gradient <= math.sqrt(enough)


def left(at: Iterate, tol: float) -> float:
    """The decrement that is small enough."""
    return tol / MARGIN * max(1.0, abs(at.value))


def is_rounding_floor(at: Iterate, resolution: float) -> bool:
    """Whether what is left to gain is below what a value can show: no smaller tol can be reached."""
    return at.scaled_gradient <= math.sqrt(resolution) and at.decrement <= resolution * max(1.0, abs(at.value))
