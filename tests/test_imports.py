"""Imports point one way, and `import softreg` stays light."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import softreg

ROOT = Path(softreg.__file__).parent
MODULES = {
    ".".join(("softreg", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__"): path
    for path in sorted(ROOT.rglob("*.py"))
    if path.relative_to(ROOT).parts[0] != "derivations"
}
ISLANDS = ("softreg.core", "softreg.solvers", "softreg.symbolic")
# optional or heavy library -> the modules that may import it at module level
AT_HOME = {
    "sympy": ("softreg.symbolic",),
    "lark": ("softreg.symbolic",),
    "typer": ("softreg.cli",),
    "rich": (
        "softreg.cli",
        "softreg._check",
        "softreg._demo",
        "softreg._proofs",
        "softreg._commands",
        "softreg._reports",
    ),
    "safetensors": ("softreg._container",),
    "dask": ("softreg._kernels.dask",),
    "cupy": ("softreg._kernels.cupy",),
    "torch": (),
    "jax": (),
    "polars": ("softreg._commands", "softreg._encoding", "softreg._source", "softreg._table"),
    "pandas": (),
    "matplotlib": ("softreg._plot",),
}


def test_the_readme_says_where_everything_is():
    """Each module, or the folder it is in, is named in the table of the README."""
    text = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8").partition("## What is where")[2]
    told = text.partition("\n## ")[0]
    parts = {path.relative_to(ROOT).parts[0] for path in MODULES.values()} - {"__init__.py", "__main__.py"}
    assert [part for part in sorted(parts) if f"{part}/`" not in told and f"{part}`" not in told] == []


def within(module, package):
    """Tell whether a module is a package or a part of it."""
    return module == package or module.startswith(package + ".")


def imports(path, module, *, nested=True):
    """Return the absolute names of the modules that a module imports; not those for type checkers alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes, found = [tree], set()
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: relative import"
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            parts = names & MODULES.keys()
            found |= parts if parts == names else parts | {node.module}
        for_types = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        deferred = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        if not for_types and (nested or not deferred):
            nodes += ast.iter_child_nodes(node)
    return found


GRAPH = {module: imports(path, module) for module, path in MODULES.items()}


def test_the_graph_is_read():
    """The reader of imports finds what is known to be there, so the rules below are about something."""
    assert {"softreg.core", "softreg._arrays", "softreg._shell"} <= GRAPH["softreg.functions"]
    assert {"softreg._arrays", "softreg._kernels"} <= GRAPH["softreg._shell"]
    assert "softreg._arrays" in GRAPH["softreg.core"]


def test_core():
    """The mathematics imports one helper of its own package and no library."""
    assert GRAPH["softreg.core"] <= {"__future__", "typing", "softreg._arrays"}


def test_islands():
    """Core, solvers and symbolic do not know each other."""
    crossings = [
        (module, name)
        for module, names in GRAPH.items()
        for name in names
        for home in ISLANDS
        for other in ISLANDS
        if home != other and within(module, home) and within(name, other)
    ]
    assert not crossings


def test_one_way():
    """No module reaches itself by imports, also not by those inside functions."""
    # a package names its parts, and its parts may name it: it is a door, not a step on the way
    plain = {module for module, path in MODULES.items() if path.name != "__init__.py"}

    def reach(module, seen):
        for name in (GRAPH[module] & plain) - seen:
            seen.add(name)
            reach(name, seen)
        return seen

    assert not [module for module in plain if module in reach(module, set())]


def test_strangers():
    """Nothing in the package imports the tests, the benchmarks or the derivations by name."""
    for module, names in GRAPH.items():
        assert not [name for name in names if name.split(".")[0] in ("tests", "benchmarks", "derivations")], module


@pytest.mark.parametrize("library", AT_HOME)
def test_optional_libraries(library):
    """An optional library is imported where it is used, at module level only in its own place."""
    strangers = [
        module
        for module, path in MODULES.items()
        if any(name.split(".")[0] == library for name in imports(path, module, nested=False))
        and not any(within(module, home) for home in AT_HOME[library])
    ]
    assert not strangers


def test_import_is_light():
    """`import softreg` loads no optional library and not scikit-learn."""
    heavy = ["sklearn", "scipy", "sympy", "torch", "jax", "dask", "cupy", "rich", "typer", "pandas", "matplotlib"]
    heavy += ["polars", "safetensors"]
    code = f"import sys, softreg; print([name for name in {heavy} if name in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, encoding="utf-8", check=True
    )
    assert result.stdout.strip() == "[]"


def test_a_saved_model_needs_no_table_library(tmp_path):
    """Saving and loading a model loads neither polars nor what the command needs."""
    code = (
        "import sys, softreg; m = softreg.SoftmaxRegression().fit([[0.], [1.]], [0, 1]); m.save(sys.argv[1]);"
        "softreg.load(sys.argv[1]);"
        "print([name for name in ('polars', 'typer', 'matplotlib', 'torch') if name in sys.modules])"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "m")]
    assert subprocess.run(command, capture_output=True, encoding="utf-8", check=True).stdout.strip() == "[]"


def test_a_call_loads_no_other_library():
    """A function on NumPy arrays asks no other library what they are."""
    heavy = ["sklearn", "scipy", "sympy", "torch", "jax", "dask", "cupy"]
    code = (
        "import sys, softreg; softreg.loss_and_gradient([[0., 0.]], [0., 0.], [[1.]], [0]);"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, encoding="utf-8", check=True
    )
    assert result.stdout.strip() == "[]"
