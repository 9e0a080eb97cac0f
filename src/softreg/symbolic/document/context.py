r"""What the letters of a document mean, by its own definitions and else by what they usually mean.

A letter with an equation of its own (S(z_i) = ..., z_j = \sum_i \Theta_{ij} x_i, also within the
text) means that. The letters of probabilities, losses and logits that a document uses without
saying what they are get the usual meaning: softmax, cross-entropy, linear in the features. Every
such guess is a note that is printed with the result.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from softreg.symbolic.document import nodes as n
from softreg.symbolic.document.definitions import (
    Context,
    Definition,
    definition_from,
    read_formula,
)
from softreg.symbolic.document.grammar import NotUnderstoodError, parse
from softreg.symbolic.document.letters import (
    ALWAYS_PROBABILITIES,
    FUNCTIONS,
    INDEX,
    LOGITS,
    LOSSES,
    TARGETS,
    WEIGHTS,
)
from softreg.symbolic.document.ranks import Ranks
from softreg.symbolic.document.reading import Reader
from softreg.symbolic.document.source import Chain


def _core(factors: Iterable[n.Node]) -> list[n.Node]:
    """Return the factors of a product, those within it also, without transposition."""
    out: list[n.Node] = []
    for f in factors:
        while isinstance(f, n.Transposed):
            f = f.body
        out += _core(f.factors) if isinstance(f, n.Mul) else [f]
    return out


class Inference:
    """Finds the context of a document from its formulas."""

    def __init__(self, given: Context | None, text: str):
        self.context = given or Context()
        lowered = text.lower()
        self.context.one_hot |= any(word in lowered for word in ("one-hot", "one hot", "onehot"))
        self._nodes: list[n.Node] = []

    def run(self, chains: list[Chain], inline: list[Chain], line_of: Any) -> Context:
        """Return the context."""
        context = self.context
        self._mixed(chains)
        for text in context.given:
            self._state(text)
        self._define(chains, line_of, shown=True)
        self._define(inline, line_of, shown=False)
        self._collect(chains)
        self._usual()
        self._collect(chains)
        self._totals([*chains, *inline])
        return context

    def _totals(self, chains: list[Chain]) -> None:
        """Find what the document itself says that the targets sum to."""
        context = self.context
        for chain in chains:
            head, value = (self._try(side.tokens) for side in (chain.head, chain.links[0].right))
            y = head.body if isinstance(head, n.Sum) else None
            if not isinstance(head, n.Sum) or not isinstance(y, n.Var) or y.letter not in context.sums_to_one:
                continue
            if len(chain.links) > 1 or not y.sub or y.sub[-1] != n.Var(head.index):
                continue
            if isinstance(value, n.Number) and value.value > 0:
                context.totals[y.letter] = value.value
            else:
                context.sums_to_one -= {y.letter}
                context.notes.append(f"{chain.head.text} = {chain.links[0].right.text}: so it is not assumed to be 1")

    def _mixed(self, chains: list[Chain]) -> None:
        """Find the letters of one row that have a second index, the row's, elsewhere."""
        counts: dict[str, set[int]] = {}
        for chain in chains:
            for side in (chain.head, *(link.right for link in chain.links)):
                node = self._try(side.tokens)
                for v in node.walk() if node is not None else ():
                    if isinstance(v, n.Var):
                        counts.setdefault(v.letter, set()).add(len(v.sub))
        likely = ALWAYS_PROBABILITIES | set(TARGETS) | set(LOGITS[:-1])
        self.context.mixed = {v for v, found in counts.items() if {1, 2} <= found and v in likely}

    def _state(self, text: str) -> None:
        left, _, right = text.partition("=")
        definition = definition_from(read_formula(left), read_formula(right), None, text)
        if definition is None:
            raise NotUnderstoodError(f"{text!r} defines no letter", 0)
        self._accept(definition, "given")

    def _accept(self, definition: Definition, origin: str) -> None:
        context = self.context
        if definition.letter in context.definitions:
            return
        used, todo = set(), [definition.letter]
        bodies = {**{k: d.body for k, d in context.definitions.items()}, definition.letter: definition.body}
        while todo:
            letter = todo.pop()
            for other in n.letters(bodies[letter]) if letter in bodies else ():
                if other == definition.letter:
                    return  # it would be defined by itself
                if other not in used:
                    used.add(other)
                    todo.append(other)
        context.definitions[definition.letter] = definition
        context.functions.add(definition.letter)
        context.notes.append(f"{definition.text} ({origin})")

    def _define(self, chains: Iterable[Chain], line_of: Any, *, shown: bool) -> None:
        for chain in chains:
            head = self._try(chain.head.tokens)
            if not chain.links or chain.links[0].relation.type != "EQ" or not isinstance(head, n.Var):
                continue
            if head.letter in TARGETS:
                continue
            if head.letter in ("x", "X", "\\alpha") or (chain.condition or chain.links[0].condition):
                continue
            body = self._try(chain.links[0].right.tokens)
            if body is None or isinstance(body, n.Number):
                continue
            if isinstance(body, n.Var) and (not shown or head.letter in INDEX) and not body.arguments:
                continue
            line = line_of(chain.links[0].relation.start)
            text = f"{chain.head.text} = {chain.links[0].right.text}"
            definition = definition_from(head, body, line if shown else None, text)
            if definition is not None:
                self._accept(definition, f"line {line}")

    def _try(self, made: Any) -> n.Node | None:
        try:
            trees = parse(list(made))
            return Reader(self.context.functions, self.context.mixed).read(trees[0]) if len(trees) == 1 else None
        except NotUnderstoodError:
            return None

    def _collect(self, chains: list[Chain]) -> None:
        """Read all sides, and note with how many indices each letter is used."""
        self._nodes = [d.body for d in self.context.definitions.values()]
        for chain in chains:
            for side in (chain.head, *(link.right for link in chain.links)):
                node = self._try(side.tokens)
                if node is not None:
                    self._nodes.append(node)
        arity = self.context.arity
        for definition in self.context.definitions.values():
            arity[definition.letter] = (len(definition.sub), len(definition.sup))
        for node in self._nodes:
            for v in node.walk():
                if isinstance(v, n.Var) and v.letter not in self.context.definitions:
                    sub, sup = arity.get(v.letter, (0, 0))
                    arity[v.letter] = (max(sub, len(v.sub)), max(sup, len(v.sup)))
        Ranks(self.context).settle(self._nodes)

    # --- the usual meanings ---

    def _vars(self) -> list[n.Var]:
        return [v for node in self._nodes for v in node.walk() if isinstance(v, n.Var)]

    def _usual(self) -> None:
        context = self.context
        used = {v.letter for v in self._vars()}
        logged = {
            node.argument.letter
            for top in self._nodes
            for node in top.walk()
            if isinstance(node, n.Function) and node.name == "log" and isinstance(node.argument, n.Var)
        }
        self._find_labels(used)
        target = self._target(used)
        context.targets.add(target)
        losses = [v for v in sorted(used & LOSSES) if v not in context.definitions and self._is_loss(v)]
        context.positive = {v for v in self._under_log() if v in context.targets}
        context.notes += [f"{v}_k > 0, as its logarithm is taken" for v in sorted(context.positive)]
        open_ = {v for v in used if v not in context.definitions and v != target and v not in losses}
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
        likely += [v for v in sorted(open_ & logged) if v not in likely and v not in WEIGHTS and v != "x"]
        samples = any(context.arity_of(v)[1] for v in used)
        logits = self._logits(used, likely)
        context.binary = self._is_binary(likely, target, losses)
        for letter in likely:
            self._probability(letter, logits)
        probability = next(iter(likely), None) or self._defined_probability()
        self._linear(logits, used)
        for letter in losses:
            self._loss(letter, target, probability or self._extra_probability(logits), samples)
        if not context.binary and context.arity_of(target)[0] and not context.sums_to_one:
            one = target.removesuffix("_rows")
            context.sums_to_one = {v for v in (one, f"{one}_rows") if context.arity_of(v)[0]}

    def _under_log(self) -> set[str]:
        """Return the letters of which a logarithm is taken, or of a quotient of which it is."""
        logs = [x for top in self._nodes for x in top.walk() if isinstance(x, n.Function) and x.name == "log"]
        inside = [part for x in logs for part in (x.argument, *x.argument.children())]
        return {v.letter for v in inside if isinstance(v, n.Var)}

    def _target(self, used: set[str]) -> str:
        """Return the letter that logarithms of probabilities are weighted with."""
        votes: Counter[str] = Counter()
        for top in self._nodes:
            for node in top.walk():
                if isinstance(node, n.Mul):
                    inside = {
                        x.letter
                        for f in node.factors
                        if isinstance(f, n.Function)
                        for x in f.walk()
                        if isinstance(x, n.Var)
                    }
                    weights = [f for f in _core(node.factors) if isinstance(f, n.Var) and f.letter not in inside]
                    if any(isinstance(f, n.Function) and f.name == "log" for f in _core(node.factors)):
                        votes.update(f.letter for f in weights if f.letter not in self.context.definitions and f.sub)
        usual = next((t for t in TARGETS if t in used and t not in self.context.definitions), None)
        if usual is not None and (not votes or votes[usual]):
            return usual
        return votes.most_common(1)[0][0] if votes else "y"

    def _find_labels(self, used: set[str]) -> None:
        """Letters of targets that are used as an index: the label itself."""
        context = self.context
        for top in self._nodes:
            for node in top.walk():
                if isinstance(node, n.Var):
                    indices = [i for i in (*node.sub, *node.sup) if isinstance(i, n.Var)]
                elif isinstance(node, n.Equal):
                    indices = [i for i in (node.left, node.right) if isinstance(i, n.Var)]
                else:
                    continue
                context.labels |= {i.letter for i in indices if i.letter in TARGETS and not i.sub}

    def _is_loss(self, letter: str) -> bool:
        return letter not in ("E", "C", "H", "F", "D", "R", "l") or any(
            isinstance(node, n.Derivative) and isinstance(node.body, n.Var) and node.body.letter == letter
            for top in self._nodes
            for node in top.walk()
        )

    def _called(self, letter: str) -> bool:
        return any(v.letter == letter and v.arguments for v in self._vars())

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
                if isinstance(node, n.Derivative) and node.variable is not None and node.variable.letter in LOGITS[:-1]:
                    votes[node.variable.letter] += 1
        weights = any(w in used for w in WEIGHTS)
        for letter in list(votes):
            if letter in likely or letter in WEIGHTS or (letter in ("x", "X") and weights):
                del votes[letter]
        return votes.most_common(1)[0][0] if votes else "z"

    def _is_binary(self, likely: list[str], target: str, losses: list[str]) -> bool:
        arity = self.context.arity_of
        if self.context.binary:
            return True
        if "softmax" in likely:
            return False
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

    def _make(
        self, letter: str, sub: tuple[str, ...], latex: str, argument: str | None = None, formal: str | None = None
    ) -> None:
        sup = ("n",) if self.context.arity_of(letter)[1] else ()
        text = f"{self._head(letter, sub)} = {latex}"
        definition = Definition(letter, sub, sup, read_formula(latex), argument, formal, None, text)
        self.context.arity[letter] = (len(sub), len(sup))
        self._accept(definition, "the usual meaning")

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
        if context.binary:
            if any(v.letter == letter and v.arguments for v in self._vars()) and letter not in (
                "h",
                "p",
                "P",
                "\\hat y",
            ):
                context.functions.add(letter)
                self._make(letter, (), "\\frac{1}{1 + e^{-z}}", "z")
            else:
                self._make(letter, (), f"\\frac{{1}}{{1 + e^{{-{z}{up}}}}}")
            return
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
        if context.arity_of(y)[0] == 0 and y in context.labels:
            self._make(letter, (), f"-{over}\\log {p}_{y}")
        elif context.binary:
            q = f"{p}{up}" if definition.argument is None else head
            self._make(letter, (), f"-{over}\\left[{y}{up} \\log {q} + (1 - {y}{up}) \\log(1 - {q})\\right]")
        else:
            context.arity[y] = (max(1, context.arity_of(y)[0]), context.arity_of(y)[1])
            self._make(letter, (), f"-{over}\\sum_k {y}_k{up} \\log {p}_k{up}")

    def _linear(self, logits: str, used: set[str]) -> None:
        """Guess how the logits depend on weights, where the document takes a derivative in them."""
        context = self.context
        z = logits
        weight = next((w for w in WEIGHTS if w in used and w not in context.definitions and w != z), None)
        needed = z in used or any(z in n.letters(d.body) for d in context.definitions.values())
        if weight is None or z in context.definitions or not needed or not used & {"x", "X"}:
            return
        x = "x" if "x" in used else "X"
        up = self._up(z) or self._up(x)
        if up:
            context.arity[z] = (context.arity_of(z)[0], 1)
            context.arity[x] = (context.arity_of(x)[0], 1)
        bias = ""
        order = context.arity_of(weight)[0]
        classes = context.arity_of(z)[0]
        if "b" in used and "b" not in context.definitions:
            bias = " + b_k" if context.arity_of("b")[0] else " + b"
        if classes == 0:
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
