r"""Macros of a document, \newcommand, \def, \newenvironment and others, put in where they are called.

What a macro stands for has the place of its call, and the arguments keep their own. A macro that calls
itself, or becomes too long, is left with a mark, and is not understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from softreg.symbolic.document.commands import ACCENTS, FONTS, GREEK, GROUPS, IGNORED, PLAIN, WITH_ARGUMENT
from softreg.symbolic.document.written import Writing, Written

MARK = "\ue000"  # stands before a macro that is not put in
MOST_SIGNS = 20_000  # that one call may become
MOST_CALLS = 1_000  # within one call
MOST_WORK = 2_000_000  # signs, in a document
NEAR = 1_000  # signs before a macro that are looked at, and behind it, where its arguments are not its own

_DEFINES = re.compile(
    r"\\((?:re|provide)?newcommand|providecommand|DeclareRobustCommand|DeclareMathOperator|DeclarePairedDelimiter"
    r"|(?:re)?newenvironment|[gex]?def|let)(?![A-Za-z])\*?"
)
_CODE = r"\\begin\{(?P<name>verbatim|lstlisting)\}.*?(?:\\end\{(?P=name)\}|\Z)"
_FENCE = r"^(?P<fence>```+|~~~+)(?![ \t]*math)[^\n]*\n.*?(?:\n(?P=fence)|\Z)"
_CALL = r"(?:begin|end)\{[^{}\\\n]{1,40}\}|[A-Za-z]+"  # an environment is called by its edges
_PLACES = re.compile(rf"{_CODE}|{_FENCE}|\\(?:(?P<command>{_CALL})|.)", re.DOTALL | re.MULTILINE)
_COMMAND = re.compile(rf"\\(?:({_CALL})|.)", re.DOTALL)
_ENVIRONMENT = re.compile(r"\s*\{\s*([^{}\\\n]{1,40}?)\s*\}")
_NAME = re.compile(r"\s*(?:\{\s*\\([A-Za-z]+)\s*\}|\\([A-Za-z]+))")
_COUNT = re.compile(r"\s*\[\s*([0-9])\s*\]")
_NUMBERED = re.compile(r"((?:#[1-9])*)\s*(?=\{)")
_LET = re.compile(r"\s*=?\s*(\\[A-Za-z]+|\\.|[^\s\\])")
_PARAMETER = re.compile(r"#([1-9])")
_BRACES = re.compile(r"\\.|[{}\]]", re.DOTALL)
_SPACE = re.compile(r"\s*")
_WORD_AT_END = re.compile(r"(?<!\\)(?:\\\\)*\\[A-Za-z]+\Z")
_TAKES = re.compile(r"\\(" + "|".join(sorted({*FONTS, *ACCENTS, "sqrt", "frac", "dfrac", "tfrac"})) + r")\s*\Z")
_HALF = re.compile(r"\\[dt]?frac\s*(\{[^{}]*(\{[^{}]*\}[^{}]*)*\}|[A-Za-z0-9]|(?<=frac)\\[A-Za-z]+)\s*\Z")
# what everybody calls a display for short, and a style file that is not here defines
_SHORT = re.compile(r"\\(b|e)(e|eq|eqn|ea|eqa|a|al)(?![A-Za-z])")
_MEANT = {
    "e": "equation",
    "eq": "equation",
    "eqn": "equation",
    "ea": "eqnarray",
    "eqa": "eqnarray",
    "a": "align",
    "al": "align",
}
_KNOWN = frozenset((*GREEK, *FONTS, *ACCENTS, *IGNORED, *WITH_ARGUMENT, *GROUPS, *PLAIN))


@dataclass(frozen=True)
class Macro:
    """What a command stands for; `default` is that of a first argument in square brackets."""

    body: str
    arguments: int = 0
    default: str | None = None
    frozen: bool = False  # whether it is the command of this name as it was before
    read: bool = True
    sized: bool = False  # whether a star or a size may follow: \norm*{x}, \norm[\big]{x}


class _TooLongError(Exception):
    """A macro is not put in."""


def with_macros(written: Written) -> Written:
    """Return the text with its macros put in, and without their definitions."""
    short = dict(_short_displays(written.text))
    if not _DEFINES.search(written.text) and not short:
        return written
    return _Expander(written, short).run()


def _short_displays(text: str) -> Iterator[tuple[str, Macro]]:
    r"""Yield what \be and \ee stand for where the text uses them in turns, and does not say."""
    names = (_NAME.match(text, made.end()) for made in _DEFINES.finditer(text))
    defined = {name[1] or name[2] for name in names if name}
    turns: dict[str, list[str]] = {}
    for match in _SHORT.finditer(text):
        turns.setdefault(match[2], []).append(match[1])
    for short, found in turns.items():
        if found == ["b", "e"] * (len(found) // 2) and not defined & {f"b{short}", f"e{short}"}:
            yield f"b{short}", Macro(rf"\begin{{{_MEANT[short]}}}")
            yield f"e{short}", Macro(rf"\end{{{_MEANT[short]}}}")


class _Expander:
    def __init__(self, written: Written, known: dict[str, Macro]):
        self._text, self._origins = written.text, written.origins
        self._macros = known
        self._out = Writing(written)
        self._left = MOST_WORK

    def run(self) -> Written:
        text, copied, at = self._text, 0, 0
        while match := _PLACES.search(text, at):
            at = match.end()
            name = match["command"]
            if name is None:
                continue
            defines = _DEFINES.match(text, match.start())
            if defines and (end := self._define(defines[1], defines.end())):
                self._out.copy(copied, match.start())
                self._out.put(" ", [self._origins[match.start()]])
                copied = at = end
            elif name in self._macros:
                self._out.copy(copied, match.start())
                copied = at = self._called(name, match.start(), match.end())
        self._out.copy(copied, len(text))
        return self._out.done()

    def _define(self, kind: str, at: int) -> int:
        """Take a definition; return its end, or 0 if it is none."""
        of_edges = kind.endswith("environment")
        name = (_ENVIRONMENT if of_edges else _NAME).match(self._text, at)
        if not name:
            return 0
        letter, at = name[1] or name[2], name.end()
        if kind == "let":
            other = _LET.match(self._text, at)
            if not other:
                return 0
            known = self._macros.get(other[1][1:])
            self._macros[letter] = known or Macro(other[1], frozen=True)
            return other.end()
        count, default, numbered = 0, None, True
        if kind.endswith("def"):
            parameters = _NUMBERED.match(self._text, at)
            numbered = parameters is not None
            at = parameters.end() if parameters else self._text.find("{", at)
            count = len(parameters[1]) // 2 if parameters else 0
        elif not kind.startswith("DeclareM") and (told := _COUNT.match(self._text, at)):
            count, at = int(told[1]), told.end()
            if bracket := _bracket(self._text, at):
                default, at = self._text[bracket[0] : bracket[1]], bracket[1] + 1
        body = _argument(self._text, at) if at >= 0 and self._left > 0 else None
        if body is None:
            self._left -= MOST_SIGNS  # that have been looked at in vain
        if body is None or not self._text.startswith("{", body[0] - 1):
            return 0
        meaning, end = self._text[body[0] : body[1]], body[2]
        if kind == "DeclareMathOperator":
            meaning = rf"\operatorname{{{meaning}}}"
        elif kind == "DeclarePairedDelimiter":
            closing = _argument(self._text, end)
            if closing is None:
                return 0
            meaning, end = f"{meaning} #1 {self._text[closing[0] : closing[1]]}", closing[2]
            count = 1
        elif of_edges:
            closing = _argument(self._text, end)
            if closing is None:
                return 0
            self._macros[f"end{{{letter}}}"] = Macro(self._text[closing[0] : closing[1]])
            letter, end = f"begin{{{letter}}}", closing[2]
        if kind != "providecommand" or letter not in self._macros.keys() | _KNOWN:
            paired = kind == "DeclarePairedDelimiter"
            self._macros[letter] = Macro(meaning, count, default, read=numbered, sized=paired)
        return end

    def _called(self, name: str, start: int, end: int) -> int:
        """Put in what a call stands for; return where the text goes on."""
        try:
            text, origins, end = self._expanded(start, end)
        except _TooLongError:
            found = _arguments(self._macros[name], self._text, end) if self._left > 0 else None
            end = found[1] if found else end
            text, origins = MARK + self._text[start:end], [self._origins[start], *self._origins[start:end]]
        self._out.put(text, origins)
        return end

    def _expanded(self, start: int, end: int) -> tuple[str, list[int], int]:
        """Return what a call stands for, where it comes from, and where the text goes on."""
        text, origins = self._text[start:end], list(self._origins[start:end])
        before = self._text[max(0, start - NEAR) : start]
        own = len(text)  # what follows has been taken from the text behind the call
        at = calls = 0
        while (match := _COMMAND.search(text, at)) and match.start() < own:
            macro = self._macros.get(match[1]) if match[1] else None
            if macro is None:
                at = match.end()
                continue
            found = None
            if self._left <= 0:
                raise _TooLongError
            for reach in (NEAR, MOST_SIGNS):
                more = self._text[end : max(end, end + reach - len(text) + match.end())] if macro.arguments else ""
                text, origins = text + more, [*origins, *self._origins[end : end + len(more)]]
                end += len(more)
                if found := _arguments(macro, text, match.end()):
                    break
            if found is None:
                self._left -= MOST_SIGNS  # that have been looked at in vain
            if found is None or not macro.read:
                raise _TooLongError
            first, (arguments, stop) = match.start(), found
            new, places = _substituted(macro, text, origins, arguments, origins[first])
            new, places = _apart(
                (before + text[:first])[-NEAR:], new, places, text[stop : stop + 1], places or [origins[first]]
            )
            text = text[:first] + new + text[stop:]
            origins = [*origins[:first], *places, *origins[stop:]]
            own = first + len(new) + max(0, own - stop)
            calls += 1
            self._left -= len(new) + 1
            if calls > MOST_CALLS or own > MOST_SIGNS or self._left < 0:
                raise _TooLongError
            at = first + len(new) if macro.frozen else first
        return text[:own], origins[:own], end - (len(text) - own)


def _substituted(
    macro: Macro, text: str, origins: Sequence[int], arguments: list[tuple[int, int] | None], origin: int
) -> tuple[str, list[int]]:
    """Return the body of a macro with its arguments."""
    new = ""
    places: list[int] = []
    for number, piece in enumerate(_PARAMETER.split(macro.body)):
        if number % 2 == 0:
            found, where = piece, [origin] * len(piece)
        elif int(piece) > len(arguments):
            raise _TooLongError
        elif (span := arguments[int(piece) - 1]) is None:
            found = macro.default or ""
            where = [origin] * len(found)
        else:
            found, where = text[slice(*span)], list(origins[slice(*span)])
        gap = " " * (found[:1].isalpha() and bool(_WORD_AT_END.search(new)))
        new, places = new + gap + found, [*places, *([origin] * len(gap)), *where]
        if len(new) > MOST_SIGNS:
            raise _TooLongError
    return new, places


def _apart(before: str, new: str, places: list[int], after: str, at: list[int]) -> tuple[str, list[int]]:
    r"""Return what a macro stands for, apart from the letters around it, and in braces where \frac takes the macro."""
    taken = _TAKES.search(before) or _HALF.search(before)
    begin = "{" if taken else " " * (new[:1].isalpha() and bool(_WORD_AT_END.search(before)))
    end = "}" if taken else " " * (after.isalpha() and bool(_WORD_AT_END.search(new)))
    return begin + new + end, [at[0]] * len(begin) + places + [at[-1]] * len(end)


def _arguments(macro: Macro, text: str, at: int) -> tuple[list[tuple[int, int] | None], int] | None:
    """Return where the arguments of a call stand, None for one that is left out, and where they end."""
    found: list[tuple[int, int] | None] = []
    if macro.sized:
        at += text.startswith("*", at)
        size = _bracket(text, at)
        at = size[1] + 1 if size else at
    if macro.default is not None:
        span = _bracket(text, at)
        found.append(span)
        at = span[1] + 1 if span else at
    while len(found) < macro.arguments:
        argument = _argument(text, at)
        if argument is None:
            return None
        found.append(argument[:2])
        at = argument[2]
    return found, at


def _argument(text: str, at: int) -> tuple[int, int, int] | None:
    """Return begin and end of the next argument, and where the text goes on; None if there is none."""
    space = _SPACE.match(text, at)
    assert space
    at = space.end()
    if at >= len(text) or text[at] == "}":
        return None
    if text[at] != "{":
        command = _COMMAND.match(text, at)
        stop = command.end() if command else at + 1
        return at, stop, stop
    depth = 0
    for match in _BRACES.finditer(text, at, at + MOST_SIGNS):
        depth += (match.group() == "{") - (match.group() == "}")
        if depth == 0:
            return at + 1, match.start(), match.end()
    return None


def _bracket(text: str, at: int) -> tuple[int, int] | None:
    """Return begin and end of what stands in square brackets here; None if there are none."""
    space = _SPACE.match(text, at)
    assert space
    if not text.startswith("[", space.end()):
        return None
    depth = 0
    for match in _BRACES.finditer(text, space.end(), space.end() + MOST_SIGNS):
        depth += (match.group() == "{") - (match.group() == "}")
        if match.group() == "]" and depth == 0:
            return space.end() + 1, match.start()
    return None
