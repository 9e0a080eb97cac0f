"""The first iterates of a fit come from float32, and what it says at its end does not."""

import numpy as np
import pytest
import scipy.sparse as sp
from tests.common import TIGHT, assert_same_model

from softreg import SoftmaxRegression, _rough
from softreg._blocks import Rows
from softreg._objective import Objective

N, D, K = 60, 7, 4


@pytest.fixture
def data(backend):
    """Rows with offsets and uneven columns, labels and weights."""
    if "float64" not in backend.floats:
        pytest.skip("float32 is all there is")
    random = np.random.default_rng(6)
    X = random.normal(size=(N, D)) * np.logspace(-1, 3, D) + np.arange(D)
    return X, random.integers(K, size=N), random.random(N)


@pytest.fixture(autouse=True)
def small_ones_too(monkeypatch):
    """Let a pass of any size be worth a copy."""
    monkeypatch.setattr(_rough, "WORTH", 0)


def an_objective(X, y, w=None, *, of=np.asarray, **more):
    """Make an objective of NumPy's arrays, in another library."""
    X = X if sp.issparse(X) else of(X)
    settings = {"l2": 1e-2, "centred": True} | more
    return Objective(Rows(X), of(y), K, w=None if w is None else of(w), **settings)


@pytest.mark.parametrize(
    ("more", "weighted"), [({}, False), ({"intercept": False}, True), ({"smoothing": 0.1}, True)], ids=str
)
def test_value_and_gradient(backend, data, weighted, more):
    """They are those of the objective to the digits of float32, in float64, and count half a pass."""
    X, y, w = data
    exact = an_objective(X, y, w if weighted else None, of=backend.asarray, **more)
    rough = _rough.rough(exact)
    theta = backend.asarray(np.random.default_rng(1).normal(size=(D + exact.intercept, K))) * exact.scale
    value, gradient = exact.value_and_gradient(theta)
    passes = exact.passes
    near, slope = rough.value_and_gradient(theta)
    assert exact.passes == passes + 0.5
    assert slope.dtype == gradient.dtype
    assert float(near) == pytest.approx(float(value), rel=1e-6)
    assert float(near) != float(value)
    error = backend.numpy(exact.scale * (slope - gradient))
    assert np.max(np.abs(error)) < 1e-5


def test_rows_of_probabilities_and_sparse_rows():
    """Targets that are probabilities are narrowed too; sparse rows stay sparse and keep their places."""
    random = np.random.default_rng(2)
    X, y = sp.random_array((N, D), density=0.4, format="csr", rng=random), random.dirichlet(np.ones(K), N)
    exact = an_objective(X, y)
    rough = _rough.rough(exact)
    assert rough.inner.rows.sparse
    assert rough.inner.rows.dtype == rough.inner.y.dtype == np.float32
    assert np.shares_memory(rough.inner.rows.X.indices, X.indices)
    theta = random.normal(size=(D + 1, K))
    for a, b in zip(rough.value_and_gradient(theta), exact.value_and_gradient(theta), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("change", "settings"),
    [
        (lambda X: X + 1e4 * X.std(axis=0), {}),
        (lambda X: sp.csr_array(X + 1e4 * X.std(axis=0)), {}),
        (lambda X: X + 1e4 * X.std(axis=0), {"centred": False, "intercept": False}),
        (lambda X: X * 1e20, {}),
        (lambda X: X * 1e-20, {}),
        (lambda X: np.hstack([X, np.full((N, 1), 1e39)]), {}),
        (lambda X: np.vstack([X[:-1], np.full((1, D), 1e39)]), {"w": np.arange(N)[::-1] * 1.0}),
        (lambda X: X.astype(np.float32), {}),
        (lambda X: X, {"offset": np.zeros((N, K))}),
    ],
    ids=[
        "far from 0",
        "sparse and far from 0",
        "without intercept and far from 0",
        "large",
        "small",
        "large constant",
        "large without weight",
        "float32",
        "offset",
    ],
)
def test_where_float32_would_not_do(data, change, settings):
    """Nothing is narrowed of which float32 would keep too little."""
    X, y, _ = data
    assert _rough.rough(an_objective(X, y)) is not None
    assert _rough.rough(an_objective(change(X), y, **settings)) is None


