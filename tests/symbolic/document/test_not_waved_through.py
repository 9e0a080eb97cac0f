"""Wrong statements that look like something that needs no proof."""

import pytest

from softreg.symbolic.document import judge

SOFTMAX = "$$p_i = \\frac{e^{z_i}}{\\sum_j e^{z_j}}$$\n\n"


@pytest.mark.parametrize("row", [r"p_i = 1 - p_j", r"p_i = p_i \sum_j p_j + p_j"])
def test_what_is_defined_has_no_new_value(row):
    """A row about a defined letter that holds it on the right too is a claim, not an update."""
    assert judge(f"{SOFTMAX}$${row}$$").steps[1].verdict == "false"


def test_a_parameter_has_a_new_value():
    """A row that begins and goes on with a weight is an update."""
    assert judge(SOFTMAX + r"$$w_i = w_i - \alpha x_i$$").steps[1].verdict == "update"


@pytest.mark.parametrize(
    ("prose", "row"),
    [
        (r"If $i \neq j$ we had zero, so in general", "-p_i p_j"),
        (r"Unlike the case $i = j$, which is trivial, here we allow all $i$ and $j$:", "p_i (1 - p_j)"),
    ],
)
def test_a_case_that_is_withdrawn(prose, row):
    """A condition that the text takes back is not given."""
    text = SOFTMAX + prose + "\n\n" + r"$$\frac{\partial p_i}{\partial z_j} = " + row + "$$"
    assert judge(text).steps[1].verdict == "false"


def test_a_case_that_is_announced():
    """A condition that the text sets up is given."""
    text = SOFTMAX + r"For $i \neq j$:" + "\n\n" + r"$$\frac{\partial p_i}{\partial z_j} = -p_i p_j$$"
    assert judge(text).steps[1].verdict == "true"


@pytest.mark.parametrize(
    ("prose", "row"),
    [
        (
            r"Let $p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}$ and $H_{ij} = \frac{\partial p_i}{\partial z_j}$.",
            "H_{ij} = p_i (1 - p_j)",
        ),
        (r"Let $L = -\sum_k y_k \log p_k$ and $g_k = \partial L/\partial z_k$. Then", "g_k = y_k - p_k"),
        (r"The loss is $L = -\sum_k y_k \log p_k$.", r"L = \sum_k y_k \log p_k"),
    ],
)
def test_what_the_text_has_defined(prose, row):
    """A display about a letter that the text before it defines is a claim."""
    assert [s.verdict for s in judge(f"{prose}\n\n$${row}$$").steps] == ["false"]


@pytest.mark.parametrize(
    ("first", "second"), [("y_k = 1", "y_k = 2"), (r"b_k = z_k", r"b_k = z_k + 1"), (r"\alpha = 0.5", r"\alpha = 2")]
)
def test_a_second_definition(first, second):
    """What has a value is not given another one."""
    assert [s.verdict for s in judge(f"$${first}$$\n\n$${second}$$").steps] == ["definition", "false"]
    assert judge(f"$${first}$$\n\n$${first}$$").steps[1].verdict == "true"


def test_a_second_definition_in_a_case():
    """A value in one case is none in the other."""
    text = r"$$y_i = 1 \quad (i = k)$$ $$y_i = 0 \quad (i \neq k)$$"
    assert "false" not in [s.verdict for s in judge(text).steps]


@pytest.mark.parametrize(
    ("name", "other"), [("p(k|x)", "p(c|x)"), (r"P(k \mid x)", r"P(c \mid x)"), ("q(x, k)", "q(x, c)")]
)
def test_a_class_in_brackets(name, other):
    """An index as an argument is an index: p(k | x) is about k."""
    start = rf"$${name} = \frac{{e^{{z_k}}}}{{\sum_j e^{{z_j}}}}$$ "
    rows = rf"$$\log {other} = z_k - \log \sum_j e^{{z_j}}$$ $$\log {other} = z_c - \log \sum_j e^{{z_j}}$$"
    assert [s.verdict for s in judge(start + rows).steps] == ["definition", "false", "true"]


