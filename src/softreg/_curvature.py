"""Approximations of the Hessian of an objective, from which solvers make their preconditioners.

Conventions
-----------
x~        a row in the solver's own units: centred, and times the objective's `scale`; with an
          intercept, one more entry. Its length is q = d + 1, or d without intercept
p         the row's probabilities; P~ = diag p - p p', its curvature in the logits
Hessian   mean of P~ (x) x~ x~' plus the penalty, which in these units is l2 scale^2 on the
          diagonal, 0 for the intercept. Order (class, feature)

index      the rows of a sample; None for all

Sparse rows lose their zeros to the centring, so all but `wide_unit_rows` makes blocks of them dense,
a few rows at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import array_api_compat as compat

from softreg import core
from softreg._arrays import Array, as_dtype
from softreg._blocks import ENOUGH_ROWS, FEWEST_ROWS, dense, times
from softreg._kernels import fastest
from softreg._objective import WORKSPACE, Objective
from softreg._threads import for_large_products, side_by_side

Blocks = list[list[Array]]  # at [k][j] that of classes k and j <= k, shape (q, q)

PRODUCT = 2**20  # numbers in a product that is added to the Hessian: 8 MiB in float64
LONG = 32  # entries of x~ from which products of single pairs of classes are fast
SHARED = 10**8  # multiplications with a block of rows that are worth threads
ROOM = 2**24  # bytes for what they work on


def unit_rows(objective: Objective, X: Array, dtype: Any) -> Array:
    """The rows X in the solver's units, shape (n, q)."""
    xp, scale = objective.xp, objective.scale[:, 0]
    if not objective.intercept:
        return as_dtype(X * as_dtype(scale, X.dtype, xp), dtype, xp)
    if objective.centre is not None:
        X = X - as_dtype(objective.centre, X.dtype, xp)
    X = as_dtype(X * as_dtype(scale[:-1], X.dtype, xp), dtype, xp)
    last = xp.ones_like(X[:, :1]) * as_dtype(scale[-1], dtype, xp)
    return xp.concat([X, last], axis=1)


def wide_unit_rows(objective: Objective) -> Iterator[tuple[slice, Any]]:
    """The blocks of all rows: their place, and x~ in the widest dtype; sparse ones stay so, and are not centred."""
    xp, wide = objective.xp, objective.wide
    for rows in objective.rows.slices(6 * objective.n_classes + 3 * objective.rows.d):
        X = objective.rows.block(rows)
        if objective.rows.sparse:
            import scipy.sparse as sp

            one = sp.csr_array(xp.ones((X.shape[0], int(objective.intercept)), dtype=wide))
            yield rows, sp.hstack([X, one], format="csr", dtype=wide) @ sp.diags_array(objective.scale[:, 0])
        else:
            yield rows, unit_rows(objective, as_dtype(X, wide, xp), wide)


def penalty(objective: Objective) -> Array:
    """The penalty's second derivatives in the solver's units, shape (q,)."""
    xp, scale = objective.xp, objective.scale[:, 0]
    if not objective.intercept:
        return objective.l2 * scale * scale
    return objective.l2 * xp.concat([scale[:-1] * scale[:-1], xp.zeros_like(scale[-1:])])


def gram(objective: Objective) -> Array:
    """Weighted mean of x~ x~', shape (q, q)."""
    xp, q = objective.xp, objective.scale.shape[0]
    total = xp.zeros((q, q), dtype=objective.wide, device=objective.rows.device)
    for rows in objective.rows.slices(2 * q, fewest=min(q, ENOUGH_ROWS)):
        x = unit_rows(objective, dense(objective.rows.block(rows)), objective.rows.dtype)
        weighted = core.row_weighted(None if objective.w is None else objective.w[rows], x, xp=xp)
        total += as_dtype(xp.matrix_transpose(x) @ weighted, objective.wide, xp)
    return total / objective.count


def _sampled(
    objective: Objective, theta: Array, index: Array | None, columns: int, fewest: int = FEWEST_ROWS
) -> Iterator[tuple[Array, Array, Array | None]]:
    """Blocks of a sample of rows: X, p, and the weights in units of their mean, or None."""
    xp = objective.xp
    W, b = objective.parameters(theta)
    softmax = fastest(core.softmax, xp)
    w = None if objective.w is None else objective.w * (objective.n_rows / objective.count)  # of a size for any dtype

    def of_block(x: Array | None, part: slice) -> Array | None:
        if x is None:
            return None
        return x[part, ...] if index is None else xp.take(x, index[part], axis=0)

    for part in objective.rows.slices(columns, None if index is None else slice(0, index.shape[0]), fewest):
        X = dense(objective.rows.block(part) if index is None else objective.rows.picked(index[part]))
        z = times(X, W, xp=xp) + b
        offset = of_block(objective.offset, part)
        p = softmax(z if offset is None else z + offset, xp=xp, shift=core.plain_shift)
        yield X, p, of_block(w, part)


