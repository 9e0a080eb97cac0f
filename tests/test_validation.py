"""What reaches the boundary broken: the error says where, and leaves everything as it was.

The faults are numbered; those of one number are variants of one mistake.
"""

# ruff: noqa: E501 - a fault a line, so that the tables can be read across

import pickle
import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import scipy.sparse as sp
from common import here
from sklearn.exceptions import DataConversionWarning, NotFittedError
from sklearn.utils._param_validation import InvalidParameterError

from softreg import SoftmaxRegression
from softreg.errors import BackendError, InputError, InputTypeError, NonFiniteError, PrecisionWarning

WITHOUT_FLOAT64 = True

N, D, K = 60, 4, 3
RANDOM = np.random.default_rng(1)
X = RANDOM.normal(size=(N, D))
y = RANDOM.permutation(np.arange(N) % K)
for array in (X, y):
    array.setflags(write=False)  # whoever writes to the caller's data fails


def changed(source, *values, dtype=None):
    """Return a copy with (place, value) pairs put in."""
    copy = np.array(source, dtype=dtype)
    for at, value in values:
        copy[at] = value
    return copy


def frame(**columns):
    """Return a data frame of N rows whose columns repeat the values given."""
    return pd.DataFrame(
        {name: pd.Series(np.resize(np.arange(len(v)), N)).map(dict(enumerate(v))) for name, v in columns.items()}
    )


def corrupt(kind, part, at, value):
    """Return a sparse matrix with one index changed after SciPy has checked it."""
    matrix = kind(X)
    (matrix.coords[0] if part == "row" else getattr(matrix, part))[at] = value
    return matrix


def truncated():
    """Return a sparse matrix without the last of its index pointers."""
    matrix = sp.csr_array(X)
    matrix.indptr = matrix.indptr[:-1]
    return matrix


@dataclass
class Fault:
    """A call that must fail: parameters and arguments that differ from those of a good one."""

    number: str
    error: type[Exception]
    words: str
    method: str = "fit"
    parameters: dict[str, Any] = field(default_factory=dict)
    arguments: dict[str, Any] = field(default_factory=dict)


def _of_argument(name):
    return lambda number, error, words, value, **more: Fault(number, error, words, arguments={name: value, **more})


def _of_parameter(number, error, words, **parameters):
    return Fault(number, error, words, parameters=parameters)


def _of_part(number, error, words, **arguments):
    return Fault(number, error, words, method="partial_fit", arguments=arguments)


