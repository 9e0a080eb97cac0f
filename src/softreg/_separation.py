"""Without a penalty, some data have no finite optimum; here that is proved.

A direction D of the parameters is one of recession if along it no row's own class falls behind
another, and somewhere one gains:

    x_i' (D_own - D_k) >= 0 for all rows i and classes k,    > 0 for some

Then the loss falls along D without end, and only then is there no finite optimum. If all are > 0 the
classes are separable; else they are so in part: a column that is 1 in rows of one class alone is the
usual case. Albert & Anderson (1984), doi:10.1093/biomet/71.1.1.

A fit that has found all but a millionth of a millionth shows the direction by what has become
impossible: D is what is left of theta if it must not tell apart the classes that are still possible
in each row. Offsets play no part; of a row of probabilities, all classes above 0 are its own.

So what is reported is proved, up to rounding; but where some classes part much faster than others,
it may happen, rarely in float64 and more often in float32, that no such D is found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

from sklearn.exceptions import ConvergenceWarning

from softreg import core
from softreg._arrays import Array, class_index
from softreg._blocks import transposed_times
from softreg._curvature import wide_unit_rows
from softreg._objective import Objective
from softreg.solvers import Problem, Progress, Solution, Solver, Status, minimise
from softreg.solvers.minimise import MARGIN, Confirmed, Iterate, is_minimum, left

LOOSEST = 1e-6  # tolerance of the first look at the logits,
FINER = 1e-6  # and what the second one has of it;
LEAST_MOVE = 5.0  # logits move by more between them if there is no finite optimum: by about -log(FINER) = 14
POSSIBLE = 1.0, 1e-6, 1e-3  # probability from which a class is still possible in a row: what is tried
ROUNDING = 1e-9  # of the largest gain: by as much a class may fall behind
NOTHING = 1e-6  # of the largest gain along theta: a direction that gains less is rounding
MAX_PRODUCTS = 300
ENOUGH = 1e-26  # of the squared residual at the start


class SeparationWarning(ConvergenceWarning):  # type: ignore[misc] # scikit-learn has no types
    """The classes can be told apart, if only in part, and there is no penalty: no finite optimum exists."""


class Separation(NamedTuple):
    """A proof that there is no finite optimum."""

    complete: bool  # whether each row gains on all other classes
    feature: int  # column with the largest part in the direction
    k: int  # class with the largest part of that


def minimised(
    objective: Objective, start: Array, *, solver: Solver, tol: float, max_iter: int, report: Callable[[Progress], None]
) -> tuple[Solution, Separation | None]:
    """Run a solver, to beyond `tol` where there may be no finite optimum, and look for a proof of that.

    There is one with a penalty, and if each row is a little of every class.
    """
    if objective.l2 > 0 or objective.smoothing:
        return minimise(objective, start, solver, tol=tol, max_iter=max_iter, report=report), None
    enough = max(tol, LOOSEST)
    finer = min(tol, enough * FINER)
    good_enough: list[Iterate] = []
    finite = False

    def watched(problem: Problem, start: Array) -> Iterator[Iterate]:
        nonlocal finite
        for at in solver(problem, start):
            if not good_enough and is_minimum(at, enough):
                found = at.confirmed(left(at, enough)) if at.confirmed is not None else Confirmed(at.decrement)
                at = at._replace(decrement=found.decrement, confirmed=None)
                if is_minimum(at, enough):
                    good_enough.append(at)
                    finite = found.lasts and _all_matter(objective, at.theta, MARGIN * at.decrement)
            # Where there is no minimum, no curvature lasts as far as a step goes: it is that of the tail of exp.
            yield at if at.confirmed is None else at._replace(confirmed=partial(_as_if_it_lasts, at.confirmed))
            if finite and tol >= enough:
                return

    solution = minimise(objective, start, watched, tol=finer, max_iter=max_iter, report=report)
    if not good_enough:
        return solution, separation(objective, solution.theta, in_part=False)
    if tol >= enough:  # what came then was not asked for
        solution = solution._replace(status=Status.CONVERGED)
    if finite:
        return solution, None
    moves = _gains(objective, _in_units(objective, solution.theta - good_enough[0].theta))[1]
    return solution, separation(objective, solution.theta) if moves > LEAST_MOVE else None


def _as_if_it_lasts(confirmed: Callable[[float], Confirmed], enough: float) -> Confirmed:
    return confirmed(enough)._replace(lasts=True)


def _all_matter(objective: Objective, theta: Array, gap: float) -> bool:
    """Whether each class has in each row more probability than a direction of recession, so near the infimum, leaves.

    Along such a direction some class k vanishes from some row i, whose share w_i/sum w of the loss falls
    by -log(1 - p_ik) at least: by no more than the gap.
    """
    xp, theta = objective.xp, _in_units(objective, theta)
    for rows, x in wide_unit_rows(objective):
        z = x @ theta
        logits = z if objective.offset is None else z + objective.offset[rows, :]
        p = core.softmax(logits, xp=xp, shift=core.plain_shift)
        weight = 1.0 if objective.w is None else xp.expand_dims(objective.w[rows], axis=-1)
        matters = _own(objective, rows, z) | (p * weight > gap * objective.count) | (weight == 0)
        if not bool(xp.all(matters)):
            return False
    return True


def separation(objective: Objective, theta: Array, *, in_part: bool = True) -> Separation | None:
    """Return a proof that there is no finite optimum, if theta leads to one; `in_part` costs more passes."""
    theta = _in_units(objective, theta)
    least, most = _gains(objective, theta)
    if least > 0:
        return _named(objective, theta, complete=True)
    for limit in POSSIBLE if in_part else ():
        direction = _without_what_is_open(objective, theta, limit)
        least, gain = _gains(objective, direction)
        if gain > NOTHING * most and least >= -ROUNDING * gain:
            return _named(objective, direction, complete=False)
    return None


def _named(objective: Objective, direction: Array, *, complete: bool) -> Separation:
    xp = objective.xp
    largest = int(xp.argmax(xp.reshape(xp.abs(direction[: objective.rows.d, :]), (-1,))))
    return Separation(complete, *divmod(largest, objective.n_classes))


def _in_units(objective: Objective, theta: Array) -> Array:
    """Theta for the rows of `wide_unit_rows`."""
    xp, scale = objective.xp, objective.scale
    if objective.rows.sparse and objective.intercept:
        W, b = objective.split(theta)
        theta = xp.concat([W, xp.expand_dims(b, axis=0)], axis=0)
    return xp.where(scale > 0, theta / xp.where(scale > 0, scale, 1), 0)


def _own(objective: Objective, rows: slice, z: Array) -> Array:
    """Whether a class is the row's own, shape (rows, K); of a row of probabilities, all above 0 are."""
    y = objective.y[rows, ...]
    return y > 0 if y.ndim == 2 else objective.xp.expand_dims(y, axis=-1) == class_index(z, xp=objective.xp)


