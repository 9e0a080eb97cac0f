"""logsumexp(z) = log sum_i exp(z_i), and its gradient is the softmax.

With z_k taken out, log sum_i exp(z_i) = z_k + log(1 + s), s the sum of exp(z_i - z_k) over i other
than k. The chain rule gives d/dz_i log sum_j exp(z_j) = exp(z_i) / sum_j exp(z_j).
"""

from softreg import core
from softreg.symbolic import textbook


def derive(t):
    """Compare the code with the definition, and its derivative with the softmax."""
    xp = t.xp
    z, c = t.reals("z", t.size("K")), t.reals("c")
    code = core.logsumexp(z, xp=xp)

    t.equal("core.logsumexp", code, textbook.logsumexp(z, xp=xp))
    t.equal("core.logsumexp of z + c", core.logsumexp(z + c, xp=xp), code + c)
    rows = t.reals("r", t.size("n"), t.size("K"))
    t.equal("core.logsumexp of many rows", core.logsumexp(rows, xp=xp), textbook.logsumexp(rows, xp=xp))
    t.equal("d logsumexp/dz_i", t.derivative(code, z), core.softmax(z, xp=xp))