of_x, of_y, of_weight = (_of_argument(name) for name in ("X", "y", "sample_weight"))
objects = X.astype(object)
nullable = pd.DataFrame({"a": pd.array([1, None] * 30, dtype="Int64"), "b": np.ones(N)})
probabilities = np.eye(K)[y]
FAULTS = [
    of_x("F1", InputError, "Input X contains NaN: 2 value(s), first at row 3, column 2. SoftmaxRegression does not accept missing values; impute or drop them.", changed(X, ((3, 2), np.nan), ((9, 0), np.nan))),
    of_x("F1-list", InputError, "NaN: 1 value(s), first at row 3, column 2", changed(X, ((3, 2), np.nan)).tolist()),
    of_x("F1-polars", InputError, "NaN: 1 value(s), first at row 1, column 1 ('b')", pl.DataFrame({"a": [1.0] * N, "b": [1, None, *[3] * (N - 2)]})),
    of_x("F2", InputError, "Input X contains infinity: 1 value(s), first at row 3, column 2.", changed(X, ((3, 2), -np.inf))),
    of_x("F3", InputError, "X[3, 2] is too large for float64", changed(X, ((3, 2), np.longdouble("1e400")), dtype=np.longdouble)),
    of_x("F3-int", InputError, "X at row 3, column 2 is too large for float64", changed(objects, ((3, 2), 10**400))),
    of_x("F3-weight", InputError, "sample_weight[5] is too large for float32", X.astype(np.float32), sample_weight=changed(np.ones(N), (5, 1e300))),
    of_x("F3-offset", InputError, "offset[5, 1] is too large for float32", X.astype(np.float32), offset=changed(np.ones((N, K)), ((5, 1), 1e300))),
    of_x("F4", InputError, "Expected 2D array, got 1D array instead (shape (60,)). Reshape your data either using X.reshape(-1, 1)", X[:, 0]),
    of_x("F4-list", InputError, "Expected 2D array, got 1D array instead (shape (60,))", X[:, 0].tolist()),
    of_x("F4-series", InputError, "Expected 2D array, got 1D array instead (shape (60,))", pd.Series(X[:, 0])),
    of_x("F4-sparse", InputError, "Expected 2D array", sp.coo_array(X[:, 0])),
    of_x("F5", InputError, "Found array with dim 3, while dim <= 2 is required by SoftmaxRegression.", X[None]),
    of_x("F5-scalar", InputError, "Expected 2D array, got scalar array instead", 3.0),
    of_x("F6", InputError, "Found array with 0 sample(s) (shape=(0, 4)) while a minimum of 1 is required by SoftmaxRegression.", X[:0], y=y[:0]),
    of_x("F7", InputError, "Found array with 0 feature(s) (shape=(60, 0)) while a minimum of 1 is required by SoftmaxRegression.", X[:, :0]),
    of_x("F8", InputError, "Complex data not supported (dtype complex128).", X + 1j),
    of_x("F9", InputTypeError, "X at row 3, column 2: argument must be a string or a real number, not 'dict'", changed(objects, ((3, 2), {"a": 1}))),
    of_x("F9-complex", InputTypeError, "X at row 3, column 2: argument must be a string or a real number, not 'complex'", changed(objects, ((3, 2), 1j))),
    of_x("F9-str", InputTypeError, "X holds a str at row 3, column 2; convert to numbers explicitly", changed(objects, ((3, 2), "1.5"))),
    of_x("F9-NA", InputError, "NaN: 1 value(s), first at row 3, column 2", changed(objects, ((3, 2), pd.NA))),
    of_x("F10", InputTypeError, "X has dtype <U32; convert to numbers explicitly, e.g. X.astype(float).", X.astype(str)),
    of_x("F10-bytes", InputTypeError, "X has dtype |S", X.astype(bytes)),
    of_x("F10-list", InputTypeError, "X has dtype <U", [["1.5", "2"]] * N),
    of_x("F10-ragged", InputError, "X cannot be made an array; its rows must have equal lengths", [[1.5, 2.5], [3.5]] * 30),
    of_x("F10-date", InputTypeError, "X has dtype datetime64[s]", np.zeros((N, D), dtype="M8[s]")),
    of_x("F10-record", InputTypeError, "X has dtype [('a', '<f8')]", np.zeros(N, dtype=[("a", float)])),
    of_x("F10-pandas", InputTypeError, "X holds a str at row 0, column 1 ('b')", frame(a=[1.0, 2.0], b=["1.5", "2"])),
    of_x("F10-polars", InputTypeError, "column 'b' has dtype String", pl.DataFrame({"a": [1.0] * N, "b": ["1.5"] * N})),
    of_x("F10-pandas-date", InputTypeError, "column 'b' has dtype datetime64", frame(a=[1.0]).assign(b=pd.Timestamp(0))),
    of_x("lazy", InputTypeError, "X is a LazyFrame, whose rows are not computed yet; pass its .collect().", pl.LazyFrame({"a": X[:, 0]})),
    of_x("F18-masked", InputTypeError, "np.ma.MaskedArray is not supported; use np.asarray(X).", np.ma.masked_array(X)),
    of_x("F19", InputError, "NaN: 30 value(s), first at row 1, column 0 ('a')", nullable),
    of_x("F19-bool", InputError, "NaN: 30 value(s), first at row 1, column 0 ('a')", pd.DataFrame({"a": pd.array([True, None] * 30, dtype="boolean")})),
    of_x("F22-csr", InputError, "Sparse X is corrupt: column index 99 at position 5 is outside [0, 4).", corrupt(sp.csr_array, "indices", 5, 99)),
    of_x("F22-csr-negative", InputError, "column index -1 at position 5 is outside [0, 4)", corrupt(sp.csr_matrix, "indices", 5, -1)),
    of_x("F22-csc", InputError, "row index 60 at position 5 is outside [0, 60)", corrupt(sp.csc_array, "indices", 5, 60)),
    of_x("F22-coo", InputError, "row index 600 at position 5 is outside [0, 60)", corrupt(sp.coo_array, "row", 5, 600)),
    of_x("F22-bsr", InputError, "Sparse X is corrupt", corrupt(sp.bsr_array, "indices", 0, 50)),
    of_x("F22-pointer", InputError, "Sparse X is corrupt: its index pointers do not rise from 0 to the number of values.", corrupt(sp.csr_array, "indptr", 5, 600)),
    of_x("F22-first", InputError, "index pointers", corrupt(sp.csr_array, "indptr", 0, -4)),
    of_x("F22-last", InputError, "index pointers", corrupt(sp.csr_array, "indptr", N, 10**6)),
    of_x("F22-short", InputError, "index pointers", truncated()),
    of_x("F24", InputError, "NaN: 1 value(s), first at row 1, column 1", corrupt(sp.csr_array, "data", 5, np.nan)),
    of_x("F24-csc", InputError, "infinity: 1 value(s), first at row 3, column 2", sp.csc_array(changed(X, ((3, 2), np.inf)))),
    of_y("F27", InputError, "SoftmaxRegression estimator requires y to be passed, but the target y is None.", None),
    of_y("F28", InputError, "Input y contains NaN: 1 value(s), first at position 7.", changed(y, (7, np.nan), dtype=float)),
    of_y("F28-None", InputError, "Input y contains NaN: 30 value(s), first at position 1.", ["a", None] * 30),
    of_y("F28-pandas", InputError, "Input y contains NaN: 30 value(s), first at position 1.", pd.Series([1, None] * 30, dtype="Int64")),
    of_y("F29", InputError, "Input y contains infinity: 1 value(s), first at position 7.", changed(y, (7, np.inf), dtype=float)),
    of_y("F31", InputError, "Unknown label type: y mixes int (first at 0) and str (first at 1); use one type.", [1, "a", 2] * 20),
    of_y("F31-bytes", InputError, "y mixes str (first at 0) and bytes (first at 1)", np.array(["a", b"a"] * 30, dtype=object)),
    of_y("F32", InputError, "Unknown label type: continuous. y holds non-integer values (first at position 7); SoftmaxRegression needs class labels.", changed(y, (7, 0.5), dtype=float)),
    of_y("F34-sum", InputError, "row 3 sums to 1.5", changed(probabilities, (3, 0.5))),
    of_y("F34-negative", InputError, "the first negative one is at row 3, class 0", changed(probabilities, (3, [-1, 1, 1]))),
    of_y("F34-NaN", InputError, "Input y contains NaN: 1 value(s), first at row 3, column 1", changed(probabilities, ((3, 1), np.nan))),
    of_y("F34-none", InputError, "at least 2 columns", probabilities[:, :0]),
    of_y("F34-text", InputTypeError, "y has dtype <U", probabilities.astype(str)),
    of_y("F34-3d", InputError, "y should be a 1d array, got an array of shape (1, 60, 3) instead", probabilities[None]),
    of_y("F34-0d", InputError, "y should be a 1d array, got an array of shape () instead", 1),
    of_y("F35", InputError, "Found input variables with inconsistent numbers of samples: [60, 59]", y[:-1]),
    of_y("F36", InputError, "y contains only one class (0); at least 2 classes are needed.", y * 0),
    of_y("F36-str", InputError, "y contains only one class ('a')", ["a"] * N),
    of_y("F37-long", InputError, "y holds labels that no NumPy dtype holds exactly", [2**70, 1, -1] * 20),
    of_y("F37-rounded", InputError, "y holds labels that no NumPy dtype holds exactly", [2**63 + 1, 1, -1] * 20),
    of_y("F42", InputTypeError, "labels must be numbers, strings, bytes or booleans; found list at position 0.", [[1, 2], [3]] * 30),
    of_y("F42-dict", InputTypeError, "found dict at position 1", [1, {}] * 30),
    of_y("F42-date", InputTypeError, "y has dtype datetime64[s]", np.zeros(N, dtype="M8[s]")),
    of_y("lazy-y", InputTypeError, "y is a LazyFrame", pl.LazyFrame({"a": y})),
    of_y("F42-complex", InputTypeError, "y has dtype complex128", y * 1j),
    of_y("F42-masked", InputTypeError, "np.ma.MaskedArray is not supported; use np.asarray(y).", np.ma.masked_array(y)),
    of_weight("F44", InputError, "Sample weights must contain at least one non-zero number.", np.zeros(N)),
    of_weight("F45", InputError, "sample_weight contains 60 negative value(s), first at position 0. Weights must be >= 0.", -np.ones(N)),
    of_weight("F46", InputError, "Input sample_weight contains NaN: 1 value(s), first at position 4.", changed(np.ones(N), (4, np.nan))),
    of_weight("F46-inf", InputError, "Input sample_weight contains infinity: 1 value(s), first at position 4.", changed(np.ones(N), (4, np.inf))),
    of_weight("F46-scalar", InputError, "Input sample_weight contains NaN", float("nan")),
    of_weight("lazy-weight", InputTypeError, "sample_weight is a LazyFrame", pl.LazyFrame({"a": np.ones(N)})),
    of_weight("F47", InputError, "sample_weight.shape == (59,), expected (60,)!", np.ones(N - 1)),
    of_weight("F47-2d", InputError, "sample_weight.shape == (60, 1), expected (60,)!", np.ones((N, 1))),
    of_weight("F47-text", InputTypeError, "sample_weight has dtype <U1", ["1"] * N),
    of_weight("F49", InputError, "y contains only one class (1) after dropping zero weights; at least 2 classes are needed.", (y == 1) * 1.0),
    Fault("F49-class", InputError, "y contains only one class (0) after dropping zero weights", parameters={"class_weight": {1: 0, 2: 0}}),
    Fault("F49-none", InputError, "no row with a weight above 0", parameters={"class_weight": {0: 0, 1: 0, 2: 0}}),
    Fault("offset-shape", InputError, "offset.shape == (60, 2), expected (60, 3)!", arguments={"offset": np.zeros((N, 2))}),
    Fault("offset-NaN", InputError, "Input offset contains NaN: 1 value(s), first at row 3, column 1", arguments={"offset": changed(np.zeros((N, K)), ((3, 1), np.nan))}),
    _of_parameter("F51", InputError, "class_weight[1] = -1.0; weights must be finite and >= 0.", class_weight={1: -1.0}),
    _of_parameter("F51-NaN", InputError, "class_weight[1] = nan", class_weight={1: np.nan}),
    _of_parameter("F51-text", InputError, "class_weight[1] = 'a'", class_weight={1: "a"}),
    _of_parameter("F52", InputError, "class_weight has label(s) [9] that do not occur in y.", class_weight={9: 1.0}),
    _of_parameter("F53", InvalidParameterError, "The 'C' parameter of SoftmaxRegression must be a float in the range (0.0, inf]. Got -1 instead.", C=-1),
    _of_parameter("F53-NaN", InvalidParameterError, "The 'C' parameter", C=np.nan),
    _of_parameter("F53-tiny", InputError, "C=5e-324 is too small", C=5e-324),
    _of_parameter("F54-tol", InvalidParameterError, "The 'tol' parameter", tol=np.nan),
    _of_parameter("F54-max_iter", InvalidParameterError, "The 'max_iter' parameter", max_iter=-1),
    _of_parameter("F56", InvalidParameterError, "The 'solver' parameter", solver="newton?"),
    _of_parameter("F67", NonFiniteError, "lower learning_rate", solver="sgd", learning_rate=1e308, random_state=np.random.RandomState(0)),
    Fault("F76", ValueError, "X has 3 features, but SoftmaxRegression is expecting 4 features as input.", "predict_proba", arguments={"X": X[:, :3]}),
    Fault("F78", InputError, "Input X contains NaN: 1 value(s), first at row 3, column 2.", "predict_proba", arguments={"X": changed(X, ((3, 2), np.nan))}),
    Fault("F78-inf", InputError, "Input X contains infinity: 1 value(s), first at row 3, column 2.", "predict_proba", arguments={"X": changed(X, ((3, 2), np.inf))}),
    _of_part("F102", InputError, "y contains label(s) [3] that are not in classes=[0, 1, 2] (first at position 0). State unchanged.", y=np.full(N, 3)),
    _of_part("F102-str", InputTypeError, "y has dtype <U1, but the classes have dtype int64", y=["a"] * N),
    _of_part("F102-columns", InputError, "y.shape == (60, 2), expected (60, 3)!", y=np.eye(2)[y % 2]),
    _of_part("F103", InputError, "classes=[0, 1, 2, 3] is not the same as on the last call to partial_fit: [0, 1, 2].", classes=range(4)),
    _of_part("F104", ValueError, "X has 3 features, but SoftmaxRegression is expecting 4 features as input.", X=X[:, :3]),
    _of_part("F1-part", InputError, "Input X contains NaN", X=changed(X, ((3, 2), np.nan))),
    Fault("balanced-part", InputError, "class_weight='balanced' needs all rows", "partial_fit", {"class_weight": "balanced"}),
    Fault("F67-part", NonFiniteError, "lower learning_rate", "partial_fit", {"learning_rate": 1e308}, {"X": X * 1e200}),
]  # fmt: skip


