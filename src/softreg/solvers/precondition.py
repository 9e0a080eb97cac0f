"""What L-BFGS starts its estimate of the inverse Hessian from, and when it is made anew.

Three approximations, each costlier and closer than the one before, all symmetric and positive
definite. They act on arrays shaped like theta, (q, K): a column for each class.

`diagonal`   the curvature of each parameter alone: at theta = 0, where it is 1/scale^2, or at theta
`kronecker`  (A (x) C + penalty)^-1, with A (K, K) the mean curvature in the logits and C (q, q) the
             mean of x x'. Exact at theta = 0
`dense`      the Hessian itself, from a sample of the rows, or from all

Letters are those of `softreg._curvature`, whose arrays these are made of.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, NamedTuple, Protocol

import array_api_compat as compat
import numpy as np

from softreg._threads import for_large_products
from softreg.solvers.minimise import Array

Solve = Callable[[Array], Array]  # a vector to H^-1 times it


class Inverse(NamedTuple):
    """An approximation of H^-1."""

    times: Callable[[Array], Array]  # it, times an array like theta
    blind: bool  # whether it knows nothing of how columns go together


class Curvature(Protocol):
    """What is known of the second derivatives of a problem."""

    n_rows: int
    n_classes: int
    stored: int  # numbers of a row that are stored, in the mean
    sparse: bool
    narrow: bool  # whether the products of a pass are in float32

    @property
    def scale(self) -> Array:
        """The solver's units, shape (q, 1)."""

    def penalty(self) -> Array:
        """Second derivatives of the penalty in these units, shape (q,)."""

    def gram(self) -> Array:
        """C, shape (q, q)."""

    def class_curvature(self, theta: Array, index: Array | None) -> Array:
        """A, shape (K, K), from the rows that index names, or all."""

    def diagonal(self, theta: Array) -> Array:
        """Second derivatives by each parameter alone, shape (q, K), from all rows."""

    def hessian(self, theta: Array, index: Array | None, *, single: bool) -> Array:
        """H without the last class, shape ((K - 1) q, (K - 1) q), from the rows of index, or all; float32 if single."""


# Nanoseconds, measured on one core of a server of 2024. Only ratios between them matter, and those
# only to a factor of two.
FLOP = 1 / 20  # in products with few columns
FLOP_SPARSE = 1 / 4  # in products with a sparse matrix
FLOP_LARGE = 1 / 45  # in large symmetric products
FLOP_LARGE_SINGLE = 1 / 100  # the same in float32
ELEMENT = 10  # all that core does with one logit
NARROW = 0.5  # of both in a pass in float32
CALL = 60_000  # all calls of a pass, or of a refresh, however small the arrays

LARGEST = 8192  # parameters for which H is formed: 256 MiB in float32
SINGLE_FROM = 1e8  # operations from which H is formed and factored in float32
ROWS_PER_PARAMETER = 8  # at least, in a sample, if there are so many
DEAR = 50  # passes from which it has fewer rows: at least one for each parameter
FIRST_WAIT = 10  # passes until Kronecker's approximation, or the diagonal, is renewed
LEAST = 1e-6  # of its curvature at theta = 0: what a parameter has at the least
CHEAP = 2  # passes that a Hessian may cost if each iteration is to have a new one
DOUBT = 0.25  # of that wait, where the last approximation has proved wrong,
SOON = 40  # and a new one costs no more passes: dearer ones are not worth it near the end
WORTH = 0.5  # a refresh is due when iterations since the last one have cost this share of it
KRONECKER_CHEAP = 40  # passes that the first approximation may cost
TRUSTED = 5  # refreshes after which each is made closer: of twice the rows, and then in float64
FEWEST = 4  # iterations between refreshes from samples: pairs of L-BFGS need some to pay


