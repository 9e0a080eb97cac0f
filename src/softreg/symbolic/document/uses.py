"""How a document uses its letters: what tells targets, logits and losses from one another, two classes from more."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable
from fractions import Fraction

from softreg.symbolic.document import nodes as n
from softreg.symbolic.document.definitions import Context
from softreg.symbolic.document.entries import POSITIVE
from softreg.symbolic.document.letters import INPUTS, LOGITS, ONES, SIZES, TARGETS, WEIGHTS

OF_SCORES = frozenset({"\\sigma", "softmax", "sigmoid", "S"})  # functions: never targets


def _core(factors: Iterable[n.Node]) -> list[n.Node]:
    """Return the factors of a product, those within it also, without transposition."""
    out: list[n.Node] = []
    for f in factors:
        while isinstance(f, n.Transposed):
            f = f.body
        out += _core(f.factors) if isinstance(f, n.Mul) else [f]
    return out


def _is_rest(node: n.Node) -> bool:
    """Whether a formula is what is left of 1."""
    first, *more = node.terms if isinstance(node, n.Add) else (node,)
    return first == n.Number(Fraction(1)) and len(more) == 1 and isinstance(more[0], n.Mul)


def _rest(node: n.Node) -> n.Node | None:
    """Return y where the formula is 1 - y."""
    last = node.terms[1] if isinstance(node, n.Add) and _is_rest(node) else None
    return last.factors[-1] if isinstance(last, n.Mul) else None


class Uses:
    """Asks of the formulas of a document how letters are used in them."""

    def __init__(self, context: Context, nodes: list[n.Node]):
        self.context, self._nodes = context, nodes

    def vars(self) -> list[n.Var]:
        """Return all variables that stand for values."""
        return [v for node in self._nodes for v in n.values(node)]

    def vectors(self) -> set[str]:
        r"""Return the letters of vectors with an index, as in u_w^\top v_c."""
        found: set[str] = set()
        for part in (part for node in self._nodes for part in node.walk() if isinstance(part, n.Mul)):
            for a, b in itertools.pairwise(part.factors):
                v = a.body if isinstance(a, n.Transposed) else None
                if isinstance(v, n.Var) and isinstance(b, n.Var) and v.sub and b.sub:
                    found |= {v.letter, b.letter}
        return found

    def of_two(self, letter: str) -> bool:
        r"""Whether a function is nowhere of anything but products u_o^\top v_c, which are numbers."""
        used = [v for v in self.vars() if v.letter == letter]
        vectors = self.vectors() - {*WEIGHTS, *INPUTS}
        return bool(used) and all(not v.sub and v.arguments and n.letters(v.arguments[0]) <= vectors for v in used)

    def called(self, letter: str) -> bool:
        """Whether a letter stands before brackets anywhere."""
        return any(v.letter == letter and v.arguments for v in self.vars())

    def bare(self, letter: str) -> bool:
        """Whether a function stands anywhere without what it is a function of."""
        return any(v.letter == letter and not v.arguments for v in self.vars())

    def under_roots(self) -> set[str]:
        """Return the letters of numbers of which a root is taken."""
        powers = [part for top in self._nodes for part in top.walk() if isinstance(part, n.Power)]
        roots = [p for p in powers if isinstance(p.exponent, n.Number) and p.exponent.value.denominator > 1]
        return {p.base.letter for p in roots if isinstance(p.base, n.Var) and not (p.base.sub or p.base.sup)}

    def under_log(self) -> set[str]:
        """Return the letters of which a logarithm is taken, or of a quotient of which it is."""
        logs = [x for top in self._nodes for x in top.walk() if isinstance(x, n.Function) and x.name == "log"]
        inside = [
            part
            for x in logs
            for part in (x.argument.children() if isinstance(x.argument, (n.Quotient, n.Mul)) else (x.argument,))
        ]
        return {v.letter for v in inside if isinstance(v, n.Var)}

    def dividing(self) -> set[str]:
        """Return the letters by which exponentials are divided, but for temperatures and sizes: Z in e^z / Z."""
        found: set[str] = set()
        for part in (part for top in self._nodes for part in top.walk() if isinstance(part, (n.Quotient, n.Mul))):
            quotients = [q for q in (part, *part.children()) if isinstance(q, n.Quotient)]
            if any(isinstance(x, n.Function) and x.name == "exp" for x in part.walk()):
                found |= {q.denominator.letter for q in quotients if isinstance(q.denominator, n.Var)}
        return found - POSITIVE - {*SIZES, *WEIGHTS, "N", "B", ONES}

    def target(self, used: set[str]) -> str:
        """Return the letter that logarithms of probabilities are weighted with.

        In p log(p/q) that is p, even if its own logarithm is taken: were it a second softmax of the
        same logits, all there is to prove would be 0 = 0.
        """
        votes: Counter[str] = Counter()
        own = self.context.definitions.keys() | OF_SCORES
        known = self.defined_probability() is not None
        for top in self._nodes:
            for node in top.walk():
                if isinstance(node, n.Mul):
                    logs = [
                        x
                        for f in _core(node.factors)
                        if isinstance(f, (n.Function, n.Add))
                        for x in f.walk()
                        if isinstance(x, n.Function) and x.name == "log"
                    ]
                    inside = {
                        x.letter for f in (*node.factors, *logs) if isinstance(f, n.Function) for x in n.values(f)
                    }
                    weights = [
                        f
                        for f in _core(node.factors)
                        if isinstance(f, n.Var) and (f.letter not in inside or known or len(inside) > 1)
                    ]
                    if logs:
                        votes.update(f.letter for f in weights if f.letter not in own and f.sub)
        usual = next(
            (t for t in (*TARGETS, "Y") if t in used | self.context.labels and t not in self.context.definitions), None
        )
        if usual is not None and (not votes or votes[usual]):
            return usual
        return votes.most_common(1)[0][0] if votes else "y"

    def is_loss(self, letter: str) -> bool:
        """Whether a letter is a loss, not something else that is called so."""
        return letter not in ("E", "C", "H", "F", "D", "R", "l") or any(
            isinstance(node, n.Derivative) and isinstance(node.body, n.Var) and node.body.letter == letter
            for top in self._nodes
            for node in top.walk()
        )

    def logits(self, used: set[str], likely: list[str]) -> str:
        """Return the letter of the scores: what probabilities and exponentials are of, and derivatives in."""
        context = self.context
        votes: Counter[str] = Counter()
        bodies = [d.body for d in context.definitions.values()]
        for v in self.vars():
            if v.letter in likely and v.arguments:
                votes.update(a.letter for a in v.arguments if isinstance(a, n.Var))
        for top in (*self._nodes, *bodies):
            for node in top.walk():
                if isinstance(node, n.Function) and node.name == "exp" and isinstance(node.argument, n.Var):
                    votes[node.argument.letter] += 1
                if isinstance(node, n.Derivative) and node.variable.letter in LOGITS[:-1]:
                    votes[node.variable.letter] += 1
        weights = any(w in used for w in WEIGHTS)
        for letter in list(votes):
            other = letter.endswith(("_rows", "'")) or letter in self.vectors()
            if other or letter in likely or letter in WEIGHTS or (letter in ("x", "X") and weights):
                del votes[letter]
        return votes.most_common(1)[0][0] if votes else "z"

    def is_formal(self, letter: str) -> bool:
        r"""Whether a letter stands nowhere but in formulas about a function of it: \sigma(a), e^{-a}, and no other."""
        definitions = self.context.definitions
        if all(d.argument != letter for d in definitions.values()):
            return False
        functions = {v for v, d in definitions.items() if d.argument is not None} | {letter, "e"}
        return all(n.letters(node) <= functions for node in self._nodes if letter in n.letters(node))

    def defined_probability(self) -> str | None:
        """Return the letter that the document itself defines as a quotient of exponentials."""
        for definition in self.context.definitions.values():
            body = definition.body
            if isinstance(body, n.Quotient) and any(isinstance(x, n.Function) and x.name == "exp" for x in body.walk()):
                return definition.letter
            if isinstance(body, n.Var) and body.letter in ("softmax", "\\sigma", "S"):
                return definition.letter
        return None

    def is_binary(self, likely: list[str], target: str, losses: list[str]) -> bool:
        """Whether the document is about two classes."""
        arity = self.context.arity_of
        if self.context.binary:
            return True
        if "softmax" in likely:
            return False
        if arity(target)[0] in self.ranks_of_the_rest(target):
            return True  # sum_n y_n log p_n + (1 - y_n) log(1 - p_n)
        if self.has_margins(target):
            return True
        if any(arity(p)[0] for p in likely) or arity(target)[0]:
            return False
        defined = [d for d in self.context.definitions.values() if d.argument is not None]
        one_minus = any(
            isinstance(node, n.Add)
            and len(node.terms) == 2
            and node.terms[0] == n.Number(Fraction(1))
            and isinstance(node.terms[1], n.Mul)
            and isinstance(node.terms[1].factors[-1], n.Var)
            for top in self._nodes
            for node in top.walk()
        )
        sums = any(isinstance(node, n.Sum) for top in self._nodes for node in top.walk())
        return bool(defined) or one_minus or (bool(likely) and not sums and not self.context.labels)

    def has_margins(self, target: str) -> bool:
        """Whether labels are 1 and -1, so that they stand in exponents: log(1 + exp(-y_n w'x_n)), sigma(y_n w'x_n)."""
        exponents = [
            x.argument for top in self._nodes for x in top.walk() if isinstance(x, n.Function) and x.name == "exp"
        ]
        exponents += [a for v in self.vars() if v.letter in ("\\sigma", "sigmoid", "g") for a in v.arguments or ()]
        return any(isinstance(e, n.Mul) and target in n.letters(e) for e in exponents)

    def ranks_of_the_rest(self, target: str) -> set[int]:
        """Return with how many indices the target stands in (1 - y) log(1 - p), one of them perhaps a slip."""
        found: set[int] = set()
        kept: list[n.Node | None]
        for node in (part for top in self._nodes for part in top.walk()):
            if isinstance(node, n.Mul):
                logs = [f.argument for f in node.factors if isinstance(f, n.Function) and f.name == "log"]
                factors = _core(node.factors)
                kept = [_rest(f) for f in factors] if logs else []
                kept += [f for f in factors if any(map(_is_rest, logs))]
            elif isinstance(node, n.Power) and _is_rest(node.base):
                kept = [_rest(node.exponent)]
            else:
                continue
            found |= {len(v.sub) for v in kept if isinstance(v, n.Var) and v.letter == target}
        whole = not any(v.letter == target and v.sub for v in self.vars())  # a vector, with no index anywhere
        return {self.context.arity_of(target)[0]} if found and whole else found

    def feature_first(self, weight: str, x: str) -> bool:
        """Whether the first index of a weight is that of the feature."""
        votes = 0
        for top in self._nodes:
            features = {i for v in top.walk() if isinstance(v, n.Var) and v.letter == x for i in v.sub[-1:]}
            classes = {
                i for v in top.walk() if isinstance(v, n.Var) and v.letter not in (x, weight) for i in v.sub[-1:]
            }
            for v in top.walk():
                if isinstance(v, n.Var) and v.letter == weight and len(v.sub) == 2:
                    votes += (v.sub[0] in features) + (v.sub[1] in classes)
                    votes -= (v.sub[1] in features) + (v.sub[0] in classes)
        return votes > 0
