r"""Numbers and a JSON document in one safetensors file that shows whether it was changed.

The container's metadata has a single entry, "softreg": the document. It begins with two digests, so
that these stand at fixed places of the file:

    {"__metadata__":{"softreg":"{\"hmac\":\"<64>\",\"sha256\":\"<64>\",\"format\":1,...

"sha256" is taken over the whole file with this field zeroed. "hmac" is 64 zeros, or the
HMAC-SHA-256 of the file with both fields zeroed. Both are checked before anything is parsed.

A file is read once, into one buffer of its size, and the tensors are views of it. (The library that
writes the container would copy each of them, or map a file that may change under it.) Everything
that a file can ask for is bounded before it is done.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import stat
from math import prod
from typing import Any, NamedTuple

import numpy as np
import safetensors.numpy

from softreg._files import kind_of
from softreg.errors import InputError, ModelFileError

HEADER_LIMIT = 1 << 20  # bytes
NODES_LIMIT = 1 << 15  # brackets and colons of a JSON text: what its objects take grows with them
MAX_TENSORS = 16
DTYPES: dict[str, np.dtype[Any]] = {
    "F32": np.dtype("<f4"),
    "F64": np.dtype("<f8"),
    "I64": np.dtype("<i8"),
    "U8": np.dtype("u1"),
}

ZEROS = b"0" * 64
START = b'{"__metadata__":{"softreg":"{\\"hmac\\":\\"'
BETWEEN = b'\\",\\"sha256\\":\\"'
HMAC = slice(8 + len(START), 8 + len(START) + 64)
SHA256 = slice(HMAC.stop + len(BETWEEN), HMAC.stop + len(BETWEEN) + 64)


class Contents(NamedTuple):
    """What a file holds: the document without its digests, and arrays by name."""

    document: dict[str, Any]
    tensors: dict[str, np.ndarray]


def pack(contents: Contents, key: bytes | None = None) -> bytearray:
    """Return the bytes of a file, signed if there is a key."""
    fields = {"hmac": ZEROS.decode(), "sha256": ZEROS.decode(), **contents.document}
    text = json.dumps(fields, separators=(",", ":"), allow_nan=False)
    data = bytearray(safetensors.numpy.save(contents.tensors, {"softreg": text}))
    header = int.from_bytes(data[:8], "little")
    if header > HEADER_LIMIT or _nodes(text) > NODES_LIMIT:
        raise InputError(
            f"a model file holds at most {HEADER_LIMIT >> 20} MiB of parameters and categories; these take "
            f"{header} bytes. Use fewer categories, or fewer class weights."
        )
    if key is not None:
        data[HMAC] = _signature(data, key)
    data[SHA256] = _digest(data)
    return data


def read(path: str | os.PathLike[str], key: bytes | None, newest: int) -> Contents:
    """Read a file of a format up to `newest`; with a key it must be signed with it."""
    name = os.fspath(path)
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise ModelFileError(f"{name} is not a softreg model: it is no regular file.")
        with open(descriptor, "rb", buffering=0, closefd=False) as file:
            start = bytearray(file.read(min(status.st_size, SHA256.stop)))
            _is_ours(start, name)
            data = bytearray(status.st_size)
            data[: len(start)] = start
            view, at = memoryview(data), len(start)
            while at < len(data):
                count = file.readinto(view[at:])
                if not count:
                    raise ModelFileError(f"{name} changed while it was read.")
                at += count
    finally:
        os.close(descriptor)
    return unpack(data, name, key, newest)


def unpack(data: bytearray, name: str, key: bytes | None, newest: int) -> Contents:
    """Check the bytes of a file, and return what they hold; the arrays are views of them."""
    _is_ours(data, name)
    if key is not None and not hmac.compare_digest(bytes(data[HMAC]), _signature(data, key)):
        raise ModelFileError(f"{name}: signature check failed.")
    size = int.from_bytes(data[:8], "little")
    if size > HEADER_LIMIT:
        raise ModelFileError(f"{name} is corrupt: its header has {size} bytes, at most {HEADER_LIMIT} are possible.")
    if 8 + size > len(data):
        raise ModelFileError(f"{name} is truncated: header says {8 + size} bytes or more, file has {len(data)}.")
    if not hmac.compare_digest(bytes(data[SHA256]), _digest(data)):
        raise ModelFileError(_damage(data, size, name))
    try:
        header = _parsed(data[8 : 8 + size])
        metadata = header.pop("__metadata__")
        document = _parsed(metadata["softreg"].encode())
        version = document.pop("format")
        del document["hmac"], document["sha256"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise ModelFileError(f"{name} is corrupt: its header is not that of a softreg model.") from None
    if type(version) is not int or version < 1:
        raise ModelFileError(f"{name} is corrupt: it names no format.")
    if version > newest:
        raise ModelFileError(f"{name} uses format {version}, this softreg reads up to {newest}. Upgrade softreg.")
    return Contents({"format": version, **document}, _views(data, 8 + size, header, name))


def _is_ours(data: bytearray, name: str) -> None:
    """Refuse what does not begin like our files; no other loader is ever tried."""
    if data[8 : HMAC.start] == START and data[HMAC.stop : SHA256.start] == BETWEEN and len(data) >= SHA256.stop:
        return
    kind = kind_of(data)
    if data[8:10] == b'{"':
        kind = "a safetensors file, but not written by softreg, or a damaged one"
    if not data:
        raise ModelFileError(f"{name} is not a softreg model: it is empty.")
    advice = " softreg never loads pickles." if kind == "a pickle" else ""
    raise ModelFileError(f"{name} is not a softreg model{f' (looks like {kind})' if kind else ''}.{advice}")


def _digest(data: bytearray) -> bytes:
    view = memoryview(data)
    digest = hashlib.sha256(view[: SHA256.start])
    digest.update(ZEROS)
    digest.update(view[SHA256.stop :])
    return digest.hexdigest().encode()


def _signature(data: bytearray, key: bytes) -> bytes:
    view = memoryview(data)
    signature = hmac.new(key, view[: HMAC.start], "sha256")
    signature.update(ZEROS + BETWEEN + ZEROS)
    signature.update(view[SHA256.stop :])
    return signature.hexdigest().encode()


def _nodes(text: str) -> int:
    return text.count("[") + text.count("{") + text.count(":")


def _parsed(text: bytes | bytearray) -> dict[str, Any]:
    """Return a JSON object in ASCII; refuse what would take much more memory than its text."""
    characters = str(text, "ascii")
    if _nodes(characters) > NODES_LIMIT:
        raise ValueError
    value = json.loads(characters, parse_constant=_no_number)
    if not isinstance(value, dict):
        raise TypeError
    return value


def _no_number(name: str) -> None:
    raise ValueError(name)


def _damage(data: bytearray, size: int, name: str) -> str:
    """Say what is wrong with a file whose digest is: bytes are missing, or changed."""
    try:
        header = _parsed(data[8 : 8 + size])
        ends = [spec["data_offsets"][1] for tensor, spec in header.items() if tensor != "__metadata__"]
        expected = 8 + size + max(ends)
        if expected > len(data):
            return f"{name} is truncated: header says {expected} bytes, file has {len(data)}."
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        pass  # the header is damaged as well
    return f"{name} is corrupt (SHA-256 mismatch)."


def _views(data: bytearray, start: int, header: dict[str, Any], name: str) -> dict[str, np.ndarray]:
    """Return the tensors, which must fill the rest of the file without holes or overlaps."""
    if len(header) > MAX_TENSORS:
        raise ModelFileError(f"{name} has {len(header)} tensors; at most {MAX_TENSORS} are possible.")
    tensors, ranges = {}, []
    for tensor, spec in header.items():
        try:
            dtype = DTYPES[spec["dtype"]]
            shape, (begin, end) = spec["shape"], spec["data_offsets"]
            known = {"dtype", "shape", "data_offsets"} == spec.keys()
            counts = all(type(size) is int and size >= 1 for size in shape) and 1 <= len(shape) <= 2
            places = type(begin) is int and type(end) is int and 0 <= begin < end <= len(data) - start
        except (KeyError, TypeError, ValueError, AttributeError):
            raise ModelFileError(f"tensor {tensor[:64]!r} in {name} is not described as format 1 does.") from None
        if not (known and counts and places):
            raise ModelFileError(f"tensor {tensor[:64]!r} in {name} has an impossible shape or place.")
        if prod(shape) * dtype.itemsize != end - begin:
            raise ModelFileError(f"tensor {tensor[:64]!r} in {name} has another size than its shape says.")
        tensors[tensor] = np.frombuffer(data, dtype, prod(shape), start + begin).reshape(shape)
        ranges.append((begin, end))
    at = 0
    for begin, end in sorted(ranges):
        if begin != at:
            raise ModelFileError(f"the tensors in {name} leave holes or overlap.")
        at = end
    if at != len(data) - start:
        raise ModelFileError(f"{name} has {len(data) - start - at} bytes that belong to no tensor.")
    return tensors
