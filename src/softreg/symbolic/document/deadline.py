"""A limit on how long a step may take, so that no document can keep the checker busy for ever.

The time is the processor's: what else the machine does changes no verdict.
"""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType


class TooLongError(Exception):
    """The time is up."""


class Deadline:
    """Raise `TooLongError` in the block after so many seconds (main thread, systems with timers)."""

    def __init__(self, seconds: float):
        self._seconds = seconds
        self._armed = hasattr(signal, "setitimer") and threading.current_thread() is threading.main_thread()

    def __enter__(self) -> None:
        if self._armed:
            self._before = signal.signal(signal.SIGPROF, self._stop)
            signal.setitimer(signal.ITIMER_PROF, self._seconds)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._armed:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, self._before)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        raise TooLongError
