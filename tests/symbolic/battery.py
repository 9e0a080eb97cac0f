"""Inputs that tell right rounding, overflow and limits from wrong ones, with the true results.

Truth comes from 900-digit arithmetic for finite logits, and from the limits for infinite ones.
"""

from __future__ import annotations

import mpmath
import numpy as np

ULPS = 8  # generous: the accuracy itself is tested elsewhere
FINITE = [
    [1000.0, 0.0, -1000.0],
    [800.0, -800.0, 1.0],
    [0.0, 0.0, 0.0],
    [0.0, 50.0, 0.0],
    [-40.0, 1.0, -1.5],
    [1e8 + 0.3, 1e8 + 0.1, 1e8 - 0.7],
    [1e300, 0.1, 0.3],
    [0.1, 1e16, 1e16 - 2.0],
    [3.0, -0.25, 3.0],
    [-700.0, -701.0, -702.5],
    [0.1 + 3e-14, -33.3, 0.7e-3],
    [0.1, -700.3, -300.7],  # a rounding error of the shift is worth hundreds of units here
]
mp = mpmath.MPContext()
mp.dps = 900  # for log1p(exp(-1400)), and 1e300 beside 0.1


def _truth(z: list[float]):
    top = max(z)
    gaps = [mp.mpf(x) - mp.mpf(top) for x in z]
    e = [mp.exp(g) if g > -3000 else mp.mpf(0) for g in gaps]
    rest = mp.fsum(x for i, x in enumerate(e) if i != z.index(top))
    log_total = mp.log1p(rest)
    p = [x / (1 + rest) for x in e]
    return p, [g - log_total for g in gaps], mp.mpf(top) + log_total


def _worst(found, true, scale=None) -> float:
    """Return the largest error in units in the last place of the true value."""
    worst = 0.0
    for f, t in zip(np.ravel(found), true, strict=True):
        t64 = float(t)
        if not np.isfinite(f):
            return np.inf
        if f == t64 == 0.0 or (abs(t64) < np.finfo(float).tiny and abs(f) < 2 * np.finfo(float).tiny):
            continue
        unit = np.spacing(max(abs(t64), scale or 0.0))
        worst = max(worst, float(abs(mp.mpf(float(f)) - t)) / unit)
    return worst


def _finite_failure(core) -> str | None:
    for z in FINITE:
        p, log_p, lse = _truth(z)
        a = np.asarray([z, z])
        checks = {
            "softmax": (core.softmax(a, xp=np)[0], p),
            "log_softmax": (core.log_softmax(a, xp=np)[0], log_p),
            "softmax_jacobian": (
                core.softmax_jacobian(a, xp=np)[0],
                [p[i] * ((i == j) * (1 - p[i]) - (i != j) * p[j]) for i in range(3) for j in range(3)],
            ),
        }
        for label in range(3):
            y = np.asarray([label, label])
            onehot = np.eye(3)[y]
            slope = [x - (i == label) for i, x in enumerate(p)]
            for target, kind in ((y, "label"), (onehot, "row")):
                loss, g = core.cross_entropy_and_gradient(a, target, xp=np)
                checks[f"cross_entropy, {kind} {label}"] = loss[0], [-log_p[label]]
                checks[f"gradient, {kind} {label}"] = g[0], slope
                checks[f"logit_gradient, {kind} {label}"] = core.logit_gradient(a, target, xp=np)[0], slope
        for name, (found, true) in checks.items():
            if _worst(found, true) > ULPS:
                return f"{name} of {z} is {np.ravel(found)}"
        found = core.logsumexp(a, xp=np)[:1]
        if _worst(found, [lse], max(abs(max(z)), 1.0)) > ULPS:
            return f"logsumexp of {z} is {found}"
        for v in ([1e9 + 1.0, 1e9, 1e9 + 3.0], [1e-9, 3e-9, -2e-9]):
            v = np.asarray(v)
            mean = mp.fsum(x * mp.mpf(float(y)) for x, y in zip(p, v, strict=True))
            true = np.asarray([float(x * (mp.mpf(float(y)) - mean)) for x, y in zip(p, v, strict=True)])
            found = core.curvature_product(a, np.asarray([v, v]), xp=np)[0]
            if np.abs(found - true).max() > 16 * np.spacing(np.ptp(v)):
                return f"curvature_product at {z} is {found}"
    # Here the rounding error of the shift decides the last digit.
    z = [0.59, -32.68, -50.0]
    found = core.log_softmax(np.asarray([z]), xp=np)[0, 1]
    if _worst(found, [_truth(z)[1][1]]) > 0.6:
        return f"log_softmax of {z} at 1 is {found}: not rounded correctly"
    return None


