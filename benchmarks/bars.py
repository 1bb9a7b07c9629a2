"""The figures that lbuild has to reach: which ratio, and what it may be at most."""

from dataclasses import dataclass

from benchmarks.contestants import (
    BARE_HOOK,
    BARE_PYTHON,
    BUILD,
    BUILD_WITH_UV,
    LBUILD,
    LBUILD_INSTALL,
    LBUILD_STATUS,
    UV_BUILD,
    UV_SYNC,
)
from benchmarks.results import Results


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One figure: the ratio of the medians of two contestants of a group."""

    figure: str
    group: str
    contestant: str
    over: str
    at_most: float


@dataclass(frozen=True, slots=True)
class Judged:
    """A figure, and the ratio that was measured."""

    bar: Bar
    ratio: float

    @property
    def reached(self) -> bool:
        """Whether the ratio is within the bar."""
        return self.ratio <= self.bar.at_most


_HIT_OF_FILES = "hit, {} files read by the build, `**/*.py` in cache-keys"

BARS = (
    Bar(figure="hit, 20 files", group="hit", contestant=LBUILD, over=BARE_PYTHON, at_most=2.0),
    Bar(
        figure="status with nothing to do, 20 files",
        group="status",
        contestant=LBUILD_STATUS,
        over=BARE_PYTHON,
        at_most=2.0,
    ),
    Bar(
        figure="install with nothing to do, 20 files",
        group="install",
        contestant=LBUILD_INSTALL,
        over=BARE_PYTHON,
        at_most=2.0,
    ),
    Bar(
        figure=_HIT_OF_FILES.format("10,000"),
        group="hit-10000",
        contestant=LBUILD,
        over=UV_SYNC,
        at_most=1.0,
    ),
    Bar(
        figure=_HIT_OF_FILES.format("50,000"),
        group="hit-50000",
        contestant=LBUILD,
        over=UV_SYNC,
        at_most=1.0,
    ),
    *(
        Bar(
            figure="rebuild after a one-line edit, 20 files",
            group="rebuild",
            contestant=LBUILD,
            over=over,
            at_most=at_most,
        )
        for over, at_most in ((UV_BUILD, 0.7), (BUILD, 0.4), (BARE_HOOK, 1.5))
    ),
    *(
        Bar(
            figure=f"first build, empty cache, {installer} installs",
            group=f"first-{installer}",
            contestant=LBUILD,
            over=over,
            at_most=1.1,
        )
        for installer, over in (("uv", BUILD_WITH_UV), ("pip", BUILD))
    ),
    Bar(
        figure="peak memory of a hit, 20 files",
        group="memory-20",
        contestant=LBUILD,
        over=BARE_PYTHON,
        at_most=1.3,
    ),
)


def judge(results: Results) -> list[Judged]:
    """Hold what was measured against the bars; groups that were not run are left out."""
    judged = []
    for bar in BARS:
        group = results.group(bar.group)
        if group is not None:
            judged.append(Judged(bar, group.ratio(bar.contestant, bar.over)))
    return judged
