"""Softmax (multinomial logistic) regression, written once for every array library."""

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
    from softreg.estimator import SoftmaxRegression

__version__ = version("softreg")
__all__ = [
    "SoftmaxRegression",
    "cross_entropy",
    "cross_entropy_and_gradient",
    "gradient_step",
    "hessian_product",
    "log_softmax",
    "logit_gradient",
    "logsumexp",
    "loss_and_gradient",
    "softmax",
    "softmax_jacobian",
]


def __getattr__(name: str) -> Any:
    if name == "SoftmaxRegression":  # loaded on first use: it brings scikit-learn
        from softreg.estimator import SoftmaxRegression

        return SoftmaxRegression
    raise AttributeError(f"module 'softreg' has no attribute {name!r}")
