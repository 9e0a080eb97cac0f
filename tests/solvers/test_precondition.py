"""Preconditioners, against the inverse of the Hessian they approximate, and the choice among them."""

import weakref

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.datasets import load_digits

from softreg import SoftmaxRegression, _minimum
from softreg._blocks import Rows
from softreg._curvature import Curvature
from softreg._objective import Objective
from softreg.solvers import precondition
from softreg.solvers.precondition import (
    Preconditioner,
    basis,
    dense,
    diagonal,
    first_diagonal,
    kronecker,
    positive_definite_solver,
)


def curvature_of(backend, n=60, d=3, K=4, l2=0.05):
    """Curvature of a small problem with columns of very different scales."""
    if "float64" not in backend.floats:
        pytest.skip("the comparison needs float64")
    random = np.random.default_rng(1)
    X = random.normal(size=(n, d)) * np.logspace(-4, 4, d)
    objective = Objective(Rows(backend.asarray(X)), backend.asarray(random.integers(K, size=n)), K, l2=l2, centred=True)
    return Curvature(objective), objective


def all_rows(backend, curvature):
    """Every row's index."""
    return backend.asarray(np.arange(curvature.n_rows))


def zero_sum(backend, shape, seed=2):
    """A random array whose rows, over the classes, sum to 0, like every gradient."""
    v = np.random.default_rng(seed).normal(size=shape)
    return backend.asarray(v - v.mean(axis=1, keepdims=True))


def test_kronecker_and_dense_agree_at_the_start(backend):
    """At theta = 0 both are the inverse of the Hessian."""
    curvature, objective = curvature_of(backend)
    zero, index = objective.zeros(), all_rows(backend, curvature)
    v = zero_sum(backend, zero.shape)
    found = [
        backend.numpy(inverse.times(v))
        for inverse in (
            kronecker(curvature, basis(curvature), zero, index),
            dense(curvature, zero, index, single=False),
        )
    ]
    np.testing.assert_allclose(found[0], found[1], rtol=1e-6)


def test_dense_gives_the_newton_step(backend):
    """From theta near the minimum, one Newton step squares the error."""
    curvature, objective = curvature_of(backend, l2=1.0)
    theta, index = objective.zeros(), all_rows(backend, curvature)
    sizes = []
    for _ in range(6):
        _, gradient = objective.value_and_gradient(theta)
        sizes.append(float(np.max(np.abs(backend.numpy(objective.scale * gradient)))))
        theta = theta - dense(curvature, theta, index, single=False).times(gradient)
    assert sizes[-1] < 1e-12


@pytest.mark.parametrize(
    "make",
    [
        lambda c, t, i: kronecker(c, basis(c), t, i),
        lambda c, t, i: dense(c, t, i, single=True),
        lambda c, t, i: diagonal(c, t),
    ],
    ids=["kronecker", "dense", "diagonal"],
)
def test_positive_definite_and_symmetric(backend, make):
    """At any theta, u'Hv = v'Hu and v'Hv > 0 for the approximate inverse H."""
    curvature, objective = curvature_of(backend)
    theta = backend.asarray(3 * np.random.default_rng(5).normal(size=objective.zeros().shape)) * objective.scale
    times, _ = make(curvature, theta, all_rows(backend, curvature))
    u, v = (zero_sum(backend, theta.shape, seed) / objective.scale for seed in (2, 3))
    uHv, vHu, vHv = (float(np.sum(backend.numpy(a * times(b)))) for a, b in ((u, v), (v, u), (v, v)))
    assert vHv > 0
    assert uHv == pytest.approx(vHu, rel=1e-4)


def test_first_diagonal_multiplies_by_squared_scale(backend):
    """The diagonal is exact where the Hessian is."""
    _, objective = curvature_of(backend)
    v = zero_sum(backend, objective.zeros().shape)
    expected = backend.numpy(objective.scale) ** 2 * backend.numpy(v)
    np.testing.assert_allclose(backend.numpy(first_diagonal(objective.scale).times(v)), expected)


def test_diagonal_at_the_start_is_the_first(backend):
    """At theta = 0, with no penalty, the Hessian's diagonal is what the scale comes from."""
    curvature, objective = curvature_of(backend, l2=0.0)
    v = zero_sum(backend, objective.zeros().shape)
    found, expected = (
        backend.numpy(inverse.times(v))
        for inverse in (diagonal(curvature, objective.zeros()), first_diagonal(objective.scale))
    )
    np.testing.assert_allclose(found, expected, rtol=1e-9)


