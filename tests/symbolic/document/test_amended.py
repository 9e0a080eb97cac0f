"""A definition is the slip where one change of it makes all that follows right."""

import pytest

from softreg.symbolic.document import judge

RIGHT = {
    "p": r"\frac{e^{z_k}}{\sum_j e^{z_j}}",
    "L": r"-\sum_k y_k \log p_k",
    "log": r"z_k - \log \sum_j e^{z_j}",
    "slope": r"p_k - y_k",
    "second": r"p_k (\delta_{jk} - p_j)",
}


def verdicts(**slips):
    """Return the verdicts of a short derivation with slips in it."""
    rows = {**RIGHT, **slips}
    text = rf"""Let $\sum_k y_k = 1$.

$$p_k = {rows["p"]}$$

$$L = {rows["L"]}$$

$$\log p_k = {rows["log"]}$$

$$\frac{{\partial L}}{{\partial z_k}} = {rows["slope"]}$$

$$\frac{{\partial^2 L}}{{\partial z_k \partial z_j}} = {rows["second"]}$$
"""
    steps = judge(text).steps
    assert not any(s.inherited for s in steps)
    return ["right" if s.verdict in ("true", "true-if", "definition") else s.verdict for s in steps]


@pytest.mark.parametrize(
    ("name", "row"),
    [
        ("p", r"\frac{e^{-z_k}}{\sum_j e^{z_j}}"),
        ("p", r"\frac{e^{z_k}}{\sum_j e^{-z_j}}"),
        ("p", r"\frac{e^{y_k}}{\sum_j e^{z_j}}"),
        ("p", r"\frac{e^{z_j}}{\sum_j e^{z_j}}"),
        ("p", r"\frac{e^{z_k}}{\sum_j z_j}"),
        ("L", r"-\sum_k y_k p_k"),
        ("L", r"\sum_k y_k \log p_k"),
        ("L", r"-2 \sum_k y_k \log p_k"),
        ("L", r"-\frac{1}{K} \sum_{k=1}^K y_k \log p_k"),
    ],
)
def test_the_definition_is_the_slip(name, row):
    """Two steps or more that contradict a definition, and agree with one like it, outweigh it."""
    expected = {"p": ["false", *["right"] * 4], "L": ["right", "false", *["right"] * 3]}
    assert verdicts(**{name: row}) == expected[name]


@pytest.mark.parametrize("name", ["log", "slope", "second"])
def test_the_step_is_the_slip(name):
    """A step that is wrong by itself leaves the definitions as they are."""
    place = list(RIGHT).index(name)
    found = verdicts(**{name: "-(" + RIGHT[name] + ")"})
    assert found == ["false" if at == place else "right" for at in range(5)]


@pytest.mark.parametrize("slope", [r"\frac{1}{1 + e^{z}}", r"\frac{2}{1 + e^{-z}}"])
@pytest.mark.parametrize("letter", ["g", r"\sigma"])
def test_a_function_of_one_number(letter, slope):
    """It is told as well, with values; what it becomes is no constant, of which every derivative would be 0."""
    text = rf"""With ${letter}(z) = {slope}$ and $p_k = {letter}(z_k)$ the loss is

$$L = -\sum_k \left[ y_k \log p_k + (1 - y_k) \log (1 - p_k) \right]$$

$$\frac{{\partial p_k}}{{\partial z_k}} = p_k (1 - p_k)$$

$$\frac{{\partial L}}{{\partial z_k}} = p_k - y_k$$
"""
    first, *rest = judge(text).steps
    assert (first.line, first.verdict) == (1, "false")
    assert first.counterexample["left"] != first.counterexample["right"]
    assert "nothing below" not in first.hint
    assert [s.verdict for s in rest] == ["definition", "true", "true"]


def test_the_same_slip_in_two_steps():
    """Definitions that are as in all books are not blamed for it."""
    found = verdicts(slope="y_k - p_k", second=r"-p_k (\delta_{jk} - p_j)")
    assert found == ["right"] * 3 + ["false"] * 2


def test_the_same_step_twice():
    """What is said again is no second witness against a definition."""
    text = r"$$L = \frac{1}{2} \lambda w^2$$" + r" $$\frac{\partial L}{\partial w} = 2 \lambda w$$" * 2
    assert [s.verdict for s in judge(text).steps] == ["definition", "false", "false"]


def test_one_step_against_one_definition():
    """Where a single step contradicts a definition, it is that step which does not follow."""
    text = r"$$L = \frac{1}{2} \lambda w^2$$ $$\frac{\partial L}{\partial w} = 2 \lambda w$$"
    assert [s.verdict for s in judge(text).steps] == ["definition", "false"]


def test_an_unusual_definition_that_is_kept_to():
    """What follows from a definition is right, however unlike the usual one that is."""
    found = verdicts(L=r"-2 \sum_k y_k \log p_k", slope=r"2 (p_k - y_k)", second=r"2 p_k (\delta_{jk} - p_j)")
    assert found == ["right"] * 5


def test_a_definition_within_the_text():
    """It gets a step of its own, at its line, with a place where it differs from what is meant."""
    text = r"""Write $\Sigma = \sum_j e^{-z_j}$.

$$p_k = \frac{e^{z_k}}{\Sigma}$$

$$\frac{\partial p_k}{\partial z_k} = \frac{e^{z_k} \Sigma - e^{z_k} e^{z_k}}{\Sigma^2}$$

$$\log p_k = z_k - \log \sum_j e^{z_j}$$
"""
    steps = judge(text).steps
    assert [(s.line, s.verdict) for s in steps] == [(1, "false"), (3, "definition"), (5, "true"), (7, "true")]
    assert steps[0].counterexample["left"] != steps[0].counterexample["right"]
    assert "opposite sign of an exponent" in steps[0].hint


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (
            [
                r"q_i = \frac{e^{z_i}}{\sum_j e^{z_j}}",
                r"p_i = \frac{e^{v_i}}{\sum_j e^{v_j}}",
                r"C = -\sum_i q_i \log p_i",
                r"\frac{\partial C}{\partial z_i} = q_i - p_i",
                r"\frac{\partial^2 C}{\partial z_i \partial z_j} = q_i (\delta_{ij} - q_j)",
            ],
            ["definition", "definition", "false", "true", "true"],
        ),
        (
            [
                r"a = \sigma(z) = \frac{1}{1 + e^{z}}",
                r"\frac{d a}{d z} = a (1 - a)",
                r"\log \frac{a}{1 - a} = z",
            ],
            ["definition", "false", "true", "true"],
        ),
    ],
)
def test_letters_exchanged_and_a_definition_behind_another(rows, expected):
    """Two letters in each other's place are one slip; a definition may stand in the middle of a chain."""
    assert [s.verdict for s in judge("\n\n".join(f"$${row}$$" for row in rows)).steps] == expected


def test_steps_in_a_case():
    """A step that is about one case is right if it is in that case."""
    text = r"""Write $\Sigma = \sum_j e^{-z_j}$.

$$p_i = \frac{e^{z_i}}{\Sigma}$$

For $i = k$:

$$\frac{\partial p_i}{\partial z_k} = p_i (1 - p_i)$$

For $i \neq k$:

$$\frac{\partial p_i}{\partial z_k} = -p_i p_k$$
"""
    assert [s.verdict for s in judge(text).steps] == ["false", "definition", "true", "true"]
