"""Columns that are sums of others: without a penalty, nothing chooses how they share a coefficient.

The fit is made in columns none of which is a sum of others, nor of the constant: a Hessian with more
could not be inverted. Then, of all coefficients that mean the same, those with the least sum of
squares are taken, as the limit of a vanishing penalty would.

A column counts as such a sum if less of its spread is its own than rounding could have made: of
its numbers, or of the sums over rows, which leave about 1e-7 of it. R's `lm` draws the line there too.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from softreg._arrays import Array, to_host
from softreg._blocks import ENOUGH_ROWS, Rows, dense
from softreg._curvature import unit_rows
from softreg._objective import Objective
from softreg._validation import moved

LARGEST = 4096  # columns for which sums are looked for: the matrix of their products is 128 MiB


class Dependence(NamedTuple):
    """Which columns to fit in, and what fits cannot see."""

    kept: np.ndarray  # indices of columns that are no sums of others; constant ones too, which keep a coefficient of 0
    unseen: np.ndarray  # (d, m): changes of coefficients that change no logit but by a constant


def dependence(objective: Objective) -> Dependence | None:
    """Return what there is to know about dependent columns; None if there are none, or they do no harm."""
    d = objective.rows.d
    if objective.l2 > 0 or d > LARGEST:
        return None
    G, scale, limit = _products(objective), to_host(objective.scale)[:, 0], _limits(objective)
    size = np.sqrt(np.diagonal(G))
    order = np.argsort(limit, kind="stable")  # columns with few digits are to be the sums, not the parts
    order = order[size[order] > 0]
    G = G[np.ix_(order, order)] / size[order] / size[order, None]
    if _is_regular(G, limit[order]):
        return None
    # Cholesky's algorithm, without the columns of which nothing is left when their turn comes.
    L = np.zeros_like(G)
    kept: list[int] = []
    dropped: list[int] = []
    for j, own in enumerate(limit[order]):
        row = L[j, : len(kept)]
        left = 1 - row @ row
        if left <= own:
            dropped.append(j)
            continue
        L[:, len(kept)] = (G[:, j] - L[:, : len(kept)] @ row) / np.sqrt(left)
        kept.append(j)
    shares = np.linalg.solve(G[np.ix_(kept, kept)], G[np.ix_(kept, dropped)])
    unseen = np.zeros((len(scale), len(dropped)))
    unseen[order[kept]] = -shares
    unseen[order[dropped], np.arange(len(dropped))] = 1
    unseen *= (scale / np.where(size > 0, size, 1))[:, None]
    used = order[kept][order[kept] < d]
    return Dependence(np.sort(np.r_[used, np.flatnonzero(size[:d] == 0)]), unseen[:d])


def _products(objective: Objective) -> np.ndarray:
    """x~'x~ over rows that have weight, for the columns and, last, the constant."""
    xp, q = objective.xp, objective.scale.shape[0]
    total = xp.zeros((q, q), dtype=objective.wide, device=objective.rows.device)
    for rows in objective.rows.slices(3 * q, fewest=min(q, ENOUGH_ROWS)):
        x = unit_rows(
            objective, xp.astype(dense(objective.rows.block(rows)), objective.wide, copy=False), objective.wide
        )
        counted = x
        if objective.w is not None:
            counted = xp.expand_dims(xp.astype(objective.w[rows] > 0, objective.wide), axis=-1) * x
        total += xp.matrix_transpose(x) @ counted
    return to_host(total).astype(float)


def _limits(objective: Objective) -> np.ndarray:
    """The share of its mean square that rounding can make of a column, shape (q,): offsets cost digits."""
    columns, xp = objective.columns, objective.xp
    spread = xp.where(columns.spread > 0, columns.spread, 1)
    far = 1 + (0 if columns.centre is None else to_host(columns.centre * columns.centre / spread))
    noise = (4 * float(xp.finfo(objective.rows.given).eps)) ** 2 * far
    sums = 64 * objective.scale.shape[0] * float(xp.finfo(objective.wide).eps)
    limits = np.maximum(np.zeros(objective.rows.d) + noise, sums)
    return np.append(limits, 0.0) if objective.intercept else limits


def _is_regular(G: np.ndarray, limit: np.ndarray) -> bool:
    try:
        left = np.diagonal(np.linalg.cholesky(G)) ** 2
    except np.linalg.LinAlgError:
        return False
    return bool((left > limit).all())


def in_kept(rows: Rows, kept: np.ndarray) -> Rows:
    """The rows with these columns alone."""
    return Rows(rows.X[:, kept] if rows.sparse else rows.xp.take(rows.X, moved(kept, rows), axis=1))


def least(found: Dependence, objective: Objective, W: Array, b: Array) -> tuple[Array, Array]:
    """Return the smallest W (d, K), and b, with the same logits as W and b of the kept columns."""
    xp, rows, wide = objective.xp, objective.rows, objective.wide
    whole = np.zeros((rows.d, objective.n_classes))
    whole[found.kept] = to_host(W)
    unseen = found.unseen / np.max(np.abs(found.unseen), axis=0)
    change = -unseen @ np.linalg.lstsq(unseen, whole)[0]
    host = np.float32 if xp.finfo(wide).bits == 32 else np.float64
    W, change = (moved(x.astype(host), rows) for x in (whole + change, change))
    return W, b if objective.centre is None else b - objective.centre @ change
