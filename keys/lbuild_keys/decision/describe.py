"""A reason -> its words, in text for people and in JSON."""

import re
from typing import NamedTuple

from lbuild_keys.decision.reasons import (
    BackendChanged,
    BuildSystemChanged,
    ConfigSettingsChanged,
    DirectoryChanged,
    EditedDuringBuild,
    EnvironmentChanged,
    ExecutableChanged,
    FileAdded,
    FileChanged,
    FileRemoved,
    FirstBuild,
    Forced,
    GitCommitChanged,
    GitTagsChanged,
    GitTreeChanged,
    InterpreterChanged,
    ListingChanged,
    ProjectMoved,
    Reason,
    RecordUnreadable,
    RecordVersion,
    RequirementChanged,
    ResultDamaged,
    ResultMissing,
    Untraced,
)
from lbuild_keys.model import MEMBER, State, declared
from lbuild_keys.observe import toml_tables

_DIGEST = re.compile(r"\b[0-9a-f]{16,}(?![0-9a-z])")


class Description(NamedTuple):
    """The words for a reason: a label and columns for a table, and a clause for a sentence."""

    label: str
    subject: str
    change: str
    clause: str


def describe(reason: Reason) -> Description:
    """Return the words for a reason."""
    match reason:
        case FirstBuild(name=name):
            return Description("first", name, "", f"first build {name}")
        case Forced(name=name):
            return Description("forced", name, "", f"{name} forces a build")
        case FileChanged(path=path, old=old, new=new):
            if not new.known:
                why = f"{path} cannot be read ({new.detail}), so it counts as changed"
                return Description("unreadable", path, new.detail, why)
            names = toml_tables.changed_names(old, new)
            if names:
                return Description("changed", path, names, f"{path} changed ({names})")
            return Description("changed", path, _change(old, new), f"{path} changed")
        case FileAdded(path=path):
            return Description("added", path, "", f"{path} is new")
        case FileRemoved(path=path):
            return Description("removed", path, "", f"{path} is gone")
        case ListingChanged(path=path, old=old, new=new):
            if not new.known:
                why = f"{path} cannot be listed ({new.detail}), so it counts as changed"
                return Description("unreadable", path, new.detail, why)
            return Description("listing", path, _types(old, new), f"the listing of {path} changed")
        case DirectoryChanged(path=path, old=old, new=new):
            if not new.known:
                why = f"{path} cannot be listed ({new.detail}), so it counts as changed"
                return Description("unreadable", path, new.detail, why)
            happened = "is new" if old.presence == "absent" else "changed"
            happened = "is gone" if new.presence == "absent" else happened
            return Description("directory", path, _change(old, new), f"directory {path} {happened}")
        case GitCommitChanged(old=old, new=new):
            change = _change(old, new, absent="no repository")
            return Description("git", "commit", change, f"the git commit changed ({change})")
        case GitTagsChanged(old=old, new=new):
            change = _change(old, new, absent="no repository")
            return Description("git", "tags", change, f"the git tags changed ({change})")
        case GitTreeChanged(path="today", old=old, new=new):
            clause = f"the date changed ({_change(old, new)}), and the version contains it"
            return Description("date", "today", _change(old, new), clause)
        case GitTreeChanged(path=path, old=old, new=new) if path != ".":
            from lbuild_keys.decision.git_words import words_for  # few projects ask git

            words = words_for(path, old, new)
            return Description("git", words.subject, words.change, words.clause)
        case GitTreeChanged(old=old, new=new):
            change = _change(old, new, absent="no repository")
            return Description(
                "git", "working tree", change, f"the git working tree changed ({change})"
            )
        case EnvironmentChanged(name=name, old=old, new=new):
            if old.presence == new.presence == "present":
                change = "new value"
            else:
                change = f"{_set_or_unset(old)} -> {_set_or_unset(new)}"
            return Description("env", name, change, f"${name} changed ({change})")
        case ConfigSettingsChanged():
            return Description("config", "config settings", "", "the config settings changed")
        case BuildSystemChanged(name=name, old=old, new=new):
            change = _change(old, new)
            return Description("build", name, change, f"build-system.{name} changed ({change})")
        case BackendChanged(path=path, old=old, new=new):
            if not new.known:
                why = f"{path} cannot be read ({new.detail}), so it counts as changed"
                return Description("unreadable", path, new.detail, why)
            clause = f"the in-tree backend's {path} changed"
            return Description("backend", path, _change(old, new), clause)
        case InterpreterChanged(old=old, new=new):
            # Implementation and version; by the rest builds of the same version differ.
            was, now = (" ".join(state.detail.split()[:2]) for state in (old, new))
            change = f"{was} -> {now}" if was != now else f"another build of {now}"
            return Description(
                "python", "interpreter", change, f"the interpreter changed ({change})"
            )
        case ProjectMoved(old=old, new=new):
            change = _change(old, new)
            clause = f"the project is in another folder ({change})"
            return Description("moved", "project folder", change, clause)
        case RequirementChanged(name=name, old=old, new=new) if _of_constraints(reason):
            change = _change(old, new, absent="none")
            clause = f"the build constraints changed ({change})"
            return Description("requires", name, change, clause)
        case RequirementChanged() if reason.source == MEMBER:
            return _of_member(reason)
        case RequirementChanged(name=name, old=old, new=new):
            change = _change(old, new)
            return Description(
                "requires", name, change, f"build requirement {name} changed ({change})"
            )
        case ExecutableChanged(name=name, old=old, new=new):
            change = _programs(old, new)
            return Description("program", name, change, f"the program {name} changed ({change})")
        case ResultMissing(name=name):
            return Description("missing", name, "", f"{name} is missing from the cache")
        case ResultDamaged(name=name):
            return Description("damaged", name, "", f"{name} is damaged in the cache")
        case RecordUnreadable(name=name, problem=problem):
            clause = f"the cache record {name} cannot be read ({problem})"
            return Description("record", name, problem, clause)
        case RecordVersion(name=name, problem=problem):
            clause = f"the cache record {name} is of another version ({problem})"
            return Description("record", name, problem, clause)
        case EditedDuringBuild(path=path):
            clause = f"{path} was edited while the last build ran"
            return Description("edited", path, "while the last build ran", clause)
        case Untraced(name=name):
            clause = f"the last build could not be traced fully ({name}), so the whole tree counts"
            return Description("untraced", name, "", clause)


