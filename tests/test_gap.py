"""The proven bound of the gap, against minima known from tight fits."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softreg import SoftmaxRegression
from softreg._blocks import Rows
from softreg._gap import gap_bound
from softreg._objective import Objective
from softreg._outcome import judged
from softreg.solvers import Status, minimise
from softreg.solvers.lbfgs import lbfgs


def problem(seed, l2, *, intercept=True, centred=True, soft=False, weighted=False, asarray=np.asarray):
    """A small problem with classes of uneven size."""
    random = np.random.default_rng(seed)
    n, d, K = (int(random.integers(*ends)) for ends in ((4, 40), (1, 6), (2, 6)))
    X = random.normal(size=(n, d)) * 10 ** random.uniform(-1, 1, d) + random.normal(size=d)
    y = random.dirichlet(np.ones(K), n) if soft else (K * random.random(n) ** 2).astype(int)
    w = asarray(random.random(n)) if weighted else None
    offset = asarray(random.normal(size=(n, K))) if weighted else None
    return Objective(
        Rows(asarray(X)), asarray(y), K, l2=l2, w=w, offset=offset, intercept=intercept, centred=centred
    ), random


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    l2=st.floats(-4, 1),
    distance=st.floats(-8, 0.5),
    intercept=st.booleans(),
    centred=st.booleans(),
    soft=st.booleans(),
    weighted=st.booleans(),
)
def test_bound_is_a_bound(seed, l2, distance, intercept, centred, soft, weighted):
    """From near the minimum to far from it, the bound is at least the gap; without an intercept it is finite."""
    objective, random = problem(seed, 10**l2, intercept=intercept, centred=centred, soft=soft, weighted=weighted)
    best = minimise(objective, objective.zeros(), lbfgs, tol=0, max_iter=2000)
    theta = best.theta + 10**distance * random.normal(size=best.theta.shape)
    value, gradient = objective.value_and_gradient(theta)
    bound = gap_bound(objective, theta, gradient)
    assert bound >= (float(value) - best.value) * (1 - 1e-9) - 1e-13
    assert bound == pytest.approx(gap_bound(objective, theta))
    assert math.isfinite(bound) or intercept


def test_a_proven_gap_is_convergence():
    """A fit that stopped for another reason has converged if its gap is proven to be within tol, and only then."""
    objective, _ = problem(0, 1.0)
    best = minimise(objective, objective.zeros(), lbfgs, tol=1e-6, max_iter=2000)
    stalled = best._replace(status=Status.STALLED, decrement=math.inf)
    bound = judged(objective, stalled, "lbfgs", 0.0)[1]["gap_bound"]
    for tol, status in ((2 * bound, Status.CONVERGED), (bound / 2, Status.STALLED)):
        solution, evidence = judged(objective, stalled, "lbfgs", tol)
        assert (solution.status, evidence["status"]) == (status, status.value)
    assert judged(objective, best._replace(status=Status.UNBOUNDED), "lbfgs", 1.0)[0].status is Status.UNBOUNDED


def test_bound_is_near_the_gap(backend):
    """With a strong penalty it is the gap but for a small factor, the intercept's part included."""
    if "float64" not in backend.floats:
        pytest.skip("the comparison needs float64")
    for seed in range(10):
        objective, random = problem(seed, 1.0, asarray=backend.asarray)
        best = minimise(objective, objective.zeros(), lbfgs, tol=0, max_iter=2000)
        theta = best.theta + backend.asarray(1e-3 * random.normal(size=best.theta.shape))
        gap = float(objective.value_and_gradient(theta)[0]) - best.value
        assert gap <= gap_bound(objective, theta) < 100 * gap


def test_bound_of_a_fit(random):
    """A fit keeps the bound beside its other evidence; without penalty there is none."""
    X = random.normal(size=(200, 3))
    y = (X[:, 0] + random.logistic(size=200) > 0).astype(int)
    tight, fits = SoftmaxRegression(tol=0).fit(X, y), [SoftmaxRegression(tol=tol).fit(X, y) for tol in (1e-2, 1e-5)]
    for model in fits:
        gap = model.optimality_["objective"] - tight.optimality_["objective"]
        assert gap <= model.optimality_["gap_bound"] <= 1e3 * gap
    assert tight.optimality_["gap_bound"] < 1e-20
    assert SoftmaxRegression(C=np.inf).fit(X, y).optimality_["gap_bound"] == math.inf
    sgd = SoftmaxRegression(solver="sgd", tol=0.1, learning_rate=0.01).fit(X, y).optimality_
    assert sgd["objective"] - tight.optimality_["objective"] <= sgd["gap_bound"] < math.inf
