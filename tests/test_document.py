"""Documents are read whole or refused in a sentence, and nothing is waited for without end."""

import json
import os
import threading
from pathlib import Path

import pytest
from typer.testing import CliRunner

from softreg import _document
from softreg._document import of_notebook, read
from softreg.cli import app
from softreg.errors import InputError

posix = pytest.mark.skipif(os.name != "posix", reason="there are no named pipes")
SOFTMAX = r"$$p_i = \frac{e^{z_i}}{\sum_k e^{z_k}}$$"
WRONG = r"$$\frac{\partial p_i}{\partial z_j} = p_i (\delta_{ij} + p_j)$$"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"a\r\nb\rc\n", "a\nb\nc\n"),
        ("\ufeffé".encode(), "é"),
        ("é = 1\r\n".encode("utf-16"), "é = 1\n"),
        ("\ufeffé".encode("utf-16-be"), "é"),
    ],
)
def test_text(tmp_path, data, text):
    """Marks of the order of bytes, UTF-16 and all ends of lines are understood."""
    path = tmp_path / "d.md"
    path.write_bytes(data)
    assert read(path) == text


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"caf\xe9", "save it as UTF-8"),
        (b"a\0b", "bytes that are 0"),
        (b"PK\x03\x04\0", "zip archive"),
        (b"\xff\xfea", "begins like UTF-16"),
        (b"a" * 1_000_001, "more than 1 MB"),
    ],
)
def test_no_text(tmp_path, data, told):
    """What is no text, or too much, is said."""
    path = tmp_path / "d.md"
    path.write_bytes(data)
    with pytest.raises(InputError, match=told):
        read(path)


def test_folder(tmp_path):
    """A folder is none."""
    with pytest.raises(InputError, match=r"Is a directory|Permission denied"):
        read(tmp_path)


@posix
def test_pipe_without_a_writer(tmp_path, monkeypatch):
    """A pipe that nobody writes to is not waited for."""
    monkeypatch.setattr(_document, "PATIENCE", 0.05)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="nobody writes"):
        read(tmp_path / "pipe")


@posix
def test_pipe(tmp_path, monkeypatch):
    """A pipe is read to its end, however late its writer writes."""
    monkeypatch.setattr(_document, "PATIENCE", 0.05)
    begin, end = os.pipe()

    def write():
        os.write(end, b"some ")
        os.write(end, b"text")
        os.close(end)

    writer = threading.Timer(0.3, write)
    writer.start()
    try:
        assert read(Path(f"/dev/fd/{begin}")) == "some text"
    finally:
        writer.join()
        os.close(begin)


@posix
def test_device():
    """A device without an end is too much."""
    with pytest.raises(InputError, match="more than 1 MB"):
        read(Path("/dev/zero"))


def notebook(*cells):
    """Return a notebook of cells, pairs of kind and source."""
    made = [{"cell_type": kind, "source": source, "metadata": {}} for kind, source in cells]
    return json.dumps({"cells": made, "nbformat": 4, "nbformat_minor": 5})


def test_notebook(tmp_path):
    """The markdown cells of a notebook are judged; code is left out, and that lines are those of the cells is said."""
    path = tmp_path / "d.ipynb"
    path.write_text(notebook(("markdown", [SOFTMAX, "\n"]), ("code", "x = 3"), ("markdown", WRONG)), encoding="utf-8")
    result = CliRunner().invoke(app, ["check", str(path), "--json"])
    printed = json.loads(result.output)
    assert [(s["verdict"], s["line"]) for s in printed["steps"]] == [("definition", 1), ("false", 4)]
    assert _document.CELLS in printed["context"]
    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [("{}", "no list of cells"), ("{", "no list of cells"), (notebook(("code", "x")), "no cells of text")],
)
def test_no_notebook(text, told):
    """What is no notebook, or has nothing to judge, is said."""
    with pytest.raises(InputError, match=told):
        of_notebook(Path("d.ipynb"), text)


def test_other_texts():
    """Other texts are no notebooks."""
    assert of_notebook(Path("d.md"), "{a} $$x$$") is None


def test_nothing_to_judge(tmp_path):
    """Without a step the answer says where steps would be."""
    path = tmp_path / "d.md"
    path.write_text("only $a = b$", encoding="utf-8")
    result = CliRunner().invoke(app, ["check", str(path)])
    assert result.exit_code == 2
    assert "between lines of $$" in result.output
