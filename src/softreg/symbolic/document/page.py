"""The report as one page: no network, no scripts; narrow and dark screens, keyboard and screen readers."""

from __future__ import annotations

from html import escape

from softreg.symbolic.document.mathml import mathml
from softreg.symbolic.document.steps import Step, Verdicts

WORDS = {
    "definition": "definition",
    "update": "update",
    "true": "true",
    "true-if": "true if",
    "false": "false",
    "type-error": "indices do not fit",
    "unparseable": "not understood",
    "undecided": "undecided",
}
MARKS = {
    "definition": "≔", "update": "←", "true": "✓", "true-if": "✓", "false": "✗", "type-error": "✗",
    "unparseable": "?", "undecided": "?",
}  # fmt: skip
KINDS = {
    "definition": "said",
    "update": "said",
    "true": "good",
    "true-if": "given",
    "false": "bad",
    "type-error": "bad",
}
STYLE = """
:root { color-scheme: light dark; --paper: #fff; --ink: #1b1f24; --dim: #57606a; --line: #d0d7de; --card: #f6f8fa;
  --good: #116329; --given: #7d4e00; --bad: #b3121d; --open: #6639ba; --said: #0550ae; }
@media (prefers-color-scheme: dark) { :root { --paper: #0d1117; --ink: #e6edf3; --dim: #9ea7b3; --line: #30363d;
  --card: #161b22; --good: #56d364; --given: #e3b341; --bad: #ff7b72; --open: #d2a8ff; --said: #79c0ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 60rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.4rem; overflow-wrap: anywhere; } h2 { font-size: 1.1rem; margin-top: 2rem; }
a { color: var(--said); } :focus-visible { outline: 3px solid var(--said); outline-offset: 2px; border-radius: 4px; }
.skip { position: absolute; left: -99rem; } .skip:focus { position: static; }
ol { list-style: none; padding: 0; } .step { border: 1px solid var(--line); border-left: .4rem solid var(--kind);
  border-radius: .4rem; background: var(--card); margin: .7rem 0; padding: .6rem .8rem; scroll-margin: 1rem; }
.good { --kind: var(--good); } .given { --kind: var(--given); } .bad { --kind: var(--bad); }
.open { --kind: var(--open); } .said { --kind: var(--said); }
.head { display: flex; flex-wrap: wrap; gap: .2rem .8rem; align-items: baseline; }
.verdict { color: var(--kind); font-weight: 700; } .where, .dim { color: var(--dim); font-size: .9rem; }
.formula { overflow-x: auto; padding: .4rem 0; } math { font-size: 1.15rem; padding: .15em 0; } p { margin: .3rem 0; }
li { margin: .3rem 0; } mfrac > * { padding: .12em 0; }
munder > :nth-child(2), munderover > :nth-child(2) { padding-top: .25em; }
mover:not([accent]) > :nth-child(2), munderover > :nth-child(3) { padding-bottom: .25em; }
.cases { --arc: transparent .31em, currentColor .34em .38em, transparent .4em; padding-left: 1.1em;
  background: radial-gradient(circle .4em at right bottom, var(--arc)) .4em 0 / .4em .4em,
  radial-gradient(circle .4em at right top, var(--arc)) .4em 100% / .4em .4em,
  radial-gradient(circle .4em at left top, var(--arc)) 0 calc(50% - .2em) / .4em .4em,
  radial-gradient(circle .4em at left bottom, var(--arc)) 0 calc(50% + .2em) / .4em .4em,
  linear-gradient(currentColor, currentColor) .4em .4em / .07em calc(50% - .8em),
  linear-gradient(currentColor, currentColor) left .4em bottom .4em / .07em calc(50% - .8em);
  background-repeat: no-repeat; }
.cases mtd { text-align: left; }
code { overflow-wrap: anywhere; font-size: .9rem; } summary { cursor: pointer; }
table { border-collapse: collapse; } td, th { padding: .1rem .7rem .1rem 0; text-align: left; vertical-align: top; }
"""


def page(name: str, text: str, verdicts: Verdicts) -> str:
    """Return the report on a document as HTML."""
    wrong = verdicts.first_wrong
    number = verdicts.steps.index(wrong) + 1 if wrong else 0
    if wrong is not None:
        summary = f'The first wrong step is <a href="#step-{number}">step {number}, line {wrong.line}</a>.'
    elif verdicts.exit_code:
        summary = "No step is wrong, but not every step could be judged."
    else:
        summary = "Every step holds." if verdicts.steps else "There is no displayed equation."
    counts = "".join(
        f"<tr><td>{words}</td><td>{sum(s.verdict == kind for s in verdicts.steps)}</td></tr>"
        for kind, words in WORDS.items()
        if any(s.verdict == kind for s in verdicts.steps)
    )
    notes = "".join(f"<li>{_note(note)}</li>" for note in verdicts.context)
    lines = text.split("\n")
    steps = "".join(_step(i, step, lines) for i, step in enumerate(verdicts.steps, start=1))
    title = escape(name)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}: {"wrong" if wrong else "checked"}</title>
<style>{STYLE}</style>
</head>
<body>
<a class="skip" href="#steps">To the steps</a>
<header><h1>{title}</h1><p>{summary}</p></header>
<main>
<table aria-label="How many steps have each verdict">{counts}</table>
<h2 id="context">What the letters mean</h2>
<ul>{notes}</ul>
<h2 id="steps">Steps</h2>
<ol>{steps}</ol>
</main>
<footer class="dim"><p>Checked by softreg. “True” is proved for all sizes; “false” has a counterexample.</p></footer>
</body>
</html>
"""


def _note(note: str) -> str:
    formula, bracket, origin = note.rpartition(" (")
    if bracket and " = " in formula:
        left, _, right = formula.partition(" = ")
        shown = f"{mathml(left)} = {mathml(right)} <span class='dim'>({escape(origin)}</span>"
        return f"<div class='formula' tabindex='0' role='group' aria-label='{escape(origin[:-1])}'>{shown}</div>"
    return escape(note)


def _step(number: int, step: Step, lines: list[str]) -> str:
    kind = KINDS.get(step.verdict, "open")
    inherited = " (inherited)" if step.inherited else ""
    mark = f"<span aria-hidden='true'>{MARKS[step.verdict]}</span>"
    head = f"<span class='verdict'>{mark} {WORDS[step.verdict]}{inherited}</span>"
    where = f"<span class='where'>step {number}, line {step.line}, column {step.column}</span>"
    formula = f"{mathml(step.left)} <span>=</span> {mathml(step.right)}"
    parts = [
        f"<div class='head'>{head}{where}</div>",
        f"<div class='formula' tabindex='0' role='group' aria-label='step {number}'>{formula}</div>",
    ]
    if step.assumptions:
        parts.append(f"<p>Given: {escape(', '.join(step.assumptions))}.</p>")
    if step.counterexample:
        c = step.counterexample
        where = ", ".join(f"{k} = {v}" for k, v in {**c["sizes"], **c["indices"]}.items()) or "one point"
        values = ", ".join(f"{name} = {value}" for name, value in c["letters"].items())
        told = f"at {where} the left is {c['left']}, the right {c['right']}" + f" (with {values})" * bool(values)
        parts.append(f"<p>Counterexample: {escape(told)}.</p>")
    if step.hint:
        parts.append(f"<p>{escape(step.hint[:1].upper() + step.hint[1:])}.</p>")
    if kind in ("bad", "open"):
        parts.append(f"<details><summary>Source</summary><code>{escape(lines[step.line - 1].strip())}</code></details>")
    return f"<li class='step {kind}' id='step-{number}'>{''.join(parts)}</li>"
