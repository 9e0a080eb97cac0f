r"""Letters that sums run over, and what they are: indices, also in brackets (H(b) in \sum_b e^{H(b)}), or samples."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from softreg.symbolic.document import nodes as n
from softreg.symbolic.document.definitions import Context
from softreg.symbolic.document.entries import POSITIVE
from softreg.symbolic.document.letters import INDEX, INPUTS, LOSSES, SAMPLE, WEIGHTS
from softreg.symbolic.document.scripts import Notation
from softreg.symbolic.document.tokens import Token

# what stands between these is an argument, or a part of a condition, and no factor
_OPENING = (["LPAR"], ["COMMA"], ["MID"], ["EQ"], ["NEQ"])
_CLOSING = (["RPAR"], ["COMMA"], ["MID"], ["EQ"], ["NEQ"])


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
            if before == ["NAME", "LPAR"] and after == ["RPAR"]:
                called.add((line[at - 2].value, token.value))
            if before[-1:] not in _OPENING or after not in _CLOSING:
                notation.summed_values.add(token.value)
    elsewhere = {t.value for side in sides for t in _without_sums(side)}
    notation.summed_values |= bound & INPUTS - elsewhere  # \\sum_x of what depends on x unsaid
    notation.running = bound - notation.summed_values
    notation.functions |= {f for f, letter in called if letter in notation.running}


def learn_indexed(notation: Notation, nodes: Iterable[n.Node]) -> None:
    """Find which arguments of functions are indices, because sums run over them."""
    variables = [v for node in nodes for v in n.values(node)]
    plainly = {v.letter for v in variables if v.arguments is None and not v.sub}
    for v in variables:
        if v.letter.partition("_")[0] in LOSSES and v.letter in plainly:
            continue
        plain = [a.letter if isinstance(a, n.Var) and a == n.Var(a.letter) else "" for a in v.arguments or ()]
        if notation.running & set(plain):  # in h(s, b), s is an index too
            places = {at for at, letter in enumerate(plain) if letter in notation.running | INDEX}
            notation.bare[v.letter] = notation.bare.get(v.letter, frozenset()) | places


def learn_samples(context: Context, nodes: Iterable[n.Node]) -> None:
    r"""Find the letters with another value for each sample: those in \sum_x [y \ln a + ...] that are no parameters."""
    definitions = context.definitions
    totals = [part for node in nodes for part in node.walk() if isinstance(part, n.Sum) and part.index == SAMPLE]
    inside = [v for part in totals for v in n.values(part.body)]
    called = {v.letter for v in inside if v.arguments}
    formal = {d.argument for d in definitions.values()} - {v.letter for v in inside}
    known = POSITIVE | {*WEIGHTS, "b", "e"} | called | formal | definitions.keys()
    context.sampled = {v for v in context.behind({v.letter for v in inside}) - known if not v.isupper()}
    for v in context.sampled:
        context.arity[v] = (context.arity_of(v)[0], 1)
    if totals:
        letters = ", ".join(sorted(context.sampled)).replace("\\", "")
        context.notes.append(f"the sum over x is one over samples: {letters} have a value for each")


def _summed(side: Sequence[Token]) -> set[str]:
    r"""Return the letters below the signs of sums: \sum_b, \sum_{b = 1}, \sum_{(x, y)}."""
    found = set()
    for at, token in enumerate(side):
        below = [t for t in side[at + 1 : at + 8] if t.type not in ("LBRACE", "LPAR")]
        if token.type == "SUM" and len(below) > 1 and [t.type for t in below[:2]] == ["UNDER", "NAME"]:
            found.add(below[1].value)
            found |= {below[3].value} if [t.type for t in below[2:5]] == ["COMMA", "NAME", "RPAR"] else set()
    return found


def _without_sums(side: Sequence[Token]) -> list[Token]:
    """Return the tokens but for what stands below the signs of sums."""
    out: list[Token] = []
    depth = 0
    for at, token in enumerate(side):
        opens = [t.type for t in side[max(0, at - 2) : at]]
        if depth or (token.type == "LBRACE" and opens == ["SUM", "UNDER"]):
            depth += (token.type == "LBRACE") - (token.type == "RBRACE")
        elif opens != ["SUM", "UNDER"]:
            out.append(token)
    return out


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
