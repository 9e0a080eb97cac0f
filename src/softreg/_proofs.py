"""`softreg prove`: the claims as a table that fills as they are proved, or one claim step by step."""

from __future__ import annotations

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.table import Table


def run(console: Console, names: list[str] | None) -> bool:
    """Prove the claims of these names and print their derivations, or the table of all; return whether all hold."""
    try:
        from softreg import symbolic
    except ImportError as error:
        console.print(
            f"proofs need {error.name}; install it with: python -m pip install 'softreg[symbolic]'", markup=False
        )
        return False
    if names is not None:
        try:
            return symbolic.main(names) == 0
        except LookupError as error:
            console.print(str(error.args[0]), markup=False)
            return False
    table = Table(box=None, pad_edge=False)
    for heading in ("", "claim", "seconds", "statement and what it needs"):
        table.add_column(heading, justify="right" if heading == "seconds" else "left", overflow="fold")

    def add(result: symbolic.Result) -> None:
        needs = f" [dim]Needs: {escape('; '.join(result.assumptions))}.[/dim]" if result.assumptions else ""
        verdict = "[green]proved" if result.proved else "[bold red]FAILED"
        table.add_row(verdict, result.name, f"{result.seconds:.2f}", escape(result.statement) + needs)

    with Live(table, console=console, refresh_per_second=4, vertical_overflow="visible"):
        results = symbolic.prove(report=add)
    if not console.is_terminal:
        console.print()  # Live leaves the cursor in the table's last line there
    for result in results:
        if not result.proved:
            console.print(f"[bold red]{result.name} is not proved: {escape(result.failure)}")
    proved = sum(result.proved for result in results)
    console.print(f"{proved} of {len(results)} claims proved in {sum(r.seconds for r in results):.1f} s")
    return proved == len(results)
