"""dF/dW = X'(S - Y)/n + l2 W and dF/db = sum_i (S_i - y_i)/n: the gradient of the model's loss.

The model's logits are Z = X W + b, and F = sum_i L(z_i, y_i)/n + l2/2 sum W^2. Each W_pk enters
row i through z_ik alone, with slope x_ip; each b_k with slope 1. By the chain rule

    dF/dW_pk = sum_i x_ip (S_ik - y_ik)/n + l2 W_pk,     dF/db_k = sum_i (S_ik - y_ik)/n.
"""

from softreg import core
from softreg.symbolic import textbook


def derive(t):
    """Compare the code's loss with the definition, and its gradient with the loss's derivative."""
    xp = t.xp
    n, d, K = t.size("n"), t.size("d"), t.size("K")
    W, b, X, Y = t.reals("W", d, K), t.reals("b", K), t.reals("x", n, d), t.probabilities("y", n, K)
    l2 = t.scalar("l2")
    F, dW, db = core.loss_and_gradient(W, b, X, Y, xp=xp, l2=l2)
    Z = X @ W + b
    S = textbook.softmax(Z, xp=xp)

    mean_loss = xp.sum(textbook.cross_entropy(Z, Y, xp=xp)) / n
    t.equal("F of core.loss_and_gradient", F, mean_loss + l2 * xp.sum(W * W) / 2)
    t.equal("dF/dW", t.derivative(F, W), xp.matrix_transpose(X) @ (S - Y) / n + l2 * W)
    t.equal("dF/dW of core.loss_and_gradient", dW, xp.matrix_transpose(X) @ (S - Y) / n + l2 * W)
    t.equal("dF/db", t.derivative(F, b), xp.sum(S - Y, axis=0) / n)
    t.equal("dF/db of core.loss_and_gradient", db, xp.sum(S - Y, axis=0) / n)