def test_two_words_in_brackets():
    """Both words of a skip-gram are indices."""
    start = r"$$P(o \mid c) = \frac{\exp(u_o^T v_c)}{\sum_w \exp(u_w^T v_c)}$$ "
    for row, right in (("u_o^T v_c", True), ("u_a^T v_c", False), ("u_o^T v_a", False)):
        (_, step) = judge(start + rf"$$\log P(o \mid c) = {row} - \log \sum_w \exp(u_w^T v_c)$$").steps
        assert (step.verdict == "true") == right, row


@pytest.mark.parametrize("q", ["q", r"\hat{y}"])
@pytest.mark.parametrize("loss", [r"p_i \log \frac{p_i}{Q_i}", r"p_i (\log p_i - \log Q_i)"])
def test_the_targets_of_a_divergence_are_no_second_softmax(loss, q):
    """p in p log(p/q) is what q is to become: were it q by its usual meaning, anything would be 0 = 0."""
    rows = [r"7 (p_k - Q_k)", r"p_k - Q_k", r"Q_k - p_k"]
    text = rf"$$Q_i = \frac{{e^{{z_i}}}}{{\sum_j e^{{z_j}}}}$$ $$D = \sum_i {loss}$$ "
    text += " ".join(rf"$$\frac{{\partial D}}{{\partial z_k}} = {row}$$" for row in rows)
    steps = judge(text.replace("Q", q)).steps
    assert [step.verdict for step in steps[2:]] == ["false", "false", "true-if"]
    assert steps[-1].assumptions == ["sum_k p_k = 1"]


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        (r"\frac{\partial D}{\partial z_k} = 7 (p_k - q_k)", "undecided"),
        (r"\frac{\partial (L + D)}{\partial z_k} = q_k - y_k + 7 (p_k - q_k)", "undecided"),
        (r"p_k - q_k = 7 (p_k - q_k)", "undecided"),
        (r"\sum_k (p_k - q_k) y_k = 5 \sum_k (p_k - q_k) y_k", "undecided"),
        (r"\sum_k \frac{\partial L}{\partial z_k} = \sum_k q_k - \sum_k y_k", "true-if"),
        (r"\frac{\partial p_k}{\partial z_j} = p_k \delta_{kj} - p_k p_j", "true"),
        (r"\sum_k \frac{\partial p_k}{\partial z_j} = p_j (1 - \sum_k p_k)", "true"),
    ],
)
def test_a_guess_that_makes_all_zero(row, verdict):
    """p, of which nothing is said, is guessed to be the softmax that q is: what this makes 0 proves nothing."""
    text = (
        r"$$q_i = \frac{e^{z_i}}{\sum_j e^{z_j}}$$ $$D = \sum_i q_i \log \frac{q_i}{p_i}$$ $$L = -\sum_i y_i \log q_i$$"
    )
    step = judge(f"{text} $${row}$$").steps[3]
    assert step.verdict == verdict
    assert ("0 = 0" in step.hint) == (verdict == "undecided")


def test_a_letter_of_which_nothing_is_said():
    """A letter that stands on one side alone may be anything: that refutes nothing, and proves nothing."""
    softmax = r"$$S_i = \frac{e^{z_i}}{\sum_j e^{z_j}}$$ "
    value = r"\frac{e^{z_i}}{\Sigma} - \frac{(e^{z_i})^2}{\Sigma^2}"
    rows = rf"$$\frac{{\partial S_i}}{{\partial z_i}} = {value}$$ $${value} = S_i (1 - S_i)$$"
    steps = judge(softmax + rows).steps
    assert [s.verdict for s in steps] == ["definition", "undecided", "undecided"]
    assert "Sigma" in steps[1].hint
    for said in (
        r"where $\Sigma$ denotes $\sum_j e^{z_j}$.",
        r"Let $\Sigma$ denote $\sum_j e^{z_j}$.",
        r"Here we write $\Sigma$ for $\sum_j e^{z_j}$.",
        r"Writing $\Sigma$ for the sum $\sum_j e^{z_j}$, this is clear.",
        r"We write $\sum_j e^{z_j}$ as $\Sigma$.",
    ):
        assert [s.verdict for s in judge(f"{softmax}{rows} {said}").steps[1:]] == ["true"] * 2


