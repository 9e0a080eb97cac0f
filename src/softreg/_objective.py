"""The objective of a fit: the mean loss over blocks of rows, plus the penalty.

    F(W, b) = sum_i w_i L_i / sum_i w_i + l2/2 sum W^2,    z_i = x_i W + b + offset_i

Conventions
-----------
theta     (d + 1, K): W with, as the last row, the logits at the centre c of the columns, b + c W;
          (d, K) without intercept. One array, so that solvers need not know what it holds
c         the columns' means where the objective is centred, else 0. A solver then sees columns
          without offsets; the penalty is still that of W
y         labels (n,) or probabilities (n, K), like in `softreg.core`; w (n,) or None
smoothing share of each target that is spread evenly over the classes
dtypes    products are in the dtype of X; parameters and sums over blocks in the widest one that
          the device has

The rows' part is `core.data_term`, summed over blocks; mean and penalty are added once, by
`core.mean_with_penalty`: the same kernels as `softreg.loss_and_gradient`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, reduce
from typing import Any

from softreg import core
from softreg._arrays import Array, as_dtype, widest_real
from softreg._blocks import Rows, squared, stored, times, transposed_times
from softreg._columns import Columns, columns
from softreg._kernels import fastest
from softreg._threads import side_by_side

EXPONENTIAL = 50  # multiplications that one logit costs
WORKSPACE = 3  # arrays of K numbers a row that a block needs beside X: logits and what core makes of them


class Objective:
    """F and its gradient, as `softreg.solvers` want a problem to look."""

    def __init__(
        self,
        rows: Rows,
        y: Array,
        n_classes: int,
        *,
        l2: float,
        w: Array | None = None,
        offset: Array | None = None,
        smoothing: float = 0.0,
        intercept: bool = True,
        centred: bool = False,
    ) -> None:
        self.rows, self.y, self.w, self.offset = rows, y, w, offset
        self.n_classes, self.l2, self.smoothing, self.intercept = n_classes, l2, smoothing, intercept
        self.xp = rows.xp
        self.n_rows = rows.n
        self.wide = widest_real(rows.xp, rows.device)
        self.count = float(rows.n) if w is None else float(self.xp.sum(w, dtype=self.wide))
        self.resolution = 8 * float(self.xp.finfo(rows.dtype).eps)
        self.passes = 0.0
        self.centred = centred and intercept

    @cached_property
    def columns(self) -> Columns:
        """Moments of the columns of X."""
        return columns(self.rows, self.w, self.count, self.wide, centred=self.centred)

    @property
    def _shifted(self) -> bool:
        """Whether the centre is taken off each block: of sparse ones, that would leave nothing sparse."""
        return self.centred and self.columns.far and not self.rows.sparse

    @property
    def centre(self) -> Array | None:
        """c, or None for 0."""
        return self.columns.centre if self.centred else None

    def zeros(self) -> Array:
        """The start: all parameters 0."""
        return self.xp.zeros((self.rows.d + self.intercept, self.n_classes), dtype=self.wide, device=self.rows.device)

    def split(self, theta: Array) -> tuple[Array, Array]:
        """Return W (d, K) and b (K,); b is 0 where the model has none."""
        W, b = self._parts(theta)
        return W, b if self.centre is None else b - self.centre @ W

    def join(self, W: Array, b: Array) -> Array:
        """Return W and b as one theta: the inverse of `split`."""
        return self._joined(W, b if self.centre is None else b + self.centre @ W)

    def _parts(self, theta: Array) -> tuple[Array, Array]:
        return (theta[:-1, :], theta[-1, :]) if self.intercept else (theta, self.xp.zeros_like(theta[0, :]))

    def _joined(self, W: Array, b: Array) -> Array:
        return self.xp.concat([W, b[None, :]], axis=0) if self.intercept else W

    def _in_dtype_of_rows(self, x: Array) -> Array:
        return as_dtype(x, self.rows.dtype, self.xp)

    def parameters(self, theta: Array) -> tuple[Array, Array]:
        """Return W and b in the dtype of X, for products with its rows."""
        W, b = self.split(theta)
        return self._in_dtype_of_rows(W), self._in_dtype_of_rows(b)

    @cached_property
    def scale(self) -> Array:
        """1/sqrt of the diagonal of the Hessian at theta = 0, shape (d + 1, 1) or (d, 1).

        There each second derivative is mean (x_j - c_j)^2 (1 - 1/K)/K + l2, the same for every class.
        A column that is constant has but the penalty's, if any, and its gradient is rounding: its scale
        is 0, and its coefficients stay what they are.
        """
        xp, K, spread = self.xp, self.n_classes, self.columns.spread
        curvature = xp.expand_dims(xp.where(spread > 0, spread * ((K - 1) / K / K) + self.l2, 0), axis=-1)
        if self.intercept:
            curvature = xp.concat([curvature, xp.full_like(curvature[:1, :], (K - 1) / K / K)], axis=0)
        known = curvature > 0
        return xp.where(known, 1 / xp.sqrt(xp.where(known, curvature, 1)), 0)

    def value_and_gradient(self, theta: Array) -> tuple[Array, Array]:
        """Return F, shape (), and dF/dtheta; one pass over the rows."""
        self.passes += 1
        return self._over_rows(theta, self.count)

    def batch_gradient(self, theta: Array, index: Array) -> Array:
        """Return the gradient of the mean over the rows of a batch, plus the penalty's.

        With weights, a batch of B rows counts as B times the mean weight: the estimate stays unbiased.
        """
        xp = self.xp

        def some(x: Array | None) -> Array | None:
            return None if x is None else xp.take(x, index, axis=0)

        batch = Objective(
            self.rows.take(index),
            some(self.y),
            self.n_classes,
            l2=self.l2,
            w=some(self.w),
            offset=some(self.offset),
            smoothing=self.smoothing,
            intercept=self.intercept,
        )
        self.passes += batch.n_rows / self.n_rows
        _, gradient = batch._over_rows(theta, batch.n_rows * self.count / self.n_rows)
        return gradient

    def hessian_product(self, theta: Array, direction: Array) -> Array:
        """Return d2F/dtheta2 times a direction; one pass."""
        self.passes += 1
        xp = self.xp
        W, b, centre = self._for_products(theta)
        V_wide, v_wide = self._parts(direction) if centre is not None else self.split(direction)
        V, v = self._in_dtype_of_rows(V_wide), self._in_dtype_of_rows(v_wide)
        curvature_product = fastest(core.curvature_product, xp)

        def of_block(rows: slice, X: Any, z: Array) -> tuple[Array, ...]:
            u = curvature_product(z, times(X, V, xp=xp) + v, xp=xp, shift=core.plain_shift)
            u = core.row_weighted(None if self.w is None else self.w[rows], u, xp=xp)
            return transposed_times(X, u, xp=xp), xp.sum(u, axis=0)

        dW, db = self._summed(of_block, W, b, centre)
        return self._back(dW / self.count + self.l2 * V_wide, db / self.count)

    def curvature_beyond(self, theta: Array, step: Array, reach: float) -> float:
        """Return step' d2F/dtheta2 step of the rows alone whose logits the step changes by more than reach; one pass.

        Changes are those of differences to the mean logit under p, which is what softmax sees of them.
        """
        self.passes += 1
        xp = self.xp
        W, b, centre = self._for_products(theta)
        V, v = (self._in_dtype_of_rows(x) for x in (self._parts(step) if centre is not None else self.split(step)))
        softmax = fastest(core.softmax, xp)

        def of_block(rows: slice, X: Any, z: Array) -> tuple[Array, ...]:
            p, u = softmax(z, xp=xp, shift=core.plain_shift), times(X, V, xp=xp) + v
            change = u - xp.sum(p * u, axis=1, keepdims=True)
            far = xp.max(xp.abs(change), axis=1) > reach
            curvature = xp.where(far, xp.sum(p * change * change, axis=1), 0)
            return (xp.sum(core.row_weighted(None if self.w is None else self.w[rows], curvature, xp=xp)),)

        return float(self._summed(of_block, W, b, centre)[0]) / self.count

    def class_curvature(self, theta: Array) -> Array:
        """Return the weighted mean of diag p - p p' over all rows, shape (K, K); one pass."""
        self.passes += 1
        xp = self.xp
        softmax = fastest(core.softmax, xp)

        def of_block(rows: slice, X: Any, z: Array) -> tuple[Array, ...]:
            p = softmax(z, xp=xp, shift=core.plain_shift)
            weighted = core.row_weighted(None if self.w is None else self.w[rows], p, xp=xp)
            return xp.matrix_transpose(p) @ weighted, xp.sum(weighted, axis=0)

        outer, sums = self._summed(of_block, *self._for_products(theta))
        return (sums * xp.eye(self.n_classes, dtype=self.wide, device=self.rows.device) - outer) / self.count

    def hessian_diagonal(self, theta: Array) -> Array:
        """Return the second derivative by each parameter alone, shaped like theta; one pass."""
        self.passes += 1
        xp = self.xp
        softmax = fastest(core.softmax, xp)

        def of_block(rows: slice, X: Any, z: Array) -> tuple[Array, ...]:
            p = softmax(z, xp=xp, shift=core.plain_shift)
            u = core.row_weighted(None if self.w is None else self.w[rows], p * (1 - p), xp=xp)
            return transposed_times(squared(X), u, xp=xp), transposed_times(X, u, xp=xp), xp.sum(u, axis=0)

        squares, products, sums = (x / self.count for x in self._summed(of_block, *self._for_products(theta)))
        if self.centre is not None and not self._shifted:
            c = self.centre[:, None]
            squares = xp.maximum(squares - c * (2 * products - c * sums), 0)
        return self._joined(squares + self.l2, sums)

    def _for_products(self, theta: Array) -> tuple[Array, Array, Array | None]:
        """W and b in the dtype of X, and what is to be taken off each block: large offsets, else nothing.

        Small offsets cost less in the parameters: with x - c for x, only b and dF/dW change.
        """
        if not self._shifted:
            return *self.parameters(theta), None
        W, b = (self._in_dtype_of_rows(part) for part in self._parts(theta))
        return W, b, self._in_dtype_of_rows(self.centre)

    def _summed(
        self, of_block: Callable[[slice, Any, Array], tuple[Array, ...]], W: Array, b: Array, centre: Array | None
    ) -> list[Array]:
        """Sums of what `of_block` makes of blocks of rows, given their place, the rows and their logits."""
        columns = WORKSPACE * self.n_classes + (0 if centre is None else self.rows.d)

        def of_part(part: slice) -> list[Array]:
            sums: list[Array] = []
            blocks = list(self.rows.slices(columns, part))
            room = self.rows.room(blocks[0], self.n_classes)
            for rows in blocks:
                X = self.rows.block(rows)
                X = X if centre is None else X - centre
                z = times(X, W, xp=self.xp, room=room)
                z += b
                if self.offset is not None:
                    z += self.offset[rows, :]
                sums = _added(sums, [as_dtype(x, self.wide, self.xp) for x in of_block(rows, X, z)])
            return sums

        parts = self.rows.parts(self.n_classes * (self.rows.stored + EXPONENTIAL))
        return reduce(_added, side_by_side(of_part, parts))

    def _back(self, dW: Array, db: Array) -> Array:
        """Derivatives by theta from those by what the products used."""
        if self.centre is not None and not self._shifted:
            # The penalty's part of dW has nothing to do with b, so this may follow it.
            dW = dW - self.centre[:, None] * db
        return self._joined(dW, db)

    def _over_rows(self, theta: Array, count: float) -> tuple[Array, Array]:
        xp = self.xp
        W, b, centre = self._for_products(theta)
        data_term = fastest(core.data_term, xp)

        def of_block(rows: slice, X: Any, z: Array) -> tuple[Array, ...]:
            w = None if self.w is None else self.w[rows]
            loss, residual = data_term(z, self._targets(rows), w, xp=xp, shift=core.plain_shift)
            return loss, transposed_times(X, residual, xp=xp), xp.sum(residual, axis=0)

        total, dW, db = self._summed(of_block, W, b, centre)
        value, dW, db = core.mean_with_penalty(self._parts(theta)[0], total, dW, db, count, self.l2, xp=xp)
        return value, self._back(dW, db)

    def _targets(self, rows: slice) -> Array:
        """The targets of a block of rows; smoothed labels become probabilities here, a block at a time."""
        y = self.y[rows, ...]
        if not self.smoothing:
            return y
        xp, K = self.xp, self.n_classes
        if y.ndim == 1:
            classes = xp.arange(K, device=self.rows.device)
            y = xp.astype(xp.expand_dims(y, axis=-1) == classes, self.rows.dtype)
        return (1 - self.smoothing) * y + self.smoothing / K


