"""The container: what is in it comes back, and nothing else is taken for one."""

import json
import pickle

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st

from softreg import _container as container
from softreg.errors import InputError, ModelFileError

CONTENTS = container.Contents(
    {"format": 1, "note": 'a "sha256":"0" é'},
    {"coef": np.arange(6.0).reshape(2, 3), "classes": np.arange(5, dtype="u1")},
)


def unpacked(data, key=None, newest=1):
    """Return what bytes hold."""
    return container.unpack(bytearray(data), "m", key, newest)


def forged(header, tensors=b"\0" * 16):
    """Return a file with any header and a right digest."""
    text = header if isinstance(header, bytes) else json.dumps(header, separators=(",", ":")).encode()
    data = bytearray(len(text).to_bytes(8, "little") + text + tensors)
    data[container.SHA256] = container._digest(data)
    return data


def metadata(**fields):
    """Return the metadata of a document with these fields."""
    document = {"hmac": "0" * 64, "sha256": "0" * 64, "format": 1, **fields}
    return {"softreg": json.dumps(document, separators=(",", ":"))}


def tensor(dtype="F64", shape=(2,), at=(0, 16), **more):
    """Return a header with one tensor."""
    return {
        "__metadata__": metadata(),
        "coef": {"dtype": dtype, "shape": list(shape), "data_offsets": list(at), **more},
    }


def test_round_trip():
    """Document and tensors come back; the safetensors library reads the same tensors."""
    data = container.pack(CONTENTS)
    found = unpacked(data)
    assert found.document == CONTENTS.document
    library = safetensors.numpy.load(bytes(data))
    assert found.tensors.keys() == library.keys() == CONTENTS.tensors.keys()
    for name, values in CONTENTS.tensors.items():
        assert found.tensors[name].dtype == values.dtype
        assert np.array_equal(found.tensors[name], values)
        assert np.array_equal(library[name], values)
    assert container.pack(found) == data


@pytest.mark.parametrize("key", [None, b"secret"])
def test_every_flipped_bit_is_noticed(key):
    """A file that differs in one bit is refused, wherever the bit is, with a key and without."""
    data = container.pack(CONTENTS, key)
    for at in range(len(data)):
        for bit in range(8):
            data[at] ^= 1 << bit
            with pytest.raises(ModelFileError):
                container.unpack(data, "m", key, 1)
            data[at] ^= 1 << bit
    assert unpacked(data, key).document == CONTENTS.document


def test_truncated():
    """A file that was cut says so, and how much is missing, wherever it was cut."""
    data = container.pack(CONTENTS)
    for size in range(len(data)):
        with pytest.raises(ModelFileError, match=r"truncated|not a softreg model"):
            unpacked(data[:size])
    with pytest.raises(
        ModelFileError, match=f"m is truncated: header says {len(data)} bytes, file has {len(data) - 1}"
    ):
        unpacked(data[:-1])


def test_changed():
    """A changed byte is a mismatch of the digest."""
    data = container.pack(CONTENTS)
    data[-1] ^= 1
    with pytest.raises(ModelFileError, match=r"m is corrupt \(SHA-256 mismatch\)"):
        unpacked(data)


def test_signature():
    """A file is read with the key that signed it, or with none; not with another, nor unsigned with any."""
    signed, plain = container.pack(CONTENTS, b"a"), container.pack(CONTENTS)
    assert unpacked(signed, b"a").document == unpacked(signed).document == CONTENTS.document
    for data, key in ((signed, b"b"), (plain, b"a")):
        with pytest.raises(ModelFileError, match="signature check failed"):
            unpacked(data, key)


def test_signature_comes_first():
    """What was not signed is not parsed, whatever it holds."""
    for header in (b"[" * 5000, {"__metadata__": metadata(format=99)}):
        start = container.pack(CONTENTS)[8 : container.SHA256.stop]
        data = forged(header if isinstance(header, dict) else bytes(start) + header)
        with pytest.raises(ModelFileError, match="signature check failed"):
            unpacked(data, b"key")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (pickle.dumps({"a": 1}), r"looks like a pickle\). softreg never loads pickles"),
        (b"PK\x03\x04" + b"0" * 600, "zip archive"),
        (b"\x93NUMPY" + b"0" * 600, "NumPy array"),
        (b"PAR1\x15" + b"0" * 600, "Parquet"),
        (b"", "it is empty"),
        (b"a,b\n1,2\n" * 100, "m is not a softreg model"),
        (safetensors.numpy.save({"a": np.ones(99)}), "a safetensors file, but not written by softreg"),
    ],
)
def test_foreign_files(data, reason):
    """Another kind of file is named, and never loaded."""
    with pytest.raises(ModelFileError, match=reason):
        unpacked(data)


