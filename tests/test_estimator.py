"""SoftmaxRegression against scikit-learn, against itself on other data layouts, and on every backend."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from array_api_compat import array_namespace, device
from common import IRIS_X, IRIS_Y, TIGHT, assert_same_model, digits, here, within
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import parametrize_with_checks

from softreg import SoftmaxRegression, core, loss_and_gradient
from softreg._arrays import default_real
from softreg.errors import BackendError

WITHOUT_FLOAT64 = True


def reference(X, y, sample_weight=None, **parameters):
    """Return scikit-learn's minimum, found by Newton's method."""
    model = LogisticRegression(solver="newton-cg", tol=1e-12, max_iter=1000, **parameters)
    return model.fit(X, y, sample_weight=sample_weight)


@parametrize_with_checks([SoftmaxRegression(), SoftmaxRegression(solver="sgd")])
@pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning", "ignore::sklearn.exceptions.SkipTestWarning"
)
def test_estimator_contract(estimator, check):
    """scikit-learn's own checks of an estimator hold."""
    check(estimator)


# --- against scikit-learn ---------------------------------------------------------------------------


@pytest.mark.parametrize("C", [0.1, 10.0])
@pytest.mark.parametrize("fit_intercept", [True, False])
def test_agrees_with_logistic_regression(C, fit_intercept):
    """More than two classes are scikit-learn's multinomial model, with the same C."""
    model = SoftmaxRegression(C=C, fit_intercept=fit_intercept, **TIGHT).fit(IRIS_X, IRIS_Y)
    expected = reference(IRIS_X, IRIS_Y, C=C, fit_intercept=fit_intercept)
    np.testing.assert_allclose(model.coef_, expected.coef_, atol=1e-6)
    np.testing.assert_allclose(model.predict_proba(IRIS_X), expected.predict_proba(IRIS_X), atol=1e-7)
    assert model.converged_


def test_two_classes_are_logistic_regression_with_twice_the_c():
    """Two classes are not a special case: the difference of the two rows is scikit-learn's one row, for 2C."""
    X, y = IRIS_X[50:], IRIS_Y[50:]
    model = SoftmaxRegression(C=0.7, **TIGHT).fit(X, y)
    expected = reference(X, y, C=1.4)
    np.testing.assert_allclose(model.coef_[1] - model.coef_[0], expected.coef_[0], atol=1e-6)
    np.testing.assert_allclose(model.coef_[0], -model.coef_[1], atol=1e-9)
    np.testing.assert_allclose(model.decision_function(X), expected.decision_function(X), atol=1e-5)
    assert model.decision_function(X).shape == (100,)
    assert model.predict_proba(X).shape == (100, 2)


def test_gradient_vanishes_on_digits():
    """On standardised digits the public gradient at the fitted parameters is below 1e-8."""
    X, y = digits()
    model = SoftmaxRegression(C=1.0, solver="lbfgs", tol=0).fit(X, y)
    _, dW, db = loss_and_gradient(model.coef_.T, model.intercept_, X, y, l2=1 / len(y))
    assert model.converged_
    assert max(np.max(np.abs(dW)), np.max(np.abs(db))) <= 1e-8


# --- weights, targets and penalties -----------------------------------------------------------------


def test_a_weight_of_two_is_a_row_twice(random):
    """Integer weights are repetitions, and a weight of zero is an absent row."""
    w = random.integers(0, 4, 150)
    weighted = SoftmaxRegression(**TIGHT).fit(IRIS_X, IRIS_Y, w)
    repeated = SoftmaxRegression(**TIGHT).fit(np.repeat(IRIS_X, w, axis=0), np.repeat(IRIS_Y, w))
    assert_same_model(weighted, repeated)


def test_scalar_weight_is_every_rows():
    """One number is the weight of all rows, and acts on the penalty only."""
    assert_same_model(
        SoftmaxRegression(C=1, **TIGHT).fit(IRIS_X, IRIS_Y, 2.0), SoftmaxRegression(C=2, **TIGHT).fit(IRIS_X, IRIS_Y)
    )


def test_no_penalty_with_offset_undoes_the_offset(random):
    """Without penalty, an offset that the model could learn is learnt with the opposite sign."""
    P = 0.8 * np.eye(3)[IRIS_Y] + 0.2 / 3
    V = random.normal(size=(4, 3))
    V -= V.mean(axis=1, keepdims=True)
    plain = SoftmaxRegression(C=np.inf, **TIGHT).fit(IRIS_X, P)
    moved = SoftmaxRegression(C=np.inf, **TIGHT).fit(IRIS_X, P, offset=IRIS_X @ V)
    np.testing.assert_allclose(moved.coef_, plain.coef_ - V.T, atol=1e-5)
    np.testing.assert_allclose(moved.intercept_, plain.intercept_, atol=1e-4)


