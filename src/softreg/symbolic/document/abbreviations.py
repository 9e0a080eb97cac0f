"""Names of several capitals: CE, NLL, KL. A run of them that is a whole left side is one name, everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from softreg.symbolic.document.tokens import Token

USUAL = frozenset({"CE", "BCE", "CCE", "NLL", "LSE"})
DEFINED = frozenset({"KL", "LL"})  # names where they are a left side, even if their letters are used alone


def joined(tokens: Sequence[Token], names: set[str]) -> tuple[Token, ...]:
    """Return the tokens with one token for each run that is a name."""
    out: list[Token] = []
    for run in _runs(tokens):
        name = _spelled(run)
        out += [replace(run[0], value=name, end=run[-1].end)] if name in names else run
    return tuple(out)


def names_in(heads: Iterable[Sequence[Token]], sides: Iterable[Sequence[Token]]) -> set[str]:
    """Return the names that left sides show, but not what may be a product of letters used elsewhere."""
    alone = {_spelled(run) for side in sides for run in _runs(_on_the_line(side)) if len(run) == 1}
    found = set(USUAL)
    for head in heads:
        run = next(_runs(head), [])
        name, after = _spelled(run), head[len(run) : len(run) + 1]
        whole = len(run) > 1 and name.isupper() and all(t.value in ("(", "_") for t in after)
        if whole and (name in DEFINED or not set(name) <= alone):
            found.add(name)
    return found


def _runs(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """Split tokens into runs of capitals that touch, and single tokens."""
    run: list[Token] = []
    for token in tokens:
        if run and not (_is_capital(token) and _is_capital(run[-1]) and run[-1].end == token.start):
            yield run
            run = []
        run.append(token)
    if run:
        yield run


def _on_the_line(side: Sequence[Token]) -> list[Token]:
    """Return the tokens that stand in no script."""
    out: list[Token] = []
    depth = 0
    for before, token in zip((None, *side), side, strict=False):
        script = before is not None and before.type in ("UNDER", "CARET")
        if token.type == "LBRACE" and (depth or script):
            depth += 1
        elif token.type == "RBRACE" and depth:
            depth -= 1
        elif not depth and not script:
            out.append(token)
    return out


def _is_capital(token: Token) -> bool:
    return token.type == "NAME" and len(token.value) == 1 and token.value.isupper()


def _spelled(run: Sequence[Token]) -> str:
    return "".join(t.value for t in run)