def state_of_the_world():
    """All that a failing call may not change outside the estimator."""
    return pickle.dumps((np.random.get_state(), np.geterr(), [str(f) for f in warnings.filters]))


def fingerprint(value):
    """Return the bytes of an argument."""
    if sp.issparse(value):
        parts = value.coords if value.format == "coo" else (value.indices, value.indptr)
        return b"".join(part.tobytes() for part in (value.data, *parts))
    return pickle.dumps(value.to_numpy().tolist() if hasattr(value, "to_numpy") else value)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.number)
@pytest.mark.filterwarnings("ignore:X has dtype float128")
def test_fault_is_named_and_changes_nothing(fault):
    """The error has its type and says where; estimator, arguments and global state stay as they were."""
    model = SoftmaxRegression(max_iter=1000).fit(X, y).set_params(**fault.parameters)
    arguments = {"X": X} if fault.method == "predict_proba" else {"X": X, "y": y}
    arguments |= fault.arguments
    before = (
        pickle.dumps(vars(model)),
        {name: fingerprint(value) for name, value in arguments.items()},
        state_of_the_world(),
    )
    with pytest.raises(fault.error) as caught:
        getattr(model, fault.method)(**arguments)
    message = str(caught.value)
    assert fault.words in message
    assert (
        pickle.dumps(vars(model)),
        {name: fingerprint(value) for name, value in arguments.items()},
        state_of_the_world(),
    ) == before
    assert not any(f"{abs(value):.6f}"[:7] in message for value in X.ravel())