LOGISTIC = r"h_\theta(x)=\frac{1}{1+e^{-\theta^T x}}"
PROBABILITY = r"P(y=k|x)=\frac{e^{w_k^T x}}{\sum_j e^{w_j^T x}}"


@pytest.mark.parametrize(
    ("definition", "row", "verdict"),
    [
        (r"\pi(a)=\frac{e^{H(a)}}{\sum_b e^{H(b)}}", r"\pi(x)\pi(a)=\pi(a)\pi(a)", "false"),
        (r"\pi(a)=\frac{e^{H(a)}}{\sum_b e^{H(b)}}", r"2\pi(a)\pi(a)=\pi(a)\pi(a)+\pi(a)\pi(a)", "true"),
        (r"\operatorname{LSE}(x)=\log\sum_k e^{x_k}", r"\operatorname{LSE}(x)=\operatorname{LSE}(u)", "undecided"),
        (LOGISTIC, r"h_\theta(x)=h_\theta(u)", "undecided"),
        (LOGISTIC, r"h_\theta(x)=h_\phi(x)", "undecided"),
        (LOGISTIC, r"2 h_\theta(x)=h_\theta(x) + h_\theta(x)", "true"),
        (PROBABILITY, "P(y=k|x)=P(y=k|u)", "undecided"),
        (PROBABILITY, r"\log P(y=k|x)=w_k^T x - \log \sum_j e^{w_j^T x}", "true"),
        (PROBABILITY.replace("x", "x_i"), "P(y=k|x_i)=P(y=k|x_j)", "undecided"),
    ],
)
def test_a_function_at_other_arguments(definition, row, verdict):
    """What a definition does not tell apart is not taken for the same."""
    steps = judge(f"$${definition}$$\n\n$${row}$$").steps
    assert [s.verdict for s in steps] == ["definition", verdict]


@pytest.mark.parametrize("total", ["Z", r"\Sigma"])
def test_a_normalizer_of_which_nothing_is_said(total):
    """What exponentials are divided by may depend on them: no derivative is judged before that is said."""
    rows = [
        (r"\frac{\partial p_k}{\partial z_i} = p_k \delta_{ik}", "undecided", "false"),
        (r"\frac{\partial \log p_k}{\partial z_k} = 1", "undecided", "false"),
        (r"\log p_k = z_k - \log Z", "true", "true"),
        (r"\frac{\partial p_k}{\partial z_i} = p_k (\delta_{ik} - p_i)", "undecided", "true"),
    ]
    text = r"$$p_k = \frac{e^{z_k}}{Z}$$ " + " ".join(f"$${row}$$" for row, _, _ in rows)
    said = text + r" where $Z = \sum_j e^{z_j}$."
    assert [s.verdict for s in judge(text.replace("Z", total)).steps[1:]] == [unsaid for _, unsaid, _ in rows]
    assert [s.verdict for s in judge(said.replace("Z", total)).steps[1:]] == [known for _, _, known in rows]


ROW = r"\frac{\partial L}{\partial z_i} &= p_i - y_i"


@pytest.mark.parametrize(
    ("after", "verdict"),
    [
        (r"\text{ plus } 3", "unparseable"),
        (r"\text{ or rather } 2 p_i", "unparseable"),
        (r"\quad 2", "unparseable"),
        (", 2", "unparseable"),
        (r"\quad p_i^2", "unparseable"),
        ("& & + 3", "false"),
        (r"\quad + 3", "false"),
        (r"\quad (3)", "true-if"),
        (r"\quad \text{for all } i", "true-if"),
        (r", \quad i = 1, \dots, K", "true-if"),
        (r"\text{ (chain rule)}", "true-if"),
        (r"\quad \forall i", "true-if"),
        (r", \quad z_i \in \mathbb{R}", "true-if"),
        (r"& & \text{by the rule for } \log p_k", "true-if"),
    ],
)
def test_what_follows_a_formula(after, verdict):
    """Words, cases and ranges behind a formula are remarks; more mathematics is not dropped."""
    start = SOFTMAX + "$$L = -\\sum_k y_k \\log p_k$$\n\n"
    assert judge(rf"{start}\begin{{align}}{ROW} {after}\end{{align}}").steps[2].verdict == verdict


