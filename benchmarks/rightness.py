"""Count fits that are right, that warn, and that are silently wrong, on badly scaled problems and on hard ones.

`python benchmarks/rightness.py [problems for each family]`
`python benchmarks/rightness.py --more [10000] [--jobs 2]`
`python benchmarks/rightness.py --again one-hot:12 ...`

Five families of n = 300, d = 6, K = 3: plain columns; column scales from 1e-3 to 1e3; from 1e-6 to
1e6; column offsets from 1 to 1e6; scales and offsets. softreg and scikit-learn minimise the same
objective, with their default tolerances. A fit is right if its relative objective gap is at most 1e-6,
wrong if the gap is above 1e-3 without a warning.

`--more` goes through the families of `hard_problems.py` with softreg alone, once with its default tol,
once with 1e-10, each gap to be at most tol, without a warning; it names every problem that fails.
`--again` fits problems by their names, and shows more.

The reference is the least value that any fit or the Newton's method of `reference.py` reached.
"""

from __future__ import annotations

import argparse
import os
import warnings
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import numpy as np
from contestants import estimator, objective, relative_gap
from hard_problems import FAMILIES as HARD
from hard_problems import hard_problem
from problems import Problem, drawn
from reference import least_value
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

FAMILIES = ("plain", "scales 1e-3..1e3", "scales 1e-6..1e6", "offsets 1..1e6", "scales and offsets")


def problem(family: int, seed: int) -> Problem:
    """One problem of a family."""
    random = np.random.default_rng([family, seed])
    X = random.normal(size=(300, 6))
    y = drawn(random, X, random.normal(size=(6, 3)) * random.choice([0.3, 1, 3]))
    if family in (1, 2, 4):
        X = X * 10 ** random.uniform(-6 if family == 2 else -3, 6 if family == 2 else 3, 6)
    if family in (3, 4):
        X = X + X.std(axis=0) * 10 ** random.uniform(0, 6, 6)
    return Problem(FAMILIES[family], X, y, 1.0)


def judged(fit: Callable[[], Any]) -> tuple[Any, str]:
    """The model, and the warning it gave, if any."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = fit()
    return model, "; ".join(str(w.message) for w in caught if issubclass(w.category, ConvergenceWarning))


def gaps(p: Problem, models: list[Any]) -> list[float]:
    """Relative gaps of the models to the least value known."""
    values = [objective(p, model.coef_, model.intercept_) for model in models]
    closest = models[int(np.argmin(values))]
    best = min(*values, least_value(p, closest.coef_, closest.intercept_)[0])
    return [relative_gap(value, best) for value in values]


def beside_scikit_learn(count: int) -> None:
    """Fit the five families with both libraries' defaults."""
    print(f"{'family':20s} {'library':14s} {'right':>6s} {'warned':>6s} {'silently wrong':>15s} {'worst gap':>10s}")
    total = dict.fromkeys(("softreg", "scikit-learn"), (0, 0, 0))
    for family, name in enumerate(FAMILIES):
        found: dict[str, list[Any]] = {library: [] for library in total}
        for seed in range(count):
            p = problem(family, seed)
            fits = {
                "softreg": judged(lambda p=p: estimator(p, 1e-6)),
                "scikit-learn": judged(lambda p=p: LogisticRegression(C=p.C).fit(p.X, p.y)),
                "tight": judged(lambda p=p: estimator(p, 0)),
            }
            for library, gap in zip(fits, gaps(p, [model for model, _ in fits.values()]), strict=True):
                if library in found:
                    found[library].append((gap, bool(fits[library][1])))
        for library, results in found.items():
            worst, warned = np.array([gap for gap, _ in results]), np.array([warn for _, warn in results])
            row = (np.sum((worst <= 1e-6) & ~warned), np.sum(warned), np.sum((worst > 1e-3) & ~warned))
            total[library] = tuple(int(a + b) for a, b in zip(total[library], row, strict=True))
            print(f"{name:20s} {library:14s} {row[0]:6d} {row[1]:6d} {row[2]:15d} {worst.max():10.0e}", flush=True)
    for library, row in total.items():
        print(f"{'all':20s} {library:14s} {row[0]:6d} {row[1]:6d} {row[2]:15d}")


