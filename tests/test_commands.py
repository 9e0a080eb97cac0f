"""softreg fit, predict, evaluate and inspect: what a user types, and what comes of it."""

import datetime
import decimal
import errno
import importlib.util
import io
import json
import os
import random
import signal
import subprocess
import sys
import tomllib
import warnings
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import fuzz_model_file
import numpy as np
import polars as pl
import pytest
from sklearn.datasets import load_wine

import softreg
from softreg import _commands, _container, _memory, _sentences, _source, _table
from softreg.cli import main

WINE = load_wine()
NAMES = [name.replace("/", "_") for name in WINE.feature_names]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A current folder with wine.csv: 13 numbers, a text, a boolean, weights, and a label."""
    frame = pl.DataFrame(WINE.data, schema=NAMES).with_columns(
        taste=pl.Series(["dry", "sweet, or so", "ü"])[np.arange(178) % 3],
        old=pl.Series(np.arange(178) % 2 == 0),
        w=pl.Series(1.0 + np.arange(178) % 2),
        kind=pl.Series(["Barolo", "Grignolino", "Barbera"])[WINE.target],
    )
    frame.write_csv(tmp_path / "wine.csv")
    frame.write_parquet(tmp_path / "wine.parquet")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def outputs(*arguments, code=0, encoding="utf-8"):
    """Run a command, and return what it prints on standard output and error; no other file may be left."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding, write_through=True) for _ in range(2))
    with redirect_stdout(out), redirect_stderr(err), pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["softreg", *(str(argument) for argument in arguments)])
        with pytest.raises(SystemExit) as end:
            main()
    printed, told = (stream.buffer.getvalue().decode(encoding) for stream in (out, err))
    assert (end.value.code or 0) == code, printed + told
    assert "Traceback" not in told
    assert not [name for name in os.listdir() if name.startswith(".softreg")]
    return printed, told


def run(*arguments, code=0):
    """Run a command, and return what it prints, or why it does not end well."""
    return outputs(*arguments, code=code)[code != 0]


def warned(*arguments):
    """Return what a command that ends well says on standard error, with the warnings that a user sees."""
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        return outputs(*arguments)[1]


def fit(*options, data="wine.csv", code=0):
    """Fit the wine."""
    return run("fit", data, "--target", "kind", "--out", "m.safetensors", *options, code=code)


def refused(*arguments):
    """Return the one sentence of a command that cannot be done; it leaves no file behind."""
    before = {name: os.stat(name).st_mtime_ns for name in os.listdir()}
    text = run(*arguments, code=2)
    assert text.startswith("softreg: ")
    assert text.count("\n") == 1
    assert {name: os.stat(name).st_mtime_ns for name in os.listdir()} == before
    return text


@pytest.mark.parametrize("data", ["wine.csv", "wine.parquet"])
def test_round_trip(folder, data):
    """Fit, predict to either kind of file, evaluate: the numbers are those of Python."""
    fit("--drop", "w", data=data)
    model = softreg.load("m.safetensors")
    frame = pl.read_parquet("wine.parquet")
    X = frame.select(NAMES).with_columns(
        old=frame["old"].cast(pl.Float64),
        **{f"taste={taste}": (frame["taste"] == taste).cast(pl.Float64) for taste in ("dry", "sweet, or so", "ü")},
    )
    assert list(model.feature_names_in_) == X.columns
    for out in ("p.csv", "p.parquet"):
        run("predict", "m.safetensors", "wine.csv", "--out", out)
        read = pl.read_csv if out == "p.csv" else pl.read_parquet
        assert read(out)["prediction"].to_list() == model.predict(X).tolist()
        run("predict", "m.safetensors", "wine.parquet", "--out", out, "--proba")
        assert read(out).columns == ["Barbera", "Barolo", "Grignolino"]
        assert np.array_equal(read(out).to_numpy(), model.predict_proba(X))
    report = json.loads(run("evaluate", "m.safetensors", data, "--target", "kind", "--json"))
    assert report["rows"] == 178
    assert report["accuracy"] == pytest.approx(model.score(X, frame["kind"].to_numpy()))
    assert np.trace(report["confusion"]) == pytest.approx(report["accuracy"] * 178)


def test_files_larger_than_a_batch(folder, monkeypatch):
    """A file that comes in many batches gives what it gives in one."""
    fit("--drop", "w")
    outputs = []
    for rows in (10_000, 7):
        monkeypatch.setattr(_source, "ROWS", rows)
        for out in ("p.csv", "p.parquet"):
            run("predict", "m.safetensors", "wine.csv", "--out", out, "--proba")
        read = (pl.read_csv("p.csv").to_numpy(), pl.read_parquet("p.parquet").to_numpy())
        report = json.loads(run("evaluate", "m.safetensors", "wine.csv", "--target", "kind", "--json"))
        outputs.append((*read, report.pop("log_loss"), report))
    for one, many in zip(*outputs, strict=True):
        if isinstance(one, dict):
            assert one["confusion"] == many["confusion"]
        else:
            assert np.allclose(one, many, rtol=1e-13, atol=0)
    bad = pl.read_csv("wine.csv").with_columns(old=pl.Series(["true"] * 99 + ["maybe"] + ["false"] * 78))
    bad.write_csv("bad.csv")
    for out in ("p.csv", "new.parquet"):
        assert "row 100, column 'old'" in refused("predict", "m.safetensors", "bad.csv", "--out", out)


