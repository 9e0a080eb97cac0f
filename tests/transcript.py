"""Run the console blocks of a page of docs: `python tests/transcript.py docs/shell.md` renews their outputs."""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

SOFTREG = "import sys; sys.argv[0] = 'softreg'; from softreg.cli import main; main()"
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


def renewed(page, folder):
    """Return the page with what its commands print in an empty folder, in their order."""
    tools = Path(folder) / "bin"
    tools.mkdir()
    for name, arguments in (("python", '"$@"'), ("softreg", f'-c "{SOFTREG}" "$@"')):
        (tools / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {arguments}\n', encoding="utf-8")
        (tools / name).chmod(0o755)
    program = re.search(r"`(\w+\.py)`:\n\n```python\n(.*?)```", page, re.DOTALL)
    (Path(folder) / program[1]).write_text(program[2], encoding="utf-8")
    paths = os.pathsep.join([str(tools), os.environ["PATH"]])
    environment = {**os.environ, "PATH": paths, "COLUMNS": "80", "NO_COLOR": "1", "PYTHONWARNDEFAULTENCODING": ""}

    def run(block):
        lines = []
        for line in block[1].splitlines():
            if line.startswith("$ "):
                done = subprocess.run(
                    ["sh", "-c", line[2:]],
                    cwd=folder,
                    env=environment,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    encoding="utf-8",
                    check=True,
                )
                lines += [line, *(printed.rstrip() for printed in done.stdout.splitlines())]
        return "```console\n" + "\n".join(lines) + "\n```"

    return BLOCK.sub(run, page)


if __name__ == "__main__":
    path = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as directory:
        path.write_text(renewed(path.read_text(encoding="utf-8"), directory), encoding="utf-8")
