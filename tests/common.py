"""What several test modules share."""

import numpy as np


def here(backend, x):
    """Return x as an array of the library under test; float64 as float32 where the device has nothing wider."""
    x = np.asarray(x)
    narrow = x.dtype == np.float64 and "float64" not in backend.floats
    return backend.asarray(x, "float32" if narrow else None)


def within(backend, tolerance):
    """Return a tolerance meant for float64, or one for float32 where the device has nothing wider."""
    return tolerance if "float64" in backend.floats else max(tolerance, 2e-3)
