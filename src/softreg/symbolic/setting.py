"""Where a claim is stated: what it may speak of, and how its equations are judged.

A claim is a function of a setting. Run in `Symbolic` it is proved for all sizes; run in `Fixed` it
is checked again at definite sizes by other means. The claim cannot tell which.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from softreg.symbolic import fixed, namespace, numeric
from softreg.symbolic.normal import Normal
from softreg.symbolic.notation import spelled
from softreg.symbolic.rational import Rational
from softreg.symbolic.terms import Expr, Index, Pick, ShapeError, SymbolicError, Undecided, derivative, equal_index

Array = Any
SIZES = {"K": 3, "n": 2, "d": 4}  # of the cross-check: all different, so that no two axes can be confused


class Rejected(SymbolicError):
    """An equation of a claim that is not proved."""


@dataclass(frozen=True)
class Step:
    """One equation of a claim, as it was judged."""

    statement: str
    formula: str
    uses: tuple[str, ...]


class Symbolic:
    """Arrays of symbolic size; equations are proved."""

    xp: Any = namespace

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._rows_sum_to_one: list[str] = []
        self._positive: list[Expr] = []
        self._not_negative: list[Expr] = []
        self._distinct: list[tuple[Expr, Expr]] = []
        self._range: dict[Expr, str] = {}

    # --- what a claim may speak of ---

    def size(self, name: str) -> Any:
        """A size: K, n or d. Any whole number from 1."""
        return sp.Symbol(name, integer=True, positive=True)

    def scalar(self, name: str, *, positive: bool = False) -> Any:
        """A real number."""
        return sp.Symbol(name, positive=True) if positive else sp.Symbol(name, real=True)

    def reals(self, name: str, *shape: Any, positive: bool = False) -> Array:
        """An array of real numbers."""
        base = sp.IndexedBase(self.scalar(name, positive=positive), shape=tuple(map(sp.sympify, shape)))
        return namespace.Array(shape, lambda *i: base[i] if i else self.scalar(name, positive=positive))

    def probabilities(self, name: str, *shape: Any) -> Array:
        """An array whose rows sum to 1. Nothing else is assumed of it."""
        self._rows_sum_to_one.append(name)
        return self.reals(name, *shape)

    def labels(self, name: str, *shape: Any, classes: Any) -> Array:
        """Integer labels, each one of the classes."""
        label = sp.Symbol(name)
        return namespace.Array(shape, lambda *i: Pick(label, classes, *(j for j in i if j != 1)), namespace.index)

    def weights(self, name: str, size: Any) -> Array:
        """Weights of rows whose sum is positive."""
        w = self.reals(name, size)
        self._positive.append(namespace.sum(w).at())
        return w

    # --- derivatives ---

    def derivative(self, value: Array, variable: Array) -> Array:
        """The derivative, of shape value.shape + variable.shape: all entries in all entries."""
        at = tuple(_index("v", size) for size in variable.shape)
        v, split = variable.at(*at), value.ndim
        renamed = dict(zip(at, at, strict=True))

        def entry(*i: Expr) -> Expr:
            e = value.at(*i[:split])
            _require_dependence(e, v)
            slope = derivative(e, v)
            return slope.xreplace({a: b for a, b in zip(renamed, i[split:], strict=True) if a != b})

        return namespace.Array((*value.shape, *variable.shape), entry)

    def at_zero(self, value: Array, scalar: Any) -> Array:
        """The value where the scalar is 0."""
        return namespace.Array(value.shape, lambda *i: value.at(*i).xreplace({scalar: sp.S.Zero}))

    # --- judging ---

    def equal(self, statement: str, left: Array, right: Array) -> None:
        """Prove that the arrays are equal, entry by entry."""
        left, right = namespace.asarray(left), namespace.asarray(right)
        if left.shape != right.shape:
            raise ShapeError(f"{statement}: shapes {left.shape} and {right.shape}")
        indices = tuple(_index(name, size) for name, size in zip("ijklm", left.shape, strict=False))
        a, b = left.at(*indices), right.at(*indices)
        used = self._prove(statement, a, b, indices)
        self.steps.append(Step(statement, spelled(b, indices), tuple(sorted(used))))

    def _prove(self, statement: str, a: Expr, b: Expr, indices: tuple[Expr, ...]) -> set[str]:
        """The declared facts that a proof of a = b needs: first try without the sums of rows."""
        why = ""
        for rows in ([], self._rows_sum_to_one) if self._rows_sum_to_one else ([],):
            normal = Normal(rows, self._positive, self._distinct)
            try:
                if normal.equal(a, b):
                    return normal.used
            except Undecided as error:
                why = f" ({error})"
        raise Rejected(f"{statement}: {self._refute(a, b, indices) or f'undecided{why}'}")

    def _refute(self, a: Expr, b: Expr, indices: tuple[Expr, ...]) -> str:
        """A counterexample in words; empty if none is found, which proves nothing."""
        free = tuple(i for i in indices if not i.is_Integer)
        for sizes in ({"K": 3, "n": 2, "d": 2}, {"K": 2, "n": 3, "d": 1}):
            point = numeric.Point(sizes, self._rows_sum_to_one)
            found = numeric.counterexample(a, b, free, point)
            if found:
                return f"false {found}"
        return ""


def _index(name: str, size: Any) -> Expr:
    return sp.S.One if size == 1 else Index(name, size)


def _require_dependence(e: Expr, v: Expr) -> None:
    """Refuse to differentiate by what does not occur: 0 = 0 would prove nothing."""
    names = {x.base for x in e.atoms(sp.Indexed)} if isinstance(v, sp.Indexed) else e.free_symbols
    if (v.base if isinstance(v, sp.Indexed) else v) not in names:
        raise Rejected(f"a derivative by {v}, which does not occur")


class Fixed:
    """Arrays of fixed size; equations are checked again, exactly, by other means."""

    xp: Any = fixed

    def __init__(self, sizes: dict[str, int] | None = None) -> None:
        self.steps: list[Step] = []
        self._sizes = sizes or SIZES

    def size(self, name: str) -> Any:
        """A size: K, n or d."""
        return self._sizes[name]

    def scalar(self, name: str, *, positive: bool = False) -> Any:
        """A real number."""
        return sp.Symbol(name, positive=True) if positive else sp.Symbol(name, real=True)

    def reals(self, name: str, *shape: Any, positive: bool = False) -> Array:
        """An array of real numbers, each a symbol."""
        entries = np.empty(shape, dtype=object)
        for place in np.ndindex(*shape):
            entries[place] = self.scalar("_".join((name, *map(str, place))), positive=positive)
        return fixed.Array(entries)

    def probabilities(self, name: str, *shape: Any) -> Array:
        """An array whose rows sum to 1: the last entry is 1 less the others."""
        y = self.reals(name, *shape)
        y.entries[..., -1] = 1 - y.entries[..., :-1].sum(axis=-1)
        return y

    def labels(self, name: str, *shape: Any, classes: Any) -> Array:
        """Integer labels, not all the same."""
        return fixed.Array((np.arange(np.prod(shape, dtype=int)).reshape(shape) + 1) % classes)

    def weights(self, name: str, size: Any) -> Array:
        """Weights of rows."""
        return self.reals(name, size)

    def derivative(self, value: Array, variable: Array) -> Array:
        """The derivative, of shape value.shape + variable.shape."""
        out = np.empty(value.shape + variable.shape, dtype=object)
        for i in np.ndindex(*value.shape):
            for j in np.ndindex(*variable.shape):
                out[i + j] = sp.diff(value.entries[i], variable.entries[j])
        return fixed.Array(out)

    def at_zero(self, value: Array, scalar: Any) -> Array:
        """The value where the scalar is 0."""
        return fixed.Array(np.frompyfunc(lambda e: e.xreplace({scalar: sp.S.Zero}), 1, 1)(value.entries))

    def equal(self, statement: str, left: Array, right: Array) -> None:
        """Decide that the arrays are equal, entry by entry."""
        a, b = (np.asarray(getattr(x, "entries", x), dtype=object) for x in (left, right))
        if a.shape != b.shape:
            raise ShapeError(f"{statement}: shapes {a.shape} and {b.shape}")
        field = Rational()
        for place in np.ndindex(*a.shape):
            if not field.equal(sp.sympify(a[place]), sp.sympify(b[place])):
                raise Rejected(f"{statement}: false at fixed sizes {self._sizes}, entry {place}")
        self.steps.append(Step(statement, "", ()))


Claim = Callable[[Any], None]
