"""Values of the public functions, on every array library: definitions, routes, axes, dtypes."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import AGAINST_TARGETS, EVERY, call, check, on, sample, tolerance

import softreg

WITHOUT_FLOAT64 = True


def exact_rows(z):
    """Softmax of each row of a (n, K) array by its definition, with 60 digits."""
    with mpmath.workdps(60):
        rows = [[mpmath.exp(mpmath.mpf(float(x))) for x in row] for row in z]
        return [[x / mpmath.fsum(row) for x in row] for row in rows]


def exact_losses(z, y):
    """-sum_k y_k log S_k by its definition, with 60 digits; y may hold labels."""
    with mpmath.workdps(60):
        losses = []
        for row, target in zip(exact_rows(z), y, strict=True):
            one_hot = np.eye(len(row))[target] if np.ndim(target) == 0 else target
            losses.append(-mpmath.fsum(mpmath.mpf(float(t)) * mpmath.log(p) for t, p in zip(one_hot, row, strict=True)))
        return losses


def to_float(rows):
    """Return nested lists of exact numbers as a float64 array."""
    return np.array(rows, dtype=float)


def objective(s, W, b, y, l2=0.25):
    """F(W, b) by its definition, in plain NumPy."""
    z = s["X"] @ W + b
    log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    Y = np.eye(z.shape[1])[y] if y.ndim == 1 else y
    return -(s["w"] @ (Y * log_p).sum(axis=1)) / s["w"].sum() + l2 / 2 * (W**2).sum()


def slope(f, x, step=1e-5):
    """Return the gradient of f at x, by central differences."""
    g = np.empty_like(x)
    for at in np.ndindex(x.shape):
        e = np.zeros_like(x)
        e[at] = step
        g[at] = (f(x + e) - f(x - e)) / (2 * step)
    return g


# --- values ---------------------------------------------------------------------------------------


def test_values_over_rows(backend):
    """Softmax, its logarithm, the sum and the Jacobian are those of their definitions."""
    s = sample()
    z = on(backend, s)["z"]
    if backend.floats == ["float32"]:
        s["z"] = s["z"].astype("float32")
    p = exact_rows(s["z"])
    with mpmath.workdps(60):
        logs = [[mpmath.log(x) for x in row] for row in p]
        sums = [mpmath.log(mpmath.fsum(mpmath.exp(mpmath.mpf(float(x))) for x in row)) for row in s["z"]]
        jacobian = [[[p_i * ((i == j) - p_j) for j, p_j in enumerate(r)] for i, p_i in enumerate(r)] for r in p]
    check(backend, softreg.softmax(z), to_float(p))
    check(backend, softreg.log_softmax(z), to_float(logs))
    check(backend, softreg.logsumexp(z), to_float(sums))
    check(backend, softreg.softmax_jacobian(z), to_float(jacobian))


@pytest.mark.parametrize("targets", ["labels", "probabilities"])
def test_values_against_targets(backend, targets):
    """The loss is -sum y log S, its gradient S - y, for labels and for probabilities."""
    s = sample(1)
    if backend.floats == ["float32"]:
        s["z"], s["probabilities"] = s["z"].astype("float32"), s["probabilities"].astype("float32")
    t = on(backend, s)
    y = np.eye(4)[s["labels"]] if targets == "labels" else s[targets]
    losses = to_float(exact_losses(s["z"], s[targets]))
    gradient = to_float(exact_rows(s["z"])) - y
    check(backend, softreg.cross_entropy(t["z"], t[targets]), losses)
    check(backend, softreg.logit_gradient(t["z"], t[targets]), gradient)
    for got, expected in zip(softreg.cross_entropy_and_gradient(t["z"], t[targets]), (losses, gradient), strict=True):
        check(backend, got, expected)


def test_equal_logits_are_exact(backend):
    """K equal logits give exactly the rounded fractions 1/K, 1/K - 1 and -1/K^2."""
    dtype = backend.floats[-1]
    for K in (2, 4, 8):
        z = backend.asarray(np.full((1, K), 7.0), dtype)
        p = backend.numpy(softreg.softmax(z))
        assert {Fraction(float(x)) for x in p.ravel()} == {Fraction(1, K)}
        g = backend.numpy(softreg.logit_gradient(z, backend.asarray(np.zeros(1, "int32"))))
        assert [Fraction(float(x)) for x in g[0, :2]] == [Fraction(1, K) - 1, Fraction(1, K)]
        J = backend.numpy(softreg.softmax_jacobian(z))
        assert Fraction(float(J[0, 0, 1])) == Fraction(-1, K * K)


@pytest.mark.parametrize("targets", ["labels", "probabilities"])
def test_model_values(backend, targets):
    """The mean loss is that of its definition, and its gradient and step those of finite differences."""
    s = sample(2)
    t = on(backend, s)
    atol = 1e-4 if backend.floats == ["float32"] else 1e-8
    W, b, y = s["W"], s["b"], s[targets]
    dW, db = slope(lambda W: objective(s, W, b, y), W), slope(lambda b: objective(s, W, b, y), b)
    loss, got_dW, got_db = call("loss_and_gradient", t, targets)
    check(backend, loss, objective(s, W, b, y))
    check(backend, got_dW, dW, atol=atol)
    check(backend, got_db, db, atol=atol)
    new_W, new_b = call("gradient_step", t, targets)
    check(backend, new_W, W - 0.5 * dW, atol=atol)
    check(backend, new_b, b - 0.5 * db, atol=atol)


def test_hessian_product(backend):
    """The product is the derivative of the gradient along the direction."""
    s = sample(3)

    def gradients(step):
        moved = {**s, "W": s["W"] + step * s["dW"], "b": s["b"] + step * s["db"]}
        return call("loss_and_gradient", moved)[1:]

    expected = [(hi - lo) / 2e-5 for hi, lo in zip(gradients(1e-5), gradients(-1e-5), strict=True)]
    atol = 1e-4 if backend.floats == ["float32"] else 1e-8
    for got, value in zip(call("hessian_product", on(backend, s)), expected, strict=True):
        check(backend, got, value, atol=atol)


@pytest.mark.parametrize("targets", ["labels", "probabilities"])
def test_gradients_are_slopes(targets):
    """Finite differences of each loss give its gradient, and of the softmax its Jacobian."""
    s = sample(4, n=1)
    z, y = s["z"][0], s[targets][0]
    np.testing.assert_allclose(softreg.logit_gradient(z, y), slope(lambda z: softreg.cross_entropy(z, y), z), atol=1e-9)
    np.testing.assert_allclose(softreg.softmax(z), slope(softreg.logsumexp, z), atol=1e-9)
    columns = [slope(lambda z, j=j: softreg.softmax(z)[j], z) for j in range(z.size)]
    np.testing.assert_allclose(softreg.softmax_jacobian(z), np.stack(columns, axis=-1), atol=1e-9)


# --- routes to one quantity -----------------------------------------------------------------------


def test_routes_agree(backend):
    """Every way to a quantity through the public functions leads to the same value."""
    s = sample(5, scale=10)
    t = on(backend, s)
    one_hot = backend.asarray(np.eye(4)[s["labels"]], backend.floats[-1])
    p, log_p, total = (backend.numpy(getattr(softreg, f)(t["z"])) for f in ("softmax", "log_softmax", "logsumexp"))
    z = backend.numpy(t["z"])
    loss, gradient = (backend.numpy(x) for x in softreg.cross_entropy_and_gradient(t["z"], t["labels"]))
    rows = np.arange(5)
    tol = tolerance(backend)
    same = [
        (np.exp(log_p), p),
        (z - total[:, None], log_p),
        (-log_p[rows, s["labels"]], loss),
        (backend.numpy(softreg.cross_entropy(t["z"], t["labels"])), loss),
        (backend.numpy(softreg.logit_gradient(t["z"], t["labels"])), gradient),
        (backend.numpy(softreg.cross_entropy(t["z"], one_hot)), loss),
        (backend.numpy(softreg.logit_gradient(t["z"], one_hot)), gradient),
        (p - np.eye(4)[s["labels"]], gradient),
        (p[:, :, None] * (np.eye(4) - p[:, None, :]), backend.numpy(softreg.softmax_jacobian(t["z"]))),
        (p.sum(axis=1), np.ones(5)),
    ]
    for got, expected in same:
        np.testing.assert_allclose(got, expected, rtol=tol * 10, atol=tol * 10)


def test_model_routes_agree(backend):
    """The model's loss, gradient and step are those of its logits; equal weights are no weights."""
    s = sample(6)
    t = on(backend, s)
    X, ones = t["X"], backend.asarray(np.ones(5), backend.floats[-1])
    tol = tolerance(backend) * 10
    loss, dW, db = (backend.numpy(x) for x in softreg.loss_and_gradient(t["W"], t["b"], X, t["labels"]))
    losses, residual = (backend.numpy(x) for x in softreg.cross_entropy_and_gradient(X @ t["W"] + t["b"], t["labels"]))
    np.testing.assert_allclose(loss, losses.mean(), rtol=tol)
    np.testing.assert_allclose(dW, s["X"].T @ residual / 5, rtol=tol, atol=tol)
    np.testing.assert_allclose(db, residual.mean(axis=0), rtol=tol, atol=tol)
    step = softreg.gradient_step(t["W"], t["b"], X, t["labels"], learning_rate=2.0)
    np.testing.assert_allclose(backend.numpy(step[0]), s["W"] - 2 * dW, rtol=tol, atol=tol)
    weighted = softreg.loss_and_gradient(t["W"], t["b"], X, t["labels"], sample_weight=ones)
    for got, expected in zip(weighted, (loss, dW, db), strict=True):
        np.testing.assert_allclose(backend.numpy(got), expected, rtol=tol, atol=tol)


