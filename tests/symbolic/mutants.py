"""Wrong versions of core.py, made from its syntax tree by one small change each.

`python -m tests.symbolic.mutants` prints what became of every one. A mutant is rejected by the
proof (a claim is *refuted* by a counterexample, or fails by a *shape* that does not fit, by an
operation that is *unsupported*, or stays *undecided*), or *numeric* (the same function in exact
arithmetic, told apart by rounding, overflow or infinities, and killed by `battery`), or
*equivalent*, with a reason in EQUIVALENT.
"""

from __future__ import annotations

import ast
import copy
import functools
import inspect
import sys
import types
from dataclasses import dataclass
from pathlib import Path

import sympy as sp

import softreg.core
from softreg.symbolic import Normal, Symbolic
from softreg.symbolic.prove import Claim, Result, find_claims, prove_claim
from softreg.symbolic.terms import Index, Pick, SymbolicError

from .battery import numeric_failure

SOURCE = Path(softreg.core.__file__)

OPERATORS = {ast.Add: [ast.Sub], ast.Sub: [ast.Add], ast.Mult: [ast.Div, ast.Add], ast.Div: [ast.Mult]}
SWAPPED = {ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd}
COMPARED = {ast.Eq: ast.NotEq, ast.Lt: ast.GtE, ast.Is: ast.IsNot}
CALLED = {"exp": "log1p", "log1p": "exp", "sum": "mean"}

NEVER_READ = "it stands in for a logit that is not finite, whose d and e are found without it"
DIAGONAL = "on the diagonal, where alone it is used, row and column are the same"
# The changes that change no result, and why.
EQUIVALENT = {
    "guarded_shift: 0 becomes 1: a, b = (xp.where(finite, z, 1), xp.where(finite, m, 0))": NEVER_READ,
    "guarded_shift: 0 becomes 1: a, b = (xp.where(finite, z, 0), xp.where(finite, m, 1))": NEVER_READ,
    "guarded_shift: 0 becomes 1: e = xp.where(xp.isfinite(d), e, 1)": (
        "where d is infinite, w = exp(d) (1 + e) is 0 and log S is infinite, whatever the finite e"
    ),
    "guarded_shift: xp.where(finite, d, z - xp.where(undefined, xp.nan, m)) becomes "
    "z - xp.where(undefined, xp.nan, m): d = z - xp.where(undefined, xp.nan, m)": (
        "finite logits are subtracted again, with the same result; only automatic differentiation sees two ways"
    ),
    "guarded_shift: xp.where(top, 1, 0 + xp.exp(d) * (1 + e)) becomes 0 + xp.exp(d) * (1 + e): "
    "w = 0 + xp.exp(d) * (1 + e)": (
        "d and e are 0 at the top, so w is 1 there; the constant is for automatic differentiation"
    ),
    "_expected: 0 becomes 1: return xp.sum(y * xp.where(y == 0, 1, surprisal), axis=-1)": "it is multiplied by y = 0",
    "softmax_jacobian: -1 becomes 1: diagonal = xp.expand_dims(i, axis=1) == xp.expand_dims(i, axis=-2)": (
        "the class index has one axis, so a new one at 1 is the last"
    ),
    "softmax_jacobian: (xp.expand_dims(p, axis=-1), xp.expand_dims(p, axis=-2)) becomes "
    "(xp.expand_dims(p, axis=-2), xp.expand_dims(p, axis=-1)): "
    "p_i, p_j = (xp.expand_dims(p, axis=-2), xp.expand_dims(p, axis=-1))": "the Jacobian is symmetric",
    "softmax_jacobian: -1 becomes 1: return xp.where(diagonal, xp.expand_dims(p * q, axis=1), -p_i * p_j)": DIAGONAL,
    "softmax_jacobian: 1 becomes 2: return xp.where(diagonal, xp.expand_dims(p * q, axis=-2), -p_i * p_j)": DIAGONAL,
    "row_weighted: -1 becomes 1: return (w if rows.ndim == 1 else xp.expand_dims(w, axis=1)) * rows": (
        "w has one axis, so a new one at 1 is the last"
    ),
}


@dataclass(frozen=True)
class Mutant:
    """A module with one change, and the change in words."""

    function: str
    change: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """The function and the change."""
        return f"{self.function}: {self.change}"

    def module(self) -> types.ModuleType:
        """Run the changed source."""
        module = types.ModuleType("softreg.core")
        exec(compile(self.tree, str(SOURCE), "exec"), module.__dict__)
        return module


@dataclass(frozen=True)
class Fate:
    """What became of a mutant."""

    mutant: Mutant
    kind: str  # how it was rejected (see `_how`), numeric, equivalent or SURVIVED
    by: str  # the claim, the numeric check or the reason


