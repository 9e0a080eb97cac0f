"""One suite for every array library: the `backend` fixture, chosen by --backend, and what is expected to fail."""

from __future__ import annotations

import os

import numpy as np
import pytest

# (backend, test without its parameters) -> why it must fail there. Strict: a pass is an error too.
EXPECTED_FAILURES = {
    ("dask", "test_first_true"): "positions of unknown number have no shape; labels are checked block by block instead",
}
# library -> the test modules that it is for, where it is not for all, and why
LIMITED = {
    "dask": (
        {"test_functions", "test_edges", "test_core", "test_arrays", "test_accuracy", "test_transforms"},
        "the estimator and its parts take arrays that are in memory, not lazy ones",
    ),
}


# (library, test module) -> why it is left out there
LEFT_OUT = {
    ("jax", module): "each shape is compiled, which takes minutes; strict and torch run the same source"
    for module in ("test_gap", "test_rank", "test_rough", "test_row_space")
}


class Backend:
    """A namespace with the device that its arrays are made on."""

    def __init__(self, name, xp, device=None):
        self.name, self.xp, self.device = name, xp, device

    def __repr__(self):
        return self.name

    @property
    def library(self):
        """The name that --backend knows."""
        return self.name.split("-")[0]

    @property
    def floats(self):
        """Names of the floating dtypes of the standard that the device has."""
        return sorted(self.xp.__array_namespace_info__().dtypes(device=self.device, kind="real floating"))

    def asarray(self, x, dtype=None):
        """Return an array of this backend from nested lists or a NumPy array, which it does not share memory with."""
        x = np.asarray(x)
        dtype = getattr(self.xp, dtype or x.dtype.name)
        if self.name == "dask":
            return self.xp.asarray(x, dtype=dtype, chunks=tuple(max(1, -(-size // 2)) for size in x.shape))
        if self.name.startswith("strict") and x.dtype.kind == "f" and "float64" not in self.floats:
            x = x.astype("float32")
        return self.xp.asarray(x.copy(), dtype=dtype, device=self.device)

    def numpy(self, x):
        """Return the values of an array of this backend; nothing but a test may ask for them this way."""
        if self.name.startswith("strict"):
            x = self.xp.asarray(x, device=self.xp.Device("CPU_DEVICE"))
        if self.name == "cupy":
            return x.get()
        if self.name == "torch":
            x = x.detach()
            x = x.float() if x.dtype == self.xp.bfloat16 else x
        return np.asarray(x)


def _numpy():
    import array_api_compat.numpy as xp

    return [Backend("numpy", xp)]


def _strict():
    import array_api_strict as xp

    return [
        Backend("strict", xp),
        *(Backend(f"strict-{name}", xp, xp.Device(name)) for name in ("device1", "no_float64")),
    ]


def _torch():
    import array_api_compat.torch as xp

    return [Backend("torch", xp)]


def _jax():
    import jax

    jax.config.update("jax_enable_x64", True)  # as a user who wants float64 does
    return [Backend("jax", jax.numpy)]


def _dask():
    import array_api_compat.dask.array as xp

    return [Backend("dask", xp)]


def _cupy():
    required = os.environ.get("SOFTREG_REQUIRE_CUDA") == "1"
    try:
        import array_api_compat.cupy as xp

        devices = xp.cuda.runtime.getDeviceCount()
    except Exception as error:  # without a driver cupy fails in many ways
        if required:
            raise
        pytest.exit(f"skipped: no CUDA device ({type(error).__name__}: {error})", returncode=0)
    assert devices > 0
    return [Backend("cupy", xp)]


BACKENDS = {"numpy": _numpy, "strict": _strict, "torch": _torch, "jax": _jax, "dask": _dask, "cupy": _cupy}


def pytest_addoption(parser):
    """Add --backend."""
    parser.addoption("--backend", choices=sorted(BACKENDS), default="numpy", help="the array library under test")


def pytest_generate_tests(metafunc):
    """Give `backend` every device of the library under test; one without float64 to modules that say so."""
    if "backend" in metafunc.fixturenames:
        devices = BACKENDS[metafunc.config.getoption("--backend")]()
        if not getattr(metafunc.module, "WITHOUT_FLOAT64", False):
            devices = [backend for backend in devices if "float64" in backend.floats]
        metafunc.parametrize("backend", devices, ids=repr, scope="session")


def pytest_configure(config):
    """Declare the marker for tests of some libraries alone."""
    config.addinivalue_line("markers", "only(*names): run with these values of --backend alone")


def pytest_collection_modifyitems(config, items):
    """Run a test that needs no backend once, with NumPy's; mark the expected failures."""
    name, kept, left_out = config.getoption("--backend"), [], []
    for item in items:
        only = item.get_closest_marker("only")
        concerned = only.args if only else BACKENDS if "backend" in getattr(item, "fixturenames", ()) else ("numpy",)
        (kept if name in concerned else left_out).append(item)
        modules, why = LIMITED.get(name, (None, ""))
        if modules and item.module.__name__ not in modules:
            item.add_marker(pytest.mark.skip(reason=why))
        if (name, item.module.__name__) in LEFT_OUT:
            item.add_marker(pytest.mark.skip(reason=LEFT_OUT[name, item.module.__name__]))
        reason = EXPECTED_FAILURES.get((name, getattr(item, "originalname", item.name)))
        if reason:
            item.add_marker(pytest.mark.xfail(reason=reason, strict=True))
    config.hook.pytest_deselected(items=left_out)
    items[:] = kept


@pytest.fixture
def random():
    """Return random numbers that are the same in every run."""
    return np.random.default_rng(3)
