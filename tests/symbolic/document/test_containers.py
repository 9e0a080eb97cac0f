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
    for fence in ("```python\n%s\n```", "````md\n```math\n%s\n```\n````", "between `$$` %s"):
        assert len(judge(SOFTMAX + fence % WRONG).steps) == 1


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


def test_formulas_within_the_text_without_end():
    """Of very many, the first are read, and that is said."""
    found = judge(SOFTMAX + "$a = b$ " * 6000 + f"\n\n$$\n{WRONG}\n$$\n")
    assert [s.verdict for s in found.steps] == ["definition", "false"]
    assert any("only the first 5000" in note for note in found.context)
