"""Columns of a data file as numbers, categories, weights and labels.

CSV says nothing of types: all its values are text, and what they are is decided here, so that no
label loses a leading zero and every value that cannot be used has a row and a column. Rows of data
are counted from 1.
"""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal, InvalidOperation
from typing import Any

import numpy as np
import polars as pl

from softreg import _model_file
from softreg._targets import MANY_CLASSES
from softreg.errors import InputError, warn

MIN_WEIGHT, MAX_WEIGHT = 1e-200, 1e200  # so that no weighted value underflows, and no sum of them overflows


def first_row(condition: pl.Series) -> int | None:
    """Return the position of the first True; None if there is none."""
    return condition.arg_max() if condition.any() else None


def refuse(condition: pl.Series, path: str, first: int, column: str, what: str) -> None:
    """Raise if the condition holds somewhere, naming the row."""
    at = first_row(condition)
    if at is not None:
        raise InputError(f"{path}, row {first + at}, column {column!r}: {what}.")


def unnamed(series: pl.Series) -> pl.Series:
    """Return a column under a name that says nothing: polars takes names such as "^a$" for patterns."""
    return series.alias("")


def is_text(dtype: Any) -> bool:
    """Whether values of a type are text."""
    return dtype in (pl.String, pl.Categorical, pl.Enum)


def numbers(frame: pl.DataFrame, path: str, first: int = 1, booleans: Collection[str] = ()) -> pl.DataFrame:
    """Return columns as finite floats; true and false become 1 and 0 in those of booleans.

    One query converts all, as there may be thousands; only a column that is wrong is looked at by itself.
    """
    converted, right = [], []
    for at, (name, dtype) in enumerate(frame.schema.items()):
        if not (is_text(dtype) or dtype.is_numeric() or dtype == pl.Boolean):
            raise InputError(f"{path}, column {name!r}: values of type {dtype} are no numbers.")
        column = pl.nth(at)
        converted.append(_floats(column, boolean=name in booleans) if is_text(dtype) else column.cast(pl.Float64))
        finite = column.is_in([0.0, 1.0]) if name in booleans else column.is_finite()
        right.append(finite.fill_null(value=False).all())
    values = frame.select(converted)
    for found in values.select(right):
        if not found.item():
            _refuse_number(frame[found.name], path, first, boolean=found.name in booleans)
    return values


def _floats(text: Any, *, boolean: bool = False) -> Any:
    text = text.cast(pl.String).str.strip_chars()
    return truths(text) if boolean else text.cast(pl.Float64, strict=False)


def _refuse_number(series: pl.Series, path: str, first: int, *, boolean: bool) -> None:
    """Say which value of a column is no number, and why."""
    what = "neither true nor false" if boolean else "not a number"
    column, series = series.name, unnamed(series)
    values = series
    if is_text(series.dtype):
        refuse(
            series.cast(pl.String).str.strip_chars().fill_null("") == "", path, first, column, "the value is missing"
        )
        values = _floats(series, boolean=boolean)
        refuse(values.is_null(), path, first, column, what)
    refuse(values.is_null(), path, first, column, "the value is missing")
    values = values.cast(pl.Float64)
    refuse(values.is_nan(), path, first, column, "the value is NaN")
    refuse(values.is_infinite(), path, first, column, "the value is infinite")
    refuse(~values.is_in([0.0, 1.0]), path, first, column, what)


def numeric(frame: pl.DataFrame) -> set[str]:
    """Return the names of the columns of strings in which every value that is there is a number."""
    columns = [pl.nth(at) for at, dtype in enumerate(frame.dtypes) if dtype == pl.String]
    missing = [column.str.strip_chars().fill_null("") == "" for column in columns]
    found = [(_floats(column).is_not_null() | none).all() for column, none in zip(columns, missing, strict=True)]
    return {column.name for column in frame.select(found) if column.item()}


def truths(text: Any) -> Any:
    """Return text as floats: true is 1, false is 0, numbers are themselves, and all else is null."""
    values = text.cast(pl.Float64, strict=False)
    return text.str.to_lowercase().replace_strict(
        ["true", "false"], [1.0, 0.0], default=values, return_dtype=pl.Float64
    )


def weights(frame: pl.DataFrame, column: str | None, path: str, first: int = 1) -> np.ndarray[Any, Any] | None:
    """Return a column as weights, None if there is none."""
    if column is None:
        return None
    w = unnamed(numbers(frame[column].to_frame(), path, first)[column])
    wrong = (w != 0) & ~w.is_between(MIN_WEIGHT, MAX_WEIGHT)
    refuse(wrong, path, first, column, f"weights must be 0, or from {MIN_WEIGHT:g} to {MAX_WEIGHT:g}")
    return w.to_numpy(writable=True)  # as torch wants arrays


