"""Read a document that may be a derivation: bounded, from a file, a pipe or a notebook."""

from __future__ import annotations

import codecs
import json
import os
import select
import stat
from pathlib import Path
from typing import Any

from softreg._files import kind_of
from softreg.errors import InputError

MOST_BYTES = 1_000_000
PATIENCE = 3.0  # seconds until somebody has to write to a pipe
CELLS = "the notebook's cells of text are read one after the other: lines are counted in them, without the code"


def read(path: Path) -> str:
    """Return the text of a file, if it can be a derivation; lines end in one way."""
    try:
        data = _bytes(path)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}.") from None
    if len(data) > MOST_BYTES:
        raise InputError(
            f"{path} has more than {MOST_BYTES // 1_000_000} MB: that is no derivation, and it is not read."
        )
    if not data.strip():
        raise InputError(f"{path} is empty.")
    return _decoded(path, data).replace("\r\n", "\n").replace("\r", "\n")


def of_notebook(path: Path, text: str) -> str | None:
    """Return the cells of text of a Jupyter notebook, an empty line between them; nothing for other texts."""
    if path.suffix.lower() != ".ipynb" and not (text.lstrip().startswith("{") and '"nbformat"' in text):
        return None
    try:
        notebook: Any = json.loads(text)
        cells = [cell["source"] for cell in notebook["cells"] if cell["cell_type"] != "code"]
        found = "\n\n".join(cell if isinstance(cell, str) else "".join(cell) for cell in cells)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InputError(f"{path} is no notebook that can be read: it has no list of cells.") from None
    if not found.strip():
        raise InputError(f"{path} has no cells of text: there is nothing to judge.")
    return found


def _bytes(path: Path) -> bytes:
    """Return what a file begins with, one byte more than is allowed; do not wait for a pipe that nobody writes to."""

    def opener(name: str, flags: int) -> int:
        return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))

    with open(path, "rb", buffering=0, opener=opener) as file:
        mode = os.fstat(file.fileno()).st_mode
        data = b""
        if stat.S_ISFIFO(mode) and not select.select([file], [], [], PATIENCE)[0]:
            first = file.read(1)  # nothing at all if there is a writer who has not written yet
            if first == b"":
                raise InputError(f"{path} is a pipe that nobody writes to.")
            data = first or b""
        if stat.S_ISFIFO(mode) or file.isatty():
            os.set_blocking(file.fileno(), True)
        while len(data) <= MOST_BYTES and (more := file.read(MOST_BYTES + 1 - len(data))):
            data += more
        return data


def _decoded(path: Path, data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError:
            raise InputError(f"{path} begins like UTF-16 text, but is none.") from None
    if b"\0" in data:
        kind = kind_of(data)
        raise InputError(f"{path} is not text: it " + (f"begins like {kind}." if kind else "has bytes that are 0."))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = f"byte {error.start} is {data[error.start]:#04x}"
        raise InputError(f"{path} is not UTF-8 text: {at}; save it as UTF-8.") from None
