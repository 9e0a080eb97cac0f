r"""Updates written in other ways: b += a and b -= a, and b - a \to b or b \to b - a, with the size of a step in a."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from softreg.symbolic.document.grammar import split
from softreg.symbolic.document.letters import STEPS
from softreg.symbolic.document.tokens import Token

ADDING = {"+=": "PLUS", "-=": "MINUS"}
_TO = frozenset({"to", "rightarrow", "longrightarrow", "mapsto", "longmapsto", "\u2192"})
_BRACES = ("LBRACE", "RBRACE")
_SEPARATORS = ("COMMA", "QUAD", "SEMI", "TEXT", "AMP")


def with_adding(made: list[Token]) -> list[Token]:
    r"""Return the tokens with += and -= as one, also where they are written \mathrel{+}=."""
    out: list[Token] = []
    at = 0
    while at < len(made):
        found, stop = _adding(made, at) if out and out[-1].type not in ("CARET", "UNDER") else (None, at)
        out.append(found or made[at])
        at = stop if found else at + 1
    return out


def _adding(made: list[Token], at: int) -> tuple[Token | None, int]:
    """Return the sign that begins here, with what follows it."""
    inner = [(i, t) for i, t in enumerate(made[at : at + 6], start=at) if t.type not in _BRACES]
    (_, sign), (last, equal) = inner[:2] if len(inner) > 1 else ((0, made[at]), (0, made[at]))
    if sign.type not in ADDING.values() or equal.type != "EQ" or equal.value != "=":
        return None, at
    stop = last + 1
    while stop < len(made) and sum((t.type == "LBRACE") - (t.type == "RBRACE") for t in made[at:stop]) > 0:
        if made[stop].type != "RBRACE":
            return None, at
        stop += 1
    if sum((t.type == "LBRACE") - (t.type == "RBRACE") for t in made[at:stop]):
        return None, at
    return replace(sign, type="ARROW", value="+=" if sign.type == "PLUS" else "-=", end=made[stop - 1].end), stop


def with_arrows(row: list[Token]) -> list[Token]:
    r"""Return a row with b - \eta g \to b, and b \to b - \eta g, as b \leftarrow b - \eta g."""
    out: list[Token] = []
    for piece in _pieces(row):
        arrows = [at for at, t in enumerate(piece) if t.type == "OTHER" and t.value in _TO]
        if len(arrows) == 1:
            (at,) = arrows
            left, arrow, right = piece[:at], replace(piece[at], type="ARROW"), piece[at + 1 :]
            if _is_letter(left) and _steps(left[0], right):
                piece = [*left, arrow, *right]
            elif _is_letter(right) and _steps(right[0], left):
                piece = [*right, arrow, *left]
        out += piece
    return out


def _pieces(row: list[Token]) -> Iterator[list[Token]]:
    """Yield the equations of a row, and what stands between them."""
    piece: list[Token] = []
    depth = 0
    for token in row:
        depth += token.type in ("LBRACE", "LPAR", "BEGIN")
        depth -= token.type in ("RBRACE", "RPAR", "END")
        if depth <= 0 and token.type in _SEPARATORS:
            yield from (piece, [token])
            piece = []
        else:
            piece.append(token)
    yield piece


def _is_letter(side: list[Token]) -> bool:
    r"""Whether a side is one letter with its scripts: b, W_{kd}, \theta_j^{(t+1)}."""
    depth, awaited = 0, False
    for token in side[1:]:
        depth += (token.type == "LBRACE") - (token.type == "RBRACE")
        if not depth and not awaited and token.type not in ("UNDER", "CARET", "RBRACE", "PRIME"):
            return False
        awaited = token.type in ("UNDER", "CARET")
    return bool(side) and side[0].type == "NAME"


def _steps(letter: Token, value: list[Token]) -> bool:
    """Whether a value is that of a letter and a step: the size of a step times something, or a derivative."""
    terms = split(value, "PLUS", "MINUS")
    own = any(term[:1] and term[0].value == letter.value and _is_letter(term) for term in terms)
    sized = any(len(term) > 1 and any(t.value in STEPS for t in term) for term in terms)
    slope = any(t.type in ("NABLA", "PARTIAL") for t in value)
    return own and len(terms) > 1 and (sized or slope)
