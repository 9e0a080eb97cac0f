"""The boundary: what a user hands to the estimator becomes arrays that the rest can rely on.

Data on the host may be anything that NumPy, scikit-learn or SciPy reads as numbers: arrays, lists,
frames, sparse matrices. Arrays of other libraries meet the same rules where they live. Everything
follows X: its library, its device, its dtype. No message holds more of the data than one label.
"""

from __future__ import annotations

from numbers import Real
from typing import Any

import array_api_compat as compat
import numpy as np
import scipy.sparse as sp
from sklearn.utils.validation import check_array, validate_data

from softreg._arrays import (
    Array,
    Namespace,
    as_reals,
    detached,
    first_true,
    is_elsewhere,
    library,
    to_host,
)
from softreg._blocks import Rows, stored
from softreg.errors import BackendError, InputError, InputTypeError, PrecisionWarning, warn


def features(estimator: Any, X: Any, *, reset: bool, allow_empty: bool = True) -> Rows:
    """Return X as rows of finite floats; `reset` records number and names of the columns, if there are rows."""
    name = type(estimator).__name__
    if type(X).__module__.partition(".")[0] == "dask":
        raise BackendError(f"{name} does not take Dask arrays or frames; pass X.compute(), if it fits into memory.")
    values, integers = _reals("X", X)
    _has_two_axes(values.shape, name)
    if values.shape[1] == 0:
        raise InputError(
            f"Found array with 0 feature(s) (shape={values.shape}) while a minimum of 1 is required by {name}."
        )
    if values.shape[0] == 0 and not allow_empty:
        raise InputError(
            f"Found array with 0 sample(s) (shape={values.shape}) while a minimum of 1 is required by {name}."
        )
    if values.shape[0] or not reset:
        named = X if hasattr(X, "columns") else values
        try:
            validate_data(estimator, named, skip_check_array=True, reset=reset)
        except ValueError as error:
            raise InputError(str(error)) from None
    columns = getattr(estimator, "feature_names_in_", None)
    is_finite("X", values, columns, f" {name} does not accept missing values; impute or drop them.")
    if integers:
        _warn_if_rounded(values)
    return Rows(values, columns)


def beside(name: str, x: Any, rows: Rows, shape: tuple[int, ...]) -> Array:
    """Return finite numbers that go with the rows: in the library, on the device and in the dtype of X."""
    values, _ = _reals(name, x)
    if tuple(values.shape) != shape:
        raise InputError(f"{name}.shape == {tuple(values.shape)}, expected {shape}!")
    is_finite(name, values)
    # Cast before they are moved: the device of X may lack their dtype.
    if not is_elsewhere(values) or compat.array_namespace(values) is not rows.xp:
        single = rows.xp.finfo(rows.dtype).bits == 32
        return moved(_cast(name, to_host(values), np.float32 if single else np.float64, np), rows)
    return moved(_cast(name, values, rows.dtype, rows.xp), rows)


def weights(sample_weight: Any, rows: Rows) -> Array | None:
    """Return finite weights >= 0, not all 0, shape (n,); None stays None."""
    if sample_weight is None:
        return None
    xp = rows.xp
    if isinstance(sample_weight, Real):
        sample_weight = np.full(rows.n, sample_weight)
    w = beside("sample_weight", sample_weight, rows, (rows.n,))
    negative = w < 0
    at = first_true(negative, xp)
    if at is not None:
        raise InputError(
            f"sample_weight contains {_count(negative, xp)} negative value(s), first at position {at[0]}. "
            "Weights must be >= 0."
        )
    if not bool(xp.any(w > 0)):
        raise InputError("Sample weights must contain at least one non-zero number.")
    return w


def moved(x: Array, rows: Rows) -> Array:
    """Return x in the library and on the device of X."""
    if is_elsewhere(x) and compat.array_namespace(x) is rows.xp:
        return x if compat.device(x) == rows.device else compat.to_device(x, rows.device)
    return rows.xp.asarray(to_host(x), device=rows.device)


def fitted_here(estimator: Any, rows: Rows) -> None:
    """Refuse parameters whose shapes are not the fit's, and rows of another library or device than theirs."""
    K, d = estimator.classes_.shape[0], estimator.n_features_in_
    for name, shape in (("coef_", (K, d)), ("intercept_", (K,))):
        found = tuple(np.shape(getattr(estimator, name)))
        if found != shape:
            raise InputError(f"{name} has shape {found}, expected {shape}.")
    fitted = estimator.coef_
    xp = compat.array_namespace(fitted)
    if xp is not rows.xp or compat.device(fitted) != rows.device:
        raise BackendError(
            f"{type(estimator).__name__} was fitted with {library(xp)} on {compat.device(fitted)} "
            f"but got {library(rows.xp)} on {rows.device}. Convert X."
        )


