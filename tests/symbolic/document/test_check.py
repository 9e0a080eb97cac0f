"""The command on good and bad input, and the page it writes."""

import importlib
import itertools
import json
import re
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.testing import CliRunner

from softreg.cli import app
from softreg.symbolic.document.deadline import Deadline, TooLongError
from softreg.symbolic.document.plain import in_words

judge = importlib.import_module("softreg.symbolic.document.judge")
readings = importlib.import_module("softreg.symbolic.document.readings")
ROOT = Path(__file__).resolve().parents[3]
WRONG = r"""
$$p_i = \frac{e^{a_i}}{\sum_j e^{a_j}}$$
$$\frac{\partial p_i}{\partial a_j} = p_i (\delta_{ij} + p_j) = p_i \delta_{ij} + p_i p_j$$
$$p_i = \foo{<script>alert(1)</script>}$$
"""


def run(tmp_path, content, *options):
    """Check a file of this content; return exit code and output."""
    path = tmp_path / "document.md"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    result = CliRunner().invoke(app, ["check", str(path), *options])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def test_own_derivation():
    """The derivation of softmax regression holds step by step, with nothing assumed but that targets sum to 1."""
    path = ROOT / "derivations" / "softmax_regression.md"
    result = CliRunner().invoke(app, ["check", str(path), "--json"])
    assert result.exit_code == 0
    printed = json.loads(result.output)
    assert not [note for note in printed["context"] if "usual" in note]
    assert {a for s in printed["steps"] for a in s["assumptions"]} == {"sum_k y_k = 1"}
    assert [s["verdict"] for s in printed["steps"]].count("true") >= 20


BAD = {
    "empty": b"",
    "blank": b" \n\n",
    "no mathematics": b"only $5 and words",
    "binary": bytes(range(256)) * 40,
    "not UTF-8": "café $$a = b$$".encode("latin-1"),
    "large": b"word " * 2_000_000,
    "nested": b"$$x = " + b"(" * 1000 + b"z" + b")" * 1000 + b"$$",
    "fractions": b"$$x = " + rb"\frac{1}{1 + " * 1000 + b"z" + b"}" * 1000 + b"$$",
    "long": b"$$L = " + b" + ".join([b"y_k z_k"] * 20000) + b"$$",
    "signs alone": b"$$=====$$ $$ = 3 = $$ $$a = $$",
    "many signs": b"$$" + b"=" * 100_000 + b"$$",
    "unclosed": rb"$$L = \frac{1}{2 \left( \begin{cases} = ",
    "dollars": b"$" * 100_001,
    "sum to a number": rb"$$\sum_{k=1}^{1000000000} z_k = 1$$",
    "power": rb"$$2^{999999999999} = 10^{10^{10}}$$",
    "towers": rb"$$e^{e^{e^{e^{e^{100}}}}} = z$$",
    "sums": b"$$" + b"".join(rb"\sum_%c " % c for c in b"abcdefghijklmnopqrstu") + b"1 = 1$$",
    "product": rb"$$x = (\sum_k y_k z_k + z_1)^{12} (\sum_k z_k + y_1)^{12} = 1$$",
}


@pytest.mark.parametrize("content", BAD.values(), ids=BAD)
def test_bad_input(tmp_path, content):
    """What cannot be judged gets a clear answer: words, exit code 2 (or 1), no traceback."""
    code, output = run(tmp_path, content)
    assert code in (1, 2)
    assert output.strip()
    assert "Traceback" not in output
    code, output = run(tmp_path, content, "--json")
    assert code in (1, 2)
    assert set(json.loads(output)) >= {"file", "context", "steps"}


def test_time_of_the_processor():
    """Only work runs against the limit of a step: what else the machine does changes no verdict."""
    with Deadline(0.05):
        time.sleep(0.2)
    with pytest.raises(TooLongError), Deadline(0.05):
        any(i < 0 for i in itertools.count())


