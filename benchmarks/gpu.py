"""Measure softreg on a CUDA device beside CuPy, torch and the device's own limits.

`python benchmarks/gpu.py [functions fashion probe]`
`python benchmarks/gpu.py --device cpu --small`      the same code in NumPy, to see that it runs

functions  softmax and cross_entropy_and_gradient of 1e6 x 1000 float32 logits. The limit is the time in which
           the device copies the logits: that too reads each number once and writes one. Goal: 70 % of it
fashion    Fashion-MNIST to a relative objective gap of 1e-6, in float64 and float32
probe      a linear probe: 1,281,168 x 768 float32 embeddings of length 1 made on the device, K = 1000, C so that
           training accuracy is near 90 %, to a gap of 1e-4. Goals: twice the time of the matrix products in the
           passes used, 30 s, 1.5 times the memory of X

Peers work on the same arrays, handed over by DLPack, in the same run. Objectives are computed in
float64 for all. Single calls are timed by events on the device, fits by the clock between two
synchronisations, after a first fit that loads and compiles. Results go to benchmarks/results/.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from contestants import relative_gap
from problems import fashion as fashion_mnist

import softreg

RESULTS = Path(__file__).with_name("results")
SIZES = {"functions": (1_000_000, 1000), "fashion": (60_000, 1), "probe": (1_281_168, 768, 1000)}
SMALL = {"functions": (2000, 100), "fashion": (600, 16), "probe": (3000, 24, 10)}
ROWS = 65_536  # in a block of what is made or checked here
PEER_LIMIT = 120.0  # seconds after which torch's L-BFGS is given up
STEPS = 20  # of its iterations between two looks at the objective


class Host:
    """NumPy and the clock: what `Cuda` is, without a device."""

    xp: Any = np
    name = "cpu"

    def synchronise(self) -> None:
        """Wait for all work: there is none left."""

    def milliseconds(self, call: Callable[[], Any], repeats: int) -> float:
        """Median time of a call that has run before."""
        call()
        times = []
        for _ in range(repeats):
            start = time.perf_counter()
            call()
            times.append(1000 * (time.perf_counter() - start))
        return statistics.median(times)

    def bytes_of(self, call: Callable[[], Any]) -> tuple[Any, int]:
        """The result of a call, and the most memory it had in use beside what was there."""
        tracemalloc.start()
        try:
            return call(), tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


class Cuda:
    """CuPy on the current CUDA device."""

    def __init__(self) -> None:
        import cupy

        self.xp = cupy
        properties = cupy.cuda.runtime.getDeviceProperties(cupy.cuda.Device().id)
        self.name = properties["name"].decode()

    def synchronise(self) -> None:
        """Wait for all work."""
        self.xp.cuda.Device().synchronize()

    def milliseconds(self, call: Callable[[], Any], repeats: int) -> float:
        """Median time of a call that has run before, by events on the default stream, which torch uses too."""
        call()
        begin, end = self.xp.cuda.Event(), self.xp.cuda.Event()
        times = []
        for _ in range(repeats):
            begin.record()
            call()
            end.record()
            end.synchronize()
            times.append(self.xp.cuda.get_elapsed_time(begin, end))
        return statistics.median(times)

    def bytes_of(self, call: Callable[[], Any]) -> tuple[Any, int]:
        """The result of a call, and by how much CuPy's pool, which gives nothing back by itself, had to grow."""
        pool = self.xp.get_default_memory_pool()
        pool.free_all_blocks()
        before = pool.total_bytes()
        result = call()
        return result, pool.total_bytes() - before


def device(name: str) -> Host | Cuda:
    """The device asked for; exits with a sentence where there is none."""
    if name == "cpu":
        return Host()
    advice = "`python benchmarks/gpu.py --device cpu --small` runs the same code without one."
    try:
        import cupy
    except ImportError:
        sys.exit(f"CuPy is not installed; install softreg[cuda13] or softreg[cuda12]. {advice}")
    try:
        cupy.cuda.runtime.getDeviceCount()
        return Cuda()
    except cupy.cuda.runtime.CUDARuntimeError as error:
        sys.exit(f"there is no CUDA device that CuPy can use ({error}). {advice}")


def row(*cells: Any) -> None:
    """Print a row of a Markdown table."""
    print("| " + " | ".join(str(cell) for cell in cells) + " |", flush=True)


