"""What a wrong step may have meant: a sign, an operator, a factor, an index. Guesses, proved to fit."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any

import sympy as sp

from softreg.symbolic.document import nodes as n
from softreg.symbolic.document.compare import Counterexample, compare, refute, signs
from softreg.symbolic.document.definitions import is_of_entries
from softreg.symbolic.document.entries import POSITIVE, UnclearError, VacuousError, name_of
from softreg.symbolic.document.grammar import NotUnderstoodError
from softreg.symbolic.document.letters import INPUTS, LOSSES
from softreg.symbolic.document.ranges import RangeError
from softreg.symbolic.terms import Index, SymbolicError

if TYPE_CHECKING:
    from softreg.symbolic.document.judge import Judge
    from softreg.symbolic.document.steps import Expression


def hint_for(judge: Judge, left: Expression, right: Expression, condition: Any) -> str:
    """Return a change of the right side that makes the step true; empty if none is found."""
    try:
        a, b = judge.values(left), judge.values(right)
    except (UnclearError, RangeError, SymbolicError, NotUnderstoodError):
        return ""

    def holds(value: Any) -> bool:
        try:
            return judge.equal(a, value, condition).holds
        except (UnclearError, RangeError, SymbolicError):
            return False

    if holds(-b):
        return "with the opposite sign on the right the step is true"
    for variable in _variables(left.nodes[0]):
        try:
            if holds(judge.derivative_of(right, variable)):
                return f"a derivative operator is missing on the right: with d/d{_spelled(variable)} the step is true"
        except (UnclearError, RangeError, SymbolicError):
            continue
    for factor, words in ((2, "2"), (0.5, "1/2")):
        if holds(b * factor):
            return f"a factor {words} is missing on the right"
    free = [x for x in judge.swapped(right) if isinstance(x, Index)]
    for k, i in enumerate(free):
        for j in free[k + 1 :]:
            if i.size == j.size and not b.ndim:
                value = b.at().xreplace({i: j, j: i})
                if holds(_scalar(value)):
                    return f"with {i.name} and {j.name} exchanged on the right the step is true"
    for v in _factors(left.nodes[0]):
        try:
            factor = judge.value(v)
            if not factor.ndim and holds(b * factor):
                return f"a factor {_spelled(v)} is missing on the right"
        except (UnclearError, RangeError, SymbolicError):
            continue
    return where_false(judge, a, b, free)


def where_false(judge: Judge, a: Any, b: Any, free: list[Index]) -> str:
    """Return in which case of two indices a step is wrong, if it is right in the other; empty if it is in both."""
    for at, i in enumerate(free):
        for j in free[at + 1 :]:
            if i.size != j.size or a.ndim or b.ndim or not {i, j} <= a.at().free_symbols | b.at().free_symbols:
                continue
            left, right = a.at(), b.at()
            if compare(left, right, judge.facts(), [(i, j)]).holds:
                return f"right where {i.name} != {j.name}, wrong where {i.name} = {j.name}"
            if compare(left.xreplace({i: j}), right.xreplace({i: j}), judge.facts()).holds:
                return f"right where {i.name} = {j.name} alone"
    return ""


def guesses(judge: Judge, *sides: Expression) -> str:
    """Return which letters have a meaning that is only supposed, where a step is wrong for it; empty if none."""
    found = judge.context.guessed(set().union(*(n.letters(node) for side in sides for node in side.nodes[:1])))
    told = ", ".join(name_of(v) for v in sorted(found - {"softmax", "sigmoid"}))
    return f"what is said of {told} is the usual meaning, as the document says nothing of it" if told else ""


def whole_loss(judge: Judge, *sides: Expression) -> str:
    """Return what is assumed of a loss that is written as one of entries, but defined as one of vectors."""
    for v in (v for side in sides for node in side.nodes[:1] for v in node.walk() if isinstance(v, n.Var)):
        definition = judge.context.definitions.get(v.letter)
        if definition is None or v.letter not in LOSSES or definition.of_entries or not is_of_entries(v):
            continue
        return f"{v.letter} of entries with an index is read as the whole loss, {definition.text}"
    return ""


def of_another(new: n.Var, value: n.Node) -> str:
    """Return that the new value of an entry is made of another entry of the same letter; empty if it is not."""
    old = [v for v in n.values(value) if v.letter == new.letter]
    free = n.free_indices(value)
    told = [v for v in old if v.sub != new.sub and all(isinstance(i, n.Var) and i.letter in free for i in v.sub)]
    if not new.sub or not told or len(told) < len(old) or not all(isinstance(i, n.Var) for i in new.sub):
        return ""
    return f"the new value of {_spelled(new)} begins with {_spelled(told[0])}"


def slope_hint(judge: Judge, left: Expression, right: Expression) -> tuple[str, Counterexample | None] | None:
    """Return that a weight moves so that a loss grows, or a likelihood shrinks, and where; nothing if it does not."""
    new = left.nodes[0] if left.nodes else None
    if not isinstance(new, n.Var) or right.problem is not None or new.letter in INPUTS:
        return None
    counted = [i.terms[0] for i in new.sub if isinstance(i, n.Add) and i.terms[1:] == (n.Number(Fraction(1)),)]
    counted += [n.Var(new.mark.removesuffix("+1"))] if new.mark.endswith("+1") else []
    value = n.rebuilt(right.nodes[0], partial(_at_one_time, times=counted)) if counted else right.nodes[0]
    weight = n.Var(new.letter, tuple(i for i in new.sub if isinstance(i, (n.Var, n.Number))), new.sup)
    told = None
    for letter in (d for d in judge.context.definitions if d in LOSSES and judge.context.arity_of(d) == (0, 0)):
        try:
            if counted:
                judge.ranges.attempt(value, {})
            before, change, slope = _moved(judge, value, weight, letter)
            looked_at = (_between(judge, e) for e in (change * slope, judge.value(n.Var(letter)).at()))
            direction, height = (signs(e, judge.facts()) for e in looked_at)
        except (UnclearError, RangeError, SymbolicError):
            continue
        body = judge.context.definitions[letter].body
        product = isinstance(body, n.Function) and body.name == "exp"  # a likelihood, and so is what is below 0
        if direction - {0} not in ({1}, {-1}) or height not in ({1}, {-1}):
            continue
        if (1 in direction) == (product or height == {-1}):
            return None
        negated = isinstance(body, n.Mul) and body.factors[0] == n.MINUS_ONE
        if 1 in direction and judge.context.ascent and not negated and not judge.context.definitions[letter].guessed:
            return None  # up a likelihood
        ask = "down the slope of {}, a likelihood that is to grow: add" if product or height == {-1} else ""
        ask = ask or "up the slope of {}, which is to become smaller: subtract"
        found = refute(_between(judge, before - change), _between(judge, before + change), judge.facts())
        told = told or (f"this goes {ask.format(letter)} the gradient", found)
    return told


def _at_one_time(part: n.Node, times: list[n.Node]) -> n.Node | None:
    """Return w for w_k, where k counts the updates: w_{k+1} = w_k + ..."""
    if not isinstance(part, n.Var) or not set(part.sub) & set(times):
        return None
    if part.letter in POSITIVE:
        return n.Number(Fraction(1))  # the size of a step changes nothing about where it goes
    return replace(part, sub=tuple(i for i in part.sub if i not in times))


def _moved(judge: Judge, value: n.Node, weight: n.Var, loss: str) -> tuple[Any, Any, Any]:
    """Return an entry of the weight, by how much it changes, and the slope of the loss there."""

    def entries(value: n.Node, slope: n.Node) -> tuple[Any, Any, Any]:
        old, new, slopes = (judge.value(node) for node in (weight, value, slope))
        if not old.shape == new.shape == slopes.shape:
            raise RangeError("a weight and what it becomes have other shapes")
        at = tuple(Index(c, size) for c, size in zip("ijkl", old.shape, strict=False))
        before = old.at(*at)
        return before, new.at(*at) - before, slopes.at(*at)

    try:
        return entries(value, n.Derivative(n.Var(loss), weight))
    except VacuousError:  # how the loss depends on the weight is not said: any slope will do
        named = n.rebuilt(value, partial(_in_place, slope_of=loss, by=weight))
        if named == value:
            raise
        return entries(named, weight)


def _in_place(part: n.Node, slope_of: str, by: n.Var) -> n.Node | None:
    """Return what stands for the slope of a loss in a weight."""
    slope = isinstance(part, n.Derivative) and isinstance(part.body, n.Var) and part.variable == by
    return by if slope and n.letters(part) >= {slope_of} else None


def _between(judge: Judge, e: Any) -> Any:
    """Return the value for targets between 0 and 1, where they are of two classes."""
    names = {name_of(y) for y in judge.context.targets} if judge.context.binary else set()
    targets = [x for x in e.atoms(sp.Indexed) if str(x.base.label) in names]
    targets += [x for x in e.atoms(sp.Symbol) if x.name in names and not targets]
    return e.xreplace({y: 1 / (1 + sp.exp(y)) for y in targets})


def _scalar(e: Any) -> Any:
    from softreg.symbolic import namespace

    return namespace.Array((), lambda: e)


def _variables(node: n.Node) -> list[n.Var]:
    found = [d.variable for d in node.walk() if isinstance(d, n.Derivative)]
    return list(dict.fromkeys(found))


def _factors(node: n.Node) -> list[n.Var]:
    found = [v for v in node.walk() if isinstance(v, n.Var) and (v.sub or v.sup) and v.arguments is None]
    return list(dict.fromkeys(found))[:8]


def _spelled(v: n.Var) -> str:
    sub = "".join(i.letter for i in v.sub if isinstance(i, n.Var))
    return v.letter.replace("\\", "") + (f"_{sub}" if sub else "")
