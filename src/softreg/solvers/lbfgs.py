"""Limited-memory BFGS, with all arrays on the device of the parameters.

Liu & Nocedal (1989), doi:10.1007/BF01589116. The inverse Hessian is estimated from the last few
pairs of steps s and changes of the gradient y; what no pair has seen comes from a preconditioner,
times one factor that fits the newest pair. A new preconditioner knows more than old pairs, so they
go when it comes; the newest stay if it is blind to what they have seen. Renewed in each iteration, it
makes this Newton's method. Only scalars of the line search, and two for each pair, cross to the host.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

from array_api_compat import array_namespace

from softreg.solvers.certificate import newton_decrement
from softreg.solvers.line_search import Trial, wolfe_step
from softreg.solvers.minimise import Array, Confirmed, Iterate, Problem
from softreg.solvers.pairs import Pairs
from softreg.solvers.precondition import Inverse, first_diagonal

ROUGH = 1e-5  # promised decrease, relative to the value if that is above 1, below which digits matter
PATIENCE = 10  # iterations that neither lower the value visibly nor halve the gradient: rounding is all there is


class Evaluation(Protocol):
    """What values and gradients come from: the problem, or the same with fewer digits."""

    resolution: float

    def value_and_gradient(self, theta: Array) -> tuple[Array, Array]:
        """Value, shape (), and gradient, shaped like theta."""


class Point(NamedTuple):
    """Parameters and the gradient there."""

    theta: Array
    gradient: Array


def lbfgs(
    problem: Problem,
    start: Array,
    *,
    precondition: Callable[[Array, float, bool], Inverse | None] = lambda theta, passes, now: None,
    rough: Evaluation | None = None,
    until: float = ROUGH,
) -> Iterator[Iterate]:
    """Yield iterates until no step improves on the last one.

    The first iterates may come from a `rough` evaluation of the problem, `until` they promise no more than that;
    they have no gradient.

    `precondition(theta, passes, now)` is asked before each iteration, with the passes so far and
    whether the last preconditioner has proved wrong; None keeps that one, at first `first_diagonal`.
    """
    xp = array_namespace(start)
    pairs = Pairs(start)
    metric = first_diagonal(problem.scale)
    look: Evaluation = rough or problem

    def looked_at(theta: Array) -> tuple[float, Point]:
        value, gradient = look.value_and_gradient(theta)
        return float(value), Point(theta, gradient)

    def downhill(point: Point, image: Array) -> tuple[Array, float]:
        direction = -xp.reshape(pairs.inverse_hessian_times(xp.reshape(point.gradient, (-1,)), image), start.shape)
        return direction, float(xp.sum(direction * point.gradient))

    value, point = looked_at(start)
    tired = False  # whether a rough evaluation shows no more progress
    best_value, best_gradient, idle = math.inf, math.inf, 0
    doubted = False  # whether the last iterate promised less than there was to gain
    doubt = 1.0  # how many times less
    step: Array | None = None  # the last one
    change: Array = None  # of the gradient, over it
    image: Array = None  # what the preconditioner made of the gradient
    while True:
        new = precondition(point.theta, problem.passes, doubted)
        if new is not None:
            metric = new
            if not metric.blind:
                pairs.clear()
                step = None
        before, image = image, xp.reshape(metric.times(point.gradient), (-1,))
        if step is not None and 0 < float(xp.vecdot(step, change)) < math.inf:
            pairs.append(step, change, image - before)
        if new is not None:
            pairs.renew(metric)
        direction, slope = downhill(point, image)
        enough = -slope / 2 > until * max(1.0, value) and math.isfinite(value)  # to gain, for a rough look
        if look is not problem and (tired or not enough):
            look, idle, best_value, best_gradient = problem, 0, math.inf, math.inf
            value, point = looked_at(point.theta)
            image = xp.reshape(metric.times(point.gradient), (-1,))
            direction, slope = downhill(point, image)
        scaled = float(xp.max(xp.abs(problem.scale * point.gradient)))
        confirmed: list[Confirmed] = []

        def confirm(
            enough: float,
            point: Point = point,
            metric: Inverse = metric,
            confirmed: list[Confirmed] = confirmed,
        ) -> Confirmed:
            confirmed.append(newton_decrement(problem, point.theta, point.gradient, metric, enough))
            return confirmed[0]

        gradient = point.gradient if look is problem else None
        yield Iterate(point.theta, value, scaled, -slope / 2 * doubt, confirm, gradient)
        doubted = bool(confirmed)  # the driver asked, and yet goes on
        if doubted:
            doubt = max(1.0, -2 * confirmed[0].decrement / slope) if slope < 0 else 1.0
        slack = look.resolution * abs(value)
        idle = 0 if value < best_value - slack or scaled < best_gradient / 2 else idle + 1
        if idle == PATIENCE and look is problem:
            return
        tired = idle >= PATIENCE
        best_value, best_gradient = min(value, best_value), min(scaled, best_gradient)

        def phi(t: float, point: Point = point, direction: Array = direction) -> Trial:
            value, there = looked_at(point.theta + t * direction)
            return Trial(t, value, float(xp.sum(direction * there.gradient)), there)

        found = wolfe_step(phi, Trial(0.0, value, slope, point), slack=slack) if slope < 0 else None
        if found is None:
            tired = True
            if look is problem and not pairs.order:
                return
            pairs.clear()  # the estimate may be to blame: once more, without it
            step = None
            continue
        step = xp.reshape(found.point.theta - point.theta, (-1,))
        change = xp.reshape(found.point.gradient - point.gradient, (-1,))
        value, point = found.value, found.point
