r"""Where the mathematics stands in a Markdown or LaTeX file, and how it falls into chains of steps.

A chain is a left side and one step for each `=` after it, over as many rows and displays as go on
with it: a row that begins with `=` continues what stands before, a row with a left side of its own
begins a chain. What follows a second `&` is a remark, unless it is an equation.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from softreg.symbolic.document.abbreviations import joined, names_in
from softreg.symbolic.document.assigned import ADDING, with_adding, with_arrows
from softreg.symbolic.document.conditions import Condition, of_a_size, said
from softreg.symbolic.document.containers import Place, places
from softreg.symbolic.document.grammar import NotUnderstoodError, Tree, parse, split
from softreg.symbolic.document.groups import LAYOUTS, depth_of, hidden, mismatched, opened, unboxed
from softreg.symbolic.document.lexer import DEEPEST, tokens
from softreg.symbolic.document.macros import MARK, with_macros
from softreg.symbolic.document.pieces import RELATIONS, equations, in_lines, relations, rows
from softreg.symbolic.document.speech import is_announced, joins, spoken, supposes, withdraws
from softreg.symbolic.document.tokens import Token
from softreg.symbolic.document.unjudged import BESIDE, RELATED, equations_beside, relations_in
from softreg.symbolic.document.written import written

_DENOTES = re.compile(r"\$\s*(denotes?|stands? for|means?|abbreviates|is short for|is shorthand for)( the sum)?\s*\$")
_WRITING = re.compile(r"(?i)\bwrit(?:e|ing)\s*\Z")
_WRITTEN = re.compile(r"\$\s*(for|as)( the sum)?\s*\$")  # "write $a$ for $b$", "write $b$ as $a$"
_UNDERBRACE, _BELOW = re.compile(r"\\underbrace\s*\{"), re.compile(r"\s*_\s*\{")
MOST_WITHIN = 5000  # formulas within the text
_OF_WORDS = frozenset(("EQ", "NEQ", "OTHER", "IMPLIES", "IN", "TEXT", "BAD", "SEMI", "COMMA", "QUAD", "ROW", "DOTS"))
_OF_NAMES = frozenset(("NAME", "UNDER", "LBRACE", "RBRACE"))
MOST_DISPLAYS = 5000
MOST_SIGNS = 100_000  # of one display
NEAR = 400  # signs before a display in which a case is announced
_FORMULA = re.compile(r"\$([^$]+)\$|\\\((.+?)\\\)")
_BARE_CASE = re.compile(r"(?:当|當|如果|若|(?i:\b(?:if|when|case)\b:?))\s*([a-z]\s*(?:=|\\neq?\b)\s*[a-z])(?![\w(^])")
HEADING = re.compile(
    r"(?m)^#{1,6}[ \t][^\n]*|^\*\*[^*\n]+\*\*[.:]?[ \t]*$|\\(?:(?:sub)*section|(?:sub)?paragraph)\*?\{[^\n]*"
)
AFTER = 200  # what follows a display as closely says what it was
_OPENING = re.compile(r"\\(left|[bB]igg?[lr]?)\s*\Z")


@dataclass(frozen=True)
class Side:
    """What stands on one side of a relation."""

    tokens: tuple[Token, ...]
    text: str
    at: int = 0  # where it would begin, if it is empty

    @cached_property
    def trees(self) -> list[Tree]:
        """What is written, as far as it can be parsed; words and commas at the end say nothing."""
        made = list(self.tokens)
        while made and made[-1].type in ("COMMA", "SEMI", "QUAD", "TEXT"):
            made.pop()
        if not made:
            raise NotUnderstoodError("nothing stands on this side", self.start)
        return parse(made)

    @property
    def start(self) -> int:
        """Where it begins."""
        return self.tokens[0].start if self.tokens else self.at


@dataclass
class Link:
    """A relation and the side to the right of it."""

    relation: Token
    right: Side
    condition: Condition = ()


@dataclass
class Chain:
    """A left side, and the steps that go on from it."""

    head: Side
    links: list[Link] = field(default_factory=list)
    condition: Condition = ()  # the case that the text before speaks of
    before: str = ""  # the text before the display that begins with it
    after: str = ""  # the text after that
    supposed: bool = False  # whether the text does not claim it: "suppose that"
    rests: bool = False  # whether something was supposed before it
    below: bool = False  # whether the left side is a name written below a brace


class Source:
    """A document: its text, and the places of its lines."""

    def __init__(self, file: str):
        self._written = with_macros(written(file))
        self.text = self._written.text
        self.unread = False  # whether there are more formulas within the text
        self._named: set[str] = set()  # names in \\text that were a whole left side
        self._headed: Condition = ()  # the case of the heading above
        self._below: list[Chain] = []  # equations between what stands above a brace and below it
        self.unjudged: dict[str, list[int]] = {}  # of each kind, where it stands
        self._lines = [0, *(m.end() for m in re.finditer("\n", file))]

    def place(self, at: int) -> tuple[int, int]:
        """Return line and column in the file, both from 1."""
        at = self._written.place(at)
        line = bisect.bisect_right(self._lines, at)
        return line, at - self._lines[line - 1] + 1

    def side(self, made: list[Token], at: int = 0) -> Side:
        """Return tokens as a side of an equation."""
        before = _OPENING.search(self.text, max(0, made[0].start - 8), made[0].start) if made else None
        text = self.text[before.start() if before else made[0].start : made[-1].end] if made else ""
        return Side(tuple(made), " ".join(text.replace(MARK, "").split()), at)

    def chains(self) -> tuple[list[Chain], list[Chain]]:
        """Return the chains of the displays, and the equations within the text."""
        chains: list[Chain] = []
        inline: list[Chain] = []
        last = displays = 0
        rests = False
        text = self.text
        for place in places(text):
            start, end = place.start, place.end
            if not place.shown:
                self.unread = len(inline) >= MOST_WITHIN
                if self.unread:
                    continue
                self._read(start, end, inline, (), shown=False)
                self._denoted(place, text, inline)
                continue
            displays += 1
            if place.lost or displays > MOST_DISPLAYS:
                told = place.told or f"the displays after the first {MOST_DISPLAYS} are not read"
                chains.append(self._bad(start, told))
                if displays > MOST_DISPLAYS:
                    break
                continue
            case = self._case(text[last : place.begin], last)
            prose = text[max(last, start - NEAR) : place.begin]
            known, below = len(chains), len(self._below)
            self._read(start, end, chains, case, anew=bool(case) or withdraws(prose), lines=place.rows)
            rests = rests and not (HEADING.search(prose) or withdraws(prose))
            for chain in (*chains[known:], *self._below[below:]):
                chain.rests, chain.supposed = rests, supposes(prose.rstrip())
            for chain in chains[known : known + 1]:
                chain.before, chain.after = prose, text[place.stop : place.stop + AFTER]
            rests = rests or supposes(prose.rstrip())
            last = place.stop
            if place.told:
                chains.append(self._bad(end, place.told))
        inline += self._named_below(text)
        chains += self._below
        chains, inline = ([c for c in found if c.links] for found in (chains, inline))
        for chain in (*chains, *inline):
            self._add_up(chain)
        self._abbreviate([*chains, *inline])
        return chains, inline

    @staticmethod
    def _add_up(chain: Chain) -> None:
        """Read b += a = c as the new value b + a = b + c."""
        for link in chain.links if chain.links[0].relation.value in ADDING else ():
            sign = replace(chain.links[0].relation, type=ADDING[chain.links[0].relation.value])
            opens, closes = (replace(sign, type=kind, value=value) for kind, value in (("LPAR", "("), ("RPAR", ")")))
            head, right = chain.head, link.right
            text = f"{head.text} {sign.value[0]} ({right.text})"
            link.right = replace(right, tokens=(*head.tokens, sign, opens, *right.tokens, closes), text=text)

    def _bad(self, at: int, told: str) -> Chain:
        bad = self.side([Token("BAD", told, at, at + 2)])
        return Chain(bad, [Link(Token("EQ", "", at, at + 2), bad)])

    def _denoted(self, place: Place, text: str, inline: list[Chain]) -> None:
        r"""Read "$a$ denotes $b$", "write $a$ for $b$" and "write $b$ as $a$" as a = b."""
        writing = _WRITING.search(text, max(0, place.begin - 20), place.begin)
        between = (_WRITTEN if writing else _DENOTES).match(text, place.stop - 1)
        after = text.find("$", between.end()) if between else -1
        if between and after > 0:
            a, b = tokens(self.text, place.start, place.end), tokens(self.text, between.end(), after)
            if between[1] == "as":
                a, b = b, a
            equal = Token("EQ", "=", between.start(1), between.end(1))
            inline.append(Chain(self.side(a), [Link(equal, self.side(b))]))

    def _named_below(self, text: str) -> Iterator[Chain]:
        r"""Yield p_k = a for each \underbrace{a}_{p_k}."""
        for above, below in self._braces(text, 0, len(text)):
            if below[0].type == "NAME" and {t.type for t in below} <= _OF_NAMES:
                at = above[-1].end
                yield Chain(self.side(below), [Link(Token("EQ", "=", at, at + 1), self.side(above))], below=True)

    def _equal_below(self, start: int, end: int) -> Iterator[Chain]:
        r"""Yield a = b for each \underbrace{a}_{= b}."""
        for above, (sign, *below) in self._braces(self.text, start, end):
            bit = len(below) == 1 and below[0].type == "NUMBER" and all(t.type != "SUM" for t in above)  # where y = 1
            if sign.type == "EQ" and below and not bit and not {t.type for t in below} & _OF_WORDS:
                yield Chain(self.side(above), [Link(sign, self.side(below))])

    def _braces(self, text: str, start: int, end: int) -> Iterator[tuple[list[Token], list[Token]]]:
        """Yield what stands above a brace and below it."""
        for match in _UNDERBRACE.finditer(text, start, end):
            stop = _closed(text, match.end() - 1)
            below = _BELOW.match(text, stop) if stop else None
            last = _closed(text, below.end() - 1) if below else 0
            if below is not None and last:
                found = tokens(self.text, match.end(), stop - 1), tokens(self.text, below.end(), last - 1)
                if all(found):
                    yield found

    def _abbreviate(self, chains: list[Chain]) -> None:
        """Read runs of capitals that the document defines as one name."""
        sides = [side.tokens for c in chains for side in (c.head, *(link.right for link in c.links))]
        names = names_in([c.head.tokens for c in chains], sides)
        for chain in chains:
            chain.head = replace(chain.head, tokens=joined(chain.head.tokens, names))
            for link in chain.links:
                link.right = replace(link.right, tokens=joined(link.right.tokens, names))

    def _case(self, prose: str, offset: int) -> Condition:
        """Return the condition of the case that the text just before a display announces, or the heading above it.

        The case of a heading holds until the next one, or until the text puts the cases together.
        """
        prose = prose.rstrip()
        begin = max((m.end() for m in re.finditer(r"\n[ \t]*\n", prose)), default=0)
        headings = list(HEADING.finditer(prose))
        if headings:
            self._headed = self._only(self._conditions(headings[-1].group(), offset + headings[-1].start()))
        if joins(prose[headings[-1].end() :] if headings else prose):
            self._headed = ()
        begin = max(begin, len(prose) - NEAR)
        conditions = self._conditions(prose[begin:], offset + begin)
        return self._only(conditions) if conditions else self._headed

    @staticmethod
    def _only(conditions: list[tuple[Condition, bool]]) -> Condition:
        return conditions[0][0] if len(conditions) == 1 and conditions[0][1] else ()

    def _conditions(self, text: str, offset: int) -> list[tuple[Condition, bool]]:
        """Return the comparisons of two indices in a text, and whether its words say that they hold from here on."""
        conditions = []
        for match in sorted([*_FORMULA.finditer(text), *_BARE_CASE.finditer(text)], key=lambda match: match.start()):
            group = match.lastindex or 0
            made = tuple(tokens(self.text, offset + match.start(group), offset + match.end(group)))
            of_indices = len(made) == 3 and made[1].type in ("EQ", "NEQ") and made[0].type == made[2].type == "NAME"
            if of_indices or of_a_size(made):
                before, after = text[: match.start(group)], text[match.end() :]
                sized = of_a_size(made) and "with" in spoken(before) and not withdraws(before + after)
                conditions.append((made, sized or is_announced(before, after)))
        return conditions

    def _read(
        self,
        start: int,
        end: int,
        chains: list[Chain],
        case: Condition,
        *,
        shown: bool = True,
        anew: bool = False,
        lines: bool = False,
    ) -> None:
        first, begin = True, start
        if end - start > MOST_SIGNS:
            chains.append(self._bad(start, f"a display of more than {MOST_SIGNS} signs is not read"))
            return
        made = with_adding(tokens(self.text, start, end))
        made = in_lines(made, self.text) if lines else made
        if depth_of(made) > DEEPEST:
            if shown:
                chains.append(self._bad(start, f"brackets within each other, more than {DEEPEST} deep, are not read"))
            return
        wrong = mismatched(made) if shown else ""
        made = unboxed(made, self.text)
        made = [replace(t, type="LABEL") if t.type == "TEXT" and t.value in self._named else t for t in made]
        whole = made
        made = opened(made)
        known = len(chains) - 1 if chains else 0
        for before, token, after in zip((None, *made), made, made[1:], strict=False):
            begins = before is None or before.type in ("ROW", "QUAD", "AMP", "BEGIN", "COMMA")
            if token.type == "LABEL" and begins and after.type == "EQ":
                self._named.add(token.value)
        if shown:
            self.unjudged.setdefault(BESIDE, []).extend(equations_beside(self.text, start, end, _closed))
            if not case and not any(t.type in ("NEQ", "SEMI", "BEGIN") for t in made if t.value not in LAYOUTS):
                self._below += self._equal_below(start, end)
        found = list(map(with_arrows, rows(made)))
        behind = len(found) > 1 and not self._announces(found[0]) and bool(self._announces(found[-1]))
        for row in found:
            if shown:
                self.unjudged.setdefault(RELATED, []).extend(relations_in(row))
            announced = self._announces(row)
            if announced and behind:  # a row of its own says in which case the rows before it hold
                for link in (k for c in chains[known:] for k in c.links if k.relation.start >= start):
                    link.condition = link.condition or announced
                start = row[-1].end
                continue
            if announced:
                case = announced  # "when i = j" in a row of its own
                continue
            for piece, condition in equations(row, self.text):
                if first and anew and piece and piece[0].type == "EQ" and chains and (case or chains[-1].condition):
                    chains.append(
                        Chain(chains[-1].head, condition=case)
                    )  # "if i = j," or "in general,": it starts anew
                    first = False
                self._add(piece, condition, chains, case, first)
                first = False
        if shown:
            self._tell_hidden(whole, begin, end, chains, known)
        if wrong:
            chains.append(self._bad(end, wrong))

    @staticmethod
    def _announces(row: list[Token]) -> Condition:
        """Return the case that a row of its own speaks of: "when i = j"."""
        return said(row) if row[0].type == "TEXT" and is_announced(row[0].value, "") else ()

    def _tell_hidden(self, made: list[Token], start: int, end: int, chains: list[Chain], known: int) -> None:
        """Add what stands beside each sign of equality that made no step, as something that is not read."""
        found = {
            link.relation.start for chain in chains[known:] for link in chain.links if link.relation.start >= start
        }
        lost = [*hidden(made, found), *self._not_put_in(made, chains[known:])]
        for token, after in zip(lost, [*(t.start for t in lost), end][1:], strict=False):
            told = "an equation within brackets, braces or words that are not understood: nothing of it is judged"
            told = token.value if token.type == "BAD" else told
            left = Token("BAD", told, start, token.start)
            right = Token("BAD", told, token.end if token.type == "EQ" else token.start, after)
            relation = replace(token, type="EQ")
            chains.insert(known, Chain(self.side([left]), [Link(relation, self.side([right]))]))
            start = right.start

    def _not_put_in(self, made: list[Token], chains: list[Chain]) -> Iterator[Token]:
        """Yield the macros that are not put in and stand in no step: there may be equations in them."""
        sides = [side for c in chains if c.links for side in (c.head, *(link.right for link in c.links))]
        told = {token.start for side in sides for token in side.tokens}
        return (t for t in made if t.type == "BAD" and self.text[t.start] == MARK and t.start not in told)

    def _add(self, row: list[Token], condition: Condition, chains: list[Chain], case: Condition, first: bool) -> None:
        parts = split(row, *RELATIONS)
        found = relations(row)
        if not found:
            operator = row[0].type in ("PLUS", "MINUS", "TIMES", "SLASH")
            if chains and chains[-1].links and not first and (operator or _dangles(chains[-1].links[-1].right)):
                link = chains[-1].links[-1]
                link.right = self.side([*link.right.tokens, *_going_on(link.right, row)])
            elif not first or operator:
                chains.append(Chain(self.side(row)))
            else:
                chains.append(Chain(self.side(row), condition=case))
            return
        if parts[0] or not chains:
            open_head = chains and not chains[-1].links and not first and not _is_whole(chains[-1].head)
            head = [*chains[-1].head.tokens, *parts[0]] if open_head else parts[0]
            if open_head:
                chains.pop()
            chains.append(Chain(self.side(head), condition=case))
        for relation, part in zip(found, parts[1:], strict=True):
            if relation.type in ("OTHER", "IMPLIES"):
                chains.append(Chain(self.side(part), condition=case))
            else:
                chains[-1].links.append(Link(relation, self.side(part, relation.end), condition))


def _closed(text: str, at: int) -> int:
    """Return the place after the brace that closes the one here; 0 if there is none near."""
    depth = 0
    for match in re.finditer(r"\\.|[{}]", text[at : at + 2000]):
        depth += (match.group() == "{") - (match.group() == "}")
        if depth == 0:
            return at + match.end()
    return 0


def _going_on(side: Side, row: list[Token]) -> list[Token]:
    """Return a row that goes on with a side: a sign at the end of a row may be written again in the next."""
    types = [t.type for t in (*side.tokens[-1:], *row[:1])]
    if types in (["PLUS", "PLUS"], ["TIMES", "TIMES"]):
        return row[1:]
    if types == ["MINUS", "MINUS"]:
        told = "a minus ends a row and begins the next: is it one, or are there two?"
        return [replace(row[0], type="BAD", value=told), *row[1:]]
    return row


def _is_whole(side: Side) -> bool:
    r"""Whether this says something without a relation: y \in \{0, 1\}."""
    return len(split(list(side.tokens), "IN")) > 1


def _dangles(side: Side) -> bool:
    return not side.tokens or side.tokens[-1].type in ("PLUS", "MINUS", "TIMES", "SLASH")
