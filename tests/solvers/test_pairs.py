"""The inverse Hessian of pairs in compact form, against BFGS's update of the matrix, one pair after the other."""

import numpy as np
import pytest

from softreg.solvers.pairs import KEPT, MEMORY, Pairs
from softreg.solvers.precondition import Inverse

SHAPE = 5, 3


def quadratic_pairs(backend, count, seed=0):
    """Steps, and what a quadratic of positive curvature makes of them."""
    if "float64" not in backend.floats:
        pytest.skip("the comparison needs float64")
    random = np.random.default_rng(seed)
    size = int(np.prod(SHAPE))
    A = random.normal(size=(size, size))
    H = A @ A.T + np.eye(size)
    steps = random.normal(size=(count, size)) * 10.0 ** -np.arange(count)[:, None]  # smaller and smaller, as in a fit
    return steps, steps @ H


def filled(backend, pairs, P):
    """The pairs as the solver would remember them, with a diagonal first estimate."""
    found = Pairs(backend.asarray(np.zeros(SHAPE)))
    for s, y in zip(*pairs, strict=True):
        found.append(*(backend.asarray(x) for x in (s, y, P * y)))
    return found


def by_updates(pairs, P, v):
    """The same product by the matrices of BFGS (Nocedal & Wright 2006, equation 6.17)."""
    gamma = pairs[0][-1] @ pairs[1][-1] / (pairs[1][-1] @ (P * pairs[1][-1]))
    inverse = np.diag(gamma * P)
    for s, y in zip(*pairs, strict=True):
        V = np.eye(len(s)) - np.outer(y, s) / (s @ y)
        inverse = V.T @ inverse @ V + np.outer(s, s) / (s @ y)
    return inverse @ v


@pytest.mark.parametrize("count", [1, 4, MEMORY, MEMORY + 3])
def test_compact_form(backend, count):
    """All pairs that are remembered make what one update after the other makes; the oldest are forgotten."""
    pairs = quadratic_pairs(backend, count)
    random = np.random.default_rng(1)
    P, v = random.uniform(0.5, 2, pairs[0].shape[1]), random.normal(size=pairs[0].shape[1])
    found = filled(backend, pairs, P).inverse_hessian_times(backend.asarray(v), backend.asarray(P * v))
    expected = by_updates([x[-MEMORY:] for x in pairs], P, v)
    np.testing.assert_allclose(backend.numpy(found), expected, rtol=1e-9, atol=1e-9 * np.abs(expected).max())


def test_without_pairs(backend):
    """Before the first step there is but the first estimate."""
    v = backend.asarray(np.ones(15))
    assert Pairs(backend.asarray(np.zeros(SHAPE))).inverse_hessian_times(v, v) is v


@pytest.mark.parametrize("count", [2, MEMORY + 3])
def test_another_first_estimate(backend, count):
    """With another P, the newest pairs are as if they had been remembered with it from the start."""
    pairs = quadratic_pairs(backend, count)
    random = np.random.default_rng(2)
    first, P, v = (random.uniform(0.5, 2, pairs[0].shape[1]) for _ in range(3))
    renewed = filled(backend, pairs, first)
    scale = backend.asarray(P.reshape(SHAPE))
    renewed.renew(Inverse(lambda x: scale * x, blind=True))
    found = renewed.inverse_hessian_times(backend.asarray(v), backend.asarray(P * v))
    expected = by_updates([x[-KEPT:] for x in pairs], P, v)
    np.testing.assert_allclose(backend.numpy(found), expected, rtol=1e-9, atol=1e-9 * np.abs(expected).max())
