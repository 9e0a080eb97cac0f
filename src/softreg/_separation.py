"""Data that can be told apart without a mistake have, without a penalty, no finite optimum.

If some parameters give every row's own class the largest logit, so do twice those parameters, with
a smaller loss, and so on without end. Such parameters are the proof; a fit finds them on its way.
Albert & Anderson (1984), doi:10.1093/biomet/71.1.1.
"""

from __future__ import annotations

from sklearn.exceptions import ConvergenceWarning

from softreg._arrays import Array, class_index
from softreg._objective import Objective


class SeparationWarning(ConvergenceWarning):  # type: ignore[misc] # scikit-learn has no types
    """The classes are linearly separable and there is no penalty: no finite optimum exists."""


def separated(objective: Objective, theta: Array) -> bool:
    """Whether theta proves separation: every row that has weight gives its label the largest logit, alone."""
    if objective.l2 > 0 or objective.y.ndim == 2 or objective.smoothing or objective.offset is not None:
        return False
    xp = objective.xp
    W, b = objective.parameters(theta)
    for part in objective.rows.slices(4 * objective.n_classes):
        z = objective.rows.block(part) @ W + b
        label = xp.expand_dims(objective.y[part], axis=-1) == class_index(z, xp=xp)
        of_label = xp.sum(xp.where(label, z, 0), axis=-1)
        ahead = of_label > xp.max(xp.where(label, -xp.inf, z), axis=-1)
        if not bool(xp.all(ahead if objective.w is None else ahead | (objective.w[part] == 0))):
            return False
    return True
