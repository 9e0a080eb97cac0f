"""Edge values, manners and errors of the public functions, on every array library."""

from __future__ import annotations

import numpy as np
import pytest
from samples import EVERY, arguments, call, check, on, sample

import softreg
from softreg.errors import BackendError, InputError, InputTypeError

WITHOUT_FLOAT64 = True
INF, NAN = float("inf"), float("nan")

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


def test_no_negative_zeros(backend):
    """What underflows is 0, not -0, also where the error of a difference is larger than 1."""
    z = backend.asarray([[1e30, 1.0, 1e23, -3e22]], backend.floats[-1])
    assert not np.any(np.signbit(backend.numpy(softreg.softmax(z))))
    assert not np.any(np.signbit(backend.numpy(softreg.cross_entropy(z, [0]))))


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
    "label beyond int64": (
        lambda: softreg.cross_entropy(Z, np.array([1, 2**63 + 1], np.uint64)),
        InputError,
        "label 9223372036854775809 at position 1 is outside [0, 3).",
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


def test_labels_beyond_int64(backend):
    """A label that the index dtype cannot hold is named as it is."""
    z, y = backend.asarray(np.zeros((2, 3)), "float32"), backend.asarray(np.asarray([0, 2**63 + 1], np.uint64))
    if backend.numpy(y)[1] != 2**63 + 1:
        pytest.skip("this library has no integers of 64 bits here")
    with pytest.raises(InputError, match=r"^label 9223372036854775809 at position 1 is outside \[0, 3\)\.$"):
        backend.numpy(softreg.cross_entropy(z, y))


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


def test_ragged_lists_and_odd_axes():
    """Rows of different lengths, and an axis that is no integer, are said in softreg's own errors."""
    with pytest.raises(InputError, match="z is not an array: its rows have different lengths"):
        softreg.softmax([[1.0, 2.0], [3.0]])
    for axis in (None, (0, 1), 1.0):
        with pytest.raises(InputTypeError, match="axis must be an integer"):
            softreg.softmax([[1.0, 2.0]], axis=axis)
