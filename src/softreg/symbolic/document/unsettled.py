"""Why what was found of a step does not settle it: a guess, or what the document leaves unsaid, may be the reason."""

from __future__ import annotations

import itertools
from typing import Any

from softreg.symbolic.document import nodes as n
from softreg.symbolic.document.arguments import taken_as_one
from softreg.symbolic.document.compare import Outcome
from softreg.symbolic.document.conditions import of_a_size
from softreg.symbolic.document.entries import ALONE, POSITIVE, UnclearError, name_of
from softreg.symbolic.document.equations import Equations
from softreg.symbolic.document.letters import FUNCTIONS, INPUTS, ONES, TARGETS, WEIGHTS
from softreg.symbolic.document.ranges import RangeError
from softreg.symbolic.document.ranks import Ranks
from softreg.symbolic.document.steps import Expression
from softreg.symbolic.document.vacuous import nothing_said
from softreg.symbolic.terms import SymbolicError


def unsettled(judge: Equations, left: Expression, right: Expression, outcome: Outcome, condition: Any) -> str:
    """Return why an outcome decides nothing; empty if it does."""
    sides = left.nodes[0], right.nodes[0]
    if outcome.holds:
        return nothing_said(judge, *sides) or taken_as_one(judge, *sides)
    if outcome.verdict == "false":
        if told := _whatever(judge, left, right):
            return told
        if of_a_size(condition):
            return "the text speaks of one size alone: such steps are judged for all sizes"
    if outcome.verdict in ("false", "type-error"):
        return _unknown(judge, *sides) or _only_where(judge, *sides) or _supposed(judge, left, right, outcome)
    return ""


def _whatever(judge: Equations, *sides: Expression) -> str:
    """Return that a step which fails by a guess holds for constants; empty if it does not."""
    guessed = frozenset(judge.context.guessed(set().union(*(n.letters(e.nodes[0]) for e in sides))))
    try:
        left, right = (judge.value(e.nodes[0], opaque=guessed) for e in sides)
        holds = bool(guessed) and judge.equal(left, right).holds
    except (UnclearError, RangeError, SymbolicError):
        return ""
    told = ", ".join(map(name_of, sorted(guessed)))
    return f"this holds if {told} depends on nothing here; the document does not say what it is" if holds else ""


def _unknown(judge: Equations, left: n.Node, right: n.Node) -> str:
    """Return what is not known of a letter that may be why two sides differ; empty if all is known."""
    context = judge.context
    behind = [context.behind(n.letters(side)) for side in (left, right)]
    free = {v for v in judge.varied if not sum(context.arity_of(v))}
    unread = context.without_reading(behind[0] | behind[1], free)
    if unread:
        return f"what the document says of {name_of(unread)} is not understood; it is not its usual meaning"
    involved = behind[0] | behind[1]
    known = set(context.definitions)
    for letter, definition in context.definitions.items():
        found = n.letters(definition.body)
        known |= found if letter in involved else {v for v in found if not v.isupper()}  # W of another formula
    known -= FUNCTIONS - context.definitions.keys()  # S of which nothing is said, in P(k | x) = S(w_k^T x)
    known |= context.targets | context.labels | judge.ranges.known_sizes() | INPUTS | POSITIVE | {ONES}
    known |= set() if sum(context.arity_of("e")) else {"e"}
    known -= {v for v in known if v.partition("_")[2] in TARGETS and v not in context.definitions}  # p(y | x)
    strange = min((v for v in behind[0] ^ behind[1] if v not in known and not v.endswith(ALONE)), default="")
    return strange and f"what {name_of(strange)} is, which stands on one side alone, the document does not say"


def _only_where(judge: Equations, left: n.Node, right: n.Node) -> str:
    """Return the letter that is defined for one value of an index alone, which sums run over; empty if none is."""
    for letter in sorted(judge.context.behind(n.letters(left) | n.letters(right)) & judge.context.definitions.keys()):
        definition = judge.context.definitions[letter]
        if definition.only_where and n.free_indices(definition.body) & judge.context.near_truths.keys():
            return f"what {name_of(letter)} is, is said for one value of an index alone: write it in general"
    return ""


def _supposed(judge: Equations, left: Expression, right: Expression, outcome: Outcome) -> str:
    """Return which letter is only supposed to be a vector or a matrix, where two sides do not fit for that."""
    ranks = Ranks(judge.context)
    variables = [v for e in (left, right) for v in _in_derivatives(e.nodes[0])]
    whole = [v for v in variables if ranks.rank(v)]
    turned = any(isinstance(part, n.Transposed) for e in (left, right) for part in e.nodes[0].walk())
    if judge.context.row_vectors and whole and turned:
        return "the text speaks of row vectors: which letters are rows is not known, so this is not judged"
    if any(_is_of_vectors(part, ranks) for e in (left, right) for part in e.nodes[0].walk()):
        return "a product of two vectors: whether it is taken entry by entry or summed up is not said"
    guessed = judge.context.guessed({v.letter for v in variables})
    in_features = [v for v in variables if v.letter in INPUTS and _is_differentiated(v, left, right)]
    for z, x in itertools.product(sorted(guessed), in_features):
        if x.letter in n.letters(judge.context.definitions[z].body):
            return f"how {name_of(z)} depends on {name_of(x.letter)} is only supposed: say it with an equation"
    if outcome.verdict != "type-error":
        return ""
    for v in whole:
        if all(isinstance(i, n.Number) for i in v.sub) and v.sub:
            return f"whether the number at {name_of(v.letter)} counts entries is not said"
        if v.arguments and v.letter not in judge.context.definitions:
            return f"what {name_of(v.letter)} is, and whether it is a vector, the document does not say"
    said = {letter.removesuffix("_rows") for letter in judge.context.said_ranks} | {ONES}
    for v in whole:
        if v.letter.removesuffix("_rows") not in said:
            kind = "a vector" if ranks.rank(v) == 1 else "a matrix"
            return (
                f"{name_of(v.letter)} is read as {kind}, which the document does not say, and so the two sides "
                f"have different shapes ({outcome.reason}): write its index where it has one, or what it is"
            )
    return ""


def _is_of_vectors(node: n.Node, ranks: Ranks) -> bool:
    """Whether this is a product of two vectors of which neither is transposed, and neither is made of weights."""
    if not isinstance(node, n.Mul):
        return False
    for a, b in itertools.pairwise(f for f in node.factors if ranks.rank(f)):
        turned = any(isinstance(part, n.Transposed) for f in (a, b) for part in f.walk())
        if ranks.rank(a) == ranks.rank(b) == 1 and not turned and not (n.letters(a) | n.letters(b)) & set(WEIGHTS):
            return True
    return False


def _is_differentiated(v: n.Var, *sides: Expression) -> bool:
    return any(isinstance(part, n.Derivative) and part.variable == v for e in sides for part in e.nodes[0].walk())


def _in_derivatives(node: n.Node) -> list[n.Var]:
    """Return the letters of values, and those in which derivatives are taken."""
    return [*n.values(node), *(part.variable for part in node.walk() if isinstance(part, n.Derivative))]