def is_finite(name: str, x: Any, columns: Any = None, advice: str = "") -> None:
    """Refuse NaN and infinities, with their number and the place of the first."""
    values = stored(x)
    xp = compat.array_namespace(values)
    if bool(xp.isfinite(xp.sum(values))):  # so is every value: no array of conditions is needed
        return
    for what, bad, more in (("NaN", xp.isnan, advice), ("infinity", xp.isinf, "")):
        condition = bad(values)
        at = first_true(condition, xp)
        if at is None:
            continue
        if values is not x:
            at = (int(np.searchsorted(x.indptr, at[0], side="right")) - 1, int(x.indices[at[0]]))
        count = _count(condition, xp)
        raise InputError(f"Input {name} contains {what}: {count} value(s), first at {_place(at, columns)}.{more}")


def _reals(name: str, x: Any) -> tuple[Any, bool]:
    """Return x as an array (or CSR matrix) of floats where it lives, and whether all of it were integers."""
    columns = None
    if hasattr(x, "tocsr") or "sparse" in str(getattr(x, "layout", "")):
        if not sp.issparse(x):
            raise BackendError("sparse X is supported with SciPy on CPU only; pass a dense array or a SciPy matrix.")
        x = _checked_csr(x)
    elif isinstance(x, (np.matrix, np.ma.MaskedArray)):
        form = "matrix" if isinstance(x, np.matrix) else "ma.MaskedArray"
        raise InputTypeError(f"np.{form} is not supported; use np.asarray({name}).")
    elif is_elsewhere(x):
        x = detached(x)
    elif hasattr(x, "head") and hasattr(x, "shape"):
        columns = getattr(x, "columns", None)
        x = _frame(name, x)
    else:
        x = _plain(x, name)
    if isinstance(x, np.ndarray) and x.dtype.kind == "O":
        x = _objects(name, x, columns)
    xp = compat.array_namespace(stored(x))
    kind = getattr(x.dtype, "kind", None)  # NumPy's; it has dtypes that the standard does not know
    if kind == "c" or (kind is None and xp.isdtype(x.dtype, "complex floating")):
        raise InputError(f"Complex data not supported (dtype {x.dtype}).")
    if kind is not None and kind not in "biuf":
        raise InputTypeError(f"{name} has dtype {x.dtype}; convert to numbers explicitly, e.g. {name}.astype(float).")
    integers = xp.isdtype(x.dtype, "integral")
    if is_elsewhere(x):
        return as_reals(xp, x)[0][0], integers
    real = xp.isdtype(x.dtype, "real floating")
    return _cast(name, x, np.float32 if real and x.dtype.itemsize <= 4 else np.float64, xp), integers


def refuse_lazy(x: Any, name: str) -> None:
    """Refuse a frame of polars that has not been computed."""
    if type(x).__name__ == "LazyFrame":
        raise InputTypeError(f"{name} is a LazyFrame, whose rows are not computed yet; pass its .collect().")


def _plain(x: Any, name: str) -> np.ndarray:
    refuse_lazy(x, name)
    try:
        return np.asarray(x)
    except (TypeError, ValueError):  # the message may hold the data
        raise InputError(f"{name} cannot be made an array; its rows must have equal lengths.") from None


def _frame(name: str, x: Any) -> np.ndarray:
    """Return a pandas or polars frame or series as an array, of objects where one of its columns holds them."""
    empty = x.head(0)
    parts = {column: empty[column] for column in x.columns} if hasattr(x, "columns") else {name: empty}
    if len(parts) != x.shape[-1] and len(x.shape) == 2:
        raise InputError(f"the names of the columns of {name} must differ from one another.")
    dtypes = {column: np.asarray(part).dtype for column, part in parts.items()}
    for column, dtype in dtypes.items():
        if dtype.kind not in "biufO":
            raise InputTypeError(
                f"column {column!r} has dtype {parts[column].dtype}; convert it to numbers explicitly."
            )
    if any(dtype.kind == "O" for dtype in dtypes.values()):
        return np.asarray(x, dtype=object)
    if len({*dtypes.values()}) < 2:
        array = np.asarray(x)
        if array.dtype.kind != "O":  # as nullable columns of integers are where they miss one
            return array
    floats: np.ndarray = check_array(
        x, dtype=np.float64, ensure_all_finite=False, ensure_2d=False, ensure_min_samples=0
    )
    return floats


