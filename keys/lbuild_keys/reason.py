"""Why a rebuild is due: a union of frozen values, and the words for each.

``describe`` is the only place that turns a reason into words; people's text and JSON both come
from it.
"""

import dataclasses
import re
from dataclasses import dataclass
from typing import ClassVar

from lbuild_keys.model import State


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstBuild:
    """Nothing has been built from this folder yet, or not in this mode."""

    tag: ClassVar[str] = "first-build"
    name: str
    source: str = "declared: nothing is cached"


@dataclass(frozen=True, slots=True, kw_only=True)
class Forced:
    """The user or the project asked for a build, whatever has changed."""

    tag: ClassVar[str] = "forced"
    name: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChanged:
    """A file has another content, executable bit or link target, or cannot be read."""

    tag: ClassVar[str] = "file-changed"
    path: str
    old: State
    new: State
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileAdded:
    """A file is there that was not."""

    tag: ClassVar[str] = "file-added"
    path: str
    old: State
    new: State
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRemoved:
    """A file was there that is not, or that no declaration names any more."""

    tag: ClassVar[str] = "file-removed"
    path: str
    old: State
    new: State
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryChanged:
    """A directory appeared or vanished, or a link to one points elsewhere."""

    tag: ClassVar[str] = "directory-changed"
    path: str
    old: State
    new: State
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GitCommitChanged:
    """HEAD names another commit."""

    tag: ClassVar[str] = "git-commit-changed"
    path: str
    old: State
    new: State
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GitTagsChanged:
    """A tag was made, moved or removed."""

    tag: ClassVar[str] = "git-tags-changed"
    path: str
    old: State
    new: State
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GitTreeChanged:
    """Another branch, other tracked names, or the working tree became dirty or clean."""

    tag: ClassVar[str] = "git-tree-changed"
    path: str
    old: State
    new: State
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentChanged:
    """An environment variable has another value, or was set or unset."""

    tag: ClassVar[str] = "environment-changed"
    name: str
    old: State
    new: State
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigSettingsChanged:
    """Other ``--config-setting`` options were given."""

    tag: ClassVar[str] = "config-settings-changed"
    name: str
    old: State
    new: State
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildSystemChanged:
    """The ``[build-system]`` table says something else."""

    tag: ClassVar[str] = "build-system-changed"
    name: str
    old: State
    new: State
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendChanged:
    """A module of an in-tree backend was edited, added or removed."""

    tag: ClassVar[str] = "backend-changed"
    path: str
    old: State
    new: State
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InterpreterChanged:
    """Another interpreter builds."""

    tag: ClassVar[str] = "interpreter-changed"
    name: str
    old: State
    new: State
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementChanged:
    """A build requirement is installed in another version, or is a local project that changed."""

    tag: ClassVar[str] = "requirement-changed"
    name: str
    old: State
    new: State
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultMissing:
    """The cached wheel is gone."""

    tag: ClassVar[str] = "result-missing"
    name: str
    source: str = "declared: the cache"


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultDamaged:
    """The cached wheel is not what was put into the cache."""

    tag: ClassVar[str] = "result-damaged"
    name: str
    source: str = "declared: the cache"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordUnreadable:
    """The cache's record of the last build cannot be read."""

    tag: ClassVar[str] = "record-unreadable"
    name: str
    problem: str
    source: str = "declared: the cache"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordVersion:
    """The cache's record of the last build was written by another version of lbuild."""

    tag: ClassVar[str] = "record-version"
    name: str
    problem: str
    source: str = "declared: the cache"


@dataclass(frozen=True, slots=True, kw_only=True)
class EditedDuringBuild:
    """An input was edited while the hook of the last build ran."""

    tag: ClassVar[str] = "edited-during-build"
    path: str
    source: str = "declared: compared before and after the build"


Reason = (
    FirstBuild
    | Forced
    | FileChanged
    | FileAdded
    | FileRemoved
    | DirectoryChanged
    | GitCommitChanged
    | GitTagsChanged
    | GitTreeChanged
    | EnvironmentChanged
    | ConfigSettingsChanged
    | BuildSystemChanged
    | BackendChanged
    | InterpreterChanged
    | RequirementChanged
    | ResultMissing
    | ResultDamaged
    | RecordUnreadable
    | RecordVersion
    | EditedDuringBuild
)


