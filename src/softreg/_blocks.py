"""Where the rows of X are, and how they are read: block by block, in order.

A block is a few rows that stay in cache (on the CPU) or fill the device (elsewhere), so that
logits of all rows never exist at once, and X is read from memory once for loss and gradient.
Dense arrays of any library and SciPy's sparse matrices go the same way; sparse ones stay sparse.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import array_api_compat as compat
import numpy as np

from softreg._arrays import Array, Namespace, namespace

HOST_BYTES = 2**20  # about a second-level cache
DEVICE_BYTES = 2**28
FEWEST_ROWS = 64  # below, a matrix product loses more than the cache gains


class Rows:
    """The rows of X, shape (n, d): a dense array of any library, or a CSR matrix on the host."""

    def __init__(self, X: Any) -> None:
        self.X = X
        self.sparse = not compat.is_array_api_obj(X)
        self.xp: Namespace = namespace(None if self.sparse else X)
        self.device = compat.device(stored(X))
        self.dtype = X.dtype
        self.n, self.d = X.shape

    def slices(self, columns: int, n: int | None = None, fewest: int = FEWEST_ROWS) -> Iterator[slice]:
        """Split n rows (all, if not given) into blocks of at least `fewest`.

        Work on a block fills `columns` numbers a row beside X.
        """
        n = self.n if n is None else n
        stored = self.X.nnz // max(self.n, 1) if self.sparse else self.d
        row_bytes = (stored + columns) * self.xp.finfo(self.dtype).bits // 8
        budget = HOST_BYTES if compat.is_numpy_namespace(self.xp) else DEVICE_BYTES
        step = max(budget // max(row_bytes, 1), fewest)
        for first in range(0, max(n, 1), step):  # no rows are one empty block
            yield slice(first, min(first + step, n))

    def block(self, rows: slice) -> Any:
        """Return the rows of one slice; a view where the library has views."""
        if not self.sparse:
            X = self.X[rows, :]
            # In one order, BLAS gives the same bits however X lies in memory.
            return np.ascontiguousarray(X) if compat.is_numpy_namespace(self.xp) else X
        ends = self.X.indptr[rows.start : rows.stop + 1]
        part = slice(int(ends[0]), int(ends[-1]))
        block = type(self.X)((rows.stop - rows.start, self.d), dtype=self.dtype)
        # Slicing, or handing them to the constructor, would copy the stored numbers; these are views.
        block.data, block.indices, block.indptr = self.X.data[part], self.X.indices[part], ends - ends[0]
        return block

    def take(self, index: Array) -> Rows:
        """Return the rows that the integers in index name."""
        return Rows(self.X[index] if self.sparse else picked(self.X, index, xp=self.xp))


def stored(X: Any) -> Array:
    """Return the numbers that X holds: all of a dense array's, those of a sparse matrix that it stores."""
    return X if compat.is_array_api_obj(X) else X.data


def picked(X: Array, index: Array, *, xp: Namespace) -> Array:
    """Rows of X that the integers in index name. NumPy's take copies all of X first unless it lies row by row."""
    return X[index, ...] if compat.is_numpy_namespace(xp) else xp.take(X, index, axis=0)


def times(X: Any, W: Array, *, xp: Namespace) -> Array:
    """XW for a block of either kind; NumPy's lies class by class in memory, as its kernels like it."""
    if compat.is_numpy_namespace(xp) and compat.is_array_api_obj(X):
        return (W.T @ X.T).T
    return X @ W


def transposed_times(X: Any, R: Array, *, xp: Namespace) -> Array:
    """X'R for a block of either kind."""
    return (xp.matrix_transpose(X) if compat.is_array_api_obj(X) else X.T) @ R


def squared(X: Any) -> Any:
    """Return the block with each value squared."""
    return X * X if compat.is_array_api_obj(X) else X.multiply(X).tocsr()


def assembled(parts: Iterable[tuple[slice, Array]], n: int) -> Array:
    """Return results for slices of rows as one array of n; written in place where the library can."""
    done: list[Array] = []
    whole = None
    for rows, part in parts:
        if part.shape[0] == n:
            return part
        xp = compat.array_namespace(part)
        if not compat.is_writeable_array(part):
            done.append(part)
            continue
        if whole is None:
            whole = xp.empty((n, *part.shape[1:]), dtype=part.dtype, device=compat.device(part))
        whole[rows, ...] = part
    return xp.concat(done, axis=0) if done else whole
