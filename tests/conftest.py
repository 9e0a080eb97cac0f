"""One fixture, `xp`: the namespace and device under test, chosen by --backend."""

from __future__ import annotations

import os

import numpy as np
import pytest


class Backend:
    """A namespace with the device that its arrays are made on."""

    def __init__(self, name, xp, device=None):
        self.name, self.xp, self.device = name, xp, device

    def __repr__(self):
        return self.name

    def asarray(self, x, dtype=None):
        """An array of this backend from nested lists or a NumPy array."""
        x = np.asarray(x)
        dtype = getattr(self.xp, dtype or x.dtype.name)
        return self.xp.asarray(x.tolist(), dtype=dtype, device=self.device)

    def numpy(self, x):
        """The values of an array of this backend; nothing but a test may ask for them this way."""
        if self.name.startswith("strict"):
            x = self.xp.asarray(x, device=self.xp.Device("CPU_DEVICE"))
        if self.name == "cupy":
            return x.get()
        return np.asarray(x)


def _numpy():
    import array_api_compat.numpy as xp

    return [Backend("numpy", xp)]


def _strict():
    import array_api_strict as xp

    return [Backend("strict", xp), Backend("strict-device1", xp, xp.Device("device1"))]


def _cupy():
    required = os.environ.get("SOFTREG_REQUIRE_CUDA") == "1"
    try:
        import array_api_compat.cupy as xp

        devices = xp.cuda.runtime.getDeviceCount()
    except Exception as error:  # noqa: BLE001 - without a driver cupy fails in many ways
        if required:
            raise
        pytest.exit(f"skipped: no CUDA device ({type(error).__name__}: {error})", returncode=0)
    assert devices > 0
    return [Backend("cupy", xp)]


BACKENDS = {"numpy": _numpy, "strict": _strict, "cupy": _cupy}


def pytest_addoption(parser):
    parser.addoption("--backend", choices=sorted(BACKENDS), default="numpy", help="the array library under test")


def pytest_generate_tests(metafunc):
    if "backend" in metafunc.fixturenames:
        metafunc.parametrize("backend", BACKENDS[metafunc.config.getoption("--backend")](), ids=repr, scope="session")
