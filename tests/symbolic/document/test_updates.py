"""Updates: what goes along the slope passes, what does not is told; what cannot be compared is not complained of."""

import pytest

from softreg.symbolic.document import judge

SOFTMAX = "$$p_i = \\frac{e^{z_i}}{\\sum_k e^{z_k}}$$\n\n"
LOSS = SOFTMAX + "Loss with one-hot $y$:\n\n$$L = -\\sum_k y_k \\log p_k$$\n\n"
WEIGHTS = LOSS + "$$z_k = \\sum_d W_{kd} x_d + b_k$$\n\n"
PENALTY = r"""Let $\hat{y} = \sigma(w^T x)$ with $\sigma(a) = 1 / (1 + e^{-a})$. The loss is

$$L = -y \log \hat{y} - (1 - y) \log(1 - \hat{y}) + \frac{\lambda}{2} \sum_j w_j^2$$

"""
SAMPLES = r"""Let $\mu_i = \sigma(w^T x_i)$ with $\sigma(a) = 1 / (1 + e^{-a})$.

$$E(w) = -\sum_{i=1}^n \left[ y_i \log \mu_i + (1 - y_i) \log (1 - \mu_i) \right]$$

With $R = \mathrm{diag}(\mu_i (1 - \mu_i))$ and $H = X^T R X$:

"""
REWARD = r"""$$\pi(a) = \frac{e^{\theta_a}}{\sum_b e^{\theta_b}}$$

The expected reward, which is to be maximised, is

$$J = \sum_a \pi(a) r(a)$$

"""
CLASS = LOSS + "Let $c$ be the true class, and $z_k = w_k^T x$.\n\n"


def last(text):
    """Return the last step of a document."""
    return judge(text).steps[-1]


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        (r"- \eta (p_k - y_k) x_d", "update"),
        (r"+ \eta (y_k - p_k) x_d", "update"),
        (r"- \eta (p_k + y_k) x_d", "false"),
        (r"- \eta (p_k - y_k)", "false"),
        (r"- \eta (p_d - y_d) x_k", "false"),
        (r"- \eta p_k x_d", "undecided"),
        (r"- \eta (p_k - y_j) x_d", "undecided"),
        (r"- v_{kd}", "update"),
        (r"- \eta (p_k - y_k) x_d - \eta \lambda W_{kd}", "update"),
        (r"- \eta \lambda W_{kd}", "update"),
        (r"- \eta (p_k - y_k) x_d + \eta \lambda W_{kd}", "false"),
    ],
)
def test_entries(change, verdict):
    """A change is a multiple of the slope, with a decay or without one, or of letters that may be anything."""
    step = last(WEIGHTS + rf"$$W_{{kd}} \leftarrow W_{{kd}} {change}$$")
    assert step.verdict == verdict
    assert (step.counterexample is not None) == (verdict == "false")


