"""Definitions that nothing uses later: what they are called is a claim."""

import pytest

from softreg.symbolic.document import judge

SOFTMAX = "$$p_i = \\frac{e^{z_i}}{\\sum_k e^{z_k}}$$\n\n"
LOSS = SOFTMAX + "Loss with one-hot $y$:\n\n$$L = -\\sum_k y_k \\log p_k$$\n\n"
SAMPLES = r"""Let $\mu_i = \sigma(w^T x_i)$ with $\sigma(a) = 1 / (1 + e^{-a})$ and
$R = \mathrm{diag}(\mu_i (1 - \mu_i))$.

$$E(w) = -\sum_{i=1}^n \left[ y_i \log \mu_i + (1 - y_i) \log (1 - \mu_i) \right]$$

"""


def last(text):
    """Return the last verdict of a document."""
    return judge(text).steps[-1].verdict


@pytest.mark.parametrize(
    ("before", "right", "wrong", "verdict"),
    [
        (
            SOFTMAX + "The Jacobian is",
            r"J_{ij} = p_i (\delta_{ij} - p_j)",
            r"J_{ij} = p_i (\delta_{ij} + p_j)",
            "false",
        ),
        (
            LOSS + "The Jacobian of the softmax is",
            r"J = \mathrm{diag}(p) - p p^T",
            r"J = \mathrm{diag}(p) + p p^T",
            "false",
        ),
        (LOSS + "Die Jacobi-Matrix ist", r"J = \mathrm{diag}(p) - p p^T", r"J = \mathrm{diag}(p) + p p^T", "false"),
        (
            SOFTMAX + "where $J$ is the Jacobian of $p$:",
            r"J = \mathrm{diag}(p) - p p^T",
            r"J = \mathrm{diag}(p) + p p^T",
            "false",
        ),
        (LOSS + "The Hessian is", r"H = \mathrm{diag}(p) - p p^T", r"H = \mathrm{diag}(p) + p p^T", "undecided"),
        (SAMPLES + "The Hessian is", "H = X^T R X", "H = X^T X", "false"),
        (SAMPLES + "and the gradient:", r"g = X^T (\mu - y)", r"g = X^T (y - \mu)", "false"),
        (LOSS + "The gradient of $L$ with respect to $z$ is", "g_k = p_k - y_k", "g_k = 2 p_k - y_k", "false"),
        (LOSS + "The gradient is", "g = p - y", "g = p + y", "undecided"),
    ],
)
def test_derivatives(before, right, wrong, verdict):
    """What is called the Jacobian, the Hessian or the gradient is compared with those of what is defined."""
    assert last(f"{before}\n\n$${right}$$") == "definition"
    assert last(f"{before}\n\n$${wrong}$$") == verdict


@pytest.mark.parametrize(
    "before",
    [
        "The trace of the Jacobian is",
        "To compute the Jacobian we need",
        "The Jacobian descent matrix, which we do not need, is",
        "Unlike the Jacobian, where a sum stands, this is",
    ],
)
def test_words_that_call_nothing(before):
    """A word that is not what the sentence says of the display claims nothing."""
    assert last(SOFTMAX + before + "\n\n" + r"$$J_{ij} = p_i (\delta_{ij} + p_j)$$") == "definition"


def test_called_afterwards():
    """The words may follow the display."""
    text = LOSS + "$$g_i = {} $$ is the gradient of $L$."
    assert last(text.replace("{}", "y_i - p_i")) == "false"
    assert last(text.replace("{}", "p_i - y_i")) == "definition"


@pytest.mark.parametrize(
    ("before", "row", "verdict"),
    [
        ("The sigmoid function is", r"\sigma(z) = \frac{1}{1 + e^{-z}}", "definition"),
        ("The sigmoid function is", r"\sigma(z) = \frac{e^z}{1 + e^z}", "definition"),
        ("The sigmoid function is", r"\sigma(z) = \frac{1}{1 + e^{z}}", "false"),
        ("With the logistic function", r"g(a) = \frac{1}{1 + e^{a}}", "false"),
        ("With the logistic function", r"g(a) = \frac{1}{1 + e^{-a}}", "definition"),
        ("With the decreasing function", r"g(a) = \frac{1}{1 + e^{a}}", "definition"),
        ("Let", r"\sigma(z) = \frac{1}{1 - e^{-z}}", "undecided"),
        ("Softmax:", r"p_i = \frac{e^{z_i / T}}{\sum_k e^{z_k / T}}", "definition"),
        ("Softmax:", r"p_i = \frac{e^{z_i / T}}{\sum_k e^{z_k}}", "false"),
        ("Softmax:", r"p_i = \frac{e^{z_i}}{\sum_k e^{-z_k}}", "false"),
        ("Boltzmann:", r"p_i = \frac{e^{-E_i}}{\sum_k e^{-E_k}}", "definition"),
        ("", r"p_i = \frac{e^{z_j}}{\sum_k e^{z_k}}", "type-error"),
        ("", r"p_i = \frac{e^{z_j}}{\sum_j e^{z_j}}", "type-error"),
        ("", r"p_i = \frac{e^{z_i}}{\sum_i e^{z_j}}", "undecided"),
        ("", r"\mathrm{softmax}(z)_i = \frac{e^{z_i}}{\sum_j e^{z_i}}", "undecided"),
        ("", r"p_i = \frac{e^{z_i}}{\sum_i e^{z_i}}", "definition"),
        (SOFTMAX + "Cross-entropy", r"L = -\sum_k y_k \log p_k", "definition"),
        (SOFTMAX + "Cross-entropy", r"L = \sum_k y_k \log p_k", "false"),
        (SOFTMAX + "The log-likelihood is", r"L = \sum_k y_k \log p_k", "definition"),
        (SOFTMAX + "Its entropy is", r"S = -\sum_k p_k \log p_k", "definition"),
        (SOFTMAX + "Its entropy is", r"S = \sum_k p_k \log p_k", "false"),
    ],
)
def test_standard_definitions(before, row, verdict):
    """A definition that is not what it is called, or in which an index is lost, does not pass."""
    assert last(f"{before}\n\n$${row}$$") == verdict


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        (r"\sum_k y_k = 1", "true-if"),
        (r"\sum_k y_k = 2", "false"),
        (r"y_i = \frac{e^{z_i}}{\sum_k e^{z_k}}", "undecided"),
    ],
)
def test_one_hot(row, verdict):
    """What contradicts one-hot targets, of which the text speaks, is not taken for granted."""
    assert last(f"{LOSS}$${row}$$") == verdict


