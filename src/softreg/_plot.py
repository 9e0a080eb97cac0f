"""The pictures of `softreg evaluate --plot`: confusion, reliability, largest coefficients."""

from __future__ import annotations

import os
import warnings
from typing import Any, BinaryIO

import matplotlib
import numpy as np
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from softreg._evaluation import Evaluation
from softreg._sentences import counted, short
from softreg.errors import InputError, warn

FORMATS = ("png", "pdf", "svg")
MAX_WRITTEN = 12  # classes up to which each cell shows its count
MAX_NAMED = 30  # classes up to which each is named; of more, one in two, or three, and so on
MAX_LEVEL = 36  # characters of all names, each as wide as the longest, up to which they stand side by side
SHOWN = 15  # coefficients


def file_format(path: str | os.PathLike[str]) -> str:
    """Return the format that a name asks for."""
    kind = os.path.splitext(os.fspath(path))[1].lstrip(".").lower()
    if kind not in FORMATS:
        raise InputError(f"{os.fspath(path)}: a picture is written as one of .{', .'.join(FORMATS)}.")
    return kind


def draw(file: BinaryIO, kind: str, found: Evaluation, labels: list[str], features: list[str], coef: Any) -> None:
    """Draw the report into a file."""
    shown = coef[1:] if _mirrored(coef) else coef
    largest = np.argsort(-np.abs(shown), axis=None, kind="stable")[:SHOWN][::-1]
    at = np.unravel_index(largest + coef.size - shown.size, coef.shape)
    labels, features = _short(labels), _short(features)
    names = [*(labels[k] for k in _ticks(labels)), *(labels[i] for i in at[0]), *(features[j] for j in at[1])]
    with matplotlib.rc_context({"font.family": _families(set("".join(names)))}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # one by one; all are told at once
        _draw(file, kind, found, labels, features, coef, at)


def _mirrored(coef: Any) -> bool:
    """Whether there are two classes, and the coefficients of one are those of the other with the sign turned."""
    return coef.shape[0] == 2 and np.allclose(coef[0], -coef[1], rtol=0, atol=1e-6 * np.abs(coef).max())


def _draw(
    file: BinaryIO, kind: str, found: Evaluation, labels: list[str], features: list[str], coef: Any, at: Any
) -> None:
    figure = Figure(figsize=(16, 6), layout=ConstrainedLayoutEngine(h_pad=0.15, w_pad=0.1))
    FigureCanvasAgg(figure)
    left, middle, right = figure.subplots(1, 3, width_ratios=(1.05, 0.9, 1.2))
    _confusion(figure, left, found, labels)
    _reliability(middle, found)
    _coefficients(right, labels, features, coef, *at)
    figure.suptitle(f"{counted(found.rows, 'row')}: accuracy {found.accuracy:.3f}, log-loss {found.log_loss:.3f}")
    figure.savefig(file, format=kind, dpi=120, bbox_inches="tight")  # else long names push others out


def _families(characters: set[str]) -> list[str]:
    """Return the usual fonts and as few installed ones as have the other characters; warn of what none has."""
    families = list(matplotlib.rcParams["font.family"])
    missing = {ord(character) for character in characters} - _has(font_manager.findfont(font_manager.FontProperties()))
    others = {font.name: font.fname for font in font_manager.fontManager.ttflist} if missing else {}
    # The font of last resort has a box for everything.
    found = {name: _has(path) for name, path in sorted(others.items()) if not name.startswith("Last Resort")}
    while any(missing & has for has in found.values()):
        families.append(max(found, key=lambda name: len(missing & found[name])))
        missing -= found[families[-1]]
    if missing:
        warn(
            f"no installed font has {', '.join(repr(chr(code)) for code in sorted(missing)[:5])}"
            f"{', ...' if len(missing) > 5 else ''}; the picture shows boxes. Install a font for that script.",
            UserWarning,
        )
    return families


def _has(path: str) -> set[int]:
    return set(font_manager.get_font(path).get_charmap())


def _short(texts: list[str]) -> list[str]:
    return [name.replace("$", r"\$") for name in short(map(_printable, texts))]  # else it starts a formula


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def _confusion(figure: Figure, axes: Axes, found: Evaluation, labels: list[str]) -> None:
    axes.set(title="Confusion", xlabel="predicted class", ylabel="true class")
    if found.confusion is None:
        axes.text(0.5, 0.5, f"{len(labels)} classes are too many", ha="center", transform=axes.transAxes)
        return
    counts = found.confusion
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    image = axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    figure.colorbar(image, ax=axes, label="share of the true class", shrink=0.8)
    ticks = _ticks(labels)
    names = [labels[k] for k in ticks]
    many = len(names) > MAX_WRITTEN
    size = 7 if many else None
    turned = 0 if max(map(len, names)) * len(names) <= MAX_LEVEL else 90 if many else 45
    ha, va = "right" if turned else "center", "center" if many else "top"
    axes.set_xticks(ticks, names, rotation=turned, rotation_mode="anchor", ha=ha, va=va, fontsize=size)
    axes.set_yticks(ticks, names, fontsize=size)
    if len(labels) <= MAX_WRITTEN:
        for (row, column), count in np.ndenumerate(counts):
            colour = "white" if share[row, column] > 0.5 else "black"
            axes.text(column, row, str(count), ha="center", va="center", color=colour)


def _ticks(labels: list[str]) -> range:
    return range(0, len(labels), -(-len(labels) // MAX_NAMED))


def _reliability(axes: Axes, found: Evaluation) -> None:
    bins = found.reliability
    axes.plot([0, 1], [0, 1], color="grey", linestyle="--", label="perfect")
    axes.plot(bins.confidence, bins.accuracy, marker="o", color="C0", label="model")
    share = bins.weight / bins.weight.sum()
    axes.bar(bins.confidence, share, width=0.03, color="C1", alpha=0.5, label="share of rows")
    axes.set(
        title=f"Reliability (calibration error {found.calibration_error:.3f})",
        xlabel="probability of the predicted class",
        ylabel="accuracy",
        xlim=(0, 1.02),
        ylim=(0, 1.02),
    )
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=3, frameon=False)  # below: it covers nothing


def _coefficients(axes: Axes, labels: list[str], features: list[str], coef: Any, rows: Any, columns: Any) -> None:
    values = coef[rows, columns]
    pairs = zip(rows, columns, strict=True)
    names = [f"{features[j]} \N{RIGHTWARDS ARROW} {labels[i]}" for i, j in pairs]
    axes.barh(range(len(values)), values, color=np.where(values > 0, "C0", "C3").tolist())
    axes.set_yticks(range(len(values)), names)
    axes.axvline(0, color="black", linewidth=0.8)
    other = f"; that of {labels[0]} is its negative" if _mirrored(coef) else ""
    axes.set(title="Largest coefficients\n(in units of their columns)", xlabel=f"coefficient{other}")