def class_curvature(objective: Objective, theta: Array, index: Array | None) -> Array:
    """Weighted mean of P~ over a sample of rows, shape (K, K)."""
    xp, K, wide = objective.xp, objective.n_classes, objective.wide
    outer = xp.zeros((K, K), dtype=wide, device=objective.rows.device)
    sums = outer[0, :]
    for _, p, w in _sampled(objective, theta, index, WORKSPACE * K):
        weighted = core.row_weighted(w, p, xp=xp)
        outer = outer + as_dtype(xp.matrix_transpose(p) @ weighted, wide, xp)
        sums = sums + as_dtype(xp.sum(weighted, axis=0), wide, xp)
    diagonal = sums * xp.eye(K, dtype=wide, device=objective.rows.device)
    total = xp.sum(sums)
    return (diagonal - outer) / xp.where(total > 0, total, 1)  # a sample may have no weight


def hessian(objective: Objective, theta: Array, index: Array | None, dtype: Any) -> Array:
    """The Hessian from a sample of rows in all classes but the last, shape ((K - 1) q, (K - 1) q).

    The last is held: adding one vector to all classes changes nothing, the penalty being that of their
    differences from the mean. So the inverse exists; a ridge above what rounding takes off keeps the
    matrix positive, in units in which its diagonal was about 1 at theta = 0.
    """
    xp, K, q = objective.xp, objective.n_classes, objective.scale.shape[0]
    H, blocks = _zeros(objective, dtype)
    add = _add_by_pairs_of_classes if q >= LONG else _add_at_once
    count = add(H, blocks, objective, theta, index, dtype)
    one = xp.eye(q, dtype=dtype, device=objective.rows.device)
    l2 = as_dtype(penalty(objective), dtype, xp)
    between, own = one * (-l2 / K), one * (l2 * (1 - 1 / K) + 30 * float(xp.finfo(dtype).eps))
    for k in range(K - 1):
        for j in range(k + 1):
            blocks[k][j] /= count
            blocks[k][j] += own if k == j else between
    if H is None:
        return xp.concat(
            [xp.concat([blocks[max(k, j)][min(k, j)] for j in range(K - 1)], axis=1) for k in range(K - 1)], axis=0
        )
    for k in range(K - 1):
        for j in range(k):
            H[_of_class(j, q), _of_class(k, q)] = blocks[k][j]
    return H


def _zeros(objective: Objective, dtype: Any) -> tuple[Array | None, Blocks]:
    """Zeros for the Hessian, and its blocks of two classes j <= k as views; blocks alone where nothing can be written.

    So nothing else of its size is needed where there are more than two classes.
    """
    xp, K, q = objective.xp, objective.n_classes - 1, objective.scale.shape[0]
    block = xp.zeros((q, q), dtype=dtype, device=objective.rows.device)
    if not compat.is_writeable_array(block):
        return None, [[block] * (k + 1) for k in range(K)]
    H = xp.zeros((K * q, K * q), dtype=dtype, device=objective.rows.device)
    return H, [[H[_of_class(k, q), _of_class(j, q)] for j in range(k + 1)] for k in range(K)]


def _of_class(k: int, q: int) -> slice:
    return slice(k * q, (k + 1) * q)


def _weighted_sample(
    objective: Objective, theta: Array, index: Array | None, dtype: Any, columns: int, fewest: int
) -> Iterator[tuple[Array, Array, Array | None]]:
    """Blocks of a sample of rows as x~ and p, both times the square root of the weight, and the weights."""
    xp = objective.xp
    for X, p, w in _sampled(objective, theta, index, columns, fewest=max(fewest, FEWEST_ROWS)):
        x, p = unit_rows(objective, X, dtype), as_dtype(p, dtype, xp)
        yield x if w is None else x * xp.sqrt(as_dtype(w, dtype, xp))[:, None], p, w


