"""Definitions in which one place is the slip: what follows is right if a sign, an index or a letter there is another.

Asked only where at least two steps that rest on one definition came out wrong, or one and the definition itself is
doubtful: with one alone, it is as likely that step which has the slip. What says the same again is one step. A
definition that is as in all books is no slip.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from softreg.symbolic.document import nodes as n
from softreg.symbolic.document.changes import Near, changed
from softreg.symbolic.document.compare import refute
from softreg.symbolic.document.deadline import Deadline, TooLongError
from softreg.symbolic.document.definitions import Definition
from softreg.symbolic.document.entries import POSITIVE, UnclearError
from softreg.symbolic.document.meaning import Meaning
from softreg.symbolic.document.ranges import RangeError
from softreg.symbolic.document.standard import is_cross_entropy, is_softmax
from softreg.symbolic.document.steps import UNFORESEEN, Expression
from softreg.symbolic.terms import Index, SymbolicError

if TYPE_CHECKING:
    from softreg.symbolic.document.judge import Judge

SECONDS = 4.0  # of the processor, to look for one
MOST_PLACES = 3  # at which the steps are looked at with a change, at each of the sizes
MOST = 3  # changes with which the document is judged again


@dataclass(frozen=True)
class Amendment:
    """What stands in a definition instead."""

    body: n.Node
    told: str


@dataclass
class Refuted:
    """A step that is wrong of itself: its sides, the indices of its chain, and where that stands."""

    left: Expression
    right: Expression
    scope: dict[Any, Any]
    at: int
    case: Any


def amended(first: Judge) -> Iterator[dict[int, Amendment]]:
    """Yield the changes of one definition with which no step is wrong any more, as far as numbers tell."""
    end = time.process_time() + SECONDS
    before = first.ranges.state()
    for definition, body, told in _tries(first):
        try:
            with Deadline(max(0.01, end - time.process_time())):
                holds = all(_holds(first, replace(definition, body=body), step) for step in first.refuted)
        except TooLongError:
            return
        finally:
            first.ranges.come_back(before)
        if holds:
            yield {definition.at: Amendment(body, told)}


def _tries(judge: Judge) -> Iterator[tuple[Definition, n.Node, str]]:
    """Yield definitions with a change, of those that are doubtful first, else of each in turn."""
    places = {(s.line, s.column) for s in judge.strayed}
    doubtful: list[Iterator[tuple[Definition, n.Node, str]]] = []
    others: list[Iterator[tuple[Definition, n.Node, str]]] = []
    for definition in _suspects(judge):
        # A constant would make 0 = 0 of much that follows.
        near = (found for found in changed(definition.body, _near(judge, definition)) if n.letters(found[0]))
        tries = ((d, body, told) for d, (body, told) in zip(itertools.repeat(definition), near, strict=False))
        (doubtful if judge.source.place(definition.at) in places else others).append(tries)
    yield from itertools.chain.from_iterable(doubtful)
    if len({(s.left.nodes[0], s.right.nodes[0]) for s in judge.refuted}) > 1:
        yield from (found for turn in itertools.zip_longest(*others) for found in turn if found is not None)


def _suspects(judge: Judge) -> list[Definition]:
    """Return the definitions of the document that all wrong steps rest on."""
    context = judge.context
    behind = [context.behind(n.letters(s.left.nodes[0]) | n.letters(s.right.nodes[0])) for s in judge.refuted]
    shared = set.intersection(*behind) if behind else set()
    own = [d for v, d in context.definitions.items() if v in shared and d.at >= 0 and not d.guessed]
    return [d for d in own if not (is_softmax(d) or is_cross_entropy(d, context.targets))]


def _near(judge: Judge, definition: Definition) -> Near:
    """Return what a slip in a definition may have hidden."""
    context = judge.context
    inner = {part.index for part in definition.body.walk() if isinstance(part, n.Sum)}
    indices = {*definition.sub, *definition.sup, *inner} | n.free_indices(definition.body)
    used = context.behind(set(context.definitions)) - {definition.letter}
    used |= {v for s in judge.refuted for e in (s.left, s.right) for v in n.letters(e.nodes[0])}
    letters: dict[tuple[int, int], frozenset[str]] = {}
    for v in (v for v in used if definition.letter not in context.behind({v})):
        order = context.arity_of(v)
        letters[order] = letters.get(order, frozenset()) | {v}
    scales = {*judge.ranges.sizes()} | (used & POSITIVE)
    rests = context.targets if context.binary else set()
    return Near(frozenset(indices), letters, tuple(sorted(scales)), frozenset(rests))


def _holds(judge: Judge, definition: Definition, step: Refuted) -> bool:
    """Whether no place is found where a step is wrong with another definition."""
    context = replace(judge.context, definitions={**judge.context.definitions, definition.letter: definition})
    scope: dict[Any, Any] = {i: ("sub", definition.letter, at) for at, i in enumerate(definition.sub)}
    scope |= {i: ("sup", definition.letter, at) for at, i in enumerate(definition.sup)}
    scope |= {("value", definition.argument): ()} if definition.argument is not None else {}
    try:
        judge.ranges.attempt(definition.body, scope)
        judge.look_at(Meaning(context, judge.ranges), dict(step.scope), step.at)
        a, b = (judge.value(e.nodes[(e.viable or [0])[0]]) for e in (step.left, step.right))
        if a.shape != b.shape:
            return False
        at = tuple(Index(c, size) for c, size in zip("ijkl", a.shape, strict=False))
        if refute(a.at(*at), b.at(*at), judge.facts(), most=MOST_PLACES) is None:
            return True
        return bool(step.case or judge.context.one_hot) and judge.equal(a, b, step.case).verdict != "false"
    except (UnclearError, RangeError, SymbolicError, RecursionError, *UNFORESEEN):
        return False
