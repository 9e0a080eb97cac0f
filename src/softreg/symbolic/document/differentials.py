"""Derivatives as they are written: as a quotient, an operator, a gradient, or with a slash."""

from __future__ import annotations

from abc import abstractmethod

from softreg.symbolic.document import nodes as n
from softreg.symbolic.document.grammar import NotUnderstoodError, Tree
from softreg.symbolic.document.scripts import Letters, Notation
from softreg.symbolic.document.trees import content, flat, is_d, items, signed, spelled, unscripted

Items = list[tuple[str, Tree]]  # factors, each with the operator before it


class Derivatives(Letters):
    """Reads derivatives."""

    def __init__(self, notation: Notation, *, wide: bool):
        super().__init__(notation)
        self.wide = wide
        self.ambiguous = False  # whether the other reading of d/dv is different

    @abstractmethod
    def _product(self, items: Items) -> n.Node:
        """Return the product of the factors."""

    @abstractmethod
    def _next(self, items: Items, what: str, at: int) -> tuple[n.Node, int]:
        """Return the next factor, and of how many items it is made."""

    def _is_derivative(self, tree: Tree) -> bool:
        if tree.kind != "fraction":
            return False
        top, bottom = (flat(part) for part in signed(tree)[1].parts)
        return is_d(top[:1]) and is_d(bottom[:1]) and len(bottom) > 1

    def _derived(self, tree: Tree, rest: Items) -> tuple[n.Node, int]:
        base, scripts = unscripted(tree)
        used = 0
        variables: list[n.Node] = []
        if base.is_leaf("NABLA"):
            below = [content(s) for s in scripts if s.kind == "below"]
            variables = [self.read(part) for part in below[0]] if below else [self._only_argument(tree, rest)]
            above = [spelled(content(s)[0]) for s in scripts if s.kind == "above"]
            if above and above != ["2"]:
                raise NotUnderstoodError("a gradient with a superscript other than 2 is not understood", tree.start)
            variables *= 1 + len(above)
            inside: Items = []
        else:
            sign, base = signed(base)
            if sign == "MINUS":
                body, used = self._derived(base, rest)
                return n.negative(body), used
            top, bottom = base.parts
            pieces: list[Items] = []
            for operator, item in items(bottom):
                if is_d([item]):
                    pieces.append([])
                else:
                    pieces[-1].append((operator, item))
            for piece in pieces:
                variable = self._product(piece)
                if isinstance(variable, n.Transposed):
                    variable = variable.body
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
            if not isinstance(variable, n.Var):
                raise NotUnderstoodError("a derivative in something that is no variable", tree.start)
            body = n.Derivative(body, variable, base.is_leaf("NABLA"), tree.start)
        return body, used

    def _only_argument(self, tree: Tree, rest: Items) -> n.Node:
        """Return what a gradient is in where only the argument says it, nabla E(w), or what E is."""
        body = self._next(rest, "a gradient", tree.start)[0]
        if isinstance(body, n.Derivative):
            return body.variable  # nabla nabla E(w)
        arguments = body.arguments or () if isinstance(body, n.Var) else ()
        if isinstance(body, n.Var) and not arguments and body.letter in self.notation.slopes:
            return n.Var(self.notation.slopes[body.letter], at=tree.start)
        if len(arguments) != 1:
            raise NotUnderstoodError("a gradient does not say in what: write \\nabla_z L or \\nabla L(z)", tree.start)
        return arguments[0]

    def _slashed(self, tree: Tree, scripts: tuple[Tree, ...], rest: Items) -> tuple[n.Node, int]:
        """Read dL / dz, written with a slash, and d_v L."""
        below = [content(s) for s in scripts if s.kind == "below"]
        if below:
            variable = self.read(below[0][0])
            body, used = self._next(rest, "a derivative", tree.start)
            above = [spelled(content(s)[0]) for s in scripts if s.kind == "above"]
            if isinstance(variable, n.Var) and above in ([], ["2"]):
                for _ in range(1 + len(above)):
                    body = n.Derivative(body, variable, False, tree.start)
                return body, used
        for at, (operator, item) in enumerate(rest):
            if operator == "/" and item.is_leaf("PARTIAL") and at and at + 1 < len(rest):
                variable = self._product(rest[at + 1 : at + 2])
                if isinstance(variable, n.Var):
                    return n.Derivative(self._product(rest[:at]), variable, False, tree.start), at + 2
        raise NotUnderstoodError("a derivative whose variable is not understood", tree.start)

    def _fraction(self, tree: Tree) -> n.Node:
        top, bottom = (flat(part) for part in tree.parts)
        if is_d(top[:1]) and top[0].kind == "leaf" and top[0].is_leaf("PARTIAL") and not is_d(bottom[:1]):
            told = "below this \\partial stands a letter without \\partial: is \\frac{\\partial}{\\partial z} meant?"
            raise NotUnderstoodError(told, tree.start)
        if self._is_derivative(tree):
            return self._product([(" ", tree)])
        return n.Quotient(*(self.read(part) for part in tree.parts))
