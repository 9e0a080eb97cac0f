r"""LaTeX mathematics as tokens: commands given a meaning, decoration dropped, places kept.

Fonts, spacing, sizes of brackets, tags and labels mean nothing and leave no token. What is not
known becomes a `BAD` token that says why; it is an error only where it is read as mathematics.

A document may have lost backslashes on its way (`\b`, `\f`, `\n`, `\r`, `\t`, `\v` and `\a` are
escapes in many languages): `oldsymbol` was `\boldsymbol`. Such damage is named, and a repair
proposed; it is never repaired in silence.
"""

from __future__ import annotations

import re
from dataclasses import replace

from softreg.symbolic.document.commands import (
    ACCENTS,
    DERIVATIVES,
    FONTS,
    GREEK,
    GROUPS,
    IGNORED,
    PLAIN,
    SHORT_TAILS,
    SIGNS,
    TAILS,
    UNICODE,
    WITH_ARGUMENT,
    WORDS,
    WORDS_TEXT,
    words,
)
from softreg.symbolic.document.macros import MARK
from softreg.symbolic.document.tokens import Token, derivative, with_fractions, with_joined, with_primed

DEEPEST = 60

_COMMAND = re.compile(r"\\([A-Za-z]+\*?|.)", re.DOTALL)
_NUMBER = re.compile(r"\d+((\.|\{,\})\d+)?")
SUBSCRIPTS = frozenset({"new", "old", "tot", "max", "min", "avg", "reg", "ce", "nll"})
_FUNCTION = re.compile("(?<=^[A-Za-z])(log|ln|exp)|^(log|ln|exp)(?=[A-Za-z]{1,2}$)")
_LETTERS = re.compile(r"[A-Za-z]+")
_NAMED = re.compile(r"[A-Za-z]{2,}([ -][A-Za-z]+){0,3}")
_GOES_ON = re.compile(r"\s*(\\left\s*)?[(_^=}&:]")  # \text{CE}(y, p), \text{loss}_i, \text{CE} = ...
_BARS_AND_BRACKETS = re.compile(r"[()]|\\\||\|\||\\[lr]?Vert")
_BRACE = re.compile(r"\s*\{")
_OPTION = re.compile(r"\s*\[([^\]]*)\]")
_DOLLARS = re.compile(r"(?<!\\)\$([^$]+)\$")
_SPEECH = frozenset(
    words(
        "if for when where and or otherwise else with since as so then is by let because hence thus but while that "
        "all any at on given using therefore also note here assuming from via"
    )
)