@pytest.mark.parametrize("name", EVERY)
def test_agrees_with_numpy(backend, name):
    """Each library gives what NumPy gives, bit for bit in nothing but to a few units."""
    s = sample(7)
    for targets in ("labels", "probabilities"):
        expected = call(name, s, targets)
        for got, value in zip(call(name, on(backend, s), targets), expected, strict=True):
            check(backend, got, value)


@pytest.mark.parametrize("name", EVERY)
def test_float32(backend, name):
    """float32 in, float32 out, and as accurate as float32 is."""
    s = {key: x.astype("float32") if x.dtype.kind == "f" else x for key, x in sample(8).items()}
    expected = call(name, {key: x.astype("float64") if x.dtype.kind == "f" else x for key, x in s.items()})
    for got, value in zip(call(name, on(backend, s, "float32")), expected, strict=True):
        check(backend, got, value, dtype="float32")


@settings(derandomize=True, max_examples=50, deadline=None)
@given(st.lists(st.floats(-745, 745), min_size=1, max_size=6), st.data())
def test_softmax_properties(row, data):
    """A permuted row gives a permuted result, an exact shift changes nothing, probabilities sum to 1 (F171)."""
    z = np.array(row)
    p = softreg.softmax(z)
    assert abs(p.sum() - 1) <= 2 * np.finfo(float).eps
    order = np.array(data.draw(st.permutations(range(len(row)))))
    permuted = softreg.softmax(z[order])
    assert np.all(np.abs(permuted - p[order]) <= 2 * np.spacing(p[order]))
    z = np.round(z * 2.0**10) / 2.0**10
    np.testing.assert_array_equal(softreg.softmax(z + 2.0**30), softreg.softmax(z))


