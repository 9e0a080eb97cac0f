"""An exact decider for fixed sizes, independent of the normal form: no sums, deltas or indices.

An expression in finitely many symbols, exp and log is a rational function of generators: the
symbols, exp of each monomial, log of each sum of terms. Distinct generators are algebraically
independent, so the expression is 0 just if its numerator is the zero polynomial. (For "it is 0"
independence is not needed.)

A value is a bag of fractions, {denominator: numerator}: fractions meet only where they must, since
a common denominator of many rows explodes. Divisors and arguments of log are taken to be defined.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import sympy as sp

Number = int | Fraction
Powers = tuple[tuple[int, Number], ...]  # of generators, or of divisors, by their number
Polynomial = dict[Powers, Number]
Bag = dict[Powers, Polynomial]


class Rational:
    """The field of fractions that some expressions live in."""

    def __init__(self) -> None:
        self._generators: dict[Any, int] = {}
        self._meaning: list[Any] = []
        self._divisors: dict[Any, int] = {}
        self._divisor: list[Polynomial] = []
        self._known: dict[Any, Bag] = {}

    def equal(self, a: Any, b: Any) -> bool:
        """Whether the expressions are the same function."""
        difference = dict(self.of(a))
        _add(difference, _scaled(self.of(b), -1))
        if all(not p for p in difference.values()):
            return True
        return not self._fraction(difference)[0]

    def of(self, e: Any) -> Bag:
        """Return the value of an expression."""
        if e not in self._known:
            self._known[e] = self._convert(e)
        return self._known[e]

    def _convert(self, e: Any) -> Bag:
        if e.is_Rational:
            return _bag({(): Fraction(int(e.p), int(e.q))} if e != 0 else {})
        if e.is_Symbol:
            return self._generator(e)
        if e.is_Add:
            out: Bag = {}
            for term in e.args:
                _add(out, self.of(term))
            return out
        if e.is_Mul:
            product = _bag({(): 1})
            for factor in e.args:
                product = _product(product, self.of(factor))
            return product
        if e.is_Pow and e.exp.is_Integer:
            base = self.of(e.base) if e.exp > 0 else self._inverse(self.of(e.base))
            power = _bag({(): 1})
            for _ in range(abs(int(e.exp))):
                power = _product(power, base)
            return power
        if isinstance(e, sp.exp):
            return self._exp(self.of(e.args[0]))
        if isinstance(e, sp.log):
            return self._log(self.of(e.args[0]))
        raise TypeError(f"{type(e).__name__} is no rational function of exponentials and logarithms")

    def _generator(self, meaning: Any, power: Number = 1) -> Bag:
        if meaning not in self._generators:
            self._generators[meaning] = len(self._meaning)
            self._meaning.append(meaning)
        return _bag({((self._generators[meaning], power),): 1})

    def _fraction(self, bag: Bag) -> tuple[Polynomial, Powers]:
        """One fraction; its numerator is empty just if the value is 0."""
        highest: dict[int, Number] = {}
        for denominator in bag:
            for divisor, e in denominator:
                highest[divisor] = max(e, highest.get(divisor, 0))
        out: Polynomial = {}
        for denominator, numerator in bag.items():
            has = dict(denominator)
            for divisor, e in highest.items():
                for _ in range(int(e - has.get(divisor, 0))):
                    numerator = _times(numerator, self._divisor[divisor])
            _sum_into(out, numerator)
        return out, tuple(sorted(highest.items()))

    def _split(self, p: Polynomial) -> tuple[Powers, Number, int | None]:
        """Return p as monomial times number times divisor (None for 1)."""
        lowest: dict[int, Number] = dict(next(iter(p)))
        for m in p:
            powers = dict(m)
            lowest = {g: min(lowest.get(g, 0), powers.get(g, 0)) for g in {*lowest, *powers}}
        common = _powers(lowest)
        rest = _times(p, {_powers({g: -e for g, e in lowest.items()}): 1})
        leading = rest[max(rest)]
        if len(rest) == 1:
            return common, leading, None
        key = frozenset((m, Fraction(c) / leading) for m, c in rest.items())
        if key not in self._divisors:
            self._divisors[key] = len(self._divisor)
            self._divisor.append(dict(key))
        return common, leading, self._divisors[key]

    def _inverse(self, bag: Bag) -> Bag:
        p, denominator = self._fraction(bag)
        common, leading, divisor = self._split(p)
        out: Polynomial = {_powers({g: -e for g, e in common}): 1 / Fraction(leading)}
        for d, e in denominator:
            for _ in range(int(e)):
                out = _times(out, self._divisor[d])
        return {(): out} if divisor is None else {((divisor, 1),): out}

    def _exp(self, bag: Bag) -> Bag:
        out = _bag({(): 1})
        for denominator, p in bag.items():
            for m, c in p.items():
                out = _product(out, self._generator(("exp", denominator, m), c))
        return out

    def _log(self, bag: Bag) -> Bag:
        p, denominator = self._fraction(bag)
        common, leading, divisor = self._split(p)
        out: Bag = {} if leading == 1 else dict(self._generator(("log", leading)))
        for g, e in common:
            meaning = self._meaning[g]
            known = isinstance(meaning, tuple) and meaning[0] == "exp"
            _add(out, _scaled({meaning[1]: {meaning[2]: 1}} if known else self._generator(("log", g)), e))
        for d, e in (*([(divisor, 1)] if divisor is not None else []), *((d, -e) for d, e in denominator)):
            _add(out, _scaled(self._generator(("log of divisor", d)), e))
        return out


def _powers(powers: dict[int, Number]) -> Powers:
    return tuple(sorted((g, e) for g, e in powers.items() if e))


def _joined(m: Powers, n: Powers) -> Powers:
    powers = dict(m)
    for g, e in n:
        powers[g] = powers.get(g, 0) + e
    return _powers(powers)


def _times(p: Polynomial, q: Polynomial) -> Polynomial:
    out: Polynomial = {}
    for m, c in p.items():
        for n, d in q.items():
            k = _joined(m, n)
            out[k] = out.get(k, 0) + c * d
    return {m: c for m, c in out.items() if c}


def _sum_into(p: Polynomial, q: Polynomial) -> None:
    for m, c in q.items():
        p[m] = p.get(m, 0) + c
        if not p[m]:
            del p[m]


def _bag(p: Polynomial) -> Bag:
    return {(): p} if p else {}


def _add(a: Bag, b: Bag) -> None:
    for denominator, p in b.items():
        sum_ = dict(a.get(denominator, {}))
        _sum_into(sum_, p)
        a[denominator] = sum_
        if not sum_:
            del a[denominator]


def _scaled(a: Bag, c: Number) -> Bag:
    return {denominator: {m: c * d for m, d in p.items()} for denominator, p in a.items()}


def _product(a: Bag, b: Bag) -> Bag:
    out: Bag = {}
    for d, p in a.items():
        for e, q in b.items():
            _add(out, {_joined(d, e): _times(p, q)})
    return out