class Lexer:
    """Tokens of text[start:end]."""

    def __init__(self, text: str, start: int, end: int):
        self._text, self._at, self._end = text, start, end
        self.tokens: list[Token] = []

    def run(self) -> list[Token]:
        """Return all tokens."""
        while self._at < self._end:
            before = self._at
            self._step()
            assert self._at > before
        return with_primed(with_joined(self.tokens))

    def _put(self, kind: str, value: str, start: int, repair: tuple[int, int, str] | None = None) -> None:
        self.tokens.append(Token(kind, value, start, self._at, repair))

    def _step(self) -> None:
        start, c = self._at, self._text[self._at]
        if c == "\\":
            self._command()
        elif c == "$" and self._depth():
            self._at += 1  # mathematics in a box: \\fbox{$a = b$}
        elif c == "%":
            stop = self._text.find("\n", start, self._end)
            self._at = self._end if stop < 0 else stop
        elif c.isspace() or c in "~.\x07\x08":
            self._at += 1
        elif c == MARK:
            self._macro()
        elif c == ":" and self._text.startswith("=", start + 1):
            self._at += 2
            self._put("EQ", ":=", start)
        elif self._text.startswith("||", start):
            self._at += 2
            self._norm("||", start)
        elif c in SIGNS:
            self._at += 1
            self._put(SIGNS[c], c, start)
        elif c in "0123456789":
            self._number()
        elif c in UNICODE:
            self._at += 1
            self._put("NAME", "\\" + UNICODE[c], start)
        elif c.isascii() and c.isalpha():
            self._letters()
        else:
            self._at += 1
            self._put("BAD", f"the character {c!r} is not understood", start)

    def _depth(self) -> int:
        return sum((t.type == "LBRACE") - (t.type == "RBRACE") for t in self.tokens)

    def _number(self) -> None:
        start = self._at
        match = _NUMBER.match(self._text, start, self._end)
        assert match
        single = self.tokens and (
            self.tokens[-1].type in ("CARET", "UNDER", "FRAC")
            or (len(self.tokens) > 1 and self.tokens[-2].type == "FRAC" and self.tokens[-1].type in ("NUMBER", "NAME"))
        )  # there TeX takes one digit
        self._at = start + 1 if single else match.end()
        value = self._text[start : self._at].replace("{,}", ".")
        if len(value) > 30:
            self._put("BAD", "a number of more than 30 digits", start)
        else:
            self._put("NUMBER", value, start)

    def _letters(self) -> None:
        start = self._at
        match = _LETTERS.match(self._text, start, self._end)
        assert match
        run = match.group()
        before = self._text[start - 1] if start else ""
        taken = before in "\n\r\t\x07\x08\x0b\x0c" and before != ""
        tail = next((run[:n] for n in range(len(run), 0, -1) if run[:n] in TAILS), "")
        if tail and (taken or len(tail) > 2) and (tail not in SHORT_TAILS or taken) and tail not in ("eta", "o", "u"):
            self._at = start + len(tail)
            eaten = start - 1 if taken and not (before == "\t" and tail not in TAILS) else start
            name = TAILS[tail]
            self._put(
                "BAD",
                f"{tail!r} is not understood: the backslash of \\{name} seems lost",
                start,
                (eaten, self._at, "\\" + name + " "),
            )
            return
        if run in WORDS:
            self._at = match.end()
            self._word(run, start)
            return
        within = _FUNCTION.search(run)
        if within and len(run) > 3 and self.tokens[-1:] and self._goes_on(match.end()):
            run = run[: within.start() or within.end()]  # y_ilog(p_i), kloga_k
            self._at = start + len(run)
            if run in WORDS:
                self._word(run, start)
            else:
                self._at = start + 1
                self._put("NAME", run[0], start)
            return
        before_it = [t.type for t in self.tokens[-3:]]
        numbered = before_it == ["CARET", "LBRACE", "LPAR"]  # w^{(old)}
        script = numbered or before_it[-2:] in (["UNDER", "LBRACE"], ["CARET", "LBRACE"])
        closed = self._text[match.end() : match.end() + 1] == (")" if numbered else "}")
        if script and closed and (len(run) > 3 or (len(run) > 1 and run.isupper()) or run in SUBSCRIPTS):
            self._at = match.end()
            self._put("LABEL", run, start)
        elif len(run) > 1 and before_it[-1:] == ["IN"]:
            self._at = match.end()
            self._put("LABEL", run, start)  # w \\in Vocab
        elif len(run) > 3 and not script:
            self._at = match.end()
            self._put("BAD", f"the word {run!r} is not understood", start)
        else:
            self._at = start + 1
            self._put("NAME", run[0], start)

    def _goes_on(self, at: int) -> bool:
        """Whether what a function may be of follows: a bracket, an index, a command."""
        return bool(re.compile(r"\s*[(\\_{\[]").match(self._text, at, self._end))

    def _word(self, word: str, start: int) -> None:
        kind = WORDS[word]
        self._put(kind, f"{word!r} is not understood" if kind == "BAD" else word, start)

    def _argument(self) -> str:
        """Return the source of the next argument, without its braces, and go past it."""
        self._skip_spaces()
        if self._at >= self._end:
            return ""
        if self._text[self._at] != "{":
            match = _COMMAND.match(self._text, self._at, self._end)
            begin, self._at = self._at, match.end() if match else self._at + 1
            if match and match.group(1) in FONTS and self._text.startswith("{", self._at):
                self._argument()  # _\text{data} without braces around it
            return self._text[begin : self._at]
        depth, start = 0, self._at
        while self._at < self._end:
            c = self._text[self._at]
            depth += (c == "{") - (c == "}")
            self._at += 2 if c == "\\" else 1
            if depth == 0:
                break
        self._at = min(self._at, self._end)
        return self._text[start + 1 : self._at - 1]

    def _command(self) -> None:
        start = self._at
        match = _COMMAND.match(self._text, start, self._end)
        if not match:
            self._at += 1
            return
        self._at = match.end()
        name = match.group(1).rstrip("*")
        if name == "\\":
            if self._text.startswith("[", self._at) and "]" in self._text[self._at : self._at + 8]:
                self._at = self._text.index("]", self._at) + 1  # \\[2pt]
            self._put("ROW", "\\\\", start)
        elif name in ("quad", "qquad", "hspace"):
            if name == "hspace":
                self._argument()
            self._put("QUAD", name, start)
        elif name in IGNORED or (not name[0].isalpha() and name in ",;:!> /"):
            if name in ("left", "right") and self._text.startswith(".", self._at):
                self._at += 1
        elif name in WITH_ARGUMENT or name == "textcolor":
            self._argument()
        elif name in ("colorbox", "fcolorbox", "bbox"):
            self._boxed(name)
        elif name in ("underbrace", "overbrace"):
            self._braced()
        elif name in ("stackrel", "overset", "underset"):
            self._argument()
            self._signed(start)
        elif name in GROUPS or name == "substack":
            pass  # the rows of the latter are separated like arguments
        elif name in ("begin", "end"):
            environment = self._argument().rstrip("*")
            if name == "begin" and environment in ("array", "alignedat", "alignat"):
                self._argument()
            self._put(name.upper(), environment, start)
        elif name in ACCENTS:
            self._accented(name, start)
        elif name in FONTS or name == "intertext":
            self._font(name, start)
        elif name == "|" or name in ("lVert", "rVert", "Vert"):
            self._norm(name, start)
        elif name == "Pr":
            self._put("NAME", name, start)
        elif name == "not":
            self._argument()
            self._put("NEQ", "neq", start)
        elif name in GREEK:
            self._put("NAME", "\\" + name, start)
        elif name == "sqrt":
            self._root(start)
        elif name in DERIVATIVES:
            self._derivative(start)
        elif name in PLAIN and PLAIN[name] != "BAD":
            self._put(PLAIN[name], name, start)
        else:
            self._put("BAD", f"the command \\{name} is not understood", start)

    def _macro(self) -> None:
        start = self._at
        match = _COMMAND.match(self._text, start + 1, self._end)
        self._at = match.end() if match else start + 1
        told = "it calls itself, becomes too long, or takes its arguments in a way that is not read"
        self._put("BAD", f"the macro {self._text[start + 1 : self._at]} is not put in: {told}", start)

    def _norm(self, name: str, start: int) -> None:
        """Read a double bar: it opens or closes a norm, or parts what stands in one bracket, as in KL(y || p)."""
        if sum(t.type == "LNORM" for t in self.tokens) > sum(t.type == "RNORM" for t in self.tokens):
            self._put("RNORM", name, start)
            return
        depth = 0
        for match in _BARS_AND_BRACKETS.finditer(self._text, self._at, self._end):
            depth += (match.group() == "(") - (match.group() == ")")
            if depth < 0:
                self._put("MID", name, start)
                return
            if match.group() not in "()":
                break
        self._put("LNORM", name, start)

    def _option(self) -> str:
        """Return what stands in square brackets, and go past it."""
        match = _OPTION.match(self._text, self._at, self._end)
        self._at = match.end() if match else self._at
        return match[1].strip() if match else ""

    def _root(self, start: int) -> None:
        """Read which root it is: the token's value."""
        which = self._option() or "2"
        known = re.fullmatch("[2-9]", which)
        self._put("SQRT" if known else "BAD", which if known else f"the root {which!r} is not understood", start)

    def _derivative(self, start: int) -> None:
        r"""Read \pdv{L}{z}, which stands for a quotient."""
        order, parts = self._option(), []
        while _BRACE.match(self._text, self._at, self._end):
            begin = self._at
            self._argument()
            parts.append(Lexer(self._text, begin, self._at).run())
        self.tokens += derivative(order, parts, Token("PARTIAL", "partial", start, self._at))

    def _signed(self, start: int) -> None:
        """Read the sign that something is written above or below; its braces mean nothing."""
        self._skip_spaces()
        begin = self._at
        self._argument()
        made = Lexer(self._text, begin, self._at).run()
        made = made[1:-1] if len(made) == 3 and made[0].type == "LBRACE" else made
        self.tokens += [replace(t, start=start, end=self._at) for t in made] if len(made) == 1 else made

    def _boxed(self, name: str) -> None:
        """Go past the colours of a box, before what stands in it."""
        for _ in range(("bbox", "colorbox", "fcolorbox").index(name)):
            self._argument()
        self._skip_spaces()
        if self._text.startswith("[", self._at) and "]" in self._text[self._at : self._end]:
            self._at = self._text.index("]", self._at) + 1

    def _braced(self) -> None:
        """Read what a brace is drawn under, and drop what is written below it."""
        self._skip_spaces()
        begin = self._at
        self._argument()
        self.tokens += Lexer(self._text, begin, self._at).run()
        self._skip_spaces()
        if self._text[self._at : self._at + 1] in ("_", "^"):
            self._at += 1
            self._argument()

    def _skip_spaces(self) -> None:
        while self._at < self._end and self._text[self._at].isspace():
            self._at += 1

    def _accented(self, accent: str, start: int) -> None:
        self._skip_spaces()
        inner_at = self._at
        inner = self._argument().strip()
        made = Lexer(inner, 0, len(inner)).run()
        accent = accent.removeprefix("wide").replace("overline", "bar")
        if len(Lexer(inner, 0, len(inner)).run()) == 1:
            self._put("NAME", f"\\{accent} {Lexer(inner, 0, len(inner)).run()[0].value}", start)
        elif made and made[0].type == "NAME" and made[1].type in ("UNDER", "CARET") and len(inner.split("}")) < 3:
            at, self._at = self._at, inner_at  # \\hat{y_k} is \\hat{y}_k
            made = Lexer(self._text, inner_at, at).run()
            braced = made[:1] and made[0].type == "LBRACE"
            made = made[1:-1] if braced else made
            self.tokens += [replace(made[0], value=f"\\{accent} {made[0].value}", start=start), *made[1:]]
            self._at = at
        else:
            self._put("BAD", f"\\{accent} over more than one letter", start)

    def _font(self, name: str, start: int) -> None:
        self._skip_spaces()
        begin = self._at
        inner = self._argument().strip()
        if not inner or (name in ("bf", "rm") and self._text[begin : begin + 1] != "{"):
            self._at = begin  # \bf changes what follows
        elif inner in ("1", "I", "1}") and name not in ("text", "mathrm"):
            matrix = inner == "I" and name in ("mathbf", "boldsymbol", "bm", "bf")
            self._put("NAME", "I" if matrix else "indicator", start)
        elif name in WORDS_TEXT and inner.lower() not in WORDS and len(inner) != 1:
            self._words(inner, begin, start)
        elif inner.lower() in WORDS:
            self._word(inner.lower(), start)
        elif name == "operatorname" and re.search(r"\\[,;:!> ]|~", inner):
            self._put("LABEL", re.sub(r"\\[,;:!> ]|~|\s", "", inner), start)  # arg\,min
        elif inner in ("T", "\\top"):
            self._put("TRANSPOSE", inner, start)
        elif re.fullmatch(r"[A-Za-z ]{2,}", inner):
            self._put("LABEL", inner.replace(" ", ""), start)
        elif len(Lexer(inner, 0, len(inner)).run()) == 1:
            (token,) = Lexer(inner, 0, len(inner)).run()
            self._put(token.type, token.value, start)
        else:
            at, self._at = self._at, begin
            self.tokens += Lexer(self._text, begin, at).run()
            self._at = at

    def _words(self, inner: str, begin: int, start: int) -> None:
        """Read text: words, a condition between dollars within them, or one word that is a name."""
        said = re.split("[ -]", inner.lower())
        begins = not self.tokens or self.tokens[-1].type in ("ROW", "QUAD", "AMP", "EQ", "PARTIAL")
        named = _NAMED.fullmatch(inner) and not _SPEECH & set(said) and (len(said) == 1 or begins)
        if named and _GOES_ON.match(self._text, self._at, self._end):
            self._put("LABEL", re.sub("[ -]", "", inner), start)
            return
        self._put("TEXT", inner, start)
        within = _DOLLARS.search(self._text, begin, self._at)
        made = Lexer(self._text, within.start(1), within.end(1)).run() if within else []
        if [t.type for t in made] in (["NAME", "EQ", "NAME"], ["NAME", "NEQ", "NAME"]):
            self.tokens += made


def tokens(text: str, start: int = 0, end: int | None = None) -> list[Token]:
    """Return the tokens of text[start:end], their places counted in the whole text."""
    return with_fractions(Lexer(text, start, len(text) if end is None else end).run())
