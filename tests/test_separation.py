"""F57, F58: no fit without penalty claims a minimum where there is none."""

import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from scipy.optimize import linprog

from softreg import SoftmaxRegression
from softreg._separation import SeparationWarning


@pytest.fixture
def separable():
    """Three classes along one column, with gaps between them."""
    random = np.random.default_rng(0)
    y = np.arange(90) % 3
    return random.normal(size=(90, 3)) * 0.1 + np.stack([y, 0 * y, 0 * y], axis=1), y


def test_separable_without_penalty(backend, separable):
    """The fit says that there is no optimum, and does not count as converged."""
    X, y = separable
    X = backend.asarray(X, dtype="float32")
    with pytest.warns(SeparationWarning, match=r"linearly separable .* training loss \d.*Set C < inf"):
        model = SoftmaxRegression(C=np.inf).fit(X, backend.asarray(y))
    assert model.separated_
    assert not model.converged_
    assert np.all(np.isfinite(backend.numpy(model.coef_)))


def test_separable_with_penalty(separable):
    """With a penalty the optimum is finite, and found."""
    model = SoftmaxRegression(C=1e4).fit(*separable)
    assert model.converged_
    assert not model.separated_


def test_not_separable_without_penalty(separable):
    """A mislabelled row in each class, and the optimum without penalty is finite, and found."""
    X, y = separable
    y = y.copy()
    y[:3] = (y[:3] + 1) % 3
    model = SoftmaxRegression(C=np.inf).fit(X, y)
    assert model.converged_
    assert not model.separated_


def test_rows_without_weight_do_not_count(separable):
    """The mislabelled row is left out by its weight: separable again."""
    X, y = separable
    y = y.copy()
    y[0] = (y[0] + 1) % 3
    weights = np.ones(90)
    weights[0] = 0
    with pytest.warns(SeparationWarning):
        assert SoftmaxRegression(C=np.inf).fit(X, y, sample_weight=weights).separated_


# --- in part ----------------------------------------------------------------------------------------


def with_a_telling_column(random, n=300):
    """Three classes that overlap, and a last column that is 1 in some rows of class 1 alone."""
    y = random.integers(0, 3, n)
    return np.column_stack([random.normal(size=(n, 3)), (y == 1) & (random.random(n) < 0.2)]), y


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_one_class_apart(backend, random, dtype):
    """Two classes overlap, a third is far from both: coefficients grow for ever, which the fit says."""
    if dtype not in backend.floats:
        pytest.skip(f"the device has no {dtype}")
    X = random.normal(size=(250, 3))
    X[200:, 0] += 20
    y = np.repeat([0, 1, 2], [100, 100, 50])
    with pytest.warns(
        SeparationWarning, match=r"separable in part \(class \d, most of all by column 0 of X\) and there is"
    ):
        model = SoftmaxRegression(C=np.inf).fit(backend.asarray(X, dtype), backend.asarray(y))
    assert model.separated_
    assert not model.converged_


@pytest.mark.parametrize("tol", [1e-3, 1e-6, 0])
@pytest.mark.parametrize("sparse", [False, True])
def test_column_of_one_class(random, tol, sparse):
    """A column that only one class has, in rows of few, is named with its class; any tolerance finds it."""
    X, y = with_a_telling_column(random)
    if sparse:
        X = sp.csr_array(X)
    with pytest.warns(SeparationWarning, match=r"in part \(class 1, most of all by column 3 of X\)"):
        assert not SoftmaxRegression(C=np.inf, tol=tol).fit(X, y).converged_


def test_names_of_column_and_class(random):
    """A frame's column and a class of text are called by their names."""
    X, y = with_a_telling_column(random)
    with pytest.warns(SeparationWarning, match=r"\(class 'b', most of all by column 'd'\)"):
        SoftmaxRegression(C=np.inf).fit(pd.DataFrame(X, columns=list("abcd")), np.array(["a", "b", "c"])[y])


def test_offset_weights_and_probabilities(random):
    """Neither an offset nor other weights make an optimum, nor do sure rows among rows of probabilities."""
    X, y = with_a_telling_column(random)
    P = np.eye(3)[y]
    unsure = np.flatnonzero(X[:, 3] == 0)[:20]
    P[unsure] = [0.5, 0.25, 0.25]
    for target in (y, P):
        with pytest.warns(SeparationWarning):
            SoftmaxRegression(C=np.inf).fit(
                X, target, random.uniform(0.1, 3, len(y)), offset=random.normal(size=(len(y), 3))
            )


def test_an_optimum_after_all(random):
    """One row of another class with a little weight, smoothing, or a penalty, and the same fit has an optimum."""
    X, y = with_a_telling_column(random)
    P = np.eye(3)[y]
    P[np.argmax(X[:, 3])] = [0.25, 0.5, 0.25]
    for parameters, target in (({"C": 1e3}, y), ({"C": np.inf, "label_smoothing": 0.1}, y), ({"C": np.inf}, P)):
        model = SoftmaxRegression(**parameters).fit(X, target)
        assert model.converged_
        assert not model.separated_


@pytest.mark.parametrize("overlap", [1e-2, 1e-5])
def test_almost_separable(overlap):
    """Classes that overlap by very little have an optimum, which is found."""
    x = np.concatenate([np.linspace(-2, overlap, 40), np.linspace(-overlap, 2, 40)])[:, None]
    model = SoftmaxRegression(C=np.inf).fit(x, np.repeat([0, 1], 40))
    assert model.converged_
    assert not model.separated_
    assert np.max(model.coef_) > 5


def lacks_an_optimum(X, y):
    """The truth, by a linear program: the largest sum of gains of which none is negative, each at most 1."""
    X = np.column_stack([(X - X.mean(axis=0)) / np.maximum(X.std(axis=0), 1e-9), np.ones(len(X))])
    K = y.max() + 1
    other = np.array([(i, k) for i in range(len(X)) for k in range(K) if k != y[i]])
    choice = np.eye(K)[y[other[:, 0]]] - np.eye(K)[other[:, 1]]
    A = (choice[:, :, None] * X[other[:, 0], None, :]).reshape(len(other), -1)
    m, P = A.shape
    free, unit = [(None, None)] * P, [(0, 1)] * m
    found = linprog(
        np.r_[np.zeros(P), -np.ones(m)], np.c_[-A, np.eye(m)], np.zeros(m), bounds=free + unit, method="highs"
    )
    return found.x[P:].max() > 0.5


@pytest.mark.parametrize("block", range(4))
def test_agrees_with_a_linear_program(block):
    """On random small problems, of which many lack an optimum, each is told from the others."""
    told = {True: 0, False: 0}
    for seed in range(25 * block, 25 * block + 25):
        random = np.random.default_rng(seed)
        n, d, K = random.integers(5, 80), random.integers(1, 5), random.integers(2, 5)
        X = random.normal(size=(n, d))
        if seed % 3 == 1:
            X = np.round(X)
        elif seed % 3 == 2:
            X = (random.random((n, d)) < 0.3).astype(float)
        _, y = np.unique(
            (X @ random.normal(size=(d, K)) * (seed % 4) + random.gumbel(size=(n, K))).argmax(axis=1),
            return_inverse=True,
        )
        if y.max() == 0:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model = SoftmaxRegression(C=np.inf).fit(X, y)
        truth = lacks_an_optimum(X, y)
        assert model.separated_ == truth, seed
        assert model.converged_ != truth, seed
        told[truth] += 1
    assert min(told.values()) >= 5
