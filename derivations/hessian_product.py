"""hessian_product is the derivative of the gradient along a direction (U, v).

Along the line W + t U, b + t v the logits move by V = X U + v times t. Row by row, the gradient
S - y in the logits then changes at the rate J V, J the Jacobian of the softmax. So

    d/dt dF/dW = X'(J V)/n + l2 U,     d/dt dF/db = sum_i (J V)_i/n     at t = 0.
"""

from softreg import core


def derive(t):
    """Differentiate the code's gradient along a line, and compare with the code's product."""
    xp = t.xp
    n, d, K = t.size("n"), t.size("d"), t.size("K")
    W, b, X, Y = t.reals("W", d, K), t.reals("b", K), t.reals("x", n, d), t.probabilities("y", n, K)
    U, v = t.reals("U", d, K), t.reals("v", K)
    l2, time, w = t.scalar("l2"), t.scalar("t"), t.weights("w", n)
    for weights, how in ((None, ""), (w, ", weighted")):
        _, dW, db = core.loss_and_gradient(W + time * U, b + time * v, X, Y, xp=xp, l2=l2, w=weights)
        HW, Hb = core.hessian_product(W, b, X, U, v, xp=xp, l2=l2, w=weights)
        t.equal(f"d/dt dF/dW at t = 0{how}", t.at_zero(t.derivative(dW, time), time), HW)
        t.equal(f"d/dt dF/db at t = 0{how}", t.at_zero(t.derivative(db, time), time), Hb)
