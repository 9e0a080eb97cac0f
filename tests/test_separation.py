"""F57: no fit without penalty claims a minimum where there is none."""

import numpy as np
import pytest

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
    """One mislabelled row, and the optimum without penalty is finite, and found."""
    X, y = separable
    y = y.copy()
    y[0] = (y[0] + 1) % 3
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
