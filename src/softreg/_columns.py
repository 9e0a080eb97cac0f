"""Where the columns of X are and how far they spread: what a solver needs to see them in its own units."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from softreg._arrays import Array, first_true, is_array
from softreg._blocks import Rows, squared, transposed_times
from softreg.errors import InputError

FAR = 100.0  # offsets, in units of spread, from which a product with X loses digits that the fit needs


class Columns(NamedTuple):
    """Weighted moments of the columns, each of shape (d,)."""

    centre: Array | None  # the means; None stands for 0
    spread: Array  # mean squares around the centre; 0 where rounding is all there is
    far: bool  # whether some mean is large beside the spread


def columns(rows: Rows, w: Array | None, count: float, wide: Any, *, centred: bool) -> Columns:
    """Moments of the columns in the dtype `wide`: around their means, or around 0.

    Raises `InputError` where a column's squares overflow, or vanish although the column does not.
    """
    xp = rows.xp
    squares, centre = (sums / count for sums in _sums(rows, w, wide, lambda X: (_square(X, wide, xp), X)))
    bad = ~xp.isfinite(squares)
    if bool(xp.any(squares == 0)):
        (sizes,) = _sums(rows, w, wide, lambda X: (abs(X),))
        bad |= (squares == 0) & (sizes > 0)
    bad = first_true(bad, xp)
    if bad is not None:
        size = "large" if float(squares[bad]) else "small"
        raise InputError(f"the numbers in column {bad[0]} of X are too {size} to be squared; scale the column.")
    if not centred:
        return Columns(None, squares, False)
    if rows.sparse:  # centred, it would not be sparse
        spread, noise = squares - centre * centre, 64 * float(xp.finfo(wide).eps)
    else:
        c = xp.astype(centre, rows.dtype)
        spread = _sums(rows, w, wide, lambda X: (_square(X - c, wide, xp),))[0] / count
        noise = 64 * rows.n * float(xp.finfo(rows.dtype).eps) ** 2
    spread = xp.where(spread > noise * squares, spread, 0)
    far = (spread > 0) & (centre * centre > FAR * FAR * spread)
    return Columns(centre, spread, not rows.sparse and bool(xp.any(far)))


def _square(X: Any, wide: Any, xp: Any) -> Any:
    """The block with each number squared, in the dtype `wide`: float32 would overflow at 1e19."""
    if not is_array(X):
        return squared(X.astype(wide))
    return squared(xp.astype(X, wide, copy=False))


def _sums(rows: Rows, w: Array | None, wide: Any, of_block: Callable[[Any], tuple[Any, ...]]) -> list[Array]:
    """sum_i w_i f(x_ij) for each column j and each f; `of_block` gives the fs of a block."""
    xp = rows.xp
    sums: list[Array] = []
    for part in rows.slices(rows.d):
        weights = xp.ones(part.stop - part.start, dtype=rows.dtype, device=rows.device) if w is None else w[part]
        found = [
            xp.astype(transposed_times(x, xp.astype(weights, x.dtype, copy=False), xp=xp), wide, copy=False)
            for x in of_block(rows.block(part))
        ]
        sums = [a + b for a, b in zip(sums, found, strict=True)] if sums else found
    return sums
