"""The terms that entries of symbolic arrays are made of, and their derivative.

Conventions
-----------
An entry is a SymPy expression in the entries of variables (`Indexed`, such as z[i, k]), scalars
(`Symbol`), `KroneckerDelta`, exp, log, and the terms defined here:

Index    one of 1..size, a name that no other index has
Total    the sum over an index. (SymPy's own Sum differentiates and substitutes wrongly where names
         of indices coincide, and is slow.)
Pick     an index chosen by data: the label of row i, or the place of its largest logit
IsZero   1 where its argument is 0, else 0

Every sum is made by `total`, with an index of its own. So no two sums bind the same name, and
neither a derivative nor a substitution can capture one.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import sympy as sp

Expr = Any
Size = Any


class SymbolicError(Exception):
    """Something that cannot be said or settled about symbolic arrays."""


class ShapeError(SymbolicError):
    """Sizes or ranges of indices that do not agree."""


class UnsupportedError(SymbolicError):
    """An operation that has no exact meaning for arrays of symbolic size."""


class UndecidedError(SymbolicError):
    """A term that the rules cannot take apart: it is neither proved nor refuted."""


class Index(sp.Dummy):  # type: ignore[misc]
    """An index that runs from 1 to its size."""

    size: Size

    def __new__(cls, name: str, size: Size) -> Index:
        """Make an index that is equal to no other, whatever its name."""
        index: Index = super().__new__(cls, name, integer=True)
        index.size = sp.sympify(size)
        return index


class Total(sp.Expr):  # type: ignore[misc]
    """The sum of a term over all values of an index."""

    is_real = True
    is_number = False

    def __new__(cls, term: Expr, index: Index) -> Total:
        """Sum the term over the index, which must be of no other sum."""
        made: Total = super().__new__(cls, sp.sympify(term), index)
        return made

    @property
    def term(self) -> Expr:
        """What is summed."""
        return self.args[0]

    @property
    def index(self) -> Index:
        """What it is summed over."""
        bound: Index = self.args[1]
        return bound

    @property
    def free_symbols(self) -> set[Expr]:
        """The symbols of the term but the index."""
        free: set[Expr] = self.args[0].free_symbols - {self.args[1]}
        return free


class Pick(sp.Function):  # type: ignore[misc]
    """`Pick(name, size, *indices)`: one of 1..size for each value of the indices, chosen by data."""

    is_integer = True

    @property
    def size(self) -> Size:
        """The number of values it may take."""
        return self.args[1]

    @classmethod
    def fresh(cls, name: str, size: Size, *indices: Expr) -> Expr:
        """Return a choice of which nothing is known, other than any made before."""
        return cls(sp.Symbol(f"{name}{next(_fresh)}"), size, *indices)


class IsZero(sp.Function):  # type: ignore[misc]
    """1 where the argument is 0, else 0."""

    is_integer = True

    @classmethod
    def eval(cls, x: Expr) -> Expr | None:
        """Decide numbers at once."""
        return sp.Integer(x == 0) if x.is_Number else None


_fresh = itertools.count(1)


def fits(index: Expr, size: Size) -> bool:
    """Whether the index runs over an axis of the size, or is a number that every such axis has."""
    if index.is_Integer:
        return bool(1 <= index <= (size if size.is_Integer else 1))
    return bool(index.size == size)


def same_range(a: Expr, b: Expr) -> bool:
    """Whether two indices run over the same axis, so that they may be compared or exchanged."""
    if a.is_Integer:
        return b.is_Integer or fits(a, b.size)
    return fits(b, a.size)


def equal_index(a: Expr, b: Expr) -> Expr:
    """1 where the indices are equal, else 0."""
    if not same_range(a, b):
        raise ShapeError(f"indices of different ranges are compared: {a} and {b}")
    return sp.KroneckerDelta(a, b)


def total(term: Callable[[Expr], Expr], size: Size) -> Expr:
    """Return the sum of term(k) over k = 1..size, the only way in which sums are made."""
    size = sp.sympify(size)
    if size.is_Integer:
        return sp.Add(*(term(sp.Integer(k)) for k in range(1, int(size) + 1)))
    k = Index("k", size)
    return Total(term(k), k)


def derivative(e: Expr, v: Expr) -> Expr:
    """Return the partial derivative of e in the entry or scalar v, all choices (`Pick`, `IsZero`) held fixed."""
    known: dict[Expr, Expr] = {}

    def of(e: Expr) -> Expr:
        if e not in known:
            known[e] = _rule(e, v, of)
        return known[e]

    return of(e)


def _rule(e: Expr, v: Expr, of: Callable[[Expr], Expr]) -> Expr:
    if e == v:
        return sp.S.One
    if isinstance(e, sp.Indexed):
        if not isinstance(v, sp.Indexed) or e.base != v.base:
            return sp.S.Zero
        return sp.Mul(*(equal_index(i, j) for i, j in zip(e.indices, v.indices, strict=True)))
    if e.is_Symbol or e.is_Number or e is sp.E or isinstance(e, (sp.KroneckerDelta, Pick)):
        return sp.S.Zero
    if isinstance(e, sp.Add):
        return sp.Add(*map(of, e.args))
    if isinstance(e, sp.Mul):
        factors = e.args
        return sp.Add(*(of(f) * sp.Mul(*factors[:i], *factors[i + 1 :]) for i, f in enumerate(factors)))
    if isinstance(e, sp.Pow) and e.exp.is_Rational:
        return e.exp * e.base ** (e.exp - 1) * of(e.base)
    if isinstance(e, sp.exp):
        return e * of(e.args[0])
    if isinstance(e, sp.log):
        return of(e.args[0]) / e.args[0]
    if isinstance(e, Total):
        slope = of(e.term)
        return sp.S.Zero if slope == 0 else Total(slope, e.index)
    if isinstance(e, IsZero) and of(e.args[0]) == 0:
        return sp.S.Zero
    raise UnsupportedError(f"no derivative of {type(e).__name__} is known")
