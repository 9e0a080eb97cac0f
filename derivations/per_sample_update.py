"""One row gives the per-sample update w_k - a x (S(z_k) - y_k), and dL/dw_k = x (S(z_k) - y_k).

With n = 1 the mean is over one row, and X' has one column, x. For the class k, the weights w_k are
the k-th column of W, and z_k = w_k'x + b_k.
"""

from softreg import core
from softreg.symbolic import textbook


def derive(t):
    """Run the code's step on a single row."""
    xp = t.xp
    d, K = t.size("d"), t.size("K")
    W, b, x, y = t.reals("W", d, K), t.reals("b", K), t.reals("x", 1, d), t.probabilities("y", 1, K)
    a = t.scalar("a")
    z = x @ W + b
    residual = textbook.softmax(z, xp=xp) - y
    update = xp.matrix_transpose(x) * residual
    new_W, new_b = core.gradient_step(W, b, x, y, xp=xp, learning_rate=a)

    t.equal("dL/dW", t.derivative(xp.sum(core.cross_entropy(z, y, xp=xp)), W), update)
    t.equal("the new W", new_W, W - a * update)
    t.equal("the new b", new_b, b - a * xp.squeeze(residual, axis=0))
