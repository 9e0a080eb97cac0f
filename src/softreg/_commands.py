"""`softreg fit`, `predict`, `evaluate` and `inspect`: files in, files and a report out.

An output file appears whole or not at all.
"""

from __future__ import annotations

import errno
import os
import re
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import polars as pl
from polars.io.plugins import register_io_source
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

from softreg import SoftmaxRegression, _encoding, _evaluation, _model_file, _reports, _source, _table
from softreg._files import refuse_inputs, replacing
from softreg._load import load
from softreg._sentences import shown
from softreg.errors import BackendError, InputError, NonFiniteError, warn

# What a fit calls otherwise than the command does; texts in quotes, names and labels, are the user's and stay.
WORDS = re.compile(r"""(?<!\w)b?(['"])(?:\\.|(?!\1).)*\1|\bcolumn \d+ of X\b|\bcolumns of X\b|\bC(?= <|=)""")


class Choices(NamedTuple):
    """How to fit."""

    target: str
    weight: str | None
    drop: list[str]
    categorical: list[str]
    C: float
    backend: str


@contextmanager
def working(what: str, total: Callable[[], int] | None = None) -> Iterator[Any]:
    """Show a bar on a terminal while the body works; it is given what to call with a number of rows done."""
    console = Console(stderr=True)
    is_shown = console.is_terminal
    with Progress(console=console, transient=True, disable=not is_shown) as progress:
        task = progress.add_task(escape(shown(what)), total=total() if total is not None and is_shown else None)
        yield lambda rows: progress.advance(task, rows)


def fit(path: str, out: str, choices: Choices, console: Console, *, as_json: bool) -> None:
    """Fit a model to a file."""
    refuse_inputs(out, path)
    if not choices.C > 0:
        raise InputError("--C must be greater than 0; inf is no penalty.")
    weight = _one_option_each(choices.target, choices.weight, choices.drop, choices.categorical)
    data = _source.source(path)
    for column in (choices.target, *weight, *choices.drop, *choices.categorical):
        if column not in data.columns:
            raise InputError(f"{path} has no column {column!r}; it has {', '.join(map(repr, data.columns[:10]))}.")
    ignored = [*weight, *choices.drop]
    left_out = {choices.target, *ignored}
    used = [column for column in data.columns if column not in left_out]
    if not used:
        raise InputError(
            f"{path} has no column to learn from: none is left but those of --target, --weight and --drop."
        )
    with working("fitting"):
        frame = _source.whole(data, [choices.target, *weight, *used])
        encoding = _encoding.learned(_source.taken(frame, used), path, choices.target, ignored, choices.categorical)
        X = _encoding.encoded(encoding, frame, path)
        _encoding.warn_of_equal_integers(encoding, frame, X, path)
        _model_file.refuse_long(
            np.asarray(max(X.columns, key=len)), f"{path}: names of columns, with the texts of categories,"
        )
        y = _table.labels(frame[choices.target], path, typed=data.typed)
        if y.dtype.kind == "U":
            encoding = encoding._replace(label_type=_table.label_type(frame[choices.target]))
        w = _table.weights(frame, choices.weight, path)
        counted = y if w is None else y[w > 0]
        _some_weight(counted.shape[0] > 0, path, choices.weight)
        if (counted == counted[0]).all():
            raise InputError(
                f"{path}, column {choices.target!r}: {counted[0].item()!r} is the only class"
                f"{' with weight' if w is not None else ''}; at least 2 are needed."
            )
        with replacing(out) as file:
            with _in_words_of_the_command(path, X.columns):
                model = SoftmaxRegression(C=choices.C).fit(_on(choices.backend, X), y, sample_weight=w)
            model.feature_names_in_ = np.asarray(X.columns, dtype=object)
            model._table = encoding.remembered()
            file.write(_model_file.to_bytes(model, out))
    _reports.fitted(model, X.height, len(used), out, console, as_json=as_json)


