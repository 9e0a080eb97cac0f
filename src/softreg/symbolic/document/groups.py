r"""Braces and boxes that show nothing, or only colour: what stands in them is read as if they were not there.

An equation in a box, in a colour, in the old array of three columns or behind the brace of a system is an equation
of the display. What stays behind brackets that are not understood is told, and never dropped in silence.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from softreg.symbolic.document.commands import words
from softreg.symbolic.document.conditions import said, sized
from softreg.symbolic.document.grammar import split
from softreg.symbolic.document.lexer import tokens
from softreg.symbolic.document.tokens import Token

LAYOUTS = frozenset(
    words(
        "aligned align split gather gathered equation multline eqnarray flalign alignedat alignat displaymath "
        "document subequations math dmath"
    )
)
SYSTEMS = frozenset(words("cases dcases rcases matrix smallmatrix"))
_RELATIONS = ("EQ", "ARROW")
_TAKE_ONE = ("UNDER", "CARET", "SQRT")
_ROWS = ("EQ", "ARROW", "IMPLIES", "AMP", "ROW")
_BEGINS = ("ROW", "AMP", "QUAD", "EQ")
_ENDS_OPERAND = ("NAME", "NUMBER", "LABEL", "RPAR", "RBRACE", "PRIME", "END")
_CLOSING = {"RBRACE": "LBRACE", "RPAR": "LPAR", "END": "BEGIN"}
_BOXED = re.compile(r"\\[a-z]+\s*\{\s*\$([^$]*)\$\s*\}\Z")
_IN_TEXT = re.compile(r"\\(?:text|mbox)")
_CALLED = ("NAME", "NUMBER", "LABEL")  # P(y = 1), 1[y = k]


@dataclass
class _Pair:
    """What opens and what closes; `argument` if a command or a script takes it."""

    opens: int
    closes: int
    argument: bool
    outer: _Pair | None

    @property
    def in_argument(self) -> bool:
        """Whether this, or what is around it, is taken by a command or a script."""
        return self.argument or (self.outer is not None and self.outer.in_argument)


def _pairs(made: list[Token]) -> tuple[list[_Pair], list[_Pair | None]]:
    """Return all brackets, those never closed with -1, and for each token the innermost around it."""
    found: list[_Pair] = []
    around: list[_Pair | None] = []
    stack: list[_Pair] = []
    awaited = [0]
    for at, token in enumerate(made):
        kind = token.type
        layout = kind in ("BEGIN", "END") and token.value in LAYOUTS
        if kind in _CLOSING and not layout:
            if any(made[p.opens].type == _CLOSING[kind] for p in stack):
                while made[stack[-1].opens].type != _CLOSING[kind]:
                    stack.pop()
                    awaited.pop()
                stack.pop().closes = at
                awaited.pop()
            around.append(stack[-1] if stack else None)
            continue
        around.append(stack[-1] if stack else None)
        taken = bool(awaited[-1]) or (at > 0 and made[at - 1].type in _TAKE_ONE)
        awaited[-1] = max(0, awaited[-1] - 1)
        if kind == "FRAC":
            awaited[-1] += 2
        if kind in _CLOSING.values() and not layout:
            found.append(_Pair(at, -1, taken and kind == "LBRACE", around[-1]))
            stack.append(found[-1])
            awaited.append(0)
    return found, around


def depth_of(made: list[Token]) -> int:
    """Return how deep brackets, braces and environments stand within each other."""
    steps = ((t.type in _CLOSING.values()) - (t.type in _CLOSING) for t in made)
    return max(itertools.accumulate(steps), default=0)


def mismatched(made: list[Token]) -> str:
    r"""Return what is wrong where an environment ends as another, or has no end; empty if none does."""
    open_: list[str] = []
    for token in made:
        if token.type == "BEGIN":
            open_.append(token.value)
        elif token.type == "END" and open_ and open_.pop() != token.value:
            return f"\\end{{{token.value}}} does not end what was begun before it: is it another environment?"
    return f"\\begin{{{open_[-1]}}} has no end; proposed repair: \\end{{{open_[-1]}}}" if open_ else ""


def unboxed(made: list[Token], text: str) -> list[Token]:
    r"""Return the tokens with \mbox{$a = b$} as {a = b}, and a bracket in a text, \text{)}, as text."""
    out: list[Token] = []
    for token in made:
        boxed = _BOXED.match(text, token.start, token.end) if token.type == "TEXT" else None
        if boxed:
            inner = tokens(text, *boxed.span(1))
            opening, closing = (
                Token(kind, "", at, at) for kind, at in (("LBRACE", token.start), ("RBRACE", token.end))
            )
            out += [replace(opening, value="{"), *inner, replace(closing, value="}")]
        elif token.type in ("LPAR", "RPAR") and _IN_TEXT.match(text, token.start):
            out.append(replace(token, type="TEXT"))
        else:
            out.append(token)
    return out


def opened(made: list[Token]) -> list[Token]:
    """Return the tokens of a display without braces that hold whole equations, or a term with its sign, or nothing."""
    found, around = _pairs(made)
    held: dict[int, list[Token]] = {}
    for token, pair in zip(made, around, strict=True):
        if pair is not None:
            held.setdefault(id(pair), []).append(token)
    dropped: set[int] = set()
    for pair in found:
        inside, first = held.get(id(pair), []), made[pair.opens]
        at_start = _is_at_start(made, pair.opens, dropped)
        whole = any(t.type in _ROWS for t in inside) and not pair.in_argument
        if first.type == "LBRACE" and pair.closes > 0 and not pair.argument:
            after_sum = _after_sum(made, pair.opens)
            signed = bool(inside) and inside[0].type in ("PLUS", "MINUS") and not after_sum
            term = signed and pair.opens > 0 and made[pair.opens - 1].type in _ENDS_OPERAND
            called = pair.opens > 0 and made[pair.opens - 1].type in _CALLED
            if pair.closes == pair.opens + 1 or term or (whole and not called):
                dropped |= {pair.opens, pair.closes}
        elif first.value in ("{", "lbrace") and pair.closes < 0 and at_start:
            dropped.add(pair.opens)  # the brace of a system of equations
        elif first.type == "BEGIN" and pair.closes > 0 and at_start and whole:
            if _in_columns(inside) if first.value == "array" else first.value in SYSTEMS and _is_system(inside):
                dropped |= {pair.opens, pair.closes}
        elif first.type == "LPAR" and pair.closes > 0 and whole and _is_row(made, pair) and _is_equation(inside):
            dropped |= {pair.opens, pair.closes}
    kept = [token for at, token in enumerate(made) if at not in dropped]
    return opened(kept) if dropped else kept


def _is_system(inside: list[Token]) -> bool:
    """Whether each row is an equation, and none a value with the case in which it is that."""
    for row in split(inside, "ROW"):
        first, *more = split(row, "AMP")
        begins = [cell[0].type for cell in more if cell]
        equation = any(t.type in _RELATIONS for t in first) or begins[:1] in (["EQ"], ["ARROW"])
        if row and (not equation or any(kind not in (*_RELATIONS, "TEXT") for kind in begins) or said(row)):
            return False
    return True


def _is_row(made: list[Token], pair: _Pair) -> bool:
    """Whether brackets are around a whole row."""
    before, after = made[max(0, pair.opens - 1) : pair.opens], made[pair.closes + 1 : pair.closes + 2]
    return all(t.type in ("ROW", "BEGIN") for t in before) and all(t.type in ("ROW", "END", "COMMA") for t in after)


def _is_equation(inside: list[Token]) -> bool:
    """Whether there is more in brackets than a case or a range: (i = j), (k = 1, ..., K - 1)."""
    types = {t.type for t in inside}
    return not (said(inside) or sized(inside) or "DOTS" in types) and bool(types - {"NAME", "EQ", "NUMBER", "COMMA"})


def _in_columns(inside: list[Token]) -> bool:
    """Whether the rows of an array are equations, and not cases with their conditions."""
    rows: list[list[Token]] = [[]]
    for token in inside:
        rows.append([]) if token.type == "ROW" else rows[-1].append(token)
    first = next((i for i, t in enumerate(rows[0]) if t.type in ("EQ", "ARROW")), -1)
    return first >= 0 and not any(t.type == "TEXT" for t in rows[0][:first])


def _is_at_start(made: list[Token], at: int, dropped: set[int]) -> bool:
    before = [i for i in range(at) if i not in dropped]
    return not before or made[before[-1]].type in _BEGINS[:3] or made[before[-1]].type == "BEGIN"


def _after_sum(made: list[Token], at: int) -> bool:
    r"""Whether a brace stands after a sum and its bounds: \sum_{k=1}^K{...}."""
    before = [t.type for t in made[:at]]
    while before:
        if before[-1] == "SUM":
            return True
        if before[-1] == "RBRACE":
            depth = 0
            while before:
                last = before.pop()
                depth += (last == "RBRACE") - (last == "LBRACE")
                if depth == 0:
                    break
        else:
            before.pop()
        if not before or before.pop() not in _TAKE_ONE[:2]:
            return False
    return False


def without_braces_of_sums(made: list[Token]) -> list[Token]:
    r"""Return the tokens without the braces around what is summed: \sum_k{a - b} is shown as \sum_k a - b."""
    found = [p for p in _pairs(made)[0] if made[p.opens].type == "LBRACE" and not p.argument and p.closes > 0]
    dropped = {at for p in found if _after_sum(made, p.opens) for at in (p.opens, p.closes)}
    return [token for at, token in enumerate(made) if at not in dropped]


def hidden(made: list[Token], found: set[int]) -> Iterator[Token]:
    """Yield the signs of equality that made no step, though they are no part of a script, of cases or of P(y = 1).

    `found` are the places of those that made one.
    """
    _, around = _pairs(made)
    for token, pair in zip(made, around, strict=True):
        if token.start in found or not (token.type == "EQ" or (token.type == "TEXT" and "=" in token.value)):
            continue
        outer = _outwards(pair)
        if any(p.argument and made[p.opens - 1].type in _TAKE_ONE for p in outer):
            continue
        braces = any(made[p.opens].type == "LBRACE" or p.closes < 0 for p in outer)
        called = any(p.opens and made[p.opens].type == "LPAR" and made[p.opens - 1].type in _CALLED for p in outer)
        if not called and ((token.type == "EQ" and braces) or not found):
            yield token


def _outwards(pair: _Pair | None) -> list[_Pair]:
    out = []
    while pair is not None:
        out.append(pair)
        pair = pair.outer
    return out