def test_later_format():
    """A later format is refused with its number."""
    with pytest.raises(ModelFileError, match=r"m uses format 3, this softreg reads up to 2. Upgrade"):
        unpacked(forged({"__metadata__": metadata(format=3)}), newest=2)
    for version in (0, True, "1", None):
        with pytest.raises(ModelFileError, match="names no format"):
            unpacked(forged({"__metadata__": metadata(format=version)}))


def test_sizes_that_lie():
    """A header that claims to be huge is refused before memory is taken for it."""
    data = container.pack(CONTENTS)
    for size in (2**63, 2**64 - 1, container.HEADER_LIMIT + 1):
        data[:8] = size.to_bytes(8, "little")
        with pytest.raises(ModelFileError, match="at most"):
            unpacked(data)


@pytest.mark.parametrize(
    "header",
    [
        tensor(dtype="BF16"),
        tensor(dtype=7),
        tensor(shape=(-2,)),
        tensor(shape=(0,), at=(0, 0)),
        tensor(shape=(2**62, 4)),
        tensor(shape=(True, 2)),
        tensor(shape=(1, 1, 2)),
        tensor(shape=()),
        tensor(at=(0, 8)),
        tensor(at=(8, 24)),
        tensor(at=(16, 0)),
        tensor(at=(-16, 0)),
        tensor(at=(0, 2**63)),
        tensor(at=(0,)),
        tensor(more=1),
        tensor(shape=(1,), at=(0, 8)),
        tensor(shape=(1,), at=(8, 16)),
        tensor() | {"other": {"dtype": "F64", "shape": [1], "data_offsets": [0, 8]}},
        tensor() | {"other": 7},
        {"__metadata__": metadata()}
        | {str(i): {"dtype": "U8", "shape": [1], "data_offsets": [i, i + 1]} for i in range(17)},
    ],
)
def test_impossible_tensors(header):
    """Dtypes, shapes and places that are not as they must be are refused, with a right digest too."""
    assert unpacked(forged(tensor())).tensors["coef"].tolist() == [0.0, 0.0]
    with pytest.raises(ModelFileError, match="tensor"):
        unpacked(forged(header, b"\0" * (17 if len(header) == 18 else 16)))


@pytest.mark.parametrize(
    "text",
    [
        "[" * 9000 + "]" * 9000,
        "[" * 40_000,
        '{"a":' * 3000 + "1" + "}" * 3000,
        "NaN",
        "1" * 5000,
        "é",
        '"\\ud800',
        "1,",
    ],
)
def test_hostile_json(text):
    """JSON that is deep, long, or none is one sentence."""
    start = bytes(container.pack(CONTENTS)[8 : container.SHA256.stop])
    inner = json.dumps(text)[1:-1].encode()
    for middle in (
        b'\\",\\"format\\":1,\\"x\\":' + inner + b'}"}}',
        b'\\",\\"format\\":1}"},"x":' + text.encode() + b"}",
    ):
        with pytest.raises(ModelFileError, match=r"header|tensor"):
            unpacked(forged(start + middle))


def test_too_much_metadata():
    """What could not be read again is not written."""
    with pytest.raises(InputError, match="at most 1 MiB"):
        container.pack(container.Contents({"format": 1, "x": "a" * container.HEADER_LIMIT}, CONTENTS.tensors))
    with pytest.raises(InputError, match="Use fewer categories"):
        container.pack(container.Contents({"format": 1, "x": [[]] * container.NODES_LIMIT}, CONTENTS.tensors))


@settings(derandomize=True)
@given(st.binary(max_size=2000))
def test_any_bytes(data):
    """Whatever a file holds, it is refused with a sentence."""
    with pytest.raises(ModelFileError):
        unpacked(data)


def test_no_regular_file(tmp_path):
    """A directory is no model, and a pipe does not make the reader wait."""
    import os

    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(ModelFileError, match="no regular file"):
            container.read(path, None, 1)
    with pytest.raises(FileNotFoundError):
        container.read(tmp_path / "none", None, 1)
