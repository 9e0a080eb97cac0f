"""The table that `verbose=1` prints while a fit goes on."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from softreg.solvers import Progress

EVERY = 1.0  # seconds between lines, after the first few


class ProgressTable:
    """Called with each `Progress`; prints iterations 0, 1, 2, 4, 8, ..., one line a second, and the last."""

    def __init__(self, verbose: int, solver: str) -> None:
        self.on = bool(verbose)
        self.unit = "epoch" if solver == "sgd" else "iteration"
        self.last: Progress | None = None
        self.printed: Progress | None = None
        self.due = 0.0

    def __enter__(self) -> ProgressTable:
        if self.on:
            self._write(f"{self.unit:>9} {'passes':>8} {'loss':>14} {'gradient':>10}")
        return self

    def __call__(self, progress: Progress) -> None:
        """Take note of where the solver is; print it if it is time."""
        if not self.on:
            return
        self.last = progress
        k, now = progress.iteration, time.monotonic()
        if k & (k - 1) == 0 or now >= self.due:
            self._print(progress)
            self.due = now + EVERY

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self.last is not None and self.last is not self.printed:
            self._print(self.last)

    def _print(self, progress: Progress) -> None:
        self.printed = progress
        self._write(
            f"{progress.iteration:9d} {progress.passes:8.1f} {progress.value:14.8f} {progress.scaled_gradient:10.1e}"
        )

    @staticmethod
    def _write(line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
