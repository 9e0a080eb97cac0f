"""NumPy arrays: the core functions on blocks of rows that stay in the cache, in place.

The steps are those of `core.guarded_shift` and what is made of it, in the same order, so that the
results are the same to the last bit. Between them core's own version writes some thirty arrays of
the size of z to memory; here they are four buffers of the size of a block. A block with logits
that are infinite, NaN or too far apart is left to core. The last section is for fits, whose logits
are finite.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from softreg import core

Array = Any
BLOCK = 2**18  # bytes in each of the four buffers


class _Shifted(NamedTuple):
    """A block of rows as in `core.Shifted`, but w is 0 at the top, and classes are places in the flat block."""

    start: Array  # (rows,) place of class 0
    top: Array  # (rows,) place of the largest logit
    m: Array  # (rows,)
    d: Array  # (rows, K)
    e: Array  # (rows, K)
    w: Array  # (rows, K)
    s: Array  # (rows,)
    spare: Array  # (rows, K) to write to


def _shift(z: Array, buffers: Array) -> _Shifted | None:
    """Shift rows of logits; None where a difference is not finite."""
    n, K = z.shape
    d, t, e, w = buffers[:, :n]
    start = np.arange(0, n * K, K)
    top = start + np.argmax(z, axis=-1)
    m = z.reshape(-1)[top]
    column = m[:, None]
    np.subtract(z, column, out=d)
    if not np.isfinite(np.min(d)):
        return None
    np.subtract(d, z, out=t)
    np.subtract(d, t, out=e)
    np.subtract(z, e, out=e)
    np.add(column, t, out=t)
    np.subtract(e, t, out=e)
    np.exp(d, out=w)
    np.add(e, 1, out=t)
    np.multiply(w, t, out=w)
    np.add(w, 0, out=w)
    w.reshape(-1)[top] = 0
    return _Shifted(start, top, m, d, e, w, np.sum(w, axis=-1), t)


def _rows(kernel: Any, finish: Callable[..., None], z: Array, y: Array | None, *results: str) -> Any:
    """Fill the results, named by their last axis, block by block."""
    if type(z) is not np.ndarray or z.ndim == 0 or not (y is None or type(y) is np.ndarray):
        return NotImplemented
    K = z.shape[-1]
    rows = z.reshape(-1, K)
    targets = None if y is None else y.reshape(-1, K) if y.ndim == z.ndim else y.reshape(-1)
    filled = [np.empty(rows.shape if axis == "K" else len(rows), z.dtype) for axis in results]
    step = max(1, BLOCK // (K * z.itemsize))
    buffers = np.empty((4, min(step, len(rows)), K), z.dtype)
    for at in range(0, len(rows), step):
        part = slice(at, at + step)
        outputs = [x[part] for x in filled]
        inputs = (rows[part],) if targets is None else (rows[part], targets[part])
        shifted = _shift(rows[part], buffers)
        if shifted is not None:
            finish(shifted, *inputs[1:], *outputs)
            continue
        exact = kernel(*inputs, xp=np)
        for out, value in zip(outputs, exact if isinstance(exact, tuple) else (exact,), strict=True):
            out[...] = value
    shaped = tuple(x.reshape(z.shape if x.ndim == 2 else z.shape[:-1])[()] for x in filled)
    return shaped if len(shaped) > 1 else shaped[0]


def _probabilities(r: _Shifted, p: Array) -> Array:
    """Write S(z) to p and return 1 - S at the top."""
    total = 1 + r.s
    np.divide(r.w, total[:, None], out=p)
    p.reshape(-1)[r.top] = 1 / total
    return r.s / total


def _log_probabilities(r: _Shifted, log_p: Array) -> None:
    np.subtract(r.e, np.log1p(r.s)[:, None], out=log_p)
    np.add(log_p, r.d, out=log_p)


def _loss(r: _Shifted, y: Array, loss: Array) -> None:
    if y.ndim == 1:
        at = r.start + y
        loss[...] = (np.log1p(r.s) - r.e.reshape(-1)[at]) - r.d.reshape(-1)[at]
        return
    surprisal = r.spare
    np.subtract(np.log1p(r.s)[:, None], r.e, out=surprisal)
    np.subtract(surprisal, r.d, out=surprisal)
    np.sum(np.multiply(y, surprisal, out=surprisal), axis=-1, out=loss)


def _residual(r: _Shifted, y: Array, g: Array) -> None:
    """Write S(z) - y to g."""
    q_top = _probabilities(r, g)
    flat = g.reshape(-1)
    if y.ndim == 1:
        at = r.start + y
        flat[at] = -np.where(at == r.top, q_top, 1 - flat[at])
        return
    q = np.subtract(1, g, out=r.spare)
    q.reshape(-1)[r.top] = q_top
    np.multiply(y, q, out=q)
    np.multiply(np.subtract(1, y, out=r.w), g, out=g)
    np.subtract(g, q, out=g)


def _loss_and_residual(r: _Shifted, y: Array, loss: Array, g: Array) -> None:
    _loss(r, y, loss)
    _residual(r, y, g)


def logsumexp(z: Array, *, xp: Any) -> Array:
    """Run `core.logsumexp` on blocks."""
    return _rows(core.logsumexp, lambda r, out: np.add(r.m, np.log1p(r.s), out=out), z, None, "")


def softmax(z: Array, *, xp: Any, shift: Any = core.guarded_shift) -> Array:
    """Run `core.softmax` on blocks; with the plain shift, on a block, class by class."""
    if shift is core.plain_shift:
        z = np.asfortranarray(z).T
        return _plain_softmax(z, np.max(z, axis=0)).T
    return _rows(core.softmax, _probabilities, z, None, "K")


def log_softmax(z: Array, *, xp: Any) -> Array:
    """Run `core.log_softmax` on blocks."""
    return _rows(core.log_softmax, _log_probabilities, z, None, "K")


def cross_entropy(z: Array, y: Array, *, xp: Any) -> Array:
    """Run `core.cross_entropy` on blocks."""
    return _rows(core.cross_entropy, _loss, z, y, "")


def logit_gradient(z: Array, y: Array, *, xp: Any) -> Array:
    """Run `core.logit_gradient` on blocks."""
    return _rows(core.logit_gradient, _residual, z, y, "K")


def cross_entropy_and_gradient(z: Array, y: Array, *, xp: Any) -> Any:
    """Run `core.cross_entropy_and_gradient` on blocks."""
    return _rows(core.cross_entropy_and_gradient, _loss_and_residual, z, y, "", "K")


# --- for fits: the plain shift, on a block that is in the cache already ---------------------------
#
# Arrays are (K, rows) here, one class after the other: each step, sums over classes too, then runs
# along long rows. Logits that lie so in memory (`_blocks.times`) are not copied but overwritten.


def _plain_softmax(z: Array, m: Array) -> Array:
    """Softmax of logits (K, rows) with the largest m, in place."""
    z -= m
    np.exp(z, out=z)
    z /= np.sum(z, axis=0)
    return z


def data_term(z: Array, y: Array, w: Array | None, *, xp: Any, shift: Any) -> Any:
    """Run `core.data_term` with the plain shift; z is overwritten."""
    if shift is not core.plain_shift or type(z) is not np.ndarray or z.ndim != 2:
        return NotImplemented
    z = np.asfortranarray(z).T
    z -= np.max(z, axis=0)
    loss, residual = _of_labels(z, y) if y.ndim == 1 else _of_probabilities(z, y.T)
    if w is not None:
        loss, residual = w * loss, w * residual
    return np.sum(loss), residual.T


def _of_labels(d: Array, y: Array) -> tuple[Array, Array]:
    """Loss and residual (in place) of labels, from differences to the largest logit.

    With t the sum of exp(d) of all classes but the label, and e that of the label, the residual is
    -t/(t + e) at the label and the loss log1p(t + (e - 1)) - d: nothing cancels where e is 1.
    """
    n = d.shape[1]
    flat, at = d.reshape(-1), y * n + np.arange(n)
    of_label = flat[at]
    np.exp(d, out=d)
    e = flat[at]
    flat[at] = 0
    t = np.sum(d, axis=0)
    total = t + e
    d /= total
    flat[at] = -t / total
    return np.log1p(t + (e - 1)) - of_label, d


def _of_probabilities(d: Array, y: Array) -> tuple[Array, Array]:
    """Loss and residual of rows of probabilities, as (1 - y) p - y q with q = 1 - p."""
    top, p = d == 0, np.exp(d)
    others = np.sum(np.where(top, 0, p), axis=0) + (np.sum(top, axis=0, dtype=d.dtype) - 1)  # all but one largest
    p /= 1 + others
    q = np.where(top, others / (1 + others), 1 - p)
    return np.sum(y * (np.log1p(others) - d), axis=0), (1 - y) * p - y * q


def curvature_product(z: Array, v: Array, *, xp: Any, shift: Any) -> Any:
    """Run `core.curvature_product` with the plain shift; z and v are overwritten."""
    if shift is not core.plain_shift or type(z) is not np.ndarray or z.ndim != 2:
        return NotImplemented
    z, v = np.asfortranarray(z).T, np.asfortranarray(v).T
    top = np.argmax(z, axis=0) * z.shape[1] + np.arange(z.shape[1])
    p = _plain_softmax(z, np.take(z, top))
    v -= np.take(v, top)
    v -= np.einsum("ij,ij->j", p, v)
    v *= p
    return v.T