def _changed(node: ast.AST):
    """Yield every version of this node with one change, in words and as a node."""
    if isinstance(node, ast.BinOp):
        for operator in OPERATORS.get(type(node.op), []):
            yield ast.BinOp(node.left, operator(), node.right)
        if type(node.op) in SWAPPED:
            yield ast.BinOp(node.left, SWAPPED[type(node.op)](), node.right)
        if isinstance(node.op, ast.MatMult):
            yield ast.BinOp(node.right, node.op, node.left)
        else:
            yield node.left
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARED:
        yield ast.Compare(node.left, [COMPARED[type(node.ops[0])]()], node.comparators)
    elif isinstance(node, ast.Constant) and type(node.value) is int:
        yield ast.Constant(node.value + 1)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        yield from _changed_call(node)
    elif isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Load):
        yield ast.Tuple(node.elts[::-1], node.ctx)
    elif isinstance(node, ast.IfExp):
        yield ast.IfExp(node.test, node.orelse, node.body)


def _changed_call(node: ast.Call):
    name = node.func.attr
    if name in CALLED:
        yield ast.Call(ast.Attribute(node.func.value, CALLED[name], ast.Load()), node.args, node.keywords)
    if name == "where":
        condition, a, b = node.args
        yield ast.Call(node.func, [condition, b, a], node.keywords)
        yield b
    if name == "matrix_transpose":
        yield node.args[0]
    for i, keyword in enumerate(node.keywords):
        if keyword.arg == "axis":
            value = 0 if ast.unparse(keyword.value) == "-1" else -1
            keywords = [*node.keywords]
            keywords[i] = ast.keyword("axis", ast.parse(str(value), mode="eval").body)
            yield ast.Call(node.func, node.args, keywords)
        if keyword.arg == "keepdims":
            yield ast.Call(node.func, node.args, [k for k in node.keywords if k is not keyword])


def mutants() -> list[Mutant]:
    """Every mutant of core.py, in the order of the source."""
    original = ast.parse(SOURCE.read_text())
    found: dict[str, Mutant] = {}
    for at, function in enumerate(original.body):
        if isinstance(function, ast.FunctionDef):
            for change, tree in _of_function(original, at, function):
                mutant = Mutant(function.name, change, tree)
                found.setdefault(mutant.name, mutant)  # two ways to the same change are one mutant
    return list(found.values())


def _of_function(original, at, function):
    for statement in ast.walk(function):
        if not isinstance(statement, (ast.Assign, ast.Return, ast.If)):
            continue
        part = statement.test if isinstance(statement, ast.If) else statement.value
        for node in list(ast.walk(part)):
            for new in _changed(node):
                yield _in_words(statement, node, new), _with(original, at, node, new)
        if isinstance(statement, ast.Assign) and _is_update(statement):
            yield f"without {ast.unparse(statement)}", _with(original, at, statement, ast.Pass())


def _in_words(statement, node, new) -> str:
    changed = copy.deepcopy(statement, {id(node): new})
    text = f"if {ast.unparse(changed.test)}" if isinstance(changed, ast.If) else ast.unparse(changed)
    return f"{ast.unparse(node)} becomes {ast.unparse(new)}: {text}"


def _is_update(statement: ast.Assign) -> bool:
    """Whether the statement gives a new value to a name that it reads."""
    names = {n.id for t in statement.targets for n in ast.walk(t) if isinstance(n, ast.Name)}
    return any(isinstance(n, ast.Name) and n.id in names for n in ast.walk(statement.value))


def _with(original, at, old, new):
    body = list(original.body)
    body[at] = copy.deepcopy(body[at], {id(old): new})  # the memo puts the new node where the old one was
    return ast.fix_missing_locations(ast.Module(body, original.type_ignores))


class Jury:
    """The claims, and which of them speak of which function."""

    def __init__(self) -> None:
        self.claims = find_claims()
        self._touches: dict[str, set[str]] = {}
        self._seconds: dict[str, float] = {}
        for claim in self.claims:
            called: set[str] = set()
            result = result_with(claim, _noting(called))
            assert result.proved, result.failure
            self._touches[claim.name] = called
            self._seconds[claim.name] = result.seconds

    def rejection(self, mutant: Mutant, module: types.ModuleType) -> str | None:
        """Name the claim that rejects the mutant, and how; None if all that speak of it are proved."""
        if _same_function(mutant.function, module):
            return None
        concerned = [c for c in self.claims if mutant.function in self._touches[c.name]]
        for claim in sorted(concerned, key=lambda c: self._seconds[c.name]):
            failure = failure_with(claim, module)
            if failure:
                return f"{claim.name}: {failure}"
        return None

    def fate(self, mutant: Mutant) -> Fate:
        """Try the mutant: the proof first, then the numeric battery."""
        module = mutant.module()
        rejection = self.rejection(mutant, module)
        if rejection:
            return Fate(mutant, _how(rejection), rejection)
        failure = numeric_failure(module)
        if mutant.name in EQUIVALENT:
            assert failure is None, f"{mutant.name} is listed as equivalent, but: {failure}"
            return Fate(mutant, "equivalent", EQUIVALENT[mutant.name])
        return Fate(mutant, "numeric", failure) if failure else Fate(mutant, "SURVIVED", "")


