r"""Which letter gets a new value, also where it has a mark (b' = b - \eta g), and whether its old one is there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from softreg.symbolic.document import nodes as n
from softreg.symbolic.document.called import of_a_step
from softreg.symbolic.document.definitions import Context
from softreg.symbolic.document.entries import name_of
from softreg.symbolic.document.letters import LOSSES, STEPS, WEIGHTS
from softreg.symbolic.document.steps import Finding

if TYPE_CHECKING:
    from softreg.symbolic.document.judge import Judge
    from softreg.symbolic.document.source import Chain
    from softreg.symbolic.document.steps import Expression

_MARKS = ("\\tilde ", "\\hat ", "\\bar ", "\\check ")
_SHORT = frozenset({"\\epsilon", "\\varepsilon"})  # how far a weight is moved to look at the difference
_MOVED = frozenset({*WEIGHTS, "b"})


def unmarked(context: Context, new: n.Var, value: n.Node) -> n.Var | None:
    r"""Return b for b', \tilde b where this is said to be b and a step; nothing for any other letter."""
    letter = new.letter.removesuffix("'")
    letter = next((letter.removeprefix(m) for m in _MARKS if letter.startswith(m)), letter)
    old = replace(new, letter=letter, primes=0)
    terms = value.terms if isinstance(value, n.Add) else ()
    if letter == new.letter or letter not in _MOVED or letter in context.definitions:
        return None
    own = any(isinstance(t, n.Var) and (t.letter, t.sub) == (old.letter, old.sub) for t in terms)
    return old if own and any(_is_step(t) and not n.letters(t) & _SHORT for t in terms) else None


def lost(judge: Judge, chain: Chain, left: Expression, right: Expression) -> Finding | None:
    """Return that the new value of a weight is a step alone, without the old value; nothing if it is not."""
    new, value = left.nodes[0], right.nodes[0] if right.nodes else None
    context = judge.context
    if not isinstance(new, n.Var) or value is None or new.letter in context.definitions or new.arguments:
        return None
    model = context.behind({v for v in context.definitions if v in LOSSES})
    terms = value.terms if isinstance(value, n.Add) else (value,)
    sized = all(_is_step(t) or (isinstance(t, n.Var) and t.letter in STEPS) for t in terms)
    if new.letter not in model or not sized or not any(_is_step(t) for t in terms):
        return None
    if new.letter in _outside_derivatives(value) or new.letter not in context.behind(n.letters(value)):
        return None
    relation = chain.links[0].relation
    told = f"the old value of {name_of(new.letter)} is not there: is it lost on the right?"
    if relation.type == "ARROW" or relation.value in (":=", "coloneqq"):
        return Finding("false", told)
    derivative = any(isinstance(part, n.Derivative) for part in value.walk())
    return Finding("undecided", told) if derivative or of_a_step(chain.before) else None


def _is_step(term: n.Node) -> bool:
    """Whether a term is the size of a step times something."""
    factors: list[n.Node] = []
    todo = [term]
    while todo:
        part = todo.pop()
        if isinstance(part, n.Mul):
            todo += part.factors
        elif isinstance(part, n.Quotient):
            todo.append(part.numerator)
        elif part != n.MINUS_ONE:
            factors.append(part)
    sized = [isinstance(f, n.Var) and f.letter in STEPS for f in factors]
    return any(sized) and not all(sized)


def _outside_derivatives(node: n.Node) -> set[str]:
    """Return the letters of values, but for those that derivatives are taken in."""
    if isinstance(node, n.Derivative):
        return set()
    if isinstance(node, n.Var):
        return {node.letter}
    return set().union(*map(_outside_derivatives, node.children()))
