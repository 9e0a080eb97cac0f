"""The transcripts in docs/ are what the command prints."""

import re
from pathlib import Path

import transcript

SHELL = Path(__file__).parents[1] / "docs" / "shell.md"


def like(page):
    """Return a page without the numbers that versions of other software, and of the solvers, decide."""
    return re.sub(r"\d+ (bytes|iterations)", r"N \1", page)


def test_shell(tmp_path):
    """A new user who types the commands of docs/shell.md sees what stands there, and gets the files."""
    page = SHELL.read_text(encoding="utf-8")
    assert like(transcript.renewed(page, tmp_path)) == like(page)
    assert (tmp_path / "report.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "probabilities.parquet").exists()
    assert not (tmp_path / "more.csv").exists()
    assert not list(tmp_path.glob(".softreg*"))
