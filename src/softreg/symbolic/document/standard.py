"""Definitions as they stand in all books."""

from __future__ import annotations

from collections.abc import Set

from softreg.symbolic.document import nodes as n
from softreg.symbolic.document.definitions import Definition


def is_softmax(definition: Definition) -> bool:
    r"""Whether this is e^{u_k} / \sum_j e^{u_j}, at an index of the letter that is defined."""
    body = definition.body
    if not isinstance(body, n.Quotient) or not isinstance(body.denominator, n.Sum) or body.denominator.excluded:
        return False
    top, below, j = body.numerator, body.denominator.body, body.denominator.index
    if not all(isinstance(part, n.Function) and part.name == "exp" for part in (top, below)):
        return False
    own = {*definition.sub, *definition.sup} & n.free_indices(top)
    return any(n.renamed(top, {k: j}) == below for k in own)


def is_cross_entropy(definition: Definition, targets: Set[str]) -> bool:
    r"""Whether this is -\sum_k y_k \log p_k, or the sum of that over samples, or their mean."""
    factors = definition.body.factors if isinstance(definition.body, n.Mul) else ()
    sums = [f for f in factors if isinstance(f, n.Sum)]
    if factors.count(n.MINUS_ONE) != 1 or len(sums) != 1:
        return False
    indices: set[str] = set()
    core: n.Node = sums[0]
    while isinstance(core, n.Sum) and not core.excluded:
        indices.add(core.index)
        core = core.body
    parts = core.factors if isinstance(core, n.Mul) else ()
    if len(parts) != 2 or len(factors) > 2 + (len(indices) > 1):
        return False
    target, log = sorted(parts, key=lambda part: isinstance(part, n.Function))
    if not (isinstance(target, n.Var) and target.letter in targets):
        return False
    if not (isinstance(log, n.Function) and log.name == "log" and isinstance(log.argument, n.Var)):
        return False
    same = (target.sub, target.sup) == (log.argument.sub, log.argument.sup)
    return same and indices <= n.free_indices(target)
