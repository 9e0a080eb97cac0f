"""The normal form that decides: two expressions with the same one are equal for all sizes.

Every rule replaces a term by one that is equal to it wherever the term is defined, so a difference
that comes out as 0 is 0 for every size and every real value of the variables. A difference that
does not come out as 0 is not thereby refuted.

Rules
-----
exp      exp(a + b) = exp(a) exp(b); exp(log a) = a
log      split over a product whose factors are known to be positive, else `UndecidedError`
root     of a product of exponentials and of letters known to be positive, else `UndecidedError`
division by what is known not to be 0 (positive, or declared so), else `UndecidedError`
delta    idempotent; within a product, indices that it says are equal are written alike; in an
         argument of exp, log or a quotient, both cases are taken: f = delta f_1 + (1 - delta) f_0
zero     x IsZero(x) = 0, idempotent
sum      linear; factors without the index go outside; a delta contracts, if the ranges are the same;
         nested sums are joined, taken apart into factors that share no index, and named canonically
rows     sum_k y[.., k] = 1 for arrays declared so, where k occurs in nothing else

Declared facts that were used are recorded in `used`, so that a verdict can name them.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

import sympy as sp

from softreg.symbolic.algebra import ONE, add_to, constant
from softreg.symbolic.atoms import Atom, Number, Place, Polynomial, atom, number, pick, variable
from softreg.symbolic.notation import spelled
from softreg.symbolic.sums import Sums
from softreg.symbolic.terms import (
    Expr,
    Index,
    IsZero,
    Pick,
    ShapeError,
    Total,
    UndecidedError,
    UnsupportedError,
    fits,
    same_range,
)


class Normal(Sums):
    """Normal forms under declared facts."""

    def __init__(
        self,
        rows_sum_to_one: Iterable[str] = (),
        positive: Iterable[Expr] = (),
        distinct: Iterable[tuple[Expr, Expr]] = (),
    ) -> None:
        super().__init__()
        self.rows_sum_to_one = frozenset(rows_sum_to_one)
        self._known: dict[Expr, Polynomial] = {}
        self._distinct = {frozenset((a.args[0].name, b.args[0].name)) for a, b in distinct}
        for e in positive:
            ((m, _),) = self.of(e).items()
            ((a, _),) = m
            self._positive[a] = f"{spelled(e)} > 0"

    # --- deciding ---

    def equal(self, a: Expr, b: Expr) -> bool:
        """Whether the two are proved equal."""
        try:
            return self.is_zero(self.of(a - b))
        except RecursionError:
            raise UndecidedError("the rules go round in a circle or too deep") from None

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
            add_to(out, q)
        return out

    # --- from expressions ---

    def of(self, e: Expr) -> Polynomial:
        """Return the normal form of an expression."""
        if e not in self._known:
            self._known[e] = self._convert(e)
        return self._known[e]

    def _convert(self, e: Expr) -> Polynomial:
        if e.is_Rational:
            return constant(Fraction(int(e.p), int(e.q)))
        if isinstance(e, sp.Indexed):
            return {((self._entry(e), 1),): 1}
        if e.is_Symbol and not isinstance(e, Index):
            name = f"{e.name}~{e.dummy_index}" if isinstance(e, sp.Dummy) else e.name
            return {((atom("symbol", name, bool(e.is_positive)), 1),): 1}
        if isinstance(e, sp.Add):
            out: Polynomial = {}
            for term in e.args:
                add_to(out, self.of(term))
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
        raise UnsupportedError(f"no rule for {type(e).__name__}: {e}")

    def _entry(self, e: Expr) -> Atom:
        for i, size in zip(e.indices, e.base.shape, strict=True):
            if not fits(i, size):
                raise ShapeError(f"{e}: the index {i} does not run over an axis of size {size}")
        positive = bool(e.base.label.is_positive)
        return atom("entry", (str(e.base.label), tuple(map(self.place, e.indices))), positive)

    def place(self, i: Expr) -> Place:
        """Return the index as a place."""
        if i.is_Integer:
            return number(int(i))
        if isinstance(i, Index):
            return variable(f"{i.name}~{i.dummy_index}", i.size)
        if isinstance(i, Pick):
            return pick(i.args[0].name, i.size, tuple(map(self.place, i.args[2:])))
        raise UnsupportedError(f"{i} is no index")
