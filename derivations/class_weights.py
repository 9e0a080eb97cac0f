"""Class weights c: the loss is -sum_k c_k y_k log S_k, its gradient c_label (S - y).

A class weight is the sample weight of the rows with that label. Written over all classes, the
gradient of the weighted loss is S_i sum_k c_k y_k - c_i y_i; for a label, the sum is c_label.
"""

from softreg import core
from softreg.symbolic import textbook


def derive(t):
    """Run the code's data term with the weight of each row's label."""
    xp = t.xp
    n, K = t.size("n"), t.size("K")
    z, c, labels = t.reals("z", n, K), t.reals("c", K), t.labels("label", n, classes=K)
    Y = textbook.one_hot(labels, K, xp=xp)
    w = xp.sum(Y * c, axis=-1)
    S = textbook.softmax(z, xp=xp)
    total, gradient = core.data_term(z, labels, w, xp=xp)

    t.equal("the sum of losses", total, -xp.sum(c * Y * textbook.log_softmax(z, xp=xp)))
    t.equal("its gradient", gradient, S * xp.sum(c * Y, axis=-1, keepdims=True) - c * Y)
    t.equal("its derivative", t.derivative(total, z), gradient)
