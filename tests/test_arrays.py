"""The helpers beside the standard."""

from __future__ import annotations

import numpy as np
import pytest

from softreg import _arrays
from softreg.errors import InputTypeError

WITHOUT_FLOAT64 = True


def test_class_index(backend):
    """The classes are counted from 0, on the device of the logits."""
    z = backend.asarray(np.zeros((2, 5)), "float32")
    index = _arrays.class_index(z, xp=backend.xp)
    assert backend.numpy(index).tolist() == [0, 1, 2, 3, 4]
    assert _arrays.device_of(None, index) == _arrays.device_of(3.0, z)


def test_widest_real(backend):
    """Sums over blocks of rows are held in float64 where the device has it."""
    z = backend.asarray([0.0], "float32")
    expected = "float64" if "float64" in backend.floats else "float32"
    assert _arrays.widest_real(backend.xp, _arrays.device_of(z)) == getattr(backend.xp, expected)


def test_as_reals(backend):
    """Integers take the dtype of the reals beside them, None stays None."""
    xp = backend.xp
    (a, b, c), dtype = _arrays.as_reals(xp, backend.asarray([1], "int8"), None, backend.asarray([1.5], "float32"))
    assert (a.dtype, b, c.dtype, dtype) == (xp.float32, None, xp.float32, xp.float32)


def test_in_rows():
    """The rows of a strided array are laid out, a contiguous array is not copied."""
    x = np.zeros((3, 4))
    assert np.shares_memory(_arrays.in_rows(x, np), x)
    assert _arrays.in_rows(x.T, np).flags.c_contiguous


def test_first_true(backend):
    """The first place is the first in row-major order, or there is none."""
    condition = backend.asarray([[False, False], [True, True]], "bool")
    assert _arrays.first_true(condition, backend.xp) == (1, 0)
    assert _arrays.first_true(backend.asarray([False], "bool"), backend.xp) is None


def test_is_traced(backend):
    """An array with values is no trace."""
    assert not _arrays.is_traced(backend.asarray([0.0], "float32"), backend.xp)


def test_as_array_refuses_by_name(backend):
    """What holds no real numbers is refused by its name in the signature."""
    with pytest.raises(InputTypeError, match=r"^W has dtype .*complex64; softmax regression takes real numbers\.$"):
        _arrays.as_array(backend.xp.astype(backend.asarray([0.0], "float32"), backend.xp.complex64), backend.xp, "W")
