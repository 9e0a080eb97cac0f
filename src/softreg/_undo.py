"""Calls that change an estimator wholly or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from sklearn.utils import check_random_state


@contextmanager
def all_or_nothing(estimator: Any) -> Iterator[None]:
    """Check the estimator's parameters, then undo all that the body does if it fails, or is interrupted."""
    estimator._validate_params()
    random = check_random_state(estimator.random_state)
    attributes, state = dict(estimator.__dict__), random.get_state()
    try:
        with np.errstate(all="ignore"):
            yield
    except BaseException:
        estimator.__dict__.clear()
        estimator.__dict__.update(attributes)
        random.set_state(state)
        raise
