"""From formulas to arrays of symbolic size, entry by entry.

Letters that are defined are unfolded to what they are defined by, except that in d/dv the letter v
stands for itself: so d/dz_i differentiates in z though z depends on weights. What the derivative
has made of v is unfolded afterwards.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import sympy as sp

from softreg.symbolic import namespace
from softreg.symbolic.document import nodes as n
from softreg.symbolic.document.definitions import Context, has_rows, is_bias, is_slope
from softreg.symbolic.document.entries import (
    POSITIVE,
    Array,
    Defaults,
    Entries,
    Scope,
    UnclearError,
    VacuousError,
    name_of,
    scalar,
)
from softreg.symbolic.document.ranges import RangeError, Ranges
from softreg.symbolic.normal import Normal
from softreg.symbolic.terms import Expr, Index, Pick, UndecidedError, derivative, equal_index, total


class Meaning(Entries):
    """Values of formulas; `free` holds the free indices of the chain at hand."""

    def __init__(self, context: Context, ranges: Ranges):
        super().__init__(context, ranges)
        self._probes: dict[Any, Expr] = {}
        self.largest: dict[Expr, tuple[Expr, Expr, tuple[Expr, ...]]] = {}  # the names of places, and of what

    def value(self, node: n.Node, scope: Scope, opaque: frozenset[str] = frozenset()) -> Array:
        """Return the value; indices of `scope` that are axes become free indices of their size."""
        node = self._named(node, opaque)
        if isinstance(node, n.Number):
            return scalar(sp.Rational(node.value.numerator, node.value.denominator))
        if isinstance(node, n.Var):
            return self._var(node, scope, opaque)
        if isinstance(node, n.Add):
            return self._fold(self._terms(node, scope, opaque), lambda a, b: a + b)
        if isinstance(node, n.Mul):
            return self._product(node, scope, opaque)
        if isinstance(node, n.Quotient):
            bottom = self.value(node.denominator, scope, opaque)
            if bottom.shape == () and bottom.at() == 0:
                raise UnclearError("a division by 0")
            return self.value(node.numerator, scope, opaque) / bottom
        if isinstance(node, n.Power):
            return self._power(node, scope, opaque)
        if isinstance(node, n.Function):
            function = namespace.log if node.name == "log" else namespace.exp
            return function(self.value(node.argument, scope, opaque))
        if isinstance(node, n.Sum):
            return self._sum(node, scope, opaque)
        if isinstance(node, n.Derivative):
            return self._derivative(node, scope, opaque)
        if isinstance(node, n.Largest):
            return self._largest(node, scope, opaque)
        if isinstance(node, n.Entrywise):
            return self.value(node.left, scope, opaque) * self.value(node.right, scope, opaque)
        if isinstance(node, n.Diagonal):
            body, k = node.body, node.index
            if self.ranges.binds(node):
                size = self.ranges.of_sum(node)
                vector = namespace.Array((size,), lambda i: self.value(body, Defaults({k: i}, scope), opaque).at())
            else:
                vector = self.value(body, scope, opaque)
            return namespace.Array(vector.shape * 2, lambda i, j: vector.at(i) * equal_index(i, j))
        if isinstance(node, n.Equal) and self.ranges.is_value(node):
            target = self.value(node.left, scope, opaque)  # 1 or 0
            return target if (node.right == n.Number(_ONE)) != node.negated else 1 - target
        if isinstance(node, n.Equal):
            hit = equal_index(self.index(node.left, scope), self.index(node.right, scope))
            return scalar(1 - hit if node.negated else hit)
        if isinstance(node, n.Cases):
            return self._cases(node, scope, opaque)
        if isinstance(node, n.Transposed):
            inner = self.value(node.body, scope, opaque)
            return namespace.matrix_transpose(inner) if inner.ndim == 2 else inner
        assert isinstance(node, n.SquaredNorm)
        inner = self.value(node.body, scope, opaque)
        return namespace.sum(inner * inner) if inner.ndim else inner * inner

    def _named(self, node: n.Node, opaque: frozenset[str]) -> n.Node:
        """Return the letter that a formula defines, where that letter stands for itself: w'x + b is z in d/dz."""
        for letter in opaque if not isinstance(node, (n.Var, n.Number)) else ():
            definition = self.context.definitions.get(letter)
            if definition is None or definition.guessed or definition.sup or type(definition.body) is not type(node):
                continue
            for found in itertools.permutations(sorted(n.free_indices(node)), len(definition.sub)):
                names = dict(zip(definition.sub, found, strict=True))
                if n.renamed(definition.body, names) == node:
                    return n.Var(letter, tuple(map(n.Var, found)))
        return node

    # --- sums, products, cases ---

    def _fold(self, values: list[Array], combine: Any) -> Array:
        out = values[0]
        for value in values[1:]:
            out = combine(out, value)
        return out

    def _terms(self, node: n.Add, scope: Scope, opaque: frozenset[str]) -> list[Array]:
        """Return the terms; a bias is the same for each row, or each column."""
        values = [self.value(t, scope, opaque) for t in node.terms]
        whole = max(values, key=lambda v: v.ndim)
        for at, (term, value) in enumerate(zip(node.terms, values, strict=True)):
            if whole.ndim == 2 and value.ndim == 1 and is_bias(term):
                across = has_rows(node, self.context)
                values[at] = namespace.Array(whole.shape, lambda i, j, v=value, c=across: v.at(j if c else i))
        return values

    def _product(self, node: n.Mul, scope: Scope, opaque: frozenset[str]) -> Array:
        out, row = scalar(sp.S.One), False
        for factor in node.factors:
            value = self.value(factor, scope, opaque)
            is_row = isinstance(factor, n.Transposed) and value.ndim == 1
            if not out.ndim or not value.ndim:
                row = is_row if value.ndim else row
                out = out * value
            elif out.ndim == value.ndim == 1 and is_row and not row:
                left, right = out, value
                out = namespace.Array((*left.shape, *right.shape), _outer(left, right))
                row = False
            else:
                row = row and value.ndim == 2
                out = namespace.matmul(out, value)
        return out

    def _power(self, node: n.Power, scope: Scope, opaque: frozenset[str]) -> Array:
        base, exponent = self.value(node.base, scope, opaque), self.value(node.exponent, scope, opaque)
        if base.ndim == 1 and not exponent.ndim and exponent.at().is_Rational:
            return namespace.Array(base.shape, lambda i: base.at(i) ** exponent.at())  # entry by entry
        if base.ndim or exponent.ndim:
            raise UnclearError("the inverse of a matrix is not evaluated" if base.ndim == 2 else "a power of a vector")
        if exponent.at().is_Rational:
            return scalar(base.at() ** exponent.at())
        return namespace.exp(exponent * namespace.log(base))

    def _sum(self, node: n.Sum, scope: Scope, opaque: frozenset[str]) -> Array:
        size = self.ranges.of_sum(node)
        upper, lower = node.upper, node.lower
        left_out = [self.index(x, scope) for x in self.ranges.left_out(node)]
        first = lower.value if isinstance(lower, n.Number) else 1
        if (lower is not None and not isinstance(lower, n.Number)) or first not in (0, 1, 2):
            raise UnclearError("the first value of the sum is not understood", node.at)
        shorter = isinstance(upper, n.Add)
        if shorter and upper.terms[1:] != (n.MINUS_ONE,) and upper.terms[1:] != (n.negative(n.Number(_ONE)),):  # type: ignore[union-attr]
            raise UnclearError("the last value of the sum is not understood", node.at)
        if first == 0 and not shorter and upper is not None:
            raise RangeError(f"the sum over {node.index} begins at 0 and runs to {size}: one term too many")
        if first == 2:
            left_out.append(sp.S.One)
        last = self.last_of(str(size)) if shorter and first != 0 else None
        if last is not None and not self.context.reference:
            left_out.append(last)

        if node.index in self.context.true_classes(n.letters(node.body)):
            raise UnclearError(f"{node.index} is the true class, and the sum runs over another {node.index}", node.at)

        def with_index(k: Expr) -> Array:
            return self.value(node.body, Defaults({node.index: k}, scope), opaque)

        def term(k: Expr, *i: Expr) -> Expr:
            e = with_index(k).at(*i)
            kept = sp.Mul(*(1 - equal_index(other, k) for other in left_out))
            return e * kept

        probe = with_index(Index(node.index, size))
        whole = namespace.Array(probe.shape, lambda *i: total(lambda k: term(k, *i), size))
        return whole if last is None or last in left_out else whole - with_index(last)

    def _largest(self, node: n.Largest, scope: Scope, opaque: frozenset[str]) -> Array:
        """Return the entry at an index of which nothing is known: what is proved of any holds for the largest."""
        size = self.ranges.of_sum(node)

        def body(k: Expr) -> Expr:
            if node.index is None:
                return self.value(node.body, scope, opaque).at(k)
            return self.value(node.body, Defaults({node.index: k}, scope), opaque).at()

        probe = self._probes.setdefault(size, Index("k", size))
        e = body(probe)
        rows = sorted((i for i in e.free_symbols if isinstance(i, Index) and i != probe), key=str)
        probes = [self._probes.setdefault((row.size, at), Index("r", row.size)) for at, row in enumerate(rows)]
        e = e.xreplace(dict(zip(rows, probes, strict=True)))
        return scalar(body(Pick(self._place_of_largest(e, probe, tuple(probes)), size, *rows)))

    def _place_of_largest(self, e: Expr, probe: Expr, rows: tuple[Expr, ...]) -> Expr:
        """Return the name of the choice that was made before among the same values, or of a new one."""
        for name, (known, _, _) in self.largest.items():
            try:
                if Normal(()).equal(known, e):
                    return name
            except UndecidedError:
                continue
        name = sp.Symbol(f"max{len(self.largest)}")
        self.largest[name] = (e, probe, rows)
        return name

    def varies_largest(self, e: Expr) -> bool:
        """Whether a largest entry was differentiated, which many take for a constant."""
        places = (i for delta in e.atoms(sp.KroneckerDelta) for i in delta.args if isinstance(i, Pick))
        return any(place.args[0] in self.largest for place in places)

    def _cases(self, node: n.Cases, scope: Scope, opaque: frozenset[str]) -> Array:
        remaining: Expr = sp.S.One
        parts: list[Array] = []
        for value, conditions in node.cases:
            holds: Expr = sp.S.One
            for c in conditions:
                holds = holds * self.value(c, scope, opaque).at()
            if not conditions:
                holds = sp.S.One
            if sp.expand(remaining * holds) == 0:
                raise UnclearError("one of the cases can never be: those before it cover all, or it contradicts itself")
            parts.append(self.value(value, scope, opaque) * scalar(remaining * holds))
            remaining = sp.expand(remaining * (1 - holds))
        return self._fold(parts, lambda a, b: a + b)

    # --- derivatives ---

    def _derivative(self, node: n.Derivative, scope: Scope, opaque: frozenset[str]) -> Array:
        v = node.variable
        if is_slope(node, self.context):
            assert isinstance(node.body, n.Var)
            return self._var(replace(node.body, primes=node.body.primes + 1), scope, opaque)
        variable = self._var_at(v, scope, opaque | {v.letter})
        body = self.value(node.body, scope, opaque | {v.letter})
        base = self._base(v.letter)

        def entry(*i: Expr) -> Expr:
            e, x = body.at(*i[: body.ndim]), variable.at(*i[body.ndim :])
            occurs = {a.base for a in e.atoms(sp.Indexed)} | e.free_symbols
            if base not in occurs:
                if e.is_Number or self._is_constant(node.body):
                    return sp.S.Zero
                raise VacuousError(
                    f"how this depends on {name_of(v.letter)} is not said: the derivative would be 0", node.at
                )
            hidden = min((z for z in self.context.normalizers - {v.letter} if self._base(z) in occurs), default="")
            if hidden:
                raise VacuousError(f"how {name_of(hidden)} depends on {name_of(v.letter)} is not said", node.at)
            slope = derivative(e, x)
            return slope if v.letter in opaque else self._unfolded(slope, v, scope, opaque)

        return namespace.Array((*body.shape, *variable.shape), entry)

    def _var_at(self, v: n.Var, scope: Scope, opaque: frozenset[str]) -> Array:
        if v.primes:
            raise UnclearError("a derivative in a letter with a prime", v.at)
        return self._var(n.Var(v.letter, v.sub, v.sup, v.arguments, 0, "", at=v.at), scope, opaque)

    def _is_constant(self, body: n.Node) -> bool:
        """Whether what is differentiated is made of targets and inputs, which depend on nothing."""
        constant = self.context.targets | {"x", "X"} | POSITIVE
        return n.letters(body) <= constant - set(self.context.definitions)

    def _unfolded(self, e: Expr, v: n.Var, scope: Scope, opaque: frozenset[str]) -> Expr:
        definition = self.context.definitions.get(v.letter)
        if definition is None:
            return e
        base = self._base(v.letter)
        if definition.argument is not None:
            return e.xreplace({base: self._elementwise(v, definition, scope, opaque).at()})
        if not isinstance(base, sp.IndexedBase):
            return e.xreplace({base: self._entry(v.letter, (), (), opaque, scope)})
        order = self._order(v.letter)
        found = {}
        for entry in e.atoms(sp.Indexed):
            if entry.base == base:
                at = dict(zip(order, entry.indices, strict=True))
                sub = tuple(at[o] for o in sorted(at) if o[0] == "sub")
                sup = tuple(at[o] for o in sorted(at) if o[0] == "sup")
                found[entry] = self._entry(v.letter, sub, sup, opaque, scope)
        return e.xreplace(found)


_ONE = n.MINUS_ONE.value * -1


def _outer(a: Array, b: Array) -> Any:
    return lambda i, j: a.at(i) * b.at(j)
