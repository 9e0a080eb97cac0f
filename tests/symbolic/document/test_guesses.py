"""What is only supposed refutes nothing, and what is lost or said elsewhere proves nothing."""

import pytest

from softreg.symbolic.document import judge

SOFTMAX = "$$p_i = \\frac{e^{z_i}}{\\sum_j e^{z_j}}$$\n\n"
LOGISTIC = "$$\\sigma(z) = \\frac{1}{1 + e^{-z}}$$\n\n"


def verdicts(text):
    """Return the verdicts of a document."""
    return [s.verdict for s in judge(text).steps]


def test_no_names_of_errors():
    """A guess that does not fit is dropped; the steps are judged without it."""
    text = r"$$z = w^T x$$ $$\hat y = \sigma(z) = \frac{1}{1 + e^{-z}}$$ $$E = -\sum_k y_k \log s_k$$"
    steps = judge(text).steps
    assert [s.verdict for s in steps] == ["definition", "definition", "true", "definition"]
    assert not any("Error" in s.hint for s in steps)


@pytest.mark.parametrize(
    ("row", "verdict"), [(r"\sigma (1 - \sigma) x", "true"), (r"\sigma (1 - \sigma)", "type-error")]
)
def test_the_inner_derivative(row, verdict):
    """The gradient of a function in weights has the inner derivative as a factor."""
    text = rf"{LOGISTIC}$$z = w^T x$$ $$\nabla_w \sigma = {row}$$"
    assert verdicts(text)[2:] == [verdict]


def test_a_true_class_far_away():
    """Where sums run over an index, it is the true class only near the words that say so."""
    sums = r"$$L = -\sum_i y_i \log p_i$$"
    claim = r"$$-y_i (1 - p_i) = -y_i + p_i$$"
    near = f"{SOFTMAX}{sums}\n\nAt the true class $y_i = 1$, and so\n\n{claim}"
    far = f"{SOFTMAX}{sums}\n\nAt the true class $y_i = 1$.\n\n{'Much is said in between. ' * 80}\n\n{claim}"
    assert verdicts(near)[-1] == "true-if"
    assert verdicts(far)[-1] == "false"


@pytest.mark.parametrize("row", [r"u_o = \sum_{w \in V} y_w u_w", r"u_2 = W u_1 + u_3"])
def test_other_entries_are_no_old_values(row):
    """What is said of one entry by others is not its new value."""
    assert "update" not in verdicts(f"{SOFTMAX}$${row}$$")


@pytest.mark.parametrize("row", [r"w_j = w_j - \alpha g_j", "w = w - g", r"u_o = u_o - \eta g_o"])
def test_updates(row):
    """A letter that becomes itself less something is updated."""
    assert verdicts(f"{SOFTMAX}$${row}$$")[1:] == ["update"]


def test_an_index_as_a_number():
    """An index in an exponent of its own is a lost letter, and no definition."""
    (step,) = judge(r"$$p_j = \frac{e^j}{\sum_i e^i}$$").steps
    assert step.verdict == "undecided"
    assert "z_j" in step.hint


@pytest.mark.parametrize(
    ("value", "verdict"), [("1.406", "true"), ("1.41", "true"), ("1.407", "false"), ("1.5", "false")]
)
def test_digits(value, verdict):
    """A number is right to the digits that are shown."""
    assert verdicts(rf"$$-\log(0.245) = {value}$$") == [verdict]


def test_examples_are_no_definitions():
    """Numbers put in for letters define nothing, and steps in letters go on being judged."""
    text = r"$$o = \boxed{2}\boxed{3}\boxed{4}$$ $$p_k = \frac{e^{o_k}}{\sum_j e^{o_j}}$$ $$L = -\sum_k y_k \log p_k$$"
    text += r"$$L = -\log(0.25) = 1.386$$ $$\frac{\partial L}{\partial o_k} = p_k - y_k$$"
    assert verdicts(text)[3:] == ["undecided", "true", "true-if"]
    assert verdicts(text.replace("p_k - y_k", "y_k - p_k"))[-1] == "false"


