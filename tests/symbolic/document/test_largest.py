"""The largest entry: any entry proves, and the largest one refutes."""

import pytest

from softreg.symbolic.document import judge

SOFTMAX = r"Let $p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}$ and $m = \max_k z_k$. "
ROWS = r"Let $p_{nk} = \frac{e^{z_{nk}}}{\sum_j e^{z_{nj}}}$ and $m_n = \max_k z_{nk}$. "


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (SOFTMAX + r"$$\log \sum_k e^{z_k} = m + \log \sum_k e^{z_k - m}$$", "true"),
        (SOFTMAX + r"$$\log \sum_k e^{z_k} = m + \log \sum_k e^{z_k + m}$$", "false"),
        (SOFTMAX + r"$$\log \sum_k e^{z_k} = m - \log \sum_k e^{z_k - m}$$", "false"),
        (SOFTMAX + r"$$\log \sum_k e^{z_k} = \log \sum_k e^{z_k - m}$$", "false"),
        (SOFTMAX + r"$$p_k = \frac{e^{z_k - m}}{\sum_j e^{z_j - m}}$$", "true"),
        (SOFTMAX + r"$$p_k = \frac{e^{z_k - m}}{\sum_j e^{z_j}}$$", "false"),
        (SOFTMAX + r"$$\max_k p_k = \frac{e^m}{\sum_j e^{z_j}}$$", "undecided"),  # true of no other entry
        (SOFTMAX + r"$$\max_k p_k = \frac{e^m}{\sum_j e^{-z_j}}$$", "false"),
        (ROWS + r"$$\log p_{nk} = z_{nk} - m_n - \log \sum_j e^{z_{nj} - m_n}$$", "true"),
        (ROWS + r"$$\log p_{nk} = z_{nk} - m_n - \log \sum_j e^{z_{nj} + m_n}$$", "false"),
        (SOFTMAX + r"$$\frac{\partial}{\partial z_j} (z_k - m) = \delta_{jk}$$", "undecided"),  # m as a constant
    ],
)
def test_the_largest_entry(text, verdict):
    """What holds for any entry is true of the largest; what differs at the largest is false."""
    assert judge(text).steps[-1].verdict == verdict


def test_the_counterexample_is_at_the_largest_entry():
    """The values that are shown are those that the letters have there."""
    step = judge(SOFTMAX + r"$$m = z_1$$").steps[-1]
    shown = {name: float(value) for name, value in step.counterexample["letters"].items()}
    assert step.verdict == "false"
    assert float(step.counterexample["left"]) == pytest.approx(max(shown.values()), abs=0.01)
