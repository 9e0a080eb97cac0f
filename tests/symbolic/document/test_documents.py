"""Right documents in many notations: every step is judged, and none is called wrong."""

from pathlib import Path

import pytest

from softreg.symbolic.document import judge

HERE = Path(__file__).parent
DOCUMENTS = [path for folder in ("documents", "textbooks") for path in sorted((HERE / folder).iterdir())]
RIGHT = {"true", "true-if", "definition", "update"}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_right_documents(path):
    """Without a context file, every step of a right document is proved, a definition or an update."""
    verdicts = judge(path.read_text(encoding="utf-8"))
    assert verdicts.steps
    assert [(s.line, s.verdict, s.hint) for s in verdicts.steps if s.verdict not in RIGHT] == []
    assert verdicts.exit_code == 0


def test_there_are_many():
    """Two dozen documents, and most steps are proved, not defined."""
    steps = [s for path in DOCUMENTS for s in judge(path.read_text(encoding="utf-8")).steps]
    assert len(DOCUMENTS) >= 24
    assert sum(s.verdict in ("true", "true-if") for s in steps) >= 120
