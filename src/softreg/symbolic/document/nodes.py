"""What a formula says, once it is settled what each operator binds and which letters are functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from fractions import Fraction
from typing import Any


@dataclass(frozen=True)
class Node:
    """A formula."""

    def children(self) -> Iterator[Node]:
        """Return the formulas it is made of."""
        for name, value in vars(self).items():
            if name != "given":
                yield from _nodes(value)

    def walk(self) -> Iterator[Node]:
        """Return the formula and all within."""
        yield self
        for child in self.children():
            yield from child.walk()


def _nodes(value: object) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _nodes(item)


@dataclass(frozen=True)
class Number(Node):
    """A rational number."""

    value: Fraction


@dataclass(frozen=True)
class Var(Node):
    """A letter with what stands at it: indices, the number of the sample, an argument.

    S_k(z), S(z_k) and S(z)_k are all S with the index k; `arguments` keeps what stood in brackets.
    """

    letter: str
    sub: tuple[Node, ...] = ()
    sup: tuple[Node, ...] = ()
    arguments: tuple[Node, ...] | None = None
    primes: int = 0
    mark: str = ""  # an iteration: new, t+1
    given: tuple[Node, ...] = field(default=(), compare=False)  # what the value is not said to depend on: x in P(k | x)
    at: int = field(default=-1, compare=False)


@dataclass(frozen=True)
class Add(Node):
    """A sum of terms."""

    terms: tuple[Node, ...]


@dataclass(frozen=True)
class Mul(Node):
    """A product; of matrices and vectors, the matrix product."""

    factors: tuple[Node, ...]


@dataclass(frozen=True)
class Quotient(Node):
    """A fraction."""

    numerator: Node
    denominator: Node


@dataclass(frozen=True)
class Power(Node):
    """A power."""

    base: Node
    exponent: Node


@dataclass(frozen=True)
class Function(Node):
    """An elementary function, exp or log."""

    name: str
    argument: Node


@dataclass(frozen=True)
class Sum(Node):
    """A sum over an index, but for the values it is to differ from."""

    index: str
    lower: Node | None
    upper: Node | None
    excluded: tuple[Node, ...]
    body: Node
    at: int = field(default=-1, compare=False)


@dataclass(frozen=True)
class Largest(Node):
    """The largest value of the body over an index; of its entries, if no index is written."""

    index: str | None
    body: Node
    at: int = field(default=-1, compare=False)


@dataclass(frozen=True)
class Entrywise(Node):
    """The product entry by entry."""

    left: Node
    right: Node


@dataclass(frozen=True)
class OfOne(Node):
    """What is made of one formula."""

    body: Node


@dataclass(frozen=True)
class Diagonal(OfOne):
    """The diagonal matrix of a vector, or of the values at an index."""

    index: str | None = None


@dataclass(frozen=True)
class Derivative(Node):
    """The partial derivative of the body in a variable; `whole` in all its entries (nabla)."""

    body: Node
    variable: Var
    whole: bool = False
    at: int = field(default=-1, compare=False)


@dataclass(frozen=True)
class Equal(Node):
    """1 where two indices are equal, else 0; the other way round if `negated`."""

    left: Node
    right: Node
    negated: bool = False
    at: int = field(default=-1, compare=False)


@dataclass(frozen=True)
class Cases(Node):
    """The value of the first case all of whose conditions hold."""

    cases: tuple[tuple[Node, tuple[Node, ...]], ...]


class Transposed(OfOne):
    """A transposed vector or matrix."""


class SquaredNorm(OfOne):
    """The sum of the squares of all entries."""


MINUS_ONE = Number(Fraction(-1))


def negative(node: Node) -> Node:
    """Return the formula with a minus sign."""
    return Mul((MINUS_ONE, node))


def opposite(node: Node) -> Node:
    """Return the formula with the other sign."""
    if isinstance(node, Mul) and node.factors[0] == MINUS_ONE:
        return node.factors[1] if len(node.factors) == 2 else Mul(node.factors[1:])
    return negative(node)


def rebuilt(node: Node, change: Callable[[Node], Node | None]) -> Node:
    """Return the formula with each part replaced that `change` returns another for; those are not entered."""
    new = change(node)
    if new is not None:
        return new
    return replace(node, **{f.name: _rebuilt(getattr(node, f.name), change) for f in fields(node)})


def renamed(node: Node, names: dict[str, str]) -> Node:
    """Return the formula with other letters for indices."""

    def other(index: Node) -> Node:
        return Var(names.get(index.letter, index.letter)) if isinstance(index, Var) and not index.sub else index

    def change(part: Node) -> Node | None:
        if not isinstance(part, Var):
            return None
        inner = None if part.arguments is None else tuple(renamed(a, names) for a in part.arguments)
        return replace(part, sub=tuple(map(other, part.sub)), sup=tuple(map(other, part.sup)), arguments=inner)

    return rebuilt(node, change) if names else node


def _rebuilt(value: Any, change: Callable[[Node], Node | None]) -> Any:
    if isinstance(value, Node):
        return rebuilt(value, change)
    return tuple(_rebuilt(item, change) for item in value) if isinstance(value, tuple) else value


def values(node: Node) -> Iterator[Var]:
    """Return the variables within that stand for values, as arguments too, and not for indices."""
    if isinstance(node, Var):
        yield node
        for argument in node.arguments or ():
            yield from values(argument)
    elif isinstance(node, Sum):
        yield from values(node.body)
    elif not isinstance(node, Equal):
        for child in node.children():
            yield from values(child)


def letters(node: Node) -> set[str]:
    """Return the letters of these variables."""
    return {v.letter for v in values(node)}


def is_example(node: Node) -> bool:
    """Whether a formula is made of numbers alone, with decimals or in a list: -log(0.245), [2][3][4]."""
    numbers = [part for part in node.walk() if isinstance(part, Number)]
    factors = node.factors if isinstance(node, Mul) else ()
    listed = len(factors) > 1 and factors[0] != MINUS_ONE and all(isinstance(f, Number) for f in factors)
    return not letters(node) and (listed or any(x.value.denominator != 1 for x in numbers))


def free_indices(node: Node) -> set[str]:
    """Return the letters that stand as indices and are bound by no sum or maximum."""
    if isinstance(node, (Sum, Largest, Diagonal)):
        return free_indices(node.body) - {node.index}
    own = {i.letter for i in (*node.sub, *node.sup) if isinstance(i, Var)} if isinstance(node, Var) else set()
    return own.union(*map(free_indices, node.children()))
