"""Refuse, before any work, a fit whose parameters, or whose features, this machine cannot hold."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

import numpy as np

from softreg._objective import Objective
from softreg.solvers.pairs import MEMORY

# Arrays like the parameters that a fit has at once; all else is small, or given up if it is large.
ARRAYS = {"lbfgs": 3 * MEMORY + 25, "sgd": 6}


def check(objective: Objective, solver: str) -> None:
    """Raise `MemoryError`, with what is needed and what to do, if there is not that much on this machine (F71)."""
    have = of_machine()
    d, K = objective.rows.d, objective.n_classes
    array = (d + 1) * K * objective.xp.finfo(objective.wide).bits / 8
    need = {name: count * array for name, count in ARRAYS.items()}
    if need[solver] <= have:
        return
    other = solver != "sgd" and need["sgd"] <= have
    raise MemoryError(
        f"solver {solver!r} would need {need[solver] / 2**30:.1f} GiB for {K} classes x {d} features, and this machine "
        f"has {have / 2**30:.1f} GiB; use {'solver=' + repr('sgd') if other else 'fewer features'}."
    )


def zeros(n: int, d: int, path: str) -> np.ndarray[Any, Any]:
    """Return memory for n rows of d features, column by column; `MemoryError` if there is not that much."""
    need = float(n) * d * np.dtype(float).itemsize
    if need <= of_machine():
        with suppress(MemoryError):
            return np.zeros((n, d), order="F")
    raise MemoryError(
        f"{path}: {n} rows x {d} features need {need / 2**30:.1f} GiB, more than there is; leave out columns with "
        "--drop, of text those with the most different values first, or take fewer rows."
    )


def of_machine() -> float:
    """Bytes of memory that a process may have, as far as the system tells; else infinity."""
    try:
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        memory = float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (ImportError, AttributeError, OSError, ValueError):  # not POSIX
        return float("inf")
    return memory if limit == resource.RLIM_INFINITY else min(memory, limit)
