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


@pytest.mark.parametrize(
    "words",
    [
        "and for all other $j$, where $j \\neq i$,",
        "For the remaining classes $j \\neq i$",
        "For all $i \\neq j$ we have",
        "for any other index, that is for $i \\neq j$:",
        "für alle anderen $i \\neq j$",
        "pour tous les autres $i \\neq j$",
    ],
)
def test_all_other(words):
    """What holds for all others holds in their case, and not in the other one."""
    assert last(f"{SOFTMAX}{words}\n{OTHER}") == ("true", ["the case " + ("j != i" if "$j" in words else "i != j")])
    assert last(f"{SOFTMAX}{words}\n{SAME}")[0] == "false"


@pytest.mark.parametrize(
    "heading", ["## Case @", "**Case @**", "### When @", "\\subsection*{Case @}", "\\paragraph{If @}"]
)
def test_a_heading_of_several(heading):
    """The case of a heading holds for all displays below it, until the next heading."""
    text = SOFTMAX + heading.replace("@", "$i = j$") + f"\n\nWe have\n\n{SAME}\n\nor again\n\n{SAME}\n\n"
    steps = judge(text + heading.replace("@", "$i \\neq j$") + f"\n\n{OTHER}\n\nso\n\n{OTHER}\n\nor\n\n{SAME}").steps
    assert [s.assumptions for s in steps[1:5]] == [["the case i = j"]] * 2 + [["the case i != j"]] * 2
    assert [s.verdict for s in steps[1:]] == ["true"] * 4 + ["false"]


@pytest.mark.parametrize(
    "words", ["In general", "For all $i$ and $j$", "Both together:", "## Result", "### Combining both"]
)
def test_the_end_of_a_heading(words):
    """A heading, and words that put the cases together, end the case of the heading before."""
    steps = judge(f"{SOFTMAX}## Case $i = j$\n\n{SAME}\n\n{words}\n\n{SAME}\n\nso\n\n{SAME}").steps
    assert [s.verdict for s in steps[1:]] == ["true", "false", "false"]


def test_a_heading_far_above():
    """A heading a long way before a display ends the case of the one before it."""
    words = "We now turn to a few remarks. " * 30
    steps = judge(f"{SOFTMAX}## Case $i = j$\n\n{SAME}\n\n## Remarks\n\n{words}\n\n{SAME}").steps
    assert [s.verdict for s in steps[1:]] == ["true", "false"]


def test_a_row_at_the_end():
    """A row of its own at the end of a display says in which case the rows before it hold."""
    same, other = SAME.strip("$"), OTHER.strip("$")
    rows = (same, r"\text{if } i = j", other, r"\text{if } i \neq j")
    steps = judge(f"{SOFTMAX}$${' {} '.join(rows)}$$".replace("{}", r"\\")).steps
    assert [s.assumptions for s in steps[1:]] == [["the case i = j"], ["the case i != j"]]
    steps = judge(f"{SOFTMAX}$${' {} '.join((other, rows[1]))}$$".replace("{}", r"\\")).steps
    assert [s.verdict for s in steps[1:]] == ["false"]


@pytest.mark.parametrize("said", [r"& \text{if } i = j", r"&& \text{if } i = j", "& i = j", r"&& \text{for $i = j$}"])
def test_a_case_in_a_cell(said):
    """A case in a cell of its own is one of its row, and not of the next."""
    rows = SAME.strip("$").replace("=", "&=") + said, OTHER.strip("$").replace("=", "&=")
    steps = judge(rf"{SOFTMAX}$$\begin{{aligned}} {rows[0]} \\ {rows[1]} \end{{aligned}}$$").steps
    assert [s.verdict for s in steps[1:]] == ["true", "false"]
    assert steps[1].assumptions == ["the case i = j"]


@pytest.mark.parametrize(
    "around", ["$$@ \\quad (K = 1)$$", "$$@ \\quad \\text{for } K = 1$$", "With $K = 1$:\n\n$$@$$"]
)
def test_one_size(around):
    """What is said of one size is not refuted by others, nor is it taken as true."""
    step = judge(SOFTMAX + around.replace("@", r"\frac{\partial p_i}{\partial z_j} = 0")).steps[-1]
    assert (step.verdict, "one size" in step.hint) == ("undecided", True)


SUPPOSED = ["Assume", "Suppose that", "Let us assume, for simplicity, that", "If the model were perfect, we would have"]


@pytest.mark.parametrize("words", SUPPOSED)
def test_suppositions(words):
    """What is supposed is not refuted, nor what may rest on it; what is right stays so, and a claim is one."""
    text = f"{SOFTMAX}{words}\n$$p_i = y_i$$\n\nThen\n\n$$p_i = 2 y_i$$\n\n"
    text += "## Again\n\n$$p_i = 2 y_i$$\n\n$$\\sum_i p_i = 1$$"
    steps = judge(text).steps[1:]
    assert [s.verdict for s in steps] == ["undecided", "undecided", "false", "true"]
    assert "supposes" in steps[0].hint
    assert "supposed" in steps[1].hint


@pytest.mark.parametrize(
    "words",
    [
        "Assume that we already knew",
        "Assuming this, we get",
        "If we sum up,",
        "We assume nothing. So",
        "Suppose $K$ classes; then",
    ],
)
def test_no_suppositions(words):
    """A claim under an assumption is a claim."""
    assert last(f"{SOFTMAX}{words}\n$$p_i = 2 y_i$$")[0] == "false"


SLOPES = r"Let $p_k = \frac{e^{z_k}}{\sum_j e^{z_j}}$ and $L = -\sum_k y_k \log p_k$ with one-hot $y$." + "\n\n"
FOR_ALL = [
    r"\forall k:",
    r"\forall k, \quad",
    r"\forall k \;",
    r"\forall k \in \{1, \dots, K\}:",
    r"\forall k \in \mathcal{K},",
    r"\forall k, i:",
    r"\text{for all } k:",
    r"\text{For each } k,",
]


@pytest.mark.parametrize("ahead", FOR_ALL)
def test_for_all(ahead):
    """That something holds for all k says nothing of k; it is no factor, and hides no slip."""
    row = rf"$${ahead} \frac{{\partial L}}{{\partial z_k}} = p_k - y_k$$"
    assert [s.verdict for s in judge(SLOPES + row).steps] == ["true-if"]
    assert [s.verdict for s in judge(SLOPES + row.replace("-", "+")).steps] == ["false"]


def test_for_all_that_differ():
    """A case that is announced so is one."""
    row = r"$$\forall i \neq j: \frac{\partial p_i}{\partial z_j} = -p_i p_j$$"
    (step,) = judge(SLOPES + row).steps
    assert (step.verdict, step.assumptions) == ("true", ["the case i != j"])
