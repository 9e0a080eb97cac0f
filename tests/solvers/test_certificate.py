"""The Newton decrement, against the Hessian and against the gap it stands for."""

import warnings

import numpy as np
import pytest
from contestants import objective as objective_at
from contestants import ours, relative_gap
from hard_problems import hard_problem
from scipy.sparse import csr_array
from sklearn.exceptions import ConvergenceWarning

from softreg import SoftmaxRegression, loss_and_gradient
from softreg._blocks import Rows
from softreg._curvature import Curvature
from softreg._objective import Objective
from softreg.solvers.certificate import newton_decrement
from softreg.solvers.precondition import dense, first_diagonal


def problem(backend, **settings):
    """A small objective, and parameters away from its minimum."""
    if "float64" not in backend.floats:
        pytest.skip("the comparison needs float64")
    random = np.random.default_rng(0)
    X = random.normal(size=(60, 4)) * [1, 10, 0.1, 1] + [0, 5, 0, 300]
    objective = Objective(
        Rows(backend.asarray(X)), backend.asarray(random.integers(3, size=60)), 3, l2=0.05, centred=True, **settings
    )
    theta = random.normal(size=(5, 3))
    theta -= theta.mean(axis=1, keepdims=True)
    return objective, backend.asarray(theta) * objective.scale


def test_against_the_hessian(backend):
    """It is half of g'H^-1 g, whatever preconditioner it starts from."""
    objective, theta = problem(backend)
    _, gradient = objective.value_and_gradient(theta)
    curvature, index = Curvature(objective), backend.asarray(np.arange(60))
    H = backend.numpy(curvature.hessian(theta, index, single=False))
    g = backend.numpy(objective.scale * gradient)[:, :-1].T.ravel()
    expected = g @ np.linalg.solve(H, g) / 2
    exact = dense(curvature, theta, index, single=False)
    assert newton_decrement(objective, theta, gradient, exact).decrement == pytest.approx(expected, rel=1e-6)
    assert newton_decrement(objective, theta, gradient, first_diagonal(objective.scale)).decrement == pytest.approx(
        expected, rel=0.2
    )


def test_a_preconditioner_that_promises_too_little_is_seen_through(backend):
    """With H overstated by a factor of a million, the decrement is still that of H."""
    objective, theta = problem(backend)
    _, gradient = objective.value_and_gradient(theta)
    honest = newton_decrement(objective, theta, gradient, first_diagonal(objective.scale)).decrement
    assert newton_decrement(
        objective, theta, gradient, first_diagonal(1e-3 * objective.scale)
    ).decrement == pytest.approx(honest)


@pytest.mark.parametrize("weighted", [False, True])
def test_curvature_beyond(backend, weighted):
    """All of the curvature along a step that changes every row far, none of a short one, else that of the far rows."""
    random = np.random.default_rng(1)
    w = random.random(60) if weighted else None
    objective, theta = problem(backend, w=None if w is None else backend.asarray(w))
    step = backend.asarray(random.normal(size=(5, 3))) * objective.scale
    X = backend.numpy(objective.rows.X)
    (W, b), (V, v) = ([backend.numpy(part) for part in objective.split(x)] for x in (theta, step))
    p = np.exp(X @ W + b) / np.exp(X @ W + b).sum(axis=1, keepdims=True)
    change = X @ V + v - (p * (X @ V + v)).sum(axis=1, keepdims=True)
    far = abs(change).max(axis=1)
    for reach in (0.0, 1e9, float(np.median(far)) + 1e-9):
        rows = far > reach
        expected = np.average((p * change**2).sum(axis=1) * rows, weights=w)
        assert objective.curvature_beyond(theta, step, reach) == pytest.approx(expected, abs=1e-12)
    direct = backend.numpy(objective.hessian_product(theta, step) * step).sum() - 0.05 * (V * V).sum()
    assert objective.curvature_beyond(theta, step, 0.0) == pytest.approx(direct)


