"""The definitions, as a textbook writes them: no shift, no care for rounding.

They are what the kernels of `softreg.core` are compared with. Each takes arrays of the namespace
xp; z has the shape (..., K).
"""

from __future__ import annotations

from typing import Any

Array = Any


def logsumexp(z: Array, *, xp: Any) -> Array:
    """Return log sum_i exp(z_i)."""
    return xp.log(xp.sum(xp.exp(z), axis=-1))


def softmax(z: Array, *, xp: Any) -> Array:
    """S_i(z) = exp(z_i) / sum_j exp(z_j)."""
    return xp.exp(z) / xp.sum(xp.exp(z), axis=-1, keepdims=True)


def log_softmax(z: Array, *, xp: Any) -> Array:
    """Return log S_i(z)."""
    return xp.log(softmax(z, xp=xp))


def cross_entropy(z: Array, y: Array, *, xp: Any) -> Array:
    """L(z, y) = -sum_k y_k log S_k(z), for probabilities y."""
    return -xp.sum(y * log_softmax(z, xp=xp), axis=-1)


def one_hot(labels: Array, classes: Any, *, xp: Any) -> Array:
    """Return the probabilities that put all weight on the label."""
    hit = xp.expand_dims(labels, axis=-1) == xp.arange(classes)
    return xp.where(hit, 1, 0)
