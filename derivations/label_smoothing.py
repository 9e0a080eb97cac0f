"""Smoothed labels (1 - e) y + e/K: the loss is (1 - e) L + e times the mean of -log S_k.

The cross-entropy is linear in its target. Smoothed rows still sum to 1, so the gradient is S less
the smoothed target.
"""

from softreg import core
from softreg.symbolic import textbook


def derive(t):
    """Run the code on smoothed targets, from probabilities and from labels."""
    xp = t.xp
    n, K = t.size("n"), t.size("K")
    z, e = t.reals("z", n, K), t.scalar("e")
    labels = t.labels("c", n, classes=K)
    S, surprisal = textbook.softmax(z, xp=xp), -textbook.log_softmax(z, xp=xp)
    for Y, of in ((t.probabilities("y", n, K), "y"), (textbook.one_hot(labels, K, xp=xp), "labels")):
        smooth = (1 - e) * Y + e / K
        loss, gradient = core.cross_entropy_and_gradient(z, smooth, xp=xp)
        plain = core.cross_entropy(z, Y, xp=xp)

        t.equal(f"smoothed {of}: a row's sum", xp.sum(smooth, axis=-1), xp.ones(n))
        t.equal(f"smoothed {of}: the loss", loss, (1 - e) * plain + e * xp.mean(surprisal, axis=-1))
        t.equal(f"smoothed {of}: the gradient", gradient, S - smooth)
        t.equal(f"smoothed {of}: its derivative", t.derivative(xp.sum(loss), z), gradient)