INF, NAN = np.inf, np.nan
LIMITS = [  # logits, softmax, logsumexp
    ([-INF, 0.0, 0.0], [0, 0.5, 0.5], np.log(2.0)),
    ([0.0, -INF, -INF], [1, 0, 0], 0.0),
    ([-INF, -INF, -INF], [NAN, NAN, NAN], -INF),
    ([INF, 0.0, -INF], [1, 0, 0], INF),
    ([0.0, INF, INF], [NAN, NAN, NAN], INF),
    ([0.0, NAN, 1.0], [NAN, NAN, NAN], NAN),
    ([INF, NAN, 1.0], [NAN, NAN, NAN], NAN),
    ([NAN], [NAN], NAN),
    ([INF], [1], INF),
    ([-INF], [NAN], -INF),
]


def _limit_failure(core) -> str | None:
    for z, p, lse in LIMITS:
        a, p = np.asarray([z]), np.asarray(p, dtype=float)
        K = len(z)
        label, onehot = np.asarray([K - 1]), np.eye(K)[None, K - 1]
        mixed = np.asarray([[0.0, 0.5, 0.5]])[:, :K] if K == 3 else np.asarray([[1.0]])
        with np.errstate(all="ignore"):
            log_p = np.log(p)
            loss = np.sum(np.where(mixed[0] == 0, 0 * p, -mixed[0] * log_p))
        try:
            with np.errstate(invalid="raise", divide="raise", over="raise"):  # no edge value warns
                checks = {
                    "softmax": (core.softmax(a, xp=np), p),
                    "log_softmax": (core.log_softmax(a, xp=np), log_p),
                    "logsumexp": (core.logsumexp(a, xp=np), lse),
                    "cross_entropy of a label": (core.cross_entropy(a, label, xp=np), -log_p[K - 1]),
                    "cross_entropy of a row": (core.cross_entropy(a, mixed, xp=np), loss),
                    "the gradient for a label": (core.logit_gradient(a, label, xp=np), p - onehot),
                    "the gradient for a row": (core.logit_gradient(a, onehot, xp=np), p - onehot),
                    "the Jacobian": (core.softmax_jacobian(a, xp=np), np.diag(p) - np.outer(p, p)),
                }
        except FloatingPointError as error:
            return f"{error} for {z}"
        for name, (found, true) in checks.items():
            if not np.allclose(found, true, rtol=1e-15, atol=0, equal_nan=True):
                return f"{name} of {z} is {np.ravel(found)}"
    if np.signbit(core.log_softmax(np.asarray([[0.0]]), xp=np)).any():
        return "log 1 is -0"
    huge = np.asarray([[1.7e308, -1.7e308, 0.0]])  # finite, but not their difference
    if not np.array_equal(core.softmax(huge, xp=np), [[1, 0, 0]]) or core.logsumexp(huge, xp=np) != 1.7e308:
        return f"softmax of {huge} is {core.softmax(huge, xp=np)}"
    return None


def numeric_failure(core) -> str | None:
    """Say what the module computes wrongly; None if the whole battery passes."""
    with np.errstate(all="ignore"):
        try:
            return _finite_failure(core) or _limit_failure(core)
        except (TypeError, ValueError, AttributeError, IndexError) as error:
            return f"{type(error).__name__}: {error}"
