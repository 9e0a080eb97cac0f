"""Data files: types of columns and labels, and what is refused where."""

import datetime
import decimal
import json
import tracemalloc

import numpy as np
import polars as pl
import pytest

from softreg import _table as table
from softreg.errors import InputError


@pytest.mark.parametrize(
    ("texts", "labels"),
    [
        (["1", "-2", "30"], np.asarray([1, -2, 30])),
        (["007", "1"], np.asarray(["007", "1"])),
        (["1.0", "2"], np.asarray(["1.0", "2"])),
        (["true", "false"], np.asarray([True, False])),
        (["True", "false"], np.asarray(["True", "false"])),
        ([" a", "a", "ü,\n"], np.asarray([" a", "a", "ü,\n"])),
        (["99999999999999999999", "1"], np.asarray(["99999999999999999999", "1"])),
    ],
)
def test_labels_of_csv(texts, labels):
    """Text becomes numbers or booleans only if these are written in the same way."""
    found = table.labels(pl.Series("y", texts), "f", typed=False)
    assert found.dtype == labels.dtype
    assert found.tolist() == labels.tolist()
    assert table.label_series("y", found, typed=False).cast(pl.String).to_list() == texts


NOON, NIGHT = datetime.datetime(2020, 10, 25, 12), datetime.datetime(2020, 10, 25, 0, 30, 0, 7)
DST = pl.Series([NIGHT, NIGHT + datetime.timedelta(hours=1)]).dt.replace_time_zone("UTC")
IN_NUMPY = {
    "boolean": pl.Series([True, False]),
    "int8": pl.Series([1, 2], dtype=pl.Int8),
    "uint64": pl.Series([1, 2**64 - 1], dtype=pl.UInt64),
    "float32": pl.Series([1.0, 2.0], dtype=pl.Float32),
    "string": pl.Series(["1", "2"]),
    "binary": pl.Series([b"\xff", b"a"]),
}
AS_TEXT = {
    "float64": pl.Series([1 / 3, 1e300]),
    "float32 with a fraction": pl.Series([1.5, 0.1], dtype=pl.Float32),
    "int128": pl.Series([2**100, -1], dtype=pl.Int128),
    "decimal": pl.Series([decimal.Decimal("1.50"), decimal.Decimal(-2)], dtype=pl.Decimal(10, 2)),
    "categorical": pl.Series(["x", "y"], dtype=pl.Categorical),
    "enum": pl.Series(["x", "y"], dtype=pl.Enum(["y", "z", "x"])),
    "date": pl.Series([datetime.date(2020, 1, 1), datetime.date(1, 1, 1)]),
    "time": pl.Series([datetime.time(1, 2, 3), datetime.time(0)]),
    "datetime": pl.Series([NOON, NIGHT]),
    "datetime of days": pl.Series([NOON, NOON + datetime.timedelta(days=1)]).dt.truncate("1d"),
    "datetime in nanoseconds": pl.Series([NOON, NIGHT], dtype=pl.Datetime("ns")),
    "datetime in milliseconds": pl.Series([NOON, NOON.replace(year=1)], dtype=pl.Datetime("ms")),
    "datetime of a zone, where the clock goes back": DST.dt.convert_time_zone("Europe/Berlin"),
}


@pytest.mark.filterwarnings("ignore:.* have fractions")
@pytest.mark.parametrize("series", (IN_NUMPY | AS_TEXT).values(), ids=(IN_NUMPY | AS_TEXT).keys())
def test_labels_of_parquet(series):
    """Types of Parquet stay, there and back, by way of what a model file keeps of them."""
    series = series.alias("y")
    found = table.labels(series, "f", typed=True)
    classes, kept = np.unique(found), None
    assert found.dtype.kind in "biufUS"
    if any(series is other or series.equals(other) for other in AS_TEXT.values()):
        kept = table.type_read(json.loads(json.dumps(table.type_written(table.label_type(series)))), classes)
    else:
        assert found.tolist() == series.to_list()
        assert table.label_type(series) is None or found.dtype.kind != "U"
    back = table.label_series("y", found, typed=True, kept=kept)
    assert back.dtype == series.dtype
    assert back.equals(series)
    assert np.array_equal(classes[table.class_indices(series, classes, "f", kept=kept)], found)
    if series.dtype != pl.Binary:
        csv = pl.read_csv(pl.DataFrame([series]).write_csv().encode(), infer_schema=False)
        assert np.array_equal(classes[table.class_indices(csv["y"], classes, "f", kept=kept)], found)


