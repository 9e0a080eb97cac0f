"""softmax(z)_i = exp(z_i) / sum_j exp(z_j), whatever the shift, and it sums to 1.

The code never forms exp(z_i), which could overflow. It measures every logit from one of them, z_k:

    exp(z_i - z_k) / sum_j exp(z_j - z_k) = exp(z_i) exp(-z_k) / (exp(-z_k) sum_j exp(z_j)).

The factor exp(-z_k) cancels whichever k it is; that the code takes the largest logit matters for
rounding only. The same holds for any number c that is added to all logits.
"""

from softreg import core
from softreg.symbolic import textbook


def derive(t):
    """Compare the code with the definition, its sum with 1, and both after a shift."""
    xp = t.xp
    K = t.size("K")
    z, c = t.reals("z", t.size("n"), K), t.reals("c")
    S = core.softmax(z, xp=xp)

    t.equal("core.softmax", S, textbook.softmax(z, xp=xp))
    t.equal("sum_i S_i", xp.sum(S, axis=-1), xp.ones(t.size("n")))
    t.equal("core.softmax of z + c", core.softmax(z + c, xp=xp), S)
