"""The least value of an objective by Newton's method, written out: what fits are judged by.

Nothing here is softreg's, so nothing that is wrong there is repeated here. It is slow, and exact: the
whole Hessian in each iteration, damped as by Levenberg and Marquardt, in columns of mean 0 and
variance 1, until the decrease that is still promised is below rounding.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from problems import Problem
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.special import logsumexp

ITERATIONS = 200


def least_value(problem: Problem, coef: Any, intercept: Any) -> tuple[float, float]:
    """The least mean objective found from these coefficients (K, d), and half the squared Newton decrement there."""
    X, y, n, K = problem.X, problem.y, len(problem.y), len(coef)
    w = np.ones(n) if problem.w is None else problem.w
    w = w / w.sum()
    l2 = 1 / problem.C / (n if problem.w is None else problem.w.sum())
    centre = w @ X
    spread = np.sqrt(w @ (X - centre) ** 2)
    # A constant column has no part in the logits: rounding apart, its coefficients are 0.
    varies = spread > 1e-10 * np.abs(centre)
    spread = np.where(varies, spread, 1)
    Z = np.hstack([np.where(varies, (X - centre) / spread, 0), np.ones((n, 1))])
    penalty = np.append(l2 / spread**2, 0)
    theta = np.vstack([(np.where(varies, coef, 0) * spread).T, intercept + coef @ centre])
    theta -= theta.mean(axis=1, keepdims=True)
    q = len(theta)

    def value(theta: Any) -> float:
        z = Z @ theta
        return float(w @ (logsumexp(z, axis=1) - z[np.arange(n), y]) + penalty @ (theta * theta).sum(axis=1) / 2)

    damping, best = 1e-8, value(theta)
    for _ in range(ITERATIONS):
        z = Z @ theta
        p = np.exp(z - logsumexp(z, axis=1, keepdims=True))
        residual = p.copy()
        residual[np.arange(n), y] -= 1
        gradient = Z.T @ (w[:, None] * residual) + penalty[:, None] * theta
        # Order (class, column). Adding one vector to all classes changes no logit, so curvature is put there.
        outer = (p[:, :, None] * Z[:, None, :]).reshape(n, K * q) * np.sqrt(w)[:, None]
        H = -(outer.T @ outer)
        for k in range(K):
            at = slice(k * q, (k + 1) * q)
            H[at, at] += Z.T @ ((w * p[:, k])[:, None] * Z) + np.diag(penalty)
        H += np.kron(np.ones((K, K)) / K, np.eye(q))
        size = np.diag(H).copy()
        g = gradient.T.ravel()
        promised = 0.0
        while damping < 1e12:
            try:
                step = cho_solve(cho_factor(H + np.diag(damping * size + 1e-15 * size.max())), g)
            except LinAlgError:
                damping *= 10
                continue
            promised = float(g @ step) / 2
            moved = theta - step.reshape(K, q).T
            new = value(moved)
            if new <= best:
                break
            damping *= 10
        else:
            return best, promised
        gained, best, theta = best - new, new, moved
        damping = max(damping / 10, 1e-14)
        if promised <= 1e-14 or gained <= 1e-15 * max(1.0, best):
            break
    return best, promised
