"""Different words for the same problem have the same fit, with every solver."""

import numpy as np
import pytest
from common import assert_same_model

from softreg import SoftmaxRegression

# All rows in one batch: then stochastic gradient descent goes to the minimum too.
EVERY = {"lbfgs": {"tol": 0}, "sgd": {"tol": 1e-20, "learning_rate": 0.5, "batch_size": 10**6, "max_iter": 3000}}
N, K = 60, 3


@pytest.fixture(params=EVERY)
def fitted(request):
    """Fit with one of the solvers, to well below what is compared."""

    def fit(X, y, sample_weight=None, *, offset=None, **parameters):
        model = SoftmaxRegression(solver=request.param, **EVERY[request.param], **parameters)
        return model.fit(X, y, sample_weight, offset=offset)

    return fit


@pytest.fixture(name="X")
def rows(random):
    """Columns of one size."""
    return random.normal(size=(N, 2))


@pytest.fixture(name="y")
def labels(random):
    """Labels that say little, of which each occurs."""
    return random.permutation(np.arange(N) % K)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
class TestEquivalences:
    """Pairs of calls."""

    def test_weight_is_repetition(self, fitted, X, y, random):
        """A weight of two is a row twice, of zero none."""
        w = random.integers(0, 3, N)
        assert_same_model(fitted(X, y, w), fitted(np.repeat(X, w, axis=0), np.repeat(y, w)), 1e-8)

    def test_probabilities_are_weighted_copies(self, fitted, X, y, random):
        """A row of probabilities is a copy of the row for each class, weighted by its probability."""
        P = random.dirichlet(np.ones(K), N)
        copies = fitted(np.repeat(X, K, axis=0), np.tile(np.arange(K), N), P.ravel())
        assert_same_model(fitted(X, P), copies, 1e-8)

    def test_labels_are_sure_probabilities(self, fitted, X, y):
        """A label is the probability 1."""
        assert_same_model(fitted(X, y), fitted(X, np.eye(K)[y]), 1e-8)

    def test_smoothing_is_a_mixed_target(self, fitted, X, y):
        """Smoothing mixes labels with the same probability for all classes."""
        assert_same_model(fitted(X, y, label_smoothing=0.3), fitted(X, 0.7 * np.eye(K)[y] + 0.1), 1e-8)

    def test_class_weight_is_a_weight(self, fitted, X, y):
        """The factor of a class is the weight of its rows."""
        assert_same_model(fitted(X, y, class_weight={0: 3.0, 2: 0.5}), fitted(X, y, np.array([3, 1, 0.5])[y]), 1e-8)

    def test_offset_is_a_column_with_fixed_coefficients(self, fitted, X, y):
        """A column whose coefficients are held at their optimum leaves the others at theirs."""
        free = fitted(X, y, C=np.inf)
        fixed = fitted(X[:, :1], y, C=np.inf, offset=X[:, 1:] * free.coef_[:, 1])
        np.testing.assert_allclose(fixed.coef_[:, 0], free.coef_[:, 0], atol=1e-8)
        np.testing.assert_allclose(fixed.intercept_, free.intercept_, atol=1e-8)

    def test_all_at_once(self, fitted, X, y, random):
        """Weights, class weights, smoothing and an offset together, against copies with an offset each."""
        w, offset = random.uniform(0.5, 2, N), random.normal(size=(N, K))
        factor = np.array([2.0, 1, 0.5])
        model = fitted(X, y, w, offset=offset, class_weight={0: 2.0, 2: 0.5}, label_smoothing=0.3)
        P = 0.7 * np.eye(K)[y] + 0.1
        copies = fitted(
            np.repeat(X, K, axis=0),
            np.tile(np.arange(K), N),
            (P * (w * factor[y])[:, None]).ravel(),
            offset=np.repeat(offset, K, axis=0),
        )
        assert_same_model(model, copies, 1e-8)
