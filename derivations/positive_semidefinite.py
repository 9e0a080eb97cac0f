"""The Hessian is positive semidefinite: along any direction, the curvature is a sum of squares.

In one row, sum_i v_i (J v)_i = sum_i S_i v_i^2 - (sum_i S_i v_i)^2: the variance of v under S. It
is sum_i S_i (v_i - m)^2 with m = sum_j S_j v_j the mean. Over the model, with V = X U + v,

    <(U, v), H (U, v)> = sum_i w_i Var_S(V_i) / sum_i w_i + l2 sum U^2,

nonnegative for weights w_i >= 0 and l2 >= 0. So the loss is convex.
"""

from softreg import core
from softreg.symbolic import textbook


def derive(t):
    """Write the quadratic form as a sum of terms none of which is negative."""
    xp = t.xp
    n, d, K = t.size("n"), t.size("d"), t.size("K")
    W, b, X = t.reals("W", d, K), t.reals("b", K), t.reals("x", n, d)
    U, v = t.reals("U", d, K), t.reals("v", K)
    l2, w = t.scalar("l2", nonnegative=True), t.weights("w", n, nonnegative=True)
    HW, Hb = core.hessian_product(W, b, X, U, v, xp=xp, l2=l2, w=w)
    S, V = textbook.softmax(X @ W + b, xp=xp), X @ U + v
    spread = V - xp.sum(S * V, axis=-1, keepdims=True)
    squares = xp.sum(w * xp.sum(S * spread**2, axis=-1)) / xp.sum(w) + l2 * xp.sum(U**2)

    t.at_least("<(U, v), H (U, v)>", xp.sum(U * HW) + xp.sum(v * Hb), 0, squares)
