"""The fits that `fit.py` times: softreg's and those of its peers, all of the same objective.

    F(W, b) = mean loss + 1/(2 C n) sum W^2        (no second term for C = inf)

A contestant maps a problem and a tolerance to coefficients (K, d) and intercepts (K,). `objective`
computes F at what each of them returns, in float64 with softreg's exact loss, so no one is judged
by a value of their own. A family has one variant for each setting that may be its best, the likeliest
first: where that fails, the others are not tried.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as sp
from problems import Problem
from sklearn.linear_model import LogisticRegression

import softreg

Fit = Callable[[Problem, float], tuple[Any, Any]]


def objective(problem: Problem, coef: Any, intercept: Any) -> float:
    """F at given parameters, blocks of rows at a time; weighted, the mean is a weighted one."""
    total, n = 0.0, len(problem.y)
    w = np.ones(n) if problem.w is None else problem.w
    for rows in (slice(first, first + 4096) for first in range(0, n, 4096)):
        loss = softreg.cross_entropy(problem.X[rows] @ coef.T + intercept, problem.y[rows])
        total += float(w[rows] @ loss)
    return (total + float(np.sum(coef * coef)) / (2 * problem.C)) / float(np.sum(w))


def relative_gap(value: float, best: float) -> float:
    """(F - F*)/max(1, F*)."""
    return (value - best) / max(1.0, abs(best))


def estimator(problem: Problem, tol: float) -> Any:
    """The fitted estimator of softreg."""
    model = softreg.SoftmaxRegression(C=problem.C, tol=tol, max_iter=10_000)
    return model.fit(problem.X, problem.y, problem.w)


def ours(problem: Problem, tol: float) -> tuple[Any, Any]:
    """A fit of softreg."""
    model = estimator(problem, tol)
    return model.coef_, model.intercept_


def scikit_learn(solver: str) -> Fit:
    """Fits of a solver of scikit-learn's LogisticRegression."""

    def fit(problem: Problem, tol: float) -> tuple[Any, Any]:
        model = LogisticRegression(C=problem.C, solver=solver, tol=tol, max_iter=100_000)
        model.fit(problem.X, problem.y, problem.w)
        return model.coef_, model.intercept_

    return fit


def torch_lbfgs(history: int) -> Fit:
    """Fits of torch.optim.LBFGS with its strong Wolfe line search, which stop by the gradient alone."""

    def fit(problem: Problem, tol: float) -> tuple[Any, Any]:
        import torch

        if sp.issparse(problem.X):
            stored = (torch.from_numpy(x) for x in (problem.X.indptr, problem.X.indices, problem.X.data))
            X = torch.sparse_csr_tensor(*stored, size=problem.X.shape)
        else:
            X = torch.from_numpy(np.ascontiguousarray(problem.X))
        y = torch.from_numpy(problem.y)
        penalty = 1 / (2 * problem.C * len(y))
        W = torch.zeros((int(y.max()) + 1, X.shape[1]), dtype=X.dtype, requires_grad=True)
        b = torch.zeros(len(W), dtype=X.dtype, requires_grad=True)
        optimizer = torch.optim.LBFGS(
            [W, b],
            max_iter=100_000,
            max_eval=10**6,
            history_size=history,
            line_search_fn="strong_wolfe",
            tolerance_grad=tol,
            tolerance_change=0,
        )

        def closure() -> Any:
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(X @ W.T + b, y)
            loss = loss + penalty * torch.sum(W * W)
            loss.backward()
            return loss

        optimizer.step(closure)
        return W.detach().numpy(), b.detach().numpy()

    return fit


def mnlogit(problem: Problem, tol: float) -> tuple[Any, Any]:
    """A fit of statsmodels' MNLogit by Newton's method, its default; class 0 has no parameters there."""
    from statsmodels.discrete.discrete_model import MNLogit

    X = np.column_stack([np.ones(len(problem.X)), problem.X])
    fitted = MNLogit(problem.y, X).fit(method="newton", maxiter=1000, tol=tol, disp=0, skip_hessian=True)
    theta = np.column_stack([np.zeros(X.shape[1]), fitted.params])
    return theta[1:].T, theta[0]


FAMILIES: dict[str, dict[str, Fit]] = {
    "softreg": {"": ours},
    "lbfgs": {"": scikit_learn("lbfgs")},
    "newton-cg": {"": scikit_learn("newton-cg")},
    "newton-cholesky": {"": scikit_learn("newton-cholesky")},
    "torch L-BFGS": {f"history {history}": torch_lbfgs(history) for history in (100, 20)},
    "MNLogit": {"": mnlogit},
}


def why_not(family: str, problem: Problem) -> str:
    """Why a family takes no part in a problem; empty if it does."""
    parameters = problem.X.shape[1] * (int(problem.y.max()) + 1)
    if family == "newton-cholesky" and parameters > 3000:
        return f"its matrix has {parameters} columns"
    if family == "MNLogit" and np.isfinite(problem.C):
        return "it has no such penalty"
    return ""
