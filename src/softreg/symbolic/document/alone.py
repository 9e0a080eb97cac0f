r"""Chains about a function of one number: d\sigma(x)/dx, where x is a vector elsewhere in the document."""

from __future__ import annotations

from dataclasses import replace

from softreg.symbolic.document import nodes as n
from softreg.symbolic.document.definitions import Context
from softreg.symbolic.document.entries import ALONE, POSITIVE

_OF_NUMBERS = (n.Number, n.Add, n.Mul, n.Quotient, n.Power, n.Function, n.Derivative, n.Var)


def number_in(nodes: list[n.Node], context: Context) -> str:
    """Return the letter of a vector that stands for a number in a chain: no other stands there but functions of it."""
    parts = [part for node in nodes for part in node.walk()]
    variables = [v for node in nodes for v in n.values(node)]
    variables += [d.variable for d in parts if isinstance(d, n.Derivative)]
    plain = {v.letter for v in variables if not _is_of_a_number(v, context)} - POSITIVE
    if len(plain) != 1 or any(not isinstance(part, _OF_NUMBERS) for part in parts):
        return ""
    (letter,) = plain
    called = any(isinstance(d, n.Derivative) and d.whole for d in parts) or letter in context.targets
    used = [v for v in variables if v.letter == letter]
    bare = not any(v.sub or v.sup or v.arguments or v.primes or v.mark for v in used)
    return letter if bare and not called and context.arity_of(letter) != (0, 0) else ""


def as_number(node: n.Node, letter: str) -> n.Node:
    """Return the formula with another letter for the number."""

    def change(part: n.Node) -> n.Node | None:
        if not isinstance(part, n.Var):
            return None
        inner = None if part.arguments is None else tuple(as_number(a, letter) for a in part.arguments)
        return replace(part, letter=letter + ALONE if part.letter == letter else part.letter, arguments=inner)

    return n.rebuilt(node, change)


def _is_of_a_number(v: n.Var, context: Context) -> bool:
    definition = context.definitions.get(v.letter)
    return definition is not None and definition.argument is not None
