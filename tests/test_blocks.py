"""Rows in blocks: every layout and every size of blocks gives the same fit."""

import tracemalloc

import numpy as np
import pytest
import scipy.sparse as sp
from array_api_compat import array_namespace, device
from common import IRIS_Y, TIGHT, assert_same_model, here

from softreg import SoftmaxRegression, _blocks, core
from softreg._blocks import Rows
from softreg._objective import Objective

WITHOUT_FLOAT64 = True


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
    """F21: sparse data give the dense results, and are never made dense as a whole."""
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


@pytest.mark.parametrize(("offset", "C"), [(0.0, 1e4), (0.0, np.inf), (1e8, np.inf)])
def test_hard_sparse_columns(offset, C, random):
    """Sparse columns that go together, a weak penalty, a far offset: still the minimum, after few passes."""
    X = (
        sp.random_array((900, 60), density=0.2, rng=random)
        @ random.normal(size=(60, 12))
        @ random.normal(size=(12, 12))
    )
    X = np.where(random.random(X.shape) < 0.5, X, 0)
    X[:, 0] = random.normal(size=900) + offset
    y = ((X - X.mean(axis=0)) @ random.normal(size=(12, 3)) / 5 + random.gumbel(size=(900, 3))).argmax(axis=1)
    model, expected = (SoftmaxRegression(C=C, tol=tol).fit(A, y) for A, tol in ((sp.csr_array(X), 1e-6), (X, 1e-10)))
    np.testing.assert_allclose(model.predict_log_proba(X), expected.predict_log_proba(X), atol=2e-2)
    assert model.converged_
    assert model.optimality_["passes"] < 40


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


def test_slices_cover_the_rows_in_order(monkeypatch):
    """Blocks follow one another, none larger than the budget but for the fewest rows worth a product."""
    X = np.zeros((1000, 10))
    monkeypatch.setattr(_blocks, "HOST_BYTES", 100 * (10 + 2) * 8)
    assert [(part.start, part.stop) for part in Rows(X).slices(2)][::9] == [(0, 100), (900, 1000)]
    monkeypatch.setattr(_blocks, "HOST_BYTES", 1)
    assert [part.stop - part.start for part in Rows(X).slices(2)] == [_blocks.FEWEST_ROWS] * 15 + [40]
    assert list(Rows(np.zeros((0, 10))).slices(2)) == [slice(0, 0)]


@pytest.mark.parametrize("make", [np.asarray, np.asfortranarray, sp.csr_array, sp.csr_matrix])
def test_blocks_are_the_rows(make, random):
    """Blocks and chosen rows are those of the data; C-ordered and sparse blocks share the caller's memory."""
    dense = random.normal(size=(50, 6)) * (random.random((50, 6)) < 0.5)
    X = make(dense)
    rows = Rows(X)
    block, chosen = rows.block(slice(10, 20)), rows.take(np.array([7, 3, 3])).X
    values, kept = _blocks.stored(block), _blocks.stored(X)
    assert np.shares_memory(values, kept) == (make is not np.asfortranarray)
    if sp.issparse(block):
        block, chosen = block.toarray(), chosen.toarray()
    assert np.array_equal(block, dense[10:20])
    assert np.array_equal(chosen, dense[[7, 3, 3]])


def test_assembled(backend):
    """Results of blocks become one array of the library they come from, without rows or with many."""
    xp = backend.xp
    X = here(backend, np.arange(12.0).reshape(6, 2))
    parts = [slice(0, 4), slice(4, 6)]
    whole = _blocks.assembled(((part, X[part, :]) for part in parts), 6)
    assert array_namespace(whole) is array_namespace(X)
    assert device(whole) == device(X)
    assert bool(xp.all(whole == X))
    labels = np.array(["a", "bc"])[np.array([0, 1, 1, 0, 0, 1])]
    assert _blocks.assembled(((part, labels[part]) for part in parts), 6).tolist() == labels.tolist()


def test_assembled_where_arrays_cannot_be_written():
    """Arrays of JAX, which cannot be written to, are joined."""
    jnp = pytest.importorskip("jax.numpy")
    X = jnp.arange(12.0).reshape(6, 2)
    whole = _blocks.assembled(((part, X[part]) for part in (slice(0, 4), slice(4, 6))), 6)
    assert np.array_equal(whole, X)


@pytest.mark.parametrize("make", [np.asarray, sp.csr_array])
def test_each_block_is_read_once_a_pass(make, random, monkeypatch):
    """Value and gradient come from one reading of each block, and no block has all rows."""
    n = 1000
    monkeypatch.setattr(_blocks, "HOST_BYTES", 2**14)
    read, computed = [], []
    block, data_term = Rows.block, core.data_term
    monkeypatch.setattr(Rows, "block", lambda self, rows: read.append(rows.stop - rows.start) or block(self, rows))
    monkeypatch.setattr(core, "data_term", lambda z, *a, **k: computed.append(z.shape[0]) or data_term(z, *a, **k))
    problem = Objective(Rows(make(random.normal(size=(n, 5)))), random.integers(0, 3, n), 3, l2=0.1)
    problem.value_and_gradient(problem.zeros())
    assert sum(read) == sum(computed) == n
    assert max(computed) < n / 4


def test_blocks_of_a_fit_do_not_matter(random, monkeypatch):
    """Fit and predictions in small blocks are those in large ones, to rounding."""
    X, y = random.normal(size=(500, 5)), random.integers(0, 3, 500)
    large = SoftmaxRegression(**TIGHT).fit(X, y)
    proba, labels = large.predict_proba(X), large.predict(X)
    monkeypatch.setattr(_blocks, "HOST_BYTES", 1)
    small = SoftmaxRegression(**TIGHT).fit(X, y)
    assert_same_model(small, large)
    np.testing.assert_allclose(large.predict_proba(X), proba, rtol=1e-12)
    assert np.array_equal(large.predict(X), labels)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_logits_of_all_rows_never_exist(random):
    """A fit and a prediction of labels take a fraction of the memory of all logits."""
    n, K = 100_000, 60
    X, y = random.normal(size=(n, 3)), random.integers(0, K, n)
    all_logits = n * K * 8
    tracemalloc.start()
    model = SoftmaxRegression(max_iter=2).fit(X, y)
    assert tracemalloc.get_traced_memory()[1] < all_logits / 2
    tracemalloc.reset_peak()
    model.predict(X)
    assert tracemalloc.get_traced_memory()[1] < all_logits / 2
    tracemalloc.reset_peak()
    model.predict_proba(X)
    assert tracemalloc.get_traced_memory()[1] < 1.5 * all_logits
    tracemalloc.stop()
