"""Whatever comes as X, y or weights: it is used, or refused by name, and nothing else happens."""

# ruff: noqa: E501 - the list of inputs is one to add to, not to read

import decimal
import fractions

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp

from softreg import SoftmaxRegression
from softreg.errors import BackendError, InputError, InputTypeError

N = 6
X = np.random.default_rng(0).normal(size=(N, 2))
y = np.arange(N) % 3
SECRET = "8.7654321"  # stands for a value that no message may repeat
UNEQUAL = np.empty(N, dtype=object)
UNEQUAL[:] = [np.zeros((2, 2)), np.zeros((2, 3)), 1, 2, 3, 4]
ANYTHING = [
    None, SECRET, SECRET.encode(), 3, float("nan"), [], [[]], [[], []], {}, {"a": 1}, set(), range(N), object(), X, X.T,
    X[0], X.tolist(), y, y.tolist(), [[SECRET, "a"]] * N, [SECRET, 1] * 3, [SECRET, "b"] * 3, [[1, SECRET]] * N, [None] * N,
    [[None, 1]] * N, [1, [2]] * 3, UNEQUAL, np.array([[SECRET] * 2] * N, dtype=np.dtypes.StringDType()), X + 1j,
    np.array([[decimal.Decimal(1), fractions.Fraction(1, 3)]] * N, dtype=object), [object()] * N, [{}] * N, [1j] * N,
    pd.DataFrame(X), pd.DataFrame(X, columns=["a", "a"]), pd.DataFrame(), pd.DataFrame(index=range(N)), pd.Series(y),
    pd.DataFrame({"a": pd.Categorical([SECRET, "y"] * 3), "b": 1}), pd.DataFrame({"a": [1] * N, 1: [2] * N}),
    pd.DataFrame({"a": pd.arrays.SparseArray([0.0, 1] * 3)}), pd.DataFrame({"a": pd.to_timedelta(range(N)), "b": 1.0}),
    pd.DataFrame({"a": pd.array([1, None] * 3, dtype="int64[pyarrow]")}), pd.DataFrame({"a": [10**30, 1] * 3}),
    pd.Series([pd.NA, 1] * 3, dtype="Int64"), pd.Series([SECRET, None] * 3), pd.array([True, False] * 3, dtype="boolean"),
    pl.DataFrame(X), pl.DataFrame(X).lazy(), pl.DataFrame(X).head(0), pl.DataFrame(), pl.DataFrame({"a": [[1, 2]] * N}),
    pl.DataFrame({"a": [True, None] * 3}), pl.DataFrame({"a": [decimal.Decimal("1.5")] * N}), pl.Series([None, 1] * 3),
    sp.csr_array(X), sp.csr_array(X * 1j), sp.csr_array(X > 0), sp.csr_array((N, 2)), sp.csr_array((0, 2)), sp.dok_array(X),
    np.ma.array(X), np.ma.array(y), np.zeros((N, 2), "V4"), np.zeros((N, 2), "m8[s]"), np.zeros(N, [("a", float)]),
    np.float16(X), X.astype(np.longdouble), X.astype(">f4"), np.broadcast_to(1.0, (N, 2)), X[:, :, None], [[10**400, 1]] * N,
    np.eye(3)[y], np.eye(3)[y].tolist(), np.zeros((N, 0)), np.zeros((N, 1)), np.zeros(0), y + 0.5, y * 1j, [2**64, 1] * 3,
    ["a\0", "a"] * 3, [b"\0", b""] * 3, [np.bool_(1), np.bool_(0)] * 3, [True, 2] * 3, [0.0, -0.0] * 3, y.astype(np.int8),
    np.array(["2020"] * N, "M8[Y]"), np.ones(N), np.ones((N, 1)), np.array(2.0), np.float32(2), decimal.Decimal(1), [10**400] * N,
]  # fmt: skip


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning", "ignore::UserWarning")
@pytest.mark.parametrize("i", range(len(ANYTHING)), ids=lambda i: f"{i}-{type(ANYTHING[i]).__name__}")
def test_used_or_refused(i):
    """Each argument of each method takes it or raises an error of softreg's (or scikit-learn's for names of columns)."""
    thing = ANYTHING[i]
    fitted = SoftmaxRegression(max_iter=3, tol=1).fit(X, y)
    calls = [
        (SoftmaxRegression(max_iter=3), "fit", (thing, y)),
        (SoftmaxRegression(max_iter=3), "fit", (X, thing)),
        (SoftmaxRegression(max_iter=3), "fit", (X, y, thing)),
        (SoftmaxRegression(max_iter=3), "partial_fit", (thing, y, range(3))),
        (SoftmaxRegression(max_iter=3), "partial_fit", (X, thing, range(3))),
        (SoftmaxRegression(max_iter=3), "partial_fit", (X, y, thing)),
        (fitted, "predict_proba", (thing,)),
        (fitted, "score", (X, thing)),
        (fitted, "score", (X, y, thing)),
    ]
    for model, method, arguments in calls:
        before, failure = dict(vars(model)), None
        try:
            getattr(model, method)(*arguments)
        except (ValueError, TypeError) as error:
            failure = error
        if failure is not None:
            assert isinstance(failure, (InputError, InputTypeError, BackendError)) or "eature" in str(failure)
            assert SECRET not in str(failure) or "class" in str(failure)  # a label may be named
            assert vars(model) == before
