"""Stochastic gradient descent: the batch weight update over shuffled rows, epoch after epoch.

    theta <- theta - learning_rate * (mean gradient over the next batch_size rows)

Robbins & Monro (1951), doi:10.1214/aoms/1177729586. With a constant learning rate it comes near the
minimum and stays near it; the gradient of all rows, taken after each epoch, tells how near.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from array_api_compat import array_namespace

from softreg.solvers.minimise import Array, Iterate, Problem


def sgd(
    problem: Problem,
    start: Array,
    *,
    learning_rate: float,
    batch_size: int,
    order: Callable[[], Array],
) -> Iterator[Iterate]:
    """Yield one iterate an epoch; `order` gives the rows' order for the next epoch, shape (n_rows,)."""
    xp = array_namespace(start)
    theta = start
    while True:
        value, gradient = problem.value_and_gradient(theta)
        scaled = problem.scale * gradient
        decrement = float(xp.sum(scaled * scaled)) / 2
        yield Iterate(theta, float(value), float(xp.max(xp.abs(scaled))), decrement, gradient=gradient)
        theta = epoch(problem, theta, order(), learning_rate=learning_rate, batch_size=batch_size)


def epoch(problem: Problem, theta: Array, order: Array, *, learning_rate: float, batch_size: int) -> Array:
    """Return theta after one update for each batch of rows, taken in the given order."""
    for first in range(0, problem.n_rows, batch_size):
        index = order[first : min(first + batch_size, problem.n_rows)]
        theta = theta - learning_rate * problem.batch_gradient(theta, index)
    return theta
