"""What the benchmarks report rests on: the same objective for all, a reference of their own, and no silent omission."""

from __future__ import annotations

import json
import sys
import time
import types

import fit
import gpu
import numpy as np
import pytest
import rightness
from contestants import FAMILIES, estimator, objective, relative_gap, why_not
from gap_plot import FLOOR, frontier
from gap_plot import plot as plot_gaps
from hard_problems import FAMILIES as HARD
from hard_problems import hard_problem
from problems import iris, problems
from reference import least_value

import softreg


def test_frontier_never_runs_backward():
    """A fit at a tighter tolerance that happened to be quicker must not bend the curve."""
    points = [(3.0, 1e-9), (1.0, 1e-2), (2.0, 1e-1), (1.5, 1e-4), (1.6, 1e-4), (4.0, 0.0), (0.5, 1.0)]
    assert frontier(points) == [(0.5, 1.0), (1.0, 1e-2), (1.5, 1e-4), (3.0, 1e-9), (4.0, FLOOR)]


@pytest.mark.parametrize("family", ["softreg", "lbfgs", "newton-cg", "newton-cholesky"])
def test_same_objective(family):
    """Whoever takes part minimises the objective that all are judged by."""
    same_objective(family, iris())


@pytest.mark.only("torch")
def test_same_objective_in_torch():
    """So does torch's L-BFGS, at either setting."""
    same_objective("torch L-BFGS", iris())


def test_same_objective_without_penalty():
    """MNLogit has no penalty, and its first class no parameters."""
    pytest.importorskip("statsmodels")
    random = np.random.default_rng(0)
    X = random.normal(0, [1, 5, 1], size=(500, 3))
    problem = iris()._replace(X=X, y=random.integers(4, size=500), C=np.inf)
    assert not why_not("MNLogit", problem)
    same_objective("MNLogit", problem)


def same_objective(family, problem):
    """Each variant of the family comes to the reference's value."""
    K, d = int(problem.y.max()) + 1, problem.X.shape[1]
    best, left = least_value(problem, np.zeros((K, d)), np.zeros(K))
    assert left < 1e-12
    for variant in FAMILIES[family].values():
        coef, intercept = variant(problem, 1e-7)
        assert coef.shape == (K, d)
        assert abs(relative_gap(objective(problem, coef, intercept), best)) < 1e-8


def test_objective_is_the_model_s():
    """With weights too, it is the value that softreg reports."""
    problem = hard_problem("weighted:1")
    model = estimator(problem, 1e-6)
    value = objective(problem, model.coef_, model.intercept_)
    np.testing.assert_allclose(value, model.optimality_["objective"], rtol=1e-10)


def test_why_not():
    """A peer that would need too large a matrix, or lacks the penalty, is left out with a reason."""
    problem = iris()
    assert "penalty" in why_not("MNLogit", problem)
    assert "4000 columns" in why_not("newton-cholesky", problem._replace(X=np.zeros((150, 2000)), y=np.arange(150) % 2))
    assert not why_not("newton-cholesky", problem)


@pytest.mark.parametrize("family", HARD)
def test_reference_is_the_minimum(family):
    """From zeros the reference comes to where softreg's tightest fit comes; neither knows of the other."""
    problem = hard_problem(f"{family}:0")
    model = estimator(problem, 0)
    value = objective(problem, model.coef_, model.intercept_)
    least, _ = least_value(problem, np.zeros_like(model.coef_), np.zeros_like(model.intercept_))
    assert abs(relative_gap(least, value)) < 1e-8


def test_hard_problems_are_what_they_say():
    """The same name is the same problem, another seed another, and the families are hard in their ways."""
    a, b, c = (hard_problem(name) for name in ("rare-classes:5", "rare-classes:5", "rare-classes:6"))
    np.testing.assert_array_equal(a.X, b.X)
    assert a.X.shape != c.X.shape
    counts = np.bincount(a.y)
    assert counts.min() >= 1
    assert counts[1:].max() <= 10
    few, copies = hard_problem("few-rows:3").X, hard_problem("collinear:3").X
    assert few.shape[0] < few.shape[1]
    assert np.linalg.matrix_rank(copies) < copies.shape[1] - 3


def test_verdict_sees_what_is_wrong(monkeypatch):
    """A fit that stops early is silently wrong without its warning, and an error is a failure too."""
    assert rightness.verdict("one-hot:1")[2] == ""

    def stopped(problem, tol):
        model = softreg.SoftmaxRegression(C=problem.C, tol=0.5).fit(problem.X, problem.y)
        assert model.converged_
        return model

    monkeypatch.setattr(rightness, "estimator", stopped)
    _, gap, wrong = rightness.verdict("one-hot:1")
    assert gap > 1
    assert wrong.count("SILENTLY WRONG") == 2

    def unfinished(problem, tol):
        return softreg.SoftmaxRegression(C=problem.C, max_iter=1).fit(problem.X, problem.y)

    monkeypatch.setattr(rightness, "estimator", unfinished)
    assert "reached max_iter" in rightness.verdict("one-hot:1")[2]
    monkeypatch.setattr(rightness, "estimator", lambda problem, tol: 1 / 0)
    assert rightness.verdict("one-hot:1")[1:] == (np.inf, "ZeroDivisionError: division by zero")


