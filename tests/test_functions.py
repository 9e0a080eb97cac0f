"""Values, errors and manners of the public functions, on every array library."""

from __future__ import annotations

from fractions import Fraction

import array_api_compat as compat
import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import softreg
from softreg.errors import BackendError, InputError, InputTypeError

WITHOUT_FLOAT64 = True
INF, NAN = float("inf"), float("nan")
OVER_ROWS = ("logsumexp", "softmax", "log_softmax", "softmax_jacobian")
AGAINST_TARGETS = ("cross_entropy", "logit_gradient", "cross_entropy_and_gradient")
OF_MODELS = ("loss_and_gradient", "hessian_product", "gradient_step")
EVERY = OVER_ROWS + AGAINST_TARGETS + OF_MODELS


def sample(seed=0, n=5, K=4, d=3, scale=3.0):
    """Random arguments of all functions, as NumPy arrays."""
    rng = np.random.default_rng(seed)
    y = rng.random((n, K))
    return {
        "z": rng.normal(0, scale, (n, K)),
        "labels": rng.integers(0, K, n),
        "probabilities": y / y.sum(axis=1, keepdims=True),
        "W": rng.normal(0, 1, (d, K)),
        "b": rng.normal(0, 1, K),
        "X": rng.normal(0, 1, (n, d)),
        "w": rng.random(n) + 0.5,
        "dW": rng.normal(0, 1, (d, K)),
        "db": rng.normal(0, 1, K),
    }


def arguments(name, s, targets="labels"):
    """Return the positional and keyword arguments of one call of a function."""
    if name in OVER_ROWS:
        return (s["z"],), {}
    if name in AGAINST_TARGETS:
        return (s["z"], s[targets]), {}
    model = (s["W"], s["b"], s["X"])
    if name == "hessian_product":
        return (*model, s["dW"], s["db"]), {"l2": 0.25, "sample_weight": s["w"]}
    rate = {"learning_rate": 0.5} if name == "gradient_step" else {}
    return (*model, s[targets]), {"l2": 0.25, "sample_weight": s["w"], **rate}


def call(name, s, targets="labels"):
    """Return the results of a function on the sample, always as a tuple."""
    args, kwargs = arguments(name, s, targets)
    result = getattr(softreg, name)(*args, **kwargs)
    return result if isinstance(result, tuple) else (result,)


def on(backend, s, dtype=None):
    """Return the sample as arrays of the backend, the real ones in the given dtype."""
    dtype = dtype or backend.floats[-1]
    return {key: backend.asarray(x, dtype if x.dtype.kind == "f" else None) for key, x in s.items()}


def tolerance(backend, dtype=None):
    """Return a few units in the last place of the dtype, which the backend may not have wider."""
    return 1e-5 if (dtype or backend.floats[-1]) == "float32" else 1e-13


def check(backend, result, expected, dtype=None, atol=None):
    """Compare namespace, device, dtype, shape and values; raise where one differs."""
    assert compat.array_namespace(result) is compat.array_namespace(backend.asarray([0.0], "float32"))
    assert compat.device(result) == compat.device(backend.asarray([0.0], "float32"))
    assert result.dtype == getattr(backend.xp, dtype or backend.floats[-1])
    expected = np.asarray(expected)
    assert tuple(result.shape) == expected.shape
    tol = tolerance(backend, dtype)
    np.testing.assert_allclose(backend.numpy(result), expected, rtol=tol, atol=tol if atol is None else atol)


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


# --- edge values ----------------------------------------------------------------------------------

EDGES = {
    # number: logits, softmax, log_softmax, logsumexp
    "F162 a class that cannot happen": ([-INF, 0.0], [0.0, 1.0], [-INF, 0.0], 0.0),
    "F163 nothing can happen": ([-INF, -INF], [NAN, NAN], [NAN, NAN], -INF),
    "F164 one inf, the limit": ([INF, 0.0, -INF], [1.0, 0.0, 0.0], [0.0, -INF, -INF], INF),
    "F165 several inf": ([INF, INF, 0.0], [NAN] * 3, [NAN] * 3, INF),
    "F166 NaN": ([NAN, 0.0], [NAN] * 2, [NAN] * 2, NAN),
    "F166 NaN beside inf": ([INF, NAN, 0.0], [NAN] * 3, [NAN] * 3, NAN),
    "F166 NaN beside -inf": ([-INF, NAN, 0.0], [NAN] * 3, [NAN] * 3, NAN),
    "F167 overflowing difference": ([-3e38, 3e38], [0.0, 1.0], None, 3e38),
    "one class": ([5.0], [1.0], [0.0], 5.0),
    "one class that cannot happen": ([-INF], [NAN], [NAN], -INF),
    "one class, inf": ([INF], [1.0], [0.0], INF),
}


