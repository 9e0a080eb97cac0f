"""cross_entropy(z, y) = -sum_k y_k log S_k(z), for any number of rows.

The code replaces log S_k by 0 where y_k = 0, so that 0 log 0 counts as 0. In exact arithmetic this
changes nothing, since y_k times either is 0. That y sums to 1 is not needed. Where it does, the
loss is logsumexp(z) - sum_k y_k z_k.
"""

from softreg import core
from softreg.symbolic import textbook


def derive(t):
    """Compare the code with the definition, row by row."""
    xp = t.xp
    n, K = t.size("n"), t.size("K")
    z, y = t.reals("z", n, K), t.probabilities("y", n, K)
    code = core.cross_entropy(z, y, xp=xp)
    loss, gradient = core.cross_entropy_and_gradient(z, y, xp=xp)

    t.equal("core.cross_entropy", code, textbook.cross_entropy(z, y, xp=xp))
    t.equal("core.cross_entropy where y sums to 1", code, textbook.logsumexp(z, xp=xp) - xp.sum(y * z, axis=-1))
    t.equal("the loss of core.cross_entropy_and_gradient", loss, code)
    t.equal("the gradient of core.cross_entropy_and_gradient", gradient, core.logit_gradient(z, y, xp=xp))