class Preconditioner:
    """Decides before each iteration whether to approximate the Hessian anew, and how.

    All costs are counted in passes over the rows, from sizes alone:

        pass        n (4 s K FLOP + K ELEMENT)         for s numbers stored in a row; half of it in float32
        Kronecker   n q^2 FLOP_LARGE + 12 q^3 FLOP
        Dense       m (P^2 FLOP_LARGE + 4 P) + P^3/3 FLOP_LARGE    for P = q (K - 1) parameters and m rows

    If a Hessian of all rows costs about a pass, each iteration has a new one: that is Newton's
    method. Otherwise the first approximation is Kronecker's, which is exact there, or, if that costs
    more than it can save, the diagonal; it is renewed, with the curvature of where the solver is, after
    10, 20, 40, ... passes. When iterations have cost `WORTH` of what a dense Hessian would, that is made, and
    made again whenever that much has been spent: so neither the refreshes nor the iterations between
    them can cost much more than the other.
    """

    def __init__(self, curvature: Curvature) -> None:
        self.curvature = curvature
        n, (q, _), K = curvature.n_rows, curvature.scale.shape, curvature.n_classes
        P = q * (K - 1)
        flop = FLOP_SPARSE if curvature.sparse else FLOP
        a_row = (4 * curvature.stored * K * flop + K * ELEMENT) * (NARROW if curvature.narrow else 1)
        self.one_pass: float = n * a_row + CALL
        self.single = P * P * (min(n, ROWS_PER_PARAMETER * P) + P / 3) >= SINGLE_FROM
        fewest, enough = min(n, P), min(n, ROWS_PER_PARAMETER * P)
        self.rows = max(self._affordable(CHEAP), min(enough, max(fewest, self._affordable(DEAR))))
        self.rows = min(n, self.rows)
        self.dense_possible = P <= LARGEST
        self.newton = self.dense_possible and self.rows == n and self._dense_cost(n) <= CHEAP
        kronecker_cost = (n * q * q * FLOP_LARGE + 12 * q**3 * FLOP + 3 * CALL) / self.one_pass
        self.kronecker_possible = n > q and kronecker_cost <= KRONECKER_CHEAP
        self.basis: Basis | None = None
        self.wait = FIRST_WAIT
        self.renewed = self.made_dense = -1.0  # passes when the last approximation, and the last dense one, was made
        self.refreshes = 0
        self.factor: list[Solve] = []  # that of the last Hessian: what `dense` gives up before it forms another

    @cached_property
    def random(self) -> np.random.Generator:
        """Where samples come from: fixed, so that the same data give the same bits."""
        return np.random.default_rng(0)

    def _affordable(self, passes: float) -> int:
        """Rows of which a dense Hessian costs this many passes."""
        own = self._dense_cost(0)
        return int((passes - own) / (self._dense_cost(1) - own))

    def _dense_cost(self, rows: int) -> float:
        P: int = self.curvature.scale.shape[0] * (self.curvature.n_classes - 1)
        rate = FLOP_LARGE_SINGLE if self.single else FLOP_LARGE
        return (rows * (P * P * rate + 4 * P) + P**3 / 3 * rate + CALL) / self.one_pass

    def __call__(self, theta: Array, passes: float, now: bool = False) -> Inverse | None:
        """Return a new approximation, or None to keep the last one.

        `passes` is what was spent so far; `now` asks for a new one at once.
        """
        first = self.made_dense < 0
        if first:
            self.made_dense = passes
        cost = self._dense_cost(self.rows)
        due = 1 if self.newton else max(FEWEST, WORTH * cost) * (DOUBT if now and cost <= SOON else 1)
        if self.dense_possible and (passes - self.made_dense >= due or (first and self.newton)):
            self.renewed = self.made_dense = passes
            return self._dense(theta)
        if self.refreshes or not (now or first or passes - self.renewed >= self.wait):
            return None
        self.wait *= 1 if first else 2
        self.renewed = passes
        if not self.kronecker_possible:
            return None if first else diagonal(self.curvature, theta)
        self.basis = self.basis or basis(self.curvature)
        return kronecker(self.curvature, self.basis, theta, self._sample(theta))

    def _dense(self, theta: Array) -> Inverse | None:
        self.refreshes += 1
        if self.refreshes > TRUSTED:
            if self.rows == self.curvature.n_rows:
                self.single = False
            self.rows = min(2 * self.rows, self.curvature.n_rows)
        again = bool(self.factor)
        new = dense(self.curvature, theta, self._sample(theta), single=self.single, factor=self.factor)
        return diagonal(self.curvature, theta) if new is None and again else new

    def _sample(self, theta: Array) -> Array | None:
        if self.rows == self.curvature.n_rows:
            return None
        index = np.sort(self.random.choice(self.curvature.n_rows, self.rows, replace=False))
        return compat.array_namespace(theta).asarray(index, device=compat.device(theta))


def _sums_to_zero(v: Array, *, xp: Any) -> Array:
    """v without what all classes have in common: no gradient has such a part, so what appears is rounding."""
    return v - xp.sum(v, axis=1, keepdims=True) / v.shape[1]


def first_diagonal(scale: Array) -> Inverse:
    """Return multiplication by scale^2."""
    return Inverse(lambda v: scale * scale * v, blind=True)


def diagonal(curvature: Curvature, theta: Array) -> Inverse:
    """Return the inverse of the Hessian's diagonal at theta."""
    H, scale = curvature.diagonal(theta), curvature.scale
    xp = compat.array_namespace(H)
    inverse = xp.where(scale > 0, 1 / xp.maximum(H, LEAST / xp.where(scale > 0, scale * scale, 1)), 0)
    return Inverse(lambda v: _sums_to_zero(inverse * v, xp=xp), blind=True)


