"""From formulas to arrays of symbolic size, entry by entry.

Letters that are defined are unfolded to what they are defined by, except that in d/dv the letter v
stands for itself: so d/dz_i differentiates in z though z depends on weights. What the derivative
has made of v is unfolded afterwards.
"""

from __future__ import annotations

from typing import Any

import sympy as sp

from softreg.symbolic import namespace
from softreg.symbolic.document import nodes as n
from softreg.symbolic.document.definitions import Context
from softreg.symbolic.document.ranges import RangeError, Ranges, size_symbol
from softreg.symbolic.terms import Expr, Index, Pick, derivative, equal_index, total

Array = Any
Scope = dict[Any, Any]
POSITIVE = frozenset({"T", "\\tau", "\\alpha", "\\eta", "\\lambda", "\\epsilon", "\\varepsilon", "\\gamma", "\\mu"})


class UnclearError(Exception):
    """Something that is read, but whose meaning or value is not settled; where it stands."""

    def __init__(self, message: str, at: int = -1):
        super().__init__(message)
        self.message, self.at = message, at


class VacuousError(UnclearError):
    """A derivative in what does not occur: 0 = 0 would prove nothing."""


class Meaning:
    """Values of formulas; `free` holds the free indices of the chain at hand."""

    def __init__(self, context: Context, ranges: Ranges):
        self.context, self.ranges = context, ranges
        self.last: dict[Expr, str] = {}  # an index that stands for the last of its range
        self._bases: dict[str, Any] = {}
        self._labels: dict[Any, Expr] = {}

    def value(self, node: n.Node, scope: Scope, opaque: frozenset[str] = frozenset()) -> Array:
        """Return the value; indices of `scope` that are axes become free indices of their size."""
        if isinstance(node, n.Number):
            return _scalar(sp.Rational(node.value.numerator, node.value.denominator))
        if isinstance(node, n.Var):
            return self._var(node, scope, opaque)
        if isinstance(node, n.Add):
            return self._fold([self.value(t, scope, opaque) for t in node.terms], lambda a, b: a + b)
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
        if isinstance(node, n.Equal):
            hit = equal_index(self.index(node.left, scope), self.index(node.right, scope))
            return _scalar(1 - hit if node.negated else hit)
        if isinstance(node, n.Cases):
            return self._cases(node, scope, opaque)
        if isinstance(node, n.Transposed):
            inner = self.value(node.body, scope, opaque)
            return namespace.matrix_transpose(inner) if inner.ndim == 2 else inner
        assert isinstance(node, n.SquaredNorm)
        inner = self.value(node.body, scope, opaque)
        return namespace.sum(inner * inner) if inner.ndim else inner * inner

    # --- indices ---

    def index(self, node: n.Node, scope: Scope) -> Expr:
        """Return what stands as an index."""
        if isinstance(node, n.Number):
            if node.value != 1:
                raise UnclearError(f"the entry number {node.value}: only the first is sure to exist for every size")
            return sp.S.One
        if isinstance(node, n.Var):
            found = scope.get(node.letter)
            if isinstance(found, (Index, Pick, sp.Integer)):
                return found
            if isinstance(found, tuple):
                scope[node.letter] = Index(node.letter, self.ranges.of_axis(found))
                return scope[node.letter]
            if node.letter in self.context.labels:
                return self._label(node, scope)
            if node.letter in self.ranges.known_sizes():
                return self.last_of(node.letter)
            raise UnclearError(f"the index {_name(node.letter)} is bound by nothing here", node.at)
        raise UnclearError("an index that is not understood")

    def last_of(self, size: str) -> Expr:
        """Return the index that stands for the last of a range."""
        for index, name in self.last.items():
            if name == size:
                return index
        made = Index(size, size_symbol(size))
        self.last[made] = size
        return made

    def _label(self, node: n.Var, scope: Scope) -> Expr:
        key = (node.letter, tuple(self.index(i, scope) for i in node.sup))
        if key not in self._labels:
            size = self.ranges.of_axis(("classes",))
            name = sp.Symbol(f"{node.letter}_")
            self._labels[key] = Pick(name, size, *key[1]) if key[1] else Index(node.letter, size)
        return self._labels[key]

    # --- letters ---

    def _base(self, letter: str) -> Any:
        """Return the array of a letter that stands for itself; rows first, then classes."""
        if letter not in self._bases:
            sub, sup = self.context.arity_of(letter)
            order = self._order(letter)
            sizes = [self.ranges.of_slot(letter, kind, place) for kind, place in order]
            positive = True if letter in POSITIVE or letter in self.context.positive else None
            symbol = sp.Symbol(_name(letter), real=True, positive=positive)
            self._bases[letter] = sp.IndexedBase(symbol, shape=tuple(sizes)) if sub + sup else symbol
        return self._bases[letter]

    def _order(self, letter: str) -> list[tuple[str, int]]:
        sub, sup = self.context.arity_of(letter)
        order = [("sup", i) for i in range(sup)] + [("sub", i) for i in range(sub)]
        if letter in self.context.sums_to_one and len(order) > 1:
            classes = [o for o in order if self.ranges.of_slot(letter, *o) == self._class_size()]
            if len(classes) == 1:
                order = [o for o in order if o != classes[0]] + classes
        return order

    def _class_size(self) -> Expr:
        for definition in self.context.definitions.values():
            for part in definition.body.walk():
                if isinstance(part, n.Sum) and isinstance(part.body, n.Function) and part.body.name == "exp":
                    return self.ranges.of_sum(part)
        return None

    def _var(self, node: n.Var, scope: Scope, opaque: frozenset[str]) -> Array:
        letter = node.letter
        if ("value", letter) in scope:
            bound = scope[("value", letter)]
            known = [self.index(i, scope) for i in node.sub]
            return namespace.Array(bound.shape[len(known) :], lambda *more: bound.at(*known, *more))
        definition = self.context.definitions.get(letter)
        if definition is not None and definition.argument is not None:
            return self._elementwise(node, definition, scope, opaque)
        if node.primes:
            raise UnclearError(f"{_name(letter)}': what the prime means is not said", node.at)
        sub, sup = self.context.arity_of(letter)
        if not sub + sup and definition is None:
            if letter in self.ranges.known_sizes():
                return _scalar(size_symbol(letter))
            if letter == "e":
                return _scalar(sp.E)
            return _scalar(self._base(letter))
        above = [self.index(i, scope) for i in node.sup]
        while len(above) < sup:
            above.append(self._sample(letter, len(above), scope))
        below = [self.index(i, scope) for i in node.sub]
        missing = [self.ranges.of_slot(letter, "sub", place) for place in range(len(below), sub)]

        bound = self._bound(node, definition, scope, opaque)

        def entry(*more: Expr) -> Expr:
            return self._entry(letter, (*below, *more), tuple(above), opaque, scope if bound is None else bound)

        return namespace.Array(missing, entry)

    def _bound(self, node: n.Var, definition: Any, scope: Scope, opaque: frozenset[str]) -> Scope | None:
        """Return a scope in which the vector that a function is of has the value in brackets."""
        if definition is None or definition.formal is None or not node.arguments or node.letter in opaque:
            return None
        first = node.arguments[0]
        if len(node.arguments) > 1 or (isinstance(first, n.Var) and (first.letter in (definition.formal, "x"))):
            return None
        if isinstance(first, n.Var) and first.sub:
            first = n.Var(first.letter, (), first.sup)
        argument = self.value(first, scope, opaque)
        if argument.ndim != 1:
            return None
        return _Defaults({("value", definition.formal): argument}, scope)

    def _sample(self, letter: str, place: int, scope: Scope) -> Expr:
        """Return the sample that is meant where none is said: always the same one."""
        if "(sample)" not in scope:
            scope["(sample)"] = Index("n", self.ranges.of_slot(letter, "sup", place))
        return scope["(sample)"]

    def _entry(
        self, letter: str, below: tuple[Expr, ...], above: tuple[Expr, ...], opaque: frozenset[str], scope: Scope
    ) -> Expr:
        definition = self.context.definitions.get(letter)
        if definition is None or letter in opaque:
            values = {("sub", i): x for i, x in enumerate(below)} | {("sup", i): x for i, x in enumerate(above)}
            base = self._base(letter)
            at = [values[o] for o in self._order(letter)]
            return base[tuple(at)] if at else base
        names = (*definition.sub, *definition.sup)
        own = above[: len(definition.sup)]  # a sample more than the definition names is the one at hand
        inner: Scope = dict(zip(names, (*below[: len(definition.sub)], *own), strict=True))
        sample = above[0] if above else scope.get("(sample)")
        if sample is not None:
            inner["(sample)"] = sample
        result = self.value(definition.body, _Defaults(inner, scope), opaque)
        rest = below[len(definition.sub) :]
        if result.ndim != len(rest):
            raise UnclearError(f"{_name(letter)} has {len(below)} indices here, and another number where it is defined")
        return result.at(*rest)

    def _elementwise(self, node: n.Var, definition: Any, scope: Scope, opaque: frozenset[str]) -> Array:
        """Apply a function of one number, or its derivative, to every entry."""
        if node.letter in opaque:
            return _scalar(self._base(node.letter))
        if node.arguments:
            argument = self.value(node.arguments[0], scope, opaque)
        else:
            argument = self.value(n.Var(definition.argument, node.sub, node.sup), scope, opaque)
        u = sp.Dummy("u", real=True)
        e = self.value(definition.body, {("value", definition.argument): _scalar(u)}, opaque).at()
        for _ in range(node.primes):
            e = derivative(e, u)
        return namespace.Array(argument.shape, lambda *i: e.xreplace({u: argument.at(*i)}))

    # --- sums, products, cases ---

    def _fold(self, values: list[Array], combine: Any) -> Array:
        out = values[0]
        for value in values[1:]:
            out = combine(out, value)
        return out

    def _product(self, node: n.Mul, scope: Scope, opaque: frozenset[str]) -> Array:
        out, row = _scalar(sp.S.One), False
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
        if base.ndim or exponent.ndim:
            raise UnclearError("a power of a vector")
        if exponent.at().is_Rational:
            return _scalar(base.at() ** exponent.at())
        return namespace.exp(exponent * namespace.log(base))

    def _sum(self, node: n.Sum, scope: Scope, opaque: frozenset[str]) -> Array:
        size = self.ranges.of_sum(node)
        upper, lower = node.upper, node.lower
        if isinstance(upper, n.Number):
            raise UnclearError("a sum to a number", node.at)
        left_out = [self.index(x, scope) for x in node.excluded]
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
        if shorter and first != 0:
            left_out.append(self.last_of(str(size)))

        def with_index(k: Expr) -> Array:
            return self.value(node.body, _Defaults({node.index: k}, scope), opaque)

        def term(k: Expr, *i: Expr) -> Expr:
            e = with_index(k).at(*i)
            kept = sp.Mul(*(1 - equal_index(other, k) for other in left_out))
            return e * kept

        probe = with_index(Index(node.index, size))
        return namespace.Array(probe.shape, lambda *i: total(lambda k: term(k, *i), size))

    def _cases(self, node: n.Cases, scope: Scope, opaque: frozenset[str]) -> Array:
        remaining: Expr = sp.S.One
        parts: list[Array] = []
        for value, conditions in node.cases:
            holds: Expr = sp.S.One
            for c in conditions:
                holds = holds * self.value(c, scope, opaque).at()
            if not conditions:
                holds = sp.S.One
            parts.append(self.value(value, scope, opaque) * _scalar(remaining * holds))
            remaining = sp.expand(remaining * (1 - holds))
        return self._fold(parts, lambda a, b: a + b)

    # --- derivatives ---

    def _derivative(self, node: n.Derivative, scope: Scope, opaque: frozenset[str]) -> Array:
        v = node.variable
        assert v is not None
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
                    f"how this depends on {_name(v.letter)} is not said: the derivative would be 0", node.at
                )
            slope = derivative(e, x)
            return slope if v.letter in opaque else self._unfolded(slope, v, scope, opaque)

        return namespace.Array((*body.shape, *variable.shape), entry)

    def _var_at(self, v: n.Var, scope: Scope, opaque: frozenset[str]) -> Array:
        if v.primes:
            raise UnclearError("a derivative in a letter with a prime", v.at)
        return self._var(n.Var(v.letter, v.sub, v.sup, v.arguments, 0, "", v.at), scope, opaque)

    def _is_constant(self, body: n.Node) -> bool:
        """Whether what is differentiated is made of targets and inputs, which depend on nothing."""
        constant = self.context.targets | {"x", "X"} | POSITIVE
        return n.letters(body) <= constant

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


class _Defaults(dict[Any, Any]):
    """A scope within another: new indices are noted in the outer one."""

    def __init__(self, inner: Scope, outer: Scope):
        super().__init__(inner)
        self._outer = outer

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or key in self._outer

    def get(self, key: Any, default: Any = None) -> Any:
        return super().__getitem__(key) if super().__contains__(key) else self._outer.get(key, default)

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(key) if super().__contains__(key) else self._outer[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        if super().__contains__(key):
            super().__setitem__(key, value)
        else:
            self._outer[key] = value


def _scalar(e: Expr) -> Array:
    return namespace.Array((), lambda: e)


def _outer(a: Array, b: Array) -> Any:
    return lambda i, j: a.at(i) * b.at(j)


def _name(letter: str) -> str:
    return letter.replace("\\", "").replace(" ", "_")
