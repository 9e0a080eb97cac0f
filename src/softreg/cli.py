"""The command `softreg`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

try:
    import typer
    from rich.console import Console
except ImportError as error:
    raise SystemExit(
        f"the softreg command needs {error.name}; install it with: python -m pip install 'softreg[cli,symbolic]'"
    ) from None

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


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
def check(
    file: Annotated[Path, typer.Argument(help="A derivation in Markdown or LaTeX.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the verdicts as JSON.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write a page with the verdicts to this file.")] = None,
    context: Annotated[Path | None, typer.Option(help="A TOML file that says what the letters mean.")] = None,
) -> None:
    """Judge every step of a derivation of softmax, cross-entropy or logistic regression."""
    from softreg import _check

    raise typer.Exit(_check.run(Console(), file, as_json=as_json, html=html, context=context))


def main() -> None:
    """Run the command line."""
    app()
