"""The fit's cheap shift and the public functions' exact one give the same results.

`core.guarded_shift` keeps what rounding loses (0 in exact arithmetic) and turns infinities into
limits; `core.plain_shift` does neither. For finite logits both describe the same function, so what
a fit runs is what is proved of the public functions.
"""

from softreg import core


def derive(t):
    """Run each kernel that takes a shift with both."""
    xp = t.xp
    n, d, K = t.size("n"), t.size("d"), t.size("K")
    W, b, X = t.reals("W", d, K), t.reals("b", K), t.reals("x", n, d)
    U, v, z, V = t.reals("U", d, K), t.reals("v", K), t.reals("z", n, K), t.reals("V", n, K)
    l2, a, w = t.scalar("l2"), t.scalar("a"), t.weights("w", n)
    Y, labels = t.reals("y", n, K), t.labels("c", n, classes=K)

    def agree(statement, kernel, *args, **scalars):
        plain = kernel(*args, xp=xp, shift=core.plain_shift, **scalars)
        guarded = kernel(*args, xp=xp, shift=core.guarded_shift, **scalars)
        parts = (plain, guarded) if isinstance(plain, tuple) else ((plain,), (guarded,))
        for part, (one, other) in enumerate(zip(*parts, strict=True), start=1):
            t.equal(f"{statement}, part {part}", one, other)

    for targets, kind in ((Y, "rows"), (labels, "labels")):
        agree(f"core.cross_entropy_and_gradient, {kind}", core.cross_entropy_and_gradient, z, targets)
        agree(f"core.data_term, {kind}", core.data_term, z, targets, w)
        agree(f"core.loss_and_gradient, {kind}", core.loss_and_gradient, W, b, X, targets, l2=l2)
        agree(f"core.gradient_step, {kind}", core.gradient_step, W, b, X, targets, learning_rate=a, w=w)
    agree("core.curvature_product", core.curvature_product, z, V)
    agree("core.hessian_product", core.hessian_product, W, b, X, U, v, l2=l2, w=w)
