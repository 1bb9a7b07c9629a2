"""What to look at before hooks run, and what can be concluded from it afterwards.

In mode ``traced`` nobody knows before a build what it will use. What can be known then is how
everything is on disk; the states of what it used are taken afterwards, and hold for the build
where nothing was touched meanwhile.
"""

from collections.abc import Mapping
from typing import NamedTuple

from lbuild_keys.effects import footprint
from lbuild_keys.effects.classify import ON_DISK, BuildActivity, BuildEffects, classify
from lbuild_keys.effects.footprint import Footprint, Moment
from lbuild_keys.model import (
    ABSENT,
    Input,
    Kind,
    Mode,
    Observation,
    Snapshot,
    Source,
    State,
    traced,
)
from lbuild_keys.observe import temporary, tree
from lbuild_keys.snapshots import toml_inputs
from lbuild_keys.snapshots.observer import Observer
from lbuild_keys.tracing.used import Usage

_GIT = (Input("git-commit", "."), Input("git-tags", "."), Input("git-tree", "."))
_DAY = Input("date", "today")


class Before(NamedTuple):
    """What is known of a project just before its hooks are called.

    Attributes:
        observer: what it was looked at with.
        mode: which inputs count.
        known: the states that were looked at to decide, and those of what earlier builds wrote.
        git: what git reports, if the build is likely to ask it.
        day: the state of the day.
        earlier: what earlier builds wrote, with the states that they gave it.
        footprint: how everything below the project is on disk.
        appeared: files that appeared during the last build here, with their states after it.
    """

    observer: Observer
    mode: Mode
    known: Mapping[Input, State]
    git: Mapping[Input, State]
    day: State
    earlier: frozenset[tuple[str, str]]
    footprint: Footprint
    appeared: frozenset[tuple[str, str]] = frozenset()


def before_build(
    observer: Observer,
    mode: Mode,
    present: Snapshot,
    earlier: frozenset[tuple[str, str]],
    *,
    last_build_is_no_guide: bool,
    appeared: frozenset[tuple[str, str]] = frozenset(),
) -> Before:
    """Look at a project that is to be built.

    Args:
        observer: the present, as the decision to build looked at it.
        mode: which inputs count.
        present: the inputs that the decision looked at, with their states.
        earlier: what earlier builds wrote, with the states that they gave it.
        last_build_is_no_guide: whether the build may run git although the last one did not.
        appeared: see ``Before``.
    """
    written = (Input("file", path) for path, _ in earlier)
    known = {thing: observer.observe(thing) for thing in written}
    known |= {
        # With what builds wrote: ``classify`` takes that out later.
        thing: observer.observe(thing) if thing.kind == "listing" else seen.state
        for thing, seen in present.items()
    }
    if mode == "declared":
        known |= {thing: seen.state for thing, seen in observer.snapshot("tree").items()}
    asks_git = last_build_is_no_guide or any(thing.kind.startswith("git") for thing in known)
    git: dict[Input, State] = {}
    if mode == "traced" and asks_git:
        git = {thing: observer.observe(thing) for thing in _GIT}
    day = observer.observe(_DAY)
    return Before(observer, mode, known, git, day, earlier, footprint.take(observer), appeared)


