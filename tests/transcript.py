"""Run the console blocks of a page of docs: `python tests/transcript.py docs/shell.md` renews their outputs."""

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from softreg.cli import main

BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


def renewed(page, folder):
    """Return the page with what its commands print in an empty folder, in their order."""
    program = re.search(r"`(\w+\.py)`:\n\n```python\n(.*?)```", page, re.DOTALL)
    (Path(folder) / program[1]).write_text(program[2], encoding="utf-8")

    def run(block):
        lines = []
        for line in block[1].splitlines():
            if line.startswith("$ "):
                lines += [line, *(printed.rstrip() for printed in output(line[2:]).splitlines())]
        return "```console\n" + "\n".join(lines) + "\n```"

    before = os.environ.copy()
    os.environ |= {"COLUMNS": "80", "NO_COLOR": "1", "PYTHONWARNDEFAULTENCODING": ""}
    try:
        with contextlib.chdir(folder):
            return BLOCK.sub(run, page)
    finally:
        os.environ.clear()
        os.environ |= before


def output(line):
    """Return what a line prints: softreg runs in this process, which saves seconds each time, all else in a shell."""
    command, also, rest = line.partition(" || ")
    name, *arguments = shlex.split(command)
    printed, code = io.StringIO(), 0
    if name == "softreg":
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            sys.argv[1:], before = arguments, sys.argv[1:]
            try:
                main()
            except SystemExit as end:
                code = end.code or 0
            finally:
                sys.argv[1:] = before
        line = f"(exit {code}){also}{rest}"
    elif name == "python":
        line = f"{shlex.quote(sys.executable)}{line.removeprefix(name)}"
    done = subprocess.run(
        ["sh", "-c", line], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", check=True
    )
    return printed.getvalue() + done.stdout


if __name__ == "__main__":
    path = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as directory:
        path.write_text(renewed(path.read_text(encoding="utf-8"), directory), encoding="utf-8")
