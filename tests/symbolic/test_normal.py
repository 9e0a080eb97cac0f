"""The normal form: it keeps the value of every expression, and decides what it should and no more."""

import pytest
import sympy as sp

from softreg.symbolic.normal import Normal
from softreg.symbolic.numeric import Point, evaluate, index_values
from softreg.symbolic.terms import Index, IsZero, Pick, ShapeError, UndecidedError, UnsupportedError, derivative, total

from .expressions import SIZES, A, B, C, I, J, K, Sampler, T, X, Y, Z, n, value_of

FREE = (I, J, B)


def z(k):
    """Return an entry of the row b."""
    return Z[B, k]


def keeps_value(e, seed, rows=()):
    """Compare an expression with its normal form at two sizes and some values of its free indices."""
    normal = Normal(rows)
    p = normal.of(e)
    for sizes in SIZES:
        point = Point(sizes, rows, seed)
        for places in list(index_values(FREE, point))[seed % 5 :: 5] or index_values(FREE, point):
            true = evaluate(e, point, places)
            found = value_of(p, point, {normal.place(i): v for i, v in places.items()})
            if abs(found - true) > 1e-20 * (1 + abs(true)):
                return False
    return True


@pytest.mark.parametrize("block", range(20))
def test_random_expressions_keep_their_value(block):
    """Ten thousand random expressions in all have the value of their normal form, to 20 of 40 digits."""
    undecided = 0
    for seed in range(500 * block, 500 * (block + 1)):
        e = Sampler(seed).expression(3, FREE)
        try:
            assert keeps_value(e, seed, ("y",) if seed % 3 == 0 else ()), (seed, e)
        except UndecidedError:
            undecided += 1
    assert undecided < 25, undecided


@pytest.mark.parametrize("block", range(4))
def test_random_derivatives_keep_their_value(block):
    """The derivative of random expressions, and its normal form, is the slope of finite differences."""
    nonzero = 0
    for seed in range(500 * block, 500 * (block + 1)):
        e = Sampler(seed).expression(3, FREE)
        at = (Index("v", n), Index("u", K))
        slope = derivative(e, Z[at])
        if slope == 0:
            continue
        normal = Normal()
        try:
            p = normal.of(slope)
        except UndecidedError:
            continue
        point = Point(SIZES[0], (), seed)
        places = {**next(index_values(FREE, point)), at[0]: 1, at[1]: 1 + seed % 2}
        found = value_of(p, point, {normal.place(i): v for i, v in places.items()})
        true = difference_quotient(e, point, places, places[at[1]])
        nonzero += found != 0
        assert abs(found - true) < 1e-6 * (1 + abs(true)), (seed, e)
    assert nonzero > 50


def difference_quotient(e, point, places, k):
    """Return the central difference of e in z[1, k], from a step that leaves half of the 40 digits."""
    evaluate(Z[1, k], point, {})
    key = ("z", (1, k))
    middle, step = point.values[key], point.values[key] * 0 + 2.0**-40
    values = []
    for offset in (step, -step):
        point.values[key] = middle + offset
        values.append(evaluate(e, point, places))
    point.values[key] = middle
    return (values[0] - values[1]) / (2 * step)


def test_a_sum_is_differentiated_without_capture():
    """d/dz_j of sum_k x_k z_k is x_j also where j is the name of the sum's own index."""
    e = total(lambda k: C[k] * z(k), K)
    assert Normal().equal(derivative(e, z(J)), C[J])
    inner = Index("k", K)
    assert Normal().equal(derivative(e, z(inner)), C[inner])


def test_a_substitution_does_not_capture():
    """Exchanging a free index for another of any name leaves the bound one alone."""
    e = total(lambda k: z(I) * z(k), K).xreplace({I: Index("k", K)})
    assert not Normal().equal(e, total(lambda k: z(k) ** 2, K))


def test_sums_over_different_axes_do_not_contract():
    """An index of one axis cannot be compared with, or stand for, one of another."""
    with pytest.raises(ShapeError):
        Normal().of(total(lambda b: sp.KroneckerDelta(I, b) * X[b], n))
    with pytest.raises(ShapeError):
        Normal().of(X[I])


def test_a_number_is_an_index_only_where_every_axis_has_it():
    """The second entry of an axis of size K may not exist, so it cannot be spoken of."""
    with pytest.raises(ShapeError):
        Normal().of(Z[B, 2])
    with pytest.raises(ShapeError):
        Normal().of(sp.KroneckerDelta(I, 2))


def test_rows_sum_to_one_only_where_declared():
    """That sum_k y_k = 1 is used only if declared, and then it is said."""
    e = total(lambda k: Y[B, k] * z(I), K)
    assert not Normal().equal(e, z(I))
    normal = Normal(["y"])
    assert normal.equal(e, z(I))
    assert normal.used == {"rows of y sum to 1"}


