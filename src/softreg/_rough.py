"""An objective in half the digits, for the first iterates of a fit.

Far from the minimum a step needs few digits, and float32 takes half the time of float64 in products,
and less than that in exp. So X is copied in float32, where the copy is small beside the time it
saves; columns, scales and sums over blocks stay those of the exact objective. Weights are copied in units
of their mean.
"""

from __future__ import annotations

from softreg._arrays import Array
from softreg._blocks import COPIED, Rows, stored
from softreg._objective import EXPONENTIAL, Objective

WORTH = 3 * 10**6  # multiplications in a pass, about 0.6 ms, from which a copy pays
LARGEST, LEAST = 1e15, 1e-30  # a number, and a column's mean square, that float32 holds with their squares
PASS = 0.5  # what a pass in float32 counts


class Rough:
    """Value and gradient of an objective, from products in float32."""

    def __init__(self, objective: Objective) -> None:
        xp, rows = objective.xp, objective.rows

        def narrowed(x: Array | None) -> Array | None:
            return x if x is None or not xp.isdtype(x.dtype, "real floating") else xp.astype(x, xp.float32)

        self.exact = objective
        self.inner = Objective(
            _narrowed(rows),
            narrowed(objective.y),
            objective.n_classes,
            l2=objective.l2,
            w=None if objective.w is None else narrowed(objective.w * (rows.n / objective.count)),
            smoothing=objective.smoothing,
            intercept=objective.intercept,
            centred=objective.centred,
        )
        self.inner.columns, self.resolution = objective.columns, self.inner.resolution

    def value_and_gradient(self, theta: Array) -> tuple[Array, Array]:
        """Return F, shape (), and dF/dtheta."""
        self.exact.passes += PASS
        return self.inner._over_rows(theta, self.inner.count)


def rough(objective: Objective) -> Rough | None:
    """Return the objective in float32; None where that would not pay, or float32 would lose more than digits."""
    xp, rows, columns = objective.xp, objective.rows, objective.columns
    if rows.dtype != xp.float64 or objective.offset is not None or columns.far:
        return None
    numbers = rows.stored + (objective.n_classes if objective.y.ndim == 2 else 0)
    if rows.n * numbers * 4 > COPIED or rows.n * objective.n_classes * (rows.stored + EXPONENTIAL) < WORTH:
        return None
    X = stored(rows.X)
    if 0 in X.shape or not -LARGEST < float(xp.min(X)) <= float(xp.max(X)) < LARGEST:
        return None
    least = float(xp.min(xp.where(columns.spread > 0, columns.spread, 1)))
    return Rough(objective) if least > LEAST else None


def _narrowed(rows: Rows) -> Rows:
    X, xp = rows.X, rows.xp
    if not rows.sparse:
        return Rows(xp.astype(X, xp.float32))
    return Rows(type(X)((X.data.astype(xp.float32), X.indices, X.indptr), X.shape))
