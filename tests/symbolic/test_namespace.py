"""Arrays of symbolic size: the standard's namespace, exact, and nothing guessed."""

import inspect

import array_api_compat
import array_api_strict
import numpy as np
import pytest
import sympy as sp

import softreg
from softreg import core
from softreg.symbolic import Symbolic, fixed, namespace
from softreg.symbolic.numeric import CONTEXT, Point, evaluate
from softreg.symbolic.terms import Index, ShapeError, UnsupportedError

SIZES = {"K": 4, "n": 3, "d": 2}


def row(name="z"):
    """Return a row of K reals."""
    t = Symbolic()
    return t.reals(name, t.size("K"))


def test_array_namespace_accepts_it():
    """The compatibility layer takes the arrays for what they are, and mixes them with no others."""
    z = row()
    assert array_api_compat.array_namespace(z, 1.0, None) is namespace
    assert array_api_compat.is_array_api_obj(z)
    assert array_api_compat.device(z) == "symbolic"
    with pytest.raises(TypeError, match="Multiple namespaces"):
        array_api_compat.array_namespace(z, np.ones(3))


@pytest.mark.parametrize("operation", ["+", "-", "*", "/", "@", "=="])
def test_numpy_does_not_swallow_it(operation):
    """An operation with an ndarray raises on either side; it makes no object array."""
    both = {"z": row(), "x": np.ones(3)}
    for text in (f"z {operation} x", f"x {operation} z"):
        with pytest.raises((TypeError, UnsupportedError, AttributeError)):
            eval(text, both)


@pytest.mark.parametrize("name", sorted(n for n, f in vars(namespace).items() if inspect.isfunction(f)))
def test_signatures_are_the_standard_s(name):
    """Each function takes the standard's arguments by the same names, kinds and defaults, or fewer."""
    if name.startswith("_") or not hasattr(array_api_strict, name):
        return
    standard = inspect.signature(getattr(array_api_strict, name)).parameters
    for parameter in inspect.signature(getattr(namespace, name)).parameters.values():
        assert parameter.name in standard
        assert parameter.kind == standard[parameter.name].kind or parameter.kind is parameter.POSITIONAL_ONLY


@pytest.mark.parametrize(
    "ask",
    [
        lambda z: bool(z == 0),
        lambda z: z < 1,
        lambda z: list(z),
        lambda z: z**0.5,
        lambda z: namespace.where(z, 1, 0),
        lambda z: namespace.where(z == 0, z == 0, 0),
        lambda z: namespace.arange(z.shape[0]) + 1,
        lambda z: namespace.sum(z == 0),
        lambda z: namespace.argmax(z),
        lambda z: namespace.arange(0, 5),
        lambda z: z + sp.Float(0.1),
        lambda z: z + "1",
        lambda z: namespace.astype(z, namespace.index),
        lambda z: (z + namespace.inf).at(Index("i", z.shape[0])),
        lambda z: (z * namespace.nan).at(Index("i", z.shape[0])),
        lambda z: (namespace.asarray(namespace.inf) == namespace.inf).at(),
    ],
)
def test_nothing_is_guessed(ask):
    """What has no exact meaning for symbols raises."""
    with pytest.raises(UnsupportedError):
        ask(row())


def test_absent_functions_are_absent():
    """A function that the namespace lacks is an AttributeError, as for any module."""
    with pytest.raises(AttributeError):
        namespace.sort  # noqa: B018


def test_sizes_are_told_apart():
    """Sizes agree by symbol, so a wrong axis or transpose does not fit."""
    t = Symbolic()
    X, W = t.reals("X", t.size("n"), t.size("d")), t.reals("W", t.size("d"), t.size("K"))
    assert (X @ W).shape == (t.size("n"), t.size("K"))
    for wrong in (lambda: W @ X, lambda: X @ X, lambda: X + W, lambda: namespace.squeeze(X, axis=0)):
        with pytest.raises(ShapeError):
            wrong()
    with pytest.raises(ShapeError):
        X.at(Index("i", t.size("d")), Index("j", t.size("n")))
    with pytest.raises(ShapeError):
        X.at(Index("i", t.size("n")))


def test_floats_are_exact():
    """A float counts as the binary fraction that it is, never as a rounded decimal."""
    entry = (row() * 0.1).at(Index("i", sp.Symbol("K", integer=True, positive=True)))
    assert sp.Rational(0.1) in entry.args
    assert not entry.atoms(sp.Float)


