"""The exact decider for fixed sizes, against SymPy's numbers and the shipped claims' mutants."""

import pytest
import sympy as sp

from softreg.symbolic import find_claims
from softreg.symbolic.rational import Rational
from softreg.symbolic.setting import Fixed

from .mutants import mutants

x, y, t = sp.symbols("x y t", real=True)

EQUAL = [
    (sp.exp(x + y), sp.exp(x) * sp.exp(y)),
    (sp.exp(2 * x - y), sp.exp(x) ** 2 / sp.exp(y)),
    ((x**2 - y**2) / (x - y), x + y),
    (1 / (1 + sp.exp(-x)), sp.exp(x) / (1 + sp.exp(x))),
    (sp.log(sp.exp(x) + sp.exp(y)), x + sp.log(1 + sp.exp(y - x))),
    (sp.log(sp.exp(x) / (1 + sp.exp(y))), x - sp.log(1 + sp.exp(y))),
    (x / (x + y) + y / (x + y), sp.Integer(1)),
    (1 / (1 + sp.exp(x)) + 1 / (1 + sp.exp(y)), (2 + sp.exp(x) + sp.exp(y)) / ((1 + sp.exp(x)) * (1 + sp.exp(y)))),
]


@pytest.mark.parametrize(("a", "b"), EQUAL)
def test_equal(a, b):
    """What is equal is found equal."""
    assert Rational().equal(a, b)


@pytest.mark.parametrize(("a", "b"), EQUAL)
def test_not_equal(a, b):
    """A small difference is found, whatever it is made of."""
    for difference in (sp.Rational(1, 10**12), t, sp.exp(t), 1 / (1 + sp.exp(x)), sp.log(2 + sp.exp(t))):
        assert not Rational().equal(a, b + difference)


def test_what_it_does_not_know_is_refused():
    """A function that is not rational in exponentials and logarithms raises."""
    with pytest.raises(TypeError):
        Rational().of(sp.sin(x))


def test_it_rejects_mutants_by_itself():
    """At fixed sizes alone, changes of sign in core's arithmetic are rejected as the proof rejects them."""
    claims = {name: find_claims([name])[0] for name in ("logit_gradient", "logit_hessian", "weight_gradient")}
    tried = 0
    for mutant in mutants():
        claim = {
            "_residual": claims["logit_gradient"],
            "curvature_product": claims["logit_hessian"],
            "mean_with_penalty": claims["weight_gradient"],
        }.get(mutant.function)
        seen = not any(words in mutant.change for words in ("r.top", "_is_label", "p * v, axis=-1"))
        if claim is None or not seen:  # those words are about the place of the top, labels, and many rows
            continue
        names, core = claim.derive.__globals__, claim.derive.__globals__["core"]
        names["core"] = mutant.module()
        try:
            with pytest.raises(Exception, match=r".") as rejection:
                claim.derive(Fixed())
            tried += type(rejection.value).__name__ == "RejectedError"
        finally:
            names["core"] = core
    assert tried >= 20
