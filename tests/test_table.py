"""Data files: types of columns and labels, and what is refused where."""

import datetime

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


@pytest.mark.parametrize(
    "series",
    [
        pl.Series([1, 2], dtype=pl.UInt64),
        pl.Series([1, 2], dtype=pl.Int8),
        pl.Series([1.0, 2.0], dtype=pl.Float32),
        pl.Series([True, False]),
        pl.Series(["1", "2"]),
        pl.Series(["x", "y"], dtype=pl.Categorical),
        pl.Series([b"\xff", b"a"]),
    ],
)
def test_labels_of_parquet(series):
    """Types of Parquet stay, there and back."""
    found = table.labels(series.alias("y"), "f", typed=True)
    assert found.tolist() == series.to_list()
    back = table.label_series("y", found, typed=True)
    assert back.to_list() == series.to_list()
    assert back.dtype == (pl.String if series.dtype == pl.Categorical else series.dtype)
    assert np.array_equal(np.unique(found)[table.class_indices(series.alias("y"), np.unique(found), "f")], found)


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
        (np.asarray([1, 2]), [2.0, 1.5], 6),
        (np.asarray([1, 2]), [3, 1], 5),
        (np.asarray(["a", "b"]), ["a", "b", "c"], 7),
        (np.asarray([1, 2]), [1, None], 6),
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
        table.numbers(pl.Series("a", values), "f")


def test_numbers():
    """Text and other types become floats."""
    for values in ([" 1", "2e0 "], [1, 2], [True, 2 > 3]):
        assert table.numbers(pl.Series("a", values), "f").to_list()[0] == 1.0
    assert table.numbers(pl.Series("a", ["True", "false"]), "f", boolean=True).to_list() == [1.0, 0.0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "f.csv is empty"),
        (b"a,a\n1,2\n", "two columns named 'a'"),
        (b"\x80\x04\x95\xff\xfe" * 50, "f.csv"),
        (b"PAR1 and no Parquet" * 5, "f.csv cannot be read"),
    ],
)
def test_no_table(tmp_path, content, message):
    """What is no table is refused."""
    (tmp_path / "f.csv").write_bytes(content)
    with pytest.raises(InputError, match=message):
        table.source(tmp_path / "f.csv")


def test_ragged_rows(tmp_path):
    """A row with more fields than the header is refused."""
    (tmp_path / "f.csv").write_text("a,b\n1,2,3\n", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be read: found more fields"):
        table.whole(table.source(tmp_path / "f.csv"), ["a"])
    with pytest.raises(InputError, match="cannot be read: found more fields"):
        list(table.batches(table.source(tmp_path / "f.csv"), ["a"], 1))


def test_batches(tmp_path, monkeypatch):
    """All rows come once, in order, a few at a time, from either kind of file."""
    monkeypatch.setattr(table, "ROWS", 70)
    frame = pl.DataFrame({"a": range(1000), "b": ["x\ny"] * 1000})
    frame.write_csv(tmp_path / "f.csv")
    frame.write_parquet(tmp_path / "f.parquet")
    for name in ("f.csv", "f.parquet"):
        data = table.source(tmp_path / name)
        parts = list(table.batches(data, ["b", "a"], 2))
        assert all(part.height <= 70 for _, part in parts)
        assert [first for first, _ in parts] == np.cumsum([1, *(part.height for _, part in parts[:-1])]).tolist()
        assert pl.concat([part for _, part in parts])["a"].cast(pl.Int64).to_list() == list(range(1000))
        assert table.height(data) >= 1000


def test_names_are_no_patterns(tmp_path):
    """A file whose name looks like a pattern or an address is that file."""
    for name in ("a*.csv", "s3:a.csv", "[x].csv"):
        (tmp_path / name).write_text("a\n1\n", encoding="utf-8")
        assert table.whole(table.source(tmp_path / name), ["a"]).height == 1
