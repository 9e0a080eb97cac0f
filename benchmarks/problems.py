"""The data sets of the benchmarks: small real ones, Fashion-MNIST where it is installed, and generated ones.

Columns are raw unless the name says "standardised"; Fashion-MNIST's pixels are divided by 255.

Set SOFTREG_DATA to the folder of dna.npz, letter.npz and satellite.npz (each with X and y); what is
missing is left out, and said.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from sklearn.datasets import load_digits, load_iris
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.preprocessing import StandardScaler

DATA = Path(os.environ.get("SOFTREG_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
FASHION = Path("/usr/share/datasets/fashion-mnist")  # Debian's package dataset-fashion-mnist


class Problem(NamedTuple):
    """Rows, labels from 0 to K - 1, the inverse strength of the penalty, and weights of the rows if there are any."""

    name: str
    X: Any
    y: Any
    C: float
    w: Any = None


def standardised(problem: Problem) -> Problem:
    """The problem with columns of mean 0 and variance 1."""
    return problem._replace(name=f"{problem.name}, standardised", X=StandardScaler().fit_transform(problem.X))


def stored(name: str) -> Problem:
    """One of the small real data sets."""
    with np.load(DATA / f"{name}.npz") as file:
        return Problem(name, file["X"].astype(float), np.unique(file["y"], return_inverse=True)[1], 1.0)


def fashion() -> Problem:
    """Fashion-MNIST's training images, pixels from 0 to 1."""
    arrays = []
    for name, skip in (("train-images-idx3-ubyte", 16), ("train-labels-idx1-ubyte", 8)):
        with gzip.open(FASHION / f"{name}.gz") as file:
            arrays.append(np.frombuffer(file.read(), np.uint8, offset=skip))
    return Problem("Fashion-MNIST", arrays[0].reshape(60_000, 784) / 255, arrays[1].astype(int), 1.0)


def drawn(random: Any, X: Any, W: Any) -> Any:
    """Labels drawn from the model's probabilities."""
    return np.unique((X @ W + random.gumbel(size=(len(X), W.shape[1]))).argmax(axis=1), return_inverse=True)[1]


def power_law() -> Problem:
    """Correlated columns whose variances fall as a power law."""
    random = np.random.default_rng(0)
    basis = np.linalg.qr(random.normal(size=(100, 100)))[0]
    X = random.normal(size=(10_000, 100)) * np.arange(1, 101) ** -1.5 @ basis * 10
    return Problem("power law", X, drawn(random, X, random.normal(size=(100, 8))), 1.0)


def rare_one_hot() -> Problem:
    """One-hot columns, most of them rare, and classes that are rare too."""
    random = np.random.default_rng(1)
    n, levels = 20_000, 150
    frequency = np.arange(1, levels + 1) ** -1.3
    level = random.choice(levels, size=n, p=frequency / frequency.sum())
    X = np.hstack([np.eye(levels)[level], random.normal(size=(n, 5))])
    W = random.normal(size=(X.shape[1], 6)) * 2
    return Problem("rare one-hot", X, drawn(random, X, W - np.array([0, 0, 1, 2, 4, 7])), 1.0)


def wide() -> Problem:
    """Fewer rows than columns."""
    random = np.random.default_rng(2)
    X = random.normal(size=(300, 2000))
    return Problem("wide", X, drawn(random, X, random.normal(size=(2000, 5)) / 20), 1.0)


def texts() -> Problem:
    """Words of texts on ten topics: tf-idf of counts that follow Zipf's law, rows of length 1, sparse."""
    random = np.random.default_rng(5)
    n, d, K = 4000, 20_000, 10
    frequency = np.exp(random.normal(size=(K, d))) / np.arange(1, d + 1) ** 1.05
    cumulative = np.cumsum(frequency / frequency.sum(axis=1, keepdims=True), axis=1)
    y, lengths = random.integers(K, size=n), random.lognormal(np.log(120), 0.6, n).astype(int) + 5
    words = np.concatenate(
        [np.searchsorted(cumulative[k, :-1], random.random(size)) for k, size in zip(y, lengths, strict=True)]
    )
    counts = sp.csr_array((np.ones(len(words)), (np.repeat(np.arange(n), lengths), words)), shape=(n, d))
    return Problem("texts", TfidfTransformer().fit_transform(counts), y, 1.0)


def embeddings() -> Problem:
    """Rows of length 1 around class centres, as a linear probe sees them."""
    random = np.random.default_rng(3)
    centres = random.normal(size=(100, 256))
    y = random.integers(100, size=30_000)
    X = centres[y] * 0.35 + random.normal(size=(30_000, 256))
    return Problem("unit-norm embeddings", X / np.linalg.norm(X, axis=1, keepdims=True), y, 100.0)


def election() -> Problem:
    """The party of 944 voters in 1996, without a penalty: the example of statsmodels for MNLogit, which has none."""
    from statsmodels.datasets import anes96

    data = anes96.load_pandas()
    return Problem("election, no penalty", data.exog.to_numpy(float), data.endog.to_numpy(int), np.inf)


def no_penalty() -> Problem:
    """Many more rows than parameters, and no penalty."""
    random = np.random.default_rng(4)
    X = random.normal(size=(20_000, 30))
    return Problem("no penalty", X, drawn(random, X, random.normal(size=(30, 5)) / 2), np.inf)


def iris() -> Problem:
    """Fisher's irises."""
    return Problem("iris", *load_iris(return_X_y=True), 1.0)


def digits() -> Problem:
    """Handwritten digits, pixels from 0 to 16."""
    return Problem("digits", *load_digits(return_X_y=True), 1.0)


PROBLEMS = {
    "iris": iris,
    "digits": digits,
    "digits-std": lambda: standardised(digits()),
    "satellite": lambda: stored("satellite"),
    "satellite-std": lambda: standardised(stored("satellite")),
    "dna": lambda: stored("dna"),
    "letter": lambda: stored("letter"),
    "letter-std": lambda: standardised(stored("letter")),
    "power-law": power_law,
    "rare-one-hot": rare_one_hot,
    "wide": wide,
    "election": election,
    "no-penalty": no_penalty,
    "texts": texts,
    "texts-weak": lambda: texts()._replace(name="texts, C = 100", C=100.0),
    "embeddings": embeddings,
    "fashion": fashion,
}


def problems(names: list[str]) -> Iterator[Problem]:
    """The problems of these names; one whose file or package is missing is reported and left out."""
    for name in names:
        try:
            problem = PROBLEMS[name]()
        except (FileNotFoundError, ImportError) as error:
            print(f"{name} is left out: {error}")
        else:
            yield problem