def test_rows_are_written_as_they_are_read(folder, monkeypatch):
    """When a batch is read, the predictions of the one before are in the file: only a batch is in memory."""
    fit("--drop", "w")
    frame, sizes = pl.read_parquet("wine.parquet"), []

    def batches(data, columns, width):
        for k in range(5):
            sizes.append(max([0, *(os.path.getsize(name) for name in os.listdir() if name.startswith(".softreg"))]))
            yield 1 + k * 178, frame.select(columns)[np.arange(178 * 30) % 178]

    monkeypatch.setattr(_source, "batches", batches)
    run("predict", "m.safetensors", "wine.csv", "--out", "p.csv", "--proba")
    assert sizes == sorted(set(sizes))
    assert pl.read_csv("p.csv").height == 5 * 30 * 178


@pytest.mark.filterwarnings("ignore:.* have fractions")
@pytest.mark.parametrize(
    "labels",
    [
        ["007", "7", "x"],
        [-1, 5, 9],
        [True, False, True],
        ["a,b", '"', "ü\n"],
        ["1.0", "2.50", "3"],
        [0.5, 1.25, 1 / 3],
        [datetime.date(2020, 1, day) for day in (1, 2, 3)],
        [datetime.datetime(2020, 1, day, tzinfo=datetime.UTC) for day in (1, 2, 3)],
        [decimal.Decimal("0.50"), decimal.Decimal("1.25"), decimal.Decimal(7)],
        pl.Series(["x", "y", "z"], dtype=pl.Categorical),
        pl.Series(["x", "y", "z"], dtype=pl.Enum(["z", "a", "y", "x"])),
    ],
)
def test_labels_come_back(folder, labels):
    """Labels of every kind are predicted as they stood in the file."""
    y = pl.Series(labels)[WINE.target]
    frame = pl.DataFrame(WINE.data, schema=NAMES).with_columns(kind=y)
    for name in ("l.csv", "l.parquet"):
        (frame.write_csv if name == "l.csv" else frame.write_parquet)(name)
        fit(data=name)
        run("predict", "m.safetensors", name, "--out", f"p-{name}")
        read = (lambda path: pl.read_csv(path, infer_schema=False)) if name == "l.csv" else pl.read_parquet
        truth, predicted = read(name)["kind"], read(f"p-{name}")["prediction"]
        assert predicted.dtype == truth.dtype
        assert set(predicted) == set(truth)
        assert (predicted == truth).mean() > 0.9
        report = json.loads(run("evaluate", "m.safetensors", name, "--target", "kind", "--json"))
        assert report["accuracy"] == pytest.approx((predicted == truth).mean())
        assert json.loads(run("inspect", "m.safetensors", "--json"))["classes"]


def test_names_do_not_steer_the_terminal(folder):
    """Control characters of labels, columns and messages are printed as escapes; files have them as they are."""
    red = "\x1b[31mred"
    frame = pl.DataFrame({red: [1.0, 2, 3, 4], "y": [red, "b"] * 2})
    frame.write_csv("red.csv")
    out = os.fsdecode(b"\xff")
    output = run("fit", "red.csv", "--target", "y", "--out", out) + run("inspect", out)
    output += run("evaluate", out, "red.csv", "--target", "y") + refused("predict", out, "wine.csv", "--out", "p.csv")
    assert "\x1b" not in output
    assert r"\x1b[31mred" in output
    assert r"wrote \udcff" in output
    run("predict", out, "red.csv", "--out", "p.csv")
    assert set(pl.read_csv("p.csv")["prediction"]) <= {red, "b"}


def test_labels_forge_no_lines(folder):
    """A line break in a label or a name is shown as an escape, and not as a line of the report."""
    pl.DataFrame({"x\nfit         forged": [1, 2], "y": ["a", "b\naccuracy 1"]}).write_csv("forge.csv")
    run("fit", "forge.csv", "--target", "y", "--out", "m")
    for output in (run("inspect", "m"), run("evaluate", "m", "forge.csv", "--target", "y")):
        assert "\nfit         forged" not in output
        assert "\naccuracy 1\n" not in output
        assert r"b\naccuracy 1" in output


@pytest.mark.filterwarnings("ignore::softreg._separation.SeparationWarning")
def test_no_finite_optimum(folder):
    """What is printed of a fit that did not converge, and what JSON says, agree."""
    command = ("fit", "wine.csv", "--target", "kind", "--drop", "w", "--C", "inf", "--out", "m")
    printed, evidence = run(*command), json.loads(run(*command, "--json"))
    assert "found no finite optimum after" in printed
    assert not evidence["converged"]
    found = json.loads(run("inspect", "m", "--json"))
    assert evidence["optimality"]["status"] == found["optimality"]["status"] == "found no finite optimum"
    assert "found no finite optimum after" in run("inspect", "m")


def test_hostile_documents(folder):
    """A file with a right digest and anything in it is refused, or can be inspected and used."""
    pl.DataFrame({"size": ["true", "false"], "hue": ["red", "green"]}).write_csv("g.csv")
    rng, data = random.Random(0), bytearray(fuzz_model_file.GOLDEN.read_bytes())
    for _ in range(100):
        changed = fuzz_model_file.in_header(data, rng)
        changed[_container.SHA256] = _container._digest(changed)
        Path("m").write_bytes(changed)
        for command in (("inspect", "m"), ("inspect", "m", "--json"), ("predict", "m", "g.csv", "--out", "p.csv")):
            with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()), pytest.MonkeyPatch.context() as patch:
                patch.setattr(sys, "argv", ["softreg", *command])
                with pytest.raises(SystemExit) as end:
                    main()
            assert end.value.code in (None, 0, 2)


