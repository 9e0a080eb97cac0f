"""Functions at other arguments: where the value does not show what stands in brackets, p(x) = p(u) proves nothing."""

from __future__ import annotations

from softreg.symbolic.document import nodes as n
from softreg.symbolic.document.entries import UnclearError, name_of
from softreg.symbolic.document.equations import Equations
from softreg.symbolic.document.letters import LOSSES
from softreg.symbolic.document.ranges import RangeError
from softreg.symbolic.document.scripts import OF_NO_CLASS
from softreg.symbolic.terms import SymbolicError


def taken_as_one(judge: Equations, *sides: n.Node) -> str:
    """Return of which function several arguments, or parameters, are taken for the same; empty if of none."""
    bound = {part.index for side in sides for part in side.walk() if isinstance(part, (n.Sum, n.Largest))}
    seen: dict[str, list[n.Var]] = {}
    for v in (v for side in sides for v in n.values(side) if v.letter.partition("_")[0] not in LOSSES):
        called = n.Var(v.letter, arguments=v.arguments if _is_dropped(judge, v) else (), given=v.given)
        before = seen.setdefault(v.letter.removesuffix("_rows"), [])
        if any(_differ(a, b, bound) for old in before for a, b in _pairs(old, called)):
            name = name_of(v.letter.removesuffix("_rows"))
            return f"{name} has different arguments or parameters here, which its definition does not tell apart"
        before.append(called)
    return ""


def _pairs(a: n.Var, b: n.Var) -> list[tuple[n.Node, n.Node]]:
    return [*zip(a.given, b.given, strict=False), *zip(a.arguments or (), b.arguments or (), strict=False)]


def _differ(a: n.Node, b: n.Node, bound: set[str | None]) -> bool:
    """Whether two arguments differ in more than in that one is about a class or a sample, and the other is not."""
    free = [n.free_indices(node) for node in (a, b)]
    if not free[0] and not free[1]:
        return a != b
    letters = [{letter.removesuffix("_rows") for letter in n.letters(node)} for node in (a, b)]
    of_samples = letters[0] <= set(OF_NO_CLASS) and not (free[0] | free[1]) & bound
    return letters[0] != letters[1] or (of_samples and bool(free[0]) and bool(free[1]) and free[0] != free[1])


def _is_dropped(judge: Equations, v: n.Var) -> bool:
    """Whether the value of a function is the same whatever stands in its brackets."""
    definition = judge.context.definitions.get(v.letter)
    if not v.arguments or (definition is not None and definition.argument is not None):
        return False
    try:
        return not judge.takes_argument(v)
    except (UnclearError, RangeError, SymbolicError):
        return False
