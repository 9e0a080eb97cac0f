"""Formulas as MathML, from the tree as it is written; what is not understood is shown as its source."""

from __future__ import annotations

from html import escape

from softreg.symbolic.document.commands import GREEK
from softreg.symbolic.document.grammar import NotUnderstoodError, Tree, parse
from softreg.symbolic.document.lexer import tokens
from softreg.symbolic.document.reading import PRODUCTS

_LETTERS = dict(
    zip(
        GREEK,
        "αβγδϵεζηθϑικλμνξπρστυϕφχψωΓΔΘΛΞΠΣΦΨΩℓℏ",
        strict=True,
    )
)
_SIGNS = {"EQ": "=", "NEQ": "≠", "IN": "∈", "OTHER": "\u223c", "PLUS": "+", "MINUS": "\u2212"}
_BRACKETS = {"[": ("[", "]"), "{": ("{", "}"), "lbrace": ("{", "}"), "|": ("‖", "‖")}
_OPERATORS = {"SUM": "∑", "PARTIAL": "∂", "NABLA": "∇"}
_ACCENTS = {"hat": "^", "bar": "¯", "tilde": "~", "dot": "˙", "check": "ˇ"}


def mathml(latex: str) -> str:
    """Return a formula as MathML, or its source as text if it is not understood."""
    try:
        made = tokens(latex)
        while made and made[-1].type in ("COMMA", "SEMI", "QUAD", "TEXT"):
            made.pop()
        body = "".join(map(_shown, parse(made))) if made else ""
    except (NotUnderstoodError, RecursionError):
        body = ""
    if not body:
        return f"<code>{escape(latex)}</code>"
    return f"<math displaystyle='true'><mrow>{body}</mrow></math>"


def _row(content: str) -> str:
    return f"<mrow>{content}</mrow>"


def _shown(tree: Tree) -> str:
    kind = tree.kind
    if kind == "leaf":
        return _leaf(tree)
    if kind == "product":
        return _row("".join(_factor(o, p) for o, p in zip(tree.value, tree.parts, strict=True)))
    if kind == "sum":
        signs = ("" if s == "PLUS" and not i else f"<mo>{_SIGNS[s]}</mo>" for i, s in enumerate(tree.value))
        return _row("".join(sign + _shown(p) for sign, p in zip(signs, tree.parts, strict=True)))
    if kind == "relation":
        between = ("", *(f"<mo>{_SIGNS.get(s, '=')}</mo>" for s in tree.value))
        return _row("".join(sign + _shown(p) for sign, p in zip(between, tree.parts, strict=True)))
    if kind == "fraction":
        return f"<mfrac>{_row(_shown(tree.parts[0]))}{_row(_shown(tree.parts[1]))}</mfrac>"
    if kind == "root":
        return f"<msqrt>{_shown(tree.parts[0])}</msqrt>"
    if kind == "cases":
        return _cases(tree)
    if kind == "scripted":
        return _scripted(tree)
    inner = "<mo>,</mo>".join(map(_shown, tree.parts))
    if tree.value == "group":
        return _row(inner)
    left, right = _BRACKETS.get(str(tree.value), ("(", ")"))
    return _row(f"<mo>{left}</mo>{inner}<mo>{right}</mo>")


def _factor(operator: str, part: Tree) -> str:
    return {" ": "", "*": "<mo>·</mo>", "o": "<mo>⊙</mo>", "/": "<mo>/</mo>"}[operator] + _shown(part)


def _leaf(tree: Tree) -> str:
    token = tree.value
    value = str(token.value)
    if token.type == "NUMBER":
        return f"<mn>{escape(value)}</mn>"
    if value in PRODUCTS:
        return "<mo>∏</mo>"
    if token.type in _OPERATORS:
        return f"<mo>{_OPERATORS[token.type]}</mo>"
    if token.type in ("LOG", "EXP", "DIAG", "MAX"):
        return f"<mi>{escape(value)}</mi><mspace width='0.17em'/>"
    if token.type == "DOTS":
        return "<mo>…</mo>"
    if token.type == "TRANSPOSE":
        return "<mi>\u22a4</mi>"
    if value == "indicator":
        return "<mn>\U0001d7d9</mn>"
    if value.startswith("\\") and " " in value:
        accent, letter = value[1:].split(" ", 1)
        if accent == "Delta":
            return f"<mi>Δ{_letter(letter)}</mi>"
        return f"<mover accent='true'><mi>{_letter(letter)}</mi><mo>{_ACCENTS.get(accent, '^')}</mo></mover>"
    return f"<mi>{_letter(value)}</mi>"


def _letter(value: str) -> str:
    return _LETTERS.get(value[1:], escape(value)) if value.startswith("\\") else escape(value)


def _cases(tree: Tree) -> str:
    rows = []
    for case in tree.parts:
        conditions = "<mo>,</mo>".join(map(_shown, case.parts[1:])) or "<mtext>otherwise</mtext>"
        rows.append(f"<mtr><mtd>{_shown(case.parts[0])}</mtd><mtd>{conditions}</mtd></mtr>")
    return f"<mtable class='cases' columnalign='left left'>{''.join(rows)}</mtable>"


def _scripted(tree: Tree) -> str:
    base = _shown(tree.parts[0])
    primes = sum(s.kind == "prime" for s in tree.parts[1:])
    below = "".join(_row(_shown(s.parts[0])) for s in tree.parts[1:] if s.kind == "below")
    above = "".join(_row(_shown(s.parts[0])) for s in tree.parts[1:] if s.kind == "above") + "<mo>\u2032</mo>" * primes
    under = tree.parts[0].is_leaf("SUM")
    if below and above:
        tag = "munderover" if under else "msubsup"
        return f"<{tag}>{base}{_row(below)}{_row(above)}</{tag}>"
    if below:
        tag = "munder" if under else "msub"
        return f"<{tag}>{base}{_row(below)}</{tag}>"
    tag = "mover" if under else "msup"
    return f"<{tag}>{base}{_row(above)}</{tag}>"