def test_offset_of_one_class_moves_its_intercept():
    """A constant offset is an intercept that is not learnt."""
    offset = np.tile([0.0, 1.5, 0.0], (150, 1))
    plain = SoftmaxRegression(**TIGHT).fit(IRIS_X, IRIS_Y)
    moved = SoftmaxRegression(**TIGHT).fit(IRIS_X, IRIS_Y, offset=offset)
    np.testing.assert_allclose(moved.coef_, plain.coef_, atol=1e-7)
    np.testing.assert_allclose(moved.intercept_ + np.array([-0.5, 1, -0.5]), plain.intercept_, atol=1e-6)


def test_constant_column_has_no_coefficient_without_penalty():
    """F59: what the intercept explains is left to it."""
    P = 0.8 * np.eye(3)[IRIS_Y] + 0.2 / 3
    model = SoftmaxRegression(C=np.inf).fit(np.column_stack([IRIS_X, np.full(150, 7.0)]), P)
    assert np.all(model.coef_[:, 4] == 0)


def test_constant_column_has_no_coefficient_with_a_penalty(random):
    """In float32 too, where its gradient is rounding alone; a start that has one is led back to 0."""
    X = np.column_stack([random.normal(size=(90, 4)), np.full(90, 1.1e5)])
    y = (X[:, 0] + random.normal(size=90) > 0) + (X[:, 1] > 1)
    without = SoftmaxRegression(C=20).fit(X[:, :-1], y)
    narrow = SoftmaxRegression(C=20).fit(X.astype("float32"), y)
    assert narrow.converged_
    assert np.all(narrow.coef_[:, -1] == 0)
    assert narrow.optimality_["objective"] == pytest.approx(without.optimality_["objective"], rel=1e-5)
    model = SoftmaxRegression(C=20, warm_start=True).fit(X + random.normal(size=X.shape), y)
    assert np.all(model.coef_[:, -1] != 0)
    assert np.all(model.fit(X, y).coef_[:, -1] == 0)
    np.testing.assert_allclose(model.coef_[:, :-1], without.coef_, atol=1e-3)


@pytest.mark.parametrize("seed", range(8))
def test_dependent_columns_in_single_precision(seed):
    """Columns that depend on others but for rounding, and hardly any penalty: the fit is as right as in float64."""
    random = np.random.default_rng(seed)
    X = (random.normal(size=(400, 3)) @ random.normal(size=(3, 15)) * 10 ** random.uniform(-2, 2, 15)).astype("float32")
    y = random.integers(0, 4, 400)
    narrow, wide = (SoftmaxRegression(C=1e4).fit(x, y) for x in (X, X.astype("float64")))
    assert narrow.converged_
    assert narrow.optimality_["objective"] == pytest.approx(wide.optimality_["objective"], rel=1e-5)


def test_a_column_that_is_nearly_a_sum_in_single_precision():
    """What rounding left of a sum of columns of very different sizes is information too: no fit ends before it."""
    random = np.random.default_rng(0)
    A = random.normal(size=(2000, 22)) * 10 ** random.uniform(-4, 4, 22)
    X = np.column_stack([A, A.sum(axis=1)]).astype("float32")
    y = (A / A.std(axis=0) @ random.normal(size=(22, 3)) * 0.05 + random.gumbel(size=(2000, 3))).argmax(axis=1)
    narrow, wide = SoftmaxRegression(C=3).fit(X, y), SoftmaxRegression(C=3, tol=1e-12).fit(X.astype("float64"), y)
    W, b = narrow.coef_.T.astype("float64"), narrow.intercept_.astype("float64")
    value = float(loss_and_gradient(W, b, X.astype("float64"), y, l2=1 / (3 * 2000))[0])
    assert value - wide.optimality_["objective"] < 1e-6


def test_gauge():
    """F62: coefficients and intercepts of the classes sum to 0, which softmax itself leaves open."""
    P = 0.8 * np.eye(3)[IRIS_Y] + 0.2 / 3
    model = SoftmaxRegression(C=np.inf).fit(IRIS_X, P)
    for parameter in (model.coef_, model.intercept_):
        assert np.max(np.abs(parameter.sum(axis=0))) <= 4 * np.finfo(float).eps * np.max(np.abs(parameter))


