"""Where a folder has no past build: the build of another folder that is most like what it has now.

A fresh clone, such as a job of a CI service has, finds in the cache what other jobs built. What
differs from the nearest of these builds explains why none of them can be reused.
"""

from collections.abc import Iterable, Sequence

from lbuild_keys.decision.past_builds import BuildT, UnreadableRecordError
from lbuild_keys.decision.reasons import (
    ConfigSettingsChanged,
    EnvironmentChanged,
    FirstBuild,
    Reason,
)
from lbuild_keys.decision.verdict import Verdict, differences_to
from lbuild_keys.model import Mode, Snapshot
from lbuild_keys.snapshots.observer import Observer

_MOST_BUILDS = 6
_MOST_INPUTS = 20_000
"""How many builds are compared, the last used first, and how many inputs they may have together: a
comparison takes about as long as a decision."""


def explained_by_nearest(
    verdict: Verdict[BuildT],
    builds: Sequence[BuildT],
    observer: Observer,
    mode: Mode,
) -> Verdict[BuildT]:
    """Return a verdict with the differences to the nearest build, where there was none to tell of.

    Args:
        verdict: returned as it is, unless all that it says is that this is the first build.
        builds: all that is recorded of the project and hook, the last used at the end.
        observer: the present.
        mode: which inputs count.
    """
    if not verdict.reasons or not all(isinstance(one, FirstBuild) for one in verdict.reasons):
        return verdict
    found = [
        (_distance(reasons), build, reasons)
        for build, inputs in _candidates(builds, mode)
        if _is_alike(inputs, observer)
        for reasons in [differences_to(build, inputs, observer, builds)]
        if reasons
    ]
    if not found:
        return verdict
    _, nearest, reasons = min(found, key=lambda near: near[0])
    return verdict._replace(reasons=reasons, nearest=nearest)


def _distance(reasons: Iterable[Reason]) -> int:
    return sum(1 if isinstance(one, _LIGHT) else _HEAVY for one in reasons)


_LIGHT = (EnvironmentChanged, ConfigSettingsChanged)
_HEAVY = 3
"""Other variables are less of a difference than other files."""


def _candidates(builds: Sequence[BuildT], mode: Mode) -> Iterable[tuple[BuildT, Snapshot]]:
    """Yield builds with their inputs, the last used first; of equal ones, the first."""
    seen: set[str] = set()
    total = 0
    for build in reversed(builds):
        entry = build.entry
        if entry.mode != mode or entry.key is None or entry.snapshot in seen:
            continue
        seen.add(entry.snapshot)
        try:
            inputs = build.read_snapshot()
        except UnreadableRecordError:
            continue
        total += len(inputs)
        if len(seen) > _MOST_BUILDS or (total > _MOST_INPUTS and len(seen) > 1):
            return
        yield build, inputs


def _is_alike(inputs: Snapshot, observer: Observer) -> bool:
    """Whether half of the files in the project that a build used are here as they were.

    Otherwise it is another project: many are called ``demo``.
    """
    states = [
        observer.observe(thing) == seen.state
        for thing, seen in inputs.items()
        if thing.kind in ("file", "toml-tables")
        and seen.state.presence == "present"
        and not thing.name.startswith(("/", "../"))
    ]
    return 2 * sum(states) >= len(states) > 0