@pytest.mark.parametrize("fault", [f for f in FAULTS if f.method == "fit"], ids=lambda fault: fault.number)
@pytest.mark.filterwarnings("ignore:X has dtype float128")
def test_fault_leaves_an_unfitted_estimator_unfitted(fault):
    """A first fit that fails adds no attribute."""
    model = SoftmaxRegression(**fault.parameters)
    before = dict(vars(model))
    with pytest.raises(fault.error):
        model.fit(**{"X": X, "y": y, **fault.arguments})
    assert vars(model) == before


def test_matrix_is_refused():
    """F18: np.matrix would multiply where arrays work elementwise."""
    with pytest.warns(PendingDeprecationWarning):
        matrix = np.matrix(X)
    with pytest.raises(InputTypeError, match=r"np\.matrix is not supported; use np\.asarray\(X\)"):
        SoftmaxRegression().fit(matrix, y)


def test_sparse_tensor_is_refused():
    """F25: sparse arrays of another library are not taken for dense ones."""
    torch = pytest.importorskip("torch")
    with pytest.raises(BackendError, match="sparse X is supported with SciPy on CPU only"):
        SoftmaxRegression().fit(torch.asarray(np.array(X)).to_sparse(), y)


def test_feature_names_must_agree():
    """F20: other names, or another order, are named."""
    named = pd.DataFrame(X, columns=list("abcd"))
    model = SoftmaxRegression().fit(named, y)
    before = pickle.dumps(vars(model))
    with pytest.raises(ValueError, match="feature names should match"):
        model.predict(named[list("abdc")])
    with pytest.raises(ValueError, match=r"(?s)feature names should match.*- e"):
        model.predict(named.rename(columns={"d": "e"}))
    assert pickle.dumps(vars(model)) == before


