"""Columns and features."""

import numpy as np
import polars as pl
import pytest

from softreg import _encoding as encoding
from softreg._source import Source
from softreg.errors import InputError, ModelFileError, PrecisionWarning

FRAME = pl.DataFrame({"t": ["b", "a", "b"], "n": ["1", "2.5", "-3"], "flag": ["true", "False", "true"], "m": [1, 2, 3]})


class Model:
    """What of a model is read."""

    def __init__(self, names, table):
        self.feature_names_in_, self._table = names, table


def source(columns):
    """Return a source with these columns."""
    return Source("f", columns, ",")


def test_kinds():
    """Numbers come first, then one feature for each text."""
    learned = encoding.learned(FRAME, "f", "y", ["w"], [])
    assert learned.features() == ["n", "flag", "m", "t=a", "t=b"]
    assert encoding.encoded(learned, FRAME, "f").rows() == [(1, 1, 1, 0, 1), (2.5, 0, 2, 1, 0), (-3, 1, 3, 0, 1)]
    assert encoding.of_model(Model(learned.features(), learned.remembered()), "f") == learned


def test_many_columns_are_one_query(monkeypatch):
    """The queries of a table do not grow with the number of its columns."""
    queries = []
    for method in ("select", "select_seq"):  # of which Series make use too
        real = getattr(pl.DataFrame, method)
        monkeypatch.setattr(pl.DataFrame, method, lambda *args, real=real: queries.append(1) or real(*args))
    for d in (2, 300):
        frame = pl.DataFrame({f"c{j}": ["1.5", "2"] for j in range(d)} | {f"d{j}": [1, 2] for j in range(d)})
        learned = encoding.learned(frame, "f", "y", [], [])
        assert encoding.encoded(learned, frame, "f").rows() == [(1.5,) * d + (1,) * d, (2,) * d + (2,) * d]
        queries.append(0)
    assert 0 < queries.index(0) == len(queries) // 2 - 1


@pytest.mark.parametrize(
    "texts",
    [
        ["1 000", "2 000"], ["1'000", "2'500"], ["1_000", "2_500"], ["\u22121", "\u22122.5"],
        ["\uff11", "\uff12\uff13"],
        ["10%", "5.5 %", "n/a"], ["$1", "-$2.50"], ["1.000.000", "2.000.000"], ["1.234,5", "x", "$1,000"],
        ["3 \u20ac", "4 \u20ac"], ["10 kg", "2.5 kg"],
    ],
)  # fmt: skip
def test_texts_like_numbers(texts):
    """Numbers in a notation that is not read become categories, and this is told; if they are named, it is not."""
    frame = pl.DataFrame({"a": texts})
    with pytest.warns(
        UserWarning, match="f, column 'a' becomes categories, though most of its values look like number"
    ):
        assert encoding.learned(frame, "f", "y", [], []).categories["a"] == sorted(texts)
    encoding.learned(frame, "f", "y", [], ["a"])


@pytest.mark.parametrize(
    "texts",
    [
        ["10-19", "20-29"],
        ["2020-01-01", "2020-01-02"],
        ["a1", "b2"],
        ["1st", "2nd"],
        ["10 Main Street", "12 Main Street"],
        ["12:30", "1:00"],
        ["$1", "a", "b"],
    ],
)
def test_texts_unlike_numbers(texts):
    """Dates, ranges and codes are categories."""
    assert encoding.learned(pl.DataFrame({"a": texts}), "f", "y", [], []).categories["a"] == sorted(texts)


