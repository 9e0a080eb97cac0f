"""Verdicts that are easily got wrong, and what is inferred or given about the letters."""

import pytest

from softreg.symbolic.document import context_from_toml, front_matter, judge

SOFTMAX = "$$S_i = \\frac{e^{z_i}}{\\sum_k e^{z_k}}$$\n\n$$L = -\\sum_k y_k \\log S_k$$\n\n"


def steps(*rows, given=None):
    """Judge rows after the usual definitions, which are left out of the result."""
    text = SOFTMAX + "\n\n".join(f"$${row}$$" for row in rows)
    return judge(text, given).steps[2:]


def verdicts(*rows, given=None):
    """Return the verdicts alone."""
    return [step.verdict for step in steps(*rows, given=given)]


def test_vacuous_derivative():
    """A derivative in what does not occur proves nothing, on either side."""
    assert verdicts(r"\frac{\partial q_i}{\partial u_j} = \frac{\partial q_i}{\partial u_j} \cdot 2") != ["true"]
    (step,) = steps(r"\frac{\partial L}{\partial v_j} = 0 \cdot v_j")
    assert step.verdict == "undecided"
    assert "not said" in step.hint


def test_the_sum_of_targets_is_an_assumption():
    """That y sums to 1 is used only where it is needed, and then told."""
    general, special = steps(
        r"\frac{\partial L}{\partial z_i} = S_i \sum_k y_k - y_i", r"\frac{\partial L}{\partial z_i} = S_i - y_i"
    )
    assert (general.verdict, general.assumptions) == ("true", [])
    assert (special.verdict, special.assumptions) == ("true-if", ["sum_k y_k = 1"])


def test_capture():
    """A sum over k, differentiated at a free k, is not confused with it."""
    assert verdicts(r"\frac{\partial}{\partial z_k} \sum_{k} z_k^2 = 2 z_k") == ["true"]
    assert verdicts(r"\frac{\partial}{\partial z_k} \sum_{k} z_k^2 = 2 \sum_{k} z_k") == ["false"]


def test_ranges():
    """An index of features where one of classes belongs is a type error, with the names of the sizes."""
    (step,) = steps(r"\sum_{k=1}^{K} y_k + \sum_{p=1}^{d} x_p = \sum_{p=1}^{d} x_p + \sum_{p=1}^{d} y_p")
    assert step.verdict == "type-error"
    assert "d" in step.hint
    assert "K" in step.hint


def test_bounds():
    """Sums that leave out the first or the last term are not whole ones."""
    assert verdicts(r"\sum_{k=1}^{K} S_k = 1") == ["true"]
    assert verdicts(r"\sum_{k=2}^{K} S_k = 1 - S_1") == ["true"]
    assert verdicts(r"\sum_{k=1}^{K-1} S_k = 1 - S_K") == ["true"]
    assert verdicts(r"\sum_{k=1}^{K-1} S_k = 1") == ["false"]
    assert verdicts(r"\sum_{k=2}^{K} S_k = 1") == ["false"]


def test_two_scopes():
    """A derivative may bind one factor or the rest of its product; a chain may not do both."""
    assert verdicts(r"\frac{\partial}{\partial z_i} z_i z_j = z_j + z_i \delta_{ij}") == ["true"]
    assert verdicts(r"\frac{\partial}{\partial z_i} z_i z_j = z_j") == ["true"]
    assert verdicts(r"1 \cdot z_j = \frac{\partial}{\partial z_i} z_i z_j = z_j + z_i \delta_{ij}") == ["true", "false"]
    (step,) = steps(r"\frac{\partial}{\partial z_i} z_i z_j = z_j")
    assert "ambiguous" in step.hint


def test_inherited():
    """A slip that the next line takes back breaks two steps, and only the first is its own."""
    broken = steps(
        r"\frac{\partial L}{\partial z_i} = S_i \sum_k y_k + y_i = S_i \sum_k y_k - y_i = -y_i + S_i \sum_k y_k"
    )
    assert [(s.verdict, s.inherited) for s in broken] == [("false", False), ("false", True), ("true", False)]
    carried = steps(r"\frac{\partial L}{\partial z_i} = S_i \sum_k y_k + y_i = y_i + S_i \sum_k y_k")
    assert [s.verdict for s in carried] == ["false", "true"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (r"\frac{\partial L}{\partial z_i} = y_i - S_i \sum_k y_k", "opposite sign"),
        (r"\frac{\partial L}{\partial z_i} = L", "derivative operator is missing"),
        (r"\frac{\partial S_i}{\partial z_j} = S_j (\delta_{ij} - S_j)", ""),
        (r"\frac{\partial}{\partial z_i} z_i^2 = z_i", "factor 2"),
    ],
)
def test_hints(row, words):
    """The usual slips are told by name."""
    (step,) = steps(row)
    assert step.verdict == "false"
    assert words in step.hint


def test_damage():
    """Words and lost escapes are named with their column, and never repaired in silence."""
    (lost,) = steps(r"\sum_k y_k rac{1}{2} = \sum_k y_k \frac{1}{2}")
    assert lost.verdict == "unparseable"
    assert "\\frac" in lost.hint
    (word,) = steps(r"S_i = foobar_i")
    assert word.verdict == "unparseable"
    assert "column" in word.hint
    (letter,) = steps(r"\sum_k S_k = \Xi_i")
    assert letter.verdict == "unparseable"
    assert "no meaning" in letter.hint


