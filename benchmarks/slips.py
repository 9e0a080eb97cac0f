"""Count the slips that `softreg check` catches: one-place changes of the right derivations among the tests.

`python benchmarks/slips.py [--each 1] [--jobs 2]`
"""

import argparse
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from softreg.symbolic.document import judge

sys.path.insert(0, str(Path(__file__).parents[1]))
from tests.symbolic.document.mutants import SLIPS, mutants
from tests.symbolic.document.test_mutants import DOCUMENTS, OPEN, STILL_TRUE, step_of

COLUMNS = (
    "caught on its line",
    "caught at what follows",
    "undecided",
    "passed",
    "still true",
    "a right step blamed too",
)


def outcome(slip):
    """Return the kind of a slip, and what became of it."""
    kind, line, text = slip
    changed = text.split("\n")[line - 1]
    steps = judge(text).steps
    wrong = {s.line for s in steps if s.verdict in ("false", "type-error") and not s.inherited}
    open_ = {s.line for s in steps if s.verdict in ("undecided", "unparseable") and not s.inherited}
    if any(same in changed for same in STILL_TRUE):
        return kind, "still true" if not wrong else "a right step blamed too"
    if wrong == {step_of(steps, line)}:
        return kind, "caught on its line"
    if step_of(steps, line) in wrong:
        return kind, "a right step blamed too"
    if wrong:
        return kind, "caught at what follows"
    return kind, "undecided" if open_ or any(o in changed for o in OPEN) else "passed"


def main():
    """Judge the slips, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=1, help="try every so many of a document's slips")
    parser.add_argument("--jobs", type=int, default=2)
    given = parser.parse_args()
    slips = [s for p in DOCUMENTS for s in [*mutants(p.read_text(encoding="utf-8"))][:: given.each]]
    with ProcessPoolExecutor(given.jobs) as pool:
        found = Counter(pool.map(outcome, slips, chunksize=4))
    print(f"{len(slips)} slips in {len(DOCUMENTS)} documents\n")
    print("| slip |", " | ".join(("tried", *COLUMNS)), "|")
    print("|---|" + "---|" * (1 + len(COLUMNS)))
    for kind in SLIPS:
        row = [found[kind, column] for column in COLUMNS]
        print(f"| {kind} |", " | ".join(map(str, (sum(row), *row))), "|")
    row = [sum(found[kind, column] for kind in SLIPS) for column in COLUMNS]
    print("| all |", " | ".join(map(str, (sum(row), *row))), "|")


if __name__ == "__main__":
    main()
