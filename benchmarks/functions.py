"""Time the functions beside those of SciPy, PyTorch and JAX in one run; print a table, draw a plot.

`python benchmarks/functions.py [plot.png]`. One thread each, two million logits a call, the best of
several rounds in which all take turns, so that a busy machine is busy for all of them.
"""

from __future__ import annotations

import argparse
import os
import time

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")

import jax
import numpy as np
import scipy.special
import torch

import softreg

LOGITS, ROUNDS = 2_000_000, 7


def contestants(z, y):
    """Return what is timed: task -> name -> call."""
    zt, yt = torch.asarray(z), torch.asarray(y)
    zj, yj = jax.numpy.asarray(z), jax.numpy.asarray(y)
    rows = np.arange(len(z))

    def scipy_loss_and_gradient():
        log_p = scipy.special.log_softmax(z, axis=1)
        p = scipy.special.softmax(z, axis=1)
        p[rows, y] -= 1
        return -log_p[rows, y], p

    def torch_loss_and_gradient(z, y):
        loss = torch.nn.functional.cross_entropy(z, y, reduction="none")
        p = torch.softmax(z, dim=1)
        p[torch.arange(len(y)), y] -= 1
        return loss, p

    @jax.jit
    def jax_loss_and_gradient(z, y):
        p = jax.nn.softmax(z, axis=1)
        at = jax.numpy.arange(len(y))
        return -jax.nn.log_softmax(z, axis=1)[at, y], p.at[at, y].add(-1)

    torch.compiler.reset()
    compiled = torch.compile(softreg.softmax), torch.compile(softreg.cross_entropy_and_gradient)
    ours = jax.jit(softreg.softmax), jax.jit(softreg.cross_entropy_and_gradient)
    jax_softmax = jax.jit(lambda z: jax.nn.softmax(z, axis=1))
    return {
        "softmax": {
            "softreg, NumPy": lambda: softreg.softmax(z),
            "scipy.special": lambda: scipy.special.softmax(z, axis=1),
            "softreg, torch": lambda: softreg.softmax(zt),
            "softreg, torch.compile": lambda: compiled[0](zt),
            "torch": lambda: torch.softmax(zt, dim=1),
            "softreg, jax.jit": lambda: ours[0](zj).block_until_ready(),
            "jax.nn, jax.jit": lambda: jax_softmax(zj).block_until_ready(),
        },
        "loss and gradient": {
            "softreg, NumPy": lambda: softreg.cross_entropy_and_gradient(z, y),
            "scipy.special": scipy_loss_and_gradient,
            "softreg, torch": lambda: softreg.cross_entropy_and_gradient(zt, yt),
            "softreg, torch.compile": lambda: compiled[1](zt, yt),
            "torch": lambda: torch_loss_and_gradient(zt, yt),
            "softreg, jax.jit": lambda: jax.block_until_ready(ours[1](zj, yj)),
            "jax.nn, jax.jit": lambda: jax.block_until_ready(jax_loss_and_gradient(zj, yj)),
        },
    }


def best_times(calls):
    """Return the best time of each call in milliseconds, the calls taking turns."""
    best = dict.fromkeys(calls, float("inf"))
    for call in calls.values():
        call()
    for _ in range(ROUNDS):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            best[name] = min(best[name], 1000 * (time.perf_counter() - start))
    return best


def measure():
    """Return task, K, dtype -> name -> milliseconds."""
    results = {}
    rng = np.random.default_rng(0)
    for K in (10, 1000):
        for dtype in ("float32", "float64"):
            z = rng.normal(0, 3, (LOGITS // K, K)).astype(dtype)
            for task, calls in contestants(z, rng.integers(0, K, len(z))).items():
                results[task, K, dtype] = best_times(calls)
    return results


def table(results):
    """Return the results as a table in Markdown."""
    names = list(next(iter(results.values())))
    lines = ["| ms | " + " | ".join(names) + " |", "|---" * (len(names) + 1) + "|"]
    for (task, K, dtype), times in results.items():
        cells = [f"{times[name]:.1f}" for name in names]
        lines.append(f"| {task}, {LOGITS // K} x {K}, {dtype} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def draw(results, path):
    """Draw the times as bars, one panel a task."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    tasks = list(dict.fromkeys(task for task, _, _ in results))
    figure, panels = plt.subplots(1, len(tasks), figsize=(12, 5), layout="constrained")
    for panel, task in zip(panels, tasks, strict=True):
        cases = {f"{LOGITS // K} x {K}\n{dtype}": r for (t, K, dtype), r in results.items() if t == task}
        names = list(next(iter(cases.values())))
        width = 0.8 / len(names)
        for i, name in enumerate(names):
            places = [j + (i - (len(names) - 1) / 2) * width for j in range(len(cases))]
            panel.bar(places, [times[name] for times in cases.values()], width, label=name)
        panel.set_xticks(range(len(cases)), list(cases))
        panel.set_ylabel("milliseconds, one thread")
        panel.set_title(task)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    figure.savefig(path, dpi=120)


def main():
    """Measure, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("plot", nargs="?", help="PNG file to draw")
    plot = parser.parse_args().plot
    jax.config.update("jax_enable_x64", True)
    torch.set_num_threads(1)
    results = measure()
    print(table(results))
    if plot:
        draw(results, plot)


if __name__ == "__main__":
    main()
