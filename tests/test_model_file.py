"""Models in files: they come back as they were, for ever, and nothing else does."""

import io
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import fuzz_model_file
import numpy as np
import polars as pl
import pytest
from data import make_golden
from sklearn.exceptions import NotFittedError

import softreg
from softreg import SoftmaxRegression, _container, _model_file
from softreg.errors import InputTypeError, ModelFileError

LABELS = {
    "str": ["b", "a", "ü" * 30],
    "bytes": [b"\x00\xff", b"a", b"zz"],
    "bool": [True, False, True],
    "int": [-5, 2**62, 0],
    "int8": np.asarray([3, -1, 7], dtype=np.int8),
    "uint64": np.asarray([2**64 - 1, 2**63, 1], dtype=np.uint64),
    "float": [0.0, -2.0, 1e300],
    "float32": np.asarray([1, 2, 3], dtype=np.float32),
    "big-endian": np.asarray([1, 2, 3], dtype=">i4"),
}


def fitted(y=(0, 1, 2), dtype=np.float64, **parameters):
    """Return a small fitted model and its X."""
    X = np.random.default_rng(0).normal(size=(30, 4)).astype(dtype)
    y = np.asarray(y)[np.arange(30) % len(y)]
    return SoftmaxRegression(max_iter=50, **parameters).fit(X, y), X


def same(a, b):
    """Assert that two models have the same attributes, in value and type; NumPy's arrays in the second."""
    first, second = vars(a), vars(b)
    assert first.keys() == second.keys()
    for name, value in first.items():
        if name.endswith("_") and hasattr(value, "dtype"):
            assert second[name].dtype == value.dtype.newbyteorder("=")
            assert np.array_equal(second[name], value)
        else:
            assert second[name] == value
            assert type(second[name]) is type(value)


@pytest.mark.parametrize("kind", LABELS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_round_trip(tmp_path, kind, dtype):
    """Every attribute, every type of label and every bit of a prediction come back; so does the file."""
    model, X = fitted(LABELS[kind], dtype)
    path, again = tmp_path / "a", tmp_path / "b"
    model.save(path)
    loaded = softreg.load(path)
    same(model, loaded)
    assert loaded.predict_proba(X).tobytes() == model.predict_proba(X).tobytes()
    assert loaded.predict(X).tolist() == model.predict(X).tolist()
    loaded.save(again)
    assert again.read_bytes() == path.read_bytes()
    assert sorted(os.listdir(tmp_path)) == ["a", "b"]


def test_parameters(tmp_path):
    """Parameters come back with their types: infinities, class weights, flags; loaded models fit and go on."""
    model, X = fitted(["no", "yes"], C=np.inf, class_weight={"no": np.float64(2), "yes": 1}, label_smoothing=0.1)
    model.save(tmp_path / "a")
    loaded = softreg.load(tmp_path / "a")
    assert np.inf == loaded.C
    assert loaded.class_weight == {"no": 2.0, "yes": 1}
    y = model.predict(X)
    same(model.partial_fit(X, y), loaded.partial_fit(X, y))


def test_feature_names(tmp_path):
    """Names of the columns come back."""
    import pandas as pd

    X = pd.DataFrame(np.eye(4), columns=["a", "ß", "a b", "=" * 99])
    model = SoftmaxRegression().fit(X, [0, 1, 0, 1])
    model.save(tmp_path / "a")
    loaded = softreg.load(tmp_path / "a")
    assert loaded.feature_names_in_.tolist() == model.feature_names_in_.tolist()
    assert loaded.feature_names_in_.dtype == object
    assert loaded.predict(X).tolist() == model.predict(X).tolist()


def test_any_library(backend, tmp_path):
    """A model of any library and device loads as NumPy's arrays, with the same numbers."""
    if backend.name == "dask":
        pytest.skip("the estimator does not take Dask arrays")
    X = np.random.default_rng(0).normal(size=(20, 3))
    model = SoftmaxRegression().fit(backend.asarray(X, backend.floats[-1]), backend.asarray(np.arange(20) % 3))
    model.save(tmp_path / "a")
    loaded = softreg.load(tmp_path / "a")
    for name in ("coef_", "intercept_", "classes_"):
        assert type(getattr(loaded, name)) is np.ndarray
        assert np.array_equal(getattr(loaded, name), backend.numpy(getattr(model, name)))


def test_needs_no_library(tmp_path):
    """A file does not tell where the model was fitted: it is that of NumPy's model, and loads without the library."""
    strict = pytest.importorskip("array_api_strict")
    X = np.random.default_rng(0).normal(size=(20, 3))
    far = strict.Device("device1")
    model = SoftmaxRegression().fit(strict.asarray(X, device=far), strict.asarray(np.arange(20) % 3, device=far))
    assert model.coef_.device == far
    model.save(tmp_path / "far")
    near = softreg.load(tmp_path / "far")
    near.save(tmp_path / "near")
    assert (tmp_path / "far").read_bytes() == (tmp_path / "near").read_bytes()
    code = (
        "import sys, softreg; print(softreg.load(sys.argv[1]).predict([[0.0, 1.0, 2.0]]),"
        "[name for name in ('array_api_strict', 'torch', 'cupy', 'jax') if name in sys.modules])"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "far")]
    printed = subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout
    assert printed.strip() == f"{near.predict([[0.0, 1.0, 2.0]])} []"


