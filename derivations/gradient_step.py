"""gradient_step is the batch update w - a/B sum_i x_i (S(z_i) - y_i), with its penalty a l2 w.

A step of length a against the gradient of the loss of a batch of B rows. The intercept b takes
the same step, for it is the weight of a feature that is always 1, but has no penalty.
"""

from softreg import core
from softreg.symbolic import textbook


def derive(t):
    """Compare the code with the update written out, and with the derivative of the loss."""
    xp = t.xp
    B, d, K = t.size("n"), t.size("d"), t.size("K")
    W, b, X, Y = t.reals("W", d, K), t.reals("b", K), t.reals("x", B, d), t.probabilities("y", B, K)
    a, l2 = t.scalar("a"), t.scalar("l2")
    residual = textbook.softmax(X @ W + b, xp=xp) - Y
    plain_W, plain_b = core.gradient_step(W, b, X, Y, xp=xp, learning_rate=a)
    new_W, new_b = core.gradient_step(W, b, X, Y, xp=xp, learning_rate=a, l2=l2)
    F, _, _ = core.loss_and_gradient(W, b, X, Y, xp=xp, l2=l2)

    t.equal("the new W, no penalty", plain_W, W - a / B * (xp.matrix_transpose(X) @ residual))
    t.equal("the new b", plain_b, b - a / B * xp.sum(residual, axis=0))
    t.equal("the new W", new_W, W - a * t.derivative(F, W))
    t.equal("the new b, with penalty", new_b, b - a * t.derivative(F, b))
