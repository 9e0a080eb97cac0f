"""The public functions: each checks its arguments, then calls the kernel of `softreg.core`.

Conventions
-----------
Arrays may come from any library that follows the Python array API standard. All arguments of a
call come from one library and live on one device; lists and scalars join them, and are NumPy's
where there is no array. Results have that library, that device and the promoted floating dtype of
the arguments; integers and booleans become the library's default floating dtype, and half
precision is computed in float32 and returned in half. Results on Dask arrays stay lazy. Arguments
are never written to.

Targets `y` come in two forms, told apart by the number of axes. With one axis fewer than the
logits, they are integer labels 0 to K - 1; with as many, they are probabilities of the K classes.
A row of probabilities is taken to sum to 1, which is not checked here; 0 log 0 counts as 0.

A label outside [0, K) raises where its value can be seen, when Dask computes it, and inside a
trace (jit, compile, vmap), where no value can be seen, makes its row NaN; it never wraps around.

Errors: `InputError` (a ValueError) for shapes, labels and axes that do not fit, `InputTypeError`
(a TypeError) for dtypes, `BackendError` (a ValueError) for arrays of two libraries or devices.

Letters are those of `softreg.core`.
"""

from __future__ import annotations

from typing import Any

from softreg import core
from softreg._arrays import Array
from softreg._shell import against_target, of_model, over_axis


def logsumexp(z: Any, /, *, axis: int = -1) -> Array:
    """Return log sum_i exp(z_i) over an axis.

    Parameters
    ----------
    z : array, shape (..., K)
        Real numbers; -inf and inf are allowed.
    axis : int
        The axis that is summed over.

    Returns
    -------
    array, shape (...)
        In the floating dtype of z. -inf over no or only -inf entries, inf if one entry is inf.

    Source: Blanchard, Higham & Higham (2021), doi:10.1093/imanum/draa038.

    Examples
    --------
    >>> from softreg import logsumexp
    >>> float(logsumexp([1000.0, 1000.0]))
    1000.6931471805599
    """
    return over_axis(core.logsumexp, z, axis, keeps_axis=False, of_none=-float("inf"))


def softmax(z: Any, /, *, axis: int = -1) -> Array:
    """Return the softmax S_i = exp(z_i) / sum_j exp(z_j) over an axis.

    Parameters
    ----------
    z : array, shape (..., K)
        Logits. -inf is a class that cannot happen; one inf gives the limit, several NaN.
    axis : int
        The axis of the classes.

    Returns
    -------
    array, shape (..., K)
        Probabilities, in the floating dtype of z.

    Source: Bridle (1990), doi:10.1007/978-3-642-76153-9_28.

    Examples
    --------
    >>> from softreg import softmax
    >>> softmax([0.0, 0.0, -float("inf")]).tolist()
    [0.5, 0.5, 0.0]
    """
    return over_axis(core.softmax, z, axis)


def log_softmax(z: Any, /, *, axis: int = -1) -> Array:
    """Return log S_i(z) = z_i - log sum_j exp(z_j) over an axis.

    Accurate also where S_i is so near 1 that a rounded S_i would have the logarithm 0.

    Parameters
    ----------
    z : array, shape (..., K)
        Logits; infinities as in `softmax`.
    axis : int
        The axis of the classes.

    Returns
    -------
    array, shape (..., K)
        Log-probabilities, in the floating dtype of z.

    Source: Blanchard, Higham & Higham (2021), doi:10.1093/imanum/draa038.

    Examples
    --------
    >>> from softreg import log_softmax
    >>> log_softmax([0.0, 50.0]).tolist()
    [-50.0, -1.9287498479639178e-22]
    """
    return over_axis(core.log_softmax, z, axis)


def cross_entropy(z: Any, y: Any, /) -> Array:
    """Return the loss L = -sum_k y_k log S_k(z) of each row of logits.

    Parameters
    ----------
    z : array, shape (..., K)
        Logits.
    y : array, shape (...) or (..., K)
        Integer labels, or probabilities.

    Returns
    -------
    array, shape (...)
        Losses in nats, in the floating dtype of z (and y, where it holds probabilities).

    Source: Bishop (2006), Pattern Recognition and Machine Learning, section 4.3.4.

    Examples
    --------
    >>> from softreg import cross_entropy
    >>> float(cross_entropy([0.0, 0.0], 1))
    0.6931471805599453
    """
    return against_target(core.cross_entropy, z, y)


def logit_gradient(z: Any, y: Any, /) -> Array:
    """Return dL/dz = S(z) - y, the gradient of `cross_entropy` with respect to the logits.

    Parameters
    ----------
    z : array, shape (..., K)
        Logits.
    y : array, shape (...) or (..., K)
        Integer labels, or probabilities.

    Returns
    -------
    array, shape (..., K)
        The gradient; it keeps its relative accuracy also where S(z) rounds to y.

    Source: Bishop (2006), Pattern Recognition and Machine Learning, equation 4.109.

    Examples
    --------
    >>> from softreg import logit_gradient
    >>> logit_gradient([0.0, 50.0], 1).tolist()
    [1.9287498479639178e-22, -1.9287498479639178e-22]
    """
    return against_target(core.logit_gradient, z, y)


def cross_entropy_and_gradient(z: Any, y: Any, /) -> tuple[Array, Array]:
    """Return `cross_entropy(z, y)` and `logit_gradient(z, y)`, sharing the work.

    Parameters
    ----------
    z : array, shape (..., K)
        Logits.
    y : array, shape (...) or (..., K)
        Integer labels, or probabilities.

    Returns
    -------
    loss : array, shape (...)
    gradient : array, shape (..., K)

    Source: Bishop (2006), Pattern Recognition and Machine Learning, section 4.3.4.

    Examples
    --------
    >>> from softreg import cross_entropy_and_gradient
    >>> loss, gradient = cross_entropy_and_gradient([0.0, 0.0], [0.25, 0.75])
    >>> gradient.tolist()
    [0.25, -0.25]
    """
    loss, gradient = against_target(core.cross_entropy_and_gradient, z, y)
    return loss, gradient