@pytest.mark.parametrize("edge", EDGES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_edge_values(backend, edge, dtype):
    """Infinities and NaN give limits or NaN, in their row alone, without a warning."""
    if dtype not in backend.floats:
        pytest.skip(f"{backend} has no {dtype}")
    row, p, log_p, total = EDGES[edge]
    top = 3e38 if dtype == "float32" else 1.7e308
    row = [np.sign(x) * top if abs(x) == 3e38 else x for x in row]
    total = top if total == 3e38 else total
    z = backend.asarray(np.array([row, [0.0] * len(row)]), dtype)
    single = 1 / len(row)
    for name, expected in (("softmax", p), ("log_softmax", log_p), ("logsumexp", total)):
        got = backend.numpy(getattr(softreg, name)(z))
        if expected is not None:
            np.testing.assert_array_equal(got[0], np.asarray(expected, got.dtype))
        other = {"softmax": single, "log_softmax": np.log(single), "logsumexp": -np.log(single)}[name]
        np.testing.assert_allclose(got[1], np.broadcast_to(other, got[1].shape), rtol=1e-6)


def test_edge_losses(backend):
    """At infinities the loss is the limit: 0 for what is certain, inf for what cannot happen, 0 log 0 = 0."""
    dtype = backend.floats[-1]
    z = backend.asarray([[-INF, 0.0], [-INF, 0.0], [INF, 0.0], [NAN, 0.0], [INF, INF]], dtype)
    y = backend.asarray(np.array([1, 0, 0, 0, 0], "int32"))
    loss, gradient = softreg.cross_entropy_and_gradient(z, y)
    np.testing.assert_array_equal(backend.numpy(loss), [0.0, INF, 0.0, NAN, NAN])
    np.testing.assert_array_equal(
        backend.numpy(gradient), [[0.0, 0.0], [-1.0, 1.0], [0.0, 0.0], [NAN, NAN], [NAN, NAN]]
    )
    one_hot = backend.asarray([[0.0, 1.0], [1.0, 0.0], [1.0, 0.0], [1.0, 0.0], [1.0, 0.0]], dtype)
    np.testing.assert_array_equal(backend.numpy(softreg.cross_entropy(z, one_hot)), [0.0, INF, 0.0, NAN, NAN])


def test_log_probabilities_have_no_false_zero(backend):
    """Where a class is all but certain, its loss and its gradient are tiny, not 0."""
    for dtype in backend.floats:
        for gap in (20.0, 37.0, 50.0, 80.0):
            z = backend.asarray([[0.0, gap], [1e6, 1e6 + gap]], dtype)
            y = backend.asarray(np.array([1, 1], "int32"))
            expected = [np.log1p(np.exp(-gap))] * 2
            np.testing.assert_allclose(backend.numpy(softreg.cross_entropy(z, y)), expected, rtol=1e-5)
            np.testing.assert_allclose(-backend.numpy(softreg.log_softmax(z))[:, 1], expected, rtol=1e-5)
            np.testing.assert_allclose(-backend.numpy(softreg.logit_gradient(z, y))[:, 1], expected, rtol=1e-5)


def test_no_classes(backend):
    """A softmax over no classes is refused; the sum of nothing is -inf (F161)."""
    z = backend.asarray(np.zeros((2, 0)), backend.floats[-1])
    for name in ("softmax", "log_softmax", "softmax_jacobian"):
        with pytest.raises(InputError, match=r"^at least one class is needed\.$"):
            getattr(softreg, name)(z)
    with pytest.raises(InputError, match=r"^at least one class is needed\.$"):
        softreg.cross_entropy(z, backend.asarray(np.zeros(2, "int32")))
    check(backend, softreg.logsumexp(z), [-INF, -INF])
    check(backend, softreg.logsumexp(z, axis=0), np.zeros(0))


# --- manners --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EVERY)
def test_arguments_are_not_written_to(backend, name):
    """Arguments keep their values."""
    s = sample(11)
    t = on(backend, s)
    for targets in ("labels", "probabilities"):
        call(name, t, targets)
    for key, x in on(backend, s).items():
        np.testing.assert_array_equal(backend.numpy(t[key]), backend.numpy(x))


@pytest.mark.parametrize("name", EVERY)
def test_read_only_arguments(name):
    """Arrays that cannot be written to are as good as others, and so are strided ones."""
    s = sample(12)
    expected = call(name, s)
    for x in s.values():
        x.flags.writeable = False
    strided = {key: np.asfortranarray(np.repeat(x, 2, axis=0))[::2] for key, x in s.items()}
    for arguments_of in (s, strided):
        for got, value in zip(call(name, arguments_of), expected, strict=True):
            np.testing.assert_allclose(got, value, rtol=1e-14, atol=1e-16)
            assert got.ndim == 0 or got.flags.writeable


def test_results_are_new_arrays():
    """No result shares memory with an argument, so a user may write to it."""
    s = sample(13)
    for name in EVERY:
        args, kwargs = arguments(name, s)
        for result in call(name, s):
            assert not any(np.shares_memory(result, x) for x in (*args, *kwargs.values()) if isinstance(x, np.ndarray))


@pytest.mark.parametrize("name", EVERY)
def test_error_state_of_the_user(name):
    """NumPy set to raise on everything breaks no result and stays set."""
    s = sample(14, scale=300)
    s["z"][0, 0], s["z"][1, :2], s["W"][0, 0] = -INF, 1.7e308, 800.0
    expected = call(name, s)
    with np.errstate(all="raise"):
        before = np.geterr()
        for got, value in zip(call(name, s), expected, strict=True):
            np.testing.assert_array_equal(got, value)
        assert np.geterr() == before


def test_error_state_in_half_precision():
    """Rounding to half precision neither warns nor raises, where it overflows or underflows."""
    z = np.array([[65504.0, 65504.0], [0.0, 20.0]], "float16")
    z = np.repeat(z, 60_000, axis=1)
    expected = softreg.logsumexp(z), softreg.softmax(z)
    assert expected[0].tolist() == [65504.0, 31.0]
    with np.errstate(all="raise"):
        np.testing.assert_array_equal(softreg.logsumexp(z), expected[0])
        np.testing.assert_array_equal(softreg.softmax(z), expected[1])


# --- errors ---------------------------------------------------------------------------------------

Z, Y = np.zeros((2, 3)), np.zeros(2, int)
MODEL = (np.zeros((4, 3)), np.zeros(3), np.zeros((2, 4)))
ERRORS = {
    "no axis": (
        lambda: softreg.softmax(1.0),
        InputError,
        "z needs at least one axis, that of the classes; it has none.",
    ),
    "axis out of range": (
        lambda: softreg.softmax(Z, axis=2),
        InputError,
        "axis 2 is out of range for z with 2 axes.",
    ),
    "labels of another length": (
        lambda: softreg.cross_entropy(Z, np.zeros(3, int)),
        InputError,
        "y has shape (3,), expected (2,) (labels) or (2, 3) (probabilities).",
    ),
    "probabilities of another shape": (
        lambda: softreg.cross_entropy(Z, np.zeros((2, 4))),
        InputError,
        "y has shape (2, 4), expected (2, 3) (probabilities) or (2,) (labels).",
    ),
    "targets of too many axes": (
        lambda: softreg.logit_gradient(Z, np.zeros((1, 2, 3))),
        InputError,
        "y has shape (1, 2, 3), expected (2, 3) (probabilities) or (2,) (labels).",
    ),
    "labels that are not integers": (
        lambda: softreg.cross_entropy(Z, np.zeros(2)),
        InputTypeError,
        (
            "y has shape (2,), so it must hold integer labels, but its dtype is float64; "
            "probabilities need the shape (2, 3)."
        ),
    ),
    "label too large": (
        lambda: softreg.cross_entropy(Z, np.array([0, 3])),
        InputError,
        "label 3 at position 1 is outside [0, 3).",
    ),
    "label negative": (
        lambda: softreg.logit_gradient(Z, np.array([-1, 0])),
        InputError,
        "label -1 at position 0 is outside [0, 3).",
    ),
    "label outside, two axes": (
        lambda: softreg.cross_entropy(np.zeros((2, 2, 3)), np.array([[0, 1], [7, 9]])),
        InputError,
        "label 7 at position (1, 0) is outside [0, 3).",
    ),
    "scalar label outside": (lambda: softreg.cross_entropy([0.0, 0.0], 2), InputError, "label 2 is outside [0, 2)."),
    "complex": (
        lambda: softreg.softmax(np.zeros(2, complex)),
        InputTypeError,
        "z has dtype complex128; softmax regression takes real numbers.",
    ),
    "text": (
        lambda: softreg.softmax(["a", "b"]),
        InputTypeError,
        "z has dtype <U1; softmax regression takes real numbers.",
    ),
    "objects": (
        lambda: softreg.softmax([None, 1.0]),
        InputTypeError,
        "z has dtype object; softmax regression takes real numbers.",
    ),
    "masked": (
        lambda: softreg.softmax(np.ma.zeros(2)),
        InputTypeError,
        "z is a masked array; fill it first, a class that cannot happen with -inf.",
    ),
    "W of one axis": (
        lambda: softreg.loss_and_gradient(np.zeros(3), *MODEL[1:], Y),
        InputError,
        "W has 1 axes, expected 2: (features, classes).",
    ),
    "b of another length": (
        lambda: softreg.loss_and_gradient(MODEL[0], np.zeros(2), MODEL[2], Y),
        InputError,
        "b has shape (2,), expected (3,) for W of shape (4, 3).",
    ),
    "X of another width": (
        lambda: softreg.loss_and_gradient(*MODEL[:2], np.zeros((2, 5)), Y),
        InputError,
        "X has shape (2, 5), expected (rows, 4) for W of shape (4, 3).",
    ),
    "targets of another length": (
        lambda: softreg.gradient_step(*MODEL, np.zeros(3, int), learning_rate=1),
        InputError,
        "y has shape (3,), expected (2,) (labels) or (2, 3) (probabilities).",
    ),
    "label outside, model": (
        lambda: softreg.loss_and_gradient(*MODEL, np.array([0, 3])),
        InputError,
        "label 3 at position 1 is outside [0, 3).",
    ),
    "no classes, model": (
        lambda: softreg.loss_and_gradient(np.zeros((4, 0)), np.zeros(0), MODEL[2], Y),
        InputError,
        "at least one class is needed.",
    ),
    "direction of another shape": (
        lambda: softreg.hessian_product(*MODEL, np.zeros((3, 3)), np.zeros(3)),
        InputError,
        "dW has shape (3, 3), expected (4, 3) like the parameter.",
    ),
    "weights of another length": (
        lambda: softreg.loss_and_gradient(*MODEL, Y, sample_weight=np.ones(3)),
        InputError,
        "sample_weight has shape (3,), expected (2,) for X of shape (2, 4).",
    ),
}


@pytest.mark.parametrize("case", ERRORS)
def test_errors(case):
    """Each wrong argument gets the type and the words of its error."""
    wrong, kind, message = ERRORS[case]
    with pytest.raises(kind) as caught:
        wrong()
    assert str(caught.value) == message


def test_labels_outside(backend):
    """A label outside [0, K) raises, at compute where the array is lazy; it is never wrapped (F43)."""
    z = backend.asarray(np.zeros((4, 3)), "float32")
    for bad in (3, -1, -3, 127):
        y = backend.asarray(np.array([0, 2, bad, bad], "int8"))
        with pytest.raises(InputError, match=rf"^label {bad} at position 2 is outside \[0, 3\)\.$"):
            backend.numpy(softreg.cross_entropy(z, y))
        W, b, X = (backend.asarray(np.zeros(shape), "float32") for shape in ((2, 3), (3,), (4, 2)))
        with pytest.raises(InputError, match=rf"^label {bad} at position 2 is outside"):
            backend.numpy(softreg.loss_and_gradient(W, b, X, y)[0])


def test_mixed_namespaces(backend):
    """Arrays of two libraries are refused by name."""
    if backend.library == "numpy":
        import array_api_strict as other
    else:
        other = np
    z, y = backend.asarray([[0.0, 0.0]], "float32"), other.asarray([0])
    with pytest.raises(BackendError, match=r"^the arguments mix arrays of \w+ and \w+; convert them"):
        softreg.cross_entropy(z, y)


@pytest.mark.only("strict")
def test_mixed_devices(backend):
    """Arrays of two devices are refused by name."""
    xp = backend.xp
    z, y = xp.asarray([[0.0, 0.0]], device=xp.Device("device1")), xp.asarray([0], device=xp.Device("CPU_DEVICE"))
    with pytest.raises(BackendError, match=r"two devices, .*device1.* and .*CPU_DEVICE.*; move them to one\.$"):
        softreg.cross_entropy(z, y)
