"""At the dual point p = S(XW), the duality gap of the penalised loss is |dF/dW|^2 / (2 l2).

By Fenchel, the dual of F(W) = sum_i L(x_i'W, y_i)/n + l2/2 sum W^2 is, for rows p_i of probabilities,

    D(p) = -sum_i sum_k p_ik log p_ik / n - |X'(p - Y)/n|^2 / (2 l2)  <=  F(W)  for all W.

At p = S(XW), log p_ik = z_ik - logsumexp(z_i), the entropies combine with the losses to
sum (p - Y) Z / n = <W, G> with G = X'(p - Y)/n, and

    F - D = <W, G> + l2/2 |W|^2 + |G|^2/(2 l2) = |G + l2 W|^2 / (2 l2).

So the gradient bounds how far F is from its minimum. With a free intercept the sum gains <b, dF/db>,
which is 0 once the intercept is optimal. (That D(p) <= F(W) is Fenchel's inequality, not proved here.)
"""

from softreg import core
from softreg.symbolic import textbook


def derive(t):
    """Write the gap in the code's gradient."""
    xp = t.xp
    n, d, K = t.size("n"), t.size("d"), t.size("K")
    W, b, X, Y = t.reals("W", d, K), t.reals("b", K), t.reals("x", n, d), t.probabilities("y", n, K)
    l2 = t.scalar("l2", positive=True)
    F, dW, db = core.loss_and_gradient(W, b, X, Y, xp=xp, l2=l2)
    p = textbook.softmax(X @ W + b, xp=xp)
    G = xp.matrix_transpose(X) @ (p - Y) / n
    D = -xp.sum(p * xp.log(p)) / n - xp.sum(G**2) / (2 * l2)

    t.equal("F - D", F - D, xp.sum(dW**2) / (2 * l2) + xp.sum(b * db))
