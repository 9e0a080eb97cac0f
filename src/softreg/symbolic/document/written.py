r"""What of a file is part of the document: in LaTeX no comments, nothing in \iffalse, nothing behind its end.

Each character of the text that is left knows its place in the file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_LATEX = re.compile(r"(?m)^[ \t]*\\(documentclass|usepackage|begin\{document\}|chapter\*?\{|(sub)*section\*?\{)")
_FENCE = re.compile(r"(?m)^[ \t]*(```|~~~)")  # in Markdown that shows LaTeX
_PARTS = re.compile(
    r"(?P<kept>\\begin\{(?P<name>verbatim|lstlisting)\}.*?(?:\\end\{(?P=name)\}|\Z)"
    r"|\\verb\*?(?P<bar>[^A-Za-z*\s]).*?(?P=bar))"
    r"|(?P<comment>\\begin\{comment\}.*?(?:\\end\{comment\}|\Z)|^[ \t]*%[^\n]*\n?)"
    r"|(?<!\\)(?P<rows>(?:\\\\)*)%[^\n]*"
    r"|(?<!\\)\\(?P<branch>iffalse|iftrue|else|fi)(?![A-Za-z])"
    r"|(?P<end>\\end\{document\})",
    re.DOTALL | re.MULTILINE,
)
_BRANCH = re.compile(
    r"\\newif\s*\\if[a-zA-Z]*|(?<!\\)\\(if(?!f\b|thenelse)[a-zA-Z]*|else|fi)(?![A-Za-z])|(?<!\\)(?:\\\\)*%[^\n]*"
)

_SIGNS = {"amp": "&", "lt": "<", "gt": ">", "nbsp": " ", "minus": "-", "#39": "'", "#x27": "'"}
_HTML = re.compile(rf"&({'|'.join(_SIGNS)});|<br[ \t]*/?>|</?(?:p|div|span|em)(?:[ \t][^<>]{{0,200}})?>")


@dataclass(frozen=True)
class Written:
    """A text, and the place in the file of each of its characters."""

    text: str
    origins: Sequence[int]

    def place(self, at: int) -> int:
        """Return where in the file a character stands; at the end of the text, behind the last."""
        if at < len(self.origins):
            return self.origins[at]
        return self.origins[-1] + 1 if self.origins else 0


class Writing:
    """Puts a text together from pieces of another and from new ones."""

    def __init__(self, written: Written):
        self._of = written
        self._pieces: list[str] = []
        self._origins: list[int] = []

    def copy(self, start: int, end: int) -> None:
        """Add a piece of the text, with its places."""
        self._pieces.append(self._of.text[start:end])
        self._origins += self._of.origins[start:end]

    def put(self, text: str, origins: Sequence[int]) -> None:
        """Add a new piece."""
        self._pieces.append(text)
        self._origins += origins

    def done(self) -> Written:
        """Return the text."""
        return Written("".join(self._pieces), self._origins)


def is_latex(text: str) -> bool:
    """Whether a file is LaTeX, or a part of it, and not Markdown."""
    return _LATEX.search(text) is not None and _FENCE.search(text) is None


def written(text: str) -> Written:
    """Return a file without what is no part of the document."""
    whole = Written(text, range(len(text)))
    if not is_latex(text):
        return _of_html(whole)
    out = Writing(whole)
    dropped = _branches(text)
    at = 0
    while match := _PARTS.search(text, at):
        start, stop = match.span()
        if match["kept"]:
            out.copy(at, stop)
        elif match["branch"]:
            out.copy(at, start if start in dropped else stop)
            stop = dropped.get(start, stop)
        else:
            out.copy(at, match.end("rows") if match["rows"] else stop if match["end"] else start)
        at = len(text) if match["end"] else stop
    out.copy(at, len(text))
    return out.done()


def _of_html(whole: Written) -> Written:
    """Return a text in which the names that HTML has for signs, and its ends of lines, are what they stand for."""
    out, at = Writing(whole), 0
    for match in _HTML.finditer(whole.text):
        out.copy(at, match.start())
        out.put(_SIGNS[match[1]] if match[1] else " ", [match.start()])
        at = match.end()
    if not at:
        return whole
    out.copy(at, len(whole.text))
    return out.done()


def _branches(text: str) -> dict[int, int]:
    r"""Return what \iffalse, \iftrue, \else and \fi hide, themselves included; nothing where there is no \fi."""
    found: dict[int, int] = {}
    open_: list[tuple[str, int, int]] = []  # which, where, and where its \else is
    for match in _BRANCH.finditer(text):
        word, start, end = match[1], *match.span()
        if word is None:
            continue
        if word == "else" and open_:
            open_[-1] = (*open_[-1][:2], start)
        elif word == "fi" and open_:
            which, begin, other = open_.pop()
            if which == "iffalse":
                found |= {begin: end} if other < 0 else {begin: other + len(r"\else"), start: end}
            elif which == "iftrue":
                found |= {begin: begin + len(r"\iftrue"), (start if other < 0 else other): end}
        elif word.startswith("if"):
            open_.append((word, start, -1))
    return found