def test_options(folder):
    """Weights, C, categories and columns left out are those that were asked for, and remembered."""
    evidence = json.loads(fit("--weight", "w", "--drop", "ash", "--categorical", "old", "--C", "0.5", "--json"))
    assert evidence["converged"]
    assert evidence["features"] == 12 + 3 + 2
    found = json.loads(run("inspect", "m.safetensors", "--json"))
    assert found["categories"]["old"] == ["false", "true"]
    assert found["ignored"] == ["kind", "w", "ash"]
    assert found["parameters"]["C"] == 0.5
    assert found["format"] == 1
    for word in ("Barbera, Barolo", "taste", "C=0.5", "left out", "ash", "converged"):
        assert word in run("inspect", "m.safetensors")
    plain = json.loads(run("evaluate", "m.safetensors", "wine.csv", "--target", "kind", "--json"))
    weighted = json.loads(run("evaluate", "m.safetensors", "wine.csv", "--target", "kind", "--weight", "w", "--json"))
    assert plain["log_loss"] != weighted["log_loss"]
    frame = pl.read_csv("wine.csv")
    X = frame.select(softreg.load("m.safetensors").feature_names_in_.tolist()[:12]).to_dummies([])
    assert X.width == 12
    rows = np.repeat(np.arange(178), frame["w"].cast(pl.Int64).to_numpy())
    frame[rows].write_csv("twice.csv")
    by_weight = softreg.load("m.safetensors").coef_
    fit("--drop", "w", "--drop", "ash", "--categorical", "old", "--C", "0.5", data="twice.csv")
    assert np.allclose(softreg.load("m.safetensors").coef_, by_weight, atol=1e-4)


@pytest.mark.parametrize("library", ["torch", "jax"])
def test_other_libraries(folder, library):
    """A fit in another library is the same model, in the same kind of file."""
    pytest.importorskip(library)
    fit("--drop", "w")
    expected = softreg.load("m.safetensors").coef_
    fit("--drop", "w", "--backend", library)
    found = softreg.load("m.safetensors").coef_
    assert type(found) is np.ndarray
    assert found.dtype == np.float64
    assert np.allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("library", ["torch", "jax"])
def test_one_column_in_other_libraries(tmp_path, monkeypatch, library):
    """A table of one column, which polars may share with NumPy, is fitted without a warning."""
    pytest.importorskip(library)
    monkeypatch.chdir(tmp_path)
    pl.DataFrame({"x": [1.5, 2.0, 3.0], "y": ["a", "b", "a"]}).write_parquet("d.parquet")
    assert warned("fit", "d.parquet", "--target", "y", "--out", "m", "--backend", library) == ""


def test_one_of_a_thing(tmp_path, monkeypatch):
    """Reports count one column, one feature and one row as one."""
    monkeypatch.chdir(tmp_path)
    Path("d.csv").write_text("x,y\n1,a\n2,b\n", encoding="utf-8")
    assert run("fit", "d.csv", "--target", "y", "--out", "m").startswith("2 rows, 1 column, 1 feature, 2 classes\n")
    Path("one.csv").write_text("x\n1\n", encoding="utf-8")
    assert run("predict", "m", "one.csv", "--out", "p.csv") == "wrote 1 row to p.csv\n"
    Path("one.csv").write_text("x,y\n1,a\n", encoding="utf-8")
    said = run("evaluate", "m", "one.csv", "--target", "y", "--plot", "r.svg")
    assert said.startswith("1 row\n")
    assert "<!-- 1 row: accuracy" in Path("r.svg").read_text(encoding="utf-8")


def test_a_fit_speaks_of_options_and_files(tmp_path, monkeypatch):
    """What Python calls C is --C in a warning of the command; a class of that name stays what it is."""
    monkeypatch.chdir(tmp_path)
    Path("d.csv").write_text("a,x of X\n" + "C,1\nC,1\nb,0\nb,1\n" * 9, encoding="utf-8")
    told = warned("fit", "d.csv", "--target", "a", "--out", "m", "--C", "inf")
    assert told.startswith("softreg: warning: d.csv: the classes are linearly separable in part (class 'C'")
    assert "by column 'x of X')" in told
    assert told.endswith("Set --C < inf.\n")


def test_names_like_words_of_a_fit(tmp_path, monkeypatch):
    """Columns and labels keep their names in what a fit says, whatever stands in them."""
    monkeypatch.chdir(tmp_path)
    name, label = "vitamin C=high's column 0 of X", 'the columns of X, "C=1"'
    pl.DataFrame({name: [1, 1, 0, 1] * 9, "a": [label, label, "b", "b"] * 9}).write_parquet("d.parquet")
    told = warned("fit", "d.parquet", "--target", "a", "--out", "m", "--C", "inf")
    assert f"by column {name!r})" in told
    assert told.endswith("Set --C < inf.\n")
    with pytest.raises(softreg.errors.InputError) as caught, _commands._in_words_of_the_command("f", ["C=x"]):
        raise softreg.errors.InputError(f"C=1 and {label!r} and {b'C=1'!r} and column 0 of X")
    assert str(caught.value) == f"f: --C=1 and {label!r} and {b'C=1'!r} and column 'C=x'"


def test_a_warning_before_an_error(folder, monkeypatch):
    """What a fit has warned of before it failed is told too."""

    def fail(*_, **__):
        warnings.warn("it is narrow", UserWarning, stacklevel=1)
        raise softreg.errors.InputError("it is wrong.")

    monkeypatch.setattr(softreg.SoftmaxRegression, "fit", fail)
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        told = outputs("fit", "wine.csv", "--target", "kind", "--out", "m", code=2)[1]
    assert told == "softreg: warning: wine.csv: it is narrow\nsoftreg: wine.csv: it is wrong.\n"


