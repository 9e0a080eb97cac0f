"""What is told, without the names that only the checker uses."""

from __future__ import annotations

import re

_PARTS = re.compile(r": | in (?=\S*[(\[])")
_OWN = re.compile(r"KroneckerDelta|Total\(|Pick\(|\^-?\d|\b[A-Za-z]+\([^)]*[*|+:]")
_BOUND = re.compile(r"~\d+|\b_(?=[a-z]\b)")


def in_words(told: str) -> str:
    """Return a message without numbers of indices and marks of letters, and without formulas spelled for the proof."""
    told = _BOUND.sub("", told).replace("_rows", "")
    kept = [part for part in _PARTS.split(told) if not _OWN.search(part)]
    return told if not _OWN.search(told) or not kept else ": ".join(kept)
