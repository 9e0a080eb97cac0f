"""Measure the worst error of each public function against MPFR; `python tests/accuracy.py` renews the records.

An error is counted in units in the last place of the exact value (ULP), for the exact numbers that
the inputs are; exact values below the smallest normal number are left out. The records are
`tests/accuracy.json`, which `test_accuracy.py` compares with, and the table in `docs/accuracy.md`.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import gmpy2
import mpmath
import numpy as np

import softreg

BITS = 160  # of the exact results
RECORDS = Path(__file__).with_name("accuracy.json")
PAGE = Path(__file__).parents[1] / "docs" / "accuracy.md"
MARKS = ("<!-- table: python tests/accuracy.py -->\n", "<!-- end of table -->\n")

# What is measured, with the goal for float64 and float32.
GOALS = {
    "softmax": (4, 6),
    "softmax, first axis": (6, 8),
    "sum of softmax": (2, 2),
    "log_softmax": (4, 5),
    "logsumexp": (2.5, 2.5),
    "logsumexp < 0": (2, 2),
    "cross_entropy": (4, 5),
    "logit_gradient": (4, 5),
}


def goal(measure, dtype):
    """Return the largest error allowed."""
    return GOALS[measure][dtype == "float32"]


# --- inputs ---------------------------------------------------------------------------------------


def families(rng, n, K, dtype):
    """Yield n rows of K logits of each kind that breaks one formula or another."""
    wide = dtype == "float64"
    size, column = (n, K), (n, 1)
    sign = rng.choice([-1.0, 1.0], column)
    normal = rng.normal(0, 1, size)
    one = np.arange(K) == rng.integers(0, K, column)
    yield normal * 3
    yield normal + sign * 10 ** rng.uniform(0, 12 if wide else 6, column)  # a common offset
    yield (1 + rng.integers(0, 4, size) * 2.0 ** (-50 if wide else -20)) * (1e300 if wide else 1e30)
    yield np.where(one, rng.uniform(1, 700 if wide else 85, column), rng.random(size))  # one class stands out
    yield rng.uniform(-1, 1, size) * 10 ** rng.uniform(-3, 2.85 if wide else 1.9, column)  # spreads up to 1400
    yield rng.integers(-2, 1, size) * rng.choice([0, 1e-15, 1e-7, 1.0], column) + rng.integers(0, 50, column)  # ties
    yield normal - np.log(np.exp(normal).sum(axis=1, keepdims=True))  # log-probabilities


@functools.cache
def groups(dtype):
    """Return arrays of logits with labels, the likeliest class in every other row, and the exact results."""
    rng = np.random.default_rng(20260101)
    result = []
    for n, K in ((72, 2), (72, 5), (72, 12), (72, 30), (1, 100_000)):
        z = np.concatenate(list(families(rng, n, K, dtype)))
        z = (z[1:6] if K > 1000 else z).astype(dtype)
        y = np.where(np.arange(len(z)) % 2, rng.integers(0, K, len(z)), np.argmax(z, axis=1))
        result.append((z, y, exact(z.astype("float64"), y)))
    return result


def exact(z, y):
    """Return the results on rows of logits as pairs of floats, whose sum has twice the digits."""
    results = {name: [] for name in ("softmax", "log_softmax", "logsumexp", "cross_entropy", "logit_gradient")}
    with gmpy2.context(precision=BITS):
        for row, label in zip(z.tolist(), y.tolist(), strict=True):
            top = max(range(len(row)), key=row.__getitem__)
            m = gmpy2.mpfr(row[top])
            d = [x - m for x in row]
            w = [gmpy2.exp(x) for x in d]
            w[top] = gmpy2.mpfr(0)
            s = gmpy2.fsum(w)
            w[top] = gmpy2.mpfr(1)
            L = gmpy2.log1p(s)
            p = [x / (1 + s) for x in w]
            logs = [x - L for x in d]
            g = list(p)
            g[label] = -s / (1 + s) if label == top else p[label] - 1
            for name, value in (("softmax", p), ("log_softmax", logs), ("logit_gradient", g)):
                results[name].append([pair(x) for x in value])
            results["logsumexp"].append(pair(m + L))
            results["cross_entropy"].append(pair(-logs[label]))
    return {name: np.array(values) for name, values in results.items()}


def pair(x):
    """Split an exact number into a float and the rest."""
    high = float(x)
    return high, float(x - high)


# --- errors ---------------------------------------------------------------------------------------


def units(got, true, dtype):
    """Return the worst error of results in ULP; infinite for a NaN."""
    high, low = true[..., 0], true[..., 1]
    normal = np.abs(high) >= np.finfo(dtype).tiny
    unit = np.spacing(np.abs(high).astype(dtype)).astype("float64")
    with np.errstate(invalid="ignore", over="ignore"):
        error = np.abs((got.astype("float64") - high) - low) / unit
    error = np.where(np.isnan(error), np.inf, error)
    return float(np.max(error, where=normal, initial=0.0))


def measure(backend, dtype, way):
    """Return the worst error of each function, called in the given way."""
    worst = dict.fromkeys(GOALS, 0.0)
    eps = float(np.finfo(dtype).eps)
    softmax_first = way.wrap(lambda z: softreg.softmax(z, axis=0))
    one = {name: way.wrap(getattr(softreg, name)) for name in ("softmax", "log_softmax", "logsumexp")}
    two = {name: way.wrap(getattr(softreg, name)) for name in ("cross_entropy", "logit_gradient")}

    def note(name, error):
        worst[name] = max(worst[name], error)

    for z, y, true in groups(dtype):
        if z.shape[1] not in way.classes:
            continue
        Z, labels = backend.asarray(z), backend.asarray(y)
        for name, function in {**one, **two}.items():
            got = backend.numpy(function(Z, labels) if name in two else function(Z))
            if name == "logsumexp":
                m, t = z.max(axis=1), true[name]
                if np.any(m >= 0):
                    note(name, units(got[m >= 0], t[m >= 0], dtype))
                scale = np.maximum(np.maximum(1, np.abs(m.astype("float64"))), np.abs(t[:, 0]))
                error = np.abs((got.astype("float64") - t[:, 0]) - t[:, 1]) / scale / eps
                note("logsumexp < 0", float(np.max(error, where=m < 0, initial=0.0)))
                continue
            note(name, units(got, true[name], dtype))
            if name == "softmax":
                sums = [mpmath.fsum(row) - 1 for row in got.astype("float64").tolist()]
                note("sum of softmax", float(max(abs(x) for x in sums)) / eps)
        got = backend.numpy(softmax_first(backend.asarray(np.ascontiguousarray(z.T)))).T
        note("softmax, first axis", units(got, true["softmax"], dtype))
    return worst


# --- records --------------------------------------------------------------------------------------


class Way(NamedTuple):
    """A way to call the functions, and the numbers of classes that it is measured on."""

    wrap: Callable[[Any], Any]
    classes: range = range(10**6)
    has_goals: bool = True


def ways(library):
    """Return the ways to call the functions on a library's arrays, by name."""
    result = {library: Way(lambda f: f)}
    if library == "jax":
        import jax

        result["jax.jit"] = Way(jax.jit)
    if library == "torch":
        import torch

        compiled = functools.partial(torch.compile, fullgraph=True, dynamic=True)
        # Its sums are not made to be accurate over many classes: what is lost is on record, without a goal.
        result["torch.compile, K <= 30"] = Way(compiled, range(31))
        result["torch.compile, K = 100,000"] = Way(compiled, range(31, 10**6), has_goals=False)
    return result


