"""Whether two sides are equal among the indices of a chain, in any of the readings of each and in the case at hand."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from softreg.symbolic.document import nodes as n
from softreg.symbolic.document.compare import Facts, Outcome, compare
from softreg.symbolic.document.conditions import of_a_size
from softreg.symbolic.document.definitions import Context
from softreg.symbolic.document.entries import Defaults, UnclearError, name_of
from softreg.symbolic.document.letters import SAMPLE
from softreg.symbolic.document.meaning import Meaning
from softreg.symbolic.document.plain import in_words
from softreg.symbolic.document.ranges import RangeError, Ranges
from softreg.symbolic.document.steps import Expression
from softreg.symbolic.terms import Expr, Index, ShapeError, SymbolicError, Total

NEAR = 1200  # as many characters before and after "where y_i = 1", i is the true class, though sums run over i


class Equations:
    """Compares the sides of one chain after the other."""

    context: Context
    ranges: Ranges
    _meaning: Meaning
    _scope: dict[Any, Any]  # the indices of the chain
    varied: set[str]  # letters in which the left side is differentiated
    _slope_of_loss: bool
    at: int  # where the chain stands

    def look_at(self, meaning: Meaning, scope: dict[Any, Any], at: int) -> None:
        """Turn to the chain that stands there, its indices, and what letters mean."""
        self._meaning, self._scope, self.at = meaning, scope, at

    def _value(self, e: Expression, reading: int) -> Any:
        while len(e.values) <= reading:
            e.values.append(self._meaning.value(e.nodes[len(e.values)], self._scope))
        return e.values[reading]

    def _compared(self, left: Expression, right: Expression, condition: Any) -> Outcome:
        """Return the outcome for the best of the readings; keep those that can be."""
        first: Outcome | None = None
        good: list[tuple[int, int, Outcome]] = []
        tried = 0
        lefts = left.viable or range(len(left.nodes))
        for i, j in itertools.product(lefts, range(len(right.nodes))):
            outcome = self._outcome(left, i, right, j, condition)
            first = first or outcome
            if outcome.holds:
                good.append((i, j, outcome))
            tried += 1
        assert first is not None
        if not good:
            return first
        good.sort(key=lambda g: g[2].verdict != "true")
        best = good[0][2]
        right.viable = [j for _, j, o in good if o.verdict == best.verdict]
        if len(good) < tried:
            binds = "one factor" if (good[0][0], good[0][1]) == (0, 0) else "the whole product"
            return replace(best, reason=f"ambiguous: this holds where the derivative binds {binds} after it")
        return best

    def _outcome(self, left: Expression, i: int, right: Expression, j: int, condition: Any) -> Outcome:
        try:
            return self.equal(self._value(left, i), self._value(right, j), condition)
        except (RangeError, ShapeError) as error:
            return Outcome("type-error", reason=in_words(str(error)))
        except UnclearError as error:
            return Outcome("undecided", reason=in_words(error.message))
        except SymbolicError as error:
            return Outcome("undecided", reason=in_words(str(error)))

    def equal(self, a: Any, b: Any, condition: Any = ()) -> Outcome:
        """Compare two values entry by entry, in the case at hand if it takes that."""
        if a.shape != b.shape:
            shorter = min(a, b, key=lambda v: v.ndim)
            if shorter.ndim or shorter.at() != 0:
                raise RangeError(f"a value of shape {_shape(a)} stands for one of shape {_shape(b)}")
        longer = max(a, b, key=lambda v: v.ndim)
        at = tuple(Index(c, size) for c, size in zip("ijkl", longer.shape, strict=False))
        left, right = (v.at(*at) if v.ndim else v.at() for v in (a, b))
        outcome = self._in_case(left, right, condition)
        doubt = self._doubt(left, right) if outcome.verdict == "false" else ""
        return Outcome("undecided", reason=doubt) if doubt else outcome

    def _doubt(self, left: Expr, right: Expr) -> str:
        """Return why two numbers that differ may still be what the document means."""
        if self._meaning.varies_largest(left - right):
            return "a maximum is differentiated like the entry that it is, not like a constant"
        sample = self._scope.get(SAMPLE)
        if sample is not None and (sample in left.free_symbols) != (sample in right.free_symbols):
            return "one side is about all samples, the other about one: write which sample is meant, or the sum"
        for e in (left, right):
            if sample in e.free_symbols and any(t.index.size == sample.size for t in e.atoms(Total)):  # type: ignore[union-attr]
                return "a letter in a sum over samples has no number of a sample: write which one is meant"
        if right == 0 and self._slope_of_loss:
            return "not 0 in general: if this is the condition of an optimum, there is nothing to prove"
        return ""

    def _in_case(self, left: Expr, right: Expr, condition: Any) -> Outcome:
        """Compare two numbers, in the case at hand if it takes that."""
        outcome = compare(left, right, self.facts())
        if of_a_size(condition):
            return outcome
        if outcome.verdict == "false" and not condition:
            return self._apart(left, right) or outcome
        if outcome.verdict == "true" or not condition:
            return outcome
        found = self.in_case(condition)
        if found is None:
            return outcome  # the case is about an index that does not occur
        i, j = found
        if i == j and condition[1].type != "EQ":
            raise UnclearError(f"{i.name} != {j.name} is never the case")
        if i.size != j.size:
            raise RangeError(f"{condition[0].value} and {condition[2].value} are compared, but their ranges differ")
        if condition[1].type == "EQ":
            here = {i: j} if isinstance(i, Index) else {j: i}
            inner = compare(left.xreplace(here), right.xreplace(here), self.facts())
        else:
            inner = compare(left, right, self.facts(), [(i, j)])
        if inner.holds:
            sign = "=" if condition[1].type == "EQ" else "!="
            told = f"the case {condition[0].value} {sign} {condition[2].value}"
            return Outcome(inner.verdict, (*inner.assumptions, told))
        return inner

    def _apart(self, left: Expr, right: Expr) -> Outcome | None:
        """Return that two numbers are equal where an index is not the one that sums leave out."""
        free = [i for i in self._scope.values() if isinstance(i, Index)]
        for out in (i for i in free if i.name in {a.out for a in self.context.apart.values()}):
            for other in (i for i in free if i.size == out.size and i != out):
                inner = compare(left, right, self.facts(), [(other, out)])
                if inner.holds:
                    return Outcome(inner.verdict, (*inner.assumptions, f"the case {other.name} != {out.name}"))
        return None

    def facts(self) -> Facts:
        """Return what may be assumed."""
        zeros = self._meaning.zeros()
        return Facts(
            {name_of(y): self.context.totals.get(y, Fraction(1)) for y in sorted(self.context.sums_to_one)},
            self.context.one_hot or bool(self.context.labels),
            tuple(self._meaning.last.items()),
            self._meaning._class_size(),
            self._label_letters(),
            zeros,
            tuple(map(name_of, sorted(self.context.margins))),
            self._meaning.largest,
        )

    def _label_letters(self) -> tuple[Expr, ...]:
        """Return the free indices that name the true class."""
        found = [i for i in (*self._scope.values(), *self._meaning.labels()) if isinstance(i, Index)]
        near = {v for v, places in self.context.near_truths.items() if any(abs(self.at - at) < NEAR for at in places)}
        return tuple(i for i in found if i.name in {"c", *self.context.truths, *near})

    def values(self, e: Expression) -> Any:
        """Return the first reading's value of a side."""
        return self._value(e, (e.viable or [0])[0])

    def value(self, node: n.Node, bound: Mapping[str, Expr] | None = None, opaque: frozenset[str] = frozenset()) -> Any:
        """Return the value of a formula among the indices of the chain, and those that sums around it bind."""
        return self._meaning.value(node, Defaults(dict(bound or {}), self._scope), opaque)

    def in_case(self, condition: Any) -> tuple[Expr, Expr] | None:
        """Return the two indices of a case; nothing if it is about one that does not occur."""
        named = {condition[0].value, condition[2].value}
        if not named <= {*self._scope, *self.context.labels, *self.context.truths} or not named & {*self._scope}:
            return None
        for other in named - {*self._scope, *self.context.labels}:
            (known,) = named - {other}
            self._scope[other] = Index(other, self._meaning.index(n.Var(known), self._scope).size)
        i, j = (self._meaning.index(n.Var(t.value), self._scope) for t in (condition[0], condition[2]))
        return i, j

    def takes_argument(self, v: n.Var) -> bool:
        """Whether the value of a function is that at what stands in its brackets."""
        return (
            self._meaning._argument(v, self.context.definitions.get(v.letter), dict(self._scope), frozenset())
            is not None
        )

    def derivative_of(self, e: Expression, v: n.Var) -> Any:
        """Return the value of the derivative of a side."""
        return self._meaning.value(n.Derivative(e.nodes[0], v), self._scope)

    def swapped(self, e: Expression) -> list[Expr]:
        """Return the free indices of the chain."""
        return [x for x in self._scope.values() if isinstance(x, Index)]


def _shape(a: Any) -> str:
    return f"({', '.join(map(str, a.shape))})" if a.shape else "number"
