"""Memory of `softreg predict` against the size of the file: `python benchmarks/large_file.py [MEGABYTES ...]`.

For each size a CSV file of that size is written and predicted, in a process of its own; the table shows the
peak of resident memory. It stays where it is when the file grows.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import polars as pl

import softreg

SIZES = (300, 900)
ROWS = 50_000
PREDICT = """
import resource, sys
from rich.console import Console
from softreg import _commands
model, data, out = sys.argv[1:]
_commands.predict(model, data, out, [], Console(stderr=True), proba=True, as_json=False)
unit = 1 if sys.platform == "darwin" else 1024
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit)
"""


def main(sizes):
    """Print a line for each size in megabytes."""
    names = [f"x{j}" for j in range(8)]
    rng = np.random.default_rng(0)
    X = pl.DataFrame(rng.normal(size=(ROWS, 8)), schema=names)
    model = softreg.SoftmaxRegression().fit(X.head(1000), np.arange(1000) % 3)
    print("| CSV file, MB | output | peak memory, MB |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        model.save(path / "m")
        for size in sizes:
            with (path / "data.csv").open("wb") as file:
                X.write_csv(file)
                while file.tell() < size * 1_000_000:
                    X.write_csv(file, include_header=False)
            for out in ("p.csv", "p.parquet"):
                command = [sys.executable, "-c", PREDICT, path / "m", path / "data.csv", path / out]
                done = subprocess.run(command, stdout=subprocess.PIPE, encoding="utf-8", check=True)
                written = os.path.getsize(path / "data.csv") / 1e6
                print(f"| {written:.0f} | {out[2:]} | {int(done.stdout) / 1e6:.0f} |")


if __name__ == "__main__":
    main([int(text) for text in sys.argv[1:]] or SIZES)
