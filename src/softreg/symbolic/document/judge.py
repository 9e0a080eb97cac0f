"""Judge a derivation step by step.

Each `=` claims that what stands on its two sides is equal, for all values of the free indices and
for all sizes. `true` is proved, `false` is refuted by a counterexample, and what is neither is
`undecided`. A step after one that is not right is compared with what stood before the slip: where
that agrees, the step only inherits it.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from fractions import Fraction
from functools import partial
from typing import Any

import sympy as sp

from softreg.symbolic.document import nodes as n
from softreg.symbolic.document.amended import Amendment, Refuted
from softreg.symbolic.document.called import in_a_case
from softreg.symbolic.document.claimed import contradicted
from softreg.symbolic.document.compare import Outcome, total_told
from softreg.symbolic.document.context import Inference
from softreg.symbolic.document.deadline import Deadline, TooLongError
from softreg.symbolic.document.definitions import Context
from softreg.symbolic.document.entries import UnclearError, name_of
from softreg.symbolic.document.equations import Equations
from softreg.symbolic.document.hints import guesses, hint_for, of_another, whole_loss
from softreg.symbolic.document.letters import INDEX, LOSSES, TARGETS, WEIGHTS
from softreg.symbolic.document.meaning import Meaning
from softreg.symbolic.document.new_value import lost, unmarked
from softreg.symbolic.document.ranges import RangeError, Ranges
from softreg.symbolic.document.renewed import Renewed, with_renewed
from softreg.symbolic.document.sides import Sides
from softreg.symbolic.document.source import MOST_WITHIN, Chain, Link, Source
from softreg.symbolic.document.steps import UNFORESEEN, Expression, Finding, Step, Verdicts
from softreg.symbolic.document.unjudged import BESIDE, WITHIN, claims, note
from softreg.symbolic.document.unsettled import unsettled
from softreg.symbolic.document.updates import astray
from softreg.symbolic.terms import SymbolicError

SECONDS_A_STEP = 4.0
SECONDS_A_HINT = 2.0
MOST_STEPS = 1000
EXAMPLE = "an example in numbers is not checked against a formula"


class Judge(Equations):
    """The verdicts on a document."""

    def __init__(
        self,
        text: str,
        given: Context | None,
        end: float,
        barred: frozenset[int] = frozenset(),
        anew: Renewed | None = None,
        amendments: Mapping[int, Amendment] | None = None,
    ):
        self._end = end
        self.barred, self.anew, self.amendments = barred, anew, amendments or {}
        self.source = Source(text)
        chains, inline = self.source.chains()
        if anew is not None:
            with_renewed([*chains, *inline], *anew)
        apart = {*barred, *self.amendments}
        said = [chain for chain in inline if any(link.relation.start in apart for link in chain.links)]
        chains = sorted([*chains, *said], key=lambda chain: chain.links[0].relation.start)
        counted = [0, *itertools.accumulate(len(chain.links) for chain in chains)]
        self.complete = counted[-1] <= MOST_STEPS
        self.chains = [
            replace(chain, links=chain.links[: MOST_STEPS - before])
            for chain, before in zip(chains, counted, strict=False)
            if before < MOST_STEPS
        ]
        self.inline = [chain for chain in inline[:MOST_STEPS] if chain not in said]
        amended_bodies = {at: change.body for at, change in self.amendments.items()}
        inference = Inference(deepcopy(given), self.source.text, barred, amended_bodies)
        self.context = inference.run(self.chains, self.inline, lambda at: self.source.place(at)[0])
        self.ranges = Ranges(self.context)
        self.steps: list[Step] = []
        self.readable: list[tuple[Chain, list[Expression]]] = []  # all chains, also those within the text
        self.strayed: list[Step] = []  # updates and definitions that are wrong
        self.refuted: list[Refuted] = []
        self._slipped: set[str] = set()  # letters whose own chain has a slip
        self._misdefined: set[str] = set()  # letters whose definition goes astray
        self._steep: set[str] = set()  # letters in which a derivative is wrong
        self._supposed = False  # whether the text has supposed what does not hold in general
        self._stated: dict[n.Node, Expression] = {}  # values that are no formulas, y_k = 1, where they are first said

    def run(self) -> Verdicts:
        """Judge all steps."""
        sides = Sides(self.source, self.context, self.ranges)
        readable = [(chain, sides.read_all(chain)) for chain in self.chains]
        sides.type_definitions()
        sides.count_letters(readable)
        self.ranges.vote([node for _, all_ in readable for e in all_ for node in e.nodes])
        said = [*readable, *((chain, sides.read_all(chain)) for chain in self.inline)]
        self.readable = sorted(said, key=lambda pair: pair[0].links[0].relation.start)
        scopes = [sides.type(expressions) for _, expressions in readable]
        for (chain, expressions), scope in zip(readable, scopes, strict=True):
            self._judge(chain, expressions, scope)
        notes = list(self.context.notes)
        if self.anew is not None:
            letter, at, name = self.anew
            told = f"{name_of(letter)} is another loss from line {self.source.place(at)[0]} on"
            notes.append(f"{told}, called {name_of(name)} where this is told")
        for y in sorted(self.context.sums_to_one):
            notes.append(f"{total_told(name_of(y), self.context.totals.get(y, 1))}, assumed where it is needed")
        if not self.complete:
            notes.append(f"the document has more than {MOST_STEPS} steps: only the first {len(self.steps)} were judged")
        if self.source.unread:
            notes.append(f"of the formulas within the text, only the first {MOST_WITHIN} were read")
        notes += note(self._unjudged(), lambda at: self.source.place(at)[0])
        return Verdicts(list(dict.fromkeys(note.replace("_rows", "") for note in notes)), self.steps, self.complete)

    def _unjudged(self) -> dict[str, list[int]]:
        """Return where there is what no verdict is on; what the text says a letter is has a note of its own."""
        taken = {definition.at for definition in self.context.definitions.values()}
        judged = {link.relation.start for chain in self.chains for link in chain.links}
        found = {kind: [at for at in places if at not in judged] for kind, places in self.source.unjudged.items()}
        for chain in self.inline:
            for left, link in zip((chain.head, *(k.right for k in chain.links)), chain.links, strict=False):
                at = link.relation.start
                if at not in taken and claims(left.tokens, link.relation, link.right.tokens):
                    found.setdefault(BESIDE if chain.below else WITHIN, []).append(at)
        return found

    def _judge(self, chain: Chain, expressions: list[Expression], scope: dict[str, Any]) -> None:
        self._meaning = Meaning(self.context, self.ranges)
        self.at = chain.links[0].relation.start
        self._scope: dict[Any, Any] = dict(scope)
        self._slope_of_loss = any(
            isinstance(d, n.Derivative) and isinstance(d.body, n.Var) and d.body.letter in LOSSES
            for node in expressions[0].nodes[:1]
            for d in node.walk()
        )
        parts = (d for node in expressions[0].nodes[:1] for d in node.walk())
        self.varied = {d.variable.letter for d in parts if isinstance(d, n.Derivative)}
        anchor: Expression | None = expressions[0]
        self._wrong = expressions[0]
        broken = False
        previous = expressions[0]
        for number, (link, e) in enumerate(zip(chain.links, expressions[1:], strict=True)):
            line, column = self.source.place(link.relation.start)
            step = Step(line, column, previous.side.text, e.side.text, "")
            try:
                with Deadline(min(SECONDS_A_STEP, self._seconds_left())):
                    special = self._special(chain, link, number, expressions) if number == 0 else None
                    if special is not None:
                        step.verdict, step.hint = special
                    else:
                        step.hint = whole_loss(self, previous, e)
                        base = self._stated_before(chain, link, previous) if number == 0 else previous
                        broken = self._step(step, base, e, anchor, broken, chain.condition or link.condition)
            except TooLongError as error:
                step.verdict, step.hint = "undecided", str(error) or "this takes too long"
            except RecursionError:
                step.verdict, step.hint = "undecided", "too deeply nested"
            except UNFORESEEN:
                step.verdict = "undecided"  # what nobody foresaw is not judged, and does not stop the rest
                step.hint = "this step, or a definition that it rests on, is written in a way that is not evaluated"
            self._suppose(step, chain)
            case = chain.condition or link.condition
            strays = self._strays(step.verdict, chain, case, *expressions[:2]) if number == 0 else None
            head, behind = expressions[0].nodes[:1], self.context.behind(_letters(previous, e))
            wrong = step.verdict in ("false", "type-error")
            if step.verdict == "false" and not step.inherited and not strays:
                self.refuted.append(Refuted(self._wrong, e, self._scope, self.at, case))
            step.inherited |= wrong and bool(behind & self._misdefined)
            if strays:
                if step.verdict == "definition":
                    self._misdefined |= _letters(expressions[0])
                step.verdict, step.hint, step.counterexample = strays.verdict, strays.hint, strays.counterexample
                self.strayed.append(step)
                step.inherited = bool((_letters(e) - _letters(expressions[0])) & (self._slipped | self._misdefined))
                step.inherited |= any(isinstance(v, n.Var) and v.letter in self._steep for v in head)
            elif wrong and not step.inherited:
                self._steep |= {v.variable.letter for v in head if isinstance(v, n.Derivative)}
            if step.verdict == "false":
                self._slipped |= {v.letter for v in head if isinstance(v, n.Var)}
            if step.verdict == "false" and not step.inherited and not strays:
                slip = partial(hint_for, self, self._wrong, e, case)
                step.hint = self._hint(slip) or step.hint or self._hint(partial(guesses, self, self._wrong, e))
            self.steps.append(step)
            if step.verdict in ("true", "true-if", "definition", "update") and e.problem is None and not broken:
                anchor = e
            elif step.verdict == "update":
                anchor = e if e.problem is None else None
            previous = e

    def _strays(self, verdict: str, chain: Chain, case: Any, left: Expression, right: Expression) -> Finding | None:
        """Return what is wrong with an update or a definition, which claim nothing by themselves."""
        found = self._hint(partial(lost, self, chain, left, right)) if verdict in ("update", "definition") else None
        if verdict == "update":
            found = found or self._hint(partial(astray, self, left, right, case, in_a_case(chain.before)))
        elif verdict == "definition" and not case:
            found = found or self._hint(partial(contradicted, self, chain, left, right))
        return found or None

    def _suppose(self, step: Step, chain: Chain) -> None:
        """Take back that a step is wrong which the text only supposes, or which may rest on what it supposed."""
        if step.verdict == "false" and (chain.supposed or (chain.rests and self._supposed)):
            self._supposed = True
            told = (
                "the text supposes this" if chain.supposed else "not so in general, and the text has supposed something"
            )
            step.verdict, step.hint, step.counterexample = "undecided", f"{told}: it is not judged", None
            step.inherited = False

    def _seconds_left(self) -> float:
        """Return the processor time left to the document, if any."""
        left = self._end - time.process_time()
        if left <= 0:
            raise TooLongError("the time for the whole document is used up")
        return left

    def _hint(self, guess: Callable[[], Any]) -> Any:
        """Return what a guess finds; an empty string, if that takes long."""
        try:
            with Deadline(min(SECONDS_A_HINT, self._seconds_left())):
                return guess()
        except (TooLongError, RecursionError, UnclearError, RangeError, SymbolicError, *UNFORESEEN):
            return ""

    def _special(self, chain: Chain, link: Link, number: int, expressions: list[Expression]) -> tuple[str, str] | None:
        """Return definition or update, for a first step that is one."""
        head, right = expressions[0], expressions[1]
        node = head.nodes[0] if head.nodes else None
        if not isinstance(node, n.Var):
            return None
        after = right.nodes[0] if right.nodes else None
        bare = all(isinstance(i, n.Var) and not i.sub for i in (*node.sub, *node.sup))
        marked = after is not None and unmarked(self.context, node, after) is not None
        again = (
            after is not None
            and node.arguments is None
            and node.letter not in self.context.definitions  # what is defined has no new value
            and any(_may_be_old(v, node) for v in after.walk())
        )
        if after == node and node.letter not in self.context.definitions:
            return "definition", ""  # z = (z_1, ..., z_K)
        if marked or (again and (not node.primes or node.letter in WEIGHTS)) or link.relation.type == "ARROW":
            if after is not None and (told := of_another(node, after)):
                return "false", told
            problem = f"; {right.problem[1]}" if right.problem else ""
            return "update", f"the new value of {name_of(node.letter)}: nothing to prove{problem}"
        elsewhere = after is not None and any(v.letter == node.letter and v.sub != node.sub for v in n.values(after))
        if elsewhere and node.letter not in self.context.definitions and node.arguments is None:
            return "undecided", f"{name_of(node.letter)} stands on both sides: whether this follows is not said"
        own = n.letters(after) & {i.letter for i in node.sub if isinstance(i, n.Var)} if after is not None else set()
        if own - n.letters(node) and link.relation.start in {c.at for c in self.context.definitions.values()}:
            told = f"the index {min(own)} stands as a number on the right: is a letter lost, as in z_{min(own)}?"
            return "undecided", told
        if not bare or node.primes or (right.problem is not None and right.problem[0] == "unparseable"):
            return None
        definition = self.context.definitions.get(node.letter)
        line = self.source.place(link.relation.start)[0]
        if definition is None and not chain.condition and node.letter not in INDEX - set(TARGETS):
            if right.problem is None and not link.condition and not self._is_new(node, right):
                return None  # it has a value
            return "definition", ""
        if definition is not None and definition.line == line and definition.at == link.relation.start:
            return "definition", right.problem[1] if right.problem else ""
        return None

    def _is_new(self, node: n.Var, right: Expression) -> bool:
        """Note what a letter is said to be; return whether it was not said before, for any index or for this one."""
        anyone = replace(node, sub=tuple(n.Var("") if isinstance(i, n.Var) else i for i in node.sub))
        bit = node.letter in self.context.targets and right.nodes[0] in (n.Number(Fraction(0)), n.Number(Fraction(1)))
        key = node if bit or node in self._stated or anyone not in self._stated else anyone
        if self._stated.setdefault(key, right) is not right:
            self._stated[node] = self._stated[key]
            return False
        if n.is_example(right.nodes[0]) and not isinstance(right.nodes[0], n.Number):
            del self._stated[key]  # another example may follow
        elif isinstance(right.nodes[0], n.Number):
            self._stated.setdefault(anyone, right)
        return True

    def _stated_before(self, chain: Chain, link: Link, head: Expression) -> Expression:
        """Return what the left side of a chain was said to be before; else the side itself."""
        stated = self._stated.get(head.nodes[0]) if head.nodes else None
        if stated is None or chain.condition or link.condition:
            return head
        return replace(stated, values=[], viable=[])  # its indices are those of this chain

    def _step(
        self, step: Step, left: Expression, right: Expression, anchor: Expression | None, broken: bool, condition: Any
    ) -> bool:
        """Judge one step; return whether the chain has left what its sound part is equal to."""
        for side in (right, left):
            if side.problem is not None and (side is right or anchor is None or anchor.problem is not None):
                step.verdict, step.hint = side.problem[0], self._described(side)
                if side.repaired is not None and side is right and left.problem is None:
                    outcome = self._compared(left, side.repaired, condition)
                    if outcome.holds:
                        side.viable = []
                    step.hint += f"; so repaired, the step is {_told(outcome)}"
                elif side is left:
                    step.hint = f"the side before it: {step.hint}"
                return broken or step.verdict == "type-error"
        base = left
        if left.problem is not None:
            assert anchor is not None
            base = anchor
            if left.repaired is not None and not broken:
                base = left.repaired
            step.hint = "compared with the last side before it that is understood"
        outcome = self._compared(base, right, condition)
        if outcome.verdict == "false" and (base.shown or right.shown):
            outcome = self._as_shown(base, right, condition) or outcome
        if not outcome.holds and any(n.is_example(e.nodes[0]) for e in (base, right)):
            outcome = self._rounded(base, right, outcome)
        if told := unsettled(self, base, right, outcome, condition):
            outcome = Outcome("undecided", reason=told)
        step.verdict, step.assumptions = outcome.verdict, list(outcome.assumptions)
        step.counterexample = outcome.counterexample
        step.hint = outcome.reason or step.hint
        if outcome.verdict == "false":
            if broken and anchor is not None and anchor is not base and anchor.problem is None:
                back = self._compared(anchor, right, condition)
                if back.holds:
                    step.inherited = True
                    step.hint = "right against what stood before the slip: it only inherits it"
                    return False
            self._wrong = base
            return True
        if outcome.verdict == "type-error":
            return True
        if broken and anchor is not None and outcome.holds and left.problem is not None:
            return False
        return broken

    def _as_shown(self, left: Expression, right: Expression, condition: Any) -> Outcome | None:
        """Return that two sides are equal as they look on the page, where braces are not seen; else nothing."""
        for a, b in itertools.product((left, left.shown), (right, right.shown)):
            if a is None or b is None or a.problem or b.problem or (a is left and b is right):
                continue
            outcome = self._compared(a, b, condition)
            if outcome.holds:
                told = "this holds as it is shown, where the braces after a sum are not seen: a bracket would say more"
                return replace(outcome, reason=told)
        return None

    def _rounded(self, left: Expression, right: Expression, outcome: Outcome) -> Outcome:
        """Compare numbers as far as the digits of the right side go; where letters are left, nothing is known."""
        digits = [t.value.partition(".")[2] for t in right.side.tokens if t.type == "NUMBER"]
        values = [self.values(e) for e in (left, right)]
        if any(v.ndim or v.at().free_symbols for v in values):
            return Outcome("undecided", reason=EXAMPLE)
        numbers = [sp.N(v.at(), 30) for v in values]
        if not "".join(digits) or len(right.side.tokens) > 2 or not all(x.is_real for x in numbers):
            return outcome
        close = abs(numbers[0] - numbers[1]) <= sp.Rational(1, 2) / 10 ** len(digits[0])
        return Outcome("true", reason="to the digits that are shown") if close else outcome

    def _described(self, e: Expression) -> str:
        assert e.problem is not None
        verdict, message, at = e.problem
        if verdict != "unparseable":
            return message
        line, column = self.source.place(at)
        proposal = f"; proposed repair: {e.repair}" if e.repair else ""
        return f"line {line}, column {column}: {message}{proposal}"


def _letters(*sides: Expression) -> set[str]:
    return set().union(*(n.letters(node) for side in sides for node in side.nodes[:1]))


def _may_be_old(v: n.Node, new: n.Var) -> bool:
    """Whether this is the value of a letter before an update: the same entry, or one that a slip may have named."""
    if not isinstance(v, n.Var) or v.letter != new.letter:
        return False
    counted = any(not isinstance(i, n.Var) for i in (*v.sub, *new.sub)) and (*v.sub, *new.sub) != (*new.sub, *v.sub)
    numbers = all(isinstance(i, n.Number) for i in (*v.sub, *new.sub))
    return v.sub == new.sub or (counted and not numbers) or (new.letter in WEIGHTS and not numbers)


def _told(outcome: Outcome) -> str:
    return outcome.verdict + (f" ({', '.join(outcome.assumptions)})" if outcome.assumptions else "")
