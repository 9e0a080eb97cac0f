"""Ways of writing that are read, each with a right step that is true and, where it matters, a wrong one that is not."""

import pytest

from softreg.symbolic.document import judge

SOFTMAX = "$$p_i = \\frac{e^{z_i}}{\\sum_j e^{z_j}}$$\n\n"
LOSS = "$$L = -\\sum_k y_k \\log p_k$$\n\n"


def steps(*rows, before=SOFTMAX + LOSS):
    """Judge rows after the usual definitions, which are left out of the result."""
    text = before + "\n\n".join(row if "$$" in row else f"$${row}$$" for row in rows)
    return judge(text).steps[before.count("$$") // 2 :]


def verdicts(*rows, before=SOFTMAX + LOSS):
    """Return the verdicts alone."""
    return [s.verdict for s in steps(*rows, before=before)]


SAID = [
    r"\quad (i @ j)",
    r"\qquad (\text{if } i @ j)",
    r"\; (i @ j)",
    r"\, (i @ j)",
    r"\ (i @ j)",
    r"~~(i @ j)",
    r"\hspace{1cm} (i @ j)",
    r"\quad [i @ j]",
    r"\; [i @ j]",
    r"\quad \forall i @ j",
    r"\quad \text{(for $i @ j$)}",
    r"& (i @ j)",
    r"& [i @ j]",
]


@pytest.mark.parametrize("said", SAID)
def test_conditions(said):
    """A case in brackets after a space is a case: of its step, and of no other."""
    equal, other = (said.replace("@", sign) for sign in ("=", r"\neq"))
    rows = [rf"\frac{{\partial p_i}}{{\partial z_j}} = {value} {case}" for value, case in (
        ("p_i (1 - p_j)", equal), ("-p_i p_j", other), ("p_i (1 - p_j)", other), ("-p_i p_j", equal),
    )]  # fmt: skip
    found = steps(*(rf"\begin{{aligned}}{row}\end{{aligned}}" for row in rows))
    assert [s.verdict for s in found] == ["true", "true", "false", "false"]
    assert [s.assumptions for s in found[:2]] == [["the case i = j"], ["the case i != j"]]


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        (r"\left. \frac{\partial p_i}{\partial z_j} \right|_{i = j} = p_i (1 - p_i)", "true"),
        (r"\frac{\partial p_i}{\partial z_j} \bigg|_{i \neq j} = -p_i p_j", "true"),
        (r"\left. \frac{\partial p_i}{\partial z_j} \right|_{i = j} = -p_i p_i", "false"),
        (r"\left. \frac{\partial p_i}{\partial z_j} \right|_{z = 0} = 0", "unparseable"),
        (r"p_i [i = j] = p_i \delta_{ij}", "true"),
        (r"p_i \, [i = j] = p_i \delta_{ij}", "true"),
        (r"[i = j] = \delta_{ij}", "true"),
    ],
)
def test_bars_and_brackets(row, verdict):
    """A value behind a bar is a case; a square bracket without a wide space before it is a factor."""
    assert verdicts(row) == [verdict]


def test_a_case_before_the_next_step():
    """A case in brackets between two steps of a row is a case of both."""
    row = r"\frac{\partial p_i}{\partial z_j} = p_i (1 - p_i) \quad (i = j) = p_i - p_i p_j"
    assert verdicts(row) == ["true", "true"]
    assert verdicts(row.replace("(i = j)", r"(i \neq j)"))[0] == "false"


def test_a_case_about_a_label():
    """k = y is a case too, where y is the label."""
    before = SOFTMAX + "$$L = -\\log p_y$$\n\n"
    row = r"\frac{\partial L}{\partial z_k} = "
    rows = [row + value for value in (r"p_k - 1 \quad (k = y)", r"p_k \quad (k \neq y)", r"p_k \quad (k = y)")]
    assert verdicts(*rows, before=before) == ["true", "true", "false"]


def test_a_case_about_what_does_not_occur():
    """A case about an index that is nowhere in the step gives and takes nothing."""
    assert verdicts(r"\frac{\partial p_i}{\partial z_i} = p_i (1 + p_i) \quad (i = j)") == ["false"]


