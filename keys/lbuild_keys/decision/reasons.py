"""The kinds of reasons why a rebuild is due, as frozen values; ``describe`` has their words.

Each kind has its name in JSON (``tag``). There are few shapes and many kinds. A kind adds nothing
to its shape but its name. ``source`` is what made it an input, or how it was found.
"""

from typing import ClassVar, NamedTuple

from lbuild_keys.model import Source, State, declared, traced

_NOTHING = declared("no earlier build to compare with")
_CACHE = declared("the cache")
_COMPARED = declared("compared before and after the build")
_ALL = traced("the whole tree counts")


class _Place(NamedTuple):
    """A path in the project has changed.

    Attributes:
        path: relative to the project, or absolute, if it is outside.
        old: its state when the earlier build was made: a digest, a type, a commit.
        new: its state now.
    """

    path: str
    old: State
    new: State
    source: Source


class _Named(NamedTuple):
    """Something else that has a name has changed.

    Attributes:
        name: of what has changed.
        old: its state when the earlier build was made: a version, a keyed digest, a setting.
        new: its state now.
    """

    name: str
    old: State
    new: State
    source: Source


class _Required(NamedTuple):
    """What is required has changed.

    Attributes:
        name: of the distribution; or the requirement, if it names a local project.
        old: its state when the earlier build was made: a version, a digest.
        new: its state now.
        member: the folder of the member of the workspace that is required; None if it is none.
        because: why the wheel of that member is another one, as far as it is known.
    """

    name: str
    old: State
    new: State
    source: Source
    member: str | None = None
    because: "tuple[Reason, ...]" = ()


class _Cached(NamedTuple):
    """A result in the cache cannot be used.

    Attributes:
        name: of the file.
    """

    name: str
    source: Source = _CACHE


class _Record(NamedTuple):
    """A record in the cache cannot be used.

    Attributes:
        name: of the record.
        problem: why it cannot be used.
    """

    name: str
    problem: str
    source: Source = _CACHE


class _Missing(NamedTuple):
    """There is no build that could be reused.

    Attributes:
        name: which builds there are none of, as words that follow "first build".
    """

    name: str
    source: Source = _NOTHING


class _Asked(NamedTuple):
    """Something asks for a build.

    Attributes:
        name: of the option or the setting.
    """

    name: str
    source: Source


class _Edited(NamedTuple):
    """A path was edited.

    Attributes:
        path: relative to the project.
    """

    path: str
    source: Source = _COMPARED


class _Unseen(NamedTuple):
    """Something was not seen.

    Attributes:
        name: why it could not be seen, in a few words.
    """

    name: str
    source: Source = _ALL


class _Kind:
    """Two reasons can only be equal if they are of one kind: tuples of the same values are."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and super().__eq__(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return super().__hash__()


class FirstBuild(_Kind, _Missing):
    """Nothing has been built from this folder yet, or not in this mode."""

    __slots__ = ()
    tag: ClassVar[str] = "first-build"


class Forced(_Kind, _Asked):
    """The user or the project requests a build, whatever has changed."""

    __slots__ = ()
    tag: ClassVar[str] = "forced"


class FileChanged(_Kind, _Place):
    """A file has another content, executable bit or link target, or cannot be read."""

    __slots__ = ()
    tag: ClassVar[str] = "file-changed"


class FileAdded(_Kind, _Place):
    """A file was added."""

    __slots__ = ()
    tag: ClassVar[str] = "file-added"


class FileRemoved(_Kind, _Place):
    """A file was removed, or no declaration names it any more."""

    __slots__ = ()
    tag: ClassVar[str] = "file-removed"


class ListingChanged(_Kind, _Place):
    """A name in a listed folder has another type, or the folder cannot be listed as before."""

    __slots__ = ()
    tag: ClassVar[str] = "listing-changed"


class DirectoryChanged(_Kind, _Place):
    """A directory was added or removed, or a link to one points elsewhere."""

    __slots__ = ()
    tag: ClassVar[str] = "directory-changed"


class GitCommitChanged(_Kind, _Place):
    """HEAD names another commit."""

    __slots__ = ()
    tag: ClassVar[str] = "git-commit-changed"


class GitTagsChanged(_Kind, _Place):
    """A tag was added, moved or removed."""

    __slots__ = ()
    tag: ClassVar[str] = "git-tags-changed"


class GitTreeChanged(_Kind, _Place):
    """Another branch, other tracked names, or the working tree became dirty or clean.

    Or the output of a git command changed, or the date has changed and a version names it.
    """

    __slots__ = ()
    tag: ClassVar[str] = "git-tree-changed"


class EnvironmentChanged(_Kind, _Named):
    """An environment variable has another value, or was set or unset."""

    __slots__ = ()
    tag: ClassVar[str] = "environment-changed"


class ConfigSettingsChanged(_Kind, _Named):
    """Other ``--config-setting`` options were given."""

    __slots__ = ()
    tag: ClassVar[str] = "config-settings-changed"


class BuildSystemChanged(_Kind, _Named):
    """The ``[build-system]`` table has changed."""

    __slots__ = ()
    tag: ClassVar[str] = "build-system-changed"


class BackendChanged(_Kind, _Place):
    """A module of an in-tree backend was edited, added or removed."""

    __slots__ = ()
    tag: ClassVar[str] = "backend-changed"


class InterpreterChanged(_Kind, _Named):
    """Another interpreter builds."""

    __slots__ = ()
    tag: ClassVar[str] = "interpreter-changed"


class ProjectMoved(_Kind, _Named):
    """The project is in another folder, which the result of an editable hook names."""

    __slots__ = ()
    tag: ClassVar[str] = "project-moved"


class RequirementChanged(_Kind, _Required):
    """A build requirement is installed in another version, or is a local project that changed.

    Or it is a member of the workspace, and its wheel has another content.
    """

    __slots__ = ()
    tag: ClassVar[str] = "requirement-changed"


class ExecutableChanged(_Kind, _Named):
    """A program that a hook ran has changed, was removed, or is found elsewhere."""

    __slots__ = ()
    tag: ClassVar[str] = "executable-changed"


class ResultMissing(_Kind, _Cached):
    """The cached result is missing."""

    __slots__ = ()
    tag: ClassVar[str] = "result-missing"


class ResultDamaged(_Kind, _Cached):
    """The cached result is not what was put into the cache."""

    __slots__ = ()
    tag: ClassVar[str] = "result-damaged"


class RecordUnreadable(_Kind, _Record):
    """The cache's record of the last build cannot be read."""

    __slots__ = ()
    tag: ClassVar[str] = "record-unreadable"


class RecordVersion(_Kind, _Record):
    """The cache's record of the last build is not one that this version of lbuild would write."""

    __slots__ = ()
    tag: ClassVar[str] = "record-version"


class EditedDuringBuild(_Kind, _Edited):
    """An input was edited while the hook of the last build ran."""

    __slots__ = ()
    tag: ClassVar[str] = "edited-during-build"


class Untraced(_Kind, _Unseen):
    """The last build could not be traced fully, so more counts than it may have used."""

    __slots__ = ()
    tag: ClassVar[str] = "untraced"


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
    | ProjectMoved
    | RequirementChanged
    | ExecutableChanged
    | ResultMissing
    | ResultDamaged
    | RecordUnreadable
    | RecordVersion
    | EditedDuringBuild
    | Untraced
)
