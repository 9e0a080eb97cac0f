"""Two derivations that were found elsewhere, one damaged on its way, one with a wrong step."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from softreg.cli import app

SEEDS = Path(__file__).resolve().parents[4] / "shared" / "seeds"
FIRST = ["true"] * 9 + ["unparseable", "true-if", "true"]
SECOND = (
    ["definition", "definition", "update", "true-if", "update"]
    + ["true"] * 6
    + ["false", "false"]
    + ["true"] * 4
    + ["true-if", "true", "true", "true", "true-if"]
)


def check(name):
    """Run the command with --json; return the exit code and what was printed."""
    found = sorted(SEEDS.glob(f"{name}*")) if SEEDS.is_dir() else []
    if not found:
        pytest.skip(f"there is no {SEEDS / name}*")
    result = CliRunner().invoke(app, ["check", str(found[0]), "--json"])
    return result.exit_code, json.loads(result.output)


def test_first():
    """All steps are true but one, which is damaged; its repair is proposed, with what it would be."""
    code, result = check("000")
    assert [s["verdict"] for s in result["steps"]] == FIRST
    assert [s["line"] for s in result["steps"]] == [5, 6, 10, 14, 18, 20, 24, 28, 32, 36, 41, 43]
    damaged = result["steps"][9]
    assert "column 19" in damaged["hint"]
    assert "\\boldsymbol" in damaged["hint"]
    assert "so repaired, the step is true" in damaged["hint"]
    assert result["steps"][10]["assumptions"] == ["sum_k y_k = 1"]
    assert code == 2


def test_second():
    """The missing operator is found, the next step only inherits it, the index clash is told."""
    code, result = check("001")
    steps = result["steps"]
    assert [s["verdict"] for s in steps] == SECOND
    assert [s["inherited"] for s in steps] == [s["line"] == 50 for s in steps]
    wrong = next(s for s in steps if s["verdict"] == "false")
    assert wrong["line"] == 49
    assert "d/dz_i" in wrong["hint"]
    assert wrong["counterexample"]["difference"] != "0"
    assert "runs to B" in steps[4]["hint"]
    assert all(s["assumptions"] == ["sum_k y_k = 1"] for s in steps if s["verdict"] == "true-if")
    assert code == 1
    assert set(result) == {"file", "context", "steps"}
    assert set(steps[0]) == {
        "line", "column", "left", "right", "verdict", "assumptions", "counterexample", "hint", "inherited",
    }  # fmt: skip
