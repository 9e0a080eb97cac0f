"""The boundary for y: labels become class indices, rows of probabilities stay what they are."""

from __future__ import annotations

import sys
from numbers import Real
from typing import Any, NamedTuple

import array_api_compat as compat
import numpy as np
from sklearn.exceptions import DataConversionWarning

from softreg._arrays import Array, detached, first_true, is_elsewhere, to_host, widest_real
from softreg._blocks import Rows
from softreg._validation import beside, is_finite, is_missing, moved, refuse_lazy
from softreg.errors import InputError, InputTypeError, warn

SUM_TOLERANCE = 1e-6  # how far from 1 a row of probabilities may sum
MANY_CLASSES = 20  # with more rows than this, a class for every second row is worth a warning
KINDS: tuple[Any, ...] = (str, bytes, (Real, np.bool_))
LABELS = "labels must be numbers, strings, bytes or booleans"


class Targets(NamedTuple):
    """What the objective takes: class indices (n,) or probabilities (n, K), and the classes they count."""

    y: Array
    classes: Array


def targets(estimator: Any, y: Any, rows: Rows, classes: Any = None) -> Targets:
    """Return y on the device of X; `classes` are those that a first call has fixed."""
    name = type(estimator).__name__
    y = _for_rows(y, rows.n, name)
    if y.ndim == 2:
        return _probabilities(y, rows, classes)
    _are_whole(y, name)
    return _indices(y, rows) if classes is None else _known_indices(y, rows, classes)


def correct(estimator: Any, y: Any, predicted: np.ndarray) -> np.ndarray:
    """Return 1.0 where a prediction is the label y, else 0.0."""
    y = to_host(_for_rows(y, predicted.shape[0], type(estimator).__name__))
    if y.ndim == 2:
        raise InputError("y holds probabilities; a score needs labels.")
    _are_comparable(y, predicted)
    return np.where(y == predicted, 1.0, 0.0)


def _for_rows(y: Any, n: int, name: str) -> Array:
    """Return labels (n,) or probabilities (n, K) as an array where they are."""
    if y is None:
        raise InputError(f"This {name} estimator requires y to be passed, but the target y is None.")
    y = labels(y)
    if y.ndim == 2 and y.shape[1] == 1:
        warn(
            "A column-vector y was passed when a 1d array was expected. Please change the shape of y to "
            "(n_samples,), for example using ravel().",
            DataConversionWarning,
        )
        y = y[:, 0]
    if y.ndim not in (1, 2):
        raise InputError(f"y should be a 1d array, got an array of shape {tuple(y.shape)} instead.")
    if y.shape[0] != n:
        raise InputError(f"Found input variables with inconsistent numbers of samples: [{n}, {y.shape[0]}]")
    return y


def labels(y: Any, name: str = "y") -> Array:
    """Return labels as an array, where they are, of numbers, booleans, strings or bytes."""
    if is_elsewhere(y):
        if not compat.array_namespace(y).isdtype(y.dtype, ("real floating", "integral", "bool")):
            raise InputTypeError(f"{LABELS}; {name} has dtype {y.dtype}.")
        return detached(y)
    if isinstance(y, np.ma.MaskedArray):
        raise InputTypeError(f"np.ma.MaskedArray is not supported; use np.asarray({name}).")
    refuse_lazy(y, name)
    # In a list each label shows its own type; NumPy would turn 1 beside "a" into "1".
    given = np.asarray(y, dtype=None if hasattr(y, "dtype") else object)
    if given.dtype.kind in "biufUS":
        return given
    if given.dtype.kind not in "OT":
        raise InputTypeError(f"{LABELS}; {name} has dtype {given.dtype}.")
    _are_of_one_kind(given.ravel().tolist(), name)
    result = np.asarray(given.tolist())
    if result.dtype.kind == "O" or result.tolist() != given.tolist():
        raise InputError(f"{name} holds labels that no NumPy dtype holds exactly; use shorter integers, or strings.")
    return result


