"""Kill processes with SIGKILL while they save models: `python tests/kill_save.py [KILLS]`, 1,000 by default.

Each process is forked, writes two models in turn to one path, and is killed after a random time. Then
the path must hold one of the two, whole.
"""

import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import softreg

LONGEST = 0.02  # seconds until the kill; a save takes some milliseconds


def models():
    """Return two models of different sizes."""
    rng = np.random.default_rng(0)
    return [softreg.SoftmaxRegression(max_iter=50).fit(rng.normal(size=(60, d)), np.arange(60) % 3) for d in (4, 3000)]


def kill_saves(kills, folder, seed=0):
    """Return how many kills hit a save, and of how many the path then held neither model."""
    path, pair, clock = Path(folder) / "model.safetensors", models(), random.Random(seed)
    pair[0].save(path)
    expected = {model.coef_.tobytes() for model in pair}
    during = unreadable = 0
    for _ in range(kills):
        before = {name for name in os.listdir(folder) if name.endswith(".tmp")}
        child = os.fork()
        if child == 0:
            while True:
                for model in pair:
                    model.save(path)
        time.sleep(clock.uniform(0, LONGEST))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        left = {name for name in os.listdir(folder) if name.endswith(".tmp")} - before
        during += bool(left)
        for name in left:
            (Path(folder) / name).unlink()
        try:
            unreadable += softreg.load(path).coef_.tobytes() not in expected
        except ValueError:
            unreadable += 1
    return during, unreadable


if __name__ == "__main__":
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with tempfile.TemporaryDirectory() as directory:
        hits, bad = kill_saves(number, directory)
    sys.stdout.write(f"{number} kills, {hits} of them left a file half written beside the model; {bad} unreadable\n")
    raise SystemExit(bad != 0)
