"""What is known of the letters: definitions, targets, numbers of indices."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from fractions import Fraction

from softreg.symbolic.document import nodes as n
from softreg.symbolic.document.grammar import parse
from softreg.symbolic.document.letters import INPUTS, LOSSES, ONES, PARAMETERS, WEIGHTS
from softreg.symbolic.document.lexer import tokens
from softreg.symbolic.document.reading import Reader
from softreg.symbolic.document.scripts import Notation


@dataclass(frozen=True)
class Definition:
    """What a letter means: a formula in its indices, or in an argument to which it applies one by one."""

    letter: str
    sub: tuple[str, ...]
    sup: tuple[str, ...]
    body: n.Node
    argument: str | None = None
    formal: str | None = None  # the letter of the vector that it is a function of
    line: int | None = None
    text: str = ""
    at: int = -1  # where it stands in the document
    of_entries: bool = False  # whether it is written as a function of entries: L(y_i, p_i)
    only_where: bool = False  # whether it is said for one value of an index alone: "where y_i = 1"
    guessed: bool = False  # whether the document says nothing of it, so that it has its usual meaning


@dataclass(frozen=True)
class Apart:
    """The index o that a sum over u_k leaves out, and which sums do: all of u, or those like the first."""

    out: str
    first: n.Sum
    everywhere: bool

    def left_out_by(self, total: n.Sum) -> bool:
        """Whether a sum over u leaves it out."""
        if None in (total.upper, self.first.upper):
            return self.everywhere or total.index == self.first.index
        return self.everywhere or total.upper == self.first.upper


@dataclass
class Context:
    """The meaning of the letters."""

    definitions: dict[str, Definition] = field(default_factory=dict)
    targets: set[str] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)
    notation: Notation = field(default_factory=Notation)
    sums_to_one: set[str] = field(default_factory=set)
    summed_at: dict[str, int] = field(default_factory=dict)  # the index that this sum is over, if the document says so
    totals: dict[str, Fraction] = field(default_factory=dict)  # what they sum to instead, if the document says so
    positive: set[str] = field(default_factory=set)
    arity: dict[str, tuple[int, int]] = field(default_factory=dict)
    sizes: dict[str, str] = field(default_factory=dict)  # an index letter -> the size it runs to, if it is given
    sampled: set[str] = field(default_factory=set)  # letters with a value for each sample, though no index says which
    reference: dict[str, tuple[int, str]] = field(default_factory=dict)  # letters that are 0 at the last class
    notes: list[str] = field(default_factory=list)
    one_hot: bool = False
    truths: set[str] = field(default_factory=set)  # indices of which the document says that they are the true class
    near_truths: dict[str, list[int]] = field(default_factory=dict)  # indices of sums that somewhere are the true class
    binary: bool = False
    margins: set[str] = field(default_factory=set)  # labels that are 1 or -1
    sigmoids: set[str] = field(default_factory=set)  # letters that the text calls sigmoid functions
    likelihood: bool = False  # whether the text is about a log-likelihood, and nowhere about a loss
    ascent: bool = False  # whether the text maximizes something
    descent: bool = False  # whether it speaks of a loss, or of what is made smaller
    apart: dict[str, Apart] = field(default_factory=dict)  # of the sums over u_k, what they leave out
    said_ranks: set[str] = field(default_factory=set)  # vectors and matrices that the document shows to be such
    row_vectors: bool = False  # whether the text speaks of row vectors
    unread: set[str] = field(default_factory=set)  # letters of which the document says something that is not understood
    normalizers: set[str] = field(default_factory=set)  # undefined letters by which exponentials are divided
    given: list[str] = field(default_factory=list)  # LaTeX equations from a context file

    def arity_of(self, letter: str) -> tuple[int, int]:
        """Return how many indices below and above the letter has where it has the most."""
        return (1, 0) if letter == ONES else self.arity.get(letter, (0, 0))

    def without_reading(self, letters: set[str], free: set[str]) -> str:
        """Return a letter of these, or of their definitions, whose own definition is not understood; else nothing.

        Free are those which may be any number, whatever is said of them.
        """
        for letter in sorted(self.behind(letters) & self.unread - free):
            definition = self.definitions.get(letter)
            if definition is None or definition.at < 0:
                return letter
        return ""

    def guessed(self, letters: set[str]) -> set[str]:
        """Return the letters of these, or of their definitions, of which the meaning is guessed."""
        return {v for v in self.behind(letters) if v in self.definitions and self.definitions[v].guessed}

    def true_classes(self, letters: set[str]) -> set[str]:
        r"""Return the indices that name the true class in the losses behind these letters: o in J = -\log p_o."""
        found = (self.definitions[v] for v in self.behind(letters) & LOSSES if v in self.definitions)
        return {i for d in found for i in {true_class(d.body)} - {*d.sub, *d.sup}}

    def behind(self, letters: set[str]) -> set[str]:
        """Return these letters, and those of their definitions."""
        found: set[str] = set()
        todo = set(letters)
        while todo:
            letter = todo.pop()
            found.add(letter)
            if letter in self.definitions:
                todo |= n.letters(self.definitions[letter].body) - found
        return found

    def accept(self, definition: Definition, origin: str) -> None:
        """Take a definition, if the letter has none and would not be defined by itself."""
        if definition.letter in self.definitions:
            return
        if definition.letter in self.behind(n.letters(definition.body)):
            return  # it would be defined by itself
        self.definitions[definition.letter] = definition
        if definition.argument is not None or definition.formal is not None:
            self.notation.functions.add(definition.letter)
        self.notes.append(f"{definition.text} ({origin})")


def true_class(node: n.Node) -> str:
    r"""Return o for -\log p_o; else nothing."""
    inner = node.factors[1] if isinstance(node, n.Mul) and node.factors[0] == n.MINUS_ONE else node
    p = inner.argument if isinstance(inner, n.Function) and inner.name == "log" else None
    last = p.sub[-1] if isinstance(p, n.Var) and p.sub else None
    return last.letter if isinstance(last, n.Var) and not last.sub else ""


def read_formula(latex: str) -> n.Node:
    """Return a formula of our own."""
    (tree,) = parse(tokens(latex))
    return Reader().read(tree)


def definition_from(head: n.Node, body: n.Node, line: int | None, text: str) -> Definition | None:
    """Return the definition that an equation states, if it can be one."""
    if not isinstance(head, n.Var) or head.primes or head.mark:
        return None
    if not all(isinstance(a, n.Var) for a in head.arguments or ()):
        return None  # g(w'x) = ... is a value of a function, and says little of others
    loss = head.letter.partition("_")[0] in LOSSES
    if not loss and n.free_indices(body) & {
        a.letter for a in head.arguments or () if isinstance(a, n.Var) and not a.sub
    }:
        return None  # an index in brackets that is not read as one
    head, body = _of_one_entry(*_of_any_row(head, body))
    indices = (*head.sub, *head.sup)
    names = [i.letter for i in indices if isinstance(i, n.Var) and not i.sub and not i.sup]
    if len(names) != len(indices) or len(set(names)) != len(names) or head.letter in n.letters(body):
        return None
    argument = None
    if not indices and head.arguments and len(head.arguments) == 1 and isinstance(head.arguments[0], n.Var):
        inner = head.arguments[0]
        elementwise = not any(isinstance(node, n.Sum) for node in body.walk()) and inner.letter in n.letters(body)
        if inner.letter == "\\phi" or (inner.letter in ("x", "X") and n.letters(body) & {*WEIGHTS, "y"}):
            elementwise = False  # a function of all features
        if elementwise and not inner.sub and head.letter not in LOSSES:
            argument = inner.letter
    sub = tuple(names[: len(head.sub)])
    first = head.arguments[0] if head.arguments else None
    more = [a for a in (head.arguments or ())[1:] if not (isinstance(a, n.Var) and a.letter in PARAMETERS)]
    formal = first.letter if isinstance(first, n.Var) and not more else None
    entries = is_of_entries(head)
    return Definition(
        head.letter, sub, tuple(names[len(head.sub) :]), body, argument, formal, line, text, of_entries=entries
    )


def _of_any_row(head: n.Var, body: n.Node) -> tuple[n.Var, n.Node]:
    """Return f(x) = W x for f(x_i, W) = W x_i, where i stands nowhere else."""
    rows = [a for a in head.arguments or () if isinstance(a, n.Var) and a.letter in INPUTS and len(a.sub) == 1]
    if len(rows) != 1 or head.sub or head.sup or rows[0].sup:
        return head, body
    row, one = rows[0], replace(rows[0], sub=())
    other = n.rebuilt(body, lambda part: one if part == row else None)
    if n.free_indices(other) & n.free_indices(row) or not any(_is_scaled(part, one) for part in other.walk()):
        return head, body
    return replace(head, arguments=tuple(one if a == row else a for a in head.arguments or ())), other


def _is_scaled(node: n.Node, x: n.Var) -> bool:
    """Whether this is a product of a whole matrix, which has no index, and x."""
    factors = node.factors if isinstance(node, n.Mul) else ()
    pairs = itertools.pairwise(factors)
    return any(
        b == x and isinstance(a, n.Var) and a.letter in WEIGHTS and a.letter.isupper() and not a.sub for a, b in pairs
    )


def _of_one_entry(head: n.Var, body: n.Node) -> tuple[n.Var, n.Node]:
    """Return sigma(z) = ... for sigma(z_i) = ..., where nothing but z_i stands on the right."""
    z = head.arguments[0] if head.arguments and len(head.arguments) == 1 else None
    loss = head.letter.partition("_")[0] in LOSSES
    if not isinstance(z, n.Var) or not z.sub or z.sup or head.sub != z.sub or loss:
        return head, body
    if any(v != z for v in n.values(body)) or any(isinstance(part, n.Sum) for part in body.walk()):
        return head, body
    one = n.Var(z.letter)
    return replace(head, sub=(), arguments=(one,)), n.rebuilt(body, lambda part: one if part == z else None)


def is_of_rows(node: n.Node, context: Context) -> bool:
    """Whether this is a function of something in brackets that makes a vector of a vector, and a matrix of a matrix."""
    definition = context.definitions.get(node.letter) if isinstance(node, n.Var) and node.arguments else None
    if definition is None or definition.formal is None or len(definition.sub) != 1:
        return False
    entry = n.Var(definition.formal, (n.Var(definition.sub[0]),))
    return any(replace(v, sup=()) == entry for v in n.values(definition.body))


def has_rows(node: n.Node, context: Context) -> bool:
    """Whether the classes are the columns of a matrix of scores, as in X W; in W X they are the rows."""
    while isinstance(node, n.Var) and node.letter in context.definitions:
        node = context.definitions[node.letter].body
    product = next((part for part in node.walk() if isinstance(part, n.Mul)), None)
    first = product.factors[0] if product is not None else None
    return not any(v.letter in WEIGHTS for v in (n.values(first) if first is not None else ()))


def is_bias(node: n.Node) -> bool:
    """Whether this is b, which is added to each row of X W, and to each column of W X."""
    return isinstance(node, n.Var) and node.letter.partition("^")[0] == "b" and not node.sub


def is_of_entries(v: n.Var) -> bool:
    """Whether what stands in the brackets after a letter has an index."""
    return any(isinstance(a, n.Var) and bool(a.sub) for a in v.arguments or ())


def is_slope(node: n.Derivative, context: Context) -> bool:
    r"""Whether this is d sigma / da of a function of one number, where a is no number or is not its argument."""
    f, a = node.body, node.variable
    definition = context.definitions.get(f.letter) if isinstance(f, n.Var) else None
    if definition is None or definition.argument is None or not isinstance(f, n.Var) or f.arguments or f.sub or f.sup:
        return False
    if node.whole or a.letter in WEIGHTS or a.letter == "b":
        return False  # the inner derivative counts: nabla_w sigma = sigma (1 - sigma) x
    indices = sum(context.arity_of(a.letter))
    return not (a.sub or a.sup) and (
        indices > 0 or (a.letter != definition.argument and a.letter not in context.definitions)
    )
