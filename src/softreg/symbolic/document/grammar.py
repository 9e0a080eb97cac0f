"""The grammar of one side of an equation, and the tree it is read into.

The grammar knows brackets, scripts, fractions and signs, and nothing of what a letter means. A
product is a flat list: what an operator binds, and whether a bracket after a letter is its argument
or a factor, depends on the letters and is settled in `softreg.symbolic.document.reading`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from lark import Lark, Transformer
from lark import Token as LarkToken
from lark.exceptions import UnexpectedInput
from lark.lexer import Lexer as LarkLexer

from softreg.symbolic.document.lexer import DEEPEST
from softreg.symbolic.document.speech import says_else
from softreg.symbolic.document.tokens import Token

GRAMMAR = r"""
start: args
args: relation (_separator relation)*
_separator: COMMA | SEMI | MID | ROW | QUAD
relation: expr (comparison expr)*
!comparison: EQ | NEQ | IN | OTHER
expr: sign? term (sign term)*
!sign: PLUS | MINUS | PLUS PLUS | PLUS MINUS | MINUS PLUS | MINUS MINUS
term: item step*
step: item              -> beside
    | TIMES item        -> times
    | TIMES MINUS item  -> times_minus
    | SLASH item        -> over
item: atom script*
script: CARET argument  -> above
      | UNDER argument  -> below
      | PRIME           -> prime
