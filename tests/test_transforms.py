"""The functions inside the user's program: automatic differentiation, vmap, jit and compile, lazy arrays."""

from __future__ import annotations

import functools
import shutil

import numpy as np
import pytest

import softreg
from softreg.errors import InputError

INF = float("inf")
ONLY_TORCH = pytest.mark.only("torch")
ONLY_JAX = pytest.mark.only("jax")
ONLY_DASK = pytest.mark.only("dask")
NEEDS_COMPILER = pytest.mark.skipif(not shutil.which("g++"), reason="torch.compile needs a C++ compiler")

# logits and labels, also where a naive formula differentiates to NaN
ROWS = {
    "plain": ([[0.3, -1.2, 2.0], [1.0, 1.0, 1.0]], [0, 1]),
    "ties at the top": ([[2.0, 2.0, -1.0], [2.0, 2.0, 2.0]], [1, 2]),
    "certain": ([[0.0, 0.0, 800.0], [-800.0, 0.0, 30.0]], [2, 2]),
    "surprise": ([[0.0, 0.0, 800.0], [-800.0, 0.0, 30.0]], [0, 0]),
    "offset": ([[1e12, 1e12 + 1, 1e12 - 3], [-1e300, -1e300, 0.0]], [0, 2]),
    "classes that cannot happen": ([[-INF, 0.0, 1.0], [-INF, -INF, 3.0]], [1, 2]),
    "limits": ([[INF, 0.0, 1.0], [0.0, INF, -INF]], [0, 1]),
}


def differentiate(backend, f, *arrays):
    """Return the gradient of a sum of results, by the library's own means, in each array."""
    if backend.library == "jax":
        import jax

        return jax.grad(lambda *a: f(*a).sum(), argnums=tuple(range(len(arrays))))(*arrays)
    import torch

    leaves = [a.clone().requires_grad_() for a in arrays]
    return torch.autograd.grad(f(*leaves).sum(), leaves)


@pytest.mark.only("torch", "jax")
@pytest.mark.parametrize("rows", ROWS)
def test_derivative_of_the_loss(backend, rows):
    """Automatic differentiation of the loss gives the analytic gradient, for labels and for probabilities."""
    z, labels = (backend.asarray(np.array(x)) for x in ROWS[rows])
    one_hot = backend.asarray(np.eye(3)[ROWS[rows][1]])
    for y in (labels, one_hot):
        (got,) = differentiate(backend, lambda z, y=y: softreg.cross_entropy(z, y), z)
        expected = backend.numpy(softreg.logit_gradient(z, y))
        assert np.all(np.isfinite(expected))
        np.testing.assert_allclose(backend.numpy(got), expected, rtol=1e-14, atol=1e-15)


@pytest.mark.only("torch", "jax")
@pytest.mark.parametrize("rows", ROWS)
def test_derivative_keeps_its_accuracy(backend, rows):
    """The derivative for the likeliest class is tiny where the loss is, not 0."""
    z = np.array(ROWS[rows][0])
    y = np.argmax(z, axis=1)
    (got,) = differentiate(backend, lambda z: softreg.cross_entropy(z, backend.asarray(y)), backend.asarray(z))
    np.testing.assert_allclose(backend.numpy(got), softreg.logit_gradient(z, y), rtol=1e-14, atol=0)


@pytest.mark.only("torch", "jax")
@pytest.mark.parametrize("rows", ROWS)
def test_derivatives_over_rows(backend, rows):
    """The derivative of logsumexp is the softmax, that of the softmax its Jacobian, also at infinities."""
    z = backend.asarray(np.array(ROWS[rows][0]))
    (got,) = differentiate(backend, softreg.logsumexp, z)
    if rows != "limits":  # there logsumexp is inf
        np.testing.assert_allclose(backend.numpy(got), backend.numpy(softreg.softmax(z)), rtol=1e-14, atol=1e-16)
    jacobian = backend.numpy(softreg.softmax_jacobian(z))
    for j in range(3):
        (got,) = differentiate(backend, lambda z, j=j: softreg.softmax(z)[:, j], z)
        np.testing.assert_allclose(backend.numpy(got), jacobian[:, :, j], rtol=1e-13, atol=1e-15)


