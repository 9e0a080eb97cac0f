"""Time fits beside scikit-learn, torch and statsmodels in one run: time to a relative objective gap of 1e-6.

`python benchmarks/fit.py [--problems digits letter ...] [--plot docs/fits.png]`

Every solver minimises the same objective, computed for all of them by the same function. softreg
runs at its default tol. Each peer runs at the loosest tolerance, of powers of ten, that reaches the
gap, found before the timing; a fit that takes many times as long as softreg's is cut off (see
`patience`), and the gap that the peer had reached is shown. Each takes the number of threads, of
those in --threads, with which it was the fastest. Then all take turns, and medians count.
"""

from __future__ import annotations

import argparse
import os
import platform
import signal
import statistics
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any, NamedTuple

import numpy as np
from contestants import FAMILIES, Fit, objective, ours, relative_gap, why_not
from gap_plot import plot
from problems import PROBLEMS, Problem, problems
from threadpoolctl import threadpool_limits

GAP = 1e-6
DEFAULT_TOL = 1e-6  # softreg's
TOLERANCES = [10.0**-k for k in range(1, 11)]
DAY = 86_400.0
LONG = 20.0  # seconds of rounds after which three are enough
DISTINCT = 0.9  # share of a time from which another is a faster one, not the same with noise
QUICK = 0.2  # seconds of a fit from which it is not repeated to draw a curve


class Point(NamedTuple):
    """What a fit at some tolerance took, and the objective it reached."""

    seconds: float
    value: float


class Run(NamedTuple):
    """A contestant as it will be timed: variant of its family, tolerance, threads, and the time of the first fit."""

    fit: Fit
    tol: float
    threads: int
    setting: str
    seconds: float


@contextmanager
def with_threads(count: int) -> Iterator[None]:
    """Set the number of threads of BLAS, OpenMP and torch."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        with threadpool_limits(count):
            yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def cut_off(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in whatever runs here for longer."""

    def ring(*_: Any) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def timed(fit: Fit, problem: Problem, tol: float) -> Point:
    """Fit once."""
    start = time.perf_counter()
    coef, intercept = fit(problem, tol)
    return Point(time.perf_counter() - start, objective(problem, coef, intercept))


def fastest(fit: Fit, problem: Problem, tol: float) -> Point:
    """Fit once, and twice more if that was quick; the time is the least."""
    first = timed(fit, problem, tol)
    again = [timed(fit, problem, tol) for _ in range(2)] if first.seconds < QUICK else []
    return first._replace(seconds=min(point.seconds for point in (first, *again)))


def loosest(fit: Fit, problem: Problem, best: float, limit: float) -> tuple[float | None, list[Point]]:
    """The loosest tolerance that reaches the gap, None if none does within the limit, and all points on the way."""
    points: list[Point] = []
    found = None
    for tol in TOLERANCES:
        try:
            with cut_off(limit if found is None else 5 * QUICK):
                points.append(fastest(fit, problem, tol))
        except (TimeoutError, ArithmeticError, np.linalg.LinAlgError):
            break
        if found is None and relative_gap(points[-1].value, best) <= GAP:
            found = tol
        if found is not None and points[-1].seconds > QUICK:
            break  # what follows is for the plot alone
    return found, points


def at_best_threads(fit: Fit, problem: Problem, tol: float, threads: list[int], setting: str = "") -> Run:
    """The contestant with the number of threads that it is fastest with, the first where they hardly differ."""
    best = None
    for count in threads:
        try:
            # Cut off what cannot win: three fits, where they are quick.
            with with_threads(count), cut_off(DAY if best is None else 3 * best.seconds + 0.1):
                seconds = fastest(fit, problem, tol).seconds
        except TimeoutError:
            continue
        if best is None or seconds < DISTINCT * best.seconds:
            best = Run(fit, tol, count, setting, seconds)
    assert best is not None
    return best


def own(problem: Problem, threads: list[int]) -> tuple[float, Run, list[Point]]:
    """softreg: the least objective, by the tightest fit; the contestant at its default tol; points for the plot."""
    with with_threads(threads[0]):
        reference = timed(ours, problem, 1e-12)
    run = at_best_threads(ours, problem, DEFAULT_TOL, threads)
    tolerances = (1e-2, 1e-4) if run.seconds > 20 * QUICK else [tol for tol in TOLERANCES if tol != DEFAULT_TOL]
    with with_threads(run.threads):
        return reference.value, run, [reference, *(fastest(ours, problem, tol) for tol in tolerances)]


def peer(
    variants: dict[str, Fit], problem: Problem, best: float, threads: list[int], limit: float
) -> tuple[Run | None, list[Point]]:
    """The fastest variant of a family at its loosest tolerance, None if none reaches the gap; points for the plot."""
    points, tried = [], []
    for setting, fit in variants.items():
        with with_threads(threads[0]):
            tol, on_the_way = loosest(fit, problem, best, limit)
        points += on_the_way
        if tol is None:
            break
        tried.append(at_best_threads(fit, problem, tol, threads, setting))
    return min(tried, key=lambda run: run.seconds, default=None), points


