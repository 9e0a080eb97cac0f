"""A proven bound of the gap F - F* of an objective with a penalty.

For any probabilities p'_i with sum_i w_i p'_i = sum_i w_i y_i, that is, of which the intercept's gradient is 0,

    F - F* <= mean KL(p'_i, p_i) + |l2 W + mean x_i (p'_i - y_i)'|^2 / (2 l2)

as follows from log sum exp z >= p'z + H(p'), which takes the sum over rows away from b, and from the
minimum over W of what is left. Without intercept p' = p will do, and the bound is |dF/dW|^2/(2 l2):
l2 is how strongly convex F is. With one, p'_ik = p_ik (1 - (t_k - p_i t)) has the right sums if the
mean curvature in the logits times t is dF/db, and the mean of KL is then at most t'dF/db.

Boyd & Vandenberghe (2004), Convex Optimization, sections 5.5.1 (duality gap) and 9.1.2 (strong convexity).
"""

from __future__ import annotations

import math

from softreg._arrays import Array
from softreg._objective import Objective


def gap_bound(objective: Objective, theta: Array, gradient: Array | None = None) -> float:
    """Return the bound at theta, in two passes, or one more if the gradient there is not given.

    It is infinite without penalty, and where the intercept is far from its optimum. With a weak
    penalty it may be much larger than the gap. Rounding errors of sums are not counted.
    """
    if objective.l2 == 0:
        return math.inf
    xp, K = objective.xp, objective.n_classes
    if gradient is None:
        _, gradient = objective.value_and_gradient(theta)
    shift = 0.0
    if objective.intercept:
        db = gradient[-1, :]
        # The mean curvature has a null direction, that of a constant added to all classes; db has no such part.
        common = xp.ones((K, K), dtype=objective.wide, device=objective.rows.device) / K
        a, V = xp.linalg.eigh(objective.class_curvature(theta) + common)
        t = V @ ((xp.matrix_transpose(V) @ db) / xp.maximum(a, objective.resolution * xp.max(a)))
        still = xp.zeros_like(theta[:-1, :])
        change = objective.hessian_product(theta, xp.concat([still, xp.expand_dims(t, axis=0)], axis=0))
        if not (
            float(xp.max(t)) - float(xp.min(t)) < 1  # else p' may be negative
            and float(xp.max(xp.abs(db - change[-1, :]))) <= objective.resolution
        ):
            return math.inf
        shift = float(xp.sum(db * t))
        gradient = (gradient - change)[:-1, :]
    return max(shift, 0.0) + float(xp.sum(gradient * gradient)) / 2 / objective.l2
