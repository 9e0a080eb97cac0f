"""Columns of a data file as numbers, categories, weights and labels.

CSV says nothing of types: all its values are text, and what they are is decided here, so that no
label loses a leading zero and every value that cannot be used has a row and a column. Rows of data
are counted from 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from softreg.errors import InputError, warn

MAX_WEIGHT = 1e200  # so that no sum of weighted values overflows


def first_row(condition: pl.Series) -> int | None:
    """Return the position of the first True; None if there is none."""
    return condition.arg_max() if condition.any() else None


def refuse(condition: pl.Series, path: str, first: int, column: str, what: str) -> None:
    """Raise if the condition holds somewhere, naming the row."""
    at = first_row(condition)
    if at is not None:
        raise InputError(f"{path}, row {first + at}, column {column!r}: {what}.")


def is_text(series: pl.Series) -> bool:
    """Whether a column holds text."""
    return series.dtype in (pl.String, pl.Categorical, pl.Enum)


def numbers(series: pl.Series, path: str, first: int = 1, *, boolean: bool = False) -> pl.Series:
    """Return a column as finite floats; true and false become 1 and 0 if it is one of booleans."""
    column = series.name
    values = text = series
    if is_text(series):
        text = series.cast(pl.String).str.strip_chars()
        refuse(text.fill_null("") == "", path, first, column, "the value is missing")
        values = truths(text) if boolean else text.cast(pl.Float64, strict=False)
        what = "neither true nor false" if boolean else "not a number"
        refuse(values.is_null(), path, first, column, what)
    elif not (series.dtype.is_numeric() or series.dtype == pl.Boolean):
        raise InputError(f"{path}, column {column!r}: values of type {series.dtype} are no numbers.")
    refuse(values.is_null(), path, first, column, "the value is missing")
    result = values.cast(pl.Float64)
    refuse(result.is_nan(), path, first, column, "the value is NaN")
    refuse(result.is_infinite(), path, first, column, "the value is infinite")
    if boolean:
        refuse(~result.is_in([0.0, 1.0]), path, first, column, "neither true nor false")
    return result


def truths(text: pl.Series) -> pl.Series:
    """Return text as booleans; null where it is neither true nor false."""
    lower = text.str.to_lowercase()
    return lower.replace_strict(["true", "false"], [True, False], default=None, return_dtype=pl.Boolean)


def weights(frame: pl.DataFrame, column: str | None, path: str, first: int = 1) -> np.ndarray[Any, Any] | None:
    """Return a column as weights, None if there is none."""
    if column is None:
        return None
    w = numbers(frame[column], path, first)
    refuse((w < 0) | (w > MAX_WEIGHT), path, first, column, f"weights must be from 0 to {MAX_WEIGHT:g}")
    return w.to_numpy()


def texts(series: pl.Series, path: str, first: int = 1) -> pl.Series:
    """Return a column as text, without missing values."""
    if not (is_text(series) or series.dtype.is_integer() or series.dtype == pl.Boolean):
        raise InputError(f"{path}, column {series.name!r}: values of type {series.dtype} are no categories.")
    values = series.cast(pl.String)
    refuse(values.fill_null("").str.strip_chars() == "", path, first, series.name, "the value is missing")
    return values


def labels(series: pl.Series, path: str, *, typed: bool) -> np.ndarray[Any, Any]:
    """Return class labels in a type that NumPy has, else as the text from which `as_type` makes them again.

    Text of a CSV file becomes numbers only if these are written the same way.
    """
    refuse(series.is_null(), path, 1, series.name, "the label is missing")
    if series.dtype.is_float():
        refuse(~series.is_finite(), path, 1, series.name, "the label is NaN or infinite")
    if series.dtype == pl.Binary:
        return _exactly(series.to_list(), bytes, path, series.name)
    if series.dtype in IN_NUMPY or (series.dtype.is_float() and bool(np.all(series.to_numpy() % 1 == 0))):
        return series.to_numpy()
    if series.dtype != pl.String and series.dtype.base_type().__name__ not in TYPES:
        raise InputError(f"{path}, column {series.name!r}: values of type {series.dtype} are no labels.")
    text = series.cast(pl.String)
    if not typed:
        refuse(text.str.strip_chars() == "", path, 1, series.name, "the label is missing")
        floats = text.str.strip_chars().cast(pl.Float64, strict=False)
        if floats.is_not_null().all():
            refuse(~floats.is_finite(), path, 1, series.name, "the label is NaN or infinite")
        whole_numbers = text.cast(pl.Int64, strict=False)
        if (whole_numbers.cast(pl.String) == text).fill_null(value=False).all():
            return whole_numbers.to_numpy()
        if text.is_in(["true", "false"]).all():
            return (text == "true").to_numpy()
    _warn_of_fractions(text, path)
    what = "this label cannot be kept exactly; make it text"
    refuse(as_type(text, series.dtype).ne_missing(series), path, 1, series.name, what)
    return _exactly(text.to_list(), str, path, series.name)


def _warn_of_fractions(text: pl.Series, path: str) -> None:
    """Warn of labels that look like measurements (F32); they come back exactly, so they are not refused."""
    values = text.cast(pl.Float64, strict=False)
    if values.is_finite().fill_null(value=False).all() and bool((values % 1 != 0).any()):
        warn(
            f"{path}, column {text.name!r}: each of {text.n_unique()} different numbers becomes a class, though some "
            "have fractions; a column of measurements is no target of a classifier.",
            UserWarning,
        )


IN_NUMPY = (pl.Boolean, pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32, pl.UInt64)
TYPES: dict[str, tuple[str, ...]] = {  # whose values come back from their text, and what makes up such a type
    "Categorical": (),
    "Date": (),
    "Datetime": ("time_unit", "time_zone"),
    "Decimal": ("precision", "scale"),
    "Enum": ("categories",),
    "Float16": (),
    "Float32": (),
    "Float64": (),
    "Int128": (),
    "Time": (),
    "UInt128": (),
}


def as_type(series: pl.Series, dtype: Any) -> pl.Series:
    """Return a column in another type; null where that would change the value."""
    if is_text(series):
        text = series.cast(pl.String)
        return text.str.strptime(dtype, strict=False) if dtype.is_temporal() else text.cast(dtype, strict=False)
    values = series.cast(dtype, strict=False)
    return pl.select(pl.when(values.cast(series.dtype, strict=False) == series).then(values)).to_series()


def label_type(series: pl.Series) -> Any:
    """Return the type of labels that are kept as text though they are of another type, else None."""
    return series.dtype if series.dtype.base_type().__name__ in TYPES else None


def type_written(dtype: Any) -> list[Any]:
    """Return a type of labels as a model file holds it."""
    name = dtype.base_type().__name__
    parts = [getattr(dtype, part) for part in TYPES[name]]
    return [name, *(part.to_list() if isinstance(part, pl.Series) else part for part in parts)]


def type_read(written: Any, classes: np.ndarray[Any, Any]) -> Any:
    """Return the type that `type_written` wrote; ValueError if it is none, or the classes are not of it."""
    try:
        name, *parts = written
        TYPES[name]
        dtype = getattr(pl, name)(*parts)
        text = pl.Series(classes.tolist(), dtype=pl.String)
        same = as_type(text, dtype).cast(pl.String).eq_missing(text).all()
    except (pl.exceptions.PolarsError, TypeError, ValueError, KeyError, AttributeError):
        same = False
    if not same:
        raise ValueError
    return dtype


def _exactly(values: list[Any], kind: type, path: str, column: str) -> np.ndarray[Any, Any]:
    result: np.ndarray[Any, Any] = np.asarray(values, dtype=kind)
    if result.tolist() != values:
        raise InputError(f"{path}, column {column!r}: labels that end in a null character cannot be kept.")
    return result


KINDS = {"b": pl.Boolean, "i": pl.Int64, "u": pl.UInt64, "f": pl.Float64, "U": pl.String, "S": pl.Binary}


def class_indices(
    series: pl.Series, classes: np.ndarray[Any, Any], path: str, first: int = 1, kept: Any = None
) -> np.ndarray[Any, Any]:
    """Return labels as positions among the classes of a model; `kept` is the type of those that are kept as text."""
    column, kind = series.name, classes.dtype.kind
    refuse(series.is_null(), path, first, column, "the label is missing")
    try:
        if kept is not None:
            series = as_type(series, kept).cast(pl.String)
        text = series.cast(pl.String) if is_text(series) else None
        values = truths(text) if text is not None and kind == "b" else series.cast(KINDS[kind], strict=False)
        if kind in "iu" or (kind == "b" and text is None):  # 1.5 and 01 are not the label 1, 2 is not true
            given = series if text is None else text
            values = values.set(values.cast(given.dtype) != given, None)
    except pl.exceptions.PolarsError:
        raise InputError(
            f"{path}, column {column!r}: values of type {series.dtype} are not the model's labels."
        ) from None
    stranger = values.is_null()
    found = np.asarray(values.fill_null(pl.Series([classes[0].item()], dtype=values.dtype)[0]).to_list())
    at: np.ndarray[Any, Any] = np.minimum(np.searchsorted(classes, found), classes.shape[0] - 1)
    stranger = stranger | pl.Series(classes[at] != found)
    refuse(stranger, path, first, column, "the model does not know this label")
    return at


def label_series(name: str, labels: np.ndarray[Any, Any], *, typed: bool, kept: Any = None) -> pl.Series:
    """Return labels as a column that can be written; CSV has no bytes, so they must be text there."""
    if labels.dtype.kind == "U":
        text = pl.Series(name, labels.tolist(), dtype=pl.String)
        return as_type(text, kept) if typed and kept is not None else text
    if labels.dtype.kind != "S":
        return pl.Series(name, labels)
    if typed:
        return pl.Series(name, labels.tolist(), dtype=pl.Binary)
    try:
        return pl.Series(name, [label.decode() for label in labels.tolist()])
    except UnicodeDecodeError:
        raise InputError("labels that are bytes, and not UTF-8, cannot be written as CSV; write Parquet.") from None
