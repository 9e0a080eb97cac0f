"""Objective gap against seconds: a panel a problem, a curve a solver."""

from __future__ import annotations

from math import ceil, floor, log10
from pathlib import Path

Points = list[tuple[float, float]]
FLOOR = 1e-12  # smaller gaps are rounding
# Okabe and Ito's colours, told apart by those who see no red or no green; markers tell them apart without colour.
STYLES = {
    "softreg": {"color": "black", "marker": "o", "linewidth": 2.2, "zorder": 3},
    "lbfgs": {"color": "#E69F00", "marker": "s"},
    "newton-cg": {"color": "#009E73", "marker": "^"},
    "newton-cholesky": {"color": "#0072B2", "marker": "v"},
    "torch L-BFGS": {"color": "#D55E00", "marker": "D"},
    "MNLogit": {"color": "#CC79A7", "marker": "P"},
}


def frontier(points: Points) -> Points:
    """The points that no quicker fit matches, by rising seconds: the gap falls from each to the next."""
    best: Points = []
    for seconds, gap in sorted((seconds, max(gap, FLOOR)) for seconds, gap in points):
        if not best or gap < best[-1][1]:
            best.append((seconds, gap))
    return best


def plot(problems: dict[str, dict[str, Points]], goal: float, path: str) -> None:
    """Draw name -> solver -> points to a PNG file, and to an SVG file beside it."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot
    from matplotlib.ticker import LogFormatterMathtext, LogLocator

    columns = min(4, len(problems))
    rows = -(-len(problems) // columns)
    with mpl.rc_context(
        {"svg.fonttype": "none", "svg.hashsalt": "softreg", "axes.spines.top": False, "axes.spines.right": False}
    ):
        figure, axes = pyplot.subplots(
            rows, columns, figsize=(3.6 * columns, 2.9 * rows + 0.5), squeeze=False, sharey=True, layout="constrained"
        )
        for spare in axes.flat[len(problems) :]:
            spare.remove()
        handles = {}
        for panel, (name, solvers) in zip(axes.flat, problems.items(), strict=False):
            for solver, style in STYLES.items():
                if points := frontier(solvers.get(solver, [])):
                    style = {"linewidth": 1.3, "markersize": 4} | style
                    (handles[solver],) = panel.loglog(*zip(*points, strict=True), label=solver, **style)
            panel.axhline(goal, color="grey", linewidth=0.8, linestyle=":")
            low, high = panel.get_xlim()
            panel.set_xlim(10 ** floor(log10(low)), 10 ** ceil(log10(high)))
            panel.xaxis.set_major_locator(LogLocator(numticks=12))
            panel.xaxis.set_major_formatter(LogFormatterMathtext())
            panel.minorticks_off()
            panel.set_ylim(FLOOR / 2, 10)
            panel.set_title(name, fontsize="medium")
            panel.grid(alpha=0.25, linewidth=0.6)
        figure.supxlabel("seconds")
        figure.supylabel("relative objective gap")
        figure.legend(
            [handles[solver] for solver in STYLES if solver in handles],
            [solver for solver in STYLES if solver in handles],
            loc="outside upper center",
            ncols=len(STYLES),
            frameon=False,
        )
        figure.savefig(path, dpi=110)
        figure.savefig(Path(path).with_suffix(".svg"), metadata={"Date": None})
        pyplot.close(figure)
