"""What y may be: labels of any kind, probabilities, and the weights of classes."""

import numpy as np
import pytest
from array_api_compat import device
from common import IRIS_X, IRIS_Y, TIGHT, assert_same_model, here
from sklearn.linear_model import LogisticRegression
from sklearn.utils.class_weight import compute_sample_weight

from softreg import SoftmaxRegression

WITHOUT_FLOAT64 = True


def reference(X, y, sample_weight=None, **parameters):
    """Return scikit-learn's minimum, found by Newton's method."""
    model = LogisticRegression(solver="newton-cg", tol=1e-12, max_iter=1000, **parameters)
    return model.fit(X, y, sample_weight=sample_weight)


LABELS = [
    ["x", "y", "z"],
    [b"x", b"y", b"z"],
    np.array(["x", "yy", "zzz"], dtype=object),
    np.array(["x", "yy", "zzz"], dtype=np.dtypes.StringDType()),
    [-7, 0, 9],
    np.array([-7, 0, 9], dtype=np.int8),
    [2**62, 2**62 + 1, 2**63 - 1],
    np.array([2**63, 2**63 + 1, 2**64 - 1], dtype=np.uint64),
    [0.0, 1.0, 5.0],
    [False, True],
]


@pytest.mark.parametrize("labels", LABELS, ids=lambda labels: np.asarray(labels).dtype.str + str(labels[-1]))
def test_labels_come_back(labels):
    """F37: classes are the sorted labels, and predictions are labels, exactly."""
    labels = np.asarray(labels)
    y = labels[IRIS_Y % len(labels)]
    model = SoftmaxRegression().fit(IRIS_X, y)
    assert model.classes_.tolist() == labels.tolist()
    assert model.classes_.dtype.kind == model.predict(IRIS_X).dtype.kind
    if labels.dtype.kind not in "OT":
        assert model.classes_.dtype == model.predict(IRIS_X).dtype == labels.dtype
    assert np.array_equal(model.predict(IRIS_X), labels[np.argmax(model.predict_proba(IRIS_X), axis=1)])
    again = SoftmaxRegression().partial_fit(IRIS_X, y, classes=labels)
    assert again.classes_.tolist() == labels.tolist()


def test_lists():
    """Lists are NumPy's arrays."""
    model = SoftmaxRegression().fit(IRIS_X.tolist(), IRIS_Y.tolist(), [1] * 150)
    assert np.array_equal(model.coef_, SoftmaxRegression().fit(IRIS_X, IRIS_Y, np.ones(150)).coef_)


@pytest.mark.parametrize("class_weight", ["balanced", {0: 2.0, 2: 0.5}])
def test_class_weights_are_scikit_learns(class_weight, random):
    """Class weights, also beside row weights, mean what they mean there; classes without a key have 1."""
    keep = slice(0, 120)  # unequal classes
    X, y, w = IRIS_X[keep], IRIS_Y[keep], random.uniform(0.5, 2, 120)
    model = SoftmaxRegression(class_weight=class_weight, **TIGHT).fit(X, y, w)
    complete = class_weight if class_weight == "balanced" else {1: 1.0} | class_weight
    np.testing.assert_allclose(model.coef_, reference(X, y, w, class_weight=complete).coef_, atol=1e-6)
    by_hand = SoftmaxRegression(**TIGHT).fit(X, y, compute_sample_weight(complete, y))
    assert_same_model(SoftmaxRegression(class_weight=class_weight, **TIGHT).fit(X, y), by_hand)


def test_probabilities_are_weighted_copies(random):
    """A row with probabilities is K rows, one for each label, with these as weights."""
    P = random.dirichlet(np.ones(3), 150)
    soft = SoftmaxRegression(**TIGHT).fit(IRIS_X, P)
    copies = SoftmaxRegression(**TIGHT).fit(np.repeat(IRIS_X, 3, axis=0), np.tile(np.arange(3), 150), P.ravel())
    assert_same_model(soft, copies)
    assert soft.classes_.tolist() == [0, 1, 2]


def test_class_weights_of_probabilities(random):
    """Class weights weigh the share of each class."""
    P = random.dirichlet(np.ones(3), 150)
    weights = {0: 0.5, 1: 3.0}
    soft = SoftmaxRegression(class_weight=weights, **TIGHT).fit(IRIS_X, P)
    w = (P * [0.5, 3, 1]).ravel()
    copies = SoftmaxRegression(**TIGHT).fit(np.repeat(IRIS_X, 3, axis=0), np.tile(np.arange(3), 150), w)
    assert_same_model(soft, copies)


def test_label_smoothing_is_a_mixed_target():
    """Smoothing by s gives (1 - s) to the label and s to all alike."""
    smoothed = SoftmaxRegression(label_smoothing=0.3, **TIGHT).fit(IRIS_X, IRIS_Y)
    mixed = SoftmaxRegression(**TIGHT).fit(IRIS_X, 0.7 * np.eye(3)[IRIS_Y] + 0.1)
    assert_same_model(smoothed, mixed)


def test_targets_of_another_library():
    """Labels and weights of torch go to NumPy when X is NumPy's; a history of derivatives stays behind."""
    torch = pytest.importorskip("torch")
    w = torch.ones(150, dtype=torch.float64, requires_grad=True)
    model = SoftmaxRegression().fit(IRIS_X, torch.asarray(IRIS_Y.copy()), w)
    assert isinstance(model.classes_, np.ndarray)
    assert_same_model(model, SoftmaxRegression().fit(IRIS_X, IRIS_Y))


def test_everything_follows_x(backend):
    """F85: NumPy labels, weights and offsets go where X is; text stays NumPy's, as there is no text elsewhere."""
    X, names = here(backend, IRIS_X), np.array(["setosa", "versicolor", "virginica"])
    w, offset = np.ones(150), np.zeros((150, 3))
    model = SoftmaxRegression().fit(X, IRIS_Y, w, offset=offset)
    assert device(model.classes_) == device(model.predict(X)) == device(X)
    model = SoftmaxRegression().fit(X, names[IRIS_Y].tolist(), w.tolist(), offset=offset.tolist())
    predicted = model.predict(X)
    assert isinstance(predicted, np.ndarray)
    assert np.mean(predicted == names[IRIS_Y]) > 0.95
    assert device(model.coef_) == device(X)
