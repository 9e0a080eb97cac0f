"""Dask arrays: the core functions run on each block of rows, not operation by operation.

A task a block instead of dozens, and a block is a plain array in memory: what is quiet, exact and
fast for it stays so here. Rows whose classes are cut by the chunks are put together.
"""

from __future__ import annotations

from typing import Any

import dask.array as da
import numpy as np

from softreg import core
from softreg._arrays import as_labels, in_rows, namespace, refuse_labels
from softreg._kernels import fastest

Array = Any


def _on_block(*arrays: Array, kernel: Any) -> Any:
    xp = namespace(*arrays)
    with np.errstate(all="ignore"):
        return fastest(kernel, xp)(*(in_rows(a, xp) for a in arrays), xp=xp)


def _by_blocks(kernel: Any, results: str, z: Array, *targets: Array, **sizes: int) -> Any:
    """Run the kernel as a generalised ufunc, whose core axis (i) is that of the classes."""
    axes = ["(i)", *("(i)" if y.ndim == z.ndim else "()" for y in targets)]
    dtypes = (z.dtype,) * len(results.split(","))
    return da.apply_gufunc(
        _on_block,
        f"{','.join(axes)}->{results}",
        z,
        *targets,
        kernel=kernel,
        output_dtypes=dtypes[0] if len(dtypes) == 1 else dtypes,
        output_sizes=sizes,
        allow_rechunk=True,
    )


def logsumexp(z: Array, *, xp: Any) -> Array:
    """Run `core.logsumexp` on blocks."""
    return _by_blocks(core.logsumexp, "()", z)


def softmax(z: Array, *, xp: Any) -> Array:
    """Run `core.softmax` on blocks."""
    return _by_blocks(core.softmax, "(i)", z)


def log_softmax(z: Array, *, xp: Any) -> Array:
    """Run `core.log_softmax` on blocks."""
    return _by_blocks(core.log_softmax, "(i)", z)


def cross_entropy(z: Array, y: Array, *, xp: Any) -> Array:
    """Run `core.cross_entropy` on blocks."""
    return _by_blocks(core.cross_entropy, "()", z, y)


def logit_gradient(z: Array, y: Array, *, xp: Any) -> Array:
    """Run `core.logit_gradient` on blocks."""
    return _by_blocks(core.logit_gradient, "(i)", z, y)


def cross_entropy_and_gradient(z: Array, y: Array, *, xp: Any) -> Any:
    """Run `core.cross_entropy_and_gradient` on blocks."""
    return _by_blocks(core.cross_entropy_and_gradient, "(),(i)", z, y)


def softmax_jacobian(z: Array, *, xp: Any) -> Array:
    """Run `core.softmax_jacobian` on blocks."""
    return _by_blocks(core.softmax_jacobian, "(i,j)", z, j=z.shape[-1])


def checked_labels(y: Array, K: int, *, xp: Any) -> tuple[Array, None]:
    """Check labels on blocks: a block with a label outside raises when it is computed."""
    meta = as_labels(y._meta, namespace(y._meta))
    return da.map_blocks(_checked_block, y, K=K, dtype=meta.dtype, meta=meta), None


def _checked_block(y: Array, K: int, block_info: Any = None) -> Array:
    xp = namespace(y)
    labels = as_labels(y, xp)
    start = tuple(lo for lo, _ in block_info[0]["array-location"])
    refuse_labels(y, (labels < 0) | (labels >= K), K, xp, start)
    return labels
