"""Results as Markdown: the figures that have to be reached, and a table for each group."""

from collections.abc import Iterable, Sequence

from benchmarks.bars import judge
from benchmarks.growth import Growth, exponent, growths
from benchmarks.results import GroupResult, Results

BEGIN = "<!-- results: begin, written by nox -s bench -->"
END = "<!-- results: end -->"


_OF_GROWTH = """\
![Medians over the number of files, for a hit, a reuse that is not replayed and a rebuild; the table
below has the same figures.](benchmarks-growth.svg)

Both axes are logarithmic. In the table, processor time is in parentheses. The exponent is fitted to
the time above that of ten files: 1 is proportional to the number of files."""


def markdown(results: Results) -> str:
    """All that is between the markers of the page."""
    versions = ", ".join(f"{name} {version}" for name, version in results.versions.items())
    parts = [f"Measured on {results.date}, {results.machine}, with {versions}."]
    if judged := judge(results):
        rows = [
            (
                each.bar.figure,
                f"`{each.bar.over}`",
                ratio(each.bar.at_most),
                ratio(each.ratio),
                "" if each.processor is None else ratio(each.processor),
                "yes" if each.reached else "**no**",
            )
            for each in judged
        ]
        head = ("", "over", "at most", "measured", "processor time", "")
        parts += ["### Figures to reach", table(head, rows)]
    if grown := growths(results):
        parts += ["### How the time grows with the number of files", _OF_GROWTH, _growth(grown)]
    parts += [_section(group) for group in results.groups]
    return "\n\n".join(parts)


def between_markers(page: str, text: str) -> str:
    """Replace what stands between the markers of a page.

    Raises:
        ValueError: if the page does not have each marker once, in their order.
    """
    if page.count(BEGIN) != 1 or page.count(END) != 1 or page.index(BEGIN) > page.index(END):
        raise ValueError(f"the page needs a line {BEGIN} and, below it, a line {END}")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{after}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; the first column is text, and the others are aligned to the right."""
    lines = [head, ["---", *(["---:"] * (len(head) - 1))], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def amount(value: float, group: GroupResult) -> str:
    """A time or a size with its unit, to three digits or so."""
    return f"{value / 2**20:.1f} MiB" if group.quantity == "bytes" else seconds(value)


def seconds(value: float) -> str:
    """A time with its unit."""
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.1f} ms"


def ratio(value: float) -> str:
    """A ratio with as many digits as are worth reading."""
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def _growth(grown: Sequence[Growth]) -> str:
    """A table of medians by number of files; a cell is wall time, and processor time below it."""
    sizes = sorted({files for growth in grown for files, _ in growth.wall})
    rows = []
    for growth in grown:
        wall, processor = dict(growth.wall), dict(growth.processor)
        cells = [
            f"{seconds(wall[files])} ({seconds(processor[files])})" if files in wall else ""
            for files in sizes
        ]
        fitted = [exponent(growth.wall), exponent(growth.processor)]
        powers = ["" if one is None else f"{one:.2f}" for one in fitted]
        name = f"{growth.operation}: `{growth.contestant}`"
        rows.append((name, *cells, f"{powers[0]} ({powers[1]})"))
    return table(("", *(f"{files:,} files" for files in sizes), "exponent"), rows)


def _section(group: GroupResult) -> str:
    has_processor = group.quantity == "seconds"
    head = ["", "median", "quartiles", f"over `{group.baseline}`"]
    if has_processor:
        head += ["processor time", f"over `{group.baseline}`"]
    rows = []
    for measured in group.measured:
        lower, upper = measured.quartiles
        row = [
            f"`{measured.name}`",
            amount(measured.median, group),
            f"{amount(lower, group)} – {amount(upper, group)}",  # noqa: RUF001  a range
            ratio(group.ratio(measured.name)),
        ]
        if has_processor:
            taken, over = measured.processor_median, group.processor_ratio(measured.name)
            row += [
                "" if taken is None else seconds(taken),
                "" if over is None else ratio(over),
            ]
        rows.append(row)
    rounds = len(group.measured[0].values)
    title = f"### {group.title}"
    told = f"`{group.name}`, {rounds} round{'s' if rounds > 1 else ''}"
    return f"{title}\n\n{told}\n\n{table(head, rows)}"