def test_unfitted():
    """F75: each prediction asks for fit first."""
    for method in ("predict", "predict_proba", "predict_log_proba", "decision_function"):
        with pytest.raises(NotFittedError, match=r"is not fitted yet\. Call 'fit' with appropriate arguments"):
            getattr(SoftmaxRegression(), method)(X)


def test_edited_parameters_are_checked():
    """F84: shapes that a user has changed are found before they meet the data."""
    model = SoftmaxRegression().fit(X, y)
    model.coef_ = model.coef_[:2]
    with pytest.raises(InputError, match=r"coef_ has shape \(2, 4\), expected \(3, 4\)"):
        model.predict(X)
    model.fit(X, y).intercept_ = np.zeros(4)
    with pytest.raises(InputError, match=r"intercept_ has shape \(4,\), expected \(3,\)"):
        model.predict(X)


def test_first_partial_fit_needs_classes():
    """F101: without classes, with one, or with a mixture, nothing is learnt."""
    for classes, words in (
        (None, "classes must be passed on the first call to partial_fit."),
        ([0], "at least 2 classes"),
        ([0, "a"], "classes mixes int"),
    ):
        model = SoftmaxRegression()
        before = dict(vars(model))
        with pytest.raises(InputError, match=words):
            model.partial_fit(X, y, classes=classes)
        assert vars(model) == before


