"""Files: what may be read as data, and outputs that appear whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO

from softreg.errors import InputError, InputTypeError

PARQUET = b"PAR1\x15"  # the last byte begins any page or footer
KINDS: tuple[tuple[bytes | tuple[bytes, ...], str], ...] = (  # what other files begin with
    (b"\x80", "a pickle"),
    ((b"PK\x03\x04", b"PK\x05\x06"), "a zip archive, as .npz, .pt and .xlsx are"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x1f\x8b", "a file compressed with gzip"),
    (b"\x28\xb5\x2f\xfd", "a file compressed with zstd"),
    (tuple(b"BZh%d1AY&SY" % level for level in range(1, 10)), "a file compressed with bzip2"),
    (b"\xfd7zXZ\0", "a file compressed with xz"),
    (b"\x78\x9c", "a file compressed with zlib, as joblib does"),
    (PARQUET, "Parquet"),
    (b"\x89HDF", "HDF5"),
)


def kind_of(start: bytes | bytearray) -> str | None:
    """Return what a file is that begins with these bytes; None if it is none of the kinds above."""
    return next((kind for magic, kind in KINDS if start.startswith(magic)), None)


def ends_in(name: str, *suffixes: str) -> bool:
    """Whether a name ends so, in capital letters or not."""
    return name.lower().endswith(suffixes)


def named(path: Any) -> str:
    """Return the name of a file as text."""
    try:
        return os.fsdecode(path)
    except TypeError:
        raise InputTypeError(f"a file is given by its name or path; this is a {type(path).__name__}.") from None


def reading(path: str) -> BinaryIO:
    """Open a file of data; a pipe would have to be read twice, or kept in memory, and could block for ever."""
    file = open(path, "rb", opener=lambda name, flags: os.open(name, flags | getattr(os, "O_NONBLOCK", 0)))  # noqa: SIM115
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise InputError(f"{path} is a pipe or a device; write the data to a file, and name that.")
    return file


def refuse_inputs(out: str, *inputs: str) -> None:
    """Refuse to write a file that is read, whatever name it is given, and what is no name of a file."""
    _has_name(out)
    if out == "-":
        raise InputError("standard output cannot be written to, as a file appears whole or not at all; name a file.")
    for path in inputs:
        with suppress(OSError):  # what is not there cannot be overwritten; who reads it will say so
            if os.path.samefile(out, path):
                same = "" if out == path else f", which is {path},"
                raise InputError(f"{out}{same} is an input and would be overwritten; name another file to write.")


def _has_name(out: str) -> None:
    if not out:
        raise InputError("the name of the file to write is empty.")
    if out.endswith(("/", os.sep)):
        raise InputError(f"{out} is the name of a folder; name the file to write.")


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Give a new file that takes the place of `path` when the body is done; if it fails, nothing has changed.

    The bytes and then the name are on the disk before this returns. A process that is killed leaves
    the old file, or the new one, and at most a `.softreg-*.tmp` beside it. A link at `path` is
    replaced, not followed; a file is replaced by one of the same mode. An error of writing names `path`.
    """
    _has_name(os.fspath(path))
    target = os.path.abspath(os.fspath(path))
    if os.path.isdir(target):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    if os.path.exists(target) and not os.path.isfile(target):  # a device or a pipe would be replaced by a file
        raise OSError(errno.EINVAL, "Not a regular file", os.fspath(path))
    folder = os.path.dirname(target)
    temporary = os.path.join(folder, f".softreg-{secrets.token_hex(8)}.tmp")
    try:
        file = open(temporary, "xb", opener=_exclusively)  # noqa: SIM115 - closed below, before it is renamed
    except OSError as error:
        raise type(error)(error.errno, error.strerror, os.fspath(path)) from None
    try:
        with file:
            if os.path.isfile(target) and not os.path.islink(target):
                os.chmod(temporary, stat.S_IMODE(os.stat(target).st_mode))  # before anything is in it
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
        _sync(folder)
    except BaseException as error:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        if isinstance(error, OSError) and error.errno is not None and error.filename in (None, temporary):
            raise type(error)(error.errno, error.strerror, os.fspath(path)) from None
        raise


def _exclusively(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o666)  # less the umask


def _sync(folder: str) -> None:
    """Put the names in a directory on the disk, where directories can be opened (not on Windows)."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
