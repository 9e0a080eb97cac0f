"""Fit the problems that are hard by name, and print how far each fit is from the minimum: `python benchmarks/named.py`.

They are too large for the Newton's method of `reference.py`. The gap is that to the least value of three fits, at
tol 1e-6, 1e-10 and 0; `bound` is the proven bound of the last one's own gap, from a dual point.
"""

import time
import warnings

import numpy as np

from softreg import SoftmaxRegression


def drawn(random, X, K, *, size=1.0, shift=0.0):
    """Labels of a random model on standardised columns, a shift down for each class."""
    Z = (X - X.mean(axis=0)) / np.where(X.std(axis=0) > 0, X.std(axis=0), 1)
    z = Z @ random.normal(size=(X.shape[1], K)) * size / np.sqrt(X.shape[1]) - shift * np.arange(K)
    return np.argmax(z + random.gumbel(size=z.shape), axis=1)


def problems():
    """Yield names, rows, labels and C."""
    random = np.random.default_rng(0)
    X = random.normal(size=(58_000, 20))
    y = drawn(random, X, 5)
    y[y == 4] = 0
    y[random.choice(58_000, 10, replace=False)] = 4
    yield "10 rows of 58,000", X, y, 1.0
    X = random.normal(size=(20_000, 20))
    yield "K = 1000", X, np.append(np.arange(1000), drawn(random, X, 1000)[1000:]), 1.0
    X = random.normal(size=(5_000, 12))
    y = drawn(random, X, 4, size=3)
    yield "offsets up to 1e8", X + 10.0 ** np.linspace(0, 8, 12), y, 1.0
    yield "scales 1e-8 to 1e8", X * 10.0 ** np.linspace(-8, 8, 12), y, 1.0
    yield "constant and collinear", np.hstack([X, X[:, :3], X.sum(axis=1, keepdims=True), np.ones((5_000, 2))]), y, 1.0
    yield "classes with equal features", X, np.where(y == 3, random.integers(3, 6, size=5_000), y), 1.0
    X = random.normal(size=(150, 3_000))
    yield "n < d", X, drawn(random, X, 4, size=3), 1.0
    X = random.normal(size=(3_000, 10))
    yield "separable, no penalty", X, np.argmax(X @ random.normal(size=(10, 3)), axis=1), np.inf


def main():
    """Fit, and print a table."""
    print(f"{'problem':28s} {'gap 1e-6':>9s} {'gap 1e-10':>9s} {'bound':>9s} {'seconds':>8s}  said")
    for name, X, y, C in problems():
        fits, said = [], set()
        for tol in (1e-6, 1e-10, 0):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                start = time.perf_counter()
                fits.append((SoftmaxRegression(C=C, tol=tol).fit(X, y), time.perf_counter() - start))
            said |= {w.category.__name__ for w in caught}
        values = [model.optimality_["objective"] for model, _ in fits]
        gaps = [(value - min(values)) / max(1.0, min(values)) for value in values]
        bound = fits[-1][0].optimality_["gap_bound"]
        print(f"{name:28s} {gaps[0]:9.0e} {gaps[1]:9.0e} {bound:9.0e} {fits[0][1]:8.2f}  {', '.join(said) or '-'}")


if __name__ == "__main__":
    main()
