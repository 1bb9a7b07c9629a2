"""Results as pictures: ratios as bars by group, and times as lines over the number of files.

Each picture is there twice, for light and for dark pages, with a background of its own.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.growth import Growth, growths
from benchmarks.report import amount, on, ratio
from benchmarks.results import GroupResult, Results


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """The colours of one picture.

    Bars of lbuild differ from the others in darkness and not in hue alone.
    """

    background: str
    text: str
    grid: str
    ours: str
    others: str


PALETTES = {
    "light": Palette(
        background="#ffffff", text="#1f2328", grid="#d8dde3", ours="#0b5394", others="#b7bfc9"
    ),
    "dark": Palette(
        background="#131416", text="#d8dee4", grid="#33383e", ours="#79b8ff", others="#5b636d"
    ),
}
"""By the word at the end of the file name."""

OVERVIEW = ("hit", "rebuild", "first-uv", "django-rebuild", "django-first")
"""The groups in the picture of the first page: with small and large projects."""

_BAR = 0.24
"""Inches for a bar; a heading takes as much as two."""


def draw_all(results: Results, folder: Path) -> list[Path]:
    """Write the pictures of all pages; return their files."""
    overview = [group for name in OVERVIEW if (group := results.group(name))]
    pictures: dict[str, Callable[[Path, Palette], None]] = {
        "growth": lambda file, palette: draw_growth(results, file, palette)
    }
    for name, groups in {
        "overview": overview,
        **{subject: on(subject, results) for subject in ("small", "real", "more")},
    }.items():
        pictures[name] = lambda file, palette, groups=groups: draw(groups, file, palette)  # type: ignore[misc]
    written = []
    for name, drawing in pictures.items():
        for tone, palette in PALETTES.items():
            file = folder / f"benchmarks-{name}-{tone}.svg"
            drawing(file, palette)
            written.append(file)
    return written


def draw(groups: Sequence[GroupResult], file: Path, palette: Palette) -> None:
    """Write an SVG with a panel for each group: a bar for each contestant, its figures beside it.

    Text stays text, for those who search or listen to it.
    """
    from matplotlib.ticker import FuncFormatter, NullLocator

    heights = [len(group.measured) for group in groups]
    inches = _BAR * (sum(heights) + 2.2 * len(groups)) + 0.9
    with _figure(
        file,
        palette,
        "lbuild beside other frontends",
        *(len(groups), 1),
        sharex=True,
        figsize=(9, inches),
        height_ratios=heights,
    ) as (figure, panels):
        for panel, group in zip(panels[:, 0], groups, strict=True):
            _panel(panel, group, palette)
        last = panels[-1, 0]
        last.set_xscale("log")
        ratios = [group.ratio(each.name) for group in groups for each in group.measured]
        last.set_xlim(min(*ratios, 1) * 0.7, max(*ratios, 1) * 4)  # room for what stands beside
        last.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        last.xaxis.set_minor_locator(NullLocator())
        last.set_xlabel("times the first of each group (1 is as long, or as large), logarithmic")
        edge = 0.35 / inches
        figure.subplots_adjust(
            left=0.31,
            right=0.98,
            top=1 - edge,
            bottom=2 * edge,
            hspace=2.2 * len(groups) / sum(heights),
        )


def draw_growth(results: Results, file: Path, palette: Palette) -> None:
    """Write an SVG with a panel for each operation: medians over the number of files.

    Both axes are logarithmic, so a straight line at half a right angle is a time that is
    proportional to the number of files. Lines of lbuild are solid, the others dashed, and each has
    its name at its end.
    """
    grown = growths(results)
    operations = list(dict.fromkeys(growth.operation for growth in grown))
    with _figure(
        file,
        palette,
        "How the time grows with the number of files",
        *(1, len(operations)),
        sharey=True,
        figsize=(9, 3.6),
    ) as (figure, panels):
        for panel, operation in zip(panels[0], operations, strict=True):
            lines = [growth for growth in grown if growth.operation == operation]
            lines.sort(key=lambda growth: growth.wall[-1][1], reverse=True)
            for growth in lines:
                _line(panel, growth, palette, below=growth is lines[-1])
            panel.set_xscale("log")
            panel.set_yscale("log")
            panel.minorticks_off()
            panel.set_title(operation, loc="left", fontsize=9.5, fontweight="bold")
            panel.set_xlabel("files")
            panel.grid(color=palette.grid, linewidth=0.6)
            panel.spines[["top", "right", "left", "bottom"]].set_visible(False)
            panel.set_xlim(5, 3e7)  # room for the names
            panel.set_xticks([10**power for power in range(1, 6)])
        panels[0, 0].set_ylabel("seconds, wall time")
        figure.tight_layout()


@contextmanager
def _figure(
    file: Path, palette: Palette, title: str, *size: int, **options: Any
) -> Iterator[tuple[Any, Any]]:
    """A figure and its panels; it is written to the file at the end."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt

    settings: Any = {
        "svg.fonttype": "none",
        "svg.hashsalt": "lbuild",
        "font.family": "sans-serif",
        "font.sans-serif": ["DejaVu Sans", "Verdana", "sans-serif"],
        "font.size": 9,
        "text.color": palette.text,
        "axes.labelcolor": palette.text,
        "axes.facecolor": palette.background,
        "xtick.color": palette.text,
        "ytick.color": palette.text,
    }
    with plt.rc_context(settings):
        figure, panels = plt.subplots(*size, squeeze=False, facecolor=palette.background, **options)
        yield figure, panels
        metadata = {"Title": title, "Date": None}
        figure.savefig(file, format="svg", metadata=metadata, facecolor=palette.background)
        plt.close(figure)


def _line(panel: Any, growth: Growth, palette: Palette, *, below: bool) -> None:
    is_ours = growth.contestant.startswith("lbuild")
    files, seconds = zip(*growth.wall, strict=True)
    colour, style = (palette.ours, "-") if is_ours else (palette.others, "--")
    panel.plot(files, seconds, color=colour, linestyle=style, marker="o", markersize=3)
    panel.annotate(
        growth.contestant,
        (files[-1], seconds[-1]),
        xytext=(5, -7 if below else 1),
        textcoords="offset points",
        ha="left",
        fontsize=8,
    )


def _panel(panel: Any, group: GroupResult, palette: Palette) -> None:
    names = [measured.name for measured in group.measured]
    ratios = [group.ratio(name) for name in names]
    colours = [palette.ours if "lbuild" in name else palette.others for name in names]
    # A bar on a logarithmic axis has no zero to begin at: it runs from the baseline, which is 1.
    panel.barh(names, [value - 1 for value in ratios], left=1, color=colours, height=0.72)
    panel.axvline(1, color=palette.text, linewidth=0.8)
    panel.invert_yaxis()
    panel.set_title(group.title, loc="left", fontsize=9.5, fontweight="bold")
    panel.set_axisbelow(True)
    panel.grid(axis="x", color=palette.grid, linewidth=0.6)
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
