"""The examples in the docstrings give what they show."""

import doctest
import importlib

import pytest


@pytest.mark.parametrize(
    ("module", "fewest"), [("functions", 10), ("estimator", 1), ("_load", 1)], ids=lambda value: str(value)
)
def test_examples(module, fewest):
    """Every public function and class has an example, and all of them hold."""
    found = doctest.testmod(importlib.import_module(f"softreg.{module}"))
    assert found.failed == 0
    assert found.attempted >= fewest
