"""Definitions that are slips themselves: a statement is not a definition if the document fares better without it.

Two kinds are doubted, and only where a step came out wrong: a definition of a letter that steps before it have
used, and one within the text that a display states again. Without it, the usual meaning holds, or what the
display says; the statement is then judged like any other step.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from softreg.symbolic.document.letters import LOSSES

if TYPE_CHECKING:
    from softreg.symbolic.document.judge import Judge

MOST_DOUBTS = 3
RIGHT = frozenset({"true", "true-if", "definition", "update"})


def doubted(first: Judge) -> Iterator[int]:
    """Yield where the definitions stand that may be the slips, the most likely first."""
    inline = {link.relation.start for chain in first.inline for link in chain.links}
    for letter, definition in first.context.definitions.items():
        at = definition.at
        heads = [c.head.start for c in first.chains if [t.value for t in c.head.tokens[:1]] == [letter]]
        if at in inline and any(start > at for start in heads):
            yield at
    for letter in LOSSES & first.context.definitions.keys():  # said twice
        at = first.context.definitions[letter].at
        again = (c.head for c in first.chains if c.head.start > at and [t.value for t in c.head.tokens] == [letter])
        if at >= 0 and at not in inline and any(again):
            yield at
    for letter, definition in first.context.definitions.items():
        at = definition.at
        if at < 0 or at in inline:
            continue
        own = max(c.head.start for c in first.chains if c.head.start <= at)
        sides = (s for c in first.chains if c.head.start < own for s in (c.head, *(k.right for k in c.links)))
        if any(t.value == letter for side in sides for t in side.tokens):
            yield at


def slips(judged: Judge) -> tuple[int, int, int]:
    """Return how many steps are not right of themselves, how many go astray, and how far behind the first step is.

    An update or a definition that goes astray counts less: what is not known of a letter would always excuse it.
    """
    wrong = [s for s in judged.steps if s.verdict not in RIGHT and not s.inherited]
    kept = [s.line for s in wrong if s not in judged.strayed]
    return len(kept), len(wrong) - len(kept), -min(kept, default=0)


def left_open(judged: Judge) -> int:
    """Return how many steps are not right, but for updates and definitions that go astray or are amended."""
    places = {judged.source.place(at) for at in judged.amendments}
    wrong = (s for s in judged.steps if s.verdict not in RIGHT and s not in judged.strayed)
    return sum((s.line, s.column) not in places for s in wrong)
