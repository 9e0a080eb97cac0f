"""The boundary: what a user hands to the estimator becomes arrays that the rest can rely on.

Data on the host goes through scikit-learn's own validation (frames, sparse matrices, feature
names); arrays of other libraries meet the same rules where they live. What scikit-learn lets
through, or reports without saying where, is checked here, for every library with the same code.
"""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import array_api_compat as compat
import numpy as np
import scipy.sparse as sp
from sklearn.exceptions import DataConversionWarning
from sklearn.utils.validation import check_array, validate_data

from softreg._arrays import Array, Namespace, as_reals, first_true, widest_real
from softreg._blocks import Rows
from softreg.errors import BackendError, InputError, InputTypeError, PrecisionWarning

SUM_TOLERANCE = 1e-6  # how far from 1 a row of probabilities may sum


class Targets(NamedTuple):
    """y as the objective takes it: class indices (n,) or probabilities (n, K), and the classes they count."""

    y: Array
    classes: Array


def features(estimator: Any, X: Any, *, reset: bool) -> Rows:
    """X as rows of finite floating numbers; `reset` records the number and names of the columns."""
    name = type(estimator).__name__
    if compat.is_array_api_obj(X) and not compat.is_numpy_array(X):
        xp = compat.array_namespace(X)
        given = X.detach() if compat.is_torch_array(X) else X
        _is_real(X.dtype, xp)
        (X,), _ = as_reals(xp, given)
    else:
        given, X = X, _host_features(X, name)
    _has_two_axes(X, name)
    _not_empty(X, name, fitting=reset)
    validate_data(estimator, given, skip_check_array=True, reset=reset)  # number and names of the columns
    rows = Rows(X)
    columns = getattr(estimator, "feature_names_in_", None)
    is_finite("X", X, columns, f" {name} does not accept missing values; impute or drop them.")
    return rows


def _host_features(X: Any, name: str) -> Any:
    kind = getattr(getattr(X, "dtype", None), "kind", None)
    if kind in ("U", "S"):
        raise InputTypeError(f"X has dtype {X.dtype}; convert to numbers explicitly, e.g. X.astype(float).")
    if kind == "c":
        raise InputError(f"Complex data not supported (dtype {X.dtype}).")
    half = kind == "f" and X.dtype.itemsize < 4
    if sp.issparse(X):
        X = _checked_sparse(X)
    given = X
    X = check_array(
        X,
        accept_sparse="csr",
        dtype=np.float32 if half else (np.float64, np.float32),
        ensure_all_finite=False,
        # The next would be reported with the data in the message; what follows does it without.
        ensure_2d=False,
        allow_nd=True,
        ensure_min_samples=0,
        ensure_min_features=0,
        estimator=name,
        input_name="X",
    )
    _warn_if_rounded(given, X)
    return X


def _checked_sparse(X: Any) -> Any:
    """X as CSR whose indices stay inside: compiled code reads whatever they point at."""
    if X.format in ("csr", "csc"):
        limit = X.shape[1] if X.format == "csr" else X.shape[0]
        axis = "column" if X.format == "csr" else "row"
        at = first_true((X.indices < 0) | (X.indices >= limit), compat.array_namespace(X.indices))
        if at is not None:
            raise InputError(
                f"Sparse X is corrupt: {axis} index {X.indices[at]} at position {at[0]} is outside [0, {limit})."
            )
        ends = X.indptr
        if ends[0] != 0 or ends[-1] > min(len(X.indices), len(X.data)) or bool(np.any(np.diff(ends) < 0)):
            raise InputError("Sparse X is corrupt: its index pointers do not rise from 0 to the number of values.")
    X = X.tocsr()
    if not X.has_canonical_format:
        X = X.copy()  # the user's matrix keeps its order and its duplicates
        X.sum_duplicates()
    return X


