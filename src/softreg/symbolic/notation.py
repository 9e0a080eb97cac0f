"""Expressions as text that reads like the page: z_ik, sum_j exp(z_j), [i = j]."""

from __future__ import annotations

from typing import Any

import sympy as sp
from sympy.printing.str import StrPrinter

from softreg.symbolic.terms import Expr, Index

NAMES = "jklpqrstuvabcefgh"


class _Printer(StrPrinter):  # type: ignore[misc]
    printmethod = "_softreg"  # so that no class prints itself

    def __init__(self, names: dict[Expr, str]):
        super().__init__()
        self._names = names
        self._taken = set(names.values())

    def _name(self, i: Expr) -> str:
        if i not in self._names:
            name = next((c for c in NAMES if c not in self._taken), f"i{len(self._taken)}")
            self._names[i] = name
            self._taken.add(name)
        return self._names[i]

    def _print_Dummy(self, e: Any) -> str:  # noqa: N802 - SymPy's name
        return self._name(e) if isinstance(e, Index) else str(e.name)

    _print_Index = _print_Dummy  # noqa: N815

    def _print_Indexed(self, e: Any) -> str:  # noqa: N802
        return f"{e.base.label}_{''.join(self._print(i) for i in e.indices)}"

    def _print_exp(self, e: Any) -> str:
        return f"exp({self._print(e.args[0])})"

    def _print_KroneckerDelta(self, e: Any) -> str:  # noqa: N802
        return f"[{self._print(e.args[0])} = {self._print(e.args[1])}]"

    def _print_Pick(self, e: Any) -> str:  # noqa: N802
        places = "".join(self._print(i) for i in e.args[2:])
        return f"{str(e.args[0]).split('_')[0]}{'_' if places else ''}{places}"

    def _print_Total(self, e: Any) -> str:  # noqa: N802
        text = f"sum_{self._name(e.index)}({self._print(e.term)})"
        self._taken.discard(self._names.pop(e.index))  # the name is free again outside
        return text

    def _print_IsZero(self, e: Any) -> str:  # noqa: N802
        return f"[{self._print(e.args[0])} = 0]"


def spelled(e: Expr, indices: tuple[Expr, ...] = ()) -> str:
    """Return the expression as text; its free indices keep their names."""
    text: str = _Printer({i: i.name for i in indices if isinstance(i, Index)}).doprint(sp.sympify(e))
    return text
