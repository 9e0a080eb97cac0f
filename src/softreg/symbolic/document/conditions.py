r"""The case a row speaks of: `i = j` or `i \neq j`, in words, in brackets after a space, or behind a bar."""

from __future__ import annotations

import re
from collections.abc import Sequence

from softreg.symbolic.document.letters import TARGETS
from softreg.symbolic.document.speech import spoken
from softreg.symbolic.document.tokens import Token

INDICES = frozenset("abcijklmnpqrsty")
_AROUND = ("LPAR", "RPAR", "LBRACE", "RBRACE", "LABEL", "TEXT", "COMMA", "QUAD", "AMP")
_OPEN, _CLOSE = ("LPAR", "LBRACE", "BEGIN"), ("RPAR", "RBRACE", "END")
_WIDE = re.compile(r"\\(q?quad|enspace|hspace|hfill|[;: ])|~|&")
_THIN = re.compile(r"\\[,>]|\\thinspace")
_BEFORE_A_FACTOR = frozenset({"indicator", "\\delta", "I", "1"})
_ENDS_NAME = (["COMMA"], ["SEMI"], ["QUAD"], ["IN"])
_GOES_ON = (["EQ"], ["NEQ"], ["OTHER"], ["UNDER"], ["CARET"], ["PRIME"])
_OPERATORS = ("EQ", "NEQ", "ARROW", "OTHER", "PLUS", "MINUS", "TIMES", "SLASH", "SUM", "LOG", "EXP", *_OPEN)

Condition = tuple[Token, ...]


def said(piece: Sequence[Token]) -> Condition:
    """Return the two indices and the comparison between them, if a piece says no more; else nothing."""
    made = tuple(t for t in piece if t.type not in _AROUND and t.value != "forall")
    if len(made) != 3 or made[1].type not in ("EQ", "NEQ"):
        return ()
    return made if all(t.type == "NAME" and t.value.rstrip("'") in INDICES for t in (made[0], made[2])) else ()


def of_a_size(condition: Condition) -> bool:
    """Whether a condition is about the number of classes or samples: K = 2."""
    return [t.type for t in condition] == ["NAME", "EQ", "NUMBER"] and condition[0].value in ("K", "C", "M", "N")


def sized(piece: Sequence[Token]) -> Condition:
    """Return a condition on the number of classes or samples in brackets or behind words: (K = 2)."""
    made = tuple(t for t in piece if t.type not in _AROUND)
    return made if of_a_size(made) else ()


def taken_out(piece: list[Token], text: str) -> tuple[list[Token], Condition]:
    """Return a piece without the condition that stands in it, and the condition."""
    for at in range(1, len(piece)):
        stop = _behind_bar(piece, at) or _in_brackets(piece, at, text)
        condition = said([t for t in piece[at:stop] if t.type not in ("MID", "UNDER")]) if stop else ()
        if condition:
            return [*piece[:at], *piece[stop:]], condition
    return piece, ()


def leading(piece: list[Token]) -> int:
    """Return the length of a condition in brackets that a relation follows: (i = j) = ..."""
    stop = _closing(piece, 0) if piece[0].type == "LPAR" else 0
    goes_on = 0 < stop < len(piece) and piece[stop].type in ("EQ", "ARROW")
    return stop if goes_on and said(piece[:stop]) else 0


def quantified(row: list[Token]) -> int:
    r"""Return the length of "for all" in front of an equation: \forall k:, \forall i, j \in \{1, ..., K\},."""
    said_so = row and row[0].type == "TEXT" and spoken(row[0].value) & {"all", "each", "every", "any"}
    if not row or not (row[0].value == "forall" or said_so):
        return 0
    types = [t.type for t in row]
    at = 2
    while types[at : at + 2] == ["COMMA", "NAME"] and types[at + 2 : at + 3] in _ENDS_NAME:
        at += 2
    if types[1:2] != ["NAME"] or types[at : at + 1] in _GOES_ON:
        return 0
    if types[at : at + 1] == ["IN"]:
        at = _closing(row, at + 1) if types[at + 1 : at + 2] in (["LPAR"], ["LBRACE"]) else at + 2
    while at and types[at : at + 1] in (["COMMA"], ["SEMI"], ["QUAD"]):
        at += 1
    return at if at < len(row) else 0


def _closing(piece: list[Token], at: int) -> int:
    """Return the place after the bracket that closes what opens here; 0 if there is none."""
    depth = 0
    for stop in range(at, len(piece)):
        depth += (piece[stop].type in _OPEN) - (piece[stop].type in _CLOSE)
        if depth == 0:
            return stop + 1
    return 0


def _behind_bar(piece: list[Token], at: int) -> int:
    types = [t.type for t in piece[at : at + 3]]
    return _closing(piece, at + 2) if types == ["MID", "UNDER", "LBRACE"] else 0


def _in_brackets(piece: list[Token], at: int, text: str) -> int:
    r"""A condition ends a side; [i = j] is one after a wide space, else a factor, and so is P(y = k)."""
    before, opening = piece[at - 1], piece[at]
    if opening.type != "LPAR" or before.type in _OPERATORS or before.value in _BEFORE_A_FACTOR:
        return 0
    stop = _closing(piece, at)
    if not stop or (stop < len(piece) and piece[stop].type not in ("EQ", "ARROW")):
        return 0
    gap = text[before.end : opening.start]
    if _WIDE.search(gap):
        return stop
    called = before.type in ("NAME", "LABEL") and (at < 2 or piece[at - 2].type not in ("UNDER", "CARET"))
    if opening.value != "(" or called:
        return 0
    target = any(t.value in TARGETS for t in piece[at:stop])
    return stop if _THIN.search(gap) or not target else 0
