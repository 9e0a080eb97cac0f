"""Every slip made in a right document is caught where it is made.

Judging all of them takes minutes: every fourth of a document is tried, or all with SOFTREG_ALL_SLIPS=1.
"""

import os
from pathlib import Path

import pytest

from softreg.symbolic.document import judge

from .mutants import SLIPS, mutants

HERE = Path(__file__).parent
EACH = 1 if os.environ.get("SOFTREG_ALL_SLIPS") == "1" else 4
# Not those where a mutant may be as true as the document (in the case i = j throughout), or is an update.
# In hidden_layer nothing comes of what the text says of sigma.
LEFT_OUT = {"two_cases", "quotient_rule", "logarithm_first", "entropies", "course", "hidden_layer"}
FOLDERS = [*sorted((HERE / "documents").iterdir()), *sorted((HERE / "textbooks").iterdir())]
DOCUMENTS = [path for path in FOLDERS if path.stem not in LEFT_OUT]
# Where a definition is said once and is unlike the usual one, what follows contradicts it: which is the slip is open.
CONTRADICTED = {"momentum", "penalty", "temperature_jacobian", "weights_of_batches"}
# Changed lines that are as true as before: in the case i = j, or beside delta_ij, i may stand for j.
STILL_TRUE = (
    r"= \sigma_j (1 - \sigma_i)",
    r"= \sigma_i (1 - \sigma_j)",
    r"\sigma_i (1 - \sigma_i), & \text{if } i = j",
    r"\sigma_j (1 - \sigma_j), & \text{if } i = j",
    r"\begin{cases} S_i (1 - S_i) & i = j",
    r"p_j (1 - p_i) & i = j",
    r"p_i (1 - p_j) & i = j",
    r"\delta_{ij} e^{a_j} \sum_k e^{a_k}",
    r"&= p_j \delta_{ij} - p_i p_j",
)
# A sum from i on has no exact meaning here, and one case twice none at all: neither is called true.
OPEN = (r"\sum_{k = i}", r"& i \neq j \\ -S_j S_i & i \ne j")


def step_of(steps, line):
    """Return the line of the step that a line belongs to."""
    return max(s.line for s in steps if s.line <= line)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_slips_are_caught(path):
    """The first wrong step is the one that was changed, and no other is called wrong but what inherits it."""
    right = path.read_text(encoding="utf-8")
    defined = {s.line for s in judge(right).steps if s.verdict == "definition"} if path.stem in CONTRADICTED else ()
    first = DOCUMENTS.index(path) % EACH  # so that all kinds have their turn
    for _, line, text in [*mutants(right)][first::EACH]:
        changed = text.split("\n")[line - 1]
        steps = judge(text).steps
        own = {s.line for s in steps if s.verdict in ("false", "type-error") and not s.inherited}
        if any(same in changed for same in STILL_TRUE):
            assert not own, changed
        elif any(open_ in changed for open_ in OPEN):
            assert next(s.line for s in steps if s.verdict == "undecided") == line
        elif step_of(steps, line) in defined:
            told = own | {s.line for s in steps if s.verdict == "undecided" and not s.inherited}
            assert told, changed
            assert min(told) >= step_of(steps, line), changed
        else:
            assert own == {step_of(steps, line)}, changed


def test_enough_slips():
    """There are at least 250 slips that are wrong, of all kinds."""
    made = [m for path in DOCUMENTS for m in mutants(path.read_text(encoding="utf-8"))]
    wrong = [kind for kind, line, text in made if not any(s in text.split("\n")[line - 1] for s in STILL_TRUE)]
    assert len(wrong) >= 250
    assert set(wrong) == set(SLIPS)
    tried = [
        m for at, path in enumerate(DOCUMENTS) for m in [*mutants(path.read_text(encoding="utf-8"))][at % EACH :: EACH]
    ]
    assert {kind for kind, _, _ in tried} == set(SLIPS)
    assert len(tried) >= 60
