"""What a wrong step may have meant: a sign, an operator, a factor, an index. Guesses, proved to fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from softreg.symbolic.document import nodes as n
from softreg.symbolic.document.entries import UnclearError
from softreg.symbolic.document.grammar import NotUnderstoodError
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
            factor = judge._meaning.value(v, judge._scope)
            if not factor.ndim and holds(b * factor):
                return f"a factor {_spelled(v)} is missing on the right"
        except (UnclearError, RangeError, SymbolicError):
            continue
    return ""


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