def test_what_targets_sum_to():
    """What the document says of the sum of the targets goes before what is usual."""
    row = r"\frac{\partial L}{\partial z_i} = "
    three, one, wrong = steps(
        r"Here $\sum_k y_k = 3$. $$" + row + "3 p_i - y_i$$", row + "p_i - y_i", row + "p_i + y_i"
    )
    assert (three.verdict, three.assumptions) == ("true-if", ["sum_k y_k = 3"])
    assert one.verdict == wrong.verdict == "false"
    shown, two = steps(r"\sum_k y_k = 2", row + "2 p_i - y_i")
    assert shown.verdict == two.verdict == "true-if"
    (unknown,) = steps(r"Here $\sum_k y_k = N$. $$" + row + "p_i - y_i$$")
    assert unknown.verdict == "false"


NAMES = (
    "CE",
    "CE(y, p)",
    "BCE",
    r"\text{CE}",
    r"\text{Loss}(y, p)",
    r"\mathrm{KL}(y \| p)",
    "D_{KL}(y || p)",
    r"KL(y \,\|\, p)",
    "ABC",
    r"\text{Cross-entropy loss}",
)


@pytest.mark.parametrize("head", NAMES)
def test_names_of_capitals(head):
    """A run of capitals, or a word, that is a left side is one name there and thereafter."""
    name = head.split("(")[0]
    given, right, wrong = steps(
        rf"{head} = -\sum_{{k=1}}^{{C}} y_k \log p_k",
        rf"\frac{{\partial {name}}}{{\partial z_i}} = p_i - y_i",
        rf"\frac{{\partial {name}}}{{\partial z_i}} = p_i + y_i",
        before=SOFTMAX,
    )
    assert (given.verdict, right.verdict, wrong.verdict) == ("definition", "true-if", "false")


def test_words_that_are_no_names():
    """Words that introduce a row are words, and it goes on from the one before."""
    row = r"\begin{aligned} \frac{\partial L}{\partial z_i} &= p_i - y_i \\ \text{and so} &= -(y_i - p_i) \end{aligned}"
    assert verdicts(row) == ["true-if", "true"]


def test_products_of_capitals():
    """Letters that mean something alone are a product beside each other, also as a left side."""
    rows = (r"Z = XW", r"XW = Z", r"Y = XW + Z", r"W = W", r"X = X")
    assert verdicts(*rows, before="")[:2] == ["definition", "true"]


def test_divergence():
    """Targets of which a logarithm is taken are positive, and that is told."""
    verdict = judge(
        SOFTMAX + r"$$D_{KL}(y \| p) = \sum_k y_k \log \frac{y_k}{p_k} = \sum_k y_k \log y_k - \sum_k y_k \log p_k$$"
    )
    assert [s.verdict for s in verdict.steps] == ["definition", "definition", "true"]
    assert any("y_k > 0" in note for note in verdict.context)
    assert not any("> 0" in note for note in judge(SOFTMAX + r"$$L = -\log p_y = -\log p_y$$").context)


@pytest.mark.parametrize(
    ("delta", "sign"), [("y_i - p_i", "-"), ("p_i - y_i", ""), (r"\frac{\partial L}{\partial z_i}", "")]
)
def test_delta_of_the_document(delta, sign):
    """delta with one index is what the document says it is, also within the text."""
    row = r"\frac{\partial L}{\partial z_i} = "
    other = "" if sign else "-"
    rows = (rf"\delta_i = {delta}", rf"{row} {sign} \delta_i", rf"{row} {other} \delta_i")
    assert [v.replace("-if", "") for v in verdicts(*rows)] == ["definition", "true", "false"]
    inline = steps(rf"Let $\delta_i = {delta}$. $${rows[1]}$$", rows[2])
    assert [s.verdict.replace("-if", "") for s in inline] == ["true", "false"]


LOGISTIC = r"""
$$\hat y = \sigma(z) = \frac{1}{1+e^{-z}}$$

$$z = w^\top x + b$$

$$L = -y \log \hat y - (1-y)\log(1-\hat y)$$

"""


def test_scalar_bias():
    """A gradient in a scalar bias leaves it a scalar, and the steps about the weights stand."""
    rows = (r"\nabla_w L = (\hat y - y) x", r"\nabla_b L = \hat y - y", r"\frac{\partial L}{\partial b} = \hat y - y")
    assert verdicts(*rows, before=LOGISTIC)[1:] == ["true"] * 3
    assert verdicts(r"\nabla_b L = y - \hat y", before=LOGISTIC)[1:] == ["false"]


