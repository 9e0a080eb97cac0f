"""What stands at a letter: indices, the number of a sample, a power, a label, an argument in brackets.

S_k(z), S(z_k) and S(z)_k are all S with the index k. After the letter of a function, a bracket holds
its argument; after any other, a factor.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, field, replace
from fractions import Fraction

from softreg.symbolic.document import nodes as n
from softreg.symbolic.document.grammar import NotUnderstoodError, Tree
from softreg.symbolic.document.letters import (
    ARGUMENTS,
    FUNCTIONS,
    INDEX,
    INPUTS,
    LOGITS,
    LOSSES,
    NEW,
    ONES,
    PARAMETERS,
    PROBABILITIES,
    SAME_LOSS,
    TARGETS,
    VALUES,
    WEIGHTS,
)
from softreg.symbolic.document.trees import content, flat, is_label, is_sample, names, pair_in, spelled, unscripted

MOST_POWER = 12
INVERSE = "^{-1}"  # ends the letter of the inverse of a function
OF_NO_CLASS = ("x", "X", "\\phi", "\\theta", "\\Theta", "W", "w")  # arguments whose index is none of the function
DATA = ("t", "T", "y", "Y", "D")  # all targets: their likelihood is p(t | w)
ABBREVIATED = ("w", "b")  # parameters of a function, if they are not indices: h_w, h_{w,b}


@dataclass
class Notation:
    r"""How a document writes: its own functions, letters of one row or many, letters that are indices."""

    functions: set[str] = field(default_factory=set)
    mixed: set[str] = field(default_factory=set)  # letters with one index here and two there: these are of many rows
    indices: set[str] = field(default_factory=set)
    overloaded: dict[str, int] = field(default_factory=dict)  # H(p) and H(y, p): the least number of arguments
    numbered: set[str] = field(default_factory=set)  # letters that have nothing but numbers as indices: w_1, w_2
    bare: dict[str, frozenset[int]] = field(default_factory=dict)  # p(k | x): which arguments are indices
    events: set[str] = field(default_factory=set)  # letters of probabilities of events: P(y = k | x)
    whole: set[str] = field(default_factory=set)  # functions of a row that stand for all their values: X^T (y - p)
    iterated: set[str] = field(default_factory=set)  # letters that are followed from step to step: w_{t+1}
    primed: set[str] = field(default_factory=set)  # letters that are others with a prime: z'_k = z_k + c
    rows: set[str] = field(default_factory=set)  # letters of a vector in p(x), of a row of many in p(x_i)
    slopes: dict[str, str] = field(default_factory=dict)  # of a loss, the weights that \nabla without an index is in
    identity: bool = False  # whether I is the identity matrix
    running: set[str] = field(default_factory=set)  # letters that sums run over and that are no values: indices
    summed_values: set[str] = field(default_factory=set)  # letters that sums run over and that are values: samples


class Letters(ABC):
    """Reads letters with their scripts and brackets."""

    def __init__(self, notation: Notation):
        self.notation = notation
        self.functions = FUNCTIONS | notation.functions

    @abstractmethod
    def read(self, tree: Tree) -> n.Node:
        """Return the formula."""

    @abstractmethod
    def condition(self, tree: Tree) -> n.Node:
        """Return the condition."""

    def _maybe_applied(self, base: Tree, scripts: tuple[Tree, ...], rest: list[tuple[str, Tree]]) -> tuple[n.Node, int]:
        """Read a letter and, if it is a function, the bracket after it."""
        letter = base.value.value
        bracket, after = unscripted(rest[0][1])
        if bracket.kind == "bracket" and bracket.value != "group":
            if any(part.kind == "relation" for part in bracket.parts):
                if letter in ("indicator", "I", "\\delta"):
                    return self.condition(bracket), 1
                if letter in ("p", "P", "Pr", "\\Pr", "q") and bracket.value != "[":
                    return self._probability(base, bracket), 1
            label = bracket.parts[0]
            if letter in self.notation.events and label.is_leaf("NAME") and label.value.value in TARGETS:
                return n.Var(
                    "p", (self.read(label),), (), (), given=self._given(bracket), at=base.start
                ), 1  # P(y | x) is P(y = y | x)
            named = len(letter) > 1 and letter.isalpha()
            known = named or letter in self.functions | LOSSES | PROBABILITIES | set(LOGITS[:-1])
            if len(bracket.parts) > 1 or (known and (named or self._applies(letter, scripts, bracket))):
                head = self._scripted(base, tuple(s for s in scripts if s.kind != "above" or is_sample(s)))
                if isinstance(head, n.Var):
                    numbered = any(s.kind == "below" for s in after)  # softmax(s_i)_j is of the row i
                    applied = self._differentiated(self._overloaded(self._applied(head, bracket, numbered)))
                    outer = tuple(s for s in scripts if s.kind == "above" and not is_sample(s))
                    if isinstance(applied, n.Var) and [spelled(s.parts[0]) for s in outer] == ["-1"]:
                        return self._with_scripts(replace(applied, letter=letter + INVERSE), after), 1
                    return self._with_scripts(applied, (*after, *outer)), 1
        return self._scripted(base, scripts), 0

    def _applies(self, letter: str, scripts: tuple[Tree, ...], bracket: Tree) -> bool:
        inner = unscripted(bracket.parts[0])[0]
        if inner.is_leaf("NAME") and letter in LOSSES and not scripts:
            return True
        if bracket.parts[0].is_leaf("NAME"):
            return True  # nobody puts a factor of one letter in brackets
        if inner.is_leaf("NAME"):
            return inner.value.value in ARGUMENTS or letter in ("S", "\\sigma", "softmax", "sigmoid")
        if letter in LOSSES - {"D"}:
            return not scripts and letter not in ("C", "l") and bracket.parts[0].kind != "sum"
        indexed = any(s.kind == "below" and not is_label(s) for s in scripts)
        called = letter in self.notation.functions or letter not in VALUES
        return called and letter in self.functions and not indexed and letter not in names(bracket)

    def _applied(self, head: n.Var, bracket: Tree, numbered: bool) -> n.Var:
        written = [part for part in bracket.parts if not part.is_leaf("DOTS")]
        bare = self.notation.bare.get(head.letter, frozenset())
        head, arguments = _of_an_event(head, tuple(map(self.read, written)), likelihood=not bare)
        arguments = arguments if len(written) == len(bracket.parts) else ()
        sub, sup = list(head.sub), list(head.sup)
        if head.letter.removesuffix("_rows") in self.notation.whole:
            head = replace(head, letter=head.letter.removesuffix("_rows"))
        bare = self.notation.bare.get(head.letter, frozenset())
        last: list[n.Node] = []
        if head.letter in self.functions - LOSSES and len(arguments) == 2 and _is_index(arguments[1]):
            last, arguments = [arguments[1]], arguments[:1]  # S(z, i)
        sub += [a for place, a in enumerate(arguments) if place in bare] + last
        arguments = tuple(a for place, a in enumerate(arguments) if place not in bare)
        if head.letter.partition("_")[0] not in LOSSES:
            for argument in arguments:
                if isinstance(argument, n.Var):
                    if not sub and not numbered and argument.letter.removesuffix("_rows") not in OF_NO_CLASS:
                        sub += argument.sub
                    if not sup:
                        sup += argument.sup
        return replace(head, sub=tuple(sub), sup=tuple(sup), arguments=arguments)

    def _overloaded(self, applied: n.Var) -> n.Var:
        """Return another letter for H(y, p), where H(p) is defined too."""
        least = self.notation.overloaded.get(applied.letter)
        return (
            applied if least in (None, len(applied.arguments or ())) else replace(applied, letter=applied.letter + "_2")
        )

    def _differentiated(self, applied: n.Var) -> n.Node:
        """Read L'(z_k) as the derivative of the loss in z_k."""
        variable = applied.arguments[0] if applied.arguments and len(applied.arguments) == 1 else None
        if not applied.primes or applied.letter not in LOSSES or not isinstance(variable, n.Var):
            return applied
        out: n.Node = replace(applied, primes=0, sub=(), sup=())
        for _ in range(applied.primes):
            out = n.Derivative(out, variable, at=applied.at)
        return out

    def _probability(self, base: Tree, bracket: Tree) -> n.Node:
        """Read p(y = k | x) as p_k."""
        event = bracket.parts[0]
        if event.kind != "relation" or event.value != ("EQ",):
            raise NotUnderstoodError("a probability of something that is not understood", bracket.start)
        label, value = map(self.read, event.parts)
        known = value.factors[-1] if isinstance(value, n.Mul) and value.factors[0] == n.MINUS_ONE else value
        if isinstance(known, n.Number) and base.value.value not in self.notation.events:
            given = tuple(map(self.read, bracket.parts[1:]))
            return n.Var(f"p_{spelled(event.parts[1])}", (), (), given, at=base.start)  # P(y = 1 | x), of two classes
        row, sup = (label.sub, label.sup) if isinstance(label, n.Var) else ((), ())
        return n.Var("p", (*row, value), sup, (), given=self._given(bracket), at=base.start)

    def _given(self, bracket: Tree) -> tuple[n.Node, ...]:
        """Return what stands behind the bar, as far as it is understood."""
        try:
            return tuple(map(self.read, bracket.parts[1:]))
        except NotUnderstoodError:
            return ()

    def _scripted(self, base: Tree, scripts: tuple[Tree, ...]) -> n.Node:
        if base.is_leaf("NAME") and base.value.value == "e":
            powers = [s for s in scripts if s.kind == "above"]
            if powers and not any(s.kind == "below" for s in scripts):
                return n.Function("exp", self.read(powers[0].parts[0]))
        if base.is_leaf("NAME") and base.value.value in ("\\delta", "indicator", "I"):
            below = [content(s) for s in scripts if s.kind == "below"]
            pair = pair_in(below[0]) if below else None
            if pair is not None:
                tree, operator = pair
                return n.Equal(self.read(tree[0]), self.read(tree[1]), operator == "NEQ", base.start)
        if base.kind == "norm":
            return self._norm(base, scripts)
        return self._with_scripts(self.read(base), scripts)

    def _norm(self, base: Tree, scripts: tuple[Tree, ...]) -> n.Node:
        below, above = ([spelled(s.parts[0]) for s in scripts if s.kind == kind] for kind in ("below", "above"))
        if len(base.parts) != 1 or below not in ([], ["2"], ["F"]) or above not in ([], ["2"]):
            raise NotUnderstoodError("a norm that is not that of squares", base.start)
        squared = n.SquaredNorm(self.read(base.parts[0]))
        return squared if above else n.Power(squared, n.Number(Fraction(1, 2)))

    def _with_scripts(self, value: n.Node, scripts: tuple[Tree, ...]) -> n.Node:
        for script in scripts:
            if script.kind == "prime":
                if not isinstance(value, n.Var):
                    raise NotUnderstoodError("a prime at something that is no letter", script.start)
                own = value.letter in self.notation.primed
                value = replace(value, letter=f"{value.letter}'") if own else replace(value, primes=value.primes + 1)
            elif script.kind == "below":
                value = self._lowered(value, script)
            elif is_sample(script) and script.parts[0].parts[0].value == "[" and isinstance(value, n.Var):
                value = replace(value, letter=f"{value.letter}^{{[{spelled(content(script)[0])}]}}")  # of a layer
            elif is_sample(script):
                value = self._numbered(value, script)
            elif script.parts[0].is_leaf("TRANSPOSE") or spelled(script.parts[0]) in ("T", "t", "\\top", "top"):
                value = n.Transposed(value)
            elif (parts := _with_transposition(script)) is not None:
                value = n.Transposed(self._with_scripts(value, parts))
            elif spelled(script.parts[0]) in NEW and isinstance(value, n.Var):
                value = replace(value, mark=spelled(script.parts[0]))
            elif script.parts[0].is_leaf("PRIME", "TIMES"):
                raise NotUnderstoodError("a superscript that is not understood", script.start)
            else:
                value = self._raised(value, script.parts[0])
        return value

    def _raised(self, value: n.Node, exponent: Tree) -> n.Node:
        power = self.read(exponent)
        if isinstance(power, n.Number) and (abs(power.value) > MOST_POWER):
            raise NotUnderstoodError(f"a power above {MOST_POWER} is not expanded", exponent.start)
        if isinstance(power, n.Var) and isinstance(value, n.Var) and power.letter in "ijmn" and not power.sub:
            return replace(value, sup=(*value.sup, power))
        return n.Power(value, power)

    def _numbered(self, value: n.Node, script: Tree) -> n.Node:
        if not isinstance(value, n.Var):
            raise NotUnderstoodError("the number of a sample at something that is no letter", script.start)
        inner = script.parts[0].parts[0].parts[0]
        if value.letter in LOSSES and spelled(inner) not in NEW:
            value = replace(value, letter=value.letter + "_i")
        if spelled(inner) in NEW:
            return replace(value, mark=spelled(inner))
        return replace(value, sup=(*value.sup, self.read(inner)))

    def _lowered(self, value: n.Node, script: Tree) -> n.Node:
        if not isinstance(value, n.Var):
            raise NotUnderstoodError("an index at something that is no letter", script.start)
        if value.letter == ONES:
            return value  # how many there are
        letter, mark, sub, given = value.letter, value.mark, list(value.sub), value.given
        named = self.functions | LOSSES | PROBABILITIES
        for part in content(script):
            if part.kind == "relation" and part.value == ("EQ",):
                part = part.parts[1]  # y_{k = i}, the entry of y at k = i
            pieces = flat(part) if part.kind == "product" else [part]
            if part.is_leaf("NUMBER") and re.fullmatch("[1-9]0", part.value.value) and letter in WEIGHTS:
                pieces = [
                    Tree("leaf", (), replace(part.value, value=digit)) for digit in part.value.value
                ]  # of the class 1
            if part.kind == "product" and any(o == "/" for o in part.value):
                raise NotUnderstoodError("an index that is not understood", part.start)
            for piece in pieces:
                if piece.kind == "bracket" and len(piece.parts) == 1:
                    piece = piece.parts[0]
                name = spelled(piece)
                if name in NEW and (name not in ("t", "+", "*", "\\tau") or letter in self.notation.iterated):
                    mark = name
                elif piece.is_leaf("LABEL", "MAX") or (name in PARAMETERS and letter in named):
                    if piece.is_leaf("LABEL", "MAX") and name not in SAME_LOSS:
                        letter += f"_{name}"
                    elif name in PARAMETERS:
                        given = (*given, self.read(piece))
                elif letter in self.functions | LOSSES and name in ABBREVIATED and name not in self.notation.indices:
                    continue
                elif name == "0" and letter in WEIGHTS:
                    letter += "_0"  # what is added, beside the weights of the features
                else:
                    sub.append(self.read(piece))
        if sub and letter in self.notation.numbered:
            letter, sub = "_".join((letter, *(str(i.value) for i in sub if isinstance(i, n.Number)))), []
        if (len(sub) == 2 and letter in self.notation.mixed) or (sub and letter in self.notation.rows):
            letter += "_rows"
        if sub and letter in LOSSES - {"C", "H", "F", "R", "D"}:
            letter += "_i"  # the loss of one sample is not the loss of all
        return replace(value, letter=letter, sub=tuple(sub), mark=mark, given=given)


