"""What stands below a brace behind a sign of equality is what the formula above it is equal to."""

import pytest

from softreg.symbolic.document import judge

BEFORE = r"""Let $p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}$, $L = -\sum_k y_k \log p_k$ and $z_i = \sum_j w_{ij} x_j$,
where $y$ is one-hot.
"""
RIGHT = [
    (
        r"\frac{\partial L}{\partial w_{ij}} = \underbrace{\frac{\partial L}{\partial z_i}}_{= p_i - y_i} x_j",
        ("-", "+"),
    ),
    (
        r"\frac{\partial L}{\partial z_i} = \underbrace{\frac{e^{z_i}}{\sum_j e^{z_j}}}_{= p_i} - y_i",
        ("= p_i}", "= z_i}"),
    ),
    (r"\frac{\partial L}{\partial z_i} = p_i \underbrace{\sum_k y_k}_{= 1} - y_i", ("= 1", "= 2")),
]


@pytest.mark.parametrize(("row", "slip"), RIGHT)
def test_equations_below_braces(row, slip):
    """They are steps of their own, and no note counts them as not judged."""
    found = judge(BEFORE + f"\n$${row}$$")
    assert [s.verdict for s in found.steps[1:]] in (["true"], ["true-if"])
    assert not any("not judged" in told for told in found.context)
    assert judge(BEFORE + f"\n$${row.replace(*slip)}$$").steps[1].verdict == "false"


@pytest.mark.parametrize("below", ["=: q", "= 0", r"\approx 1", r"= p_i \text{ if one-hot}"])
def test_what_is_not_judged_below_a_brace(below):
    """Names, words, and numbers that a case may have made of one formula are no steps."""
    row = rf"$$\frac{{\partial L}}{{\partial z_i}} = p_i - \underbrace{{y_i}}_{{{below}}}$$"
    assert [s.verdict for s in judge(BEFORE + "\n" + row).steps] == ["true-if"]
