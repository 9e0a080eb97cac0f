r"""How far a sum without brackets reaches: as far as its index does, and - \sum_i a_i + b_i means what can be meant."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import replace
from fractions import Fraction

from softreg.symbolic.document import nodes as n
from softreg.symbolic.document.letters import SAMPLE


def reaching(node: n.Node, free: AbstractSet[str]) -> n.Node:
    """Return the formula with each sum reaching as far as its index does, but where that is free beside it."""

    def change(part: n.Node) -> n.Node | None:
        if isinstance(part, n.Sum):
            return replace(part, body=reaching(part.body, free | {part.index}))
        if not isinstance(part, n.Add):
            return None
        for at, term in enumerate(part.terms[:-1]):
            before, total = led(term)
            if not isinstance(total, n.Sum) or total.index in free or any(map(n.free_indices, before)):
                continue
            after = part.terms[at + 1 :]
            meant = [number for number, t in enumerate(after, start=1) if _is_of(total, t)]
            if meant:
                whole = reaching(_with(before, total, after[: meant[-1]]), free)
                rest = (*part.terms[:at], whole, *after[meant[-1] :])
                return reaching(n.Add(rest), free) if len(rest) > 1 else whole
        return None

    return n.rebuilt(node, change)


def led(term: n.Node) -> tuple[list[n.Node], n.Node]:
    """Return the factors in front of the last, and that."""
    before: list[n.Node] = []
    while isinstance(term, n.Mul):
        before += term.factors[:-1]
        term = term.factors[-1]
    return before, term


def _is_of(total: n.Sum, term: n.Node) -> bool:
    """Whether a term belongs to the sum before it."""
    return total.index in n.free_indices(term) or (total.index == SAMPLE and _completes(total.body, term))


def _with(before: list[n.Node], total: n.Sum, after: tuple[n.Node, ...]) -> n.Node:
    """Return a sum with the terms behind it; a minus in front is that of its first term alone, but see below."""
    minus = before.count(n.MINUS_ONE) % 2 == 1 and not any(_completes(total.body, t) for t in after)
    terms = (total.body, *(n.negative(t) if minus else t for t in after))
    out: n.Node = replace(total, body=n.Add(terms))
    for factor in reversed(before):
        out = n.Mul((factor, out))
    return out


def _completes(first: n.Node, second: n.Node) -> bool:
    r"""Whether these are y \log p and (1 - y) \log(1 - p): of such a pair, a minus in front is that of both."""
    while isinstance(first, n.Sum):
        first = first.body
    one, other = (_factors(term) for term in (first, second))
    if n.MINUS_ONE in other or not all(any(map(_is_log, factors)) for factors in (one, other)):
        return False
    return any(_is_rest(b, a) or _is_rest(a, b) for a in one for b in other)


def _factors(term: n.Node) -> list[n.Node]:
    return [f for part in term.factors for f in _factors(part)] if isinstance(term, n.Mul) else [term]


def _is_log(node: n.Node) -> bool:
    return isinstance(node, n.Function) and node.name == "log"


def _is_rest(node: n.Node, of: n.Node) -> bool:
    """Whether this is what is left of 1."""
    return node == n.Add((n.Number(Fraction(1)), n.negative(of)))
