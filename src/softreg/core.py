"""The mathematics of softmax regression, written once for every array library.

Conventions
-----------
z    logits, shape (..., K); the last axis is the axis of the K classes
y    targets: integer labels, shape (...), or probabilities, shape (..., K), whose rows sum to 1
p    S(z), the softmax; q = 1 - p, found without a subtraction that cancels
X    features (n, d); W (d, K) and b (K,) parameters; Z = X W + b the logits of all rows
w    sample weights, shape (n,), or None for all equal
xp   the array namespace, chosen by the caller; nothing here depends on which one it is

A row of logits is read once, by a *shift*, which measures every logit from the largest one:
z_i - z_k with k the class of the largest logit. All that follows is made of that, so that no
exponential overflows and no result comes from a difference of nearly equal numbers (Blanchard,
Higham & Higham 2021, doi:10.1093/imanum/draa038). There are two shifts, equal in exact arithmetic:

`guarded_shift`  keeps the rounding error of z_i - z_k (TwoSum; Knuth, TAOCP 4.2.2) and gives
                 infinite and NaN logits their limits: what the public functions use
`plain_shift`    for finite logits, at half the cost: what a fit uses

The functions read bottom-up like the derivation: shift, softmax, loss, gradient, curvature; then
the model, whose loss is a *sum over rows* to which mean and penalty are added once, at the end.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from softreg._arrays import class_index

Array = Any


class Shifted(NamedTuple):
    """A row of logits measured from its largest entry: z_i - m = d_i + e_i."""

    top: Array  # (..., K) true at one largest logit, k
    m: Array  # (..., 1) that logit, z_k
    d: Array  # (..., K) z_i - m as rounded; 0 at the top (NaN where the row has no softmax)
    e: Array  # (..., K) what the rounding lost, or 0
    w: Array  # (..., K) exp(z_i - m); 1 at the top
    s: Array  # (..., 1) sum of the w_i but the top's: 1 + s is the sum of all, log1p(s) its log


def _largest(z, *, xp):
    """Where the largest logit is (one place, also among ties), and its value."""
    top = xp.argmax(z, axis=-1, keepdims=True) == class_index(z, xp=xp)
    return top, xp.sum(xp.where(top, z, 0), axis=-1, keepdims=True)


def _shifted(top, m, d, e, w, *, xp):
    # d is 0 at the top, so it adds nothing to s but a NaN that the sum must show.
    return Shifted(top, m, d, e, w, xp.sum(xp.where(top, d, w), axis=-1, keepdims=True))


def plain_shift(z, *, xp):
    """Shift rows of finite logits."""
    top, m = _largest(z, xp=xp)
    d = z - m
    return _shifted(top, m, d, 0, xp.exp(d), xp=xp)


def guarded_shift(z, *, xp):
    """Shift rows of any logits, exactly; at infinities take the limit, or NaN where there is none."""
    top, m = _largest(z, xp=xp)
    # Only finite numbers enter TwoSum: an infinity would leave NaN in a derivative even where
    # its result is not selected.
    finite = xp.isfinite(z) & xp.isfinite(m)
    a, b = xp.where(finite, z, 0), xp.where(finite, m, 0)
    d = a - b
    t = d - a
    e = (a - (d - t)) - (b + t)
    e = xp.where(xp.isfinite(d), e, 0)
    # -inf - m is -inf, a class that cannot happen; z - inf is -inf, the limit beside one +inf.
    # Two +inf, or nothing but -inf, leave the softmax undefined.
    undefined = (z == xp.inf) | (m == -xp.inf)
    d = xp.where(finite, d, z - xp.where(undefined, xp.nan, m))
    # A constant at the top keeps derivatives exact there too.
    d = xp.where(top & (finite | (m == xp.inf)), 0, d)
    # w + w e would lose the error term where w e is subnormal and flushed. 0 + makes a -0 a 0.
    w = xp.where(top, 1, 0 + xp.exp(d) * (1 + e))
    return _shifted(top, m, d, e, w, xp=xp)


def _probabilities(r, *, xp):
    """p = S(z) and q = 1 - p as a pair, each to full relative accuracy."""
    p = r.w / (1 + r.s)
    q = xp.where(r.top, r.s / (1 + r.s), 1 - p)  # only the top can be so near 1 that 1 - p cancels
    return p, q


def _surprisal(r, *, xp):
    """-log S(z), as (L - e) - d with L = log1p(s): no term is larger than the result."""
    return (xp.log1p(r.s) - r.e) - r.d


def logsumexp(z, *, xp):
    """log sum_i exp(z_i) = m + log1p(s)."""
    r = guarded_shift(z, xp=xp)
    return xp.squeeze(xp.where(xp.isfinite(r.m), r.m + xp.log1p(r.s), r.m), axis=-1)


def softmax(z, *, xp, shift=guarded_shift):
    """S_i = exp(z_i) / sum_j exp(z_j)."""
    p, _ = _probabilities(shift(z, xp=xp), xp=xp)
    return p


def log_softmax(z, *, xp):
    """log S_i = z_i - logsumexp(z)."""
    return 0 - _surprisal(guarded_shift(z, xp=xp), xp=xp)  # not -x, which makes log 1 a -0


def _is_label(y, z, *, xp):
    """Row by row, which class is the label: the one-hot form of integer labels, as a condition."""
    return xp.expand_dims(y, axis=-1) == class_index(z, xp=xp)


def _expected(y, surprisal, *, xp):
    """sum_k y_k (-log S_k): the surprisal of the label, or its mean under probabilities y."""
    if y.ndim < surprisal.ndim:
        return xp.sum(xp.where(_is_label(y, surprisal, xp=xp), surprisal, 0), axis=-1)
    # 0 log 0 = 0; the infinity is replaced before it is multiplied, for derivatives' sake.
    return xp.sum(y * xp.where(y == 0, 0, surprisal), axis=-1)


def _residual(y, p, q, *, xp):
    """S(z) - y as (1 - y) p - y q: no cancellation where y is 0 or 1."""
    if y.ndim < p.ndim:
        return xp.where(_is_label(y, p, xp=xp), -q, p)
    return (1 - y) * p - y * q


def cross_entropy(z, y, *, xp):
    """L = -sum_k y_k log S_k(z)."""
    return _expected(y, _surprisal(guarded_shift(z, xp=xp), xp=xp), xp=xp)


def logit_gradient(z, y, *, xp):
    """dL/dz_i = S_i(z) - y_i."""
    p, q = _probabilities(guarded_shift(z, xp=xp), xp=xp)
    return _residual(y, p, q, xp=xp)


def cross_entropy_and_gradient(z, y, *, xp, shift=guarded_shift):
    """L and dL/dz from one shift."""
    r = shift(z, xp=xp)
    p, q = _probabilities(r, xp=xp)
    return _expected(y, _surprisal(r, xp=xp), xp=xp), _residual(y, p, q, xp=xp)


def softmax_jacobian(z, *, xp):
    """dS_j/dz_i = S_i (delta_ij - S_j), shape (..., K, K)."""
    p, q = _probabilities(guarded_shift(z, xp=xp), xp=xp)
    i = class_index(z, xp=xp)
    diagonal = xp.expand_dims(i, axis=-1) == xp.expand_dims(i, axis=-2)
    p_i, p_j = xp.expand_dims(p, axis=-1), xp.expand_dims(p, axis=-2)
    return xp.where(diagonal, xp.expand_dims(p * q, axis=-1), -p_i * p_j)


def curvature_product(z, v, *, xp, shift=guarded_shift):
    """d2L/dz2 times v: p_i (v_i - sum_j p_j v_j). It does not depend on y."""
    r = shift(z, xp=xp)
    p, _ = _probabilities(r, xp=xp)
    # The product does not see a constant added to v; measured from the likeliest class, a common
    # part of v is gone before it can drown the differences.
    v = v - xp.sum(xp.where(r.top, v, 0), axis=-1, keepdims=True)
    return p * (v - xp.sum(p * v, axis=-1, keepdims=True))


# --- the model: Z = X W + b -----------------------------------------------------------------------


def row_weighted(w, rows, *, xp):
    """w_i times row i, for rows of shape (n,) or (n, K)."""
    if w is None:
        return rows
    return (w if rows.ndim == 1 else xp.expand_dims(w, axis=-1)) * rows


def data_term(z, y, w, *, xp, shift=guarded_shift):
    """sum_i w_i L_i and its gradient in z, shape (n, K): all that the loss needs to know of rows."""
    loss, residual = cross_entropy_and_gradient(z, y, xp=xp, shift=shift)
    return xp.sum(row_weighted(w, loss, xp=xp)), row_weighted(w, residual, xp=xp)


def mean_with_penalty(W, total, dW, db, count, l2, *, xp):
    """From sums over rows to F = sum_i w_i L_i / sum_i w_i + l2/2 sum W^2 and its gradient."""
    value = total / count + l2 * xp.sum(W * W) / 2
    return value, dW / count + l2 * W, db / count


def _count(X, w, *, xp):
    return X.shape[0] if w is None else xp.sum(w)


def loss_and_gradient(W, b, X, y, *, xp, l2=0, w=None, shift=guarded_shift):
    """F(W, b), dF/dW = X'(S - Y)/n + l2 W and dF/db = sum_i (S_i - y_i)/n."""
    total, residual = data_term(X @ W + b, y, w, xp=xp, shift=shift)
    dW, db = xp.matrix_transpose(X) @ residual, xp.sum(residual, axis=0)
    return mean_with_penalty(W, total, dW, db, _count(X, w, xp=xp), l2, xp=xp)


def hessian_product(W, b, X, dW, db, *, xp, l2=0, w=None, shift=guarded_shift):
    """The second derivative of F times the direction (dW, db)."""
    u = row_weighted(w, curvature_product(X @ W + b, X @ dW + db, xp=xp, shift=shift), xp=xp)
    count = _count(X, w, xp=xp)
    return xp.matrix_transpose(X) @ u / count + l2 * dW, xp.sum(u, axis=0) / count


def gradient_step(W, b, X, y, *, xp, learning_rate, l2=0, w=None, shift=guarded_shift):
    """The batch weight update: W - a dF/dW, b - a dF/db."""
    _, dW, db = loss_and_gradient(W, b, X, y, xp=xp, l2=l2, w=w, shift=shift)
    return W - learning_rate * dW, b - learning_rate * db