ELEVEN = "".join(rf"\sum_{c} " for c in "abcdefghijk") + " ".join(rf"\hat y_{c}" for c in "abcdefghijk")
SLOPE = r"\frac{\partial L}{\partial z_i} = "
CASES = r"\begin{{cases}} {} & {} \\ {} & {} \end{{cases}}"
VECTORS = "$$\\hat y = \\mathrm{softmax}(z)$$\n\n$$L = -\\sum_k y_k \\log \\hat y_k$$\n\n"


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        (r"\nabla_z L = \hat y - y", "true-if"),
        (r"\nabla L(z) = \hat y - y", "true-if"),
        (r"\nabla L = \hat y - y", "unparseable"),
        (r"\frac{\partial \hat y}{\partial z} = \mathrm{diag}(\hat y) - \hat y \hat y^T", "true"),
        (r"\frac{\partial \hat y}{\partial z} = \operatorname{diag}(\hat y) + \hat y \hat y^\top", "false"),
        (r"\nabla_z^2 L = \mathrm{diag}(\hat y) - \hat y \hat y^T", "true-if"),
        (r"\sum_a \sum_b \hat y_a \hat y_b = 1", "true"),
        (r"\sum_a \sum_b \hat y_a \hat y_b = 2", "false"),
        (r"\frac{\partial \hat y_a}{\partial z_b} = \hat y_a (\delta_{ab} - \hat y_b)", "true"),
        (ELEVEN + " = 1", "true"),
        (r"L'(z_k) = \hat y_k - y_k", "true-if"),
        (r"L'(z_k) = y_k - \hat y_k", "false"),
        (r"\hat y_i = \frac{e^{z_i - \max_k z_k}}{\sum_j e^{z_j - \max_k z_k}}", "true"),
        (r"\log \sum_j e^{z_j} = \max_j z_j + \log \sum_j e^{z_j - \max(z)}", "true"),
        (r"\hat y_i = \frac{e^{z_i - \max_k z_k}}{\sum_j e^{z_j + \max_k z_k}}", "false"),
        (r"\hat y_i = \frac{e^{z_i - \max_k z_k}}{\sum_j e^{z_j - z_i}}", "false"),
        (r"z \odot \hat y = \hat y \odot z", "true"),
        (r"z^\top \hat y = \sum_k z_k \hat y_k", "true"),
        (r"z \cdot \hat y = \sum_k z_k \hat y_k", "true"),
        (r"z = (z_1, \dots, z_K)", "definition"),
        (r"\sum_k e^{z_k} = e^{z_1} + \dots + e^{z_K}", "true"),
        (r"\sum_k e^{z_k} = e^{z_1} + e^{z_2} + \dots + e^{z_K}", "true"),
        (r"\sum_k e^{z_k} = e^{z_1} + e^{z_3} + \dots + e^{z_K}", "unparseable"),
        (r"\sum_k e^{z_k} = e^{z_1} + \dots + e^{y_K}", "unparseable"),
        (r"\sum_k z_k = -z_1 - z_2 - \cdots - z_K", "false"),
        (r"\frac{\partial \hat y_i}{\partial z_j} = \hat y_i (I_{ij} - \hat y_j)", "true"),
        (SLOPE + CASES.format(r"\hat y_i - 1", "y_i = 1", r"\hat y_i", "y_i = 0"), "true-if"),
        (SLOPE + CASES.format(r"\hat y_i", "y_i = 1", r"\hat y_i - 1", "y_i = 0"), "false"),
        (r"\frac{\partial \hat y_i}{\partial z_j} =" + CASES.format(r"\hat y_i", "i = j", "0", "i < j"), "unparseable"),
    ],
)  # fmt: skip
def test_vectors_and_more(row, verdict):
    """Gradients, diagonal matrices, maxima, primes and entrywise products."""
    (step,) = steps(row, before=VECTORS)
    assert step.verdict == verdict, step.hint
    assert step.hint or verdict not in ("unparseable", "undecided")


def test_an_optimum():
    """That a gradient is 0 is no identity, and may be the condition of an optimum: it is not called false."""
    first, last = steps(r"\frac{\partial L}{\partial z_i} = p_i - y_i = 0")
    assert (first.verdict, last.verdict) == ("true-if", "undecided")
    assert "optimum" in last.hint
    assert verdicts(r"\frac{\partial p_i}{\partial z_j} = 0") == ["false"]