def test_more_steps_than_are_judged(monkeypatch):
    """The first steps are judged, within a display too, and the rest is told."""
    monkeypatch.setattr(judge, "MOST_STEPS", 3)
    for text in ("$$z_k = z_k = z_k = z_k = z_k$$", "$$z_k = z_k = z_k$$ $$x_i = x_i = x_i$$"):
        verdicts = readings.judge(text)
        assert len(verdicts.steps) == 3
        assert verdicts.exit_code == 2
        assert any("more than 3 steps" in note for note in verdicts.context)


def test_time_of_a_document(monkeypatch):
    """When the time for the document is over, what is left is undecided, with the reason."""
    monkeypatch.setattr(readings, "SECONDS", 0.0)
    (step,) = readings.judge(r"$$\sum_k z_k = \sum_j z_j$$").steps
    assert step.verdict == "undecided"
    assert "whole document" in step.hint


def test_no_file(tmp_path):
    """A file that is not there is one sentence."""
    result = CliRunner().invoke(app, ["check", str(tmp_path / "nothing.md")])
    assert result.exit_code == 2
    assert "No such file" in result.output


def test_terminal(tmp_path):
    """The report shows the line, a mark below it, the counterexample, and names the first wrong step."""
    code, output = run(tmp_path, WRONG)
    assert code == 1
    assert "first wrong step is in line 3" in output
    assert "counterexample: at K = " in output
    assert "^" in output


class Outline(HTMLParser):
    """Tags and attributes of a page."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.open = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        """Note a tag."""
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in ("meta", "mspace", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        """Tags close in the order they were opened."""
        assert self.open.pop() == tag


def test_page(tmp_path):
    """The page is one file without scripts or network; it shows each step and can be used by keyboard."""
    target = tmp_path / "report.html"
    code, _ = run(tmp_path, WRONG, "--html", str(target))
    text = target.read_text(encoding="utf-8")
    outline = Outline(text)
    assert code == 1
    assert outline.open == []
    assert "script" not in outline.tags
    assert "math" in outline.tags
    assert not re.search(r"(src|href)=['\"]?(https?:|//)", text)
    assert text.count("class='step ") == 4
    assert "prefers-color-scheme: dark" in text
    assert ("name", "viewport") in outline.attributes
    assert ("lang", "en") in outline.attributes
    assert "Counterexample" in text


@pytest.mark.parametrize(("row", "expected"), [(r"\log y_k = \log p_k", 0), (r"\sum_k y_k = 2", 1)])
def test_definition_in_front_matter(tmp_path, row, expected):
    """What is given about a letter holds, whether the steps about it are right or wrong."""
    code, output = run(tmp_path, f'+++\n[softreg]\ndefinitions = ["y_k = p_k"]\n+++\n$${row}$$\n')
    assert "y_k = p_k (given)" in output
    assert code == expected


@pytest.mark.parametrize(
    ("made", "told"),
    [
        ("a logarithm of what may be negative: base(1*+-1*phi^1)", "a logarithm of what may be negative"),
        ("a logarithm of what may be negative: p[k~4897904]", "a logarithm of what may be negative: p[k]"),
        ("indices of different ranges in KroneckerDelta(_c, _k)", "indices of different ranges"),
        ("KroneckerDelta(_c, _k): the index _c does not run to K", "the index c does not run to K"),
        ("the letter 'y_rows' has no meaning", "the letter 'y' has no meaning"),
        ("the sum over k runs to K: one too many", "the sum over k runs to K: one too many"),
    ],
)
def test_words_for_users(made, told):
    """Messages name letters as the document does, and spell no formulas of the proof."""
    assert in_words(made) == told


def test_words_for_users_in_a_document(tmp_path):
    """A letter of many rows is told under its own name."""
    text = r"$$h_\theta(x)=\frac{1}{1+e^{-\theta^T x}}$$ $$\log h_\theta(x_i) = -\log(1+e^{-\theta^T x_i})$$"
    _, output = run(tmp_path, text, "--json")
    assert "the letter 'x' has no meaning" in output
