"""Why a rebuild is due: a union of frozen values, each with the tag that JSON calls it by."""

from dataclasses import dataclass
from typing import ClassVar

from lbuild_keys.model import Source, State, declared, traced

_NOTHING = declared("nothing is cached")
_CACHE = declared("the cache")
_COMPARED = declared("compared before and after the build")
_ALL = traced("the whole tree counts")


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstBuild:
    """Nothing has been built from this folder yet, or not in this mode."""

    tag: ClassVar[str] = "first-build"
    name: str
    source: Source = _NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Forced:
    """The user or the project asked for a build, whatever has changed."""

    tag: ClassVar[str] = "forced"
    name: str
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChanged:
    """A file has another content, executable bit or link target, or cannot be read."""

    tag: ClassVar[str] = "file-changed"
    path: str
    old: State
    new: State
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class FileAdded:
    """A file is there that was not."""

    tag: ClassVar[str] = "file-added"
    path: str
    old: State
    new: State
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRemoved:
    """A file was there that is not, or that no declaration names any more."""

    tag: ClassVar[str] = "file-removed"
    path: str
    old: State
    new: State
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingChanged:
    """A folder that was listed holds a name with another type, or cannot be listed as before."""

    tag: ClassVar[str] = "listing-changed"
    path: str
    old: State
    new: State
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryChanged:
    """A directory appeared or vanished, or a link to one points elsewhere."""

    tag: ClassVar[str] = "directory-changed"
    path: str
    old: State
    new: State
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class GitCommitChanged:
    """HEAD names another commit."""

    tag: ClassVar[str] = "git-commit-changed"
    path: str
    old: State
    new: State
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class GitTagsChanged:
    """A tag was made, moved or removed."""

    tag: ClassVar[str] = "git-tags-changed"
    path: str
    old: State
    new: State
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class GitTreeChanged:
    """Another branch, other tracked names, the working tree became dirty or clean.

    Or git answers a command otherwise than it did, or a day has passed that a version names.
    """

    tag: ClassVar[str] = "git-tree-changed"
    path: str
    old: State
    new: State
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentChanged:
    """An environment variable has another value, or was set or unset."""

    tag: ClassVar[str] = "environment-changed"
    name: str
    old: State
    new: State
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigSettingsChanged:
    """Other ``--config-setting`` options were given."""

    tag: ClassVar[str] = "config-settings-changed"
    name: str
    old: State
    new: State
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildSystemChanged:
    """The ``[build-system]`` table says something else."""

    tag: ClassVar[str] = "build-system-changed"
    name: str
    old: State
    new: State
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class BackendChanged:
    """A module of an in-tree backend was edited, added or removed."""

    tag: ClassVar[str] = "backend-changed"
    path: str
    old: State
    new: State
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class InterpreterChanged:
    """Another interpreter builds."""

    tag: ClassVar[str] = "interpreter-changed"
    name: str
    old: State
    new: State
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementChanged:
    """A build requirement is installed in another version, or is a local project that changed."""

    tag: ClassVar[str] = "requirement-changed"
    name: str
    old: State
    new: State
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutableChanged:
    """A program that a hook ran is another one, or gone, or found elsewhere."""

    tag: ClassVar[str] = "executable-changed"
    name: str
    old: State
    new: State
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultMissing:
    """The cached wheel is gone."""

    tag: ClassVar[str] = "result-missing"
    name: str
    source: Source = _CACHE


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultDamaged:
    """The cached wheel is not what was put into the cache."""

    tag: ClassVar[str] = "result-damaged"
    name: str
    source: Source = _CACHE


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordUnreadable:
    """The cache's record of the last build cannot be read."""

    tag: ClassVar[str] = "record-unreadable"
    name: str
    problem: str
    source: Source = _CACHE


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordVersion:
    """The cache's record of the last build is none that this version of lbuild would write."""

    tag: ClassVar[str] = "record-version"
    name: str
    problem: str
    source: Source = _CACHE


@dataclass(frozen=True, slots=True, kw_only=True)
class EditedDuringBuild:
    """An input was edited while the hook of the last build ran."""

    tag: ClassVar[str] = "edited-during-build"
    path: str
    source: Source = _COMPARED


@dataclass(frozen=True, slots=True, kw_only=True)
class Untraced:
    """The last build could not be traced fully, so that more counts than it may have used."""

    tag: ClassVar[str] = "untraced"
    name: str
    source: Source = _ALL


Reason = (
    FirstBuild
    | Forced
    | FileChanged
    | FileAdded
    | FileRemoved
    | ListingChanged
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
    | ExecutableChanged
    | ResultMissing
    | ResultDamaged
    | RecordUnreadable
    | RecordVersion
    | EditedDuringBuild
    | Untraced
)