@pytest.mark.parametrize(
    ("series", "message"),
    [
        (pl.Series("y", ["a", "b\0"]), "labels that end in a null character cannot be kept"),
        (pl.Series("y", [b"\0", b"b"]), "labels that end in a null character cannot be kept"),
        (pl.Series("y", ["a", None]), "row 2, column 'y': the label is missing"),
        (pl.Series("y", [None, None]), "row 1, column 'y': the label is missing"),
        (pl.Series("y", [1.5, float("nan")]), "row 2, column 'y': the label is NaN or infinite"),
        (pl.Series("y", [float("inf"), 1.0]), "row 1, column 'y': the label is NaN or infinite"),
        (pl.Series("y", [datetime.time(1), datetime.time(1, 2, 3, 4)]), "row 2, .* this label cannot be kept exactly"),
        (pl.Series("y", [datetime.timedelta(1)]), "values of type Duration.* are no labels"),
        (pl.Series("y", [[1], [2]]), "values of type List.* are no labels"),
        (pl.Series("y", [[1], [2]], dtype=pl.Array(pl.Int8, 1)), "values of type Array.* are no labels"),
        (pl.Series("y", [{"a": 1}]), "values of type Struct.* are no labels"),
        (pl.Series("y", [object()], dtype=pl.Object), "values of type Object are no labels"),
    ],
)
def test_no_labels(series, message):
    """What cannot come back exactly is refused."""
    with pytest.raises(InputError, match=f"f, .*{message}"):
        table.labels(series, "f", typed=True)


@pytest.mark.parametrize(
    ("kept", "labels", "found"),
    [
        (["Date"], pl.Series(["2020-01-02", "2020-01-01"]), [1, 0]),
        (["Date"], pl.Series([datetime.date(2020, 1, 2)]), [1]),
        (["Date"], pl.Series([datetime.datetime(2020, 1, 2)]), None),
        (["Date"], pl.Series([datetime.datetime(2020, 1, 2, 12)]), None),
        (["Date"], pl.Series(["2020-01-02", "x"]), None),
        (["Date"], pl.Series(["x", "y"]), None),
        (["Date"], pl.Series(["2020-01-03"]), None),
        (["Date"], pl.Series([[1]]), None),
    ],
)
def test_labels_kept_as_text(kept, labels, found):
    """A label is known by its value in the model's type, whatever the file's; one that the type lacks is unknown."""
    classes = np.asarray(["2020-01-01", "2020-01-02"])
    dtype = table.type_read(kept, classes)
    if found is None:
        with pytest.raises(InputError, match=r"does not know this label|are not the model's labels"):
            table.class_indices(labels.alias("y"), classes, "f", kept=dtype)
    else:
        assert table.class_indices(labels.alias("y"), classes, "f", kept=dtype).tolist() == found


@pytest.mark.parametrize(
    "written",
    [3, [], ["String"], ["Time"], ["Date", 1], ["Decimal", "a", 2], ["Decimal", 99, 2], ["Datetime", "us", "nowhere"],
     ["Enum", [1]], ["Enum", ["2020-01-01"]], ["read_csv", "f"], ["List", "Date"], [["Date"]]],
)  # fmt: skip
def test_types_of_other_labels(written):
    """A type that is none, or not that of the classes, is an error of one kind."""
    with pytest.raises(ValueError, match=r"^$"):
        table.type_read(written, np.asarray(["2020-01-01", "2020-01-02"]))


