"""Data files: what is read, a few rows at a time, and what is refused where."""

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
        (b"\x80\x04\x95\xff\xfe" * 50, "f.csv"),
        (b"PAR1 and no Parquet" * 5, "f.csv cannot be read"),
        (b"a;b\n1,5;2\n", "seems to be separated by ';'; values must be separated by commas"),
        (b"a\tb\n1\t2\n", r"seems to be separated by '\\t'"),
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


def test_ragged_rows(tmp_path):
    """A row with more fields than the header is refused."""
    (tmp_path / "f.csv").write_text("a,b\n1,2,3\n", encoding="utf-8")
    with pytest.raises(InputError, match="line 2: it has 3 fields, the header has 2"):
        source.whole(source.source(tmp_path / "f.csv"), ["a"])
    with pytest.raises(InputError, match="line 2: it has 3 fields, the header has 2"):
        list(source.batches(source.source(tmp_path / "f.csv"), ["a"], 1))


def test_other_encodings(tmp_path):
    """A row that is no UTF-8 is named by its line, also behind values of several lines."""
    (tmp_path / "f.csv").write_bytes(b'a,b\n1,"x\ny"\n2,M\xfcller\n')
    with pytest.raises(InputError, match=r"f.csv, line 4: it is not UTF-8 text\.$"):
        source.whole(source.source(tmp_path / "f.csv"), ["a"])


def test_no_name_in_parquet(tmp_path):
    """A column of Parquet without a name is refused too."""
    pl.DataFrame({"a": [1], "": [2]}).write_parquet(tmp_path / "f")
    with pytest.raises(InputError, match="column 2 of the header has no name"):
        source.source(tmp_path / "f")


def test_batches(tmp_path, monkeypatch):
    """All rows come once, in order, a few at a time, from either kind of file."""
    monkeypatch.setattr(source, "ROWS", 70)
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
