"""dS_j/dz_i = S_i (delta_ij - S_j): the derivative of the softmax.

S_j = exp(z_j) / sum_k exp(z_k). Raising z_i raises the numerator of S_j only where i = j, and the
denominator always, by exp(z_i). The quotient rule gives

    dS_j/dz_i = (delta_ij exp(z_j) sum_k exp(z_k) - exp(z_j) exp(z_i)) / (sum_k exp(z_k))^2
              = S_j delta_ij - S_j S_i
              = S_i (delta_ij - S_j).

`core.softmax` computes S with the largest logit taken out, and `core.softmax_jacobian` its
derivative as p_i q_i on the diagonal and -p_i p_j elsewhere, where q = 1 - p.
"""

from softreg import core
from softreg.symbolic import textbook


def derive(t):
    """Differentiate the code's softmax, and compare with the code's Jacobian."""
    xp = t.xp
    K = t.size("K")
    z = t.reals("z", K)
    S = textbook.softmax(z, xp=xp)
    identity = xp.where(xp.expand_dims(xp.arange(K), axis=-1) == xp.arange(K), 1, 0)
    S_i, S_j = xp.expand_dims(S, axis=-1), xp.expand_dims(S, axis=-2)
    slope = xp.matrix_transpose(t.derivative(core.softmax(z, xp=xp), z))  # axes: z_i, then S_j

    t.equal("dS_j/dz_i, S as the code computes it", slope, S_i * (identity - S_j))
    t.equal("core.softmax_jacobian", core.softmax_jacobian(z, xp=xp), S_i * (identity - S_j))

    rows = t.reals("r", t.size("n"), K)
    S = textbook.softmax(rows, xp=xp)
    S_i, S_j = xp.expand_dims(S, axis=-1), xp.expand_dims(S, axis=-2)
    t.equal("core.softmax_jacobian of many rows", core.softmax_jacobian(rows, xp=xp), S_i * (identity - S_j))