def test_a_product_of_a_row_of_weights():
    """Beside the loss of two classes, W x is one number."""
    text = r"$$z = W \cdot x$$ $$\hat y = \sigma(z)$$ $$L = -(y \log \hat y + (1 - y) \log(1 - \hat y))$$"
    rows = [
        r"\frac{\partial \hat y}{\partial z} = \hat y (1 - \hat y)",
        r"\frac{\partial L}{\partial W} = (\hat y - y) x",
    ]
    for row in rows:
        assert verdicts(f"{text} $${row}$$")[3:] == ["true"]
    assert verdicts(text + r"$$\frac{\partial L}{\partial z} = y - \hat y$$")[3:] == ["false"]


def test_a_guessed_shape():
    """A letter that is only supposed to be a vector is named, and the step is undecided."""
    step = judge(r"$$a = \sigma(V h)$$ $$\frac{\partial a}{\partial h} = a (1 - a)$$").steps[1]
    assert step.verdict == "undecided"
    text = SOFTMAX + r"$$L = -\sum_k y_k \log p_k$$ $$z = W x$$ $$\frac{\partial L}{\partial W} = (p - y) x$$"
    assert verdicts(text)[3:] != ["true"]
    assert verdicts(text.replace("y) x", "y) x^T"))[3:] == ["true-if"]


def test_an_entry_and_the_function():
    """sigma(z_i) says what sigma is of any number."""
    text = r"$$\sigma(z_i) = \frac{1}{1 + e^{-z_i}}$$ $$p_i = \sigma(z_i)$$ "
    text += r"$$\frac{d\sigma(z)}{dz} = \sigma(z) @ (1 - \sigma(z))$$"
    assert verdicts(text.replace("@", "")) == ["definition", "definition", "true"]
    assert verdicts(text.replace("@", "2"))[2] == "false"


def test_inner_products_are_no_scores():
    """v_c in u_o'v_c is a vector: what is not said of the prediction is not made up of it."""
    text = r"$$J = -u_o^\top v_c + \log \sum_{w} \exp(u_w^\top v_c)$$ "
    text += r"$$\log \underbrace{\frac{\exp(u_o^\top v_c)}{\sum_w \exp(u_w^\top v_c)}}_{\hat y_o} = -J$$"
    row = r"$$\frac{\partial J}{\partial v_c} = -u_o + \sum_{w} \hat y_w u_w$$"
    assert verdicts(text + row) == ["definition", "true", "true"]
    assert verdicts(text + row.replace("-u_o +", "u_o +"))[2] == "false"
    assert verdicts(text.replace(r"}_{\hat y_o}", "}") + row)[2] not in ("false", "type-error")


def test_ascent():
    """Where a likelihood is to grow, the gradient is added."""
    text = "We maximize the log-likelihood by gradient ascent.\n\n$$h(x) = \\frac{1}{1 + e^{-\\theta^T x}}$$\n\n"
    text += r"$$L(\theta) = p(y \mid X; \theta)$$ $$\ell(\theta) = \log L(\theta)$$ "
    assert verdicts(text + r"$$\theta := \theta + \alpha \nabla_\theta \ell(\theta)$$")[3:] == ["update"]


def test_an_unknown_likelihood():
    """p(y | x) of which nothing is said is not the probability of class 1."""
    text = rf"{LOGISTIC}$$p_i = \sigma(z_i)$$ $$\log p(y_i \mid x_i) = y_i \log p_i + (1 - y_i) \log(1 - p_i)$$"
    assert verdicts(text)[2:] == ["undecided"]


def test_a_true_class_beside_samples():
    """Samples elsewhere in the document do not hide which class is the true one."""
    text = f"The target $y$ is one-hot, with the true class $c$.\n\n{SOFTMAX}"
    text += r"$$L = -\log p_c = -\sum_k y_k \log p_k$$ "
    text += r"$$\frac{\partial L}{\partial z_j} = p_j - y_j$$ $$R = \frac1N \sum_{i=1}^N \sum_k y_k^{(i)} p_k^{(i)}$$"
    assert verdicts(text)[:4] == ["definition", "definition", "true-if", "true-if"]


def test_row_vectors():
    """Where the text speaks of row vectors, which letters are rows is not guessed."""
    text = "The scores are a row vector.\n\n" + SOFTMAX + r"$$J = \text{diag}(p) - p^\top p$$ $$J p = p - p^\top p p$$"
    assert not {"false", "type-error"} & set(verdicts(text))


