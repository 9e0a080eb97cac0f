r"""Whether I is the identity matrix, as in H + \lambda I, and nothing else in a document."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from softreg.symbolic.document.tokens import Token

IDENTITY = "I"
_SCRIPTS = ("UNDER", "CARET")
_TAKES = (*_SCRIPTS, "LPAR", "PRIME")  # I_{ij}, I(y = k), I^2: another letter, or an indicator


def is_identity(sides: Iterable[Sequence[Token]]) -> bool:
    """Whether I stands somewhere, never with an index or in one, before a bracket, or alone on a side."""
    places = [(side, at) for side in sides for at, token in enumerate(side) if token.value == IDENTITY]
    return bool(places) and all(_may_be(side, at) for side, at in places)


def _may_be(side: Sequence[Token], at: int) -> bool:
    before = [t.type for t in side[max(0, at - 2) : at]]
    script = before[-1:] and (before[-1] in (*_SCRIPTS, "IN") or (before[-1] == "LBRACE" and before[0] in _SCRIPTS))
    return len(side) > 1 and not script and not (len(side) > at + 1 and side[at + 1].type in _TAKES)
