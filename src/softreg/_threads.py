"""Which threads work during a fit.

Blocks of rows that stay in the cache of one core are shared out between threads, each of which does
all of a block's work; so are the pairs of classes of a large Hessian. BLAS splits products instead,
and such small ones cost more to split than they bring, many times more where other programs run on
the same cores. So BLAS has one thread during a fit, but for the largest products; its own number of
threads, which the user's settings and OMP_NUM_THREADS decide, is how many work on blocks.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, nullcontext, suppress
from contextvars import ContextVar, copy_context
from functools import cache
from threading import Lock
from typing import Any, TypeVar

from threadpoolctl import ThreadpoolController

LARGE = 10**10  # multiplications from which one product is worth the threads of BLAS

S = TypeVar("S")
T = TypeVar("T")
_workers = ContextVar("workers", default=1)


@cache
def _blas() -> ThreadpoolController:
    """Return the BLAS libraries; finding them takes milliseconds, so it is done once."""
    return ThreadpoolController().select(user_api="blas")


class _Taken:
    """The threads of BLAS while fits run: taken by the first of those that overlap, given back by the last."""

    lock = Lock()
    fits = 0
    workers = 1
    limit: Any = None


@contextmanager
def during_a_fit() -> Iterator[None]:
    """Take over the threads of BLAS for work on blocks; it gets them back at the end."""
    with _Taken.lock:
        if _Taken.fits == 0:
            _Taken.workers = max([1, *(library.num_threads for library in _blas().lib_controllers)])
            _Taken.limit = _blas().limit(limits=1)
        _Taken.fits += 1
        token = _workers.set(_Taken.workers)
    try:
        yield
    finally:
        _workers.reset(token)
        with _Taken.lock:
            _Taken.fits -= 1
            if _Taken.fits == 0:
                _Taken.limit.restore_original_limits()


@contextmanager
def for_large_products(multiplications: float) -> Iterator[None]:
    """Let BLAS use the threads, if there is so much to do."""
    with _blas().limit(limits=_workers.get()) if multiplications >= LARGE else nullcontext():
        yield


@cache
def _pool(process: int) -> ThreadPoolExecutor:
    """Return the threads of one process: a copy that fork made has none of its parent's."""
    return ThreadPoolExecutor(max(1, (os.cpu_count() or 1) - 1), "softreg")


def side_by_side(work: Callable[[S], T], parts: Sequence[S]) -> list[T]:
    """Return what `work` gives for each part, in order; the parts are shared out between threads."""
    helpers = min(_workers.get(), len(parts)) - 1
    if helpers <= 0:
        return [work(part) for part in parts]
    waiting = deque(range(len(parts)))
    done: dict[int, T] = {}

    def help_out() -> None:
        try:
            while waiting:
                try:
                    place = waiting.popleft()
                except IndexError:  # another thread took the last one
                    return
                done[place] = work(parts[place])
        finally:
            waiting.clear()  # after an error, or Ctrl-C, the other threads begin nothing more

    # A thread has its own context, which NumPy's error state is part of.
    others: list[Future[None]] = []
    with suppress(RuntimeError):  # at the end of the program no thread may start: this one does it all
        others += [_pool(os.getpid()).submit(copy_context().run, help_out) for _ in range(helpers)]
    try:
        help_out()
    finally:
        wait(others)  # and then, not to hide Ctrl-C, their errors
    for other in others:
        other.result()
    return [done[place] for place in range(len(parts))]
