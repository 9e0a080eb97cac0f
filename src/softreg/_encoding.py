"""How the columns of a data file become the features of a model, and what of it the model remembers.

Features are the columns of numbers, in the order of the file, then, for each column of text, one
feature "column=level" for each of its levels: 1 where the column has this level, else 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from softreg import _memory
from softreg import _table as table
from softreg._sentences import counted
from softreg._source import Source, taken
from softreg.errors import InputError, ModelFileError, PrecisionWarning, warn

MAX_LEVELS = 1000
LARGE = 2**53  # integers from which on float64 lacks some
INTEGER = r"^\+?(?<sign>-?)0*(?<digits>\d+?)(\.0*)?$"
_UNIT = r"([\p{Zs}%\u2030\p{Sc}]*|\p{Zs}+\p{L}+)"
_GROUPS = r"\d+([ ' _.,\u2019\p{Zs}]\d{3})*([.,]\d+)?"
LIKE_A_NUMBER = rf"^[-+\u2212\u2013]?[\p{{Sc}}\p{{Zs}}]*[-+\u2212\u2013]?{_GROUPS}([eE][-+\u2212]?\d+)?{_UNIT}$"


class Encoding(NamedTuple):
    """The columns that a model was fitted on, and the type of labels that it keeps as text.

    `numbers` is None if the model has no names: then all columns are taken.
    """

    target: str | None
    ignored: list[str]
    numbers: list[str] | None
    booleans: list[str]
    categories: dict[str, list[str]]
    label_type: Any = None

    def remembered(self) -> dict[str, Any]:
        """Return what a model file keeps; the numbers are among the names of the features."""
        kept = {name: value for name, value in self._asdict().items() if name not in ("numbers", "label_type")}
        return kept if self.label_type is None else kept | {"label_type": table.type_written(self.label_type)}

    def features(self) -> list[str]:
        """Return the names of the features."""
        return [*(self.numbers or ()), *_indicators(self.categories)]

    def columns(self) -> list[str]:
        """Return the names of the columns that the features are made of."""
        return [*(self.numbers or ()), *self.categories]


def _are_texts(values: Any) -> bool:
    return isinstance(values, list | dict) and all(isinstance(text, str) for text in values)


def _indicators(categories: dict[str, list[str]]) -> list[str]:
    return [f"{column}={level}" for column, levels in categories.items() for level in levels]


def learned(frame: pl.DataFrame, path: str, target: str, ignored: list[str], categorical: list[str]) -> Encoding:
    """Decide what each column of a frame is."""
    numbers, booleans, categories = [], [], {}
    numeric = table.numeric(frame)
    for series in frame:
        name = series.name
        kind = "text" if name in categorical else "number" if name in numeric else _kind(series, path)
        if kind == "text":
            values = table.texts(series, path)
            table.refuse_long(values, path, name, "texts of categories")
            what = "texts of categories that end in a null character cannot be kept"
            table.refuse(values.str.ends_with("\0"), path, 1, name, what)
            levels = values.unique().sort().to_list()
            if len(levels) > MAX_LEVELS:
                raise InputError(
                    f"{path}, column {name!r}: {len(levels)} different texts are too many for categories "
                    f"(at most {MAX_LEVELS}); leave it out with --drop."
                )
            categories[name] = levels
        else:
            numbers.append(name)
            if kind == "boolean":
                booleans.append(name)
    encoding = Encoding(target, [target, *ignored], numbers, booleans, categories)
    names = encoding.features()
    if len(set(names)) != len(names):
        raise InputError(f"{path}: a column is named like the feature that a category makes; rename it.")
    return encoding


def _kind(series: pl.Series, path: str) -> str:
    """Decide what a column is that is not one of numbers as text; a type of categories has decided already."""
    if not table.is_text(series.dtype):
        return "boolean" if series.dtype == pl.Boolean else "number"
    if series.dtype != pl.String:
        return "text"
    column, text = series.name, table.unnamed(series).str.strip_chars()
    given = text.fill_null("") != ""
    is_number = text.cast(pl.Float64, strict=False).is_not_null()
    if is_number.any():
        what = (
            "not a number, though other rows of this column hold numbers; "
            "correct it, or name the column with --categorical"
        )
        table.refuse(given & ~is_number, path, 1, column, what)
    with_comma = text.str.replace_all(",", "", literal=True).cast(pl.Float64, strict=False).is_not_null()
    if (with_comma | ~given).all():
        what = (
            "a number with a comma; write it with a decimal point and nothing between thousands, "
            "or name the column with --categorical"
        )
        table.refuse(text.str.contains(",", literal=True), path, 1, column, what)
    if (table.truths(text).is_not_null() | ~given).all():
        return "boolean"
    likely = text.str.contains(LIKE_A_NUMBER)
    if likely.sum() > given.sum() / 2:
        warn(
            f"{path}, column {column!r} becomes categories, though most of its values look like numbers; "
            "write them like 1234.5, without units or other signs, or name the column with --categorical.",
            UserWarning,
        )
    return "text"


def warn_of_equal_integers(encoding: Encoding, frame: pl.DataFrame, X: pl.DataFrame, path: str) -> None:
    """Warn of integers that differ, but not as features: identifiers, most likely."""
    numbers = X[:, : len(encoding.numbers or ())]
    for found in numbers.select(pl.all().abs().max() >= LARGE):
        if not found.item():
            continue
        text = table.unnamed(frame[found.name]).cast(pl.String).str.strip_chars()
        integers = text.filter(text.str.contains(INTEGER)).str.replace(INTEGER, "$sign$digits").replace("-0", "0")
        if integers.n_unique() > integers.cast(pl.Float64).n_unique():
            warn(
                f"{path}, column {found.name!r}: integers beyond 2^53 that differ become equal as float64; leave the "
                "column out with --drop, or name it with --categorical, if they are identifiers, else subtract "
                "the least.",
                PrecisionWarning,
            )


def of_model(model: Any, path: str) -> Encoding:
    """Return the encoding that a model was saved with; without one, all its features are columns of numbers."""
    names = getattr(model, "feature_names_in_", None)
    remembered = getattr(model, "_table", None)
    if names is None:
        return Encoding(None, [], None, [], {})
    features = [str(name) for name in names]
    if remembered is None:
        return Encoding(None, [], features, [], {})
    try:
        target, ignored = remembered["target"], list(remembered["ignored"])
        booleans, categories = list(remembered["booleans"]), dict(remembered["categories"])
        if not (
            isinstance(target, str) and all(map(_are_texts, (ignored, booleans, categories, *categories.values())))
        ):
            raise ValueError
        indicators = _indicators(categories)
        numbers = features[: len(features) - len(indicators)]
        written = remembered.get("label_type")
        label_type = None if written is None else table.type_read(written, model.classes_)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise ModelFileError(f"{path}: its table of columns is not one that softreg fit writes.") from None
    if numbers + indicators != features:
        raise ModelFileError(f"{path}: its table of columns does not go with its features.")
    return Encoding(target, ignored, numbers, booleans, categories, label_type)


def matched(
    encoding: Encoding, data: Source, n_features: int, dropped: list[str], beside: Sequence[str] = ()
) -> Encoding:
    """Return the encoding for this file: all its columns must be known, dropped or used beside it, and none missing."""
    needed = [column for column in encoding.columns() if column in dropped]
    if needed:
        raise InputError(f"the model needs {_named(needed)}, so that it cannot be left out.")
    dropped, present = [*dropped, *beside], set(data.columns)
    for column in dropped:
        if column not in present:
            raise InputError(f"{data.path} has no column {column!r}.")
    if encoding.numbers is None:
        columns = [column for column in data.columns if column not in dropped]
        if len(columns) != n_features:
            raise InputError(
                f"{data.path} has {counted(len(columns), 'column')} to use, "
                f"the model {counted(n_features, 'feature')} and no names."
            )
        return encoding._replace(numbers=columns)
    wanted = encoding.columns()
    missing = [column for column in wanted if column not in present]
    if missing:
        raise InputError(f"{data.path} lacks {_named(missing)}, which the model needs.")
    known = {*wanted, *encoding.ignored, *dropped}
    extra = [name for name in data.columns if name not in known]
    if extra:
        raise InputError(f"{data.path} has {_named(extra)}, unknown to the model; leave it out with --drop.")
    return encoding


def _named(columns: list[str]) -> str:
    shown = ", ".join(repr(column) for column in columns[:5])
    return f"column{'s' if len(columns) > 1 else ''} {shown}{', ...' if len(columns) > 5 else ''}"


def encoded(encoding: Encoding, frame: pl.DataFrame, path: str, first: int = 1) -> pl.DataFrame:
    """Return the features of some rows, as finite floats."""
    names, done = encoding.features(), 0
    X = _memory.zeros(frame.height, len(names), path)
    for series in table.numbers(taken(frame, encoding.numbers or ()), path, first, set(encoding.booleans)):
        X[:, done] = series
        done += 1
    for name, levels in encoding.categories.items():
        texts = table.texts(frame[name], path, first)
        at = texts.replace_strict(levels, range(len(levels)), default=None, return_dtype=pl.Int64)
        table.refuse(at.is_null(), path, first, name, "this category did not occur in the data of the fit")
        X[np.arange(frame.height), done + at.to_numpy()] = 1
        done += len(levels)
    return pl.DataFrame(X, schema=names, orient="row")  # which is this memory under names
