"""Time fits of the same data in float64 and in float32, in turn: `python benchmarks/float32.py [fashion]`.

The objective is computed from both models' coefficients, in float64.
"""

import argparse
import statistics
import time

import numpy as np
from contestants import objective
from problems import PROBLEMS, problems

from softreg import SoftmaxRegression


def main():
    """Fit, and print times, their ratio and the difference of the objectives."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("problem", nargs="?", default="fashion", choices=list(PROBLEMS))
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    for p in problems([given.problem]):
        copies = {dtype: p.X.astype(dtype) for dtype in ("float64", "float32")}
        seconds, values = {d: [] for d in copies}, {}
        for _ in range(given.rounds):
            for dtype, X in copies.items():
                start = time.perf_counter()
                model = SoftmaxRegression(C=p.C).fit(X, p.y)
                seconds[dtype].append(time.perf_counter() - start)
                parameters = (np.asarray(a, dtype=np.float64) for a in (model.coef_, model.intercept_))
                values[dtype] = objective(p, *parameters)
        for dtype, found in seconds.items():
            print(f"{p.name} {dtype}: {', '.join(f'{s:.1f}' for s in found)} s, objective {values[dtype]:.10f}")
        ratio = statistics.median(seconds["float64"]) / statistics.median(seconds["float32"])
        change = abs(values["float32"] - values["float64"]) / values["float64"]
        print(f"float64 / float32, of medians: {ratio:.2f}; objectives differ by {change:.0e} relative")


if __name__ == "__main__":
    main()
