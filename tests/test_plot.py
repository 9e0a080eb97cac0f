"""Pictures: names of classes, and scripts that the usual font lacks."""

import io

import numpy as np
import pytest

from softreg import _evaluation

pytest.importorskip("matplotlib")

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib import font_manager, image
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from softreg import _plot

RARE = "\u6f22"  # the usual font lacks it


@pytest.fixture(autouse=True)
def few_fonts(monkeypatch):
    """Only matplotlib's own fonts are installed."""
    fonts = [font for font in font_manager.fontManager.ttflist if font.name.startswith(("DejaVu", "Last Resort"))]
    monkeypatch.setattr(font_manager.fontManager, "ttflist", fonts)


def make_font(path, family):
    """Write a font with a triangle for one character."""
    pen = TTGlyphPen(None)
    for move, point in ((pen.moveTo, (0, 0)), (pen.lineTo, (0, 700)), (pen.lineTo, (500, 700))):
        move(point)
    pen.closePath()
    font, glyphs = FontBuilder(1000), [".notdef", "triangle"]
    font.setupGlyphOrder(glyphs)
    font.setupCharacterMap({ord(RARE): "triangle"})
    font.setupGlyf(dict.fromkeys(glyphs, pen.glyph()))
    font.setupHorizontalMetrics(dict.fromkeys(glyphs, (600, 0)))
    font.setupHorizontalHeader(ascent=800, descent=-200)
    font.setupNameTable({"familyName": family, "styleName": "Regular"})
    font.setupOS2()
    font.setupPost()
    font.save(path)


def report(K):
    """Return a report on two rows of each class."""
    random, truth = np.random.default_rng(0), np.arange(K).repeat(2)
    return _evaluation.evaluation(_evaluation.sums(np.log(random.dirichlet(np.ones(K), 2 * K)), truth, np.ones(2 * K)))


def draw(path):
    """Draw a report on two classes, one of them named by the character."""
    log_proba = np.log([[0.75, 0.25], [0.5, 0.5]])
    found = _evaluation.evaluation(_evaluation.sums(log_proba, np.asarray([0, 1]), np.ones(2)))
    with open(path, "wb") as file:
        _plot.draw(file, "png", found, [RARE * 3, "b"], ["x"], np.asarray([[1.0], [-1.0]]))
    return path.read_bytes()


def test_a_script_that_no_font_has(tmp_path):
    """It is told in one warning, which names the characters."""
    with pytest.warns(UserWarning, match=f"^no installed font has '{RARE}'; the picture shows boxes") as caught:
        draw(tmp_path / "r.png")
    assert len(caught) == 1


def test_a_script_that_a_font_has(tmp_path):
    """It is drawn in a font that is installed and has it, without a warning."""
    with pytest.warns(UserWarning, match="no installed font"):
        boxes = draw(tmp_path / "r.png")
    make_font(tmp_path / "made.ttf", "Made")
    font_manager.fontManager.addfont(tmp_path / "made.ttf")
    assert draw(tmp_path / "r.png") != boxes


@pytest.mark.parametrize(("K", "named"), [(2, 2), (12, 12), (20, 20), (30, 30), (31, 16), (40, 20), (100, 25)])
def test_ticks_are_names(K, named):
    """Ticks are classes, evenly chosen if there are many, and their names end at them and do not overlap."""
    figure = Figure(figsize=(16, 6))
    FigureCanvasAgg(figure)
    axes = figure.subplots(1, 3)[0]
    labels = _plot._short([f"{k} is a rather long name of class {k}" for k in range(K)])
    _plot._confusion(figure, axes, report(K), labels)
    ticks = axes.get_xticklabels()
    assert len(ticks) == len(axes.get_yticks()) == named
    for at, tick in zip(axes.get_xticks(), ticks, strict=True):
        assert tick.get_text() == labels[int(at)]
        assert (tick.get_ha(), tick.get_rotation_mode()) == ("right", "anchor")
    apart = np.diff(axes.transData.transform([(at, 0) for at in axes.get_xticks()])[:, 0])
    heights = np.asarray([tick.get_fontsize() for tick in ticks]) * figure.dpi / 72
    assert np.all(apart * np.sin(np.radians(ticks[0].get_rotation())) > heights[1:])


def test_short_names_are_level():
    """Names that have room side by side are not turned."""
    axes = Figure().subplots()
    _plot._confusion(axes.figure, axes, report(3), ["setosa", "versicolor", "virginica"])
    assert {tick.get_rotation() for tick in axes.get_xticklabels()} == {0}


def test_two_classes_show_each_coefficient_once(monkeypatch):
    """The coefficients of the first class are those of the second with the other sign, which the axis says."""
    drawn, real = [], _plot._coefficients
    monkeypatch.setattr(_plot, "_coefficients", lambda axes, *rest: drawn.append(axes) or real(axes, *rest))
    coef = np.asarray([[1.0, -2.0], [-1.0, 2.0]])
    for W, names in ((coef, ["u \N{RIGHTWARDS ARROW} b", "v \N{RIGHTWARDS ARROW} b"]), (coef * [[1], [2]], None)):
        _plot.draw(io.BytesIO(), "png", report(2), ["a", "b"], ["u", "v"], W)
        shown = [tick.get_text() for tick in drawn[-1].get_yticklabels()]
        assert shown == names if names else len(shown) == 4
        assert ("that of a is its negative" in drawn[-1].get_xlabel()) == (names is not None)


def test_the_legend_covers_nothing():
    """It stands outside the panel."""
    figure = Figure(figsize=(5, 6), layout="constrained")
    canvas, axes = FigureCanvasAgg(figure), figure.subplots()
    _plot._reliability(axes, report(3))
    canvas.draw()
    assert not axes.get_legend().get_window_extent().overlaps(axes.get_window_extent())


def test_nothing_is_cut_off():
    """The border of the picture is white, however long the names."""
    names, file = [f"{'x' * 30} {k}" for k in range(30)], io.BytesIO()
    _plot.draw(file, "png", report(30), names, ["a"], np.ones((30, 1)))
    file.seek(0)
    pixels = image.imread(file)
    for border in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]):
        assert np.all(border == 1)