class Basis(NamedTuple):
    """Columns T in which C is diagonal, and so is the penalty: T'(a C + penalty) T = (a/a0) m + 1 - m."""

    T: Array  # (q, q)
    m: Array  # (q,) between 0 and 1
    a0: float  # the mean eigenvalue of A at theta = 0


def basis(curvature: Curvature) -> Basis:
    """Return the basis for any A; made once.

    With a0 C + penalty = L L' and L^-1 (a0 C) L^-T = Q diag(m) Q', it is T = L^-T Q. Columns of any
    scale keep their digits that way.
    """
    with for_large_products(curvature.n_rows * curvature.scale.shape[0] ** 2):
        C = curvature.gram()
    xp = compat.array_namespace(C)
    a0 = (curvature.n_classes - 1) / curvature.n_classes**2
    one = xp.eye(C.shape[0], dtype=C.dtype, device=compat.device(C))
    # More than rounding takes off the least eigenvalues, which columns that depend on others leave at 0.
    ridge = (1e-5 if curvature.narrow else 1e-10) * xp.max(C)
    L = xp.linalg.cholesky(a0 * C + one * (curvature.penalty() + ridge))
    inverse = xp.linalg.inv(L)
    whitened = inverse @ (a0 * C) @ xp.matrix_transpose(inverse)
    del C, L  # nothing else is as large where there are many columns
    m, Q = xp.linalg.eigh((whitened + xp.matrix_transpose(whitened)) / 2)
    return Basis(xp.matrix_transpose(inverse) @ Q, m, a0)


def kronecker(curvature: Curvature, basis: Basis, theta: Array, index: Array | None) -> Inverse:
    """Return the inverse of A (x) C + penalty, A from the rows that index names."""
    T, m, a0 = basis
    xp, scale = compat.array_namespace(T), curvature.scale
    a, V = xp.linalg.eigh(xp.astype(curvature.class_curvature(theta, index), T.dtype))
    a = xp.maximum(a, 1e-3 * xp.max(a))  # one of them is 0: a vector added to all classes
    divisor = m[:, None] * (a / a0) + (1 - m)[:, None]

    def times(v: Array) -> Array:
        inner = (xp.matrix_transpose(T) @ (scale * v) @ V) / divisor
        return _sums_to_zero(scale * (T @ inner @ xp.matrix_transpose(V)), xp=xp)

    return Inverse(times, blind=False)


def dense(
    curvature: Curvature, theta: Array, index: Array | None, *, single: bool, factor: list[Solve] | None = None
) -> Inverse | None:
    """Return the inverse of the Hessian of a sample of rows; None if it cannot be factored.

    `factor` is where it is kept, in place of the last one, which is of no more use: two of them may be too large.
    """
    factor = [] if factor is None else factor
    factor.clear()
    scale, K = curvature.scale, curvature.n_classes - 1
    H = curvature.hessian(theta, index, single=single)
    with for_large_products(H.shape[0] ** 3 / 3):
        solve = positive_definite_solver(H)
    xp, dtype = compat.array_namespace(H), H.dtype
    if solve is None:
        return None
    factor.append(solve)

    def times(v: Array) -> Array:
        u = xp.reshape(xp.matrix_transpose(scale * _sums_to_zero(v, xp=xp)[:, :K]), (-1,))
        r = xp.astype(factor[0](xp.astype(u, dtype)), v.dtype)
        r = xp.concat([xp.matrix_transpose(xp.reshape(r, (K, -1))), xp.zeros_like(v[:, :1])], axis=1)
        return _sums_to_zero(scale * r, xp=xp)

    return Inverse(times, blind=False)


def positive_definite_solver(H: Array) -> Solve | None:
    """Return u -> H^-1 u by Cholesky's factor, or its inverse where the library is not NumPy; None if there is none."""
    try:
        if compat.is_numpy_array(H):
            from scipy.linalg import get_blas_funcs, get_lapack_funcs

            # Column by column, as LAPACK wants it, it is not copied; H is symmetric. These are what cho_factor and
            # cho_solve call, but for one vector the latter takes three to seven times as long.
            factor: Any = get_lapack_funcs("potrf", (H,))
            solve: Any = get_blas_funcs("trsv", (H,))
            factored, failed = factor(H.T, lower=1, clean=0, overwrite_a=1)
            if failed or not np.isfinite(factored.diagonal()).all():  # OpenBLAS's factors NaN without a word
                return None
            return lambda u: solve(factored, solve(factored, u, lower=1), lower=1, trans=1)
        xp = compat.array_namespace(H)
        L = xp.linalg.cholesky(H)
    except (ValueError, RuntimeError):  # what the libraries' errors of linear algebra are
        return None
    if not bool(xp.all(xp.isfinite(L))):  # what libraries without such errors give
        return None
    inverse = xp.linalg.inv(L)
    return lambda u: xp.matrix_transpose(inverse) @ (inverse @ u)
