r"""Where mathematics stands in a file of Markdown, LaTeX, HTML and their kin, and what stands in no display.

A display that begins as one environment and ends as another, and an equation of LaTeX that is in no display, are
found too: who writes them means mathematics, and nothing of it is passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from softreg.symbolic.document.commands import words

ENVIRONMENTS = "equation align gather multline eqnarray displaymath flalign dmath math aligned gathered split"
WITH_ARGUMENT = "alignat xalignat xxalignat alignedat IEEEeqnarray empheq"
SHOWN = "verbatim|lstlisting|comment|minted|Verbatim|filecontents"  # code, and what is left out
_TEX = r"(?:```+|~~~+|:::+)[ \t]*\{?=?(?:math|latex|tex|katex)\b"  # a fence around mathematics
_DISPLAY = re.compile(
    r"(?P<verbatim>\\begin\{(?P<code>(?:" + SHOWN + r")\*?)\}.*?(?:\\end\{(?P=code)\}|\Z)"
    r"|<!--.*?(?:-->|\Z)|<(?P<tag>script|style)\b(?![^<>]{0,200}math/tex)[^<>]{0,2000}>.*?(?:</(?P=tag)>|\Z)"
    r"|(?m:^)(?!" + _TEX + r")(?P<fence>`{3,}+|~{3,}+)[^\n]*\n.*?(?:\n(?P=fence)|\Z))"
    r"|(?m:^)" + _TEX + r"[^\n]*\n(?:[ \t]*:[a-z-]+:[^\n]*\n)*(?P<math>.*?)(?:\n(?:```|~~~|:::)|\Z)"
    r"|(?m:^)(?P<indent>[ \t]*)\.\. math::[ \t]*(?:\n[ \t]+:[a-z-]+:[^\n]*)*(?P<directive>.*?)(?=\n(?P=indent)\S|\Z)"
    r"|(?m:^)\[(?:latexmath|stem|asciimath)[^\]\n]*\][ \t]*\n\+{4}[ \t]*\n(?P<stem>.*?)(?:\n\+{4}|\Z)"
    r"|\[latex\](?P<shortcode>.*?)(?:\[/latex\]|\Z)"
    r"|\\\\\[(?P<escaped>[^$]{1,4000}?)\\\\\]"
    r"|(?<!`)(?P<ticks>`++)[^`$\n]*\$\$[^`$\n]*(?P=ticks)(?!`)"
    r"|(?<![\\$])\$\$\$(?!\$)(?P<three>[^$]+)\$\$\$(?!\$)"
    r"|(?<!\\)\$\$(?P<dollars>.*?)(?:\$\$|\Z)"
    r"|<script[^<>]{0,200}math/tex[^<>]{0,200}>(?P<script>.*?)(?:</script>|\Z)"
    r"|<math\b(?P<attributes>[^<>]{0,500})>(?P<marked>.*?)(?:</math>|\Z)"
    r"|(?<!\\)\\\[(?P<brackets>.*?)(?:\\\]|\Z)"
    r"|\\begin\{(?P<name>(?:" + "|".join(ENVIRONMENTS.split()) + r")\*?)\}(?P<environment>)"
    r"|\\begin\{(?P<argued>(?:" + "|".join(WITH_ARGUMENT.split()) + r")\*?)\}(?:\[[^\]\n]*\])?(?:\{[^{}\n]*\})?"
    r"(?P<columns>)"
    r"|\\\((?P<round>(?:(?!\\\().){1,2000}?)\\\)"
    r"|(?:stem|latexmath|asciimath):\[(?P<macro>[^\]\n]{1,400})\]"
    r"|:math:`(?P<role>[^`]{1,2000})`"
    r"|\$`(?P<ticked>[^`$]{1,2000})`\$"
    r"|(?<![\\$])\$(?P<inline>[^$\n]{1,2000}(?:\n[^$\n]{1,2000})?)\$(?!\$)"
    r"|\\(?P<edge>begin|end)\{(?P<around>[^{}\n]{1,40})\}",
    re.DOTALL,
)
_DISPLAYS = frozenset(
    words("math directive stem shortcode escaped three dollars script brackets environment columns marked")
)
_INLINE = frozenset(words("round inline macro role ticked"))
_EDGE = re.compile(r"\\(begin|end)\{((?:" + "|".join([*ENVIRONMENTS.split(), *WITH_ARGUMENT.split()]) + r")\*?)\}")
_FRONT = re.compile(r"\s*(\+\+\+|---)[ \t]*\n.*?\n\1[ \t]*(?:\n|\Z)", re.DOTALL)
_ANNOTATION = re.compile(r"<annotation\b[^<>]{0,200}tex[^<>]{0,200}>(.*?)</annotation>", re.DOTALL)
_MATHML = re.compile(r"</?(?:semantics|m(?:row|i|o|n|frac|style|text|table|sub|sup))\b")
_OF_TEX = re.compile(r":stem:[ \t]*latexmath")
UNPAIRED = "one of the $$ has no partner: which of them begin a display, and which end one, cannot be told"

# an equation in LaTeX that is in no display
_PARAGRAPH = re.compile(r"[^\n]+(?:\n[ \t]*[^\s][^\n]*)*")
_NOT_SHOWN = re.compile(
    r"(?P<t>`++)[^`]*+(?P=t)|\\[A-Za-z]+\*?[ \t]*\[[^\]]{0,300}\]"
    r"|\\(?:label|ref|eqref|cite\w*|url|href|includegraphics|input|bibliography|verb)\{[^}]{0,300}\}"
)
_EQUALS = re.compile(r"(?<![\\<>!=&?/\w\"'-])=(?![=>\"'~])|(?<=[\w}])=(?=[\w\\{(-])|\\equiv\b")
_COMMAND = re.compile(
    r"\\(?:[dtc]?frac|sum|prod|log|ln|exp|partial|nabla|cdot|hat|bar|mathbf|mathrm|boldsymbol|operatorname|left"
    r"|sigma|theta|alpha|eta|lambda)(?![A-Za-z])"
)
_IMAGE = re.compile(
    r"(?:latex\.codecogs\.com/|/render/math\?math=|chart\?cht=tx)[^\s\"')]{0,500}?(?:=|%3D)[^\s\"')]", re.I
)
_OPTIONS = re.compile(r"(?<=\})\[[^\]\n]{0,300}\]")
_SCRIPTED = re.compile(r"[_^]")
_THEOREM = re.compile(r"\\newtheorem\*?\{([^{}\n]+)\}")
TEXTUAL = frozenset(
    words(
        "document abstract figure table tabular tabularx longtable wrapfigure subfigure minipage center flushleft "
        "flushright quote quotation verse itemize enumerate description list theorem lemma corollary proposition "
        "definition proof remark example exercise problem solution claim assumption note algorithm algorithmic frame "
        "block alertblock exampleblock columns column titlepage appendix subequations multicols spacing tcolorbox "
        "thebibliography tikzpicture axis pgfpicture scope letter"
    )
)
DRAWN = frozenset(words("tikzpicture axis pgfpicture scope thebibliography"))


@dataclass(frozen=True)
class Place:
    """Mathematics at text[start:end], in a container at text[begin:stop]; `told` is why it is not as it should be."""

    start: int
    end: int
    begin: int
    stop: int
    shown: bool = True  # whether it is a display
    told: str = ""
    lost: bool = False  # whether nothing of it can be read
    rows: bool = False  # whether an empty line ends a row


def places(text: str) -> Iterator[Place]:
    """Yield where mathematics stands, in the order of the text."""
    front = _FRONT.match(text)
    at = front.end() if front else 0
    preamble = max(text.find("\\begin{document}"), 0)
    in_tex = _OF_TEX.search(text) is not None
    around: list[str] = []
    textual = TEXTUAL | {name.lower() for name in _THEOREM.findall(text)}
    while match := _DISPLAY.search(text, at):
        yield from _stray(text, max(at, preamble), match.start(), around, textual)
        found = _found(text, match, in_tex=in_tex)
        at = found.stop if found is not None else match.end()
        if match["edge"]:
            _enter(around, match["edge"], match["around"].rstrip("*"))
        if found is not None:
            yield found
    yield from _stray(text, max(at, preamble), len(text), around, textual)


def _enter(around: list[str], edge: str, name: str) -> None:
    """Note that an environment begins or ends."""
    if edge == "begin":
        around.append(name)
    elif name in around[-20:]:
        while around.pop() != name:
            pass


def _found(text: str, match: re.Match[str], *, in_tex: bool) -> Place | None:
    """Return the mathematics in a container; nothing if it is code, or the edge of another environment."""
    group = match.lastgroup or ""
    begin, stop = match.span()
    if group in _INLINE:
        return Place(*match.span(group), begin, stop, shown=False)
    if group not in _DISPLAYS:
        return None
    start, end = match.span(group)
    told = ""
    if group in ("environment", "columns"):
        end, stop, told = _ended(text, start, match["name"] or match["argued"])
    elif group == "dollars" and end == stop and "=" not in text[start:end]:
        told = UNPAIRED
    elif group == "stem" and not (in_tex or match[0].startswith("[latexmath") or "\\" in match["stem"]):
        return Place(start, end, begin, stop, told="AsciiMath is not read: write it in LaTeX", lost=True)
    elif group == "marked":
        return _of_tags(match)
    return Place(start, end, begin, stop, told=told, rows=group == "directive")


def _of_tags(match: re.Match[str]) -> Place | None:
    r"""Return what stands in <math>: LaTeX, or MathML with its LaTeX beside it."""
    inner, begin, stop = match["marked"], *match.span()
    text = match.string
    line = text[text.rfind("\n", 0, begin) + 1 : begin].strip(" \t:") + text[stop : stop + 1].strip()
    shown = "block" in match["attributes"] or not line
    annotation = _ANNOTATION.search(inner)
    start = match.start("marked")
    if annotation:
        return Place(start + annotation.start(1), start + annotation.end(1), begin, stop, shown)
    if not _MATHML.search(inner):
        return Place(start, match.end("marked"), begin, stop, shown)
    told = "MathML is not read: write it in LaTeX"
    return Place(start, match.end("marked"), begin, stop, told=told, lost=True) if shown else None


def _ended(text: str, at: int, name: str) -> tuple[int, int, str]:
    r"""Return where what \begin{name} begins ends, where the text goes on, and what is wrong with the end."""
    inner: list[str] = []
    for edge in _EDGE.finditer(text, at):
        start, stop, other = *edge.span(), edge[2]
        if edge[1] == "begin" and other == name:
            return start, start, f"\\begin{{{name}}} has no end before the next one"
        if edge[1] == "begin":
            inner.append(other)
        elif inner and other == inner[-1]:
            inner.pop()
        elif other == name:
            return start, stop, ""
        else:
            open_ = inner[-1] if inner else name
            told = f"\\end{{{other}}} stands where \\begin{{{open_}}} ends; proposed repair: \\end{{{open_}}}"
            return start, stop, told
    return len(text), len(text), ""


def _stray(text: str, begin: int, end: int, around: list[str], textual: frozenset[str] | set[str]) -> Iterator[Place]:
    """Yield the equations of LaTeX, and those drawn by another site, where no container is."""
    name = around[-1] if around else "document"
    if name.rstrip("*") in DRAWN or begin >= end or text.find("=", begin, end) < 0:
        return
    options = _OPTIONS.match(text, begin) if around else None
    begin = options.end() if options else begin
    unknown = name.lower() not in textual
    for paragraph in _PARAGRAPH.finditer(text, begin, end):
        bare = _NOT_SHOWN.sub(lambda m: " " * len(m[0]), paragraph[0])
        equals, image = _EQUALS.search(bare), _IMAGE.search(bare)
        told = ""
        if image:
            equals, told = image, "an equation in a picture is not read: write it in LaTeX"
        elif equals and unknown and (_COMMAND.search(bare) or _SCRIPTED.search(bare)):
            told = f"the environment {name} is not known: if this is a display, put it into equation or align"
        elif equals and _COMMAND.search(bare):
            told = "an equation that is in no display: put it between lines of $$"
        if equals and told:
            at = paragraph.start() + equals.end() - 1
            yield Place(at, at + 1, at, at + 1, told=told, lost=True)
