"""Results as pictures: ratios as bars by group, and times as lines over the number of files."""

from pathlib import Path
from typing import Any

from benchmarks.growth import Growth, growths
from benchmarks.report import amount, ratio
from benchmarks.results import GroupResult, Results

_OURS = "#0b5394"
_OTHERS = "#b7bfc9"
_TEXT = "#1f2328"
_GRID = "#d8dde3"
_BAR = 0.24
"""Inches for a bar; a heading takes as much as two."""

_LEFT_TO_TABLES = {"c-hit", "c-rebuild-py"}
"""Groups that would make the picture longer and tell no more."""

_SETTINGS: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "lbuild",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana", "sans-serif"],
    "font.size": 9,
    "text.color": _TEXT,
    "axes.labelcolor": _TEXT,
    "xtick.color": _TEXT,
    "ytick.color": _TEXT,
}


def draw(results: Results, file: Path) -> None:
    """Write an SVG with a background of its own, so that it can be read on a dark page too.

    Bars of lbuild differ from the others in darkness and not in hue alone, and each bar has its
    figures beside it. Text stays text, for those who search or listen to it.
    """
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt
    from matplotlib.ticker import FuncFormatter, NullLocator

    in_lines = {name for growth in growths(results) for name in growth.groups}
    left_out = _LEFT_TO_TABLES | in_lines
    groups = [group for group in results.groups if group.name not in left_out]
    heights = [len(group.measured) for group in groups]
    inches = _BAR * (sum(heights) + 2.2 * len(groups)) + 0.9
    with plt.rc_context(_SETTINGS):
        figure, panels = plt.subplots(
            len(groups),
            1,
            sharex=True,
            squeeze=False,
            figsize=(9, inches),
            height_ratios=heights,
            facecolor="white",
        )
        for panel, group in zip(panels[:, 0], groups, strict=True):
            _panel(panel, group)
        last = panels[-1, 0]
        last.set_xscale("log")
        ratios = [group.ratio(each.name) for group in groups for each in group.measured]
        last.set_xlim(min(*ratios, 1) * 0.7, max(*ratios, 1) * 4)  # room for what stands beside
        last.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        last.xaxis.set_minor_locator(NullLocator())
        last.set_xlabel("times the baseline (1 is as long, or as large), logarithmic")
        edge = 0.35 / inches
        figure.subplots_adjust(
            left=0.31,
            right=0.98,
            top=1 - edge,
            bottom=2 * edge,
            hspace=2.2 * len(groups) / sum(heights),
        )
        metadata = {"Title": "lbuild beside other frontends", "Date": None}
        figure.savefig(file, format="svg", metadata=metadata, facecolor="white")
        plt.close(figure)


def draw_growth(results: Results, file: Path) -> None:
    """Write an SVG with a panel for each operation: medians over the number of files.

    Both axes are logarithmic, so a straight line at half a right angle is a time that is
    proportional to the number of files. Lines of lbuild are dark and solid, the others light and
    dashed, and each has its name at its end.
    """
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt

    grown = growths(results)
    operations = list(dict.fromkeys(growth.operation for growth in grown))
    with plt.rc_context(_SETTINGS):
        figure, panels = plt.subplots(
            1, len(operations), sharey=True, squeeze=False, figsize=(9, 3.6), facecolor="white"
        )
        for panel, operation in zip(panels[0], operations, strict=True):
            for growth in grown:
                if growth.operation == operation:
                    _line(panel, growth)
            panel.set_xscale("log")
            panel.set_yscale("log")
            panel.set_title(operation, loc="left", fontsize=9.5, fontweight="bold")
            panel.set_xlabel("files")
            panel.grid(color=_GRID, linewidth=0.6)
            panel.spines[["top", "right", "left", "bottom"]].set_visible(False)
            panel.margins(x=0.35)
        panels[0, 0].set_ylabel("seconds, wall time")
        figure.tight_layout()
        metadata = {"Title": "How the time grows with the number of files", "Date": None}
        figure.savefig(file, format="svg", metadata=metadata, facecolor="white")
        plt.close(figure)


def _line(panel: Any, growth: Growth) -> None:
    is_ours = growth.contestant.startswith("lbuild")
    files, seconds = zip(*growth.wall, strict=True)
    colour, style = (_OURS, "-") if is_ours else (_OTHERS, "--")
    panel.plot(files, seconds, color=colour, linestyle=style, marker="o", markersize=3)
    panel.annotate(
        growth.contestant,
        (files[-1], seconds[-1]),
        xytext=(-4, 4),
        textcoords="offset points",
        ha="right",
        fontsize=8,
    )


def _panel(panel: Any, group: GroupResult) -> None:
    names = [measured.name for measured in group.measured]
    ratios = [group.ratio(name) for name in names]
    colours = [_OURS if "lbuild" in name else _OTHERS for name in names]
    # A bar on a logarithmic axis has no zero to begin at: it runs from the baseline, which is 1.
    panel.barh(names, [value - 1 for value in ratios], left=1, color=colours, height=0.72)
    panel.axvline(1, color=_TEXT, linewidth=0.8)
    panel.invert_yaxis()
    panel.set_title(group.title, loc="left", fontsize=9.5, fontweight="bold")
    panel.set_axisbelow(True)
    panel.grid(axis="x", color=_GRID, linewidth=0.6)
    panel.tick_params(axis="both", length=0)
    panel.spines[["top", "right", "left", "bottom"]].set_visible(False)
    for place, (value, measured) in enumerate(zip(ratios, group.measured, strict=True)):
        told = f"{ratio(value)}   {amount(measured.median, group)}"
        panel.annotate(
            told,
            (max(value, 1), place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
