"""To and from scikit-learn's LogisticRegression.

For two classes scikit-learn keeps one row, the difference w of our two. With rows -w/2 and w/2,
1/(2C) sum W^2 is 1/(2 (2C)) sum w^2: its C is twice ours.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.utils.validation import check_is_fitted

from softreg._arrays import to_host
from softreg._targets import labels
from softreg.errors import InputError, InputTypeError

SHARED = ("fit_intercept", "class_weight", "tol", "random_state", "warm_start", "verbose")
DEFAULT_MAX_ITER = 1000


def to_sklearn(model: Any) -> LogisticRegression:
    """Return a fitted LogisticRegression with the same probabilities, on the host."""
    check_is_fitted(model)
    W, b, classes = to_host(model.coef_), to_host(model.intercept_), to_host(model.classes_)
    C = float(model.C)
    if classes.shape[0] == 2:
        W, b, C = W[1:] - W[:1], b[1:] - b[:1], 2 * C
    result = LogisticRegression(
        C=C,
        max_iter=DEFAULT_MAX_ITER if model.max_iter is None else model.max_iter,
        **{name: getattr(model, name) for name in SHARED},
    )
    result.coef_, result.intercept_, result.classes_ = W.copy(), b.copy(), classes.copy()
    result.n_iter_ = np.asarray([model.n_iter_], dtype=np.int32)
    result.n_features_in_ = W.shape[1]
    if hasattr(model, "feature_names_in_"):
        result.feature_names_in_ = model.feature_names_in_.copy()
    return result


def from_sklearn(kind: Any, fitted: Any) -> Any:
    """Return an estimator of class `kind` with the same probabilities as a fitted LogisticRegression."""
    if not isinstance(fitted, LogisticRegression):
        raise InputTypeError(f"expected a fitted LogisticRegression, got {type(fitted).__name__}.")
    check_is_fitted(fitted)
    classes = labels(to_host(fitted.classes_), "classes_")
    K = classes.shape[0]
    if K > 2 and (fitted.solver == "liblinear" or getattr(fitted, "multi_class", "auto") == "ovr"):
        raise InputError("this LogisticRegression is one model per class against the rest, which is not softmax.")
    coef: Any = fitted.coef_
    W = coef.toarray() if hasattr(coef, "toarray") else to_host(coef)
    b = np.broadcast_to(to_host(fitted.intercept_), W.shape[:1])
    if not (np.isfinite(W).all() and np.isfinite(b).all()):
        raise InputError("this LogisticRegression has coefficients that are NaN or infinite.")
    C = float(np.ravel(fitted.C_ if hasattr(fitted, "C_") else fitted.C)[0])  # C_: of the cross-validated one
    if getattr(fitted, "penalty", "l2") is None:
        C = np.inf
    if K == 2:
        W, b = np.concatenate([-W, W]), np.concatenate([-b, b])
        # scikit-learn before 1.8 keeps one of two rows that sum to 0 then, else their difference.
        if getattr(fitted, "multi_class", "auto") != "multinomial":
            W, b, C = W / 2, b / 2, C / 2
    shared = {name: getattr(fitted, name) for name in SHARED if hasattr(fitted, name)}
    model = kind(C=C, max_iter=fitted.max_iter, **shared)
    state = {
        "coef_": np.array(W),
        "intercept_": np.array(b, dtype=W.dtype),
        "classes_": classes,
        "n_features_in_": W.shape[1],
        "n_iter_": int(np.max(fitted.n_iter_)),
        "converged_": False,
        "separated_": False,
        "optimality_": {"passes": 0.0, "solver": fitted.solver, "status": "not judged: made from scikit-learn's model"},
    }
    if hasattr(fitted, "feature_names_in_"):
        state["feature_names_in_"] = fitted.feature_names_in_.copy()
    vars(model).update(state)
    return model
