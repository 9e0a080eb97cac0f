"""The errors of the public functions, held to their goals and to the records of `accuracy.json`."""

from __future__ import annotations

import json
import shutil

import accuracy
import mpmath
import pytest

WITHOUT_FLOAT64 = True
# Other processors have other vector instructions for exp, so their errors differ a little.
OTHER_PROCESSORS = 0.5
# A sum without goal is as wrong as it has few accumulators, which are as many as vectors are wide.
OTHER_VECTORS = 4
RECORDS = json.loads(accuracy.RECORDS.read_text(encoding="utf-8"))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def library_ways():
    """Return every way to call the functions, with the library it needs."""
    return [pytest.param(name, marks=pytest.mark.only(name.split(".")[0].split(",")[0])) for name in RECORDS]


@pytest.mark.filterwarnings("ignore:.*torch.jit.script_method.*:DeprecationWarning")  # torch's own, as it loads
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", library_ways())
def test_worst_errors(backend, name, dtype):
    """No function errs by more than its goal, nor by more than is on record."""
    if "compile" in name and not shutil.which("g++"):
        pytest.skip("torch.compile needs a C++ compiler")
    if dtype not in backend.floats:
        pytest.skip(f"{backend} has no {dtype}")
    way = accuracy.ways(backend.library)[name]
    worst = accuracy.measure(backend, dtype, way)
    allowed = {measure: error + OTHER_PROCESSORS for measure, error in RECORDS[name][dtype].items()}
    if way.has_goals:
        allowed = {measure: min(error, accuracy.goal(measure, dtype)) for measure, error in allowed.items()}
    else:
        allowed = {measure: OTHER_VECTORS * error for measure, error in allowed.items()}
    assert {measure: error for measure, error in worst.items() if error > allowed[measure]} == {}


def test_mpmath_agrees():
    """The exact results are those of mpmath, to twice the digits of a float."""
    z, _, true = accuracy.groups("float64")[2]
    with mpmath.workprec(2200):  # of the likeliest class, log S may be -exp(-1400)
        for row, logs in list(zip(z.tolist(), true["log_softmax"].tolist(), strict=True))[::10]:
            lse = mpmath.log(mpmath.fsum(mpmath.exp(x) for x in row))
            for x, (high, low) in zip(row, logs, strict=True):
                assert abs(mpmath.mpf(x) - lse - high - low) <= 2.0**-104 * abs(high) + 1e-300


def test_records_meet_the_goals():
    """No record that has a goal is above it."""
    above = {
        (name, dtype, measure): error
        for name, record in RECORDS.items()
        if "100,000" not in name  # torch.compile over so many classes has no goals
        for dtype, errors in record.items()
        for measure, error in errors.items()
        if error > accuracy.goal(measure, dtype)
    }
    assert above == {}


def test_the_page_shows_the_records():
    """The table of docs/accuracy.md is the one of the records."""
    page = accuracy.PAGE.read_text(encoding="utf-8")
    assert accuracy.renewed(page, RECORDS) == page


def test_the_measure_sees_an_error():
    """A result one unit off is an error of one, a zero where the truth is tiny is enormous, NaN is infinite."""
    import numpy as np

    true = np.array([[1.5, 0.0], [1e-20, 0.0]])
    assert accuracy.units(np.array([1.5 + 2**-52, 1e-20]), true, "float64") == 1.0
    assert accuracy.units(np.array([1.5, 0.0]), true, "float64") > 1e15
    assert accuracy.units(np.array([np.nan, 1e-20]), true, "float64") == np.inf
