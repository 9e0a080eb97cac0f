"""The driver and L-BFGS on problems that are not softmax."""

import math
from functools import partial
from itertools import pairwise

import numpy as np
import pytest
from array_api_compat import array_namespace, device
from common import here, within
from hypothesis import given, settings
from hypothesis import strategies as st

from softreg.errors import NonFiniteError
from softreg.solvers import Status, minimise
from softreg.solvers.lbfgs import lbfgs

WITHOUT_FLOAT64 = True


class Problem:
    """A function with its gradient, as solvers want it; parameters in units of 1."""

    n_rows = 1

    def __init__(self, function, scale):
        self.function, self.scale, self.passes = function, scale, 0.0
        self.resolution = 8 * float(array_namespace(scale).finfo(scale.dtype).eps)

    def value_and_gradient(self, theta):
        """Return value and gradient; count the call."""
        self.passes += 1
        return self.function(theta)

    def hessian_product(self, theta, direction):
        """Return the second derivative times a direction, by differences of the gradient."""
        step = 1e-3 / max(float(array_namespace(direction).max(array_namespace(direction).abs(direction))), 1e-30)
        (_, up), (_, down) = (self.function(theta + sign * step * direction) for sign in (1, -1))
        return (up - down) / (2 * step)

    def curvature_beyond(self, theta, step, reach):
        """There are no rows."""
        return 0.0


def quadratic(centre, curvature):
    """Return 1 + 1/2 sum curvature (theta - centre)^2."""
    xp = array_namespace(centre)

    def function(theta):
        gradient = curvature * (theta - centre)
        return 1 + xp.sum(gradient * (theta - centre)) / 2, gradient

    return Problem(function, xp.ones_like(centre))


def test_quadratic(backend):
    """The minimum of a quadratic is found where the parameters live, and the evidence says so."""
    xp = backend.xp
    centre = here(backend, np.linspace(-3, 3, 12).reshape(4, 3))
    curvature = here(backend, np.logspace(-2, 2, 12).reshape(4, 3))
    problem, reports, tol = quadratic(centre, curvature), [], within(backend, 1e-12)
    solution = minimise(problem, xp.zeros_like(centre), lbfgs, tol=tol * tol, max_iter=500, report=reports.append)
    assert solution.status is Status.CONVERGED
    assert array_namespace(solution.theta) is array_namespace(centre)
    assert device(solution.theta) == device(centre)
    np.testing.assert_allclose(backend.numpy(solution.theta), backend.numpy(centre), atol=1e3 * tol)
    assert solution.value == pytest.approx(1, rel=1e-5)
    assert solution.scaled_gradient <= tol
    assert solution.passes == problem.passes == reports[-1].passes
    assert [report.iteration for report in reports] == list(range(solution.iterations + 1))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1), d=st.integers(1, 20), spread=st.floats(0, 3))
def test_log_cosh(seed, d, spread):
    """A convex function that is far from quadratic is minimised, and never rises from one iterate to the next."""
    random = np.random.default_rng(seed)
    A = random.normal(size=(2 * d, d)) * 10 ** random.uniform(-spread / 2, spread / 2, d)
    centre = random.normal(size=d)

    def function(theta):
        u = A @ (theta - centre)
        return np.sum(np.abs(u) + np.log1p(np.exp(-2 * np.abs(u)))), A.T @ np.tanh(u)

    problem, values = Problem(function, 1 / np.sqrt(np.sum(A * A, axis=0))), []
    solution = minimise(problem, np.zeros(d), lbfgs, tol=1e-9, max_iter=2000, report=lambda at: values.append(at.value))
    assert solution.status is Status.CONVERGED
    assert solution.scaled_gradient**2 <= 1e-9 * max(1, solution.value)
    assert solution.decrement <= 1e-9 * max(1, solution.value)
    assert all(after <= before + 1e-12 * abs(before) for before, after in pairwise(values))


def test_max_iter():
    """Iterations are bounded, and none of them returns the start."""
    problem = quadratic(np.ones(5), np.logspace(0, 4, 5))
    for max_iter in (0, 2):
        solution = minimise(problem, np.zeros(5), lbfgs, tol=0, max_iter=max_iter)
        assert solution.status is Status.MAX_ITER
        assert solution.iterations == max_iter
    assert np.all(minimise(problem, np.zeros(5), lbfgs, tol=0, max_iter=0).theta == 0)


