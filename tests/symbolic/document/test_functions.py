"""Functions of one number with a meaning of their own, inverses, and derivatives written as commands."""

import pytest

from softreg.symbolic.document import judge


def verdicts(*rows, before=""):
    """Judge rows behind a text."""
    return [s.verdict for s in judge(before + "\n\n" + "\n\n".join(f"$${row}$$" for row in rows)).steps]


@pytest.mark.parametrize(
    ("row", "slip"),
    [
        (r"\tanh(x) = \frac{e^x - e^{-x}}{e^x + e^{-x}}", ("e^x - ", "e^x + ")),
        (r"\tanh(x) = \frac{e^x - e^{-x}}{e^x + e^{-x}}", ("- e^{-x}", "- e^{x}")),
        (r"\tanh(x) = \frac{2}{1 + e^{-2x}} - 1", ("-2x", "-x")),
        (r"\tanh'(x) = 1 - \tanh^2(x)", ("1 -", "1 +")),
        (r"\frac{d}{dx} \tanh x = 1 - \tanh^2 x", (r"\tanh^2", r"\tanh")),
        (r"\tanh x = \frac{\sinh x}{\cosh x}", (r"\sinh x", r"\sinh 2x")),
        (r"\cosh^2 x - \sinh^2 x = 1", ("- ", "+ ")),
        (r"\operatorname{tanh}(x) = -\mathrm{tanh}(-x)", ("= -", "= ")),
        (r"\frac{d}{dx} \sinh x = \cosh x", ("= ", "= -")),
    ],
)
def test_hyperbolic_functions(row, slip):
    """They are what they always are, in a document that defines them too, with brackets or without."""
    assert verdicts(row, row.replace(*slip)) == ["true", "false"]


def test_a_hyperbolic_activation():
    """It is applied entry by entry, and has its derivative."""
    before = r"Let $a = \tanh(z)$, $z = w^T x + b$ and $L = \frac12 (a - y)^2$."
    rows = r"\frac{\partial L}{\partial w} = (a - y)(1 - \tanh^2(z)) x", r"\frac{\partial L}{\partial z} = (a - y) a^2"
    assert verdicts(*rows, before=before) == ["true", "false"]


def test_the_inverse_of_the_sigmoid_function():
    """What it is at x has to hold at x = sigma(u), for any u: that x is between 0 and 1 needs no words."""
    rows = (
        r"\sigma^{-1}(x) = \log \frac{x}{1 - x}",
        r"\sigma^{-1}(p) = \log p - \log(1 - p)",
        r"\sigma^{-1}(x) = \log \frac{1 - x}{x}",
        r"\sigma^{-1}(x) = \log \frac{x}{1 + x}",
    )
    before = r"Let $\sigma(x) = \frac{1}{1 + e^{-x}}$."
    assert verdicts(*rows, before=before) == ["true", "true", "false", "false"]


SOFTMAX = r"Let $p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}$ and $L = -\sum_k y_k \log p_k$ with one-hot $y$."


@pytest.mark.parametrize(
    ("row", "slip"),
    [
        (r"\pdv{L}{z_k} = p_k - y_k", ("-", "+")),
        (r"\pdv{z_k} L = p_k - y_k", ("-", "+")),
        (r"\dv{L}{z_k} = p_k - y_k", ("p_k", "p_k^2")),
        (r"\derivative{L}{z_k} = p_k - y_k", ("-", "+")),
        (r"\pdv[2]{L}{z_k} = p_k (1 - p_k)", ("[2]", "")),
        (r"\pdv{L}{z_i}{z_j} = p_i (\delta_{ij} - p_j)", ("{z_j}", "")),
    ],
)
def test_derivatives_as_commands(row, slip):
    r"""\pdv{L}{z} is a quotient, \pdv{z} an operator; the order stands in square brackets."""
    found = verdicts(row, row.replace(*slip), before=SOFTMAX)
    assert found[0] in ("true", "true-if")
    assert found[1] in ("false", "unparseable")


@pytest.mark.parametrize("row", [r"\pdv[n]{L}{z_k} = 0", r"\pdv[3]{L}{z_i}{z_j} = 0", r"\pdv = 2"])
def test_commands_that_are_no_derivatives(row):
    """An order that is no number, or not that of the variables, is not guessed."""
    assert verdicts(row, before=SOFTMAX) == ["unparseable"]
