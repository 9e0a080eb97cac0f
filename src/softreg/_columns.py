"""Where the columns of X are and how far they spread: what a solver needs to see them in its own units."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from softreg._arrays import Array, first_true, is_array
from softreg._blocks import Rows, squared, transposed_times
from softreg.errors import InputError, PrecisionWarning, warn

LOST = 0.01  # share of a column's spread that rounding of its numbers may be without a warning
FAR = 100.0  # offsets, in units of spread, from which a product with X loses digits that the fit needs


class Columns(NamedTuple):
    """Weighted moments of the columns, each of shape (d,)."""

    centre: Array | None  # the means; None stands for 0
    spread: Array  # mean squares around the centre; 0 where rounding is all there is
    far: bool  # whether some mean is large beside the spread around it


def columns(rows: Rows, w: Array | None, count: float, wide: Any, *, centred: bool) -> Columns:
    """Moments of the columns in the dtype `wide`: around their means, or around 0.

    Raises `InputError` where a column's squares overflow, or vanish although the column does not.
    """
    xp = rows.xp
    squares, centre = (
        sums / count for sums in _sums(rows, w, wide, lambda X: (_square(X, wide, xp), _widened(X, wide, xp)))
    )
    bad = first_true(~xp.isfinite(squares), xp)
    if bad is None and bool(xp.any(squares == 0)):
        (sizes,) = _sums(rows, w, wide, lambda X: (abs(X),))
        bad = first_true((squares == 0) & (sizes > 0), xp)
    if bad is not None:
        name, size = named(bad[0], rows.names), "large" if float(squares[bad]) else "small"
        (plain,) = _sums(rows, None, wide, lambda X: (_square(X, wide, xp),))
        if 0 < float(plain[bad]) < float("inf"):
            raise InputError(
                f"some weights are too {size}, beside the others, for the rows in which {name} is not 0; "
                "bring them nearer together, or leave these rows out."
            )
        raise InputError(f"the numbers in {name} are too {size} to be squared; scale the column.")
    if not centred:
        return Columns(None, squares, _are_far(centre, squares - centre * centre, xp))
    eps = float(xp.finfo(wide).eps)
    if rows.sparse:  # centred, it would not be sparse; but all zeros of a column are equally far from its centre
        near, kept = _sums(rows, w, wide, lambda X: _around(_widened(X, wide, xp), centre))
        zeros = xp.where(np.bincount(rows.X.indices, minlength=rows.d) < rows.n, xp.maximum(count - kept, 0), 0)
        spread = (near + zeros * centre * centre) / count
    else:
        spread = _sums(rows, w, wide, lambda X: (_square(_widened(X, wide, xp) - centre, wide, xp),))[0] / count
    spread = xp.where(spread > 64 * rows.n * eps**2 * squares, spread, 0)
    return Columns(centre, spread, _are_far(centre, spread, xp))


def _are_far(centre: Array, spread: Array, xp: Any) -> bool:
    return bool(xp.any((spread > 0) & (centre * centre > FAR * FAR * spread)))


def warn_of_offsets(found: Columns, dtype: Any, xp: Any, names: Any = None) -> None:
    """Warn of columns so far from 0 that rounding has left little of their variation (F65)."""
    if found.centre is None:
        return
    eps = float(xp.finfo(dtype).eps)
    ratio = xp.abs(found.centre) / xp.sqrt(xp.where(found.spread > 0, found.spread, xp.inf))
    lost = ratio * eps > LOST
    at = first_true(lost, xp)
    if at is None:
        return
    j, worst = at[0], float(ratio[at[0]])
    others = int(xp.sum(xp.astype(lost, xp.int64))) - 1
    more = f", and {others} more columns like it" if others else ""
    kind = f"float{xp.finfo(dtype).bits}"
    warn(
        f"{named(j, names)} has mean/std = {worst:.0e}{more}; {kind} keeps about "
        f"{max(0, round(-math.log10(worst * eps)))} digits of its variation. Subtract the mean before X is made "
        f"{kind}{', or use float64' if kind == 'float32' else ''}.",
        PrecisionWarning,
    )


def named(j: int, names: Any) -> str:
    """Return what a message calls a column."""
    return f"column {j} of X" if names is None else f"column {names[j]!r}"


def _widened(X: Any, wide: Any, xp: Any) -> Any:
    """The block in the dtype `wide`: of a million rows, sums in float32 keep four digits of an offset."""
    return xp.astype(X, wide, copy=False) if is_array(X) else X.astype(wide)


def _square(X: Any, wide: Any, xp: Any) -> Any:
    """The block with each number squared, in the dtype `wide`: float32 would overflow at 1e19."""
    return squared(_widened(X, wide, xp))


def _around(X: Any, centre: Array) -> tuple[Any, Any]:
    """The squares of the stored numbers of a sparse block around the centre, and 1 for each that is stored."""
    squares, ones = X.copy(), X.copy()
    squares.data = (X.data - centre[X.indices]) ** 2
    ones.data[:] = 1
    return squares, ones


def _sums(rows: Rows, w: Array | None, wide: Any, of_block: Callable[[Any], tuple[Any, ...]]) -> list[Array]:
    """sum_i w_i f(x_ij) for each column j and each f; `of_block` gives the fs of a block."""
    xp = rows.xp
    sums: list[Array] = []
    for part in rows.slices(rows.stored):
        weights = xp.ones(part.stop - part.start, dtype=rows.dtype, device=rows.device) if w is None else w[part]
        found = [
            xp.astype(transposed_times(x, xp.astype(weights, x.dtype, copy=False), xp=xp), wide, copy=False)
            for x in of_block(rows.block(part))
        ]
        sums = [a + b for a, b in zip(sums, found, strict=True)] if sums else found
    return sums
