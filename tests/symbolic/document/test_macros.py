r"""Macros are put in where they are called, comments are none of the document, and places stay those of the file."""

import pytest

from softreg.symbolic.document import judge
from softreg.symbolic.document.macros import MARK, with_macros
from softreg.symbolic.document.written import written

SOFTMAX = "$$p_i = \\frac{e^{z_i}}{\\sum_j e^{z_j}}$$\n\n$$L = -\\sum_k y_k \\log p_k$$\n\n"
SLOPE = r"\frac{\partial L}{\partial z_i}"


def put_in(text):
    """Return a text with its macros put in, words parted by single spaces."""
    return " ".join(with_macros(written(text)).text.split())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"\newcommand{\R}{\mathbb{R}} \R^n", r"\mathbb{R}^n"),
        (r"\newcommand\R{\mathbb{R}} \R x", r"\mathbb{R} x"),
        (r"\newcommand*{\pd}[2]{\frac{#1}{#2}} \pd{a}b", r"\frac{a}{b}"),
        (r"\newcommand{\p}[2][z]{p_{#2}(#1)} \p{k} \p[x]{k}", "p_{k}(z) p_{k}(x)"),
        (r"\renewcommand{\vec}[1]{\mathbf{#1}} \vec x", r"\mathbf{x}"),
        (r"\providecommand{\log}{3} \providecommand{\q}{4} \log \q", r"\log 4"),
        (r"\DeclareMathOperator*{\sm}{softmax} \sm(z)", r"\operatorname{softmax}(z)"),
        (r"\DeclarePairedDelimiter{\norm}{\lVert}{\rVert} \norm*{x}^2", r"\lVert x \rVert^2"),
        (r"\def\s#1#2{#1_{#2}} \s xy", "x_{y}"),
        (r"\def\a{\alpha}\def\b#1{\a#1} \b x\a y", r"\alpha x\alpha y"),
        (r"\let\old\sum \renewcommand{\sum}{\old\limits} \sum_k", r"\sum\limits_k"),
        (r"\newcommand{\d}{d_k} \frac\d\d \sqrt\d \frac1\d", r"\frac{d_k}{d_k} \sqrt{d_k} \frac1{d_k}"),
        (r"\newcommand{\half}{\pd{1}} \newcommand{\pd}[2]{\frac{#1}{#2}} \half{2}", r"\frac{1}{2}"),
        (r"\newcommand{\R}{\mathbb{R}} a \\R b", r"a \\R b"),
        ("\\newcommand{\\R}{X}\n```\n\\R\n```\n\\R", "``` \\R ``` X"),
        (r"\newcommand{\a}[1]{#1", r"\newcommand{\a}[1]{#1"),
        (r"\newenvironment{e}[1]{\a{#1}}{\z} \begin{e}{k} x \end{e}", r"\a{k} x \z"),
        (r"\renewenvironment*{e*}{\begin{f}}{\end{f}}\begin{e*} x\end{e*}", r"\begin{f} x\end{f}"),
        (r"\be x \ee \ba y \ea", r"\begin{equation} x \end{equation} \begin{align} y \end{align}"),
        (r"\def\be{b} \be x \ee", r"b x \ee"),
        (r"\be_i \be_k \ee", r"\be_i \be_k \ee"),
    ],
)
def test_ways_to_define(text, expected):
    """Commands with and without arguments, in each of the ways to define them."""
    assert put_in(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        r"\newcommand{\a}{\a} $$p_i = \a$$",
        r"\newcommand{\a}{x \b}\newcommand{\b}{\a} $$p_i = \a$$",
        r"\newcommand{\a}[1]{#1#1} $$p_i = " + r"\a{" * 30 + "x" + "}" * 30 + "$$",
        "".join(
            rf"\def\{a}{{\{b}\{b}}}"
            for a, b in zip("abcdefghijklmnopqrstuvwx", "bcdefghijklmnopqrstuvwxy", strict=True)
        )
        + r"\def\y{} $$p_i = \a$$",
        r"\def\a(#1){#1} $$p_i = \a(3)$$",
        r"\newcommand{\a}[1]{#2} $$p_i = \a{3}$$",
    ],
)
def test_without_bounds(text):
    """A macro that calls itself, grows without bounds or is not understood is told on its line."""
    (step,) = judge(text).steps
    assert step.verdict == "unparseable"
    assert "is not put in" in step.hint
    assert MARK not in step.left + step.right
    assert len(step.right) < 200


def test_many_that_are_long():
    """All macros of a document together have bounds too."""
    text = r"\newcommand{\a}{" + "x" * 10_000 + "}" + r" \a" * 10_000
    assert len(with_macros(written(text)).text) < 3_000_000


def test_a_display_of_a_macro():
    """A display with nothing but a macro that is not put in is not passed over."""
    assert [s.verdict for s in judge(rf"{SOFTMAX}\def\a{{\a}} $$\a$$").steps][2:] == ["unparseable"]