@pytest.mark.parametrize("size", ["10^{12}", "2", "{K^2}"])
def test_a_sum_that_is_not_read(size):
    """A range that is not understood says nothing about the shapes."""
    step = judge(rf"{SOFTMAX}$$\sum_{{i=1}}^{{{size}}} p_i = 1$$").steps[1]
    assert step.verdict == "unparseable"
    assert "sum" in step.hint


@pytest.mark.parametrize(
    ("update", "verdict"),
    [
        (r"\mathbf w_{k+1} = \mathbf w_k + \eta_k \mathbf g_k", "false"),
        (r"\mathbf w_{k+1} = \mathbf w_k - \eta_k \mathbf g_k", "update"),
        (r"\mathbf w_{t+1} = \mathbf w_t + \eta_t \mathbf g_t", "false"),
        (r"\mathbf w_{t+1} = \mathbf w_t - \eta_t \mathbf g_t", "update"),
        (r"\mathbf w = \mathbf w + \eta \mathbf g", "false"),
    ],
)
def test_an_update_by_a_letter_for_the_gradient(update, verdict):
    """A gradient has a sign under a name of its own too, and with the number of the update at it."""
    text = (
        r"$$\text{NLL} = -\sum_i [y_i \log \mu_i + (1 - y_i) \log(1 - \mu_i)]$$ "
        r"$$\mu_i = \frac{1}{1 + e^{-\mathbf w^T \mathbf x_i}}$$ $$\mathbf g = \frac{d}{d\mathbf w} \text{NLL}$$ "
    )
    *before, step = judge(f"{text}$${update}$$").steps
    assert [s.verdict for s in before] == ["definition"] * 3
    assert step.verdict == verdict


def test_one_size_alone():
    """What the text says of one number of classes is not refuted by another."""
    row = r"$$p_1 = \frac{e^{z_1}}{e^{z_1}}$$"
    for before, verdict in (("", "false"), ("For $K = 1$ ", "undecided"), ("For all $K$, not just $K = 1$, ", "false")):
        assert judge(f"{SOFTMAX}{before}{row}").steps[1].verdict == verdict


def test_a_sum_over_the_true_class():
    """The index that names the true class is not the one that a sum runs over."""
    step = judge(SOFTMAX + r"$$L = -\log p_c$$ $$\sum_c \frac{\partial L}{\partial z_c} = 0$$").steps[-1]
    assert step.verdict == "undecided"
    assert "c is the true class" in step.hint
    right = judge(SOFTMAX + r"$$L = -\log p_c$$ $$\sum_i \frac{\partial L}{\partial z_i} = 0$$").steps[-1]
    assert right.verdict == "true"


def test_what_holds_for_constants_is_not_false():
    """A second letter of probabilities, of which nothing is said, may be a constant: then the step holds."""
    text = r"$$\pi(a) = \frac{e^{H(a)}}{\sum_b e^{H(b)}}$$ $$\frac{\partial}{\partial H(a)} \sum_x \pi(x) q(x) ="
    held = judge(text + r" \sum_x q(x) \frac{\partial \pi(x)}{\partial H(a)}$$").steps[-1]
    assert (held.verdict, "q depends on nothing" in held.hint) == ("undecided", True)
    assert judge(text + r" -\sum_x q(x) \frac{\partial \pi(x)}{\partial H(a)}$$").steps[-1].verdict == "false"


def test_otherwise_announces_the_case_behind_it():
    """'Otherwise' in front of a case announces it; behind it, the case is over."""
    row = r"$$\frac{\partial p_i}{\partial z_j} = -p_i p_j$$"
    for before, verdict in (
        (r"Otherwise, for $i \neq j$,", "true"),
        (r"Sinon, pour $i \neq j$,", "true"),
        (r"For $i = j$ it is different, otherwise", "false"),
    ):
        assert judge(f"{SOFTMAX}{before}\n{row}").steps[1].verdict == verdict