def test_start_at_the_minimum():
    """At the minimum there is nothing to do, and one pass shows it."""
    problem = quadratic(np.ones(5), np.ones(5))
    solution = minimise(problem, np.ones(5), lbfgs, tol=1e-6, max_iter=100)
    assert (solution.status, solution.iterations, solution.passes) == (Status.CONVERGED, 0, 1)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_non_finite_objective(bad):
    """F67: a value that is no number ends the run with its iteration."""
    problem = Problem(lambda theta: (bad, theta), np.ones(3))
    with pytest.raises(NonFiniteError, match=f"the objective became {bad} at iteration 0"):
        minimise(problem, np.zeros(3), lbfgs, tol=1e-6, max_iter=100)


def test_infinite_steps_are_withdrawn():
    """Where the function overflows beyond a wall, the line search comes back."""

    def function(theta):
        with np.errstate(all="ignore"):
            return np.sum(np.exp(theta) - 1000 * theta), np.exp(theta) - 1000

    solution = minimise(Problem(function, np.ones(2)), np.full(2, -5.0), lbfgs, tol=0, max_iter=200)
    assert solution.status is Status.CONVERGED
    np.testing.assert_allclose(solution.theta, np.log(1000), rtol=1e-10)


def test_wrong_gradient_is_not_convergence():
    """A solver that cannot go on although the gradient is large does not claim a minimum."""
    problem = Problem(lambda theta: (np.sum(theta * theta) / 2, -theta), np.ones(3))
    solution = minimise(problem, np.ones(3), lbfgs, tol=1e-6, max_iter=100)
    assert solution.status is not Status.CONVERGED


def test_parameters_without_scale_stay():
    """What has no curvature is left where it is."""
    centre = np.array([1.0, 2.0, 3.0])
    curvature = np.array([1.0, 0.0, 4.0])
    problem = quadratic(centre, curvature)
    problem.scale = np.array([1.0, 0.0, 0.5])
    solution = minimise(problem, np.full(3, 7.0), lbfgs, tol=0, max_iter=100)
    np.testing.assert_allclose(solution.theta, [1, 7, 3], rtol=1e-9)


def test_no_tolerance_ends_at_the_rounding_floor():
    """F55: a tolerance of 0 ends where rounding hides what is left to gain, and counts as converged."""
    random = np.random.default_rng(0)
    A = random.normal(size=(60, 12))

    def function(theta):
        u = A @ (theta - 1)
        return np.sum(np.abs(u) + np.log1p(np.exp(-2 * np.abs(u)))), A.T @ np.tanh(u)

    solution = minimise(Problem(function, np.full(12, 0.1)), np.zeros(12), lbfgs, tol=0.0, max_iter=1000)
    assert solution.status is Status.CONVERGED
    assert solution.iterations < 1000


class Noise:
    """A look at a problem that shows nothing: values that lead nowhere, and a gradient that is never small."""

    resolution = 1e-3

    def __init__(self, value):
        self.value, self.looks = value, 0

    def value_and_gradient(self, theta):
        """Return the value 1, or what it is, and a gradient of ones."""
        self.looks += 1
        xp = array_namespace(theta)
        return xp.asarray(self.value(self.looks)), xp.ones_like(theta)


@pytest.mark.parametrize(
    "value",
    [lambda look: 1.0, lambda look: look, lambda look: math.nan, lambda look: 0.5],
    ids=["same", "up", "nan", "below the minimum"],
)
def test_a_rough_look_that_shows_no_progress_is_left(value):
    """A solver goes on from the problem itself where a rough look leads nowhere, and ends at its minimum."""
    centre, rough = np.linspace(-3, 3, 12).reshape(4, 3), Noise(value)
    problem = quadratic(centre, np.ones_like(centre))
    solution = minimise(problem, np.zeros_like(centre), partial(lbfgs, rough=rough), tol=1e-20, max_iter=500)
    assert solution.status is Status.CONVERGED
    assert rough.looks < 300
    np.testing.assert_allclose(solution.theta, centre, atol=1e-9)
    assert solution.gradient is not None