VALUES = {
    "decimal": (AS_TEXT["decimal"], ["1.5", "1.500", "15e-1", 1.5], ["1.501", "1.500000000000000001", 1.501]),
    "float32": (AS_TEXT["float32 with a fraction"], ["1.5", "1.50", 1.5], ["1.50000000001", "1.5000001"]),
    "float64": (pl.Series([2.0**53, 1.0]), ["9007199254740992", "9.007199254740992e15", 2**53],
                ["9007199254740993", "9007199254740992.5", 2**53 + 1]),
    "date": (AS_TEXT["date"], ["2020-01-01", datetime.date(2020, 1, 1)],
             ["01/01/2020", "2020-1-1", "20200101", datetime.datetime(2020, 1, 1), 18262]),
    "datetime": (AS_TEXT["datetime"], ["2020-10-25 12:00:00", "2020-10-25T12:00:00.0000000", NOON],
                 ["2020-10-25 12:00:00.0000001", "25/10/2020 12:00:00", "2020-10-25 12:00:00Z",
                  NOON.replace(tzinfo=datetime.UTC), NOON.date(), 1603627200000000]),
    "datetime of days": (AS_TEXT["datetime of days"], [NOON.replace(hour=0)], [NOON.date()]),
    "numbers": (pl.Series([1, 18262]), [1.0, "1"],
                [datetime.date(1970, 1, 2), datetime.time(0), datetime.datetime(1970, 1, 1, 0, 0, 0, 1)]),
    "datetime of a zone": (DST.dt.convert_time_zone("Europe/Berlin"),
                           ["2020-10-25T00:30:00.000007Z", NIGHT.replace(tzinfo=datetime.UTC)],
                           [NIGHT, NIGHT.date(), "2020-10-25 00:30:00.000007", "2020-10-25T00:30:00.0000071Z"]),
    "time": (AS_TEXT["time"], ["01:02:03", "01:02:03.000"], ["01:02:03.000000001", "01:02", datetime.time(1, 2, 3, 4)]),
    "enum": (AS_TEXT["enum"], ["x"], [0, 2]),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:.* have fractions")
@pytest.mark.parametrize(("labels", "same", "others"), VALUES.values(), ids=VALUES.keys())
def test_labels_are_known_by_value(labels, same, others):
    """The first label in another spelling or type is that label; what becomes it by rounding or guessing is not."""
    found = table.labels(labels.alias("y"), "f", typed=True)
    classes, kept = np.unique(found), table.label_type(labels) if found.dtype.kind == "U" else None
    for value in same:
        at = table.class_indices(pl.Series("y", [value]), classes, "f", kept=kept)
        assert classes[at] == found[:1], value
    for value in others:
        with pytest.raises(InputError, match="row 1, column 'y': the model does not know this label"):
            table.class_indices(pl.Series("y", [value]), classes, "f", kept=kept)


FAR = {
    "date": pl.Series("y", [0, 2**31 - 1], dtype=pl.Int32).cast(pl.Date),
    "datetime": pl.Series("y", [0, 2**63 - 1]).cast(pl.Datetime("us")),
    "datetime of a zone": pl.Series("y", [0, -(2**63) + 1]).cast(pl.Datetime("ms", "Europe/Berlin")),
}


@pytest.mark.parametrize("series", FAR.values(), ids=FAR.keys())
def test_dates_that_no_calendar_has(series, capfd):
    """Those for which polars has no year, and panics, are refused with their row, and so are they as unknown labels."""
    with pytest.raises(InputError, match="f, row 2, column 'y': this label cannot be kept exactly"):
        table.labels(series, "f", typed=True)
    for classes, kept in ((table.labels(series[:1], "f", typed=True), series.dtype), (np.asarray(["a"]), None)):
        with pytest.raises(InputError, match=rf"f, row {2 if kept else 1}, column 'y': the model does not know"):
            table.class_indices(series if kept else series[1:], classes, "f", kept=kept)
    with pytest.raises(InputError, match="row 1, column 'y': the model does not know"):
        table.class_indices(series[1:], np.asarray(["a"]), "f", kept=pl.Categorical())
    assert capfd.readouterr().err == ""


def test_unknown_dates():
    """The sentence shows how dates are written."""
    dtype, classes = table.type_read(["Date"], np.asarray(["2020-01-02"])), np.asarray(["2020-01-02"])
    with pytest.raises(InputError, match="not know this label; Date is read when written like 2020-01-02"):
        table.class_indices(pl.Series("y", ["01/02/2020"]), classes, "f", kept=dtype)


@pytest.mark.filterwarnings("ignore:.* have fractions")
@pytest.mark.parametrize("dtype", [pl.Float16, pl.Float32, pl.Float64])
@pytest.mark.parametrize("other", [0.5, 1.0])
def test_one_zero(dtype, other):
    """-0.0 is the label 0.0."""
    series = pl.Series("y", [-0.0, 0.0, other], dtype=dtype)
    found = table.labels(series, "f", typed=True)
    classes = np.unique(found)
    assert [str(label) for label in classes] == ["0.0", str(other)]
    kept = table.label_type(series) if found.dtype.kind == "U" else None
    for values in (series, pl.Series("y", ["-0.0", "0", str(other)])):
        assert table.class_indices(values, classes, "f", kept=kept).tolist() == [0, 0, 1]


@pytest.mark.parametrize("labels", [[3 * i for i in range(200)], [f"name {i}" for i in range(200)]])
def test_labels_of_their_own(labels):
    """Labels that are hardly ever the same are warned of, integers too."""
    with pytest.warns(
        UserWarning, match="f, column 'y': each of 200 different labels becomes .* but 200 rows; a column of"
    ):
        table.labels(pl.Series("y", labels), "f", typed=False)


def test_bytes_as_csv():
    """Bytes are written to CSV as the text they are, or not at all."""
    assert table.label_series("y", np.asarray([b"a", b"\xc3\xbc"]), typed=False).to_list() == ["a", "ü"]
    with pytest.raises(InputError, match="write Parquet"):
        table.label_series("y", np.asarray([b"\xff"]), typed=False)


@pytest.mark.parametrize(
    ("classes", "labels", "found"),
    [
        (np.asarray([-1, 7]), ["7", "-1"], [1, 0]),
        (np.asarray([False, True]), ["true", "False"], [1, 0]),
        (np.asarray([False, True]), ["1", "0"], [1, 0]),
        (np.asarray([False, True]), [1, 0], [1, 0]),
        (np.asarray(["1", "a"]), [1, 1], [0, 0]),
        (np.asarray([1.0, 2.5]), ["2.5", "1"], [1, 0]),
        (np.asarray([b"a", b"b"]), ["b", "a"], [1, 0]),
        (np.asarray([1, 2], dtype=np.int8), [2.0, 1.0], [1, 0]),
    ],
)
def test_class_indices(classes, labels, found):
    """Labels of one kind of file are found among the classes of another."""
    assert table.class_indices(pl.Series("y", labels), classes, "f").tolist() == found


@pytest.mark.parametrize(
    ("classes", "labels", "row"),
    [
        (np.asarray([1, 2]), ["1", "x"], 6),
        (np.asarray([1, 2]), ["1", "02"], 6),
        (np.asarray([False, True]), ["1", "2"], 6),
        (np.asarray([False, True]), [1, 2], 6),
        (np.asarray([False, True]), ["true", "nan"], 6),
        (np.asarray([1, 2]), [2.0, 1.5], 6),
        (np.asarray([1, 2]), [3, 1], 5),
        (np.asarray(["a", "b"]), ["a", "b", "c"], 7),
        (np.asarray([1, 2]), [1, None], 6),
        (np.asarray(["a", "b"]), ["b", "a\0"], 6),
        (np.asarray([b"a", b"b"]), [b"b", b"a\0"], 6),
        (np.asarray(["a", "b"]), ["b", None], 6),
    ],
)
def test_unknown_labels(classes, labels, row):
    """A label that is not a class is refused with its row; the first row of the batch counts."""
    with pytest.raises(InputError, match=f"f, row {row}, column 'y'"):
        table.class_indices(pl.Series("y", labels), classes, "f", first=5)


def test_labels_of_another_type():
    """A column that cannot be read as the model's labels is refused."""
    for series in (pl.Series("y", [b"\xff"]), pl.Series("y", [[1]])):
        with pytest.raises(InputError, match="are not the model's labels"):
            table.class_indices(series, np.asarray(["a", "b"]), "f")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["1", "x"], "row 2, column 'a': not a number"),
        (["1", None], "row 2, column 'a': the value is missing"),
        (["1", " "], "row 2, column 'a': the value is missing"),
        ([1.0, None], "row 2, column 'a': the value is missing"),
        (["1", "nan"], "row 2, column 'a': the value is NaN"),
        ([1.0, float("inf")], "row 2, column 'a': the value is infinite"),
        (["1", "-1e999"], "row 2, column 'a': the value is infinite"),
        ([datetime.date(2020, 1, 1)], "column 'a': values of type Date are no numbers"),
    ],
)
def test_no_numbers(values, message):
    """What is no finite number is refused with row and column, without its value."""
    with pytest.raises(InputError, match=f"f, {message}"):
        table.numbers(pl.DataFrame({"a": values}), "f")


