"""F59, F61: dependent columns without penalty: the smallest coefficients, and a fit that converges."""

import numpy as np
import pytest
import scipy.sparse as sp

from softreg import SoftmaxRegression

WITHOUT_FLOAT64 = True


def labels(random, n=400):
    """Four columns, and labels that overlap."""
    X = random.normal(size=(n, 4))
    return X, (X @ random.normal(size=(4, 3)) + random.gumbel(size=(n, 3))).argmax(axis=1)


ADDED = {
    "copy": lambda X, random: X[:, :1],
    "copy in other units": lambda X, random: 1e-6 * X[:, 1:2] + 1e-5,
    "copy far away": lambda X, random: X[:, :1] + 1e3,
    "sum": lambda X, random: X[:, :2].sum(axis=1, keepdims=True),
    "all levels of a factor": lambda X, random: np.eye(3)[random.integers(0, 3, len(X))],
    "constant and copy": lambda X, random: np.column_stack([np.full(len(X), 7.0), X[:, 3]]),
}


def smallest(X, coef):
    """The coefficients of least norm that mean the same for centred X."""
    X = X - X.mean(axis=0)
    _, sizes, V = np.linalg.svd(X / X.std(axis=0).clip(1e-12), full_matrices=True)
    unseen = V[np.sum(sizes > 1e-4) :] / X.std(axis=0).clip(1e-12)
    unseen = unseen / np.abs(unseen).max(axis=1, keepdims=True)
    return coef - (unseen.T @ np.linalg.lstsq(unseen.T, coef.T)[0]).T


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ADDED)
def test_dependent_columns(backend, random, name, dtype):
    """The fit converges to the same probabilities as without the columns, with the smallest coefficients."""
    if dtype not in backend.floats:
        pytest.skip(f"the device has no {dtype}")
    X, y = labels(random)
    more = ADDED[name](X, random)
    wide = np.column_stack([X, more] if dtype == "float32" else [more, X])
    parameters = {"C": np.inf, "tol": 1e-10}
    model = SoftmaxRegression(**parameters).fit(backend.asarray(wide, dtype), backend.asarray(y))
    assert model.converged_
    single = dtype == "float32"
    coef = backend.numpy(model.coef_).astype(float)
    size = np.abs(coef).max()
    np.testing.assert_allclose(smallest(wide, coef), coef, atol=(1e-3 if single else 1e-7) * size)
    independent = np.column_stack([X, more[:, 1:]]) if more.shape[1] == 3 else X
    expected = SoftmaxRegression(**parameters).fit(independent, y).predict_proba(independent)
    found = backend.numpy(model.predict_proba(backend.asarray(wide, dtype)))
    np.testing.assert_allclose(found, expected, atol=1e-2 if single else 1e-6)


@pytest.mark.parametrize("fit_intercept", [True, False])
def test_sparse_and_weighted_is_dense(random, fit_intercept):
    """Sparse rows give what dense ones give; rows without weight do not count."""
    X, y = labels(random)
    levels = random.integers(0, 3, 400)
    X = np.column_stack([X, np.eye(3)[levels], X[:, 0] + (levels == 2)])
    X[-1, -1], w = 100.0, np.r_[np.ones(399), 0.0]
    parameters = {"C": np.inf, "fit_intercept": fit_intercept, "tol": 1e-12}
    dense, sparse = (SoftmaxRegression(**parameters).fit(Z, y, w) for Z in (X, sp.csr_array(X)))
    short = SoftmaxRegression(**parameters).fit(X[:-1], y[:-1])
    assert dense.converged_
    for model in (sparse, short):
        np.testing.assert_allclose(model.coef_, dense.coef_, atol=1e-5)
        np.testing.assert_allclose(model.intercept_, dense.intercept_, atol=1e-5)
    assert np.linalg.norm(smallest(X[:-1], dense.coef_) - dense.coef_) < 1e-6 or not fit_intercept


def test_more_columns_than_rows(random):
    """n < d, soft targets: the smallest coefficients, which lie in the space of the rows."""
    X, P = random.normal(size=(30, 80)), random.dirichlet(np.ones(3), 30)
    model = SoftmaxRegression(C=np.inf, tol=1e-12).fit(X, P)
    assert model.converged_
    np.testing.assert_allclose(model.predict_proba(X), P, atol=1e-5)
    np.testing.assert_allclose(smallest(X, model.coef_), model.coef_, atol=1e-9)


def test_almost_dependent_columns_are_told_apart(random):
    """A column of which a hundred-thousandth is its own keeps what it says."""
    X, y = labels(random)
    wide = np.column_stack([X, X[:, 0] + 1e-5 * X[:, 1]])[:, [0, 2, 3, 4]]
    expected, model = (SoftmaxRegression(C=np.inf, tol=1e-10).fit(Z, y) for Z in (X, wide))
    np.testing.assert_allclose(model.predict_proba(wide), expected.predict_proba(X), atol=1e-4)


def test_separated_by_a_column_behind_a_copy(random):
    """The column that a warning names is counted among all columns."""
    X, y = labels(random)
    telling = (y == 1) & (random.random(400) < 0.2)
    with pytest.warns(UserWarning, match="class 1, most of all by column 6"):
        SoftmaxRegression(C=np.inf).fit(np.column_stack([X, X[:, :2], telling]), y)
