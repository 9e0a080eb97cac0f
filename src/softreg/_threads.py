"""How many threads BLAS may use during a fit.

A fit works on blocks of rows that stay in the cache of one core. Sharing out such small products
costs more than it brings, and many times more where other programs run on the same cores. Only
Hessians of many parameters are large enough to gain.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

from threadpoolctl import ThreadpoolController

LARGE = 2000  # parameters from which BLAS keeps the threads it has


@cache
def _controller() -> ThreadpoolController:
    """Return the libraries with threads; finding them takes milliseconds, so it is done once."""
    return ThreadpoolController()


def for_parameters(count: int) -> AbstractContextManager[Any]:
    """Limit BLAS to one thread for a fit of this many parameters, if it is small; undone at the end."""
    return nullcontext() if count >= LARGE else _controller().limit(limits=1, user_api="blas")