# --- axis, shapes, lists --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "logsumexp"])
@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2, -3])
def test_axis(backend, name, axis):
    """Any axis can be that of the classes."""
    z = np.random.default_rng(9).normal(0, 2, (2, 3, 4))
    function = getattr(softreg, name)
    got = backend.numpy(function(backend.asarray(z, backend.floats[-1]), axis=axis))
    expected = function(np.moveaxis(z, axis, -1))
    if name != "logsumexp":
        expected = np.moveaxis(expected, -1, axis)
    np.testing.assert_allclose(got, expected, rtol=tolerance(backend) * 10)


@pytest.mark.parametrize("shape", [(4,), (1, 1), (2, 3, 4), (0, 3), (2, 0, 3)])
def test_shapes(backend, shape):
    """Any number of leading axes, also of size 0 (F161); the results have the shapes that are promised."""
    dtype = backend.floats[-1]
    z = backend.asarray(np.linspace(-1, 1, int(np.prod(shape))).reshape(shape), dtype)
    y = backend.asarray(np.zeros(shape[:-1], "int32"))
    assert tuple(softreg.softmax(z).shape) == shape
    assert tuple(softreg.log_softmax(z).shape) == shape
    assert tuple(softreg.logsumexp(z).shape) == shape[:-1]
    assert tuple(softreg.softmax_jacobian(z).shape) == (*shape, shape[-1])
    for targets in (y, softreg.softmax(z)):
        loss, gradient = softreg.cross_entropy_and_gradient(z, targets)
        assert tuple(loss.shape) == shape[:-1]
        assert tuple(gradient.shape) == shape
        assert backend.numpy(loss).shape == shape[:-1]
        assert backend.numpy(gradient).shape == shape


