"""How "auto" and "lbfgs" find the minimum of an objective: the choice of a space and of a preconditioner."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from softreg._arrays import Array
from softreg._curvature import Curvature
from softreg._objective import Objective
from softreg._rough import rough
from softreg._row_space import row_space
from softreg._separation import Separation, minimised
from softreg.solvers import Progress, Solution, Status, minimise
from softreg.solvers.lbfgs import ROUGH, lbfgs
from softreg.solvers.precondition import Preconditioner


def minimum(
    objective: Objective, start: Array, *, tol: float, max_iter: int, report: Callable[[Progress], None]
) -> tuple[Solution, Separation | None]:
    """Minimise, with far fewer rows than features in the space of the rows (`row_space`), else among the features.

    There L-BFGS has the preconditioners that `Preconditioner` chooses by their cost. Where rounding
    cost the row space more than tol allows, the fit goes on among the features. Without a penalty it
    looks for a proof that there is no minimum.
    """
    if objective.l2 > 0:  # what has no curvature but the penalty's is 0 at the minimum, and stays what it is
        start = objective.xp.where(objective.scale > 0, start, 0)
    space = row_space(objective)
    before, passes = 0, 0.0
    if space is not None:
        solution = space.minimised(start, partial(minimise, tol=tol, max_iter=max_iter, report=report))
        enough = solution.decrement <= tol * max(1.0, abs(solution.value))
        if solution.status is Status.MAX_ITER or (solution.status is Status.CONVERGED and enough):
            return solution, None
        start, before, passes = solution.theta, solution.iterations, space.objective.passes
    first = rough(objective)
    curvature = Curvature(objective, None if first is None else first.inner)
    run = partial(lbfgs, precondition=Preconditioner(curvature), rough=first, until=max(ROUGH, tol))
    solution, separation = minimised(objective, start, solver=run, tol=tol, max_iter=max_iter - before, report=report)
    return solution._replace(iterations=solution.iterations + before, passes=solution.passes + passes), separation