def _one_option_each(target: str, weight: str | None, drop: list[str], categorical: list[str]) -> list[str]:
    """Refuse a column that is given to two options; return that of the weights, if any."""
    weights = [] if weight is None else [weight]
    options = {"--target": [target], "--weight": weights, "--drop": drop, "--categorical": categorical}
    given: dict[str, str] = {}
    for option, columns in options.items():
        for column in columns:
            if given.setdefault(column, option) != option:
                raise InputError(f"column {column!r} is given to {given[column]} and to {option}; it can be but one.")
    return weights


@contextmanager
def _in_words_of_the_command(path: str, columns: list[str]) -> Iterator[None]:
    """Say what a fit says with the file, the names of its columns and --C; what it warns of, also if it then fails."""
    names = {f"column {j} of X": f"column {name!r}" for j, name in enumerate(columns)}
    words = names | {"columns of X": "columns", "C": "--C"}

    def said(message: object) -> str:
        return f"{path}: {WORDS.sub(lambda found: words.get(found[0], found[0]), str(message))}"

    told: list[warnings.WarningMessage] = []
    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.filterwarnings("ignore", "The number of unique classes")  # which the labels have been asked
            yield
    except (InputError, NonFiniteError) as error:
        raise type(error)(said(error)) from None
    except MemoryError as error:  # NumPy has a kind of its own, which is made of other things than a sentence
        raise MemoryError(said(error)) from None
    finally:
        for warning in told:
            warn(said(warning.message), warning.category)


def _some_weight(found: bool, path: str, column: str | None) -> None:
    if not found:
        raise InputError(f"{path}, column {column!r}: all weights are 0.")


def _on(backend: str, X: pl.DataFrame) -> Any:
    """Return the features as an array of a library, on its GPU if it has one."""
    if backend == "numpy":
        return X  # with its names, for messages
    values = X.to_numpy(writable=True)  # else torch warns of an array that it could write to
    try:
        if backend == "torch":
            import torch

            return torch.as_tensor(values, device="cuda" if torch.cuda.is_available() else "cpu")
        if backend == "cupy":
            import cupy

            return cupy.asarray(values)
        import jax

        settings: Any = jax.config
        settings.update("jax_enable_x64", True)  # of this process, which is the command's own
        return jax.numpy.asarray(values)
    except RuntimeError as error:  # no device, or its memory is full
        raise BackendError(f"{backend} cannot hold the data: {error}") from None


class Rows:
    """The rows of a file as a model takes them, in batches, with whatever columns are asked for beside them."""

    def __init__(self, model: Any, name: str, path: str, drop: list[str], beside: list[str]) -> None:
        self.model, self.data = model, _source.source(path)
        for column in beside:
            if column not in self.data.columns:
                raise InputError(f"{path} has no column {column!r}.")
        known = _encoding.of_model(model, name)
        self.encoding = _encoding.matched(known, self.data, model.n_features_in_, drop, beside)
        self.beside = list(dict.fromkeys(beside))

    def __iter__(self) -> Iterator[tuple[int, pl.DataFrame, Any]]:
        """Give the number of the first row, the columns beside, and the features."""
        columns = list(dict.fromkeys([*self.encoding.columns(), *self.beside]))
        width = max(len(columns), self.model.n_features_in_, self.model.classes_.shape[0])
        named = hasattr(self.model, "feature_names_in_")
        with working(self.data.path, lambda: _source.height(self.data)) as done:
            for first, frame in _source.batches(self.data, columns, width):
                X = _encoding.encoded(self.encoding, frame, self.data.path, first)
                yield first, _source.taken(frame, self.beside), X if named else X.to_numpy()
                done(frame.height)

    def begun(self) -> Iterator[tuple[int, pl.DataFrame, Any]]:
        """Read the first rows before the output is begun: over damaged Parquet polars may end the process."""
        rows = iter(self)
        first = next(rows, None)
        if first is None:
            raise _source.no_rows(self.data)
        return chain(iter([first]), rows)  # which forgets what it has given


