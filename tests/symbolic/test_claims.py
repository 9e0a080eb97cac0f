"""Every claim is proved of the shipped code."""

import pytest

from softreg.symbolic import Fixed, find_claims
from softreg.symbolic.prove import prove_claim

CLAIMS = find_claims()


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_claim_is_proved(claim):
    """The claim is proved for all sizes and holds at fixed ones."""
    result = prove_claim(claim)
    assert result.proved, result.failure
    assert result.steps


@pytest.mark.parametrize("sizes", [{"K": 2, "n": 3, "d": 1}, {"K": 4, "n": 1, "d": 2}], ids=str)
@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_claim_holds_at_other_sizes(claim, sizes):
    """The exact decider agrees at other sizes, too."""
    setting = Fixed(sizes)
    claim.derive(setting)
    assert setting.steps


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_claim_is_a_page(claim):
    """A claim states itself in one line and argues it in a page."""
    first, *rest = claim.text.splitlines()
    assert first.endswith((".", "S."))
    assert 3 <= len(rest) <= 30
    assert claim.derive.__doc__


def test_assumptions_are_named():
    """The gradient needs that y sums to 1; that of integer labels needs nothing."""
    names = ("logit_gradient", "integer_labels", "softmax_jacobian", "positive_semidefinite", "boehning_bound")
    needed = {claim.name: prove_claim(claim, cross_check=False).assumptions for claim in find_claims(names)}
    assert needed["logit_gradient"] == ("rows of y sum to 1",)
    assert needed["integer_labels"] == needed["softmax_jacobian"] == ()
    assert "w >= 0" in needed["positive_semidefinite"]
    assert "v_a >= v_i" in needed["boehning_bound"]
