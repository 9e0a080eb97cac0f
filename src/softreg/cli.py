"""The command `softreg`."""

from __future__ import annotations

import io
import os
import signal
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from softreg._sentences import in_sentences, missing

try:
    import typer
    from rich.console import Console
except ModuleNotFoundError as error:
    sys.stderr.write(f"softreg: {missing(str(error.name))}\n")
    raise SystemExit(2) from None


class Backend(StrEnum):
    """Libraries that a fit can run on."""

    numpy = "numpy"
    torch = "torch"
    cupy = "cupy"
    jax = "jax"


DataFile = Annotated[str, typer.Argument(metavar="DATA", help="CSV or Parquet.", show_default=False)]
ModelFile = Annotated[str, typer.Argument(metavar="MODEL", help="A file that `softreg fit` wrote.", show_default=False)]
Target = Annotated[str, typer.Option(help="The column of labels.", show_default=False)]
Weight = Annotated[str | None, typer.Option(help="The column of weights of the rows.")]
Drop = Annotated[list[str] | None, typer.Option(help="A column to leave out; may be given again.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def softreg() -> None:
    """Softmax regression whose gradient is proved from the code that runs."""


@app.command()
def demo() -> None:
    """Train on scikit-learn's handwritten digits, and check the result in every way at hand."""
    from softreg import _demo

    raise typer.Exit(0 if _demo.run(Console()) else 1)


@app.command()
def prove(
    names: Annotated[
        list[str] | None, typer.Argument(help="Claims to derive step by step; all, if none is named.")
    ] = None,
) -> None:
    """Prove the claims about the shipped code, for every number of classes, rows and features."""
    from softreg import _proofs

    raise typer.Exit(0 if _proofs.run(Console(), names or None) else 1)


@app.command()
def fit(
    data: DataFile,
    target: Target,
    out: Annotated[str, typer.Option(help="The model file to write.", show_default=False)],
    weight: Weight = None,
    drop: Drop = None,
    categorical: Annotated[
        list[str] | None, typer.Option(help="A column of categories, though it may look like numbers.")
    ] = None,
    C: Annotated[float, typer.Option("--C", help="Inverse strength of the penalty; inf for none.")] = 1.0,
    backend: Annotated[Backend, typer.Option(help="The library to compute with; on its GPU, if any.")] = Backend.numpy,
    as_json: AsJson = False,
) -> None:
    """Fit a model to a table; columns of text become categories."""
    from softreg import _commands

    choices = _commands.Choices(target, weight, drop or [], categorical or [], C, backend.value)
    _commands.fit(data, out, choices, Console(), as_json=as_json)


@app.command()
def predict(
    model: ModelFile,
    data: DataFile,
    out: Annotated[str, typer.Option(help="The CSV or Parquet file to write.", show_default=False)],
    proba: Annotated[bool, typer.Option("--proba", help="Write the probability of each class.")] = False,
    drop: Drop = None,
    as_json: AsJson = False,
) -> None:
    """Predict the label of each row of a table, which may be larger than memory."""
    from softreg import _commands

    _commands.predict(model, data, out, drop or [], Console(), proba=proba, as_json=as_json)


@app.command()
def evaluate(
    model: ModelFile,
    data: DataFile,
    target: Target,
    weight: Weight = None,
    drop: Drop = None,
    plot: Annotated[str | None, typer.Option(help="A picture to write: .png, .pdf or .svg.")] = None,
    as_json: AsJson = False,
) -> None:
    """Compare predictions with the labels of a table."""
    from softreg import _commands

    _commands.evaluate(model, data, target, weight, drop or [], plot, Console(), as_json=as_json)


@app.command()
def inspect(model: ModelFile, as_json: AsJson = False) -> None:
    """Say what a model file holds."""
    from softreg import _commands

    _commands.inspect(model, Console(), as_json=as_json)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="A derivation in Markdown or LaTeX.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the verdicts as JSON.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write a page with the verdicts to this file.")] = None,
    context: Annotated[Path | None, typer.Option(help="A TOML file that says what the letters mean.")] = None,
) -> None:
    """Judge every step of a derivation of softmax, cross-entropy or logistic regression."""
    from softreg import _check

    raise typer.Exit(_check.run(Console(), file, as_json=as_json, html=html, context=context))


def _end(number: int, _: Any) -> None:
    """End like any exception does, so that files half written are removed."""
    raise SystemExit(128 + number)


def main() -> None:
    """Run the command line; what a user can mend, usage included, is one sentence and exit code 2."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):  # 0, 1, 2: a file takes the least number free
        if getattr(sys, name) is None:  # closed; the next file that is opened would be in its place, and printed into
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a label that the terminal lacks is no reason to stop
    for name in ("SIGTERM", "SIGHUP"):  # Windows has no SIGHUP
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:  # as nohup makes it
            signal.signal(number, _end)
    with in_sentences():
        try:
            code = app(sys.argv[1:] or ["--help"], prog_name="softreg", standalone_mode=False)
        except typer.Abort:
            code = 130  # interrupted
        raise SystemExit(code)


if __name__ == "__main__":
    main()
