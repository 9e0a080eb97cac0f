"""CuPy arrays: softmax, and loss with gradient, as one fused CUDA kernel each, without temporary arrays."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import cupy as cp

from softreg import core

Array = Any

SOURCE = Path(__file__).with_name("rows.cu")
TYPES = {"float32": "float", "float64": "double"}
TARGETS = {"softmax": 0, "labels": 1, "probabilities": 2}


@functools.cache
def _module() -> Any:
    names = [f"rows<{number}, {targets}>" for number in TYPES.values() for targets in TARGETS.values()]
    return cp.RawModule(code=SOURCE.read_text(encoding="utf-8"), options=("--std=c++14",), name_expressions=names)


def _launch(z: Array, targets: str, y: Array | None = None) -> Any:
    """Run the kernel on all rows; decline what it is not written for."""
    if z.dtype.name not in TYPES or z.ndim == 0 or z.size == 0:
        return NotImplemented
    K = z.shape[-1]
    n = z.size // K
    z = cp.ascontiguousarray(z)
    with z.device:
        out, loss = cp.empty_like(z), cp.empty(z.shape[:-1] if targets != "softmax" else (), z.dtype)
        labels = cp.ascontiguousarray(y, dtype="int64") if targets == "labels" else None
        probabilities = cp.ascontiguousarray(y, dtype=z.dtype) if targets == "probabilities" else None
        threads = (32, 8) if K <= 1024 else (256, 1)
        kernel = _module().get_function(f"rows<{TYPES[z.dtype.name]}, {TARGETS[targets]}>")
        pointers = [out if x is None else x for x in (z, labels, probabilities, loss, out)]  # unused: any
        kernel((-(-n // threads[1]),), threads, (*pointers, cp.int64(n), cp.int64(K)))
    return out if targets == "softmax" else (loss, out)


def softmax(z: Array, *, xp: Any, shift: Any = None) -> Array:
    """Run `core.softmax` as one kernel, always with the guarded shift: it is as fast as the plain one here."""
    return _launch(z, "softmax")


def cross_entropy_and_gradient(z: Array, y: Array, *, xp: Any) -> Any:
    """Run `core.cross_entropy_and_gradient` as one kernel."""
    return _launch(z, "labels" if y.ndim < z.ndim else "probabilities", y)


def data_term(z: Array, y: Array, w: Array | None, *, xp: Any, shift: Any = None) -> Any:
    """Run `core.data_term` as one kernel, and the weights and the sum after it."""
    found = cross_entropy_and_gradient(z, y, xp=xp)
    if found is NotImplemented:
        return found
    loss, residual = found
    return cp.sum(core.row_weighted(w, loss, xp=xp)), core.row_weighted(w, residual, xp=xp)