@pytest.mark.parametrize("path", [None, 3, io.BytesIO()])
def test_no_path(path):
    """What is no name of a file is refused by its kind."""
    kind = type(path).__name__
    with pytest.raises(InputTypeError, match=f"this is a {kind}"):
        softreg.load(path)
    with pytest.raises(InputTypeError, match=f"this is a {kind}"):
        fitted()[0].save(path)


def test_golden():
    """The file of format 1 that was written once loads for ever, with every value in it."""
    loaded, made = softreg.load(make_golden.PATH), make_golden.model()
    for name in ("coef_", "intercept_", "classes_", "feature_names_in_"):
        assert getattr(loaded, name).tolist() == getattr(made, name).tolist()
        assert getattr(loaded, name).dtype == getattr(made, name).dtype
    for name in ("C", "class_weight", "random_state", "n_iter_", "converged_", "optimality_", "_table"):
        assert getattr(loaded, name) == getattr(made, name)
    X = pl.DataFrame([[0.0], [1.0], [0.0]], schema=list(made.feature_names_in_))
    assert loaded.predict(X).tolist() == ["z z"]


def test_signed(tmp_path):
    """A key signs and checks; a key that is no bytes is refused."""
    model, _ = fitted()
    model.save(tmp_path / "a", key=b"k")
    same(model, softreg.load(tmp_path / "a", key=b"k"))
    with pytest.raises(ModelFileError, match="signature"):
        softreg.load(tmp_path / "a", key=b"other")
    for key in ("k", b""):
        with pytest.raises(InputTypeError, match="key must be bytes"):
            model.save(tmp_path / "a", key=key)


def test_what_cannot_be_kept(tmp_path):
    """A model that is not fitted, or holds objects, or could not be read again, writes nothing."""
    with pytest.raises(NotFittedError):
        SoftmaxRegression().save(tmp_path / "a")
    model, _ = fitted(random_state=np.random.RandomState(0))
    with pytest.raises(InputTypeError, match="random_state holds a RandomState"):
        model.save(tmp_path / "a")
    model, _ = fitted()
    model.classes_ = model.classes_.astype(object)
    with pytest.raises(InputTypeError, match="classes have dtype object"):
        model.save(tmp_path / "a")
    model, _ = fitted()
    model.coef_[1, 2] = np.nan
    with pytest.raises(ModelFileError, match="coef contains NaN"):
        model.save(tmp_path / "a")
    assert not os.listdir(tmp_path)


def changed(change):
    """Return the golden file after a change of its contents, with a right digest."""
    contents = _container.read(make_golden.PATH, None, 1)
    document, tensors = dict(contents.document), {name: np.array(value) for name, value in contents.tensors.items()}
    change(document, tensors)
    return _container.pack(_container.Contents(document, tensors))