def texts(series: pl.Series, path: str, first: int = 1) -> pl.Series:
    """Return a column as text, without missing values."""
    if not (is_text(series.dtype) or series.dtype.is_integer() or series.dtype == pl.Boolean):
        raise InputError(f"{path}, column {series.name!r}: values of type {series.dtype} are no categories.")
    values = unnamed(series).cast(pl.String)
    refuse(values.fill_null("").str.strip_chars() == "", path, first, series.name, "the value is missing")
    return values


def labels(series: pl.Series, path: str, *, typed: bool) -> np.ndarray[Any, Any]:
    """Return class labels in a type that NumPy has, else as the text from which `as_type` makes them again.

    Text of a CSV file becomes numbers only if these are written the same way.
    """
    column, series = series.name, unnamed(series)
    refuse(series.is_null(), path, 1, column, "the label is missing")
    if series.dtype.is_float():
        refuse(~series.is_finite(), path, 1, column, "the label is NaN or infinite")
    found = _exact(_one_zero(series), path, column, typed=typed)
    _warn_of_measurements(series, found, path, column)
    return found


def _exact(series: pl.Series, path: str, column: str, *, typed: bool) -> np.ndarray[Any, Any]:
    if series.dtype == pl.Binary:
        return _exactly(series, path, column)
    if series.dtype in IN_NUMPY or (series.dtype.is_float() and bool(np.all(series.to_numpy() % 1 == 0))):
        return series.to_numpy()
    if series.dtype != pl.String and series.dtype.base_type().__name__ not in TYPES:
        raise InputError(f"{path}, column {column!r}: values of type {series.dtype} are no labels.")
    text = written(series)
    if not typed:
        refuse(text.str.strip_chars() == "", path, 1, column, "the label is missing")
        floats = text.str.strip_chars().cast(pl.Float64, strict=False)
        if floats.is_not_null().all():
            refuse(~floats.is_finite(), path, 1, column, "the label is NaN or infinite")
        whole_numbers = text.cast(pl.Int64, strict=False)
        if (whole_numbers.cast(pl.String) == text).fill_null(value=False).all():
            return whole_numbers.to_numpy()
        if text.is_in(["true", "false"]).all():
            return (text == "true").to_numpy()
    what = "this label cannot be kept exactly; make it text"
    refuse(as_type(text, series.dtype).ne_missing(series), path, 1, column, what)
    return _exactly(text, path, column)


def _one_zero(series: pl.Series) -> pl.Series:
    """Return -0.0 as the number that it equals: two texts of one label would be two classes."""
    return series.set(series == 0, 0.0) if series.dtype.is_float() else series