def softmax_jacobian(z: Any, /) -> Array:
    """Return the Jacobian dS_j/dz_i = S_i (delta_ij - S_j) of `softmax` over the last axis.

    Parameters
    ----------
    z : array, shape (..., K)
        Logits.

    Returns
    -------
    array, shape (..., K, K)
        The entry [..., i, j]; the matrix is symmetric.

    Source: Bishop (2006), Pattern Recognition and Machine Learning, equation 4.106.

    Examples
    --------
    >>> from softreg import softmax_jacobian
    >>> softmax_jacobian([0.0, 0.0]).tolist()
    [[0.25, -0.25], [-0.25, 0.25]]
    """
    return over_axis(core.softmax_jacobian, z, -1, keeps_axis=False)


def loss_and_gradient(
    W: Any, b: Any, X: Any, y: Any, /, *, l2: float = 0, sample_weight: Any = None
) -> tuple[Array, Array, Array]:
    """Return the mean loss F = sum_i w_i L_i / sum_i w_i + l2/2 sum W^2 and its gradient.

    With Z = X W + b: dF/dW = X'(S(Z) - Y)/n + l2 W and dF/db = sum_i (S(z_i) - y_i)/n, each row
    weighted by w_i and n replaced by sum_i w_i where weights are given. b is not penalised.

    Parameters
    ----------
    W : array, shape (d, K)
    b : array, shape (K,)
    X : array, shape (n, d)
    y : array, shape (n,) or (n, K)
        Integer labels, or probabilities.
    l2 : float
        Weight of the penalty.
    sample_weight : array, shape (n,), optional
        Weights w_i of the rows; all 1 if not given. Their values are not looked at: negative ones count as
        they are, and weights that sum to 0 give NaN.

    Returns
    -------
    loss : array, shape ()
    gradient of W : array, shape (d, K)
    gradient of b : array, shape (K,)

    Source: Bishop (2006), Pattern Recognition and Machine Learning, equations 4.108 and 4.109.

    Examples
    --------
    >>> import numpy as np
    >>> from softreg import loss_and_gradient
    >>> X, y = np.array([[1.0], [-1.0]]), np.array([0, 1])
    >>> loss, dW, db = loss_and_gradient(np.zeros((1, 2)), np.zeros(2), X, y)
    >>> dW.tolist(), db.tolist()
    ([[-0.5, 0.5]], [0.0, 0.0])
    """
    loss, dW, db = of_model(core.loss_and_gradient, W, b, X, y=y, sample_weight=sample_weight, l2=l2)
    return loss, dW, db


def hessian_product(
    W: Any, b: Any, X: Any, dW: Any, db: Any, /, *, l2: float = 0, sample_weight: Any = None
) -> tuple[Array, Array]:
    """Return the second derivative of the loss of `loss_and_gradient` times the direction (dW, db).

    With V = X dW + db and u_i = S_i (V_i - sum_j S_j V_j) for each row: X'u/n + l2 dW and
    sum u/n. It does not depend on the targets.

    Parameters
    ----------
    W, dW : array, shape (d, K)
    b, db : array, shape (K,)
    X : array, shape (n, d)
    l2 : float
        Weight of the penalty.
    sample_weight : array, shape (n,), optional
        Weights of the rows, as in `loss_and_gradient`.

    Returns
    -------
    array, shape (d, K)
    array, shape (K,)

    Source: Bishop (2006), Pattern Recognition and Machine Learning, equation 4.110.

    Examples
    --------
    >>> import numpy as np
    >>> from softreg import hessian_product
    >>> W, b, X = np.zeros((1, 2)), np.zeros(2), np.array([[2.0]])
    >>> hessian_product(W, b, X, np.array([[1.0, 0.0]]), np.zeros(2))[0].tolist()
    [[1.0, -1.0]]
    """
    product, intercept = of_model(core.hessian_product, W, b, X, dW, db, sample_weight=sample_weight, l2=l2)
    return product, intercept


def gradient_step(
    W: Any, b: Any, X: Any, y: Any, /, *, learning_rate: float, l2: float = 0, sample_weight: Any = None
) -> tuple[Array, Array]:
    """Return W - a dF/dW and b - a dF/db: the batch weight update w - a/B sum_i x_i (S(z_i) - y_i).

    One row gives the per-sample update; see `loss_and_gradient` for F.

    Parameters
    ----------
    W : array, shape (d, K)
    b : array, shape (K,)
    X : array, shape (B, d)
    y : array, shape (B,) or (B, K)
        Integer labels, or probabilities.
    learning_rate : float
        The step a.
    l2 : float
        Weight of the penalty.
    sample_weight : array, shape (B,), optional
        Weights of the rows, as in `loss_and_gradient`.

    Returns
    -------
    W : array, shape (d, K)
    b : array, shape (K,)
        New arrays; the arguments keep their values.

    Source: Robbins & Monro (1951), doi:10.1214/aoms/1177729586.

    Examples
    --------
    >>> import numpy as np
    >>> from softreg import gradient_step
    >>> W, b = gradient_step(np.zeros((1, 2)), np.zeros(2), np.array([[2.0]]), np.array([0]), learning_rate=0.5)
    >>> W.tolist(), b.tolist()
    ([[0.5, -0.5]], [0.25, -0.25])
    """
    W, b = of_model(core.gradient_step, W, b, X, y=y, sample_weight=sample_weight, learning_rate=learning_rate, l2=l2)
    return W, b
