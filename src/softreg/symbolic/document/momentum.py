r"""Letters that collect slopes from step to step: gradients with a time, momentum, averages of gradients and squares.

v_{t+1} = \beta v_t + g_t is a sum of slopes with positive weights: it goes where the slope goes. So it stands for
the slope that it collects, all at one time and with weights of 1, and what collects squares stands for 1. A letter
of which nothing is said stays as it is.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

from softreg.symbolic.document import nodes as n
from softreg.symbolic.document.entries import POSITIVE
from softreg.symbolic.document.letters import LOSSES

if TYPE_CHECKING:
    from softreg.symbolic.document.judge import Judge

_ZERO, _ONE = n.Number(Fraction(0)), n.Number(Fraction(1))
_BEFORE = (n.MINUS_ONE, n.negative(_ONE))
_TIMES = frozenset({"t", "\\tau", "s"})  # what t - 1 may be the time before; k - 1 may be another class


@dataclass(frozen=True)
class _Said:
    """What an equation says of a letter, without the time; `collects` if the letter itself stands on the right."""

    head: n.Var
    body: n.Node
    collects: bool


def counting(new: n.Var, value: n.Node) -> set[n.Node]:
    """Return what counts the steps: t in w_{t+1} = w_t - ..., and in w_t = w_{t-1} - ..."""
    own = [new, *(v for v in n.values(value) if v.letter == new.letter)]
    counted = {i.terms[0] for v in own for i in (*v.sub, *v.sup) if isinstance(i, n.Add) and _is_beside(i)}
    return counted | {n.Var(v.mark[:-2]) for v in own if v.mark.endswith("+1")}


def timeless(node: n.Node, times: AbstractSet[n.Node]) -> n.Node:
    """Return w for w_k and w_{k+1}, where k counts the steps; the size of a step changes nothing about its way."""

    def change(part: n.Node) -> n.Node | None:
        if not isinstance(part, n.Var):
            return None
        sub, sup = (tuple(i for i in indices if not _is_time(i, times)) for indices in (part.sub, part.sup))
        if (sub, sup) == (part.sub, part.sup):
            return None
        arguments = None if part.arguments is None else tuple(timeless(a, times) for a in part.arguments)
        return _ONE if part.letter in POSITIVE else replace(part, sub=sub, sup=sup, arguments=arguments)

    return n.rebuilt(node, change) if times else node


def steady(judge: Judge, new: str, value: n.Node, times: set[n.Node]) -> n.Node:
    """Return the new value of a letter with the slopes in place of the letters that collect them, all at one time."""
    model = judge.context.behind({v for v in judge.context.definitions if v in LOSSES})
    said = dict(_all_said(judge, times, model | {new}))
    weights = set().union(*(_weights(judge, s) for s in said.values() if s.collects)) - model
    found = n.rebuilt(timeless(value, times), partial(_unfolded, judge, said, weights, model, frozenset()))
    return value if found == value else found


def _unfolded(
    judge: Judge,
    said: dict[str, _Said],
    weights: set[str],
    model: set[str],
    within: frozenset[str],
    part: n.Node,
) -> n.Node | None:
    """Return what stands for a part of a value, if something else does."""
    if isinstance(part, n.Derivative):
        return _here(part, said)
    if isinstance(part, n.Mul) and (ahead := _ahead(part)) is not None:
        return n.rebuilt(ahead, partial(_unfolded, judge, said, weights, model, within))
    if isinstance(part, n.Add) and part.terms[0] == _ONE and _weight_in(part.terms[1]) in weights:
        return _ONE  # 1 - \beta
    if not isinstance(part, n.Var):
        return None
    if part.letter in weights and _is_numbered(part):
        return _ONE
    if part.letter in POSITIVE - model and (part.sub or part.sup) and part.letter not in judge.context.definitions:
        return _ONE  # a step size for each weight
    if part.letter in within:
        return _ZERO
    found = said.get(part.letter) or _said_of_others(judge, part, said)
    body = _with_indices(found, part) if found else None
    if found is None or body is None:
        return None
    inner = n.rebuilt(body, partial(_unfolded, judge, said, weights, model, within | {part.letter}))
    return _ONE if found.collects and _is_square(inner) else inner


def _here(slope: n.Derivative, said: dict[str, _Said]) -> n.Derivative:
    """Return a slope without the place where it is taken, if that is a step ahead."""
    body = slope.body
    ahead = isinstance(body, n.Var) and set().union(*map(n.letters, body.arguments or ())) & said.keys()
    return replace(slope, body=replace(body, arguments=None)) if isinstance(body, n.Var) and ahead else slope


def _ahead(product: n.Mul) -> n.Node | None:
    r"""Return \nabla L for \nabla L (w - \mu v), where the bracket is the place; nothing for any other product."""
    for at, (slope, place) in enumerate(itertools.pairwise(product.factors), start=1):
        if not isinstance(slope, n.Derivative) or not slope.whole or not isinstance(place, n.Add):
            continue
        if any(isinstance(t, n.Var) and t.letter == slope.variable.letter for t in place.terms):
            kept = product.factors[:at] + product.factors[at + 1 :]
            return n.Mul(kept) if len(kept) > 1 else kept[0]
    return None


def _all_said(judge: Judge, times: set[n.Node], others: set[str]) -> Iterator[tuple[str, _Said]]:
    """Yield what is said of letters that collect something, or have a time; what stands last before this step last."""
    after: list[tuple[str, _Said]] = []
    before: list[tuple[str, _Said]] = []
    for chain, expressions in judge.readable:
        nodes = [e.nodes[0] for e in expressions[:2] if e.nodes]
        head = nodes[0] if nodes else None
        if len(nodes) < 2 or not isinstance(head, n.Var) or head.arguments or head.letter in others:
            continue
        own = times | counting(head, nodes[1])
        plain, body = timeless(replace(head, mark=""), own), timeless(nodes[1], own)
        collects = head.letter in n.letters(body)
        if isinstance(plain, n.Var) and (collects or plain.sub != head.sub or plain.sup != head.sup):
            at = chain.links[0].relation.start
            (before if at < judge.at else after).append((head.letter, _Said(plain, body, collects)))
    yield from reversed(after)
    yield from before


def _said_of_others(judge: Judge, v: n.Var, said: dict[str, _Said]) -> _Said | None:
    """Return the definition of a letter that is made of letters which collect something."""
    definition = judge.context.definitions.get(v.letter)
    if definition is None or definition.argument is not None or v.letter in LOSSES:
        return None
    if not judge.context.behind(n.letters(definition.body)) & said.keys():
        return None
    head = n.Var(v.letter, tuple(map(n.Var, definition.sub)), tuple(map(n.Var, definition.sup)))
    return _Said(head, definition.body, False)


def _with_indices(said: _Said, v: n.Var) -> n.Node | None:
    """Return what is said of a letter, for the indices it has here; nothing if those are others."""
    own, here = (*said.head.sub, *said.head.sup), (*v.sub, *v.sup)
    if own == here:
        return said.body
    bound = {part.index for part in said.body.walk() if isinstance(part, n.Sum)}
    names = [i.letter for i in (*own, *here) if isinstance(i, n.Var) and not i.sub]
    if len(own) != len(here) or len(names) != 2 * len(own) or bound & set(names):
        return None
    return n.renamed(said.body, dict(zip(names[: len(own)], names[len(own) :], strict=True)))


def _weights(judge: Judge, said: _Said) -> set[str]:
    r"""Return the letters without a meaning that what was collected is multiplied with, and those in 1 - \beta."""
    found: set[str] = set()
    for part in said.body.walk():
        if isinstance(part, n.Mul) and any(isinstance(f, n.Var) and f.letter == said.head.letter for f in part.factors):
            found |= {f.letter for f in part.factors if isinstance(f, n.Var) and _is_numbered(f)} - {said.head.letter}
        if isinstance(part, n.Add) and part.terms[0] == _ONE and len(part.terms) == 2:
            found.add(_weight_in(part.terms[1]))
    return {v for v in found if v and v not in judge.context.definitions}


def _weight_in(node: n.Node) -> str:
    r"""Return \beta for -\beta, and for -\beta^t; else nothing."""
    inner = node.factors[1] if isinstance(node, n.Mul) and node.factors[0] == n.MINUS_ONE else None
    if inner is None or len(node.factors) != 2:  # type: ignore[attr-defined]
        return ""
    while isinstance(inner, (n.Power, n.Transposed)):  # \beta^T may be the transpose of something, or a power
        inner = inner.base if isinstance(inner, n.Power) else inner.body
    return inner.letter if isinstance(inner, n.Var) and _is_numbered(inner) else ""


def _is_numbered(v: n.Var) -> bool:
    r"""Whether a letter has no index but a number: \beta, \beta_1."""
    return not v.sup and all(isinstance(i, n.Number) for i in v.sub)


def _is_square(node: n.Node) -> bool:
    """Whether a value is a sum of squares, entry by entry, with positive factors."""

    def is_one(part: n.Node) -> bool:
        if isinstance(part, n.Power):
            return isinstance(part.exponent, n.Number) and part.exponent.value % 2 == 0
        return isinstance(part, n.SquaredNorm) or (isinstance(part, n.Entrywise) and part.left == part.right)

    def fits(part: n.Node) -> bool:
        if isinstance(part, n.Number):
            return part.value >= 0
        if isinstance(part, (n.Add, n.Mul, n.Quotient)):
            return all(map(fits, part.children()))
        return is_one(part) or (isinstance(part, n.Var) and part.letter in POSITIVE)

    return fits(node) and any(map(is_one, node.walk()))


def _is_beside(i: n.Add) -> bool:
    """Whether this is t + 1, or t - 1."""
    t = i.terms[0]
    if not isinstance(t, n.Var) or t.sub or len(i.terms) != 2:
        return False
    return i.terms[1] == _ONE or (i.terms[1] in _BEFORE and t.letter in _TIMES)


def _is_time(i: n.Node, times: AbstractSet[n.Node]) -> bool:
    return i in times or (isinstance(i, n.Add) and i.terms[0] in times and _is_beside(i))
