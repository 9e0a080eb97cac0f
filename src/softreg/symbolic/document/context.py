r"""What the letters of a document mean, by its own definitions and else by what they usually mean.

A letter with an equation of its own (S(z_i) = ..., z_j = \sum_i \Theta_{ij} x_i, also within the
text) means that. The letters of probabilities, losses and logits that a document uses without
saying what they are get the usual meaning: softmax, cross-entropy, linear in the features. Every
such guess is a note that is printed with the result.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from softreg.symbolic.document import nodes as n
from softreg.symbolic.document.called import is_called_sigmoid
from softreg.symbolic.document.commands import HYPERBOLIC
from softreg.symbolic.document.definitions import (
    Apart,
    Context,
    Definition,
    definition_from,
    read_formula,
    true_class,
)
from softreg.symbolic.document.grammar import NotUnderstoodError
from softreg.symbolic.document.identity import is_identity
from softreg.symbolic.document.letters import (
    INDEX,
    LOGITS,
    LOSSES,
    PREDICTIONS,
    PROBABILITIES,
    TARGETS,
    WEIGHTS,
)
from softreg.symbolic.document.ranks import Ranks
from softreg.symbolic.document.reach import reaching
from softreg.symbolic.document.reading import Reader
from softreg.symbolic.document.rows import learn, lifted, stacked
from softreg.symbolic.document.running import learn_indexed, learn_running, learn_samples
from softreg.symbolic.document.scripts import INVERSE
from softreg.symbolic.document.source import Chain, Side
from softreg.symbolic.document.speech import says_when
from softreg.symbolic.document.usual import Usual
from softreg.symbolic.document.whole import mark_whole

OF_ITS_OWN = PROBABILITIES | LOSSES | set(WEIGHTS)  # their prime is a derivative, or what they become
SCORES = {*LOGITS} - {"h", "f", "x"}  # a gradient may be in these as well
LIKELIHOOD = ("likelihood", "似然", "vraisemblance", "verosimi")
FAR = 40  # what stands at most between a formula and "where y_i = 1"
_BITS = (n.Number(Fraction(0)), n.Number(Fraction(1)))


class Inference:
    """Finds the context of a document from its formulas."""

    def __init__(
        self,
        given: Context | None,
        text: str,
        barred: frozenset[int] = frozenset(),
        amended: Mapping[int, n.Node] | None = None,
    ):
        self.context = given or Context()
        self._text = text
        self._barred = barred  # where statements stand that are not taken for definitions
        self._amended = amended or {}  # what is taken for the right side of definitions
        lowered = text.lower()
        self.context.one_hot |= any(word in lowered for word in ("one-hot", "one hot", "onehot"))
        loss = (
            "negative",
            "minus",
            "loss",
            "cost",
            "error",
            "entropy",
            "descent",
            "minimi",
            "损失",
            "交叉熵",
            "perte",
            "coût",
        )
        self.context.descent = any(word in lowered for word in loss)
        self.context.likelihood = any(w in lowered for w in LIKELIHOOD) and not self.context.descent
        self.context.ascent = any(word in lowered for word in ("ascent", "maximi", "最大", "montée"))
        self._diagonal = "diagonal" in lowered
        self.context.row_vectors = "row vector" in lowered
        self.context.sigmoids = {"sigmoid", *(["\\sigma"] if is_called_sigmoid("\\sigma", text) else [])}
        self._nodes: list[n.Node] = []
        self._settled: set[str] = set()  # functions of which it is found which arguments are indices

    def run(self, chains: list[Chain], inline: list[Chain], line_of: Any) -> Context:
        """Return the context."""
        context = self.context
        for definition in list(mark_whole([*chains, *inline])):
            context.accept(definition, "the usual meaning")
        sides = [side.tokens for c in (*chains, *inline) for side in (c.head, *(link.right for link in c.links))]
        for name in sorted({token.value for side in sides for token in side} & HYPERBOLIC.keys()):
            text = f"{name}(x) = {HYPERBOLIC[name]}"
            context.accept(Definition(name, (), (), read_formula(HYPERBOLIC[name]), "x", text=text), "always")
        context.notation.identity = is_identity(sides)
        learn_running(context.notation, sides)
        learn_indexed(context.notation, self._sides([*chains, *inline]))
        self._functions([*chains, *inline])
        learn(context.notation, self._sides([*chains, *inline]))
        for x in context.notation.rows:
            context.arity[f"{x}_rows"] = (2, 0)
        for text in context.given:
            self._state(text)
        shown = [(chain, True) for chain in chains] + [(chain, False) for chain in inline]
        shown.sort(key=lambda pair: pair[0].links[0].relation.start)
        self._define(shown, line_of)  # in the order of the document: the first definition holds
        self._slopes()
        self._collect(chains)
        learn_samples(context, self._nodes)
        used = set().union(*map(n.letters, self._nodes))
        for definition in list(lifted(context, used)):
            context.accept(definition, "the usual meaning")
        Usual(context, self._nodes).settle()
        self._collect(chains)
        for definition in list(stacked(context, self._nodes)):
            context.accept(definition, "the usual meaning")
        self._one_hot([*chains, *inline])
        self._totals([*chains, *inline])
        self._truths()
        self._reference()
        self._negative_samples()
        context.said_ranks = Ranks(context).said([*self._nodes, *self._sides(inline)])
        return context

    def _negative_samples(self) -> None:
        r"""Find the sums that leave out what stands beside them: log \sigma(u_o'v) + \sum_k log \sigma(-u_k'v)."""
        context = self.context
        totals = [part for node in self._nodes for part in node.walk() if isinstance(part, n.Sum)]
        exponentials = [t.body for t in totals if isinstance(t.body, n.Function) and t.body.name == "exp"]
        of_all = set().union(*map(n.letters, exponentials))  # a softmax is of all words
        for definition in context.definitions.values():
            terms = definition.body.terms if isinstance(definition.body, n.Add) else ()
            inner = [t.factors[-1] if isinstance(t, n.Mul) else t for t in terms]
            alone = [v for t in inner if _is_log_of_one(t) for v in n.values(t) if v.sub]
            for total in (t for t in inner if isinstance(t, n.Sum) and _is_log_of_one(t.body)):
                summed = {v.letter for v in n.values(total.body) if n.Var(total.index) in v.sub}
                for v, out in ((v, v.sub[0]) for v in alone if v.letter in summed):
                    if not isinstance(out, n.Var):
                        continue
                    context.apart[v.letter] = Apart(out.letter, total, v.letter not in of_all)
                    context.notes.append(f"the sum over {total.index} leaves out {out.letter}")

    def _one_hot(self, chains: list[Chain]) -> None:
        r"""Find that targets are 1 at one class: y_c = 1, y_k = 0, y_k = \delta_{kc}, or cases of 1 and 0."""
        bound = {part.index for node in self._nodes for part in node.walk() if isinstance(part, n.Sum)}
        for chain in chains:
            head, value = (self._try(side) for side in (chain.head, chain.links[0].right))
            if not isinstance(head, n.Var) or head.letter not in self.context.targets or not head.sub:
                continue
            if isinstance(value, n.Cases):
                told = {v for v, _ in value.cases} <= set(_BITS)
                places = [c for v, conditions in value.cases if v == _BITS[1] for c in conditions]
            else:
                told = value in _BITS or (isinstance(value, n.Equal) and not value.negated)
                places = [value] if isinstance(value, n.Equal) else []
            indices = {i for c in places if isinstance(c, n.Equal) for i in (c.left, c.right)} - {head.sub[-1]}
            indices |= {head.sub[-1]} if value == _BITS[1] else set()
            if told:
                self.context.one_hot = True
                for i in (i for i in indices if isinstance(i, n.Var) and not i.sub):
                    if i.letter in bound:  # elsewhere it is any class
                        self.context.near_truths.setdefault(i.letter, []).append(chain.links[0].relation.start)
                    else:
                        self.context.truths.add(i.letter)

    def _truths(self) -> None:
        r"""Find the true class of one-hot targets: o in -\log p_o, if no sum runs over it."""
        bound = {part.index for node in self._nodes for part in node.walk() if isinstance(part, n.Sum)}
        for node in self._nodes if self.context.one_hot else ():
            self.context.truths |= {true_class(node)} - {"", *bound}

    def _reference(self) -> None:
        """Find the scores that are 0 at the last class: the sum in 1 + sum_{l=1}^{K-1} exp(z_l) leaves it out."""
        for node in (part for top in self._nodes for part in top.walk() if isinstance(part, n.Add)):
            total = node.terms[-1]
            if len(node.terms) != 2 or not isinstance(node.terms[0], n.Number) or not isinstance(total, n.Sum):
                continue
            if (
                not isinstance(total.body, n.Function)
                or not isinstance(total.upper, n.Add)
                or not isinstance(total.upper.terms[0], n.Var)
            ):
                continue
            self._zero_at_last(total.body, total.index, total.upper.terms[0].letter)

    def _zero_at_last(self, node: n.Node, index: str, size: str) -> None:
        """Note the letters with this index, and those in their definitions, as 0 at the last class."""
        reference = self.context.reference
        for v in n.values(node):
            if n.Var(index) in v.sub and v.letter not in reference:
                reference[v.letter] = (v.sub.index(n.Var(index)), size)
                self.context.notes.append(f"{v.letter} is 0 for the class {size}, which the sum leaves out")
                definition = self.context.definitions.get(v.letter)
                if definition is not None and reference[v.letter][0] < len(definition.sub):
                    self._zero_at_last(definition.body, definition.sub[reference[v.letter][0]], size)

    def _functions(self, chains: list[Chain]) -> None:
        """Find letters that are defined as functions, A(z) = ..., and those defined with one argument and with two."""
        notation = self.context.notation
        counts: dict[str, set[int]] = {}
        plainly = {v.letter for node in self._sides(chains) for v in n.values(node) if v.arguments is None}
        for chain in chains:
            for side in (chain.head, *(link.right for link in chain.links)):
                notation.events |= set(_events(side))
            types = [t.type for t in chain.head.tokens]
            if types == ["NAME", "LPAR", "NAME", "RPAR"]:
                notation.functions.add(chain.head.tokens[0].value)
            head = self._try(chain.head)
            if isinstance(head, n.Var) and head.primes and head.letter not in OF_ITS_OWN:
                notation.primed |= {head.letter} if head.arguments is None else set()  # but not y' = y (1 - y)
            if isinstance(head, n.Var) and head.arguments and chain.links[0].relation.type == "EQ":
                counts.setdefault(head.letter, set()).add(len(head.arguments))
            self._bare(chain, plainly)
        notation.overloaded = {letter: min(found) for letter, found in counts.items() if len(found) > 1}

    def _bare(self, chain: Chain, plainly: set[str]) -> None:
        """Find functions whose brackets hold an index that the formula after `=` has: p(k | x) = ... z_k ..."""
        sides = [chain.head, *(link.right for link in chain.links)]
        for left, right in itertools.pairwise(sides):
            head, body = self._try(left), self._try(right)
            if head is None or body is None:
                continue
            used = n.free_indices(body)
            for v in (v for v in n.values(head) if v.arguments and (v is head or v.letter not in LOSSES)):
                if v.letter.partition("_")[0] in LOSSES and v.letter in plainly:
                    continue  # J(v, o) = ... u_o ..., and then J
                plain = [a.letter if isinstance(a, n.Var) and not (a.sub or a.sup) else "" for a in v.arguments or ()]
                bare = frozenset(place for place, letter in enumerate(plain) if letter in used)
                if bare and v.letter not in self._settled:
                    self._settled.add(v.letter)
                    bare |= self.context.notation.bare.get(v.letter, frozenset())
                    self.context.notation.bare[v.letter] = bare

    def _totals(self, chains: list[Chain]) -> None:
        """Find what the document itself says that the targets sum to."""
        context = self.context
        for chain in chains:
            head, value = (self._try(side) for side in (chain.head, chain.links[0].right))
            y = head.body if isinstance(head, n.Sum) else None
            if not isinstance(head, n.Sum) or not isinstance(y, n.Var) or y.letter not in context.sums_to_one:
                continue
            if len(chain.links) > 1 or n.Var(head.index) not in y.sub:
                continue
            if y.sub[-1] != n.Var(head.index) and value != _BITS[1]:
                continue  # how many there are of a class
            context.summed_at[y.letter] = y.sub.index(n.Var(head.index))
            if context.one_hot and isinstance(value, n.Number):
                continue  # they sum to 1, whatever is said here
            if isinstance(value, n.Number) and value.value > 0:
                context.totals[y.letter] = value.value
            else:
                context.sums_to_one -= {y.letter}
                context.notes.append(f"{chain.head.text} = {chain.links[0].right.text}: so it is not assumed to be 1")

    def _sides(self, chains: list[Chain]) -> Iterator[n.Node]:
        for chain in chains:
            for side in (chain.head, *(link.right for link in chain.links)):
                node = self._try(side)
                if node is not None:
                    yield node

    def _state(self, text: str) -> None:
        left, _, right = text.partition("=")
        definition = definition_from(read_formula(left), read_formula(right), None, text)
        if definition is None:
            raise NotUnderstoodError(f"{text!r} defines no letter", 0)
        self.context.accept(definition, "given")

    def _define(self, chains: Iterable[tuple[Chain, bool]], line_of: Any) -> None:
        """Take definitions, those of displays (shown) and of the text; what holds in general before what does not."""
        chains = list(chains)
        only_where: list[tuple[Definition, int]] = []
        for (chain, shown), after in itertools.zip_longest(chains, (c for c, _ in chains[1:])):
            sides = [chain.head, *(link.right for link in chain.links)]
            for number, link in enumerate(chain.links):
                head, right = sides[number], link.right
                at = link.relation.start
                if link.relation.type != "EQ" or chain.condition or link.condition or at in self._barred:
                    continue
                line = line_of(at)
                text = f"{head.text} = {right.text}"
                self._note_unread(head, right)
                own = shown and number == 0  # the step that says it is a definition; others are also judged
                definition = self._definition(head, right, line if own else None, text, plain=shown)
                if definition is None:
                    continue
                definition = replace(definition, at=at, body=self._amended.get(at, definition.body))
                if link is chain.links[-1] and after is not None and self._says_where(right, after):
                    only_where.append((replace(definition, only_where=True), line))
                else:
                    self.context.accept(definition, f"line {line}")
        for definition, line in only_where:
            self.context.accept(definition, f"line {line}")

    def _slopes(self) -> None:
        r"""Find what \nabla E is in, where that is not said: the argument of E, or the only weights behind it."""
        context = self.context
        for letter in sorted(LOSSES & context.definitions.keys()):
            formal = context.definitions[letter].formal
            behind = context.behind({letter})
            weights = {formal} if formal in WEIGHTS else behind & {*WEIGHTS, "b"}
            between = behind & context.definitions.keys() & SCORES
            if len(weights) == 1 and (formal in WEIGHTS or not between):
                context.notation.slopes[letter] = min(weights)

    def _says_where(self, side: Side, after: Chain) -> bool:
        """Whether what follows a side says for which value of its index it holds: "where y_i = 1"."""
        between = self._text[side.tokens[-1].end : after.head.start] if side.tokens else ""
        head, value = self._try(after.head), self._try(after.links[0].right)
        return (
            isinstance(head, n.Var)
            and head.letter in TARGETS
            and bool(head.sub)
            and value in _BITS
            and len(between) < FAR
            and says_when(between)
        )

    def _note_unread(self, left: Side, right: Side) -> None:
        head = self._try(left)
        if isinstance(head, n.Var) and head.letter not in self.context.definitions and self._try(right) is None:
            self.context.unread.add(head.letter)

    def _definition(self, left: Side, right: Side, line: int | None, text: str, *, plain: bool) -> Definition | None:
        head, body = self._try(left), self._try(right)
        if not isinstance(head, n.Var) or body is None or isinstance(body, n.Number) or n.is_example(body):
            return None
        if head.letter.endswith(INVERSE):
            return None  # it is what the function says
        size_of_a_step = head.letter == "\\alpha" and not head.sub
        if size_of_a_step or head.letter in ("x", "X") or (head.letter in TARGETS and not _is_probability(body)):
            return None
        if isinstance(body, n.Var) and (not plain or head.letter in INDEX) and not body.arguments:
            return None
        if any(not isinstance(i, (n.Var, n.Number)) for v in n.values(body) for i in v.sub):
            self.context.unread.add(head.letter)  # s_{i-1}
            return None
        i, *others = head.sub or (head,)
        if self._diagonal and others == [i] and isinstance(i, n.Var):
            head, body = replace(head, sub=()), n.Diagonal(body, i.letter)  # S_ii = p_i (1 - p_i)
        return definition_from(head, reaching(body, n.free_indices(head)), line, text)

    def _try(self, side: Side) -> n.Node | None:
        try:
            trees = side.trees
            return Reader(self.context.notation).read(trees[0]) if len(trees) == 1 else None
        except NotUnderstoodError:
            return None

    def _collect(self, chains: list[Chain]) -> None:
        """Read all sides, and note with how many indices each letter is used."""
        self._nodes = [*(d.body for d in self.context.definitions.values()), *self._sides(chains)]
        arity = self.context.arity
        for definition in self.context.definitions.values():
            arity[definition.letter] = (len(definition.sub), len(definition.sup))
        for node in self._nodes:
            for v in node.walk():
                if isinstance(v, n.Var) and v.letter not in self.context.definitions:
                    sub, sup = arity.get(v.letter, (0, 0))
                    arity[v.letter] = (max(sub, len(v.sub)), max(sup, len(v.sup)))
        Ranks(self.context).settle(self._nodes)


def _is_log_of_one(node: n.Node) -> bool:
    """Whether this is the logarithm of a function of something."""
    return isinstance(node, n.Function) and isinstance(node.argument, n.Var) and bool(node.argument.arguments)


def _events(side: Side) -> Iterator[str]:
    """Yield the letters of probabilities of events with a letter: P in P(y = k | x)."""
    for at in range(len(side.tokens) - 4):
        p, *more = side.tokens[at : at + 5]
        if [t.type for t in more] == ["LPAR", "NAME", "EQ", "NAME"]:
            yield p.value


def _is_probability(body: n.Node) -> bool:
    """Whether a formula is one of a prediction: with exponentials, or a function of such."""
    return any(
        (isinstance(x, n.Function) and x.name == "exp") or (isinstance(x, n.Var) and x.letter in PREDICTIONS)
        for x in body.walk()
    )