def _of_an_event(head: n.Var, arguments: tuple[n.Node, ...], likelihood: bool) -> tuple[n.Var, tuple[n.Node, ...]]:
    """Read p(C_k | x) as p_k(x); p(C_1 | x), p(C_2 | x) and p(t | w) are functions of their own."""
    event = arguments[0] if len(arguments) > 1 else None
    if not isinstance(event, n.Var):
        return head, arguments
    name, _, number = event.letter.partition("_")
    if name == "C" and (number or event.sub):
        known = [i for i in event.sub if isinstance(i, n.Number)]
        number = number or "".join(str(i.value) for i in known)
        sub = () if known else event.sub
        return replace(head, letter=head.letter + f"_{number}" * bool(number), sub=(*head.sub, *sub)), arguments[1:]
    given = arguments[1]
    if event.letter in DATA and not event.sub and isinstance(given, n.Var) and given.letter in WEIGHTS:
        return replace(head, letter=f"{head.letter}_{event.letter}"), arguments
    inputs = isinstance(given, n.Var) and given.letter in INPUTS
    if likelihood and head.letter in ("p", "P", "\\Pr") and event.letter in TARGETS and inputs and not head.sub:
        return replace(head, letter=f"{head.letter}_{event.letter}"), arguments  # of what was seen: p(y | x)
    return head, arguments


def _is_index(node: n.Node) -> bool:
    return isinstance(node, n.Var) and node.letter in INDEX and not node.sub and not node.sup


def _with_transposition(script: Tree) -> tuple[Tree, ...] | None:
    r"""Return the script without the sign of transposition that follows it: ^{(k)\top}."""
    inner = content(script)[0] if script.kind == "above" else script
    if inner.kind != "product" or not inner.parts[-1].is_leaf("TRANSPOSE"):
        return None
    first = inner.parts[0] if len(inner.parts) == 2 else replace(inner, parts=inner.parts[:-1], value=inner.value[:-1])
    braces = Tree("bracket", (first,), "group", script.start, script.end)
    return (Tree("above", (braces,), None, script.start, script.end),)