def test_rows_sum_to_one_over_their_last_axis_only():
    """Summing y over its rows, or y times something, gives no 1."""
    assert not Normal(["y"]).equal(total(lambda b: Y[b, I], n), 1)
    assert not Normal(["y"]).equal(total(lambda k: Y[B, k] * C[k], K), 1)
    assert not Normal(["y"]).equal(total(lambda k: Y[B, k] ** 2, K), 1)


@pytest.mark.parametrize("e", [sp.log(A), sp.log(A * T), sp.log(z(I) ** 2), sp.log(1 - T), 1 / A, T / (T - 1)])
def test_unknown_signs_are_undecided(e):
    """A logarithm of what may be negative and a division by what may be 0 are refused."""
    with pytest.raises(UndecidedError):
        Normal().of(e)


def test_a_declared_sign_is_used_and_named():
    """A divisor that is declared to be positive divides, and the verdict says so."""
    w = total(lambda b: X[b], n)
    normal = Normal(positive=[w])
    assert normal.equal(total(lambda b: X[b] / w, n), 1)
    assert normal.used == {"sum_j(x_j) > 0"}


@pytest.mark.parametrize("e", [sp.sin(A), sp.Max(A, T), sp.Float(0.1), sp.oo, sp.nan, sp.pi, sp.Sum(A, (A, 1, K))])
def test_what_has_no_rule_is_refused(e):
    """A term without a rule raises; it is not taken for an unknown."""
    with pytest.raises((UnsupportedError, UndecidedError)):
        Normal().of(e)


def test_products_that_would_explode_are_undecided():
    """An expansion beyond reason stops with a message."""
    many = sp.Add(*(sp.Symbol(f"s{i}", real=True) for i in range(200)))
    with pytest.raises(UndecidedError, match="terms"):
        Normal().of(sp.Mul(many, many + A, evaluate=False))


def test_sums_that_cancel_in_another_order():
    """sum_k sum_b x_b S_bk = sum_b x_b, with the divisor of the inner sum met only outside it."""
    S = lambda b, k: sp.exp(Z[b, k]) / total(lambda j: sp.exp(Z[b, j]), K)  # noqa: E731
    e = total(lambda k: total(lambda b: X[b] * S(b, k), n), K)
    assert Normal().equal(e, total(lambda b: X[b], n))


def test_nested_sums_are_the_same_in_any_order_and_by_any_name():
    """Sums that differ by order, nesting and names have one normal form."""
    a = total(lambda k: total(lambda b: X[b] * Z[b, k] * C[k], n), K)
    b = total(lambda r: X[r] * total(lambda q: C[q] * Z[r, q], K), n)
    assert Normal().of(a) == Normal().of(b)
    square = total(lambda k: total(lambda j: z(k) * z(j) * sp.KroneckerDelta(k, j), K), K)
    assert Normal().equal(square, total(lambda k: z(k) ** 2, K))


def test_choices_are_equal_to_themselves_only():
    """Two choices may differ; where they are declared to, their delta is 0."""
    a, b = (Pick(sp.Symbol(name), K, B) for name in "ab")
    delta = sp.KroneckerDelta(a, b)
    assert not Normal().equal(delta, 0)
    assert Normal().equal(delta * (z(a) - z(b)), 0)
    normal = Normal(distinct=[(a, b)])
    assert normal.equal(delta, 0)
    assert normal.used == {"a and b differ"}


def test_an_indicator_annihilates_its_argument():
    """X [x = 0] = 0, for an entry and for a sum of terms, and not without the factor x."""
    assert Normal().equal(Y[B, I] * IsZero(Y[B, I]), 0)
    assert Normal().equal((A + T * Y[B, I]) * IsZero(A + T * Y[B, I]) * z(I), 0)
    assert not Normal().equal(IsZero(Y[B, I]), 0)


def test_two_of_two_classes():
    """For an index of two values, the deltas with both add up to 1."""
    c = Pick(sp.Symbol("c"), sp.Integer(2))
    assert Normal().equal(sp.KroneckerDelta(c, 1) + sp.KroneckerDelta(c, 2), 1)


def test_roots():
    """A root is one of what is known to be positive, and keeps the value; of anything else it is not decided."""
    d, e = sp.Symbol("d", positive=True), sp.Symbol("e", real=True)
    root = sp.Pow(d, sp.Rational(1, 2), evaluate=False)
    assert Normal().equal(root * total(lambda k: z(k) / root, K), total(z, K))
    assert Normal().equal(sp.Pow(d**3 * sp.exp(e), sp.Rational(1, 3)), d * sp.exp(e / 3))
    assert not Normal().equal(root * total(z, K), d * total(z, K))
    for inner in (e, e**2, d + 1, 2 * d):
        with pytest.raises(UndecidedError, match="root"):
            Normal().of(sp.Pow(inner, sp.Rational(1, 2), evaluate=False))