def test_one_sample_or_all():
    """Where one side is about one sample and the other about all, nothing is said to be false."""
    rows = (
        r"h(x) = \frac{1}{1 + e^{-\theta^T x}}",
        r"\ell(\theta) = \sum_{i=1}^m y^{(i)} \log h(x^{(i)}) + (1 - y^{(i)}) \log (1 - h(x^{(i)}))",
        r"\frac{\partial \ell}{\partial \theta_j} = (y - h(x)) x_j",
        r"\frac{\partial \ell}{\partial \theta_j} = \sum_{i=1}^m (y^{(i)} - h(x^{(i)})) x_j^{(i)}",
    )
    found = steps(*rows, before="")
    assert [s.verdict for s in found] == ["definition", "definition", "undecided", "true"]
    assert "all samples" in found[2].hint


WEIGHTS = SOFTMAX + LOSS + "$$z_k = \\sum_j w_{kj} x_j$$\n\n"


@pytest.mark.parametrize("sign", ["=", ":="])
@pytest.mark.parametrize(
    ("change", "up"),
    [
        (r"- \alpha \frac{\partial L}{\partial w_{kj}}", False),
        (r"+ \alpha \frac{\partial L}{\partial w_{kj}}", True),
        (r"- \alpha (p_k - y_k) x_j", False),
        (r"+ \alpha (p_k - y_k) x_j", True),
        (r"- \alpha (y_k - p_k) x_j", True),
    ],
)
def test_direction_of_an_update(sign, change, up):
    """An update that climbs the slope of a loss is wrong, with a place where it does."""
    (step,) = steps(f"w_{{kj}} {sign} w_{{kj}} {change}", before=WEIGHTS)
    assert step.verdict == ("false" if up else "update")
    assert ("goes up" in step.hint) == up
    assert (step.counterexample is not None) == up


def test_direction_behind_an_arrow():
    """An arrow has an entry among the steps if its direction is wrong; what follows it is judged."""
    arrow = (
        r"$$w_{kj} \leftarrow w_{kj} + \alpha \frac{\partial L}{\partial w_{kj}} = w_{kj} + \alpha (p_k - y_k) x_j$$"
    )
    found = judge(WEIGHTS + arrow)
    assert [s.verdict for s in found.steps][3:] == ["false", "true-if"]
    assert "goes up" in found.steps[3].hint
    assert found.exit_code == 1
    assert [s.verdict for s in judge(WEIGHTS + arrow.replace("+", "-")).steps][3:] == ["update", "true-if"]


def test_direction_for_a_likelihood():
    """A likelihood is climbed: there, going down is told."""
    before = WEIGHTS.replace("L = -", "L = ")
    up, down = steps(
        *(rf"w_{{kj}} := w_{{kj}} {s} \alpha \frac{{\partial L}}{{\partial w_{{kj}}}}" for s in "+-"), before=before
    )
    assert "slope" not in up.hint
    assert "goes down" in down.hint


def test_direction_for_two_classes():
    """Targets of two classes are between 0 and 1, where the logistic loss is positive."""
    rows = [rf"w := w {sign} \alpha \frac{{\partial L}}{{\partial w}}" for sign in "-+"]
    down, up = steps(*rows, before=LOGISTIC)[1:]
    assert "slope" not in down.hint
    assert "goes up" in up.hint


def test_a_loss_of_entries():
    """A loss written of entries, and defined of vectors, is read as the whole loss; the hint says so."""
    before = SOFTMAX + "$$L(y, p) = -\\sum_k y_k \\log p_k$$\n\n"
    (step,) = steps(r"\frac{\partial}{\partial z_i} L(y_i, p_i) = p_i - y_i", before=before)
    assert step.verdict == "true-if"
    assert "whole loss" in step.hint


def test_rows():
    """What is defined for one row holds for each of many: p_k and p_{ik}, x and x_i, p(x) and p(x_i)."""
    many = r"\frac{\partial J}{\partial \beta_k} = \sum_{i=1}^n"
    one = "$$p_k = \\frac{e^{a_k}}{\\sum_j e^{a_j}}, \\quad a_k = \\beta_k^\\top x$$\n\n"
    loss = "$$J = -\\sum_{i=1}^n \\sum_k y_{ik} \\log p_{ik}$$\n\n"
    found = judge(one + loss + f"$${many} (p_{{ik}} - y_{{ik}}) x_i$$\n\n$${many} (y_{{ik}} - p_{{ik}}) x_i$$").steps
    assert [s.verdict for s in found] == ["definition"] * 3 + ["true-if", "false"]
    called = "$$p_k(x) = \\frac{e^{\\beta_k^\\top x}}{\\sum_j e^{\\beta_j^\\top x}}$$\n\n"
    loss = "$$J = -\\sum_{i=1}^n \\log p_{g_i}(x_i)$$\n\n"
    found = judge(called + loss + f"$${many} (p_k(x_i) - [g_i = k]) x_i$$\n\n$${many} p_k(x_i) x_i$$").steps
    assert [s.verdict for s in found] == ["definition"] * 2 + ["true", "false"]


