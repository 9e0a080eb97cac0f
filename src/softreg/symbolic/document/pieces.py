"""A display in pieces: its rows, and the equations in each row with their conditions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from softreg.symbolic.document.conditions import Condition, leading, quantified, said, sized, taken_out
from softreg.symbolic.document.grammar import split
from softreg.symbolic.document.groups import LAYOUTS
from softreg.symbolic.document.speech import says_when
from softreg.symbolic.document.tokens import Token

RELATIONS = ("EQ", "ARROW", "OTHER", "IMPLIES")
_OF_FORMULAS = frozenset(("NUMBER", "PLUS", "MINUS", "TIMES", "SLASH", "FRAC", "SUM", "LOG", "EXP", "CARET", "UNDER"))

_EMPTY_LINE = re.compile(r"\n[ \t]*\n")


def relations(row: list[Token]) -> list[Token]:
    """Return the signs of relations outside brackets and environments."""
    out, depth = [], 0
    for token in row:
        depth += token.type in ("LBRACE", "LPAR", "BEGIN")
        depth -= token.type in ("RBRACE", "RPAR", "END")
        if depth <= 0 and token.type in RELATIONS:
            out.append(token)
    return out


def in_lines(made: list[Token], text: str) -> list[Token]:
    """Return the tokens of a display in which an empty line ends a row."""
    out: list[Token] = []
    for token in made:
        if out and _EMPTY_LINE.search(text, out[-1].end, token.start):
            out.append(Token("ROW", "", token.start, token.start))
        out.append(token)
    return out


def rows(made: list[Token]) -> Iterator[list[Token]]:
    """Return the rows of a display, its environments opened."""
    inner: list[Token] = []
    cases: list[bool] = []
    for token in made:
        if token.type == "BEGIN":
            cases.append(bool(cases and cases[-1]) or token.value not in LAYOUTS)
            if cases[-1]:
                inner.append(token)
        elif token.type == "END":
            if cases and cases.pop():
                inner.append(token)
        else:
            inner.append(token)
    for row in split(inner, "ROW"):
        cells = split(row, "AMP")
        current: list[Token] = []
        for number, cell in enumerate(cells):
            equation = bool(relations(cell))
            if number >= 2 and current and said(cell):
                current += [Token("QUAD", "&", cell[0].start, cell[0].start), *cell]  # & \\text{if } i = j
                continue
            remark = number >= 2 and (not equation or (relations(cell)[0] is cell[0] and not current))
            if number >= 2 and equation and current and len(relations(current)) and relations(cell)[0] is not cell[0]:
                yield current
                current = list(cell)
            elif number >= 2 and remark and not (current and current[-1].type in RELATIONS):
                if any(t.type == "TEXT" for t in cell) or not cell:
                    current += cell
                elif not equation and (number % 2 == 0 or cell[0].type in ("PLUS", "MINUS", "TIMES", "SLASH")):
                    current += [*cell]
            else:
                current += cell
        if any(t.type not in ("TEXT", "COMMA", "QUAD") for t in current):
            yield current


def equations(row: list[Token], text: str) -> Iterator[tuple[list[Token], Condition]]:
    """Split a row at commas and wide spaces into equations, each with its condition."""
    pieces: list[list[Token]] = []
    remarks: list[list[str]] = []
    words_before: list[str] = []
    depth = 0
    piece: list[Token] = []
    for token in [*row[quantified(row) :], None]:
        if token is not None:
            depth += token.type in ("LBRACE", "LPAR", "BEGIN")
            depth -= token.type in ("RBRACE", "RPAR", "END")
        if token is None or (depth <= 0 and token.type in ("COMMA", "QUAD", "TEXT", "SEMI")):
            if piece:
                pieces.append(piece)
                remarks.append(words_before)
                words_before = []
            piece = []
            if token is not None and token.type == "TEXT":
                words_before.append(token.value.lower())
        else:
            piece.append(token)
    out: list[tuple[list[Token], Condition]] = []
    ahead: Condition = ()  # a case that stands in front
    past = 0  # the end of a range
    for number, (piece, before) in enumerate(zip(pieces, remarks, strict=True)):
        condition = said(piece)
        if out and (piece[0].type == "LPAR" or says_when(" ".join(before))):
            condition = condition or sized(piece)
        in_front = bool(ahead) or (not out and bool(before or _colon(piece, text)))
        past = max(past, number + _range(pieces, number))
        if out and number < past:
            continue
        begins = leading(piece) if out else 0
        if condition and in_front and number + 1 < len(pieces):
            ahead = condition
        elif condition and out:
            out[-1] = (out[-1][0], condition)
        elif begins:
            out[-1] = ([*out[-1][0], *piece[begins:]], said(piece[:begins]))
        elif out and not relations(piece) and (before or not _goes_on(out[-1][0], piece)):
            if not says_when(" ".join(before)) and _is_formula(piece) and not _counts(out[-1][0]):
                out[-1] = ([*out[-1][0], _not_read(piece, text)], out[-1][1])
            continue  # a remark: [softmax function], for all i
        else:
            kept = split(piece, "IN")[0] if relations(piece) else piece  # without: in R^K
            first, *more = split(kept, "IMPLIES")
            if not out and any(more) and said(first):
                ahead, kept = said(first), kept[len(first) + 1 :]  # i = j => ...
            made, condition = taken_out(kept, text)
            out.append((made, condition or ahead))
    yield from out


def _range(pieces: list[list[Token]], at: int) -> int:
    """Return of how many pieces a range is made that begins here: i = 1, 2, ..., K - 1."""
    kinds = [[t.type for t in piece] for piece in pieces[at:]]
    if kinds[0] != ["NAME", "EQ", "NUMBER"]:
        return 0
    dots = next((number for number, kind in enumerate(kinds[1:], start=1) if kind != ["NUMBER"]), 0)
    if not dots or kinds[dots][0] != "DOTS":
        return 0
    return dots + 1 + (len(kinds) > dots + 1 and not relations(pieces[at + dots + 1]))


def _colon(piece: list[Token], text: str) -> bool:
    """Whether a colon or a wide space follows."""
    return bool(re.match(r"\s*(:|&|\\q?quad)", text[piece[-1].end :]))


def _is_formula(piece: list[Token]) -> bool:
    """Whether a piece is more than names and the number of an equation: 3, + 3, z_k, but not (3) and not z_k > 0."""
    types = {t.type for t in piece}
    numbered = piece[0].type == "LPAR" and types <= {"LPAR", "NUMBER", "DOT", "RPAR"}
    return bool(types & _OF_FORMULAS) and not types & {"OTHER", "IN", "NEQ", "DOTS", "BAD"} and not numbered


def _counts(piece: list[Token]) -> bool:
    """Whether a piece is k = 1, which goes on with 2."""
    return [t.type for t in piece] == ["NAME", "EQ", "NUMBER"]


def _not_read(piece: list[Token], text: str) -> Token:
    start, end = piece[0].start, piece[-1].end
    told = f"what follows, {' '.join(text[start:end].split())!r}, is not read: is it a part of the formula?"
    return Token("BAD", told, start, end)


def _goes_on(piece: list[Token], after: list[Token]) -> bool:
    """Whether an operator joins what stands on both sides of a comma or a wide space."""
    return any(t.type in ("PLUS", "MINUS", "TIMES", "SLASH") for t in (piece[-1], after[0]))