@pytest.mark.parametrize(
    ("number", "words", "make"),
    [
        ("F1", "Input X contains NaN: 1 value(s), first at row 3, column 2", {"X": changed(X, ((3, 2), np.nan))}),
        ("F2", "Input X contains infinity: 1 value(s), first at row 3, column 2", {"X": changed(X, ((3, 2), np.inf))}),
        ("F4", "Expected 2D array, got 1D array", {"X": X[:, 0]}),
        ("F6", "Found array with 0 sample(s)", {"X": X[:0], "y": y[:0]}),
        ("F7", "Found array with 0 feature(s)", {"X": X[:, :0]}),
        ("F8", "Complex data not supported", {"X": X + 1j}),
        ("F28", "Input y contains NaN: 1 value(s), first at position 7", {"y": changed(y, (7, np.nan), dtype=float)}),
        ("F32", "continuous. y holds non-integer values (first at position 7)", {"y": y + 0.5 * (np.arange(N) == 7)}),
        ("F34", "row 3 sums to 1.5", {"y": changed(probabilities, (3, 0.5))}),
        ("F35", "inconsistent numbers of samples: [60, 59]", {"y": y[:-1]}),
        ("F36", "y contains only one class (0)", {"y": y * 0}),
        ("F45", "sample_weight contains 1 negative value(s), first at position 4", {"sample_weight": changed(np.ones(N), (4, -1))}),
        ("F46", "sample_weight contains NaN: 1 value(s), first at position 4", {"sample_weight": changed(np.ones(N), (4, np.nan))}),
        ("F47", "sample_weight.shape == (59,), expected (60,)!", {"sample_weight": np.ones(N - 1)}),
        ("F49", "only one class (1) after dropping zero weights", {"sample_weight": (y == 1) * 1.0}),
    ],
)  # fmt: skip
def test_fault_of_arrays_of_any_library(backend, number, words, make):
    """The same faults in arrays of the library under test, on its device, get the same words."""
    if number == "F8" and "float64" not in backend.floats:
        pytest.skip("the device has no complex128")
    model = SoftmaxRegression()
    before = dict(vars(model))
    arguments = {
        name: here(backend, value) if value.size else backend.xp.zeros(value.shape, device=backend.device)
        for name, value in ({"X": X, "y": y} | make).items()
    }
    with pytest.raises(InputError) as caught:
        model.fit(**arguments)
    assert words in str(caught.value)
    assert vars(model) == before