def test_numbered_letters():
    """w_1 and w_2, where there are no others, are two letters."""
    found = judge(
        LOGISTIC.replace(r"w^\top x", "w_1 x_1 + w_2 x_2") + r"$$\frac{\partial L}{\partial w_2} = (\hat y - y) x_2$$"
    )
    assert found.steps[-1].verdict == "true"


def test_changes():
    """Delta w is one letter: the change of w."""
    rows = (
        r"\Delta w_{kj} = -\eta \frac{\partial L}{\partial w_{kj}} = \eta (y_k - p_k) x_j",
        r"w_{kj} = w_{kj} + \Delta w_{kj}",
    )
    assert verdicts(*rows, before=WEIGHTS) == ["definition", "true-if", "update"]


def test_ranges_in_words():
    """for i = 1, ..., K is a remark, not a step."""
    assert verdicts(r"\sum_k p_k = 1, \quad \text{for } i = 1, \dotsc, K") == ["true"]


def test_ell_as_an_index():
    r"""An index may be a command."""
    text = r"""$$p_k = \frac{e^{z_k}}{\sum_{\ell} e^{z_{\ell}}}$$

    $$\frac{\partial p_k}{\partial z_\ell} = p_k (\delta_{k\ell} - p_\ell)$$"""
    assert [s.verdict for s in judge(text).steps] == ["definition", "true"]


def test_primed_index():
    """A primed letter is an index of its own where it stands as one."""
    text = r"""$$p_k = \frac{e^{z_k}}{\sum_{k'} e^{z_{k'}}}$$
    $$\frac{\partial p_k}{\partial z_{k'}} = p_k (\delta_{kk'} - p_{k'})$$
    $$\frac{\partial p_k}{\partial z_{k'}} = p_k (\delta_{kk'} - p_k)$$

    For $k' \neq k$:

    $$\frac{\partial p_k}{\partial z_{k'}} = -p_k p_{k'}$$
    $$\frac{\partial p_k}{\partial z_{k'}} = p_k (1 - p_k) \quad (k = k')$$
    $$\sum_{k' \neq k} p_{k'} = 1 - p_k$$"""
    assert [s.verdict for s in judge(text).steps] == ["definition", "true", "false", "true", "true", "true"]


def test_rows_without_a_definition():
    """Where p and z have a row and a class throughout, softmax is over the class."""
    text = r"""$$\ell_n = -\sum_k y_{nk} \log p_{nk}$$
    $$\frac{\partial \ell_n}{\partial z_{nk}} = p_{nk} - y_{nk}$$
    $$\frac{\partial \ell_n}{\partial z_{nk}} = y_{nk} - p_{nk}$$"""
    assert [s.verdict for s in judge(text).steps] == ["definition", "true-if", "false"]


ROOTS = r"$$p_i = \frac{e^{z_i / \sqrt{d}}}{\sum_k e^{z_k / \sqrt{d}}}$$" + "\n\n" + LOSS


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        (SLOPE + r"\frac{1}{\sqrt{d}} (p_i - y_i)", "true-if"),
        (SLOPE + r"\frac{\sqrt{d}}{d} (p_i - y_i)", "true-if"),
        (SLOPE + r"d^{-1/2} (p_i - y_i)", "true-if"),
        (SLOPE + r"\frac{1}{d} (p_i - y_i)", "false"),
        (SLOPE + r"\sqrt{d} (p_i - y_i)", "false"),
        (r"\sqrt[3]{d} = d^{1/3}", "true"),
        (r"\sqrt[3]{d} = d^{1/2}", "false"),
        (r"\sqrt[n]{d} = d", "unparseable"),
    ],
)
def test_roots(row, verdict):
    """Roots are powers, of letters that are positive."""
    found = judge(f"{ROOTS}$${row}$$")
    assert found.steps[-1].verdict == verdict
    assert any("as its root is taken" in note for note in found.context)


