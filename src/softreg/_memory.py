"""Refuse, before any work, a fit whose parameters this machine cannot hold."""

from __future__ import annotations

import os

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


def of_machine() -> float:
    """Bytes of memory, as far as the system tells; else infinity."""
    try:
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, OSError, ValueError):  # not POSIX
        return float("inf")
