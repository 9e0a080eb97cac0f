"""Which expressions are built of parts that are not negative: squares, exponentials, declared signs."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import dataclass

import sympy as sp

from softreg.symbolic.terms import Expr, Index, Pick, Total, same_range


@dataclass(frozen=True)
class Sign:
    """An entry that is assumed not to be negative, for all values of its indices."""

    statement: str
    indices: tuple[Expr, ...]
    entry: Expr

    def covers(self, e: Expr) -> bool:
        """Whether e is the entry at some indices."""
        found = sorted((i for i in e.atoms(Index, Pick)), key=str)
        for places in itertools.product(found, repeat=len(self.indices)):
            if (
                all(map(same_range, self.indices, places))
                and self.entry.xreplace(dict(zip(self.indices, places, strict=True))) == e
            ):
                return True
        return False


def may_be_negative(e: Expr, signs: Iterable[Sign], used: set[str]) -> Expr | None:
    """Return a part that is not known to be nonnegative; None if all are, by the signs that `used` then names."""
    signs = tuple(signs)
    for sign in signs:
        if sign.covers(e):
            used.add(sign.statement)
            return None
    if e.is_Number or e.is_Symbol or isinstance(e, sp.Indexed):
        sign_of = e.base.label if isinstance(e, sp.Indexed) else e
        if sign_of.is_nonnegative and not e.is_Number and not sign_of.is_integer:
            used.add(f"{sign_of} >= 0")
        return None if sign_of.is_nonnegative else e
    if isinstance(e, (sp.exp, sp.KroneckerDelta)):
        return None
    if isinstance(e, sp.Pow) and e.exp.is_Integer:
        return None if e.exp % 2 == 0 else may_be_negative(e.base, signs, used)
    if isinstance(e, Total):
        return may_be_negative(e.term, signs, used)
    if isinstance(e, sp.Add) and len(e.args) == 2 and e.args[0] == 1 and isinstance(-e.args[1], sp.KroneckerDelta):
        return None  # 1 - delta
    if isinstance(e, (sp.Add, sp.Mul)):
        return next((bad for part in e.args if (bad := may_be_negative(part, signs, used)) is not None), None)
    return e
