"""log_softmax(z)_i = log S_i(z) = z_i - logsumexp(z).

The logarithm of the quotient exp(z_i) / sum_j exp(z_j) is a difference. The code finds it without
rounding S_i first, as (z_i - z_k) - log(1 + s) with s the sum of exp(z_j - z_k) over j other than k.
"""

from softreg import core
from softreg.symbolic import textbook


def derive(t):
    """Compare the code with the definition, and with the difference."""
    xp = t.xp
    z = t.reals("z", t.size("n"), t.size("K"))
    code = core.log_softmax(z, xp=xp)

    t.equal("core.log_softmax", code, textbook.log_softmax(z, xp=xp))
    t.equal("core.log_softmax", code, z - xp.expand_dims(core.logsumexp(z, xp=xp), axis=-1))
    t.equal("exp of core.log_softmax", xp.exp(code), core.softmax(z, xp=xp))
