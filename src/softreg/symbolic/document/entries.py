"""Letters as arrays of symbolic size: entries of their own, or what the document defines them by."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import sympy as sp

from softreg.symbolic import namespace
from softreg.symbolic.document import nodes as n
from softreg.symbolic.document.definitions import Context, has_rows, is_of_rows
from softreg.symbolic.document.letters import ONES, SAMPLE
from softreg.symbolic.document.ranges import Ranges, size_symbol
from softreg.symbolic.terms import Expr, Index, Pick, derivative

Array = Any
Scope = dict[Any, Any]
ALL = "_all"  # ends the letter of the values of all samples
ALONE = "_alone"  # ends the letter of a number that is called like a vector
POSITIVE = frozenset({"T", "\\tau", "\\alpha", "\\eta", "\\lambda", "\\epsilon", "\\varepsilon", "\\gamma", "\\mu"})


class UnclearError(Exception):
    """Something that is read, but whose meaning or value is not settled; where it stands."""

    def __init__(self, message: str, at: int = -1):
        super().__init__(message)
        self.message, self.at = message, at


class VacuousError(UnclearError):
    """A derivative in what does not occur: 0 = 0 would prove nothing."""


class Entries(ABC):
    """Values of letters and indices; `value` gives that of the formula a letter is defined by."""

    def __init__(self, context: Context, ranges: Ranges):
        self.context, self.ranges = context, ranges
        self.last: dict[Expr, str] = {}  # an index that stands for the last of its range
        self._bases: dict[str, Any] = {}
        self._labels: dict[Any, Expr] = {}

    @abstractmethod
    def value(self, node: n.Node, scope: Scope, opaque: frozenset[str] = frozenset()) -> Array:
        """Return the value of a formula."""

    # --- indices ---

    def index(self, node: n.Node, scope: Scope) -> Expr:
        """Return what stands as an index."""
        if isinstance(node, n.Number):
            if node.value != 1:
                raise UnclearError(f"the entry number {node.value}: only the first is sure to exist for every size")
            return sp.S.One
        if isinstance(node, n.Var) and node.sub and node.letter in self.context.labels:
            return self._label(node, scope)
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
            raise UnclearError(
                f"the index {name_of(node.letter)} is bound by nothing here: does a sum before it lack brackets?",
                node.at,
            )
        raise UnclearError("an index that is not understood")

    def last_of(self, size: str) -> Expr:
        """Return the index that stands for the last of a range."""
        for index, name in self.last.items():
            if name == size:
                return index
        made = Index(size, size_symbol(size))
        self.last[made] = size
        return made

    def labels(self) -> list[Expr]:
        """Return the indices that are labels, as far as they occurred."""
        return list(self._labels.values())

    def _label(self, node: n.Var, scope: Scope) -> Expr:
        key = (node.letter, tuple(self.index(i, scope) for i in (*node.sub, *node.sup)))
        if key not in self._labels:
            size = self.ranges.of_axis(("classes",))
            name = sp.Symbol(f"{node.letter}_")
            self._labels[key] = Pick(name, size, *key[1]) if key[1] else Index(node.letter, size)
        return self._labels[key]

    def zeros(self) -> dict[str, tuple[int, Expr]]:
        """Return which index of a letter must not be the last, for the letter not to be 0."""
        found = self.context.reference.items()
        return {name_of(v): (self._order(v).index(("sub", at)), self.last_of(size)) for v, (at, size) in found}

    # --- letters ---

    def _base(self, letter: str) -> Any:
        """Return the array of a letter that stands for itself; rows first, then classes."""
        if letter not in self._bases:
            sub, sup = self.context.arity_of(letter)
            order = self._order(letter)
            sizes = [self.ranges.of_slot(letter, kind, place) for kind, place in order]
            one = letter in POSITIVE and (not sizes or letter == "\\mu")  # \eta_k are scores, \mu_k means
            positive = True if one or letter in self.context.positive else None
            symbol = sp.Symbol(name_of(letter), real=True, positive=positive)
            self._bases[letter] = sp.IndexedBase(symbol, shape=tuple(sizes)) if sub + sup else symbol
        return self._bases[letter]

    def _order(self, letter: str) -> list[tuple[str, int]]:
        sub, sup = self.context.arity_of(letter)
        order = [("sup", i) for i in range(sup)] + [("sub", i) for i in range(sub)]
        if letter in self.context.sums_to_one and len(order) > 1:
            said = [("sub", at) for at in (self.context.summed_at.get(letter),) if at is not None]
            classes = said or [o for o in order if self.ranges.of_slot(letter, *o) == self._class_size()]
            if len(classes) == 1:
                order = [o for o in order if o != classes[0]] + classes
        return order

    def _class_size(self) -> Expr:
        for definition in self.context.definitions.values():
            for part in definition.body.walk():
                softmax = isinstance(part, n.Sum) and isinstance(part.body, n.Function) and part.body.name == "exp"
                if softmax and self.ranges.is_typed(part):
                    return self.ranges.of_sum(part)
        return None

    def _var(self, node: n.Var, scope: Scope, opaque: frozenset[str]) -> Array:
        letter = node.letter
        if letter == ONES:
            return namespace.Array((self.ranges.of_axis(("ones", id(node))),), lambda i: sp.S.One)
        if ("value", letter) in scope:
            bound = scope[("value", letter)]
            known = [self.index(i, scope) for i in node.sub]
            return namespace.Array(bound.shape[len(known) :], lambda *more: bound.at(*known, *more))
        definition = self.context.definitions.get(letter)
        if definition is not None and definition.argument is not None:
            return self._elementwise(node, definition, scope, opaque)
        if node.primes:
            raise UnclearError(f"{name_of(letter)}': what the prime means is not said", node.at)
        sub, sup = self.context.arity_of(letter)
        if not sub + sup and definition is None:
            if letter in self.ranges.known_sizes():
                return scalar(size_symbol(letter))
            if letter == "e":
                return scalar(sp.E)
            return scalar(self._base(letter))
        above = [self.index(i, scope) for i in node.sup]
        while len(above) < sup:
            above.append(self._sample(letter, len(above), scope))
        below = [self.index(i, scope) for i in node.sub]
        missing = [self.ranges.of_slot(letter, "sub", place) for place in range(len(below), sub)]

        argument = self._argument(node, definition, scope, opaque)

        def entries(*at: Expr, of: Array = argument) -> Expr:
            inner = scope if of is None or definition is None else Defaults({("value", definition.formal): of}, scope)
            return self._entry(letter, (*below, *at), tuple(above), opaque, inner)

        if argument is None or argument.ndim == 1:
            return namespace.Array(missing, entries)
        across = has_rows(node.arguments[0], self.context)  # type: ignore[index]
        matrix = argument if across else namespace.matrix_transpose(argument)
        rows, columns = matrix.shape

        def of_row(r: Expr, k: Expr) -> Expr:
            return entries(k, of=namespace.Array((columns,), lambda j: matrix.at(r, j)))

        found = namespace.Array((rows, columns), of_row)
        return found if across else namespace.matrix_transpose(found)

    def _argument(self, node: n.Var, definition: Any, scope: Scope, opaque: frozenset[str]) -> Array | None:
        """Return what a function is of, if it is another vector than that it is defined with, or a matrix."""
        if definition is None or definition.formal is None or not node.arguments or node.letter in opaque:
            return None
        first = node.arguments[0]
        if isinstance(first, n.Var) and first.letter in (definition.formal, "x"):
            return None
        if isinstance(first, n.Var) and first.sub and first.sub == node.sub and not first.letter.endswith("_rows"):
            first = n.Var(first.letter, (), first.sup)
        argument = self.value(first, scope, opaque)
        matrix = argument.ndim == 2 and not node.sub and is_of_rows(node, self.context)
        return argument if argument.ndim == 1 or matrix else None

    def _sample(self, letter: str, place: int, scope: Scope) -> Expr:
        """Return the sample that is meant where none is said: always the same one."""
        if SAMPLE not in scope:
            scope[SAMPLE] = Index("n", self.ranges.of_slot(letter, "sup", place))
        return scope[SAMPLE]

    def _entry(
        self, letter: str, below: tuple[Expr, ...], above: tuple[Expr, ...], opaque: frozenset[str], scope: Scope
    ) -> Expr:
        definition = self.context.definitions.get(letter)
        place, size = self.context.reference.get(letter, (-1, ""))
        if size and below[place] == self.last_of(size):
            return sp.S.Zero
        if definition is None or letter in opaque:
            values = {("sub", i): x for i, x in enumerate(below)} | {("sup", i): x for i, x in enumerate(above)}
            base = self._base(letter)
            at = [values[o] for o in self._order(letter)]
            return base[tuple(at)] if at else base
        names = (*definition.sub, *definition.sup)
        own = above[: len(definition.sup)]  # a sample more than the definition names is the one at hand
        inner: Scope = dict(zip(names, (*below[: len(definition.sub)], *own), strict=True))
        sample = above[0] if above else scope.get(SAMPLE)
        if sample is not None:
            inner[SAMPLE] = sample
        result = self.value(definition.body, Defaults(inner, scope), opaque)
        rest = below[len(definition.sub) :]
        if result.ndim != len(rest):
            raise UnclearError(
                f"{name_of(letter)} has {len(below)} indices here, and another number where it is defined"
            )
        return result.at(*rest)

    def _elementwise(self, node: n.Var, definition: Any, scope: Scope, opaque: frozenset[str]) -> Array:
        """Apply a function of one number, or its derivative, to every entry."""
        if node.letter in opaque:
            return scalar(self._base(node.letter))
        if node.arguments:
            argument = self.value(node.arguments[0], scope, opaque)
        else:
            argument = self.value(n.Var(definition.argument, node.sub, node.sup), scope, opaque)
            if argument.ndim:
                argument = scalar(sp.Symbol(f"any {definition.argument}", real=True))  # sigma' = sigma (1 - sigma)
        u = sp.Dummy("u", real=True)
        e = self.value(definition.body, {("value", definition.argument): scalar(u)}, opaque).at()
        for _ in range(node.primes):
            e = derivative(e, u)
        return namespace.Array(argument.shape, lambda *i: e.xreplace({u: argument.at(*i)}))


class Defaults(dict[Any, Any]):
    """A scope within another: new indices are noted in the outer one."""

    def __init__(self, inner: Scope, outer: Scope):
        super().__init__(inner)
        self._outer = outer

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or key in self._outer

    def get(self, key: Any, default: Any = None) -> Any:
        """Return what the key stands for within, or else without."""
        return super().__getitem__(key) if super().__contains__(key) else self._outer.get(key, default)

    def __getitem__(self, key: Any) -> Any:
        return super().__getitem__(key) if super().__contains__(key) else self._outer[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        if super().__contains__(key):
            super().__setitem__(key, value)
        else:
            self._outer[key] = value


def scalar(e: Expr) -> Array:
    """Return a number as an array."""
    return namespace.Array((), lambda: e)


def name_of(letter: str) -> str:
    """Return a letter as it is told."""
    return letter.replace("\\", "").replace(" ", "_").removesuffix(ALONE).removesuffix(ALL)