?argument: group | frac | leaf
!leaf: NAME | NUMBER | TRANSPOSE | LABEL | TIMES | PARTIAL | PLUS | MINUS | CASES
group: LBRACE args RBRACE
?atom: paren | norm | group | frac | root | operator
paren: LPAR args RPAR
norm: LNORM args RNORM
root: SQRT argument
frac: FRAC argument argument
!operator: NUMBER | NAME | LABEL | SUM | PARTIAL | NABLA | LOG | EXP | DIAG | MAX | TRANSPOSE | CASES | DOTS
%declare COMMA SEMI MID ROW QUAD EQ NEQ IN OTHER PLUS MINUS TIMES SLASH CARET UNDER PRIME NAME NUMBER LABEL
%declare TRANSPOSE PARTIAL LBRACE RBRACE SUM NABLA LOG EXP DIAG MAX DOTS LPAR RPAR LNORM RNORM SQRT FRAC CASES
"""


MOST_TOKENS = 1500
MATRICES = ("bmatrix", "pmatrix", "matrix", "smallmatrix")
ENTRYWISE = ("odot", "circ", "\u2299")


class NotUnderstoodError(Exception):
    """Something that is not read as mathematics, and where it stands."""

    def __init__(self, message: str, at: int, repair: tuple[int, int, str] | None = None):
        super().__init__(message)
        self.message, self.at, self.repair = message, at, repair


@dataclass(frozen=True)
class Tree:
    """A piece of mathematics as it is written.

    kind        value               parts
    leaf        a `Token`           -
    scripted    -                   base, then trees of the kind `below`, `above` or `prime`
    bracket     how it opens        relations; `group` for mere braces
    relation    the comparisons     what is compared
    sum         the signs           terms
    product     the operators       factors; the operators `*`, `o` (entrywise), `/` and ` ` (beside) stand before each
    fraction    -                   numerator, denominator
    root        which              what the root is of
    cases       -                   brackets: value, conditions
    """

    kind: str
    parts: tuple[Tree, ...] = ()
    value: Any = None
    start: int = field(default=-1, compare=False)
    end: int = field(default=-1, compare=False)

    def is_leaf(self, *types: str) -> bool:
        """Whether this is a token of one of the types."""
        return self.kind == "leaf" and self.value.type in types


def _tree(kind: str, parts: list[Tree], value: Any = None) -> Tree:
    return Tree(kind, tuple(parts), value, parts[0].start, parts[-1].end)


class _Build(Transformer):  # type: ignore[type-arg]
    """Make trees while parsing, so that depth costs no stack."""

    def start(self, c: list[Any]) -> Any:
        return c[0]

    def args(self, c: list[Any]) -> list[Tree]:
        return [x for x in c if isinstance(x, Tree)]

    def relation(self, c: list[Any]) -> Tree:
        first: Tree = c[0]
        return first if len(c) == 1 else _tree("relation", c[::2], tuple(c[1::2]))

    def comparison(self, c: list[Any]) -> str:
        return str(c[0].type)

    def sign(self, c: list[Any]) -> str:
        return "MINUS" if sum(token.type == "MINUS" for token in c) == 1 else "PLUS"

    def expr(self, c: list[Any]) -> Any:
        if not isinstance(c[0], str):
            c = ["PLUS", *c]
        return c[1] if c[0] == "PLUS" and len(c) == 2 else _tree("sum", c[1::2], tuple(c[::2]))

    def term(self, c: list[Any]) -> Any:
        if len(c) == 1:
            return c[0]
        return _tree("product", [c[0], *(x[1] for x in c[1:])], (" ", *(x[0] for x in c[1:])))

    def beside(self, c: list[Any]) -> Any:
        return " ", c[0]

    def times(self, c: list[Any]) -> Any:
        return "o" if c[0].value.value in ENTRYWISE else "*", c[1]

    def times_minus(self, c: list[Any]) -> Any:
        return "*", _tree("sum", [c[2]], ("MINUS",))

    def over(self, c: list[Any]) -> Any:
        return "/", c[1]

    def item(self, c: list[Any]) -> Any:
        return c[0] if len(c) == 1 else _tree("scripted", c)

    def above(self, c: list[Any]) -> Tree:
        return _tree("above", [c[1]])

    def below(self, c: list[Any]) -> Tree:
        return _tree("below", [c[1]])

    def prime(self, c: list[Any]) -> Tree:
        return Tree("prime", (), None, c[0].value.start, c[0].value.end)

    def leaf(self, c: list[Any]) -> Any:
        if c[0].value.type == "CASES":
            return c[0].value.value
        return Tree("leaf", (), c[0].value, c[0].value.start, c[0].value.end)

    operator = leaf

    def group(self, c: list[Any]) -> Tree:
        return Tree("bracket", tuple(c[1]), "group", c[0].value.start, c[2].value.end)

    def paren(self, c: list[Any]) -> Tree:
        return Tree("bracket", tuple(c[1]), c[0].value.value, c[0].value.start, c[2].value.end)

    def norm(self, c: list[Any]) -> Tree:
        return Tree("norm", tuple(c[1]), "|", c[0].value.start, c[2].value.end)

    def root(self, c: list[Any]) -> Tree:
        return Tree("root", (c[1],), c[0].value.value, c[0].value.start, c[1].end)

    def frac(self, c: list[Any]) -> Tree:
        return Tree("fraction", (c[1], c[2]), None, c[0].value.start, c[2].end)


class _Pass(LarkLexer):
    """Hand the tokens on as they are."""

    def __init__(self, lexer_conf: Any):
        pass

    def lex(self, lexer_state: Any, parser_state: Any = None) -> Iterator[LarkToken]:
        """Wrap each token: its type for the parser, itself as the value."""
        for token in _waiting[-1]:
            made = LarkToken(token.type, "")
            made.value = token
            yield made


_waiting: list[list[Token]] = []
_parser: list[Lark] = []


def parse(tokens: list[Token]) -> list[Tree]:
    """Return what the tokens say: one tree, or several with separators between them."""
    if not tokens:
        raise NotUnderstoodError("nothing stands here", 0)
    _check(tokens)
    if not _parser:
        _parser.append(Lark(GRAMMAR, parser="lalr", lexer=_Pass, transformer=_Build()))
    _waiting.append(_with_cases(tokens))
    try:
        result: Any = _parser[0].parse(" ")
    except UnexpectedInput as error:
        found = getattr(error, "token", None)
        if found is not None and isinstance(found.value, Token):
            raise NotUnderstoodError(_unexpected(found.value, tokens), found.value.start) from None
        raise NotUnderstoodError(
            "the formula ends too early: a bracket or an operand is missing", tokens[-1].end
        ) from None
    finally:
        _waiting.pop()
    return list(result)


def _unexpected(token: Token, tokens: list[Token]) -> str:
    at = next((i for i, t in enumerate(tokens) if t is token), 0)
    if token.type == "UNDER" and at and tokens[at - 1].type == "MID":
        return "a value at a place, behind a bar, is not understood, but for the case of equal indices |_{i = j}"
    what = "a bracket closes that was not opened" if token.type in ("RPAR", "RBRACE") else "it is not expected"
    return f"{token.value!r}: {what} here"


def _check(tokens: list[Token]) -> None:
    depth = 0
    if len(tokens) > MOST_TOKENS:
        raise NotUnderstoodError(f"a formula of more than {MOST_TOKENS} signs is not read", tokens[0].start)
    for token in tokens:
        if token.type == "BAD":
            raise NotUnderstoodError(token.value, token.start, token.repair)
        depth += token.type in ("LBRACE", "LPAR", "BEGIN")
        depth -= token.type in ("RBRACE", "RPAR", "END")
        if depth > DEEPEST:
            raise NotUnderstoodError(f"brackets are nested more than {DEEPEST} deep", token.start)


def _with_cases(tokens: list[Token]) -> list[Token]:
    """Replace each environment `cases` by one token that holds its tree, and drop words."""
    out: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        if token.type == "BEGIN":
            stop, depth = at, 0
            while stop < len(tokens):
                depth += (tokens[stop].type == "BEGIN") - (tokens[stop].type == "END")
                stop += 1
                if depth == 0:
                    break
            if not depth and token.value in MATRICES and (entries := _listed(tokens[at:stop])):
                out += _with_cases(entries)
                at = stop
                continue
            if depth or token.value not in ("cases", "dcases", "rcases", "array", "aligned", "split"):
                raise NotUnderstoodError(f"\\begin{{{token.value}}} is not understood", token.start)
            inner = tokens[at + 1 : stop - 1]
            tree = _cases(inner, token, tokens[stop - 1])
            while out and out[-1].value in ("{", "lbrace") and out[-1].type == "LPAR" and token.value == "array":
                out.pop()  # \left\{ before the array, closed by \right.
            out.append(replace(token, type="CASES", value=tree, end=tokens[stop - 1].end))  # type: ignore[arg-type]
            at = stop
        elif token.type == "END":
            raise NotUnderstoodError(f"\\end{{{token.value}}} without its beginning", token.start)
        else:
            scripts = [t.type for t in out[-2:] if t.type in ("UNDER", "CARET")]
            if token.type != "TEXT":
                out.append(token)
            elif scripts and (out[-1].type in ("UNDER", "CARET", "LBRACE")):
                out.append(replace(token, type="LABEL"))
            at += 1
    return out


def _listed(matrix: list[Token]) -> list[Token]:
    """Return a matrix of one row or one column as a list in brackets; nothing for any other."""
    first, *inner, last = matrix
    rows = [row for row in split(inner, "ROW") if row]
    cells = [[cell for cell in split(row, "AMP") if cell] for row in rows]
    listed = cells[0] if len(cells) == 1 else [row[0] for row in cells if len(row) == 1]
    if len(listed) < len(cells) or not listed:
        return []
    out = [replace(first, type="LPAR", value="[")]
    for cell in listed:
        out += [*cell, replace(cell[-1], type="COMMA", value=",")]
    return [*out[:-1], replace(last, type="RPAR", value="]")]


def _cases(inner: list[Token], first: Token, last: Token) -> Tree:
    rows: list[Tree] = []
    for row in split(inner, "ROW"):
        cells = [cell for cell in split(row, "AMP") if cell]
        if not cells:
            continue
        if len(cells) == 1:  # the condition stands after a comma or a word
            words = [i for i, t in enumerate(cells[0]) if t.type in ("TEXT", "COMMA", "QUAD")]
            if not words:
                raise NotUnderstoodError("a case without a condition", cells[0][0].start)
            cells = [cells[0][: words[0]], cells[0][words[0] :]]
        value = [t for t in cells[0] if t.type not in ("COMMA", "QUAD")]
        if not value:
            raise NotUnderstoodError("a case without a value", cells[0][0].start if cells[0] else first.start)
        rows.append(Tree("bracket", (parse(value)[0], *condition(cells[1])), "case", value[0].start, value[-1].end))
    if not rows:
        raise NotUnderstoodError("cases without a case", first.start)
    return Tree("cases", tuple(rows), None, first.start, last.end)


def condition(tokens: list[Token]) -> list[Tree]:
    """Return what a condition says; nothing for `otherwise`."""
    said = " ".join(t.value for t in tokens if t.type == "TEXT").lower()
    rest = [t for t in tokens if t.type not in ("TEXT", "QUAD", "LABEL")]
    while rest and rest[0].type in ("COMMA", "SEMI"):
        rest = rest[1:]
    while rest and rest[-1].type in ("COMMA", "SEMI"):
        rest = rest[:-1]
    if rest:
        return parse(rest)
    if "$" in said or "=" in said:
        from softreg.symbolic.document.lexer import tokens as lex

        at = tokens[0].start
        plain = re.search(r"\$(.+)\$", said) or re.search(r"(?:.*[^\W\d_]{2}\s)?(.+)", said)
        inner = [replace(t, start=at, end=at) for t in lex(plain[1] if plain else said)]
        return parse([t for t in inner if t.type != "BAD"])
    if said and not says_else(said):
        raise NotUnderstoodError(f"the condition {said!r} is not understood", tokens[0].start)
    return []


def split(tokens: list[Token], *types: str) -> list[list[Token]]:
    """Split at tokens of a type that stand outside of brackets and environments."""
    out: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += token.type in ("LBRACE", "LPAR", "BEGIN")
        depth -= token.type in ("RBRACE", "RPAR", "END")
        if depth <= 0 and token.type in types:
            out.append([])
        else:
            out[-1].append(token)
    return out
