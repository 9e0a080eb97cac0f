"""Faster versions of core functions, each for one array library.

A module here has functions of the same names and signatures as in `softreg.core`, for the arrays
of its library alone. A function may decline by returning NotImplemented; then core's own runs.
Agreement tests hold each to core, and `benchmarks/functions.py` shows what it pays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from softreg._arrays import library

Kernel = Callable[..., Any]


def fastest(kernel: Kernel, xp: Any) -> Kernel:
    """Return the version of a core function that is the fastest on arrays of xp."""
    module: Any
    match library(xp):
        case "numpy":
            from softreg._kernels import numpy as module
        case "cupy":
            from softreg._kernels import cupy as module
        case "dask":
            from softreg._kernels import dask as module
        case _:
            return kernel
    special = getattr(module, kernel.__name__, None)
    if special is None:
        return kernel

    def run(*arrays: Any, **settings: Any) -> Any:
        result = special(*arrays, **settings)
        return kernel(*arrays, **settings) if result is NotImplemented else result

    return run
