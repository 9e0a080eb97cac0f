"""Random expressions of the kind that entries are made of, and the value of a normal form."""

from __future__ import annotations

import random

import sympy as sp

from softreg.symbolic.atoms import Atom, Place
from softreg.symbolic.numeric import CONTEXT, TOLERANCE, Point
from softreg.symbolic.terms import Index, IsZero, Pick, total

K, n = sp.Symbol("K", integer=True, positive=True), sp.Symbol("n", integer=True, positive=True)
Z = sp.IndexedBase(sp.Symbol("z", real=True), shape=(n, K))
X = sp.IndexedBase(sp.Symbol("x", real=True), shape=(n,))
Y = sp.IndexedBase(sp.Symbol("y", real=True), shape=(n, K))
C = sp.IndexedBase(sp.Symbol("c", positive=True), shape=(K,))
A = sp.Symbol("a", real=True)
T = sp.Symbol("t", positive=True)
I, J = Index("i", K), Index("j", K)  # noqa: E741 - the letters of the page
B = Index("b", n)
SIZES = ({"K": 3, "n": 2}, {"K": 1, "n": 1})


class Sampler:
    """Draws expressions; those called positive are, at every point."""

    def __init__(self, seed: int):
        self.random = random.Random(seed)

    def place(self, size, scope):
        """Return an index of the size in scope, or a choice made by data."""
        known = [k for k in scope if k.size == size]
        if self.random.random() < 0.12:
            rows = [k for k in scope if k.size == n]
            return Pick(sp.Symbol("label"), size, self.random.choice(rows))
        return self.random.choice(known)

    def atom(self, scope):
        """Return an entry, a scalar, a number, a delta or an indicator."""
        kind = self.random.randrange(9)
        if kind < 3:
            return Z[self.place(n, scope), self.place(K, scope)]
        if kind == 3:
            return X[self.place(n, scope)]
        if kind == 4:
            return Y[self.place(n, scope), self.place(K, scope)]
        if kind == 5:
            return sp.Rational(self.random.randint(-4, 4), self.random.choice((1, 1, 2, 3)))
        if kind == 6:
            return self.random.choice((A, T, C[self.place(K, scope)], K))
        if kind == 7:
            return sp.KroneckerDelta(self.place(K, scope), self.place(K, scope))
        return IsZero(Y[self.place(n, scope), self.place(K, scope)]) * Y[self.place(n, scope), self.place(K, scope)]

    def positive(self, depth, scope):
        """Something that may be divided by, or whose logarithm may be taken."""
        kind = self.random.randrange(5)
        if kind == 0 or depth <= 0:
            return self.random.choice((sp.exp(self.atom(scope)), T, C[self.place(K, scope)]))
        if kind == 1:
            size = self.random.choice((K, n))
            return total(lambda k: self.positive(depth - 1, [*scope, k]), size)
        if kind == 2:
            return 1 + self.positive(depth - 1, scope)
        if kind == 3:
            return sp.exp(self.expression(depth - 1, scope) / 4)
        return self.positive(depth - 1, scope) * self.positive(depth - 1, scope)

    def expression(self, depth, scope):
        """Anything."""
        if depth <= 0:
            return self.atom(scope)
        kind = self.random.randrange(9)
        a = self.expression(depth - 1, scope)
        if kind < 2:
            return a + self.expression(depth - 1, scope)
        if kind < 4:
            return a * self.expression(depth - 1, scope)
        if kind == 4:
            return a / self.positive(depth - 1, scope)
        if kind == 5:
            return a * sp.log(self.positive(depth - 1, scope))
        if kind == 6:
            delta = sp.KroneckerDelta(self.place(K, scope), self.place(K, scope))
            return delta * a + (1 - delta) * self.expression(depth - 1, scope)
        size = self.random.choice((K, n))
        return total(lambda k: self.expression(depth - 1, [*scope, k]), size)


def value_of(polynomial, point: Point, places: dict[Place, int]):
    """Return the value of a normal form, read off its definition."""
    return CONTEXT.fsum(_number(c) * _monomial(m, point, places) for m, c in polynomial.items())


def _number(c):
    return CONTEXT.mpf(c.numerator) / c.denominator


def _monomial(m, point, places):
    return CONTEXT.fprod(CONTEXT.power(_atom(a, point, places), _number(e)) for a, e in m)


def _place(p: Place, point, places):
    if p.kind == "number":
        return int(p.key)
    if p.kind == "pick":
        return point.pick(p.key.split(":")[0], point.size(p.size), tuple(_place(a, point, places) for a in p.args))
    return places[p]


def _atom(a: Atom, point, places):
    if a.kind == "symbol":
        return point.scalar(sp.Symbol(a.data, positive=True) if a.positive else sp.Symbol(a.data, real=True))
    if a.kind == "entry":
        name, at = a.data
        base = {"z": Z, "x": X, "y": Y, "c": C}[name]
        return point.entry(base.label, tuple(_place(p, point, places) for p in at), point.size(base.shape[-1]))
    if a.kind == "exp":
        return CONTEXT.exp(_monomial(a.data, point, places))
    if a.kind == "log":
        return CONTEXT.log(a.data if isinstance(a.data, int) else _atom(a.data, point, places))
    if a.kind == "delta":
        return CONTEXT.mpf(_place(a.data[0], point, places) == _place(a.data[1], point, places))
    if a.kind == "sum":
        bound, body = a.data
        return _sum(list(bound), body, point, places)
    value = value_of(dict(a.data), point, places)
    return CONTEXT.mpf(abs(value) < TOLERANCE) if a.kind == "zero" else value


def _sum(bound, body, point, places):
    if not bound:
        return _monomial(body, point, places)
    k, *others = bound
    return CONTEXT.fsum(_sum(others, body, point, {**places, k: i}) for i in range(1, point.size(k.size) + 1))
