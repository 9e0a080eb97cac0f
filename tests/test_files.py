"""Files that appear whole or not at all."""

import errno
import os

import pytest

from softreg import _files
from softreg.errors import InputError


def test_whole_or_not_at_all(tmp_path):
    """A body that fails leaves the old file as it was, and nothing beside it."""
    path = tmp_path / "a"
    path.write_bytes(b"old")

    def fail():
        with _files.replacing(path) as file:
            file.write(b"new")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(OSError, match="No space left"):
        fail()
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a"]
    with _files.replacing(path) as file:
        file.write(b"new")
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["a"]


def test_order_of_the_steps(tmp_path, monkeypatch):
    """The bytes are on the disk before the name, and the name before the call returns."""
    steps = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *args, real=real, name=name: steps.append(name) or real(*args))
    with _files.replacing(tmp_path / "a") as file:
        file.write(b"x")
    assert steps == ["fsync", "replace", "fsync"]


def test_link_is_replaced(tmp_path):
    """A link at the path is replaced; the file that it points at is not written."""
    (tmp_path / "target").write_bytes(b"kept")
    (tmp_path / "link").symlink_to("target")
    with _files.replacing(tmp_path / "link") as file:
        file.write(b"new")
    assert (tmp_path / "target").read_bytes() == b"kept"
    assert not (tmp_path / "link").is_symlink()


def test_mode_is_the_umask(tmp_path):
    """A new file has the mode that any program's would have."""
    old = os.umask(0o027)
    try:
        with _files.replacing(tmp_path / "a") as file:
            file.write(b"x")
    finally:
        os.umask(old)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640


def test_mode_is_kept(tmp_path):
    """A file that is replaced keeps its mode, from before anything is in it; a link has none of its own."""
    path = tmp_path / "a"
    path.write_bytes(b"old")
    path.chmod(0o600)
    with _files.replacing(path) as file:
        assert os.fstat(file.fileno()).st_mode & 0o777 == 0o600
    assert path.stat().st_mode & 0o777 == 0o600


def test_errors_of_writing_have_the_name(tmp_path):
    """A disk that is full while a file is written is told with the name that was given."""
    with pytest.raises(OSError, match="No space left") as caught, _files.replacing(tmp_path / "a"):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert caught.value.filename == str(tmp_path / "a")


def test_no_name():
    """An empty name is refused, and not taken for the folder."""
    with pytest.raises(InputError, match="name of the file to write is empty"), _files.replacing(""):
        pass


def test_names_of_folders(tmp_path):
    """A name that ends in a slash is refused, whether that folder is there or not."""
    for name in (f"{tmp_path}/", f"{tmp_path}/none/"):
        with pytest.raises(InputError, match="is the name of a folder; name the file"), _files.replacing(name):
            pass
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(("path", "error"), [("no/a", FileNotFoundError), ("", IsADirectoryError)])
def test_impossible_places(tmp_path, path, error):
    """Where no file can be, the error names the path that was given."""
    with pytest.raises(error) as caught, _files.replacing(tmp_path / path):
        pass
    assert caught.value.filename == str(tmp_path / path)


def test_what_is_no_file_stays(tmp_path):
    """A pipe, and a link to one, are refused and not replaced."""
    pipe, link = tmp_path / "pipe", tmp_path / "link"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for path in (pipe, link):
        with pytest.raises(OSError, match="Not a regular file"), _files.replacing(path) as file:
            file.write(b"new")
    assert pipe.is_fifo()
    assert link.is_symlink()
