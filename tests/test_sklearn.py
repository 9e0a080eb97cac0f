"""To and from scikit-learn."""

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_digits, load_iris
from sklearn.linear_model import LinearRegression, LogisticRegression, LogisticRegressionCV
from sklearn.pipeline import make_pipeline

import softreg
from softreg import SoftmaxRegression
from softreg.errors import InputError, InputTypeError

IRIS, SPECIES = load_iris(return_X_y=True)
CASES = [(IRIS, SPECIES), (IRIS[50:], SPECIES[50:]), (IRIS, np.asarray(["a", "b", "é"])[SPECIES])]


@pytest.mark.parametrize(("X", "y"), CASES)
@pytest.mark.parametrize("intercept", [True, False])
def test_to_sklearn(X, y, intercept):
    """Probabilities, labels and logits are those of the model, two classes included."""
    model = SoftmaxRegression(C=3.0, fit_intercept=intercept).fit(X, y)
    other = model.to_sklearn()
    assert isinstance(other, LogisticRegression)
    assert np.max(np.abs(other.predict_proba(X) - model.predict_proba(X))) <= 1e-12
    assert np.array_equal(other.predict(X), model.predict(X))
    assert np.max(np.abs(other.decision_function(X) - model.decision_function(X))) <= 1e-11
    assert make_pipeline(other).score(X, y) == model.score(X, y)


@pytest.mark.parametrize(("X", "y"), CASES)
def test_penalties_agree(X, y):
    """C goes with the coefficients: scikit-learn, with the C that it is given, finds the same minimum."""
    model = SoftmaxRegression(C=0.5, tol=1e-10).fit(X, y)
    other = model.to_sklearn().set_params(tol=1e-10)
    assert np.max(np.abs(other.coef_ - other.fit(X, y).coef_)) < 1e-5


@pytest.mark.parametrize(("X", "y"), CASES)
@pytest.mark.parametrize("intercept", [True, False])
def test_from_sklearn(tmp_path, X, y, intercept):
    """Probabilities are those of scikit-learn's model; the result can be saved, fitted on and turned back."""
    other = LogisticRegression(C=3.0, fit_intercept=intercept, max_iter=500).fit(X, y)
    model = SoftmaxRegression.from_sklearn(other)
    assert np.max(np.abs(other.predict_proba(X) - model.predict_proba(X))) <= 1e-12
    assert np.array_equal(other.predict(X), model.predict(X))
    back = model.to_sklearn()
    assert back.C == other.C
    assert np.max(np.abs(back.coef_ - other.coef_)) <= 1e-14
    model.save(tmp_path / "a")
    assert np.array_equal(softreg.load(tmp_path / "a").predict_proba(X), model.predict_proba(X))
    model.partial_fit(X, y)


@pytest.mark.parametrize("data", [load_iris, load_digits, load_breast_cancer])
@pytest.mark.parametrize("of_model", [np.float32, np.float64])
@pytest.mark.parametrize("of_rows", [np.float32, np.float64])
def test_precision(data, of_model, of_rows):
    """Where one side is in float64 the probabilities are the same; where both are in float32, up to its rounding."""
    X, y = data(return_X_y=True)
    model = SoftmaxRegression().fit(X.astype(of_model), y)
    found, expected = (m.predict_proba(X.astype(of_rows)) for m in (model.to_sklearn(), model))
    single = of_model == of_rows == np.float32
    assert found.dtype == expected.dtype == (np.float32 if single else np.float64)
    assert np.max(np.abs(found - expected)) <= (1e-5 if single else 1e-12)


def test_names_and_dtype():
    """Names of columns and float32 go along."""
    import pandas as pd

    X = pd.DataFrame(IRIS.astype(np.float32), columns=list("abcd"))
    model = SoftmaxRegression().fit(X, SPECIES)
    other = model.to_sklearn()
    assert other.coef_.dtype == np.float32
    assert other.feature_names_in_.tolist() == list("abcd")
    assert SoftmaxRegression.from_sklearn(other).feature_names_in_.tolist() == list("abcd")
    assert other.coef_ is not model.coef_


@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_cross_validated():
    """LogisticRegressionCV is a LogisticRegression whose C was found."""
    other = LogisticRegressionCV(Cs=[0.1, 1.0], cv=2, max_iter=2000).fit(IRIS, SPECIES)
    model = SoftmaxRegression.from_sklearn(other)
    assert model.C in (0.1, 1.0)
    assert np.max(np.abs(other.predict_proba(IRIS) - model.predict_proba(IRIS))) <= 1e-12


def test_what_is_not_softmax():
    """Another kind of model is refused."""
    with pytest.raises(InputTypeError, match="got LinearRegression"):
        SoftmaxRegression.from_sklearn(LinearRegression().fit(IRIS, SPECIES))
    separate = LogisticRegression(max_iter=500).fit(IRIS, SPECIES)
    separate.solver = "liblinear"
    with pytest.raises(InputError, match="one model per class"):
        SoftmaxRegression.from_sklearn(separate)


def test_from_sklearn_multinomial_of_two_classes():
    """scikit-learn before 1.8 fits softmax of two classes if asked to: coef_ is then one of two rows that sum to 0."""
    X, y = IRIS[50:], SPECIES[50:]
    other = LogisticRegression(max_iter=500).fit(X, y)
    plain = SoftmaxRegression.from_sklearn(other)
    other.multi_class = "multinomial"
    model = SoftmaxRegression.from_sklearn(other)
    z = X @ other.coef_[0] + other.intercept_[0]
    np.testing.assert_allclose(model.predict_proba(X), softreg.softmax(np.column_stack([-z, z])), rtol=1e-12)
    assert model.C == other.C == 2 * plain.C


def test_from_sklearn_sparse_and_unpenalised():
    """Sparse coefficients are read, no penalty stays none, and coefficients that are not finite are refused."""
    other = LogisticRegression(max_iter=500).fit(IRIS, SPECIES)
    expected = other.predict_proba(IRIS)
    model = SoftmaxRegression.from_sklearn(other.sparsify())
    np.testing.assert_allclose(model.predict_proba(IRIS), expected, atol=1e-12)
    other.densify().penalty = None
    assert np.isinf(SoftmaxRegression.from_sklearn(other).C)
    other.coef_[0, 0] = np.nan
    with pytest.raises(InputError, match="NaN or infinite"):
        SoftmaxRegression.from_sklearn(other)