def test_size_of_keys():
    r"""In \sqrt{d_k}, d_k is one number."""
    before = r"$$s_{ij} = \frac{q_i^\top k_j}{\sqrt{d_k}}$$ $$a_{ij} = \frac{e^{s_{ij}}}{\sum_l e^{s_{il}}}$$"
    row = r"\frac{\partial \log a_{ij}}{\partial q_i} = \frac{1}{\sqrt{d_k}} \left( k_j @ \sum_l a_{il} k_l \right)"
    assert verdicts(*(row.replace("@", sign) for sign in "-+"), before=before + "\n") == ["true", "false"]


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        (SLOPE + "p_i + -y_i", "true-if"),
        (SLOPE + "p_i - -y_i", "false"),
        (SLOPE + "- -p_i - +y_i", "true-if"),
        (rf"\begin{{aligned}} {SLOPE} & p_i + \\ & + p_i - p_i - y_i \end{{aligned}}", "true-if"),
        (rf"\begin{{aligned}} {SLOPE} & p_i - \\ & - y_i \end{{aligned}}", "unparseable"),
        (rf"\begin{{aligned}} {SLOPE} & p_i + \\ & - y_i \end{{aligned}}", "true-if"),
        (r"\frac{\partial -\log p_k}{\partial z_i} = p_i - \delta_{ik}", "true"),
        (r"\frac{-\partial \log p_k}{\partial z_i} = p_i - \delta_{ik}", "true"),
        (r"-\frac{\partial -\log p_k}{\partial z_i} = p_i - \delta_{ik}", "false"),
        (r"\frac{\partial p_{k=i}}{\partial z_i} = p_i (1 - p_i)", "true"),
        (r"\frac{\partial p_{k=i}}{\partial z_j} = p_i (1 - p_i)", "false"),
        (r"z = \begin{bmatrix} z_1 \\ \vdots \\ z_K \end{bmatrix}", "definition"),
        (r"p = \begin{pmatrix} p_1 & \cdots & p_K \end{pmatrix}", "definition"),
        (r"p = \begin{pmatrix} z_1 & \cdots & z_K \end{pmatrix}", "false"),
        (r"p = \begin{pmatrix} p_1 & p_2 \\ p_3 & p_4 \end{pmatrix}", "unparseable"),
        (r"p_i \stackrel{(a)}{=} p_i", "true"),
        (r"\|p\|_2^2 = \sum_k p_k^2", "true"),
        (r"\|p\|_1^2 = \sum_k p_k^2", "unparseable"),
        (r"\|p\|_2 = \sum_k p_k^2", "false"),
    ],
)
def test_signs_and_more(row, verdict):
    """Two signs in a row, signs in derivatives, entries at an index, matrices of one column, norms."""
    assert verdicts(row)[-1] == verdict


IN_ONE = (
    r"$$\mu_i = \sigma(w^T x_i)$$ $$E@ = -\sum_{i=1}^n \left[ y_i \log \mu_i + (1 - y_i) \log (1 - \mu_i) \right]$$"
)


@pytest.mark.parametrize("argument", ["", "(w)"])
def test_gradients_in_the_only_weights(argument):
    r"""\nabla E is in what E is of, or in the only weights that it depends on."""
    before = IN_ONE.replace("@", argument)
    rows = (r"\nabla E = X^T (\mu - y)", r"\nabla E = X^T (y - \mu)")
    assert verdicts(*rows, before=before + "\n") == ["true", "false"]
    two = before.replace("w^T x_i", "w^T x_i + b").replace("(w)", "")
    assert verdicts(rows[0], before=two + "\n") == ["unparseable"]


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        (r"\|\nabla_z L\|_2 = \|p - y\|_2", "true-if"),
        (r"\|\nabla_z L\|_2 = \sqrt{\sum_k (p_k - y_k)^2}", "true-if"),
        (r"\|\nabla_z L\|_2 = \|p + y\|_2", "false"),
        (r"2 \|\nabla_z L\|_2 = 2 \|p - y\|_2", "undecided"),
    ],
)
def test_norms_of_gradients(row, verdict):
    """Roots of sums are compared by what they are of; else, with one-hot targets, they refute nothing."""
    before = SOFTMAX + "Targets are one-hot at $c$. $$L = -\\log p_c$$ "
    assert verdicts(row, before=before) == [verdict]