def _warn_if_rounded(given: Any, X: Any) -> None:
    kind, size = (getattr(getattr(given, "dtype", None), a, None) for a in ("kind", "itemsize"))
    if kind == "f" and size > 8:
        warnings.warn(f"X has dtype {given.dtype} and is computed in {X.dtype}.", PrecisionWarning, stacklevel=6)
    if kind in ("i", "u") and size == 8:
        values = given.data if sp.issparse(given) else given
        lost = int(np.sum((values > 2**53) | (values < -(2**53))))
        if lost:
            warnings.warn(
                f"{lost} integers in X cannot be represented exactly in float64.", PrecisionWarning, stacklevel=6
            )


def _is_real(dtype: Any, xp: Namespace) -> None:
    if xp.isdtype(dtype, "complex floating"):
        raise InputError(f"Complex data not supported (dtype {dtype}).")


def _has_two_axes(X: Any, name: str) -> None:
    if X.ndim > 2:
        raise InputError(f"Found array with dim {X.ndim}, while dim <= 2 is required by {name}.")
    if X.ndim < 2:
        raise InputError(
            f"Expected 2D array, got {'scalar' if X.ndim == 0 else '1D'} array instead (shape {X.shape}). "
            "Reshape your data either using X.reshape(-1, 1) if it has a single feature "
            "or X.reshape(1, -1) if it is a single sample."
        )


def _not_empty(X: Any, name: str, *, fitting: bool) -> None:
    if X.shape[1] == 0:
        raise InputError(
            f"Found array with 0 feature(s) (shape={tuple(X.shape)}) while a minimum of 1 is required by {name}."
        )
    if fitting and X.shape[0] == 0:
        raise InputError(
            f"Found array with 0 sample(s) (shape={tuple(X.shape)}) while a minimum of 1 is required by {name}."
        )


def is_finite(name: str, x: Any, columns: Any = None, advice: str = "") -> None:
    """Refuse NaN and infinities, with their number and the place of the first."""
    values = x if compat.is_array_api_obj(x) else x.data
    xp = compat.array_namespace(values)
    with np.errstate(all="ignore"):
        total = xp.sum(values)
    if bool(xp.isfinite(total)):  # so is every value: no array of conditions is needed
        return
    for what, bad, more in (("NaN", xp.isnan, advice), ("infinity", xp.isinf, "")):
        condition = bad(values)
        at = first_true(condition, xp)
        if at is None:
            continue
        if values is not x:
            at = (int(np.searchsorted(x.indptr, at[0], side="right")) - 1, int(x.indices[at[0]]))
        count = int(xp.sum(xp.astype(condition, xp.int64)))
        raise InputError(f"Input {name} contains {what}: {count} value(s), first at {_place(at, columns)}.{more}")


def _place(at: tuple[int, ...], columns: Any) -> str:
    if len(at) == 1:
        return f"position {at[0]}"
    column = at[1] if columns is None else f"{at[1]} ({columns[at[1]]!r})"
    return f"row {at[0]}, column {column}"


def to_host(x: Any) -> np.ndarray:
    """An array of any library as NumPy's; the one way off a device, used for labels only."""
    if not compat.is_array_api_obj(x) or compat.is_numpy_array(x):
        return np.asarray(x)
    xp = compat.array_namespace(x)
    if compat.is_jax_array(x):
        return np.asarray(x)
    if hasattr(xp, "Device"):  # array-api-strict, whose devices have no string name
        return np.from_dlpack(xp.asarray(x, device=xp.Device("CPU_DEVICE")))
    return np.asarray(compat.to_device(x, "cpu"))


def beside(x: Any, rows: Rows) -> Array:
    """An array of numbers moved to the library and device of X: everything follows X."""
    if compat.is_array_api_obj(x) and not compat.is_numpy_array(x) and compat.array_namespace(x) is rows.xp:
        return x if compat.device(x) == rows.device else compat.to_device(x, rows.device)
    return rows.xp.asarray(to_host(x), device=rows.device)