def test_names_like_markup(tmp_path, monkeypatch):
    """On a terminal the bar shows the name of the file, whatever it means to what draws the bar."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")
    os.mkdir("a[")
    name = "a[/b].csv"
    Path(name).write_text("x,y\n1,a\n2,b\n", encoding="utf-8")
    run("fit", name, "--target", "y", "--out", "m")
    assert name in outputs("predict", "m", name, "--out", "p.csv")[1]


def test_features_larger_than_memory(folder, monkeypatch):
    """They are refused by their number, before they are made."""
    monkeypatch.setattr(_memory, "of_machine", lambda: 8.0 * 178 * 16)
    told = refused("fit", "wine.csv", "--target", "kind", "--drop", "w", "--out", "m")
    assert told.startswith("softreg: wine.csv: 178 rows x 17 features need 0.0 GiB, more than there is; leave out")


def test_memory_that_a_fit_does_not_get(folder, monkeypatch):
    """It is one sentence with the file."""
    monkeypatch.setattr(softreg.SoftmaxRegression, "fit", lambda *_, **__: np.empty(2**50))
    told = refused("fit", "wine.csv", "--target", "kind", "--drop", "w", "--out", "m")
    assert told.startswith("softreg: wine.csv: Unable to allocate 8.00 PiB")


def test_labels_with_a_null_character(tmp_path, monkeypatch):
    """They come back from Parquet, but not as text that could not be read again."""
    monkeypatch.chdir(tmp_path)
    pl.DataFrame({"x": [1.0, 2.0], "y": ["a\0b", "c"]}).write_parquet("d.parquet")
    run("fit", "d.parquet", "--target", "y", "--out", "m", "--C", "100")
    for option in ([], ["--proba"]):
        assert "null character cannot be written as CSV" in refused(
            "predict", "m", "d.parquet", "--out", "p.csv", *option
        )
        run("predict", "m", "d.parquet", "--out", "p.parquet", *option)
        os.remove("p.parquet")


def test_empty_labels(tmp_path, monkeypatch):
    """They come back from Parquet; in CSV they would be missing ones."""
    monkeypatch.chdir(tmp_path)
    pl.DataFrame({"x": [1.0, 2.0], "y": ["", "c"]}).write_parquet("d.parquet")
    run("fit", "d.parquet", "--target", "y", "--out", "m", "--C", "100")
    for option in ([], ["--proba"]):
        told = refused("predict", "m", "d.parquet", "--out", "p.csv", *option)
        assert told == "softreg: an empty label cannot be written as CSV, where it is a missing one; write Parquet.\n"
        run("predict", "m", "d.parquet", "--out", "p.parquet", *option)
        os.remove("p.parquet")


def test_faults_of_whole_files(tmp_path, monkeypatch):
    """Line ends of old Macs, and two columns of one name in Parquet, are told as what they are."""
    monkeypatch.chdir(tmp_path)
    Path("mac.csv").write_bytes(b"a,y\r1,x\r2,z\r")
    assert "mac.csv, line 1: carriage returns stand alone there" in refused(
        "fit", "mac.csv", "--target", "y", "--out", "m"
    )
    pl.DataFrame({"a'": [1], "b'": [2], "y": ["x"]}).write_parquet("two.parquet", compression="uncompressed")
    Path("two.parquet").write_bytes(Path("two.parquet").read_bytes().replace(b"b'", b"a'"))
    told = refused("fit", "two.parquet", "--target", "y", "--out", "m")
    assert told == 'softreg: two.parquet has two columns named "a\'".\n'


def test_plot(folder):
    """The picture is written whole, in the format that its name asks for."""
    fit("--drop", "w")
    for name, start in (("r.png", b"\x89PNG"), ("r.svg", b"<?xml"), ("r.pdf", b"%PDF")):
        text = run("evaluate", "m.safetensors", "wine.csv", "--target", "kind", "--plot", name)
        assert f"wrote {name}" in text
        assert (folder / name).read_bytes().startswith(start)
    svg = (folder / "r.svg").read_text(encoding="utf-8")
    for word in ("Confusion", "Reliability", "Largest coefficients"):
        assert f"<!-- {word}" in svg
    assert "must be" not in refused("evaluate", "m.safetensors", "wine.csv", "--target", "kind", "--plot", "r.gif")


def test_models_of_python(folder):
    """A model that Python saved is used by names, or by position if it has none."""
    X = pl.DataFrame(WINE.data, schema=NAMES)
    X.reverse().select(reversed(NAMES)).reverse().write_csv("x.csv")
    softreg.SoftmaxRegression().fit(X, WINE.target).save("m")
    run("predict", "m", "x.csv", "--out", "p.csv")
    assert pl.read_csv("p.csv")["prediction"].to_list() == softreg.load("m").predict(X).tolist()
    X.write_csv("x.csv")
    softreg.SoftmaxRegression().fit(WINE.data, WINE.target).save("m")
    run("predict", "m", "x.csv", "--out", "p.csv")
    assert pl.read_csv("p.csv")["prediction"].to_list() == softreg.load("m").predict(WINE.data).tolist()


def edited(line, column, value):
    """Write bad.csv: the wine with one value changed."""
    with open("wine.csv", encoding="utf-8") as file:
        rows = [row.split(",") for row in file.read().splitlines()]
    rows[line][column] = value
    with open("bad.csv", "w", encoding="utf-8") as file:
        file.write("\n".join(",".join(row) for row in rows) + "\n")
    return "bad.csv"


def test_bad_tables(folder):
    """What a table can lack or hold in excess is one sentence that says where."""
    fit("--drop", "w")
    to = ("--target", "kind", "--out", "new.safetensors")
    for value, reason in (("x", "not a number"), ("", "is missing"), ("nan", "is NaN"), ("inf", "is infinite")):
        bad = edited(5, 0, value)
        for command in (("fit", bad, *to), ("predict", "m.safetensors", bad, "--out", "p.csv")):
            text = refused(*command)
            assert "bad.csv, row 5, column 'alcohol': " in text
            assert reason in text
    assert "row 3, column 'kind': the label is missing" in refused("fit", edited(3, 16, ""), *to)
    assert "row 3, column 'taste': this category" in refused(
        "predict", "m.safetensors", edited(3, 13, "sour"), "--out", "p.csv"
    )
    assert "does not know this label" in refused("evaluate", "m.safetensors", edited(3, 16, "x"), "--target", "kind")
    frame = pl.read_csv("wine.csv")
    frame.drop("ash").write_csv("bad.csv")
    assert "lacks column 'ash'" in refused("predict", "m.safetensors", "bad.csv", "--out", "p.csv")
    frame.with_columns(new=1).write_csv("bad.csv")
    assert "has column 'new'" in refused("predict", "m.safetensors", "bad.csv", "--out", "p.csv")
    frame.filter(pl.col("kind") == "Barolo").write_csv("bad.csv")
    assert "bad.csv, column 'kind': 'Barolo' is the only class; at least 2" in refused("fit", "bad.csv", *to)
    frame.head(0).write_parquet("bad.parquet")
    assert "bad.parquet has no rows." in refused("fit", "bad.parquet", *to)
    assert "bad.parquet has no rows." in refused("predict", "m.safetensors", "bad.parquet", "--out", "p.csv")
    frame.head(0).write_csv("bad.csv")
    for arguments in (
        ("fit", "bad.csv", *to),
        ("predict", "m.safetensors", "bad.csv", "--out", "p.csv"),
        ("predict", "m.safetensors", "bad.csv", "--out", "p.parquet"),
        ("evaluate", "m.safetensors", "bad.csv", "--target", "kind"),
    ):
        assert "has a header, but no rows" in refused(*arguments)
    assert "no column 'nothing'" in refused("fit", "wine.csv", "--target", "nothing", "--out", "x")
    assert "no column 'nothing'" in refused("fit", "wine.csv", *to, "--drop", "nothing")
    evaluate = ("evaluate", "m.safetensors", "wine.csv", "--target", "kind")
    for option in ("--drop", "--weight"):
        for command in (("fit", "wine.csv", *to), evaluate):
            told = f"column 'kind' is given to --target and to {option}; it can be but one."
            assert told in refused(*command, option, "kind")
            assert "'w' is given to --weight and to --drop" in refused(*command, "--weight", "w", "--drop", "w")
    assert "no column 'nothing'" in refused("evaluate", "m.safetensors", "wine.csv", "--target", "nothing")
    assert "the model needs column 'ash'" in refused(
        "predict", "m.safetensors", "wine.csv", "--out", "p.csv", "--drop", "ash"
    )
    for column, option in (("kind", "--target"), ("ash", "--drop")):
        assert f"{column!r} is given to {option} and to --categorical" in refused(
            "fit", "wine.csv", *to, "--drop", "ash", "--categorical", column
        )
    everything = [part for name in frame.columns if name != "kind" for part in ("--drop", name)]
    assert "wine.csv has no column to learn from" in refused("fit", "wine.csv", *to, *everything)
    assert "row 1, column 'taste': not a number" in refused("fit", "wine.csv", *to, "--weight", "taste")
    for weights, reason in (
        (
            pl.Series([1.0, -1.0])[[0, *[1] * 177]],
            "bad.csv, row 2, column 'w': weights must be 0, or from 1e-200 to 1e+200",
        ),
        (1e308, "bad.csv, row 1, column 'w': weights must be 0, or from 1e-200 to 1e+200"),
        (1e-201, "bad.csv, row 1, column 'w': weights must be 0, or from 1e-200 to 1e+200"),
        (5e-324, "bad.csv, row 1, column 'w': weights must be 0, or from 1e-200 to 1e+200"),
        (0.0, "bad.csv, column 'w': all weights are 0"),
    ):
        frame.with_columns(w=weights).write_csv("bad.csv")
        assert reason in refused("fit", "bad.csv", *to, "--weight", "w")
        assert reason in refused("evaluate", "m.safetensors", "bad.csv", "--target", "kind", "--weight", "w")
    frame.with_columns(w=pl.when(pl.col("kind") == "Barolo").then(1).otherwise(0)).write_csv("bad.csv")
    assert "'Barolo' is the only class with weight" in refused("fit", "bad.csv", *to, "--weight", "w")
    for value in ("-1", "0", "nan"):
        told = refused("fit", "wine.csv", *to, "--C", value)
        assert told == "softreg: --C must be greater than 0; inf is no penalty.\n"


def test_bad_files(folder):
    """Files that are not there, not tables, not models, or not to be written are one sentence."""
    fit("--drop", "w")
    to = ("--target", "kind", "--out", "new.safetensors")
    open("empty", "wb").close()
    rubbish = np.random.default_rng(0).bytes(4000)
    for name in ("rubbish.csv", "rubbish.parquet"):
        with open(name, "wb") as file:
            file.write(rubbish)
        refused("fit", name, *to)
        refused("predict", "m.safetensors", name, "--out", "p.csv")
        assert "not a softreg model" in refused("inspect", name)
    assert "none.csv: No such file" in refused("fit", "none.csv", *to)
    assert "none: No such file" in refused("predict", "none", "wine.csv", "--out", "p.csv")
    assert "empty is empty" in refused("fit", "empty", *to)
    assert "it is empty" in refused("inspect", "empty")
    assert "softreg: '': No such file" in refused("inspect", "")
    assert "not a softreg model" in refused("evaluate", "wine.csv", "wine.csv", "--target", "kind")
    refused("fit", "m.safetensors", *to)
    with open("half", "wb") as file:
        file.write((folder / "m.safetensors").read_bytes()[:-5])
    assert "half is truncated" in refused("inspect", "half")
    for out in ("none/x", ".", "wine.csv/x"):
        refused("fit", "wine.csv", "--target", "kind", "--drop", "w", "--out", out)
        refused("predict", "m.safetensors", "wine.csv", "--out", out)
    assert ".: Is a directory" in refused("fit", "wine.csv", "--target", "kind", "--out", ".")
    assert "none/ is the name of a folder" in refused("predict", "m.safetensors", "wine.csv", "--out", "none/")
    assert "standard output cannot be" in refused("predict", "m.safetensors", "wine.csv", "--out", "-")
    for out in ("p.xlsx", "p.csv.gz", "p.JSON"):
        text = refused("predict", "m.safetensors", "wine.csv", "--out", out)
        assert text == f"softreg: {out}: a table is written as .csv, .tsv or .parquet.\n"


def test_suffixes_in_capital_letters(folder):
    """What a suffix means does not depend on its letters being small."""
    fit("--drop", "w")
    for out, read in (
        ("P.PARQUET", pl.read_parquet),
        ("P.Tsv", lambda path: pl.read_csv(path, separator="\t")),
        ("P.Csv", pl.read_csv),
    ):
        run("predict", "m.safetensors", "wine.csv", "--proba", "--out", out)
        assert read(out).shape == (178, 3)
    os.rename("P.Tsv", "G.TSV")
    assert _source.source("G.TSV").columns == pl.read_csv("P.Csv").columns
    Path("W.PARQUET").write_text("a,b\n1,2\n", encoding="utf-8")
    assert "W.PARQUET is not a Parquet file" in refused("fit", "W.PARQUET", "--target", "b", "--out", "x")


def test_long_labels(tmp_path, monkeypatch):
    """A label that a model file cannot keep is refused before the fit, with the limit and the column."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(softreg.SoftmaxRegression, "fit", None)
    pl.DataFrame({"x": [1, 2], "y": ["a", "b" * 16385]}).write_csv("d.csv")
    said = "d.csv, row 2, column 'y': labels of 16385 characters are too long; a model file keeps up to 16384.\n"
    assert refused("fit", "d.csv", "--target", "y", "--out", "m") == f"softreg: {said}"
    pl.DataFrame({"xyz": ["a", "b" * 16384], "y": [1, 2]}).write_csv("d.csv")
    text = refused("fit", "d.csv", "--target", "y", "--out", "m")
    assert "names of columns, with the texts of categories, of 16388 characters are too long" in text
    pl.DataFrame({"xyz": ["a", "b" * 16385], "y": [1, 2]}).write_csv("d.csv")
    said = "d.csv, row 2, column 'xyz': texts of categories of 16385 characters are too long"
    assert said in refused("fit", "d.csv", "--target", "y", "--out", "m")


