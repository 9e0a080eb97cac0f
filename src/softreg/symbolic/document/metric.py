r"""By what a change differs from the slope: the inverse of a definite matrix, or a factor.

The inverse of the Hessian, and what divides each weight's slope by a size of its own (Adam), are right. A factor that
is another one for each weight and does not divide is one that was lost, or one too many, though the sign is right.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import sympy as sp

from softreg.symbolic import namespace
from softreg.symbolic.document import nodes as n
from softreg.symbolic.document.compare import in_proportion, signs
from softreg.symbolic.document.entries import POSITIVE, UnclearError, name_of
from softreg.symbolic.document.letters import SIZES
from softreg.symbolic.terms import Index

if TYPE_CHECKING:
    from softreg.symbolic.document.judge import Judge
    from softreg.symbolic.document.updates import Move

UP, DOWN = 1, -1
_INVERSE = (n.MINUS_ONE, n.negative(n.Number(Fraction(1))))


def without_metric(judge: Judge, value: n.Node) -> tuple[n.Node, int]:
    """Return a value without the inverse of a definite matrix, which turns no direction, and the matrix's sign."""
    inverses = [p for p in value.walk() if isinstance(p, n.Power) and p.exponent in _INVERSE]
    found = [(p, matrix) for p in inverses for matrix in [judge.value(p.base)] if matrix.ndim == 2]
    if not found:
        return value, 1
    ((inverse, matrix),) = found[:1]
    rows, columns = matrix.shape
    q = sp.IndexedBase(sp.Symbol("q of any direction", real=True), shape=(rows,))
    vector = namespace.Array((rows,), lambda i: q[i])
    form = namespace.sum(vector * namespace.matmul(matrix, vector)).at()
    way = signs(between(judge, form), judge.facts())
    if len(found) > 1 or rows != columns or way not in ({UP}, {DOWN}):
        raise UnclearError("whether a matrix is definite is not known")

    def change(part: n.Node) -> n.Node | None:
        if isinstance(part, n.Mul) and inverse in part.factors:
            return n.Mul(tuple(f for f in part.factors if f != inverse))
        return None

    bare = n.rebuilt(value, change)
    if inverse in bare.walk():
        raise UnclearError("an inverse that multiplies nothing")
    return bare, next(iter(way))


def factor_in(judge: Judge, move: Move, value: n.Node, letter: str) -> str:
    """Return that a change along the slope is no multiple of it, as a factor depends on the weight; empty if it is one.

    A change that divides by more than a number, or has a letter of which nothing is said, may have any factor.
    """
    context = judge.context
    loss = context.behind({letter})
    own = [i for i in move.before.free_symbols if isinstance(i, Index)]
    made = n.letters(value)
    if not own or context.behind(made) - loss - known(judge) or re.search(r"(?i)\bnatural\b", judge.source.text):
        return ""  # the natural gradient has such a factor
    powers = (part for part in value.walk() if isinstance(part, n.Power) and part.exponent in _INVERSE)
    if any(judge.value(part.base).ndim == 1 for part in powers):
        return "the inverse of a vector is taken: is that of a matrix meant?"
    bodies = [context.definitions[v].body for v in context.behind(made) - loss if v in context.definitions]
    if any(_divides(part) for body in (value, *bodies) for part in body.walk()):
        return ""
    if in_proportion(move.change, move.slope, own, judge.facts()):
        return ""
    if any(_is_second(judge, part) for part in value.walk()):
        return "this multiplies the gradient by a second derivative: is its inverse meant?"
    factor = "times something that is another for each weight: is a factor lost?"
    return f"this is the slope of {name_of(letter)} {factor}"


def known(judge: Judge) -> set[str]:
    """Return the letters of which something is said, sizes, and those of the sizes of steps."""
    context = judge.context
    sizes = {v for v in judge.ranges.known_sizes() if not sum(context.arity_of(v))}
    return context.definitions.keys() | POSITIVE | sizes


def _divides(part: n.Node) -> bool:
    """Whether this divides by more than numbers, sizes and the sizes of steps."""
    if isinstance(part, n.Quotient):
        under = part.denominator
    elif isinstance(part, n.Power) and not (isinstance(part.exponent, n.Number) and part.exponent.value > 0):
        under = part.base
    else:
        return False
    return any(v.sub or v.sup or (v.letter not in POSITIVE and not _is_size(v)) for v in n.values(under))


def _is_size(v: n.Var) -> bool:
    return v.letter in SIZES or v.letter.startswith("|")


def _is_second(judge: Judge, part: n.Node) -> bool:
    """Whether this is a second derivative, or a letter for one."""
    if isinstance(part, n.Var) and part.letter in judge.context.definitions:
        return any(_is_second(judge, inner) for inner in [judge.context.definitions[part.letter].body])
    return isinstance(part, n.Derivative) and isinstance(part.body, n.Derivative)


def between(judge: Judge, e: Any) -> Any:
    """Return the value for targets between 0 and 1, where they are of two classes."""
    names = {name_of(y) for y in judge.context.targets} if judge.context.binary else set()
    targets = [x for x in e.atoms(sp.Indexed) if str(x.base.label) in names]
    targets += [x for x in e.atoms(sp.Symbol) if x.name in names and not targets]
    return e.xreplace({y: 1 / (1 + sp.exp(y)) for y in targets})
