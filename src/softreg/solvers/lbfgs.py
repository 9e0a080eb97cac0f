"""Limited-memory BFGS, with all arrays on the device of the parameters.

Liu & Nocedal (1989), doi:10.1007/BF01589116. The inverse Hessian is estimated from the last few
pairs of steps s and changes of the gradient y; what no pair has seen is the diagonal scale^2, times
one factor that fits the newest pair. Only scalars of the line search cross to the host.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from typing import Any, NamedTuple

from array_api_compat import array_namespace

from softreg.solvers.line_search import Trial, wolfe_step
from softreg.solvers.minimise import Array, Iterate, Problem

MEMORY = 20  # pairs kept; each costs two arrays like theta


class Pair(NamedTuple):
    """A step, the change of the gradient over it, and their inner product."""

    s: Array
    y: Array
    sy: Array


class Point(NamedTuple):
    """Parameters and the gradient there."""

    theta: Array
    gradient: Array


def lbfgs(problem: Problem, start: Array) -> Iterator[Iterate]:
    """Yield iterates until no step improves on the last one."""
    xp = array_namespace(start)
    metric = problem.scale * problem.scale
    pairs: deque[Pair] = deque(maxlen=MEMORY)
    value, gradient = problem.value_and_gradient(start)
    value, point = float(value), Point(start, gradient)
    while True:
        direction = -_inverse_hessian_times(point.gradient, pairs, metric, xp=xp)
        slope = float(xp.sum(direction * point.gradient))
        yield Iterate(point.theta, value, float(xp.max(xp.abs(problem.scale * point.gradient))), decrement=-slope / 2)

        def phi(t: float, point: Point = point, direction: Array = direction) -> Trial:
            theta = point.theta + t * direction
            value, gradient = problem.value_and_gradient(theta)
            return Trial(t, float(value), float(xp.sum(direction * gradient)), Point(theta, gradient))

        slack = problem.resolution * abs(value)
        found = wolfe_step(phi, Trial(0.0, value, slope, point), slack=slack) if slope < 0 else None
        if found is None:
            if not pairs:
                return
            pairs.clear()  # the estimate may be to blame: once more, without it
            continue
        s, y = found.point.theta - point.theta, found.point.gradient - point.gradient
        sy = xp.sum(s * y)
        if 0 < float(sy) < math.inf:
            pairs.append(Pair(s, y, sy))
        value, point = found.value, found.point


def _inverse_hessian_times(v: Array, pairs: deque[Pair], metric: Array, *, xp: Any) -> Array:
    """Return H^-1 v by the two-loop recursion (Nocedal & Wright 2006, algorithm 7.4)."""
    alphas = []
    for s, y, sy in reversed(pairs):
        alpha = xp.sum(s * v) / sy
        alphas.append(alpha)
        v = v - alpha * y
    v = metric * v
    if pairs:
        newest = pairs[-1]
        v = v * (newest.sy / xp.sum(metric * newest.y * newest.y))
    for (s, y, sy), alpha in zip(pairs, reversed(alphas), strict=True):
        v = v + s * (alpha - xp.sum(y * v) / sy)
    return v
