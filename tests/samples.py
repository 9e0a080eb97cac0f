"""Arguments for every public function, and how to call them."""

from __future__ import annotations

import array_api_compat as compat
import numpy as np

import softreg

OVER_ROWS = ("logsumexp", "softmax", "log_softmax", "softmax_jacobian")
AGAINST_TARGETS = ("cross_entropy", "logit_gradient", "cross_entropy_and_gradient")
OF_MODELS = ("loss_and_gradient", "hessian_product", "gradient_step")
EVERY = OVER_ROWS + AGAINST_TARGETS + OF_MODELS


def sample(seed=0, n=5, K=4, d=3, scale=3.0):
    """Random arguments of all functions, as NumPy arrays."""
    rng = np.random.default_rng(seed)
    y = rng.random((n, K))
    return {
        "z": rng.normal(0, scale, (n, K)),
        "labels": rng.integers(0, K, n),
        "probabilities": y / y.sum(axis=1, keepdims=True),
        "W": rng.normal(0, 1, (d, K)),
        "b": rng.normal(0, 1, K),
        "X": rng.normal(0, 1, (n, d)),
        "w": rng.random(n) + 0.5,
        "dW": rng.normal(0, 1, (d, K)),
        "db": rng.normal(0, 1, K),
    }


def arguments(name, s, targets="labels"):
    """Return the positional and keyword arguments of one call of a function."""
    if name in OVER_ROWS:
        return (s["z"],), {}
    if name in AGAINST_TARGETS:
        return (s["z"], s[targets]), {}
    model = (s["W"], s["b"], s["X"])
    if name == "hessian_product":
        return (*model, s["dW"], s["db"]), {"l2": 0.25, "sample_weight": s["w"]}
    rate = {"learning_rate": 0.5} if name == "gradient_step" else {}
    return (*model, s[targets]), {"l2": 0.25, "sample_weight": s["w"], **rate}


def call(name, s, targets="labels"):
    """Return the results of a function on the sample, always as a tuple."""
    args, kwargs = arguments(name, s, targets)
    result = getattr(softreg, name)(*args, **kwargs)
    return result if isinstance(result, tuple) else (result,)


def on(backend, s, dtype=None):
    """Return the sample as arrays of the backend, the real ones in the given dtype."""
    dtype = dtype or backend.floats[-1]
    return {key: backend.asarray(x, dtype if x.dtype.kind == "f" else None) for key, x in s.items()}


def tolerance(backend, dtype=None):
    """Return a few units in the last place of the dtype, which the backend may not have wider."""
    return 1e-5 if (dtype or backend.floats[-1]) == "float32" else 1e-13


def check(backend, result, expected, dtype=None, atol=None):
    """Compare namespace, device, dtype, shape and values; raise where one differs."""
    assert compat.array_namespace(result) is compat.array_namespace(backend.asarray([0.0], "float32"))
    assert compat.device(result) == compat.device(backend.asarray([0.0], "float32"))
    assert result.dtype == getattr(backend.xp, dtype or backend.floats[-1])
    expected = np.asarray(expected)
    assert tuple(result.shape) == expected.shape
    tol = tolerance(backend, dtype)
    np.testing.assert_allclose(backend.numpy(result), expected, rtol=tol, atol=tol if atol is None else atol)