def _mean_over(classes: Array, z: Array, xp: Any) -> Array:
    """Mean of z over some classes of each row, shape (rows, 1)."""
    counts = xp.sum(xp.astype(classes, z.dtype), axis=-1, keepdims=True)
    return xp.sum(xp.where(classes, z, 0), axis=-1, keepdims=True) / counts


def _gains(objective: Objective, direction: Array) -> tuple[float, float]:
    """The least and the largest gain of a row's own class on another one, over all rows that have weight.

    Own classes that gain on one another are a loss.
    """
    xp, least, most = objective.xp, float("inf"), 0.0
    for rows, x in wide_unit_rows(objective):
        z = x @ direction
        own = _own(objective, rows, z)
        gain = _mean_over(own, z, xp) - z
        if objective.w is not None:
            gain = xp.where(xp.expand_dims(objective.w[rows] > 0, axis=-1), gain, 0)
        most = max(most, float(xp.max(xp.where(own, 0, gain))))
        least = min(least, float(xp.min(xp.where(own, xp.where(gain == 0, xp.inf, -xp.abs(gain)), gain))))
    return least, most


def _without_what_is_open(objective: Objective, theta: Array, limit: float) -> Array:
    """The part of theta that tells apart no two classes of which both are possible, in any row.

    What those classes see of theta is taken off it by conjugate gradients on the equations that D
    leaves their logits the same.
    """
    xp = objective.xp

    def seen(direction: Array) -> Array:
        total = xp.zeros_like(direction)
        for rows, x in wide_unit_rows(objective):
            z = x @ theta
            offset = 0 if objective.offset is None else xp.astype(objective.offset[rows, :], z.dtype)
            p = core.softmax(z + offset, xp=xp, shift=core.plain_shift)
            open_ = _own(objective, rows, z) | (p > limit)
            u = x @ direction
            u = xp.where(open_, u - _mean_over(open_, u, xp), 0)
            u = core.row_weighted(None if objective.w is None else xp.astype(objective.w[rows] > 0, u.dtype), u, xp=xp)
            total = total + transposed_times(x, u, xp=xp)
        return total / objective.n_rows

    left, residual = theta, seen(theta)
    direction, rest = residual, float(xp.sum(residual * residual))
    least, enough = (left, rest), ENOUGH * rest
    for _ in range(MAX_PRODUCTS):
        if rest <= enough:
            break
        product = seen(direction)
        bend = float(xp.sum(direction * product))
        if bend <= 0:  # rounding is all there is
            break
        step = rest / bend
        left, residual = left - step * direction, residual - step * product
        rest, before = float(xp.sum(residual * residual)), rest
        if rest < least[1]:
            least = left, rest
        direction = residual + rest / before * direction
    return least[0]