# Functions


def functions(on: Host | Cuda, size: tuple[int, int], repeats: int) -> dict[str, Any]:
    """Times of softmax and of loss with gradient, and of copying the logits."""
    import torch

    xp, (n, K) = on.xp, size
    random = xp.random.default_rng(0)
    z, y = 3 * random.standard_normal((n, K), dtype=xp.float32), random.integers(0, K, n)
    out, index = xp.empty_like(z), xp.arange(n)
    zt, yt, it = (torch.from_dlpack(x) for x in (z, y, index))

    def naive_softmax() -> Any:
        e = xp.exp(z - xp.max(z, axis=1, keepdims=True))
        return e / xp.sum(e, axis=1, keepdims=True)

    def naive_loss_and_gradient() -> Any:
        p = naive_softmax()
        loss = -xp.log(p[index, y])
        p[index, y] -= 1
        return loss, p

    def torch_loss_and_gradient() -> Any:
        loss = torch.nn.functional.cross_entropy(zt, yt, reduction="none")
        p = torch.softmax(zt, dim=1)
        p[it, yt] -= 1
        return loss, p

    limit = on.milliseconds(partial(xp.copyto, out, z), repeats)
    del out
    tasks = {
        "softmax": {
            "softreg": lambda: softreg.softmax(z),
            f"{xp.__name__}, naive": naive_softmax,
            "torch": lambda: torch.softmax(zt, dim=1),
        },
        "loss and gradient": {
            "softreg": lambda: softreg.cross_entropy_and_gradient(z, y),
            f"{xp.__name__}, naive": naive_loss_and_gradient,
            "torch": torch_loss_and_gradient,
        },
    }
    result: dict[str, Any] = {"n": n, "K": K, "copy_ms": limit, "copy_GB_per_s": 2 * z.nbytes / limit / 1e6}
    print(f"\n{n} x {K} float32; a copy takes {limit:.3f} ms, {result['copy_GB_per_s']:.0f} GB/s\n")
    row("task", "by", "ms", "share of the copy's speed")
    row(*["---"] * 4)
    for task, calls in tasks.items():
        result[task] = {}
        for name, call in calls.items():
            ms = on.milliseconds(call, repeats)
            result[task][name] = {"ms": ms, "share": limit / ms}
            row(task, name, f"{ms:.3f}", f"{100 * limit / ms:.0f} %")
    result["error"] = error_of(on, z, y)
    print(f"\nlargest error against float64: {result['error']:.1e}")
    return result


def error_of(on: Host | Cuda, z: Any, y: Any) -> float:
    """The largest error of softreg's three results in all rows, against plain float64."""
    xp, worst = on.xp, 0.0
    p, (loss, gradient) = softreg.softmax(z), softreg.cross_entropy_and_gradient(z, y)
    for first in range(0, len(z), ROWS):
        part = slice(first, first + ROWS)
        exact = z[part].astype(xp.float64)
        exact -= xp.max(exact, axis=1, keepdims=True)
        total, index = xp.sum(xp.exp(exact), axis=1), xp.arange(len(exact))
        loss_here = xp.log(total) - exact[index, y[part]]
        q = xp.exp(exact) / total[:, None]
        worst = max(worst, float(xp.max(xp.abs(p[part] - q))), float(xp.max(xp.abs(loss[part] - loss_here))))
        q[index, y[part]] -= 1
        worst = max(worst, float(xp.max(xp.abs(gradient[part] - q))))
    return worst


# Fits


def objective(on: Host | Cuda, X: Any, y: Any, C: float, coef: Any, intercept: Any) -> float:
    """F in float64, blocks of rows at a time."""
    xp, total = on.xp, 0.0
    W, b = coef.astype(xp.float64), intercept.astype(xp.float64)
    for first in range(0, len(X), ROWS):
        part = slice(first, first + ROWS)
        total += float(xp.sum(softreg.cross_entropy(X[part].astype(xp.float64) @ W.T + b, y[part])))
    return (total + float(xp.sum(W * W)) / (2 * C)) / len(X)


def fitted(on: Host | Cuda, X: Any, y: Any, C: float, tol: float) -> tuple[Any, float]:
    """A fit of softreg and its seconds."""
    on.synchronise()
    start = time.perf_counter()
    model = softreg.SoftmaxRegression(C=C, tol=tol, max_iter=10_000).fit(X, y)
    on.synchronise()
    return model, time.perf_counter() - start