def after_build(
    before: Before,
    observer: Observer,
    used: Usage,
    version: str,
    requirements: Snapshot,
    by_programs: frozenset[str] = frozenset(),
) -> tuple[BuildEffects, BuildEffects]:
    """Conclude what a build was made from, and what it did to the project.

    Args:
        before: what was known before the hooks.
        observer: the present, after the hooks.
        used: what the hooks used.
        version: of what they made; it may contain the date.
        requirements: states that count as they were when these were installed.
        by_programs: names of what programs that the hooks ran are known to have made.

    Returns:
        The effects in the mode of the build, and in mode ``tree`` (in mode ``declared`` only: else
        the same again).
    """
    used = used._replace(written=used.written | by_programs)
    clear = not used.opaque and not used.untraced
    mode: Mode = "tree" if before.mode == "traced" and not clear else before.mode
    inputs = _hooks_inputs(before, observer, used)
    for thing, seen in requirements.items():
        if seen.source.how == "traced":
            inputs[thing] = Observation(observer.observe(thing), seen.source)
    if before.mode == "traced" and _names_day(version, before.day, observer.observe(_DAY)):
        inputs[_DAY] = Observation(observer.observe(_DAY), traced("part of the version"))
    after = dict(observer.observe_again(inputs, mode))
    if before.mode == "traced":
        is_noise = tree.noise_below(observer.project.root)
        for name in used.written:
            if not name.startswith(("/", "../")) and not is_noise(name):
                thing = Input("file", name)
                after.setdefault(thing, Observation(observer.observe(thing), _WRITTEN))
    if mode != before.mode:
        gone = before.footprint.gone()
        after |= {Input("file", name): Observation(ABSENT, _WRITTEN) for name in gone}
    appeared = frozenset() if clear else _untracked(before)
    at = before.footprint.moment()
    # To write fails, for example, if the program in this file runs: then what was there is read.
    overwritten = used.overwritten - before.footprint.same(used.overwritten)
    activity = BuildActivity(
        written=used.written,
        overwritten=overwritten if clear else frozenset(),
        touched=before.footprint.touched(
            (thing for thing in after if thing.kind in _LASTING),
            # A change of a folder with a file that programs write anew is theirs.
            used.written | {name for name, _ in appeared},
            used.found,
            used.missed,
            opaque=not clear,
            at=at,
        ),
        earlier=before.earlier,
        appeared=appeared,
        opaque=not clear,
        made=observer.project.made,
    )
    states = _states_before(before, after, requirements, at, same_mode=mode == before.mode)
    states |= _put_back(before, after, used)
    effects = classify(states, after, activity)
    edited = _git_edited(before, observer, effects)
    effects = effects._replace(edited=(*effects.edited, *edited))
    if before.mode != "declared":
        return effects, effects
    whole = observer.snapshot("tree")
    states = _states_before(before, whole, requirements, at, same_mode=True)  # see ``before_build``
    states |= _put_back(before, whole, used)
    return effects, classify(states, whole, activity)


_LASTING: frozenset[Kind] = frozenset({"file", "path", "backend", "toml-tables", "listing"})
"""Kinds of inputs whose time stamps show whether they changed during the build."""

_WRITTEN = traced("written by the build")


def _hooks_inputs(before: Before, observer: Observer, used: Usage) -> dict[Input, Observation]:
    """Return the inputs that count because hooks used them."""
    own = {name for name in used.imported if not name.startswith(("/", "../"))}
    if not before.observer.project.settings.build_system.backend_path:
        own = set()
    things = {Input("backend", name): traced("run by the backend") for name in own}
    if before.mode == "traced":
        things |= {thing: why for thing, why in used.inputs.items() if thing.name not in own}
    known = toml_inputs.usable_tables(
        observer.project, observer.context, observer.context.extra_requires
    )
    if known is None and toml_inputs.VALUES in things:
        things[toml_inputs.WHOLE] = things.pop(toml_inputs.VALUES)
    # Where all programs were followed, what they made there is no input.
    followed = used.followed and not used.opaque and not used.untraced
    results = set() if followed else _temporary_results(before, things)
    return {
        thing: Observation(observer.observe(thing), why)
        for thing, why in things.items()
        if thing not in results
    }


