"""The same array namespace for arrays of fixed size: SymPy expressions in NumPy object arrays.

It shares nothing with the arrays of symbolic size but the names: sums are written out, an index
is a number, and the choice that `argmax` makes is one of those possible, another at each call.
"""

from __future__ import annotations

import itertools
import sys
from typing import Any

import numpy as np
import sympy as sp

inf, nan = float("inf"), float("nan")
_turn = itertools.count()


class Array:
    """Entries in a NumPy object array; whole numbers of NumPy where they are indices."""

    device = "fixed"
    __array_ufunc__ = None
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, entries: Any):
        self.entries = entries if isinstance(entries, np.ndarray) else np.asarray(entries, dtype=object)

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes of the axes."""
        return self.entries.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.entries.ndim

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        """Name this module, as the standard asks."""
        return sys.modules[__name__]

    def __bool__(self) -> bool:
        raise TypeError("the truth of a symbolic array is not known")

    def __add__(self, other: Any) -> Array:
        return Array(self.entries + _exact(other))

    def __sub__(self, other: Any) -> Array:
        return Array(self.entries - _exact(other))

    def __rsub__(self, other: Any) -> Array:
        return Array(_exact(other) - self.entries)

    def __mul__(self, other: Any) -> Array:
        return Array(self.entries * _exact(other))

    def __truediv__(self, other: Any) -> Array:
        return Array(self.entries / _exact(other))

    def __rtruediv__(self, other: Any) -> Array:
        return Array(_exact(other) / self.entries)

    def __pow__(self, other: int) -> Array:
        return Array(self.entries**other)

    def __neg__(self) -> Array:
        return Array(-self.entries)

    def __matmul__(self, other: Array) -> Array:
        return Array(self.entries @ other.entries)

    def __and__(self, other: Any) -> Array:
        return Array(self.entries & _entries(other))

    def __or__(self, other: Any) -> Array:
        return Array(self.entries | _entries(other))

    def __invert__(self) -> Array:
        return Array(~self.entries)

    def __eq__(self, other: Any) -> Array:  # type: ignore[override]
        return Array(np.asarray(self.entries == _entries(other), dtype=bool))

    __radd__, __rmul__, __rand__, __ror__ = __add__, __mul__, __and__, __or__


def _entries(x: Any) -> Any:
    return x.entries if isinstance(x, Array) else x


def _exact(x: Any) -> Any:
    """Return the operand, with numbers made exact."""
    return x.entries if isinstance(x, Array) else sp.Rational(x) if isinstance(x, (int, float)) else x


def _each(f: Any) -> Any:
    return np.frompyfunc(f, 1, 1)


def _whole(x: Any, axis: Any) -> Any:
    return tuple(range(x.ndim)) if axis is None else axis


def exp(x: Array, /) -> Array:
    """Return the exponential."""
    return Array(_each(sp.exp)(x.entries))


def log(x: Array, /) -> Array:
    """Return the natural logarithm."""
    return Array(_each(sp.log)(x.entries))


def log1p(x: Array, /) -> Array:
    """log(1 + x)."""
    return Array(_each(lambda e: sp.log(1 + e))(x.entries))


def square(x: Array, /) -> Array:
    """Return the square."""
    return x * x


def isfinite(x: Array, /) -> Array:
    """Return True: a symbol stands for a finite number."""
    return Array(np.ones(x.shape, dtype=bool))


def where(condition: Array, x1: Any, x2: Any, /) -> Array:
    """x1 where the condition holds, else x2."""
    choose = np.frompyfunc(lambda c, a, b: sp.sympify(a if c else b), 3, 1)
    return Array(choose(*(np.asarray(_entries(x), dtype=object) for x in (condition, x1, x2))))


def sum(x: Array, /, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Array:  # noqa: A001
    """Return the sum, written out."""
    return Array(np.asarray(np.sum(x.entries, axis=_whole(x, axis), keepdims=keepdims), dtype=object))


def mean(x: Array, /, *, axis: Any = None, keepdims: bool = False) -> Array:
    """Return the sum over the number of terms."""
    total = sum(x, axis=axis, keepdims=keepdims)
    return Array(total.entries / sp.Rational(x.entries.size, total.entries.size))


def argmax(x: Array, /, *, axis: int, keepdims: bool = False) -> Array:
    """Return some index, another for each row and at each call."""
    shape = np.sum(np.zeros(x.shape), axis=axis, keepdims=keepdims).shape
    turn = next(_turn)
    return Array((np.arange(np.prod(shape, dtype=int)).reshape(shape) + turn) % x.shape[axis])


def arange(start: int, /, stop: Any = None, step: Any = 1, *, dtype: Any = None, device: Any = None) -> Array:
    """Return the indices of an axis."""
    return Array(np.arange(start))


def take_along_axis(x: Array, indices: Array, /, *, axis: int = -1) -> Array:
    """Return the entries of an axis that the indices choose."""
    return Array(np.take_along_axis(x.entries, indices.entries, axis))


def zeros(shape: Any, *, dtype: Any = None, device: Any = None) -> Array:
    """All 0."""
    return Array(np.full(shape, sp.S.Zero, dtype=object))


def ones(shape: Any, *, dtype: Any = None, device: Any = None) -> Array:
    """All 1."""
    return Array(np.full(shape, sp.S.One, dtype=object))


def eye(n_rows: int, /, *, dtype: Any = None, device: Any = None) -> Array:
    """Return the identity matrix."""
    return where(Array(np.eye(n_rows, dtype=bool)), 1, 0)


def expand_dims(x: Array, /, axis: int) -> Array:
    """Return a new axis of size 1."""
    return Array(np.expand_dims(x.entries, axis))


def squeeze(x: Array, /, axis: int) -> Array:
    """Drop an axis of size 1."""
    return Array(np.squeeze(x.entries, axis))


def matrix_transpose(x: Array, /) -> Array:
    """Exchange the last two axes."""
    return Array(np.swapaxes(x.entries, -1, -2))
