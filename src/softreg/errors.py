"""What softreg raises and warns with. Each message says what is wrong, where, and what to do.

Messages name positions and counts, never rows of data.
"""

from __future__ import annotations

import sys
import warnings


class InputError(ValueError):
    """A value, shape or label that cannot be used."""


class InputTypeError(TypeError):
    """An argument of a kind or dtype that cannot be used."""


class BackendError(ValueError):
    """Arrays of different libraries or devices, or something that this library or device lacks."""


class NonFiniteError(FloatingPointError):
    """A fit left the finite numbers; no model is made of them."""


class ModelFileError(ValueError):
    """A file that is no model, or a damaged one, or one that this version cannot read."""


class PrecisionWarning(UserWarning):
    """softreg had to round what it was given."""


def warn(message: str, category: type[Warning]) -> None:
    """Warn in the name of the line that called softreg, however deep inside it this is called."""
    frame, level = sys._getframe(1), 2
    while frame.f_back is not None and frame.f_globals["__name__"].startswith("softreg."):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)
