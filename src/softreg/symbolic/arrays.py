"""Arrays of symbolic shape: what an entry is, and the operators of the standard.

See `softreg.symbolic.namespace`, whose functions they share.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from typing import Any

import sympy as sp

from softreg.symbolic.terms import Expr, IsZero, ShapeError, Size, UnsupportedError, equal_index, fits

Entry = Callable[..., Expr]


class DType:
    """The kind of an array's entries."""

    def __init__(self, name: str, kind: str):
        self.name, self.kind, self.bits = name, kind, 64

    def __repr__(self) -> str:
        return self.name


real = DType("real", "real floating")
index = DType("index", "integral")
condition = DType("condition", "bool")

INFINITE = frozenset((sp.oo, -sp.oo, sp.zoo, sp.nan))


class Array:
    """An array of symbolic shape; see the module."""

    device = "symbolic"
    __array_ufunc__ = None  # else NumPy would make an object array of it
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, shape: Sequence[Size], entry: Entry, dtype: DType = real):
        self.shape = tuple(sp.sympify(size) for size in shape)
        self.dtype = dtype
        self._entry = entry
        self._known: dict[tuple[Expr, ...], Expr] = {}

    def at(self, *indices: Expr) -> Expr:
        """Return the entry at indices, each of the range of its axis."""
        if len(indices) != len(self.shape):
            raise ShapeError(f"{len(indices)} indices for an array of shape {self.shape}")
        if indices not in self._known:
            for i, size in zip(indices, self.shape, strict=True):
                if not fits(i, size):
                    raise ShapeError(f"the index {i} does not run over an axis of size {size}")
            self._known[indices] = sp.sympify(self._entry(*indices))
        return self._known[indices]

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> Size:
        """The number of entries."""
        return sp.Mul(*self.shape)

    def __repr__(self) -> str:
        return f"<symbolic {self.dtype} array of shape {self.shape}>"

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        """Name this module, as the standard asks."""
        return sys.modules["softreg.symbolic.namespace"]

    def __bool__(self) -> bool:
        raise UnsupportedError("the truth of a symbolic array is not known")

    def __iter__(self) -> Any:
        raise UnsupportedError("a symbolic array cannot be iterated over")

    def __add__(self, other: Any) -> Array:
        return elementwise_real(lambda x, y: x + y, self, other)

    def __sub__(self, other: Any) -> Array:
        return elementwise_real(lambda x, y: x - y, self, other)

    def __rsub__(self, other: Any) -> Array:
        return elementwise_real(lambda x, y: y - x, self, other)

    def __mul__(self, other: Any) -> Array:
        return elementwise_real(lambda x, y: x * y, self, other)

    def __truediv__(self, other: Any) -> Array:
        return elementwise_real(lambda x, y: x / y, self, other)

    def __rtruediv__(self, other: Any) -> Array:
        return elementwise_real(lambda x, y: y / x, self, other)

    def __pow__(self, other: Any) -> Array:
        if not isinstance(other, int):
            raise UnsupportedError("only whole powers are exact")
        return elementwise_real(lambda x: x**other, self)

    def __neg__(self) -> Array:
        return elementwise_real(lambda x: -x, self)

    def __pos__(self) -> Array:
        return self

    def __matmul__(self, other: Array) -> Array:
        product: Array = self.__array_namespace__().matmul(self, other)
        return product

    def __and__(self, other: Any) -> Array:
        return elementwise(lambda x, y: x * y, (self, other), condition, condition)

    def __or__(self, other: Any) -> Array:
        return elementwise(lambda x, y: x + y - x * y, (self, other), condition, condition)

    def __invert__(self) -> Array:
        return elementwise(lambda x: 1 - x, (self,), condition, condition)

    def __eq__(self, other: Any) -> Array:  # type: ignore[override]
        other = asarray(other)
        if self.dtype is index and other.dtype is index:
            return elementwise(equal_index, (self, other), index, condition)
        return elementwise(_equal_real, (self, other), real, condition)

    def __ne__(self, other: Any) -> Array:  # type: ignore[override]
        equal: Array = self == other
        return ~equal

    def _order(self, other: Any) -> Array:
        raise UnsupportedError("the order of symbolic entries is not known")

    __lt__ = __le__ = __gt__ = __ge__ = _order
    __radd__, __rmul__, __rand__, __ror__ = __add__, __mul__, __and__, __or__


def _equal_real(x: Expr, y: Expr) -> Expr:
    if x in INFINITE or y in INFINITE:
        if x in INFINITE and y in INFINITE:
            raise UnsupportedError("two infinities or NaN are compared")
        return sp.S.Zero  # a symbol stands for a finite number
    return IsZero(x - y)


def elementwise(f: Entry, arrays: Sequence[Any], takes: DType, gives: DType) -> Array:
    """Return the array of f of the entries, after broadcasting."""
    operands = [asarray(a) for a in arrays]
    for a in operands:
        if a.dtype is not takes:
            raise UnsupportedError(f"an array of {a.dtype} where one of {takes} is needed")
    shape = broadcast_shapes(*(a.shape for a in operands))
    return Array(shape, lambda *i: f(*(broadcast_entry(a, i) for a in operands)), gives)


def elementwise_real(f: Entry, *arrays: Any) -> Array:
    """Return the array of f of the entries, which must be finite: so no infinity hides in a larger term."""

    def finite(*entries: Expr) -> Expr:
        if not INFINITE.isdisjoint(entries):
            raise UnsupportedError("arithmetic with an infinity or NaN")
        return f(*entries)

    return elementwise(finite, arrays, real, real)


def broadcast_entry(a: Array, indices: tuple[Expr, ...]) -> Expr:
    """Return the entry of an array that is broadcast to the axes of the indices."""
    last = indices[len(indices) - a.ndim :]
    return a.at(*(sp.S.One if size == 1 else i for i, size in zip(last, a.shape, strict=True)))


def broadcast_shapes(*shapes: tuple[Size, ...]) -> tuple[Size, ...]:
    """Return the shape that all broadcast to; sizes agree only where they are the same symbol or number."""
    out: list[Size] = [sp.S.One] * max(map(len, shapes), default=0)
    for shape in shapes:
        for axis, size in enumerate(reversed(shape), start=1):
            if out[-axis] == 1:
                out[-axis] = size
            elif size not in (1, out[-axis]):
                raise ShapeError(f"shapes {' and '.join(map(str, shapes))} do not fit each other")
    return tuple(out)


def axis_of(x: Array, axis: int) -> int:
    """Return the axis as a number from 0."""
    if not isinstance(axis, int) or not -x.ndim <= axis < x.ndim:
        raise ShapeError(f"axis {axis} of an array of shape {x.shape}")
    return axis % x.ndim


def asarray(obj: Any, /, *, dtype: Any = None, device: Any = None, copy: Any = None) -> Array:
    """Return a scalar or a symbolic array; a float counts as the binary fraction that it is."""
    if isinstance(obj, Array):
        return obj
    if isinstance(obj, bool):
        return Array((), lambda: sp.Integer(obj), condition)
    if isinstance(obj, float):
        obj = sp.Rational(obj) if math.isfinite(obj) else sp.sympify(obj)
    if not isinstance(obj, (int, sp.Expr)):
        raise UnsupportedError(f"{type(obj).__name__} is no exact scalar")
    if isinstance(obj, sp.Float):
        raise UnsupportedError("a rounded SymPy Float is no exact scalar")
    return Array((), lambda: sp.sympify(obj))
