"""The numbers of a report, against scikit-learn's."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, brier_score_loss, confusion_matrix, f1_score, log_loss

from softreg import _evaluation as evaluation

RANDOM = np.random.default_rng(0)
Z = RANDOM.normal(size=(200, 4)) * 2
P = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
Y = RANDOM.integers(0, 3, size=200)  # class 3 does not occur


@pytest.mark.parametrize("weighted", [False, True])
def test_against_scikit_learn(weighted):
    """Sums over batches give what scikit-learn gives for all rows."""
    w = RANDOM.uniform(0, 2, size=200) if weighted else np.ones(200)
    first, second = (evaluation.sums(np.log(P[at]), Y[at], w[at]) for at in (slice(0, 150), slice(150, 200)))
    found = evaluation.evaluation(first + second)
    known = range(4)
    assert found.rows == 200
    assert found.accuracy == pytest.approx(accuracy_score(Y, P.argmax(axis=1), sample_weight=w))
    assert found.log_loss == pytest.approx(log_loss(Y, P, labels=known, sample_weight=w))
    brier = brier_score_loss(Y, P, labels=known, sample_weight=w, scale_by_half=False)
    assert found.brier_score == pytest.approx(brier)
    f1 = f1_score(Y, P.argmax(axis=1), labels=known, average=None, sample_weight=w, zero_division=0)
    assert found.per_class["f1"] == pytest.approx(f1)
    assert found.per_class["rows"].tolist() == np.bincount(Y, minlength=4).tolist()
    assert np.array_equal(found.confusion, confusion_matrix(Y, P.argmax(axis=1), labels=known))


def test_calibration_by_hand():
    """Ten rows at 0.75 of which six are right, and ten at 1.0 that all are: half of 0.15."""
    proba = np.asarray([[0.75, 0.25]] * 10 + [[1.0, 1e-300]] * 10)
    truth = np.asarray([0] * 6 + [1] * 4 + [0] * 10)
    found = evaluation.evaluation(evaluation.sums(np.log(proba), truth, np.ones(20)))
    assert found.calibration_error == pytest.approx(0.075)
    assert found.reliability.weight.tolist() == [10, 10]
    assert found.reliability.accuracy == pytest.approx([0.6, 1.0])


def test_many_classes(monkeypatch):
    """No table is made that would have the square of very many classes."""
    monkeypatch.setattr(evaluation, "MAX_CONFUSION", 3)
    assert evaluation.evaluation(evaluation.sums(np.log(P), Y, np.ones(200))).confusion is None
