"""Limited-memory BFGS, with all arrays on the device of the parameters.

Liu & Nocedal (1989), doi:10.1007/BF01589116. The inverse Hessian is estimated from the last few
pairs of steps s and changes of the gradient y; what no pair has seen comes from a preconditioner,
times one factor that fits the newest pair. A new preconditioner knows more than old pairs, so they
go when it comes; renewed in each iteration, it makes this Newton's method. Only scalars of the line
search cross to the host.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from array_api_compat import array_namespace

from softreg.solvers.certificate import BLIND, newton_decrement
from softreg.solvers.line_search import Trial, wolfe_step
from softreg.solvers.minimise import Array, Iterate, Problem
from softreg.solvers.precondition import Inverse, diagonal

MEMORY = 20  # pairs kept; each costs two arrays like theta
PATIENCE = 10  # iterations that neither lower the value visibly nor halve the gradient: rounding is all there is


class Pair(NamedTuple):
    """A step, the change of the gradient over it, both as vectors, and their inner product."""

    s: Array
    y: Array
    sy: Array


class Point(NamedTuple):
    """Parameters and the gradient there."""

    theta: Array
    gradient: Array


def lbfgs(
    problem: Problem,
    start: Array,
    *,
    precondition: Callable[[Array, float, bool], Inverse | None] = lambda theta, passes, now: None,
) -> Iterator[Iterate]:
    """Yield iterates until no step improves on the last one.

    `precondition(theta, passes, now)` is asked before each iteration, with the passes so far and
    whether the last preconditioner has proved wrong; None keeps that one, at first `diagonal`.
    """
    xp = array_namespace(start)
    pairs: deque[Pair] = deque(maxlen=MEMORY)
    metric, blind = diagonal(problem.scale), True
    value, gradient = problem.value_and_gradient(start)
    value, point = float(value), Point(start, gradient)
    best_value, best_gradient, idle = math.inf, math.inf, 0
    doubted = False  # whether the last iterate promised less than there was to gain
    doubt = 1.0  # how many times less
    while True:
        new = precondition(point.theta, problem.passes, doubted)
        if new is not None:
            metric, blind = new, False
            pairs.clear()
        direction = -_inverse_hessian_times(point.gradient, pairs, metric, xp=xp)
        slope = float(xp.sum(direction * point.gradient))
        scaled = float(xp.max(xp.abs(problem.scale * point.gradient)))
        confirmed: list[float] = []

        def confirm(
            enough: float,
            point: Point = point,
            metric: Inverse = metric,
            fewest: int = BLIND if blind else 1,
            confirmed: list[float] = confirmed,
        ) -> float:
            confirmed.append(newton_decrement(problem, point.theta, point.gradient, metric, enough, fewest))
            return confirmed[0]

        yield Iterate(point.theta, value, scaled, -slope / 2 * doubt, confirm, point.gradient)
        doubted = bool(confirmed)  # the driver asked, and yet goes on
        if doubted:
            doubt = max(1.0, -2 * confirmed[0] / slope) if slope < 0 else 1.0
        slack = problem.resolution * abs(value)
        idle = 0 if value < best_value - slack or scaled < best_gradient / 2 else idle + 1
        if idle == PATIENCE:
            return
        best_value, best_gradient = min(value, best_value), min(scaled, best_gradient)

        def phi(t: float, point: Point = point, direction: Array = direction) -> Trial:
            theta = point.theta + t * direction
            value, gradient = problem.value_and_gradient(theta)
            return Trial(t, float(value), float(xp.sum(direction * gradient)), Point(theta, gradient))

        found = wolfe_step(phi, Trial(0.0, value, slope, point), slack=slack) if slope < 0 else None
        if found is None:
            if not pairs:
                return
            pairs.clear()  # the estimate may be to blame: once more, without it
            continue
        s = xp.reshape(found.point.theta - point.theta, (-1,))
        y = xp.reshape(found.point.gradient - point.gradient, (-1,))
        sy = xp.vecdot(s, y)
        if 0 < float(sy) < math.inf:
            pairs.append(Pair(s, y, sy))
        value, point = found.value, found.point


def _inverse_hessian_times(v: Array, pairs: deque[Pair], metric: Inverse, *, xp: Any) -> Array:
    """Return H^-1 v by the two-loop recursion (Nocedal & Wright 2006, algorithm 7.4)."""
    shape = v.shape

    def preconditioned(v: Array) -> Array:
        return xp.reshape(metric(xp.reshape(v, shape)), (-1,))

    v = xp.reshape(v, (-1,))
    alphas = []
    for s, y, sy in reversed(pairs):
        alpha = xp.vecdot(s, v) / sy
        alphas.append(alpha)
        v = v - alpha * y
    v = preconditioned(v)
    if pairs:
        newest = pairs[-1]
        v = v * (newest.sy / xp.vecdot(newest.y, preconditioned(newest.y)))
    for (s, y, sy), alpha in zip(pairs, reversed(alphas), strict=True):
        v = v + s * (alpha - xp.vecdot(y, v) / sy)
    return xp.reshape(v, shape)
