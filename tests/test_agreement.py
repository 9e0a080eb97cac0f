"""F74, F99: the same answer everywhere, on standardised digits."""

import numpy as np
import pytest
from common import digits

from softreg import SoftmaxRegression, loss_and_gradient

WITHOUT_FLOAT64 = True
TOLERANCE = {"float64": 1e-9, "float32": 1e-4}


def fitted(backend, dtype):
    """A fit to the rounding floor, and its coefficients and intercepts on the host."""
    X, y = digits()
    model = SoftmaxRegression(tol=0).fit(backend.asarray(X, dtype), backend.asarray(y))
    return model, [backend.numpy(x).astype(float) for x in (model.coef_, model.intercept_)]


def objective(coef, intercept):
    """The mean objective in float64."""
    X, y = digits()
    return float(loss_and_gradient(coef.T, intercept, X, y, l2=1 / len(y))[0])


@pytest.fixture(scope="module")
def reference():
    """NumPy's minimum in float64."""
    X, y = digits()
    model = SoftmaxRegression(tol=0).fit(X, y)
    return model.coef_, model.intercept_


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_parameters_and_objective(backend, reference, dtype):
    """Parameters agree with NumPy's in float64 to 1e-9 of the largest, in float32 to 1e-4; objectives to 1e-10."""
    if dtype not in backend.floats:
        pytest.skip(f"the device has no {dtype}")
    model, found = fitted(backend, dtype)
    assert model.converged_
    for values, expected in zip(found, reference, strict=True):
        np.testing.assert_allclose(values, expected, rtol=0, atol=TOLERANCE[dtype] * np.abs(expected).max())
    assert objective(*found) == pytest.approx(objective(*reference), rel=1e-10)


def test_again(backend):
    """A second fit has the same bits."""
    dtype = backend.floats[-1]
    for first, second in zip(fitted(backend, dtype)[1], fitted(backend, dtype)[1], strict=True):
        assert np.array_equal(first, second)
