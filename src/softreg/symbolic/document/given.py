r"""A context that is given: a small TOML file, or front matter of the document between lines of +++.

[softreg]
definitions = ["z_j = \\sum_i \\Theta_{ij} x_i"]   # what letters mean, in LaTeX
sums_to_one = ["y"]                                # letters whose sum over the classes is 1
one_hot = true                                     # they are 1 at one class and 0 elsewhere
binary = true                                      # two classes: the logistic function
functions = ["q"]                                  # letters whose brackets hold an argument
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

from softreg.symbolic.document.definitions import Context
from softreg.symbolic.document.scripts import Notation

KEYS = {"definitions": list, "sums_to_one": list, "functions": list, "one_hot": bool, "binary": bool}


def context_from_toml(text: str) -> Context:
    """Return the context that a TOML text gives; what is unknown is an error, not ignored."""
    table = _table(text)
    table = table.get("softreg", table)
    for key, value in table.items():
        if key not in KEYS:
            raise ValueError(f"unknown key {key!r}; there are: {', '.join(KEYS)}")
        if not isinstance(value, KEYS[key]) or (isinstance(value, list) and not all(isinstance(v, str) for v in value)):
            raise ValueError(f"{key} must be {'true or false' if KEYS[key] is bool else 'a list of strings'}")
    return Context(
        given=list(table.get("definitions", [])),
        sums_to_one=set(table.get("sums_to_one", [])),
        notation=Notation(set(table.get("functions", []))),
        one_hot=bool(table.get("one_hot", False)),
        binary=bool(table.get("binary", False)),
    )


def _table(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("brackets within each other are too deep") from None


def front_matter(text: str) -> Context | None:
    """Return the context in the document's own front matter, if it has one with a table `softreg`."""
    if re.match(r"\s*---[ \t]*\n(?:(?!---)[^\n]*\n)*?softreg[ \t]*:", text):
        raise ValueError("it is in YAML, between lines of ---: write it in TOML, between lines of +++")
    match = re.match(r"\s*\+\+\+[ \t]*\n(|.*?\n)\+\+\+[ \t]*(?:\n|\Z)", text, re.DOTALL)
    if not match and re.match(r"\s*\+\+\+[ \t]*(?:\n|\Z)", text):
        raise ValueError("the front matter, which begins with a line of +++, has no end: another such line")
    if not match or "softreg" not in _table(match.group(1)):
        return None
    return context_from_toml(match.group(1))
