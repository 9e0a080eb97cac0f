"""How much memory a fit takes, and refuses to take."""

import tracemalloc

import numpy as np
import pytest
import scipy.sparse as sp

from softreg import SoftmaxRegression, _memory


@pytest.mark.parametrize(("memory", "advice"), [(2**33, "solver='sgd'"), (2**30, "fewer features")])
def test_parameters_that_do_not_fit(monkeypatch, memory, advice):
    """F71: what is needed, what there is and what to do is said before anything is allocated."""
    monkeypatch.setattr(_memory, "of_machine", lambda: memory)
    model, X = SoftmaxRegression(), sp.csr_array((2000, 100_000))
    tracemalloc.start()
    expected = (
        rf"'lbfgs' would need 63\.3 GiB for 1000 classes x 100000 features, .* has {memory / 2**30} GiB; use {advice}"
    )
    with pytest.raises(MemoryError, match=expected):
        model.fit(X, np.arange(2000) % 1000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2e6
    assert not hasattr(model, "coef_")


def test_limits_of_a_process(monkeypatch):
    """A limit such as that of ulimit -v counts, if it is less than the machine has."""
    resource = pytest.importorskip("resource")
    for limit, memory in ((10**6, 10**6), (resource.RLIM_INFINITY, None), (10**18, None)):
        monkeypatch.setattr(resource, "getrlimit", lambda _, limit=limit: (limit, limit))
        assert (_memory.of_machine() == memory) if memory else (10**6 < _memory.of_machine() < 10**18)


@pytest.mark.parametrize(("n", "memory"), [(2**20, 2**30), (2**40, 2**60)])
def test_features_that_do_not_fit(monkeypatch, n, memory):
    """What is known not to fit, and what the system refuses, is one sentence."""
    monkeypatch.setattr(_memory, "of_machine", lambda: memory)
    with pytest.raises(MemoryError, match=rf"^f: {n} rows x 256 features need {n // 2**19}\.0 GiB, .* --drop"):
        _memory.zeros(n, 256, "f")


def test_parameters_that_fit_no_machine():
    """The limit is the machine's own."""
    with pytest.raises(MemoryError, match=r"solver 'lbfgs' would need \d+\.\d GiB for 1000 classes x 1000000000"):
        SoftmaxRegression().fit(sp.csr_array((2000, 10**9)), np.arange(2000) % 1000)


@pytest.mark.parametrize(("dtype", "C"), [("float32", 1.0), ("float64", np.inf)])
def test_a_fit_takes_a_few_vectors_of_the_rows(random, dtype, C):
    """Beside X there are vectors of length n and blocks of rows: neither logits of all rows nor a copy of X."""
    n, d, K = 180_000, 24, 24  # of float32, more than is copied into float64
    X = random.normal(size=(n, d)).astype(dtype)
    y = (X[:, :4] @ random.normal(size=(4, K)) + random.gumbel(size=(n, K))).argmax(axis=1)
    tracemalloc.start()
    SoftmaxRegression(C=C, tol=0.1).fit(X, y)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    vector, parameters = 8 * n, (d + 1) * K
    assert peak < 6 * vector + 6 * 8 * parameters**2 + 2**21
    assert peak < 24 * vector


def test_sparse_rows_stay_sparse(random):
    """A matrix that would need 80 GB as a dense one is fitted, predicted and updated in a few vectors."""
    X = sp.random_array((10_000, 1_000_000), density=1e-6, format="csr", rng=random)
    y = random.integers(0, 3, 10_000)
    tracemalloc.start()
    model = SoftmaxRegression(tol=1e-2).fit(X, y)
    model.predict_proba(X)
    model.partial_fit(X[:100], y[:100])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 85 * 8 * 3 * 1_000_000  # the solver's own