def test_numbers():
    """Text and other types become floats."""
    for values in ([" 1", "2e0 "], [1, 2], [True, 2 > 3]):
        assert table.numbers(pl.DataFrame({"a": values}), "f")["a"][0] == 1.0
    assert table.numbers(pl.DataFrame({"a": ["True", "false", "1", "0.0"]}), "f", booleans=["a"])["a"].to_list() == [
        1,
        0,
        1,
        0,
    ]
    many = pl.DataFrame({"^.*$": [1], "*": ["2"], "b": ["true"], "a": [True]})
    assert table.numbers(many, "f", booleans=["b"]).rows() == [(1, 2, 1, 1)]


@pytest.mark.filterwarnings("ignore:.* have fractions")
@pytest.mark.parametrize("name", ["^c$", "^($", "*", "^.*$"])
def test_targets_and_weights_under_names_like_patterns(name):
    """Labels and weights are read, and their faults told, in columns whose names polars would take for patterns."""
    for values in (["u", "v"], ["1", "2"], ["true", "false"], ["1.5", "2.5"], [1.5, 2.5], [2, 1], [b"a", b"b"]):
        series = pl.Series(name, values)
        classes, positions = np.unique(table.labels(series, "f", typed=False), return_inverse=True)
        assert table.class_indices(series, classes, "f").tolist() == positions.tolist()
        missing = pl.Series(name, [values[0], None])
        with pytest.raises(InputError) as of_fit:
            table.labels(missing, "f", typed=False)
        with pytest.raises(InputError) as of_evaluate:
            table.class_indices(missing, classes, "f")
        for caught in (of_fit, of_evaluate):
            assert str(caught.value) == f"f, row 2, column {name!r}: the label is missing."
    assert table.weights(pl.DataFrame({name: ["1", "2"]}), name, "f").tolist() == [1, 2]
    for weights, what in ((["1", None], "the value is missing"), ([1.0, -1.0], "weights must be")):
        with pytest.raises(InputError) as caught:
            table.weights(pl.DataFrame({name: weights}), name, "f")
        assert f"f, row 2, column {name!r}: {what}" in str(caught.value)


