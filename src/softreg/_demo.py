"""`softreg demo`: a fit on real data, and a report that checks itself.

The data are scikit-learn's digits: 1797 handwritten digits of 8 x 8 pixels, three quarters to train
on and one quarter, never seen in training, to test on.
"""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import numpy as np
from rich.columns import Columns
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from sklearn.datasets import load_digits
from sklearn.metrics import confusion_matrix
from sklearn.model_selection import train_test_split

from softreg import SoftmaxRegression, __version__, cross_entropy, loss_and_gradient

INK = 16  # the darkest pixel
SHADES = " ░▒▓█"
SHOWN = 4  # mistakes
LEAST_ACCURACY = 0.95
PROVED = ("softmax_jacobian", "logit_gradient", "weight_gradient")
DIFFERENCE = 1e-8  # between a derivative and its central difference, whose own error is about 1e-10


class Check(NamedTuple):
    """One thing that was checked; `passed` is None if it could not be."""

    name: str
    passed: bool | None
    found: str


def run(console: Console) -> bool:
    """Fit, print the report, and return whether every check passed."""
    digits = load_digits()
    train_X, test_X, train_y, test_y = train_test_split(
        digits.data / INK, digits.target, test_size=0.25, random_state=0, stratify=digits.target
    )
    console.rule(f"softreg {__version__}: which digit is it?")
    console.print(
        f"data: {digits.data.shape[0]} images of 8 x 8 pixels, {digits.target_names.size} digits; "
        f"{train_y.size} to train on, {test_y.size} held out for the test\n"
    )
    start = time.perf_counter()
    model = SoftmaxRegression(verbose=1).fit(train_X, train_y)
    seconds = time.perf_counter() - start
    evidence = model.optimality_
    console.print(
        f"\nsolver {evidence['solver']}: {evidence['status']} in {model.n_iter_} iterations, "
        f"{evidence['passes']:.0f} passes over the data, {seconds:.2f} s; training loss {evidence['objective']:.4f} "
        "(mean cross-entropy plus penalty)\n"
    )

    predicted = model.predict(test_X)
    accuracy = float(np.mean(predicted == test_y))
    checks = [
        _converged(model),
        _gradient_by_differences(train_X, train_y),
        *_gradient_by_proof(),
        _probabilities(model, test_X, predicted),
        Check(f"accuracy is at least {LEAST_ACCURACY}", accuracy >= LEAST_ACCURACY, f"{accuracy:.3f}"),
    ]
    console.print(_check_table(checks))
    console.print("\ntest digits: true (rows) and predicted (columns)")
    console.print(_confusion_table(test_y, predicted, digits.target_names))
    _print_hardest(console, model, test_X, test_y, predicted)
    failed = [check.name for check in checks if check.passed is not None and not check.passed]
    if failed:
        console.print(f"[bold red]failed: {'; '.join(failed)}")
    console.print(f"test accuracy {accuracy:.3f}", highlight=False)
    return not failed


def _converged(model: SoftmaxRegression) -> Check:
    evidence = model.optimality_
    found = (
        f"scaled gradient {evidence['scaled_gradient']:.1e}, decrease still expected {evidence['newton_decrement']:.1e}"
    )
    return Check("the fit is at the minimum", model.converged_, found)


def _gradient_by_differences(X: Any, y: Any) -> Check:
    """Every partial derivative of the training loss, at random parameters, against a central difference."""
    random = np.random.default_rng(0)
    W, b = random.normal(size=(X.shape[1], 10)), random.normal(size=10)
    step = float(np.cbrt(np.finfo(float).eps))
    _, dW, db = loss_and_gradient(W, b, X, y, l2=0.01)
    worst = 0.0
    for parameter, gradient in ((W, dW), (b, db)):
        for at in np.ndindex(parameter.shape):
            value = parameter[at]
            losses = []
            for moved in (value + step, value - step):
                parameter[at] = moved
                losses.append(float(loss_and_gradient(W, b, X, y, l2=0.01)[0]))
            parameter[at] = value
            worst = max(worst, abs((losses[0] - losses[1]) / (2 * step) - gradient[at]))
    found = f"{W.size + b.size} partial derivatives, largest difference {worst:.0e}"
    return Check("the gradient agrees with finite differences", worst < DIFFERENCE, found)


def _gradient_by_proof() -> list[Check]:
    """Claims of derivations/, proved now from the functions that have just run."""
    try:
        from softreg.symbolic import prove
    except ImportError as error:
        return [Check("the gradient is proved", None, f"install {error.name}, or softreg[symbolic]")]
    return [
        Check(f"{claim.name.replace('_', ' ')} is proved", claim.proved, claim.failure or claim.statement)
        for claim in prove(PROVED)
    ]


def _probabilities(model: SoftmaxRegression, X: Any, predicted: Any) -> Check:
    proba = model.predict_proba(X)
    error = float(np.max(np.abs(proba.sum(axis=1) - 1)))
    agree = bool(np.all(model.classes_[proba.argmax(axis=1)] == predicted))
    found = f"they sum to 1 within {error:.0e}; the likeliest digit is the predicted one"
    return Check("the probabilities are probabilities", error < 1e-14 and agree, found)


def _check_table(checks: list[Check]) -> Table:
    marks = {True: "[green]ok", False: "[bold red]FAILED", None: "[yellow]not run"}
    table = Table(box=None, show_header=False, pad_edge=False)
    for check in checks:
        table.add_row(marks[check.passed], f"[bold]{check.name}[/bold]: {check.found}")
    return table


def _confusion_table(truth: Any, predicted: Any, names: Any) -> Table:
    table = Table(box=None)
    table.add_column("")
    for name in names:
        table.add_column(str(name), justify="right", style="dim")
    for name, row in zip(names, confusion_matrix(truth, predicted, labels=names), strict=True):
        cells = [
            f"[green]{count}" if other == name else f"[bold red]{count}" if count else "·"
            for other, count in zip(names, row, strict=True)
        ]
        table.add_row(f"[bold]{name}", *cells)
    return table


def _print_hardest(console: Console, model: SoftmaxRegression, X: Any, truth: Any, predicted: Any) -> None:
    """The mistakes with the largest loss, drawn as the model saw them."""
    losses = cross_entropy(model.decision_function(X), truth)
    wrong = np.flatnonzero(predicted != truth)
    hardest = wrong[np.argsort(-losses[wrong])][:SHOWN]
    proba = model.predict_proba(X)
    panels = []
    for i in hardest:
        levels = np.rint(X[i].reshape(8, 8) * (len(SHADES) - 1)).astype(int)
        drawing = "\n".join("".join(SHADES[level] * 2 for level in row) for row in levels)
        share = proba[i, predicted[i]]
        caption = f"a {truth[i]}, taken for {predicted[i]} ({share:.0%})"
        panels.append(Panel(drawing, title=caption, width=len(caption) + 6))
    console.print(f"\n{wrong.size} mistakes in {truth.size}; the hardest:")
    console.print(Columns(panels))
