r"""Letters that stand for the values of all samples: y and h in X^T (h - y), beside y^{(i)} and h(x^{(i)}).

Such a letter is another one, with `_all` at its end and the sample as its index.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from softreg.symbolic.document import nodes as n
from softreg.symbolic.document.definitions import Definition
from softreg.symbolic.document.entries import ALL
from softreg.symbolic.document.letters import INDEX, NEW, WEIGHTS
from softreg.symbolic.document.source import Chain, Side
from softreg.symbolic.document.tokens import Token

_MATRICES = frozenset({"X", "\\Phi"})
_FEATURES = frozenset({"x", "\\phi"})


def mark_whole(chains: Iterable[Chain]) -> Iterator[Definition]:
    """Give the letters of all samples another name, in chains with matrices of features or products of all samples.

    Yield what these names stand for.
    """
    chains = list(chains)
    sides = [side for c in chains for side in _sides(c)]
    letters = {letter for side in sides for letter in _of_samples(side.tokens)} - _FEATURES
    letters -= {letter for side in sides for letter in _of_classes(side.tokens)}  # y^T \log p may be over classes
    for chain in chains:
        if letters and any(_is_of_all(side.tokens, letters) for side in _sides(chain)):
            chain.head = _renamed(chain.head, letters)
            for link in chain.links:
                link.right = _renamed(link.right, letters)
    for letter in sorted({t.value for c in chains for side in _sides(c) for t in side.tokens if t.value.endswith(ALL)}):
        one = letter.removesuffix(ALL)
        body = n.Var(one, (), (n.Var("n"),))
        yield Definition(letter, ("n",), (), body, text=f"{one} beside X, or transposed, is {one} of all samples")


def _sides(chain: Chain) -> list[Side]:
    return [chain.head, *(link.right for link in chain.links)]


def _of_samples(side: Sequence[Token]) -> Iterator[str]:
    r"""Yield the letters that have the number of a sample, y^{(i)}, or features with one, h_\theta(x^{(i)})."""
    for at, token in enumerate(side):
        counted = [t.type for t in side[at : at + 6]] == ["NAME", "CARET", "LBRACE", "LPAR", "NAME", "RPAR"]
        if counted and side[at + 4].value not in NEW and token.value not in (*WEIGHTS, "b"):
            yield token.value
            before = [t for t in side[max(0, at - 6) : at] if t.type not in ("LBRACE", "RBRACE")]
            types = [t.type for t in before]
            if types[-1:] == ["LPAR"] and token.value in _FEATURES:
                yield from (t.value for t in before[-2:-1] if types[-2:-1] == ["NAME"] and types[-3:-2] != ["UNDER"])
                yield from (t.value for t in before[-4:-3] if types[-4:-1] == ["NAME", "UNDER", "NAME"])


def _of_classes(side: Sequence[Token]) -> Iterator[str]:
    """Yield the letters that have an index: y_k."""
    for at, token in enumerate(side):
        below = [t for t in side[at + 1 : at + 4] if t.type != "LBRACE"]
        if [t.type for t in below[:2]] == ["UNDER", "NAME"] and below[1].value in INDEX:
            yield token.value


def _is_of_all(side: Sequence[Token], letters: set[str]) -> bool:
    r"""Whether a matrix of features is multiplied, X \theta or X^T (...), or letters of samples are, y^T \log(h)."""
    for at, token in enumerate(side):
        after = [t.type for t in side[at + 1 : at + 4] if t.type != "LBRACE"]
        turned = after[:2] == ["CARET", "TRANSPOSE"] or [t.value for t in side[at + 1 : at + 3]] == ["^", "T"]
        turned = turned or [t.value for t in side[at + 1 : at + 4]] == ["^", "{", "T"]
        if token.value in _MATRICES and (turned or after[:1] == ["NAME"]):
            return True
        if token.value in letters and turned:
            return True
    return False


def _renamed(side: Side, letters: set[str]) -> Side:
    made = list(side.tokens)
    for at, token in enumerate(made):
        after = [t.type for t in made[at + 1 : at + 4]]
        scripted = after[:1] == ["UNDER"] or after == ["CARET", "LBRACE", "LPAR"]
        called = after[:2] == ["LPAR", "NAME"] and made[at + 2].value.removesuffix(ALL) in _FEATURES
        inside = [t.type for t in made[max(0, at - 2) : at]][-1:] == ["UNDER"]
        if token.type == "NAME" and token.value in letters and not (scripted or called or inside):
            made[at] = replace(token, value=token.value + ALL)
    return replace(side, tokens=tuple(made))