def test_imbalance():
    """F73: classes whose weights differ by 1e9 are fitted, with a certificate."""
    w = np.where(IRIS_Y == 0, 1e-9, 1.0)
    model = SoftmaxRegression().fit(IRIS_X, IRIS_Y, w)
    assert model.converged_
    assert np.all(np.isfinite(model.coef_))


def test_few_rows():
    """F72: fewer rows than columns or classes, and contradictory rows, are fitted."""
    model = SoftmaxRegression().fit([[0.0, 1.0, 2.0], [0.0, 1.0, 2.0]], ["a", "b"])
    np.testing.assert_allclose(model.predict_proba([[5.0, 5.0, 5.0]]), 0.5)


# --- backends ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("solver", ["lbfgs", "sgd"])
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_backends_agree(backend, solver, random):
    """Every library and device gives NumPy's results, as arrays of its own."""
    parameters = {
        "solver": solver,
        "max_iter": 1000 if solver == "lbfgs" else 3,
        "random_state": 0,
        "class_weight": "balanced",
    }
    w, offset = random.uniform(0.5, 2, 150), random.normal(size=(150, 3))
    expected = SoftmaxRegression(**parameters).fit(IRIS_X, IRIS_Y, w, offset=offset)
    X = here(backend, IRIS_X)
    model = SoftmaxRegression(**parameters).fit(
        X, here(backend, IRIS_Y), here(backend, w), offset=here(backend, offset)
    )
    real = "float64" if "float64" in backend.floats else "float32"
    results = {name: getattr(model, name) for name in ("coef_", "intercept_", "classes_")}
    for name in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        results[name] = getattr(model, name)(X)
    for name, result in results.items():
        known = getattr(expected, name) if name.endswith("_") else getattr(expected, name)(IRIS_X)
        assert array_namespace(result) is array_namespace(X), name
        assert device(result) == device(X), name
        assert result.dtype == getattr(backend.xp, "int64" if known.dtype.kind == "i" else real), name
        np.testing.assert_allclose(backend.numpy(result), known, atol=within(backend, 1e-9), err_msg=name)
    assert model.score(X, here(backend, IRIS_Y)) == expected.score(IRIS_X, IRIS_Y)
    assert model.score(X, IRIS_Y, here(backend, w)) == pytest.approx(expected.score(IRIS_X, IRIS_Y, w))


def test_other_library_than_the_fits(backend):
    """F86: a prediction elsewhere than the fit names both places."""
    if backend.name == "numpy":
        pytest.skip("needs a second library")
    names = {"strict": "array_api_strict"}
    model = SoftmaxRegression().fit(IRIS_X, IRIS_Y)
    before = dict(vars(model))
    with pytest.raises(
        BackendError, match=f"fitted with numpy on cpu but got {names.get(backend.library, backend.library)} on"
    ):
        model.predict(here(backend, IRIS_X))
    with pytest.raises(BackendError, match="fitted with numpy on cpu"):
        model.partial_fit(here(backend, IRIS_X), here(backend, IRIS_Y))
    assert vars(model) == before


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_dtype_is_that_of_x(backend, dtype):
    """Parameters and probabilities are in the floating dtype of X."""
    if dtype not in backend.floats:
        pytest.skip(f"the device has no {dtype}")
    X = backend.asarray(IRIS_X, dtype)
    model = SoftmaxRegression().fit(X, here(backend, IRIS_Y))
    assert model.coef_.dtype == model.intercept_.dtype == model.predict_proba(X).dtype == getattr(backend.xp, dtype)
    expected = SoftmaxRegression().fit(IRIS_X, IRIS_Y)
    np.testing.assert_allclose(backend.numpy(model.coef_), expected.coef_, atol=2e-3 if dtype == "float32" else 1e-9)


def test_integers_and_booleans(backend):
    """Integers and booleans are computed in the default floating dtype."""
    X = np.round(IRIS_X).astype(np.int64)
    expected = SoftmaxRegression().fit(X.astype(float), IRIS_Y)
    for given in (X, X > 2):
        model = SoftmaxRegression().fit(here(backend, given), here(backend, IRIS_Y))
        assert model.coef_.dtype == default_real(backend.xp, backend.device)
    model = SoftmaxRegression().fit(here(backend, X), here(backend, IRIS_Y))
    tolerance = 1e-9 if backend.xp.finfo(model.coef_.dtype).bits == 64 else 2e-3
    np.testing.assert_allclose(backend.numpy(model.coef_), expected.coef_, atol=tolerance)


