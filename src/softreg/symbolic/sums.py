"""Sums of polynomials over indices: contracted, joined, cancelled, and named canonically.

The rules are stated in `softreg.symbolic.normal`.
"""

from __future__ import annotations

import itertools
from typing import Any

from softreg.symbolic.algebra import ONE, Algebra, add_term, add_to
from softreg.symbolic.atoms import (
    Atom,
    Monomial,
    Number,
    Place,
    Polynomial,
    atom,
    bound,
    height_of,
    is_special,
    monomial,
    pick,
    spell,
    variable,
)
from softreg.symbolic.terms import ShapeError

_fresh = itertools.count()


class Sums(Algebra):
    """Polynomials whose atoms may be sums."""

    def __init__(self) -> None:
        super().__init__()
        self.rows_sum_to_one: frozenset[str] = frozenset()
        self._memo: dict[Any, Polynomial] = {}

    def renamed(self, p: Polynomial, names: dict[Place, Place]) -> Polynomial:
        """Return the polynomial with places replaced, all at once."""
        out: Polynomial = {}
        for m, c in p.items():
            if all(a.free.isdisjoint(names) for a, _ in m):
                add_term(out, m, c)
                continue
            image = ONE
            for a, e in m:
                image = self.times(image, self.power(self._renamed_atom(a, names), e))
            add_to(out, image, c)
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
        """Return the bound places of a sum, renamed to fresh variables, and its body in them."""
        places, body = a.data
        fresh = [variable(f"~{next(_fresh)}", p.size) for p in places]
        ((m, _),) = self.renamed({body: 1}, dict(zip(places, fresh, strict=True))).items()
        return fresh, m

    def sum_over(self, p: Polynomial, places: list[Place]) -> Polynomial:
        """Return the sum over variables."""
        out: Polynomial = {}
        for m, c in p.items():
            add_to(out, self._sum(m, places), c)
        return out

    def _sum(self, m: Monomial, places: list[Place]) -> Polynomial:
        """Return the sum of a monomial: whatever can be made simpler is, then `_close` names what is left."""
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
                rest: Polynomial = {tuple(f for f in m if k not in f[0].free): 1}
                return self.sum_over(self.times(partial, rest), [p for p in places if p is not k])
        return None

    def _close(self, m: Monomial, places: list[Place]) -> Polynomial:
        """Return the product of the sums over factors that share indices, each named canonically."""
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
        """Return the sum as an atom: of all ways to name its indices, the one that spells least."""
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
