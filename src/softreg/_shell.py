"""Around every kernel: one namespace and device, checks, promotion, the axis, quiet; see `softreg.functions`."""

from __future__ import annotations

import contextlib
import operator
from typing import Any

import numpy as np

from softreg._arrays import (
    Array,
    Namespace,
    as_array,
    as_reals,
    checked_labels,
    device,
    device_of,
    in_rows,
    library,
    namespace,
)
from softreg._kernels import fastest
from softreg.errors import InputError, InputTypeError


def _quiet(xp: Namespace) -> contextlib.AbstractContextManager[None]:
    """Turn NumPy's warnings and raises off: edge values have defined results, whatever happens on the way."""
    if library(xp) == "torch":  # it has none, and torch.compile cannot see through errstate
        return contextlib.nullcontext()
    return np.errstate(all="ignore")


def _back(result: Any, dtype: Any, xp: Namespace) -> Any:
    if isinstance(result, tuple):
        return tuple(_back(part, dtype, xp) for part in result)
    return xp.astype(result, dtype, copy=False)


def _has_classes(z: Array) -> None:
    if z.ndim == 0:
        raise InputError("z needs at least one axis, that of the classes; it has none.")
    if z.shape[-1] == 0:
        raise InputError("at least one class is needed.")


def _has_shape(name: str, x: Array, shape: tuple[int, ...], why: str) -> None:
    if x.shape != shape:
        raise InputError(f"{name} has shape {_shape(x.shape)}, expected {_shape(shape)} {why}.")


def _shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(shape)  # libraries have shapes of their own kinds, which print differently


def _targets(y: Array, logits: tuple[int, ...], xp: Namespace) -> tuple[Array | None, Array | None, Array | None]:
    """Return targets as labels, or else as probabilities, and which labels are invalid if only a trace knows."""
    if y.ndim != len(logits) - 1:
        _has_shape("y", y, logits, f"(probabilities) or {_shape(logits[:-1])} (labels)")
        return None, y, None
    if not xp.isdtype(y.dtype, ("integral", "bool")):
        raise InputTypeError(
            f"y has shape {_shape(y.shape)}, so it must hold integer labels, but its dtype is {y.dtype}; "
            f"probabilities need the shape {_shape(logits)}."
        )
    _has_shape("y", y, logits[:-1], f"(labels) or {_shape(logits)} (probabilities)")
    labels, outside = fastest(checked_labels, xp)(y, logits[-1], xp=xp)
    return labels, None, outside


def _nan_where(condition: Array, *, dtype: Any, xp: Namespace) -> Array:
    """Return what makes a sum and its derivatives NaN there, and changes nothing elsewhere."""
    return xp.where(condition, xp.nan, xp.astype(condition, dtype))


def over_axis(kernel: Any, z: Any, axis: int, *, keeps_axis: bool = True, of_none: float | None = None) -> Array:
    """Run the kernel over the given axis of z; `of_none` is its value over no classes, if it has one."""
    xp = namespace(z)
    z = as_array(z, xp, "z")
    try:
        axis = operator.index(axis)
    except TypeError:
        raise InputTypeError(f"axis must be an integer, got {axis!r}.") from None
    if z.ndim and not -z.ndim <= axis < z.ndim:
        raise InputError(f"axis {axis} is out of range for z with {z.ndim} axes.")
    (z,), dtype = as_reals(xp, _moved(z, axis, -1, xp))
    if of_none is not None and z.ndim and z.shape[-1] == 0:
        return xp.full(z.shape[:-1], of_none, dtype=dtype, device=device(z))
    _has_classes(z)
    with _quiet(xp):
        result = fastest(kernel, xp)(in_rows(z, xp), xp=xp)
        return _back(_moved(result, -1, axis, xp) if keeps_axis else result, dtype, xp)


def _moved(x: Array, source: int, target: int, xp: Namespace) -> Array:
    """Return x with one axis moved; by permute_dims, as torch.func.vmap does not know moveaxis."""
    axes = list(range(x.ndim))
    if x.ndim == 0 or axes[source] == axes[target]:
        return x
    moved = axes.pop(source)
    axes.insert(target % x.ndim, moved)
    return xp.permute_dims(x, tuple(axes))


def against_target(kernel: Any, z: Any, y: Any) -> Any:
    """Run the kernel on logits and targets of any shape."""
    xp = namespace(z, y)
    place = device_of(z, y)
    z, y = as_array(z, xp, "z", place), as_array(y, xp, "y", place)
    _has_classes(z)
    labels, y, outside = _targets(y, z.shape, xp)
    (z, y), dtype = as_reals(xp, z, y)
    if outside is not None:
        z = z + xp.expand_dims(_nan_where(outside, dtype=z.dtype, xp=xp), axis=-1)
    targets = labels if y is None else in_rows(y, xp)
    with _quiet(xp):
        return _back(fastest(kernel, xp)(in_rows(z, xp), targets, xp=xp), dtype, xp)


def of_model(
    kernel: Any, W: Any, b: Any, X: Any, *more: Any, y: Any = None, sample_weight: Any = None, **scalars: float
) -> Any:
    """Run the kernel on a model's arrays, checked and promoted together; `more` are shaped like W and b."""
    xp = namespace(W, b, X, y, sample_weight, *more)
    place = device_of(W, b, X, y, sample_weight, *more)
    W, b, X = (as_array(a, xp, name, place) for a, name in ((W, "W"), (b, "b"), (X, "X")))
    if W.ndim != 2:
        raise InputError(f"W has {W.ndim} axes, expected 2: (features, classes).")
    d, K = W.shape
    _has_classes(W)
    _has_shape("b", b, (K,), f"for W of shape {_shape(W.shape)}")
    if X.ndim != 2 or X.shape[1] != d:
        raise InputError(f"X has shape {_shape(X.shape)}, expected (rows, {d}) for W of shape {_shape(W.shape)}.")
    n = X.shape[0]
    directions = []
    for direction, parameter, name in zip(more, (W, b), ("dW", "db"), strict=False):
        directions.append(as_array(direction, xp, name, place))
        _has_shape(name, directions[-1], parameter.shape, "like the parameter")
    if sample_weight is not None:
        sample_weight = as_array(sample_weight, xp, "sample_weight", place)
        _has_shape("sample_weight", sample_weight, (n,), f"for X of shape {_shape(X.shape)}")
    labels, outside = None, None
    if y is not None:
        labels, y, outside = _targets(as_array(y, xp, "y", place), (n, K), xp)
    (W, b, X, w, y, *directions), dtype = as_reals(xp, W, b, X, sample_weight, y, *directions)
    if outside is not None:  # every result is a sum over rows, so one invalid row makes all of it NaN
        b = b + _nan_where(xp.any(outside), dtype=b.dtype, xp=xp)
    targets = [target for target in (labels, y) if target is not None]
    with _quiet(xp):
        return _back(kernel(W, b, X, *targets, *directions, xp=xp, w=w, **scalars), dtype, xp)
