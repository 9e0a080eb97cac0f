"""From the tree as it is written to the formula that is meant.

Policies
--------
a sum           takes the rest of its product
log, exp        take the next factor
d/dv            takes the next factor (`wide=False`) or the rest of its product (`wide=True`): documents
                do both, so a formula is read both ways where that makes a difference
S(z_k)          after the letter of a function, a bracket holds its argument; after any other, a factor
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from softreg.symbolic.document import nodes as n
from softreg.symbolic.document.grammar import NotUnderstoodError, Tree
from softreg.symbolic.document.letters import ARGUMENTS, FUNCTIONS, LOSSES, NEW, PARAMETERS, PROBABILITIES, SAME_LOSS
from softreg.symbolic.document.trees import (
    content,
    flat,
    is_d,
    is_label,
    is_letter,
    is_sample,
    items,
    names,
    pair_in,
    spelled,
    unscripted,
)

MOST_POWER = 12


class Reader:
    """Reads trees; `functions` are letters that the document defines with an argument."""

    def __init__(self, functions: Iterable[str] = (), mixed: Iterable[str] = (), *, wide: bool = False):
        self.functions, self.wide = FUNCTIONS | frozenset(functions), wide
        self.mixed = frozenset(mixed)  # letters with one index here and two there: these are of many rows
        self.ambiguous = False  # whether the other reading of d/dv is different

    def read(self, tree: Tree) -> n.Node:
        """Return the formula."""
        kind = tree.kind
        if kind == "leaf":
            return self._leaf(tree)
        if kind == "sum":
            signs, parts = _joined(tree)
            signed = [
                n.negative(self.read(t)) if s == "MINUS" else self.read(t) for s, t in zip(signs, parts, strict=True)
            ]
            return signed[0] if len(signed) == 1 else n.Add(tuple(signed))
        if kind == "product":
            return self._product(list(zip(tree.value, tree.parts, strict=True)))
        if kind == "bracket":
            return self._bracket(tree)
        if kind == "fraction":
            return self._fraction(tree)
        if kind == "cases":
            return n.Cases(tuple((self.read(c.parts[0]), tuple(map(self.condition, c.parts[1:]))) for c in tree.parts))
        if kind == "scripted":
            return self._product([(" ", tree)])
        if kind == "relation":
            return self.condition(tree)
        raise NotUnderstoodError(f"a {kind} is not understood here", tree.start)

    def _leaf(self, tree: Tree) -> n.Node:
        token = tree.value
        if token.type == "NUMBER":
            return n.Number(Fraction(token.value))
        if token.type in ("NAME", "LABEL"):
            return n.Var(token.value, at=tree.start)
        raise NotUnderstoodError(f"{token.value!r} has nothing to act on", tree.start)

    def _bracket(self, tree: Tree) -> n.Node:
        if len(tree.parts) != 1:
            raise NotUnderstoodError("a list is not understood here", tree.start)
        return self.read(tree.parts[0])

    def condition(self, tree: Tree) -> n.Node:
        """Return i = j or i != j as a formula that is 1 or 0."""
        while tree.kind == "bracket" and len(tree.parts) == 1:
            tree = tree.parts[0]
        if tree.kind != "relation" or len(tree.parts) != 2 or tree.value[0] not in ("EQ", "NEQ"):
            raise NotUnderstoodError("a condition other than an equality of indices is not understood", tree.start)
        left, right = map(self.read, tree.parts)
        return n.Equal(left, right, tree.value[0] == "NEQ", tree.start)

    # --- products ---

    def _product(self, items: list[tuple[str, Tree]]) -> n.Node:
        """Return the product; operators are settled from the right."""
        if not items:
            raise NotUnderstoodError("an operator has nothing to act on", 0)
        parts: list[n.Node] = []
        at = 0
        while at < len(items):
            operator, tree = items[at]
            rest = items[at + 1 :]
            base, scripts = unscripted(tree)
            if base.is_leaf("SUM"):
                factor: n.Node = self._sum(tree, scripts, rest)
                at = len(items)
            elif self._is_derivative(tree) or base.is_leaf("NABLA"):
                factor, used = self._derived(tree, rest)
                at += 1 + used
            elif (
                tree.is_leaf("NAME")
                and tree.value.value == "d"
                and rest
                and rest[0][0] == " "
                and is_letter(rest[0][1])
            ):
                raise NotUnderstoodError("a differential on its own is not understood", tree.start)
            elif base.is_leaf("PARTIAL"):
                factor, used = self._slashed(tree, scripts, rest)
                at += 1 + used
            elif base.is_leaf("LOG", "EXP"):
                factor, used = self._elementary(base, scripts, rest)
                at += 1 + used
            elif base.is_leaf("NAME", "LABEL") and base.value.value not in ("e",) and rest and rest[0][0] == " ":
                factor, used = self._maybe_applied(base, scripts, rest)
                at += 1 + used
            else:
                factor = self._scripted(base, scripts)
                at += 1
            if operator == "/":
                parts = [n.Quotient(_times(parts), factor)]
            else:
                parts.append(factor)
        return _times(parts)

    def _next(self, items: list[tuple[str, Tree]], what: str, at: int) -> tuple[n.Node, int]:
        """Read the next factor, with all that it takes; return it and how many items that was."""
        if not items:
            raise NotUnderstoodError(f"{what} has nothing to act on", at)
        for count in range(1, len(items) + 1):
            base, _ = unscripted(items[count - 1][1])
            if base.is_leaf("SUM"):
                return self._product(items), len(items)
            if not (base.is_leaf("LOG", "EXP") or self._is_derivative(base) or base.is_leaf("NABLA")):
                break
        _, tree = items[count - 1]
        base, scripts = unscripted(tree)
        if base.is_leaf("NAME", "LABEL") and count < len(items) and items[count][0] == " ":
            _, used = self._maybe_applied(base, scripts, items[count:])
            count += used
        return self._product(items[:count]), count

    def _sum(self, tree: Tree, scripts: tuple[Tree, ...], rest: list[tuple[str, Tree]]) -> n.Node:
        if not rest:
            raise NotUnderstoodError("a sum of nothing", tree.start)
        lower, upper = (
            [content(s) for s in scripts if s.kind == "below"],
            [content(s) for s in scripts if s.kind == "above"],
        )
        body = self._product(rest)
        if not lower:
            raise NotUnderstoodError("a sum without an index", tree.start)
        bounds: dict[str, n.Node | None] = {}
        excluded: dict[str, list[n.Node]] = {}
        for part in lower[0]:
            if part.kind == "relation":
                for number, operator in enumerate(part.value):
                    index = self._index_letter(part.parts[number if operator != "NEQ" else 0])
                    bounds.setdefault(index, None)
                    other = part.parts[number + 1]
                    if operator == "EQ":
                        bounds[index] = self.read(other)
                    elif operator == "NEQ":
                        excluded.setdefault(index, []).append(self.read(other))
                    elif operator != "IN":
                        raise NotUnderstoodError("the range of a sum is not understood", part.start)
            else:
                for piece in part.parts if part.kind == "product" else (part,):
                    bounds.setdefault(self._index_letter(piece), None)
        top = self.read(upper[0][0]) if upper and len(upper[0]) == 1 else None
        for index, start in reversed(bounds.items()):
            body = n.Sum(index, start, top, tuple(excluded.get(index, ())), body, tree.start)
        return body

    def _index_letter(self, tree: Tree) -> str:
        if not tree.is_leaf("NAME"):
            raise NotUnderstoodError("the index of a sum is not understood", tree.start)
        letter: str = tree.value.value
        return letter

    def _elementary(self, base: Tree, scripts: tuple[Tree, ...], rest: list[tuple[str, Tree]]) -> tuple[n.Node, int]:
        name = "log" if base.is_leaf("LOG") else "exp"
        if any(s.kind == "below" and "e" not in str(s.parts[0].value) for s in scripts):
            raise NotUnderstoodError("a logarithm to another base is not understood", base.start)
        argument, used = self._next(rest, name, base.start)
        powers = [s for s in scripts if s.kind == "above"]
        value: n.Node = n.Function(name, argument)
        for power in powers:
            value = self._raised(value, power.parts[0])
        return value, used

    # --- derivatives ---

    def _is_derivative(self, tree: Tree) -> bool:
        if tree.kind != "fraction":
            return False
        top, bottom = (flat(part) for part in tree.parts)
        return is_d(top[:1]) and is_d(bottom[:1]) and len(bottom) > 1

    def _derived(self, tree: Tree, rest: list[tuple[str, Tree]]) -> tuple[n.Node, int]:
        base, scripts = unscripted(tree)
        used = 0
        if base.is_leaf("NABLA"):
            below = [content(s) for s in scripts if s.kind == "below"]
            variables: list[n.Node | None] = [self.read(part) for part in below[0]] if below else [None]
            inside: list[tuple[str, Tree]] = []
        else:
            top, bottom = base.parts
            pieces: list[list[tuple[str, Tree]]] = []
            for operator, item in items(bottom):
                if is_d([item]):
                    pieces.append([])
                else:
                    pieces[-1].append((operator, item))
            variables = []
            for piece in pieces:
                variable: n.Node | None = self._product(piece)
                while isinstance(variable, n.Power) and isinstance(variable.exponent, n.Number):
                    variables += [variable.base] * (int(variable.exponent.value) - 1)
                    variable = variable.base
                variables.append(variable)
            inside = items(top)[1:]
        if inside:
            body = self._product(inside)
        elif self.wide and len(rest) > 0:
            body, used = self._product(rest), len(rest)
        else:
            body, used = self._next(rest, "a derivative", tree.start)
            if used < len(rest) and rest[used][0] != "/":
                self.ambiguous = True
        for variable in reversed(variables):
            if variable is not None and not isinstance(variable, n.Var):
                raise NotUnderstoodError("a derivative in something that is no variable", tree.start)
            body = n.Derivative(body, variable, base.is_leaf("NABLA"), tree.start)
        return body, used

    def _slashed(self, tree: Tree, scripts: tuple[Tree, ...], rest: list[tuple[str, Tree]]) -> tuple[n.Node, int]:
        """Read dL / dz, written with a slash, and d_v L."""
        below = [content(s) for s in scripts if s.kind == "below"]
        if below:
            variable = self.read(below[0][0])
            body, used = self._next(rest, "a derivative", tree.start)
            if isinstance(variable, n.Var):
                return n.Derivative(body, variable, False, tree.start), used
        for at, (operator, item) in enumerate(rest):
            if operator == "/" and item.is_leaf("PARTIAL") and at and at + 1 < len(rest):
                variable = self._product(rest[at + 1 : at + 2])
                if isinstance(variable, n.Var):
                    return n.Derivative(self._product(rest[:at]), variable, False, tree.start), at + 2
        raise NotUnderstoodError("a derivative whose variable is not understood", tree.start)

    def _fraction(self, tree: Tree) -> n.Node:
        if self._is_derivative(tree):
            return self._product([(" ", tree)])
        return n.Quotient(*(self.read(part) for part in tree.parts))

    # --- letters ---

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
            named = len(letter) > 1 and letter.isalpha()
            known = named or letter in self.functions | LOSSES | PROBABILITIES
            if len(bracket.parts) > 1 or (known and (named or self._applies(letter, scripts, bracket))):
                head = self._scripted(base, tuple(s for s in scripts if s.kind != "above" or is_sample(s)))
                if isinstance(head, n.Var):
                    applied = self._applied(head, bracket)
                    outer = tuple(s for s in scripts if s.kind == "above" and not is_sample(s))
                    return self._with_scripts(applied, (*after, *outer)), 1
        return self._scripted(base, scripts), 0

    def _applies(self, letter: str, scripts: tuple[Tree, ...], bracket: Tree) -> bool:
        inner = unscripted(bracket.parts[0])[0]
        if inner.is_leaf("NAME") and letter in LOSSES and not scripts:
            return True
        if inner.is_leaf("NAME"):
            return inner.value.value in ARGUMENTS or letter in ("S", "\\sigma", "softmax", "sigmoid")
        if letter in LOSSES - {"D"}:
            return not scripts and letter not in ("C", "l") and bracket.parts[0].kind != "sum"
        indexed = any(s.kind == "below" and not is_label(s) for s in scripts)
        return letter in self.functions and not indexed and letter not in names(bracket)

    def _applied(self, head: n.Var, bracket: Tree) -> n.Var:
        arguments = tuple(map(self.read, bracket.parts))
        sub, sup = list(head.sub), list(head.sup)
        if head.letter not in LOSSES:
            for argument in arguments:
                if isinstance(argument, n.Var):
                    if not sub and argument.letter not in ("x", "X", "\\theta", "\\Theta", "W", "w"):
                        sub += argument.sub
                    if not sup:
                        sup += argument.sup
        return n.Var(head.letter, tuple(sub), tuple(sup), arguments, head.primes, head.mark, head.at)

    def _probability(self, base: Tree, bracket: Tree) -> n.Node:
        """Read p(y = k | x) as p_k."""
        event = bracket.parts[0]
        if event.kind != "relation" or event.value != ("EQ",):
            raise NotUnderstoodError("a probability of something that is not understood", bracket.start)
        label, value = map(self.read, event.parts)
        sup = label.sup if isinstance(label, n.Var) else ()
        return n.Var("p", (value,), sup, (), at=base.start)

    def _scripted(self, base: Tree, scripts: tuple[Tree, ...]) -> n.Node:
        if base.is_leaf("NAME") and base.value.value == "e":
            powers = [s for s in scripts if s.kind == "above"]
            if powers and not any(s.kind == "below" for s in scripts):
                return n.Function("exp", self.read(powers[0].parts[0]))
        if base.is_leaf("NAME") and base.value.value in ("\\delta", "indicator"):
            below = [content(s) for s in scripts if s.kind == "below"]
            pair = pair_in(below[0]) if below else None
            if pair is not None:
                tree, operator = pair
                return n.Equal(self.read(tree[0]), self.read(tree[1]), operator == "NEQ", base.start)
        if base.kind == "norm":
            if len(base.parts) == 1 and any(s.kind == "above" and spelled(s.parts[0]) == "2" for s in scripts):
                return n.SquaredNorm(self.read(base.parts[0]))
            raise NotUnderstoodError("a norm that is not squared", base.start)
        return self._with_scripts(self.read(base), scripts)

    def _with_scripts(self, value: n.Node, scripts: tuple[Tree, ...]) -> n.Node:
        for script in scripts:
            if script.kind == "prime":
                if not isinstance(value, n.Var):
                    raise NotUnderstoodError("a prime at something that is no letter", script.start)
                value = n.Var(
                    value.letter, value.sub, value.sup, value.arguments, value.primes + 1, value.mark, value.at
                )
            elif script.kind == "below":
                value = self._lowered(value, script)
            elif script.parts[0].is_leaf("TRANSPOSE") or spelled(script.parts[0]) in ("T", "t", "\\top", "top"):
                value = n.Transposed(value)
            elif is_sample(script):
                value = self._numbered(value, script)
            elif spelled(script.parts[0]) in NEW and isinstance(value, n.Var):
                value = n.Var(
                    value.letter,
                    value.sub,
                    value.sup,
                    value.arguments,
                    value.primes,
                    spelled(script.parts[0]),
                    value.at,
                )
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
            return n.Var(
                value.letter, value.sub, (*value.sup, power), value.arguments, value.primes, value.mark, value.at
            )
        return n.Power(value, power)

    def _numbered(self, value: n.Node, script: Tree) -> n.Node:
        if not isinstance(value, n.Var):
            raise NotUnderstoodError("the number of a sample at something that is no letter", script.start)
        inner = script.parts[0].parts[0].parts[0]
        if value.letter in LOSSES and spelled(inner) not in NEW:
            value = replace(value, letter=value.letter + "_i")
        if spelled(inner) in NEW:
            return n.Var(value.letter, value.sub, value.sup, value.arguments, value.primes, spelled(inner), value.at)
        return n.Var(
            value.letter, value.sub, (*value.sup, self.read(inner)), value.arguments, value.primes, value.mark, value.at
        )

    def _lowered(self, value: n.Node, script: Tree) -> n.Node:
        if not isinstance(value, n.Var):
            raise NotUnderstoodError("an index at something that is no letter", script.start)
        letter, mark, sub = value.letter, value.mark, list(value.sub)
        named = self.functions | LOSSES | PROBABILITIES
        for part in content(script):
            pieces = flat(part) if part.kind == "product" else [part]
            if part.kind == "product" and any(o == "/" for o in part.value):
                raise NotUnderstoodError("an index that is not understood", part.start)
            for piece in pieces:
                if piece.kind == "bracket" and len(piece.parts) == 1:
                    piece = piece.parts[0]
                name = spelled(piece)
                if name in NEW and name not in ("t", "+", "*", "\\tau"):
                    mark = name
                elif piece.is_leaf("LABEL") or (name in PARAMETERS and letter in named):
                    if piece.is_leaf("LABEL") and name not in SAME_LOSS:
                        letter += f"_{name}"
                elif (letter in self.functions | LOSSES and name in ("w", "b")) or (name == "2" and letter == "\\log"):
                    continue
                else:
                    sub.append(self.read(piece))
        if len(sub) == 2 and letter in self.mixed:
            letter += "_rows"
        if sub and letter in LOSSES - {"C", "H", "F", "R", "D"}:
            letter += "_i"  # the loss of one sample is not the loss of all
        return n.Var(letter, tuple(sub), value.sup, value.arguments, value.primes, mark, value.at)


def _times(parts: list[n.Node]) -> n.Node:
    return parts[0] if len(parts) == 1 else n.Mul(tuple(parts))


def _joined(tree: Tree) -> tuple[list[str], list[Tree]]:
    """Return signs and terms, where a sum that is followed by a sign takes the term after it: sum_j -a_j."""
    signs, parts = list(tree.value), list(tree.parts)
    at = 0
    while at + 1 < len(parts):
        last = parts[at].parts[-1] if parts[at].kind == "product" else parts[at]
        if not unscripted(last)[0].is_leaf("SUM"):
            at += 1
            continue
        after = Tree("sum", (parts[at + 1],), (signs[at + 1],), parts[at + 1].start, parts[at + 1].end)
        before = items(parts[at])
        operators, factors = zip(*before, (" ", after), strict=True)
        parts[at : at + 2] = [Tree("product", factors, operators, parts[at].start, after.end)]
        del signs[at + 1]
    return signs, parts
