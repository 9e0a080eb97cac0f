"""Format 1 of a model file: what of an estimator is kept, and how it is checked when it comes back.

Tensors: "coef" (K, d) and "intercept" (K,), F32 or F64; "classes", the bytes of the labels as
NumPy lays them out, little-endian; "feature_names", likewise, if the model has any.
Document: "format"; "versions" of the software that wrote it; "classes" and "feature_names", the
dtypes of those bytes; "parameters" and "fitted", names and values; "table", how columns of a data file become
features, if the command wrote it.

A file is numbers and text. Nothing in it is executed, imported or opened.
"""

from __future__ import annotations

import math
import os
import platform
from importlib.metadata import version
from typing import Any, TypeVar

import numpy as np
from sklearn.utils._param_validation import InvalidParameterError
from sklearn.utils.validation import check_is_fitted

from softreg import _container as container
from softreg._arrays import to_host
from softreg._files import named, replacing
from softreg.errors import InputError, InputTypeError, ModelFileError

FORMAT = 1
MAX_LABELS = 10_000_000
MAX_STRING = 1 << 16  # bytes of a label or a name
MAX_DEPTH = 8
FITTED = {"converged_": bool, "n_iter_": int, "optimality_": dict, "separated_": bool}  # what else a fit leaves
NUMBERS = ("|b1", "|i1", "<i2", "<i4", "<i8", "|u1", "<u2", "<u4", "<u8", "<f2", "<f4", "<f8")
PACKAGES = ("softreg", "numpy", "scikit-learn")

Model = TypeVar("Model")


def save(model: Any, path: str | os.PathLike[str], key: bytes | None = None) -> None:
    """Write a fitted estimator to a file."""
    name = named(path)
    data = to_bytes(model, name, key)
    with replacing(name) as file:
        file.write(data)


def to_bytes(model: Any, name: str, key: bytes | None = None) -> bytearray:
    """Return the bytes of a file, after reading them: what could not be read again is an error now."""
    data = container.pack(_contents(model), _checked(key))
    restore(type(model), container.unpack(data, name, key, FORMAT), name)
    return data


def load(kind: type[Model], path: str | os.PathLike[str], key: bytes | None = None) -> Model:
    """Return the estimator of class `kind` that a file holds, with arrays of NumPy."""
    name = named(path)
    return restore(kind, container.read(name, _checked(key), FORMAT), name)