def _are_of_one_kind(values: list[Any], name: str) -> None:
    missing = [i for i, label in enumerate(values) if is_missing(label) or (isinstance(label, Real) and label != label)]
    if missing:
        raise InputError(f"Input {name} contains NaN: {len(missing)} value(s), first at position {missing[0]}.")
    first: dict[Any, tuple[str, int]] = {}
    for i, label in enumerate(values):
        kind = next((kind for kind in KINDS if isinstance(label, kind)), None)
        if kind is None:
            raise InputTypeError(f"{LABELS}; found {type(label).__name__} at position {i}.")
        first.setdefault(kind, (type(label).__name__, i))
    if len(first) > 1:
        mixed = " and ".join(f"{kind} (first at {i})" for kind, i in first.values())
        raise InputError(f"Unknown label type: {name} mixes {mixed}; use one type.")


def _are_whole(y: Array, name: str) -> None:
    xp = compat.array_namespace(y)
    if xp.isdtype(y.dtype, "real floating"):
        is_finite("y", y)
        at = first_true(y != xp.floor(y), xp)
        if at is not None:
            raise InputError(
                f"Unknown label type: continuous. y holds non-integer values (first at position {at[0]}); "
                f"{name} needs class labels."
            )


def _probabilities(y: Array, rows: Rows, classes: Any) -> Targets:
    xp = rows.xp
    K = y.shape[1] if classes is None else classes.shape[0]
    if K < 2:
        raise InputError("y needs at least 2 columns of probabilities.")
    y = beside("y", y, rows, (rows.n, K))
    at = first_true(y < 0, xp)
    if at is not None:
        raise InputError(f"probabilities in y must be >= 0; the first negative one is at row {at[0]}, class {at[1]}.")
    sums = xp.sum(xp.astype(y, widest_real(xp, rows.device)), axis=1)
    at = first_true(xp.abs(sums - 1) > SUM_TOLERANCE, xp)
    if at is not None:
        raise InputError(f"rows of probabilities in y must sum to 1; row {at[0]} sums to {float(sums[at]):.7g}.")
    return Targets(y, xp.arange(K, device=rows.device) if classes is None else classes)


def _indices(y: Array, rows: Rows) -> Targets:
    """Return labels as indices into their sorted classes."""
    found = compat.array_namespace(y).unique_inverse(y)
    n_classes = found.values.shape[0]
    if rows.n > MANY_CLASSES and n_classes > rows.n // 2:
        warn("The number of unique classes is greater than 50% of the number of samples.", UserWarning)
    return Targets(moved(found.inverse_indices, rows), classes_beside(found.values, rows))


def _known_indices(y: Array, rows: Rows, classes: Array) -> Targets:
    """Return labels as indices into the classes given, which must have them all."""
    known, given = to_host(classes), to_host(y)
    _are_comparable(given, known)
    index = np.minimum(np.searchsorted(known, given), known.shape[0] - 1)
    strange = known[index] != given
    if strange.any():
        raise InputError(
            f"y contains label(s) {_some(np.unique(given[strange]))} that are not in classes={_some(known)} "
            f"(first at position {int(np.argmax(strange))}). State unchanged."
        )
    return Targets(moved(index, rows), classes)


def _are_comparable(y: np.ndarray, classes: np.ndarray) -> None:
    kinds = {kind if kind in "US" else "number" for kind in (y.dtype.kind, classes.dtype.kind)}
    if len(kinds) > 1:
        raise InputTypeError(f"y has dtype {y.dtype}, but the classes have dtype {classes.dtype}.")


def _some(values: Any) -> str:
    """Return a few labels for a message."""
    shown = [repr(value) for value in (values if isinstance(values, list) else values.tolist())]
    return f"[{', '.join(shown[:10])}{', ...' if len(shown) > 10 else ''}]"


def classes_beside(classes: Array, rows: Rows) -> Array:
    """Return the classes in the library of X if it has their dtype there; else (strings) they stay NumPy's."""
    dtypes = rows.xp.__array_namespace_info__().dtypes(device=rows.device)
    name = str(to_host(classes[:0]).dtype)
    return moved(classes, rows) if name in dtypes else to_host(classes)


