"""The kernels where the public functions do not reach: the two shifts, and the sum over rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from softreg import core

WITHOUT_FLOAT64 = True
ROWS = st.lists(st.lists(st.floats(-500, 500), min_size=3, max_size=3), min_size=1, max_size=4)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(ROWS)
def test_the_shift_is_exact(rows):
    """The guarded shift loses nothing: d + e is z - m, in exact arithmetic."""
    from fractions import Fraction

    z = np.array(rows)
    r = core.guarded_shift(z, xp=np)
    for i, j in np.ndindex(z.shape):
        assert Fraction(r.d[i, j]) + Fraction(r.e[i, j]) == Fraction(z[i, j]) - Fraction(r.m[i, 0])


@settings(derandomize=True, max_examples=100, deadline=None)
@given(ROWS)
def test_the_shifts_agree(rows):
    """On finite logits the plain shift gives what the guarded one gives, less the rounding of z - m."""
    z, y = np.array(rows), np.zeros(len(rows), int)
    plain = core.cross_entropy_and_gradient(z, y, xp=np, shift=core.plain_shift)
    guarded = core.cross_entropy_and_gradient(z, y, xp=np, shift=core.guarded_shift)
    for a, b in zip(plain, guarded, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-300)


def test_one_top_among_ties(backend):
    """Exactly one class is the largest, also where several tie."""
    z = backend.asarray([[1.0, 1.0, 0.0], [2.0, 2.0, 2.0], [0.0, 3.0, 3.0]], "float32")
    for shift in (core.plain_shift, core.guarded_shift):
        top = backend.numpy(shift(z, xp=backend.xp).top)
        assert top.sum(axis=1).tolist() == [1, 1, 1]


@pytest.mark.parametrize("weighted", [False, True])
def test_the_data_term_is_a_sum_over_rows(backend, weighted):
    """The term of all rows is the sum of the terms of any parts, so blocks of rows may be added."""
    rng = np.random.default_rng(0)
    dtype = backend.floats[-1]
    z, y = rng.normal(0, 3, (7, 4)), rng.integers(0, 4, 7)
    w = rng.random(7) if weighted else None

    def term(rows):
        weights = None if w is None else backend.asarray(w[rows], dtype)
        total, residual = core.data_term(
            backend.asarray(z[rows], dtype), backend.asarray(y[rows]), weights, xp=backend.xp
        )
        return float(total), backend.numpy(residual)

    total, residual = term(slice(None))
    parts = [term(slice(0, 3)), term(slice(3, 7))]
    tol = 1e-5 if dtype == "float32" else 1e-13
    assert total == pytest.approx(sum(part for part, _ in parts), rel=tol)
    np.testing.assert_allclose(residual, np.concatenate([part for _, part in parts]), rtol=tol)


def test_curvature_ignores_a_common_part():
    """Adding a constant to v changes no product, also a constant that would drown v."""
    z, v = np.array([[0.0, 1.0, 2.0]]), np.array([[1.0, 2.0, 4.0]])
    expected = core.curvature_product(z, v, xp=np)
    np.testing.assert_array_equal(core.curvature_product(z, v + 2.0**40, xp=np), expected)
    np.testing.assert_allclose(np.sum(expected), 0, atol=1e-15)