@pytest.mark.only("torch", "jax")
def test_derivative_of_the_model(backend):
    """Differentiating the model's loss gives its gradient; differentiating that, the product with the Hessian."""
    rng = np.random.default_rng(0)
    W, dW, b, db, X = (backend.asarray(rng.normal(0, 1, shape)) for shape in ((2, 3), (2, 3), (3,), (3,), (5, 2)))
    y, w = backend.asarray(rng.integers(0, 3, 5)), backend.asarray(rng.random(5))
    loss = functools.partial(softreg.loss_and_gradient, l2=0.5, sample_weight=w)
    got = differentiate(backend, lambda W, b: loss(W, b, X, y)[0], W, b)
    for a, expected in zip(got, loss(W, b, X, y)[1:], strict=True):
        np.testing.assert_allclose(backend.numpy(a), backend.numpy(expected), atol=1e-14)

    def along(W, b):
        _, gradient_W, gradient_b = loss(W, b, X, y)
        return (gradient_W * dW).sum() + (gradient_b * db).sum()

    product = softreg.hessian_product(W, b, X, dW, db, l2=0.5, sample_weight=w)
    for a, expected in zip(differentiate(backend, along, W, b), product, strict=True):
        np.testing.assert_allclose(backend.numpy(a), backend.numpy(expected), atol=1e-14)


# --- PyTorch --------------------------------------------------------------------------------------


@ONLY_TORCH
def test_torch_graphs(backend):
    """A result requires a gradient if, and only if, an argument does."""
    z = backend.asarray([[0.0, 1.0]])
    assert not softreg.softmax(z).requires_grad
    assert softreg.softmax(z.requires_grad_()).requires_grad


@ONLY_TORCH
def test_torch_vmap(backend):
    """Under vmap the functions see one row at a time; an invalid label there makes its row NaN."""
    import torch

    z = backend.asarray(np.random.default_rng(1).normal(0, 3, (4, 3)))
    y = backend.asarray(np.array([0, 1, 2, 5]))
    np.testing.assert_array_equal(torch.func.vmap(softreg.softmax)(z), softreg.softmax(z))
    got = torch.func.vmap(softreg.cross_entropy)(z, y)
    np.testing.assert_array_equal(got[:3], softreg.cross_entropy(z[:3], y[:3]))
    assert got[3].isnan()


@ONLY_TORCH
def test_torch_gradients_of_samples(backend):
    """A gradient for each sample, by vmap over grad, is that of its row; an invalid label makes it NaN."""
    import torch

    z = backend.asarray(np.random.default_rng(5).normal(0, 3, (4, 3)))
    y = backend.asarray(np.array([0, 1, 2, -1]))
    for labels in (y, y.abs()):
        got = torch.func.vmap(torch.func.grad(softreg.cross_entropy))(z, labels)
        np.testing.assert_allclose(got[:3], softreg.logit_gradient(z[:3], y[:3]), atol=1e-15)
        assert got[3].isnan().all() == (labels[3] < 0)
    got = torch.func.grad(lambda z: torch.func.vmap(softreg.cross_entropy)(z, y.abs()).sum())(z)
    np.testing.assert_allclose(got, softreg.logit_gradient(z, y.abs()), atol=1e-15)
    with pytest.raises(InputError, match="label -1 at position 3"):
        torch.func.grad(lambda z: softreg.cross_entropy(z, y).sum())(z)


@ONLY_TORCH
@NEEDS_COMPILER
@pytest.mark.filterwarnings("ignore:.*torch.jit.script_method.*:DeprecationWarning")  # torch's own, as it loads
def test_torch_compile(backend):
    """Compiled without a graph break, the results are those of eager mode; an invalid label makes NaN."""
    import torch

    torch.compiler.reset()
    rng = np.random.default_rng(2)
    z = backend.asarray(np.concatenate([rng.normal(0, 3, (3, 4)), [[-INF, 0, 1, 2], [INF, 0, 1, 2]]]))
    y = backend.asarray(np.array([0, 1, 2, 3, 0]))
    compiled = torch.compile(softreg.cross_entropy_and_gradient, fullgraph=True)
    for got, expected in zip(compiled(z, y), softreg.cross_entropy_and_gradient(z, y), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-14)
    y[1] = -1
    loss, gradient = compiled(z, y)
    assert loss.isnan().tolist() == gradient.isnan().any(dim=1).tolist() == [False, True, False, False, False]


