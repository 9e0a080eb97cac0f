r"""Letters that sums run over, and what they are: indices, also in brackets (H(b) in \sum_b e^{H(b)}), or samples."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from softreg.symbolic.document import nodes as n
from softreg.symbolic.document.letters import LOSSES
from softreg.symbolic.document.lexer import Token
from softreg.symbolic.document.scripts import Notation


def learn_running(notation: Notation, sides: Iterable[Sequence[Token]]) -> None:
    """Find the letters that sums run over, those of them that stand as values too, and the functions of the others."""
    sides = list(sides)
    bound = {letter for side in sides for letter in _summed(side)}
    called: set[tuple[str, str]] = set()
    for side in sides:
        line = _on_the_line(side)
        for at, token in enumerate(line):
            if token.value not in bound or token.type != "NAME":
                continue
            before, after = ([t.type for t in part] for part in (line[max(0, at - 2) : at], line[at + 1 : at + 2]))
            if before[-1:] == ["LPAR"] and after == ["RPAR"] and before[0] in ("NAME", "LABEL"):
                called.add((line[at - 2].value, token.value))
            elif not (before[-1:] == ["LPAR"] and after and after[0] in ("COMMA", "MID", "EQ", "NEQ")) and not (
                after in (["RPAR"], ["COMMA"]) and before[-1] in ("COMMA", "MID", "EQ", "NEQ")
            ):
                notation.summed_values.add(token.value)
    notation.running = bound - notation.summed_values
    notation.functions |= {f for f, letter in called if letter in notation.running}


def learn_indexed(notation: Notation, nodes: Iterable[n.Node]) -> None:
    """Find which arguments of functions are indices, because sums run over them."""
    variables = [v for node in nodes for v in n.values(node)]
    plainly = {v.letter for v in variables if v.arguments is None and not v.sub}
    for v in variables:
        if v.letter.partition("_")[0] in LOSSES and v.letter in plainly:
            continue
        places = {at for at, a in enumerate(v.arguments or ()) if a in map(n.Var, notation.running)}
        if places:
            notation.bare[v.letter] = notation.bare.get(v.letter, frozenset()) | places


def _summed(side: Sequence[Token]) -> set[str]:
    r"""Return the letters below the signs of sums: \sum_b, \sum_{b = 1}."""
    found = set()
    for at, token in enumerate(side):
        below = [t for t in side[at + 1 : at + 4] if t.type != "LBRACE"]
        if token.type == "SUM" and len(below) > 1 and [t.type for t in below[:2]] == ["UNDER", "NAME"]:
            found.add(below[1].value)
    return found


def _on_the_line(side: Sequence[Token]) -> list[Token]:
    """Return the tokens that do not stand below; exponents are on a line of their own."""
    out: list[Token] = []
    depth = 0
    below: list[int] = []
    for before, token in zip((None, *side), side, strict=False):
        lowered = before is not None and before.type == "UNDER"
        depth += token.type == "LBRACE"
        if lowered and token.type == "LBRACE":
            below.append(depth)
        elif not below and not lowered and token.type != "UNDER":
            out.append(token)
        if token.type == "RBRACE":
            if below and below[-1] == depth:
                below.pop()
            depth -= 1
    return out