@pytest.mark.filterwarnings("ignore:.* have fractions")
def test_numbers_that_are_none(folder):
    """Numbers with commas, too large ones, measurements as labels and 01 for 1 are told, each with its column."""
    to = ("--target", "y", "--out", "x")
    pl.DataFrame({"x": ["1,5", "2,5"], "y": ["a", "b"]}).write_csv("comma.csv")
    assert "row 1, column 'x': a number with a comma" in refused("fit", "comma.csv", *to)
    pl.DataFrame({"x": ["1,5", "a,b"], "y": ["a", "b"]}).write_csv("text.csv")
    run("fit", "text.csv", *to)
    pl.DataFrame({"a": [1, 2], "x": [1e200, 2e200], "y": ["a", "b"]}).write_csv("large.csv")
    os.remove("x")
    told = "large.csv: the numbers in column 'x' are too large to be squared; scale the column.\n"
    assert refused("fit", "large.csv", *to) == f"softreg: {told}"
    if importlib.util.find_spec("torch"):
        assert told in refused("fit", "large.csv", *to, "--backend", "torch")
    pl.DataFrame({"x": [1, 2], "y": ["1", "2"]}).write_csv("ones.csv")
    run("fit", "ones.csv", *to)
    pl.DataFrame({"x": [1, 2], "y": ["01", "2"]}).write_csv("ones.csv")
    assert "row 1, column 'y': the model does not know" in refused("evaluate", "x", "ones.csv", "--target", "y")


