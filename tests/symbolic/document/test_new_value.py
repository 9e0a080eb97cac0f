"""Updates written in other ways, with a mark at the new value, without the old one, or with a factor too many."""

import pytest

from softreg.symbolic.document import judge

SOFTMAX = "$$p_i = \\frac{e^{z_i}}{\\sum_k e^{z_k}}$$\n\n"
LOSS = SOFTMAX + "Loss with one-hot $y$:\n\n$$L = -\\sum_k y_k \\log p_k$$\n\n"
WEIGHTS = LOSS + "$$z_k = \\sum_d W_{kd} x_d + b_k$$\n\nThe gradient step is\n\n"
WHOLE = r"""$$p = \mathrm{softmax}(z), \quad z = W x + b, \quad L = -\sum_{k=1}^K y_k \log p_k$$

"""
NEWTON = r"""Let $\mu_i = \sigma(w^T x_i)$ and $L(w) = -\sum_i [y_i \log \mu_i + (1-y_i) \log(1-\mu_i)]$.

$$g = \nabla L(w) = \sum_i (\mu_i - y_i) x_i$$

$$H = \nabla^2 L(w) = \sum_i \mu_i (1-\mu_i) x_i x_i^T$$

"""
HIDDEN = (
    r"$$h_j = \sigma(a_j), \quad a_j = \sum_i V_{ji} x_i, \quad z_k = \sum_j W_{kj} h_j$$ "
    "with $\\sigma(a) = \\frac{1}{1 + e^{-a}}$ and\n\n" + LOSS
)
REWARD = r"""$$\pi(a) = \frac{e^{\theta_a}}{\sum_b e^{\theta_b}}$$

The expected reward, which is to be maximised, is

$$J = \sum_a \pi(a) r(a)$$

"""


def last(text, row):
    """Return the last step of a document that ends with this display."""
    return judge(f"{text}$${row}$$").steps[-1]


@pytest.mark.parametrize(
    "sign", [r"\mathrel{%s}=", r"\mathrel{%s}\mathrel{=}", r"\mathrel{%s=}", r"\mathbin{%s}=", "%s=", "{%s}="]
)
def test_added_to(sign):
    """b += a is the new value b + a."""
    for operator, change, verdict in (
        ("+", "y_k - p_k", "update"),
        ("+", "p_k - y_k", "false"),
        ("-", "p_k - y_k", "update"),
        ("-", "y_k - p_k", "false"),
    ):
        assert last(WEIGHTS, rf"b_k {sign % operator} \eta ({change})").verdict == verdict


def test_added_to_goes_on():
    """What follows is compared with what is added, also over rows."""
    row = r"\begin{aligned} b_k &\mathrel{-}= \eta \frac{\partial L}{\partial b_k} \\ &= \eta (p_k - y_k) \end{aligned}"
    assert [s.verdict for s in judge(f"{WEIGHTS}$${row}$$").steps[-2:]] == ["update", "true-if"]
    assert last(WEIGHTS, row.replace("(p_k - y_k)", "(y_k - p_k)")).verdict == "false"
    assert last(WEIGHTS, r"b^+ = b - \eta (p - y)").verdict == "update"  # this is no sum


@pytest.mark.parametrize("arrow", [r"\to", r"\rightarrow", r"\longrightarrow", r"\mapsto"])
def test_arrows(arrow):
    """An arrow between a letter and a step of it is an update in either direction."""
    for change, verdict in (("p_k - y_k", "update"), ("y_k - p_k", "false")):
        assert last(WEIGHTS, rf"b_k - \eta ({change}) {arrow} b_k").verdict == verdict
        assert last(WEIGHTS, rf"b_k {arrow} b_k - \eta ({change})").verdict == verdict


def test_other_arrows():
    """Other arrows are no updates."""
    before = len(judge(WEIGHTS).steps)
    for row in (
        r"z_k \to z_k + c",
        r"z_k \to z_k - \max_j z_j",
        r"p_k \to 1",
        r"\frac{\partial L}{\partial b_k} \to 0",
    ):
        assert len(judge(f"{WEIGHTS}$${row}$$").steps) == before


@pytest.mark.parametrize("new", ["b'", r"\tilde b", r"\hat b", r"\bar b", "b^{new}", r"b^{\text{new}}", "b^+"])
def test_a_mark(new):
    """A letter with a mark is the new value of that without, if it is that and a step."""
    assert last(WEIGHTS, rf"{new} = b - \eta (p - y)").verdict == "update"
    assert last(WEIGHTS, rf"{new} = b + \eta (p - y)").verdict == "false"