def _added(sums: list[Array], more: list[Array]) -> list[Array]:
    """Add to the sums, in place where the library can; they are nobody else's."""
    for place, x in enumerate(more if sums else ()):
        sums[place] += x
    return sums or more


def logits(rows: Rows, coef: Array, intercept: Array) -> Any:
    """Yield slices of rows with their logits, shape (rows, K), for coefficients of shape (K, d)."""
    xp = rows.xp
    W = xp.matrix_transpose(coef)
    for part in rows.slices(WORKSPACE * coef.shape[0]):
        X = rows.block(part)
        z = X @ W + intercept
        if not bool(xp.all(xp.isfinite(z))):
            z = xp.where(xp.all(xp.isfinite(z), axis=1, keepdims=True), z, _limits(X, W, intercept, xp=xp))
        yield part, z


def _limits(X: Any, W: Array, b: Array, *, xp: Any) -> Array:
    """Return logits that overflow as their differences from the largest: finite, or -inf."""
    # Square roots, twice: the inverse of the largest numbers may be flushed to 0.
    size, scale = (float(xp.sqrt(xp.max(xp.abs(x)))) or 1.0 for x in (stored(X), W))
    z = (X / size / size) @ (W / scale / scale) + b / scale / scale / size / size
    return (z - xp.max(z, axis=1, keepdims=True)) * size * size * scale * scale


def without_common_part(W: Array, b: Array, xp: Any) -> tuple[Array, Array]:
    """Return W and b less what all classes share: softmax does not see it, and rounding errors gather there."""
    return W - xp.mean(W, axis=1, keepdims=True), b - xp.mean(b)
