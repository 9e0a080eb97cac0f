"""Data files: CSV and Parquet, read by polars, whole or a few rows at a time.

CSV says nothing of types: all its values are read as text, and what they are is decided here, so that no
label loses a leading zero and every value that cannot be used has a row and a column. Rows of data
are counted from 1.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from softreg.errors import InputError

VALUES = 4_000_000  # of one batch
ROWS = 50_000  # of one batch
PARQUET = b"PAR1"


class Source(NamedTuple):
    """A data file that is open for reading."""

    path: str
    frame: pl.LazyFrame
    columns: list[str]
    separator: str | None

    @property
    def typed(self) -> bool:
        """Whether the file says what its values are, as Parquet does; CSV is text between separators."""
        return self.separator is None


def source(path: str | os.PathLike[str]) -> Source:
    """Look at a file: its kind is decided by its first bytes, its columns by its header."""
    name = os.fspath(path)
    with open(name, "rb") as file:
        start = file.read(len(PARQUET))
    if not start:
        raise InputError(f"{name} is empty.")
    typed = start == PARQUET
    separator = None if typed else "\t" if name.endswith((".tsv", ".tab")) else ","
    if name.endswith((".parquet", ".pq")) and not typed:
        raise InputError(f"{name} is not a Parquet file.")
    place = os.path.abspath(name)  # so that polars takes no name for an address
    try:
        if typed:
            frame = pl.scan_parquet(place, glob=False, hive_partitioning=False)
        else:
            frame = pl.scan_csv(place, glob=False, infer_schema=False, separator=separator or ",")
        columns = frame.collect_schema().names()
    except pl.exceptions.PolarsError as error:
        raise _unreadable(name, separator, error) from None
    if not typed:
        _is_header(columns, name)
    if "" in columns:
        at = columns.index("") + 1
        raise InputError(f"{name}: column {at} of the header has no name; give it one, or leave out pandas' index.")
    return Source(name, frame, columns, separator)


def _is_header(columns: list[str], name: str) -> None:
    """Refuse what polars took for a header of CSV and what is none."""
    twice = [column for column in columns if column.endswith("_duplicated_0")]
    if twice:
        raise InputError(f"{name} has two columns named {twice[0].removesuffix('_duplicated_0')!r}.")
    if any("\ufffd" in column or "\0" in column for column in columns):
        raise InputError(f"{name} is not a text file with a header, in UTF-8, nor Parquet.")
    other = next((mark for mark in ";\t|," if len(columns) == 1 and mark in columns[0]), None)
    if other is not None:
        raise InputError(
            f"{name} seems to be separated by {other!r}; values must be separated by commas, in .tsv files by tabs."
        )


def whole(data: Source, columns: list[str]) -> pl.DataFrame:
    """Return these columns, in this order."""
    try:
        frame = _wanted(data, columns).collect().select(columns)
    except pl.exceptions.PolarsError as error:
        raise _unreadable(data.path, data.separator, error) from None
    if frame.height == 0:
        raise InputError(f"{data.path} has a header, but no rows.")
    return frame


def height(data: Source) -> int:
    """Return the number of rows, of a CSV file the number of its lines: enough for a bar."""
    if data.typed:
        return int(data.frame.select(pl.len()).collect().item())
    with open(data.path, "rb") as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))


def batches(data: Source, columns: list[str], width: int) -> Iterator[tuple[int, pl.DataFrame]]:
    """Give the number of the first row and some rows, again and again; a row needs `width` values of memory."""
    rows = max(1, min(ROWS, VALUES // max(width, 1)))
    try:
        parts = _wanted(data, columns).collect_batches(
            chunk_size=rows, maintain_order=True, lazy=True, engine="streaming"
        )
        first = 1
        for frame in parts:
            for at in range(0, frame.height, rows):
                part = frame.slice(at, rows)
                yield first, part.select(columns)
                first += part.height
    except pl.exceptions.PolarsError as error:
        raise _unreadable(data.path, data.separator, error) from None


def _wanted(data: Source, columns: list[str]) -> pl.LazyFrame:
    """Return the columns to read: of CSV all, else polars overlooks rows with too many fields."""
    return data.frame.select(columns) if data.typed else data.frame


def _unreadable(path: str, separator: str | None, error: Exception) -> InputError:
    """Return the sentence for what polars cannot read: the line of CSV that is at fault, else what polars says."""
    reason = _fault(path, separator) if separator else None
    if reason is None:
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__).rstrip(".")
    return InputError(f"{path} cannot be read: {reason}.")


def _fault(path: str, separator: str) -> str | None:
    """Return what is wrong with the first line of a CSV file that is no UTF-8, or longer than the header."""
    with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
        rows = csv.reader(file, delimiter=separator)
        width = None
        try:
            for row in rows:
                "".join(row).encode()
                width = width or len(row)
                if len(row) > width:
                    return f"line {rows.line_num} has {len(row)} fields, the header {width}"
        except UnicodeEncodeError:
            return f"line {rows.line_num} is not UTF-8 text" if width else None  # such a header is no text at all
        except csv.Error:
            return None
    return None


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
    refuse(w < 0, path, first, column, "weights must be >= 0")
    return w.to_numpy()


def texts(series: pl.Series, path: str, first: int = 1) -> pl.Series:
    """Return a column as text, without missing values."""
    if not (is_text(series) or series.dtype.is_integer() or series.dtype == pl.Boolean):
        raise InputError(f"{path}, column {series.name!r}: values of type {series.dtype} are no categories.")
    values = series.cast(pl.String)
    refuse(values.fill_null("") == "", path, first, series.name, "the value is missing")
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
        whole_numbers = text.cast(pl.Int64, strict=False)
        if (whole_numbers.cast(pl.String) == text).fill_null(value=False).all():
            return whole_numbers.to_numpy()
        if text.is_in(["true", "false"]).all():
            return (text == "true").to_numpy()
    what = "this label cannot be kept exactly; make it text"
    refuse(as_type(text, series.dtype).ne_missing(series), path, 1, series.name, what)
    return _exactly(text.to_list(), str, path, series.name)


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
    except pl.exceptions.PolarsError:
        raise InputError(
            f"{path}, column {column!r}: values of type {series.dtype} are not the model's labels."
        ) from None
    if series.dtype.is_numeric() and kind in "iu":
        values = values.set(values.cast(series.dtype) != series, None)  # 1.5 is not the label 1
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
