"""With two classes, softmax regression is logistic regression.

Let the margin of the label be m = z_label - z_other. Then S_label = 1 / (1 + exp(-m)), the logistic
function, the loss is log(1 + exp(-m)), and its slope in z_label is S_label - 1.
"""

from softreg import core
from softreg.symbolic import textbook


def derive(t):
    """Run the code with K = 2."""
    xp = t.xp
    z, label = t.reals("z", 2), t.labels("c", classes=2)
    y = textbook.one_hot(label, 2, xp=xp)
    m = 2 * xp.sum(y * z) - xp.sum(z)  # z_label - z_other
    logistic = 1 / (1 + xp.exp(-m))

    t.equal("S_label", xp.sum(y * core.softmax(z, xp=xp)), logistic)
    t.equal("the loss", core.cross_entropy(z, label, xp=xp), xp.log(1 + xp.exp(-m)))
    t.equal("dL/dz", core.logit_gradient(z, label, xp=xp), (logistic - 1) * (2 * y - 1))
    t.equal(
        "the Jacobian's diagonal",
        xp.sum(core.softmax_jacobian(z, xp=xp) * xp.eye(2), axis=-1),
        logistic * (1 - logistic) * xp.ones(2),
    )