def table(records):
    """Return the records as a table in Markdown: worst float64 / float32."""
    lines = ["| | goal | " + " | ".join(records) + " |", "|---" * (len(records) + 2) + "|"]
    for name, goals in GOALS.items():
        cells = [f"{goals[0]} / {goals[1]}"]
        cells += [" / ".join(f"{r[d][name]:.2f}" for d in ("float64", "float32")) for r in records.values()]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def renewed(page, records):
    """Return the page with the table of the records."""
    start, end = page.index(MARKS[0]) + len(MARKS[0]), page.index(MARKS[1])
    return page[:start] + table(records) + page[end:]


def main():
    """Measure every library that is installed here."""
    from conftest import BACKENDS

    records = json.loads(RECORDS.read_text(encoding="utf-8")) if RECORDS.exists() else {}
    for library in ("numpy", "strict", "dask", "torch", "jax"):
        backend = BACKENDS[library]()[0]
        for name, way in ways(library).items():
            records[name] = {
                dtype: {k: round(v, 3) for k, v in measure(backend, dtype, way).items()}
                for dtype in ("float64", "float32")
            }
            print(name, records[name])  # noqa: T201
    RECORDS.write_text(json.dumps(records, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8"), records), encoding="utf-8")


if __name__ == "__main__":
    main()
