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
from softreg.solvers.minimise import Array, Confirmed, Iterate, Problem
from softreg.solvers.precondition import Inverse, diagonal

MEMORY = 20  # pairs kept; each costs three arrays like theta
PATIENCE = 10  # iterations that neither lower the value visibly nor halve the gradient: rounding is all there is


class Pair(NamedTuple):
    """A step, the change of the gradient over it, what the preconditioner makes of that, and s'y; all as vectors."""

    s: Array
    y: Array
    Py: Array
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
    step: Array | None = None  # the last one
    change: Array = None  # of the gradient, over it
    image: Array = None  # what the preconditioner made of the gradient
    while True:
        new = precondition(point.theta, problem.passes, doubted)
        if new is not None:
            metric, blind = new, False
            pairs.clear()
        before, image = image, xp.reshape(metric(point.gradient), (-1,))
        if new is None and step is not None and 0 < float(sy := xp.vecdot(step, change)) < math.inf:
            pairs.append(Pair(step, change, image - before, sy))
        direction = -_inverse_hessian_times(point.gradient, image, pairs, xp=xp)
        slope = float(xp.sum(direction * point.gradient))
        scaled = float(xp.max(xp.abs(problem.scale * point.gradient)))
        confirmed: list[Confirmed] = []

        def confirm(
            enough: float,
            point: Point = point,
            metric: Inverse = metric,
            fewest: int = BLIND if blind else 1,
            confirmed: list[Confirmed] = confirmed,
        ) -> Confirmed:
            confirmed.append(newton_decrement(problem, point.theta, point.gradient, metric, enough, fewest))
            return confirmed[0]

        yield Iterate(point.theta, value, scaled, -slope / 2 * doubt, confirm, point.gradient)
        doubted = bool(confirmed)  # the driver asked, and yet goes on
        if doubted:
            doubt = max(1.0, -2 * confirmed[0].decrement / slope) if slope < 0 else 1.0
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
            step = None
            continue
        step = xp.reshape(found.point.theta - point.theta, (-1,))
        change = xp.reshape(found.point.gradient - point.gradient, (-1,))
        value, point = found.value, found.point


def _inverse_hessian_times(v: Array, Pv: Array, pairs: deque[Pair], *, xp: Any) -> Array:
    """Return H^-1 v, given Pv, by the two-loop recursion (Nocedal & Wright 2006, algorithm 7.4).

    P is linear, so that of the first loop's result is put together from what it made of v and each y:
    it is the costliest part of an iteration beside a pass, and used once.
    """
    shape = v.shape
    v = xp.reshape(v, (-1,))
    alphas = []
    for s, y, Py, sy in reversed(pairs):
        alpha = xp.vecdot(s, v) / sy
        alphas.append(alpha)
        v = v - alpha * y
        Pv = Pv - alpha * Py
    if pairs:
        _, y, Py, sy = pairs[-1]
        curvature = xp.vecdot(y, Py)
        Pv = Pv * xp.where(curvature > 0, sy / curvature, 1.0)
    for (s, y, _, sy), alpha in zip(pairs, reversed(alphas), strict=True):
        Pv = Pv + s * (alpha - xp.vecdot(y, Pv) / sy)
    return xp.reshape(Pv, shape)