def test_a_known_condition_does_not_touch_the_other_branch():
    """`where` on a condition that is known picks its branch, NaN in the other or not."""
    z = row()
    i = Index("i", z.shape[0])
    assert namespace.where(namespace.isfinite(z), z, namespace.nan).at(i) == z.at(i)
    assert namespace.where(z == namespace.inf, namespace.nan, z).at(i) == z.at(i)


def numbers(array, point):
    """Return the values of a symbolic array at a point, as a NumPy array."""
    shape = tuple(point.size(size) for size in array.shape)
    out = np.empty(shape)
    indices = tuple(sp.S.One if size == 1 else Index("i", size) for size in array.shape)
    for place in np.ndindex(*shape):
        out[place] = evaluate(array.at(*indices), point, {i: k + 1 for i, k in zip(indices, place, strict=True)})
    return out


def arguments(t, point):
    """Every argument that a kernel may take, symbolic and as numbers."""
    n, d, K = (t.size(name) for name in "ndK")
    symbolic = {
        "z": t.reals("z", n, K), "v": t.reals("v", n, K), "Y": t.probabilities("Y", n, K), "W": t.reals("W", d, K),
        "b": t.reals("b", K), "X": t.reals("X", n, d), "dW": t.reals("dW", d, K), "db": t.reals("db", K),
        "w": t.reals("w", n, positive=True),
    }  # fmt: skip
    values = {name: numbers(array, point) for name, array in symbolic.items()}
    symbolic["labels"] = t.labels("labels", n, classes=K)
    values["labels"] = np.asarray([point.pick("labels", SIZES["K"], (b + 1,)) - 1 for b in range(SIZES["n"])])
    return symbolic, values


KERNELS = [
    ("softmax", "z", {}), ("log_softmax", "z", {}), ("logsumexp", "z", {}), ("softmax_jacobian", "z", {}),
    ("cross_entropy", "z Y", {}), ("cross_entropy", "z labels", {}),
    ("logit_gradient", "z Y", {}), ("logit_gradient", "z labels", {}), ("curvature_product", "z v", {}),
    ("data_term", "z Y w", {}), ("loss_and_gradient", "W b X Y", {"l2": 0.3}),
    ("loss_and_gradient", "W b X labels", {"shift": core.plain_shift}), ("hessian_product", "W b X dW db", {"l2": 0.3}),
    ("gradient_step", "W b X labels", {"learning_rate": 0.1}),
]  # fmt: skip


@pytest.mark.parametrize("xp", [np, array_api_strict], ids=["numpy", "strict"])
@pytest.mark.parametrize(("kernel", "names", "scalars"), KERNELS)
def test_kernels_compute_what_the_symbols_say(kernel, names, scalars, xp):
    """At random numbers, the symbolic result of each kernel is what the kernel computes there."""
    t = Symbolic()
    point = Point(SIZES, ("Y",), seed=7)
    symbolic, values = arguments(t, point)
    said = getattr(core, kernel)(*(symbolic[name] for name in names.split()), xp=namespace, **scalars)
    done = getattr(core, kernel)(*(xp.asarray(values[name]) for name in names.split()), xp=xp, **scalars)
    for one, other in zip(*((r if isinstance(r, tuple) else (r,)) for r in (said, done)), strict=True):
        np.testing.assert_allclose(numbers(one, point), np.asarray(other), rtol=1e-13, atol=1e-14)


def test_a_point_is_the_same_for_both_sides():
    """A value drawn at a point stays, so that two sides see the same numbers."""
    point, z = Point(SIZES), row()
    i = Index("i", z.shape[0])
    assert evaluate(z.at(i), point, {i: 2}) == evaluate(z.at(i) + 0, point, {i: 2})
    assert evaluate(z.at(i), point, {i: 1}) != evaluate(z.at(i), point, {i: 2})
    assert CONTEXT.dps == 40


def test_public_functions_run_on_symbols():
    """The checked shells run too, on a row of symbols."""
    z = row()
    i = Index("i", z.shape[0])
    assert softreg.softmax(z).shape == z.shape
    assert softreg.log_softmax(z).at(i) != 0


def test_both_namespaces_have_the_same_names():
    """What the fixed sizes offer, the symbolic ones do too."""
    for name, function in vars(fixed).items():
        if inspect.isfunction(function) and not name.startswith("_"):
            assert hasattr(namespace, name), name
