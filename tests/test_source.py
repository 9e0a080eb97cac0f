"""Data files: what is read, a few rows at a time, and what is refused where."""

import gzip
import os

import numpy as np
import polars as pl
import pytest

from softreg import _source as source
from softreg.errors import InputError


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "f.csv is empty"),
        (b"a,a\n1,2\n", "two columns named 'a'"),
        (b"\na,b\n1,2\n", "line 1: it is blank"),
        (b'a,"b"c\n1,2\n', "line 1: its quotes or line ends are not those of CSV"),
        (gzip.compress(b"a,b\n1,2\n", mtime=0), r"looks like a file compressed with gzip"),
        (b"\x80\x04\x95\xff\xfe" * 50, "f.csv"),
        (b"PAR1\x15 and no Parquet" * 5, "f.csv is damaged, or not Parquet as polars reads it: "),
        (b"a;b\n1,5;2\n", "seems to be separated by ';'; values must be separated by commas"),
        (b"a\tb\n1\t2\n", r"seems to be separated by '\\t'"),
        (bytes(range(1, 10)) + b"\n1\t2\n", "neither a text file in UTF-8 with a header, nor Parquet"),
        (b",a\n0,1\n", "column 1 of the header has no name"),
        ("gr\u00f6\u00dfe,b\n1,2\n".encode("latin-1"), "line 1: it is not UTF-8 text"),
        ("a,b\n1,2\n".encode("utf-16"), "neither a text file in UTF-8 with a header, nor Parquet"),
    ],
)
def test_no_table(tmp_path, content, message):
    """What is no table is refused."""
    (tmp_path / "f.csv").write_bytes(content)
    with pytest.raises(InputError, match=message):
        source.source(tmp_path / "f.csv")


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        (b"1,2,3\n", "line 3: it has 3 fields, the header has 2"),
        (b"5,6\n1\n", "line 4: it has 1 field, the header has 2"),
        (b"1\n1,2,3\n", "line 3: it has 1 field, the header has 2"),
        (b'1,"secret\n5,6\n', r"line 3: its quotes or line ends are not those of CSV \(unexpected end of data\)"),
        (b'5,6\n1,"a"secret\n', r"line 4: its quotes or line ends are not those of CSV \(',' expected after"),
        (b"1,secret\r5,6\n", r"line 3: carriage returns stand alone there"),
        (b"1,secret\n\n5,6\n", "line 4: it is blank; delete it"),
        (b'"1","x\n"\n\n5,6\n', "line 5: it is blank; delete it"),
        (b"1,x\n2,y\0z\n", "line 4: it holds a null byte, which is no text"),
        (b'1,x\n2,"y\0z"\n', "line 4: it holds a null byte, which is no text"),
        (
            b'1,x\n2,"secret' + b"\n4" * 50_000,
            r"line 4: a value begins there that is longer than 60000 characters; a quote may not",
        ),
        (b"1,M\xfcller\n", "line 3: it is not UTF-8 text"),
        (b'1,"x\ny"\n2,M\xfcller\n', "line 5: it is not UTF-8 text"),
    ],
)
@pytest.mark.parametrize("size", [1, 1 << 20])
def test_faults_of_rows(tmp_path, monkeypatch, rows, fault, size):
    """A row that is no CSV is told by its line, without what stands there, wherever a piece of the file ends."""
    monkeypatch.setattr(source, "BYTES", size)
    monkeypatch.setattr(source, "FIELD", 60_000)
    (tmp_path / "f.csv").write_bytes(b"a,b\n3,4\n" + rows)
    data = source.source(tmp_path / "f.csv")
    for read in (source.whole, lambda data, columns: list(source.batches(data, columns, 1))):
        with pytest.raises(InputError, match=rf"f\.csv, {fault}") as caught:
            read(data, ["a"])
        assert "secret" not in str(caught.value).rpartition("f.csv")[2]


@pytest.mark.parametrize("size", [1, 1 << 20])
@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (b"a,b\n1,x\n2,\n", [("1", "x"), ("2", None)]),
        (b"a,b\r\n1,x\r\n2,y", [("1", "x"), ("2", "y")]),
        (b"\xef\xbb\xbfa,b\n1,x\n\n\n", [("1", "x")]),
        (b'a,b\n1," ""x"",\n\ny"\n2,\xc3\xbc"\n,z\n', [("1", ' "x",\n\ny'), ("2", '\u00fc"'), (None, "z")]),
        (b'"a",b\n"1",""\n', [("1", None)]),
        (b"a,b\n", []),
        (b'a,b\n1,"' + b"x" * 200_000 + b'"\n', [("1", "x" * 200_000)]),
    ],
)
def test_rows(tmp_path, monkeypatch, content, rows, size):
    """Rows are the same by either way of splitting them, wherever a piece of the file ends."""
    monkeypatch.setattr(source, "BYTES", size)
    (tmp_path / "f.csv").write_bytes(content)
    found = [
        row for _, frame in source.batches(source.source(tmp_path / "f.csv"), ["b", "a"], 2) for row in frame.rows()
    ]
    assert found == [(b, a) for a, b in rows]


