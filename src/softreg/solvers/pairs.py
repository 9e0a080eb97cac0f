"""What the last steps have shown of the Hessian, and the inverse that follows from it.

Of m pairs of steps s and changes of the gradient y, as rows of S and Y from the oldest to the newest,
and a first estimate gamma P of the inverse Hessian, BFGS makes

    H^-1 v = gamma (P v - PY' a) + S' c,    R a = S v,    R' c = D a - gamma (PY v - Y PY' a)

with R the upper triangle of S Y' and D its diagonal: the compact form of the two-loop recursion
(Byrd, Nocedal & Schnabel 1994, doi:10.1007/BF01582063). It reads each pair three times an iteration,
in six products, whatever m; what has the size of m alone is worked out on the host.
"""

from __future__ import annotations

import array_api_compat as compat
import numpy as np
from scipy.linalg import solve_triangular

from softreg._arrays import to_host
from softreg.solvers.minimise import Array
from softreg.solvers.precondition import Inverse

MEMORY = 20  # pairs kept; each costs three arrays like theta
KEPT = 5  # of them where the first estimate is another


class Pairs:
    """The last pairs of a run of L-BFGS; all arrays but these are vectors."""

    def __init__(self, theta: Array) -> None:
        xp = compat.array_namespace(theta)
        self.xp, self.shape = xp, theta.shape
        shape = MEMORY, int(np.prod(theta.shape))
        self.S, self.Y, self.PY = (xp.zeros(shape, dtype=theta.dtype, device=compat.device(theta)) for _ in range(3))
        self.order: list[int] = []  # rows of the pairs, from the oldest to the newest
        self.SY, self.YPY = np.zeros((MEMORY, MEMORY)), np.zeros((MEMORY, MEMORY))

    def clear(self) -> None:
        """Forget all pairs."""
        self.order = []

    def append(self, s: Array, y: Array, Py: Array) -> None:
        """Remember one more pair, in place of the oldest if there are `MEMORY`."""
        at = self.order.pop(0) if len(self.order) == MEMORY else len(self.order)
        self.order.append(at)
        self.S, self.Y, self.PY = (self._with_row(at, *pair) for pair in ((self.S, s), (self.Y, y), (self.PY, Py)))
        n = self._rows()
        self.SY[:n, at], self.YPY[:n, at] = (to_host(x) for x in (self.S[:n, :] @ y, self.PY[:n, :] @ y))
        self.YPY[at, :n] = self.YPY[:n, at]

    def renew(self, inverse: Inverse) -> None:
        """Take another P, and forget all but the newest pairs: those from farther away tell of another curvature."""
        kept = [
            (self.xp.asarray(self.S[at, :], copy=True), self.xp.asarray(self.Y[at, :], copy=True))
            for at in self.order[-KEPT:]
        ]
        self.clear()
        for s, y in kept:
            self.append(s, y, self.xp.reshape(inverse.times(self.xp.reshape(y, self.shape)), (-1,)))

    def inverse_hessian_times(self, v: Array, Pv: Array) -> Array:
        """Return H^-1 v, given Pv; gamma is what fits the newest pair."""
        if not self.order:
            return Pv
        n, at = self._rows(), np.array(self.order)
        Sv, PYv = (to_host(x)[at] for x in (self.S[:n, :] @ v, self.PY[:n, :] @ v))
        R, YPY = self.SY[np.ix_(at, at)], self.YPY[np.ix_(at, at)]
        gamma = float(R[-1, -1] / YPY[-1, -1]) if YPY[-1, -1] > 0 else 1.0
        a = solve_triangular(R, Sv, check_finite=False)
        c = solve_triangular(R, R.diagonal() * a - gamma * (PYv - YPY @ a), trans="T", check_finite=False)
        by_row = np.zeros((2, n))
        by_row[:, at] = c, gamma * a
        c, a = (self.xp.asarray(x, dtype=v.dtype, device=compat.device(v)) for x in by_row)
        return gamma * Pv - a @ self.PY[:n, :] + c @ self.S[:n, :]

    def _rows(self) -> int:
        """Rows to work on: those in use, but all where another number of them is compiled anew."""
        return len(self.order) if compat.is_writeable_array(self.S) else MEMORY

    def _with_row(self, at: int, rows: Array, x: Array) -> Array:
        if compat.is_writeable_array(rows):
            rows[at, :] = x
            return rows
        return self.xp.where(self.xp.arange(MEMORY)[:, None] == at, x[None, :], rows)
