"""Stochastic gradient descent is the public update, over and over."""

import numpy as np
import pytest
from common import IRIS_X, IRIS_Y, digits, here, within
from sklearn.exceptions import ConvergenceWarning

from softreg import SoftmaxRegression, estimator, gradient_step

WITHOUT_FLOAT64 = True


def test_sgd_epoch_is_a_loop_of_gradient_steps(monkeypatch):
    """One epoch is `gradient_step` over the batches of the shuffled rows."""
    seen = []
    real = estimator.sgd
    monkeypatch.setattr(
        estimator, "sgd", lambda *a, order, **k: real(*a, order=lambda: seen.append(order()) or seen[-1], **k)
    )
    parameters = {"learning_rate": 0.03, "batch_size": 32}
    with pytest.warns(ConvergenceWarning):
        model = SoftmaxRegression(solver="sgd", max_iter=1, random_state=0, C=0.5, **parameters).fit(IRIS_X, IRIS_Y)
    W, b = np.zeros((4, 3)), np.zeros(3)
    order = seen[0]
    assert sorted(order) == list(range(150))
    for first in range(0, 150, 32):
        batch = order[first : first + 32]
        W, b = gradient_step(W, b, IRIS_X[batch], IRIS_Y[batch], learning_rate=0.03, l2=1 / (0.5 * 150))
    np.testing.assert_allclose(model.coef_, W.T, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(model.intercept_, b, rtol=1e-12, atol=1e-14)


def test_partial_fit_is_a_loop_of_gradient_steps(backend, random):
    """partial_fit takes the rows as they come, batch after batch, call after call."""
    model = SoftmaxRegression(C=np.inf, learning_rate=0.03, batch_size=20)
    W, b = np.zeros((4, 3)), np.zeros(3)
    order = random.permutation(150)
    for call, rows in enumerate((order[:70], order[70:], order[:0])):
        X = here(backend, IRIS_X[rows]) if rows.size else backend.xp.zeros((0, 4), device=backend.device)
        y = here(backend, IRIS_Y[rows])
        assert model.partial_fit(X, y, classes=range(3) if call == 0 else None) is model
        for first in range(0, len(rows), 20):
            batch = rows[first : first + 20]
            W, b = gradient_step(W, b, IRIS_X[batch], IRIS_Y[batch], learning_rate=0.03)
    np.testing.assert_allclose(backend.numpy(model.coef_), W.T, rtol=within(backend, 1e-12), atol=1e-14)
    np.testing.assert_allclose(backend.numpy(model.intercept_), b, rtol=within(backend, 1e-12), atol=1e-14)
    assert model.n_iter_ == 2
    assert backend.numpy(model.classes_).tolist() == [0, 1, 2]


def test_empty_batch_changes_nothing():
    """F105: no rows leave the state as it is, be it none or some."""
    for model in (SoftmaxRegression(), SoftmaxRegression().partial_fit(IRIS_X, IRIS_Y, classes=range(3))):
        before = dict(vars(model))
        assert model.partial_fit(IRIS_X[:0], IRIS_Y[:0], classes=range(3)) is model
        assert vars(model) == before


def test_batch_of_one_class():
    """F106: a batch need not show all classes."""
    model = SoftmaxRegression().partial_fit(IRIS_X[:50], IRIS_Y[:50], classes=range(3))
    assert model.coef_.shape == (3, 4)
    assert model.score(IRIS_X[:50], IRIS_Y[:50]) == 1


@pytest.mark.parametrize("batch_size", [1, 150, 1000])
def test_batch_sizes(batch_size):
    """One row a step, and all rows in one step, both descend."""
    with pytest.warns(ConvergenceWarning, match="Raise max_iter or lower learning_rate"):
        model = SoftmaxRegression(solver="sgd", max_iter=5, batch_size=batch_size, random_state=0).fit(IRIS_X, IRIS_Y)
    assert model.optimality_["objective"] < np.log(3)
    assert model.n_iter_ == 5


def test_sgd_comes_near_the_minimum():
    """On standardised digits 100 epochs come within one percent of the minimum, the same for the same seed."""
    X, y = digits()
    best = SoftmaxRegression(C=0.01).fit(X, y)
    parameters = {"C": 0.01, "solver": "sgd", "random_state": 0, "learning_rate": 0.01}
    with pytest.warns(ConvergenceWarning):
        model = SoftmaxRegression(**parameters).fit(X, y)
    assert best.optimality_["objective"] <= model.optimality_["objective"] < 1.01 * best.optimality_["objective"]


def test_seed_decides():
    """Fits with one seed are bitwise equal, with two they differ; a RandomState goes on."""
    fits = []
    state = np.random.RandomState(0)
    for random in (0, 0, 1, state, state):
        with pytest.warns(ConvergenceWarning):
            fits.append(SoftmaxRegression(solver="sgd", max_iter=2, random_state=random).fit(IRIS_X, IRIS_Y).coef_)
    assert np.array_equal(fits[0], fits[1])
    assert np.array_equal(fits[0], fits[3])
    assert not np.array_equal(fits[0], fits[2])
    assert not np.array_equal(fits[3], fits[4])
