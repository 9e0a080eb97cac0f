"""A step along a descent direction that satisfies the strong Wolfe conditions.

With phi(t) = F(theta + t direction), a step t is taken if

    phi(t) <= phi(0) + c1 t phi'(0)     it decreases enough
    |phi'(t)| <= c2 |phi'(0)|           it is flat enough for the curvature pair to mean something

Nocedal & Wright (2006), Numerical Optimization, algorithms 3.5 and 3.6; trial steps by cubic
interpolation (equation 3.59).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

DECREASE = 1e-4  # c1
CURVATURE = 0.9  # c2
EXPANSION = 4.0  # how far beyond the last step a trial may go while no bracket is found
MAX_TRIALS = 25


class Trial(NamedTuple):
    """A point on the ray, and what it takes to go on from there."""

    t: float
    value: float
    slope: float
    point: Any


def wolfe_step(phi: Callable[[float], Trial], start: Trial, *, slack: float) -> Trial | None:
    """Return a trial that satisfies the strong Wolfe conditions, with t near 1 tried first.

    `slack` is the rounding error of a value: decreases below it cannot be seen, so that much is
    forgiven, and the slopes decide. If no such step is found, the best one is returned if it decreases
    at all, else None.
    """
    low, high, t = start, None, 1.0  # low: the best point so far; high: the other end of the bracket
    for _ in range(MAX_TRIALS):
        new = phi(t)
        enough = new.value <= start.value + DECREASE * t * start.slope + slack
        if not (enough and math.isfinite(new.slope)) or new.value > low.value + slack:
            high = new
        elif abs(new.slope) <= -CURVATURE * start.slope:
            return new
        else:
            ahead = 1.0 if high is None else high.t - low.t
            if new.slope * ahead >= 0:
                high = low
            low = new
        if high is None:
            t *= EXPANSION
        elif abs(high.t - low.t) <= 1e-12 * max(high.t, low.t):
            break
        else:
            t = _between(low, high)
    return low if low.value < start.value - slack else None


def _between(low: Trial, high: Trial) -> float:
    """Return the minimiser of the cubic through both ends, kept away from them."""
    width = high.t - low.t
    step = 0.5
    if math.isfinite(high.value) and math.isfinite(high.slope):
        a = low.slope + high.slope - 3 * (high.value - low.value) / width
        root = a * a - low.slope * high.slope
        if root > 0:
            b = math.copysign(math.sqrt(root), width)
            divisor = high.slope - low.slope + 2 * b
            if divisor != 0:
                step = 1 - (high.slope + b - a) / divisor
    else:
        step = 0.1  # far outside: come back fast
    return low.t + width * min(max(step, 0.1), 0.9)
