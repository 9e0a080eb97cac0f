"""Formulas that differ from one in one place, as slips do: a sign, an index, a letter, a factor."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from typing import Any

from softreg.symbolic.document import nodes as n
from softreg.symbolic.document.entries import name_of

Change = tuple[Any, str]  # the other formula, and how it differs
_LEFT = frozenset({"given", "lower", "upper", "excluded", "variable", "sub", "sup"})  # of a sum, or an index


@dataclass(frozen=True)
class Near:
    """What may stand in a place instead."""

    indices: frozenset[str]
    letters: Mapping[tuple[int, int], frozenset[str]]  # by how many indices they have
    scales: tuple[str, ...]  # numbers that many a factor is made of
    rests: frozenset[str]  # letters of which 1 - y may be meant


def changed(node: n.Node, near: Near) -> Iterator[Change]:
    """Yield the formulas that differ in one place, signs first."""
    yield n.opposite(node), "the opposite sign"
    yield from _exchanged(node)
    yield from _within(node, near)
    yield from _scaled(node, near)


def _exchanged(node: n.Node) -> Iterator[Change]:
    """Yield the formulas in which two letters have each other's place."""
    found = sorted({(v.letter, len(v.sub), len(v.sup)) for v in n.values(node) if v.sub})
    for (a, *order), (b, *other) in itertools.combinations(found, 2):
        if order == other:
            names = {a: b, b: a}
            new = n.rebuilt(node, lambda part, to=names: _renamed(part, to))  # type: ignore[misc]
            yield new, f"{name_of(a)} and {name_of(b)} exchanged"


def _renamed(part: n.Node, to: Mapping[str, str]) -> n.Node | None:
    return replace(part, letter=to[part.letter]) if isinstance(part, n.Var) and part.letter in to else None


def _within(node: n.Node, near: Near) -> Iterator[Change]:
    yield from _here(node, near)
    for field in fields(node):
        if field.name not in _LEFT:
            for new, told in _inside(getattr(node, field.name), near):
                yield replace(node, **{field.name: new}), told


def _inside(value: Any, near: Near) -> Iterator[Change]:
    if isinstance(value, n.Node):
        yield from _within(value, near)
    elif isinstance(value, tuple):
        for at, item in enumerate(value):
            for new, told in _inside(item, near):
                yield (*value[:at], new, *value[at + 1 :]), told


def _here(node: n.Node, near: Near) -> Iterator[Change]:
    """Yield what may stand for a whole formula within another."""
    if isinstance(node, n.Var):
        yield from _letter(node, near)
    elif isinstance(node, n.Add):
        for at, term in enumerate(node.terms):
            for new, told in ((n.opposite(term), "the opposite sign of a term"), *_scaled(term, near)):
                yield replace(node, terms=(*node.terms[:at], new, *node.terms[at + 1 :])), told
    elif isinstance(node, n.Function) and node.name == "exp":
        yield replace(node, argument=n.opposite(node.argument)), "the opposite sign of an exponent"
    elif isinstance(node, n.Function):
        yield node.argument, "no logarithm"
    elif isinstance(node, n.Quotient):
        yield n.Mul((node.numerator, node.denominator)), "a product for a quotient"
        yield node.numerator, "nothing below"
    elif isinstance(node, n.Mul):
        for at, _ in enumerate(node.factors):
            rest = (*node.factors[:at], *node.factors[at + 1 :])
            yield rest[0] if len(rest) == 1 else n.Mul(rest), "a factor less"
        if len(node.factors) == 2 and n.MINUS_ONE not in node.factors:
            yield n.Quotient(*node.factors), "a quotient for a product"
    elif isinstance(node, n.Power):
        yield node.base, "no power"
    elif isinstance(node, n.Equal):
        yield replace(node, negated=not node.negated), "the other case"
    elif isinstance(node, n.Sum):
        product = replace(node, body=n.Function("log", node.body))
        yield n.Function("exp", product), "a product for a sum"
    elif isinstance(node, n.Transposed):
        yield node.body, "nothing transposed"


def _letter(v: n.Var, near: Near) -> Iterator[Change]:
    order = (*v.sub, *v.sup)
    for at, i in enumerate(order):
        others = near.indices - {i.letter} if isinstance(i, n.Var) and not i.sub else frozenset()
        for other in sorted(others):
            new = (*order[:at], n.Var(other), *order[at + 1 :])
            told = f"the index {other} for {name_of(i.letter)}"  # type: ignore[attr-defined]
            yield replace(v, sub=new[: len(v.sub)], sup=new[len(v.sub) :]), told
    for other in sorted(near.letters.get((len(v.sub), len(v.sup)), frozenset()) - {v.letter}):
        yield replace(v, letter=other), f"{name_of(other)} for {name_of(v.letter)}"
    for name, told in (("log", "the logarithm of"), ("exp", "the exponential of")):
        yield n.Function(name, v), f"{told} {name_of(v.letter)}"
    if v.letter in near.rests:
        yield n.Add((n.Number(Fraction(1)), n.negative(v))), f"1 - {name_of(v.letter)} for {name_of(v.letter)}"
    if v.letter.isupper() and not v.sub:
        yield n.Transposed(v), f"{v.letter} transposed"


def _scaled(node: n.Node, near: Near) -> Iterator[Change]:
    two = n.Number(Fraction(2))
    for factor, name in ((two, "2"), *((n.Var(v), name_of(v)) for v in near.scales)):
        yield n.Quotient(node, factor), f"a factor 1/{name}"
        yield n.Mul((factor, node)), f"a factor {name}"