@pytest.mark.parametrize("integers", [[2**53, 2**53 + 1], [-(2**60) - 1, -(2**60)]])
def test_integers_that_become_equal(integers):
    """Identifiers that float64 does not tell apart are warned of, whatever the file's type; others are not."""
    for values in (integers, [str(integer) for integer in integers]):
        frame = pl.DataFrame({"a": [1, 2], "id": values})
        learned = encoding.learned(frame, "f", "y", [], [])
        X = encoding.encoded(learned, frame, "f")
        with pytest.warns(PrecisionWarning, match=r"f, column 'id': integers beyond 2\^53 .* --drop"):
            encoding.warn_of_equal_integers(learned, frame, X, "f")
    for values in (["9007199254740992.0", "+9007199254740993.00"], [f"{k}".zfill(41) for k in (10**39, 10**39 + 1)]):
        frame = pl.DataFrame({"id": values})
        learned = encoding.learned(frame, "f", "y", [], [])
        with pytest.warns(PrecisionWarning, match="column 'id': integers"):
            encoding.warn_of_equal_integers(learned, frame, encoding.encoded(learned, frame, "f"), "f")
    frame = pl.DataFrame(
        {
            "a": [1e300, 2.5, 1e300],
            "b": ["1e300", "2.5", "3"],
            "c": [2**53, 2**60, 0],
            "d": [f"{2**53}", f"+0{2**53}", f"{2**53}.0"],
            "e": [f"{2**53}", "-0", "0"],
        }
    )
    learned = encoding.learned(frame, "f", "y", [], [])
    encoding.warn_of_equal_integers(learned, frame, encoding.encoded(learned, frame, "f"), "f")


def test_categories_that_end_in_a_null_character():
    """A model file cannot keep them; they are refused where they stand."""
    frame = pl.DataFrame({"a": ["x", "y\0"]})
    with pytest.raises(InputError, match="f, row 2, column 'a': texts of categories that end in a null character"):
        encoding.learned(frame, "f", "y", [], [])


def test_features_are_one_matrix():
    """A fit takes them as they lie in memory; a copy would be as large again."""
    X = encoding.encoded(encoding.learned(FRAME, "f", "y", [], []), FRAME, "f")
    assert np.shares_memory(np.asarray(X), np.asarray(X))


PATTERNS = ("^c$", "^($", "*", "^.*$")


@pytest.mark.parametrize("name", PATTERNS)
def test_names_like_patterns(name):
    """A column whose name polars would take for a pattern is one column, whatever it holds."""
    for values, categorical, features in (
        (["1", "2"], [], [(1, 3), (2, 4)]),
        (["True", "false"], [], [(1, 3), (0, 4)]),
        ([True, False], [], [(1, 3), (0, 4)]),
        (["u", "v"], [], [(3, 1, 0), (4, 0, 1)]),
        ([1, 2], [name], [(3, 1, 0), (4, 0, 1)]),
    ):
        frame = pl.DataFrame({name: values, "z": [3, 4]})
        learned = encoding.learned(frame, "f", "y", [], categorical)
        assert encoding.encoded(learned, frame, "f").rows() == features


@pytest.mark.parametrize("name", PATTERNS)
def test_faults_under_names_like_patterns(name):
    """What is wrong with such a column is told under its name."""
    for values, categorical, message in (
        (["1", "x"], [], "not a number, though"),
        (["1", None], [], "the value is missing"),
        ([1.0, float("nan")], [], "the value is NaN"),
        (["1", "inf"], [], "the value is infinite"),
        ([True, None], [], "the value is missing"),
        (["a", None], [], "the value is missing"),
        ([1, None], [name], "the value is missing"),
    ):
        frame = pl.DataFrame({name: values, "z": [3, 4]})
        with pytest.raises(InputError) as caught:
            encoding.encoded(encoding.learned(frame, "f", "y", [], categorical), frame, "f")
        assert f"f, row 2, column {name!r}: {message}" in str(caught.value)


def test_categorical():
    """A column of numbers is one of categories if it is named."""
    assert encoding.learned(FRAME, "f", "y", [], ["m"]).features()[-3:] == ["m=1", "m=2", "m=3"]


