"""The command, run in a process of its own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from softreg import cli

pytestmark = pytest.mark.filterwarnings("ignore")


def softreg(*arguments):
    """Run the command and return exit code and output."""
    code = "from softreg.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_demo():
    """The demo passes its own checks, proves the gradient and ends with the accuracy."""
    code, output = softreg("demo")
    assert code == 0, output
    assert "FAILED" not in output
    assert "not run" not in output
    assert "logit gradient is proved" in output
    assert "hardest" in output
    last = output.strip().splitlines()[-1]
    assert last.startswith("test accuracy 0.9")
    assert float(last.split()[-1]) >= 0.95


def test_demo_fails_with_its_checks(monkeypatch):
    """A check that fails is named, and the exit code says so."""
    from rich.console import Console

    from softreg import _demo

    monkeypatch.setattr(_demo, "DIFFERENCE", 0.0)
    console = Console(record=True, width=100)
    assert not _demo.run(console)
    text = console.export_text()
    assert "FAILED" in text
    assert "failed: the gradient agrees with finite differences" in text


def test_prove_one_claim():
    """A named claim is derived step by step."""
    code, output = softreg("prove", "logit_gradient")
    assert code == 0
    assert "S_i - y_i" in output


def test_unknown_claim():
    """A name that no claim has is one sentence, not a traceback."""
    code, output = softreg("prove", "nonsense")
    assert code != 0
    assert "no claim is called nonsense" in output
    assert "Traceback" not in output


def test_help_names_the_commands():
    """Without arguments the command explains itself."""
    _, output = softreg()
    assert "demo" in output
    assert "prove" in output


def test_as_a_module():
    """The package runs the command too: a wrong option is told, not passed over."""
    done = subprocess.run([sys.executable, "-m", "softreg", "check", "--no-such"], capture_output=True, check=False)
    assert done.returncode == 2
    assert b"--no-such" in done.stderr + done.stdout


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has none")
def test_hangup_is_ignored_under_nohup(monkeypatch):
    """The command ends in order when its terminal goes away, but not if it was told to go on."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    monkeypatch.setattr(sys, "argv", ["softreg", "inspect", "no such file"])
    try:
        for told in (signal.SIG_DFL, signal.SIG_IGN):
            signal.signal(signal.SIGHUP, told)
            with pytest.raises(SystemExit):
                cli.main()
            assert (signal.getsignal(signal.SIGHUP) is signal.SIG_IGN) == (told is signal.SIG_IGN)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@pytest.mark.skipif(os.name != "posix", reason="the shell is another one")
def test_closed_streams(tmp_path):
    """Without a stream to write to, the exit code is the same, and what would be told is in no file."""
    (tmp_path / "d.csv").write_text("x,y\n1,a\n2,b\n", encoding="utf-8")
    fit = "fit d.csv --target y --out m"
    for command, code in (
        (f"{fit} >&-", 0),
        (f"{fit} --json >&-", 0),
        ("inspect none 2>&-", 2),
        (f"{fit} >&- 2>&-", 0),
    ):
        line = f"exec {sys.executable} -m softreg {command}"
        assert subprocess.run(["sh", "-c", line], cwd=tmp_path, check=False).returncode == code
    assert sorted(path.name for path in tmp_path.iterdir()) == ["d.csv", "m"]


@pytest.mark.skipif(os.name != "posix", reason="the shell is another one")
@pytest.mark.parametrize("closed", ["<&- >&- 2>&-", "<&-", ">&- 2>&-", "<&- 2>&-"])
def test_closed_streams_are_taken(closed):
    """No file that the command opens gets the number of a stream, into which a library may print."""
    code = (
        "import os, sys; from softreg import cli; closed = [n for n in range(3) if sys.__dict__["
        "('__stdin__', '__stdout__', '__stderr__')[n]] is None]; cli.app = lambda *_, **__: os._exit("
        "not all(os.path.samestat(os.fstat(n), os.stat(os.devnull)) for n in closed)); cli.main()"
    )
    line = f'exec "$@" {closed}'
    assert subprocess.run(["sh", "-c", line, "sh", sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.skipif(os.name != "posix", reason="the shell is another one")
@pytest.mark.parametrize("option", [[], ["--json"], ["--help"]])
def test_output_that_cannot_be_written(tmp_path, option):
    """A disk that is full, or a limit, is one sentence with a subject."""
    command = [
        "sh",
        "-c",
        'ulimit -f 0; exec "$@"',
        "sh",
        sys.executable,
        "-m",
        "softreg",
        "inspect",
        Path(__file__).parent / "data" / "format1.safetensors",
    ]
    with open(tmp_path / "out", "wb") as out:
        done = subprocess.run(
            [*command, *option],
            stdout=out,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            check=False,
        )
    assert done.stderr.endswith("softreg: standard output: File too large.\n")
    assert done.returncode == 2


def test_the_page_replaces_no_input(tmp_path):
    """A report named like the document is refused, and the document is as it was."""
    document = tmp_path / "d.md"
    document.write_text("$$p_k = q_k$$\n", encoding="utf-8")
    command = [sys.executable, "-m", "softreg.cli", "check", str(document), "--html", str(document)]
    result = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith("softreg: ")
    assert "would be overwritten" in result.stderr
    assert document.read_text(encoding="utf-8") == "$$p_k = q_k$$\n"
