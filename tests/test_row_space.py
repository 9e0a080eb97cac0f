"""Fits of fewer rows than features are the same in the space of the rows and among the features."""

import numpy as np
import pytest
import scipy.sparse as sp
from tests.common import TIGHT, assert_same_model

from softreg import SoftmaxRegression, _minimum, _row_space

N, D, K = 30, 90, 3


@pytest.fixture
def data(backend):
    """Rows with offsets and uneven columns, one row twice, and labels with weights."""
    if "float64" not in backend.floats:
        pytest.skip("the comparison needs float64")
    random = np.random.default_rng(4)
    X = random.normal(size=(N, D)) * np.logspace(-0.5, 0.5, D) + np.arange(D) / D
    X[-1] = X[0]
    return X, random.integers(K, size=N), random.random(N)


def fitted(backend, X, y, w=None, *, settings, **more):
    """A fit, with NumPy arrays for parameters."""
    weights = None if w is None else backend.asarray(w)
    more = {name: backend.asarray(x) for name, x in more.items()}
    model = SoftmaxRegression(**settings).fit(backend.asarray(X), backend.asarray(y), weights, **more)
    model.coef_, model.intercept_ = backend.numpy(model.coef_), backend.numpy(model.intercept_)
    return model


def assert_same_minimum(model, other):
    """Compare values to rounding, and parameters as far as the columns determine them."""
    assert model.optimality_["objective"] == pytest.approx(other.optimality_["objective"], rel=1e-12)
    assert_same_model(model, other, rtol=1e-6)


@pytest.mark.parametrize(
    ("settings", "weighted"),
    [
        ({}, False),
        ({"fit_intercept": False}, True),
        ({"label_smoothing": 0.1}, True),
        ({"C": 100.0, "class_weight": "balanced"}, False),
    ],
    ids=str,
)
def test_the_same_minimum(backend, data, monkeypatch, settings, weighted):
    """With weights, an offset, smoothing and without intercept, the minimum is the same."""
    X, y, w = data
    offset = np.random.default_rng(5).normal(size=(N, K))
    used = []
    make = _row_space.RowSpace.minimised
    monkeypatch.setattr(_row_space.RowSpace, "minimised", lambda *a: used.append(1) or make(*a))
    inside = fitted(backend, X, y, w if weighted else None, settings=TIGHT | settings, offset=offset)
    assert used
    monkeypatch.setattr(_minimum, "row_space", lambda objective: None)
    among = fitted(backend, X, y, w if weighted else None, settings=TIGHT | settings, offset=offset)
    assert inside.converged_
    assert_same_minimum(inside, among)


def test_what_is_lost_is_found_again(backend, data, monkeypatch):
    """If the space of the rows is known badly, that is noticed, and the fit goes on among the features."""
    X, y, _ = data
    right = fitted(backend, X, y, settings=TIGHT)
    monkeypatch.setattr(_row_space, "RIDGE", 1e-2)
    rough = fitted(backend, X, y, settings={})
    assert rough.converged_
    assert rough.optimality_["objective"] - right.optimality_["objective"] <= 1e-6
    assert_same_minimum(fitted(backend, X, y, settings=TIGHT), right)


def test_warm_start(backend, data):
    """A fit that starts at the minimum has nothing to do."""
    X, y, _ = data
    X, y = backend.asarray(X), backend.asarray(y)
    model = SoftmaxRegression(warm_start=True).fit(X, y)
    steps = model.n_iter_
    assert model.fit(X, y).n_iter_ <= 1 < steps


def test_chosen_where_it_pays():
    """Not for as many rows as features, not without a penalty, and of sparse rows only for a few parameters."""
    from softreg._blocks import Rows
    from softreg._objective import Objective

    def chosen(X, l2=0.1, K=2):
        return _row_space.row_space(Objective(Rows(X), np.zeros(len(y), int), K, l2=l2, centred=True)) is not None

    X = np.random.default_rng(0).normal(size=(40, 400))
    y = X[:, 0]
    assert chosen(X)
    assert not chosen(X, l2=0)
    assert not chosen(X[:, :40])
    assert chosen(sp.csr_array(X))
    assert chosen(X, K=50)
    assert not chosen(sp.csr_array(X), K=50)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_rows_that_are_all_the_same(value):
    """They have no space of their own: the probabilities are the frequencies of the classes."""
    model = SoftmaxRegression(tol=1e-12).fit(np.full((5, 10), value), [0, 0, 0, 0, 1])
    np.testing.assert_allclose(model.predict_proba(np.full((1, 10), value))[0], [0.8, 0.2], rtol=1e-5)


@pytest.mark.parametrize("settings", [{}, {"fit_intercept": False}, {"C": 1000.0}], ids=str)
def test_sparse_rows(data, monkeypatch, settings):
    """Sparse rows span the same space, though they are not centred; with too many parameters they stay as they are."""
    X, y, w = data
    X = sp.csr_array(np.where(np.random.default_rng(6).random(X.shape) < 0.3, X, 0))
    offset = np.random.default_rng(5).normal(size=(N, K))
    used = []
    make = _row_space.RowSpace.minimised
    monkeypatch.setattr(_row_space.RowSpace, "minimised", lambda *a: used.append(1) or make(*a))
    sparse, dense = (SoftmaxRegression(**TIGHT | settings).fit(rows, y, w, offset=offset) for rows in (X, X.toarray()))
    assert len(used) == 2
    assert sparse.converged_
    assert_same_minimum(sparse, dense)
    again = SoftmaxRegression(**TIGHT | settings, warm_start=True).fit(X, y, w, offset=offset)
    assert_same_minimum(again.fit(X, y, w, offset=offset), dense)
    monkeypatch.setattr(_row_space, "MOST_PARAMETERS", N)
    among = SoftmaxRegression(**TIGHT | settings).fit(X, y, w, offset=offset)
    assert len(used) == 4
    assert_same_minimum(among, dense)