@pytest.mark.parametrize(("name", "value"), [("WORTH", 10**6), ("COPIED", 4 * N * D - 1)])
def test_where_it_does_not_pay(data, monkeypatch, name, value):
    """Small problems, whose passes cost next to nothing, and large X, whose copy does not, stay in float64."""
    X, y, _ = data
    monkeypatch.setattr(_rough, name, value)
    assert _rough.rough(an_objective(X, y)) is None


@pytest.mark.parametrize("settings", [TIGHT, {"tol": 0.1}, {"max_iter": 2}], ids=str)
@pytest.mark.filterwarnings("ignore:reached max_iter")
def test_the_end_is_exact(backend, data, monkeypatch, settings):
    """Wherever a fit ends, its evidence is that of float64; at the tightest tolerance so are the coefficients."""
    X, y, _ = data
    used = []
    look = _rough.Rough.value_and_gradient
    monkeypatch.setattr(_rough.Rough, "value_and_gradient", lambda *a: used.append(1) or look(*a))
    model = SoftmaxRegression(**settings).fit(backend.asarray(X), backend.asarray(y))
    assert used
    W, b = backend.numpy(model.coef_).T, backend.numpy(model.intercept_)
    exact = an_objective(X, y, l2=1 / N)
    value, gradient = exact.value_and_gradient(exact.join(W, b))
    assert model.optimality_["objective"] == pytest.approx(float(value), rel=1e-14)
    scaled = np.max(np.abs(exact.scale * gradient))
    assert model.optimality_["scaled_gradient"] == pytest.approx(float(scaled), rel=1e-9, abs=1e-12)
    if settings is TIGHT:
        assert np.max(np.abs(exact.scale * gradient)) < 1e-9
        monkeypatch.setattr(_rough, "WORTH", np.inf)
        other = SoftmaxRegression(**settings).fit(backend.asarray(X), backend.asarray(y))
        for fit in (model, other):
            fit.coef_, fit.intercept_ = backend.numpy(fit.coef_), backend.numpy(fit.intercept_)
        assert_same_model(model, other, rtol=1e-7)


@pytest.mark.parametrize("size", [1e39, 1e-50])
def test_weights_of_any_size(data, size):
    """Weights are looked at in units of their mean: all of them times a number is another C, and the same fit."""
    X, y, w = data
    fits = [SoftmaxRegression(C=1 / s).fit(X, y, s * w) for s in (1.0, size)]
    assert fits[0].optimality_["objective"] == pytest.approx(fits[1].optimality_["objective"], rel=1e-9)
    assert fits[1].converged_


def test_a_loose_tolerance_is_kept_too(random):
    """Where float32 sees nothing of what there is to learn, a fit does not end there."""
    s = random.choice([-1.0, 1.0], 3000)
    X = np.stack([1e7 + 0.4 * s, np.full(3000, 1e7)], axis=1)
    y = (s + random.normal(size=3000) > 0).astype(int)
    loose, tight = (SoftmaxRegression(C=10.0, fit_intercept=False, tol=tol).fit(X, y) for tol in (1e-2, 1e-8))
    assert loose.optimality_["objective"] - tight.optimality_["objective"] < 1e-2


def test_probabilities_count_in_the_size_of_the_copy(data, monkeypatch):
    """Rows of probabilities may be larger than X."""
    X, y, _ = data
    monkeypatch.setattr(_rough, "COPIED", 4 * N * (D + 1))
    assert _rough.rough(an_objective(X, y)) is not None
    assert _rough.rough(an_objective(X, np.eye(K)[y])) is None
