"""Data files: CSV and Parquet, a few rows at a time, so that a file may be larger than memory.

CSV says nothing of types: all its values are text here, and `softreg._table` decides what they are.
Lines without quotes are split by polars; where there are quotes, or something is wrong, Python's csv reads
record by record and knows the line. Rows of data are counted from 1, lines of the file too.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import BinaryIO, NamedTuple

import polars as pl

from softreg._files import PARQUET, ends_in, kind_of, reading
from softreg._sentences import counted
from softreg.errors import InputError

VALUES = 4_000_000  # of one batch
ROWS = 50_000  # of one batch
SLICE = 16_000_000  # values of Parquet that are decoded at once; each time the file's row group is read again
BYTES = 1 << 22  # of CSV that are split at once
FIELD = 1 << 22  # characters of one value, so that a quote that is not closed does not take all of a file
HEAD = 4096  # bytes that tell what a file is
OTHER_FORMATS = (  # that a name may ask for
    *(".xlsx", ".xls", ".ods", ".json", ".jsonl", ".ndjson", ".xml", ".html", ".pdf", ".db", ".sqlite"),
    *(".feather", ".arrow", ".ipc", ".avro", ".orc", ".h5", ".hdf5", ".npy", ".npz", ".mat", ".pkl", ".pickle"),
    *(".gz", ".bz2", ".xz", ".zst", ".zip", ".7z", ".tar", ".tgz", ".joblib", ".safetensors", ".pt", ".png"),
)
BOM = b"\xef\xbb\xbf"


class Source(NamedTuple):
    """A data file whose header has been read."""

    path: str
    columns: list[str]
    separator: str | None

    @property
    def typed(self) -> bool:
        """Whether the file says what its values are, as Parquet does; CSV is text between separators."""
        return self.separator is None


def source(path: str | os.PathLike[str]) -> Source:
    """Look at a file: its kind is decided by its first bytes, its columns by its header."""
    name = os.fspath(path)
    following = b""
    with reading(name) as file:
        start = file.read(HEAD)
        if not start:
            raise InputError(f"{name} is empty.")
        if start.startswith(PARQUET):
            data = Source(name, _parquet(name).collect_schema().names(), None)
        elif names_parquet(name):
            raise InputError(f"{name} is not a Parquet file.")
        elif kind_of(start) is not None or min(start.partition(b"\n")[0], default=32) < 9:  # no text begins so
            like = f" (looks like {kind_of(start)})" if kind_of(start) else ""
            raise InputError(f"{name} is neither a text file in UTF-8 with a header, nor Parquet{like}.")
        else:
            file.seek(0)
            data = Source(name, _Lines(name, file, separator_of(name)).columns, separator_of(name))
            following = file.readline()
    _is_header(data, following)
    return data


def separator_of(name: str) -> str:
    """Return what stands between the values of a text file of this name."""
    return "\t" if ends_in(name, ".tsv", ".tab") else ","


def names_parquet(name: str) -> bool:
    """Whether a file of this name is one of Parquet."""
    return ends_in(name, ".parquet", ".pq")


def refuse_formats(out: str) -> None:
    """Refuse to fill a file with CSV whose name says that it is something else."""
    if ends_in(out, *OTHER_FORMATS):
        raise InputError(f"{out}: a table is written as .csv, .tsv or .parquet.")


def _is_header(data: Source, following: bytes) -> None:
    name, columns = data.path, data.columns
    if not columns:
        raise InputError(f"{name} has no columns.")
    if "" in columns:
        at = columns.index("") + 1
        raise InputError(f"{name}: column {at} of the header has no name; give it one, or leave out pandas' index.")
    if len(set(columns)) < len(columns):
        raise _twice(name, next(column for column in columns if columns.count(column) > 1))
    other = next((mark for mark in ";\t|," if mark.encode() in following and mark in columns[0]), None)
    if other is not None and len(columns) == 1:
        raise InputError(
            f"{name} seems to be separated by {other!r}; values must be separated by commas, in .tsv files by tabs."
        )


def _twice(path: str, column: str) -> InputError:
    return InputError(f"{path} has two columns named {column!r}.")


def whole(data: Source, columns: list[str]) -> pl.DataFrame:
    """Return these columns, in this order."""
    frames = [frame for _, frame in batches(data, columns, len(columns))]
    if not frames:
        raise no_rows(data)
    return pl.concat(frames)


def no_rows(data: Source) -> InputError:
    """Return what is wrong with a file without rows."""
    return InputError(f"{data.path} has {'no' if data.typed else 'a header, but no'} rows.")


def taken(frame: pl.DataFrame, columns: Iterable[str]) -> pl.DataFrame:
    """Return these columns; `select` would take a name such as "^.*$" for a pattern."""
    return pl.DataFrame([frame[name] for name in columns])


def height(data: Source) -> int:
    """Return the number of rows, of a CSV file the number of its lines: enough for a bar."""
    if data.typed:
        frame = _parquet(data.path).select(pl.len())
        with _decoding(data.path):
            return int(frame.collect().item())
    with reading(data.path) as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))


def batches(data: Source, columns: list[str], width: int) -> Iterator[tuple[int, pl.DataFrame]]:
    """Give the number of the first row and some rows, again and again; a row needs `width` values of memory."""
    rows = max(1, min(ROWS, VALUES // max(width, 1)))
    first = 1
    for frame in _slices(data, columns) if data.typed else _texts(data, columns):
        for at in range(0, frame.height, rows):
            part = frame.slice(at, rows)
            yield first, part
            first += part.height


@contextmanager
def _decoding(path: str) -> Iterator[None]:
    """Say of a file that is broken that it cannot be read; some damage makes polars panic, which is no Exception."""
    what = f"{path} is damaged, or not Parquet as polars reads it"
    try:
        yield
    except pl.exceptions.PanicException:  # its text is for who mends polars
        raise InputError(f"{what}.") from None
    except pl.exceptions.DuplicateError as error:
        raise _twice(path, str(error).partition("'")[2].rpartition("'")[0]) from None
    except pl.exceptions.PolarsError as error:
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__).rstrip(".")
        raise InputError(f"{what}: {reason}.") from None


def _parquet(path: str) -> pl.LazyFrame:
    try:
        path.encode()
    except UnicodeEncodeError:
        raise InputError(f"the name {path} is not UTF-8, so that Parquet cannot be read; rename the file.") from None
    # A path that is absolute is taken for no address; `collect_schema` reads what may be broken.
    with _decoding(path):
        frame = pl.scan_parquet(os.path.abspath(path), glob=False, hive_partitioning=False)
        frame.collect_schema()
    return frame


def _slices(data: Source, columns: list[str]) -> Iterator[pl.DataFrame]:
    """Read Parquet a slice at a time; polars by itself would decode whole row groups, and there may be but one."""
    frame = _parquet(data.path).select(pl.selectors.by_name(columns))
    step = max(1, SLICE // max(len(columns), 1))
    for at in range(0, height(data), step):
        with _decoding(data.path):
            part = frame.slice(at, step).collect()
        yield taken(part, columns)


def _texts(data: Source, columns: list[str]) -> Iterator[pl.DataFrame]:
    assert data.separator is not None
    with reading(data.path) as file:
        for frame in _Lines(data.path, file, data.separator).frames():
            yield taken(frame, columns)


class _Lines:
    """A CSV file that is read from its header on."""

    def __init__(self, path: str, file: BinaryIO, separator: str) -> None:
        self.path, self.file, self.separator = path, file, separator
        self.line = 0  # the last one read
        self.blank: int | None = None  # a blank one, after which there may be no more
        self.columns: list[str] = []
        header = self._records([file.readline().removeprefix(BOM)])
        if not header:
            raise self._fault(1, "it is blank, and should be the header")
        self.columns = header[0]

    def frames(self) -> Iterator[pl.DataFrame]:
        """Give all rows as text, as many at a time as `BYTES` hold; what is not given is null."""
        while lines := self.file.readlines(BYTES):
            frame = self._plain(lines)
            if frame is None:
                rows = self._records(lines)
                values = zip(*rows, strict=True) if rows else [[]] * len(self.columns)
                named = zip(self.columns, values, strict=True)
                frame = pl.DataFrame([pl.Series(name, list(column), dtype=pl.String) for name, column in named])
                frame = frame.select(pl.when(pl.all() != "").then(pl.all()))
            yield frame

    def _plain(self, lines: list[bytes]) -> pl.DataFrame | None:
        """Return the rows of lines that hold one record each; None if it takes more to tell."""
        text = b"".join(lines).replace(b"\r\n", b"\n")
        separator = self.separator.encode()
        if (
            self.blank is not None
            or any(mark in text for mark in (b'"', b"\r", b"\n\n", b"\0"))
            or text.startswith(b"\n")
            or text.count(separator) != len(lines) * (len(self.columns) - 1)
        ):
            return None
        schema = dict.fromkeys(self.columns, pl.String)
        try:
            frame = pl.read_csv(text, has_header=False, separator=self.separator, quote_char=None, schema=schema)
        except pl.exceptions.PolarsError:
            return None
        self.line += len(lines)
        return frame

    def _records(self, lines: list[bytes]) -> list[list[str]]:
        """Return the records that begin in these lines; the last one may end in a later line."""
        last, first = self.line + len(lines), self.line + 1
        rows = []
        limit = csv.field_size_limit(FIELD)
        try:
            for row in csv.reader(self._decoded(chain(lines, self.file)), delimiter=self.separator, strict=True):
                if row and self.blank is not None:
                    raise self._fault(self.blank, "it is blank; delete it")
                if row and self.columns and len(row) != len(self.columns):
                    what = f"it has {counted(len(row), 'field')}, the header has {len(self.columns)}"
                    raise self._fault(first, what)
                if row:
                    rows.append(row)
                elif self.blank is None:
                    self.blank = first
                first = self.line + 1
                if self.line >= last:
                    break
        except csv.Error as error:
            if "field limit" in str(error):
                what = f"a value begins there that is longer than {FIELD} characters; a quote may not be closed"
                raise self._fault(first, what) from None
            if "new-line" in str(error):
                what = "carriage returns stand alone there, as line ends of old Macs do; write line feeds instead"
                raise self._fault(first, what) from None
            advice = "write quotes around values with quotes, separators or line breaks, and double the quotes in them"
            what = f"its quotes or line ends are not those of CSV ({error}); {advice}"
            raise self._fault(first, what) from None
        finally:
            csv.field_size_limit(limit)
        return rows

    def _decoded(self, lines: Iterable[bytes]) -> Iterator[str]:
        for line in lines:
            self.line += 1
            if b"\0" in line:
                raise self._fault(self.line, "it holds a null byte, which is no text")
            try:
                yield line.decode()
            except UnicodeDecodeError:
                raise self._fault(self.line, "it is not UTF-8 text") from None

    def _fault(self, line: int, what: str) -> InputError:
        return InputError(f"{self.path}, line {line}: {what}.")
