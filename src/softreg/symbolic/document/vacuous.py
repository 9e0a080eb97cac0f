"""Steps that hold only because a guess makes 0 of what they are about: 0 = 0 proves nothing."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from softreg.symbolic.document import nodes as n
from softreg.symbolic.document.compare import refute
from softreg.symbolic.document.entries import name_of
from softreg.symbolic.document.equations import Equations
from softreg.symbolic.terms import Index


def nothing_said(judge: Equations, *sides: n.Node) -> str:
    """Return why a step that holds proves nothing; empty if it does."""
    claimed = sides if n.Number(Fraction(0)) in sides else ()  # a - b = 0 says what a = b says
    for node, bound in (found for side in sides for found in _parts(side, {})):
        if node in claimed and isinstance(node, n.Add):
            continue
        guessed = judge.context.guessed(n.letters(node))
        if not guessed or not _vanishes(judge, node, bound):
            continue
        if isinstance(node, n.Add) and _vanishes(judge, node, bound, frozenset(guessed)):
            continue  # a - a, whatever it is
        told = ", ".join(map(name_of, sorted(guessed)))
        return f"by what is guessed ({told}) this is 0 = 0, which proves nothing: say what these letters are"
    return ""


def _parts(node: n.Node, bound: dict[str, n.Node]) -> Iterator[tuple[n.Node, dict[str, n.Node]]]:
    """Yield the derivatives, and the differences in which nothing is summed up, with the sums around them."""
    if isinstance(node, n.Derivative):
        yield node, bound
        return
    if isinstance(node, n.Add) and not any(isinstance(part, n.Sum) for part in node.walk()):
        yield node, bound
    if isinstance(node, (n.Sum, n.Largest)):
        yield from _parts(node.body, bound if node.index is None else {**bound, node.index: node})
    elif not isinstance(node, (n.Var, n.Equal)):
        for child in node.children():
            yield from _parts(child, bound)


def _vanishes(judge: Equations, node: n.Node, bound: dict[str, n.Node], opaque: frozenset[str] = frozenset()) -> bool:
    """Whether no value other than 0 is found."""
    inner: dict[Any, Any] = {i: Index(i, judge.ranges.of_sum(total)) for i, total in bound.items()}
    value = judge.value(node, inner, opaque)
    e = value.at(*(Index(c, size) for c, size in zip("ijkl", value.shape, strict=False)))
    return refute(e, e * 0, judge.facts()) is None