def targets(estimator: Any, y: Any, rows: Rows, classes: Any = None) -> Targets:
    """y as class indices or probabilities on the device of X; `classes` are those a first call fixed."""
    name = type(estimator).__name__
    if y is None:
        raise InputError(f"This {name} estimator requires y to be passed, but the target y is None.")
    on_device = compat.is_array_api_obj(y) and not compat.is_numpy_array(y)
    y = y if on_device else _host_labels(y)
    xp = compat.array_namespace(y)
    if y.ndim == 2 and y.shape[1] == 1:
        warnings.warn(
            "A column-vector y was passed when a 1d array was expected. Please change the shape of y to "
            "(n_samples,), for example using ravel().",
            DataConversionWarning,
            stacklevel=4,
        )
        y = y[:, 0]
    if y.ndim not in (1, 2):
        raise InputError(f"y should be a 1d array, got an array of shape {tuple(y.shape)} instead.")
    if y.shape[0] != rows.n:
        raise InputError(f"Found input variables with inconsistent numbers of samples: [{rows.n}, {y.shape[0]}]")
    if y.ndim == 2:
        return _probabilities(beside(y, rows), rows)
    if not on_device and y.dtype.kind in "US":
        return _encoded(y, xp, rows, classes, name)
    if xp.isdtype(y.dtype, "real floating"):
        is_finite("y", y)
        at = first_true(y != xp.floor(y), xp)
        if at is not None:
            raise InputError(
                f"Unknown label type: continuous. y holds non-integer values (first at position {at[0]}); "
                f"{name} needs class labels."
            )
    return _encoded(y, xp, rows, classes, name)


def _host_labels(y: Any) -> np.ndarray:
    """y as an array of numbers, booleans, strings or bytes; an array of objects if they are of one kind."""
    y = np.asarray(y)
    if y.dtype.kind != "O":
        if y.dtype.kind in "biufUS":
            return y
        raise InputTypeError(f"labels must be numbers, strings, bytes or booleans; y has dtype {y.dtype}.")
    first: dict[str, int] = {}
    for i, label in enumerate(y.ravel()):
        if isinstance(label, (str, bytes)):
            kind = type(label).__mro__[-2].__name__
        elif isinstance(label, (bool, int, float, np.number, np.bool_)):
            kind = "number"
            if label != label:
                raise InputError(f"Input y contains NaN, first at position {i}.")
        elif label is None or type(label).__name__ == "NAType":
            raise InputError(f"Input y contains NaN, first at position {i}.")
        else:
            raise InputTypeError(
                f"labels must be numbers, strings, bytes or booleans; found {type(label).__name__} at position {i}."
            )
        first.setdefault(kind, i)
    if len(first) > 1:
        mixed = " and ".join(f"{kind} (first at {i})" for kind, i in first.items())
        raise InputError(f"Unknown label type: y mixes {mixed}; use one type.")
    return np.asarray(y.tolist())


def _probabilities(y: Array, rows: Rows) -> Targets:
    xp = rows.xp
    (y,), _ = as_reals(xp, y)
    y = xp.astype(y, rows.dtype, copy=False)
    is_finite("y", y)
    at = first_true(y < 0, xp)
    if at is not None:
        raise InputError(f"probabilities in y must be >= 0; the first negative one is at row {at[0]}, class {at[1]}.")
    sums = xp.sum(xp.astype(y, widest_real(xp, rows.device)), axis=1)
    at = first_true(xp.abs(sums - 1) > SUM_TOLERANCE, xp)
    if at is not None:
        raise InputError(f"rows of probabilities in y must sum to 1; row {at[0]} sums to {float(sums[at]):.7g}.")
    return Targets(y, xp.arange(y.shape[1], device=rows.device))


