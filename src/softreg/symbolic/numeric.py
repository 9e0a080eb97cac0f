"""Evaluation with 40 digits: it refutes, with a counterexample, what the normal form cannot prove."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from typing import Any

import mpmath  # type: ignore[import-untyped]
import sympy as sp

from softreg.symbolic.terms import Expr, Index, IsZero, Pick, Total, UnsupportedError

CONTEXT = mpmath.MPContext()
CONTEXT.dps = 40
TOLERANCE = CONTEXT.mpf(10) ** -20


class Point:
    """A size for every axis, and a value for every entry and scalar, drawn when first asked for."""

    def __init__(
        self, sizes: dict[str, int], rows_sum_to_one: Any = (), seed: int = 0, largest: dict[Any, Any] | None = None
    ):
        self.sizes, self._rows = sizes, frozenset(rows_sum_to_one)
        self._seed = seed
        self._largest = largest or {}  # the names of choices that are the place of the largest entry, and of what
        self.values: dict[Any, Any] = {}

    def _draw(self, key: Any, positive: bool) -> Any:
        if key not in self.values:
            numerator = random.Random(f"{self._seed} {key}").randint(1, 300)
            sign = 1 if positive or numerator % 2 else -1
            self.values[key] = CONTEXT.mpf(sign * numerator) / 128
        return self.values[key]

    def entry(self, label: Expr, places: tuple[int, ...], last_size: int) -> Any:
        """Return the value of an entry of a variable."""
        name = str(label)
        if name in self._rows:  # probabilities
            row = [self._draw((name, (*places[:-1], k)), positive=True) for k in range(1, last_size + 1)]
            return row[places[-1] - 1] / CONTEXT.fsum(row)
        return self._draw((name, places), bool(label.is_positive))

    def scalar(self, symbol: Expr) -> Any:
        """Return the value of a scalar, or the size that the symbol names."""
        if symbol.name in self.sizes:
            return CONTEXT.mpf(self.sizes[symbol.name])
        return self._draw(symbol, bool(symbol.is_positive))

    def size(self, size: Expr) -> int:
        """Return the number that a size stands for."""
        return int(size) if size.is_Integer else self.sizes[size.name]

    def pick(self, name: Any, size: int, places: tuple[int, ...]) -> int:
        """Return the value of a choice."""
        if name in self._largest:
            e, index, rows = self._largest[name]
            at = dict(zip(rows, places, strict=True))
            return max(range(1, size + 1), key=lambda k: evaluate(e, self, {**at, index: k}))
        return random.Random(f"{self._seed} {name} {places}").randint(1, size)


def evaluate(e: Expr, point: Point, places: dict[Expr, int], sums: dict[Any, Any] | None = None) -> Any:
    """Return the value of the expression where its free indices have the given values.

    `sums` keeps the sums met so far at this point, to be handed on while its values stay as they are.
    """
    known: dict[Expr, Any] = {}
    met = {} if sums is None else sums

    def value(e: Expr) -> Any:
        if e not in known:
            known[e] = _total(e, point, places, met) if isinstance(e, Total) else _value(e, point, places, value)
        return known[e]

    return value(e)


def _total(e: Total, point: Point, places: dict[Expr, int], sums: dict[Any, Any]) -> Any:
    """Return the value of a sum, which is the same wherever the indices that occur in it are."""
    if e not in sums:
        sums[e] = [i for i in e.free_symbols if isinstance(i, Index)]
    key = (e, *(places[i] for i in sums[e]))
    if key not in sums:
        values = range(1, point.size(e.index.size) + 1)
        sums[key] = CONTEXT.fsum(evaluate(e.term, point, {**places, e.index: i}, sums) for i in values)
    return sums[key]


def _value(e: Expr, point: Point, places: dict[Expr, int], value: Any) -> Any:
    if e.is_Rational:
        return CONTEXT.mpf(int(e.p)) / int(e.q)
    if isinstance(e, sp.Indexed):
        at = tuple(int(value(i)) for i in e.indices)
        return point.entry(e.base.label, at, point.size(e.base.shape[-1]))
    if isinstance(e, Index):
        return places[e]
    if e.is_Symbol:
        return point.scalar(e)
    if e.is_Add:
        return CONTEXT.fsum(map(value, e.args))
    if e.is_Mul:
        return CONTEXT.fprod(map(value, e.args))
    if e.is_Pow:
        return CONTEXT.power(value(e.base), value(e.exp))
    if e is sp.E:
        return CONTEXT.e
    if isinstance(e, sp.exp):
        return CONTEXT.exp(value(e.args[0]))
    if isinstance(e, sp.log):
        return CONTEXT.log(value(e.args[0]))
    if isinstance(e, sp.KroneckerDelta):
        return CONTEXT.mpf(value(e.args[0]) == value(e.args[1]))
    if isinstance(e, IsZero):
        return CONTEXT.mpf(abs(value(e.args[0])) < TOLERANCE)
    if isinstance(e, Pick):
        return point.pick(e.args[0], point.size(e.size), tuple(int(value(i)) for i in e.args[2:]))
    raise UnsupportedError(f"{type(e).__name__} has no value")


def index_values(indices: tuple[Expr, ...], point: Point) -> Iterator[dict[Expr, int]]:
    """Every choice of values of the indices."""
    for values in itertools.product(*(range(1, point.size(i.size) + 1) for i in indices)):
        yield dict(zip(indices, values, strict=True))


def counterexample(a: Expr, b: Expr, indices: tuple[Expr, ...], point: Point) -> str | None:
    """Where a and b differ, in words; None if they agree at this point for all index values."""
    sums: dict[Any, Any] = {}
    for places in index_values(indices, point):
        left, right = (evaluate(e, point, places, sums) for e in (a, b))
        if abs(left - right) > TOLERANCE * (1 + abs(left)):
            where = ", ".join(
                f"{name} = {value}" for name, value in (*point.sizes.items(), *((i.name, v) for i, v in places.items()))
            )
            return f"at {where}: {CONTEXT.nstr(left, 8)} is not {CONTEXT.nstr(right, 8)}"
    return None