def _add_by_pairs_of_classes(
    H: Array | None, blocks: Blocks, objective: Objective, theta: Array, index: Array | None, dtype: Any
) -> float:
    """Add sums of P~_kj x~x~', each a product of an array with its own transpose; return the sum of the weights.

    The off-diagonal entries of P~ are -p_k p_j, so half of each factor's square root is in either x~. NumPy's threads
    share out the pairs, as far as there is memory for it: BLAS's own help less with products of this size.
    """
    xp, K, q = objective.xp, objective.n_classes, objective.scale.shape[0]
    pairs = [(k, j) for k in range(K - 1) for j in range(k + 1)]

    def add(x: Array, p: Array, root: Array, pairs: list[tuple[int, int]]) -> None:
        for k, j in pairs:
            y = x * (root[:, k] * (root[:, j] if j < k else xp.sqrt(1 - p[:, k])))[:, None]
            if j < k:
                blocks[k][j] -= xp.matrix_transpose(y) @ y
            else:
                blocks[k][k] += xp.matrix_transpose(y) @ y

    count = 0.0
    for x, p, w in _weighted_sample(objective, theta, index, dtype, 2 * q + 3 * K, fewest=min(q, ENOUGH_ROWS)):
        count += p.shape[0] if w is None else float(xp.sum(w, dtype=objective.wide))
        work = partial(add, x, p, xp.sqrt(p))
        multiplications = x.shape[0] * q * q * len(pairs)
        some = min(len(pairs), ROOM // (x.dtype.itemsize * q * (x.shape[0] + q))) if compat.is_numpy_array(x) else 1
        if some > 1 and multiplications >= SHARED:
            side_by_side(work, [pairs[first::some] for first in range(some)])
        else:
            with for_large_products(multiplications):
                work(pairs)
    return count


def _add_at_once(
    H: Array | None, blocks: Blocks, objective: Objective, theta: Array, index: Array | None, dtype: Any
) -> float:
    """Do the same by one large symmetric product, or a few, which is faster where x~ is short.

    With the rows p (x) x~ as Z, the sum of pp' (x) x~x~' is Z'Z; the sums of p_k x~x~' come on top.
    """
    xp, K, q = objective.xp, objective.n_classes - 1, objective.scale.shape[0]
    outer = xp.zeros((K * q, K * q), dtype=dtype, device=objective.rows.device) if H is None else H
    own = xp.zeros((q, K * q), dtype=dtype, device=objective.rows.device)
    many = max(PRODUCT // (K * q) // q, 1) * q  # rows or columns of Z that are not too many, of whole classes
    count = 0.0
    # A block adds to all of H, so it should have rows enough to be worth that.
    for x, p, w in _weighted_sample(objective, theta, index, dtype, 2 * K * q, fewest=min(K * q // 2, many)):
        count += p.shape[0] if w is None else float(xp.sum(w, dtype=objective.wide))
        z = xp.reshape(p[:, :-1, None] * x[:, None, :], (p.shape[0], K * q))
        if H is None:
            outer -= xp.matrix_transpose(z) @ z
        else:
            for at in range(0, K * q, many):
                end = min(at + many, K * q)
                outer[at:end, :end] -= xp.matrix_transpose(z[:, at:end]) @ z[:, :end]
        own += xp.matrix_transpose(x) @ z
    for k in range(K):
        if H is None:
            blocks[k] = [outer[_of_class(k, q), _of_class(j, q)] for j in range(k + 1)]
        blocks[k][k] += own[:, _of_class(k, q)]
    return count


class Curvature:
    """The functions of this module for one objective, as `softreg.solvers.precondition` wants them.

    `rough` is the same objective in products of fewer digits, if there is one, for what needs no more.
    """

    def __init__(self, objective: Objective, rough: Objective | None = None) -> None:
        self.objective, self.rough = objective, rough or objective
        self.n_rows, self.n_classes, self.scale = objective.n_rows, objective.n_classes, objective.scale
        self.stored, self.sparse = objective.rows.stored, objective.rows.sparse
        self.narrow = objective.rows.dtype == objective.xp.float32

    def penalty(self) -> Array:
        """Second derivatives of the penalty, shape (q,)."""
        return penalty(self.objective)

    def gram(self) -> Array:
        """Mean of x~ x~', shape (q, q)."""
        return gram(self.objective)

    def class_curvature(self, theta: Array, index: Array | None) -> Array:
        """Mean of P~, shape (K, K)."""
        return class_curvature(self.rough, theta, index)

    def diagonal(self, theta: Array) -> Array:
        """The Hessian's diagonal, from all rows, by the parameters themselves, shape (q, K)."""
        return self.objective.hessian_diagonal(theta)

    def hessian(self, theta: Array, index: Array | None, *, single: bool) -> Array:
        """The Hessian from a sample of rows, shape ((K - 1) q, (K - 1) q)."""
        if single:
            return hessian(self.rough, theta, index, self.rough.xp.float32)
        return hessian(self.objective, theta, index, self.objective.wide)
