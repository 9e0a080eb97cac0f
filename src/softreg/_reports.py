"""What the commands print: a few lines and tables, or one JSON object."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from rich.cells import cell_len
from rich.console import Console

from softreg._encoding import Encoding
from softreg._evaluation import Evaluation
from softreg._sentences import counted, short, shown

MAX_CONFUSION = 20  # classes of a table on a terminal
MAX_CLASSES = 50
MAX_NAMES = 20


def label_texts(labels: np.ndarray[Any, Any]) -> list[str]:
    """Return labels as they are written in a file."""
    return [_text(label) for label in labels.tolist()]


def _text(label: Any) -> str:
    if isinstance(label, bytes):
        return label.decode("utf-8", "backslashreplace")
    return str(label).lower() if isinstance(label, bool) else str(label)


def _json_labels(labels: np.ndarray[Any, Any]) -> list[Any]:
    return label_texts(labels) if labels.dtype.kind == "S" else labels.tolist()


def _print_json(value: dict[str, Any]) -> None:
    with _to_output():
        sys.stdout.write(json.dumps(_strict(value), indent=2, allow_nan=False) + "\n")
        sys.stdout.flush()


def _strict(value: Any) -> Any:
    """Return a value without infinities and NaN, which JSON does not know: they become text."""
    if isinstance(value, dict):
        return {_text(key): _strict(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(item) for item in value]
    if isinstance(value, bytes):
        return _text(value)
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _say(console: Console, line: str = "") -> None:
    with _to_output():
        console.print(shown(line), markup=False, highlight=False, soft_wrap=True)


@contextmanager
def _to_output() -> Iterator[None]:
    """Say of an error of writing what could not be written."""
    try:
        yield
    except OSError as error:
        raise type(error)(error.errno, error.strerror, "standard output") from None


def _ended(model: Any) -> str:
    return f"{model.optimality_['status']} after {counted(model.n_iter_, 'iteration')}"


def fitted(model: Any, rows: int, columns: int, out: str, console: Console, *, as_json: bool) -> None:
    """Report on a fit."""
    K, d = model.coef_.shape
    if as_json:
        evidence = {"converged": model.converged_, "iterations": model.n_iter_, "optimality": model.optimality_}
        sizes = {"rows": rows, "columns": columns, "features": d, "classes": K}
        _print_json({**sizes, **evidence, "out": out})
        return
    _say(console, f"{counted(rows, 'row')}, {counted(columns, 'column')}, {counted(d, 'feature')}, {K} classes")
    _say(console, _ended(model))
    _say(console, f"wrote {out}")


def written(rows: int, out: str, console: Console, *, as_json: bool) -> None:
    """Report on predictions."""
    if as_json:
        _print_json({"rows": rows, "out": out})
    else:
        _say(console, f"wrote {counted(rows, 'row')} to {out}")


def evaluated(
    found: Evaluation, classes: np.ndarray[Any, Any], plot: str | None, console: Console, *, as_json: bool
) -> None:
    """Report how good predictions are."""
    numbers = {name: getattr(found, name) for name in ("accuracy", "log_loss", "brier_score", "calibration_error")}
    if as_json:
        per_class = {name: values.tolist() for name, values in found.per_class.items()}
        confusion = None if found.confusion is None else found.confusion.tolist()
        labels = _json_labels(classes)
        report = {"rows": found.rows, **numbers, "labels": labels, "per_class": per_class, "confusion": confusion}
        _print_json(report | ({} if plot is None else {"plot": plot}))
        return
    _say(console, counted(found.rows, "row"))
    for name, value in numbers.items():
        _say(console, f"{name.replace('_', ' '):<18}{value:.4f}")
    names = short(map(shown, label_texts(classes)))
    _print_classes(console, found, names)
    if found.confusion is not None and len(names) <= MAX_CONFUSION:
        _print_confusion(console, found.confusion, names)
    elif found.confusion is not None:
        _say(console, f"the confusion table of {len(names)} classes is not printed; --json has it")
    if plot is not None:
        _say(console)
        _say(console, f"wrote {plot}")


def _print_classes(console: Console, found: Evaluation, names: list[str]) -> None:
    precision, recall, f1 = (
        [f"{x:.3f}" for x in found.per_class[name].tolist()] for name in ("precision", "recall", "f1")
    )
    columns = {
        "class": names,
        "precision": precision,
        "recall": recall,
        "F1": f1,
        "rows": found.per_class["rows"].tolist(),
    }
    _say(console)
    _print_columns(console, [[heading, *map(str, values[:MAX_CLASSES])] for heading, values in columns.items()])
    if len(names) > MAX_CLASSES:
        _say(console, f"and {len(names) - MAX_CLASSES} more; --json has all classes")


def _print_confusion(console: Console, counts: np.ndarray[Any, Any], names: list[str]) -> None:
    """Print the table, a few predicted classes at a time if the terminal is too narrow for all."""
    first = ["", *names]
    bands = [[first]]
    for name, column in zip(names, counts.T.tolist(), strict=True):
        cells = [name, *map(str, column)]
        if len(bands[-1]) > 1 and _width([*bands[-1], cells]) > console.width:
            bands.append([first])
        bands[-1].append(cells)
    _say(console)
    _say(console, "true class (rows) and predicted class (columns)")
    for number, band in enumerate(bands):
        if number:
            _say(console)
        _print_columns(console, band)


def _width(columns: list[list[str]]) -> int:
    return sum(max(map(cell_len, column)) + 2 for column in columns) - 2


def _print_columns(console: Console, columns: list[list[str]]) -> None:
    """Print texts, the first column to the left, the others to the right; none is cut, whatever the width."""
    widths = [_width([column]) for column in columns]
    for first, *others in zip(*columns, strict=True):
        cells = [first + " " * (widths[0] - cell_len(first))]
        cells += [" " * (width - cell_len(text)) + text for width, text in zip(widths[1:], others, strict=True)]
        _say(console, "  ".join(cells))


def inspected(
    model: Any, document: dict[str, Any], encoding: Encoding, size: int, console: Console, *, as_json: bool
) -> None:
    """Report what a model file holds."""
    K, d = model.coef_.shape
    parameters = model.get_params(deep=False)
    labels = model.classes_.dtype if encoding.label_type is None else encoding.label_type.base_type().__name__
    if as_json:
        _print_json(
            {
                "format": document["format"],
                "versions": document["versions"],
                "bytes": size,
                "classes": _json_labels(model.classes_),
                "class_dtype": model.classes_.dtype.str,
                "label_type": None if encoding.label_type is None else str(encoding.label_type),
                "features": list(getattr(model, "feature_names_in_", [])) or d,
                "dtype": model.coef_.dtype.name,
                "target": encoding.target,
                "categories": encoding.categories,
                "booleans": encoding.booleans,
                "ignored": encoding.ignored,
                "parameters": parameters | {"class_weight": str(parameters["class_weight"])}
                if isinstance(parameters["class_weight"], dict)
                else parameters,
                "converged": model.converged_,
                "iterations": model.n_iter_,
                "optimality": model.optimality_,
            }
        )
        return
    changed = {name: value for name, value in parameters.items() if value != type(model)().get_params()[name]}
    shown = [
        ("format", f"{document['format']}, {size} bytes, written by softreg {document['versions'].get('softreg')}"),
        ("classes", f"{K} ({labels}): {_few(label_texts(model.classes_))}"),
        ("features", f"{d}: {_few(encoding.columns())}" if encoding.numbers is not None else str(d)),
        *(("category", f"{name}: {_few(levels)}") for name, levels in encoding.categories.items()),
        ("target", encoding.target),
        ("left out", _few([name for name in encoding.ignored if name != encoding.target])),
        ("parameters", ", ".join(f"{name}={value!r}" for name, value in changed.items()) or "the defaults"),
        ("fit", f"{_ended(model)}, {model.coef_.dtype.name}"),
    ]
    for name, text in shown:
        if text:
            _say(console, f"{name:<12}{text}")


def _few(names: list[str]) -> str:
    return ", ".join(names[:MAX_NAMES]) + (f", and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else "")
