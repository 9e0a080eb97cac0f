"""Over what each index runs: classes, features, rows. Ranges that do not agree are a type error.

Every place of an index at a letter is an axis, and so is every index of a sum and every free index
of a chain. What is used as an index there makes two axes one; a sum to K gives its axis the size K.
Sizes with different names are different.
"""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

import sympy as sp

from softreg.symbolic.document import nodes as n
from softreg.symbolic.document.definitions import Apart, Context, has_rows, is_bias, is_of_rows, is_slope
from softreg.symbolic.document.letters import ONES, SAMPLE, SIZES, TARGETS, WEIGHTS

Axis = tuple[Any, ...]
Shape = tuple[Axis, ...]
Scope = dict[str, Axis]


class RangeError(Exception):
    """Indices or shapes that do not fit."""


class UnreadError(RangeError):
    """An index that is not understood."""


class Ranges:
    """Axes, and which of them are the same."""

    def __init__(self, context: Context):
        self.context = context
        self._parent: dict[Axis, Axis] = {}
        self._size: dict[Axis, str] = {}
        self._sums: dict[int, Axis] = {}
        self._kept: list[n.Node] = []
        self._names: dict[Axis, str] = {}
        counted = sorted(v for v, (_, sup) in context.arity.items() if sup == 1 and v not in {*WEIGHTS, "b"})
        for letter in counted[1:]:
            self._join(("sup", letter, 0), ("sup", counted[0], 0), f"{letter} of a sample")
        for letter in sorted(context.sampled):
            self._join(("sup", letter, 0), ("sup", min(context.sampled), 0), f"{letter} of a sample")
        self.fixed: Scope = {}  # indices that a definition has and does not bind, where sums leave one out

    # --- union of axes ---

    def _root(self, a: Axis) -> Axis:
        while a in self._parent:
            a = self._parent[a]
        return a

    def _join(self, a: Axis, b: Axis, what: str) -> None:
        a, b = self._root(a), self._root(b)
        if a == b:
            return
        if a in self._size and b in self._size and self._size[a] != self._size[b]:
            raise RangeError(
                f"{what}: an index that runs to {self._size[a]} where one that runs to {self._size[b]} belongs"
            )
        if a in self._size:
            a, b = b, a
        self._parent[a] = b

    def _sized(self, a: Axis, size: str, what: str) -> None:
        a = self._root(a)
        if self._size.setdefault(a, size) != size:
            raise RangeError(f"{what} runs to {size}, but stands where an index that runs to {self._size[a]} belongs")

    def join(self, a: Axis, b: Axis) -> None:
        """Make two axes one."""
        self._join(a, b, "a definition")

    def attempt(self, node: n.Node, scope: Scope) -> Shape:
        """Take in the node; if it does not fit, take nothing in and say why."""
        saved = dict(self._parent), dict(self._size), dict(scope)
        self._kept.append(node)
        try:
            return self.shape(node, scope)
        except RangeError:
            self._parent, self._size = saved[0], saved[1]
            scope.clear()
            scope.update(saved[2])
            raise

    def state(self) -> tuple[dict[Axis, Axis], dict[Axis, str], dict[int, Axis]]:
        """Return what is known of the axes so far, to come back to."""
        return dict(self._parent), dict(self._size), dict(self._sums)

    def come_back(self, state: tuple[dict[Axis, Axis], dict[Axis, str], dict[int, Axis]]) -> None:
        """Forget what was taken in since then."""
        self._parent, self._size, self._sums = (dict(part) for part in state)  # type: ignore[assignment]

    def vote(self, all_nodes: list[n.Node]) -> None:
        """Give each axis the size that most sums over it name."""
        votes: dict[Axis, Counter[str]] = {}
        for top in all_nodes:
            for node in top.walk():
                if isinstance(node, n.Sum) and isinstance(node.upper, n.Var) and not node.upper.sub:
                    for v in node.body.walk():
                        if not isinstance(v, n.Var):
                            continue
                        for kind, indices in (("sub", v.sub), ("sup", v.sup)):
                            for place, i in enumerate(indices):
                                if isinstance(i, n.Var) and i.letter == node.index:
                                    axis = self._root((kind, v.letter, place))
                                    votes.setdefault(axis, Counter())[node.upper.letter] += 1
        for axis, counter in sorted(votes.items(), key=lambda item: -item[1].total()):
            if self._root(axis) not in self._size:
                self._size[self._root(axis)] = counter.most_common(1)[0][0]

    # --- sizes ---

    def _symbol(self, axis: Axis) -> sp.Symbol:
        root = self._root(axis)
        if root not in self._size:
            taken = {*self._size.values()}
            classes = any(
                self._root(("sub", letter, max(0, self.context.arity_of(letter)[0] - 1))) == root
                for letter in (*self.context.targets, *self.context.definitions)
                if self.context.arity_of(letter)[0]
            )
            wanted = "KC" if classes else "nmNB" if root[0] == "sup" else "dDpmr"
            more = (f"U{number}" for number in itertools.count(1))
            self._size[root] = next(s for s in itertools.chain((*wanted, *SIZES, "Q", "U"), more) if s not in taken)
        return size_symbol(self._size[root])

    def of_slot(self, letter: str, kind: str, place: int) -> sp.Symbol:
        """Return the size of an axis of a letter."""
        return self._symbol((kind, letter, place))

    def of_axis(self, axis: Axis) -> sp.Symbol:
        """Return the size of an axis."""
        return self._symbol(axis)

    def sizes(self) -> set[str]:
        """Return the names of the sizes that axes of the document have."""
        return set(self._size.values())

    def known_sizes(self) -> set[str]:
        """Return the names of all sizes."""
        return self.sizes() | {"n", "m", "N", "B", "K", "M"}

    def of_sum(self, node: n.Node) -> sp.Symbol:
        """Return the size that the index of a sum or a maximum runs to."""
        return self._symbol(self._sums[id(node)])

    def is_typed(self, node: n.Node) -> bool:
        """Whether it is known over what a sum runs: it is not, in a definition that does not fit."""
        return id(node) in self._sums

    def binds(self, node: n.Diagonal) -> bool:
        """Whether a diagonal matrix is of the values at its index."""
        return bool(self._sums[id(node)][0] == "sum")

    # --- shapes ---

    def index(self, node: n.Node, scope: Scope) -> Axis | None:
        """Return the axis of what stands as an index; None for a number."""
        if isinstance(node, n.Number):
            return None
        if isinstance(node, n.Var) and node.sub and node.letter in self.context.labels:
            for place, i in enumerate(node.sub):  # the label of a row: y_i
                row = self.index(i, scope)
                if row is not None:
                    self._join(("sub", f"{node.letter} as a label", place), row, f"the label {node.letter}")
            return ("classes",)
        if not isinstance(node, n.Var) or node.sub or node.primes:
            raise UnreadError("an index that is not understood: it is neither a letter nor a number")
        if node.letter in self.fixed:
            scope.setdefault(node.letter, self.fixed[node.letter])
        if node.letter in scope:
            return scope[node.letter]
        if node.letter in self.context.labels:
            return ("classes",)
        if node.letter in self._size.values() and node.letter.isupper():
            return ("last", node.letter)
        scope[node.letter] = ("index", len(self._names), node.letter)
        self._names[scope[node.letter]] = node.letter
        return scope[node.letter]

    def shape(self, node: n.Node, scope: Scope) -> Shape:
        """Return the axes of the value; join what is used together."""
        if isinstance(node, n.Number):
            return ()
        if isinstance(node, n.Var):
            return self._var(node, scope)
        if isinstance(node, n.Add):
            shapes = [self.shape(t, scope) for t in node.terms]
            whole = max(shapes, key=len)
            if len(whole) == 2:
                beside = whole[-1:] if has_rows(node, self.context) else whole[:1]
                for at, term in enumerate(node.terms):
                    if is_bias(term) and len(shapes[at]) == 1:
                        shapes[at] = self._alike([beside, shapes[at]]) and whole
            return self._alike(shapes)
        if isinstance(node, n.Mul):
            return self._product(node, scope)
        if isinstance(node, (n.Quotient, n.Power)):
            return self._alike([self.shape(c, scope) for c in node.children()])
        if isinstance(node, n.Function):
            return self.shape(node.argument, scope)
        if isinstance(node, n.Sum):
            return self._sum(node, scope)
        if isinstance(node, n.Derivative):
            if is_slope(node, self.context):
                return ()
            inner = self.shape(node.body, scope)
            return (*inner, *self.shape(node.variable, scope))
        if isinstance(node, n.Equal):
            self._equal(node, scope)
            return ()
        if isinstance(node, n.Cases):
            for _, conditions in node.cases:
                for c in conditions:
                    self.shape(c, scope)
            return self._alike([self.shape(value, scope) for value, _ in node.cases])
        if isinstance(node, n.Transposed):
            return self.shape(node.body, scope)[::-1]
        if isinstance(node, n.Entrywise):
            return self._alike([self.shape(c, scope) for c in node.children()])
        if isinstance(node, n.Largest) and node.index is not None:
            return self._over(node, node.index, node.body, scope)
        if isinstance(node, (n.Diagonal, n.Largest)):
            inner = self.shape(node.body, scope if node.index is None else dict(scope))
            if node.index is not None:  # p_i (1 - p_i) for all i, or the vector p_i of a row
                inside = scope if inner else self._bind(node, node.index, scope)
                inner = self._inside(node.body, inside, node.index, scope) or (inside[node.index],)
            if len(inner) != 1:
                raise RangeError("a diagonal matrix or a largest entry of something that is no vector")
            self._sums[id(node)] = inner[0]
            self._kept.append(node)
            return inner * 2 if isinstance(node, n.Diagonal) else ()
        assert isinstance(node, n.SquaredNorm)
        self.shape(node.body, scope)
        return ()

    def is_value(self, node: n.Equal) -> bool:
        """Whether y_i = 1 or y_i = 0 is said, of a target that is one of the two."""
        target = isinstance(node.left, n.Var) and node.left.letter in self.context.targets - self.context.labels
        return target and isinstance(node.right, n.Number) and node.right.value in (0, 1)

    def _equal(self, node: n.Equal, scope: Scope) -> None:
        if self.is_value(node):
            if self.shape(node.left, scope):
                raise RangeError("a vector is compared with a number")
            return
        a, b = self.index(node.left, scope), self.index(node.right, scope)
        if a is not None and b is not None:
            self._join(a, b, "a comparison of indices")

    def _var(self, node: n.Var, scope: Scope) -> Shape:
        letter = node.letter
        if letter == ONES:
            self._kept.append(node)
            return (("ones", id(node)),)
        definition = self.context.definitions.get(letter)
        if definition is not None:
            scope |= {index: axis for index, axis in self.fixed.items() if index not in scope}
        if definition is not None and definition.argument is not None:
            if node.arguments:
                return self.shape(node.arguments[0], scope)
            return ()
        for argument in node.arguments or ():
            if isinstance(argument, n.Var) and letter.partition("_")[2] not in TARGETS:
                self._quietly(argument, scope)
        if ("value", letter) in scope:  # type: ignore[comparison-overlap]
            return ()
        if definition is not None and definition.formal and node.arguments:
            first = node.arguments[0]
            rows = is_of_rows(node, self.context)
            if rows or not isinstance(first, n.Var) or first.letter.endswith("_rows") or first.sub != node.sub:
                inner = self.shape(first, scope)
                matrix = rows and len(inner) == 2
                if matrix or len(inner) == 1:
                    classes = inner[-1 if has_rows(first, self.context) else 0]
                    self._join(classes, ("sub", definition.formal, 0), f"the argument of {letter}")
                if matrix and not node.sub:
                    return inner
        sub, sup = self.context.arity_of(letter)
        for kind, indices in (("sub", node.sub), ("sup", node.sup)):
            for place, i in enumerate(indices):
                axis = self.index(i, scope)
                if axis is None:
                    continue
                if axis[0] == "last":
                    self._sized((kind, letter, place), axis[1], f"the index {axis[1]} of {letter}")
                else:
                    self._join((kind, letter, place), axis, f"{letter} with the index {getattr(i, 'letter', i)}")
        if letter in self.context.sampled and not node.sup and SAMPLE in scope:
            self._join(("sup", letter, 0), scope[SAMPLE], f"{letter} of a sample")
        if len(node.sub) > sub or (len(node.sup) > sup and definition is None):
            raise RangeError(f"{letter} has more indices here than where it is defined")
        return tuple(("sub", letter, place) for place in range(len(node.sub), sub))

    def _quietly(self, argument: n.Node, scope: Scope) -> None:
        if isinstance(argument, n.Var) and (argument.sub or argument.sup):
            self.shape(argument, scope)

    def _alike(self, shapes: list[Shape]) -> Shape:
        longest = max(shapes, key=len, default=())
        for shape in shapes:
            if shape and len(shape) != len(longest):
                raise RangeError("a vector and a matrix are added")
            for a, b in zip(shape, longest, strict=False):
                self._join(a, b, "a sum of vectors")
        return longest

    def _product(self, node: n.Mul, scope: Scope) -> Shape:
        shape: Shape = ()
        row = False
        for factor in node.factors:
            right = self.shape(factor, scope)
            if not right:
                continue
            if not shape:
                shape, row = right, isinstance(factor, n.Transposed) and len(right) == 1
                continue
            right_row = isinstance(factor, n.Transposed) and len(right) == 1
            if len(shape) == 1 and len(right) == 1:
                if row and right_row:
                    raise RangeError("a product of two row vectors is neither inner nor outer")
                if right_row:
                    shape = (*shape, *right)
                else:  # x'y, or x . y of two columns
                    self._join(shape[0], right[0], "a product of vectors")
                    shape = ()
                row = False
                continue
            self._join(shape[-1], right[0], "a product of matrices")
            row = row and len(right) == 2
            shape = (*shape[:-1], *right[1:])
        return shape

    def _over(self, node: n.Node, index: str, body: n.Node, scope: Scope) -> Shape:
        return self._inside(body, self._bind(node, index, scope), index, scope)

    def _bind(self, node: n.Node, index: str, scope: Scope) -> Scope:
        """Return the scope within, where the letter is an index of its own."""
        self._sums[id(node)] = ("sum", len(self._sums), index)
        self._kept.append(node)
        return {**scope, index: self._sums[id(node)]}

    def _inside(self, body: n.Node, inner: Scope, index: str, scope: Scope) -> Shape:
        shape = self.shape(body, inner)
        for letter, a in inner.items():
            if letter not in scope and letter != index:
                scope[letter] = a
        return shape

    def _sum(self, node: n.Sum, scope: Scope) -> Shape:
        inner = self._bind(node, node.index, scope)
        axis = inner[node.index]
        size = upper_size(node)
        if size is not None and all(a.everywhere for a in self._apart(node)):  # not drawn from more
            self._sized(axis, size, f"the sum over {node.index}")
        for other in self.left_out(node):
            a = self.index(other, scope)
            if a is not None and a[0] != "last":
                self._join(axis, a, f"a sum over {node.index} that leaves {getattr(other, 'letter', other)} out")
        return self._inside(node.body, inner, node.index, scope)

    def left_out(self, node: n.Sum) -> list[n.Node]:
        """Return the values that the index of a sum does not take."""
        return [*node.excluded, *(n.Var(apart.out) for apart in self._apart(node))]

    def _apart(self, node: n.Sum) -> list[Apart]:
        apart = self.context.apart
        summed = {v.letter for v in n.values(node.body) if n.Var(node.index) in v.sub} if apart else ()
        return [apart[u] for u in apart if u in summed and apart[u].left_out_by(node)]


def upper_size(node: n.Sum) -> str | None:
    """Return the size that a sum says it runs to: to K, to K - 1, or from 0 to K - 1."""
    upper = node.upper
    if isinstance(upper, n.Add) and len(upper.terms) == 2:
        upper = upper.terms[0]
    return upper.letter if isinstance(upper, n.Var) and not upper.sub else None


def size_symbol(name: str) -> sp.Symbol:
    """Return a size: any whole number from 1."""
    return sp.Symbol(name, integer=True, positive=True)
