"""`softreg check`: read a derivation, judge every step, and report in the terminal, as JSON or as a page."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from softreg._document import CELLS, of_notebook, read
from softreg._files import refuse_inputs, replacing
from softreg._sentences import missing, shown
from softreg.errors import InputError

if TYPE_CHECKING:
    from softreg.symbolic.document import Step, Verdicts

NOTHING = "nothing was judged. Steps are the equations between lines of $$, or in equation, align and their like."
STYLES = {
    "definition": "cyan",
    "update": "cyan",
    "true": "green",
    "true-if": "yellow",
    "false": "bold red",
    "type-error": "bold red",
    "unparseable": "magenta",
    "undecided": "magenta",
}


def run(console: Console, path: Path, *, as_json: bool, html: Path | None, context: Path | None) -> int:
    """Judge a file and report; return the exit code."""
    try:
        from softreg.symbolic.document import context_from_toml, front_matter, judge, page
        from softreg.symbolic.document.grammar import NotUnderstoodError
    except ImportError as error:
        return _refuse(console, path, missing(str(error.name)), as_json=as_json)
    try:
        text = read(path)
        cells = of_notebook(path, text)
        text = text if cells is None else cells
        given = context_from_toml(read(context)) if context is not None else front_matter(text)
        verdicts = judge(text, given)
        verdicts.context += [CELLS] if cells is not None else []
    except InputError as error:
        return _refuse(console, path, str(error), as_json=as_json)
    except (ValueError, NotUnderstoodError) as error:
        return _refuse(console, path, f"the context is not understood: {error}", as_json=as_json)
    if html is not None:
        try:
            refuse_inputs(str(html), str(path), *([] if context is None else [str(context)]))
            with replacing(html) as file:
                file.write(page(path.name, text, verdicts).encode())
        except InputError as error:
            return _refuse(console, path, str(error), as_json=as_json)
        except OSError as error:
            return _refuse(console, path, f"{html}: {error.strerror or error}", as_json=as_json)
    if as_json:
        console.file.write(json.dumps(to_json(path, verdicts), ensure_ascii=False, indent=2) + "\n")
    else:
        _print(console, path, text, verdicts)
    if not verdicts.steps:
        return _refuse(console, path, f"{path} has no displayed equation: {NOTHING}", as_json=as_json, quiet=as_json)
    return verdicts.exit_code


def to_json(path: Path, verdicts: Verdicts) -> dict[str, object]:
    """Return the result as it is printed with --json."""
    return {"file": str(path), "context": verdicts.context, "steps": [asdict(step) for step in verdicts.steps]}


def _refuse(console: Console, path: Path, why: str, *, as_json: bool, quiet: bool = False) -> int:
    if as_json and not quiet:
        console.file.write(json.dumps({"file": str(path), "context": [], "steps": [], "error": why}) + "\n")
    elif not as_json:
        sys.stderr.write(f"softreg: {shown(why)}\n")
    return 2


def _print(console: Console, path: Path, text: str, verdicts: Verdicts) -> None:
    lines = text.split("\n")

    def say(line: Text | str = "") -> None:
        console.print(line, markup=False, highlight=False, soft_wrap=True)

    for note in verdicts.context:
        say(Text("with  ", style="dim").append(note))
    say()
    for step in verdicts.steps:
        say(_headline(step))
        if step.verdict in ("false", "type-error", "unparseable", "undecided"):
            shown = lines[step.line - 1].rstrip()
            before = min(step.column - 1, 60)
            start = step.column - 1 - before
            say(Text("        ").append(shown[start : start + 160].expandtabs(1)))
            say(Text("        " + " " * before + "^", style=STYLES[step.verdict]))
        if step.counterexample:
            say(f"        counterexample: {counterexample(step)}")
        if step.hint:
            say(f"        {step.hint}")
    wrong = verdicts.first_wrong
    say()
    if wrong is not None:
        say(Text(f"{path}: the first wrong step is in line {wrong.line}", style=STYLES["false"]))
    counts = {kind: sum(s.verdict == kind for s in verdicts.steps) for kind in STYLES}
    told = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
    say(f"{len(verdicts.steps)} steps: {told}" if told else "no steps")


def _headline(step: Step) -> Text:
    line = Text(f"{step.line:5}:{step.column:<4} ").append(f"{step.verdict:<12}", style=STYLES[step.verdict])
    if step.inherited:
        line.append("inherited ", style="dim")
    if step.assumptions:
        line.append("given " + ", ".join(step.assumptions), style=STYLES["true-if"])
    return line


def counterexample(step: Step) -> str:
    """Return a counterexample in words."""
    assert step.counterexample is not None
    c = step.counterexample
    where = ", ".join(f"{name} = {value}" for name, value in {**c["sizes"], **c["indices"]}.items())
    values = ", ".join(f"{name} = {value}" for name, value in c["letters"].items())
    told = f"at {where or 'one point'} the left is {c['left']}, the right {c['right']}"
    return f"{told} (with {values})" if values else told
