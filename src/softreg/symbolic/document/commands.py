"""What the commands of LaTeX, and single characters, mean in a formula."""

from __future__ import annotations


def words(text: str) -> list[str]:
    """Return the words of a list that is written as text."""
    return text.split()


GREEK = words(
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi rho "
    "sigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega ell hbar"
)
FONTS = frozenset(
    words(
        "boldsymbol mathbf mathcal mathrm mathit mathsf mathscr mathfrak mathtt mathnormal mathds mathbbm bm bf rm vec "
        "pmb symbf operatorname mathbb text textrm textbf textit mbox textsf underline textnormal shortintertext"
    )
)
WORDS_TEXT = frozenset(words("text textrm textbf textit mbox textsf intertext shortintertext textnormal"))
ACCENTS = frozenset(words("hat widehat bar tilde widetilde overline dot check"))
IGNORED = frozenset(
    words(
        "left right middle big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr bigm limits nolimits "
        "nonumber notag displaystyle textstyle scriptstyle quad qquad enspace thinspace hfill allowbreak "
        "noindent centering small large normalsize xspace mathstrut strut nobreak"
    )
)
WITH_ARGUMENT = frozenset(words("require label tag vspace phantom hphantom vphantom color tag* eqref ref cite"))
GROUPS = frozenset(
    words(
        "boxed fbox framebox cancel bcancel xcancel mathop mathrel mathbin ensuremath bigl hbox rlap llap mathrlap "
        "mathllap mathclap smash"
    )
)
DERIVATIVES = frozenset(words("pdv dv odv partialderivative derivative"))  # of a quotient or an operator
PLAIN = {
    "frac": "FRAC", "dfrac": "FRAC", "tfrac": "FRAC", "cfrac": "FRAC", "sqrt": "SQRT",
    "over": "OVER", "sum": "SUM", "prod": "SUM", "partial": "PARTIAL", "nabla": "NABLA",
    "log": "LOG", "ln": "LOG", "exp": "EXP", "max": "MAX",
    "cdot": "TIMES", "times": "TIMES", "ast": "TIMES", "odot": "TIMES", "circ": "TIMES", "div": "SLASH",
    "ne": "NEQ", "neq": "NEQ",
    "equiv": "EQ", "triangleq": "EQ", "coloneqq": "EQ", "doteq": "EQ", "eqqcolon": "EQ",
    "leftarrow": "ARROW", "gets": "ARROW",
    "approx": "OTHER", "propto": "OTHER", "cong": "OTHER", "asymp": "OTHER", "ll": "OTHER", "gg": "OTHER",
    "lt": "OTHER", "gt": "OTHER", "geqslant": "OTHER", "lesssim": "OTHER", "gtrsim": "OTHER", "approxeq": "OTHER",
    "sim": "OTHER", "le": "OTHER", "leq": "OTHER", "ge": "OTHER",
    "geq": "OTHER", "forall": "OTHER", "to": "OTHER", "rightarrow": "OTHER", "mapsto": "OTHER",
    "longrightarrow": "OTHER", "longmapsto": "OTHER", "simeq": "OTHER", "leqslant": "OTHER",
    "Rightarrow": "IMPLIES", "implies": "IMPLIES", "iff": "IMPLIES", "Leftrightarrow": "IMPLIES",
    "Longrightarrow": "IMPLIES", "therefore": "IMPLIES",
    "in": "IN", "dots": "DOTS", "ldots": "DOTS", "cdots": "DOTS",
    "dotsc": "DOTS", "dotsb": "DOTS", "dotsm": "DOTS", "dotso": "DOTS", "vdots": "DOTS", "ddots": "DOTS",
    "prime": "PRIME", "mid": "MID", "vert": "MID", "colon": "SEMI",
    "top": "TRANSPOSE", "intercal": "TRANSPOSE", "lbrace": "LPAR", "rbrace": "RPAR", "{": "LPAR", "}": "RPAR",
    "lbrack": "LPAR", "rbrack": "RPAR", "llbracket": "LPAR", "rrbracket": "RPAR", "lvert": "MID", "rvert": "MID",
    "pm": "BAD", "mp": "BAD", "tanh": "NAME", "sinh": "NAME", "cosh": "NAME",
}  # fmt: skip
SIGNS = {
    "+": "PLUS", "-": "MINUS", "\u2212": "MINUS", "*": "TIMES", "\u00b7": "TIMES", "\u00d7": "TIMES", "/": "SLASH",
    "^": "CARET", "_": "UNDER", "'": "PRIME", "\u2032": "PRIME", "(": "LPAR", ")": "RPAR", "[": "LPAR", "]": "RPAR",
    "{": "LBRACE", "}": "RBRACE", ",": "COMMA", ";": "SEMI", ":": "SEMI", "|": "MID", "=": "EQ", "&": "AMP",
    "<": "OTHER", ">": "OTHER", "\u2260": "NEQ", "\u2202": "PARTIAL", "\u2207": "NABLA", "\u2211": "SUM",
    "\u220f": "SUM", "\u22a4": "TRANSPOSE", "\u2248": "OTHER", "\u2264": "OTHER", "\u2265": "OTHER", "\u2190": "ARROW",
    "\uff1d": "EQ", "\u2254": "EQ", "\u2261": "EQ", "\u225c": "EQ", "\uff0b": "PLUS", "\uff0d": "MINUS",
    "\u2013": "MINUS",
    "\uff08": "LPAR", "\uff09": "RPAR", "\uff0c": "COMMA", "\uff1a": "SEMI", "\uff1b": "SEMI", "\uff5c": "MID",
    "\u223c": "OTHER", "\u221d": "OTHER", "\u2243": "OTHER", "\u2192": "OTHER", "\u21d2": "IMPLIES", "\u2208": "IN",
    "\u22c5": "TIMES", "\u2217": "TIMES", "\u2299": "TIMES", "\u2026": "DOTS", "\u22ef": "DOTS",
}  # fmt: skip
UNICODE = dict(
    zip(
        "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΦΨΩℓ",
        words(
            "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon phi chi "
            "psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega ell"
        ),
        strict=True,
    )
)
HYPERBOLIC = {
    "tanh": r"\frac{e^x - e^{-x}}{e^x + e^{-x}}", "sinh": r"\frac{e^x - e^{-x}}{2}", "cosh": r"\frac{e^x + e^{-x}}{2}",
}  # fmt: skip
WORDS = {"log": "LOG", "ln": "LOG", "exp": "EXP", "softmax": "NAME", "sigmoid": "NAME", "diag": "DIAG", "argmax": "BAD"}
WORDS |= dict.fromkeys(HYPERBOLIC, "NAME")
# what is left of a command whose backslash and first letter were taken for an escape
TAILS = {
    name[1:]: name
    for name in words(
        "boldsymbol beta bar begin big bigg boxed right rho rangle rbrace theta times tau text textbf tilde top to "
        "triangleq frac forall nabla neq nonumber notag not nu vec varphi vartheta varepsilon vert alpha approx ast"
    )
}
SHORT_TAILS = frozenset({"ar", "o", "u", "ho", "au", "op", "eq", "ec", "ig", "ot", "st"})  # only after what was taken