_DIGEST = re.compile(r"\b[0-9a-f]{16,}(?![0-9a-z])")


@dataclass(frozen=True, slots=True)
class Description:
    """The words for a reason: a label and columns for a table, and a clause for a sentence."""

    label: str
    subject: str
    change: str
    clause: str


def describe(reason: Reason) -> Description:
    """Put a reason into words."""
    match reason:
        case FirstBuild(name=name):
            return Description("first", name, "", f"first build {name}")
        case Forced(name=name):
            return Description("forced", name, "", f"{name} asks for a build")
        case FileChanged(path=path, old=old, new=new):
            if not new.known:
                why = f"{path} cannot be read ({new.detail}), so it counts as changed"
                return Description("unreadable", path, new.detail, why)
            return Description("changed", path, _change(old, new), f"{path} changed")
        case FileAdded(path=path):
            return Description("added", path, "", f"{path} is new")
        case FileRemoved(path=path):
            return Description("removed", path, "", f"{path} is gone")
        case DirectoryChanged(path=path, old=old, new=new):
            if not new.known:
                why = f"{path} cannot be listed ({new.detail}), so it counts as changed"
                return Description("unreadable", path, new.detail, why)
            happened = {"absent": "is new", "present": "changed"}[old.presence]
            happened = "is gone" if new.presence == "absent" else happened
            return Description("directory", path, _change(old, new), f"directory {path} {happened}")
        case GitCommitChanged(old=old, new=new):
            change = _change(old, new, absent="no repository")
            return Description("git", "commit", change, f"the git commit changed ({change})")
        case GitTagsChanged(old=old, new=new):
            change = _change(old, new, absent="no repository")
            return Description("git", "tags", change, f"the git tags changed ({change})")
        case GitTreeChanged(old=old, new=new):
            change = _change(old, new, absent="no repository")
            return Description("git", "working tree", change, f"git's view changed ({change})")
        case EnvironmentChanged(name=name, old=old, new=new):
            if old.presence == new.presence == "present":
                change = "another value"
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
            # Implementation and version; the rest tells builds of the same version apart.
            was, now = (" ".join(state.detail.split()[:2]) for state in (old, new))
            change = f"{was} -> {now}" if was != now else f"another build of {now}"
            return Description(
                "python", "interpreter", change, f"the interpreter changed ({change})"
            )
        case RequirementChanged(name=name, old=old, new=new):
            change = _change(old, new)
            return Description(
                "requires", name, change, f"build requirement {name} changed ({change})"
            )
        case ResultMissing(name=name):
            return Description("missing", name, "", f"{name} is missing from the cache")
        case ResultDamaged(name=name):
            return Description("damaged", name, "", f"{name} is damaged in the cache")
        case RecordUnreadable(name=name, problem=problem):
            clause = f"the cache's record {name} cannot be read ({problem})"
            return Description("record", name, problem, clause)
        case RecordVersion(name=name, problem=problem):
            clause = f"the cache's record {name} is of another version ({problem})"
            return Description("record", name, problem, clause)
        case EditedDuringBuild(path=path):
            clause = f"{path} was edited while the last build ran"
            return Description("edited", path, "while the last build ran", clause)


def to_json(reason: Reason) -> dict[str, str | None]:
    """A reason as a JSON object: ``kind``, what it is about, old, new, source, message."""
    row: dict[str, str | None] = {"kind": reason.tag}
    row |= {"old": None, "new": None}
    for field in dataclasses.fields(reason):
        value = getattr(reason, field.name)
        row[field.name] = _plain(value) if isinstance(value, State) else value
    return row | {"message": sentence(reason)}


def sentence(reason: Reason) -> str:
    """A reason as a sentence of its own."""
    clause = describe(reason).clause
    return f"{clause[:1].upper()}{clause[1:]}." if clause[:4] in ("the ", "git'") else f"{clause}."


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
    """A state in few characters: each digest in it by its first eight."""
    match state.presence:
        case "absent":
            return absent
        case "unreadable":
            return f"unreadable ({state.detail})"
        case "present":
            return _DIGEST.sub(lambda digest: digest[0][:8], state.detail)


def _set_or_unset(state: State) -> str:
    return "set" if state.presence == "present" else "unset"
