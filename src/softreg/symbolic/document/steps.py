"""Steps with their verdicts, and the sides between which they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from softreg.symbolic.document import nodes as n
from softreg.symbolic.document.source import Side

UNFORESEEN = (ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError)


@dataclass
class Step:
    """One `=` of a document and its verdict."""

    line: int
    column: int
    left: str
    right: str
    verdict: str
    assumptions: list[str] = field(default_factory=list)
    counterexample: dict[str, Any] | None = None
    hint: str = ""
    inherited: bool = False


@dataclass
class Finding:
    """What is wrong with a step that claims nothing: an update, or a definition."""

    verdict: str
    hint: str
    counterexample: dict[str, Any] | None = None


@dataclass
class Verdicts:
    """A document with its context and all steps."""

    context: list[str]
    steps: list[Step]
    complete: bool = True

    @property
    def exit_code(self) -> int:
        """1 if a step is wrong, else 2 if one could not be judged or there is none, else 0."""
        kinds = {step.verdict for step in self.steps}
        if kinds & {"false", "type-error"}:
            return 1
        return 2 if kinds & {"unparseable", "undecided"} or not kinds or not self.complete else 0

    @property
    def first_wrong(self) -> Step | None:
        """The first step that is wrong of itself."""
        return next((s for s in self.steps if s.verdict in ("false", "type-error") and not s.inherited), None)


@dataclass
class Expression:
    """One side, as it may be read; `problem` is the verdict and the message where it cannot be."""

    side: Side
    nodes: list[n.Node] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    problem: tuple[str, str, int] | None = None
    repaired: Expression | None = None
    repair: str = ""
    shown: Expression | None = None  # as it looks on the page, where braces after a sum are not seen
    viable: list[int] = field(default_factory=list)


def values_in(node: n.Node) -> list[n.Var]:
    """Return the variables that stand for values, not for indices or arguments."""
    out: list[n.Var] = []
    todo: list[n.Node] = [node]
    while todo:
        item = todo.pop()
        if isinstance(item, n.Var):
            out.append(item)
        elif isinstance(item, n.Sum):
            todo.append(item.body)
        elif isinstance(item, n.Equal):
            continue
        elif isinstance(item, n.Cases):
            todo += [value for value, _ in item.cases]
        else:
            todo += list(item.children())
    return out


def letters_of_values(node: n.Node) -> set[str]:
    """Return the letters of these variables."""
    return {v.letter for v in values_in(node)}
