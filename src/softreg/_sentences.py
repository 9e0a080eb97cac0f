"""What a user of the command can mend becomes one sentence on standard error and exit code 2."""

from __future__ import annotations

import errno
import sys
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from softreg import errors

EXIT = 2
OF_WRITING = (errno.ENOSPC, errno.EFBIG, errno.EPIPE)
LONGEST = 24  # characters of a name
EXTRAS = {  # that bring a package; the rest comes with the command itself
    "matplotlib": "plot",
    "sympy": "symbolic",
    "lark": "symbolic",
    "torch": "torch",
    "jax": "jax",
    "cupy": "cuda13",
}
REFUSALS = (
    errors.InputError,
    errors.InputTypeError,
    errors.ModelFileError,
    errors.BackendError,
    errors.NonFiniteError,
)


@contextmanager
def in_sentences() -> Iterator[None]:
    """Report refusals of the body and end the process; print warnings as one line each."""

    def show(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
        sys.stderr.write(f"softreg: warning: {shown(_line(message))}\n")

    with warnings.catch_warnings():
        warnings.showwarning = show
        try:
            yield
        except Exception as error:
            reason = _reason(error)
            if reason is None:
                raise
        else:
            return
    sys.stderr.write(f"softreg: {shown(reason)}\n")
    raise SystemExit(EXIT)


def _reason(error: Exception) -> str | None:
    """Return the sentence for an exception; None if it is a defect of softreg."""
    if isinstance(error, ModuleNotFoundError) and error.name:
        return missing(error.name)
    if hasattr(error, "format_message"):  # of the reader of arguments, which typer may bring under a name of its own
        command = getattr(getattr(error, "ctx", None), "command_path", "softreg")
        return f"{_line(error.format_message()).removesuffix('.')}. See {command} --help."
    if isinstance(error, OSError) and error.filename is None and error.errno in OF_WRITING:
        return f"standard output: {error.strerror}."  # as files that are written are named
    if isinstance(error, OSError):
        return _line(error) if error.filename is None else f"{error.filename or repr('')}: {error.strerror}."
    if isinstance(error, MemoryError):
        return _line(error) or "out of memory."
    if isinstance(error, (*REFUSALS, ImportError)) or type(error).__name__ == "InvalidParameterError":
        return _line(error)
    return None


def shown(text: str) -> str:
    """Return text for a terminal: what would steer it, or cannot be written, is escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def short(texts: Iterable[str]) -> list[str]:
    """Return names that fit a table or a picture: the middle is left out, as names often differ in their ends.

    Those that would then be the same have their number in the list.
    """
    names = [_short(text) for text in texts]
    times = Counter(names)
    return [f"{name} #{number}" if times[name] > 1 else name for number, name in enumerate(names, 1)]


def _short(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    return f"{text[: LONGEST // 2]}\N{HORIZONTAL ELLIPSIS}{text[1 - LONGEST // 2 :]}"


def counted(number: int, thing: str) -> str:
    """Return how many there are of a thing."""
    return f"{number} {thing}{'s' if number != 1 else ''}"


def missing(package: str) -> str:
    """Return the sentence for a package that is not installed."""
    name = package.partition(".")[0]
    return f"this needs {name}; install it with: python -m pip install 'softreg[{EXTRAS.get(name, 'cli')}]'"


def _line(message: object) -> str:
    return " ".join(str(message).split())
