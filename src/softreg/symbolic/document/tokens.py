r"""Tokens, and those that together are one: \Delta z, k', |D|, and a fraction written with \over."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Token:
    """A token: its type, its meaning, and where it stands in the file."""

    type: str
    value: str
    start: int
    end: int
    repair: tuple[int, int, str] | None = None  # of a BAD token: replace text[a:b] by this


def with_joined(made: list[Token]) -> list[Token]:
    r"""Return the tokens with \Delta and the letter after it as one letter, so with |D|, and k^{\prime} as k'."""
    out: list[Token] = []
    for token in made:
        types = [t.type for t in (*out[-3:], token)]
        if types[-2:] == ["NAME", "NAME"] and out[-1].value == "\\Delta":
            out[-1:] = [replace(token, value=f"\\Delta {token.value}", start=out[-1].start)]
        elif types[-3:] == ["MID", "NAME", "MID"] and out[-1].value.isupper():
            out[-2:] = [replace(out[-1], value=f"|{out[-1].value}|", start=out[-2].start, end=token.end)]  # how many
        elif types[-2:] == ["CARET", "PRIME"]:
            out[-1:] = [token]
        elif types == ["CARET", "LBRACE", "PRIME", "RBRACE"]:
            out[-3:] = [out[-1]]
        elif types[:2] + types[3:] == ["CARET", "LBRACE", "RBRACE"] and types[2] in ("TIMES", "PLUS", "MINUS"):
            out[-2:] = [out[-1]]  # y^{*}
        else:
            out.append(token)
    return out


def with_primed(made: list[Token]) -> list[Token]:
    r"""Return the tokens with a primed letter as one where it is an index: in \sum_{k'}, z_{k'}, k = k', k' \neq k."""
    out: list[Token] = []
    below: list[bool] = []  # of each open brace, whether it opens a subscript, or the number of a sample ^{(i')}
    for at, token in enumerate(made):
        last = out[-1] if out else None
        if token.type == "LBRACE":
            numbered = last is not None and last.type == "CARET" and [t.type for t in made[at + 1 : at + 2]] == ["LPAR"]
            below.append(numbered or (last is not None and last.type == "UNDER"))
        elif token.type == "RBRACE" and below:
            below.pop()
        if token.type == "PRIME" and last is not None and last.type == "NAME":
            after, before = made[at + 1 : at + 3], out[-3:-1]
            compared = [t.type for t in before] in (["NAME", "EQ"], ["NAME", "NEQ"]) and before[0].value == last.value
            differs = [t.type for t in after] == ["NEQ", "NAME"] and after[1].value == last.value
            if (below and below[-1]) or compared or differs:
                out[-1] = replace(last, value=f"{last.value}'", end=token.end)
                continue
        out.append(token)
    return out


def with_fractions(made: list[Token]) -> list[Token]:
    r"""Return the tokens with {a \over b} as \frac{a}{b}."""
    at = next((at for at, token in enumerate(made) if token.type == "OVER"), -1)
    if at < 0:
        return made
    depth, opens, closes = 0, -1, -1
    for place in range(at - 1, -1, -1):
        depth += (made[place].type == "RBRACE") - (made[place].type == "LBRACE")
        if depth < 0:
            opens = place
            break
    depth = 0
    for place in range(at + 1, len(made)):
        depth += (made[place].type == "LBRACE") - (made[place].type == "RBRACE")
        if depth < 0:
            closes = place
            break
    if opens < 0 or closes < 0:
        return [replace(t, type="BAD", value="\\over without braces around it") if t is made[at] else t for t in made]
    bar = made[at]
    first, last = replace(bar, type="LBRACE", value="{"), replace(bar, type="RBRACE", value="}")
    parts = [replace(bar, type="FRAC"), first, *made[opens + 1 : at], last, first, *made[at + 1 : closes], last]
    return with_fractions([*made[: opens + 1], *parts, *made[closes:]])


def derivative(order: str, parts: list[list[Token]], sign: Token) -> list[Token]:
    r"""Return the quotient that \pdv[2]{L}{z} and \pdv{L}{x}{y} stand for; \pdv{z} stands for an operator."""
    of = parts[0] if len(parts) > 1 else []
    variables = parts[1:] or parts
    mixed = str(len(variables)) if len(variables) > 1 else ""
    order = order or mixed
    if not variables or (order and not order.isdigit()) or (mixed and order != mixed):
        return [replace(sign, type="BAD", value="a derivative in a form that is not understood")]
    power = (
        [replace(sign, type=kind, value=text) for kind, text in (("CARET", "^"), ("NUMBER", order))] if order else []
    )
    raised = [] if mixed else power
    below = [token for variable in variables for token in (sign, *variable, *raised)]
    opens, closes = replace(sign, type="LBRACE", value="{"), replace(sign, type="RBRACE", value="}")
    above = [sign, *power, *of]
    return [replace(sign, type="FRAC", value="frac"), opens, *above, closes, opens, *below, closes]
