"""Losses that have the letter of another: under a heading of their own, that letter is defined anew.

Such a statement is first taken for a claim about the loss defined before. Only where that fares worse, the letter is
another one from there on: it then has another name, and the definition is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from softreg.symbolic.document import nodes as n
from softreg.symbolic.document.grammar import NotUnderstoodError
from softreg.symbolic.document.letters import LOSSES
from softreg.symbolic.document.reading import Reader
from softreg.symbolic.document.source import HEADING, Chain, Side

if TYPE_CHECKING:
    from softreg.symbolic.document.judge import Judge

NAMES = ("L", "J", "\\ell", "NLL", "CE")  # losses whatever stands beside them

Renewed = tuple[str, int, str]  # a letter, from where on it is another, and the name of that


def renewed(first: Judge) -> Iterator[Renewed]:
    """Yield the losses that a heading parts from the first of their letter, and that are made of other letters."""
    chains = sorted([*first.chains, *first.inline], key=lambda chain: chain.links[0].relation.start)
    used = {token.value for chain in chains for side in _sides(chain) for token in side.tokens}
    free = [name for name in NAMES if name not in used]
    heads = [(chain, chain.head.tokens[0].value) for chain in chains if _is_bare(chain)]
    for at, (chain, letter) in enumerate(heads):
        before = next((c for c, other in heads[:at] if other == letter), None)
        if before is None or not free or not HEADING.search(first.source.text, before.head.start, chain.head.start):
            continue
        old, new = (_letters(first, c.links[0].right) for c in (before, chain))
        if (new - first.context.behind(old)) & (first.context.definitions.keys() | first.context.notation.functions):
            yield letter, chain.head.start, free[0]


def with_renewed(chains: Iterable[Chain], letter: str, start: int, name: str) -> None:
    """Give a letter another name from a place on."""
    for chain in chains:
        chain.head = _renamed(chain.head, letter, start, name)
        for link in chain.links:
            link.right = _renamed(link.right, letter, start, name)


def _renamed(side: Side, letter: str, start: int, name: str) -> Side:
    made = (replace(t, value=name) if t.value == letter and t.start >= start else t for t in side.tokens)
    return replace(side, tokens=tuple(made))


def _is_bare(chain: Chain) -> bool:
    """Whether a chain says what a loss is: J = ..., J(w) = ..."""
    types = [t.type for t in chain.head.tokens]
    named = chain.head.tokens[:1] and chain.head.tokens[0].value in LOSSES
    return bool(named) and (types[1:] == [] or types[1:] == ["LPAR", "NAME", "RPAR"])


def _sides(chain: Chain) -> list[Side]:
    return [chain.head, *(link.right for link in chain.links)]


def _letters(first: Judge, side: Side) -> set[str]:
    try:
        return set().union(*(n.letters(Reader(first.context.notation).read(tree)) for tree in side.trees))
    except NotUnderstoodError:
        return set()