def products(on: Host | Cuda, X: Any, K: int) -> float:
    """Seconds of the two matrix products of a pass, X W and X'R, and nothing else."""
    xp, (n, d) = on.xp, X.shape
    random = xp.random.default_rng(1)
    W, R = (random.standard_normal(shape, dtype=X.dtype) for shape in ((d, K), (n, K)))
    out, back = xp.empty_like(R), xp.empty_like(W)

    def both() -> None:
        xp.matmul(X, W, out=out)
        xp.matmul(X.T, R, out=back)

    return on.milliseconds(both, 3) / 1000


def torch_lbfgs(on: Host | Cuda, X: Any, y: Any, C: float, K: int, goal: float) -> dict[str, float]:
    """torch's L-BFGS until the objective is at most the goal; looking at it is not counted."""
    import torch

    Xt, yt = torch.from_dlpack(X), torch.from_dlpack(y)
    W = torch.zeros((K, X.shape[1]), dtype=Xt.dtype, device=Xt.device, requires_grad=True)
    b = torch.zeros(K, dtype=Xt.dtype, device=Xt.device, requires_grad=True)
    settings = {"history_size": 20, "line_search_fn": "strong_wolfe", "tolerance_grad": 0, "tolerance_change": 0}
    optimizer = torch.optim.LBFGS([W, b], max_iter=STEPS, **settings)
    passes = 0

    def closure() -> Any:
        nonlocal passes
        passes += 1
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(torch.nn.functional.linear(Xt, W, b), yt)
        loss = loss + torch.sum(W * W) / (2 * C * len(Xt))
        loss.backward()
        return loss

    if Xt.is_cuda:
        torch.cuda.reset_peak_memory_stats()
    closure()  # what is loaded and compiled is not counted
    passes, seconds, value, before = 0, 0.0, np.inf, np.inf
    while seconds < PEER_LIMIT:
        on.synchronise()
        start = time.perf_counter()
        optimizer.step(closure)
        on.synchronise()
        seconds += time.perf_counter() - start
        value = objective(on, X, y, C, *(on.xp.from_dlpack(x.detach()) for x in (W, b)))
        if value <= goal or value == before:
            break
        before = value
    peak = torch.cuda.max_memory_allocated() if Xt.is_cuda else 0
    return {"seconds": seconds, "objective": value, "passes": passes, "bytes": peak}


def problem(on: Host | Cuda, X: Any, y: Any, C: float, tol: float, best: float = np.inf) -> dict[str, Any]:
    """Fit with softreg and with torch to a relative gap of tol; `best` is the least objective known."""
    K = int(on.xp.max(y)) + 1
    _, used = on.bytes_of(lambda: fitted(on, X, y, C, tol))
    model, seconds = fitted(on, X, y, C, tol)
    value = objective(on, X, y, C, model.coef_, model.intercept_)
    closer, _ = fitted(on, X, y, C, tol / 100)
    best = min(best, value, objective(on, X, y, C, closer.coef_, closer.intercept_))
    peer = torch_lbfgs(on, X, y, C, K, best + tol * max(1.0, best))
    best = min(best, peer["objective"])
    pure = products(on, X, K) * model.optimality_["passes"]
    result = {
        "n": len(X),
        "d": X.shape[1],
        "K": K,
        "C": C,
        "dtype": X.dtype.name,
        "objective": best,
        "accuracy": float(model.score(X, y)),
        "softreg": {
            "seconds": seconds,
            "gap": relative_gap(value, best),
            "converged": model.converged_,
            "passes": model.optimality_["passes"],
            "products_seconds": pure,
            "bytes_beside_X": used,
            "memory_by_X": 1 + used / X.nbytes,
        },
        "torch": {**peer, "gap": relative_gap(peer["objective"], best), "memory_by_X": 1 + peer["bytes"] / X.nbytes},
    }
    print(f"\n{len(X)} x {X.shape[1]} {X.dtype.name}, K = {K}, C = {C:g}, accuracy {result['accuracy']:.3f}\n")
    row("", "seconds", "gap", "passes", "memory / X")
    row(*["---"] * 5)
    for name in ("softreg", "torch"):
        r = result[name]
        row(name, f"{r['seconds']:.3f}", f"{r['gap']:.0e}", f"{r['passes']:.0f}", f"{r['memory_by_X']:.2f}")
    print(f"\nThe matrix products of softreg's passes take {pure:.3f} s; it takes {seconds / pure:.1f} times that.")
    return result


