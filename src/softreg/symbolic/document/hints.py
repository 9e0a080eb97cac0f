"""What a wrong step may have meant: a sign, an operator, a factor, an index. Guesses, proved to fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from softreg.symbolic.document import nodes as n
from softreg.symbolic.document.compare import compare
from softreg.symbolic.document.definitions import is_of_entries
from softreg.symbolic.document.entries import UnclearError, name_of
from softreg.symbolic.document.grammar import NotUnderstoodError
from softreg.symbolic.document.letters import LOSSES
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
