"""Results as Markdown: the tables of each page of the documentation.

- ``benchmarks``: the frontends beside each other, and where lbuild is slower than another
- ``benchmarks-targets``: the figures that have to be reached
- ``benchmarks-growth``: how the time grows with the number of files
- ``benchmarks-small``, ``-sizes``, ``-real``, ``-more``: all figures, by subject
"""

from collections.abc import Iterable, Sequence

from benchmarks.bars import Judged, judge
from benchmarks.contestants import (
    BUILD,
    BUILD_WITH_UV,
    LBUILD,
    LBUILD_INSTALL,
    LBUILD_MODULE,
    PIP_WHEEL,
    UV_BUILD,
    UV_PIP_INSTALL,
    UV_SYNC,
    UV_SYNC_BUILDS,
)
from benchmarks.growth import Growth, exponent, growths
from benchmarks.results import GroupResult, Results

BEGIN = "<!-- results: begin, written by nox -s bench -->"
END = "<!-- results: end -->"

SUBJECTS = {
    "small": ("hit", "status", "install", "rebuild", "first-*"),
    "sizes": ("hit-*", "reuse-*", "rebuild-*"),
    "real": ("django-*", "botocore-*"),
    "more": ("c-*", "workspace-*", "entries", "memory-*"),
}
"""The pages with all figures, and the groups on each; ``*`` stands for anything."""

FRONTENDS = (UV_SYNC, UV_SYNC_BUILDS, UV_BUILD, BUILD_WITH_UV, BUILD, PIP_WHEEL, UV_PIP_INSTALL)
"""Other tools that do the same for a user; the other contestants are yardsticks."""

_EQUAL = 1.005
"""A ratio that is printed as 1.00."""

_OF_GROWTH = """\
Processor time is in parentheses. The exponent is fitted to the time above that of ten files: 1 is
proportional to the number of files."""

_OPERATIONS = {
    "hit": "Nothing changed: hatchling, all files in cache-keys",
    "reuse": "Reuse that is not replayed: hatchling",
    "rebuild": "Rebuild after a one-line edit: hatchling",
}


def pages(results: Results) -> dict[str, str]:
    """What is between the markers of each page, by the name of the page."""
    return {
        "benchmarks": _overview(results),
        "benchmarks-targets": _targets(results),
        "benchmarks-growth": _growth(results),
        **{f"benchmarks-{subject}": _figures(subject, results) for subject in SUBJECTS},
    }


def markdown(results: Results) -> str:
    """All that was measured, for a terminal."""
    parts = [_targets(results)] if judge(results) else [measured_on(results)]
    return "\n\n".join([*parts, *(_section(group) for group in results.groups)])


def on(subject: str, results: Results) -> list[GroupResult]:
    """The groups of one page, in the order in which they were run."""
    return [group for group in results.groups if subject_of(group.name) == subject]


def subject_of(group: str) -> str:
    """The page that a group is on.

    Raises:
        ValueError: if no page has it, or more than one.
    """
    found = [
        subject
        for subject, patterns in SUBJECTS.items()
        if any(
            group.startswith(pattern[:-1]) if pattern.endswith("*") else group == pattern
            for pattern in patterns
        )
    ]
    if len(found) != 1:
        raise ValueError(f"the group {group} is on {len(found)} pages")
    return found[0]


def measured_on(results: Results) -> str:
    """The day, the machine and the versions."""
    versions = ", ".join(f"{name} {version}" for name, version in results.versions.items())
    return f"Measured on {results.date}, {results.machine}, with {versions}."


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


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, texts: int = 1) -> str:
    """A Markdown table; the first columns are text, and the others are aligned to the right."""
    rule = ["---"] * texts + ["---:"] * (len(head) - texts)
    return "\n".join(f"| {' | '.join(line)} |" for line in [head, rule, *rows])


def amount(value: float, group: GroupResult) -> str:
    """A time or a size with its unit, to three digits or so."""
    return f"{value / 2**20:.1f} MiB" if group.quantity == "bytes" else seconds(value)


def seconds(value: float) -> str:
    """A time with its unit."""
    return f"{value:.2f} s" if value >= 1 else f"{value * 1000:.1f} ms"


def ratio(value: float) -> str:
    """A ratio with as many digits as are worth reading."""
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:.0f}"


def slower(results: Results) -> list[tuple[GroupResult, str, str]]:
    """Find where lbuild takes longer than another frontend that does the same.

    Returns:
        The group, the command of lbuild, and the other one.
    """
    return [
        (group, ours.name, other.name)
        for group in results.groups
        if group.quantity == "seconds"
        for ours in group.measured
        if ours.name in (LBUILD, LBUILD_MODULE, LBUILD_INSTALL)
        for other in group.measured
        if other.name in FRONTENDS and ours.median / other.median > _EQUAL
    ]


