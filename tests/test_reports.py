"""What the commands print."""

import io
import re

import numpy as np
import pytest
from rich.console import Console

from softreg import _evaluation, _reports


def printed(labels, width, rows=5000):
    """Return what is printed of predictions that are wrong in all ways."""
    random = np.random.default_rng(0)
    K = len(labels)
    proba = random.dirichlet(np.ones(K), size=rows)
    found = _evaluation.evaluation(_evaluation.sums(np.log(proba), random.integers(0, K, size=rows), np.ones(rows)))
    out = io.StringIO()
    _reports.evaluated(found, np.asarray(labels), None, Console(file=out, width=width), as_json=False)
    return out.getvalue(), found


@pytest.mark.parametrize("width", [20, 80, 200])
@pytest.mark.parametrize("labels", [["a", "b"], [f"class number {k}" for k in range(20)], ["\u6f22\u5b57", "[b]x[/b]"]])
def test_no_count_is_lost(labels, width):
    """Every count of the confusion table stands there whole, whatever the width; lines are cut only between numbers."""
    text, found = printed(labels, width)
    table = text.split("(columns)\n")[1]
    bands = [band.splitlines() for band in table.split("\n\n")]
    counts = np.hstack([[re.findall(r"(?<=  )\d+(?=  |$)", row) for row in band[1:]] for band in bands])
    assert counts.astype(int).tolist() == found.confusion.tolist()
    for band in bands:
        assert "\u2026" not in "".join(band)
        assert len(band[0]) <= max(width, 40)
    assert all(label in table for label in labels)


def test_long_labels_differ():
    """Labels that differ in their ends do so in the tables too."""
    labels = [mark + "x" * 200 + mark for mark in "0123"]
    text, _ = printed(labels, 80)
    for mark in "0123":
        short = f"{mark}{'x' * 11}\u2026{'x' * 10}{mark}"
        assert text.count(short) >= 3
    assert max(map(len, text.splitlines())) <= 80


def test_shortened_labels_differ():
    """Labels that differ in what is left out have the numbers of their classes; others have none."""
    labels = ["a", *("x" * 20 + mark + "x" * 20 for mark in "012"), "z" * 40]
    text, _ = printed(labels, 200)
    first = [line.split("  ")[0] for line in text.split("\n\n")[1].splitlines()]
    short = f"{'x' * 12}\u2026{'x' * 11}"
    assert first == ["class", "a", f"{short} #2", f"{short} #3", f"{short} #4", f"{'z' * 12}\u2026{'z' * 11}"]
    assert text.count(f"{short} #3") == 3


def test_many_classes_are_told():
    """What is not printed is said to be elsewhere."""
    text, _ = printed([str(k) for k in range(60)], 80)
    assert "and 10 more; --json has all classes" in text
    assert "the confusion table of 60 classes is not printed" in text
