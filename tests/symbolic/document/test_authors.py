"""Documents as different authors write them: what is marked as a slip is wrong, and all else is right."""

from pathlib import Path

import pytest

from softreg.symbolic.document import judge

DOCUMENTS = sorted((Path(__file__).parent / "authors").iterdir())
MARK = "(a slip)"
RIGHT = {"true", "true-if", "definition", "update"}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_as_authors_write(path):
    """Each line that is marked has a step that is wrong, and no other line has a step that is not right."""
    text = path.read_text(encoding="utf-8")
    slips = {number for number, line in enumerate(text.split("\n"), start=1) if line.endswith(MARK)}
    steps = judge(text.replace(MARK, "")).steps
    assert {s.line for s in steps if s.verdict in ("false", "type-error")} == slips
    assert [(s.line, s.verdict, s.hint) for s in steps if s.verdict not in RIGHT and s.line not in slips] == []


def test_there_are_many():
    """There are slips in many of the documents."""
    slips = [path.read_text(encoding="utf-8").count(MARK) for path in DOCUMENTS]
    assert sum(slips) >= 20
