"""Questions about trees as they are written: what they begin with, hold, and spell."""

from __future__ import annotations

from dataclasses import replace

from softreg.symbolic.document.grammar import Tree
from softreg.symbolic.document.letters import PARAMETERS


def is_letter(tree: Tree) -> bool:
    """Whether a tree is a letter, perhaps with scripts."""
    return unscripted(tree)[0].is_leaf("NAME")


def unscripted(tree: Tree) -> tuple[Tree, tuple[Tree, ...]]:
    """Return what stands on the line, and its scripts."""
    return (tree.parts[0], tree.parts[1:]) if tree.kind == "scripted" else (tree, ())


def content(script: Tree) -> list[Tree]:
    """Return what a script holds, without its braces."""
    parts = [script.parts[0]]
    while len(parts) == 1 and parts[0].kind == "bracket":
        parts = list(parts[0].parts)
    return parts


def items(tree: Tree) -> list[tuple[str, Tree]]:
    """Return the factors of a numerator or denominator."""
    while tree.kind == "bracket" and tree.value == "group" and len(tree.parts) == 1:
        tree = tree.parts[0]
    return list(zip(tree.value, tree.parts, strict=True)) if tree.kind == "product" else [(" ", tree)]


def flat(tree: Tree) -> list[Tree]:
    """Return the factors without their operators."""
    return [item for _, item in items(tree)]


def is_d(items: list[Tree]) -> bool:
    """Whether a numerator or denominator begins with the sign of a derivative."""
    return bool(items) and (
        unscripted(items[0])[0].is_leaf("PARTIAL")
        or (items[0].is_leaf("NAME") and items[0].value.value == "d")
        or (unscripted(items[0])[0].is_leaf("NAME") and spelled(items[0]) == "d^2")
    )


def spelled(tree: Tree) -> str:
    """Return a short piece as text, to compare it with what is known."""
    if tree.kind == "leaf":
        return str(tree.value.value)
    if tree.kind == "bracket" and len(tree.parts) == 1:
        return spelled(tree.parts[0])
    if tree.kind == "sum":
        signs = {"PLUS": "+", "MINUS": "-"}
        text = "".join(signs[s] + spelled(p) for s, p in zip(tree.value, tree.parts, strict=True))
        return text.removeprefix("+")
    if tree.kind == "scripted" and len(tree.parts) == 2 and tree.parts[1].kind == "above":
        return f"{spelled(tree.parts[0])}^{spelled(tree.parts[1].parts[0])}"
    return "?"


def is_label(script: Tree) -> bool:
    """Whether a subscript names, and does not count."""
    return all(part.is_leaf("LABEL") or spelled(part) in PARAMETERS for part in content(script))


def is_sample(script: Tree) -> bool:
    """Whether a superscript is (i): one thing in brackets within the braces."""
    inner = script.parts[0] if script.kind == "above" else None
    if inner is None or inner.kind != "bracket" or len(inner.parts) != 1 or inner.parts[0].kind != "bracket":
        return False
    return len(inner.parts[0].parts) == 1 and inner.parts[0].value in ("(", "[")


def pair_in(parts: list[Tree]) -> tuple[list[Tree], str] | None:
    """Return the two indices of a delta, and the comparison between them."""
    if len(parts) == 2:
        return parts, "EQ"
    if len(parts) == 1 and parts[0].kind == "relation" and len(parts[0].parts) == 2:
        return list(parts[0].parts), parts[0].value[0]
    if len(parts) == 1 and parts[0].kind == "product" and len(parts[0].parts) == 2:
        return list(parts[0].parts), "EQ"
    return None


def names(tree: Tree) -> set[str]:
    """Return all letters within."""
    if tree.kind == "leaf":
        return {str(tree.value.value)}
    return set().union(*map(names, tree.parts)) if tree.parts else set()


def run_over(below: list[Tree]) -> set[str]:
    r"""Return the letters that a sum runs over, if nothing else stands below it: \sum_x, \sum_{(x, y) \in D}."""
    if len(below) == 1 and below[0].kind == "relation" and below[0].value == ("IN",):
        below = [below[0].parts[0]]
    while len(below) == 1 and below[0].kind == "bracket":
        below = list(below[0].parts)
    return set().union(*map(names, below)) if all(part.is_leaf("NAME") for part in below) else set()


def signed(tree: Tree) -> tuple[str, Tree]:
    r"""Return \frac{-\partial L}{\partial z} as a sign and a quotient, and \partial -L as \partial (-L)."""
    (top,) = content(Tree("above", tree.parts[:1]))[:1]
    if top.kind != "sum":
        return "PLUS", tree
    first = top.parts[0]
    if len(top.parts) == 1:
        return top.value[0], replace(tree, parts=(first, tree.parts[1]))
    if not first.is_leaf("PARTIAL"):
        return "PLUS", tree
    inner = replace(top, parts=top.parts[1:], value=top.value[1:])
    joined = Tree("product", (first, inner), (" ", " "), top.start, top.end)
    return top.value[0], replace(tree, parts=(joined, tree.parts[1]))


def joined(tree: Tree) -> tuple[list[str], list[Tree]]:
    """Return signs and terms, where a sum that is followed by a sign takes the term after it: sum_j -a_j."""
    signs, parts = list(tree.value), list(tree.parts)
    at = 0
    while at + 1 < len(parts):
        last = parts[at].parts[-1] if parts[at].kind == "product" else parts[at]
        if not unscripted(last)[0].is_leaf("SUM"):
            at += 1
            continue
        after = Tree("sum", (parts[at + 1],), (signs[at + 1],), parts[at + 1].start, parts[at + 1].end)
        before = items(parts[at])
        operators, factors = zip(*before, (" ", after), strict=True)
        parts[at : at + 2] = [Tree("product", factors, operators, parts[at].start, after.end)]
        del signs[at + 1]
    return signs, parts
