"""Load mutated model files: `python tests/fuzz_model_file.py [FILES] [SEED]`, 10 million by default.

Three quarters of the mutants get a right digest again, so that what lies behind it is reached: half of
all are changed anywhere, a quarter in the header's JSON, by values that are hostile to a parser. Each
must load or raise ModelFileError.
"""

import copy
import json
import random
import resource
import sys
import time
from pathlib import Path

from softreg import SoftmaxRegression, _container, _model_file
from softreg.errors import ModelFileError

GOLDEN = Path(__file__).with_name("data") / "format1.safetensors"
SECONDS = 1.0  # of the processor for one file, by the script; the tests assert no time
EXTRA = 16 << 20  # bytes beside the file's
DEEP = "@deep@"  # stands for what json cannot write
HOSTILE = (
    *(-1, 0, 1, 2, 3, 255, 2**31, 2**63, 2**64, -(2**63), 10**400, 0.5, 1e308, True, None, "", "x" * 70_000, [], {}),
    *("F32", "F64", "I64", "U8", "BF16", "<U1", "<U99999", "|S0", "<f8", "|b1", "|O8", "<M8", ["a"] * 2000),
    *({"float": "nan"}, {"dict": [[1]]}, {"bytes": "zz"}, {"float": "1"}, [0, 8], [8, 0], [-1, 8], [0, 2**63]),
    *("__class__", "fit", "../../x"),
)


def mutant(data, rng):
    """Return a changed copy of the bytes of a model file."""
    changed = bytearray(data)
    way = rng.randrange(4)
    if way == 3:
        changed = in_header(changed, rng)
    else:
        for _ in range(rng.choice((1, 1, 2, 8))):
            somewhere(changed, rng)
    if way and len(changed) >= _container.SHA256.stop:
        changed[_container.SHA256] = _container._digest(changed)
    return changed


def somewhere(data, rng):
    """Flip a bit, set, remove or insert bytes, or cut the end off."""
    at = rng.randrange(len(data)) if data else 0
    way = rng.randrange(6)
    if way == 0 and data:
        data[at] ^= 1 << rng.randrange(8)
    elif way == 1:
        data[at : at + 1] = bytes([rng.choice((0, 32, 34, 44, 48, 57, 91, 92, 93, 123, 125, 127, 128, 255))])
    elif way == 2:
        del data[at : at + rng.choice((1, 2, 8, 64))]
    elif way == 3:
        data[at:at] = rng.randbytes(rng.choice((1, 8, 64)))
    elif way == 4:
        data[at : at + 8] = data[: rng.choice((8, 16))]
    else:
        del data[at:]


def in_header(data, rng):
    """Replace a value somewhere in the header, or in the document inside it, and write lengths that agree."""
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    document = json.loads(header["__metadata__"]["softreg"])
    root = document if rng.random() < 0.6 else header
    for _ in range(rng.choice((1, 1, 2))):
        replace(root, rng)
    if root is document and isinstance(header.get("__metadata__"), dict):
        header["__metadata__"]["softreg"] = deep(json.dumps(document, separators=(",", ":")))
    new = deep(json.dumps(header, separators=(",", ":"))).encode()
    new += b" " * (-len(new) % 8)
    return bytearray(len(new).to_bytes(8, "little")) + new + data[8 + size :]


def deep(text):
    """Put many levels of lists in the place that stands for them."""
    return text.replace(f'"{DEEP}"', "[" * 5000 + "]" * 5000)


def replace(node, rng):
    """Walk down from a list or dict, and put something else in the place reached."""
    while True:
        keys = list(node) if isinstance(node, dict) else range(len(node))
        if not keys:
            return
        key = rng.choice(keys)
        if not isinstance(node[key], list | dict) or rng.random() < 0.3:
            break
        node = node[key]
    way = rng.randrange(4)
    if way == 0 and isinstance(node, dict):
        node[rng.choice(("coef", "classes", "_table", "fit", "coef_", "x_", "format"))] = node.pop(key)
    elif way == 1:
        del node[key]
    else:
        node[key] = DEEP if rng.random() < 0.01 else copy.copy(rng.choice(HOSTILE))


def fuzz(files, seed):
    """Load that many mutants; return how many loaded, and the slowest one's seconds."""
    rng, data = random.Random(seed), GOLDEN.read_bytes()
    loaded, slowest = 0, 0.0
    for _ in range(files):
        changed = mutant(data, rng)
        start = time.process_time()
        try:
            contents = _container.unpack(changed, "model", None, _model_file.FORMAT)
            _model_file.restore(SoftmaxRegression, contents, "model")
            loaded += 1
        except ModelFileError:
            pass
        slowest = max(slowest, time.process_time() - start)
    return loaded, slowest


def peak():
    """Return the largest memory that this process has had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    number, first = (int(text) for text in (*sys.argv[1:], *("10000000", "0")[len(sys.argv) - 1 :]))
    fuzz(1000, first - 1)
    memory, begin = peak(), time.perf_counter()
    good, longest = fuzz(number, first)
    more = peak() - memory
    sys.stdout.write(
        f"{number} files in {time.perf_counter() - begin:.0f} s: {good} loaded, the others raised ModelFileError; "
        f"slowest {longest * 1000:.1f} ms, memory grew by {more / 2**20:.1f} MiB\n"
    )
    raise SystemExit(longest > SECONDS or more > EXTRA)
