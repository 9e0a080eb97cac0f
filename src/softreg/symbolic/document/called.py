"""What the words around a display call what it defines: "The Jacobian of the softmax is", "Loss with one-hot y:"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from softreg.symbolic.document.source import Chain

KINDS = {
    "Jacobian": r"jacobi\w*(?:[- ]matri\w+)?|雅可比\w*|雅克比\w*",
    "Hessian": r"hess(?:e|ian)\w*(?:[- ]matri\w+)?|海森\w*|黑塞\w*",
    "gradient": r"gradient[es]?\b(?!\s+(?:descent|ascent|step|update|method|flow|norm|check))|梯度(?!下降|上升)",
    "sigmoid": r"sigmoid\w*(?: function)?|logistic (?:sigmoid )?function|logistische\w* funktion|fonction logistique",
    "softmax": r"softmax(?: function)?",
    "loss": r"(?:cross[- ]entropy|loss|cost|kreuzentropie|verlust\w*|entropie crois\w+|perte|coût|pérdida|coste?"
    r"|entrop(?:y|ie|ía)|kullback\S* divergence|kl[- ]divergence)(?: loss| cost)?(?: function)?"
    r"|交叉熵(?:损失)?(?:函数)?|损失(?:函数)?",
}
_ARTICLE = (
    r"(?:\b(?:the|a|an|its|their|our|this|that|and|or|so|thus|hence|then|here|full|softmax|logistic"
    r"|die|der|das|ein|eine|und|la|le|el|il|un|une|una|et|y)\b|l['\u2019])"
)
_WITH = r"\b(?:with|mit|avec|con)\b"
_BEFORE = rf"(?:\A|[,:;]|{_ARTICLE})\s*\Z"
_AFTER = (
    r"(?:\s*(?:\$[^$]*\$|,?\s*(?:matrix|vector|function|loss|layer|itself)\b"
    r"|\b(?:of|with|in|w\.r\.t\.|for|at|on|to|by|des|der|du|de|di|von|nach|bezüglich|par)\b[^,;:.]*?"
    r"|,?\s*\b(?:thus|therefore|then|hence|now|so|also|again|here|alors|donc|also|dann)\b|\([^)]*\)))*"
)
_COPULA = (
    r"\s*((?:\b(?:is|are|reads|becomes|equals|be|ist|lautet|sei|est|vaut|soit|es|è|sea)\b"
    r"(?:\s+(?:then|thus|therefore|hence|now|given by|defined (?:as|by)|simply|just|gegeben durch|donnée? par|also))*"
    r"|(?<=\W)(?:given|defined) (?:as|by)|是|为)?)\s*[:\uff1a]?\s*\Z"
)
_CALLING = re.compile(r"\b(?:that|which|where|we|need|use|using|if|because|since|recall|note|from|without)\b")
_OTHER = re.compile(r"\b(?:negative|minus|not|no|without|maximi\w*|likelihood|reward|hard|approximat\w*|bipolar)\b")
_IN_A_CASE = re.compile(
    r"\b(?:if|when|case|wrong|others?|otherwise|incorrect|misclassified|wenn|falls|sonst|anderen|si|lorsque|quand|cas"
    r"|autres|cuando|caso|otr[ao]s)\b|当|若|如果|否则"
)
_OF_A_STEP = re.compile(r"\b(?:steps?|updat\w*|descent|ascent|new|learning|rule)\b|更新|下降|上升")
_LETTER = r"(?:\\(?:mathbf|boldsymbol|bm|mathrm|mathcal)\s*\{?\s*)?%s\}?(?:_\{?\w+\}?)?"
_IS = r"[\s,]*(?:\b(?:is|be|denotes?|being|are|for|ist|sei|est|soit|es|sea|bezeichnet|désigne)\b\s*)"
_THE = r"(?:(?:the|a|its|our|die|der|das|la|le|el|il|une?)\s+|l['\u2019])?"


def sentence(before: str) -> str:
    """Return the last sentence before a display, if no heading is between; letters in lower case but in formulas."""
    parts = [p for p in re.split(r"\n[ \t]*\n", before.strip()) if p.strip()]
    last = " ".join(parts[-1].split()) if parts else ""
    if last.startswith("#"):
        return ""
    return re.split(r"(?<=[.!?。\uff1b;])\s*(?=[^\s$]|$)(?![^$]*\$(?:[^$]*\$[^$]*\$)*[^$]*$)", last)[-1].strip()


def in_a_case(before: str) -> bool:
    """Whether the words before a display restrict it to some samples or classes."""
    return bool(_IN_A_CASE.search(sentence(before).lower()))


def of_a_step(before: str) -> bool:
    """Whether the words before a display say that a step is made, or a value changed."""
    return bool(_OF_A_STEP.search(sentence(before).lower()))


def is_called_sigmoid(letter: str, text: str) -> bool:
    """Whether sentences with a letter speak of the sigmoid function, and none with it of softmax."""
    name = re.compile(re.escape(letter) + r"(?![A-Za-z])")
    parts = re.split(r"\n[ \t]*\n|(?<=[.!?;\u3002\uff1b])\s+", text)
    kinds = [k for part in parts if name.search(part) for k in ("sigmoid", "softmax") if _says(k, name.sub("", part))]
    return bool(kinds) and "softmax" not in kinds


def _says(kind: str, text: str) -> bool:
    return re.search(rf"(?i)(?<!\w)(?:{KINDS[kind]})(?!\w)", text) is not None


def called(letter: str, chain: Chain, text: str) -> Iterator[tuple[str, str]]:
    """Yield what the words call the letter that a chain begins with, and what they say of what: the Jacobian of ..."""
    said = sentence(chain.before)
    for kind, words in KINDS.items():
        found = _as_subject(said, words, kind in ("sigmoid", "softmax", "loss"))
        found = _as_predicate(letter, chain, text, words) if found is None else found
        if found is not None:
            yield kind, found


def _as_subject(said: str, words: str, given: bool) -> str | None:
    """Return what follows "the Jacobian" where the sentence goes on with what it is; nothing if it does not."""
    for match in re.finditer(rf"(?i)(?<!\w)(?:{words})", said):
        before, after = said[: match.start()], said[match.end() :]
        whole = re.fullmatch(rf"(?is)({_AFTER}){_COPULA}", after)
        if whole is None or not re.search(f"(?i){_BEFORE}", before):
            continue
        if not whole[2] and not re.search(rf"(?i)(?:\A|[,:;])(?:\s*{_WITH})?(?:\s*{_ARTICLE})*\s*\Z", before):
            continue  # "we need the gradient" is no "gradient:"
        if _preposed(before, given) or _CALLING.search(whole[1].lower()) or _OTHER.search(said.lower()):
            continue
        return whole[1]
    return None


def _preposed(before: str, given: bool) -> bool:
    """Whether the words before make a part of something else of it: the trace of the Hessian, but "with the loss"."""
    words = r"of|des|der|du|de|di|von|from|into|for|to|by|in|on|under|is|are|be|denotes?|aus|par|ist|est|es"
    words += "" if given else f"|{_WITH}"
    inner = re.search(
        rf"(?i)\b(?:{words})\s+(?:(?:the|its|their|a|an|this|la|le|el|l['\u2019])\s*)?(?:\w+\s*)?\Z", before
    )
    return inner is not None


def _as_predicate(letter: str, chain: Chain, text: str, words: str) -> str | None:
    """Return what follows "where J is the Jacobian", or "is the Jacobian" behind the display; nothing if none does."""
    name = _LETTER % re.escape(letter)
    behind = re.match(rf"(?is)\s*[.,]?\s*(?:which\s+)?{_IS}{_THE}(?:{words})([^.;,]*)", chain.after)
    if behind and not chain.after.lstrip().lower().startswith("for"):
        return behind[1]
    match = re.search(rf"(?is)\$\s*{name}\s*\$\s*{_IS}{_THE}(?:{words})([^.;,]*)", text)
    return match[1] if match and not _OTHER.search(match[0].lower()) else None
