"""The usual meanings: softmax, cross-entropy, linear in the features, for letters of which nothing is said."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from fractions import Fraction

from softreg.symbolic.document import nodes as n
from softreg.symbolic.document.commands import WORDS
from softreg.symbolic.document.definitions import Context, Definition, read_formula
from softreg.symbolic.document.entries import POSITIVE
from softreg.symbolic.document.letters import (
    ALWAYS_PROBABILITIES,
    FUNCTIONS,
    LOGITS,
    LOSSES,
    ONES,
    SIZES,
    TARGETS,
    WEIGHTS,
)
from softreg.symbolic.document.ranks import Ranks

OF_SCORES = frozenset({"\\sigma", "softmax", "sigmoid", "S"})  # functions: never targets
_USUAL = "the usual meaning"
_WORD = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{3,}")  # a name, as in e^{score_k}


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


def _in_inner_products(nodes: Iterable[n.Node]) -> Iterator[n.Var]:
    r"""Yield the letters in products of two vectors, u_w^\top v_c."""
    for part in (part for node in nodes for part in node.walk() if isinstance(part, n.Mul)):
        for a, b in itertools.pairwise(part.factors):
            if isinstance(a, n.Transposed) and isinstance(a.body, n.Var) and isinstance(b, n.Var):
                if a.body.sub and b.sub:
                    yield from (a.body, b)


class Usual:
    """Finds the roles of letters from how the document uses them."""

    def __init__(self, context: Context, nodes: list[n.Node]):
        self.context, self._nodes = context, nodes

    def settle(self) -> None:
        """Give letters without a meaning their usual one."""
        context = self.context
        used = {v.letter for v in self._vars()}
        logged = {
            node.argument.letter
            for top in self._nodes
            for node in top.walk()
            if isinstance(node, n.Function) and node.name == "log" and isinstance(node.argument, n.Var)
        }
        self._find_labels(used)
        self._indicators()
        target = self._target(used)
        context.targets.add(target)
        context.normalizers = self._dividing() - {target, *context.definitions}
        named = context.definitions.keys() | context.notation.bare.keys()
        losses = [v for v in sorted(used & LOSSES - named) if self._is_loss(v)]
        context.positive = self._under_log() & (context.targets | context.normalizers)
        for v in sorted(context.positive):
            entry = v if v in context.normalizers else f"{v}_k"
            context.notes.append(f"{entry} > 0, as its logarithm is taken")
        open_ = {v for v in used if v not in context.definitions and v != target and v not in losses}
        open_ -= {v for v in open_ if v.partition("_")[2] in TARGETS}  # p(y | x), of what was seen
        raised = {
            v.letter
            for top in self._nodes
            for node in top.walk()
            if isinstance(node, n.Function) and node.name == "exp"
            for v in node.argument.walk()
            if isinstance(v, n.Var)
        }
        open_ -= (raised - {"softmax"}) | {v for v in open_ if v.endswith("_rows")}
        likely = [v for v in sorted(open_) if v in ALWAYS_PROBABILITIES or (v in FUNCTIONS and self._called(v))]
        likely += sorted((open_ & logged) - {*likely, *WEIGHTS, "x", *context.normalizers})
        samples = any(context.arity_of(v)[1] for v in used)
        self._vectors = {v.letter for v in _in_inner_products(self._nodes) if v.sub}
        logits = self._logits(used, likely)
        if self._vectors and logits not in used:  # the scores are u_k'v_c: nothing is usual about these
            likely, losses = [], losses if self._defined_probability() else []
        context.binary = self._is_binary(likely, target, losses)
        self._logistic = {"\\sigma", "sigmoid"} if "softmax" in {*likely, *context.definitions} else set()
        for letter in likely:
            self._probability(letter, logits)
        named = self._defined_probability()
        calls = context.definitions[named].body if named else None
        wanted = [named] if isinstance(calls, n.Var) and calls.letter in likely else likely  # P = softmax(Z) is P
        probability = next(iter(wanted), None) or named
        self._linear(logits, used)
        Ranks(context).settle(self._nodes)
        for letter in losses:
            self._loss(letter, target, probability or self._extra_probability(logits), samples)
        if not context.binary and context.arity_of(target)[0] and not context.sums_to_one:
            one = target.removesuffix("_rows")
            context.sums_to_one = {v for v in (one, f"{one}_rows") if context.arity_of(v)[0]}

    def _vars(self) -> list[n.Var]:
        return [v for node in self._nodes for v in n.values(node)]

    def _dividing(self) -> set[str]:
        """Return the letters by which exponentials are divided, but for temperatures and sizes: Z in e^z / Z."""
        found: set[str] = set()
        for part in (part for top in self._nodes for part in top.walk() if isinstance(part, (n.Quotient, n.Mul))):
            quotients = [q for q in (part, *part.children()) if isinstance(q, n.Quotient)]
            if any(isinstance(x, n.Function) and x.name == "exp" for x in part.walk()):
                found |= {q.denominator.letter for q in quotients if isinstance(q.denominator, n.Var)}
        return found - POSITIVE - {*SIZES, *WEIGHTS, "N", "B", ONES}

    def _under_log(self) -> set[str]:
        """Return the letters of which a logarithm is taken, or of a quotient of which it is."""
        logs = [x for top in self._nodes for x in top.walk() if isinstance(x, n.Function) and x.name == "log"]
        inside = [
            part
            for x in logs
            for part in (x.argument.children() if isinstance(x.argument, (n.Quotient, n.Mul)) else (x.argument,))
        ]
        return {v.letter for v in inside if isinstance(v, n.Var)}

    def _target(self, used: set[str]) -> str:
        """Return the letter that logarithms of probabilities are weighted with.

        In p log(p/q) that is p, even if its own logarithm is taken: were it a second softmax of the
        same logits, all there is to prove would be 0 = 0.
        """
        votes: Counter[str] = Counter()
        known = self._defined_probability() is not None
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
                        votes.update(
                            f.letter
                            for f in weights
                            if f.letter not in {*self.context.definitions, *OF_SCORES} and f.sub
                        )
        usual = next(
            (t for t in (*TARGETS, "Y") if t in used | self.context.labels and t not in self.context.definitions), None
        )
        if usual is not None and (not votes or votes[usual]):
            return usual
        return votes.most_common(1)[0][0] if votes else "y"

    def _find_labels(self, used: set[str]) -> None:
        """Letters of targets that are used as an index: the label itself."""
        context = self.context
        for top in self._nodes:
            free = n.free_indices(top)
            for node in top.walk():
                if isinstance(node, n.Var):
                    indices = [i for i in (*node.sub, *node.sup) if isinstance(i, n.Var) and i.letter in free]
                elif isinstance(node, n.Equal) and isinstance(node.right, n.Number):
                    told = "whether a target is 1 or 0 is asked for: it is one of the two"
                    if isinstance(node.left, n.Var) and node.left.letter in TARGETS and told not in context.notes:
                        context.notes.append(told)
                        context.one_hot = True
                    continue
                elif isinstance(node, n.Equal):
                    indices = [i for i in (node.left, node.right) if isinstance(i, n.Var)]
                else:
                    continue
                context.labels |= {i.letter for i in indices if i.letter in TARGETS or i.sub}

    def _indicators(self) -> None:
        """Define y_j by the label y, where a document has both: p_y, and p_j - y_j."""
        context = self.context
        for y in sorted(context.labels & set(TARGETS) - context.definitions.keys()):
            indices = {i for node in self._nodes for v in node.walk() if isinstance(v, n.Var) for i in (*v.sub, *v.sup)}
            if n.Var(y) in indices and any(v.letter == y and len(v.sub) == 1 for v in self._vars()):
                body = n.Equal(n.Var("j"), n.Var(y))
                context.accept(Definition(y, ("j",), (), body, text=f"{y}_j is 1 for the class {y}, else 0"), _USUAL)

    def _is_loss(self, letter: str) -> bool:
        return letter not in ("E", "C", "H", "F", "D", "R", "l") or any(
            isinstance(node, n.Derivative) and isinstance(node.body, n.Var) and node.body.letter == letter
            for top in self._nodes
            for node in top.walk()
        )

    def _called(self, letter: str) -> bool:
        return any(v.letter == letter and v.arguments for v in self._vars())

    def _bare(self, letter: str) -> bool:
        """Whether a function stands anywhere without what it is a function of."""
        return any(v.letter == letter and not v.arguments for v in self._vars())

    def _logits(self, used: set[str], likely: list[str]) -> str:
        context = self.context
        votes: Counter[str] = Counter()
        bodies = [d.body for d in context.definitions.values()]
        for v in self._vars():
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
            other = letter.endswith(("_rows", "'")) or letter in self._vectors
            if other or letter in likely or letter in WEIGHTS or (letter in ("x", "X") and weights):
                del votes[letter]
        return votes.most_common(1)[0][0] if votes else "z"

    def _is_binary(self, likely: list[str], target: str, losses: list[str]) -> bool:
        arity = self.context.arity_of
        if self.context.binary:
            return True
        if "softmax" in likely:
            return False
        if arity(target)[0] in self._ranks_of_the_rest(target):
            return True  # sum_n y_n log p_n + (1 - y_n) log(1 - p_n)
        if self._has_margins(target):
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

    def _has_margins(self, target: str) -> bool:
        """Whether labels are 1 and -1, so that they stand in exponents: log(1 + exp(-y_n w'x_n)), sigma(y_n w'x_n)."""
        exponents = [
            x.argument for top in self._nodes for x in top.walk() if isinstance(x, n.Function) and x.name == "exp"
        ]
        exponents += [a for v in self._vars() if v.letter in ("\\sigma", "sigmoid", "g") for a in v.arguments or ()]
        return any(isinstance(e, n.Mul) and target in n.letters(e) for e in exponents)

    def _ranks_of_the_rest(self, target: str) -> set[int]:
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
        whole = not any(v.letter == target and v.sub for v in self._vars())  # a vector, with no index anywhere
        return {self.context.arity_of(target)[0]} if found and whole else found

    def _make(
        self, letter: str, sub: tuple[str, ...], latex: str, argument: str | None = None, formal: str | None = None
    ) -> None:
        sup = ("n",) if self.context.arity_of(letter)[1] else ()
        latex = _WORD.sub(lambda m: m[0] if m[0] in WORDS else rf"\operatorname{{{m[0]}}}", latex)
        text = f"{self._head(letter, sub)} = {latex}"
        definition = Definition(letter, sub, sup, read_formula(latex), argument, formal, text=text, guessed=True)
        self.context.arity[letter] = (len(sub), len(sup))
        self.context.accept(definition, _USUAL)

    def _head(self, letter: str, sub: tuple[str, ...]) -> str:
        return f"{letter}_{{{''.join(sub)}}}" if sub else letter

    def _up(self, letter: str) -> str:
        """Return the number of the sample as a superscript, for letters that have one."""
        return "^{(n)}" if self.context.arity_of(letter)[1] else ""

    def _probability(self, letter: str, logits: str) -> None:
        context = self.context
        z = logits
        if context.arity_of(letter)[1] and z not in context.definitions:
            context.arity[z] = (context.arity_of(z)[0], 1)
        up = self._up(z)
        if context.binary or letter in self._logistic:
            if any(v.letter == letter and v.arguments for v in self._vars()) and letter not in (
                "h",
                "p",
                "P",
                "\\hat y",
            ):
                context.notation.functions.add(letter)
                self._make(letter, (), "\\frac{1}{1 + e^{-z}}", "z")
            else:
                self._make(letter, (), f"\\frac{{1}}{{1 + e^{{-{z}{up}}}}}")
            return
        if context.arity_of(letter)[0] == context.arity_of(z)[0] == 2:  # p_{nk}: the row comes first
            self._make(letter, ("n", "k"), f"\\frac{{e^{{{z}_{{nk}}}}}}{{\\sum_j e^{{{z}_{{nj}}}}}}")
            return
        others = {
            a.letter for v in self._vars() if v.letter == letter for a in v.arguments or () if isinstance(a, n.Var)
        }
        if (context.arity_of(z)[0] == 2 or len(others) > 1 or others - {z, "x"}) and not self._bare(letter):
            z, up = "\\zeta", ""  # softmax(Z) is of the rows of Z
        self._make(letter, ("k",), f"\\frac{{e^{{{z}_k{up}}}}}{{\\sum_j e^{{{z}_j{up}}}}}", formal=z)
        context.arity[z] = (max(1, context.arity_of(z)[0]), context.arity_of(z)[1])

    def _defined_probability(self) -> str | None:
        for definition in self.context.definitions.values():
            body = definition.body
            if isinstance(body, n.Quotient) and any(isinstance(x, n.Function) and x.name == "exp" for x in body.walk()):
                return definition.letter
            if isinstance(body, n.Var) and body.letter in ("softmax", "\\sigma", "S"):
                return definition.letter
        return None

    def _extra_probability(self, logits: str) -> str:
        self._probability("softmax", logits)
        return "softmax"

    def _loss(self, letter: str, target: str, p: str, samples: bool) -> None:
        context = self.context
        y, definition = target, context.definitions[p]
        up = "^{(n)}" if samples and context.arity_of(y)[1] else ""
        head = f"{p}({definition.argument})" if definition.argument else p
        over = "" if context.arity_of(letter)[1] or not up else "\\sum_n "
        over = over if context.likelihood else f"-{over}"
        if context.arity_of(y)[0] == 0 and y in context.labels:
            self._make(letter, (), f"{over}\\log {p}_{y}")
        elif context.binary:
            q = f"{p}{up}" if definition.argument is None else head
            self._make(letter, (), f"{over}\\left[{y}{up} \\log {q} + (1 - {y}{up}) \\log(1 - {q})\\right]")
        else:
            context.arity[y] = (max(1, context.arity_of(y)[0]), context.arity_of(y)[1])
            row = "n" if context.arity_of(y)[0] == context.arity_of(p)[0] == 2 else ""
            over += "\\sum_n " if row else ""
            self._make(letter, (), f"{over}\\sum_k {y}_{{{row}k}}{up} \\log {p}_{{{row}k}}{up}")

    def _linear(self, logits: str, used: set[str]) -> None:
        """Guess how the logits depend on weights, where the document takes a derivative in them."""
        context = self.context
        z = logits
        weight = next((w for w in WEIGHTS if w in used and w not in context.definitions and w != z), None)
        needed = z in used or any(
            z in n.letters(d.body) and d.argument != z and (d.formal != z or self._bare(d.letter))
            for d in context.definitions.values()
        )
        called = {a for v in self._vars() if v.letter in context.guessed({v.letter}) for a in v.arguments or ()}
        given = [a for a in called if not isinstance(a, n.Var)]
        if z not in context.definitions and z in used and len(given) == 1 and not n.free_indices(given[0]):
            context.accept(Definition(z, (), (), given[0], text=f"{z} is what is in the brackets"), _USUAL)
        if weight is None or z in context.definitions or not needed:
            return
        varied = {v.variable.letter for top in self._nodes for v in top.walk() if isinstance(v, n.Derivative)}
        if not used & {"x", "X"} and weight not in varied:
            return
        if "\\phi" in used and not used & {"x", "X", "x_rows"}:
            return  # the features are phi
        x = "X" if "X" in used and "x" not in used else "x"
        up = self._up(z) or self._up(x)
        if up:
            context.arity[z] = (context.arity_of(z)[0], 1)
            context.arity[x] = (context.arity_of(x)[0], 1)
        bias = ""
        order = context.arity_of(weight)[0]
        classes = context.arity_of(z)[0]
        if "b" in used and "b" not in context.definitions:
            bias = " + b_k" if classes else " + b"
        if context.binary and classes == 1 and context.arity_of(x) == (2, 0):
            context.arity[weight] = (1, 0)
            self._make(z, ("n",), f"\\sum_p {weight}_p {x}_{{np}}{bias.removesuffix('_k')}")
        elif classes == 0 and context.arity_of(x)[0] < 2:
            context.arity[weight] = (1, 0)
            context.arity[x] = (1, context.arity_of(x)[1])
            self._make(z, (), f"\\sum_p {weight}_p x_p{up}{bias}")
        elif classes == 2 and order == 2:
            w = f"{weight}_{{pk}}" if self._feature_first(weight, x) else f"{weight}_{{kp}}"
            context.arity[x] = (2, 0)
            self._make(z, ("n", "k"), f"\\sum_p {w} {x}_{{np}}{bias}")
        elif order == 2:
            first = self._feature_first(weight, x)
            context.arity[x] = (1, context.arity_of(x)[1])
            w = f"{weight}_{{pk}}" if first else f"{weight}_{{kp}}"
            self._make(z, ("k",), f"\\sum_p {w} {x}_p{up}{bias}")
        elif order == 1 and context.arity_of(x)[0] == 1:
            self._make(z, ("k",), f"{weight}_k {x}_k{up}{bias}")
        elif order == 1:
            context.arity[weight], context.arity[x] = (2, 0), (1, context.arity_of(x)[1])
            self._make(z, ("k",), f"\\sum_p {weight}_{{kp}} {x}_p{up}{bias}")

    def _feature_first(self, weight: str, x: str) -> bool:
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