# --- what X and y may be ----------------------------------------------------------------------------


def test_half_precision_is_computed_in_single():
    """F13: float16 in, float32 out."""
    half = SoftmaxRegression().fit(IRIS_X.astype(np.float16), IRIS_Y)
    single = SoftmaxRegression().fit(IRIS_X.astype(np.float16).astype(np.float32), IRIS_Y)
    assert half.coef_.dtype == half.predict_proba(IRIS_X.astype(np.float16)).dtype == np.float32
    assert np.array_equal(half.coef_, single.coef_)


def test_two_fits_are_bitwise_equal():
    """F74: nothing in a fit is left to chance."""
    first, second = (SoftmaxRegression().fit(IRIS_X, IRIS_Y) for _ in range(2))
    assert np.array_equal(first.coef_, second.coef_)


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_frames_have_names(frame):
    """F19: frames are arrays with names, also with nullable columns; names are kept."""
    columns = {name: IRIS_X[:, j].copy() for j, name in enumerate("abcd")}
    X = frame(columns)
    model = SoftmaxRegression().fit(X, IRIS_Y)
    assert model.feature_names_in_.tolist() == list("abcd")
    assert np.array_equal(model.coef_, SoftmaxRegression().fit(IRIS_X, IRIS_Y).coef_)
    assert np.array_equal(model.predict(X), model.predict(frame(columns)))
    labels = pd.Series(IRIS_Y.copy()) if frame is pd.DataFrame else pl.Series(IRIS_Y)
    assert np.array_equal(SoftmaxRegression().fit(X, labels).coef_, model.coef_)


def test_nullable_and_mixed_columns():
    """Nullable, boolean, integer and Python-object columns of numbers are read as floats."""
    X = pd.DataFrame({"a": IRIS_X[:, 0], "b": IRIS_X[:, 1] > 3, "c": np.round(IRIS_X[:, 2]).astype(int)})
    mixed = X.astype({"a": "Float64", "b": "boolean", "c": "Int64"}).assign(d=X["c"].astype(object))
    expected = SoftmaxRegression().fit(X.assign(d=X["c"]).to_numpy(float), IRIS_Y)
    assert np.array_equal(SoftmaxRegression().fit(mixed, IRIS_Y).coef_, expected.coef_)


# --- solvers ----------------------------------------------------------------------------------------


def test_auto_is_lbfgs():
    """The default solver is L-BFGS."""
    default, lbfgs = (SoftmaxRegression(solver=solver).fit(IRIS_X, IRIS_Y) for solver in ("auto", "lbfgs"))
    assert np.array_equal(default.coef_, lbfgs.coef_)
    assert default.optimality_["solver"] == "lbfgs"


def test_evidence():
    """F68: what converged_ says is in optimality_."""
    model = SoftmaxRegression().fit(IRIS_X, IRIS_Y)
    evidence = model.optimality_
    assert model.converged_
    assert evidence["status"] == "converged"
    assert evidence["scaled_gradient"] <= 1e-3
    assert evidence["newton_decrement"] <= 1e-6
    assert evidence["passes"] >= model.n_iter_
    loss, _, _ = loss_and_gradient(model.coef_.T, model.intercept_, IRIS_X, IRIS_Y, l2=1 / 150)
    assert evidence["objective"] == pytest.approx(float(loss), rel=1e-12)


def test_no_tolerance_ends_at_the_rounding_floor(random):
    """F55: a tolerance of 0 ends where rounding hides what is left to gain, and counts as converged."""
    model = SoftmaxRegression(tol=0).fit(random.normal(size=(60, 4)), np.arange(60) % 3)
    assert model.converged_
    assert model.n_iter_ < 200


def test_max_iter_zero_is_the_start():
    """F54, F69: no iteration returns the start, and says with numbers that it is not the minimum."""
    with pytest.warns(
        ConvergenceWarning, match=r"after 0 iterations: scaled gradient .*e.* \(tol 1.0e-06\).* Raise max_iter\."
    ) as record:
        model = SoftmaxRegression(max_iter=0).fit(IRIS_X, IRIS_Y)
    assert record[0].filename == __file__
    assert not model.converged_
    assert np.all(model.coef_ == 0)


