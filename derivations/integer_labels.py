"""Integer labels give what their one-hot rows give, and need no assumption.

For the label c of a row, y_k = delta_kc. Then sum_k y_k (-log S_k) = -log S_c, and the row sums
to 1 by its form: that dL/dz = S - y is then a theorem without a condition.
"""

from softreg import core
from softreg.symbolic import textbook


def derive(t):
    """Run the code on labels and on their one-hot form."""
    xp = t.xp
    n, d, K = t.size("n"), t.size("d"), t.size("K")
    z, labels = t.reals("z", n, K), t.labels("c", n, classes=K)
    Y = textbook.one_hot(labels, K, xp=xp)
    loss, gradient = core.cross_entropy_and_gradient(z, labels, xp=xp)

    t.equal("the loss", loss, textbook.cross_entropy(z, Y, xp=xp))
    t.equal("core.cross_entropy", core.cross_entropy(z, labels, xp=xp), core.cross_entropy(z, Y, xp=xp))
    t.equal("the gradient", gradient, textbook.softmax(z, xp=xp) - Y)
    t.equal("core.logit_gradient", core.logit_gradient(z, labels, xp=xp), core.logit_gradient(z, Y, xp=xp))
    t.equal("the gradient is that of the sum of losses", t.derivative(xp.sum(loss), z), gradient)

    W, b, X, l2 = t.reals("W", d, K), t.reals("b", K), t.reals("x", n, d), t.scalar("l2")
    names = ("F", "dF/dW", "dF/db")
    by_label = core.loss_and_gradient(W, b, X, labels, xp=xp, l2=l2)
    by_row = core.loss_and_gradient(W, b, X, Y, xp=xp, l2=l2)
    for name, one, other in zip(names, by_label, by_row, strict=True):
        t.equal(f"{name} of core.loss_and_gradient", one, other)
    t.equal("dF/dW is the derivative of F", t.derivative(by_label[0], W), by_label[1])
