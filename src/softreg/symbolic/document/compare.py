"""Whether two values are equal: proved by the normal form, or refuted with 40 digits, or neither."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import sympy as sp

from softreg.symbolic import numeric
from softreg.symbolic.document.plain import in_words
from softreg.symbolic.normal import Normal
from softreg.symbolic.terms import Expr, Index, Pick, Total, UndecidedError, UnsupportedError

Counterexample = dict[str, Any]
SIZES = ((3, 2, 4, 5, 1), (2, 3, 1, 4, 5), (4, 3, 2, 1, 5))  # all different, so that no two are confused
MOST_LETTERS = 12
_SIGNS = (sp.S.One, sp.S.NegativeOne)
LARGE = numeric.CONTEXT.mpf(10) ** 60


@dataclass(frozen=True)
class Outcome:
    """What became of an equation: true, true-if, false or undecided."""

    verdict: str
    assumptions: tuple[str, ...] = ()
    counterexample: Counterexample | None = None
    reason: str = ""

    @property
    def holds(self) -> bool:
        """Whether it is true, perhaps under assumptions."""
        return self.verdict in ("true", "true-if")


@dataclass(frozen=True)
class Facts:
    """What may be assumed of the letters, if need be."""

    sums: Mapping[str, Fraction] = field(default_factory=dict)  # what targets sum to over the classes
    one_hot: bool = False
    last: tuple[tuple[Expr, str], ...] = ()  # indices that stand for the last of a range
    classes: Expr = None
    labels: tuple[Expr, ...] = ()  # indices that name the true class
    zeros: Mapping[str, tuple[int, Expr]] = field(default_factory=dict)  # letters that are 0 where this index is that
    signs: tuple[str, ...] = ()  # labels that are 1 or -1
    largest: Mapping[Expr, tuple[Expr, Expr, tuple[Expr, ...]]] = field(default_factory=dict)  # see numeric.Point


def compare(a: Expr, b: Expr, facts: Facts, apart: Iterable[tuple[Expr, Expr]] = ()) -> Outcome:
    """Decide a = b for all values of the free indices, but for those where a pair kept apart is equal."""
    apart = tuple(apart)
    if _is_root(a) and _is_root(b):
        a, b = a.base, b.base  # two roots are equal if, and only if, what they are of is
    difference = a - b
    for i, j in apart:
        difference = difference * (1 - sp.KroneckerDelta(i, j))
    reason = ""
    try:
        if _is_zero(difference, ()):
            return Outcome("true")
    except UndecidedError as error:
        reason = str(error)
    a, b, difference = (_scaled(e, facts) for e in (a, b, difference))
    try:
        used: set[str] = set()
        if facts.sums and _is_zero(difference, tuple(facts.sums), used):
            needed = ((y, value) for y, value in facts.sums.items() if f"rows of {y} sum to 1" in used)
            return Outcome("true-if", tuple(dict.fromkeys(total_told(y, value) for y, value in needed)))
    except UndecidedError as error:
        reason = str(error)
    found = refute(a, b, facts, apart)
    if found is not None:
        for label in (None, *facts.labels) if facts.one_hot and facts.sums else ():
            if _is_zero_one_hot(difference, facts, label):
                at = "" if label is None else f" at {label.name}"
                return Outcome("true-if", tuple(dict.fromkeys(in_words(f"{y} is one-hot{at}") for y in facts.sums)))
        if facts.signs and _is_zero_for_signs(difference, facts):
            return Outcome("true-if", tuple(f"{y} is 1 or -1" for y in facts.signs))
        if facts.one_hot and facts.sums and any(map(_is_root, difference.atoms(sp.Pow))):
            return Outcome("undecided", reason="a root of a sum is not evaluated for targets that are one-hot")
        return Outcome("false", counterexample=found)
    return Outcome("undecided", reason=in_words(reason) or "neither proved nor refuted")


def _is_root(e: Expr) -> bool:
    """Whether this is the root of something other than a letter."""
    return isinstance(e, sp.Pow) and e.exp == sp.Rational(1, 2) and not e.base.is_Symbol


def total_told(letter: str, value: Fraction | int) -> str:
    """Return what is assumed of the sum of a letter."""
    return f"sum_k {letter.removesuffix('_rows')}_k = {value}"


def _scaled(e: Expr, facts: Facts) -> Expr:
    """Write what sums to c as c times what sums to 1."""
    factor = {y: sp.Rational(c.numerator, c.denominator) for y, c in facts.sums.items() if c != 1}
    entries = [x for x in e.atoms(sp.Indexed) if str(x.base.label) in factor] if factor else []
    return e.xreplace({x: factor[str(x.base.label)] * x for x in entries})


def _is_zero(e: Expr, rows: tuple[str, ...], used: set[str] | None = None) -> bool:
    """Whether e is proved to be 0; `used` then names the facts that it takes."""
    normal = Normal(rows)
    if normal.equal(e, sp.S.Zero):
        if used is not None:
            used |= normal.used
        return True
    parts = _term_by_term(e)
    return bool(parts) and all(_is_zero(part, rows, used) for part in parts)


def _term_by_term(e: Expr) -> list[Expr]:
    """Return what makes e 0 where it is 0: a term of the sums over each range, and the rest; nothing without sums."""
    rest = sp.S.Zero
    terms: dict[Expr, Expr] = {}
    indices: dict[Expr, Expr] = {}
    for term in sp.Add.make_args(sp.expand_mul(contracted(e), deep=False)):
        factors = sp.Mul.make_args(term)
        sums = [f for f in factors if isinstance(f, Total)]
        if not sums:
            rest = rest + term
            continue
        if len(sums) > 1:
            return []
        size = sums[0].index.size
        index = indices.setdefault(size, Index("t", size))
        inner = sp.Mul(*(f for f in factors if f is not sums[0])) * sums[0].term.xreplace({sums[0].index: index})
        terms[size] = terms.get(size, sp.S.Zero) + inner
    return [*terms.values(), rest] if terms else []


def contracted(e: Expr) -> Expr:
    """Replace each sum of a_k where k = i by a_i."""
    found = {}
    for whole in e.atoms(Total):
        for delta in sp.Mul.make_args(whole.term):
            others = [i for i in delta.args if i != whole.index] if isinstance(delta, sp.KroneckerDelta) else []
            if len(others) == 1 and getattr(others[0], "size", None) == whole.index.size:
                found[whole] = whole.term.xreplace({whole.index: others[0]})
                break
    return e.xreplace(found)


def _is_zero_one_hot(e: Expr, facts: Facts, given: Expr | None) -> bool:
    """Whether e is 0 where each row of the targets is 1 at one class, whichever, and 0 elsewhere."""
    other = one_hot_at(e, facts, given)
    try:
        return other != e and _is_zero(other, ())
    except UndecidedError:
        return False


def _is_zero_for_signs(e: Expr, facts: Facts) -> bool:
    """Whether e is 0, term by term of its sums, where the one label in each term is 1, and where it is -1."""
    for part in _term_by_term(e) or [e]:
        labels = {x for x in part.atoms(sp.Indexed) if str(x.base.label) in facts.signs}
        labels = labels or {x for x in part.free_symbols if str(x) in facts.signs}
        try:
            if len(labels) > 1 or not all(_is_zero(part.xreplace(dict.fromkeys(labels, s)), ()) for s in _SIGNS):
                return False
        except UndecidedError:
            return False
    return True


def one_hot_at(e: Expr, facts: Facts, given: Expr | None) -> Expr:
    """Return e for targets that are 1 at one class, that which is given or else any, and 0 elsewhere."""
    labels: dict[Any, Expr] = {}
    replaced = {}
    rows_of = {x.indices[:-1] for x in e.atoms(sp.Indexed) if str(x.base.label) in facts.sums}
    bound = {t.index for t in e.atoms(Total)}
    one = len(rows_of) == 1 and not bound & set(*rows_of)  # all is about one row
    for entry in e.atoms(sp.Indexed):
        name = str(entry.base.label)
        if name in facts.sums:
            *rows, k = entry.indices
            if given is not None and given.size != entry.base.shape[-1]:
                return e  # an index of something else
            key = (name, len(rows))
            labels.setdefault(key, Pick.fresh("c", entry.base.shape[-1]) if rows else Index("c", entry.base.shape[-1]))
            label = (
                given
                if given is not None and (one or not rows)
                else Pick(labels[key].args[0], entry.base.shape[-1], *rows)
                if rows
                else labels[key]
            )
            replaced[entry] = sp.KroneckerDelta(k, label)
    return e.xreplace(replaced)


def refute(
    a: Expr,
    b: Expr,
    facts: Facts,
    apart: tuple[tuple[Expr, Expr], ...] = (),
    where: Expr = 1,
    most: int | None = None,
) -> Counterexample | None:
    """Return a place where a and b differ, and `where` is positive; None if none is found, which proves nothing.

    All places are looked at, or so many drawn ones.
    """
    lasts = dict(facts.last)
    choices = SIZES if where == 1 else SIZES * 4
    for sizes, places, (left, right, kept), seed in _places((a, b, sp.sympify(where)), facts, choices, most):
        if kept <= 0 or any(places.get(i, i) == places.get(j, j) for i, j in apart):
            continue
        if abs(left - right) > numeric.TOLERANCE * (1 + abs(left) + abs(right)):
            text = numeric.CONTEXT.nstr
            return {
                "sizes": sizes,
                "indices": {i.name: v for i, v in places.items() if i not in lasts},
                "left": text(left, 8),
                "right": text(right, 8),
                "difference": text(left - right, 8),
                "letters": _drawn((a, b), facts, _point(sizes, facts, seed), places),
            }
    return None


def _point(sizes: dict[str, int], facts: Facts, seed: int) -> numeric.Point:
    largest = {name: (_zeroed(e, facts.zeros), index, rows) for name, (e, index, rows) in facts.largest.items()}
    return numeric.Point(sizes, tuple(facts.sums), seed, largest)


def _drawn(values: tuple[Expr, ...], facts: Facts, point: numeric.Point, places: dict[Expr, int]) -> dict[str, str]:
    """Return the values that the letters have at a place, at most a dozen of them."""
    for e in values:
        numeric.evaluate(_zeroed(e, facts.zeros), point, places)
    entries = {key: value for key, value in point.values.items() if isinstance(key, tuple)}
    drawn = {}
    for key, value in sorted(point.values.items(), key=str)[:MOST_LETTERS]:
        name, at = key if isinstance(key, tuple) else (key, ())
        if name in facts.sums:
            row = (v for (other, place), v in entries.items() if other == name and place[:-1] == at[:-1])
            value = value / numeric.CONTEXT.fsum(row)
        letter = str(name).removesuffix("_rows")
        drawn[f"{letter}_{''.join(map(str, at))}" if at else letter] = numeric.CONTEXT.nstr(value, 3)
    return drawn


def signs(e: Expr, facts: Facts, points: int = 3, most: int = 2) -> set[int]:
    """Return the signs that a value has where it was looked at: at so many points, at most so many entries of each."""
    found: set[int] = set()
    sizes = tuple((2 + seed // 3 % 2,) * 9 for seed in range(points))
    for _, _, (value,), _ in _places((e,), facts, sizes, most):
        found.add(int(numeric.CONTEXT.sign(numeric.CONTEXT.chop(value))))
        if found >= {1, -1}:
            break
    return found


def in_proportion(a: Expr, b: Expr, own: Iterable[Any], facts: Facts) -> bool:
    """Whether the quotient of two values was the same for all values of some indices, wherever it was looked at."""
    own = set(own)
    first: dict[Any, Any] = {}
    for _, places, (top, bottom), seed in _places((a, b), facts, ((3,) * 9, (3,) * 9)):
        if abs(bottom) < numeric.TOLERANCE:
            continue
        at = (seed, *((i, place) for i, place in places.items() if i not in own))
        known = first.setdefault(at, top / bottom)
        if abs(top / bottom - known) > numeric.TOLERANCE * (1 + abs(known)):
            return False
    return True


def _places(
    values: tuple[Expr, ...], facts: Facts, choices: tuple[tuple[int, ...], ...], most: int | None = None
) -> Iterator[tuple[dict[str, int], dict[Expr, int], list[Any], int]]:
    """Yield sizes, values of the free indices (if asked for, of a few drawn ones), usable values, and the seed."""
    lasts = dict(facts.last)
    values = tuple(_zeroed(e, facts.zeros) for e in values)
    found = set().union(*map(_free_indices, values))
    free = sorted((i for i in found if i not in lasts), key=lambda i: (i.name, i.dummy_index))
    for seed, choice in enumerate(choices):
        sizes = _sizes(values, facts, choice)
        point = _point(sizes, facts, seed)
        sums: dict[Any, Any] = {}
        everywhere: Iterable[dict[Any, int]] = numeric.index_values(tuple(free), point)
        if most is not None:
            everywhere = list(everywhere)
            everywhere = random.Random(seed).sample(everywhere, min(most, len(everywhere)))
        for places in everywhere:
            places |= {i: point.sizes.get(name, 1) for i, name in lasts.items()}
            try:
                at = [numeric.evaluate(e, point, places, sums) for e in values]
            except (ZeroDivisionError, OverflowError, ValueError, UnsupportedError):
                continue
            if all(map(_is_usable, at)):
                yield sizes, places, at, seed


def _zeroed(e: Expr, zeros: Mapping[str, tuple[int, Expr]]) -> Expr:
    entries = [x for x in e.atoms(sp.Indexed) if str(x.base.label) in zeros] if zeros else []
    places = {x: zeros[str(x.base.label)] for x in entries}
    return e.xreplace({x: x * (1 - sp.KroneckerDelta(x.indices[at], last)) for x, (at, last) in places.items()})


def _is_usable(value: Any) -> bool:
    context = numeric.CONTEXT
    return isinstance(value, context.mpf) and bool(context.isfinite(value)) and bool(abs(value) < LARGE)


def _free_indices(e: Expr) -> set[Any]:
    return {i for i in e.free_symbols if isinstance(i, Index)}


def _sizes(values: Iterable[Expr], facts: Facts, choice: tuple[int, ...]) -> dict[str, int]:
    """Give each size a number, all different: the classes first."""
    names: set[str] = set()
    for e in values:
        for part in sp.preorder_traversal(e):
            if isinstance(part, Total):
                names |= {s.name for s in part.index.size.free_symbols}
            elif isinstance(part, sp.Indexed):
                names |= {s.name for size in part.base.shape for s in size.free_symbols}
            elif isinstance(part, Index):
                names |= {s.name for s in part.size.free_symbols}
            elif isinstance(part, sp.Symbol) and part.is_integer and part.is_positive:
                names.add(part.name)
            elif isinstance(part, Pick):
                names |= {s.name for s in part.size.free_symbols}
    names |= {name for _, name in facts.last}
    classes = str(facts.classes)
    ordered = sorted(names, key=lambda s: (s != classes, s))
    return dict(zip(ordered, (*choice, *range(6, 6 + len(ordered))), strict=False))
