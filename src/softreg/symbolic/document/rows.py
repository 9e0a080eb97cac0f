"""Letters that are of one row here and of many rows there: p_k and p_{ik}, x and x_i.

The letter of many rows is another one, with `_rows` at its end and the row as its first index. Where
the document defines the letter of one row alone, that of many is the same in every row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from softreg.symbolic.document import nodes as n
from softreg.symbolic.document.definitions import Context, Definition
from softreg.symbolic.document.letters import ALWAYS_PROBABILITIES, FUNCTIONS, LOGITS, LOSSES, TARGETS
from softreg.symbolic.document.scripts import Notation

FEATURES = frozenset({"x", "\\phi"})
LIKELY = ALWAYS_PROBABILITIES | set(TARGETS) | set(LOGITS[:-1])
ROW = ("n", "m", "r", "s")  # how the row may be called


def learn(notation: Notation, nodes: Iterable[n.Node]) -> None:
    """Find the letters that are indices, and those that are of one row and of many."""
    variables: list[n.Var] = []
    for part in (part for node in nodes for part in node.walk()):
        if isinstance(part, n.Var):
            variables.append(part)
            if part.letter not in FUNCTIONS | LOSSES:
                notation.indices |= {i.letter for i in part.sub if isinstance(i, n.Var)}
        elif isinstance(part, n.Sum):
            notation.indices.add(part.index)
    counts: dict[str, set[int]] = {}
    for v in variables:
        counts.setdefault(v.letter, set()).add(len(v.sub))
    notation.mixed = {v for v, found in counts.items() if {1, 2} <= found and v in LIKELY}
    plain = {v.letter for v in variables if not v.sub or not all(isinstance(i, n.Number) for i in v.sub)}
    notation.numbered = set(counts) - plain
    rows = {v.sub[0] for v in variables if v.letter in notation.mixed and len(v.sub) == 2}
    called: dict[bool, set[tuple[str, str]]] = {True: set(), False: set()}
    for v in variables:
        for a in v.arguments or ():
            if isinstance(a, n.Var) and a.letter in FEATURES:
                called[bool(a.sub)].add((v.letter, a.letter))
    both = {x for _, x in called[True] & called[False]}  # p(x) and p(x_i)
    numbered = {v.letter for v in variables if v.letter in FEATURES and len(v.sub) == 1 and v.sub[0] in rows}
    notation.rows = both | {x for x in numbered if 0 in counts[x]}


def lifted(context: Context, used: set[str]) -> Iterator[Definition]:
    """Yield the definition of each letter of many rows that is used, or is needed for those, without its own."""
    definitions = context.definitions
    wanted = [v for v in used if v.endswith("_rows") and v not in definitions]
    of_a_row = {*context.notation.mixed, *FEATURES, *LOGITS[:-1]}
    for _ in definitions:
        of_a_row |= {v for v, d in definitions.items() if d.argument is None and n.letters(d.body) & of_a_row}
    done: set[str] = set()
    while wanted:
        letter = wanted.pop().removesuffix("_rows")
        definition = definitions.get(letter)
        if letter in done or definition is None or definition.sup:
            continue
        done.add(letter)
        row = next(r for r in ROW if r not in {*definition.sub, *_all_letters(definition.body)})
        text = f"{letter}_{{{row}{''.join(definition.sub)}}} is {letter} of the row {row}"
        body = _lift(definition.body, of_a_row, row)
        yield Definition(f"{letter}_rows", (row, *definition.sub), (), body, text=text)
        wanted += [v for v in n.letters(body) if v.endswith("_rows")]


def _all_letters(node: n.Node) -> set[str]:
    bound = {part.index for part in node.walk() if isinstance(part, n.Sum)}
    return bound | {part.letter for part in node.walk() if isinstance(part, n.Var)}


def _lift(node: n.Node, letters: set[str], row: str) -> n.Node:
    if isinstance(node, n.Var):
        if node.letter in letters:
            return replace(node, letter=f"{node.letter}_rows", sub=(n.Var(row), *node.sub), arguments=None)
        return node if node.arguments is None else replace(node, arguments=_lift_all(node.arguments, letters, row))
    changes: dict[str, object] = {}
    for name, value in vars(node).items():
        if isinstance(value, n.Node):
            changes[name] = _lift(value, letters, row)
        elif isinstance(value, tuple):
            changes[name] = _lift_all(value, letters, row)
    return replace(node, **changes)


def _lift_all(values: tuple, letters: set[str], row: str) -> tuple:  # type: ignore[type-arg]
    return tuple(
        _lift(v, letters, row) if isinstance(v, n.Node) else _lift_all(v, letters, row) if isinstance(v, tuple) else v
        for v in values
    )