@pytest.mark.parametrize("dtype", [pl.Categorical, pl.Enum])
@pytest.mark.parametrize("values", [["1", "2"], ["1,5", "2,5"], ["true", "false"], ["1", "x"]])
def test_declared_categories(dtype, values):
    """A column whose type is one of categories is one, though strings of the same text are not."""
    frame = pl.DataFrame({"a": pl.Series(values, dtype=pl.Enum(values) if dtype == pl.Enum else dtype)})
    assert encoding.learned(frame, "f", "y", [], []).categories == {"a": sorted(values)}


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"a": ["1", "2", "x"]}, "row 3, column 'a': not a number, though other rows"),
        ({"a": ["x", None]}, "row 2, column 'a': the value is missing"),
        ({"a": [str(i) + "x" for i in range(1001)]}, "1001 different texts are too many"),
        ({"a": ["x", "y"], "a=x": [1, 2]}, "a column is named like the feature"),
        ({"a": [[1], [2]]}, "are no numbers"),
    ],
)
def test_no_features(columns, message):
    """Columns that cannot be features are refused."""
    frame = pl.DataFrame(columns)
    with pytest.raises(InputError, match=message):
        encoding.encoded(encoding.learned(frame, "f", "y", [], []), frame, "f")


def test_matching():
    """Columns are matched by name; what the model ignores may be there, what it does not know may not."""
    learned = encoding.learned(FRAME, "f", "y", ["w"], [])
    for columns in (["m", "flag", "n", "t"], ["y", "w", "t", "n", "flag", "m"], ["t", "n", "flag", "m", "new"]):
        assert encoding.matched(learned, source(columns), 5, ["new"] if "new" in columns else []) == learned
    for columns, drop, message in (
        (["t", "flag", "m"], [], "f lacks column 'n'"),
        (["t", "n", "flag", "m", "x", "z"], [], "f has columns 'x', 'z', unknown to the model"),
        (["t", "n", "flag", "m"], ["x"], "f has no column 'x'"),
        (["t", "n", "flag", "m"], ["m", "t"], "the model needs columns 'm', 't'"),
    ):
        with pytest.raises(InputError, match=message):
            encoding.matched(learned, source(columns), 5, drop)


def test_unseen_category():
    """A text that the fit did not see is refused with its row."""
    learned = encoding.learned(FRAME, "f", "y", [], [])
    with pytest.raises(InputError, match="f, row 11, column 't': this category did not occur"):
        encoding.encoded(learned, FRAME.with_columns(t=pl.Series(["a", "c", "b"])), "f", first=10)


def test_models_of_python():
    """Without a table, features are columns of numbers: by their names, or all, if there are none."""
    named = encoding.of_model(Model(["a", "b"], None), "f")
    assert named.columns() == ["a", "b"]
    nameless = encoding.of_model(Model(None, None), "f")
    assert encoding.matched(nameless, source(["x", "y"]), 2, []).columns() == ["x", "y"]
    assert encoding.matched(nameless, source(["x", "k", "y"]), 2, ["k"]).columns() == ["x", "y"]
    with pytest.raises(InputError, match="f has 2 columns to use, the model 3 features"):
        encoding.matched(nameless, source(["x", "y"]), 3, [])
    with pytest.raises(InputError, match="f has 1 column to use, the model 3 features"):
        encoding.matched(nameless, source(["x"]), 3, [])


@pytest.mark.parametrize(
    "table",
    [
        {"target": "y"},
        7,
        {"target": "y", "ignored": [], "booleans": [], "categories": {"t": ["z"]}},
        {"target": 5, "ignored": [], "booleans": [], "categories": {"t": ["a"]}},
        {"target": "y", "ignored": [5], "booleans": [], "categories": {"t": ["a"]}},
    ],
)
def test_tables_of_other_features(table):
    """A table that does not go with the features is refused."""
    with pytest.raises(ModelFileError, match="its table of columns"):
        encoding.of_model(Model(["n", "t=a"], table), "f")