def test_measurements_as_labels(folder):
    """A target of numbers with fractions is taken, and warned of."""
    pl.DataFrame({"x": [1, 2, 3], "y": [1.5, 2, 2.25]}).write_csv("y.csv")
    with pytest.warns(UserWarning, match="column 'y': each of 3 different numbers becomes a class"):
        _table.labels(pl.read_csv("y.csv", infer_schema=False)["y"], "y.csv", typed=False)
    assert warned("fit", "y.csv", "--target", "y", "--out", "x").startswith(
        "softreg: warning: y.csv, column 'y': each of 3 different numbers becomes a class"
    )


def test_folder_not_writable(folder, monkeypatch):
    """A folder that may not be written is one sentence, before anything is computed."""
    fit("--drop", "w")
    real = os.open

    def refuse(path, flags, *mode):
        if str(path).endswith(".tmp"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return real(path, flags, *mode)

    monkeypatch.setattr(os, "open", refuse)
    monkeypatch.setattr(softreg.SoftmaxRegression, "fit", None)
    assert "x: Permission denied" in refused("fit", "wine.csv", "--target", "kind", "--out", "x")
    assert "x: Permission denied" in refused("predict", "m.safetensors", "wine.csv", "--out", "x")


def test_missing_library(folder, monkeypatch):
    """What is not installed is one sentence with the command that installs it."""
    fit("--drop", "w")
    monkeypatch.setitem(sys.modules, "cupy", None)
    text = refused("fit", "wine.csv", "--target", "kind", "--out", "x", "--backend", "cupy")
    assert text == "softreg: this needs cupy; install it with: python -m pip install 'softreg[cuda13]'\n"
    monkeypatch.delitem(sys.modules, "softreg._plot", raising=False)
    monkeypatch.setitem(sys.modules, "matplotlib.axes", None)
    text = refused("evaluate", "m.safetensors", "wine.csv", "--target", "kind", "--plot", "r.png")
    assert text == "softreg: this needs matplotlib; install it with: python -m pip install 'softreg[plot]'\n"


def test_missing_package_of_the_command():
    """Without the packages of the command there is the same sentence."""
    code = "import sys; sys.modules['typer'] = None; from softreg.cli import main"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 2
    assert done.stderr == "softreg: this needs typer; install it with: python -m pip install 'softreg[cli]'\n"


def test_extras():
    """The extra that is named for a package brings it."""
    with open(Path(__file__).parents[1] / "pyproject.toml", "rb") as file:
        extras = tomllib.load(file)["project"]["optional-dependencies"]
    for package in (*_sentences.EXTRAS, "typer", "rich", "polars"):
        extra = _sentences.missing(package).split("softreg[")[1].split("]")[0]
        assert any(requirement.startswith(package) for requirement in extras[extra]), package


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["fit"], "Missing argument 'DATA'. See softreg fit --help."),
        (["fit", "wine.csv"], "Missing option '--target'"),
        (["fit", "wine.csv", "--target", "kind", "--out", "m", "--C", "abc"], "Invalid value for '--C': "),
        (["fit", "wine.csv", "--target", "kind", "--out", "m", "--backend", "nope"], "'nope' is not one of 'numpy'"),
        (["fit", "wine.csv", "--target"], "Option '--target' requires an argument"),
        (["fit", "wine.csv", "other.csv", "--target", "kind", "--out", "m"], "unexpected extra argument"),
        (["predict", "m", "--nope"], "No such option"),
        (["nope"], "No such command 'nope'. See softreg --help."),
    ],
)  # fmt: skip
def test_usage(folder, arguments, reason):
    """A command that is typed wrongly is one sentence too, without a box."""
    text = refused(*arguments)
    assert reason in text
    assert "Usage" not in text
    assert text.isascii()


