"""What several test modules share."""

import numpy as np
from sklearn.datasets import load_digits, load_iris
from sklearn.preprocessing import scale

IRIS_X, IRIS_Y = load_iris(return_X_y=True)
TIGHT = {"tol": 0}
for array in (IRIS_X, IRIS_Y):
    array.setflags(write=False)  # whoever writes to the caller's data fails


def here(backend, x):
    """Return x as an array of the library under test; float64 as float32 where the device has nothing wider."""
    x = np.asarray(x)
    narrow = x.dtype == np.float64 and "float64" not in backend.floats
    return backend.asarray(x, "float32" if narrow else None)


def within(backend, tolerance):
    """Return a tolerance meant for float64, or one for float32 where the device has nothing wider."""
    return tolerance if "float64" in backend.floats else max(tolerance, 2e-3)


def digits():
    """Return the digits, standardised; columns that are constant stay 0."""
    X, y = load_digits(return_X_y=True)
    return scale(X), y


def assert_same_model(model, other, rtol=1e-10):
    """Compare parameters, relative to their largest."""
    for name in ("coef_", "intercept_"):
        expected = np.asarray(getattr(other, name))
        np.testing.assert_allclose(getattr(model, name), expected, rtol=0, atol=rtol * np.max(np.abs(expected)))
