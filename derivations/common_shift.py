"""Adding the same vector u to every class's weights changes nothing; the gradient sums to 0.

W + u1' adds x_i'u to all logits of row i, and the softmax does not see it. So the loss is constant
along u1', its gradient has no part in that direction (over the classes it sums to 0), and neither
has the Hessian. Only the penalty, here 0, tells such weights apart.
"""

from softreg import core


def derive(t):
    """Compare the loss at W + u1', b + c with that at W, b; sum the gradient over the classes."""
    xp = t.xp
    n, d, K = t.size("n"), t.size("d"), t.size("K")
    W, b, X, Y = t.reals("W", d, K), t.reals("b", K), t.reals("x", n, d), t.probabilities("y", n, K)
    u, c = t.reals("u", d), t.reals("c")
    F, dW, db = core.loss_and_gradient(W, b, X, Y, xp=xp)
    shifted = core.loss_and_gradient(W + xp.expand_dims(u, axis=-1), b + c, X, Y, xp=xp)

    for name, one, other in zip(("F", "dF/dW", "dF/db"), shifted, (F, dW, db), strict=True):
        t.equal(f"{name} at W + u1', b + c", one, other)
    t.equal("sum_k dF/dW_pk", xp.sum(dW, axis=-1), xp.zeros(d))
    t.equal("sum_k dF/db_k", xp.sum(db), 0)
    common = W - W + xp.expand_dims(u, axis=-1), b - b + c
    HW, Hb = core.hessian_product(W, b, X, *common, xp=xp)
    t.equal("the Hessian times u1', in W", HW, xp.zeros((d, K)))
    t.equal("the Hessian times u1', in b", Hb, xp.zeros(K))
