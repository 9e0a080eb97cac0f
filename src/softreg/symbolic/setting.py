"""Where a claim is stated: what it may speak of, and how its equations are judged.

A claim is a function of a setting. Run in `Symbolic` it is proved for all sizes; run in `Fixed` it
is checked again at definite sizes by other means. The claim cannot tell which.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from softreg.symbolic import fixed, namespace, numeric
from softreg.symbolic.normal import Normal
from softreg.symbolic.notation import spelled
from softreg.symbolic.rational import Rational
from softreg.symbolic.signs import Sign, may_be_negative
from softreg.symbolic.terms import Expr, Index, Pick, ShapeError, SymbolicError, UndecidedError, derivative

Array = Any
SIZES = {"K": 3, "n": 2, "d": 1}  # of the cross-check: all different, so that no two axes can be confused


class RejectedError(SymbolicError):
    """An equation of a claim that is not proved."""


@dataclass(frozen=True)
class Step:
    """One equation of a claim, as it was judged."""

    statement: str
    value: Expr | None
    indices: tuple[Expr, ...]
    uses: tuple[str, ...]

    @property
    def formula(self) -> str:
        """What the arrays are equal to, as text; empty for a kernel's own term, where the largest logit is chosen."""
        if self.value is None or any(c.args[0].name.startswith("top") for c in self.value.atoms(Pick)):
            return ""
        return spelled(self.value, self.indices)


class Symbolic:
    """Arrays of symbolic size; equations are proved."""

    xp: Any = namespace

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._rows_sum_to_one: list[str] = []
        self._positive: list[Expr] = []
        self._not_negative: list[Sign] = []
        self._distinct: list[tuple[Expr, Expr]] = []

    # --- what a claim may speak of ---

    def size(self, name: str) -> Any:
        """Return a size: K, n or d. Any whole number from 1."""
        return sp.Symbol(name, integer=True, positive=True)

    def scalar(self, name: str, **sign: bool) -> Any:
        """Return a real number; `positive=True` or `nonnegative=True` if it is known to be."""
        return sp.Symbol(name, real=True, **sign)

    def reals(self, name: str, *shape: Any, **sign: bool) -> Array:
        """Return an array of real numbers."""
        symbol = self.scalar(name, **sign)
        if not shape:
            return namespace.asarray(symbol)
        base = sp.IndexedBase(symbol, shape=tuple(map(sp.sympify, shape)))
        return namespace.Array(shape, lambda *i: base[i])

    def probabilities(self, name: str, *shape: Any) -> Array:
        """Return an array whose rows sum to 1. Nothing else is assumed of it."""
        self._rows_sum_to_one.append(name)
        return self.reals(name, *shape)

    def labels(self, name: str, *shape: Any, classes: Any) -> Array:
        """Integer labels, each one of the classes."""
        label = sp.Symbol(name)
        return namespace.Array(shape, lambda *i: Pick(label, classes, *(j for j in i if j != 1)), namespace.index)

    def weights(self, name: str, size: Any, **sign: bool) -> Array:
        """Weights of rows whose sum is positive."""
        w = self.reals(name, size, **sign)
        self._positive.append(namespace.sum(w).at())
        return w

    def differ(self, a: Array, b: Array) -> None:
        """Assume that two arrays of labels differ in every row."""
        indices = tuple(_index("i", size) for size in a.shape)
        self._distinct.append((a.at(*indices), b.at(*indices)))

    def assume_not_negative(self, statement: str, value: Array) -> Array:
        """Assume that no entry of the array is negative."""
        indices = tuple(_index("i", size) for size in value.shape)
        self._not_negative.append(Sign(statement, indices, value.at(*indices)))
        return value

    # --- derivatives ---

    def derivative(self, value: Array, variable: Any) -> Array:
        """Return the derivative, of shape value.shape + variable.shape: all entries in all entries."""
        variable = namespace.asarray(variable)
        at = tuple(_index("v", size) for size in variable.shape)
        v, split = variable.at(*at), value.ndim

        def entry(*i: Expr) -> Expr:
            e = value.at(*i[:split])
            _require_dependence(e, v)
            return derivative(e, v).xreplace(dict(zip(at, i[split:], strict=True)))

        return namespace.Array((*value.shape, *variable.shape), entry)

    def at_zero(self, value: Array, scalar: Any) -> Array:
        """Return the value where the scalar is 0."""
        return namespace.Array(value.shape, lambda *i: value.at(*i).xreplace({scalar: sp.S.Zero}))

    # --- judging ---

    def equal(self, statement: str, left: Array, right: Array) -> None:
        """Prove that the arrays are equal, entry by entry."""
        left, right = namespace.asarray(left), namespace.asarray(right)
        if left.shape != right.shape:
            raise ShapeError(f"{statement}: shapes {left.shape} and {right.shape}")
        used: set[str] = set()
        for indices in _indices(left.shape):
            a, b = left.at(*indices), right.at(*indices)
            used |= self._prove(statement, a, b, indices)
        self.steps.append(Step(statement, b, indices, tuple(sorted(used))))

    def at_least(self, statement: str, greater: Array, less: Array, slack: Array) -> None:
        """Prove that greater - less equals the slack, which is built of parts that are not negative."""
        used: set[str] = set()
        for indices in _indices(slack.shape):
            negative = may_be_negative(slack.at(*indices), self._not_negative, used)
            if negative is not None:
                raise RejectedError(f"{statement}: undecided ({spelled(negative, indices)} may be negative)")
        self.equal(f"{statement}: the difference", greater - less, slack)
        last = self.steps.pop()
        uses = tuple(sorted({*last.uses, *used}))
        self.steps.append(Step(f"{last.statement}, at least 0", last.value, last.indices, uses))

    def _prove(self, statement: str, a: Expr, b: Expr, indices: tuple[Expr, ...]) -> set[str]:
        """Return the declared facts that a proof of a = b needs: first try without the sums of rows."""
        why = ""
        for rows in ([], self._rows_sum_to_one) if self._rows_sum_to_one else ([],):
            normal = Normal(rows, self._positive, self._distinct)
            try:
                if normal.equal(a, b):
                    return normal.used
            except UndecidedError as error:
                why = f" ({error})"
        raise RejectedError(f"{statement}: {self._refute(a, b, indices) or f'undecided{why}'}")

    def _refute(self, a: Expr, b: Expr, indices: tuple[Expr, ...]) -> str:
        """Return a counterexample in words; empty if none is found, which proves nothing."""
        free = tuple(i for i in indices if not i.is_Integer)
        for sizes in ({"K": 3, "n": 2, "d": 2}, {"K": 2, "n": 3, "d": 1}):
            point = numeric.Point(sizes, self._rows_sum_to_one)
            found = numeric.counterexample(a, b, free, point)
            if found:
                return f"false {found}"
        return ""


