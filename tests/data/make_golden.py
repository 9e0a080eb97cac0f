"""Write the golden file of format 1. Run once, on release 0.1; a file that exists is never replaced.

It has what format 1 can hold: text labels, feature names, class weights, infinities, a table.
"""

from pathlib import Path

import numpy as np

from softreg import SoftmaxRegression

PATH = Path(__file__).with_name("format1.safetensors")
COEF = [[1.0, -2.5, 0.1], [0.0, 3.0, 1 / 3], [-1.0, -0.5, 5e-324]]


def model():
    """Return the model of the golden file, made of fixed numbers."""
    made = SoftmaxRegression(C=float("inf"), class_weight={"a": 2.0, "é": 0.5}, random_state=7)
    made.coef_, made.intercept_ = np.asarray(COEF), np.asarray([0.25, 0.0, -0.25])
    made.classes_, made.n_features_in_ = np.asarray(["a", "z z", "é"]), 3
    made.feature_names_in_ = np.asarray(["size", "hue=green", "hue=red"], dtype=object)
    made.n_iter_, made.converged_ = 12, True
    made.optimality_ = {"scaled_gradient": 1e-9, "objective": 0.5, "passes": 14.0, "solver": "lbfgs", "status": "x"}
    made._table = {
        "target": "kind",
        "ignored": ["weight"],
        "booleans": ["size"],
        "categories": {"hue": ["green", "red"]},
    }
    return made


if __name__ == "__main__":
    if PATH.exists():
        raise SystemExit(f"{PATH} exists, and must load for ever")
    model().save(PATH)