def test_log_of_what_may_be_negative():
    """A logarithm is not split over factors that may be negative."""
    assert verdicts(r"\log (z_1 z_1) = 2 \log z_1") == ["undecided"] or verdicts(r"\log (z_1 z_1) = 2 \log z_1") == [
        "false"
    ]


def test_context_file():
    """A context that is given comes before what would be guessed; unknown keys are errors."""
    row = r"\frac{\partial z_k}{\partial w_{kj}} = u_j"
    assert verdicts(row) != ["true"]
    given = context_from_toml('[softreg]\ndefinitions = ["z_k = \\\\sum_j w_{kj} u_j"]\n')
    assert verdicts(row, given=given) == ["true"]
    with pytest.raises(ValueError, match="unknown key"):
        context_from_toml("[softreg]\nfoo = 1\n")


def test_front_matter():
    """Front matter of other programs is let be; a table of ours is read."""
    assert front_matter("---\ntitle: x\n---\n") is None
    context = front_matter('+++\n[softreg]\nsums_to_one = ["q"]\n+++\n')
    assert context is not None
    assert context.sums_to_one == {"q"}


def test_one_entry_for_each_sign():
    """Each = of a display has its entry, in the order of the document."""
    rows = "\\begin{aligned} d &= e \\\\ &= f \\end{aligned}"
    text = f"$$a = b = c$$ $${rows}$$ \\[ g = h \\] \\begin{{align}} k &= l \\end{{align}}"
    found = judge(text).steps
    assert [(s.left, s.right) for s in found] == [
        ("a", "b"),
        ("b", "c"),
        ("d", "e"),
        ("e", "f"),
        ("g", "h"),
        ("k", "l"),
    ]


BINARY = r"""
$$\frac{\partial L}{\partial \hat y} = -\frac{y}{\hat y} + \frac{1 - y}{1 - \hat y}$$

$$\frac{\partial \hat y}{\partial z} = \hat y (1 - \hat y)$$

$$\frac{\partial L}{\partial z} = \frac{\partial L}{\partial \hat y} \frac{\partial \hat y}{\partial z} = \hat y - y$$

$$L = -y \log \hat y - (1 - y) \log(1 - \hat y)$$

$$\hat y = \frac{1}{1 + e^{-z}}$$
"""


@pytest.mark.parametrize(
    ("right", "slip", "line"),
    [
        (r"- (1 - y) \log", r"+ (1 - y) \log", 8),
        (r"= -y \log", r"= y \log", 8),
        (r"\log(1 - \hat y)", r"\log(\hat y)", 8),
        (r"1 + e^{-z}", r"1 - e^{-z}", 10),
    ],
)
def test_a_later_slip(right, slip, line):
    """Steps before a wrong definition keep their verdicts, and the definition is what is wrong."""
    assert {s.verdict for s in judge(BINARY).steps} <= {"true", "true-if", "definition"}
    found = judge(BINARY.replace(right, slip)).steps
    assert [s.line for s in found if s.verdict not in ("true", "true-if", "definition")] == [line]


def test_a_slip_of_the_text():
    """A display that the text before it contradicts is right if what follows agrees with it."""
    slip = r"With $p_k = e^{-z_k} / \sum_j e^{z_j}$ we have" + "\n\n"
    display = (
        r"$$p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}$$ $$\frac{\partial p_k}{\partial z_j} = p_k (\delta_{kj} - p_j)$$"
    )
    found = judge(slip + display)
    assert [(s.line, s.verdict) for s in found.steps] == [(1, "false"), (3, "definition"), (3, "true")]
    assert [s.verdict for s in judge(slip.replace("-z_k", "z_k") + display).steps] == ["true", "true"]


def test_a_loss_that_is_not_understood():
    """What is guessed of a letter whose definition is not understood can prove, and cannot refute."""
    loss = r"$$p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}$$ $$L = \oint y_k \log p_k$$ "
    right, other = (rf"$$\frac{{\partial L}}{{\partial z_i}} = p_i {sign} y_i$$" for sign in "-+")
    assert [s.verdict for s in judge(loss + right).steps] == ["definition", "unparseable", "true-if"]
    assert [s.verdict for s in judge(loss + other).steps] == ["definition", "unparseable", "undecided"]


def test_an_empty_side():
    """A side on which nothing stands is told with its place."""
    (step,) = judge("Here\n\n$$p_k = $$").steps
    assert step.verdict == "unparseable"
    assert "line 3, column 8" in step.hint


def test_a_name_as_scores():
    """What is guessed of letters holds for names too."""
    (step,) = judge(r"$$\log S_k = \text{score}_k - \log \sum_j e^{\text{score}_j}$$").steps
    assert step.verdict == "true"


def test_a_prime():
    """A weight with a prime is what it becomes; a letter that is defined with one is another letter."""
    before = r"$$z_k = w_k^T x$$ $$L = -\sum_k y_k (z_k - \log \sum_j e^{z_j})$$ "
    for sign, verdict in (("-", "update"), ("+", "false")):
        (*_, step) = judge(before + rf"$$w_k' = w_k {sign} \eta \frac{{\partial L}}{{\partial w_k}}$$").steps
        assert step.verdict == verdict
    (first, other) = judge(r"$$z'_k = z_k + c$$ $$z'_k - z'_j = z_k + z_j$$").steps
    assert (first.verdict, other.verdict) == ("definition", "false")