class Sizes:
    """A curvature that has nothing but sizes, to ask what the cost model makes of them."""

    narrow = False

    def __init__(self, n, q, K, stored=None):
        self.n_rows, self.n_classes, self.scale = n, K, np.ones((q, 1))
        self.sparse, self.stored = stored is not None, q if stored is None else stored


@pytest.mark.parametrize(
    ("sizes", "newton", "kronecker_first", "dense_later"),
    [
        (Sizes(150, 5, 3), True, True, True),  # iris: a Hessian costs a pass
        (Sizes(1797, 65, 10), False, True, True),
        (Sizes(60_000, 785, 10), False, True, True),
        (Sizes(1_281_168, 769, 1000), False, True, False),  # too many parameters for a matrix
        (Sizes(100, 2001, 5), False, False, True),  # fewer rows than columns; dense after thousands of passes
        (Sizes(10_000, 65, 10, stored=3), False, True, True),
        (Sizes(10_000, 30_001, 3, stored=50), False, False, False),  # texts
    ],
    ids=["iris", "digits", "fashion", "embeddings", "wide", "sparse", "texts"],
)
def test_choice(sizes, newton, kronecker_first, dense_later):
    """The cost model's choice for sizes of all kinds."""
    chosen = Preconditioner(sizes)
    assert (chosen.newton, chosen.kronecker_possible, chosen.dense_possible) == (newton, kronecker_first, dense_later)


def test_what_is_not_definite_has_no_inverse(backend):
    """An indefinite matrix is refused by every library, and a definite one is inverted."""
    H = np.array([[2.0, 1.0], [1.0, 3.0]])
    solve = positive_definite_solver(backend.asarray(H.copy()))
    found = backend.numpy(solve(backend.asarray(np.array([1.0, -1.0]))))
    np.testing.assert_allclose(found, np.linalg.solve(H, [1.0, -1.0]), rtol=1e-5)
    assert positive_definite_solver(backend.asarray(np.array([[1.0, 2.0], [2.0, 1.0]]))) is None


def test_without_a_first_approximation_the_hessian_still_comes():
    """Fewer rows than columns have no Kronecker approximation, but a Hessian once it is worth its cost."""
    random = np.random.default_rng(0)
    X = random.normal(size=(80, 600)) + 10 ** random.uniform(-1, 4, 600)
    model = SoftmaxRegression(fit_intercept=False).fit(X, random.integers(0, 4, 80))
    assert model.converged_
    assert model.n_iter_ < 50


def test_the_diagonal_follows_the_solver(monkeypatch):
    """Rare words lose their curvature as texts are told apart: with the diagonal of the start, passes are more."""
    random = np.random.default_rng(0)
    n, d, K = 400, 3000, 4
    words = 1 / np.arange(1, d + 1) * np.exp(random.normal(size=(K, d)))
    y = random.integers(K, size=n)
    counts = np.array([random.multinomial(80, words[k] / words[k].sum()) for k in y])
    X = sp.csr_array(counts / np.linalg.norm(counts, axis=1, keepdims=True))
    monkeypatch.setattr(_minimum, "row_space", lambda objective: None)
    followed = SoftmaxRegression(C=1000.0).fit(X, y)
    monkeypatch.setattr(precondition, "FIRST_WAIT", np.inf)
    kept = SoftmaxRegression(C=1000.0).fit(X, y)
    assert followed.converged_
    assert followed.optimality_["objective"] == pytest.approx(kept.optimality_["objective"], abs=1e-6)
    assert followed.optimality_["passes"] < 0.75 * kept.optimality_["passes"]


def test_one_hessian_at_a_time(monkeypatch):
    """When a Hessian is formed, the last one and its factor are gone."""
    made = []
    form = Curvature.hessian

    def watched(*arguments, **more):
        assert not made or made[-1]() is None
        H = form(*arguments, **more)
        made.append(weakref.ref(H))
        return H

    monkeypatch.setattr(Curvature, "hessian", watched)
    assert SoftmaxRegression().fit(*load_digits(return_X_y=True)).converged_
    assert len(made) > 1


def test_a_hessian_that_cannot_be_factored_is_done_without(monkeypatch):
    """The last one is given up by then, and the diagonal takes its place: fits end where they did."""
    X, y = load_digits(return_X_y=True)
    value = SoftmaxRegression().fit(X, y).optimality_["objective"]
    factors = []

    def only_once(H):
        factors.append(None if factors else positive_definite_solver(H))
        return factors[-1]

    monkeypatch.setattr(precondition, "positive_definite_solver", only_once)
    model = SoftmaxRegression().fit(X, y)
    assert model.converged_
    assert factors.count(None) > 1
    assert model.optimality_["objective"] == pytest.approx(value, abs=1e-6)