@pytest.mark.parametrize(
    ("cases", "verdict"),
    [
        (r"-p_i p_j & i \neq j", "true"),
        (r"-p_i p_j & \text{otherwise}", "true"),
        (r"-p_i p_j & i \neq j \\ 7 & \text{otherwise}", "undecided"),
        (r"7 & i = j \\ -p_i p_j & \text{otherwise}", "undecided"),
    ],
)
def test_cases_that_never_hold(cases, verdict):
    """A case that those before it leave nothing to is no right one, whatever it says."""
    row = rf"\frac{{\partial p_i}}{{\partial z_j}} = \begin{{cases}} p_i (1 - p_i) & i = j \\ {cases} \end{{cases}}"
    assert last(f"{SOFTMAX}$${row}$$") == verdict


def test_a_case_of_nothing():
    """No index is other than itself."""
    assert last(SOFTMAX + "If $i \\neq i$:\n\n" + r"$$\frac{\partial p_i}{\partial z_j} = p_i p_j$$") == "undecided"


@pytest.mark.parametrize(
    ("matrix", "verdict"),
    [
        (r"J = \operatorname{diag}(p) - p p^T", "definition"),
        (r"J = \operatorname{diag}(p) + p p^T", "false"),
        (r"J = I - p p^T", "false"),
        (r"J = \operatorname{diag}(p) - p^T p", "false"),
    ],
)
def test_a_matrix_has_the_entries_that_were_said(matrix, verdict):
    """A second definition of a letter, as a matrix, agrees with that of its entries."""
    assert last(SOFTMAX + r"$$J_{ij} = \frac{\partial p_i}{\partial z_j}$$ " + f"$${matrix}$$") == verdict


@pytest.mark.parametrize(
    ("total", "softmax", "verdict"),
    [
        (r"\sum_k t_{nk} = 1", r"\frac{e^{a_{nk}}}{\sum_j e^{a_{nj}}}", "true-if"),
        (r"\sum_k t_{nk} = 1", r"\frac{e^{a_{nk}}}{\sum_j e^{a_{jk}}}", "false"),
        (r"\sum_n t_{nk} = 1", r"\frac{e^{a_{nk}}}{\sum_j e^{a_{jk}}}", "true-if"),
        (r"\sum_n t_{nk} = 1", r"\frac{e^{a_{nk}}}{\sum_j e^{a_{nj}}}", "false"),
        (r"\sum_n t_{nk} = N_k", r"\frac{e^{a_{nk}}}{\sum_j e^{a_{nj}}}", "true-if"),
    ],
)
def test_what_sums_to_one_does_so_over_the_index_that_is_said(total, softmax, verdict):
    """Targets that sum to 1 over the classes do not over the samples."""
    text = f"With ${total}$, $$p_{{nk}} = {softmax}$$ " + r"$$L = -\sum_n \sum_k t_{nk} \log p_{nk}$$ "
    assert last(text + r"$$\frac{\partial L}{\partial a_{nk}} = p_{nk} - t_{nk}$$") == verdict


@pytest.mark.parametrize(
    ("before", "after", "right", "verdict"),
    [
        ("Cross-entropy loss:", "where $y$ is one-hot.", r"-\sum_k p_k \log y_k", "false"),
        ("Cross-entropy loss:", "", r"-\sum_k p_k \log y_k", "undecided"),
        ("Cross-entropy loss:", "where $y$ is one-hot.", r"-\sum_k y_k \log p_k", "definition"),
        ("Cross-entropy loss:", "", r"\sum_k y_k \log y_k - \sum_k y_k \log p_k", "definition"),
        ("Reverse cross-entropy loss:", "", r"-\sum_k p_k \log y_k", "definition"),
    ],
)
def test_the_logarithm_of_a_target(before, after, right, verdict):
    """Where a prediction and a target are exchanged, log 0 is what a loss is made of."""
    assert last(f"{SOFTMAX}{before}\n\n$$L = {right}$$\n\n{after}") == verdict