def _encoded(y: Array, xp: Namespace, rows: Rows, classes: Any, name: str) -> Targets:
    """Labels as indices into the sorted classes; the classes stay what they were: type, dtype, library."""
    if classes is None:
        found = xp.unique_inverse(y)
        classes, index = found.values, found.inverse_indices
        n_classes = classes.shape[0]
        if rows.n > 20 and n_classes > rows.n // 2:
            warnings.warn(
                "The number of unique classes is greater than 50% of the number of samples.", UserWarning, stacklevel=5
            )
    else:
        host, known = to_host(y), to_host(classes)
        index = np.minimum(np.searchsorted(known, host), known.shape[0] - 1)
        strange = known[index] != host
        if strange.any():
            raise InputError(
                f"y contains label(s) {np.unique(host[strange]).tolist()} that are not in "
                f"classes={known.tolist()} (first at position {int(np.argmax(strange))}). State unchanged."
            )
    return Targets(beside(index, rows), classes)


def weights(sample_weight: Any, rows: Rows) -> Array | None:
    """Finite weights >= 0, not all 0, shape (n,), in the dtype of X; None stays None."""
    if sample_weight is None:
        return None
    xp = rows.xp
    given = sample_weight if compat.is_array_api_obj(sample_weight) else np.asarray(sample_weight)
    if not compat.array_namespace(given).isdtype(given.dtype, ("real floating", "integral", "bool")):
        raise InputTypeError(f"sample_weight has dtype {given.dtype}; weights are real numbers.")
    w = xp.astype(beside(given, rows), rows.dtype)
    if w.ndim == 0:
        w = xp.full((rows.n,), float(w), dtype=rows.dtype, device=rows.device)
    if w.shape != (rows.n,):
        raise InputError(f"sample_weight.shape == {tuple(w.shape)}, expected {(rows.n,)}!")
    is_finite("sample_weight", w)
    negative = w < 0
    at = first_true(negative, xp)
    if at is not None:
        count = int(xp.sum(xp.astype(negative, xp.int64)))
        raise InputError(
            f"sample_weight contains {count} negative value(s), first at position {at[0]}. Weights must be >= 0."
        )
    if not bool(xp.any(w > 0)):
        raise InputError("Sample weights must contain at least one non-zero number.")
    return w


def several_classes(t: Targets, w: Array | None, rows: Rows) -> None:
    """Refuse targets in which a single class has weight."""
    xp = rows.xp
    if t.y.ndim == 2:
        if t.y.shape[1] < 2:
            raise InputError("y needs at least 2 columns of probabilities.")
        return
    counted = t.y if w is None else t.y[w > 0]
    first = counted[0]
    if not bool(xp.any(counted != first)):
        label = to_host(t.classes)[int(first)].item()
        after = "" if w is None else " after dropping zero weights"
        raise InputError(f"y contains only one class ({label!r}){after}; at least 2 classes are needed.")


def class_factors(class_weight: Any, t: Targets, rows: Rows) -> Array:
    """The factor of each class, shape (K,), from "balanced" or a dict; classes not in the dict have 1."""
    labels = to_host(t.classes).tolist()
    if isinstance(class_weight, str):
        counts = rows.xp.unique_counts(t.y).counts if t.y.ndim == 1 else rows.xp.sum(t.y, axis=0)
        return rows.n / (len(labels) * rows.xp.astype(counts, rows.dtype))
    strange = [label for label in class_weight if label not in labels]
    if strange:
        raise InputError(f"class_weight has label(s) {strange} that do not occur in y.")
    for label, factor in class_weight.items():
        if not (np.isfinite(factor) and factor >= 0):
            raise InputError(f"class_weight[{label!r}] = {factor}; weights must be finite and >= 0.")
    return rows.xp.asarray(
        [float(class_weight.get(label, 1)) for label in labels], dtype=rows.dtype, device=rows.device
    )


def same_backend(estimator: Any, rows: Rows) -> None:
    """Refuse rows of another library or device than the fit's."""
    fitted = estimator.coef_
    xp = compat.array_namespace(fitted)
    if xp is rows.xp and compat.device(fitted) == rows.device:
        return
    raise BackendError(
        f"{type(estimator).__name__} was fitted with {_library(xp)} on {compat.device(fitted)} "
        f"but got {_library(rows.xp)} on {rows.device}. Convert X."
    )


def _library(xp: Namespace) -> str:
    return str(xp.__name__).removeprefix("array_api_compat.").split(".")[0]
