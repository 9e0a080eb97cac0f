"""How good predictions are: numbers that add up over rows, so that a file is read in batches."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support

BINS = 10  # of confidence
MAX_CONFUSION = 1000  # classes; the table has their square


class Scores(NamedTuple):
    """Of each row: class, predicted class, log-probability of the class, squared error, confidence and weight."""

    truth: np.ndarray
    predicted: np.ndarray
    log_likelihood: np.ndarray
    squares: np.ndarray
    confidence: np.ndarray
    weight: np.ndarray


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


def scores(log_proba: Any, truth: Any, weight: Any) -> Scores:
    """Return what is needed of some rows."""
    proba, rows = np.exp(log_proba), np.arange(truth.shape[0])
    predicted = np.argmax(log_proba, axis=1)
    likelihood = proba[rows, truth]
    squares = np.sum(proba * proba, axis=1) - likelihood * likelihood + (1 - likelihood) ** 2
    return Scores(truth, predicted, log_proba[rows, truth], squares, proba[rows, predicted], weight)


def evaluation(parts: list[Scores], n_classes: int) -> Evaluation:
    """Return the report on all rows."""
    s = Scores(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    known = np.arange(n_classes)
    precision, recall, f1, _ = precision_recall_fscore_support(
        s.truth, s.predicted, labels=known, sample_weight=s.weight, zero_division=0
    )
    bins = _reliability(s)
    distance = np.abs(bins.accuracy - bins.confidence)
    confusion = None
    if n_classes <= MAX_CONFUSION:
        confusion = confusion_matrix(s.truth, s.predicted, labels=known)
    return Evaluation(
        rows=s.truth.shape[0],
        accuracy=float(accuracy_score(s.truth, s.predicted, sample_weight=s.weight)),
        log_loss=float(np.average(-s.log_likelihood, weights=s.weight)),
        brier_score=float(np.average(s.squares, weights=s.weight)),
        calibration_error=float(np.average(distance, weights=bins.weight)),
        reliability=bins,
        per_class={
            "precision": precision,
            "recall": recall,
            "f1": f1,
            "rows": np.bincount(s.truth, minlength=n_classes),
        },
        confusion=confusion,
    )


def _reliability(s: Scores) -> Reliability:
    """Gather rows of like confidence, in bins of equal width."""
    at = np.minimum((s.confidence * BINS).astype(np.int64), BINS - 1)
    weight, confidence, right = (
        np.bincount(at, weights=s.weight * values, minlength=BINS)
        for values in (1.0, s.confidence, s.truth == s.predicted)
    )
    kept = weight > 0
    return Reliability(weight[kept], confidence[kept] / weight[kept], right[kept] / weight[kept])