def test_warm_start():
    """A second fit from the first one's parameters has nothing left to do; other shapes start anew."""
    model = SoftmaxRegression(warm_start=True).fit(IRIS_X, IRIS_Y)
    coef = model.coef_
    assert model.fit(IRIS_X, IRIS_Y).n_iter_ == 0
    np.testing.assert_allclose(model.coef_, coef, rtol=1e-12)
    cold = SoftmaxRegression().fit(IRIS_X[:, :2], IRIS_Y)
    assert np.array_equal(model.fit(IRIS_X[:, :2], IRIS_Y).coef_, cold.coef_)


def test_interrupt_leaves_the_model(monkeypatch):
    """F117: Ctrl-C during a fit leaves the estimator as it was, and goes on to the caller."""
    model = SoftmaxRegression().fit(IRIS_X, IRIS_Y)
    before, real, calls = dict(vars(model)), core.data_term, []

    def interrupted(*arguments, **more):
        calls.append(1)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return real(*arguments, **more)

    monkeypatch.setattr(core, "data_term", interrupted)
    with pytest.raises(KeyboardInterrupt):
        model.set_params(C=0.1).fit(IRIS_X + 1, IRIS_Y)
    assert vars(model) == before | {"C": 0.1}


def test_users_error_state_is_kept():
    """Neither a fit nor a prediction minds np.seterr, or changes it."""
    with np.errstate(all="raise"):
        model = SoftmaxRegression().fit(IRIS_X * 1e-160, IRIS_Y)
        model.partial_fit(IRIS_X, IRIS_Y)
        model.predict_proba(np.full((2, 4), 1e308))
        assert np.geterr() == dict.fromkeys(("divide", "over", "under", "invalid"), "raise")


def test_parameters_are_checked_by_fit_only():
    """F56: any value can be set, cloned and printed; fit refuses it."""
    model = SoftmaxRegression(C="strong").set_params(solver=3)
    assert clone(model).C == "strong"
    assert "strong" in repr(model)


# --- predictions ------------------------------------------------------------------------------------


def test_no_rows(backend):
    """F77: predictions for no rows are empty, with their shape and dtype."""
    X = here(backend, IRIS_X)
    model = SoftmaxRegression().fit(X, here(backend, IRIS_Y))
    none = X[:0, :]
    assert model.predict(none).shape == (0,)
    assert model.predict(none).dtype == model.classes_.dtype
    for method in (model.predict_proba, model.predict_log_proba, model.decision_function):
        assert method(none).shape == (0, 3)
        assert method(none).dtype == X.dtype


@pytest.mark.parametrize("sparse", [False, True])
def test_logits_beyond_the_largest_float(backend, sparse):
    """F82: where a logit overflows, predictions are the limits; other rows are not touched by it."""
    big = 1e308 if "float64" in backend.floats else 3e38
    model = SoftmaxRegression().fit(here(backend, IRIS_X), here(backend, IRIS_Y))
    X = np.concatenate([IRIS_X[:2], [[-big] * 4, [big, big, -big, -big], [big, -big, big, big]]])
    given = sp.csr_array(X) if sparse else here(backend, X)
    if sparse and backend.name != "numpy":
        pytest.skip("sparse data are SciPy's")
    proba, logs = (backend.numpy(method(given)) for method in (model.predict_proba, model.predict_log_proba))
    winner = np.argmax(X[2:] / big @ backend.numpy(model.coef_).T, axis=1)
    assert np.array_equal(proba[2:], np.eye(3)[winner])
    assert np.array_equal(backend.numpy(model.predict(given))[2:], winner)
    assert not np.any(np.isnan(logs))
    np.testing.assert_allclose(proba[:2], backend.numpy(model.predict_proba(given[:2, :])), rtol=within(backend, 1e-12))


def test_log_probabilities_far_away():
    """F80, F81: log-probabilities stay finite where probabilities are 0 and 1, and rank as the logits do."""
    model = SoftmaxRegression().fit(IRIS_X, IRIS_Y)
    far = 1000 * IRIS_X
    logs, z = model.predict_log_proba(far), model.decision_function(far)
    assert np.all(np.isfinite(logs))
    assert np.min(model.predict_proba(far)) == 0
    assert np.all(np.max(logs, axis=1) <= 0)
    assert np.array_equal(np.argsort(z, axis=1), np.argsort(logs, axis=1))
    assert np.array_equal(model.predict(far), np.argmax(z, axis=1))


def test_prediction_changes_nothing():
    """F100: predictions only read the model."""
    model = SoftmaxRegression().fit(IRIS_X, IRIS_Y)
    before = dict(vars(model))
    for method in (model.predict, model.predict_proba, model.predict_log_proba, model.decision_function):
        method(IRIS_X)
    assert vars(model) == before
