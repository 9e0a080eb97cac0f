"""Tasks; dependencies are read from pyproject.toml. `nox -l` lists them."""

import os

import nox

nox.needs_version = ">=2024.10"
nox.options.sessions = ["tests-numpy", "tests-strict", "derivations", "lint"]
PYPROJECT = nox.project.load_toml("pyproject.toml")
TESTS = nox.project.dependency_groups(PYPROJECT, "test")
LINT = nox.project.dependency_groups(PYPROJECT, "lint")


def run_suite(session, backend, *extras, requirements=(), options=()):
    """Run the one test suite with arrays of one backend."""
    session.install(f".[{','.join(['cli', 'plot', 'symbolic', *extras])}]", *requirements, *TESTS)
    session.run("pytest", f"--backend={backend}", *options, *session.posargs, env={"PYTHONWARNDEFAULTENCODING": "1"})


@nox.session(name="tests-numpy")
def tests_numpy(session):
    """Test on NumPy, on all cores: most of the tests need no other library, and run here alone."""
    run_suite(session, "numpy", options=["--numprocesses=auto", "--dist=worksteal"])


@nox.session(name="tests-strict")
def tests_strict(session):
    """Test on array-api-strict: nothing but the standard, and a second device."""
    run_suite(session, "strict")


@nox.session(name="tests-torch", venv_backend="virtualenv")
def tests_torch(session):
    """Test on PyTorch, of the version SOFTREG_TORCH: unpinned, a CPU gets gigabytes of CUDA with it.

    pip's own settings may say where a build for the CPU is; uv does not read them.
    """
    run_suite(session, "torch", "torch", requirements=[os.environ.get("SOFTREG_TORCH", "torch==2.13.0")])


@nox.session(name="tests-jax")
def tests_jax(session):
    """Test on JAX."""
    run_suite(session, "jax", "jax")


@nox.session(name="tests-dask")
def tests_dask(session):
    """Test on Dask arrays."""
    run_suite(session, "dask", "dask")


@nox.session(name="tests-cupy")
def tests_cupy(session):
    """Test on CuPy; without a CUDA device it is skipped, or fails with SOFTREG_REQUIRE_CUDA=1."""
    why = missing_cuda()
    if why and os.environ.get("SOFTREG_REQUIRE_CUDA") != "1":
        session.skip(f"no CUDA device: {why}")
    if why:
        session.error(f"SOFTREG_REQUIRE_CUDA=1, but there is no CUDA device: {why}")
    run_suite(session, "cupy", os.environ.get("SOFTREG_CUDA", "cuda13"))


def missing_cuda():
    """Why no CUDA device can be used; empty if one can. Asks the driver, so that nothing is installed in vain."""
    import ctypes

    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError as error:
        return str(error)
    count = ctypes.c_int(0)
    status = driver.cuInit(0) or driver.cuDeviceGetCount(ctypes.byref(count))
    return f"the CUDA driver answers error {status}" if status else "" if count.value else "the driver counts 0 devices"


@nox.session
def derivations(session):
    """Prove the claims of derivations/ about the shipped code."""
    session.install(".[symbolic]")
    session.run("python", "-m", "derivations", *session.posargs)


@nox.session
def lint(session):
    """Style, imports and types."""
    session.install(".[cli,plot,symbolic]", *LINT)
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")


@nox.session
def demo(session):
    """Train on the digits, with a report that checks itself."""
    session.install(".[cli,symbolic]")
    session.run("softreg", "demo", *session.posargs)
