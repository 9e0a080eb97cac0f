"""What normal forms are made of: polynomials in atoms.

Conventions
-----------
Polynomial   {monomial: rational coefficient}, no coefficient 0
Monomial     ((atom, exponent), ...) in the order of the atoms' keys, no exponent 0
Atom         one of the kinds below; two atoms are equal just if they are the same object
Place        an index: a variable, a number, a bound index of a sum, or a choice (`Pick`)

    kind      data                        meaning
    symbol    name                        a scalar or a size
    entry     name, places                z[i, k]
    exp       monomial                    e to the power of the monomial
    log       atom or prime number        its logarithm
    delta     place, place                1 where they are equal, else 0
    zero      polynomial                  1 where it is 0, else 0
    sum       bound places, monomial      the sum over the bound places
    base      polynomial                  a sum of terms that is divided by, or whose log is taken

Keys are text that spells an atom out; the order of keys is the order of atoms. A bound index is
named after the height of its sum, one more than that of any sum within, and so never captures.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

Number = int | Fraction
Monomial = tuple[tuple["Atom", Number], ...]
Polynomial = dict[Monomial, Number]


class Place:
    """An index, made by the functions below only, so that equal ones are the same object."""

    __slots__ = ("args", "free", "key", "kind", "size")

    def __init__(self, key: str, kind: str, size: Any, args: tuple[Place, ...], free: frozenset[Place]):
        self.key, self.kind, self.size, self.args = key, kind, size, args
        self.free = free if kind == "number" else free | {self}  # what it is made of, itself included


class Atom:
    """See the module; made by `atom` only."""

    __slots__ = ("data", "free", "height", "key", "kind", "positive")

    def __init__(self, kind: str, data: Any, key: str, free: frozenset[Place], height: int, positive: bool):
        self.kind, self.data, self.key, self.free = kind, data, key, free
        self.height, self.positive = height, positive


_places: dict[str, Place] = {}
_atoms: dict[str, Atom] = {}
_NONE: frozenset[Place] = frozenset()


def variable(key: str, size: Any) -> Place:
    """Return a free index, or one that is about to be summed over."""
    return _place(key, "variable", size)


def number(value: int) -> Place:
    """Return a definite index."""
    return _place(str(value), "number", value)


def bound(height: int, position: int, size: Any) -> Place:
    """Return an index bound by a sum of the given height."""
    return _place(f"#{height}.{position}:{size}", "bound", size)


def pick(name: str, size: Any, args: tuple[Place, ...]) -> Place:
    """Return a choice; see `softreg.symbolic.terms.Pick`."""
    key = f"{name}:{size}({','.join(a.key for a in args)})"
    return _place(key, "pick", size, args)


def _place(key: str, kind: str, size: Any, args: tuple[Place, ...] = ()) -> Place:
    if key not in _places:
        _places[key] = Place(key, kind, size, args, _NONE.union(*(a.free for a in args)))
    return _places[key]


def atom(kind: str, data: Any, positive: bool = False) -> Atom:
    """Return the one atom of this kind and these data."""
    if kind == "symbol":
        key, free, height = data, _NONE, -1
    elif kind == "entry":
        name, places = data
        key, free, height = f"{name}[{','.join(p.key for p in places)}]", _NONE.union(*(p.free for p in places)), -1
    elif kind == "delta":
        key, free, height = f"D({data[0].key},{data[1].key})", data[0].free | data[1].free, -1
    elif kind == "exp":
        key, free, height = f"E({spell(data)})", free_of(data), height_of(data)
        positive = True
    elif kind == "log":
        key, free, height = f"L({data})", _NONE, -1
        if isinstance(data, Atom):
            key, free, height = f"L({data.key})", data.free, data.height
    elif kind == "sum":
        places, body = data
        key = f"S({','.join(p.key for p in places)}|{spell(body)})"
        free = frozenset(p for p in free_of(body) if p.free.isdisjoint(places))
        height = height_of(body) + 1
        positive = all(a.positive for a, _ in body)
    else:
        terms = dict(data)
        key = f"{kind}({'+'.join(f'{c}*{spell(m)}' for m, c in data)})"
        free = _NONE.union(*(free_of(m) for m in terms))
        height = max(map(height_of, terms))
        positive = kind == "base" and all(c > 0 and all(a.positive for a, _ in m) for m, c in data)
    if positive and kind in ("symbol", "entry"):  # not the same as one of unknown sign
        key = f"+{key}"
    if key not in _atoms:
        _atoms[key] = Atom(kind, data, key, free, height, positive)
    return _atoms[key]


def frozen(p: Polynomial) -> tuple[tuple[Monomial, Number], ...]:
    """Return the polynomial as data of an atom: terms in the order of their spelling."""
    return tuple(sorted(p.items(), key=lambda term: spell(term[0])))


def spell(m: Monomial) -> str:
    """Return the monomial as text."""
    return "*".join(f"{a.key}^{e}" for a, e in m)


def free_of(m: Monomial) -> frozenset[Place]:
    """Return the indices that are free in the monomial."""
    return _NONE.union(*(a.free for a, _ in m))


def height_of(m: Monomial) -> int:
    """Return the height of the highest sum within, -1 if there is none."""
    return max((a.height for a, _ in m), default=-1)


def monomial(powers: dict[Atom, Number]) -> Monomial:
    """Return the monomial of the given powers."""
    return tuple(sorted(((a, e) for a, e in powers.items() if e), key=lambda factor: factor[0].key))


def is_special(m: Monomial) -> bool:
    """Whether factors of the monomial rewrite others: a delta renames, an indicator annihilates."""
    return any(a.kind in ("delta", "zero") for a, _ in m)
