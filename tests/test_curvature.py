"""Approximations of the Hessian, against differences of the gradient and against each other."""

import tracemalloc
from functools import partial

import numpy as np
import pytest

from softreg import _curvature, _threads
from softreg._blocks import Rows
from softreg._curvature import Curvature
from softreg._objective import Objective


def problem(backend, *, weighted=False, intercept=True, centred=True, n=40, d=3, K=4):
    """Rows with offsets and uneven scales, as an objective, and parameters to look from."""
    if "float64" not in backend.floats:
        pytest.skip("the comparison needs float64")
    random = np.random.default_rng(7)
    X = random.normal(size=(n, d)) * [1.0, 10.0, 0.1] + [3.0, -2.0, 0.0]
    y = random.integers(K, size=n)
    w = backend.asarray(random.random(n) + 0.1) if weighted else None
    objective = Objective(
        Rows(backend.asarray(X)), backend.asarray(y), K, l2=0.03, w=w, intercept=intercept, centred=centred
    )
    return objective, backend.asarray(random.normal(size=objective.zeros().shape))


def by_differences(backend, objective, theta):
    """The Hessian in the solver's units by central differences, order (class, feature)."""
    (q, K), scale, columns = theta.shape, backend.numpy(objective.scale), []
    for k in range(K):
        for j in range(q):
            step = np.zeros((q, K))
            step[j, k] = 1e-6
            move = backend.asarray(step * scale)
            (_, up), (_, down) = (objective.value_and_gradient(theta + sign * move) for sign in (1, -1))
            columns.append(((backend.numpy(up) - backend.numpy(down)) * scale / 2e-6).T.ravel())
    return np.array(columns)


@pytest.fixture(
    params=[{"LONG": 1}, {"LONG": 100}, {"LONG": 100, "PRODUCT": 90}],
    ids=["by pairs of classes", "at once", "in parts"],
)
def way(request, monkeypatch):
    """Take each of the ways to a Hessian."""
    for name, value in request.param.items():
        monkeypatch.setattr(_curvature, name, value)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("settings", [{}, {"weighted": True}, {"intercept": False}, {"centred": False}], ids=str)
def test_hessian_of_all_rows(backend, settings):
    """From all rows it is the derivative of the gradient, less the last class and the penalty of what all share."""
    objective, theta = problem(backend, **settings)
    H = backend.numpy(Curvature(objective).hessian(theta, None, single=False))
    q, K = theta.shape
    shared = np.kron(np.ones((K, K)) / K, np.diag(backend.numpy(_curvature.penalty(objective))))
    expected = (by_differences(backend, objective, theta) - shared)[: (K - 1) * q, : (K - 1) * q]
    np.testing.assert_allclose(H, expected, atol=2e-7)
    assert np.linalg.eigvalsh(H)[0] > 0


@pytest.mark.usefixtures("way")
def test_hessian_in_single_precision(backend):
    """float32 gives the same Hessian to its own accuracy, with the ridge that this needs."""
    objective, theta = problem(backend)
    exact, single = (backend.numpy(Curvature(objective).hessian(theta, None, single=s)) for s in (False, True))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, exact, atol=8e-6)


@pytest.mark.parametrize(("room", "parts"), [(2**24, 6), (3000, 2), (1, 0)])
def test_threads_share_out_pairs_of_classes(backend, monkeypatch, room, parts):
    """They give the same bits, as many as there is memory for."""
    if backend.library != "numpy":
        pytest.skip("threads are NumPy's")
    objective, theta = problem(backend)
    monkeypatch.setattr(_curvature, "LONG", 1)
    alone = Curvature(objective).hessian(theta, None, single=False)
    shared = []

    def side_by_side(work, groups):
        shared.append(len(groups))
        return _threads.side_by_side(work, groups)

    monkeypatch.setattr(_curvature, "SHARED", 1)
    monkeypatch.setattr(_curvature, "ROOM", room)
    monkeypatch.setattr(_curvature, "side_by_side", side_by_side)
    token = _threads._workers.set(3)
    try:
        np.testing.assert_array_equal(Curvature(objective).hessian(theta, None, single=False), alone)
    finally:
        _threads._workers.reset(token)
    assert set(shared) == ({parts} if parts else set())


def test_kronecker_is_exact_at_the_start(backend):
    """At theta = 0 the mean class curvature times the Gram matrix, plus penalty, is the Hessian."""
    objective, _ = problem(backend)
    curvature, zero = Curvature(objective), objective.zeros()
    A, C = (backend.numpy(M) for M in (curvature.class_curvature(zero, None), curvature.gram()))
    K, q = A.shape[0], C.shape[0]
    differences = np.eye(K) - 1 / K
    product = np.kron(A, C) + np.kron(differences, np.diag(backend.numpy(curvature.penalty())))
    H = backend.numpy(curvature.hessian(zero, None, single=False))
    np.testing.assert_allclose(H, product[: (K - 1) * q, : (K - 1) * q], atol=1e-12)


def test_sample_is_unbiased(backend):
    """The mean over samples that share the rows out is the Hessian of all rows."""
    objective, theta = problem(backend)
    curvature, n = Curvature(objective), objective.n_rows
    parts = [backend.asarray(np.arange(first, n, 4)) for first in range(4)]
    mean = sum(backend.numpy(curvature.hessian(theta, part, single=False)) for part in parts) / 4
    full = backend.numpy(curvature.hessian(theta, None, single=False))
    np.testing.assert_allclose(mean, full, atol=1e-12)


@pytest.mark.parametrize("settings", [{}, {"weighted": True}], ids=str)
def test_all_rows_named_or_not(backend, settings):
    """A sample that names all rows is that of all rows, with their weights and offsets."""
    objective, theta = problem(backend, **settings)
    objective.offset = backend.asarray(np.random.default_rng(3).normal(size=(objective.n_rows, objective.n_classes)))
    curvature, index = Curvature(objective), backend.asarray(np.arange(objective.n_rows))
    for found in (curvature.class_curvature, partial(curvature.hessian, single=False)):
        named, unnamed = (backend.numpy(found(theta, rows)) for rows in (index, None))
        np.testing.assert_allclose(named, unnamed, atol=1e-14)


@pytest.mark.parametrize("settings", [{}, {"weighted": True}, {"intercept": False}, {"centred": False}], ids=str)
def test_diagonal(backend, settings):
    """The diagonal alone, by the parameters themselves, is that of the derivative of the gradient."""
    objective, theta = problem(backend, **settings)
    scale = backend.numpy(objective.scale)
    expected = np.diag(by_differences(backend, objective, theta)).reshape(theta.shape[::-1]).T / scale**2
    found = backend.numpy(Curvature(objective).diagonal(theta))
    np.testing.assert_allclose(found * scale**2, expected * scale**2, atol=2e-7)


@pytest.mark.parametrize(("d", "K"), [(200, 12), (20, 110)], ids=["by pairs of classes", "in parts"])
def test_the_hessian_is_all_the_memory(random, d, K):
    """Beside the Hessian there are blocks of rows, and of what is added to it, however large it is."""
    X, y = random.normal(size=(300, d)), np.arange(300) % K
    objective = Objective(Rows(X), y, K, l2=0.1, centred=True)
    curvature, theta = Curvature(objective), objective.zeros()
    tracemalloc.start()
    H = curvature.hessian(theta, None, single=False)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert H.nbytes > 3e7
    np.testing.assert_allclose(H, H.T, atol=1e-12)
    assert np.linalg.eigvalsh(H)[0] > 0
    assert peak < H.nbytes + 2**24 + 2**22
