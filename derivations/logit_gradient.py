"""dL/dz = S(z) - y: the gradient of the cross-entropy in the logits.

L = -sum_k y_k log S_k, and d log S_k/dz_i = (1/S_k) dS_k/dz_i = delta_ik - S_i. So

    dL/dz_i = -sum_k y_k (delta_ik - S_i)
            = S_i sum_k y_k - y_i
            = S_i - y_i,

where only the last line needs that the probabilities y sum to 1.
"""

from softreg import core
from softreg.symbolic import textbook


def derive(t):
    """Differentiate the code's loss, and compare with the code's gradient."""
    xp = t.xp
    K = t.size("K")
    z, y = t.reals("z", K), t.probabilities("y", K)
    S = textbook.softmax(z, xp=xp)
    slope = t.derivative(core.cross_entropy(z, y, xp=xp), z)

    t.equal("dL/dz_i, L as the code computes it", slope, S * xp.sum(y) - y)
    t.equal("dL/dz_i where y sums to 1", slope, S - y)
    t.equal("core.logit_gradient", core.logit_gradient(z, y, xp=xp), S - y)