def test_lists_and_scalars():
    """Lists and numbers count as NumPy's, where no array says otherwise."""
    assert isinstance(softreg.softmax([0, 0]), np.ndarray)
    assert float(softreg.cross_entropy([0.0, 0.0], 1)) == np.log(2)
    loss, dW, db = softreg.loss_and_gradient([[0.0, 0.0]], [0.0, 0.0], [[2.0]], [1])
    assert (float(loss), dW.tolist(), db.tolist()) == (np.log(2), [[1.0, -1.0]], [0.5, -0.5])


def test_lists_join_arrays(backend):
    """A list beside an array becomes an array of the same library, on the same device."""
    z = backend.asarray([[0.0, 0.0]], "float32")
    check(backend, softreg.cross_entropy(z, [1]), [np.log(2)], dtype="float32")


# --- dtypes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["int8", "int32", "uint8", "bool"])
def test_integers_become_the_default_float(backend, dtype):
    """Integers and booleans are computed in the library's default floating dtype (F168)."""
    z = backend.asarray(np.array([[0, 1, 1]]), dtype)
    default = backend.xp.__array_namespace_info__().default_dtypes(device=backend.device)["real floating"]
    result = softreg.softmax(z)
    assert result.dtype == default
    np.testing.assert_allclose(backend.numpy(result), softreg.softmax([[0.0, 1.0, 1.0]]), rtol=1e-6)


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "uint8", "uint16", "uint32", "uint64", "bool"])
def test_label_dtypes(backend, dtype):
    """Labels may be of any integer dtype, also one too narrow for K; they do not change the result's dtype."""
    if not hasattr(backend.xp, dtype):
        pytest.skip(f"{backend} has no {dtype}")
    z = backend.asarray(np.zeros((2, 300)), "float32")
    check(
        backend, softreg.cross_entropy(z, backend.asarray(np.array([0, 1]), dtype)), np.full(2, np.log(300)), "float32"
    )


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("name", ["softmax", "log_softmax", "logsumexp", "cross_entropy", "logit_gradient"])
def test_half_precision(backend, name, dtype):
    """Half precision is computed in float32, so its results are the rounded ones."""
    if not hasattr(backend.xp, dtype):
        pytest.skip(f"{backend} has no {dtype}")
    rng = np.random.default_rng(10)
    z = np.round(rng.normal(0, 4, (20, 50)) * 8) / 8  # exact also in bfloat16
    args = (rng.integers(0, 50, 20),) if name in AGAINST_TARGETS else ()
    result = getattr(softreg, name)(backend.asarray(z, dtype), *map(backend.asarray, args))
    assert result.dtype == getattr(backend.xp, dtype)
    bits = 11 if dtype == "float16" else 8
    atol = 2.0**-24 if dtype == "float16" else 0.0
    np.testing.assert_allclose(
        backend.numpy(result).astype("float64"),
        getattr(softreg, name)(z, *args),
        rtol=1.01 * 2.0**-bits,
        atol=atol,
    )


def test_promotion(backend):
    """The result has the widest floating dtype of the arguments."""
    if "float64" not in backend.floats:
        pytest.skip("the device has one floating dtype")
    z, y = backend.asarray([[0.0, 0.0]], "float32"), backend.asarray([[0.5, 0.5]], "float64")
    check(backend, softreg.cross_entropy(z, y), [np.log(2)], dtype="float64")


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")  # Dask computes when it is asked for the values
def test_values_of_weights_are_not_looked_at(backend):
    """Negative weights count as they are; without any weight there is no mean."""
    s = on(backend, sample(21))
    w = backend.asarray(np.array([1.0, -0.5, 2, 1, 1]), backend.floats[-1])
    model = (s["W"], s["b"], s["X"], s["labels"])
    loss, _, _ = softreg.loss_and_gradient(*model, sample_weight=w)
    rows = backend.numpy(softreg.cross_entropy(s["X"] @ s["W"] + s["b"], s["labels"]))
    check(backend, loss, rows @ backend.numpy(w) / 4.5)
    loss, dW, db = softreg.loss_and_gradient(*model, sample_weight=w - w)
    assert all(np.all(np.isnan(backend.numpy(x))) for x in (loss, dW, db))
