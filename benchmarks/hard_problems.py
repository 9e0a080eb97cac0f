"""Families of small problems that are hard to fit, for `rightness.py --more`: one problem for each seed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from problems import Problem, drawn


def _rows(random: Any, n: int, d: int) -> Any:
    return random.normal(size=(n, d)) * 10 ** random.uniform(-1, 1, d)


def _labels(random: Any, X: Any, K: int, size: float = 1.0) -> Any:
    """Labels of at least two classes, drawn from a model whose logits are about `size`."""
    spread = X.std(axis=0)
    Z = (X - X.mean(axis=0)) / np.where(spread > 0, spread, 1) / np.sqrt(X.shape[1])
    y = drawn(random, Z, random.normal(size=(X.shape[1], K)) * size * 2)
    return y if y.any() else np.arange(len(y)) % 2


def _penalty(random: Any) -> float:
    return float(10 ** random.uniform(-3, 3))


def few_rows(random: Any) -> Problem:
    """Fewer rows than columns."""
    n = int(random.integers(5, 60))
    X = _rows(random, n, int(random.integers(n + 1, 300)))
    return Problem("", X, _labels(random, X, int(random.integers(2, 5))), _penalty(random))


def rare_classes(random: Any) -> Problem:
    """Classes of one to ten rows among thousands."""
    n, K = int(random.integers(500, 3000)), int(random.integers(3, 9))
    X = _rows(random, n, int(random.integers(2, 10)))
    y = np.zeros(n, int)
    places = random.permutation(n)
    for k in range(1, K):
        count = int(random.integers(1, 11))
        y[places[:count]], places = k, places[count:]
        X[y == k] += random.normal(size=X.shape[1]) * X.std(axis=0) * random.choice([0, 1, 4])
    return Problem("", X, y, _penalty(random))


def many_classes(random: Any) -> Problem:
    """Two to fifty classes."""
    X = _rows(random, int(random.integers(150, 1500)), int(random.integers(1, 10)))
    return Problem("", X, _labels(random, X, int(random.integers(2, 51)), 2), _penalty(random))


def saturated(random: Any) -> Problem:
    """Classes nearly or wholly apart, and hardly any penalty."""
    X = _rows(random, int(random.integers(100, 1000)), int(random.integers(2, 10)))
    return Problem("", X, _labels(random, X, int(random.integers(2, 8)), float(random.choice([10, 100]))), 1e4)


def collinear(random: Any) -> Problem:
    """Columns that are combinations or copies of others, and constant ones."""
    n, rank, d = int(random.integers(50, 800)), int(random.integers(1, 5)), int(random.integers(6, 20))
    X = random.normal(size=(n, rank)) @ random.normal(size=(rank, d)) * 10 ** random.uniform(-2, 2, d)
    y = _labels(random, X, int(random.integers(2, 6)))
    constants = np.ones((n, 3)) * [0, 1, 10 ** random.uniform(-6, 6)]
    return Problem("", np.hstack([X, X[:, :2], constants]), y, _penalty(random))


def one_hot(random: Any) -> Problem:
    """Every level of several categories as a column of zeros and ones; most levels are rare."""
    n, parts = int(random.integers(200, 2000)), []
    for _ in range(int(random.integers(1, 4))):
        levels = int(random.integers(2, 20))
        share = np.arange(1, levels + 1) ** -random.uniform(0, 2.5)
        parts.append(np.eye(levels)[random.choice(levels, size=n, p=share / share.sum())])
    X = np.hstack(parts)
    return Problem("", X, _labels(random, X, int(random.integers(2, 6)), 2), _penalty(random))


def weighted(random: Any) -> Problem:
    """Weights of rows over twelve orders of magnitude, some of them 0."""
    X = _rows(random, int(random.integers(100, 1000)), int(random.integers(2, 10)))
    w = 10 ** (random.uniform(-6, 6, len(X)) * random.choice([0.1, 1])) * (random.random(len(X)) > 0.2)
    return Problem("", X, _labels(random, X, int(random.integers(2, 6))), _penalty(random), w)


def badly_scaled(random: Any) -> Problem:
    """Column scales from 1e-8 to 1e8, and means of up to 1e6 of them."""
    X = _rows(random, int(random.integers(100, 1000)), int(random.integers(2, 8)))
    y = _labels(random, X, int(random.integers(2, 6)))
    X = (X + X.std(axis=0) * 10 ** random.uniform(-2, 6, X.shape[1])) * 10 ** random.uniform(-8, 8, X.shape[1])
    return Problem("", X, y, _penalty(random))


def heavy_tails(random: Any) -> Problem:
    """Columns in which single rows outweigh all others."""
    n, d = int(random.integers(100, 1000)), int(random.integers(2, 8))
    X = random.standard_t(random.choice([1, 2]), size=(n, d))
    return Problem("", X, drawn(random, np.tanh(X), random.normal(size=(d, 4)) * 2), _penalty(random))


def no_penalty(random: Any) -> Problem:
    """No penalty, and classes that overlap."""
    X = _rows(random, int(random.integers(1000, 2000)), int(random.integers(1, 6)))
    return Problem("", X, _labels(random, X, int(random.integers(2, 5)), 0.5), np.inf)


FAMILIES: dict[str, Callable[[Any], Problem]] = {
    family.__name__.replace("_", "-"): family
    for family in (
        few_rows,
        rare_classes,
        many_classes,
        saturated,
        collinear,
        one_hot,
        weighted,
        badly_scaled,
        heavy_tails,
        no_penalty,
    )
}


def hard_problem(name: str) -> Problem:
    """The problem of a name such as "one-hot:12": family and seed."""
    family, seed = name.split(":")
    random = np.random.default_rng([*family.encode(), int(seed)])
    return FAMILIES[family](random)._replace(name=name)