def predict(
    model_path: str, path: str, out: str, drop: list[str], console: Console, *, proba: bool, as_json: bool
) -> None:
    """Write a column of labels, or a column of probabilities for each class, row by row of a file."""
    refuse_inputs(out, model_path, path)
    _source.refuse_formats(out)
    model = load(model_path)
    typed = _source.names_parquet(out)
    names = _reports.label_texts(model.classes_)
    if proba and len(set(names)) < len(names):
        raise InputError(f"two classes of {model_path} have the same name as text, so columns cannot be named by them.")

    given = Rows(model, model_path, path, drop, [])
    batches, kept = given.begun(), given.encoding.label_type

    def frames() -> Iterator[pl.DataFrame]:
        for _, _, X in batches:
            if proba:
                yield pl.DataFrame(dict(zip(names, model.predict_proba(X).T, strict=True)))
            else:
                yield pl.DataFrame([_table.label_series("prediction", model.predict(X), typed=typed, kept=kept)])

    with replacing(out) as file:
        rows = _write_parquet(file, frames()) if typed else _write_text(file, frames(), _source.separator_of(out))
    _reports.written(rows, out, console, as_json=as_json)


def _write_text(file: BinaryIO, frames: Iterator[pl.DataFrame], separator: str) -> int:
    rows = 0
    for frame in frames:
        text = frame.write_csv(include_header=rows == 0, separator=separator)
        if "\0" in text:
            raise InputError("labels with a null character cannot be written as CSV that is read again; write Parquet.")
        if "" in frame.columns or any((column == "").any() for column in frame if column.dtype == pl.String):
            raise InputError("an empty label cannot be written as CSV, where it is a missing one; write Parquet.")
        file.write(text.encode())
        rows += frame.height
    return rows


def _write_parquet(file: BinaryIO, frames: Iterator[pl.DataFrame]) -> int:
    """Let polars pull the frames, so that it holds few of them; in a thread, so that signals find this one waiting."""
    first = next(frames)
    rows, stopped = first.height, False

    def pulled(*_: Any) -> Iterator[pl.DataFrame]:
        nonlocal rows
        yield first
        for frame in frames:
            if stopped:
                return
            rows += frame.height
            yield frame

    with ThreadPoolExecutor(1) as pool:
        try:
            pool.submit(register_io_source(pulled, schema=first.schema).sink_parquet, file).result()
        except pl.exceptions.PolarsError as error:  # the disk is full, say
            code = re.search(r"os error (\d+)", str(error))
            number = errno.EIO if code is None else int(code[1])
            raise OSError(number, os.strerror(number)) from None
        finally:
            stopped = True
    return rows


def evaluate(
    model_path: str,
    path: str,
    target: str,
    weight: str | None,
    drop: list[str],
    plot: str | None,
    console: Console,
    *,
    as_json: bool,
) -> None:
    """Compare predictions with labels."""
    if plot is not None:
        refuse_inputs(plot, model_path, path)
        from softreg import _plot

        kind = _plot.file_format(plot)
    weights = _one_option_each(target, weight, drop, [])
    model = load(model_path)
    given = Rows(model, model_path, path, drop, [target, *weights])
    batches, total = given.begun(), None
    with nullcontext() if plot is None else replacing(plot) as picture:
        for first, beside, X in batches:
            truth = _table.class_indices(beside[target], model.classes_, path, first, given.encoding.label_type)
            w = _table.weights(beside, weight, path, first)
            w = np.ones(truth.shape[0]) if w is None else w
            part = _evaluation.sums(model.predict_log_proba(X), truth, w)
            total = part if total is None else total + part
        assert total is not None
        _some_weight(total.weight > 0, path, weight)
        found = _evaluation.evaluation(total)
        if picture is not None:
            features = [str(name) for name in getattr(model, "feature_names_in_", range(model.n_features_in_))]
            _plot.draw(picture, kind, found, _reports.label_texts(model.classes_), features, model.coef_)
    _reports.evaluated(found, model.classes_, plot, console, as_json=as_json)


def inspect(model_path: str, console: Console, *, as_json: bool) -> None:
    """Say what a model file holds."""
    document = _model_file.document(model_path)
    model = load(model_path)
    size = Path(model_path).stat().st_size
    encoding = _encoding.of_model(model, model_path)
    _reports.inspected(model, document, encoding, size, console, as_json=as_json)