def test_cut_off():
    """What takes too long is interrupted; what does not, is not, then or later."""
    with pytest.raises(TimeoutError), fit.cut_off(0.01):
        time.sleep(5)
    with fit.cut_off(0.05):
        pass
    time.sleep(0.1)


def test_loosest_tolerance():
    """The first power of ten that reaches the gap; None, with the points so far, if the time is up before."""
    problem = iris()
    model = estimator(problem, 0)
    best = objective(problem, model.coef_, model.intercept_)
    newton = FAMILIES["newton-cholesky"][""]
    tol, points = fit.loosest(newton, problem, best, 60)
    gaps = [relative_gap(value, best) for _, value in points]
    at = fit.TOLERANCES.index(tol)
    assert gaps[at] <= fit.GAP < min(gaps[:at])
    tol, points = fit.loosest(lambda problem, tol: time.sleep(60), problem, best, 0.05)
    assert tol is None
    assert points == []


def test_table():
    """A ratio that is only a bound says so, and so does a fit of softreg's that misses the gap."""
    cells = dict.fromkeys(FAMILIES, "1 ms")
    result = {"name": "a", "size": "9 x 1, 2", "cells": cells, "ratio": 4.0, "reached": True, "right": True}
    text = fit.table([result, result | {"name": "b", "reached": False, "ratio": 1.0, "right": False}])
    assert "| a | 9 x 1, 2 | 1 ms |" in text
    assert "| > 1.0 |" in text
    assert "last column: 2.0; least: 1.00" in text
    assert text.endswith("softreg misses the gap on b.")


def test_plot(tmp_path):
    """PNG and SVG, with a curve for each solver that reached a point."""
    pytest.importorskip("matplotlib")
    curves = {"softreg": [(0.1, 1e-3), (0.2, 1e-9)], "lbfgs": [(0.3, 1e-3)], "MNLogit": []}
    plot_gaps({"some problem": curves}, 1e-6, str(tmp_path / "gaps.png"))
    assert (tmp_path / "gaps.png").read_bytes().startswith(b"\x89PNG")
    text = (tmp_path / "gaps.svg").read_text(encoding="utf-8")
    assert "some problem" in text
    assert "lbfgs" in text
    assert "MNLogit" not in text


def test_missing_data_are_reported(monkeypatch, tmp_path, capsys):
    """A problem whose files are not there is left out, and said to be."""
    monkeypatch.setattr("problems.FASHION", tmp_path)
    assert [problem.name for problem in problems(["fashion", "iris"])] == ["iris"]
    assert "fashion is left out" in capsys.readouterr().out


@pytest.mark.only("torch")
def test_gpu_benchmark_in_small(monkeypatch, tmp_path, capsys):
    """The same code as on a CUDA device runs here, and keeps what it measured."""
    monkeypatch.setattr(sys, "argv", ["gpu.py", "--device", "cpu", "--small", "--results", str(tmp_path)])
    gpu.main()
    (path,) = tmp_path.glob("gpu-cpu-small-*.json")
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert kept["versions"]["softreg"] == softreg.__version__
    assert kept["functions"]["error"] < 1e-5
    assert 0.8 < kept["probe"]["accuracy"] < 0.97
    for part, gap in ((kept["probe"], 1e-4), *((part, 1e-6) for part in kept["fashion"].values())):
        assert part["softreg"]["converged"]
        assert -1e-12 < part["softreg"]["gap"] <= gap
        assert part["torch"]["gap"] <= 2 * gap
        assert part["softreg"]["passes"] >= 2
        assert part["softreg"]["bytes_beside_X"] > 0
    assert "loss and gradient | softreg" in capsys.readouterr().out


def test_gpu_benchmark_says_what_is_missing(monkeypatch):
    """Without CuPy, or without a device, it ends with a sentence."""
    monkeypatch.setitem(sys.modules, "cupy", None)
    with pytest.raises(SystemExit, match="CuPy is not installed"):
        gpu.device("cuda")

    def none_there():
        raise RuntimeError("no CUDA-capable device is detected")

    runtime = types.SimpleNamespace(getDeviceCount=none_there, CUDARuntimeError=RuntimeError)
    monkeypatch.setitem(sys.modules, "cupy", types.SimpleNamespace(cuda=types.SimpleNamespace(runtime=runtime)))
    with pytest.raises(SystemExit, match="no CUDA device that CuPy can use"):
        gpu.device("cuda")