def fashion(on: Host | Cuda, size: tuple[int, int]) -> dict[str, Any]:
    """Fashion-MNIST in both precisions, of so many rows and each so manieth pixel; empty where it is not installed."""
    try:
        data = fashion_mnist()
    except FileNotFoundError as error:
        print(f"\nFashion-MNIST is left out: {error}")
        return {}
    xp, (rows, step) = on.xp, size
    X, y = xp.asarray(data.X[:rows, ::step].copy()), xp.asarray(data.y[:rows])
    reference, _ = fitted(on, X, y, data.C, 1e-12)
    results = {}
    for dtype in (xp.float64, xp.float32):
        X = X.astype(dtype)
        best = objective(on, X, y, data.C, reference.coef_, reference.intercept_)
        results[X.dtype.name] = problem(on, X, y, data.C, 1e-6, best)
    return results


def probe(on: Host | Cuda, size: tuple[int, int, int]) -> dict[str, Any]:
    """A linear probe on generated embeddings."""
    X, y = embeddings(on, *size)
    found = {}
    for C in (0.01, 0.1, 1.0, 10.0, 100.0):
        found[C] = float(fitted(on, X, y, C, 1e-2)[0].score(X, y))
        if found[C] > 0.9:
            break
    return problem(on, X, y, min(found, key=lambda C: abs(found[C] - 0.9)), 1e-4)


def embeddings(on: Host | Cuda, n: int, d: int, K: int) -> tuple[Any, Any]:
    """Rows of length 1 around class centres, float32; a block of rows at a time beside the result."""
    xp = on.xp
    random = xp.random.default_rng(0)
    centres, y = random.standard_normal((K, d), dtype=xp.float32), random.integers(0, K, n)
    # So far from the next centre that one row in ten is nearer to another's: Q(z) = 0.1/K, roughly.
    separation = 2 * np.sqrt(2 * np.log(K / 0.1) - 4) / np.sqrt(2 * d)
    X = xp.empty((n, d), dtype=xp.float32)
    for first in range(0, n, ROWS):
        part = slice(first, min(first + ROWS, n))
        block = random.standard_normal((part.stop - first, d), dtype=xp.float32)
        block += xp.float32(separation) * centres[y[part]]
        X[part] = block / xp.sqrt(xp.sum(block * block, axis=1, keepdims=True))
    return X, y


def versions() -> dict[str, str]:
    """Versions of what takes part, as far as it is installed."""
    found = {"python": platform.python_version()}
    for name in ("softreg", "numpy", "scipy", "scikit-learn", "torch", "cupy-cuda12x", "cupy-cuda13x"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def main() -> None:
    """Measure the parts asked for, print them, keep them in a file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", help="functions, fashion, probe; all if none is named")
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda")
    parser.add_argument("--small", action="store_true", help="sizes for a trial of the script")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder for the results")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(SIZES):
        parser.error(f"unknown part {', '.join(sorted(unknown))}; there are {', '.join(SIZES)}")
    on, sizes = device(options.device), SMALL if options.small else SIZES
    day = datetime.datetime.now(datetime.UTC).date().isoformat()
    kept = {"device": on.name, "date": day, "small": options.small, "cores": os.cpu_count(), "versions": versions()}
    print(f"{on.name}, {', '.join(f'{name} {number}' for name, number in kept['versions'].items())}")
    softreg.SoftmaxRegression().fit(*embeddings(on, 200, 5, 3))  # loads and compiles
    measure: dict[str, Callable[[], Any]] = {
        "functions": lambda: functions(on, sizes["functions"], 20),
        "fashion": lambda: fashion(on, sizes["fashion"]),
        "probe": lambda: probe(on, sizes["probe"]),
    }
    options.results.mkdir(parents=True, exist_ok=True)
    slug = "-".join("".join(c if c.isalnum() else " " for c in on.name.lower()).split())
    path = options.results / f"gpu-{slug}{'-small' * options.small}-{day}.json"
    for part in options.parts or SIZES:
        kept[part] = measure[part]()
        path.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    print(f"\nkept in {path}")


if __name__ == "__main__":
    main()
