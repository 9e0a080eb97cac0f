"""Where the rows of X are, and how they are read: block by block, in order.

A block is a few rows that stay in cache (on the CPU) or fill the device (elsewhere), so that
logits of all rows never exist at once, and X is read from memory once for loss and gradient.
Dense arrays of any library and SciPy's sparse matrices go the same way; sparse ones stay sparse.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import pairwise
from typing import Any

import array_api_compat as compat
import numpy as np

from softreg._arrays import Array, Namespace, namespace, widest_real

HOST_BYTES = 2**21  # a core's share of the last cache; less, and the calls for each block cost more than is gained
DEVICE_BYTES = 2**26
FEWEST_ROWS = 64  # below, a matrix product loses more than the cache gains
ENOUGH_ROWS = 1024  # for a product that is added to a matrix larger than the block
# Of BLAS's ways to the same product of a block, which copies X for its kernels unless it is X times one vector:
FEW, LONG = 3, 64  # classes, one by one, where rows are long
NARROW = 6  # features for each class from which R'X takes less time than X'R
PART = 2 * 10**7  # multiplications, about 4 ms of work, that are worth a thread
MOST_PARTS = 16
# Bytes of X that are worth a copy: one laid out row by row, where block by block would be once in each pass; and one
# in float64, which keeps the digits that products of float32 lose, and costs little time where there is little of X.
COPIED = 2**25


class Rows:
    """The rows of X, shape (n, d): of any library, or a CSR matrix on the host; the columns' names, if known."""

    def __init__(self, X: Any, names: Any = None) -> None:
        self.X: Any = np.ascontiguousarray(X) if type(X) is np.ndarray and X.nbytes <= COPIED else X
        self.names = names
        self.sparse = not compat.is_array_api_obj(X)
        self.xp: Namespace = namespace(None if self.sparse else X)
        self.device = compat.device(stored(X))
        self.dtype = self.given = X.dtype  # given: what the numbers were rounded to
        self.n, self.d = X.shape

    @property
    def stored(self) -> int:
        """Numbers of a row that are stored, in the mean."""
        return self.X.nnz // max(self.n, 1) if self.sparse else int(self.d)

    def slices(self, columns: int, part: slice | None = None, fewest: int = FEWEST_ROWS) -> Iterator[slice]:
        """Split a part of the rows (all, if not given) into blocks of at least `fewest`.

        Work on a block fills `columns` numbers a row beside X.
        """
        first, end = (0, self.n) if part is None else (part.start, part.stop)
        step = max(self._budget // max(self.stored + columns, 1), fewest)
        for at in range(first, max(end, first + 1), step):  # no rows are one empty block
            yield slice(at, min(at + step, end))

    @cached_property
    def _budget(self) -> int:
        """Numbers in a block, and in what is made of it."""
        size = HOST_BYTES if compat.is_numpy_namespace(self.xp) else DEVICE_BYTES
        return int(size // (self.xp.finfo(self.dtype).bits // 8))

    def parts(self, numbers: int) -> list[slice]:
        """Split all rows into parts that are worth a thread each, if a row takes work on so many numbers.

        How many depends on the sizes alone, so that sums over them do not depend on the threads.
        """
        most = MOST_PARTS if compat.is_numpy_namespace(self.xp) else 1
        count = max(1, min(most, self.n * numbers // PART))
        ends = [self.n * k // count for k in range(count + 1)]
        return [slice(*pair) for pair in pairwise(ends)]

    def room(self, rows: slice, columns: int) -> Array | None:
        """Return memory for `columns` numbers for each of these rows, where `times` can use it."""
        if self.sparse or not compat.is_numpy_namespace(self.xp):
            return None
        return np.empty((rows.stop - rows.start) * columns, self.dtype)

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
        return Rows(self.picked(index))

    def picked(self, index: Array) -> Any:
        """Return the rows that the integers in index name, as X holds them."""
        if self.sparse:
            return self.X[index]
        # NumPy's take copies all of X first unless it lies row by row.
        return self.X[index, ...] if compat.is_numpy_namespace(self.xp) else self.xp.take(self.X, index, axis=0)


def widened(rows: Rows, *beside: Array | None) -> tuple[Any, ...]:
    """The same numbers in the widest dtype, and real ones beside them, if that is worth a copy of X."""
    xp, wide = rows.xp, widest_real(rows.xp, rows.device)
    if rows.dtype == wide or rows.n * rows.stored * xp.finfo(wide).bits // 8 > COPIED:
        return rows, *beside
    more = Rows(rows.X.astype(wide) if rows.sparse else xp.astype(rows.X, wide), rows.names)
    more.given = rows.given
    return more, *(x if x is None or not xp.isdtype(x.dtype, "real floating") else xp.astype(x, wide) for x in beside)


def stored(X: Any) -> Array:
    """Return the numbers that X holds: all of a dense array's, those of a sparse matrix that it stores."""
    return X if compat.is_array_api_obj(X) else X.data


def dense(X: Any) -> Array:
    """Return a block as a dense array; of sparse ones a few rows at a time, never all of X."""
    if compat.is_array_api_obj(X):
        return X
    block = np.zeros(X.shape, X.dtype)
    block[np.repeat(np.arange(X.shape[0]), np.diff(X.indptr)), X.indices] = X.data
    return block


def times(X: Any, W: Array, *, xp: Namespace, room: Array | None = None) -> Array:
    """XW for a block of either kind, as an array that may be written to.

    NumPy's lies class by class in memory, as its kernels like it, and in `room` where that is given
    (one number for each logit at least): memory that every block asks for anew costs more than the
    product, above all where several threads ask.
    """
    if not (compat.is_numpy_namespace(xp) and compat.is_array_api_obj(X)):
        return X @ W
    n, K = X.shape[0], W.shape[1]
    logits = None if room is None else room[: n * K].reshape(K, n)
    if not (K <= FEW and X.shape[1] >= LONG):
        return np.matmul(W.T, X.T, out=logits).T
    logits = np.empty((K, n), np.result_type(X, W)) if logits is None else logits
    for k in range(K):
        np.matmul(X, W[:, k], out=logits[k])
    return logits.T


def transposed_times(X: Any, R: Array, *, xp: Namespace) -> Array:
    """X'R for a block of either kind."""
    if not compat.is_array_api_obj(X):
        return X.T @ R
    if compat.is_numpy_namespace(xp) and R.size * NARROW <= X.size:
        return (R.T @ X).T
    return xp.matrix_transpose(X) @ R


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
