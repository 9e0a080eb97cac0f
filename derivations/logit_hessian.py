"""d2L/dz_i dz_j = S_i (delta_ij - S_j): the curvature of the loss, which does not depend on y.

The gradient is S - y, and y is constant, so the second derivative is the Jacobian of the softmax.
Its product with a direction v is S_i v_i - S_i sum_j S_j v_j = S_i (v_i - sum_j S_j v_j).
"""

from softreg import core
from softreg.symbolic import textbook


def derive(t):
    """Differentiate the code's gradient, and compare with the code's curvature."""
    xp = t.xp
    K = t.size("K")
    z, y, v = t.reals("z", K), t.probabilities("y", K), t.reals("v", K)
    S = textbook.softmax(z, xp=xp)
    second = t.derivative(core.logit_gradient(z, y, xp=xp), z)

    t.equal("d2L/dz_i dz_j", second, xp.expand_dims(S, axis=-1) * (xp.eye(K) - S))
    t.equal("d2L/dz_i dz_j", second, core.softmax_jacobian(z, xp=xp))
    t.equal("the Hessian times v", second @ v, S * (v - xp.sum(S * v)))
    t.equal("core.curvature_product", core.curvature_product(z, v, xp=xp), second @ v)
