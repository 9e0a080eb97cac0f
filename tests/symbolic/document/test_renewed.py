"""Two losses of one letter, each under its heading, and sums over drawn words beside those over all."""

import pytest

from softreg.symbolic.document import judge

FIRST = r"""$$P(o \mid c) = \frac{\exp(u_o^T v_c)}{\sum_{w @} \exp(u_w^T v_c)}$$

$$J = -\log P(o \mid c)$$

$$\frac{\partial J}{\partial v_c} = -u_o + \sum_{x @} P(x \mid c) u_x$$
"""
SECOND = r"""$$J = -\log \sigma(u_o^T v_c) - \sum_{k=1}^K \log \sigma(-u_k^T v_c)$$

$$\frac{\partial J}{\partial v_c} = (\sigma(u_o^T v_c) - 1) u_o + \sum_{k=1}^K \sigma(u_k^T v_c) u_k$$
"""
HEADING = "\n## Negative sampling\n\n"


def verdicts(text):
    """Return the verdicts alone."""
    return [s.verdict for s in judge(text).steps]


@pytest.mark.parametrize("all_", [r"\in V", "= 1}^{V"])
def test_a_loss_under_its_own_heading(all_):
    """The letter is that of a new loss there, for which some words are drawn; before it, the first one holds."""
    first = FIRST.replace("@", all_)
    assert verdicts(first + HEADING + SECOND) == ["definition", "definition", "true", "definition", "true"]
    note = "J is another loss from line 9 on, called L where this is told"
    assert note in judge(first + HEADING + SECOND).context
    for slip in ((") u_k$", ") v_c$"), ("- 1) u_o", "+ 1) u_o"), ("log \\sigma(-u_k", "log \\sigma(u_k")):
        assert verdicts(first + HEADING + SECOND.replace(*slip))[4] in ("false", "type-error")
    assert verdicts(first.replace("-u_o", "u_o") + HEADING + SECOND)[2] == "false"


def test_a_statement_about_the_same_loss():
    """Under a heading too, what is said of the same letters is a claim."""
    before = "$$p_i = \\frac{e^{z_i}}{\\sum_j e^{z_j}}$$\n\n$$L = -\\sum_k y_k \\log p_k$$\n\n## Simpler\n\n"
    after = "\n\n$$\\frac{\\partial L}{\\partial z_i} = p_i - y_i$$"
    right = r"$$L = -\sum_k y_k z_k + \log \sum_j e^{z_j}$$"
    assert verdicts(before + right + after)[2:] == ["true-if", "true-if"]
    assert verdicts(before + right.replace("+", "-") + after)[2] == "false"
