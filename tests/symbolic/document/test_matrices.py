"""The identity matrix, a Jacobian called J, and labels of 1 and -1, whose squares are 1."""

import pytest

from softreg.symbolic.document import judge

RIDGE = r"""Let $\mu_i = \sigma(w^T x_i)$.

$$L(w) = -\sum_{i=1}^n [y_i \log \mu_i + (1 - y_i) \log(1 - \mu_i)] + \frac{\lambda}{2} \|w\|^2$$

$$\nabla^2_w L = \sum_{i=1}^n \mu_i (1 - \mu_i) x_i x_i^T + \lambda @$$
"""
JACOBIAN = r"""Let $p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}$ and $L = -\sum_k y_k \log p_k$ with one-hot $y$.
The Jacobian is

$$J = \operatorname{diag}(p) - p p^T$$

$$\nabla_z L = J^T \nabla_p L = p - y$$
"""
MARGINS = r"""With labels $y_i \in \{-1, 1\}$,

$$\ell(w) = \sum_{i=1}^n \log(1 + e^{-y_i w^T x_i})$$

$$\nabla^2 \ell(w) = \sum_{i=1}^n \sigma(y_i w^T x_i) \sigma(-y_i w^T x_i) x_i x_i^T$$
"""


def verdicts(text):
    """Return the verdicts alone."""
    return [s.verdict for s in judge(text).steps]


@pytest.mark.parametrize("identity", ["I", r"\mathbf{I}"])
def test_the_identity(identity):
    """I beside a matrix is the identity, in bold too."""
    right = RIDGE.replace("@", identity)
    assert verdicts(right) == ["definition", "true"]
    assert verdicts(right.replace(r"\lambda " + identity, r"\lambda^2 " + identity))[1] == "false"
    assert verdicts(right.replace(r"+ \lambda " + identity, r"- \lambda " + identity))[1] == "false"


def test_an_indicator_is_no_identity():
    """I with a condition is what it was."""
    before = "$$p_k = \\frac{e^{z_k}}{\\sum_j e^{z_j}}$$\n\n$$L = -\\sum_k I(y = k) \\log p_k$$\n\n"
    assert verdicts(before + r"$$\frac{\partial L}{\partial z_k} = p_k - I(y = k)$$")[2] == "true"


def test_a_jacobian_called_like_a_loss():
    """A matrix is no loss, whatever its letter."""
    assert verdicts(JACOBIAN) == ["definition", "true", "true-if"]
    assert verdicts(JACOBIAN.replace("= J^T", "= -J^T"))[1] == "false"
    assert verdicts(JACOBIAN.replace("= J^T", "= J^T J"))[1] == "false"


def test_labels_of_plus_and_minus_one():
    """Their squares are 1, which is said; the labels themselves are not."""
    (_, step) = judge(MARGINS).steps
    assert (step.verdict, step.assumptions) == ("true-if", ["y is 1 or -1"])
    assert verdicts(MARGINS.replace(r"\sigma(-y_i", r"\sigma(y_i"))[1] == "false"
    assert verdicts(MARGINS.replace("x_i x_i^T$$", "y_i x_i x_i^T$$"))[1] == "false"


NEWTON = r"""With $\mu_i = \sigma(w^T x_i)$ and $S = \operatorname{diag}(\mu_i (1 - \mu_i))$,

$$L(w) = -\sum_{i=1}^N [y_i \log \mu_i + (1 - y_i) \log(1 - \mu_i)]$$

$$\nabla_w L = \sum_{i=1}^N (\mu_i - y_i) x_i = X^T (\mu - y)$$

$$\nabla^2_w L = \sum_{i=1}^N \mu_i (1 - \mu_i) x_i x_i^T = X^T S X$$
"""


def test_the_slip_is_where_the_matrix_is_turned():
    """What stands around a matrix says no more of its rows than what stands beside it: the later of two is the slip."""
    assert verdicts(NEWTON) == ["definition", "true", "true", "true", "true"]
    assert verdicts(NEWTON.replace("X^T S X", "X S X^T")) == ["definition", "true", "true", "true", "false"]