def test_an_outlier_that_stands_in_the_way():
    """A row far from all others may stop every short step, while a long one would gain much (a Cauchy column)."""
    p = hard_problem("heavy-tails:21")
    values = [objective_at(p, *ours(p, tol)) for tol in (1e-6, 1e-10)]
    assert relative_gap(*values) <= 1e-6


def test_hessian_product(backend):
    """The objective's product with its Hessian is the difference of gradients, also with weights and offset."""
    random = np.random.default_rng(1)
    for more in (
        {},
        {"w": backend.asarray(random.random(60))},
        {"offset": backend.asarray(random.normal(size=(60, 3)))},
    ):
        objective, theta = problem(backend, **more)
        direction = backend.asarray(random.normal(size=(5, 3))) * objective.scale
        up, down = (objective.value_and_gradient(theta + step * direction)[1] for step in (1e-5, -1e-5))
        found, expected = (
            backend.numpy(objective.scale * x)
            for x in (objective.hessian_product(theta, direction), (up - down) / 2e-5)
        )
        np.testing.assert_allclose(found, expected, atol=1e-8)


@pytest.mark.parametrize("seed", range(100, 112))
@pytest.mark.parametrize(("C", "tol"), [(1e3, 1e-3), (1e6, 1e-6)])
def test_saturated_probabilities(seed, C, tol):
    """Fits of nearly separable classes, where curvature falls by orders of magnitude, keep to their tolerance."""
    random = np.random.default_rng(seed)
    n, d, K = (int(random.choice(sizes)) for sizes in ([20, 60, 300], [3, 10, 40], [2, 5, 12]))
    X = random.normal(size=(n, d))
    scores = X @ random.normal(size=(d, K)) * random.choice([0.3, 3])
    y = (scores + random.gumbel(size=(n, K)) * random.choice([0.01, 1])).argmax(axis=1)
    y[:K] = np.arange(K)
    model, best = (SoftmaxRegression(C=C, tol=t, max_iter=3000).fit(X, y) for t in (tol, 0))
    values = [float(loss_and_gradient(m.coef_.T, m.intercept_, X, y, l2=1 / (C * n))[0]) for m in (model, best)]
    assert model.converged_
    assert values[0] - values[1] <= tol * max(1, values[1])
    assert model.optimality_["objective"] == pytest.approx(values[0], rel=1e-12)


@pytest.mark.parametrize("offset", [1e2, 1e5, 1e6])
@pytest.mark.parametrize("make", ["wide", "sparse"])
def test_a_direction_that_bends_most_hides_nothing(offset, make):
    """Columns far from 0 without an intercept, and no preconditioner but the diagonal: the fit does not stop early."""
    random = np.random.default_rng(1)
    X = random.normal(size=(20, 40) if make == "wide" else (300, 5)) + offset
    y = random.integers(0, 2, len(X))
    if make == "sparse" and offset > 1e5:
        pytest.skip("products with such columns keep too few digits where they cannot be centred")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the floor of rounding is high here
        tight = SoftmaxRegression(fit_intercept=False, tol=0, max_iter=20_000).fit(X, y).optimality_["objective"]
    model = SoftmaxRegression(fit_intercept=False).fit(csr_array(X) if make == "sparse" else X, y)
    assert model.converged_
    assert model.optimality_["objective"] - tight <= 1e-6


@pytest.mark.parametrize(("X", "C"), [(np.linspace(-1, 1, 20), 1e30), (np.array([1e30, 1.0]), 1.0)])
def test_a_loss_near_0_is_enough(X, C):
    """Separable classes with next to no penalty: no loss is below 0, so one below tol ends the fit."""
    model = SoftmaxRegression(C=C).fit(X[:, None], np.arange(len(X)) > 0)
    assert model.converged_
    assert model.optimality_["objective"] <= 1e-6
    assert model.n_iter_ < 50
    exact = SoftmaxRegression(C=C, tol=0).fit(X[:, None], np.arange(len(X)) > 0)
    assert exact.converged_
    assert exact.optimality_["objective"] <= 1e-14
