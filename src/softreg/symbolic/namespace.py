"""An array namespace whose arrays have symbolic shape and exact entries.

This module is what `array_namespace` returns for its arrays, so that code written against the
Python array API standard runs on them unchanged. The signatures are those of the standard. What
has no exact meaning here raises `UnsupportedError` or is absent; nothing is guessed.

An array is a shape, whose sizes may be symbols, and a function from indices to the entry there.
Three kinds of entries stand for the dtypes: real numbers, indices (integer labels and what
`arange` and `argmax` return; 1 to the size, compared but never computed with), and conditions
(1 where true, 0 where false).

`argmax` returns a choice of which nothing is known but its range. What is proved for every choice
holds for the largest entry; so it can be rejected for want of knowing more, never accepted wrongly.
"""

from __future__ import annotations

import builtins
import itertools
from collections.abc import Callable
from typing import Any

import sympy as sp

from softreg.symbolic.arrays import (
    INFINITE,
    Array,
    DType,
    Entry,
    asarray,
    axis_of,
    broadcast_entry,
    broadcast_shapes,
    condition,
    elementwise,
    elementwise_real,
    index,
    real,
)
from softreg.symbolic.terms import Expr, Pick, ShapeError, UnsupportedError, equal_index, total

__all__ = ["Array", "DType", "asarray", "broadcast_shapes", "condition", "index", "real"]  # those defined elsewhere

float32 = float64 = real
int64 = index
bool = condition  # noqa: A001 - the standard's name
inf, nan, newaxis = float("inf"), float("nan"), None
_CONDITION = condition
_tops = itertools.count(1)


# --- creation ---------------------------------------------------------------------------------------


def arange(start: Any, /, stop: Any = None, step: Any = 1, *, dtype: Any = None, device: Any = None) -> Array:
    """Return the indices of an axis of the given size."""
    if stop is not None or step != 1:
        raise UnsupportedError("arange takes a size only")
    return Array((start,), lambda i: i, index)


def zeros(shape: Any, *, dtype: Any = None, device: Any = None) -> Array:
    """All 0."""
    return Array(shape if isinstance(shape, tuple) else (shape,), lambda *i: sp.S.Zero)


def ones(shape: Any, *, dtype: Any = None, device: Any = None) -> Array:
    """All 1."""
    return Array(shape if isinstance(shape, tuple) else (shape,), lambda *i: sp.S.One)


def eye(n_rows: Any, n_cols: Any = None, /, *, k: int = 0, dtype: Any = None, device: Any = None) -> Array:
    """Return the identity matrix."""
    if k != 0 or n_cols not in (None, n_rows):
        raise UnsupportedError("only the square identity")
    return Array((n_rows, n_rows), equal_index)


# --- dtypes -----------------------------------------------------------------------------------------


def isdtype(dtype: DType, kind: Any) -> builtins.bool:
    """Whether the dtype is of (one of) the kinds."""
    kinds = kind if isinstance(kind, tuple) else (kind,)
    return any(k is dtype or k == dtype.kind or (k == "numeric" and dtype is not condition) for k in kinds)


def result_type(*arrays_and_dtypes: Any) -> DType:
    """Return the one dtype that all have."""
    kinds: dict[int, DType] = {id(t): t for t in (getattr(a, "dtype", a) for a in arrays_and_dtypes)}
    if len(kinds) != 1:
        raise UnsupportedError("dtypes are not mixed")
    return next(t for t in kinds.values())


def astype(x: Array, dtype: DType, /, *, copy: builtins.bool = True, device: Any = None) -> Array:
    """Return the array as it is; no kind is converted to another."""
    if x.dtype is not dtype:
        raise UnsupportedError(f"an array of {x.dtype} is not one of {dtype}")
    return x


def finfo(type: DType, /) -> DType:  # noqa: A002 - the standard's name
    """Exact numbers have no rounding; only the width is told, so that nothing converts them."""
    return type


# --- entry by entry ---------------------------------------------------------------------------------


def exp(x: Array, /) -> Array:
    """Return the exponential."""
    return elementwise_real(sp.exp, x)


def log(x: Array, /) -> Array:
    """Return the natural logarithm."""
    return elementwise_real(sp.log, x)


def log1p(x: Array, /) -> Array:
    """log(1 + x)."""
    return elementwise_real(lambda x: sp.log(1 + x), x)


def square(x: Array, /) -> Array:
    """Return the square."""
    return elementwise_real(lambda x: x**2, x)


def isfinite(x: Array, /) -> Array:
    """Return True: a symbol stands for a finite real number. Only a literal infinity or NaN is not."""
    return elementwise(lambda x: sp.Integer(x not in INFINITE), (x,), real, condition)


def where(condition: Array, x1: Any, x2: Any, /) -> Array:
    """Return c x1 + (1 - c) x2; a condition that is known picks its branch without a look at the other."""
    c, a, b = asarray(condition), asarray(x1), asarray(x2)
    if c.dtype is not _CONDITION or {a.dtype, b.dtype} != {real}:
        raise UnsupportedError("where takes a condition and two arrays of reals")

    def entry(*i: Expr) -> Expr:
        chosen = broadcast_entry(c, i)
        if chosen == 1:
            return broadcast_entry(a, i)
        if chosen == 0:
            return broadcast_entry(b, i)
        return chosen * broadcast_entry(a, i) + (1 - chosen) * broadcast_entry(b, i)

    return Array(broadcast_shapes(c.shape, a.shape, b.shape), entry)