def in_turns(problem: Problem, runs: dict[str, Run], rounds: int) -> dict[str, Point]:
    """Median seconds, and the objective, of each contestant."""
    taken: dict[str, list[Point]] = {family: [] for family in runs}
    start = time.perf_counter()
    for done in range(rounds if len(runs) > 1 else 1):
        if done >= 3 and time.perf_counter() - start > LONG:
            break
        for family, run in runs.items():
            with with_threads(run.threads):
                taken[family].append(timed(run.fit, problem, run.tol))
    return {
        family: points[-1]._replace(seconds=statistics.median(point.seconds for point in points))
        for family, points in taken.items()
    }


def compare(problem: Problem, rounds: int, threads: list[int]) -> dict[str, Any]:
    """What the table says of a problem, and points for the plot."""
    n, d = problem.X.shape
    print(f"\n{problem.name}: n = {n}, d = {d}, K = {problem.y.max() + 1}, C = {problem.C:g}", flush=True)
    best, run, drawn = own(problem, threads)
    runs, points, cells = {"softreg": run}, {"softreg": drawn}, {}
    limit = patience(run.seconds)
    for family, variants in FAMILIES.items():
        if family == "softreg":
            continue
        if reason := why_not(family, problem):
            cells[family] = "-"
            print(f"  {family:16s} takes no part: {reason}")
            continue
        found, points[family] = peer(variants, problem, best, threads, limit)
        if found is not None:
            runs[family] = found
            continue
        cells[family] = f"> {shown(limit)}"
        if points[family]:
            seconds, value = min(points[family], key=lambda point: point.value)
            cells[family] = f"gap {relative_gap(value, best):.0e} after {shown(seconds)}"
        print(f"  {family:16s} {cells[family]}, the next tolerance is cut off at {shown(limit)}", flush=True)
    medians = in_turns(problem, runs, rounds)
    for family, point in medians.items():
        points[family].append(point)
    least = min(point.value for family in points.values() for point in family)
    if relative_gap(best, least) > GAP / 100:
        print(f"  CAUTION: a fit reached {least!r}, less than the reference {best!r}")
    for family, (seconds, value) in medians.items():
        run = runs[family]
        cells[family] = shown(seconds) + "²" * (run.threads > 1)
        how = ", ".join([f"tol {run.tol:.0e}", f"{run.threads} thread(s)", *([run.setting] if run.setting else [])])
        ratio = f"{seconds / medians['softreg'].seconds:.1f} times softreg's"
        print(f"  {family:16s} {shown(seconds):>8s}  gap {relative_gap(value, least):.0e}, {how}, {ratio}", flush=True)
    peers = [point.seconds for family, point in medians.items() if family != "softreg"]
    return {
        "name": problem.name,
        "size": f"{n} x {d}, {problem.y.max() + 1}",
        "cells": cells,
        "ratio": min(peers, default=limit) / medians["softreg"].seconds,
        "reached": bool(peers),
        "right": relative_gap(medians["softreg"].value, least) <= GAP,
        "points": {
            family: [(seconds, relative_gap(value, least)) for seconds, value in taken]
            for family, taken in points.items()
        },
    }


def patience(seconds: float) -> float:
    """When a peer's fit is cut off: after 20 times softreg's seconds, at least 5 s; 30 s or twice do in any case."""
    return max(5.0, min(20 * seconds, 30.0), 2 * seconds)


def shown(seconds: float) -> str:
    """Seconds as a person writes them."""
    return f"{seconds:.1f} s" if seconds >= 10 else f"{seconds:.2f} s" if seconds >= 1 else f"{1000 * seconds:.3g} ms"


def table(results: list[dict[str, Any]]) -> str:
    """The results in Markdown, and their mean."""
    lines = [f"| problem | n x d, K | {' | '.join(FAMILIES)} | best peer / softreg |"]
    lines.append("|---" * (len(FAMILIES) + 3) + "|")
    for result in results:
        cells = [result["cells"][family] for family in FAMILIES]
        ratio = ("" if result["reached"] else "> ") + f"{result['ratio']:.1f}"
        lines.append(f"| {result['name']} | {result['size']} | {' | '.join(cells)} | {ratio} |")
    ratios = np.array([result["ratio"] for result in results])
    mean = np.exp(np.mean(np.log(ratios)))
    lines.append(f"\nGeometric mean of the last column: {mean:.1f}; least: {ratios.min():.2f}.")
    lines.append("² with more than one thread; all others were faster with one.")
    lines += [f"softreg misses the gap on {result['name']}." for result in results if not result["right"]]
    return "\n".join(lines)


def main() -> None:
    """Compare on the problems asked for, and sum up."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--problems", nargs="*", default=list(PROBLEMS), choices=list(PROBLEMS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, nargs="*", default=sorted({1, os.cpu_count() or 1}))
    parser.add_argument("--plot", help="PNG file for a plot of gap against seconds; an SVG file is written beside it")
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # peers that stop early say so; their gap is what counts here
    names = ("softreg", "scikit-learn", "torch", "statsmodels", "numpy", "scipy")
    print(", ".join(f"{name} {version(name)}" for name in names), f"on {platform.machine()}, {os.cpu_count()} cores")
    results = [compare(problem, options.rounds, options.threads) for problem in problems(options.problems)]
    print("\n" + table(results))
    if options.plot:
        plot({result["name"]: result["points"] for result in results}, GAP, options.plot)


if __name__ == "__main__":
    main()