@pytest.mark.parametrize("unit", ["b", "\u6f22", b"b"])
def test_one_long_label_takes_no_room_of_the_others(unit):
    """Many rows beside one long text are refused in the memory that the texts take, not in rows times the longest."""
    series = pl.Series("y", [unit, unit * 200_000, *[unit] * 2000])
    classes = np.asarray([unit])
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match=r"f, row 2, column 'y': labels of 200000 \w+ are too long"):
            table.labels(series, "f", typed=True)
        with pytest.raises(InputError, match="f, row 2, column 'y': the model does not know this label"):
            table.class_indices(series, classes, "f")
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()


def test_weights():
    """Weights are 0, or as far from the least and the largest numbers as computing with them needs."""
    right = [0.0, -0.0, 1e-200, 1.0, 1e200]
    assert table.weights(pl.DataFrame({"w": right}), "w", "f").tolist() == right
    for given in (right, [str(weight) for weight in right]):
        assert table.weights(pl.DataFrame({"w": given}), "w", "f").flags.writeable  # torch warns of others
    for wrong in (-1.0, -5e-324, 5e-324, 1e-300, 9.9e-201, 1.1e200):
        with pytest.raises(InputError, match="f, row 2, column 'w': weights must be 0, or from 1e-200"):
            table.weights(pl.DataFrame({"w": [1.0, wrong]}), "w", "f")