def thing(reason: Reason) -> str:
    """Return what a reason is about, as it is called in a sentence, and how it changed."""
    words = describe(reason)
    match reason:
        case EnvironmentChanged(name=name):
            return f"variable {name} ({words.change})"
        case GitCommitChanged() | GitTagsChanged() | GitTreeChanged():
            change = f" ({words.change})" if words.change else ""
            return f"the {words.subject}{change}" if change else words.clause
        case RequirementChanged() if _of_constraints(reason):
            return f"the build constraints ({words.change})"
        case RequirementChanged(name=name) if reason.source == MEMBER:
            return f"the wheel of {name} ({words.change})"
        case RequirementChanged(name=name):
            return f"build requirement {name} ({words.change})"
        case InterpreterChanged():
            return f"the interpreter ({words.change})"
        case BuildSystemChanged(name=name):
            return f"build-system.{name}"
        case ExecutableChanged(name=name):
            return f"the program {name}"
        case ConfigSettingsChanged():
            return "the config settings"
        case ProjectMoved():
            return "the folder of the project, which an editable installation names"
        case _:
            return words.subject


def to_json(reason: Reason) -> dict[str, object]:
    """Return a reason as a JSON object: ``kind``, what it is about, old, new, source, message.

    Of a member of the workspace also its folder, and the reasons why its wheel is another one.
    """
    row: dict[str, object] = {"kind": reason.tag}
    row |= {"old": None, "new": None}
    for name, value in reason._asdict().items():
        if name not in ("member", "because"):
            row[name] = _plain(value) if isinstance(value, State) else str(value)
    if isinstance(reason, RequirementChanged) and reason.source == MEMBER:
        row |= {"member": reason.member, "because": [to_json(one) for one in reason.because]}
    return row | {"message": sentence(reason)}


def sentence(reason: Reason) -> str:
    """Return a reason as a sentence; a name that it begins with keeps its case."""
    return f"{describe(reason).clause}."


def _plain(state: State) -> str | None:
    match state.presence:
        case "present":
            return state.detail
        case "absent":
            return None
        case "unreadable":
            return f"unreadable: {state.detail}"


def _change(old: State, new: State, absent: str = "absent") -> str:
    return f"{_short(old, absent)} -> {_short(new, absent)}"


def _short(state: State, absent: str) -> str:
    """Return a state in few characters: of each digest in it the first eight."""
    match state.presence:
        case "absent":
            return absent
        case "unreadable":
            return f"unreadable ({state.detail})"
        case "present":
            short = _DIGEST.sub(lambda digest: digest[0][:8], state.detail)
            return short.replace(" -> ", " through a link to ")  # the arrow is for the change


def _of_member(reason: RequirementChanged) -> Description:
    """Return the words for a change of the wheel of a member of the workspace."""
    name, old, new = reason.name, reason.old, reason.new
    if not new.known:
        clause = f"{new.detail}, which this is built with"
        return Description("requires", name, "a rebuild of it is due", clause)
    was, now = (state.detail.partition(" (")[0] for state in (old, new))
    if "absent" in (old.presence, new.presence):
        is_now = "is" if old.presence == "absent" else "is not"
        change = f"{is_now} taken from the workspace"
        return Description("requires", name, change, f"build requirement {name} {change} now")
    change = f"{was} -> {now}" if was != now else f"other content of {now}"
    clause = f"the wheel of {name} changed ({change})"
    if reason.because:
        more = len(reason.because) - 1
        # In brackets, the other reasons of the build itself may follow.
        others = f" and {more} more" if more else ""
        clause = f"{clause}, because {describe(reason.because[0]).clause}{others}"
    return Description("requires", name, change, clause)


def _of_constraints(reason: RequirementChanged) -> bool:
    """Whether this is about constraints, not about a requirement, which may have that name too."""
    return reason.source == declared("--build-constraint")


def _types(old: State, new: State) -> str:
    """Return what happened to a listing; its names are reported one by one elsewhere."""
    was, now = ("listed" if one.detail.startswith("[") else one for one in (old, new))
    return " -> ".join(one if isinstance(one, str) else _short(one, "absent") for one in (was, now))


def _programs(old: State, new: State) -> str:
    """Return where a program was and is; twice the same path means another file there."""
    was, now = (_short(state, "not found").partition(" (")[0] for state in (old, new))
    return f"{was} -> {now}" if was != now else f"another file at {now}"


def _set_or_unset(state: State) -> str:
    return "set" if state.presence == "present" else "unset"
