"""Moments of the columns."""

import numpy as np
import pytest
import scipy.sparse as sp

from softreg._blocks import Rows
from softreg._columns import columns
from softreg.errors import InputError


@pytest.fixture(name="X")
def five_columns():
    """Columns near and far from 0, wide and narrow, and two that are constant."""
    random = np.random.default_rng(3)
    return random.normal(size=(500, 5)) * [1, 1e-6, 1e3, 0, 0] + [0, 1e-3, 5e7, 7.3, 0]


@pytest.fixture(autouse=True)
def needs_float64(request):
    """Skip on a device without float64."""
    if "backend" in request.fixturenames and "float64" not in request.getfixturevalue("backend").floats:
        pytest.skip("the comparison needs float64")


@pytest.mark.parametrize("weighted", [False, True])
def test_against_numpy(backend, X, weighted):
    """Means and mean squares around them agree with NumPy's, and constant columns have no spread at all."""
    w = np.random.default_rng(4).random(500) if weighted else None
    count = 500.0 if w is None else float(w.sum())
    found = columns(
        Rows(backend.asarray(X)), None if w is None else backend.asarray(w), count, backend.xp.float64, centred=True
    )
    mean = np.average(X, axis=0, weights=w)
    np.testing.assert_allclose(backend.numpy(found.centre), mean, rtol=1e-12, atol=1e-16)
    spread = backend.numpy(found.spread)
    np.testing.assert_allclose(spread[:3], np.average((X - mean) ** 2, axis=0, weights=w)[:3], rtol=1e-9)
    assert spread[3:].tolist() == [0, 0]
    assert found.far


def test_near_columns_are_not_far(backend):
    """Columns whose means are like their spreads need no centring of blocks."""
    X = np.random.default_rng(3).normal(size=(100, 3)) + 5
    assert not columns(Rows(backend.asarray(X)), None, 100.0, backend.xp.float64, centred=True).far


def test_not_centred(backend, X):
    """Around 0 the spread is the mean square."""
    found = columns(Rows(backend.asarray(X)), None, 500.0, backend.xp.float64, centred=False)
    assert found.centre is None
    np.testing.assert_allclose(backend.numpy(found.spread), (X * X).mean(axis=0), rtol=1e-12)


@pytest.mark.parametrize("weighted", [False, True])
def test_sparse(X, weighted):
    """A sparse matrix has the moments of the dense one, of columns far from 0 too."""
    random = np.random.default_rng(4)
    X = np.column_stack([X, X[:, :3] * (random.random((500, 3)) < 0.2)])
    w = random.random(500) if weighted else None
    count = 500.0 if w is None else float(w.sum())
    sparse, dense = (columns(Rows(A), w, count, np.float64, centred=True) for A in (sp.csr_array(X), X))
    np.testing.assert_allclose(sparse.centre, dense.centre, rtol=1e-12, atol=1e-18)
    np.testing.assert_allclose(sparse.spread, dense.spread, rtol=1e-9)


def test_squares_of_single_precision_are_in_double():
    """float32 numbers whose squares would overflow or vanish have their moments all the same."""
    X = np.random.default_rng(0).normal(size=(50, 2)).astype("float32") * np.asarray([1e25, 1e-25], "float32")
    found = columns(Rows(X), None, 50.0, np.float64, centred=True)
    np.testing.assert_allclose(found.spread, X.astype(float).var(axis=0), rtol=1e-6)


@pytest.mark.parametrize(("factor", "word"), [(1e155, "large"), (1e-170, "small")])
def test_squares_out_of_range(factor, word):
    """A column that cannot be squared is named, not taken for a constant."""
    X = np.random.default_rng(0).normal(size=(50, 2)) * [1, factor]
    with np.errstate(all="ignore"), pytest.raises(InputError, match=f"column 1 of X are too {word} to be squared"):
        columns(Rows(X), None, 50.0, np.float64, centred=True)
    with np.errstate(all="ignore"), pytest.raises(InputError, match=f"in column 'b' are too {word}"):
        columns(Rows(X, ["a", "b"]), None, 50.0, np.float64, centred=True)


@pytest.mark.parametrize(("x", "large", "small", "word"), [(1.0, 1e200, 1e-200, "small"), (1e60, 1e200, 1.0, "large")])
def test_weights_too_far_apart(x, large, small, word):
    """Where numbers could be squared, but for their weights, the weights are blamed."""
    X, w = np.asarray([[0.0], [x], [0.0], [x]]), np.asarray([large, large if word == "large" else small] * 2)
    with np.errstate(all="ignore"), pytest.raises(InputError, match=f"^some weights are too {word}, .* column 0 of X"):
        columns(Rows(X), w, float(w.sum()), np.float64, centred=True)


@pytest.mark.parametrize("offset", [3e3, 3e4])
def test_offsets_in_many_single_precision_rows(offset):
    """Sums over many rows keep the digits that the numbers have: a column far from 0 is not taken for a constant."""
    X = (np.random.default_rng(0).normal(size=(200_000, 1)) + offset).astype(np.float32)
    found = columns(Rows(X), None, 2e5, np.float64, centred=True)
    np.testing.assert_allclose(found.spread, X.astype(float).var(axis=0), rtol=1e-6)
    np.testing.assert_allclose(found.centre, X.astype(float).mean(axis=0), rtol=1e-12)
    assert columns(Rows(np.full((200_000, 1), offset, np.float32)), None, 2e5, np.float64, centred=True).spread == 0
