"""Sums without brackets: they reach as far as their index, and a minus in front of y log p + (1 - y) log(1 - p)."""

import pytest

from softreg.symbolic.document import judge

MEAN = "Let $\\mu_i = \\sigma(w^T x_i)$.\n\n"


def verdicts(loss, slope):
    """Return the verdicts on a loss and its gradient."""
    return [s.verdict for s in judge(f"{MEAN}$$L(w) = {loss}$$\n\n$$\\nabla L(w) = {slope}$$").steps]


RIGHT = [
    (r"-\sum_i y_i \log \mu_i + (1 - y_i) \log(1 - \mu_i)", r"\sum_i (\mu_i - y_i) x_i"),
    (r"-\sum_i (1 - y_i) \log(1 - \mu_i) + y_i \log \mu_i", r"\sum_i (\mu_i - y_i) x_i"),
    (r"-\sum_i y_i \log \mu_i - (1 - y_i) \log(1 - \mu_i)", r"\sum_i (\mu_i - y_i) x_i"),
    (r"-\frac1m \sum_{i=1}^m y_i \log \mu_i + (1 - y_i) \log(1 - \mu_i)", r"\frac1m \sum_{i=1}^m (\mu_i - y_i) x_i"),
    (
        r"-\sum_i y_i \log \mu_i + (1 - y_i) \log(1 - \mu_i) + \frac{\lambda}{2} \|w\|^2",
        r"\sum_i (\mu_i - y_i) x_i + \lambda w",
    ),
]


@pytest.mark.parametrize(("loss", "slope"), RIGHT)
def test_two_classes(loss, slope):
    """The minus is that of both terms, the factor too, and what has no index is not summed up."""
    assert verdicts(loss, slope) == ["definition", "true"]
    assert verdicts(loss.replace("1 - \\mu_i", "\\mu_i"), slope)[1] == "false"
    assert verdicts(loss, slope.replace("\\mu_i - y_i", "\\mu_i + y_i"))[1] == "false"
    assert verdicts(loss.replace("-", "", 1), slope)[1] == "false"


def test_one_note_says_so():
    """The reader is told on which lines brackets are supplied, and nothing where they stand."""
    terms = r"y_i \log \mu_i + (1 - y_i) \log(1 - \mu_i)"
    told = "line 3: a sum without brackets is taken to reach as far as its index"
    assert judge(rf"{MEAN}$$L = -\sum_i {terms}$$").context.count(told) == 1
    assert told not in judge(rf"{MEAN}$$L = -\sum_i [{terms}]$$").context


def test_samples_without_an_index():
    """In a sum over x, the second term is of the sample too."""
    text = (
        "Let $a = \\sigma(z)$ and $z = \\sum_j w_j x_j + b$.\n\n"
        "$$C = -\\frac{1}{n} \\sum_x y \\ln a + (1-y) \\ln(1-a)$$\n\n"
        "$$\\frac{\\partial C}{\\partial w_j} = \\frac{1}{n} \\sum_x (a - y) x_j$$"
    )
    assert [s.verdict for s in judge(text).steps] == ["definition", "true"]
    assert judge(text.replace("(a - y)", "(a + y)")).steps[1].verdict == "false"


@pytest.mark.parametrize(("sign", "verdict"), [("+", "true"), ("-", "false")])
def test_other_terms_have_their_own_sign(sign, verdict):
    """Where the second term is no complement of the first, a minus in front is that of the first alone."""
    before = "$$p_i = \\frac{e^{z_i}}{\\sum_j e^{z_j}}$$\n\n$$L = -\\sum_k y_k \\log p_k$$\n\n"
    row = rf"$$\frac{{\partial L}}{{\partial z_i}} = -\sum_k y_k \delta_{{ki}} {sign} y_k p_i$$"
    assert judge(before + row).steps[2].verdict == verdict