def _overview(results: Results) -> str:
    parts = [measured_on(results)]
    groups = [results.group(name) for name in ("hit", "rebuild", "first-uv", "first-pip")]
    if any(groups):
        commands = (LBUILD, UV_SYNC, UV_SYNC_BUILDS, UV_BUILD, BUILD_WITH_UV, BUILD, PIP_WHEEL)
        cells = {command: [_median(group, command) for group in groups] for command in commands}
        rows = [(f"`{command}`", *row) for command, row in cells.items() if any(row)]
        head = ("20 files", "nothing changed", "one line edited", "first, uv installs")
        parts.append(table((*head, "first, pip installs"), rows))
    if judged := judge(results):
        parts += ["## Figures to reach", _score(judged)]
    if found := slower(results):
        slow = [
            (
                group.title,
                f"`{ours}`",
                _median(group, ours),
                f"`{other}`",
                _median(group, other),
                ratio(group.ratio(ours, other)),
            )
            for group, ours, other in found
        ]
        columns = ("", "lbuild", "median", "the other", "median", "ratio")
        parts += ["## Where lbuild is slower than another frontend", table(columns, slow)]
    return "\n\n".join(parts)


def _score(judged: Sequence[Judged]) -> str:
    reached = sum(each.reached for each in judged)
    return (
        f"lbuild has {len(judged)} figures to reach. It reaches {reached} of them, and misses"
        f" {len(judged) - reached}. [Each of them](benchmarks-targets.md) has its measured value."
    )


def _targets(results: Results) -> str:
    rows = [
        (
            each.bar.figure,
            f"`{each.bar.over}`",
            ratio(each.bar.at_most),
            ratio(each.ratio),
            "" if each.processor is None else ratio(each.processor),
            "yes" if each.reached else "**no**",
        )
        for each in judge(results)
    ]
    head = ("", "over", "at most", "measured", "processor time", "reached")
    return f"{measured_on(results)}\n\n{table(head, rows)}"


def _growth(results: Results) -> str:
    parts = [measured_on(results)]
    if grown := growths(results):
        parts += [_OF_GROWTH, _medians_by_files(grown)]
    return "\n\n".join(parts)


def _figures(subject: str, results: Results) -> str:
    groups = on(subject, results)
    sections = _by_operation(groups) if subject == "sizes" else [_section(one) for one in groups]
    return "\n\n".join([measured_on(results), *sections])


def _by_operation(groups: Sequence[GroupResult]) -> list[str]:
    """A table for all groups that differ in the number of files only."""
    parts = []
    for operation, title in _OPERATIONS.items():
        sized = sorted(
            (int(group.name.removeprefix(f"{operation}-")), group)
            for group in groups
            if group.name.startswith(f"{operation}-")
        )
        if sized:
            rows = [
                (f"{files:,}", *row, str(len(group.measured[0].values)))
                for files, group in sized
                for row in _rows(group)
            ]
            head = ("files", *_head(sized[0][1]), "rounds")
            parts.append(f"## {title}\n\n{table(head, rows, texts=2)}")
    return parts


def _medians_by_files(grown: Sequence[Growth]) -> str:
    """A table of medians by number of files; a cell is wall time, and processor time after it."""
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
    rounds = len(group.measured[0].values)
    told = f"`{group.name}`, {rounds} round{'s' if rounds > 1 else ''}"
    return f"## {group.title}\n\n{told}\n\n{table(_head(group), _rows(group))}"


def _head(group: GroupResult) -> list[str]:
    head = ["", "median", "quartiles", f"over `{group.baseline}`"]
    if group.quantity == "seconds":
        head += ["processor time", f"over `{group.baseline}`"]
    return head


def _rows(group: GroupResult) -> list[list[str]]:
    rows = []
    for measured in group.measured:
        lower, upper = measured.quartiles
        row = [
            f"`{measured.name}`",
            amount(measured.median, group),
            _range(amount(lower, group), amount(upper, group)),
            ratio(group.ratio(measured.name)),
        ]
        if group.quantity == "seconds":
            taken, over = measured.processor_median, group.processor_ratio(measured.name)
            row += [
                "" if taken is None else seconds(taken),
                "" if over is None else ratio(over),
            ]
        rows.append(row)
    return rows


def _range(lower: str, upper: str) -> str:
    unit = lower.partition(" ")[2]
    return f"{lower.removesuffix(unit).rstrip() if upper.endswith(unit) else lower}–{upper}"  # noqa: RUF001


def _median(group: GroupResult | None, contestant: str) -> str:
    named = {each.name: each for each in group.measured} if group else {}
    return amount(named[contestant].median, group) if group and contestant in named else ""
