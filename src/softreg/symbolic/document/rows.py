"""Letters that are of one row here and of many rows there: p_k and p_{ik}, x and x_i.

The letter of many rows is another one, with `_rows` at its end and the row as its first index. Where
the document defines the letter of one row alone, that of many is the same in every row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from softreg.symbolic.document import nodes as n
from softreg.symbolic.document.definitions import Context, Definition
from softreg.symbolic.document.letters import ALWAYS_PROBABILITIES, FUNCTIONS, LOGITS, LOSSES, TARGETS, WEIGHTS
from softreg.symbolic.document.scripts import Notation

FEATURES = frozenset({"x", "\\phi"})
LIKELY = ALWAYS_PROBABILITIES | {"\\mu", *TARGETS, *LOGITS[:-1]}
STACKED = {"X": "x", "\\Phi": "\\phi", "Y": "y", "W": "w", "U": "u", "V": "v"}
PARAMETERS = frozenset({"W", "U", "V"})  # beside features they make scores, beside residuals the gradient in features
RESIDUALS = ALWAYS_PROBABILITIES | {*TARGETS}
ROW = ("n", "m", "r", "s")  # how the row may be called


def learn(notation: Notation, nodes: Iterable[n.Node]) -> None:
    """Find the letters that are indices, and those that are of one row and of many."""
    nodes = list(nodes)
    variables: list[n.Var] = []
    for part in (part for node in nodes for part in node.walk()):
        if isinstance(part, n.Var):
            variables.append(part)
            if part.letter not in FUNCTIONS | LOSSES:
                notation.indices |= {i.letter for i in part.sub if isinstance(i, n.Var)}
        elif isinstance(part, n.Sum):
            notation.indices.add(part.index)
    notation.iterated = {v.letter for v in variables if v.mark.endswith("+1")}
    counts: dict[str, set[int]] = {}
    for v in variables:
        counts.setdefault(v.letter, set()).add(len(v.sub))
    notation.mixed = {v for v, found in counts.items() if {1, 2} <= found and v in LIKELY}
    plain = {v.letter for v in variables if not v.sub or not all(isinstance(i, n.Number) for i in v.sub)}
    notation.numbered = set(counts) - plain
    rows = {v.sub[0] for v in variables if v.letter in notation.mixed and len(v.sub) == 2}
    samples = {v.sub[0] for v in variables if v.letter in FEATURES and len(v.sub) == 1}
    samples &= {v.sub[0] for v in variables if v.letter in TARGETS and len(v.sub) == 1}
    features = {v.letter for v in variables if v.arguments and any(map(_is_features, v.arguments))}  # y(x) beside y_n
    of_a_row = {v for v in variables if v.letter in features and not v.arguments and v.sub[:1] and v.sub[0] in samples}
    rows |= {v.sub[0] for v in of_a_row}
    called: dict[bool, set[tuple[str, str]]] = {True: set(), False: set()}
    for v in variables:
        for a in v.arguments or ():
            if isinstance(a, n.Var) and a.letter in FEATURES:
                called[bool(a.sub)].add((v.letter, a.letter))
    both = {x for _, x in called[True] & called[False]}  # p(x) and p(x_i)
    numbered = {v.letter for v in variables if v.letter in FEATURES and len(v.sub) == 1 and v.sub[0] in rows}
    of_rows = {letter for letter, x in called[True] if x in both} | {v.letter for v in of_a_row}
    notation.whole = {v.letter for v in _beside_matrices(nodes) if v.letter in of_rows and not v.sub}
    notation.rows = both | {x for x in numbered if 0 in counts[x]} | {v.letter for v in of_a_row if len(v.sub) == 1}


def _is_features(node: n.Node) -> bool:
    return isinstance(node, n.Var) and node.letter in FEATURES and not node.sub


def _beside_matrices(nodes: Iterable[n.Node]) -> Iterator[n.Var]:
    """Yield the letters without brackets in what a matrix X is multiplied with."""
    for product in (part for node in nodes for part in node.walk() if isinstance(part, n.Mul)):
        factors = [f.body if isinstance(f, n.Transposed) else f for f in product.factors]
        if any(isinstance(f, n.Var) and f.letter in STACKED and not f.sub for f in factors):
            yield from (v for f in factors for v in n.values(f) if v.arguments is None)


def lifted(context: Context, used: set[str]) -> Iterator[Definition]:
    """Yield the definition of each letter of many rows that is used, or is needed for those, without its own."""
    definitions = context.definitions
    wanted = [v for v in used if v.endswith("_rows") and v not in definitions]
    of_a_row = {*context.notation.mixed, *FEATURES, *LOGITS[:-1]}
    for _ in definitions:
        of_a_row |= {v for v, d in definitions.items() if d.argument is None and n.letters(d.body) & of_a_row}
    for letter in (v for v in used & context.notation.mixed if v not in definitions and f"{v}_rows" in definitions):
        many = definitions[f"{letter}_rows"]
        body = _of_one_row(many.body, n.Var(many.sub[0]))
        if many.sub[0] not in n.free_indices(body):
            yield Definition(letter, many.sub[1:], (), body, text=f"{letter} is {letter}_{many.sub[0]} of one row")
    done: set[str] = set()
    while wanted:
        letter = wanted.pop().removesuffix("_rows")
        definition = definitions.get(letter)
        if letter in done or definition is None or definition.sup:
            continue
        done.add(letter)
        row = next(r for r in ROW if r not in {*definition.sub, *_all_letters(definition.body)})
        text = f"{letter}_{{{row}{''.join(definition.sub)}}} is {letter} of the row {row}"
        body = _lift(definition.body, of_a_row, row)
        yield Definition(f"{letter}_rows", (row, *definition.sub), (), body, text=text)
        wanted += [v for v in n.letters(body) if v.endswith("_rows")]


def stacked(context: Context, nodes: Iterable[n.Node]) -> Iterator[Definition]:
    """Yield, for each matrix that is not defined, whose rows (or columns) it has: X those of x_i or x^{(i)}."""
    votes: Counter[str] = Counter()
    nodes = list(nodes)
    products = [part for top in nodes for part in top.walk() if isinstance(part, n.Mul)]
    between: set[str] = set()  # R in X^T R X, which is no weights
    around: set[tuple[int, str]] = set()
    for number, product in enumerate(products):
        for big, rows, inner in _around(product.factors):
            votes[big] += 1 if rows else -1
            between |= inner
            around.add((number, big))
    for number, node in enumerate(products):
        for at, factor in enumerate(node.factors):
            bare = factor.body if isinstance(factor, n.Transposed) else factor
            counted = isinstance(bare, n.Var) and (number, bare.letter) in around
            if isinstance(bare, n.Var) and bare.letter in STACKED and not counted and at in (0, len(node.factors) - 1):
                beside = node.factors[1 if at == 0 else -2]
                weights = any(v.letter in WEIGHTS and v.letter not in between for v in n.values(beside))
                if bare.letter in PARAMETERS:
                    weights = bool({v.letter.removesuffix("_rows") for v in n.values(beside)} & RESIDUALS)
                votes[bare.letter] += 1 if (at == 0) == (isinstance(factor, n.Transposed) != weights) else -1
    for big, row in STACKED.items():
        for letter in (f"{row}_rows", row):
            if big in context.definitions or big in between or context.arity_of(big) != (2, 0):
                continue
            arity = context.arity_of(letter)
            if arity not in ((2, 0), (1, 1)):
                continue
            body = (
                n.Var(letter, (n.Var("n"), n.Var("j")))
                if arity == (2, 0)
                else n.Var(letter, (n.Var("j"),), (n.Var("n"),))
            )
            side = "rows" if (votes[big] >= 0) != (big in PARAMETERS) else "columns"  # X W and W x
            sub = ("n", "j") if side == "rows" else ("j", "n")
            yield Definition(big, sub, (), body, text=f"{big} = the {side} {row}")


def _around(factors: tuple[n.Node, ...]) -> Iterator[tuple[str, bool, set[str]]]:
    """Yield each matrix that stands twice in a product, whether it is transposed first, and what is between."""
    for at, first in enumerate(factors):
        for to, last in enumerate(factors[at + 1 :], start=at + 1):
            rows = isinstance(first, n.Transposed) and first.body == last
            if (rows or (isinstance(last, n.Transposed) and last.body == first)) and n.letters(first) & STACKED.keys():
                yield min(n.letters(first)), rows, {v for f in factors[at + 1 : to] for v in n.letters(f)}


def _of_one_row(node: n.Node, row: n.Var) -> n.Node:
    def change(part: n.Node) -> n.Node | None:
        if isinstance(part, n.Var) and part.letter.endswith("_rows") and part.sub[:1] == (row,):
            return replace(part, letter=part.letter.removesuffix("_rows"), sub=part.sub[1:])
        return None

    return n.rebuilt(node, change)


def _all_letters(node: n.Node) -> set[str]:
    bound = {part.index for part in node.walk() if isinstance(part, n.Sum)}
    return bound | {part.letter for part in node.walk() if isinstance(part, n.Var)}


def _lift(node: n.Node, letters: set[str], row: str) -> n.Node:
    def change(part: n.Node) -> n.Node | None:
        if not isinstance(part, n.Var):
            return None
        if part.letter in letters:
            return replace(part, letter=f"{part.letter}_rows", sub=(n.Var(row), *part.sub), arguments=None)
        inner = part.arguments
        return part if inner is None else replace(part, arguments=tuple(_lift(a, letters, row) for a in inner))

    return n.rebuilt(node, change)
