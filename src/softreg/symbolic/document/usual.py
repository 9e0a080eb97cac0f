"""The usual meanings: softmax, cross-entropy, linear in the features, for letters of which nothing is said."""

from __future__ import annotations

import re

from softreg.symbolic.document import nodes as n
from softreg.symbolic.document.commands import WORDS
from softreg.symbolic.document.definitions import Definition, read_formula
from softreg.symbolic.document.letters import (
    ALWAYS_PROBABILITIES,
    FUNCTIONS,
    LOSSES,
    TARGETS,
    WEIGHTS,
)
from softreg.symbolic.document.ranks import Ranks
from softreg.symbolic.document.uses import Uses

_USUAL = "the usual meaning"
_WORD = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{3,}")  # a name, as in e^{score_k}


class Usual(Uses):
    """Finds the roles of letters from how the document uses them."""

    def settle(self) -> None:
        """Give letters without a meaning their usual one."""
        context = self.context
        used = {v.letter for v in self.vars()}
        logged = {
            node.argument.letter
            for top in self._nodes
            for node in top.walk()
            if isinstance(node, n.Function) and node.name == "log" and isinstance(node.argument, n.Var)
        }
        self._find_labels(used)
        self._indicators()
        target = self.target(used)
        context.targets.add(target)
        context.margins = {target} if self.has_margins(target) and not self.ranks_of_the_rest(target) else set()
        context.normalizers = self.dividing() - {target, *context.definitions}
        told = context.definitions.keys() | context.notation.bare.keys()
        losses = [v for v in sorted(used & LOSSES - told) if self.is_loss(v)]
        context.positive = self.under_log() & (context.targets | context.normalizers)
        roots = self.under_roots() - context.definitions.keys()
        context.positive |= roots
        context.notes += [f"{v} > 0, as its root is taken" for v in sorted(roots)]
        for v in sorted(context.positive - roots):
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
        if self.defined_probability() is not None:  # in q_i'k_j, q is no probability
            parts = (part for top in self._nodes for part in top.walk())
            turned = (p.body for p in parts if isinstance(p, n.Transposed) and isinstance(p.body, n.Var))
            open_ -= {v.letter for v in turned if v.sub}
        open_ -= (raised - {"softmax"}) | {v for v in open_ if v.endswith("_rows")}
        likely = [v for v in sorted(open_) if v in ALWAYS_PROBABILITIES or (v in FUNCTIONS and self.called(v))]
        likely += sorted((open_ & logged) - {*likely, *WEIGHTS, "x", *context.normalizers})
        samples = any(context.arity_of(v)[1] for v in used)
        logits = self.logits(used, likely)
        if self.vectors() and logits not in used:  # the scores are u_k'v_c: nothing is usual about these
            likely = [v for v in likely if self.called(v)]
            losses = losses if likely or self.defined_probability() else []
        context.binary = self.is_binary(likely, target, losses)
        sigmoids = {"\\sigma", "sigmoid"}
        of_one = sigmoids if "softmax" in {*likely, *context.definitions} else set(filter(self.of_two, sigmoids))
        self._logistic = context.sigmoids | of_one
        for letter in likely:
            self._probability(letter, logits)
        named = self.defined_probability()
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
            if n.Var(y) in indices and any(v.letter == y and len(v.sub) == 1 for v in self.vars()):
                body = n.Equal(n.Var("j"), n.Var(y))
                context.accept(Definition(y, ("j",), (), body, text=f"{y}_j is 1 for the class {y}, else 0"), _USUAL)

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
            if any(v.letter == letter and v.arguments for v in self.vars()) and letter not in (
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
            a.letter for v in self.vars() if v.letter == letter for a in v.arguments or () if isinstance(a, n.Var)
        }
        if (context.arity_of(z)[0] == 2 or len(others) > 1 or others - {z, "x"}) and not self.bare(letter):
            z, up = "\\zeta", ""  # softmax(Z) is of the rows of Z
        self._make(letter, ("k",), f"\\frac{{e^{{{z}_k{up}}}}}{{\\sum_j e^{{{z}_j{up}}}}}", formal=z)
        context.arity[z] = (max(1, context.arity_of(z)[0]), context.arity_of(z)[1])

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
        needed = (z in used and not self.is_formal(z)) or any(
            z in n.letters(d.body) and d.argument != z and (d.formal != z or self.bare(d.letter))
            for d in context.definitions.values()
        )
        called = {a for v in self.vars() if v.letter in context.guessed({v.letter}) for a in v.arguments or ()}
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
            w = f"{weight}_{{pk}}" if self.feature_first(weight, x) else f"{weight}_{{kp}}"
            context.arity[x] = (2, 0)
            self._make(z, ("n", "k"), f"\\sum_p {w} {x}_{{np}}{bias}")
        elif order == 2:
            first = self.feature_first(weight, x)
            context.arity[x] = (1, context.arity_of(x)[1])
            w = f"{weight}_{{pk}}" if first else f"{weight}_{{kp}}"
            self._make(z, ("k",), f"\\sum_p {w} {x}_p{up}{bias}")
        elif order == 1 and context.arity_of(x)[0] == 1:
            self._make(z, ("k",), f"{weight}_k {x}_k{up}{bias}")
        elif order == 1:
            context.arity[weight], context.arity[x] = (2, 0), (1, context.arity_of(x)[1])
            self._make(z, ("k",), f"\\sum_p {weight}_{{kp}} {x}_p{up}{bias}")
