"""What no verdict is on is counted in a note, with its first lines."""

import json

import pytest
from typer.testing import CliRunner

from softreg.cli import app
from softreg.symbolic.document import judge, page

SOFTMAX = "$$p_i = \\frac{e^{z_i}}{\\sum_j e^{z_j}}$$\n\n"


def notes(text):
    """Return what the context says is not judged."""
    return [note for note in judge(SOFTMAX + text).context if note.startswith("not judged")]


@pytest.mark.parametrize(
    "relation",
    [r"p_i \approx 3", r"p_i \propto e^{z_i}", r"p_i \leq 1", r"p_i \neq z_i", r"z \sim p", "p_i > 0", "p_i ≤ 1"],
)
def test_relations(relation):
    """A relation that is no equality is told."""
    assert notes(f"$${relation}$$") == ["not judged: 1 relation that is no equality (line 3)"]


def test_relation_after_a_step():
    """A relation at the end of a chain is told, and the step before it judged."""
    verdicts = judge(SOFTMAX + r"$$\log p_i = z_i - \log \sum_k e^{z_k} \leq 0$$")
    assert [s.verdict for s in verdicts.steps] == ["definition", "true"]
    assert "not judged: 1 relation that is no equality (line 3)" in verdicts.context


@pytest.mark.parametrize(
    "text",
    [
        "Names $p_k$, $i = j$, $K = 3$, $i = 1, \\dots, K$, $i \\neq j$ and $q_i = e^{z_i}$.",
        r"$$\sum_{k \neq i} p_k = 1 - p_i, \quad i \neq k$$",
        r"$$p_i = p_i \quad \forall i$$",
        r"$$\overset{(1)}{p_i} = p_i \tag{1}$$",
        r"$$p_i = \begin{cases} p_i & i \neq j \\ p_j & \text{otherwise} \end{cases}$$",
    ],
)
def test_nothing_to_tell(text):
    """Names, cases, ranges and definitions are no claims that nobody looks at."""
    assert notes(text) == []


def test_within_the_text():
    """Equations within the text are told, but for those that are taken as definitions, which have a note."""
    text = "So $p_i = p_j$ holds,\n$q_i = e^{z_i}$ too, and \\(\\sum_k p_k = 2\\)."
    assert notes(text) == ["not judged: 2 equations within the text (lines 3, 4)"]
    assert any("q_i" in note for note in judge(SOFTMAX + text).context)


@pytest.mark.parametrize(
    "display",
    [
        r"\underbrace{\sum_k p_k}_{= 2 \text{ or so}} = 1",
        r"\overbrace{\sum_k p_k}^{p = 2} = 1",
        r"\sum_k p_k = 1 \tag{$p = 2$}",
        r"\sum_k p_k \underset{k = 2}{=} 1",
        r"\underbrace{\sum_k p_k}_{p_i} = 1",
    ],
)
def test_beside(display):
    """Equations in tags and at braces are told; the step beside them is judged."""
    assert notes(f"$${display}$$") == ["not judged: 1 equation in a tag or at a brace (line 3)"]
    assert judge(f"{SOFTMAX}$${display}$$").steps[-1].verdict == "true"


def test_first_lines():
    """Three lines are named."""
    lines = "\n\n".join(["$$p_i \\leq 1$$"] * 5)
    assert notes(lines) == ["not judged: 5 relations that are no equality (lines 3, 5, 7, ...)"]


def test_in_all_reports(tmp_path):
    """The terminal, the page and JSON have the note."""
    path = tmp_path / "document.md"
    path.write_text(SOFTMAX + "$$p_i \\leq 1$$", encoding="utf-8")
    told = "not judged: 1 relation that is no equality (line 3)"
    assert told in CliRunner().invoke(app, ["check", str(path)]).output
    assert told in json.loads(CliRunner().invoke(app, ["check", str(path), "--json"]).output)["context"]
    text = path.read_text(encoding="utf-8")
    assert f"<li>{told}</li>" in page("document.md", text, judge(text))


WIDE = str.maketrans({"=": "\uff1d", "(": "\uff08", ")": "\uff09", "-": "\uff0d", "+": "\uff0b"})


def test_full_width():
    """A full-width sign of equality is one, and so are brackets and signs."""
    for right, verdict in (("p_i (1 - p_i)", "true"), ("p_i (1 + p_i)", "false")):
        row = rf"\frac{{\partial p_i}}{{\partial z_i}} = {right}".translate(WIDE)
        assert [s.verdict for s in judge(f"{SOFTMAX}$${row}$$").steps] == ["definition", verdict]
