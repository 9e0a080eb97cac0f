"""What `softreg` offers by name."""

from __future__ import annotations

import inspect

import pytest

import softreg

ON_FIRST_USE = ["SoftmaxRegression", "load"]
FUNCTIONS = [name for name in softreg.__all__ if name not in ON_FIRST_USE]


def test_all_is_sorted_and_complete():
    """`__all__` names every public function of `softreg.functions`, each once."""
    from softreg import functions

    defined = {
        name
        for name, value in vars(functions).items()
        if inspect.isfunction(value) and value.__module__ == functions.__name__ and name[0] != "_"
    }
    assert defined == set(FUNCTIONS)
    assert softreg.__all__ == sorted(set(softreg.__all__))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_are_documented(name):
    """A docstring has a line, the parameters, the results, the source and an example; arrays are positional."""
    function = getattr(softreg, name)
    text = function.__doc__
    for part in ("Parameters\n", "Returns\n", "Source: ", "Examples\n", ">>> "):
        assert part in text
    kinds = {p.kind for p in inspect.signature(function).parameters.values()}
    assert kinds <= {inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.KEYWORD_ONLY}


def test_names_on_first_use():
    """The names that bring scikit-learn are there when they are asked for, and documented."""
    for name in ON_FIRST_USE:
        value = getattr(softreg, name)
        assert value.__name__ == name
        for part in ("Parameters\n", "Examples\n", "Errors: "):
            assert part in value.__doc__


def test_unknown_names():
    """A name that is not there is an AttributeError, as for any module."""
    with pytest.raises(AttributeError, match="module 'softreg' has no attribute 'sotfmax'"):
        _ = softreg.sotfmax
