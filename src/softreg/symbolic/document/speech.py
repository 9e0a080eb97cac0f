"""The words that announce a case, and those that take one back, in six languages."""

from __future__ import annotations

import re

from softreg.symbolic.document.commands import words

_WORD = re.compile(r"[^\W\d_]+")
WHEN = frozenset(
    words("if for when where case suppose let assume consider")
    + words("falls wenn für fuer fall sei seien gelte angenommen betrachte betrachten")
    + words("si pour lorsque quand cas soit soient supposons considérons")
    + words("para cuando caso sea sean supongamos considere consideremos")
    + words("se per quando caso sia siano supponiamo consideriamo")
)
_WHEN_CHINESE = re.compile("当|當|如果|若|假设|假設")  # there are no spaces between words
_WITHDRAWN_CHINESE = re.compile("一般|所有|任意|任何|无论|無論|不论|不論|不同")
# "we had zero for i != j, so in general": what was said before does not hold any more
_WITHDRAWN = frozenset(
    words("unlike general all any every both arbitrary regardless")
    + words("allgemein alle beide beliebig beliebige beliebiges jede jedes")
    + words("général tout tous toutes quelconque quelconques")
    + words("todo todos todas cualquier ambos")
    + words("generale ogni tutti entrambi")
)
# "for all other j": all of those that are left, not all
_OTHERS = re.compile(
    r"(?i)\b(all|any|every|each|alle|allen|tous|toutes|todos|todas|tutti|tutte)( of)?"
    r"( the| die| les| los| las| gli| le)?"
    r" (others?|remaining|rest|anderen|übrigen|autres|otros|otras|demás|altri|altre)\b"
    r"|\b(all|any|every|each)\b(?=[^.;:!?]{0,80}\bother than\b)"
)
_ALL_THESE = re.compile(
    r"(?i)\b(all|any|every|each)((\s+[a-z]+){0,2}|\s+of\s+the\s+[a-z]+)\s*[$(\\]*\Z"
)  # "all i \\neq j"
_JOINED = frozenset(words("together combined combining combine overall altogether summary"))
_SUPPOSED = re.compile(
    r"(?i)\b(assum(e|ing)|suppos(e|ing)|imagin(e|ing))\b([^.!?;:,]*|[^.!?;:]*\bthat)\s*:?\s*\Z"
    r"|\bif\b[^.!?;:]*\bwere\b[^.!?;:]*\bwould\b[^.!?;:]*:?\s*\Z|\bif\b[^.!?;:,]*\bwere\b\s*:?\s*\Z"
)
_KNOWN = frozenset(words("know knew known show shown showed prove proved proven already later"))  # that is a claim
_ELSE = re.compile(
    r"\b(otherwise|else|sonst|andernfalls|ansonsten|sinon|autrement|altrimenti|"
    r"(en|de) (otro caso|caso contrario|lo contrario)|lo contrario)\b|否则|否則"
)
_SINCE = frozenset(
    words("since as with by because hence thus given using from via at on let assuming note recall here")
)


def spoken(text: str) -> set[str]:
    """Return the words of a text."""
    return set(_WORD.findall(text.lower()))


def is_announced(before: str, after: str) -> bool:
    """Whether the words around a condition say that it is the case from here on."""
    said = spoken(before) | spoken(after)
    if not said & WHEN and not _WHEN_CHINESE.search(before):
        return False
    return not withdraws(_ALL_THESE.sub("", before) + " " + after) and not says_else(after)


def withdraws(text: str) -> bool:
    """Whether words say that something holds in general."""
    return bool(spoken(_OTHERS.sub(" ", text)) & _WITHDRAWN or _WITHDRAWN_CHINESE.search(text))


def joins(text: str) -> bool:
    """Whether words say that something holds in general, or put the cases together."""
    return withdraws(text) or bool(spoken(text) & _JOINED)


def supposes(text: str) -> bool:
    """Whether the words before an equation suppose it, and do not claim it: suppose that, if p were y we would have."""
    found = _SUPPOSED.search(text)
    return found is not None and not spoken(found.group()) & _KNOWN


def says_else(text: str) -> bool:
    """Whether words say: in all other cases."""
    return bool(_ELSE.search(text.lower()))


def says_when(text: str) -> bool:
    """Whether words say that what follows is a case, a range or a reason."""
    return bool(spoken(text) & (WHEN | _SINCE | {"all", "alle", "tout", "tous", "todo", "todos"}))
