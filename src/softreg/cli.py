"""The command `softreg`."""

from __future__ import annotations

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


def main() -> None:
    """Run the command line."""
    app()