def _warn_of_measurements(series: pl.Series, found: np.ndarray[Any, Any], path: str, column: str) -> None:
    """Warn of labels that may be none (F32); they come back exactly, so they are not refused."""
    values = series.cast(pl.String).cast(pl.Float64, strict=False) if found.dtype.kind == "U" else None
    classes = series.n_unique()
    if values is not None and values.is_finite().fill_null(value=False).all() and bool((values % 1 != 0).any()):
        why = f"{classes} different numbers becomes a class, though some have fractions"
    elif series.len() > MANY_CLASSES and classes > series.len() // 2:
        why = f"{classes} different labels becomes a class, though there are but {series.len()} rows"
    else:
        return
    warn(
        f"{path}, column {column!r}: each of {why}; a column of measurements is no target of a classifier.",
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


DIGITS = {"ms": 3, "us": 6, "ns": 9}  # of a second


def written(series: pl.Series) -> pl.Series:
    """Return a column as text; null where a date is so far out that polars has no year for it, and would panic."""
    if series.dtype in (pl.Date, pl.Datetime):
        series = _where(series.dt.year().is_not_null(), series)
    return series.cast(pl.String)


def as_type(series: pl.Series, dtype: Any) -> pl.Series:
    """Return a column in another type; null where that would change the value, or would need a guess."""
    if is_text(series.dtype) or is_text(dtype):  # numbers would be taken for positions among categories
        text = written(series)
        return _time_of(text, dtype) if dtype.is_temporal() else _value_of(text, dtype)
    if _kind_of_time(series.dtype) != _kind_of_time(dtype):  # polars would guess a zone, an hour, or a first day
        return pl.repeat(None, series.len(), dtype=dtype, eager=True)
    values = series.cast(dtype, strict=False)
    return _where(values.cast(series.dtype, strict=False) == series, values)


def _kind_of_time(dtype: Any) -> tuple[str, bool] | None:
    """Return what values of a type tell of time, and whether of a zone; None if they do not."""
    zoned = getattr(dtype, "time_zone", None) is not None
    return (dtype.base_type().__name__, zoned) if dtype.is_temporal() else None


def _where(condition: pl.Series, values: pl.Series) -> pl.Series:
    return pl.select(pl.when(condition).then(values)).to_series()


def _time_of(text: pl.Series, dtype: Any) -> pl.Series:
    """Read dates and times in the one spelling of ISO 8601, and no finer than the type is: a guess may be wrong."""
    date, pattern, form = r"[-+]?\d{4,}-\d\d-\d\d", "", ""
    if dtype != pl.Date:
        digits = DIGITS[getattr(dtype, "time_unit", "ns")]
        pattern, form = rf"\d\d:\d\d:\d\d(\.\d{{1,{digits}}}0*)?", "%H:%M:%S%.f"
    if getattr(dtype, "time_zone", None) is not None:
        pattern, form = rf"{pattern}(Z|[-+]\d\d:?\d\d)", f"{form}%#z"
    if dtype != pl.Time:
        pattern, form = (rf"{date}[T ]{pattern}", f"%Y-%m-%d {form}") if pattern else (date, "%Y-%m-%d")
    values = text.str.replace("T", " ", literal=True).str.strptime(dtype, form, strict=False)
    return _where(text.str.contains(f"^{pattern}$"), values)


def _value_of(text: pl.Series, dtype: Any) -> pl.Series:
    """Read what is the same when it is written again; numbers with fractions may be spelt in other ways."""
    values = text.cast(dtype, strict=False)
    again = values.cast(pl.String)
    same = again == text
    if dtype.is_float() or dtype.is_decimal():
        others = pl.DataFrame({"text": text, "again": again}).filter(~same).unique()
        same |= text.is_in([given for given, back in others.rows() if _number(given) == _number(back)])
    return _where(same, values)


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent that no number of Python has
        return None


def label_type(series: pl.Series) -> Any:
    """Return the type of labels that are kept as text though they are of another type, else None."""
    return series.dtype if series.dtype.base_type().__name__ in TYPES else None


def type_written(dtype: Any) -> list[Any]:
    """Return a type of labels as a model file holds it."""
    name = dtype.base_type().__name__
    parts = [getattr(dtype, part) for part in TYPES[name]]
    return [name, *(part.to_list() if isinstance(part, pl.Series) else part for part in parts)]


def type_read(given: Any, classes: np.ndarray[Any, Any]) -> Any:
    """Return the type that `type_written` wrote; ValueError if it is none, or the classes are not of it."""
    try:
        name, *parts = given
        TYPES[name]
        dtype = getattr(pl, name)(*parts)
        text = pl.Series(classes.tolist(), dtype=pl.String)
        same = written(as_type(text, dtype)).eq_missing(text).all()
    except (pl.exceptions.PolarsError, TypeError, ValueError, KeyError, AttributeError):
        same = False
    if not same:
        raise ValueError
    return dtype


def refuse_long(series: pl.Series, path: str, column: str, what: str) -> None:
    """Refuse text that a model file cannot keep, before an array of NumPy gives every row the room of the longest."""
    at = (series.bin.size() if series.dtype == pl.Binary else series.str.len_chars()).arg_max()
    if at is not None:
        _model_file.refuse_long(np.asarray(series[at]), f"{path}, row {1 + at}, column {column!r}: {what}")


def _exactly(series: pl.Series, path: str, column: str) -> np.ndarray[Any, Any]:
    refuse_long(series, path, column, "labels")
    values = series.to_list()
    result: np.ndarray[Any, Any] = np.asarray(values, dtype=bytes if series.dtype == pl.Binary else str)
    if result.tolist() != values:
        raise InputError(f"{path}, column {column!r}: labels that end in a null character cannot be kept.")
    return result


def class_indices(
    series: pl.Series, classes: np.ndarray[Any, Any], path: str, first: int = 1, kept: Any = None
) -> np.ndarray[Any, Any]:
    """Return labels as positions among the classes of a model; `kept` is the type of those that are kept as text."""
    column, series, kind = series.name, unnamed(series), classes.dtype.kind
    refuse(series.is_null(), path, first, column, "the label is missing")
    texts_of = {"U": pl.String, "S": pl.Binary}
    known = pl.Series(classes.tolist(), dtype=texts_of[kind]) if kind in texts_of else pl.Series(classes)
    what = "the model does not know this label"
    try:
        text = is_text(series.dtype)
        if text:
            series = series.cast(pl.String)
        if kept is not None:
            series = _one_zero(as_type(series, kept))
            values = written(series)
            values = _where(as_type(values, kept) == series, values)  # the text of a Time lacks fractions
            what += f"; {kept.base_type().__name__} is read when written like {known[0]}" if kept.is_temporal() else ""
        elif kind in texts_of:
            values = written(series) if kind == "U" else series.cast(pl.Binary, strict=False)
        else:
            values = as_type(truths(series) if text and kind == "b" else series, known.dtype)
    except pl.exceptions.PolarsError:
        raise InputError(
            f"{path}, column {column!r}: values of type {series.dtype} are not the model's labels."
        ) from None
    # not by an array of NumPy, which takes "a\0" for "a", and the room of the longest text for each
    at = values.replace_strict(known, range(len(known)), default=None, return_dtype=pl.Int64)
    refuse(at.is_null(), path, first, column, what)
    return at.to_numpy()


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