def document(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the document of a file, without judging what it says of a model."""
    return container.read(path, None, FORMAT).document


def _checked(key: bytes | None) -> bytes | None:
    if key is not None and not (isinstance(key, bytes) and key):
        raise InputTypeError("key must be bytes, and not empty.")
    return key


def _contents(model: Any) -> container.Contents:
    check_is_fitted(model)
    coef, intercept = to_host(model.coef_), to_host(model.intercept_)
    if coef.dtype.kind != "f" or coef.dtype.itemsize not in (4, 8) or intercept.dtype != coef.dtype:
        raise InputTypeError(f"coef_ has dtype {coef.dtype}, intercept_ {intercept.dtype}; float32 or float64 is kept.")
    names = getattr(model, "feature_names_in_", None)
    strings: dict[str, Any] = {
        "classes": to_host(model.classes_),
        "feature_names": None if names is None else np.asarray(names, str),
    }
    if names is not None and strings["feature_names"].tolist() != list(names):
        raise InputError("feature names that end in a null character cannot be kept.")
    tensors = {"coef": _little(coef), "intercept": _little(intercept)}
    dtypes: dict[str, str | None] = {}
    for name, values in strings.items():
        dtypes[name] = None
        if values is not None:
            refuse_long(values, name)
            little = _little(values)
            dtypes[name] = little.dtype.str
            if _dtype(dtypes[name]) is None:
                raise InputTypeError(f"{name} have dtype {values.dtype}, which a model file cannot keep.")
            tensors[name] = np.frombuffer(little.tobytes(), np.uint8)
    fitted = {name: value for name, value in vars(model).items() if name in FITTED}
    document = {
        "format": FORMAT,
        "versions": {"python": platform.python_version()} | {name: version(name) for name in PACKAGES},
        **dtypes,
        "parameters": {name: to_json(value, name) for name, value in sorted(model.get_params(deep=False).items())},
        "fitted": {name: to_json(value, name) for name, value in sorted(fitted.items())},
        "table": to_json(getattr(model, "_table", None), "_table"),
    }
    return container.Contents(document, tensors)


def restore(kind: type[Model], contents: container.Contents, name: str) -> Model:
    """Return an estimator made of what a file holds, after checking that the parts agree."""
    document, tensors = contents

    def require(condition: bool, reason: str) -> None:
        if not condition:
            raise ModelFileError(f"{name}: {reason}.")

    coef, intercept = tensors.get("coef"), tensors.get("intercept")
    require(coef is not None and coef.ndim == 2 and coef.dtype.kind == "f", "there is no matrix coef of floats")
    require(intercept is not None and intercept.ndim == 1, "there is no vector intercept")
    assert coef is not None
    assert intercept is not None
    K, d = coef.shape
    require(2 <= K <= MAX_LABELS, f"coef has {K} rows, one for each of 2 to {MAX_LABELS} classes")
    require(intercept.shape == (K,) and intercept.dtype == coef.dtype, "intercept does not go with coef")
    for part, values in (("coef", coef), ("intercept", intercept)):
        extremes = float(values.min()), float(values.max())  # NaN shows in both
        require(not math.isnan(extremes[0]), f"{part} contains NaN")
        require(all(map(math.isfinite, extremes)), f"{part} contains infinity")
    classes = _strings(document, tensors, "classes", K, name)
    require(classes is not None, "there are no classes")
    assert classes is not None
    require(bool(np.all(classes[1:] > classes[:-1])), "the classes are not sorted, or some are equal")
    names = _strings(document, tensors, "feature_names", d, name)
    require(names is None or names.dtype.kind == "U", "feature names are no text")
    require(tensors.keys() <= {"coef", "intercept", "classes", "feature_names"}, "there are tensors of other names")
    require(names is None or np.unique(names).shape[0] == d, "some feature names are equal")
    require(_are_texts(document.get("versions")), "its versions are not texts")
    parameters, fitted, table = _values(document, name)
    fitted = {"separated_": False} | fitted  # the first files of format 1 do not tell
    require(fitted.keys() == FITTED.keys(), "its fitted values are not those of format 1")
    require(all(type(fitted[part]) is kind for part, kind in FITTED.items()), "a fitted value has an impossible type")
    require(_is_evidence(fitted["optimality_"]), "optimality_ does not tell how the fit ended")
    try:
        model = kind(**parameters)
        model._validate_params()  # type: ignore[attr-defined] # of scikit-learn's estimators
    except (TypeError, ValueError, InvalidParameterError):
        raise ModelFileError(f"{name}: this softreg does not know its parameters, or their values.") from None
    state = {**fitted, "coef_": coef, "intercept_": intercept, "classes_": classes, "n_features_in_": d}
    if names is not None:
        state["feature_names_in_"] = names.astype(object)
    if table is not None:
        state["_table"] = table
    vars(model).update(state)
    return model


def _values(document: dict[str, Any], name: str) -> tuple[dict[str, Any], dict[str, Any], Any]:
    """Return parameters, fitted attributes and table of a document."""
    try:
        parameters, fitted = (
            {str(key): from_json(value) for key, value in document[part].items()} for part in ("parameters", "fitted")
        )
        return parameters, fitted, from_json(document["table"])
    except (KeyError, TypeError, ValueError, AttributeError):
        raise ModelFileError(f"{name}: parameters or fitted values are not written as format 1 does.") from None


def _are_texts(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(text, str) for pair in value.items() for text in pair)


def _is_evidence(value: dict[Any, Any]) -> bool:
    kinds = all(isinstance(key, str) and isinstance(item, int | float | str) for key, item in value.items())
    return kinds and isinstance(value.get("status"), str)


def refuse_long(values: np.ndarray, what: str) -> None:
    """Refuse texts that are longer than a model file keeps."""
    if values.dtype.kind in "US" and values.dtype.itemsize > MAX_STRING:
        unit, size = ("characters", 4) if values.dtype.kind == "U" else ("bytes", 1)
        length = values.dtype.itemsize // size
        raise InputError(f"{what} of {length} {unit} are too long; a model file keeps up to {MAX_STRING // size}.")


def _little(x: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(x, dtype=x.dtype.newbyteorder("<"))


def _dtype(text: Any) -> np.dtype[Any] | None:
    """Return the dtype that a file names, if it is one of labels."""
    if not isinstance(text, str):
        return None
    width = text[2:]
    string = text[:2] in ("<U", "|S") and len(width) < 6 and width.isascii() and width.isdigit()
    if not string and text not in NUMBERS:
        return None
    dtype: np.dtype[Any] = np.dtype(text)
    return dtype if 0 < dtype.itemsize <= MAX_STRING else None


def _strings(
    document: dict[str, Any], tensors: dict[str, np.ndarray], part: str, count: int, name: str
) -> np.ndarray | None:
    """Return `count` labels or names from their bytes; None if there are none."""
    text, raw = document.get(part), tensors.get(part)
    if text is None and raw is None:
        return None
    dtype = _dtype(text)
    if dtype is None or raw is None or raw.dtype != np.uint8 or raw.shape != (count * dtype.itemsize,):
        raise ModelFileError(f"{name}: {part} do not go with coef, or have an impossible dtype.")
    if dtype.kind == "b" and raw.max() > 1:
        raise ModelFileError(f"{name}: {part} hold booleans other than 0 and 1.")
    if dtype.kind == "U" and np.frombuffer(raw, "<u4").max() > 0x10FFFF:
        raise ModelFileError(f"{name}: {part} hold what is no Unicode.")
    return np.frombuffer(raw, dtype)


def to_json(value: Any, name: str, depth: int = 0) -> Any:
    """Return what JSON can hold of a parameter: None, booleans, numbers, text, bytes, lists and dicts."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"float": repr(value)}
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if depth < MAX_DEPTH and isinstance(value, list | tuple):
        return [to_json(item, name, depth + 1) for item in value]
    if depth < MAX_DEPTH and isinstance(value, dict):
        return {"dict": [[to_json(part, name, depth + 1) for part in pair] for pair in value.items()]}
    raise InputTypeError(f"{name} holds a {type(value).__name__}; a model file keeps numbers and text only.")


def from_json(value: Any, depth: int = 0) -> Any:
    """Return the value that `to_json` wrote."""
    if value is None or isinstance(value, bool | int | str | float):
        return value
    if depth > MAX_DEPTH:
        raise ValueError
    if isinstance(value, list):
        return [from_json(item, depth + 1) for item in value]
    ((kind, content),) = value.items()
    if kind == "float":
        return {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}[content]
    if kind == "bytes":
        return bytes.fromhex(content)
    if kind == "dict":
        return {from_json(key, depth + 1): from_json(item, depth + 1) for key, item in content}
    raise ValueError
