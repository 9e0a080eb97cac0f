"""The sides of the steps: read, repaired where damage is plain, their letters counted and their indices typed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from softreg.symbolic.document import nodes as n
from softreg.symbolic.document.alone import as_number, number_in
from softreg.symbolic.document.definitions import Context
from softreg.symbolic.document.entries import ALONE, POSITIVE, name_of
from softreg.symbolic.document.grammar import NotUnderstoodError
from softreg.symbolic.document.groups import without_braces_of_sums
from softreg.symbolic.document.letters import INDEX, INPUTS, ONES, TARGETS
from softreg.symbolic.document.lexer import tokens
from softreg.symbolic.document.plain import in_words
from softreg.symbolic.document.ranges import RangeError, Ranges, Shape, UnreadError
from softreg.symbolic.document.reach import reaching
from softreg.symbolic.document.reading import Reader
from softreg.symbolic.document.scripts import INVERSE
from softreg.symbolic.document.source import Chain, Side, Source
from softreg.symbolic.document.steps import Expression, letters_of_values, values_in


class Sides:
    """Makes expressions of the sides of a document."""

    def __init__(self, source: Source, context: Context, ranges: Ranges):
        self._source, self._context, self._ranges = source, context, ranges

    def read(self, side: Side) -> Expression:
        """Return a side as it may be read, or what is wrong with it."""
        out = Expression(side)
        try:
            trees = side.trees
            if len(trees) != 1:
                raise NotUnderstoodError("several formulas stand here", side.start)
            tight = Reader(self._context.notation)
            out.nodes.append(tight.read(trees[0]))
            if tight.ambiguous:
                out.nodes.append(Reader(self._context.notation, wide=True).read(trees[0]))
        except NotUnderstoodError as error:
            out.nodes = []
            out.problem = ("unparseable", error.message, error.at)
            if error.repair is not None:
                self._repair(out, side, error.repair)
        except RecursionError:
            out.nodes = []
            out.problem = ("unparseable", "too deeply nested", side.start)
        return out

    def _shown(self, e: Expression) -> Expression | None:
        """Return a side as it looks on the page, without the braces around what is summed, if that is another."""
        bare = without_braces_of_sums(list(e.side.tokens))
        if e.problem is not None or len(bare) == len(e.side.tokens):
            return None
        other = self.read(replace(e.side, tokens=tuple(bare)))
        return other if other.problem is None and other.nodes[:1] != e.nodes[:1] else None

    def read_all(self, chain: Chain) -> list[Expression]:
        """Return the sides of a chain; their sums reach as far as their index does, if it is free nowhere else."""
        found = [self.read(side) for side in (chain.head, *(link.right for link in chain.links))]
        widest = [[reaching(node, frozenset()) for node in e.nodes] for e in found]
        free = set().union(*(n.free_indices(node) for nodes in widest for node in nodes))
        for e in found:
            written, e.nodes = e.nodes, [reaching(node, free) for node in e.nodes]
            if e.nodes != written:
                line = self._source.place(e.side.start)[0]
                self._context.notes.append(f"line {line}: a sum without brackets is taken to reach as far as its index")
            e.shown = self._shown(e)
        self._turn(found)
        return found

    def _turn(self, chain: list[Expression]) -> None:
        r"""Read \sigma^{-1}(x) = y as \sigma(y) = x; where x stands in y, as what holds for x = \sigma(u), any u."""
        head = chain[0].nodes[0] if chain[0].nodes else None
        if not isinstance(head, n.Var) or not head.letter.endswith(INVERSE) or len(chain) != 2:
            return
        function = head.letter.removesuffix(INVERSE)
        definition = self._context.definitions.get(function)
        if definition is None or definition.argument is None or not head.arguments:
            return
        (x, *_) = head.arguments
        if isinstance(x, n.Var) and any(v == x for node in chain[1].nodes for v in n.values(node)):
            u = n.Var(x.letter + ALONE)
            value = n.Var(function, arguments=(u,))
            chain[0].nodes = [n.rebuilt(node, lambda part: value if part == x else None) for node in chain[1].nodes]
            chain[1].nodes = [u]
        else:
            chain[0].nodes = [n.Var(function, arguments=(node,)) for node in chain[1].nodes]
            chain[1].nodes = list(head.arguments)

    def _repair(self, out: Expression, side: Side, repair: tuple[int, int, str]) -> None:
        """Read the side as the damage would be mended; it is told, and never taken for what is written."""
        first, last = side.tokens[0].start, side.tokens[-1].end
        text = self._source.text[first:last]
        words: list[str] = []
        following: tuple[int, int, str] | None = (repair[0] - first, repair[1] - first, repair[2])
        while following is not None and len(words) < 20:
            start, end, new = following
            words.append(f"{new.strip()} for {text[start:end].strip()!r}")
            text = text[:start] + new + text[end:]
            bad = [t for t in tokens(text) if t.type == "BAD" and t.repair]
            following = bad[0].repair if bad else None
        out.repair = ", ".join(dict.fromkeys(words))
        out.repaired = self.read(Side(tuple(tokens(text)), text))
        if out.repaired.problem is not None:
            out.repaired = None

    def count_letters(self, readable: list[tuple[Chain, list[Expression]]]) -> None:
        """A letter without a meaning that stands on one side of the whole document is not understood."""
        seen: dict[str, int] = {}
        known = {
            *self._context.definitions,
            *self._context.targets,
            *POSITIVE,
            *INPUTS,
            "e",
            ONES,
            *self._context.labels,
        }
        for definition in self._context.definitions.values():
            known |= n.letters(definition.body)
        everything = [e for _, all_ in readable for e in all_]
        for e in everything:
            for letter in set().union(*(letters_of_values(node) for node in e.nodes)):
                seen[letter] = seen.get(letter, 0) + 1
        for e in everything:
            for v in (v for node in e.nodes for v in values_in(node)):
                likelihood = v.letter.partition("_")[2] in TARGETS  # p(y | x), whatever it is
                if (
                    not likelihood
                    and seen.get(v.letter) == 1
                    and v.letter not in known
                    and v.letter not in self._ranges.known_sizes()
                ):
                    if not v.sub and (v.letter.isupper() or v.letter in INDEX or v.letter.endswith(ALONE)):
                        continue
                    e.problem = (
                        "unparseable",
                        f"the letter {in_words(name_of(v.letter))!r} has no meaning in this document",
                        v.at,
                    )

    def type_definitions(self) -> None:
        """Settle over what the indices of the definitions run."""
        for definition in list(self._context.definitions.values()):
            scope: dict[Any, Any] = {}
            for kind, names in (("sub", definition.sub), ("sup", definition.sup)):
                for place, name in enumerate(names):
                    scope[name] = (kind, definition.letter, place)
            if definition.argument is not None:
                scope["value", definition.argument] = ()
            try:
                shape = self._ranges.attempt(definition.body, scope)
                self._ranges.fixed |= {i: axis for i, axis in scope.items() if axis and axis[0] == "index"}
                for place, axis in enumerate(shape, start=len(definition.sub)):
                    self._ranges.join(("sub", definition.letter, place), axis)
            except RangeError as error:
                if definition.guessed:  # so it is not that
                    del self._context.definitions[definition.letter]
                    self._context.notes[:] = [t for t in self._context.notes if not t.startswith(definition.text)]
                else:
                    self._context.notes.append(f"{definition.text}: {error}")

    def type(self, expressions: list[Expression]) -> dict[str, Any]:
        """Settle over what the indices of a chain run; what does not fit is a problem of its side."""
        scope: dict[str, Any] = {}
        last: Shape = ()
        number = number_in([node for e in expressions for node in e.nodes], self._context)
        for e in expressions:
            e.nodes = [as_number(node, number) for node in e.nodes] if number else e.nodes
            for expression in (e, e.repaired, e.shown):
                if expression is None or expression.problem is not None:
                    continue
                fitting: list[n.Node] = []
                errors: list[RangeError] = []
                for node in expression.nodes:
                    try:
                        shape = self._ranges.attempt(node, scope)
                        fitting.append(node)
                        if len(shape) == len(last) and any(axis[0] == "ones" for axis in (*shape, *last)):
                            for one, other in zip(last, shape, strict=True):
                                self._ranges.join(one, other)  # as many ones as there are entries on the other side
                        last = shape
                    except RangeError as error:
                        errors.append(error)
                if fitting:
                    expression.nodes = fitting
                else:
                    verdict = "unparseable" if isinstance(errors[0], UnreadError) else "type-error"
                    expression.problem = (verdict, in_words(str(errors[0])), expression.side.start)
        return scope
