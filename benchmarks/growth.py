"""How the time of a command grows with the number of files."""

import math
import re
from dataclasses import dataclass
from itertools import groupby

from benchmarks.results import GroupResult, Results

_NAME = re.compile(r"(hit|reuse|rebuild)-(\d+)")
_LARGE = 1_000
"""With fewer files what is measured is the start of processes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """The medians of one contestant, in seconds, by number of files.

    Attributes:
        operation: ``hit``, ``reuse`` or ``rebuild``.
        wall, processor: pairs of a number of files and a median, the smallest number first.
    """

    operation: str
    contestant: str
    wall: tuple[tuple[int, float], ...]
    processor: tuple[tuple[int, float], ...]

    @property
    def groups(self) -> set[str]:
        """The names of the groups that the values are of."""
        return {f"{self.operation}-{files}" for files, _ in self.wall}


def growths(results: Results) -> list[Growth]:
    """Gather the groups that differ in the number of files only."""
    sized: list[tuple[str, int, GroupResult]] = [
        (named[1], int(named[2]), group)
        for group in results.groups
        if (named := _NAME.fullmatch(group.name))
    ]
    found = []
    for operation, groups in groupby(sorted(sized, key=lambda one: one[:2]), lambda one: one[0]):
        sizes = [(files, group) for _, files, group in groups]
        for contestant in [measured.name for measured in sizes[0][1].measured]:
            values = [(files, group.of(contestant)) for files, group in sizes]
            found.append(
                Growth(
                    operation=operation,
                    contestant=contestant,
                    wall=tuple((files, one.median) for files, one in values),
                    processor=tuple((files, one.processor_median or 0.0) for files, one in values),
                )
            )
    return found


def exponent(medians: tuple[tuple[int, float], ...]) -> float | None:
    """Fit the power of the number of files with which the time above that of the fewest grows.

    Returns:
        The slope of a line through the logarithms (least squares); None if fewer than two numbers
        of files are large enough to tell.
    """
    (_, least), *rest = medians
    points = [
        (math.log(files), math.log(seconds - least))
        for files, seconds in rest
        if files >= _LARGE and seconds > least
    ]
    if len(points) < 2:
        return None
    x_mean = sum(x for x, _ in points) / len(points)
    y_mean = sum(y for _, y in points) / len(points)
    spread = sum((x - x_mean) ** 2 for x, _ in points)
    return sum((x - x_mean) * (y - y_mean) for x, y in points) / spread
