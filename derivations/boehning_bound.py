"""Boehning's bound: the curvature of a row along v is at most sum_i v_i^2 / 2, whatever the logits.

The curvature is the variance of v under p = S(z). With a and b the places of the largest and the
smallest entry of v, c = (v_a + v_b)/2 and m = sum_i p_i v_i the mean,

    sum_i v_i^2/2 - Var_p(v) = sum over i other than a, b of v_i^2/2 + (v_a + v_b)^2/4 + (c - m)^2
                               + sum_i p_i (v_a - v_i)(v_i - v_b),

and no term on the right is negative. (For K = 1, or v constant and so of variance 0, the bound
holds at once; else a and b differ.) The curvature of the model's loss along (U, u) is the mean of that
of its rows along v = X U + u, plus l2 sum U^2. So it is at most sum v^2/(2n) + l2 sum U^2: a step
length that no logits can make too long. Boehning (1992), doi:10.1007/BF00048682.
"""

from softreg import core
from softreg.symbolic import textbook


def derive(t):
    """Prove the identity for the code's product, and that its right side has no negative term."""
    xp = t.xp
    n, K = t.size("n"), t.size("K")
    z, v = t.reals("z", n, K), t.reals("v", n, K)
    a, b = t.labels("a", n, classes=K), t.labels("b", n, classes=K)
    t.differ(a, b)
    v_a, v_b = (xp.take_along_axis(v, xp.expand_dims(place, axis=-1), axis=-1) for place in (a, b))
    above = t.assume_not_negative("v_a >= v_i", v_a - v)
    below = t.assume_not_negative("v_i >= v_b", v - v_b)
    p = textbook.softmax(z, xp=xp)
    m = xp.sum(p * v, axis=-1, keepdims=True)
    others = (1 - textbook.one_hot(a, K, xp=xp)) * (1 - textbook.one_hot(b, K, xp=xp))
    rest = xp.squeeze((v_a + v_b) ** 2 / 4 + ((v_a + v_b) / 2 - m) ** 2, axis=-1)
    slack = xp.sum(others * v**2, axis=-1) / 2 + rest + xp.sum(p * above * below, axis=-1)
    curvature = xp.sum(v * core.curvature_product(z, v, xp=xp), axis=-1)

    t.equal("the curvature along v", curvature, xp.sum(p * (v - m) ** 2, axis=-1))
    t.at_least("sum_i v_i^2/2 against the curvature along v", xp.sum(v**2, axis=-1) / 2, curvature, slack)

    d, l2 = t.size("d"), t.scalar("l2")
    W, w, X, U, u = t.reals("W", d, K), t.reals("w", K), t.reals("x", n, d), t.reals("U", d, K), t.reals("u", K)
    HU, Hu = core.hessian_product(W, w, X, U, u, xp=xp, l2=l2)
    along = X @ U + u
    p = textbook.softmax(X @ W + w, xp=xp)
    mean_variance = xp.sum(p * (along - xp.sum(p * along, axis=-1, keepdims=True)) ** 2) / n
    t.equal("the curvature of F along (U, u)", xp.sum(U * HU) + xp.sum(u * Hu), mean_variance + l2 * xp.sum(U**2))
