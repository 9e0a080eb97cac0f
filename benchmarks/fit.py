"""Time fits beside scikit-learn's solvers in one run: time to a relative objective gap of 1e-6.

`python benchmarks/fit.py [--problems digits letter ...] [--plot fit.png]`

Every solver minimises the same objective, computed for all of them by the same function. softreg
runs at its default tol. Each solver of scikit-learn runs at the loosest tolerance, of powers of
ten, that reaches the gap, found before the timing. Then all take turns, and medians count.
The number of BLAS threads is that of OMP_NUM_THREADS, 1 if not set.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
import warnings

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np
import sklearn
from problems import LARGE, SMALL, Problem, problems
from sklearn.linear_model import LogisticRegression

import softreg

GAP = 1e-6
SOLVERS = ("lbfgs", "newton-cg", "newton-cholesky")
TOLERANCES = [10.0**-k for k in range(1, 11)]


def objective(problem: Problem, coef: np.ndarray, intercept: np.ndarray) -> float:
    """The mean objective at given parameters, blocks of rows at a time."""
    total, n = 0.0, len(problem.y)
    for rows in (slice(first, first + 4096) for first in range(0, n, 4096)):
        total += float(np.sum(softreg.cross_entropy(problem.X[rows] @ coef.T + intercept, problem.y[rows])))
    return total / n + float(np.sum(coef * coef)) / (2 * problem.C * n)


def ours(problem: Problem, tol: float):
    """A fit of softreg."""
    return softreg.SoftmaxRegression(C=problem.C, tol=tol, max_iter=10_000).fit(problem.X, problem.y)


def theirs(problem: Problem, solver: str, tol: float):
    """A fit of scikit-learn."""
    return LogisticRegression(C=problem.C, solver=solver, tol=tol, max_iter=100_000).fit(problem.X, problem.y)


def timed(fit, *arguments):
    """The model and the seconds it took."""
    start = time.perf_counter()
    model = fit(*arguments)
    return model, time.perf_counter() - start


def loosest(problem: Problem, solver: str, best: float, budget: float) -> tuple[float | None, list]:
    """The loosest tolerance that reaches the gap within the budget of seconds a fit, and all points on the way."""
    points = []
    for tol in TOLERANCES:
        model, seconds = timed(theirs, problem, solver, tol)
        gap = (objective(problem, model.coef_, model.intercept_) - best) / max(1, abs(best))
        points.append((seconds, gap))
        if gap <= GAP:
            return tol, points
        if seconds > budget:
            break
    return None, points


def compare(problem: Problem, rounds: int, budget: float) -> dict:
    """Median seconds of each contestant that reaches the gap, softreg first."""
    reference = ours(problem, 1e-12)
    best = objective(problem, reference.coef_, reference.intercept_)
    n, d = problem.X.shape
    K = len(reference.classes_)
    print(f"\n{problem.name}: n = {n}, d = {d}, K = {K}, C = {problem.C:g}, objective {best:.10f}", flush=True)
    contestants, points = {}, {}
    for solver in SOLVERS:
        if solver == "newton-cholesky" and K * d > 3000:
            print(f"  {solver:16s} left out: its matrix has {K * d} columns")
            continue
        tol, points[solver] = loosest(problem, solver, best, budget)
        if tol is None:
            seconds, gap = points[solver][-1]
            print(f"  {solver:16s} gap {gap:.0e} after {seconds:.2f} s, given up", flush=True)
        else:
            contestants[solver] = (theirs, problem, solver, tol)
    model = ours(problem, 1e-6)
    gap = (objective(problem, model.coef_, model.intercept_) - best) / max(1, abs(best))
    contestants = {"softreg": (ours, problem, 1e-6), **contestants}
    times = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, call in contestants.items():
            times[name].append(timed(*call)[1])
    medians = {name: statistics.median(values) for name, values in times.items()}
    print(f"  {'softreg':16s} {medians['softreg']:9.4f} s  gap {gap:.0e}, {model.optimality_['passes']:.0f} passes")
    for name, seconds in medians.items():
        if name != "softreg":
            ratio = seconds / medians["softreg"]
            print(f"  {name:16s} {seconds:9.4f} s  at tol {contestants[name][3]:.0e}, {ratio:.1f} times softreg's")
    ratios = [seconds / medians["softreg"] for name, seconds in medians.items() if name != "softreg"]
    points["softreg"] = []
    for tol in TOLERANCES[1::2]:
        model, seconds = timed(ours, problem, tol)
        points["softreg"].append((seconds, (objective(problem, model.coef_, model.intercept_) - best) / max(1, best)))
    return {"name": problem.name, "ratio": min(ratios, default=np.nan), "gap": gap, "points": points}


def plot(results: list[dict], path: str) -> None:
    """Objective gap against seconds, one panel a problem, one curve a solver."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    columns = min(4, len(results))
    rows = -(-len(results) // columns)
    figure, axes = pyplot.subplots(rows, columns, figsize=(4 * columns, 3.2 * rows), squeeze=False, layout="constrained")
    for panel in axes.flat[len(results) :]:
        panel.remove()
    for panel, result in zip(axes.flat, results, strict=False):
        for name in ("softreg", *SOLVERS):
            reached = sorted((s, max(g, 1e-12)) for s, g in result["points"].get(name, []))
            if reached:
                panel.loglog(*zip(*reached, strict=True), marker="o", markersize=3, label=name, lw=1 + (name == "softreg"))
        panel.axhline(GAP, color="grey", lw=0.5)
        panel.set_title(result["name"])
        panel.set_xlabel("seconds")
        panel.set_ylabel("relative objective gap")
    axes.flat[0].legend()
    figure.savefig(path, dpi=110)


def main() -> None:
    """Compare on the problems asked for, and sum up."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--problems", nargs="*", default=list(SMALL), choices=[*SMALL, *LARGE])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--budget", type=float, default=20, help="seconds after which a peer's fit is the last tried")
    parser.add_argument("--plot", help="file for a plot of gap against seconds")
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # peers that stop early say so; their gap is what counts here
    print(f"softreg {softreg.__version__}, scikit-learn {sklearn.__version__}, NumPy {np.__version__}, ", end="")
    print(f"{os.environ['OMP_NUM_THREADS']} BLAS thread(s), {os.cpu_count()} cores")
    results = [compare(problem, options.rounds, options.budget) for problem in problems(options.problems)]
    print(f"\n{'problem':28s} best peer / softreg")
    for result in results:
        print(f"{result['name']:28s} {result['ratio']:6.1f}")
    ratios = np.array([result["ratio"] for result in results])
    ratios = ratios[np.isfinite(ratios)]
    if len(ratios):
        print(f"{'geometric mean':28s} {np.exp(np.mean(np.log(ratios))):6.1f}   least {ratios.min():.1f}")
    if options.plot:
        plot(results, options.plot)


if __name__ == "__main__":
    main()
