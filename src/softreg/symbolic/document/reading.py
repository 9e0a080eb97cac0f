r"""From the tree as it is written to the formula that is meant.

Policies
--------
a sum           takes the rest of its product, and so does \prod, read as the exponential of a sum of logarithms
log, exp        take the next factor
d/dv            takes the next factor (`wide=False`) or the rest of its product (`wide=True`): documents
                do both, so a formula is read both ways where that makes a difference
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from softreg.symbolic.document import nodes as n
from softreg.symbolic.document.commands import HYPERBOLIC
from softreg.symbolic.document.differentials import Derivatives
from softreg.symbolic.document.grammar import NotUnderstoodError, Tree
from softreg.symbolic.document.identity import IDENTITY
from softreg.symbolic.document.letters import INPUTS, ONES, SAMPLE
from softreg.symbolic.document.scripts import Notation
from softreg.symbolic.document.trees import (
    content,
    is_letter,
    joined,
    names,
    run_over,
    spelled,
    unscripted,
)

PRODUCTS = ("prod", "\u220f")


class Reader(Derivatives):
    """Reads trees."""

    def __init__(self, notation: Notation | None = None, *, wide: bool = False):
        super().__init__(notation or Notation(), wide=wide)

    def read(self, tree: Tree) -> n.Node:
        """Return the formula."""
        kind = tree.kind
        if kind == "leaf":
            return self._leaf(tree)
        if kind == "sum" and any(part.is_leaf("DOTS") for part in tree.parts):
            return self._elided(tree)
        if kind == "sum":
            signs, parts = joined(tree)
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
        if kind == "root":
            return self._root(tree)
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
        if token.value == "indicator":
            return n.Var(ONES, at=tree.start)
        if token.value == IDENTITY and self.notation.identity:
            return n.Diagonal(n.Var(ONES, at=tree.start))
        if token.type in ("NAME", "LABEL"):
            return n.Var(token.value + "_rows" * (token.value in self.notation.whole), at=tree.start)
        if token.type == "DOTS":
            raise NotUnderstoodError("an ellipsis is not understood: write the sum with \\sum", tree.start)
        raise NotUnderstoodError(f"{token.value!r} has nothing to act on", tree.start)

    def _elided(self, tree: Tree) -> n.Node:
        r"""Read a_1 + a_2 + \cdots + a_K as the sum of a_k over k."""
        k = next(letter for letter in "kjil" if letter not in names(tree))
        dots = next(at for at, part in enumerate(tree.parts) if part.is_leaf("DOTS"))
        first, *more = map(self.read, tree.parts[:dots])
        terms = [_at(first, n.Number(Fraction(1)), k)]
        terms += [_at(term, n.Number(Fraction(number)), k) for number, term in enumerate(more, start=2)]
        last = self.read(tree.parts[-1])
        sizes = [i for v in last.walk() if isinstance(v, n.Var) for i in (*v.sub, *v.sup) if isinstance(i, n.Var)]
        sizes = [i for i in sizes if i.letter.isupper() or i.letter in "nmd"]
        alike = dots == len(tree.parts) - 2 and len(set(tree.value)) == 1 and sizes
        if not alike or any(t != terms[0] for t in (*terms, _at(last, sizes[0], k))) or terms[0] == first:
            raise NotUnderstoodError("an ellipsis is not understood: write the sum with \\sum", tree.parts[dots].start)
        total = n.Sum(k, n.Number(Fraction(1)), sizes[0], (), terms[0], tree.start)
        return n.negative(total) if tree.value[0] == "MINUS" else total

    def _root(self, tree: Tree) -> n.Node:
        r"""Read a root as a power; in \sqrt{d_k}, d_k is a size, and k no index."""
        (inner,) = content(tree)[:1]
        base, scripts = unscripted(inner)
        size = base.is_leaf("NAME") and base.value.value == "d" and [s.kind for s in scripts] == ["below"]
        name = f"d_{spelled(content(scripts[0])[0])}" if size else ""
        body = n.Var(name, at=tree.start) if size else self.read(tree.parts[0])
        return n.Power(body, n.Number(Fraction(1, int(tree.value))))

    def _bracket(self, tree: Tree) -> n.Node:
        if len(tree.parts) != 1:
            return self._entries(tree)
        return self.read(tree.parts[0])

    def _entries(self, tree: Tree) -> n.Node:
        """Read (z_1, ..., z_K) as z."""
        read = [self.read(part) for part in tree.parts if not part.is_leaf("DOTS")]
        first = read[0] if 1 < len(read) < len(tree.parts) else None
        if isinstance(first, n.Var) and all(isinstance(v, n.Var) and v.letter == first.letter and v.sub for v in read):
            return replace(first, sub=first.sub[:-1])
        raise NotUnderstoodError("a list is not understood here", tree.start)

    def condition(self, tree: Tree) -> n.Node:
        """Return i = j or i != j as a formula that is 1 or 0."""
        while tree.kind == "bracket" and len(tree.parts) == 1:
            tree = tree.parts[0]
        if tree.kind != "relation" or len(tree.parts) != 2 or tree.value[0] not in ("EQ", "NEQ"):
            raise NotUnderstoodError("a condition that is neither i = j nor i \\neq j is not understood", tree.start)
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
            elif self._is_operator(base, scripts, rest):
                raise NotUnderstoodError("D as an operator is not understood: write \\partial", base.start)
            elif base.is_leaf("PARTIAL"):
                factor, used = self._slashed(tree, scripts, rest)
                at += 1 + used
            elif base.is_leaf("LOG", "EXP", "DIAG", "MAX"):
                factor, used = self._elementary(base, scripts, rest)
                at += 1 + used
            elif base.is_leaf("NAME", "LABEL") and base.value.value not in ("e",) and rest and rest[0][0] == " ":
                factor, used = self._called(base, scripts, rest)
                at += 1 + used
            else:
                factor = self._scripted(base, scripts)
                at += 1
            if operator == "/":
                parts = [n.Quotient(_times(parts), factor)]
            elif operator == "o":
                parts = [*parts[:-1], n.Entrywise(parts[-1], factor)]
            else:
                parts.append(factor)
        return _times(parts)

    def _is_operator(self, base: Tree, scripts: tuple[Tree, ...], rest: list[tuple[str, Tree]]) -> bool:
        """Whether this is D_j S_i."""
        if not (base.is_leaf("NAME") and base.value.value == "D" and scripts and rest and rest[0][0] == " "):
            return False
        after, more = unscripted(rest[0][1])
        return after.is_leaf("NAME") and after.value.value in self.functions and bool(more)

    def _next(self, items: list[tuple[str, Tree]], what: str, at: int) -> tuple[n.Node, int]:
        """Read the next factor, with all that it takes; return it and how many items that was."""
        if not items:
            raise NotUnderstoodError(f"{what} has nothing to act on", at)
        for count in range(1, len(items) + 1):
            base, _ = unscripted(items[count - 1][1])
            if base.is_leaf("SUM"):
                return self._product(items), len(items)
            if not (base.is_leaf("LOG", "EXP", "DIAG", "MAX") or self._is_derivative(base) or base.is_leaf("NABLA")):
                break
        _, tree = items[count - 1]
        base, scripts = unscripted(tree)
        if base.is_leaf("NAME", "LABEL") and count < len(items) and items[count][0] == " ":
            _, used = self._called(base, scripts, items[count:])
            count += used
        return self._product(items[:count]), count

    def _called(self, base: Tree, scripts: tuple[Tree, ...], rest: list[tuple[str, Tree]]) -> tuple[n.Node, int]:
        r"""Read a letter with what it is applied to, as far as it is; \tanh is so without brackets too."""
        if base.value.value not in HYPERBOLIC or unscripted(rest[0][1])[0].kind == "bracket":
            return self._maybe_applied(base, scripts, rest)
        argument, used = self._next(rest, base.value.value, base.start)
        return self._with_scripts(n.Var(base.value.value, arguments=(argument,), at=base.start), scripts), used

    def _sum(self, tree: Tree, scripts: tuple[Tree, ...], rest: list[tuple[str, Tree]]) -> n.Node:
        if not rest:
            raise NotUnderstoodError("a sum of nothing", tree.start)
        lower, upper = (
            [content(s) for s in scripts if s.kind == "below"],
            [content(s) for s in scripts if s.kind == "above"],
        )
        body = self._product(rest)
        product = unscripted(tree)[0].value.value in PRODUCTS
        if product:
            body = n.Function("log", body)
        if not lower:
            free = n.free_indices(body)
            if len(free) != 1 or upper or product:
                raise NotUnderstoodError("a sum without an index: over what does it run?", tree.start)
            return n.Sum(min(free), None, None, (), body, tree.start)
        bounds: dict[str, n.Node | None] = {}
        excluded: dict[str, list[n.Node]] = {}
        samples = bool(run_over(lower[0]) & self.notation.summed_values & INPUTS)
        for part in [] if samples else lower[0]:
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
        if isinstance(top, n.Number):
            raise NotUnderstoodError("a sum to a number is not read: write the size as a letter", upper[0][0].start)
        if samples:
            bounds[SAMPLE] = None
            among = lower[0][0].parts[-1] if lower[0][0].kind == "relation" else None
            top = n.Var(f"|{among.value.value}|") if among is not None and among.is_leaf("NAME") else top
        for index, start in reversed(bounds.items()):
            for bound in (start, top):
                if bound is not None and not isinstance(bound, (n.Number, n.Var, n.Add)):
                    raise NotUnderstoodError("the range of a sum is not understood", tree.start)
            body = n.Sum(index, start, top, tuple(excluded.get(index, ())), body, tree.start)
        return n.Function("exp", body) if product else body

    def _index_letter(self, tree: Tree) -> str:
        if not tree.is_leaf("NAME"):
            raise NotUnderstoodError("the index of a sum is not understood", tree.start)
        letter: str = tree.value.value
        return letter

    def _elementary(self, base: Tree, scripts: tuple[Tree, ...], rest: list[tuple[str, Tree]]) -> tuple[n.Node, int]:
        name = base.value.type.lower()
        argument, used = self._next(rest, name, base.start)
        if argument == n.Transposed(n.Var(ONES)) and used < len(rest):  # log 1'e^z
            used += 1
            argument = self._product(rest[:used])
        below = [part for s in scripts if s.kind == "below" for part in content(s)]
        if name == "max":
            return self._largest(below, argument, base.start), used
        if any("e" not in str(part.value) for part in below):
            raise NotUnderstoodError("a logarithm to another base is not understood", base.start)
        value: n.Node = _diagonal(argument) if name == "diag" else n.Function(name, argument)
        for power in (s for s in scripts if s.kind == "above"):
            value = self._raised(value, power.parts[0])
        return value, used

    def _largest(self, below: list[Tree], argument: n.Node, at: int) -> n.Node:
        if not below:
            return n.Largest(None, argument, at)
        first = below[0].parts[0] if below[0].kind == "relation" and below[0].value == ("IN",) else below[0]
        if len(below) > 1 or not first.is_leaf("NAME"):
            raise NotUnderstoodError("the index of a maximum is not understood", at)
        return n.Largest(self._index_letter(first), argument, at)


def _at(term: n.Node, index: n.Node, k: str) -> n.Node:
    """Return a term with k for an index."""

    def change(part: n.Node) -> n.Node | None:
        if not isinstance(part, n.Var):
            return None
        sub, sup = (tuple(n.Var(k) if i == index else i for i in above) for above in (part.sub, part.sup))
        inner = part.arguments
        return replace(
            part, sub=sub, sup=sup, arguments=None if inner is None else tuple(_at(a, index, k) for a in inner)
        )

    return n.rebuilt(term, change)


def _diagonal(node: n.Node) -> n.Diagonal:
    """Return the diagonal matrix of a vector, or of p_i (1 - p_i) for all i."""
    below = {i for v in n.values(node) for i in v.sub}
    free = sorted(n.free_indices(node))
    alone = len(free) == 1 and below == {n.Var(free[0])} and all(v.sub or v.arguments for v in n.values(node))
    return n.Diagonal(node, free[0] if alone else None)


def _times(parts: list[n.Node]) -> n.Node:
    return parts[0] if len(parts) == 1 else n.Mul(tuple(parts))
