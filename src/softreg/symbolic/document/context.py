r"""What the letters of a document mean, by its own definitions and else by what they usually mean.

A letter with an equation of its own (S(z_i) = ..., z_j = \sum_i \Theta_{ij} x_i, also within the
text) means that. The letters of probabilities, losses and logits that a document uses without
saying what they are get the usual meaning: softmax, cross-entropy, linear in the features. Every
such guess is a note that is printed with the result.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from softreg.symbolic.document import nodes as n
from softreg.symbolic.document.definitions import (
    Context,
    definition_from,
    read_formula,
)
from softreg.symbolic.document.grammar import NotUnderstoodError, parse
from softreg.symbolic.document.letters import (
    ALWAYS_PROBABILITIES,
    FUNCTIONS,
    INDEX,
    LOGITS,
    LOSSES,
    TARGETS,
)
from softreg.symbolic.document.ranks import Ranks
from softreg.symbolic.document.reading import Reader
from softreg.symbolic.document.source import Chain
from softreg.symbolic.document.usual import Usual


class Inference:
    """Finds the context of a document from its formulas."""

    def __init__(self, given: Context | None, text: str):
        self.context = given or Context()
        lowered = text.lower()
        self.context.one_hot |= any(word in lowered for word in ("one-hot", "one hot", "onehot"))
        self._nodes: list[n.Node] = []

    def run(self, chains: list[Chain], inline: list[Chain], line_of: Any) -> Context:
        """Return the context."""
        context = self.context
        self._notation(chains)
        for text in context.given:
            self._state(text)
        self._define(chains, line_of, shown=True)
        self._define(inline, line_of, shown=False)
        self._collect(chains)
        Usual(context, self._nodes).settle()
        self._collect(chains)
        self._totals([*chains, *inline])
        return context

    def _totals(self, chains: list[Chain]) -> None:
        """Find what the document itself says that the targets sum to."""
        context = self.context
        for chain in chains:
            head, value = (self._try(side.tokens) for side in (chain.head, chain.links[0].right))
            y = head.body if isinstance(head, n.Sum) else None
            if not isinstance(head, n.Sum) or not isinstance(y, n.Var) or y.letter not in context.sums_to_one:
                continue
            if len(chain.links) > 1 or not y.sub or y.sub[-1] != n.Var(head.index):
                continue
            if isinstance(value, n.Number) and value.value > 0:
                context.totals[y.letter] = value.value
            else:
                context.sums_to_one -= {y.letter}
                context.notes.append(f"{chain.head.text} = {chain.links[0].right.text}: so it is not assumed to be 1")

    def _notation(self, chains: list[Chain]) -> None:
        """Find the letters that are indices, and those of one row that have a second index, the row's, elsewhere."""
        counts: dict[str, set[int]] = {}
        notation = self.context.notation
        for node in self._sides(chains):
            for v in node.walk():
                if isinstance(v, n.Var):
                    counts.setdefault(v.letter, set()).add(len(v.sub))
                    if v.letter not in FUNCTIONS | LOSSES:
                        notation.indices |= {i.letter for i in v.sub if isinstance(i, n.Var)}
                elif isinstance(v, n.Sum):
                    notation.indices.add(v.index)
        likely = ALWAYS_PROBABILITIES | set(TARGETS) | set(LOGITS[:-1])
        notation.mixed = {v for v, found in counts.items() if {1, 2} <= found and v in likely}

    def _sides(self, chains: list[Chain]) -> Iterator[n.Node]:
        for chain in chains:
            for side in (chain.head, *(link.right for link in chain.links)):
                node = self._try(side.tokens)
                if node is not None:
                    yield node

    def _state(self, text: str) -> None:
        left, _, right = text.partition("=")
        definition = definition_from(read_formula(left), read_formula(right), None, text)
        if definition is None:
            raise NotUnderstoodError(f"{text!r} defines no letter", 0)
        self.context.accept(definition, "given")

    def _define(self, chains: Iterable[Chain], line_of: Any, *, shown: bool) -> None:
        for chain in chains:
            head = self._try(chain.head.tokens)
            if not chain.links or chain.links[0].relation.type != "EQ" or not isinstance(head, n.Var):
                continue
            if head.letter in TARGETS:
                continue
            if head.letter in ("x", "X", "\\alpha") or (chain.condition or chain.links[0].condition):
                continue
            body = self._try(chain.links[0].right.tokens)
            if body is None or isinstance(body, n.Number):
                continue
            if isinstance(body, n.Var) and (not shown or head.letter in INDEX) and not body.arguments:
                continue
            line = line_of(chain.links[0].relation.start)
            text = f"{chain.head.text} = {chain.links[0].right.text}"
            definition = definition_from(head, body, line if shown else None, text)
            if definition is not None:
                self.context.accept(definition, f"line {line}")

    def _try(self, made: Any) -> n.Node | None:
        try:
            trees = parse(list(made))
            return Reader(self.context.notation).read(trees[0]) if len(trees) == 1 else None
        except NotUnderstoodError:
            return None

    def _collect(self, chains: list[Chain]) -> None:
        """Read all sides, and note with how many indices each letter is used."""
        self._nodes = [*(d.body for d in self.context.definitions.values()), *self._sides(chains)]
        arity = self.context.arity
        for definition in self.context.definitions.values():
            arity[definition.letter] = (len(definition.sub), len(definition.sup))
        for node in self._nodes:
            for v in node.walk():
                if isinstance(v, n.Var) and v.letter not in self.context.definitions:
                    sub, sup = arity.get(v.letter, (0, 0))
                    arity[v.letter] = (max(sub, len(v.sub)), max(sup, len(v.sup)))
        Ranks(self.context).settle(self._nodes)
