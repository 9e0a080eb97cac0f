"""How good predictions are: sums over rows, so that a file is read in batches and none of its rows is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

BINS = 10  # of confidence
MAX_CONFUSION = 1000  # classes; the table has their square


@dataclass
class Sums:
    """Sums over some rows; all but `rows`, `counts` and `confusion` are weighted."""

    rows: int
    weight: float
    loss: float  # of -log of the probability of the class
    squares: float  # of sum_k (p_k - y_k)^2
    truth: np.ndarray  # of each class (K,): rows of the class,
    predicted: np.ndarray  # rows predicted to be of it,
    hits: np.ndarray  # and rows that are both
    counts: np.ndarray  # rows of the class
    bins: np.ndarray  # (3, BINS), of each bin of confidence: weight, confidence, hits
    confusion: np.ndarray | None  # (K, K), counts of rows by class and predicted class

    def __add__(self, other: Sums) -> Sums:
        """Return the sums over the rows of both."""
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        added: Any = (None if a is None else a + b for a, b in pairs)
        return Sums(*added)


class Reliability(NamedTuple):
    """Of each bin of confidence: the weight in it, its mean confidence and its accuracy."""

    weight: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray


class Evaluation(NamedTuple):
    """What is reported. Brier score: mean of sum_k (p_k - y_k)^2, from 0 to 2."""

    rows: int
    accuracy: float
    log_loss: float
    brier_score: float
    calibration_error: float
    reliability: Reliability
    per_class: dict[str, np.ndarray]
    confusion: np.ndarray | None


def sums(log_proba: Any, truth: Any, weight: Any) -> Sums:
    """Return the sums over some rows: log-probabilities (n, K), class indices (n,), weights (n,)."""
    n, K = log_proba.shape
    proba, rows = np.exp(log_proba), np.arange(n)
    predicted = np.argmax(log_proba, axis=1)
    right = predicted == truth
    likelihood, confidence = proba[rows, truth], proba[rows, predicted]
    squares = np.sum(proba * proba, axis=1) - likelihood * likelihood + (1 - likelihood) ** 2
    at = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    return Sums(
        rows=n,
        weight=float(np.sum(weight)),
        loss=float(np.sum(weight * -log_proba[rows, truth])),
        squares=float(np.sum(weight * squares)),
        truth=np.bincount(truth, weight, K),
        predicted=np.bincount(predicted, weight, K),
        hits=np.bincount(truth, weight * right, K),
        counts=np.bincount(truth, minlength=K),
        bins=np.stack([np.bincount(at, weight * values, BINS) for values in (1.0, confidence, right)]),
        confusion=np.bincount(truth * K + predicted, minlength=K * K).reshape(K, K) if K <= MAX_CONFUSION else None,
    )


def evaluation(s: Sums) -> Evaluation:
    """Return the report on all rows; what would be 0/0 is 0."""
    weight, confidence, right = s.bins[:, s.bins[0] > 0]
    bins = Reliability(weight, confidence / weight, right / weight)
    return Evaluation(
        rows=s.rows,
        accuracy=float(np.sum(s.hits) / s.weight),
        log_loss=s.loss / s.weight,
        brier_score=s.squares / s.weight,
        calibration_error=float(np.average(np.abs(bins.accuracy - bins.confidence), weights=weight)),
        reliability=bins,
        per_class={
            "precision": _share(s.hits, s.predicted),
            "recall": _share(s.hits, s.truth),
            "f1": _share(2 * s.hits, s.truth + s.predicted),
            "rows": s.counts,
        },
        confusion=s.confusion,
    )


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    result: np.ndarray = np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)
    return result