@pytest.mark.parametrize(
    ("value", "verdict"),
    [
        (r"(1 - \eta \lambda) w_j - \eta (\hat{y} - y) x_j", "update"),
        (r"(1 + \eta \lambda) w_j - \eta (\hat{y} - y) x_j", "false"),
        (r"w_j - \eta [(\hat{y} - y) x_j + \lambda w_j]", "update"),
        (r"w_j - \eta [(\hat{y} - y) x_j - \lambda w_j]", "false"),
        (r"w_j - \eta (\hat{y} - y) x_j", "undecided"),
        (r"w_j - \eta (\hat{y} - y)", "false"),
    ],
)
def test_a_penalty(value, verdict):
    """The decay that a penalty makes shrinks the weight."""
    assert last(PENALTY + rf"$$w_j \leftarrow {value}$$").verdict == verdict


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        (r"- \eta X^T (\mu - y)", "update"),
        (r"- \eta X^T (\mu + y)", "false"),
        (r"- \eta (\mu_i - y_i) x_i", "update"),
        (r"- \eta (\mu_i + y_i) x_i", "false"),
        (r"+ \eta (\mu_i - y_i) x_i", "false"),
        (r"- (X^T R X)^{-1} X^T (\mu - y)", "update"),
        (r"+ (X^T R X)^{-1} X^T (y - \mu)", "update"),
        (r"+ (X^T R X)^{-1} X^T (\mu - y)", "false"),
        (r"- (X^T R X)^{-1} X^T (\mu + y)", "false"),
        (r"- H^{-1} X^T (\mu - y)", "update"),
        (r"+ H^{-1} X^T (\mu - y)", "false"),
        (r"+ F^{-1} X^T (\mu - y)", "update"),  # F may be anything
    ],
)
def test_one_sample_and_all(change, verdict):
    """One sample is compared with its own term of the loss; the inverse of a definite matrix turns no direction."""
    assert last(SAMPLES + rf"$$w \leftarrow w {change}$$").verdict == verdict


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        (r"+ \alpha \frac{\partial J}{\partial \theta_c}", "update"),
        (r"- \alpha \frac{\partial J}{\partial \theta_c}", "false"),
        (r"+ \alpha \pi(c) (r(c) - J)", "update"),
        (r"- \alpha \pi(c) (r(c) - J)", "false"),
        (r"+ \alpha \pi(c) (r(c) + J)", "false"),
        (r"+ \alpha r(a) (\mathbb{1}[a = c] - \pi(c))", "update"),  # an action that was drawn
    ],
)
def test_a_reward(change, verdict):
    """A reward of either sign is to grow where the text says that it is maximised."""
    assert last(REWARD + rf"$$\theta_c \leftarrow \theta_c {change}$$").verdict == verdict


@pytest.mark.parametrize(
    ("before", "update", "verdict"),
    [
        ("", r"w_c \leftarrow w_c - \eta (p_c - 1) x", "update"),
        ("", r"w_k \leftarrow w_k - \eta (p_k - \mathbb{1}[k = c]) x", "update"),
        ("", r"w_k \leftarrow w_k - \eta p_k x \quad (k \neq c)", "update"),
        ("For the other classes, $k \\neq c$,\n\n", r"w_k \leftarrow w_k - \eta p_k x", "update"),
        ("If $k = c$,\n\n", r"w_k \leftarrow w_k + \eta (1 - p_k) x", "update"),
        ("", r"w_k \leftarrow w_k - \eta (p_k - y_k) w_k", "false"),
    ],
)
def test_the_true_class(before, update, verdict):
    """An update of the true class, or of the others, is right in that case."""
    assert last(f"{CLASS}{before}$${update}$$").verdict == verdict


@pytest.mark.parametrize(
    ("update", "verdict"),
    [
        (r"w_c \leftarrow w_c + \eta (1 - p_c) x", "update"),
        (r"w_c \leftarrow w_c - \eta (1 - p_c) x", "false"),
        (r"w_k \leftarrow w_k - \eta p_k x \quad (k \neq c)", "update"),
        (r"w_k \leftarrow w_k + \eta p_k x \quad (k \neq c)", "false"),
        (r"w_k \leftarrow w_k + \eta (1 - p_k) x \quad (k = c)", "update"),
        (r"w_k \leftarrow w_k - \eta (1 - p_k) x \quad (k = c)", "false"),
        (r"w_k \leftarrow w_k - \eta p_k x", "undecided"),
    ],
)
def test_a_case(update, verdict):
    """Where a case is given, the direction is that in the case."""
    text = SOFTMAX + "The loss of the true class $c$ is\n\n$$L = -\\log p_c$$\n\nwith $z_k = w_k^T x$. Then\n\n"
    assert last(f"{text}$${update}$$").verdict == verdict


def test_an_update_excuses_no_definition():
    """A definition is not dropped because an update does not fit it."""
    text = r"$$h_j = \sigma(a_j), \quad a_j = \sum_i V_{ji} x_i, \quad z_k = \sum_j W_{kj} h_j$$ "
    text += "with $\\sigma(a) = \\frac{1}{1 + e^{-a}}$ and\n\n" + LOSS
    row = r"$$V_{ji} \leftarrow V_{ji} - \eta \sum_k (p_k - y_k) W_{kj} h_j (1 - h_j) x_i$$"
    assert last(text + row).verdict == "update"
    assert last(text + row.replace("(p_k - y_k)", "(y_k - p_k)")).verdict == "false"
    assert last(text + row.replace(" x_i", "")).verdict == "false"
