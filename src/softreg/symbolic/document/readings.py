"""Judge a document as it stands and, where a slip is found, as it would be read if the slip were elsewhere."""

from __future__ import annotations

import itertools
import time

from softreg.symbolic.document.amended import MOST, amended
from softreg.symbolic.document.definitions import Context
from softreg.symbolic.document.doubted import MOST_DOUBTS, doubted, left_open, slips
from softreg.symbolic.document.judge import Judge
from softreg.symbolic.document.renewed import Renewed, renewed
from softreg.symbolic.document.steps import Verdicts

SECONDS = 20.0  # of the processor, for a document


def judge(text: str, given: Context | None = None) -> Verdicts:
    """Judge every step of a document."""
    end = time.process_time() + SECONDS
    best = Judge(text, given, end)
    verdicts = best.run()
    others: list[tuple[frozenset[int], Renewed | None]] = []
    if slips(best)[0]:
        others = [(frozenset(), anew) for anew in renewed(best)]
        others += [(frozenset({at}), None) for at in itertools.islice(doubted(best), MOST_DOUBTS)]
    for barred, anew in others:
        other = Judge(text, given, end, barred, anew)
        found = other.run()
        if slips(other) < slips(best):
            best, verdicts = other, found
    for change in itertools.islice(amended(best), MOST):
        other = Judge(text, given, end, best.barred, best.anew, change)
        found = other.run()
        if left_open(other) <= left_open(best) - len(best.refuted):
            return found
    return verdicts
