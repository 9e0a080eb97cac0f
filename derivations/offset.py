"""With an offset O, Z = X W + b + O, the gradient keeps its form: X'(S(Z) - Y) and sum_i (S(Z) - Y)_i.

The offset is constant, so the slopes of Z in W and b are as without it. Sums over rows are
differentiated here; the mean and the penalty are added to them once (`core.mean_with_penalty`).
"""

from softreg import core
from softreg.symbolic import textbook


def derive(t):
    """Differentiate the code's sum over rows, and compare with the gradient made of its residual."""
    xp = t.xp
    n, d, K = t.size("n"), t.size("d"), t.size("K")
    W, b, X, Y = t.reals("W", d, K), t.reals("b", K), t.reals("x", n, d), t.probabilities("y", n, K)
    offset = t.reals("o", n, K)
    Z = X @ W + b + offset
    total, residual = core.data_term(Z, Y, None, xp=xp)

    t.equal("the sum of losses", total, xp.sum(textbook.cross_entropy(Z, Y, xp=xp)))
    t.equal("its gradient in Z", residual, textbook.softmax(Z, xp=xp) - Y)
    t.equal("its derivative in W", t.derivative(total, W), xp.matrix_transpose(X) @ residual)
    t.equal("its derivative in b", t.derivative(total, b), xp.sum(residual, axis=0))