def _how(rejection: str) -> str:
    """Tell a counterexample from a shape that does not fit, an operation without meaning, and a failure to decide."""
    if ": false " in rejection:
        return "refuted"
    if "undecided" in rejection or "UndecidedError" in rejection:
        return "undecided"
    return "shape" if "ShapeError" in rejection else "unsupported"


def _noting(called: set[str]) -> types.ModuleType:
    """Return core.py with functions that note their names when they are called."""
    module = types.ModuleType("softreg.core")
    exec(compile(SOURCE.read_text(), str(SOURCE), "exec"), module.__dict__)
    for name, function in list(vars(module).items()):
        if inspect.isfunction(function):

            def noting(*args, name=name, function=function, **keywords):
                called.add(name)
                return function(*args, **keywords)

            setattr(module, name, functools.wraps(function)(noting))
    return module


def _same_function(name: str, module: types.ModuleType) -> bool:
    """Whether the changed function is the same in exact arithmetic; then no claim can tell.

    Functions of a row concern many claims, and most changes of some only rounding: this saves running all.
    """
    letters = [
        p.name for p in inspect.signature(getattr(softreg.core, name)).parameters.values() if p.default is p.empty
    ]
    t = Symbolic()
    n, K = t.size("n"), t.size("K")
    w = t.reals("w", n)
    settings = [  # one row and many; probabilities and labels; what is weighted is a row or a number for each
        _generic(t, shape, {"w": w, **others})
        for shape in ((K,), (n, K))
        for others in ({"rows": t.reals("rows", n, K)}, {"rows": w, "y": t.labels("c", *shape[:-1], classes=K)})
    ]
    if not letters or not settings[0].keys() >= {*letters}:
        return False
    try:
        for setting in settings:
            given = {letter: setting[letter] for letter in letters}
            a, b = (getattr(core, name)(**given) for core in (softreg.core, module))
            if not _same(a, b):
                return False
    except (SymbolicError, TypeError, ValueError, AttributeError):
        return False
    return True


def _generic(t, shape, others):
    """Return an array of this shape for every letter of core.py."""
    arrays = {letter: t.reals(letter, *shape) for letter in ("z", "v", "y", "p", "q", "surprisal")}
    return {**arrays, "r": softreg.core.guarded_shift(arrays["z"], xp=t.xp), "xp": t.xp, **others}


def _same(a, b) -> bool:
    """Whether two results are equal at a generic place; the choices of the largest logit go by one name."""
    if isinstance(a, tuple):
        return all(_same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, int):
        return a == b
    if a.shape != b.shape:
        return False
    at = [sp.S.One if size == 1 else Index(f"i{axis}", size) for axis, size in enumerate(a.shape)]
    entries = [x.at(*at) for x in (a, b)]
    return Normal().equal(
        *(e.xreplace({c: Pick(sp.Symbol("top"), *c.args[1:]) for c in e.atoms(Pick)}) for e in entries)
    )


def failure_with(claim: Claim, module: types.ModuleType) -> str:
    """Why the claim fails when `core` is the given module; empty if it is proved."""
    return result_with(claim, module).failure


def result_with(claim: Claim, module: types.ModuleType) -> Result:
    """Try to prove the claim when `core` is the given module."""
    names = claim.derive.__globals__
    core = names["core"]
    names["core"] = module
    try:
        return prove_claim(claim, cross_check=False)
    finally:
        names["core"] = core


def main() -> int:
    """Print the table; 1 if a mutant survived."""
    jury = Jury()
    fates = []
    for mutant in mutants():
        fates.append(jury.fate(mutant))
        print(f"{fates[-1].kind:<11} {mutant.name}\n            {fates[-1].by}", flush=True)  # noqa: T201
    kinds = sorted({f.kind for f in fates})
    print(f"{len(fates)} mutants:", ", ".join(f"{sum(f.kind == k for f in fates)} {k}" for k in kinds))  # noqa: T201
    return any(f.kind == "SURVIVED" for f in fates)


if __name__ == "__main__":
    sys.exit(main())