PREAMBLES = [
    r"$\newcommand{\pd}[2]{\frac{\partial #1}{\partial #2}}$ $\newcommand{\eq}{=}$",
    "$$\n\\newcommand{\\pd}[2]{\\frac{\\partial #1}{\\partial #2}}\n\\newcommand{\\eq}{=}\n$$",
    "\\documentclass{article}\n\\def\\pd#1#2{\\frac{\\partial #1}{\\partial #2}}\\def\\eq{=}\n\\begin{document}",
]


@pytest.mark.parametrize("preamble", PREAMBLES)
def test_equations_of_macros(preamble):
    """An equality that is a macro is a step, on the line of its call."""
    text = f"{preamble}\n{SOFTMAX}$$\\pd{{L}}{{z_i}} \\eq p_i - y_i$$\n\n$$\\pd{{L}}{{z_i}}\n\\eq y_i - p_i$$"
    right, wrong = judge(text).steps[2:]
    line = text[: text.index("\\eq y_i")].count("\n") + 1
    assert (right.verdict, wrong.verdict) == ("true-if", "false")
    assert (wrong.line, wrong.column) == (line, 1)
    assert right.left == SLOPE


def test_places_in_arguments():
    """What stands in the argument of a macro has its own place, and what the macro stands for that of the call."""
    text = (
        SOFTMAX
        + "\\newcommand{\\box}[1]{\\boxed{#1}}\\newcommand{\\eq}{\\quad p_i = p_j}\n$$\\box{p_i = p_i}$$\n$$\\eq$$"
    )
    inner, outer = judge(text).steps[2:]
    assert (inner.line, inner.column) == (6, 12)
    assert (outer.line, outer.column) == (7, 3)
    assert (inner.verdict, outer.verdict) == ("true", "false")


def test_environments_of_macros():
    """Displays that begin and end with macros are displays."""
    text = "\\newcommand{\\be}{\\begin{equation}}\n\\newcommand{\\ee}{\\end{equation}}\n" + SOFTMAX
    steps = judge(text + rf"\be {SLOPE} = p_i - y_i \ee and \be {SLOPE} = y_i - p_i \ee").steps
    assert [s.verdict for s in steps[2:]] == ["true-if", "false"]


@pytest.mark.parametrize(
    "hidden",
    [
        "% @\n",
        "text % @\n",
        "\\begin{comment}\n@\n\\end{comment}\n",
        "\\iffalse\n@\n\\fi\n",
        "\\iffalse @ \\ifx a b \\fi \\iff @ \\else Shown. \\fi\n",
        "\\iftrue Shown. \\else @ \\fi\n",
        "\\newif\\ifdraft \\iffalse \\ifdraft \\fi @ \\fi\n",
    ],
)
def test_comments(hidden):
    """What LaTeX does not show is no part of the document, and the lines after it keep their numbers."""
    wrong = rf"\[ {SLOPE} = y_i - p_i \]"
    start = "\\documentclass{article}\n\\begin{document}\n" + SOFTMAX
    text = f"{start}{hidden.replace('@', wrong)}\\[ {SLOPE} = p_i - y_i \\]\n\\end{{document}}\n{wrong}"
    (step,) = judge(text).steps[2:]
    assert step.verdict == "true-if"
    assert step.line == text[: text.index("p_i - y_i")].count("\n") + 1
    assert judge(text.replace("p_i - y_i", "y_i - p_i")).steps[-1].verdict == "false"


@pytest.mark.parametrize(
    "shown",
    ["100\\% @\n", "\\iffalse @\n", "a \\\\% no\n@\n", "\\ifdraft @ \\fi\n", "\\verb|%| @\n", "\\iffalse\\fi @ \\fi\n"],
)
def test_no_comments(shown):
    """A percentage, and a condition of which nothing is known or that has no end, hides nothing."""
    text = "\\documentclass{article}\n\\begin{document}\n" + SOFTMAX + shown.replace("@", rf"\[ {SLOPE} = y_i - p_i \]")
    assert [s.verdict for s in judge(text).steps[2:]] == ["false"]


@pytest.mark.parametrize("shown", ["", "We need `\\usepackage{x}`.\n\n", "```\n\\usepackage{x}\n```\n\n"])
def test_percentages_in_markdown(shown):
    """In Markdown, a percentage in the text is one, also where LaTeX is shown."""
    assert [s.verdict for s in judge(rf"{SOFTMAX}{shown}At 5 % we have $${SLOPE} = y_i - p_i$$").steps[2:]] == ["false"]


@pytest.mark.parametrize("piece", ["\\iffalse ", "\\a{", "\\newcommand{\\b}{"])
def test_many_without_an_end(piece):
    """Conditions, arguments and definitions without an end hide nothing of what follows, and take no time."""
    text = "\\documentclass{a}\\newcommand{\\a}[1]{x}\n" + piece * (100_000 // len(piece)) + SOFTMAX
    assert with_macros(written(text)).text.endswith(SOFTMAX)
