"""The objective of a fit against the public functions, whose derivatives are proved."""

import numpy as np
import pytest
import scipy.sparse as sp
from common import here, within
from hypothesis import given, settings
from hypothesis import strategies as st

from softreg import _blocks, cross_entropy, loss_and_gradient
from softreg._blocks import Rows
from softreg._objective import Objective, logits

WITHOUT_FLOAT64 = True

N, D, K = 90, 4, 3


def data(seed=0):
    """Return X, labels, probabilities, weights and offsets."""
    random = np.random.default_rng(seed)
    return (
        random.normal(size=(N, D)) + np.arange(D),
        random.integers(0, K, N),
        random.dirichlet(np.ones(K), N),
        random.uniform(0, 2, N) * (random.random(N) < 0.9),
        random.normal(size=(N, K)),
    )


def parameters(seed=1):
    """Return W and b."""
    random = np.random.default_rng(seed)
    return random.normal(size=(D, K)), random.normal(size=K)


def on(backend, *arrays):
    """Return the arrays in the library under test."""
    return [None if a is None else here(backend, a) for a in arrays]


@pytest.mark.parametrize("centred", [False, True])
@pytest.mark.parametrize("intercept", [False, True])
@pytest.mark.parametrize("soft", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_value_and_gradient_are_the_public_ones(backend, centred, intercept, soft, weighted):
    """In W and b, the objective has the value of `loss_and_gradient`, and its derivative in any direction."""
    X, y, P, w, _ = data()
    y, w = P if soft else y, w if weighted else None
    W, b = parameters()
    b = b if intercept else np.zeros(K)
    X_here, y_here, w_here, W_here, b_here = on(backend, X, y, w, W, b)
    problem = Objective(Rows(X_here), y_here, K, l2=0.1, w=w_here, intercept=intercept, centred=centred)
    theta = problem.join(W_here, b_here)
    value, gradient = problem.value_and_gradient(theta)
    expected, dW, db = loss_and_gradient(W, b, X, y, l2=0.1, sample_weight=w)
    assert float(value) == pytest.approx(float(expected), rel=within(backend, 1e-13))
    assert gradient.shape == theta.shape
    vW, vb = parameters(2)
    vb = vb if intercept else np.zeros(K)
    slope = float(backend.xp.sum(gradient * problem.join(*on(backend, vW, vb))))
    assert slope == pytest.approx(np.sum(dW * vW) + np.sum(db * vb), rel=within(backend, 1e-11))


def test_split_undoes_join(backend):
    """The parameters that a solver sees are W and b in another form."""
    X, y, *_ = data()
    for centred in (False, True):
        problem = Objective(Rows(here(backend, X)), here(backend, y), K, l2=0, centred=centred)
        W, b = parameters()
        W_back, b_back = problem.split(problem.join(*on(backend, W, b)))
        np.testing.assert_allclose(backend.numpy(W_back), W, rtol=within(backend, 1e-14))
        np.testing.assert_allclose(backend.numpy(b_back), b, rtol=within(backend, 1e-13), atol=within(backend, 1e-13))
        assert problem.zeros().shape == problem.join(W_back, b_back).shape


def test_offset_and_smoothing(backend):
    """Offsets are added to the logits, smoothing is a mixed target."""
    X, y, _, w, offset = data()
    W, b = parameters()
    for target in (y, np.eye(K)[y]):
        X_here, y_here, w_here, offset_here, *model = on(backend, X, target, w, offset, W, b)
        problem = Objective(Rows(X_here), y_here, K, l2=0, w=w_here, offset=offset_here, smoothing=0.2)
        value, _ = problem.value_and_gradient(problem.join(*model))
        losses = cross_entropy(X @ W + b + offset, 0.8 * np.eye(K)[y] + 0.2 / K)
        assert float(value) == pytest.approx(np.sum(w * losses) / np.sum(w), rel=within(backend, 1e-13))


@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1), size=st.integers(1, N))
def test_batches_are_unbiased(seed, size):
    """The batch gradients of one epoch, weighted by their sizes, average to the gradient of all rows."""
    X, _, P, w, offset = data(seed)
    problem = Objective(Rows(X), P, K, l2=0.3, w=w, offset=offset, smoothing=0.1)
    theta = problem.join(*parameters(seed))
    _, expected = problem.value_and_gradient(theta)
    order = np.random.default_rng(seed).permutation(N)
    total = 0
    for first in range(0, N, size):
        index = order[first : first + size]
        total = total + len(index) / N * problem.batch_gradient(theta, index)
    np.testing.assert_allclose(total, expected, rtol=1e-11, atol=1e-13)


def test_passes_count_readings(backend):
    """A value with its gradient is one pass over the rows, a batch its share of one."""
    X, y = on(backend, *data()[:2])
    problem = Objective(Rows(X), y, K, l2=0)
    problem.value_and_gradient(problem.zeros())
    assert problem.passes == 1
    problem.batch_gradient(problem.zeros(), here(backend, np.arange(N // 3)))
    assert problem.passes == pytest.approx(4 / 3)


@pytest.mark.parametrize("make", [np.asarray, sp.csr_array])
def test_size_of_blocks_does_not_matter(make, monkeypatch):
    """Sums over many small blocks are those over one, to rounding."""
    X, y, _, w, _ = (np.concatenate([part] * 5) for part in data())
    rows = Rows(make(X))
    theta = None
    results = []
    for budget in (2**20, 2**15, 1):
        monkeypatch.setattr(_blocks, "HOST_BYTES", budget)
        problem = Objective(rows, y, K, l2=0.1, w=w, centred=True)
        theta = problem.join(*parameters()) if theta is None else theta
        results.append(problem.value_and_gradient(theta))
    for value, gradient in results[1:]:
        assert float(value) == pytest.approx(float(results[0][0]), rel=1e-13)
        np.testing.assert_allclose(gradient, results[0][1], rtol=1e-11, atol=1e-13)


def test_sums_are_wider_than_the_data(monkeypatch):
    """F98: with float32 rows the sum over blocks is in float64: many small blocks lose nothing."""
    monkeypatch.setattr(_blocks, "HOST_BYTES", 1)
    n, few, heavy = 20 * _blocks.FEWEST_ROWS, _blocks.FEWEST_ROWS, 2.0**30
    X, y, w = np.ones((n, 1), dtype=np.float32), np.zeros(n, dtype=np.int64), np.ones(n, dtype=np.float32)
    y[:few], w[:few] = 1, heavy  # beside these rows, float32 would lose all others
    problem = Objective(Rows(X), y, 2, l2=0, w=w)
    value, gradient = problem.value_and_gradient(problem.zeros())
    assert value.dtype == gradient.dtype == np.float64
    assert float(value) == pytest.approx(np.log(2), rel=1e-7)
    half = (few * heavy - (n - few)) / (few * heavy + (n - few)) / 2
    np.testing.assert_allclose(gradient, [[half, -half]] * 2, rtol=1e-12)


def test_logits(backend, monkeypatch):
    """Logits come block by block, and are X W' + b."""
    monkeypatch.setattr(_blocks, "HOST_BYTES", 1)
    monkeypatch.setattr(_blocks, "DEVICE_BYTES", 1)
    X = data()[0]
    W, b = parameters()
    parts = list(logits(Rows(here(backend, X)), here(backend, W.T), here(backend, b)))
    assert [(part.start, part.stop) for part, _ in parts] == [(0, 64), (64, 90)]
    np.testing.assert_allclose(
        np.concatenate([backend.numpy(z) for _, z in parts]),
        X @ W + b,
        rtol=within(backend, 1e-13),
        atol=within(backend, 1e-13),
    )