def test_a_mark_of_another_letter():
    """A letter with a mark that is no step away is another letter."""
    assert last(WEIGHTS, r"b'_k = b_k + c").verdict == "definition"
    assert last(WEIGHTS, r"b'_k = b_k + \alpha").verdict == "definition"
    assert last(WEIGHTS, r"\tilde b = b + \epsilon (p - y)").verdict == "definition"  # to look at a difference


@pytest.mark.parametrize(
    ("text", "row", "verdict"),
    [
        (WEIGHTS, r"b_k := -\eta \frac{\partial L}{\partial b_k}", "false"),
        (WEIGHTS, r"b_k \leftarrow -\eta (p_k - y_k)", "false"),
        (WEIGHTS, r"b_k := \alpha + \alpha (y_k - p_k)", "false"),
        (WEIGHTS, r"b_k = -\eta (p_k - y_k)", "undecided"),
        (LOSS + "$$z_k = \\sum_d W_{kd} x_d + b_k$$\n\n", r"b_k = -\eta \frac{\partial L}{\partial b_k}", "undecided"),
        (WHOLE, r"W \leftarrow -\eta \nabla_W L", "false"),
        (WEIGHTS, r"\Delta b_k := -\eta \frac{\partial L}{\partial b_k}", "definition"),
        (WEIGHTS, r"b_k := 0", "definition"),
    ],
)
def test_the_old_value(text, row, verdict):
    """A new value that is a step alone has lost the old one."""
    assert last(text, row).verdict == verdict


@pytest.mark.parametrize(
    ("text", "row", "verdict"),
    [
        (WEIGHTS, r"W := W - \eta (p - y)", "type-error"),
        (WHOLE, r"b \leftarrow b - \eta (p - y) x^T", "type-error"),
        (WHOLE, r"W \leftarrow W - \eta (p - y) x^T", "update"),
        (WHOLE, r"W \leftarrow W - \eta x (p - y)^T", "false"),
        (WEIGHTS, r"b_k \leftarrow b_k - \eta \frac{\partial L}{\partial b_j}", "undecided"),
        (WHOLE, r"W_k \leftarrow W_k - \eta \nabla_{W_j} L", "undecided"),
    ],
)
def test_shapes_and_indices(text, row, verdict):
    """A step has the shape and the index of the weight."""
    assert last(text, row).verdict == verdict


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        (r"- H^{-1} g", "update"),
        (r"- \eta H^{-1} g", "update"),
        (r"+ H^{-1} g", "false"),
        (r"- H g", "undecided"),
        (r"- \eta H g", "undecided"),
        (r"- g^{-1} H", "undecided"),
        (r"- \eta M g", "update"),  # M may be anything
    ],
)
def test_newton(change, verdict):
    """The Hessian is inverted, and the gradient is not."""
    step = last(NEWTON, rf"w \leftarrow w {change}")
    assert step.verdict == verdict
    assert ("inverse" in step.hint) == (verdict == "undecided")


@pytest.mark.parametrize(
    ("text", "row", "verdict"),
    [
        (HIDDEN, r"V_{ji} \leftarrow V_{ji} - \eta \sum_k (p_k - y_k) W_{kj} h_j (1 - h_j) x_i", "update"),
        (HIDDEN, r"V_{ji} \leftarrow V_{ji} - \eta \sum_k (p_k - y_k) W_{kj} (1 - h_j) x_i", "undecided"),
        (HIDDEN, r"V_{ji} \leftarrow V_{ji} - \eta \sum_k (p_k - y_k) W_{kj} h_j x_i", "undecided"),
        (REWARD, r"\theta_c \leftarrow \theta_c + \alpha (r(c) - J)", "undecided"),
        (REWARD + "The natural gradient gives\n\n", r"\theta_c \leftarrow \theta_c + \alpha (r(c) - J)", "update"),
        (WEIGHTS, r"W_{kd} \leftarrow W_{kd} - \eta (p_k - y_k) x_d^3", "undecided"),
        (WEIGHTS, r"b_k \leftarrow b_k - \eta p_k (p_k - y_k)", "undecided"),
        (WEIGHTS, r"b_k \leftarrow (1 - \eta \lambda) b_k - \eta p_k (p_k - y_k)", "undecided"),
        (WEIGHTS, r"b_k \leftarrow b_k - 2 \eta (p_k - y_k)", "update"),
        (WEIGHTS, r"b_k \leftarrow b_k - \eta \frac{p_k - y_k}{\sqrt{(p_k - y_k)^2 + \epsilon}}", "update"),
        (WEIGHTS, r"b_k \leftarrow b_k - \eta \frac{p_k - y_k}{p_k (1 - p_k)}", "update"),
        (WEIGHTS, r"b \leftarrow b - \eta \frac{p - y}{\| p - y \|}", "update"),
    ],
)
def test_a_factor(text, row, verdict):
    """A factor that is another one for each weight is told, but where each is divided by something of its own."""
    assert last(text, row).verdict == verdict
