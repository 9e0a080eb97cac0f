"""Fits of fewer rows than features, in the space that the rows span.

The penalty keeps the coefficients W there, so they are W = Xc'A with Xc the centred rows. With the
Gram matrix Xc Xc' = LL' and U = L'A, logits are LU + b and sum W^2 is sum U^2: the same objective, of
n features instead of d, and U is minimised as W would be, in the same steps. (Representer theorem:
Kimeldorf & Wahba 1971, doi:10.1016/0022-247X(71)90184-3.)

Sparse rows are not centred: what the centre c does to products with them is put in afterwards.

L comes from a matrix that rounding reaches, so directions in which rows differ too little are lost.
What that costs is known at the end: the gradient in W, from one pass over the rows, less its image
in U, is what was lost, and F is strongly convex in W with modulus l2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from softreg._arrays import Array
from softreg._blocks import Rows
from softreg._curvature import Curvature
from softreg._objective import Objective
from softreg._threads import for_large_products
from softreg.solvers import Problem, Solution, Solver
from softreg.solvers.lbfgs import lbfgs
from softreg.solvers.precondition import Preconditioner

Solve = Callable[[Problem, Array, Solver], Solution]
SAVED = 30  # passes over the rows that the Gram matrix may cost, if it made passes free
LARGEST = 4096  # rows: 128 MiB for the Gram matrix, and some more while it is factored
MOST_PARAMETERS = 1500  # in the row space of sparse rows
RIDGE = 1e-14  # of the trace: what Cholesky needs of a matrix whose rows depend on each other
BLOCK = 2**21  # numbers in a block of columns


class RowSpace:
    """The objective in U, and the ways there and back."""

    def __init__(self, full: Objective) -> None:
        self.full, self.xp = full, full.xp
        xp, n, K = self.xp, full.n_rows, full.n_classes
        with for_large_products(n * n * full.rows.d):
            G, rounded = self._gram()
        trace = float(xp.linalg.trace(G))
        self.L = xp.linalg.cholesky(G + RIDGE * (trace + rounded) * xp.eye(n, dtype=G.dtype, device=full.rows.device))
        self.objective = Objective(
            Rows(self.L),
            full.y,
            K,
            l2=full.l2,
            w=full.w,
            offset=full.offset,
            smoothing=full.smoothing,
            intercept=full.intercept,
        )
        # One size for all of U, as if the columns of X had one: any other is that of L's columns, which mean nothing.
        ones = xp.ones((n + full.intercept, 1), dtype=G.dtype, device=full.rows.device)
        slope = (K - 1) / K / K
        scale = (trace / n / full.rows.d * slope + full.l2) ** -0.5 * ones
        self.objective.scale = xp.concat([scale[:n, :], slope**-0.5 * ones[:1, :]], axis=0) if full.intercept else scale

    def _columns(self) -> Iterator[tuple[slice, Array]]:
        """Blocks of columns of the centred rows, in the widest dtype."""
        full, xp = self.full, self.xp
        step = max(BLOCK // full.n_rows, 1)
        for first in range(0, full.rows.d, step):
            part = slice(first, min(first + step, full.rows.d))
            X = xp.astype(full.rows.X[:, part], full.wide, copy=False)
            yield part, X if full.centre is None else X - full.centre[part]

    def _gram(self) -> tuple[Array, float]:
        """Xc Xc', and the trace of what was taken off it."""
        if not self.full.rows.sparse:
            return sum(Xc @ self.xp.matrix_transpose(Xc) for _, Xc in self._columns()), 0.0
        X, c = self.full.rows.X.astype(self.full.wide), self.full.centre
        G = (X @ X.T).toarray()
        if c is None:
            return G, 0.0
        shift = X @ c
        return G - shift[:, None] - shift + c @ c, float(len(shift) * (c @ c))

    def project(self, theta: Array) -> Array:
        """The parameters in U that have the logits of theta."""
        xp, full, d = self.xp, self.full, self.full.rows.d
        W = theta[:d, :]
        if not bool(xp.any(theta != 0)):
            return self.objective.zeros()
        if full.rows.sparse:
            Z = full.rows.X @ W if full.centre is None else full.rows.X @ W - full.centre @ W
        else:
            Z = sum(Xc @ W[part, :] for part, Xc in self._columns())
        return xp.concat([xp.linalg.solve(self.L, Z), theta[d:, :]], axis=0)

    def lift(self, theta: Array) -> Array:
        """Parameters, or a gradient, or both side by side, in U as those in W."""
        xp, n = self.xp, self.full.n_rows
        A = xp.linalg.solve(xp.matrix_transpose(self.L), theta[:n, :])
        if self.full.rows.sparse:
            W = self.full.rows.X.T @ A
            parts = [W if self.full.centre is None else W - self.full.centre[:, None] * xp.sum(A, axis=0)]
        else:
            parts = [xp.matrix_transpose(Xc) @ A for _, Xc in self._columns()]
        return xp.concat([*parts, theta[n:, :]], axis=0)

    def minimised(self, start: Array, solve: Solve) -> Solution:
        """Minimise in U, and return that as a solution in W, with what was lost added to the decrement."""
        run = partial(lbfgs, precondition=Preconditioner(Curvature(self.objective)))
        inner = solve(self.objective, self.project(start), run)
        both = self.lift(self.xp.concat([inner.theta, inner.gradient], axis=1))
        theta, seen = both[:, : self.full.n_classes], both[:, self.full.n_classes :]
        value, gradient = self.full.value_and_gradient(theta)
        rest = gradient - seen
        in_W, in_b = rest[: self.full.rows.d, :], (self.full.scale * rest)[self.full.rows.d :, :]
        lost = self.xp.sum(in_W * in_W) / self.full.l2 + self.xp.sum(in_b * in_b)
        return inner._replace(
            theta=theta,
            value=float(value),
            decrement=inner.decrement + float(lost) / 2,
            passes=inner.passes + self.full.passes,
            gradient=gradient,
        )


def row_space(objective: Objective) -> RowSpace | None:
    """The row space, if it saves more than it costs.

    The Gram matrix takes n^2 d / 2 multiplications in one large product, the time of n/(10 K) passes
    over the rows. It saves 1 - n/d of each pass, of which a fit needs some dozens. With sparse rows a pass
    is dearer than it was, so there it must pay by the Hessians that so few parameters have.
    """
    n, d, K = objective.n_rows, objective.rows.d, objective.n_classes
    if objective.l2 == 0 or n >= d or n > LARGEST or n / (10 * K) > SAVED * (1 - n / d):
        return None
    if objective.rows.sparse and (n + 1) * (K - 1) > MOST_PARAMETERS:
        return None
    if not bool(objective.xp.any(objective.columns.spread > 0)):  # all rows are the same
        return None
    return RowSpace(objective)