def _index(name: str, size: Any) -> Expr:
    return sp.S.One if size == 1 else Index(name, size)


def _indices(shape: tuple[Any, ...]) -> Iterator[tuple[Expr, ...]]:
    """Return an index for each axis: a free one, which stands for all, but each number where the size is a number."""
    choices = [
        [sp.Integer(i) for i in range(1, int(size) + 1)] if size.is_Integer else [Index(name, size)]
        for name, size in zip("ijkl", shape, strict=False)
    ]
    yield from itertools.product(*choices)


def _require_dependence(e: Expr, v: Expr) -> None:
    """Refuse to differentiate by what does not occur: 0 = 0 would prove nothing."""
    names = {x.base for x in e.atoms(sp.Indexed)} if isinstance(v, sp.Indexed) else e.free_symbols
    if (v.base if isinstance(v, sp.Indexed) else v) not in names:
        raise RejectedError(f"a derivative by {v}, which does not occur")


class Fixed:
    """Arrays of fixed size; equations are checked again, exactly, by other means."""

    xp: Any = fixed

    def __init__(self, sizes: dict[str, int] | None = None) -> None:
        self.steps: list[Step] = []
        self._sizes = sizes or SIZES
        self._labels = 0

    def size(self, name: str) -> Any:
        """Return a size: K, n or d."""
        return self._sizes[name]

    def scalar(self, name: str, **sign: bool) -> Any:
        """Return a real number."""
        return sp.Symbol(name, real=True, **sign)

    def reals(self, name: str, *shape: Any, **sign: bool) -> Array:
        """Return an array of real numbers, each a symbol."""
        entries = np.empty(shape, dtype=object)
        for place in np.ndindex(*shape):
            entries[place] = self.scalar("_".join((name, *map(str, place))), **sign)
        return fixed.Array(entries)

    def probabilities(self, name: str, *shape: Any) -> Array:
        """Return an array whose rows sum to 1: the last entry is 1 less the others."""
        y = self.reals(name, *shape)
        y.entries[..., -1] = 1 - y.entries[..., :-1].sum(axis=-1)
        return y

    def labels(self, name: str, *shape: Any, classes: Any) -> Array:
        """Integer labels, not all the same."""
        self._labels += 1
        return fixed.Array((np.arange(np.prod(shape, dtype=int)).reshape(shape) + self._labels) % classes)

    def weights(self, name: str, size: Any, **sign: bool) -> Array:
        """Weights of rows."""
        return self.reals(name, size, **sign)

    def differ(self, a: Array, b: Array) -> None:
        """Labels of different names differ."""
        if (a.entries == b.entries).any():
            raise RejectedError("labels that are to differ agree")

    def assume_not_negative(self, statement: str, value: Array) -> Array:
        """Signs play no part in what is decided here."""
        return value

    def derivative(self, value: Array, variable: Any) -> Array:
        """Return the derivative, of shape value.shape + variable.shape."""
        over = np.asarray(getattr(variable, "entries", variable), dtype=object)
        out = np.empty(value.shape + over.shape, dtype=object)
        for i in np.ndindex(*value.shape):
            for j in np.ndindex(*over.shape):
                out[i + j] = sp.diff(value.entries[i], over[j])
        return fixed.Array(out)

    def at_zero(self, value: Array, scalar: Any) -> Array:
        """Return the value where the scalar is 0."""
        return fixed.Array(np.frompyfunc(lambda e: e.xreplace({scalar: sp.S.Zero}), 1, 1)(value.entries))

    def equal(self, statement: str, left: Array, right: Array) -> None:
        """Decide that the arrays are equal, entry by entry."""
        a, b = (np.asarray(getattr(x, "entries", x), dtype=object) for x in (left, right))
        if a.shape != b.shape:
            raise ShapeError(f"{statement}: shapes {a.shape} and {b.shape}")
        field = Rational()
        for place in np.ndindex(*a.shape):
            if not field.equal(sp.sympify(a[place]), sp.sympify(b[place])):
                raise RejectedError(f"{statement}: false at fixed sizes {self._sizes}, entry {place}")
        self.steps.append(Step(statement, None, (), ()))

    def at_least(self, statement: str, greater: Array, less: Array, slack: Array) -> None:
        """Decide that greater - less equals the slack."""
        self.equal(statement, greater - less, slack)
