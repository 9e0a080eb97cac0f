"""Find the claims and prove them.

A claim is a file: its docstring states it, with the statement in the first line, and `derive`
argues it in a setting (`softreg.symbolic.setting`). Claims lie in `softreg/derivations` of an
installed wheel, or in `derivations` of a checkout.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from softreg.symbolic.setting import Fixed, Step, Symbolic
from softreg.symbolic.terms import SymbolicError

LONGEST = 320  # a longer formula tells a reader nothing


@dataclass(frozen=True)
class Claim:
    """A statement and the function that derives it."""

    name: str
    statement: str
    text: str
    derive: Callable[[Any], None]


@dataclass(frozen=True)
class Result:
    """What became of a claim."""

    name: str
    statement: str
    proved: bool
    seconds: float
    assumptions: tuple[str, ...]
    steps: tuple[Step, ...]
    failure: str = ""


def _folder() -> Path:
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "derivations", package.parents[1] / "derivations"):
        if folder.is_dir():
            return folder
    raise FileNotFoundError("the claims are missing: there is no folder `derivations` in the package or the checkout")


def find_claims(names: Iterable[str] | None = None) -> list[Claim]:
    """Return the claims of the given names, or all, in the order of their files."""
    paths = {path.stem: path for path in sorted(_folder().glob("[!_]*.py"))}
    wanted = list(paths) if names is None else list(names)
    unknown = [name for name in wanted if name not in paths]
    if unknown:
        raise LookupError(f"no claim is called {unknown[0]}; there are: {', '.join(paths)}")
    return [_load(paths[name]) for name in wanted]


def _load(path: Path) -> Claim:
    spec = importlib.util.spec_from_file_location(f"softreg.derivations.{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    text = (module.__doc__ or "").strip()
    return Claim(path.stem, text.splitlines()[0], text, module.derive)


def prove_claim(claim: Claim, *, cross_check: bool = True) -> Result:
    """Prove a claim for all sizes, then check it again at fixed ones."""
    start = time.perf_counter()
    setting = Symbolic()
    failure = ""
    try:
        claim.derive(setting)
        if cross_check:
            claim.derive(Fixed())
    except (SymbolicError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        failure = f"{type(error).__name__}: {error}"
    if not setting.steps and not failure:
        failure = "RejectedError: the claim states no equation"
    assumptions = tuple(sorted({use for step in setting.steps for use in step.uses}))
    seconds = time.perf_counter() - start
    return Result(claim.name, claim.statement, not failure, seconds, assumptions, tuple(setting.steps), failure)


def prove(
    names: Iterable[str] | None = None,
    report: Callable[[Result], None] | None = None,
    *,
    cross_check: bool = True,
) -> list[Result]:
    """Prove the claims of the given names, or all; `report` hears of each as it is done."""
    results = []
    for claim in find_claims(names):
        results.append(prove_claim(claim, cross_check=cross_check))
        if report:
            report(results[-1])
    return results


def line(result: Result) -> str:
    """Return a result as a line of the table."""
    verdict = "proved" if result.proved else "FAILED"
    given = f"  given: {'; '.join(result.assumptions)}" if result.assumptions else ""
    return f"{verdict}  {result.seconds:5.2f} s  {result.name:<24} {result.statement}{given}"


def page(claim: Claim, result: Result) -> str:
    """Return a claim with its derivation, step by step."""
    lines = [claim.text, ""]
    for number, step in enumerate(result.steps, start=1):
        lines.append(f"{number}. {step.statement}")
        if step.formula and len(step.formula) <= LONGEST:
            lines.append(f"     = {step.formula}")
        lines.append(f"     proved for all sizes{', given: ' + '; '.join(step.uses) if step.uses else ''}")
    lines.append(result.failure or f"{result.name}: proved, and checked again at fixed sizes.")
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> int:
    """Print the table of all claims, or the derivation of the one named; 1 unless all is proved."""
    if argv:
        try:
            claims = find_claims(argv)
        except LookupError as error:
            _say(str(error.args[0]))
            return 2
        results = [prove_claim(claim) for claim in claims]
        for claim, result in zip(claims, results, strict=True):
            _say(page(claim, result))
    else:
        results = prove(report=lambda result: _say(line(result)))
        for result in results:
            if not result.proved:
                _say(f"\n{result.name} is not proved: {result.failure}")
        good = sum(result.proved for result in results)
        _say(f"{good} of {len(results)} claims proved in {sum(result.seconds for result in results):.1f} s")
    return 0 if all(result.proved for result in results) else 1


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - this is the report