def test_interrupted(folder, monkeypatch):
    """An interrupted command ends without a traceback, and without a file."""

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(softreg.SoftmaxRegression, "fit", interrupt)
    run("fit", "wine.csv", "--target", "kind", "--out", "m", code=130)
    assert not os.path.exists("m")


def test_inputs_are_kept(folder, monkeypatch):
    """An output that is an input, under whatever name, and one without a name, are refused before any work."""
    fit("--drop", "w")
    os.mkdir("d")
    for name, target in (("wine", "wine.csv"), ("m", "m.safetensors")):
        os.symlink(target, f"{name}-link.png")
        os.link(target, f"{name}-hard.png")
    data = ("wine.csv", "./wine.csv", "d/../wine.csv", folder / "wine.csv", "wine-link.png", "wine-hard.png")
    model = ("m.safetensors", folder / "d" / ".." / "m.safetensors", "m-link.png", "m-hard.png")
    monkeypatch.setattr(_source, "source", None)
    monkeypatch.setattr(_commands, "load", None)
    for out in (*data, *model, ""):
        reason = "is an input and would be overwritten" if out else "the name of the file to write is empty"
        if out not in model:
            assert reason in refused("fit", "wine.csv", "--target", "kind", "--out", out)
        assert reason in refused("predict", "m.safetensors", "wine.csv", "--out", out)
        assert reason in refused("evaluate", "m.safetensors", "wine.csv", "--target", "kind", "--plot", out)


