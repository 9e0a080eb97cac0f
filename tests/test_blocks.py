"""Rows in blocks: every layout and every size of blocks gives the same fit."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.datasets import load_iris

from softreg import SoftmaxRegression

IRIS_X, IRIS_Y = load_iris(return_X_y=True)
TIGHT = {"tol": 1e-12}
for array in (IRIS_X, IRIS_Y):
    array.setflags(write=False)  # whoever writes to the caller's data fails


@pytest.fixture
def random():
    """Return random numbers that are the same in every run."""
    return np.random.default_rng(3)


def assert_same_model(model, other, rtol=1e-10):
    """Compare parameters, relative to their largest."""
    for name in ("coef_", "intercept_"):
        expected = np.asarray(getattr(other, name))
        np.testing.assert_allclose(getattr(model, name), expected, rtol=0, atol=rtol * np.max(np.abs(expected)))


@pytest.mark.parametrize("solver", ["lbfgs", "sgd"])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_memory_layout_does_not_matter(solver, tmp_path, random):
    """F15, F16: the bits of the fit are those of a C-ordered copy, also from read-only files and swapped bytes."""
    X = random.normal(size=(700, 30))
    y = random.integers(0, 3, 700)
    file = np.lib.format.open_memmap(tmp_path / "X.npy", "w+", X.dtype, X.shape)
    file[:] = X
    file.flush()
    wide = np.repeat(X, 2, axis=1)
    layouts = [np.asfortranarray(X), wide[:, ::2], X[::-1].copy()[::-1], X[:, ::-1].copy()[:, ::-1], X.astype(">f8")]
    layouts.append(np.load(tmp_path / "X.npy", mmap_mode="r"))
    parameters = {"solver": solver, "random_state": 0, "max_iter": 5}
    expected = SoftmaxRegression(**parameters).fit(X, y)
    for layout in layouts:
        layout.setflags(write=False)
        model = SoftmaxRegression(**parameters).fit(layout, y.astype(">i8"))
        assert np.array_equal(model.coef_, expected.coef_)
        assert np.array_equal(model.predict_proba(layout), expected.predict_proba(X))


@pytest.mark.parametrize("index", [np.int32, np.int64])
@pytest.mark.parametrize("kind", [sp.csr_array, sp.csc_array, sp.coo_array, sp.csr_matrix])
def test_sparse_is_dense(kind, index, monkeypatch, random):
    """F21: sparse data give the dense results, and never become dense on the way."""
    dense = random.normal(size=(150, 8)) * (random.random((150, 8)) < 0.3)
    X = kind(dense)
    for name in ("indices", "indptr"):
        if hasattr(X, name):
            setattr(X, name, getattr(X, name).astype(index))
    expected = SoftmaxRegression(**TIGHT).fit(dense, IRIS_Y)
    for cls in {type(X), sp.csr_array, sp.csr_matrix}:
        for name in ("toarray", "todense", "__array__"):
            monkeypatch.setattr(cls, name, None, raising=False)
    model = SoftmaxRegression(**TIGHT).fit(X, IRIS_Y)
    assert_same_model(model, expected, 1e-9)
    np.testing.assert_allclose(model.predict_proba(X), model.predict_proba(dense), rtol=1e-12)
    sgd = SoftmaxRegression()
    sgd.partial_fit(X, IRIS_Y, classes=range(3))
    assert_same_model(sgd, SoftmaxRegression().partial_fit(dense, IRIS_Y, classes=range(3)), 1e-12)


def test_sparse_duplicates_and_zeros(random):
    """Duplicates count as their sum, explicit zeros as zeros, and the user's matrix is left as it is."""
    row, column = random.integers(0, 150, 900), random.integers(0, 8, 900)
    values = random.normal(size=900) * (random.random(900) < 0.9)
    X = sp.coo_array((values, (row, column)), shape=(150, 8))
    unsorted = sp.csr_array(sp.csr_array(X.toarray()))
    unsorted.indices, unsorted.data = unsorted.indices[::-1].copy(), unsorted.data[::-1].copy()
    unsorted.indptr = (unsorted.nnz - unsorted.indptr[::-1]).astype(unsorted.indptr.dtype)  # rows in reverse
    expected = SoftmaxRegression(**TIGHT).fit(X.toarray(), IRIS_Y)
    assert_same_model(SoftmaxRegression(**TIGHT).fit(X, IRIS_Y), expected, 1e-9)
    backwards = SoftmaxRegression(**TIGHT).fit(unsorted, IRIS_Y[::-1])
    assert_same_model(backwards, expected, 1e-9)
    assert X.nnz == 900