def first_classes(classes: Any) -> np.ndarray:
    """Return the sorted classes that a first call of `partial_fit` names."""
    if classes is None:
        raise InputError("classes must be passed on the first call to partial_fit.")
    known = np.unique(to_host(labels(classes, "classes")))
    if known.shape[0] < 2:
        raise InputError(f"classes has {known.shape[0]} label(s); at least 2 classes are needed.")
    return known


def same_classes(fitted: Array, classes: Any) -> None:
    """Refuse other classes than those of the calls before."""
    known, given = to_host(fitted), first_classes(classes)
    if not np.array_equal(known, given):
        raise InputError(f"classes={_some(given)} is not the same as on the last call to partial_fit: {_some(known)}.")


def several_classes(t: Targets, w: Array | None, rows: Rows) -> None:
    """Refuse labels of which a single one has weight."""
    if t.y.ndim == 2:
        return
    xp = rows.xp
    counted = t.y if w is None else t.y[w > 0]
    if counted.shape[0] == 0:
        raise InputError("class_weight leaves no row with a weight above 0.")
    first = counted[0]
    if not bool(xp.any(counted != first)):
        label = to_host(t.classes)[int(first)].item()
        after = "" if w is None else " after dropping zero weights"
        raise InputError(f"y contains only one class ({label!r}){after}; at least 2 classes are needed.")


def class_weighted(class_weight: Any, t: Targets, w: Array | None, rows: Rows) -> tuple[Array, Array]:
    """Return targets and row weights that stand for class weights c.

    A loss -sum_k c_k y_k log S_k is the loss of other probabilities, weighted.
    """
    xp, y = rows.xp, t.y
    factors = class_factors(class_weight, t, w, rows)
    if y.ndim == 1:
        of_row = xp.take(factors, y)
    else:
        y = y * factors
        of_row = xp.sum(y, axis=1)
        total = xp.expand_dims(of_row, axis=-1)
        y = xp.where(total > 0, y / total, 1 / t.classes.shape[0])
    return y, of_row if w is None else w * of_row


def class_factors(class_weight: dict[Any, Any] | str, t: Targets, w: Array | None, rows: Rows) -> Array:
    """Return the factor of each class, shape (K,), from "balanced" or a dict; classes not in the dict have 1."""
    known = to_host(t.classes).tolist()
    if isinstance(class_weight, str):
        return _balanced(t, w, len(known), rows)
    strange = [label for label in class_weight if label not in known]
    if strange:
        raise InputError(f"class_weight has label(s) {_some(strange)} that do not occur in y.")
    for label, factor in class_weight.items():
        if not (isinstance(factor, (int, float, np.number)) and 0 <= factor <= sys.float_info.max):
            raise InputError(f"class_weight[{label!r}] = {factor!r}; weights must be finite and >= 0.")
    factors = [float(class_weight.get(label, 1)) for label in known]
    return beside("class_weight", np.asarray(factors), rows, (len(known),))


def _balanced(t: Targets, w: Array | None, K: int, rows: Rows) -> Array:
    """Return sum w / (K * the sum of w over the rows of the class); 0 for a class without weight."""
    xp = rows.xp
    wide = widest_real(xp, rows.device)
    w = xp.ones(rows.n, dtype=wide, device=rows.device) if w is None else xp.astype(w, wide)
    if t.y.ndim == 1:
        order = xp.argsort(t.y)
        upto = xp.cumulative_sum(xp.take(w, order), include_initial=True)
        k = xp.arange(K + 1, dtype=t.y.dtype, device=rows.device)
        upto = xp.take(upto, xp.searchsorted(xp.take(t.y, order), k))
        counts = upto[1:] - upto[:-1]
    else:
        counts = w @ xp.astype(t.y, wide)
    present = counts > 0
    return xp.astype(xp.where(present, xp.sum(w) / (K * xp.where(present, counts, 1)), 0), rows.dtype)
