"""Which letters are vectors and matrices, where a document does not write all indices."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from fractions import Fraction

from softreg.symbolic.document import nodes as n
from softreg.symbolic.document.definitions import Context, is_bias, is_of_rows, is_slope
from softreg.symbolic.document.letters import LOSSES

SCALARS = frozenset(
    {"\\alpha", "\\eta", "\\lambda", "\\tau", "\\epsilon", "\\gamma", "e", "L", "J", "\\ell", "K", "n", "m"}
)

ACTIVATIONS = frozenset({"\\sigma", "sigmoid", "softmax", "S"})  # of a vector they make a vector
VECTORS = frozenset({"y", "t", "b", "p", "q", "z", "x", "w", "\\theta", "\\hat y", "\\sigma", "\\delta"})


class Ranks:
    """How many indices each letter has in full: those that are written, and those left out."""

    def __init__(self, context: Context):
        self.context = context
        self._one_number = False

    def settle(self, nodes: Iterable[n.Node]) -> None:
        """Raise the number of indices of letters until all products and sums fit."""
        nodes = list(nodes)
        self._one_number = _is_of_one_number(nodes)
        self._settle(nodes)
        self._gradients(nodes)
        self._settle(nodes)

    def said(self, nodes: Iterable[n.Node]) -> set[str]:
        r"""Return the letters whose indices are all written somewhere, or that make such; w in w^\top x."""
        nodes = list(nodes)
        variables = [v for node in nodes for v in n.values(node)]
        found = {v.letter for v in variables if v.sub and len(v.sub) == self.context.arity_of(v.letter)[0]}
        found |= {v for v, d in self.context.definitions.items() if d.sub and len(d.sub) == self.context.arity_of(v)[0]}
        found -= {v for v in "UV" if v in self.context.definitions and self.context.definitions[v].at < 0}  # of rows u
        for part in (part for node in nodes for part in node.walk() if isinstance(part, n.Mul)):
            for a, b in itertools.pairwise(part.factors):
                if isinstance(a, n.Transposed) and isinstance(a.body, n.Var) and self.rank(a) == self.rank(b) == 1:
                    found |= {a.body.letter} | ({b.letter} if isinstance(b, n.Var) else set())
        for _ in self.context.definitions:
            before = len(found)
            for letter, definition in self.context.definitions.items():
                whole = {v.letter for v in n.values(definition.body) if self.rank(v)}
                if whole and self.context.arity_of(letter)[0] and (whole <= found or letter in found):
                    found |= whole | {letter}
            if len(found) == before:
                break
        return found

    def _settle(self, nodes: list[n.Node]) -> None:
        for _ in range(4):
            before = dict(self.context.arity)
            for letter, definition in self.context.definitions.items():
                self._learn(definition.body)
                if definition.argument is None:
                    self._at_least(letter, len(definition.sub) + self.rank(definition.body))
            for node in nodes:
                self._learn(node)
            if before == self.context.arity:
                return

    def _gradients(self, nodes: list[n.Node]) -> None:
        """Take a letter for a vector that stands in gradients alone; elsewhere its use has told what it is."""
        used = {v.letter for node in nodes for v in _elsewhere(node)}
        for part in (part for node in nodes for part in node.walk()):
            v = part.variable if isinstance(part, n.Derivative) and part.whole else None
            if v is not None and v.letter not in used:
                self._vector(v, 2 if _is_matrix(v) and not v.sub else 1)

    def _at_least(self, letter: str, sub: int) -> None:
        have, sup = self.context.arity_of(letter)
        scores = letter in self.context.definitions and letter.startswith("\\") and letter not in LOSSES
        matrix = letter in self.context.definitions and sub > 1  # J = diag(p) - p p^T is no loss
        if sub > have and (letter not in SCALARS or scores or matrix):
            self.context.arity[letter] = (min(sub, 3), sup)

    def _learn(self, node: n.Node) -> None:
        for child in node.children():  # what is within tells what is around it
            self._learn(child)
        if isinstance(node, n.Mul):
            for a, b in zip(node.factors, node.factors[1:], strict=False):
                if isinstance(a, n.Transposed) and isinstance(a.body, n.Var) and not isinstance(b, n.Transposed):
                    self._vector(a.body, 2 if _is_matrix(a.body) else 1)
                    self._vector(b, 2 if isinstance(b, n.Var) and _is_matrix(b) else 1)
                elif isinstance(b, n.Transposed) and isinstance(b.body, n.Var) and not isinstance(a, n.Transposed):
                    self._vector(b.body, 2 if _is_matrix(b.body) else 1)
                elif (
                    isinstance(a, n.Var)
                    and _is_matrix(a)
                    and isinstance(b, n.Var)
                    and not b.sub
                    and b.letter not in SCALARS
                ):
                    row = self._one_number and not _is_matrix(b)
                    self._vector(a, 1 if row else 2)
                    self._vector(b, 2 if _is_matrix(b) else 1)
        elif isinstance(node, n.Var) and node.arguments and is_of_rows(node, self.context):
            argument = node.arguments[0]
            self._vector(argument, 0 if isinstance(argument, n.Var) and argument.sub else 1)
        elif isinstance(node, (n.Diagonal, n.Largest)) and node.index is None:
            self._vector(node.body, 1)
        elif isinstance(node, n.Add):
            ranks = [self.rank(t) for t in node.terms]
            for t, rank in zip(node.terms, ranks, strict=True):
                if rank == 0 and max(ranks) > 0:
                    v = t.factors[-1] if isinstance(t, n.Mul) and t.factors[0] == n.MINUS_ONE else t
                    if isinstance(v, n.Var) and (v.letter.partition("^")[0] in VECTORS or v.letter.isupper()):
                        self._vector(v, 1 if is_bias(v) else max(ranks))

    def _vector(self, node: n.Node, rank: int) -> None:
        while isinstance(node, (n.Function, n.Transposed)):
            node = node.argument if isinstance(node, n.Function) else node.body
        if isinstance(node, n.Var) and node.letter not in SCALARS:
            definition = self.context.definitions.get(node.letter)
            if definition is None:
                self._at_least(node.letter, len(node.sub) + rank)

    def rank(self, node: n.Node) -> int:
        """Return how many indices of the value are not written."""
        if isinstance(node, n.Var):
            definition = self.context.definitions.get(node.letter)
            if definition is not None and definition.argument is not None:
                return self.rank(node.arguments[0]) if node.arguments else 0
            whole = self.context.arity_of(node.letter)[0]
            like_argument = is_of_rows(node, self.context) or (definition is None and node.letter in ACTIVATIONS)
            if like_argument and node.arguments:
                whole = max(whole, self.rank(node.arguments[0]))
            return max(0, whole - len(node.sub))
        if isinstance(node, (n.Number, n.Equal, n.SquaredNorm)):
            return 0
        if isinstance(node, n.Mul):
            return self._product(node)
        if isinstance(node, n.Derivative):
            return 0 if is_slope(node, self.context) else self.rank(node.body) + self.rank(node.variable)
        if isinstance(node, n.Sum):
            return self.rank(node.body)
        if isinstance(node, n.Largest):
            return self.rank(node.body) if node.index else 0
        if isinstance(node, n.Diagonal):
            return 2
        if isinstance(node, n.Cases):
            return max(self.rank(value) for value, _ in node.cases)
        return max((self.rank(c) for c in node.children()), default=0)

    def _product(self, node: n.Mul) -> int:
        out, row = 0, False
        for factor in node.factors:
            right = self.rank(factor)
            is_row = isinstance(factor, n.Transposed) and right == 1
            if not out or not right:
                row = is_row if right else row
                out += right
            elif out == right == 1:
                out, row = (2, False) if is_row and not row else (0, False)
            else:
                out = max(0, out + right - 2)
        return out


def _is_of_one_number(nodes: list[n.Node]) -> bool:
    r"""Whether (1 - y) \log(1 - p) stands there, where y and p never have an index: then p is one number."""
    indexed = {v.letter for node in nodes for v in n.values(node) if v.sub or v.sup}
    indexed |= {v.letter for node in nodes for t in node.walk() if isinstance(t, n.Transposed) for v in n.values(t)}
    for part in (part for node in nodes for part in node.walk() if isinstance(part, n.Mul)):
        logs = [f.argument for f in part.factors if isinstance(f, n.Function) and f.name == "log"]
        rests = [f for f in (*part.factors, *logs) if isinstance(f, n.Add) and f.terms[0] == n.Number(Fraction(1))]
        if logs and len(rests) == 2 and not any(n.letters(f) & indexed for f in rests):
            return True
    return False


def _elsewhere(node: n.Node) -> Iterator[n.Var]:
    """Return the variables that stand neither for what a derivative is in, nor in brackets as an argument."""
    if isinstance(node, n.Var):
        yield node
    elif isinstance(node, n.Derivative):
        yield from _elsewhere(node.body)
    else:
        for child in node.children():
            yield from _elsewhere(child)


def _is_matrix(v: n.Var) -> bool:
    return (
        not v.sub and (v.letter.isupper() or v.letter in ("\\Theta", "\\Phi")) and v.letter not in ("L", "J", "K", "N")
    )
