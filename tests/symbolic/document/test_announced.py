"""Cases that the text around a display announces, and definitions that hold in one case alone."""

import pytest

from softreg.symbolic.document import judge

SOFTMAX = "$$p_i = \\frac{e^{z_i}}{\\sum_j e^{z_j}}$$\n\n"
SAME = r"$$\frac{\partial p_i}{\partial z_j} = p_i (1 - p_i)$$"
OTHER = r"$$\frac{\partial p_i}{\partial z_j} = -p_i p_j$$"


def last(text):
    """Return the verdict and the assumptions of the last step."""
    step = judge(text).steps[-1]
    return step.verdict, step.assumptions


@pytest.mark.parametrize(
    "words", ["当 $i {} j$ 时:", "当\\(i {} j\\)时", "如果$i {} j$,", "如果i{} j,", "若 $i {} j$", "If i {} j:"]
)
def test_ways_to_announce(words):
    """A case is announced in Chinese, and without dollars."""
    assert last(f"{SOFTMAX}{words.format('=')}\n{SAME}") == ("true", ["the case i = j"])
    assert last(f"{SOFTMAX}{words.format(chr(92) + 'ne')}\n{OTHER}") == ("true", ["the case i != j"])
    assert last(f"{SOFTMAX}{words.format('=')}\n{OTHER}")[0] == "false"


@pytest.mark.parametrize(
    "words", ["对所有的, 当 $i = j$ 时也一样:", "for all i, also if i = j:", "The sum of $i = j$ gives"]
)
def test_no_case(words):
    """What holds in general, or is not announced, is no case."""
    assert last(f"{SOFTMAX}{words}\n{SAME}")[0] == "false"


def test_a_heading():
    """A heading announces the case of the display after it, unless the text between speaks of all."""
    text = f"{SOFTMAX}### When $j \\neq i$\n\nWith the quotient rule we find{{}}\n\n{OTHER}".replace("{}", "{0}")
    assert last(text.replace("{0}", "")) == ("true", ["the case j != i"])
    assert last(text.replace("{0}", ", for all indices,"))[0] == "false"


def test_a_display_that_goes_on():
    """A display that begins with = in an announced case goes on with the left side before it, in each of the cases."""
    text = SOFTMAX
    text += r"$$\frac{\partial p_i}{\partial z_j} = \frac{\partial}{\partial z_j} \frac{e^{z_i}}{\sum_k e^{z_k}}$$"
    text += "\n\nIf $i = j$,\n$$= p_i (1 - p_i)$$\n\nAnd if $i \\neq j$,\n$$= @$$"
    steps = judge(text.replace("@", "-p_i p_j")).steps
    assert [s.verdict for s in steps] == ["definition", "true", "true", "true"]
    assert [s.assumptions for s in steps[2:]] == [["the case i = j"], ["the case i != j"]]
    assert last(text.replace("@", "p_i p_j"))[0] == "false"
    assert last(text.replace("@", "-p_i p_j") + "\n\nand in general\n\n$$= -p_i p_j$$")[0] == "false"


def test_a_row_of_its_own():
    """A row of a display may announce the case of the rows after it."""
    rows = [r"\text{when $i \neq j$}", OTHER.strip("$"), r"\text{when $i = j$}", SAME.strip("$")]
    steps = judge(SOFTMAX + f"$${' {} '.join(rows)}$$".replace("{}", r"\\")).steps
    assert [s.assumptions for s in steps] == [[], ["the case i != j"], ["the case i = j"]]
    assert [s.verdict for s in steps[1:]] == ["true", "true"]


def test_a_definition_in_one_case():
    """What a loss is where y_i = 1 gives way to what it is in general; alone it refutes nothing, if sums run over i."""
    one, whole = r"$$L = -\log p_i \text{ where } y_i = 1$$", r"$$L = -\sum_i y_i \log p_i$$"
    claim = r"$$\frac{\partial L}{\partial p_j} = @\frac{y_j}{p_j}$$"
    text = f"{SOFTMAX}{one} {whole} {claim}"
    verdicts = [s.verdict for s in judge(text.replace("@", "-")).steps]
    assert verdicts == ["definition", "true-if", "definition", "definition", "true"]
    assert last(text.replace("@", ""))[0] == "false"
    sums = r"$$\sum_i \frac{\partial p_i}{\partial z_j} = 0$$"
    claim = r"$$\frac{\partial L}{\partial p_j} = -\sum_i \frac{y_i}{p_i}$$"
    assert last(f"{SOFTMAX}{sums}{one}{claim}")[0] == "undecided"


def test_a_letter_of_which_nothing_is_said():
    """U, of which nothing is said, has no shape that refutes."""
    text = SOFTMAX + r"$$J = -u_o^\top v_c + \log \sum_{w} \exp(u_w^\top v_c)$$ "
    assert last(text + r"$$\sum_{w} (\hat y_w - y_w) u_w = U (\hat y - y)$$")[0] == "undecided"
