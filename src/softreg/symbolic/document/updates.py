"""Updates: whether a weight moves so that a loss becomes smaller, or a likelihood or a reward greater.

The change is compared with the slope, entry by entry. What goes the wrong way everywhere has a wrong sign; what
goes the right way in some places alone is no multiple of the slope. That is wrong where the change is made of what
the slope is made of, and of step sizes; a letter of which nothing is said may be anything, and a momentum is the slopes
that it collects.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import sympy as sp

from softreg.symbolic.document import nodes as n
from softreg.symbolic.document.compare import contracted, one_hot_at, refute, signs
from softreg.symbolic.document.conditions import Condition, of_a_size
from softreg.symbolic.document.entries import UnclearError, VacuousError, name_of
from softreg.symbolic.document.letters import INPUTS, LOSSES, ONES, PREDICTIONS
from softreg.symbolic.document.metric import DOWN, UP, between, factor_in, known, without_metric
from softreg.symbolic.document.momentum import counting, steady, timeless
from softreg.symbolic.document.new_value import unmarked
from softreg.symbolic.document.ranges import RangeError
from softreg.symbolic.document.ranks import Ranks
from softreg.symbolic.document.steps import Finding
from softreg.symbolic.terms import Expr, Index, Pick, SymbolicError, Total

if TYPE_CHECKING:
    from softreg.symbolic.document.judge import Judge
    from softreg.symbolic.document.steps import Expression

UNLIKE = "a vector and a matrix are added"


class UnlikeError(RangeError):
    """A weight and what it becomes have other shapes."""


@dataclass
class Move:
    """An entry of a weight, by how much it changes, and the slope of a loss there."""

    before: Expr
    change: Expr
    slope: Expr
    to: int  # where the loss is to go; 0 if the document does not say
    ways: set[int] | None = None  # the signs in which it goes, once they were looked at

    def of(self, change: Expr, slope: Expr) -> Move:
        """Return a part of the change, beside a part of the slope."""
        return replace(self, change=change, slope=slope, ways=None)


def astray(judge: Judge, left: Expression, right: Expression, case: Condition, some: bool) -> Finding | None:
    """Return that a weight does not move as the slope says; nothing if it does, or if that is not known.

    The case is one of two indices; `some` says that the words are about some samples or classes, whichever.
    """
    new = left.nodes[0] if left.nodes else None
    if not isinstance(new, n.Var) or not right.nodes or new.letter in INPUTS:
        return None
    new = unmarked(judge.context, new, right.nodes[0]) or new
    times = counting(new, right.nodes[0])
    value = steady(judge, new.letter, right.nodes[0], times)
    if right.problem is not None and value == right.nodes[0]:
        return _unlike(judge, right.problem[1], new, value) if right.problem[1] == UNLIKE else None
    if times and not _stays(value, new.letter):
        return None  # h_{t+1} = f(h_t) goes from layer to layer, or from place to place
    weight = timeless(n.Var(new.letter, tuple(i for i in new.sub if isinstance(i, (n.Var, n.Number))), new.sup), times)
    assert isinstance(weight, n.Var)
    told = None
    for letter in (d for d in judge.context.definitions if d in LOSSES and judge.context.arity_of(d) == (0, 0)):
        try:
            if value != right.nodes[0]:
                judge.ranges.attempt(value, {})
            move = _in_case(judge, _moved(judge, value, weight, letter), case)
            stray = "" if some else _stray(judge, move)
            if stray:
                told = told or Finding("undecided", f"the index {stray} stands on the right alone: is it another one?")
                continue
            if _is_along(judge, move):
                if not (factor := factor_in(judge, move, value, letter)):
                    return None
                told = told or Finding("undecided", factor)
            elif _ways(judge, move):
                across = partial(_apart, judge, move, letter) if some else partial(_across, judge, move, value, letter)
                told = told or _against(judge, move, letter) or across()
        except UnlikeError as error:
            told = told or _unlike(judge, str(error), new, value)
        except (UnclearError, RangeError, SymbolicError):
            continue
    return told


def _stays(value: n.Node, letter: str) -> bool:
    """Whether a letter is a term of its new value, or a factor of one."""
    terms = value.terms if isinstance(value, n.Add) else (value,)
    factors = (f for t in terms for f in (t.factors if isinstance(t, n.Mul) else (t,)))
    return any(isinstance(f, n.Var) and f.letter == letter for f in factors)


def _unlike(judge: Judge, told: str, new: n.Var, value: n.Node) -> Finding | None:
    """Return that shapes do not fit, which is wrong if the document shows that all vectors and matrices are such."""
    ranks = Ranks(judge.context)
    if new.letter not in judge.context.behind({v for v in judge.context.definitions if v in LOSSES}):
        return None
    whole = {v.letter.removesuffix("_rows") for v in (new, *n.values(value)) if ranks.rank(v)}
    said = {v.removesuffix("_rows") for v in judge.context.said_ranks} | {ONES}
    return Finding("undecided" if whole - said else "type-error", told)


def _against(judge: Judge, move: Move, letter: str) -> Finding | None:
    """Return that a weight moves the wrong way wherever it was looked at."""
    if not move.to or _ways(judge, move) != {-move.to}:
        return None
    ask = "up the slope of {}, which is to become smaller: subtract"
    if move.to == UP:
        ask = "down the slope of {}, which is to grow: add"
        ask = ask.replace("which", "a likelihood that") if _height(judge, letter) in ({DOWN}, {UP}) else ask
    return _false(judge, move, f"this goes {ask.format(letter)} the gradient")


def _is_along(judge: Judge, move: Move) -> bool:
    """Whether a weight moves the same way along the slope wherever it was looked at, the right one if that is known."""
    ways = _ways(judge, move)
    return len(ways) == 1 and (not move.to or ways == {move.to})


def _outside(move: Move, i: Index, j: Index) -> Move:
    """Return a change where two indices are not equal."""
    return move.of(move.change, move.slope * (1 - sp.KroneckerDelta(i, j)))


def _apart(judge: Judge, move: Move, letter: str) -> Finding | None:
    """Return that a weight moves the wrong way in the one case that the words may be about: that of other classes."""
    others = [_outside(move, i, j) for i, j in _pairs(move)]
    if any(_is_along(judge, other) for other in others):
        return None
    return next((found for other in others if (found := _against(judge, other, letter))), None)


def _across(judge: Judge, move: Move, value: n.Node, letter: str) -> Finding | None:
    """Return that a weight moves the right way in some places alone, where that is wrong or not clear."""
    own, of_slope = (_decaying(contracted(e), move.before) for e in (move.change, move.slope))
    rest = move.of(move.change - own, move.slope - of_slope)
    if own != 0 or of_slope != 0:
        along = rest.change == 0 or rest.slope == 0 or _is_along(judge, rest)
        shrinks = own == 0 or signs(own * move.before, judge.facts()) <= {0, DOWN}
        if along and shrinks and own != 0:
            told = factor_in(judge, rest, value, letter) if rest.change != 0 and rest.slope != 0 else ""
            return Finding("undecided", told) if told else None
        if along and not shrinks:
            told = f"the part {_spelled(own)} makes the weight grow by itself: is its sign lost?"
            return _false(judge, move.of(own, -move.to * move.before if move.to else move.before), told)
        if along:
            return Finding("undecided", f"the slope of the penalty in {letter} is no part of this change")
    if not _is_comparable(move):
        return None
    context = judge.context
    loss, made = context.behind({letter}), context.behind(n.letters(value))
    if not made - loss - known(judge) - {"e", ONES} <= (INPUTS if loss & INPUTS else set()):
        return None
    told = f"this is no multiple of the slope of {letter}: it goes up it in some places, and down in others"
    if loss & context.targets and not made & context.targets:
        return Finding("undecided", f"{told}; it does not depend on {name_of(min(loss & context.targets))}")
    guessed = context.guessed(loss | made) - PREDICTIONS
    if guessed:
        names = ", ".join(map(name_of, sorted(guessed)))
        return Finding("undecided", f"{told}, if the usual meaning of {names} is meant")
    for i, j in _pairs(rest):
        turned = rest.of(rest.change.xreplace({i: j, j: i}), rest.slope)
        if {i, j} <= move.before.free_symbols and _is_along(judge, turned):
            return _false(judge, move, f"with {i.name} and {j.name} exchanged this goes along the slope of {letter}")
        if _is_along(judge, _outside(rest, i, j)):
            return Finding("undecided", f"right where {i.name} != {j.name} alone")
    return _false(judge, move, told)


def _false(judge: Judge, move: Move, told: str) -> Finding:
    """Return that an update is wrong, with a place where it goes the wrong way."""
    wrong = move.change * move.slope * (-move.to or UP)
    found = refute(move.before - move.change, move.before + move.change, judge.facts(), where=wrong)
    return Finding("false" if found else "undecided", told, found)


def _ways(judge: Judge, move: Move) -> set[int]:
    """Return the signs, along the slope, in which a weight moves where it was looked at."""
    if move.ways is None:
        move.ways = signs(move.change * move.slope, judge.facts(), points=6, most=4) - {0}
    return move.ways


def _pairs(move: Move) -> Iterator[tuple[Index, Index]]:
    """Yield the free indices that run over the same range."""
    product = move.change * move.slope
    free = sorted((i for i in product.free_symbols if isinstance(i, Index)), key=lambda i: i.name)
    for at, i in enumerate(free):
        yield from ((i, j) for j in free[at + 1 :] if j.size == i.size)


def _is_comparable(move: Move) -> bool:
    """Whether a change is about the same samples as the loss, one of them or all."""

    def about(e: Expr) -> set[Expr]:
        free = {i for i in e.free_symbols if isinstance(i, Index)}
        return free | {i for pick in e.atoms(Pick) for i in pick.free_symbols}

    sums = ({t.index.size for t in e.atoms(Total)} for e in (move.change, move.slope))
    own = about(move.before)
    return about(move.change) - own <= about(move.slope) - own and next(sums) <= next(sums)


def _stray(judge: Judge, move: Move) -> str:
    """Return an index of the change that is neither the weight's nor a sample's; empty if there is none."""
    own = {i for i in move.before.free_symbols if isinstance(i, Index)}
    free = {i for i in move.change.free_symbols - move.slope.free_symbols - own if isinstance(i, Index)}
    free_here = move.change.free_symbols
    met = {i for delta in move.change.atoms(sp.KroneckerDelta) if delta.free_symbols <= free_here for i in delta.args}
    names = {name_of(y) for y in judge.context.targets}
    targets = [x.indices for x in move.change.atoms(sp.Indexed) if str(x.base.label) in names]
    if targets:
        of_samples = {i for indices in targets for i in indices if not any(i.size == o.size for o in own)}
        return min((i.name for i in free - met - of_samples), default="")
    return min((i.name for i in free - met if any(i.size == o.size for o in own)), default="")


def _decaying(e: Expr, weight: Expr) -> Expr:
    """Return the terms that are the weight times step sizes and numbers."""
    found = [sp.cancel(term / weight) if weight in term.free_symbols else sp.nan for term in _terms(e)]
    scales = [c for c in found if c is not sp.nan and not c.atoms(sp.Indexed, Total, sp.exp, sp.log)]
    known = [c for c in scales if all(s.is_positive for s in c.free_symbols)]
    return sp.Add(*known) * weight


def _terms(e: Expr) -> Iterator[Expr]:
    """Yield the terms of a sum, with the brackets around sums multiplied out."""
    out = sp.expand_mul(e, deep=False)
    if isinstance(out, sp.Add):
        for term in out.args:
            yield from _terms(term)
    else:
        yield out


def _spelled(e: Expr) -> str:
    return str(e).replace("[", "_").replace("]", "").replace(", ", "").replace("_rows", "")


def _moved(judge: Judge, value: n.Node, weight: n.Var, loss: str) -> Move:
    """Return by how much an entry of the weight changes, and the slope of the loss there."""
    value, sign = without_metric(judge, value)

    def entries(value: n.Node, slope: n.Node) -> Move:
        old, new, slopes = (judge.value(node) for node in (weight, value, slope))
        if old.shape != new.shape or old.shape != slopes.shape:
            raise (UnlikeError if old.shape == slopes.shape else RangeError)("a weight and its step have other shapes")
        at = tuple(Index(c, size) for c, size in zip("ijkl", old.shape, strict=False))
        before = old.at(*at)
        found = [between(judge, e) for e in (before, sign * (new.at(*at) - before), slopes.at(*at))]
        return Move(found[0], found[1], found[2], _wanted(judge, loss))

    try:
        return entries(value, n.Derivative(n.Var(loss), weight))
    except VacuousError:  # how the loss depends on the weight is not said: any slope will do
        named = n.rebuilt(value, partial(_in_place, slope_of=loss, by=weight))
        if named == value:
            raise
        return entries(named, weight)


def _in_case(judge: Judge, move: Move, case: Condition) -> Move:
    """Return a change in the case of two indices that is given, and at one sample if it is about one."""
    found = judge.in_case(case) if case and not of_a_size(case) else None
    if case and found is None:
        raise UnclearError("the case is about something that does not occur")
    facts = judge.facts()
    for label in facts.labels if facts.one_hot else ():
        move = move.of(one_hot_at(move.change, facts, label), one_hot_at(move.slope, facts, label))
    if found is not None:
        i, j = found
        here = {i: j} if isinstance(i, Index) else {j: i}
        if case[1].type == "EQ":
            move = replace(
                move, **{f: getattr(move, f).xreplace(here) for f in ("before", "change", "slope")}, ways=None
            )
        else:
            move = _outside(move, i, j)
    own = {i for i in move.before.free_symbols if isinstance(i, Index)}
    free = [i for i in move.change.free_symbols - move.slope.free_symbols - own if isinstance(i, Index)]
    if len(free) == 1 and not any(free[0].size == i.size for i in own):
        return move.of(move.change, _at_sample(move.slope, free[0]))
    return move


def _at_sample(e: Expr, sample: Index) -> Expr:
    """Return the term of a sample where there is a sum over all."""
    if isinstance(e, (sp.Add, sp.Mul)):
        return e.func(*(_at_sample(part, sample) for part in e.args))
    if isinstance(e, Total) and e.index.size == sample.size:
        return e.term.xreplace({e.index: sample})
    return Total(_at_sample(e.term, sample), e.index) if isinstance(e, Total) else e


def _height(judge: Judge, loss: str) -> set[int]:
    return signs(between(judge, judge.value(n.Var(loss)).at()), judge.facts())


def _wanted(judge: Judge, loss: str) -> int:
    """Return whether a loss, or what is called so, is to become smaller or to grow; 0 if that is not known."""
    context, definition = judge.context, judge.context.definitions[loss]
    body, height = definition.body, _height(judge, loss)
    if height == {DOWN} or (isinstance(body, n.Function) and body.name == "exp"):
        return UP  # a likelihood, and so is what is below 0
    if height == {UP}:
        negated = isinstance(body, n.Mul) and body.factors[0] == n.MINUS_ONE
        return 0 if context.ascent and not negated and not definition.guessed else DOWN
    return (UP if context.ascent else DOWN) if context.ascent != context.descent else 0


def _in_place(part: n.Node, slope_of: str, by: n.Var) -> n.Node | None:
    """Return what stands for the slope of a loss in a weight."""
    slope = isinstance(part, n.Derivative) and isinstance(part.body, n.Var) and part.variable == by
    return by if slope and n.letters(part) >= {slope_of} else None