def test_one_column_of_an_odd_name(tmp_path):
    """The name of the only column may hold what separates values elsewhere, if the values do not."""
    for mark in ";\t|":
        (tmp_path / "f.csv").write_text(f"a{mark}b\n1\n2\n", encoding="utf-8")
        assert source.source(tmp_path / "f.csv").columns == [f"a{mark}b"]


def test_no_name_in_parquet(tmp_path):
    """A column of Parquet without a name is refused too."""
    pl.DataFrame({"a": [1], "": [2]}).write_parquet(tmp_path / "f")
    with pytest.raises(InputError, match="column 2 of the header has no name"):
        source.source(tmp_path / "f")
    pl.DataFrame().write_parquet(tmp_path / "f")
    with pytest.raises(InputError, match="f has no columns"):
        source.source(tmp_path / "f")


def test_batches(tmp_path, monkeypatch):
    """All rows come once, in order, a few at a time, from either kind of file."""
    monkeypatch.setattr(source, "ROWS", 70)
    monkeypatch.setattr(source, "SLICE", 500)
    frame = pl.DataFrame({"a": range(1000), "b": ["x\ny"] * 1000})
    frame.write_csv(tmp_path / "f.csv")
    frame.write_parquet(tmp_path / "f.parquet")
    for name in ("f.csv", "f.parquet"):
        data = source.source(tmp_path / name)
        parts = list(source.batches(data, ["b", "a"], 2))
        assert all(part.height <= 70 for _, part in parts)
        assert [first for first, _ in parts] == np.cumsum([1, *(part.height for _, part in parts[:-1])]).tolist()
        assert pl.concat([part for _, part in parts])["a"].cast(pl.Int64).to_list() == list(range(1000))
        assert source.height(data) >= 1000


def test_names_are_no_patterns(tmp_path):
    """A file whose name looks like a pattern or an address is that file."""
    for name in ("a*.csv", "s3:a.csv", "[x].csv"):
        (tmp_path / name).write_text("a\n1\n", encoding="utf-8")
        assert source.whole(source.source(tmp_path / name), ["a"]).height == 1


def test_columns_are_no_patterns(tmp_path):
    """A column whose name polars would take for a pattern is read by its name."""
    frame = pl.DataFrame({"*": ["1"], "^.*$": ["2"], "b": ["3"]})
    frame.write_csv(tmp_path / "f.csv")
    frame.write_parquet(tmp_path / "f.parquet")
    for name in ("f.csv", "f.parquet"):
        assert source.whole(source.source(tmp_path / name), ["^.*$", "*"]).rows() == [("2", "1")]


def test_names_are_no_text(tmp_path):
    """A file whose name is no UTF-8 is read, but Parquet, which is refused by a sentence."""
    name = os.fsencode(tmp_path) + b"/\xff"
    with open(name, "wb") as file:
        file.write(b"a\n1\n")
    assert source.whole(source.source(os.fsdecode(name)), ["a"]).height == 1
    with open(name, "wb") as file:
        pl.DataFrame({"a": [1]}).write_parquet(file)
    with pytest.raises(InputError, match="is not UTF-8, so that Parquet cannot be read; rename"):
        source.source(os.fsdecode(name))


def test_pipes(tmp_path):
    """What is no file is refused, without waiting for who writes to it."""
    os.mkfifo(tmp_path / "f.csv")
    with pytest.raises(InputError, match=r"f\.csv is a pipe or a device; write the data to a file"):
        source.source(tmp_path / "f.csv")


def test_parquet_in_slices(tmp_path, monkeypatch):
    """Of one large row group, no more is decoded at once than asked for."""
    monkeypatch.setattr(source, "SLICE", 3000)
    pl.DataFrame({"a": range(10_000), "b": range(10_000)}).write_parquet(tmp_path / "f", row_group_size=10_000)
    heights, real = [], pl.LazyFrame.collect
    monkeypatch.setattr(pl.LazyFrame, "collect", lambda *a, **k: heights.append((f := real(*a, **k)).height) or f)
    assert source.whole(source.source(tmp_path / "f"), ["b", "a"])["a"].to_list() == list(range(10_000))
    assert max(heights) == 1500
