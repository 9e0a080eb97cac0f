"""Arithmetic of polynomials in atoms: products, quotients, exp, log, deltas and indicators.

The rules are stated in `softreg.symbolic.normal`.
"""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from fractions import Fraction
from typing import Any

import sympy as sp

from softreg.symbolic.atoms import (
    Atom,
    Monomial,
    Number,
    Place,
    Polynomial,
    atom,
    frozen,
    is_special,
    monomial,
    number,
    spell,
)
from softreg.symbolic.terms import UndecidedError

ONE: Polynomial = {(): 1}
MOST_TERMS = 20_000  # beyond, expanding would take minutes: undecided


class Algebra(ABC):
    """Polynomials under declared facts: what is positive, which choices differ."""

    def __init__(self) -> None:
        self.used: set[str] = set()
        self._positive: dict[Atom, str] = {}
        self._distinct: set[frozenset[str]] = set()

    @abstractmethod
    def renamed(self, p: Polynomial, names: dict[Place, Place]) -> Polynomial:
        """Return the polynomial with places replaced, all at once."""

    @abstractmethod
    def _expanded(self, p: Polynomial) -> Polynomial:
        """Multiply out positive powers of bases."""

    # --- arithmetic ---

    def times(self, p: Polynomial, q: Polynomial) -> Polynomial:
        """Return the product."""
        if len(p) * len(q) > MOST_TERMS:
            raise UndecidedError(f"a product of {len(p)} and {len(q)} terms")
        out: Polynomial = {}
        for m, c in p.items():
            for n, d in q.items():
                if not m or not n:
                    add_term(out, m or n, c * d)
                    continue
                powers = dict(m)
                for a, e in n:
                    powers[a] = powers.get(a, 0) + e
                if is_special(m) or is_special(n):
                    add_to(out, self._settle(powers), c * d)
                else:
                    add_term(out, monomial(powers), c * d)
        return out

    def power(self, p: Polynomial, e: Number) -> Polynomial:
        """Return the power; a root only of a product of exponentials and of letters that are positive."""
        if e == 1:
            return p
        if e < 0:
            return self.power(self.inverse(p), -e)
        if Fraction(e).denominator != 1:
            if len(p) == 1:
                ((m, c),) = p.items()
                if c == 1 and all(a.kind in ("exp", "symbol", "entry") and self._is_positive(a) for a, _ in m):
                    return {tuple((a, k * e) for a, k in m): 1}
            raise UndecidedError("a root of something other than an exponential or a positive letter")
        out = ONE
        for _ in range(int(e)):
            out = self.times(out, p)
        return out

    def inverse(self, p: Polynomial) -> Polynomial:
        """1/p, for p known not to be 0."""
        d = _delta_in(p)
        if d is not None:
            return self._by_cases(self.inverse, p, d)
        if not p:
            raise UndecidedError("a division by 0")
        content, coefficient, rest = self._content(p)
        self._require_positive(content, "a division by a factor that may be 0")
        out: Polynomial = {tuple((a, -e) for a, e in content): 1 / Fraction(coefficient)}
        return out if rest is None else self.times(out, {((rest, -1),): 1})

    def exp(self, p: Polynomial) -> Polynomial:
        """Return the exponential."""
        d = _delta_in(p)
        if d is not None:
            return self._by_cases(self.exp, p, d)
        out = ONE
        for m, c in p.items():
            if len(m) == 1 and m[0][0].kind == "log" and m[0][1] == 1 and c == int(c):
                inside = m[0][0].data
                factor: Polynomial = constant(inside) if isinstance(inside, int) else {((inside, 1),): 1}
                out = self.times(out, self.power(factor, c))
            else:
                out = self.times(out, {((atom("exp", m), c),): 1})
        return out

    def log(self, p: Polynomial) -> Polynomial:
        """Return the logarithm of what is known to be positive."""
        d = _delta_in(p)
        if d is not None:
            return self._by_cases(self.log, p, d)
        content, coefficient, rest = self._content(p) if p else ((), 0, None)
        if coefficient <= 0:
            raise UndecidedError("a logarithm of something that is not known to be positive")
        self._require_positive(content, "a logarithm of a factor that may be negative")
        out: Polynomial = {}
        for a, e in content:
            add_to(out, {a.data: 1} if a.kind == "exp" else {((atom("log", a), 1),): 1}, e)
        for prime, e in sp.factorrat(sp.Rational(coefficient)).items():
            if prime != 1:
                add_to(out, {((atom("log", int(prime)), 1),): 1}, int(e))
        if rest is not None:
            add_to(out, {((atom("log", rest), 1),): 1})
        return out

    def _content(self, p: Polynomial) -> tuple[Monomial, Number, Atom | None]:
        """P as coefficient times monomial times a base of several terms (None if p is one term)."""
        if len(p) == 1:
            ((m, c),) = p.items()
            return m, c, None
        terms_of: list[dict[Atom, Number]] = [dict(m) for m in p]
        common, *others = terms_of
        for powers in others:
            common = {a: min(common.get(a, 0), powers.get(a, 0)) for a in {*common, *powers}}
        common = {a: e for a, e in common.items() if self._is_positive(a)}
        shared = monomial(common)
        inverse: Polynomial = {tuple((a, -e) for a, e in shared): 1}
        terms: tuple[tuple[Monomial, Number], ...] = frozen(self.times(p, inverse))
        first_coefficient = terms[0][1]
        leading: Number = -first_coefficient if first_coefficient < 0 else first_coefficient
        base: Atom = atom("base", tuple((m, Fraction(c) / leading) for m, c in terms))
        if not self._is_positive(base):  # 1 - 1/(1 + a) is a/(1 + a), which shows once it is multiplied out
            expanded = self._expanded(dict(base.data))
            if expanded != dict(base.data):
                content, factor, rest = self._content(expanded)
                ((content, _),) = self.times({shared: 1}, {content: 1}).items()
                return content, Fraction(leading) * factor, rest
        self._require_positive(
            ((base, 1),), "a sum of terms, some of which may be negative, divides or has its log taken"
        )
        return shared, leading, base

    def _is_positive(self, a: Atom) -> bool:
        if a.positive:
            return True
        if a in self._positive:
            self.used.add(self._positive[a])
            return True
        return a.kind == "sum" and all(self._is_positive(factor) for factor, _ in a.data[1])

    def _require_positive(self, m: Monomial, why: str) -> None:
        for a, _ in m:
            if not self._is_positive(a):
                raise UndecidedError(f"{why}: {a.key}")

    def _by_cases(self, f: Any, p: Polynomial, d: Atom) -> Polynomial:
        """f(p) = delta f(p where it is 1) + (1 - delta) f(p where it is 0)."""
        off = {m: c for m, c in p.items() if all(a is not d for a, _ in m)}
        on: Polynomial = {}
        for m, c in p.items():
            add_term(on, tuple((a, e) for a, e in m if a is not d), c)
        a, b = d.data
        one: Polynomial = {((d, 1),): 1}
        out = self.times(one, f(self.renamed(on, {b: a})))
        when_off = f(off)
        add_to(out, when_off)
        add_to(out, self.times(one, when_off), -1)
        return out

    # --- deltas and indicators ---

    def delta(self, a: Place, b: Place) -> Polynomial:
        """1 where the places are equal."""
        if a is b:
            return ONE
        if a.kind == "number" and b.kind == "number":
            return {}
        if a.kind == b.kind == "pick" and a.args == b.args:
            names = frozenset(p.key.split(":")[0] for p in (a, b))
            if names in self._distinct:
                self.used.add(f"{' and '.join(sorted(names))} differ")
                return {}
        a, b = sorted((a, b), key=_rank)
        if a.kind == "number" and isinstance(b.size, sp.Integer) and a.size == int(b.size):
            out = dict(ONE)  # the last of finitely many is none of the others
            for other in range(1, int(b.size)):
                add_to(out, self.delta(number(other), b), -1)
            return out
        return {((atom("delta", (a, b)), 1),): 1}

    def zero(self, p: Polynomial) -> Polynomial:
        """1 where p is 0."""
        d = _delta_in(p)
        if d is not None:
            return self._by_cases(self.zero, p, d)
        if not p:
            return dict(ONE)
        if set(p) == {()}:
            return {}
        return {((atom("zero", frozen(p)), 1),): 1}

    def _settle(self, powers: dict[Atom, Number]) -> Polynomial:
        """Return a product in which a delta or an indicator acts on the other factors."""
        deltas = {a for a, e in powers.items() if a.kind == "delta" and e}
        rest = {a: (1 if a.kind == "zero" else e) for a, e in powers.items() if a.kind != "delta" and e}
        chosen, pairs = self._classes(deltas)
        if pairs is None:
            return {}
        touched = [a for a in rest if not a.free.isdisjoint(chosen)]
        kept: dict[Atom, Number] = {a: e for a, e in rest.items() if a not in touched}
        kept.update(dict.fromkeys(pairs, 1))
        if not touched:
            return self._annihilate(kept) if pairs == deltas else self._settle(kept)
        out: Polynomial = {monomial(kept): 1}
        for a in touched:
            out = self.times(out, self.power(self.renamed({((a, 1),): 1}, chosen), rest[a]))
        return out

    def _classes(self, deltas: set[Atom]) -> tuple[dict[Place, Place], set[Atom] | None]:
        """Return what the deltas say is equal: each place's representative, and the deltas that say it."""
        groups: list[set[Place]] = []
        for d in deltas:
            joined = set(d.data)
            apart = []
            for g in groups:
                if g.isdisjoint(joined):
                    apart.append(g)
                else:
                    joined |= g
            groups = [*apart, joined]
        chosen: dict[Place, Place] = {}
        pairs: set[Atom] = set()
        for g in groups:
            first, *others = sorted(g, key=_rank)
            for other in others:
                p = self.delta(first, other)
                if not p:
                    return {}, None
                pairs |= {a for m in p for a, _ in m}
                if other not in first.free:
                    chosen[other] = first
            for a, b in itertools.combinations(others, 2):
                if not self.delta(a, b):
                    return {}, None
        return chosen, pairs

    def _annihilate(self, powers: dict[Atom, Number]) -> Polynomial:
        """Use x IsZero(x) = 0: the leading term of x is replaced by the others, negated."""
        for a in powers:
            if a.kind != "zero":
                continue
            leading, c = max(a.data, key=lambda term: (sum(abs(e) for _, e in term[0]), spell(term[0])))
            if leading and all(powers.get(b, 0) * e > 0 and abs(powers[b]) >= abs(e) for b, e in leading):
                others = dict(powers)
                for b, e in leading:
                    others[b] -= e
                replaced: Polynomial = {m: -Fraction(d) / c for m, d in a.data if m != leading}
                return self.times({monomial(others): 1}, replaced)
        return {monomial(powers): 1}


def _rank(p: Place) -> tuple[int, str]:
    """Which of two equal places stands for both: a number, else a choice, else a variable."""
    return ("number", "pick", "bound", "variable").index(p.kind), p.key


def _delta_in(p: Polynomial) -> Atom | None:
    return next((a for m in p for a, _ in m if a.kind == "delta"), None)


def constant(value: Number) -> Polynomial:
    """Return the polynomial of a number."""
    return {(): value} if value else {}


def add_term(p: Polynomial, m: Monomial, c: Number) -> None:
    """Add a term to p, in place."""
    value = p.get(m, 0) + c
    if value:
        p[m] = value
    else:
        p.pop(m, None)


def add_to(p: Polynomial, q: Polynomial, factor: Number = 1) -> None:
    """Add factor times q to p, in place."""
    for m, c in q.items():
        add_term(p, m, c * factor)