def _temporary_results(before: Before, things: Mapping[Input, Source]) -> set[Input]:
    """Return what a program that a hook ran left in the folder for temporary files."""
    folder = f"{temporary.folder()}/"

    def is_there(thing: Input) -> bool:
        if not thing.name.startswith(("/", "../")):
            return False  # as most
        path = before.observer.path_of(thing.name)
        if thing.kind not in _LASTING or not path.startswith(folder):
            return False
        # The project may be in that folder: what was touched in it, or beside it, was edited.
        first = path.removeprefix(folder).partition("/")[0]
        beside = thing.name.startswith("../") and temporary.is_temporary(first)
        return thing.name.startswith("/") or beside

    there = [thing for thing in things if is_there(thing)]
    if not there:
        return set()
    names = before.footprint.touched(there, ())
    return {thing for thing in there if thing.name in names}


def _states_before(
    before: Before, after: Snapshot, requirements: Snapshot, at: Moment, *, same_mode: bool
) -> dict[Input, Observation]:
    """Return what was known before the build of everything that counts before or after it.

    Args:
        same_mode: whether what the mode of ``after`` adds was looked at before the build, too.
    """
    states: dict[Input, Observation] = {}
    for thing, seen in after.items():
        if thing in requirements:
            states[thing] = requirements[thing]
        elif thing in before.known and (same_mode or not _leads_on(thing, seen.state)):
            states[thing] = Observation(before.known[thing], seen.source)
        elif thing == _DAY:
            states[thing] = Observation(before.day, seen.source)
        elif thing.kind in ON_DISK | {"listing"}:
            states[thing] = Observation(before.footprint.before(thing, seen.state, at), seen.source)
        elif thing.kind == "egg-info" or (thing.kind == "environment-file" and same_mode):
            states[thing] = Observation(ABSENT, seen.source)  # else it would be known
        else:
            states[thing] = seen
    # What counted before and no longer does: a file that a pattern matched, for example.
    declared = before.observer.snapshot(before.mode)
    modules = {thing.name for thing in after if thing.kind == "backend"}
    gone = {
        thing: seen
        for thing, seen in declared.items()
        # The trace may have shown that a file is one of the backend's modules.
        if thing not in after
        and not (thing.kind == "file" and thing.name in modules)
        # Where a program may have read the whole file, that counts instead of values in it.
        and not (thing == toml_inputs.VALUES and toml_inputs.WHOLE in after)
    }
    return {**gone, **states}


def _untracked(before: Before) -> frozenset[tuple[str, str]]:
    """Return what appeared during the last build, less what git tracks: that is the user's."""
    if not before.appeared:
        return frozenset()
    from lbuild_keys.git.repository import tracked_names  # most builds need no git

    tracked = tracked_names(before.observer.project.root)
    if tracked is None:
        return frozenset()
    return frozenset(item for item in before.appeared if item[0] not in tracked)


def _put_back(before: Before, after: Snapshot, used: Usage) -> Snapshot:
    """Return what hooks changed and is as it was before, unless it was looked at before them."""
    unknown = {thing: seen for thing, seen in after.items() if thing not in before.known}
    return before.footprint.put_back(unknown, used.put_back)


def _leads_on(thing: Input, state: State) -> bool:
    """Whether it is a link to a directory, as mode ``tree`` looks at it.

    A declaration of the same directory asks only whether it exists.
    """
    return thing.kind == "directory" and state.detail.startswith("directory -> ")


def _names_day(version: str, *days: State) -> bool:
    """Whether a version contains the date, as 1.0+d20261101 (setuptools-scm), 2026.11.1, 26.11.1.

    One that contains it by chance costs a build on the next day.
    """
    dates = {date for state in days for date in state.detail.split()}
    return any(
        f"{year[-2:]}{month}{day}" in version.replace(".", "")
        or f"{int(year[-2:])}.{int(month)}.{int(day)}" in version
        for year, month, day in (date.split("-") for date in dates)
    )


def _git_edited(before: Before, observer: Observer, effects: BuildEffects) -> tuple[str, ...]:
    """Return ``.git``, if the repository changed during the build, or was not looked at before."""
    if before.mode != "traced" or not any(one.kind.startswith("git") for one in effects.inputs):
        return ()
    same = before.git and all(observer.observe(one) == state for one, state in before.git.items())
    return () if same else (".git",)
