"""How much a minimum may still lie below: the Newton decrement, from the Hessian itself.

A solver's own estimate of H^-1 says what is left to gain, and is wrong where the estimate is: with
saturated probabilities by many orders of magnitude. Here half of g'H^-1 g is found by conjugate
gradients on H x = g, each step one product with H. Its steps never promise too much (Hestenes &
Stiefel 1952, doi:10.6028/jres.049.044), and a good preconditioner needs one or two.

That is what a quadratic leaves to gain. The objective is like one as far as logits change by less
than about 1 (it is self-concordant in this sense: Sun & Tran-Dinh 2019, doi:10.1007/s10107-018-1282-4).
Where the step to the minimum of the quadratic changes those of some row by more, and it is this
row's curvature that keeps the step short, the curvature does not last as far as the step goes, and
much may be gained behind: an outlier does that to all other rows.
"""

from __future__ import annotations

import math

from array_api_compat import array_namespace

from softreg.solvers.minimise import Array, Confirmed, Problem
from softreg.solvers.precondition import Inverse

MAX_PRODUCTS = 25
BLIND = 4
REST = 0.05  # share of the sum that may be estimated from the last step
REACH = 0.5  # change of a row's logits over which its curvature lasts
BEYOND = 0.05  # share of the curvature along the step that may belong to rows that change by more


def newton_decrement(
    problem: Problem, theta: Array, gradient: Array, inverse: Inverse, enough: float = math.inf
) -> Confirmed:
    """Return half of g'H^-1 g at theta, and whether the curvature lasts as far as the step goes.

    What the last products leave open is estimated from them. The sum only grows, so it is not finished
    where it is beyond `enough` for certain. A preconditioner that knows nothing of how columns go
    together needs `BLIND` products at the least: the first find the few directions that bend most,
    behind which all that is left to gain may hide.
    """
    xp = array_namespace(theta)
    residual, direction = gradient, inverse.times(gradient)
    rest = float(xp.sum(residual * direction))
    total, open_part, rounding = 0.0, rest, max(problem.resolution**2 * rest, 0.0)
    newton = xp.zeros_like(theta)
    if rest <= 0:  # at the minimum; or the preconditioner is not positive, and nothing is known
        return Confirmed(0.0 if rest == 0 else math.inf)
    for done in range(1, MAX_PRODUCTS + 1):
        product = problem.hessian_product(theta, direction)
        bend = float(xp.sum(direction * product))
        if bend <= 0 or not math.isfinite(bend):  # rounding is all there is, or no curvature at all
            return Confirmed(math.inf)
        step = rest / bend
        total += step * rest
        newton = newton + step * direction
        residual = residual - step * product
        preconditioned = inverse.times(residual)
        rest, before = float(xp.sum(residual * preconditioned)), rest
        # The next term with the same step, which makes up for a preconditioner of the wrong size, and all
        # that follow if each is smaller than the one before by the same ratio.
        open_part = max(step * rest, 0.0) / max(1 - rest / before, REST)
        if (
            rest <= rounding
            or total / 2 > enough
            or (done >= (BLIND if inverse.blind else 1) and open_part <= REST * total)
        ):
            break
        direction = preconditioned + rest / before * direction
    decrement = (total + open_part) / 2
    lasts = decrement > enough or problem.curvature_beyond(theta, newton, REACH) <= BEYOND * total
    return Confirmed(decrement, lasts)