# --- over an axis -----------------------------------------------------------------------------------


def sum(  # noqa: A001 - the standard's name
    x: Array, /, *, axis: Any = None, dtype: Any = None, keepdims: builtins.bool = False
) -> Array:
    """Return the sum over one axis, or over all."""
    if x.dtype is not real:
        raise UnsupportedError("only reals are summed")
    if axis is None:
        axis = tuple(range(x.ndim))
    if isinstance(axis, tuple):
        for a in sorted((axis_of(x, a) for a in axis), reverse=True):
            x = sum(x, axis=a, keepdims=keepdims)
        return x
    a = axis_of(x, axis)
    return _reduce(x, a, keepdims, lambda entry, others: total(entry, x.shape[a]), real)


def mean(x: Array, /, *, axis: Any = None, keepdims: builtins.bool = False) -> Array:
    """Return the sum over the size."""
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    size = sp.Mul(*(x.shape[axis_of(x, a)] for a in axes))
    return elementwise_real(lambda e: e / size, sum(x, axis=axis, keepdims=keepdims))


def argmax(x: Array, /, *, axis: Any = None, keepdims: builtins.bool = False) -> Array:
    """Return some index of the axis; see the module."""
    if axis is None:
        raise UnsupportedError("argmax needs an axis")
    a = axis_of(x, axis)
    name = f"top{next(_tops)}_"

    def choice(entry: Entry, others: tuple[Expr, ...]) -> Expr:
        return sp.S.One if x.shape[a] == 1 else Pick(sp.Symbol(name), x.shape[a], *others)

    return _reduce(x, a, keepdims, choice, index)


def _reduce(x: Array, a: int, keepdims: builtins.bool, value: Callable[..., Expr], dtype: DType) -> Array:
    def entry(*i: Expr) -> Expr:
        before, after = i[:a], i[a + 1 :] if keepdims else i[a:]
        others = tuple(
            j for j, size in zip((*before, *after), (*x.shape[:a], *x.shape[a + 1 :]), strict=True) if size != 1
        )
        return value(lambda k: x.at(*before, k, *after), others)

    kept = (sp.S.One,) if keepdims else ()
    return Array((*x.shape[:a], *kept, *x.shape[a + 1 :]), entry, dtype)


def take_along_axis(x: Array, indices: Array, /, *, axis: int = -1) -> Array:
    """Return the entries of the last axis that the indices choose."""
    if axis_of(x, axis) != x.ndim - 1 or indices.dtype is not index or indices.ndim != x.ndim:
        raise UnsupportedError("entries are taken along the last axis, by an array of as many axes")
    shape = (*broadcast_shapes(x.shape[:-1], indices.shape[:-1]), indices.shape[-1])
    return Array(shape, lambda *i: x.at(*i[:-1], indices.at(*i)), x.dtype)


# --- shape ------------------------------------------------------------------------------------------


def expand_dims(x: Array, /, axis: int) -> Array:
    """Return a new axis of size 1 at the given place of the result."""
    a = axis if axis >= 0 else axis + x.ndim + 1
    if not 0 <= a <= x.ndim:
        raise ShapeError(f"axis {axis} for a new axis of an array of shape {x.shape}")
    return Array((*x.shape[:a], sp.S.One, *x.shape[a:]), lambda *i: x.at(*i[:a], *i[a + 1 :]), x.dtype)


def squeeze(x: Array, /, axis: int) -> Array:
    """Drop an axis of size 1."""
    a = axis_of(x, axis)
    if x.shape[a] != 1:
        raise ShapeError(f"axis {axis} of shape {x.shape} is not of size 1")
    return Array((*x.shape[:a], *x.shape[a + 1 :]), lambda *i: x.at(*i[:a], sp.S.One, *i[a:]), x.dtype)


def moveaxis(x: Array, source: int, destination: int, /) -> Array:
    """Move one axis to another place."""
    order = list(range(x.ndim))
    order.insert(axis_of(x, destination), order.pop(axis_of(x, source)))
    return permute_dims(x, tuple(order))


def permute_dims(x: Array, /, axes: tuple[int, ...]) -> Array:
    """Reorder the axes."""
    if sorted(axes) != list(range(x.ndim)):
        raise ShapeError(f"axes {axes} of an array of shape {x.shape}")
    return Array(tuple(x.shape[a] for a in axes), lambda *i: x.at(*(i[axes.index(a)] for a in range(x.ndim))), x.dtype)


def matrix_transpose(x: Array, /) -> Array:
    """Exchange the last two axes."""
    if x.ndim < 2:
        raise ShapeError("a transpose needs two axes")
    return permute_dims(x, (*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))


def matmul(x1: Array, x2: Array, /) -> Array:
    """Return the product of matrices; a vector takes part as in the standard."""
    if {x1.dtype, x2.dtype} != {real} or not 1 <= x1.ndim <= 2 or not 1 <= x2.ndim <= 2:
        raise UnsupportedError("matmul takes matrices and vectors of reals")
    size = x1.shape[-1]
    if size != x2.shape[0]:
        raise ShapeError(f"shapes {x1.shape} and {x2.shape} do not fit for a product")
    rows, columns = x1.shape[:-1], x2.shape[1:]
    split = len(rows)
    return Array((*rows, *columns), lambda *i: total(lambda k: x1.at(*i[:split], k) * x2.at(k, *i[split:]), size))
