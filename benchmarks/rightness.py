"""Count fits that are right, that warn, and that are silently wrong, on badly scaled problems.

`python benchmarks/rightness.py [problems for each family]`

Five families of n = 300, d = 6, K = 3: plain columns; column scales from 1e-3 to 1e3; from 1e-6 to
1e6; column offsets from 1 to 1e6; scales and offsets. All solvers minimise the same objective,
with their default tolerances. A fit is right if its relative objective gap is at most 1e-6, wrong
if the gap is above 1e-3 without a warning. The reference is the least value that any fit reached,
two at the tightest tolerances among them.
"""

from __future__ import annotations

import argparse
import warnings

import numpy as np
from fit import objective, ours, theirs
from problems import Problem, drawn
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


def judged(fit, *arguments) -> tuple[object, bool]:
    """The model, and whether it warned."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = fit(*arguments)
    return model, any(issubclass(warning.category, ConvergenceWarning) for warning in caught)


def main() -> None:
    """Fit every problem with both libraries' defaults."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("count", nargs="?", type=int, default=60, help="problems for each family")
    count = parser.parse_args().count
    print(f"{'family':20s} {'library':14s} {'right':>6s} {'warned':>6s} {'silently wrong':>15s} {'worst gap':>10s}")
    total = dict.fromkeys(("softreg", "scikit-learn"), (0, 0, 0))
    for family, name in enumerate(FAMILIES):
        found = {library: [] for library in total}
        for seed in range(count):
            p = problem(family, seed)
            fits = {
                "softreg": judged(lambda p: ours(p, 1e-6), p),
                "scikit-learn": judged(lambda p: LogisticRegression(C=p.C).fit(p.X, p.y), p),
                "reference": judged(lambda p: ours(p, 0), p),
                "second reference": judged(theirs, p, "newton-cholesky", 1e-12),
            }
            values = {key: objective(p, model.coef_, model.intercept_) for key, (model, _) in fits.items()}
            best = min(values.values())
            for library in found:
                found[library].append(((values[library] - best) / max(1, abs(best)), fits[library][1]))
        for library, results in found.items():
            gaps, warned = np.array([gap for gap, _ in results]), np.array([warn for _, warn in results])
            row = (np.sum((gaps <= 1e-6) & ~warned), np.sum(warned), np.sum((gaps > 1e-3) & ~warned))
            total[library] = tuple(int(a + b) for a, b in zip(total[library], row, strict=True))
            print(f"{name:20s} {library:14s} {row[0]:6d} {row[1]:6d} {row[2]:15d} {gaps.max():10.0e}", flush=True)
    for library, row in total.items():
        print(f"{'all':20s} {library:14s} {row[0]:6d} {row[1]:6d} {row[2]:15d}")


if __name__ == "__main__":
    main()
