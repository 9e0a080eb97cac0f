"""Finding claims, proving them, and saying what became of them."""

import pytest
import sympy as sp

from softreg.symbolic import Fixed, Symbolic, find_claims, main, prove
from softreg.symbolic.prove import Claim, prove_claim
from softreg.symbolic.setting import RejectedError
from softreg.symbolic.terms import ShapeError


def claim(derive):
    """Return a claim from a function."""
    return Claim("test", "A test.", "A test.", derive)


def test_all_claims_are_proved(capsys):
    """Without a name, the command prints a table of all claims and succeeds."""
    assert main([]) == 0
    *table, last = capsys.readouterr().out.splitlines()
    assert len(table) == len(find_claims())
    assert all(line.startswith("proved") for line in table)
    assert last.startswith(f"{len(table)} of {len(table)} claims proved")


def test_a_name_prints_the_derivation(capsys):
    """With a name, the command prints the page and each step with what it needs."""
    assert main(["logit_gradient"]) == 0
    out = capsys.readouterr().out
    assert "dL/dz = S(z) - y" in out
    assert "exp(z_i)/sum_j(exp(z_j)) - y_i" in out
    assert "given: rows of y sum to 1" in out


def test_an_unknown_name_lists_the_known(capsys):
    """A name that is no claim's is an error that lists the claims."""
    with pytest.raises(LookupError, match="logit_gradient"):
        prove(["no_such_claim"])
    assert main(["no_such_claim"]) == 2
    assert "no claim is called no_such_claim" in capsys.readouterr().out


def test_a_false_claim_fails_with_its_name(capsys, monkeypatch):
    """A wrong core fails the command, and the message names claim, equation and counterexample."""
    wrong = find_claims(["logit_gradient"])[0]
    core = wrong.derive.__globals__["core"]
    monkeypatch.setattr(core, "logit_gradient", lambda z, y, xp: y - core.softmax(z, xp=xp))
    assert main([]) == 1
    out = capsys.readouterr().out
    assert "logit_gradient is not proved: RejectedError: core.logit_gradient: false at K = 3" in out


def test_results_are_reported_as_they_come():
    """The caller hears of each result at once, with its steps and assumptions."""
    heard = []
    results = prove(["softmax_jacobian", "logit_gradient"], report=heard.append)
    assert heard == results
    assert [r.name for r in results] == ["softmax_jacobian", "logit_gradient"]
    assert all(r.proved and r.steps and r.seconds > 0 for r in results)


def test_a_claim_without_an_equation_is_not_proved():
    """Nothing stated is nothing proved."""
    assert not prove_claim(claim(lambda t: None)).proved


def test_an_unsupported_operation_is_not_a_proof():
    """A claim that leaves the namespace fails; it is not skipped."""
    result = prove_claim(claim(lambda t: t.equal("sorted", t.xp.sort(t.reals("z", t.size("K"))), 0)))
    assert not result.proved
    assert "AttributeError" in result.failure


def test_a_derivative_by_what_does_not_occur_is_refused():
    """0 = 0 proves nothing: a derivative by an array that does not occur is an error."""

    def vacuous(t):
        z, u = t.reals("z", t.size("K")), t.reals("u", t.size("K"))
        t.equal("dz/du", t.derivative(t.xp.sum(z), u), t.xp.zeros(t.size("K")))

    with pytest.raises(RejectedError, match="does not occur"):
        vacuous(Symbolic())


def test_undecided_is_not_false():
    """What neither the rules nor a counterexample settles is called undecided."""

    def deep(t):
        a = t.reals("a")
        t.equal("exp(log(a^2 + 1)) twice", t.xp.log((a**2 + 1) ** 2), 2 * t.xp.log(a**2 + 1))

    with pytest.raises(RejectedError, match="undecided"):
        deep(Symbolic())


def test_false_has_a_counterexample():
    """What is false is refuted by numbers."""
    t = Symbolic()
    z = t.reals("z", t.size("K"))
    with pytest.raises(RejectedError, match=r"false at K = 3, .* is not"):
        t.equal("z = 2 z", z, 2 * z)


def test_shapes_that_differ_are_refused():
    """Equality is between arrays of one shape; nothing is broadcast silently."""
    for t in (Symbolic(), Fixed()):
        with pytest.raises(ShapeError):
            t.equal("a row and its sum", t.reals("z", t.size("K")), t.xp.sum(t.reals("z", t.size("K"))))


def test_an_inequality_needs_terms_of_known_sign():
    """A slack with a term that may be negative does not prove an inequality."""
    t = Symbolic()
    z = t.reals("z", t.size("K"))
    with pytest.raises(RejectedError, match="may be negative"):
        t.at_least("z against 0", z, 0 * z, z)
    t.at_least("z^2 against 0", z**2, 0 * z, z**2)
    above = t.assume_not_negative("z >= 1", z - 1)
    t.at_least("z against 1", z * (z - 1) ** 2, (z - 1) ** 2, above * (z - 1) ** 2)
    assert t.steps[-1].uses == ("z >= 1",)


def test_fixed_sizes_can_reject():
    """The cross-check finds a false equation by itself."""
    t = Fixed()
    z = t.reals("z", t.size("K"))
    with pytest.raises(RejectedError, match="false at fixed sizes"):
        t.equal("the sum", t.xp.sum(z), t.xp.sum(z) + sp.Rational(1, 10**9))
