r"""What a document says and no verdict is on: relations that are no equality, and equations that are no step.

The reader of a result is told how many there are, and where the first of them stand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from softreg.symbolic.document.conditions import of_a_size, said
from softreg.symbolic.document.tokens import Token

FIRST = 3  # lines that are named
RELATED, WITHIN, BESIDE = "relation that is no equality", "equation within the text", "equation in a tag or at a brace"
_BESIDE = re.compile(r"\\(tag\*?|(?:under|over)brace|underset|overset|stackrel)\s*(?=\{)")
_SCRIPT = re.compile(r"\s*[_^]\s*(?=\{)")
_EQUALS = re.compile(r"(?<!\\)=|\\equiv\b")


def relations_in(row: list[Token]) -> Iterator[int]:
    """Yield where relations stand in a row that are no equality, and no case of two indices."""
    depth = 0
    for at, token in enumerate(row):
        depth += token.type in ("LBRACE", "LPAR", "BEGIN")
        depth -= token.type in ("RBRACE", "RPAR", "END")
        if depth > 0:
            continue
        if token.type == "OTHER" and token.value != "forall":
            yield token.start
        elif token.type == "NEQ":
            before, after = row[max(0, at - 2) : at], row[at + 1 : at + 3]
            scripts = {t.type for t in (*before[:1], *after[1:])} & {"UNDER", "CARET", "PRIME"}
            if not said((*before[-1:], token, *after[:1])) or scripts:
                yield token.start


def equations_beside(text: str, start: int, end: int, closed: Callable[[str, int], int]) -> Iterator[int]:
    """Yield where equations stand in tags, below and above braces, and below and above signs."""
    for match in _BESIDE.finditer(text, start, end):
        begin, stop = match.end(), closed(text, match.end())
        if match[1].endswith("brace"):
            script = _SCRIPT.match(text, stop) if stop else None
            begin, stop = (script.end(), closed(text, script.end())) if script else (0, 0)
        if stop and (equals := _EQUALS.search(text, begin, stop)):
            yield equals.start()


def claims(head: tuple[Token, ...], relation: Token, right: tuple[Token, ...]) -> bool:
    """Whether an equation within the text says more than which index is meant: i = j, k = 1, K = 3."""
    whole = (*head, relation, *right)
    names = [t.type for t in head] == ["NAME"] and len(head[0].value) == 1
    counts = names and bool(right) and right[0].type == "NUMBER" and all(t.type in ("NUMBER", "DOTS") for t in right)
    return relation.type == "EQ" and not (said(whole) or of_a_size(whole) or counts)


def note(found: dict[str, list[int]], line_of: Callable[[int], int]) -> Iterable[str]:
    """Return how many of each kind there are and the lines of the first, as one note; nothing if there are none."""
    told = []
    for kind in (RELATED, WITHIN, BESIDE):
        lines = list(dict.fromkeys(map(line_of, sorted(found.get(kind, ())))))
        if lines:
            count = len(found[kind])
            where = ", ".join(map(str, lines[:FIRST])) + ", ..." * (len(lines) > FIRST)
            named = kind if count == 1 else re.sub("(relation|equation)", r"\1s", kind).replace("is no", "are no")
            told.append(f"{count} {named} (line{'s' * (len(lines) > 1)} {where})")
    return [f"not judged: {'; '.join(told)}"] if told else []
