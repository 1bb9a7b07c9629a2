"""The figures that lbuild has to reach: which ratio, and what it may be at most."""

from dataclasses import dataclass

from benchmarks.contestants import (
    BARE_HOOK,
    BARE_PYTHON,
    BUILD,
    BUILD_WITH_UV,
    GIT_STATUS,
    LBUILD,
    LBUILD_INSTALL,
    LBUILD_STATUS,
    UV_BUILD,
    UV_SYNC,
)
from benchmarks.real_groups import (
    BOTOCORE,
    DJANGO,
    HASHING,
    MANY_ENTRIES,
    ONE_ENTRY,
    RECORDED_HOOK,
    RealProject,
)
from benchmarks.results import Results
from benchmarks.workspace_groups import (
    LBUILD_WORKSPACE,
    ONE_AT_ONCE,
    STAT_CALLS,
    TWO_AT_ONCE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One figure: the ratio of the medians of two contestants of a group.

    Attributes:
        less: two other contestants; what the first takes longer is subtracted before.
        of_processor: whether the ratio of processor times has to reach it too.
    """

    figure: str
    group: str
    contestant: str
    over: str
    at_most: float
    less: tuple[str, str] | None = None
    of_processor: bool = True


@dataclass(frozen=True, slots=True)
class Judged:
    """A figure, and what was measured: the ratio of wall times or sizes, and of processor times."""

    bar: Bar
    ratio: float
    processor: float | None

    @property
    def reached(self) -> bool:
        """Whether the ratios that count are within the bar."""
        processor = self.processor if self.bar.of_processor else None
        return max(self.ratio, processor or 0) <= self.bar.at_most


_REBUILD = "rebuild after a one-line edit, {}"
_FIRST = "first build, empty cache, {}, {} installs"
_HIT = "hit, {} files read by the build, `**/*.py` in cache-keys"


def _bar(figure: str, group: str, over: str, at_most: float, contestant: str = LBUILD) -> Bar:
    return Bar(figure=figure, group=group, contestant=contestant, over=over, at_most=at_most)


def _of_real(project: RealProject) -> tuple[Bar, ...]:
    name, group = project.name, project.identity
    return (
        _bar(_REBUILD.format(name), f"{group}-rebuild", BARE_HOOK, 1.5),
        _bar(_REBUILD.format(name), f"{group}-rebuild", UV_BUILD, 0.8),
        _bar(_FIRST.format(name, "uv"), f"{group}-first", BUILD_WITH_UV, 1.2),
        _bar(f"reuse that is not replayed, {name}", f"{group}-reuse", GIT_STATUS, 6),
        _bar(f"replayed hit, {name}, `**/*.py` in cache-keys", f"{group}-hit", UV_SYNC, 1.0),
        _bar(f"recording, {name}", f"{group}-recording", BARE_HOOK, 1.15, RECORDED_HOOK),
        _bar(f"decision in a fresh clone, {name}", f"{group}-miss", HASHING, 1.5, LBUILD_STATUS),
    )


BARS = (
    _bar("hit, 20 files", "hit", BARE_PYTHON, 1.3),
    _bar("status with nothing to do, 20 files", "status", BARE_PYTHON, 2.0, LBUILD_STATUS),
    _bar("install with nothing to do, 20 files", "install", BARE_PYTHON, 2.0, LBUILD_INSTALL),
    _bar(_HIT.format("10,000"), "hit-10000", UV_SYNC, 1.0),
    _bar(_HIT.format("50,000"), "hit-50000", UV_SYNC, 1.0),
    _bar(_REBUILD.format("20 files"), "rebuild", BARE_HOOK, 1.5),
    _bar(_REBUILD.format("20 files"), "rebuild", UV_BUILD, 0.6),
    _bar(_REBUILD.format("20 files"), "rebuild", BUILD, 0.3),
    _bar(_FIRST.format("20 files", "uv"), "first-uv", BUILD_WITH_UV, 1.1),
    _bar(_FIRST.format("20 files", "pip"), "first-pip", BUILD, 1.1),
    _bar("peak memory of a hit, 20 files", "memory-20", BARE_PYTHON, 1.3),
    *_of_real(DJANGO),
    *_of_real(BOTOCORE),
    _bar("decision among 1,000 entries", "entries", ONE_ENTRY, 2, MANY_ENTRIES),
    Bar(
        figure="workspace of 200 members with nothing to do, less the cost of its `stat` calls",
        group="workspace-hit",
        contestant=LBUILD_WORKSPACE,
        over=LBUILD,
        at_most=5.0,
        less=(STAT_CALLS, BARE_PYTHON),
    ),
    Bar(
        figure="workspace of 200 members, empty cache, two projects at once",
        group="workspace-first",
        contestant=TWO_AT_ONCE,
        over=ONE_AT_ONCE,
        at_most=0.65,
        of_processor=False,  # the work is the same
    ),
)


def judge(results: Results) -> list[Judged]:
    """Hold what was measured against the bars; groups that were not run are left out."""
    judged = []
    for bar in BARS:
        group = results.group(bar.group)
        if group is not None:
            of = bar.contestant, bar.over
            wall, processor = group.ratio(*of), group.processor_ratio(*of)
            if bar.less is not None:
                more, fewer = bar.less
                wall -= group.ratio(more, bar.over) - group.ratio(fewer, bar.over)
                if processor is not None:
                    processor -= group.processor_ratio(more, bar.over) or 0.0
                    processor += group.processor_ratio(fewer, bar.over) or 0.0
            judged.append(Judged(bar, wall, processor))
    return judged
