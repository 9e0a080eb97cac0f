"""One-place mutants of right derivations: the usual slips, made by rule."""

import re

# a slip: what stands in a line, and what a careless hand makes of it
SLIPS = {
    "sign": [(r" - ", " + "), (r" \+ ", " - "), (r"= -", "= "), (r"\{0 - ", "{0 + "), (r"& -", "& ")],
    "index": [
        (r"(?<=[yptqa]_)k\b", "j"),
        (r"(?<=[xypqa]_)j\b", "i"),
        (r"(?<=[yptqa]_)i\b", "j"),
        (r"(?<=sigma_)j\b", "i"),
        (r"(?<=S_)j\b", "i"),
        (r"(?<=z_)c\b", "i"),
        (r"\\delta_\{lk\}", r"\\delta_{lj}"),
    ],
    "operator": [(r"\\frac\{\\partial ([A-Za-z\\]+(?: [a-z])?_?[a-z]?)\}\{\\partial z_i\}", r"\1"), (r"\\log ", "")],
    "factor": [
        (r"\\frac\{1\}\{[a-zT]_?[a-z]?\}", ""),
        (r"(?<=\)) x_[a-z]", ""),
        (r"\\eta ", ""),
        (r"\\lambda ", ""),
        (r"\\sigma\(z\) *(?=\(1)", ""),
        (r"\}\^2\}|\\right\)\^2\}", lambda m: m.group().replace("^2", "")),
    ],
    "case": [(r"(?<=i) = (?=j)", r" \\neq "), (r"\\neq", "=")],
}


def mutants(text):
    """Yield (kind, line number, mutant) for each place of each slip in a line that goes on with a derivation."""
    lines = text.split("\n")
    for number, line in enumerate(lines, start=1):
        if line.startswith(("where", "With", "\\frac{d}")):
            continue  # a definition, or a left side over two lines
        if "=" not in line or "softmax}" in line or (re.match(r"\$\$[^=]{1,40}=", line) and "partial" not in line):
            continue  # a definition says what is meant, and cannot be wrong
        if not re.search(r"\$\$|&|\\\\|^=|frac", line):
            continue
        start = line.find("=")
        for kind, slips in SLIPS.items():
            for pattern, replacement in slips:
                for match in re.finditer(pattern, line):
                    if match.start() < start and not line.startswith(("&", "\\sigma", "-\\sigma")):
                        continue
                    new = match.expand(replacement) if isinstance(replacement, str) else replacement(match)
                    changed = line[: match.start()] + new + line[match.end() :]
                    if changed != line:
                        yield kind, number, "\n".join([*lines[: number - 1], changed, *lines[number:]])
