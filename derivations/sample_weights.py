"""With weights, F = sum_i w_i L_i / sum_i w_i + l2/2 sum W^2, and the gradient follows.

A weight multiplies its row's loss, and so its row's gradient; the mean is over the sum of the
weights, which is assumed to be positive. Weights that are all equal change nothing.
"""

from softreg import core
from softreg.symbolic import textbook


def derive(t):
    """Compare the code's weighted loss with the definition, and its gradient with the derivative."""
    xp = t.xp
    n, d, K = t.size("n"), t.size("d"), t.size("K")
    W, b, X, Y = t.reals("W", d, K), t.reals("b", K), t.reals("x", n, d), t.probabilities("y", n, K)
    w, l2 = t.weights("w", n), t.scalar("l2")
    F, dW, db = core.loss_and_gradient(W, b, X, Y, xp=xp, l2=l2, w=w)
    losses = textbook.cross_entropy(X @ W + b, Y, xp=xp)

    t.equal("F", F, xp.sum(w * losses) / xp.sum(w) + l2 * xp.sum(W * W) / 2)
    t.equal("dF/dW", t.derivative(F, W), dW)
    t.equal("dF/db", t.derivative(F, b), db)

    c = t.scalar("c", positive=True)
    same = xp.where(xp.isfinite(w), c, w)
    plain = core.loss_and_gradient(W, b, X, Y, xp=xp, l2=l2)
    equal = core.loss_and_gradient(W, b, X, Y, xp=xp, l2=l2, w=same)
    for name, one, other in zip(("F", "dF/dW", "dF/db"), equal, plain, strict=True):
        t.equal(f"{name}, all weights equal", one, other)
    new_W, new_b = core.gradient_step(W, b, X, Y, xp=xp, learning_rate=c, l2=l2, w=w)
    t.equal("the new W of core.gradient_step", new_W, W - c * dW)
    t.equal("the new b of core.gradient_step", new_b, b - c * db)
