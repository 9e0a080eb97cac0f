"""No equation of a display is passed over: what boxes, colours and braces hold is judged, or said not to be read."""

import pytest

from softreg.symbolic.document import judge

START = "$$p_i = \\frac{e^{z_i}}{\\sum_j e^{z_j}}$$\n\n$$L = -\\sum_k y_k \\log p_k$$\n\n"
SLOPE = r"\frac{\partial L}{\partial z_k}"


def steps(display):
    """Judge a display after the usual definitions, which are left out."""
    return judge(f"{START}$${display}$$").steps[2:]


AROUND = [
    r"\boxed{@}",
    r"\underline{@}",
    r"\fbox{$@$}",
    r"\bbox[4px,border:1px solid]{@}",
    r"\colorbox{yellow}{$@$}",
    r"\fcolorbox{red}{white}{$@$}",
    r"{\color{blue} @}",
    r"\textcolor{red}{@}",
    r"\left\{ @ \right.",
    r"\boxed{\boxed{@}}",
    r"\left( @ \right)",
    r"[ @ ]",
    r"\rlap{@}",
    r"\hbox{@}",
    r"\mbox{$@$}",
    r"\text{$@$}",
    r"\text{(since } @ \text{)}",
    r"\shortintertext{so that} @",
    r"\begin{cases} @ \end{cases}",
    r"\begin{matrix} @ \end{matrix}",
    r"{ @ }",
]


@pytest.mark.parametrize("around", AROUND)
def test_boxes(around):
    """An equation in a box, a colour or the brace of a system is an equation of the display."""
    for right, verdict in (("p_k - y_k", "true-if"), ("y_k - p_k", "false")):
        assert [s.verdict for s in steps(around.replace("@", f"{SLOPE} = {right}"))] == [verdict]


@pytest.mark.parametrize(
    "display",
    [
        r"\boxed{\begin{aligned} @ &= p_k - y_k \\ &= y_k - p_k \end{aligned}}",
        r"\begin{array}{rcl} @ & = & p_k - y_k \\ & = & y_k - p_k \end{array}",
        r"\left\{ \begin{aligned} @ &= p_k - y_k \\ @ &= y_k - p_k \end{aligned} \right.",
        r"\begin{cases} @ = p_k - y_k \\ @ = y_k - p_k \end{cases}",
        r"\begin{dcases} @ &= p_k - y_k \\ @ &= y_k - p_k & \text{for all } k \end{dcases}",
        r"\left\{ \begin{array}{l} @ = p_k - y_k \\ @ = y_k - p_k \end{array} \right.",
    ],
)
def test_rows_in_boxes(display):
    """All rows in a box, an array of columns or a system are steps."""
    assert [s.verdict for s in steps(display.replace("@", SLOPE))] == ["true-if", "false"]


@pytest.mark.parametrize(
    "display",
    [
        r"p_i = p_i \quad (i = j)",
        r"q_k = \begin{cases} 1 & k = c \\ 0 & k \neq c \end{cases}",
        r"p_k = p_k \\ (k = 1, \dots, K - 1)",
    ],
)
def test_cases_and_ranges(display):
    """Values with their cases, and cases and ranges in brackets, are no equations of their own."""
    assert [s.verdict for s in steps(display)] in (["true"], ["definition"])


def test_a_box_around_a_factor():
    """A box around a part of a side changes nothing."""
    assert [s.verdict for s in steps(SLOPE + r" = \boxed{p_k} - \boxed{y_k}")] == ["true-if"]


@pytest.mark.parametrize("bar", ["|", r"\mid", r"\lvert", r"\vert", r"\vert{}", r"\rvert"])
def test_bars(bar):
    """Each way to write the bar of a condition leaves the equations of its display to be judged."""
    text = rf"$$P(y = k {bar} x) = \frac{{e^{{z_k}}}}{{\sum_j e^{{z_j}}}} \\ P(y = k {bar} x) = e^{{z_k}}$$"
    assert [s.verdict for s in judge(text).steps] == ["definition", "false"]


@pytest.mark.parametrize(
    "display",
    [
        rf"\frac{{{SLOPE} = y_k}}{{p_k}}",
        rf"( {SLOPE} = y_k - p_k",
        r"\mbox{the slope $a + c = b$}",
    ],
)
def test_what_stays_hidden_is_told(display):
    """An equation that cannot be reached is unparseable on its line, and the file is not right."""
    text = f"{START}$${display}$$"
    verdicts = judge(text)
    assert [(s.line, s.verdict) for s in verdicts.steps[2:]] == [(5, "unparseable")]
    assert verdicts.exit_code == 2
    assert len(judge(f"$${display}$$").steps) == 1  # it is there, even if nothing else is


def test_one_entry_for_each():
    """Several equations that are not reached are several entries."""
    assert [s.verdict for s in steps(r"\frac{a = b}{c = d}")] == ["unparseable"] * 2


@pytest.mark.parametrize("display", [r"\sum_{i=1}^n z_i", "P(y = 1)", r"\mathbb{1}[y = k]", r"\prod_{j \neq i} z_j"])
def test_no_equation(display):
    """An equals sign within a sum, a probability or an indicator claims nothing."""
    assert judge(f"$${display}$$").steps == []


def test_displays_in_script_tags():
    """Displays in script tags are displays, and gaps between rows are none."""
    rows = rf"\begin{{aligned}} {SLOPE} &= p_k - y_k \\[1.6em] &= y_k - p_k \end{{aligned}}"
    text = f'{START}<script type="math/tex; mode=display">% <![CDATA[\n{rows} %]]></script>'
    assert [s.verdict for s in judge(text).steps[2:]] == ["true-if", "false"]


@pytest.mark.parametrize(
    "stray", ["It costs $$5 and\n\n", "Use $$ to open a display.\n\n", "A unit is $$5.\n\n$$z = z$$\n\n"]
)
def test_dollars_without_a_partner(stray):
    """Two dollars more than there are displays may hide one of them: that is told, not passed over."""
    assert judge(f"{START}{stray}$${SLOPE} = y_k - p_k$$\n").steps[-1].verdict == "unparseable"


def test_dollars_in_code():
    """Dollars in code open no display."""
    for around in ("Write `$$` to open a display.", "Write ``$$`` and $z$."):
        assert [s.verdict for s in judge(f"{START}{around}\n\n$${SLOPE} = y_k - p_k$$").steps[2:]] == ["false"]


def test_an_open_end():
    """A last display that lacks its end is read to the end of the text."""
    assert [s.verdict for s in judge(f"{START}$${SLOPE} = y_k - p_k").steps[2:]] == ["false"]
