"""The command `softreg`."""

from __future__ import annotations

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
    """Train on the digits of scikit-learn, and check the result in every way at hand."""
    from softreg._demo import run

    raise typer.Exit(0 if run(Console()) else 1)


def main() -> None:
    """Run the command line."""
    app()
