"""Softmax (multinomial logistic) regression, written once for every array library."""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from softreg.functions import (
    cross_entropy,
    cross_entropy_and_gradient,
    gradient_step,
    hessian_product,
    log_softmax,
    logit_gradient,
    logsumexp,
    loss_and_gradient,
    softmax,
    softmax_jacobian,
)

if TYPE_CHECKING:
    from softreg._load import load
    from softreg.estimator import SoftmaxRegression

__version__ = version("softreg")
__all__ = ["SoftmaxRegression", "cross_entropy", "cross_entropy_and_gradient", "gradient_step", "hessian_product"]
__all__ += ["load", "log_softmax", "logit_gradient", "logsumexp", "loss_and_gradient", "softmax", "softmax_jacobian"]
_ON_FIRST_USE = {"SoftmaxRegression": "softreg.estimator", "load": "softreg._load"}  # they bring scikit-learn


def __getattr__(name: str) -> Any:
    if name in _ON_FIRST_USE:
        return getattr(import_module(_ON_FIRST_USE[name]), name)
    raise AttributeError(f"module 'softreg' has no attribute {name!r}")
