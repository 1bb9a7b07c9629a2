"""Two snapshots -> the reasons why they differ. Pure: no reading, no clock."""

from lbuild_keys import reason
from lbuild_keys.model import ABSENT, Input, Observation, Snapshot, State
from lbuild_keys.reason import Reason

_NOT_AN_INPUT = Observation(ABSENT, "")


def compare(old: Snapshot, new: Snapshot) -> tuple[Reason, ...]:
    """Every difference between an entry's snapshot and the present one, sorted by input.

    An input that only one of them has counts as absent in the other. What could not be read differs
    from everything, itself included.
    """
    reasons = []
    for thing in sorted(old.keys() | new.keys()):
        before = old.get(thing, _NOT_AN_INPUT)
        after = new.get(thing, _NOT_AN_INPUT)
        if before.state != after.state or not after.state.known:
            source = after.source or before.source
            reasons.append(_difference(thing, before.state, after.state, source))
    return tuple(reasons)


def _difference(thing: Input, old: State, new: State, source: str) -> Reason:
    name = thing.name
    match thing.kind:
        case "file":
            if new.presence == "absent":
                return reason.FileRemoved(path=name, old=old, new=new, source=source)
            if new.known and old.presence == "absent":
                return reason.FileAdded(path=name, old=old, new=new, source=source)
            return reason.FileChanged(path=name, old=old, new=new, source=source)
        case "directory":
            return reason.DirectoryChanged(path=name, old=old, new=new, source=source)
        case "backend":
            return reason.BackendChanged(path=name, old=old, new=new, source=source)
        case "git-commit":
            return reason.GitCommitChanged(path=name, old=old, new=new, source=source)
        case "git-tags":
            return reason.GitTagsChanged(path=name, old=old, new=new, source=source)
        case "git-tree":
            return reason.GitTreeChanged(path=name, old=old, new=new, source=source)
        case "environment":
            return reason.EnvironmentChanged(name=name, old=old, new=new, source=source)
        case "config-settings":
            return reason.ConfigSettingsChanged(name=name, old=old, new=new, source=source)
        case "build-system":
            return reason.BuildSystemChanged(name=name, old=old, new=new, source=source)
        case "interpreter":
            return reason.InterpreterChanged(name=name, old=old, new=new, source=source)
        case "requirement":
            return reason.RequirementChanged(name=name, old=old, new=new, source=source)