def _objects(name: str, x: np.ndarray, columns: Any) -> np.ndarray:
    """Return Python objects as floats, missing ones as NaN; text is not taken for the number it may spell."""
    values = np.empty(x.shape)
    for at, value in np.ndenumerate(x):
        place = _place(at, columns)
        if isinstance(value, (str, bytes)):
            raise InputTypeError(
                f"{name} holds a {type(value).__name__} at {place}; convert to numbers explicitly, "
                f"e.g. {name}.astype(float)."
            )
        try:
            values[at] = np.nan if is_missing(value) else float(value)
        except OverflowError:
            raise InputError(f"{name} at {place} is too large for float64; rescale.") from None
        except (TypeError, ValueError):
            raise InputTypeError(
                f"{name} at {place}: argument must be a string or a real number, not {type(value).__name__!r}."
            ) from None
    return values


def is_missing(value: Any) -> bool:
    """Whether a Python object stands for no value: None, or pandas' NA."""
    return value is None or type(value).__name__ == "NAType"


def _cast(name: str, x: Any, dtype: Any, xp: Namespace) -> Any:
    """Return x in a floating dtype; refuse finite numbers that are too large for it."""
    if x.dtype == dtype:
        return x
    if not compat.is_array_api_obj(x):
        return type(x)((_cast(name, x.data, dtype, xp), x.indices, x.indptr), shape=x.shape)
    values = xp.astype(x, dtype)
    if xp.isdtype(x.dtype, "real floating") and xp.finfo(x.dtype).max > xp.finfo(dtype).max:
        at = first_true(xp.isinf(values) & xp.isfinite(x), xp)
        if at is not None:
            where = ", ".join(str(i) for i in at)
            raise InputError(f"{name}[{where}] is too large for {values.dtype}; fit in float64 or rescale.")
        if xp.finfo(x.dtype).bits > 64:
            warn(f"{name} has dtype {x.dtype} and is computed in {values.dtype}.", PrecisionWarning)
    return values


def _checked_csr(X: Any) -> Any:
    """Return a SciPy sparse matrix as CSR whose indices stay inside: compiled code reads whatever they point at."""
    if X.ndim != 2:
        raise InputError(f"Expected 2D array, got a sparse array with {X.ndim} axes instead.")
    if X.format not in ("csr", "csc"):
        try:
            X = X.tocoo()
        except (IndexError, ValueError) as error:
            raise InputError(f"Sparse X is corrupt: {error}.") from None
        for axis, (index, limit) in enumerate(zip(X.coords, X.shape, strict=True)):
            _are_inside("row" if axis == 0 else "column", index, limit)
    else:
        own, other = X.shape if X.format == "csr" else X.shape[::-1]
        _are_inside("column" if X.format == "csr" else "row", X.indices, other)
        ends = X.indptr
        if (
            ends.shape != (own + 1,)
            or ends[0] != 0
            or ends[-1] > min(len(X.indices), len(X.data))
            or bool(np.any(ends[1:] < ends[:-1]))
        ):
            raise InputError("Sparse X is corrupt: its index pointers do not rise from 0 to the number of values.")
    X = X.tocsr()
    if not X.has_canonical_format:
        X = X.copy()  # the user's matrix keeps its order and its duplicates
        X.sum_duplicates()
    return X


def _are_inside(axis: str, index: np.ndarray, limit: int) -> None:
    at = first_true((index < 0) | (index >= limit), compat.array_namespace(index))
    if at is not None:
        raise InputError(f"Sparse X is corrupt: {axis} index {index[at]} at position {at[0]} is outside [0, {limit}).")


def _warn_if_rounded(X: Any) -> None:
    values = stored(X)
    xp = compat.array_namespace(values)
    limit = 2 / float(xp.finfo(X.dtype).eps)
    if bool(xp.any(xp.abs(values) >= limit)):
        lost = _count(xp.abs(values) >= limit, xp)
        warn(
            f"{lost} integers in X are {limit:.0f} or larger, so that not all of them can be represented exactly "
            f"in {X.dtype}.",
            PrecisionWarning,
        )


def _has_two_axes(shape: tuple[int, ...], name: str) -> None:
    if len(shape) > 2:
        raise InputError(f"Found array with dim {len(shape)}, while dim <= 2 is required by {name}.")
    if len(shape) < 2:
        raise InputError(
            f"Expected 2D array, got {'1D' if shape else 'scalar'} array instead (shape {tuple(shape)}). "
            "Reshape your data either using X.reshape(-1, 1) if it has a single feature "
            "or X.reshape(1, -1) if it is a single sample."
        )


def _count(condition: Array, xp: Namespace) -> int:
    return int(xp.sum(xp.astype(condition, xp.int64)))


def _place(at: tuple[int, ...], columns: Any) -> str:
    if len(at) != 2:
        return f"position {', '.join(str(i) for i in at)}"
    column = at[1] if columns is None else f"{at[1]} ({columns[at[1]]!r})"
    return f"row {at[0]}, column {column}"
