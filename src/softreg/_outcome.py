"""What a fit says at its end: the evidence it leaves, and the warning if that is not enough."""

from __future__ import annotations

from typing import Any

from sklearn.exceptions import ConvergenceWarning

from softreg._arrays import to_host
from softreg._columns import named
from softreg._gap import gap_bound
from softreg._objective import Objective
from softreg._separation import Separation, SeparationWarning
from softreg.errors import warn
from softreg.solvers import Solution, Status


def judged(objective: Objective, solution: Solution, solver: str, tol: float) -> tuple[Solution, dict[str, Any]]:
    """Return the solution, which has converged if its gap is proven to be within tol, and `optimality_`."""
    passes = objective.passes
    if solution.gradient is None:  # the last iterate is a rough one
        value, gradient = objective.value_and_gradient(solution.theta)
        scaled = float(objective.xp.max(objective.xp.abs(objective.scale * gradient)))
        solution = solution._replace(value=float(value), gradient=gradient, scaled_gradient=scaled)
    bound = gap_bound(objective, solution.theta, solution.gradient)
    if solution.status is not Status.UNBOUNDED and bound <= tol * max(1.0, abs(solution.value)):
        solution = solution._replace(status=Status.CONVERGED)
    return solution, {
        "scaled_gradient": solution.scaled_gradient,
        "newton_decrement": solution.decrement,
        "gap_bound": bound,
        "objective": solution.value,
        "passes": solution.passes + objective.passes - passes,
        "solver": solver,
        "status": solution.status.value,
    }


def warn_of(solution: Solution, solver: str, tol: float, separation: Separation | None, model: Any) -> None:
    """Warn that the fit has not converged, say how far it is, and what to do."""
    if separation is not None:
        label = to_host(model.classes_)[separation.k].item()
        names = getattr(model, "feature_names_in_", None)
        part = (
            ""
            if separation.complete
            else f" in part (class {label!r}, most of all by {named(separation.feature, names)})"
        )
        warn(
            f"the classes are linearly separable{part} and there is no penalty, so no finite optimum exists; stopped "
            f"with training loss {solution.value:.1e}. Set C < inf.",
            SeparationWarning,
        )
        return
    narrow = "float32" in str(model.coef_.dtype)
    advice = {
        Status.STALLED: "Scale the columns of X" + (", or use float64." if narrow else "."),
        Status.MAX_ITER: "Raise max_iter" + (" or lower learning_rate." if solver == "sgd" else "."),
    }
    warn(
        f"{solution.status.value} after {solution.iterations} iterations: scaled gradient "
        f"{solution.scaled_gradient:.1e} (tol {tol:.1e}), estimated gap {solution.decrement:.1e}. "
        f"{advice[solution.status]}",
        ConvergenceWarning,
    )
