"""Two snapshots -> the reasons why they differ. Pure: it reads no file and no clock."""

from collections.abc import Iterator, Mapping

from lbuild_keys.decision.order import most_telling_first
from lbuild_keys.decision.reasons import (
    BackendChanged,
    BuildSystemChanged,
    ConfigSettingsChanged,
    DirectoryChanged,
    EnvironmentChanged,
    ExecutableChanged,
    FileAdded,
    FileChanged,
    FileRemoved,
    GitCommitChanged,
    GitTagsChanged,
    GitTreeChanged,
    InterpreterChanged,
    ListingChanged,
    ProjectMoved,
    Reason,
    RequirementChanged,
)
from lbuild_keys.model import (
    ABSENT,
    Input,
    Kind,
    Observation,
    Snapshot,
    Source,
    State,
    declared,
    present,
    traced,
)
from lbuild_keys.observe import env_vars, listings

_NOT_AN_INPUT = Observation(ABSENT, declared("nothing"))


def compare(old: Snapshot, new: Snapshot) -> tuple[Reason, ...]:
    """Return every difference between the snapshot of a past build and the present one.

    The most telling one comes first (``order``). An input that only one of them has counts as
    absent in the other. What could not be read differs from everything, itself included.
    """
    # What makes a file count as a whole, such as another backend, is a reason of its own.
    reasons = _compare(_without_values_of(new, old), _without_values_of(old, new))
    return most_telling_first(reasons or _compare(old, new))


def _compare(old: Snapshot, new: Snapshot) -> tuple[Reason, ...]:
    reasons: dict[Reason, None] = {}
    told: set[tuple[str, str]] = set()
    different = {
        thing: (before, after)
        for thing in old.keys() | new.keys()
        for before in [old.get(thing, _NOT_AN_INPUT)]
        for after in [new.get(thing, _NOT_AN_INPUT)]
        if before.state != after.state or not after.state.known
    }
    for thing in sorted(different, key=_rank):
        before, after = different[thing]
        source = (after if thing in new else before).source
        parts = [*_differences(thing, before.state, after.state, source)]
        new_ones = {_about(one): one for one in parts if _about(one) not in told}
        reasons |= dict.fromkeys(new_ones.values())
        if thing.kind in _RANKS or thing.kind == "environment":
            told |= new_ones.keys()
    return tuple(reasons)


def _without_values_of(other: Snapshot, snapshot: Snapshot) -> Snapshot:
    """Leave out files whose values count on one side, and their whole content on the other."""
    pairs: Mapping[Kind, Kind] = {"toml-tables": "file", "file": "toml-tables"}
    return {
        thing: seen
        for thing, seen in snapshot.items()
        if thing in other
        or thing.kind not in pairs
        or Input(pairs[thing.kind], thing.name) not in other
    }


def _about(one: Reason) -> tuple[str, str]:
    """Return what a reason is about: of two about the same thing, one is enough."""
    if isinstance(one, EnvironmentChanged):
        return "environment", one.name
    path = getattr(one, "path", None)
    if path is not None and not one.tag.startswith("git"):
        return "path", path
    return one.tag, str(path or getattr(one, "name", ""))


_FIRST = ("backend", "directory", "environment-file", "file", "toml-tables")
_RANKS = {**dict.fromkeys(_FIRST, 0), "listing": 1, "path": 2, "egg-info": 2}
"""A change of one name is reported once: as a file that was read, rather than as a name in a folder
that was listed, rather than as a path that was looked at. A variable that was read by its name is
reported as such, rather than as one of all variables."""


def _rank(thing: Input) -> tuple[int, Input]:
    together = thing.kind == "environment" and thing.name.endswith("*")
    return 1 if together else _RANKS.get(thing.kind, 0), thing


def _differences(thing: Input, old: State, new: State, source: Source) -> Iterator[Reason]:
    if thing.kind == "listing":
        folder = listings.folder_of(thing.label)
        yield from _names_changed(folder, old, new, source)
    elif thing.kind == "environment" and thing.name.endswith("*"):
        yield from _variables_changed(old, new, source)
    else:
        yield _difference(thing, old, new, source)


def _names_changed(folder: str, old: State, new: State, source: Source) -> Iterator[Reason]:
    """Yield what happened to the names in a folder, one by one if both states have names."""
    before, after = listings.names_in(old), listings.names_in(new)
    if before is None or after is None:
        yield ListingChanged(path=folder, old=old, new=new, source=source)
        return
    by_whom = traced(f"in {folder}, {source.by}")
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) == after.get(name):
            continue
        path = name if folder == "." else f"{folder}/{name}"
        was, now = _type(before, name), _type(after, name)
        kind: Kind = "directory" if "directory" in (was.detail, now.detail) else "file"
        if was == ABSENT or now == ABSENT:
            yield _difference(Input(kind, path), was, now, by_whom)
        else:
            yield ListingChanged(path=path, old=was, new=now, source=by_whom)


def _type(names: Mapping[str, str], name: str) -> State:
    return present(names[name]) if name in names else ABSENT


def _variables_changed(old: State, new: State, source: Source) -> Iterator[Reason]:
    before, after = env_vars.names_in(old) or {}, env_vars.names_in(new) or {}
    for name in sorted(before.keys() | after.keys()):
        was, now = _type(before, name), _type(after, name)
        if was != now:
            yield EnvironmentChanged(name=name, old=was, new=now, source=source)


def _difference(thing: Input, old: State, new: State, source: Source) -> Reason:
    name = thing.label
    match thing.kind:
        case "path" if "directory" in (old.detail, new.detail):
            return DirectoryChanged(path=name, old=old, new=new, source=source)
        case "file" | "path" | "environment-file" | "toml-tables":
            if new.presence == "absent":
                return FileRemoved(path=name, old=old, new=new, source=source)
            if new.known and old.presence == "absent":
                return FileAdded(path=name, old=old, new=new, source=source)
            return FileChanged(path=name, old=old, new=new, source=source)
        case "listing":
            return ListingChanged(path=listings.folder_of(name), old=old, new=new, source=source)
        case "directory" | "egg-info":
            return DirectoryChanged(path=name, old=old, new=new, source=source)
        case "backend":
            return BackendChanged(path=name, old=old, new=new, source=source)
        case "git-commit":
            return GitCommitChanged(path=name, old=old, new=new, source=source)
        case "git-tags":
            return GitTagsChanged(path=name, old=old, new=new, source=source)
        case "git-tree" | "git-answer" | "date":
            return GitTreeChanged(path=name, old=old, new=new, source=source)
        case "environment":
            return EnvironmentChanged(name=name, old=old, new=new, source=source)
        case "config-settings":
            return ConfigSettingsChanged(name=name, old=old, new=new, source=source)
        case "build-system":
            return BuildSystemChanged(name=name, old=old, new=new, source=source)
        case "interpreter":
            return InterpreterChanged(name=name, old=old, new=new, source=source)
        case "project-folder":
            return ProjectMoved(name=name, old=old, new=new, source=source)
        case "executable":
            return ExecutableChanged(name=name, old=old, new=new, source=source)
        case "requirement" | "cmake-package":
            return RequirementChanged(name=name, old=old, new=new, source=source)
        case "local-offer":
            # The installer, then a name or what stands for all of them.
            _, colon, distribution = name.partition(":")
            name = _NO_NAMES.get(distribution, distribution) if colon else name
            return RequirementChanged(name=name, old=old, new=new, source=source)


_NO_NAMES = {"": "in a local place", "*": "in any local place"}
