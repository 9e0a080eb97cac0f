"""Each kernel gives what core gives."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import softreg
from softreg import core
from softreg._kernels import fastest
from softreg._kernels import numpy as numpy_kernels

OVER_ROWS = ("logsumexp", "softmax", "log_softmax")
AGAINST_TARGETS = ("cross_entropy", "logit_gradient", "cross_entropy_and_gradient")
INF = float("inf")
LOGITS = st.one_of(
    st.floats(-1000, 1000),
    st.sampled_from([0.0, 1.0, 1.0 + 2**-52, 1e300, -1e300, INF, -INF, float("nan")]),
)


def routes(name, xp, *arrays):
    """Return the results of the kernel for a library and those of core, as pairs."""
    kernel = getattr(core, name)
    chosen = fastest(kernel, xp)
    assert chosen is not kernel
    with np.errstate(all="ignore"):
        got, expected = chosen(*arrays, xp=xp), kernel(*arrays, xp=xp)
    return list(zip(got, expected, strict=True)) if isinstance(got, tuple) else [(got, expected)]


@settings(derandomize=True, max_examples=150, deadline=None)
@given(st.data(), st.integers(1, 12), st.integers(0, 4), st.sampled_from(["float32", "float64"]))
def test_numpy_is_core_bit_for_bit(data, K, n, dtype):
    """The blocks change nothing, whatever the logits, the targets and the dtype."""
    row = st.lists(LOGITS, min_size=K, max_size=K)
    with np.errstate(over="ignore"):
        z = np.array(data.draw(st.lists(row, min_size=n, max_size=n)), dtype).reshape(n, K)
    labels = np.array(data.draw(st.lists(st.integers(0, K - 1), min_size=n, max_size=n)), int)
    probabilities = np.random.default_rng(0).dirichlet(np.ones(K), n).astype(dtype).reshape(n, K)
    probabilities[: n // 2] = np.eye(K)[labels[: n // 2]]
    for name in OVER_ROWS:
        for got, expected in routes(name, np, z):
            np.testing.assert_array_equal(got, expected)
            assert got.dtype == expected.dtype
    for name in AGAINST_TARGETS:
        for y in (labels, probabilities):
            for got, expected in routes(name, np, z, y):
                np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("shape", [(), (2,), (2, 3), (0,)])
@pytest.mark.parametrize("K", [3, 40_000])
def test_numpy_shapes(shape, K):
    """Any leading axes, and rows longer than a block."""
    z = np.random.default_rng(1).normal(0, 3, (*shape, K))
    for got, expected in routes("softmax", np, z) + routes("logsumexp", np, z):
        np.testing.assert_array_equal(got, expected)
        assert np.shape(got) == np.shape(expected)


def test_numpy_mixes_blocks():
    """Blocks with and without infinities stand side by side."""
    z = np.random.default_rng(2).normal(0, 3, (30_000, 5))
    z[20_000, 2] = -INF
    y = np.arange(30_000) % 5
    for got, expected in routes("cross_entropy_and_gradient", np, z, y):
        np.testing.assert_array_equal(got, expected)


def test_numpy_declines():
    """Arrays with rules of their own are left to core."""
    from softreg._kernels.numpy import softmax

    assert softmax(np.ones((2, 3)).view(np.recarray), xp=np) is NotImplemented


# --- CUDA -----------------------------------------------------------------------------------------


def same_but_for_rounding(got, expected, dtype, *, cancels):
    """Compare to a few units; to a few epsilons where S(z) - y cancels, as it does for probabilities."""
    limits = np.finfo(dtype)
    np.testing.assert_allclose(got, expected, rtol=20 * limits.eps, atol=4 * limits.eps if cancels else limits.tiny)


# Logits with every kind of row, more of them than a block of threads takes.
EDGES = np.array(
    [
        [0.0, 1.0, 2.0, 3.0],
        [1.0, 1.0, 1.0, 1.0],
        [1e12, 1e12 + 1, 1e12, 1e12 - 3],
        [0.0, 0.0, 0.0, 800.0],
        [1.7e308, -1.7e308, 0.0, 0.0],
        [-INF, 0.0, 1.0, -INF],
        [-INF, -INF, -INF, -INF],
        [INF, 0.0, -INF, 1.0],
        [INF, INF, 0.0, 1.0],
        [np.nan, 0.0, INF, 1.0],
    ]
)
# The same source for the host: a row is read by one thread, and CUDA's own words are given a meaning.
HOST = """
#include <cmath>
using namespace std;
#define WARP 1
#define __device__
#define __global__
#define __shared__ static
struct Index { int x, y; };
static const Index blockDim = {1, 1}, threadIdx = {0, 0};
static Index blockIdx;
template <typename X> X __shfl_xor_sync(unsigned, X x, int) { return x; }
static void __syncthreads() {}
#include "SOURCE"
#define ENTRY(T, TARGETS, NAME) \\
    extern "C" void NAME(const T* z, const long long* l, const T* y, T* loss, T* out, long long n, long long K) { \\
        for (blockIdx.x = 0; blockIdx.x < n; ++blockIdx.x) rows<T, TARGETS>(z, l, y, loss, out, n, K); \\
    }
