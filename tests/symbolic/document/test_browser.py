"""The report in a real browser: on a phone, in the dark, by keyboard, without a network."""

import itertools

import pytest

from softreg.symbolic.document import judge, page

from .browser import ENTER, TAB, Browser, missing

pytestmark = pytest.mark.skipif(bool(missing()), reason=missing() or "all is there")
DOCUMENT = r"""
$$p_i = \frac{e^{z_i}}{\sum_{j=1}^{K} e^{z_j}}, \qquad L = -\sum_{k=1}^{K} y_k \log p_k$$

$$\frac{\partial p_i}{\partial z_j} = \begin{cases} p_i (1 - p_i) & i = j \\ -p_i p_j & i \neq j \end{cases}$$

$$\frac{\partial L}{\partial z_i} = -\sum_{k=1}^{K} \frac{y_k}{p_k} \frac{\partial p_k}{\partial z_i}
= -\frac{y_i}{p_i} p_i (1 - p_i) + \sum_{k \neq i} \frac{y_k}{p_k} p_k p_i = y_i - p_i = p_i - y_i$$

$$w_{kj} := w_{kj} - \alpha (p_k - y_k) x_j$$

$$R = \sum_k \sum_j w_{kj}^2 + \sum_k \sum_j \sum_i w_{kj} w_{ij} + \sum_k \sum_j \sum_i w_{kj} w_{ij} x_j x_i$$

$$p_i = oldsymbol{p}_i + averyveryveryveryveryverylongwordthatnobodycanbreakbecauseithasnospacesinit$$
"""
# The contrast of two colours, as WCAG 2 defines it: at least 4.5 for text.
CONTRAST = """
const channels = (c) => c.match(/[\\d.]+/g).map(Number);
const light = (c) => channels(c).slice(0, 3).map((v) => v / 255)
  .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
  .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
const paper = (e) => {
  for (; e; e = e.parentElement) {
    const c = getComputedStyle(e).backgroundColor;
    if (channels(c).length === 3) return c;
  }
  return "rgb(255, 255, 255)";
};
const told = [];
for (const e of document.querySelectorAll("body *")) {
  if (![...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) continue;
  const [a, b] = [light(getComputedStyle(e).color), light(paper(e))];
  told.push([(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), e.tagName, e.textContent.slice(0, 40)]);
}
return [told.length, light(getComputedStyle(document.body).backgroundColor), told.filter((t) => t[0] < 4.5)];
"""
FOCUS = """
const e = document.activeElement, style = getComputedStyle(e);
const name = e.id || e.getAttribute("aria-label") || e.textContent;
return e === document.body ? null
  : [e.tagName, name, parseFloat(style.outlineWidth), style.outlineStyle, e.getBoundingClientRect().top];
"""


@pytest.fixture(scope="module")
def verdicts():
    """The verdicts on the document: one of each kind that the page colours."""
    found = judge(DOCUMENT)
    assert {s.verdict for s in found.steps} >= {"definition", "update", "true", "false", "unparseable"}
    return found


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """One browser for all tests."""
    with Browser(tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture
def report(tmp_path, verdicts):
    """The page, as a file."""
    path = tmp_path / "report.html"
    path.write_text(page("document.md", DOCUMENT, verdicts), encoding="utf-8")
    return path


def test_every_step(browser, report, verdicts):
    """Each step is shown with its verdict and its formula, and nothing is asked of a network."""
    browser.open(report)
    shown = browser.run("return [...document.querySelectorAll('.step')].map((s) => [s.id, s.innerText])")
    assert [name for name, _ in shown] == [f"step-{i}" for i in range(1, len(verdicts.steps) + 1)]
    for (_, text), step in zip(shown, verdicts.steps, strict=True):
        words = {"unparseable": "not understood"}.get(step.verdict, step.verdict.replace("-", " "))
        assert words in text
        assert f"line {step.line}, column {step.column}" in text
    heights = "return [...document.querySelectorAll('.step math')].map((m) => m.getBoundingClientRect().height)"
    assert min(browser.run(heights)) > 8
    assert browser.requests()
    assert {address.split(":")[0] for address in browser.requests()} <= {"file", "data"}


def test_sums_keep_their_distance(browser, report):
    """Formulas in the list of meanings do not touch the lines above and below, nor limits their sums."""
    browser.open(report)
    boxes = browser.run(
        "return [...document.querySelectorAll('#context + ul > li')].map((l) => [l, ...l.querySelectorAll('*')]"
        ".map((e) => e.getBoundingClientRect()).map((r) => [r.top, r.bottom]))"
    )
    edges = [(min(top for top, _ in box), max(bottom for _, bottom in box)) for box in boxes]
    assert len(edges) >= 3
    assert all(bottom + 4 <= top for (_, bottom), (top, _) in itertools.pairwise(edges))
    sums = browser.run(
        "return [...document.querySelectorAll('munderover')].filter((m) => !m.closest('mfrac'))"
        ".map((m) => [...m.children].map((e) => e.getBoundingClientRect())"
        ".map((r) => (r.top + r.bottom) / 2))"
    )
    assert sums
    assert all(above + 13 < sum_ and sum_ + 13 < below for sum_, below, above in sums)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_phone(browser, report, dark):
    """On 360 pixels nothing but formulas, within their own boxes, is wider than the page; all text can be read."""
    browser.open(report, 360, 740, dark=dark)
    width, wide = browser.run(
        "return [window.innerWidth, Math.max(document.documentElement.scrollWidth, document.body.scrollWidth)]"
    )
    assert width == 360
    assert wide <= width
    count, paper, weak = browser.run(CONTRAST)
    assert count > 50
    assert paper < 0.1 if dark else paper > 0.9
    assert weak == []
    assert browser.run("return parseFloat(getComputedStyle(document.body).fontSize)") >= 16


def test_keyboard(browser, report, verdicts):
    """Tab goes through link, wrong step, formulas and sources in the order of the page, and it shows where it is."""
    browser.open(report, 800)
    seen = []
    for _ in range(60):
        browser.press(TAB)
        found = browser.run(FOCUS)
        if found is None or (seen and found[:2] == seen[0][:2]):
            break
        assert found[2] >= 2, found
        assert found[3] != "none"
        seen.append(found)
    assert seen[0][1] == "To the steps"
    names = [name for tag, name, *_ in seen if tag == "DIV"]
    steps = [f"step {i}" for i in range(1, len(verdicts.steps) + 1)]
    assert [name for name in names if name.startswith("step")] == steps
    assert any(tag == "SUMMARY" for tag, *_ in seen)
    browser.open(report, 800)
    browser.press(TAB)
    browser.press(TAB)
    browser.press(ENTER)
    number = verdicts.steps.index(verdicts.first_wrong) + 1
    assert browser.run("return location.hash") == f"#step-{number}"
    top = browser.run(f"return document.getElementById('step-{number}').getBoundingClientRect().top")
    assert 0 <= top < 800