CHANGES = {
    "coef contains NaN": lambda d, t: t["coef"].fill(np.nan),
    "coef contains infinity": lambda d, t: t["coef"].fill(-np.inf),
    "intercept contains infinity": lambda d, t: t["intercept"].fill(np.inf),
    "no matrix coef": lambda d, t: t.pop("coef"),
    "no vector intercept": lambda d, t: t.pop("intercept"),
    "intercept does not go with coef": lambda d, t: t.update(intercept=np.zeros(4)),
    "there are no classes": lambda d, t: (t.pop("classes"), d.update(classes=None)),
    "coef has 1 rows": lambda d, t: t.update(coef=t["coef"][:1].copy()),
    "classes do not go with coef": lambda d, t: d.update(classes="<U4"),
    "classes are not sorted": lambda d, t: t.update(classes=np.frombuffer(b"a\0\0\0" * 9, np.uint8)),
    "hold what is no Unicode": lambda d, t: t.update(classes=np.full(36, 255, dtype=np.uint8)),
    "feature_names do not go with coef": lambda d, t: d.update(feature_names="|O8"),
    "tensors of other names": lambda d, t: t.update(other=np.zeros(1)),
    "does not know its parameters": lambda d, t: d.update(parameters={"fit": 1}),
    "or their values": lambda d, t: d.update(parameters={"C": -1.0}),
    "not written as format 1 does": lambda d, t: d.update(parameters={"C": {"eval": "1"}}),
    "fitted values are not those of format 1": lambda d, t: d.update(fitted={}),
    "not those of format 1": lambda d, t: d["fitted"].update(__class__=1),
    "values are not those": lambda d, t: d["fitted"].update(coef_=1),
    "fitted values are not": lambda d, t: d["fitted"].pop("n_iter_"),
    "a fitted value has an impossible type": lambda d, t: d["fitted"].update(optimality_=5),
    "has an impossible type": lambda d, t: d["fitted"].update(n_iter_=True),
    "optimality_ does not tell": lambda d, t: d["fitted"].update(optimality_={"dict": []}),
    "does not tell how": lambda d, t: d["fitted"].update(optimality_={"dict": [["status", "x"], ["passes", [1]]]}),
    "versions are not texts": lambda d, t: d.update(versions=5),
    "its versions": lambda d, t: d.pop("versions"),
    "some feature names are equal": lambda d, t: t.update(
        feature_names=np.frombuffer("a".encode("utf-32-le").ljust(36, b"\0") * 3, np.uint8)
    ),
}


@pytest.mark.parametrize("reason", CHANGES)
def test_parts_that_disagree(reason):
    """A file whose digest is right but whose parts are not is refused, with the reason."""
    contents = _container.unpack(changed(lambda d, t: None), "m", None, 1)
    assert _model_file.restore(SoftmaxRegression, contents, "m").classes_.tolist() == ["a", "z z", "é"]
    with pytest.raises(ModelFileError, match=reason):
        _model_file.restore(SoftmaxRegression, _container.unpack(changed(CHANGES[reason]), "m", None, 1), "m")


def test_fuzz():
    """100,000 mutated files load or raise ModelFileError, and take no more memory than that."""
    fuzz_model_file.fuzz(1000, -1)
    before = fuzz_model_file.peak()
    loaded, _ = fuzz_model_file.fuzz(100_000, 0)
    assert fuzz_model_file.peak() - before < fuzz_model_file.EXTRA
    assert 0 < loaded < 20_000


def test_hostile_metadata_takes_little_memory():
    """The largest header, filled with what grows most when it is parsed, stays within the bound."""
    for piece, count in (('"ab",', 140_000), ("300,", 250_000), ("[],", 32_000), ("1e1,", 250_000)):
        start = bytes(make_golden.PATH.read_bytes()[8 : _container.SHA256.stop])
        text = f'","format":1,"x":[{piece * count}0]}}'
        header = start + text.replace('"', '\\"').encode() + b'"}}'
        assert len(header) < _container.HEADER_LIMIT
        data = bytearray(len(header).to_bytes(8, "little") + header)
        data[_container.SHA256] = _container._digest(data)
        tracemalloc.start()
        tracemalloc.reset_peak()
        try:
            before = tracemalloc.get_traced_memory()[0]
            with pytest.raises(ModelFileError):
                _model_file.restore(SoftmaxRegression, _container.unpack(data, "m", None, 1), "m")
            assert 1 << 20 < tracemalloc.get_traced_memory()[1] - before < fuzz_model_file.EXTRA
        finally:
            tracemalloc.stop()


def test_kills():
    """200 processes that are killed while they save leave a model that loads, the old or the new one."""
    script = Path(__file__).with_name("kill_save.py")
    done = subprocess.run([sys.executable, script, "200"], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    words = done.stdout.split()
    assert int(words[2]) > 2, done.stdout  # kills that hit a save; on a busy machine few do