def test_counterexamples_show_the_letters():
    """A counterexample gives the letters their values, and the hint says in which case a step fails."""
    step = judge(SOFTMAX + r"$$\frac{\partial p_i}{\partial z_j} = -p_i p_j$$").steps[1]
    assert set(step.counterexample["letters"]) == {"z_1", "z_2", "z_3"}
    assert step.hint == "right where i != j, wrong where i = j"


@pytest.mark.parametrize(
    ("right", "verdict"),
    [
        (r"- \sum_{i} y_ilog(p_i)", "true"),
        (r"-\sum y_k \log p_k", "true"),
        (r"-\sum y_k \log p_k p_i", "unparseable"),
        (r"-\sum_k y_k \log {e^{z_k} \over \sum_j e^{z_j}}", "true"),
        (r"-\sum_k {y_k \over p_k}", "false"),
        (r"-\sum_k {y_k \log p_k} \cancel{- y_1} \cancel{+ y_1}", "true"),
        (r"\frac{\partial}{z_k} p_k", "unparseable"),
        (r"p_{k=i}", "false"),
        (r"-\sum_k y_k \log \hat{p_k}", "true"),
    ],
)
def test_ways_to_write(right, verdict):
    """Words run together, sums without index, old fractions and struck terms are read as they are shown."""
    text = SOFTMAX + r"$$L = -\sum_k y_k \log p_k$$" + f" $$L = {right}$$"
    assert verdicts(text)[2] == verdict


def test_braces_are_not_seen():
    """Braces after a sum are not on the page: what holds without them is no slip."""
    assert verdicts(SOFTMAX + r"$$\sum_k{p_k - p_i} = 1 - p_i$$")[1:] == ["true"]
    assert verdicts(SOFTMAX + r"$$\sum_k{p_k + p_i} = 1 - p_i$$")[1:] == ["false"]


def test_two_statements_on_a_line():
    """The second of two statements about a letter on one line is a claim like any other."""
    text = r"$$L = -\sum_k y_k \log p_k$$ $$L = \sum_k y_k \log p_k$$"
    assert verdicts(SOFTMAX + text)[1:] == ["definition", "false"]


def test_a_number_that_is_not_understood():
    """A number in which a derivative is taken may be any, whatever is said of it."""
    text = r"$$s = w_0 + \cdots + \square$$ $$g(s) = \frac{1}{1 + e^{-s}}$$ $$\frac{dg}{ds} = g(s) (1 - g(s))$$"
    assert verdicts(text)[2:] == ["true"]
    assert verdicts(text.replace("1 - g", "1 + g"))[2:] == ["false"]


def test_a_function_of_which_nothing_is_said():
    """The gradient in features is judged where the scores are said, though softmax is guessed."""
    text = r"$$z = W x + b$$ $$p = \mathrm{softmax}(z)$$ $$L = -y^\top \log p$$ "
    assert verdicts(text + r"$$\frac{\partial L}{\partial x} = W^\top (p - y)$$")[3:] == ["true-if"]
    assert verdicts(text + r"$$\frac{\partial L}{\partial x} = W^\top (p + y)$$")[3:] == ["false"]


@pytest.mark.parametrize(
    ("words", "loss", "verdict"),
    [
        ("Each is an independent sigmoid", r"-\sum_k y_k \log \hat y_k", "false"),
        (
            "Each is an independent sigmoid",
            r"-\sum_k [y_k \log \hat y_k + (1 - y_k) \log(1 - \hat y_k)]",
            "true",
        ),
        ("The outputs are the softmax", r"-\sum_k y_k \log \hat y_k", "true-if"),
        ("Unlike a sigmoid, the softmax gives", r"-\sum_k y_k \log \hat y_k", "true-if"),
    ],
)
def test_the_text_says_what_sigma_is(words, loss, verdict):
    """What the text calls a sigmoid is no softmax, though it has an index."""
    text = rf"{words} $\hat y_k = \sigma(z_k)$. $$L = {loss}$$ "
    assert judge(text + r"$$\frac{\partial L}{\partial z_k} = \hat y_k - y_k$$").steps[-1].verdict == verdict