ENTRY(float, 0, softmax_float32) ENTRY(float, 1, labels_float32) ENTRY(float, 2, probabilities_float32)
ENTRY(double, 0, softmax_float64) ENTRY(double, 1, labels_float64) ENTRY(double, 2, probabilities_float64)
"""


@pytest.fixture(scope="module")
def host_kernels(tmp_path_factory):
    """Return the CUDA source, compiled for this machine's own processor."""
    if not shutil.which("g++"):
        pytest.skip("needs a C++ compiler")
    folder = tmp_path_factory.mktemp("cuda")
    source = Path(softreg.__file__).with_name("_kernels") / "rows.cu"
    (folder / "host.cpp").write_text(HOST.replace("SOURCE", source.as_posix()), encoding="utf-8")
    library = folder / "host.so"
    command = ["g++", "-std=c++14", "-O2", "-ffp-contract=off", "-shared", "-fPIC", folder / "host.cpp", "-o", library]
    subprocess.run(command, check=True)
    return ctypes.CDLL(str(library))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("K", [4, 1, 2000])
def test_cuda_source_on_the_host(host_kernels, dtype, K):
    """The formulas of the CUDA source, each row read by one thread, are those of core."""
    rng = np.random.default_rng(3)
    with np.errstate(over="ignore"):
        z = (EDGES if K == 4 else rng.normal(0, 5, (20, K))).astype(dtype)
    n = len(z)
    labels = rng.integers(0, K, n)
    probabilities = rng.dirichlet(np.ones(K), n).astype(dtype)
    probabilities[::2] = np.eye(K)[labels[::2]]
    for targets, y in (("softmax", None), ("labels", labels), ("probabilities", probabilities)):
        loss, out = np.full(n, 7, dtype), np.full((n, K), 7, dtype)
        unused = np.zeros(1)
        arrays = (z, labels if targets == "labels" else unused, probabilities, loss, out)
        pointers = [ctypes.c_void_p(x.ctypes.data) for x in arrays]
        getattr(host_kernels, f"{targets}_{dtype}")(*pointers, ctypes.c_longlong(n), ctypes.c_longlong(K))
        with np.errstate(all="ignore"):
            if y is None:
                pairs = [(out, core.softmax(z, xp=np))]
            else:
                pairs = zip((loss, out), core.cross_entropy_and_gradient(z, y, xp=np), strict=True)
        for got, expected in pairs:
            same_but_for_rounding(got, expected, dtype, cancels=targets == "probabilities")


@pytest.mark.only("cupy")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("K", [4, 1, 100, 5000])
def test_cupy_is_core(backend, dtype, K):
    """On a GPU the fused kernels give what core gives there, with a warp a row and with a block a row."""
    xp = backend.xp
    rng = np.random.default_rng(4)
    with np.errstate(over="ignore"):
        z = (EDGES if K == 4 else rng.normal(0, 5, (1001, K))).astype(dtype)
    labels, probabilities = rng.integers(0, K, len(z)), rng.dirichlet(np.ones(K), len(z))
    Z = backend.asarray(z)
    for cancels, pairs in (
        (False, routes("softmax", xp, Z)),
        (False, routes("cross_entropy_and_gradient", xp, Z, backend.asarray(labels))),
        (True, routes("cross_entropy_and_gradient", xp, Z, backend.asarray(probabilities, dtype))),
        (
            True,
            routes(
                "data_term", xp, Z, backend.asarray(probabilities, dtype), backend.asarray(rng.random(len(z)), dtype)
            ),
        ),
    ):
        for got, expected in pairs:
            same_but_for_rounding(backend.numpy(got), backend.numpy(expected), dtype, cancels=cancels)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("K", [1, 2, 3, 26])
@pytest.mark.parametrize("form", ["labels", "probabilities"])
@pytest.mark.parametrize("weighted", [False, True])
def test_data_term_of_a_fit(dtype, K, form, weighted):
    """NumPy's data term, in place, is core's, at every distance between logits."""
    random = np.random.default_rng(0)
    z = (random.normal(size=(200, K)) * np.logspace(-3, 2.5, 200)[:, None]).astype(dtype)
    z[:5] = 0
    y = random.integers(K, size=200) if form == "labels" else random.dirichlet(np.ones(K), 200).astype(dtype)
    w = random.random(200).astype(dtype) if weighted else None
    settings = {"xp": np, "shift": core.plain_shift}
    loss, residual = numpy_kernels.data_term(z.copy(), y, w, **settings)
    expected_loss, expected_residual = core.data_term(z, y, w, **settings)
    eps = np.finfo(dtype).eps
    assert loss.dtype == residual.dtype == z.dtype
    np.testing.assert_allclose(loss, expected_loss, rtol=20 * eps)
    # Where probabilities y come near S the difference is small beside both.
    small = 2 * eps * eps if form == "labels" else 2 * eps
    np.testing.assert_allclose(residual, expected_residual, rtol=10 * eps, atol=small)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("K", [1, 2, 3, 26])
def test_curvature_product_of_a_fit(dtype, K):
    """NumPy's curvature product, in place, is core's, at every distance between logits."""
    random = np.random.default_rng(1)
    z = (random.normal(size=(200, K)) * np.logspace(-3, 2.5, 200)[:, None]).astype(dtype)
    v = random.normal(size=(200, K)).astype(dtype)
    settings = {"xp": np, "shift": core.plain_shift}
    expected, p = core.curvature_product(z, v, **settings), core.softmax(z, **settings)
    found = numpy_kernels.curvature_product(z.copy(), v.copy(), **settings)
    assert found.dtype == dtype
    # Rounding of v and of its mean, each as large as the differences of v, comes times p.
    np.testing.assert_allclose(found, expected, rtol=50 * np.finfo(dtype).eps, atol=np.finfo(dtype).eps)
    np.testing.assert_allclose(numpy_kernels.softmax(z.copy(), **settings), p, rtol=20 * np.finfo(dtype).eps)
