"""Pictures: scripts that the usual font lacks."""

import numpy as np
import pytest

from softreg import _evaluation

pytest.importorskip("matplotlib")

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib import font_manager

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