@ONLY_TORCH
@NEEDS_COMPILER
@pytest.mark.filterwarnings("ignore:.*torch.jit.script_method.*:DeprecationWarning")  # torch's own, as it loads
def test_torch_compile_of_a_step(backend):
    """A training step compiles whole; an invalid label makes its loss NaN, not wrong."""
    import torch

    torch.compiler.reset()
    W, b, X = (backend.asarray(np.ones(shape)) for shape in ((2, 3), (3,), (4, 2)))
    compiled = torch.compile(lambda y: softreg.gradient_step(W, b, X, y, learning_rate=0.1), fullgraph=True)
    y = backend.asarray(np.array([0, 1, 2, 0]))
    for got, expected in zip(compiled(y), softreg.gradient_step(W, b, X, y, learning_rate=0.1), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-14)
    y[3] = 3
    assert all(part.isnan().all() for part in compiled(y))


@ONLY_TORCH
def test_torch_settings(backend):
    """No global setting is changed by a call."""
    import torch

    def settings():
        return (
            torch.get_default_dtype(),
            torch.get_float32_matmul_precision(),
            torch.is_grad_enabled(),
            torch.get_num_threads(),
            torch.are_deterministic_algorithms_enabled(),
            torch.get_default_device(),
        )

    before = settings()
    z = backend.asarray([[0.0, 1.0]], "float16")
    softreg.cross_entropy(z, [1])
    softreg.softmax_jacobian(z)
    assert settings() == before


# --- JAX ------------------------------------------------------------------------------------------


@ONLY_JAX
def test_jax_jit_and_vmap(backend):
    """Compiled or mapped, the results are those of eager mode; an invalid label makes NaN, not a wrapped index."""
    import jax

    rng = np.random.default_rng(3)
    z = backend.asarray(np.concatenate([rng.normal(0, 3, (3, 4)), [[-INF, 0, 1, 2], [INF, 0, 1, 2]]]))
    y = backend.asarray(np.array([0, 1, 2, 3, 0]))
    expected = softreg.cross_entropy_and_gradient(z, y)
    bad = y.at[1].set(-1)
    for transformed in (jax.jit(softreg.cross_entropy_and_gradient), jax.vmap(softreg.cross_entropy_and_gradient)):
        for got, value in zip(transformed(z, y), expected, strict=True):
            np.testing.assert_allclose(got, value, rtol=1e-14)
        slopes = jax.jit(jax.grad(lambda z, y: softreg.cross_entropy(z, y).sum()))(z, bad)
        assert np.isnan(slopes).any(axis=1).tolist() == [False, True, False, False, False]
        loss, gradient = transformed(z, bad)
        assert np.isnan(loss).tolist() == np.isnan(gradient).any(axis=1).tolist() == [False, True, False, False, False]


@ONLY_JAX
def test_jax_jit_of_a_step(backend):
    """A training step compiles whole; an invalid label makes all of it NaN."""
    import jax

    W, b, X = (backend.asarray(np.ones(shape)) for shape in ((2, 3), (3,), (4, 2)))
    step = functools.partial(softreg.gradient_step, learning_rate=0.1)
    y = backend.asarray(np.array([0, 1, 2, 0]))
    for got, expected in zip(jax.jit(step)(W, b, X, y), step(W, b, X, y), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-14)
    assert all(np.isnan(part).all() for part in jax.jit(step)(W, b, X, y.at[3].set(3)))


@ONLY_JAX
def test_jax_without_x64(backend):
    """With JAX's default of 32 bits nothing warns, and results are float32."""
    import jax

    with jax.enable_x64(False):
        z, y = jax.numpy.asarray([[0.0, 50.0]]), jax.numpy.asarray([1])
        loss, gradient = softreg.cross_entropy_and_gradient(z, y)
        assert loss.dtype == gradient.dtype == jax.numpy.float32
        np.testing.assert_allclose(loss, np.exp(-50.0), rtol=1e-6)
        assert softreg.softmax(jax.numpy.asarray([1, 2])).dtype == jax.numpy.float32


