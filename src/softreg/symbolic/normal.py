"""The normal form that decides: two expressions with the same one are equal for all sizes.

Every rule replaces a term by one that is equal to it wherever the term is defined, so a difference
that comes out as 0 is 0 for every size and every real value of the variables. A difference that
does not come out as 0 is not thereby refuted.

Rules
-----
exp      exp(a + b) = exp(a) exp(b); exp(log a) = a
log      split over a product whose factors are known to be positive, else `Undecided`
division by what is known not to be 0 (positive, or declared so), else `Undecided`
delta    idempotent; within a product, indices that it says are equal are written alike; in an
         argument of exp, log or a quotient, both cases are taken: f = delta f_1 + (1 - delta) f_0
zero     x IsZero(x) = 0, idempotent
sum      linear; factors without the index go outside; a delta contracts, if the ranges are the same;
         nested sums are joined, taken apart into factors that share no index, and named canonically
rows     sum_k y[.., k] = 1 for arrays declared so, where k occurs in nothing else

Declared facts that were used are recorded in `used`, so that a verdict can name them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable
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
    bound,
    frozen,
    height_of,
    is_special,
    monomial,
    number,
    pick,
    spell,
    variable,
)
from softreg.symbolic.terms import Expr, Index, IsZero, Pick, ShapeError, Total, Undecided, Unsupported, same_range

ONE: Polynomial = {(): 1}
MOST_TERMS = 20_000  # beyond, expanding would take minutes: undecided


class Normal:
    """Normal forms under declared facts."""

    def __init__(
        self,
        rows_sum_to_one: Iterable[str] = (),
        positive: Iterable[Expr] = (),
        distinct: Iterable[tuple[Expr, Expr]] = (),
    ):
        self.rows_sum_to_one = frozenset(rows_sum_to_one)
        self.used: set[str] = set()
        self._known: dict[Expr, Polynomial] = {}
        self._memo: dict[Any, Polynomial] = {}
        self._distinct = {frozenset((a.args[0].name, b.args[0].name)) for a, b in distinct}
        self._positive: dict[Atom, str] = {}
        for e in positive:
            ((m, _),) = self.of(e).items()
            ((a, _),) = m
            self._positive[a] = f"{e} > 0"

    # --- deciding ---

    def equal(self, a: Expr, b: Expr) -> bool:
        """Whether the two are proved equal."""
        try:
            return self.is_zero(self.of(a - b))
        except RecursionError:
            raise Undecided("the rules go round in a circle or too deep") from None

    def is_zero(self, p: Polynomial) -> bool:
        """Whether the polynomial is 0 once its denominators are cleared."""
        while True:
            lowest: dict[Atom, Number] = {}
            for m in p:
                for a, e in m:
                    if a.kind == "base" and e < lowest.get(a, 0):
                        lowest[a] = e
            if not lowest:
                return not self._expanded(p)
            a, e = lowest.popitem()
            p = self._expanded(self.times(p, {((a, -e),): 1}))

    def _expanded(self, p: Polynomial) -> Polynomial:
        """Multiply out positive powers of bases."""
        out: Polynomial = {}
        for m, c in p.items():
            q: Polynomial = {tuple((a, e) for a, e in m if a.kind != "base" or e < 0): c}
            for a, e in m:
                if a.kind == "base" and e > 0:
                    q = self._expanded(self.times(q, self.power(dict(a.data), e)))
            _add(out, q)
        return out

    # --- from expressions ---

    def of(self, e: Expr) -> Polynomial:
        """The normal form of an expression."""
        if e not in self._known:
            self._known[e] = self._convert(e)
        return self._known[e]

    def _convert(self, e: Expr) -> Polynomial:
        if e.is_Rational:
            return _constant(Fraction(int(e.p), int(e.q)))
        if isinstance(e, sp.Indexed):
            return {((self._entry(e), 1),): 1}
        if e.is_Symbol and not isinstance(e, Index):
            name = f"{e.name}~{e.dummy_index}" if isinstance(e, sp.Dummy) else e.name
            return {((atom("symbol", name, bool(e.is_positive)), 1),): 1}
        if isinstance(e, sp.Add):
            out: Polynomial = {}
            for term in e.args:
                _add(out, self.of(term))
            return out
        if isinstance(e, sp.Mul):
            product = ONE
            for factor in e.args:
                product = self.times(product, self.of(factor))
            return product
        if isinstance(e, sp.Pow) and e.exp.is_Rational:
            return self.power(self.of(e.base), Fraction(int(e.exp.p), int(e.exp.q)))
        if isinstance(e, sp.exp) or e is sp.E:
            return self.exp(self.of(e.args[0] if e.args else sp.S.One))
        if isinstance(e, sp.log):
            return self.log(self.of(e.args[0]))
        if isinstance(e, sp.KroneckerDelta):
            if not same_range(*e.args):
                raise ShapeError(f"indices of different ranges in {e}")
            return self.delta(self.place(e.args[0]), self.place(e.args[1]))
        if isinstance(e, IsZero):
            return self.zero(self.of(e.args[0]))
        if isinstance(e, Total):
            return self.sum_over(self.of(e.term), [self.place(e.index)])
        raise Unsupported(f"no rule for {type(e).__name__}: {e}")

    def _entry(self, e: Expr) -> Atom:
        sizes = e.base.shape
        for i, size in zip(e.indices, sizes or (), strict=True):
            if not (i.is_Integer and (not size.is_Integer or 1 <= i <= size)) and getattr(i, "size", None) != size:
                raise ShapeError(f"{e}: index {i} does not run over an axis of size {size}")
        positive = bool(e.base.label.is_positive)
        return atom("entry", (str(e.base.label), tuple(map(self.place, e.indices))), positive)

    def place(self, i: Expr) -> Place:
        """The index as a place."""
        if i.is_Integer:
            return number(int(i))
        if isinstance(i, Index):
            return variable(f"{i.name}~{i.dummy_index}", i.size)
        if isinstance(i, Pick):
            return pick(i.args[0].name, i.size, tuple(map(self.place, i.args[2:])))
        raise Unsupported(f"{i} is no index")

    # --- arithmetic ---

    def times(self, p: Polynomial, q: Polynomial) -> Polynomial:
        """The product."""
        if len(p) * len(q) > MOST_TERMS:
            raise Undecided(f"a product of {len(p)} and {len(q)} terms")
        out: Polynomial = {}
        for m, c in p.items():
            for n, d in q.items():
                if not m or not n:
                    _add_term(out, m or n, c * d)
                    continue
                powers = dict(m)
                for a, e in n:
                    powers[a] = powers.get(a, 0) + e
                if is_special(m) or is_special(n):
                    _add(out, self._settle(powers), c * d)
                else:
                    _add_term(out, monomial(powers), c * d)
        return out

    def power(self, p: Polynomial, e: Number) -> Polynomial:
        """The power; a root only of exponentials."""
        if e == 1:
            return p
        if e < 0:
            return self.power(self.inverse(p), -e)
        if Fraction(e).denominator != 1:
            if len(p) == 1:
                ((m, c),) = p.items()
                if c == 1 and all(a.kind == "exp" for a, _ in m):
                    return {tuple((a, k * e) for a, k in m): 1}
            raise Undecided("a root of something other than an exponential")
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
            raise Undecided("a division by 0")
        content, coefficient, rest = self._content(p)
        self._require_positive(content, "a division by a factor that may be 0")
        out: Polynomial = {tuple((a, -e) for a, e in content): 1 / Fraction(coefficient)}
        return out if rest is None else self.times(out, {((rest, -1),): 1})

    def exp(self, p: Polynomial) -> Polynomial:
        """The exponential."""
        d = _delta_in(p)
        if d is not None:
            return self._by_cases(self.exp, p, d)
        out = ONE
        for m, c in p.items():
            if len(m) == 1 and m[0][0].kind == "log" and m[0][1] == 1 and c == int(c):
                inside = m[0][0].data
                factor = _constant(inside) if isinstance(inside, int) else {((inside, 1),): 1}
                out = self.times(out, self.power(factor, c))
            else:
                out = self.times(out, {((atom("exp", m), c),): 1})
        return out

    def log(self, p: Polynomial) -> Polynomial:
        """The logarithm of what is known to be positive."""
        d = _delta_in(p)
        if d is not None:
            return self._by_cases(self.log, p, d)
        content, coefficient, rest = self._content(p) if p else ((), 0, None)
        if coefficient <= 0:
            raise Undecided("a logarithm of something that is not known to be positive")
        self._require_positive(content, "a logarithm of a factor that may be negative")
        out: Polynomial = {}
        for a, e in content:
            _add(out, {a.data: 1} if a.kind == "exp" else {((atom("log", a), 1),): 1}, e)
        for prime, e in sp.factorrat(sp.Rational(coefficient)).items():
            if prime != 1:
                _add(out, {((atom("log", int(prime)), 1),): 1}, int(e))
        if rest is not None:
            _add(out, {((atom("log", rest), 1),): 1})
        return out

    def _content(self, p: Polynomial) -> tuple[Monomial, Number, Atom | None]:
        """P as coefficient times monomial times a base of several terms (None if p is one term)."""
        if len(p) == 1:
            ((m, c),) = p.items()
            return m, c, None
        common: dict[Atom, Number] | None = None
        for m in p:
            powers = dict(m)
            if common is None:
                common = powers
            else:
                common = {a: min(common.get(a, 0), powers.get(a, 0)) for a in {*common, *powers}}
        assert common is not None
        common = {a: e for a, e in common.items() if self._is_positive(a)}
        shared = monomial(common)
        inverse: Polynomial = {tuple((a, -e) for a, e in shared): 1}
        terms = frozen(self.times(p, inverse))
        leading = abs(terms[0][1])
        base = atom("base", tuple((m, Fraction(c) / leading) for m, c in terms))
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
                raise Undecided(f"{why}: {a.key}")

    def _by_cases(self, f: Any, p: Polynomial, d: Atom) -> Polynomial:
        """f(p) = delta f(p where it is 1) + (1 - delta) f(p where it is 0)."""
        off = {m: c for m, c in p.items() if all(a is not d for a, _ in m)}
        on: Polynomial = {}
        for m, c in p.items():
            _add_term(on, tuple((a, e) for a, e in m if a is not d), c)
        a, b = d.data
        one: Polynomial = {((d, 1),): 1}
        out = self.times(one, f(self.renamed(on, {b: a})))
        when_off = f(off)
        _add(out, when_off)
        _add(out, self.times(one, when_off), -1)
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
                _add(out, self.delta(number(other), b), -1)
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
        """A product in which a delta or an indicator acts on the other factors."""
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
        """What the deltas say is equal: each place's representative, and the deltas that say it."""
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

    # --- renaming and sums ---

    def renamed(self, p: Polynomial, names: dict[Place, Place]) -> Polynomial:
        """The polynomial with places replaced, all at once."""
        out: Polynomial = {}
        for m, c in p.items():
            if all(a.free.isdisjoint(names) for a, _ in m):
                _add_term(out, m, c)
                continue
            image = ONE
            for a, e in m:
                image = self.times(image, self.power(self._renamed_atom(a, names), e))
            _add(out, image, c)
        return out

    def _renamed_atom(self, a: Atom, names: dict[Place, Place]) -> Polynomial:
        if a.free.isdisjoint(names):
            return {((a, 1),): 1}
        key = (a, tuple(sorted((k.key, v.key) for k, v in names.items() if k in a.free)))
        if key not in self._memo:
            self._memo[key] = self._rename(a, names)
        return self._memo[key]

    def _rename(self, a: Atom, names: dict[Place, Place]) -> Polynomial:
        if a.kind == "entry":
            name, places = a.data
            return {((atom("entry", (name, tuple(_replace(p, names) for p in places)), a.positive), 1),): 1}
        if a.kind == "delta":
            return self.delta(*(_replace(p, names) for p in a.data))
        if a.kind == "exp":
            return self.exp(self.renamed({a.data: 1}, names))
        if a.kind == "log":
            return self.log(self._renamed_atom(a.data, names))
        if a.kind == "zero":
            return self.zero(self.renamed(dict(a.data), names))
        if a.kind == "base":
            return self.power(self.inverse(self.renamed(dict(a.data), names)), -1)
        places, body = self._opened(a)
        p = self.renamed({body: 1}, names)
        return self.sum_over(p, places)

    def _opened(self, a: Atom) -> tuple[list[Place], Monomial]:
        """The bound places of a sum, renamed to fresh variables, and its body in them."""
        places, body = a.data
        fresh = [variable(f"~{next(_fresh)}", p.size) for p in places]
        ((m, _),) = self.renamed({body: 1}, dict(zip(places, fresh, strict=True))).items()
        return fresh, m

    def sum_over(self, p: Polynomial, places: list[Place]) -> Polynomial:
        """The sum over variables."""
        out: Polynomial = {}
        for m, c in p.items():
            _add(out, self._sum(m, places), c)
        return out

    def _sum(self, m: Monomial, places: list[Place]) -> Polynomial:
        """The sum of a monomial: whatever can be made simpler is, then `_close` names what is left."""
        places = list(places)
        inside: dict[Atom, Number] = {}
        outside: dict[Atom, Number] = {}
        todo = list(m)
        while todo:  # join sums within, multiply out what hides their terms
            a, e = todo.pop()
            if a.free.isdisjoint(places):
                outside[a] = outside.get(a, 0) + e
            elif a.kind == "sum" and e >= 1:
                for _ in range(int(e)):
                    fresh, body = self._opened(a)
                    places += fresh
                    todo += body
            elif a.kind == "base" and e >= 1:
                p = self.times({monomial(inside): 1}, self.power(dict(a.data), e))
                for f in (*outside.items(), *todo):
                    p = self.times(p, {(f,): 1})
                return self.sum_over(p, places)
            else:
                inside[a] = inside.get(a, 0) + e
        body = monomial(inside)
        factor: Polynomial = {monomial(outside): 1}
        if is_special(body):
            settled = self._settle(inside)
            if settled != {body: 1}:
                return self.times(factor, self.sum_over(settled, places))
        for k in places:
            if all(k not in a.free for a, _ in body):
                others = [p for p in places if p is not k]
                return self.times(self.times(factor, self._size(k)), self._sum(body, others))
        for simpler in (self._contracted, self._row_summed, self._cancelled):
            result = simpler(body, places)
            if result is not None:
                return self.times(factor, result)
        return self.times(factor, self._close(body, places))

    def _size(self, k: Place) -> Polynomial:
        return {((atom("symbol", str(k.size), True), 1),): 1}

    def _contracted(self, m: Monomial, places: list[Place]) -> Polynomial | None:
        """Use sum_k delta(a, k) f(k) = f(a)."""
        for d, _ in m:
            if d.kind != "delta":
                continue
            for k, a in (d.data, d.data[::-1]):
                if k in places and k not in a.free:
                    if a.kind != "number" and a.size != k.size:
                        raise ShapeError(f"a sum over {k.size} picks an index of range {a.size}")
                    rest = self.renamed({tuple(f for f in m if f[0] is not d): 1}, {k: a})
                    return self.sum_over(rest, [p for p in places if p is not k])
        return None

    def _row_summed(self, m: Monomial, places: list[Place]) -> Polynomial | None:
        """Use sum_k y[.., k] = 1."""
        for k in places:
            holders = [f for f in m if k in f[0].free]
            if len(holders) == 1 and holders[0][1] == 1 and holders[0][0].kind == "entry":
                name, (*before, last) = holders[0][0].data
                if name in self.rows_sum_to_one and last is k and all(k not in p.free for p in before):
                    self.used.add(f"rows of {name} sum to 1")
                    return self._sum(tuple(f for f in m if f is not holders[0]), [p for p in places if p is not k])
        return None

    def _cancelled(self, m: Monomial, places: list[Place]) -> Polynomial | None:
        """Sum over one index alone where the result cancels against a divisor."""
        divisors = {a for a, e in m if a.kind == "sum" and e < 0}
        for k in places if divisors else ():
            holders = tuple(f for f in m if k in f[0].free)
            if len(holders) == len(m):
                continue
            partial = self._sum(holders, [k])
            if len(partial) == 1 and any(a in divisors for a, _ in next(iter(partial))):
                rest = {tuple(f for f in m if k not in f[0].free): 1}
                return self.sum_over(self.times(partial, rest), [p for p in places if p is not k])
        return None

    def _close(self, m: Monomial, places: list[Place]) -> Polynomial:
        """The product of the sums over factors that share indices, each named canonically."""
        out = ONE
        left = set(places)
        while left:
            together = {min(left, key=lambda p: p.key)}
            while True:
                more = {k for a, _ in m if not a.free.isdisjoint(together) for k in left if k in a.free} | together
                if more == together:
                    break
                together = more
            left -= together
            body = tuple(f for f in m if not f[0].free.isdisjoint(together))
            out = self.times(out, {((self._named(body, together), 1),): 1})
        return out

    def _named(self, body: Monomial, places: set[Place]) -> Atom:
        """The sum as an atom: of all ways to name its indices, the one that spells least."""
        height = height_of(body) + 1
        groups: dict[str, list[Place]] = {}
        for p in sorted(places, key=lambda p: p.key):
            groups.setdefault(str(p.size), []).append(p)
        sizes = [groups[size][0].size for size in sorted(groups) for _ in groups[size]]
        names = [bound(height, i, size) for i, size in enumerate(sizes)]
        best: Monomial | None = None
        for order in itertools.product(*(itertools.permutations(groups[size]) for size in sorted(groups))):
            renaming = dict(zip(itertools.chain(*order), names, strict=True))
            ((candidate, c),) = self.renamed({body: 1}, renaming).items()
            assert c == 1
            if best is None or spell(candidate) < spell(best):
                best = candidate
        assert best is not None
        return atom("sum", (tuple(names), best))


def _replace(p: Place, names: dict[Place, Place]) -> Place:
    if p in names:
        return names[p]
    if p.kind == "pick" and not p.free.isdisjoint(names):
        return pick(p.key.split(":")[0], p.size, tuple(_replace(a, names) for a in p.args))
    return p


def _rank(p: Place) -> tuple[int, str]:
    """Which of two equal places stands for both: a number, else a choice, else a variable."""
    return ("number", "pick", "bound", "variable").index(p.kind), p.key


def _delta_in(p: Polynomial) -> Atom | None:
    return next((a for m in p for a, _ in m if a.kind == "delta"), None)


def _constant(value: Number) -> Polynomial:
    return {(): value} if value else {}


def _add_term(p: Polynomial, m: Monomial, c: Number) -> None:
    value = p.get(m, 0) + c
    if value:
        p[m] = value
    else:
        p.pop(m, None)


def _add(p: Polynomial, q: Polynomial, factor: Number = 1) -> None:
    """Add factor times q to p, in place."""
    for m, c in q.items():
        _add_term(p, m, c * factor)


_fresh = itertools.count()
