"""Definitions that are claims: of what the words around them call a Jacobian, a loss or the sigmoid function."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import sympy as sp

from softreg.symbolic import namespace
from softreg.symbolic.document import nodes as n
from softreg.symbolic.document.called import called
from softreg.symbolic.document.compare import refute, signs
from softreg.symbolic.document.definitions import Definition
from softreg.symbolic.document.entries import POSITIVE, UnclearError, name_of, scalar
from softreg.symbolic.document.letters import ALWAYS_PROBABILITIES, LOSSES, SAMPLE
from softreg.symbolic.document.metric import between
from softreg.symbolic.document.ranges import RangeError
from softreg.symbolic.document.source import Chain
from softreg.symbolic.document.steps import Expression, Finding
from softreg.symbolic.terms import Index, SymbolicError, total

if TYPE_CHECKING:
    from softreg.symbolic.document.judge import Judge

DERIVATIVES = ("Jacobian", "Hessian", "gradient")
FAR = 200  # signs before a display in which words may turn its meaning round
NOT_THIS = (UnclearError, RangeError, SymbolicError)


def contradicted(judge: Judge, chain: Chain, left: Expression, right: Expression) -> Finding | None:
    """Return that a definition is not what it is called, or makes no sense by itself; nothing if it may be right."""
    head, body = left.nodes[0], right.nodes[0]
    if not isinstance(head, n.Var) or right.problem is not None:
        return None
    if judge.at in judge.amendments:
        return _amended(judge, head, body)
    if told := _lost_index(judge, head, body):
        return Finding("type-error", told)
    if told := _no_summand(body) or _no_target(judge, head, body):
        return Finding("undecided", told)
    if other := _other_entries(judge, head, right):
        return other
    names = dict(called(head.letter, chain, judge.source.text))
    turned = re.search("revers|symmetri", chain.before[-FAR:].lower())
    if not turned and (exchanged := _log_of_target(judge, body, "loss" in names)):
        return exchanged
    for kind in (k for k in DERIVATIVES if k in names and not _has_derivative(body)):
        return _no_derivative(judge, kind, names[kind], head, right)
    definition = judge.context.definitions.get(head.letter)
    if definition is None:
        return None
    if definition.argument is not None:
        return _no_sigmoid(judge, definition, "sigmoid" in names)
    exponential = any(isinstance(part, n.Function) and part.name == "exp" for part in body.walk())
    if "softmax" in names and not exponential and not n.letters(body) & judge.context.definitions.keys():
        return Finding("undecided", "this is called the softmax, but there is no exponential in it")
    found = _no_probability(judge, head, body, "softmax" in names or head.letter == "softmax")
    return found or (_below_zero(judge, right) if "loss" in names else None)


def _amended(judge: Judge, head: n.Var, body: n.Node) -> Finding:
    """Return that a definition is what makes the steps after it wrong."""
    change, definition = judge.amendments[judge.at], judge.context.definitions.get(head.letter)
    argument = definition.argument if definition is not None else None
    if argument is None:
        counterexample = judge.equal(judge.value(change.body), judge.value(body)).counterexample
    else:
        scope = {("value", argument): scalar(sp.Symbol(argument, real=True))}
        meant, said = (judge._meaning.value(node, scope).at() for node in (change.body, body))
        counterexample = refute(meant, said, judge.facts())
    return Finding("false", f"with {change.told} here, what follows from it is right", counterexample)


# --- what is wrong by itself ---


def _lost_index(judge: Judge, head: n.Var, body: n.Node) -> str:
    """Return that an index stands on the right alone where that on the left does not; empty if none does."""
    own = {i.letter for i in (*head.sub, *head.sup) if isinstance(i, n.Var) and not i.sub}
    free = n.free_indices(body)
    context = judge.context
    strange = free - own - context.labels - context.truths - judge.ranges.known_sizes() - context.near_truths.keys()
    lost = own - free - {SAMPLE}
    if lost and strange and not own & free:
        return f"{min(strange)} stands on the right alone, and {min(lost)} on the left: is one of them a slip?"
    return ""


def _no_summand(body: n.Node) -> str:
    """Return that a sum of exponentials runs over an index that they do not have; empty if none does."""
    for total_ in (part for part in body.walk() if isinstance(part, n.Sum)):
        inner = n.free_indices(total_.body)
        exponential = isinstance(total_.body, n.Function) and total_.body.name == "exp"
        if exponential and inner and total_.index not in inner | n.letters(total_.body):
            return f"the sum over {total_.index} is one of terms without {total_.index}: is {min(inner)} a slip?"
    return ""


def _no_target(judge: Judge, head: n.Var, body: n.Node) -> str:
    """Return that targets which the text says are one-hot are set to something else; empty if they are not."""
    of_scores = any(isinstance(part, n.Function) and part.name == "exp" for part in body.walk())
    if head.letter not in judge.context.targets or not judge.context.one_hot or not of_scores:
        return ""
    return f"{name_of(head.letter)} is one-hot, as the document says: it is no function of scores"


def _other_entries(judge: Judge, head: n.Var, right: Expression) -> Finding | None:
    """Return that a vector or matrix has other entries than those said before, in either layout; nothing if it may."""
    for letter, said in judge.context.definitions.items():
        if head.sub or not letter.startswith(f"{head.letter}_") or not said.sub or said.guessed or said.at > judge.at:
            continue
        try:
            outcomes = [judge.equal(e, judge.values(right)) for e in _layouts(judge.value(n.Var(letter)))]
        except NOT_THIS:
            continue
        if all(o.verdict == "false" for o in outcomes):
            return Finding("false", f"its entries were said to be others: {said.text}", outcomes[0].counterexample)
    return None


def _layouts(value: Any) -> list[Any]:
    return [value, namespace.matrix_transpose(value)] if value.ndim == 2 else [value]


# --- derivatives ---


def _has_derivative(body: n.Node) -> bool:
    return any(isinstance(part, n.Derivative) for part in body.walk())


def _no_derivative(judge: Judge, kind: str, of: str, head: n.Var, right: Expression) -> Finding | None:
    """Return that what is called a derivative is none of those of what the document defines."""
    value = judge.values(right)
    refuted: list[tuple[str, Any]] = []
    for told, nodes in _candidates(judge, kind, of, head):
        wrong = None
        for node in nodes:
            try:
                other = judge.value(node)
                shapes = _layouts(other)
                outcomes = [judge.equal(e, value) for e in shapes if e.shape == value.shape]
            except NOT_THIS:
                continue
            if any(o.holds or o.verdict != "false" for o in outcomes):
                return None
            if any(judge.equal(e, -value).holds for e in shapes if e.shape == value.shape):
                return Finding("false", f"with the opposite sign this is {told}", outcomes[0].counterexample)
            wrong = wrong or next(iter(outcomes), None)
        if wrong is not None:
            refuted.append((told, wrong.counterexample))
    if not refuted:
        return None
    names = ", ".join(told for told, _ in refuted)
    if len(refuted) > 1 or not _is_of(judge, of, refuted[0][0]):
        return Finding("undecided", f"this is called the {kind}, but it is none of those that were tried: {names}")
    return Finding("false", f"this is called the {kind}, but it is not {names}", refuted[0][1])


def _candidates(judge: Judge, kind: str, of: str, head: n.Var) -> Iterator[tuple[str, list[n.Node]]]:
    """Yield the derivatives that a letter with these indices may be, in either layout, and how they are told."""
    context = judge.context
    named = {v for v in context.behind({*context.definitions}) if _is_named(v, of)}
    for f, definition in list(context.definitions.items()):
        scalar_ = f in LOSSES and context.arity_of(f) == (0, 0)
        vector = f not in LOSSES and context.arity_of(f) == (1, 0) and definition.argument is None
        if (
            f == head.letter
            or definition.guessed
            or definition.at > judge.at
            or not (vector if kind == "Jacobian" else scalar_)
        ):
            continue
        if named & _functions(judge, kind) and f not in named:
            continue
        within = context.behind(n.letters(definition.body)) - context.targets - POSITIVE - {head.letter, f}
        within = within & named or within
        for v in sorted(within):
            sub = head.sub
            if v in LOSSES or context.arity_of(v)[1] or not (rank := context.arity_of(v)[0]):
                continue
            if v in context.definitions and context.definitions[v].argument is not None:
                continue
            if kind == "gradient" and (not sub or len(sub) == rank):
                yield f"d{name_of(f)}/d{name_of(v)}", [n.Derivative(n.Var(f), n.Var(v, sub), not sub)]
            elif kind != "gradient" and rank == 1 and not sub:
                inner = n.Derivative(n.Var(f), n.Var(v), True) if kind == "Hessian" else n.Var(f)
                yield _told(kind, f, v), [n.Derivative(inner, n.Var(v), True)]
            elif kind != "gradient" and rank == 1 and len(sub) == 2:
                both: list[n.Node] = []
                for i, j in (sub, sub[::-1]):
                    inner = n.Derivative(n.Var(f), n.Var(v, (i,))) if kind == "Hessian" else n.Var(f, (i,))
                    both.append(n.Derivative(inner, n.Var(v, (j,))))
                yield _told(kind, f, v), both


def _functions(judge: Judge, kind: str) -> set[str]:
    """Return the letters that a kind of derivative is taken of."""
    rank = (1, 0) if kind == "Jacobian" else (0, 0)
    return {f for f in judge.context.definitions if judge.context.arity_of(f) == rank}


def _told(kind: str, f: str, v: str) -> str:
    f, v = name_of(f), name_of(v)
    return f"d^2{f}/d{v}^2" if kind == "Hessian" else f"d{f}/d{v}"


def _is_named(letter: str, of: str) -> bool:
    """Whether words name a letter in a formula of its own."""
    return any(re.search(rf"(?<![\w\\]){re.escape(letter)}(?![A-Za-z])", f) for f in re.findall(r"\$([^$]*)\$", of))


def _is_of(judge: Judge, of: str, told: str) -> bool:
    """Whether words say nothing of what it is a derivative, or name what the derivative is of that was compared."""
    f = next(f for f in judge.context.definitions if told.replace("^2", "").startswith(f"d{name_of(f)}/d"))
    if not of.strip() or _is_named(f, of):
        return True
    known = judge.context.definitions[f].guessed
    words = {"softmax": f not in LOSSES and not known, "loss": f in LOSSES, "entropy": f in LOSSES, "cost": f in LOSSES}
    return any(word in of.lower() and fits for word, fits in words.items())


# --- what is called by a name ---


def _no_sigmoid(judge: Judge, definition: Definition, said: bool) -> Finding | None:
    """Return that what is called the sigmoid function is another; where the letter alone says so, it is not clear."""
    assert definition.argument is not None
    u = sp.Symbol(definition.argument, real=True)
    argument = {("value", definition.argument): scalar(u)}
    value = judge._meaning.value(definition.body, argument).at()
    usual = (
        all(e.args[0] in (u, -u) for e in value.atoms(sp.exp))
        and value.atoms(sp.exp)
        and isinstance(definition.body, n.Quotient)
    )
    if value.free_symbols != {u} or not (said or (definition.letter == "\\sigma" and usual)):
        return None
    found = refute(value, 1 / (1 + sp.exp(-u)), judge.facts())
    if found is None:
        return None
    told = f"the sigmoid function is 1/(1 + e^(-{name_of(definition.argument)})), which this is not"
    return Finding("false", told, found) if said else Finding("undecided", told)


def _no_probability(judge: Judge, head: n.Var, body: n.Node, said: bool) -> Finding | None:
    """Return that a quotient of exponentials does not sum to 1 over any of its indices."""
    if not isinstance(body, n.Quotient) or not (said or head.letter in ALWAYS_PROBABILITIES):
        return None
    bottom = body.denominator
    of_exponentials = isinstance(bottom, n.Sum) and any(_is_exp(part) for part in bottom.body.walk())
    if not of_exponentials or not any(_is_exp(part) for part in body.numerator.walk()):
        return None
    if len(head.sub) + len(head.sup) > 1 and isinstance(bottom, n.Sum) and bottom.excluded:
        return None  # the sum over all others may be that of a range without one
    value = judge.value(body)
    indices = [i for i in value.at().free_symbols if isinstance(i, Index)] if not value.ndim else []
    found = None
    for i in indices:
        whole = total(partial(_at, value.at(), i), i.size)
        found = refute(whole, sp.S.One, judge.facts())
        if found is None:
            return None
    told = f"{name_of(head.letter)} does not sum to 1, as a softmax does"
    if found is None:
        return None
    return Finding("false", told, found) if said else Finding("undecided", told)


def _at(e: Any, i: Index, k: Any) -> Any:
    return e.xreplace({i: k})


def _is_exp(part: n.Node) -> bool:
    return isinstance(part, n.Function) and part.name == "exp"


def _log_of_target(judge: Judge, body: n.Node, said: bool) -> Finding | None:
    """Return that a probability weighs the logarithm of a target, where the target weighs that of the probability."""
    context = judge.context
    for part in (part for part in body.walk() if isinstance(part, n.Mul)):
        logs = [f.argument for f in part.factors if isinstance(f, n.Function) and f.name == "log"]
        inside = {v.letter for v in logs if isinstance(v, n.Var)} & context.targets
        beside = {f.letter for f in part.factors if isinstance(f, n.Var)} & context.definitions.keys()
        weights = {v for v in beside if v in ALWAYS_PROBABILITIES or _is_softmax(context.definitions[v].body)}
        if not inside or not weights:
            continue
        y, p = name_of(min(inside)), name_of(min(weights))
        told = f"the logarithm of the target {y} is taken: are {y} and {p} exchanged?"
        if context.one_hot:
            return Finding("false", f"{y} is one-hot, as the document says, and {told}")
        if said:
            return Finding("undecided", f"this is called a loss, but {told}")
    return None


def _is_softmax(body: n.Node) -> bool:
    """Whether a formula is a quotient of exponentials."""
    return isinstance(body, n.Quotient) and any(map(_is_exp, body.numerator.walk()))


def _below_zero(judge: Judge, right: Expression) -> Finding | None:
    """Return that what is called a loss is negative everywhere."""
    value = judge.values(right)
    if value.ndim or signs(between(judge, value.at()), judge.facts()) != {-1}:
        return None
    e = between(judge, value.at())
    found = refute(e, -e, judge.facts())
    return (
        None
        if found is None
        else Finding("false", "what is called so is never negative, but this is: is a minus lost?", found)
    )