@ONLY_JAX
def test_jax_settings(backend):
    """No global setting is changed by a call."""
    import jax

    before = dict(jax.config.values)
    z = backend.asarray([[0.0, 1.0]], "float16")
    softreg.cross_entropy(z, [1])
    softreg.softmax_jacobian(z)
    assert jax.config.values == before


@ONLY_JAX
def test_jax_rows_over_devices(backend):
    """Rows spread over a mesh of devices stay where they are."""
    import jax

    mesh = jax.make_mesh((1,), ("rows",), axis_types=(jax.sharding.AxisType.Auto,))
    placed = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("rows", None))
    z = jax.device_put(backend.asarray(np.zeros((4, 3))), placed)
    result = softreg.softmax(z)
    assert result.sharding.is_equivalent_to(placed, 2)
    np.testing.assert_allclose(result, 1 / 3)


# --- Dask -----------------------------------------------------------------------------------------


@ONLY_DASK
@pytest.mark.parametrize("name", ["softmax", "logsumexp", "softmax_jacobian", "cross_entropy", "loss_and_gradient"])
def test_dask_stays_lazy(backend, name):
    """No call computes anything, also not to look at labels."""
    import dask

    z, W, b = (backend.asarray(np.zeros(shape)) for shape in ((6, 3), (3, 3), (3,)))
    y = backend.asarray(np.zeros(6, int))
    args = {"cross_entropy": (z, y), "loss_and_gradient": (W, b, z, y)}.get(name, (z,))

    def refuse(*args, **kwargs):
        raise AssertionError("computed")

    with dask.config.set(scheduler=refuse):
        results = getattr(softreg, name)(*args)
    for result in results if isinstance(results, tuple) else (results,):
        assert isinstance(result, backend.xp.asarray([0]).__class__)
        assert np.all(np.isfinite(result.compute()))


@ONLY_DASK
def test_dask_chunks(backend):
    """Chunks of rows are kept; chunks that cut rows of classes are joined; values do not depend on chunks."""
    import dask.array as da

    z = np.random.default_rng(4).normal(0, 3, (10, 7))
    y = np.arange(10) % 7
    expected = softreg.cross_entropy_and_gradient(z, y)
    whole = da.from_array(z, chunks=(3, 7))
    assert softreg.softmax(whole).chunks == whole.chunks
    for chunks in ((3, 7), (4, 2), (10, 1), ((1, 9), (6, 1))):
        Z = da.from_array(z, chunks=chunks)
        loss, gradient = softreg.cross_entropy_and_gradient(Z, da.from_array(y, chunks=5))
        np.testing.assert_array_equal(loss, expected[0])
        np.testing.assert_array_equal(gradient, expected[1])
        np.testing.assert_array_equal(softreg.softmax(Z, axis=0), softreg.softmax(z, axis=0))


@ONLY_DASK
def test_dask_unknown_chunks(backend):
    """Arrays of unknown size raise, with what to do, and never give NaN."""
    import dask.array as da

    z = da.from_array(np.zeros((4, 3)), chunks=2)
    unknown = z[z[:, 0] >= 0]
    with pytest.raises(InputError, match=r"^z has chunks of unknown size; call its compute_chunk_sizes\(\) first\.$"):
        softreg.softmax(unknown)
    assert np.all(softreg.softmax(unknown.compute_chunk_sizes()).compute() == 1 / 3)


@ONLY_DASK
def test_dask_edge_values_are_quiet(backend):
    """Blocks give edge values without a warning, also under the user's own raising state."""
    import dask.array as da

    z = da.from_array(np.array([[1.7e308, -1.7e308], [-INF, 0.0], [0.0, 800.0]]), chunks=1)
    with np.errstate(all="raise"):
        got = softreg.softmax(z).compute(scheduler="synchronous")
    np.testing.assert_array_equal(got, softreg.softmax(z.compute()))