def warned(category, match, call):
    """Return what the call returns; it must warn once, in the name of this file."""
    with pytest.warns(category, match=match) as record:
        result = call()
    assert [warning.filename for warning in record] == [__file__]
    return result


def test_large_integers_warn(backend):
    """F12: integers that float64 rounds are counted; the warning points at the user's line."""
    large = changed(np.round(10 * X), ((0, 0), 2**60), dtype=np.int64)
    X_large, y_here = here(backend, large), here(backend, y)
    model = warned(
        PrecisionWarning,
        "^1 integers in X .*float",
        lambda: SoftmaxRegression(max_iter=1000, C=1e-30).fit(X_large, y_here),
    )
    warned(PrecisionWarning, "^1 integers in X .*float", lambda: model.predict(X_large))


def test_offset_that_costs_digits(backend, random):
    """F65: a column of float32 whose offset has eaten its variation is named; one nearer, or constant, is not."""
    if "float64" not in backend.floats:
        pytest.skip("without wider sums such a column cannot be told from a constant")
    X = random.normal(size=(60, 4)) + np.array([0, 1e6, 1e4, 1e6])
    X[:, 3] = 1e6
    with pytest.warns(PrecisionWarning) as caught:
        SoftmaxRegression().fit(backend.asarray(X, "float32"), here(backend, np.arange(60) % 3))
    (message,) = (str(w.message) for w in caught)
    assert message.startswith("column 1 of X has mean/std = 9e+05; float32 keeps about 1 digits of its variation.")
    SoftmaxRegression().fit(backend.asarray(X, "float64"), here(backend, np.arange(60) % 3))


def test_long_double_warns():
    """F14: what NumPy holds in more than 64 bits is rounded, with a warning."""
    model = warned(PrecisionWarning, "computed in float64", lambda: SoftmaxRegression().fit(X.astype(np.longdouble), y))
    assert model.coef_.dtype == np.float64
    assert np.array_equal(model.coef_, SoftmaxRegression().fit(X, y).coef_)


def test_column_of_labels_warns(backend):
    """F33: y of shape (n, 1) is taken as labels, with scikit-learn's warning."""
    column = backend.xp.reshape(here(backend, y), (-1, 1))
    model = warned(DataConversionWarning, "column-vector y", lambda: SoftmaxRegression().fit(here(backend, X), column))
    assert model.classes_.shape == (K,)


def test_many_classes_warn():
    """F40: a class for each row is allowed, and worth a warning."""
    model = warned(UserWarning, "greater than 50%", lambda: SoftmaxRegression().fit(X, np.arange(N)))
    assert model.coef_.shape == (N, D)