def test_full_disk(folder):
    """A file that cannot be written to its end is one sentence, and is not there."""
    resource = pytest.importorskip("resource")
    fit("--drop", "w")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    for out in ("p.csv", "p.parquet"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
        try:
            said = refused("predict", "m.safetensors", "wine.csv", "--proba", "--out", out)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        assert said == f"softreg: {out}: File too large.\n"


@pytest.mark.parametrize(
    ("out", "number"), [("p.csv", signal.SIGTERM), ("p.parquet", getattr(signal, "SIGHUP", signal.SIGTERM))]
)
def test_terminated(folder, out, number):
    """A command that is told to end does so soon, with the code for that, and leaves no file."""
    fit("--drop", "w")
    code = (
        f"import signal; signal.signal({int(number)}, signal.SIG_DFL); "  # what these tests run under may ignore it
        "import time, softreg; from softreg import _source; _source.ROWS = 5; softreg.SoftmaxRegression.predict = "
        "lambda self, X: print('.', flush=True) or time.sleep(0.2) or self.classes_[[0] * X.shape[0]]"
    )
    command = [sys.executable, "-c", f"{code}; from softreg.cli import main; main()"]
    command += ["predict", "m.safetensors", "wine.csv", "--out", out]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8"}
    with subprocess.Popen(command, **pipes) as process:
        for _ in range(3):  # of which the first is read before the file is begun
            process.stdout.readline()
        assert [name for name in os.listdir() if name.startswith(".softreg")]
        process.send_signal(number)
        printed, errors = process.communicate()
    assert process.returncode == 128 + number
    assert len(printed.split()) < 30  # of 36 batches
    assert "Traceback" not in errors
    assert not [name for name in os.listdir() if name.startswith(".softreg") or name == out]


def test_terminal_without_unicode(folder):
    """Labels that the encoding of the output lacks are escaped."""
    fit("--drop", "w")
    assert r"taste: dry, sweet, or so, \xfc" in outputs("inspect", "m.safetensors", encoding="ascii")[0]


def test_warnings_are_lines(folder):
    """A warning is a line on standard error, and the output is whole."""
    frame = pl.DataFrame({"x": [1.0, 2, 3, 4] * 6, "k": [str(i) for i in range(24)]})
    frame.write_csv("many.csv")
    said = warned("fit", "many.csv", "--target", "k", "--out", "m")
    assert said.startswith("softreg: warning: many.csv, column 'k': each of 24 different labels becomes a class")
    assert said.count("\n") == 1
    assert softreg.load("m").classes_.shape == (24,)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("1,0\n2,1\n3,NaN\n4,0\n", "row 3, column 'y': the label is NaN or infinite"),
        ("1,0.0\n2,1.0\n3,inf\n", "row 3, column 'y': the label is NaN or infinite"),
        ("1,a\n2, \n3,b\n", "row 2, column 'y': the label is missing"),
        ('"1,234,567",a\n"2,234,567",b\n', "row 1, column 'x': a number with a comma"),
        ('"1,000",a\n"3,000.5",b\n', "row 1, column 'x': a number with a comma"),
        ("red,a\n ,b\n", "row 2, column 'x': the value is missing"),
    ],
)
def test_text_that_is_no_label_and_no_category(tmp_path, monkeypatch, rows, said):
    """Text that stands for no value, or for a number written in another way, makes no class and no category."""
    monkeypatch.chdir(tmp_path)
    Path("d.csv").write_text("x,y\n" + rows, encoding="utf-8")
    assert said in run("fit", "d.csv", "--target", "y", "--out", "m", code=2)


def test_words_that_begin_other_files(folder):
    """A CSV file may begin with the letters of a zip archive, of bzip2 or of Parquet."""
    for name in ("PK", "BZh", "PAR1"):
        frame = pl.read_csv("wine.csv").rename({NAMES[0]: name})
        frame.write_csv("d.csv")
        assert "178 rows" in fit(data="d.csv")


def test_truths_are_0_and_1_alone(folder):
    """Integers other than 0 and 1 are neither labels nor features of a model of booleans."""
    frame = pl.read_parquet("wine.parquet")
    run("fit", "wine.parquet", "--target", "old", "--out", "b", "--drop", "kind", "--drop", "taste")
    frame.with_columns(old=pl.Series(np.arange(178) % 3)).write_parquet("three.parquet")
    said = run("evaluate", "b", "three.parquet", "--target", "old", code=2)
    assert "row 3, column 'old': the model does not know this label" in said
    fit(data="wine.parquet")
    said = run("predict", "m.safetensors", "three.parquet", "--out", "p.csv", code=2)
    assert "row 3, column 'old': neither true nor false" in said


def test_tabs_are_written_as_they_are_read(folder):
    """Predictions in a file named .tsv stand between tabs."""
    fit()
    run("predict", "m.safetensors", "wine.csv", "--out", "p.tsv", "--proba")
    assert _source.source("p.tsv").columns == ["Barbera", "Barolo", "Grignolino"]


def test_classes_of_one_name_name_no_columns(tmp_path, monkeypatch):
    """Labels that differ, but not as text, are one sentence; an empty label names its column."""
    monkeypatch.chdir(tmp_path)
    for labels in ([b"\xff", b"\\xff"], ["", "b"]):
        pl.DataFrame({"x": [1.0, 2.0, 3.0, 4.0], "y": labels * 2}).write_parquet("d.parquet")
        run("fit", "d.parquet", "--target", "y", "--out", "m")
        two = isinstance(labels[0], bytes)
        said = run("predict", "m", "d.parquet", "--out", "p.parquet", "--proba", code=2 if two else 0)
        assert ("have the same name as text" in said) == two
    assert pl.read_parquet("p.parquet").columns == ["", "b"]


def test_a_model_of_the_command_that_is_fitted_again(folder):
    """Fitted on other columns in Python, it forgets those of the file."""
    fit()
    model = softreg.load("m.safetensors")
    model.fit(WINE.data, WINE.target).save("again")
    assert "features    13" in run("inspect", "again")
    pl.DataFrame(WINE.data, schema=NAMES).write_csv("numbers.csv")
    run("predict", "again", "numbers.csv", "--out", "p.csv")


def test_parquet_that_makes_polars_panic(folder, monkeypatch):
    """It is one sentence too: a panic is no error to Python. The output is not begun, as polars may abort as well."""

    def panic(*_, **__):
        assert not [name for name in os.listdir() if name.startswith(".softreg")]
        raise pl.exceptions.PanicException("called `Option::unwrap()` on a `None` value")

    fit(data="wine.parquet")
    monkeypatch.setattr(pl.LazyFrame, "collect", panic)
    for command in (
        ("fit", "wine.parquet", "--target", "kind", "--out", "new"),
        ("predict", "m.safetensors", "wine.parquet", "--out", "p.csv"),
        ("evaluate", "m.safetensors", "wine.parquet", "--target", "kind", "--plot", "r.png"),
    ):
        assert refused(*command) == "softreg: wine.parquet is damaged, or not Parquet as polars reads it.\n"
