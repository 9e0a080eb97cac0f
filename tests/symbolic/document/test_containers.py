"""Displays in every container that documents use are judged, and brackets of any depth end in an answer."""

import pytest

from softreg.symbolic.document import front_matter, judge

SOFTMAX = "$$\np_i = \\frac{e^{z_i}}{\\sum_k e^{z_k}}\n$$\n\n"
WRONG = r"\frac{\partial p_i}{\partial z_j} = p_i (\delta_{ij} + p_j)"


@pytest.mark.parametrize(
    "container",
    [
        "\\begin{IEEEeqnarray}{rCl}\n%s\n\\end{IEEEeqnarray}",
        "\\begin{empheq}[box=\\fbox]{align}\n%s\n\\end{empheq}",
        "\\begin{alignat*}{2}\n%s\n\\end{alignat*}",
        "\\begin{xalignat}{2}\n%s\n\\end{xalignat}",
        "~~~math\n%s\n~~~",
        "```{math}\n%s\n```",
        "```latex\n%s\n```",
        ".. math::\n\n   %s\n\nand so on",
        "[latex]\n%s\n[/latex]",
        "\\\\[\n%s\n\\\\]",
        '<script type="math/tex; mode=display">\n%s\n</script>',
        ":::{math}\n:label: a\n\n%s\n:::",
        "```{=latex}\n\\begin{equation}\n%s\n\\end{equation}\n```",
        ".. math::\n   :label: a\n\n   %s\n\nand so on",
        "[latexmath]\n++++\n%s\n++++",
        ":<math>\n%s\n</math>",
        '<math display="block"><mi>p</mi><annotation encoding="application/x-tex">%s</annotation></math>',
        "$$$\n%s\n$$$",
        "\\begin{aligned}\n%s\n\\end{aligned}",
        "\\be\n%s\n\\ee",
        "so \\bea\n%s\n\\eea",
        "\\newenvironment{eqn}[1]{\\begin{equation}\\label{#1}}{\\end{equation}}\\begin{eqn}{a}%s\\end{eqn}",
        "<script>MathJax = {tex: {displayMath: [['$$', '$$']]}};</script>\n\\[%s\\]",
    ],
    ids=lambda container: container.split("\n")[0],
)
def test_containers(container):
    """A slip is caught where it stands."""
    definition, step = judge(f"{SOFTMAX}{container % WRONG}\n").steps
    assert definition.verdict == "definition"
    assert (step.verdict, step.left) == ("false", r"\frac{\partial p_i}{\partial z_j}")


def test_code_is_no_container():
    """What stands in a fence of another language, or of more backticks, is shown and not claimed."""
    for fence in ("```python\n%s\n```", "````md\n```math\n%s\n```\n````"):
        assert len(judge(SOFTMAX + fence % WRONG).steps) == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[\n%s\n]", "in no display"),
        ("between `$$` %s", "in no display"),
        ("\\begin{foo}\n%s\n\\end{foo}", "environment foo is not known"),
        ("\\begin{foo} p_i = 1 \\end{foo}", "environment foo is not known"),
        ("\\be %s", "in no display"),
        ("[stem]\n++++\np_i = e^(z_i)\n++++", "AsciiMath"),
        ('<math display="block"><mi>p</mi><mo>=</mo><mi>q</mi></math>', "MathML"),
        ("![](https://latex.codecogs.com/svg.latex?p_i%%20=%%20p_j)", "picture"),
        ("$$x = " + "{" * 200_000 + "$$", "more than 100000 signs"),
    ],
    ids=lambda value: value[:20],
)
def test_in_no_display(text, told):
    """Equations that stand in no display that is known are told, and nothing is right for that."""
    verdicts = judge(SOFTMAX + (text % WRONG if "%s" in text else text.replace("%%", "%")))
    definition, step = verdicts.steps
    assert (definition.verdict, step.verdict) == ("definition", "unparseable")
    assert told in step.hint
    assert verdicts.exit_code == 2


@pytest.mark.parametrize(
    "text",
    [
        "Write `\\frac{a}{b} = c`, and $\\be_i$ for $\\be_k$.",
        "\\begin{figure}[h]\\includegraphics[width=0.5\\textwidth]{a_b=c}\\end{figure}",
        "\\begin{mycolumn}[w=3]\\includegraphics[width=0.5\\textwidth]{a_b}\\end{mycolumn}",
        "\\begin{tikzpicture}\\draw[x=1] (0, {\\sum = 2});\\end{tikzpicture}",
        "\\newtheorem{fact}{Fact}\\begin{fact} Where $p_i$, x = 3 \\textbf{and} a_1.\\end{fact}",
        "\\sisetup{product = \\cdot}\n\\begin{document}\nText.",
        '<a href="http://x?a=b_c">here</a> and <style>a { b = c_d }</style>',
    ],
)
def test_no_mathematics(text):
    """Code, pictures, options and addresses are no equations."""
    assert len(judge(f"{text}\n\n{SOFTMAX}").steps) == 1
    assert len(judge(SOFTMAX + "x").steps) == 1


