"""The proof can fail: every small change of core.py is rejected, or accounted for otherwise."""

import collections

import pytest

import softreg.core
from softreg.symbolic import find_claims

from .battery import numeric_failure
from .mutants import EQUIVALENT, Jury, failure_with, mutants


@pytest.fixture(scope="module")
def fates():
    """Return what became of every mutant."""
    jury = Jury()
    return [jury.fate(mutant) for mutant in mutants()]


def test_every_mutant_is_accounted_for(fates):
    """No mutant survives the proof, the numeric battery and the list of equivalent changes."""
    assert [fate.mutant.name for fate in fates if fate.kind == "SURVIVED"] == []


def test_the_proof_rejects_most_mutants(fates):
    """Most of the mutants, and over a hundred by a counterexample, fail the proof itself."""
    count = collections.Counter(fate.kind for fate in fates)
    assert len(fates) >= 250
    assert count["refuted"] >= 100
    assert sum(count[kind] for kind in ("refuted", "undecided", "shape", "unsupported")) >= 0.75 * len(fates)


def test_equivalent_mutants_are_those_listed(fates):
    """The list of equivalent changes has no entry that no longer occurs."""
    assert {fate.mutant.name for fate in fates if fate.kind == "equivalent"} == set(EQUIVALENT)


def test_a_rejection_names_the_claim(fates):
    """Each rejection begins with the name of a claim."""
    names = {claim.name for claim in find_claims()}
    rejected = [fate for fate in fates if fate.kind in ("refuted", "undecided", "shape", "unsupported")]
    assert all(fate.by.split(":")[0] in names for fate in rejected)


def test_a_wrong_sign_fails_by_name():
    """The gradient with its sign changed fails the claim about it, with a counterexample."""
    (mutant,) = (
        m
        for m in mutants()
        if m.name == "_residual: (1 - y) * p - y * q becomes (1 - y) * p + y * q: return (1 - y) * p + y * q"
    )
    (claim,) = find_claims(["logit_gradient"])
    failure = failure_with(claim, mutant.module())
    assert "core.logit_gradient: false at K = 3" in failure
    assert not failure_with(claim, softreg.core)


def test_the_shipped_core_passes_the_battery():
    """The battery, which kills the mutants that are right but for rounding, finds nothing in core.py."""
    assert numeric_failure(softreg.core) is None