def verdict(name: str) -> tuple[str, float, str]:
    """A hard problem's name, its worst gap in units of tol, and what is wrong: empty if nothing is."""
    p = hard_problem(name)
    try:
        with np.errstate(all="ignore"):
            fits = {tol: judged(lambda tol=tol: estimator(p, tol)) for tol in (1e-6, 1e-10)}
            found = gaps(p, [model for model, _ in fits.values()])
    except Exception as error:
        return name, np.inf, f"{type(error).__name__}: {error}"
    wrong = []
    for (tol, (model, warning)), gap in zip(fits.items(), found, strict=True):
        if warning or not model.converged_:
            wrong.append(f"tol {tol:.0e} warns with gap {gap:.0e}: {warning or 'converged_ is False'}")
        elif gap > tol:
            wrong.append(f"tol {tol:.0e} is SILENTLY WRONG, gap {gap:.0e}")
    return name, max(gap / tol for tol, gap in zip(fits, found, strict=True)), " | ".join(wrong)


def more(count: int, first: int, jobs: int) -> int:
    """Fit hard problems of all families in turn; print the failures and a table, return the number of failures."""
    families = list(HARD)
    names = [f"{families[i % len(families)]}:{first + i // len(families)}" for i in range(count)]
    fitted, failed, worst = Counter(), Counter(), dict.fromkeys(families, 0.0)
    with ProcessPoolExecutor(jobs) as pool:
        for done, (name, gap, wrong) in enumerate(pool.map(verdict, names, chunksize=5), start=1):
            family = name.split(":")[0]
            fitted[family] += 1
            worst[family] = max(worst[family], gap)
            if wrong:
                failed[family] += 1
                print(f"{name}: {wrong}", flush=True)
            if done % max(count // 20, 1) == 0:
                print(f"... {done} of {count} fitted, {failed.total()} failed", flush=True)
    print(f"\n{'family':16s} {'problems':>8s} {'failed':>7s} {'worst gap / tol':>16s}")
    for family in families:
        print(f"{family:16s} {fitted[family]:8d} {failed[family]:7d} {worst[family]:16.2g}")
    print(f"{'all':16s} {fitted.total():8d} {failed.total():7d} {max(worst.values()):16.2g}")
    return failed.total()


def again(name: str) -> None:
    """Fit one hard problem, and show what it is and how it went."""
    p = hard_problem(name)
    n, d = p.X.shape
    print(f"{name}: n = {n}, d = {d}, classes of {np.bincount(p.y).tolist()} rows, C = {p.C:.3g}")
    for tol in (1e-6, 1e-10):
        model, warning = judged(lambda tol=tol: estimator(p, tol))
        best, promised = least_value(p, model.coef_, model.intercept_)
        value = objective(p, model.coef_, model.intercept_)
        print(f"  tol {tol:.0e}: F = {value!r}, reference {best!r} ({promised:.0e} left), {model.n_iter_} iterations")
        print(f"    gap {relative_gap(value, best):.1e}, {model.optimality_}")
        print(f"    {warning or 'no warning'}")


def main() -> None:
    """Do what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("count", nargs="?", type=int, default=60, help="problems for each of the five families")
    parser.add_argument("--more", nargs="?", type=int, const=10_000, metavar="COUNT", help="fit so many hard problems")
    parser.add_argument("--first", type=int, default=0, help="the first seed of --more")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes for --more")
    parser.add_argument("--again", nargs="+", metavar="NAME", help="fit these hard problems and show more")
    options = parser.parse_args()
    if options.again:
        for name in options.again:
            again(name)
    elif options.more:
        raise SystemExit(1 if more(options.more, options.first, options.jobs) else 0)
    else:
        beside_scikit_learn(options.count)


if __name__ == "__main__":
    main()