def test_front_matter_is_no_equation():
    """What front matter says of letters is no step."""
    text = '+++\n[softreg]\ndefinitions = ["z_j = \\\\sum_i w_{ij} x_i"]\n+++\n' + SOFTMAX
    assert [s.verdict for s in judge(text, front_matter(text)).steps] == ["definition"]


@pytest.mark.parametrize(
    ("display", "told"),
    [
        ("\\begin{align}%s\\end{equation}", "repair: \\end{align}"),
        ("\\begin{align*}%s\\end{align}", "repair: \\end{align*}"),
        ("$$\\begin{aligned}%s\\end{align}$$", "another environment"),
        ("$$\\begin{aligned}%s$$", "has no end"),
        ("\\begin{equation}\\begin{split}%s\\end{equation}", "\\begin{split} has no end"),
    ],
)
def test_another_end(display, told):
    """A display that begins as one environment and ends as another is told; its steps, and the next, are judged."""
    text = f"{SOFTMAX}{display}\n\n$${WRONG}$$\n" % WRONG
    _, step, end, after = judge(text).steps
    assert [step.verdict, end.verdict, after.verdict] == ["false", "unparseable", "false"]
    assert told in end.hint


def test_no_end_before_the_next():
    """A display without an end does not swallow the next."""
    text = f"{SOFTMAX}\\begin{{equation}} p_i = p_i\n\\begin{{equation}} {WRONG} \\end{{equation}}"
    assert [s.verdict for s in judge(text).steps] == ["definition", "true", "unparseable", "false"]


def test_empty_lines_in_directives():
    """In reStructuredText an empty line ends a formula."""
    text = f"{SOFTMAX}.. math::\n\n   p_i = p_i\n\n   {WRONG}\n\nText."
    assert [s.verdict for s in judge(text).steps] == ["definition", "true", "false"]


def test_signs_of_html():
    """The names of signs, and tags, in a page are what they show."""
    rows = WRONG.replace("=", "&amp;=") + "<br/> \\\\ &amp;= p_i (\\delta_{ij} &minus; p_j)"
    text = f"{SOFTMAX}<p>\\begin{{align}}{rows}\\end{{align}}</p>"
    assert [s.verdict for s in judge(text).steps] == ["definition", "false", "false"]


def test_formulas_within_the_text_of_other_kinds():
    """What GitLab, reStructuredText, AsciiDoc and wikis write within the text is read there."""
    for around in ("$`%s`$", ":math:`%s`", "latexmath:[%s]", "as <math>%s</math> is"):
        text = around % r"p_i = \frac{e^{z_i}}{\sum_k e^{z_k}}" + f"\n\n$${WRONG}$$"
        assert [s.verdict for s in judge(text).steps] == ["false"]


@pytest.mark.parametrize("opening", ["\\boxed{", "{", "(", "\\left(", "\\frac{1}{", "\\begin{aligned}"])
@pytest.mark.parametrize("closed", [True, False])
def test_deep_brackets(opening, closed):
    """Thousands of brackets within each other are not read, closed or not, and what stands beside them is."""
    closing = {"\\left(": "\\right)", "(": ")", "\\begin{aligned}": "\\end{aligned}"}.get(opening, "}")
    deep = opening * 3000 + "p_i = 1" + (closing * 3000 if closed else "")
    first, *more = judge(f"{SOFTMAX}$$\n{deep}\n$$\n\n$$\n{WRONG}\n$$\n").steps
    assert first.verdict == "definition"
    assert [s.verdict for s in more] == ["unparseable", "false"]


def test_deep_front_matter():
    """A context that nests too deep is refused in a sentence."""
    with pytest.raises(ValueError, match="too deep"):
        front_matter(f"+++\na = {'[' * 5000}\n+++\n")


@pytest.mark.parametrize(
    ("text", "told"), [("+++\n[softreg]\none_hot = true\n", "has no end"), ("---\nsoftreg:\n  a: 1\n---\n", "YAML")]
)
def test_front_matter_that_would_be_ignored(text, told):
    """Front matter without an end, or in YAML, is refused and not passed over."""
    with pytest.raises(ValueError, match=told):
        front_matter(f"{text}$$a = b$$")


def test_formulas_within_the_text_without_end():
    """Of very many, the first are read, and that is said."""
    found = judge(SOFTMAX + "$a = b$ " * 6000 + f"\n\n$$\n{WRONG}\n$$\n")
    assert [s.verdict for s in found.steps] == ["definition", "false"]
    assert any("only the first 5000" in note for note in found.context)


def test_displays_without_end(monkeypatch):
    """Of very many displays, the first are read, and that is told."""
    monkeypatch.setattr("softreg.symbolic.document.source.MOST_DISPLAYS", 3)
    *_, step = judge(SOFTMAX + "$$p_i = p_i$$ " * 5).steps
    assert (step.verdict, "first 3" in step.hint) == ("unparseable", True)
