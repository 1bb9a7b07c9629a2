"""What was done, or found out, for each project: the values of the API, and of ``--json``.

Each field is a member of the JSON object, by the same name (``output.json_rows``). They are public
(docs/reference/stability.md): fields may be added at the end, with a default.
"""

from pathlib import Path
from typing import Literal, NamedTuple

from lbuild_frontend.model.outcome import LastBuild, NearestBuild
from lbuild_keys.decision.reasons import Reason
from lbuild_keys.model import Snapshot

Action = Literal["built", "reused"]
"""Whether the hook was called."""


class WheelResult(NamedTuple):
    """What ``build_wheel`` or ``build_editable`` did.

    Attributes:
        project: the folder of the project, absolute; or the archive.
        name: of the distribution, as its metadata spells it.
        version: of the distribution, as its metadata has it.
        hook: whose result it is (PEP 517, PEP 660).
        action: whether the hook was called, or its earlier result is reused.
        wheel: the path of the wheel, absolute.
        unchanged: whether the out-dir has it since before.
        sha256: the SHA-256 of the file, hexadecimal.
        same_as_earlier: whether it was built anew and has the content of an earlier result, which
            may be one of another folder.
        key: the digest of the inputs, hexadecimal; None if the result must not be reused.
        reasons: why it was built, the most telling one first; empty if it was reused.
        nearest: the build that the reasons are differences to, where there is none of this folder;
            else None.
        seconds: how long all of it took.
        built_at: when the hook was called, in seconds since the epoch.
        cache: the folder of the cache; None if nothing may be written to it.
        warnings: what the user should know, as sentences.
    """

    project: Path
    name: str
    version: str
    hook: str
    action: Action
    wheel: Path
    unchanged: bool
    sha256: str
    same_as_earlier: bool
    key: str | None
    reasons: tuple[Reason, ...]
    nearest: NearestBuild | None
    seconds: float
    built_at: float
    cache: Path | None
    warnings: tuple[str, ...] = ()


class SdistResult(NamedTuple):
    """What ``build_sdist`` did. The other fields are those of ``WheelResult``.

    Attributes:
        sdist: the path of the source distribution, absolute.
    """

    project: Path
    name: str
    version: str
    hook: str
    action: Action
    sdist: Path
    unchanged: bool
    sha256: str
    same_as_earlier: bool
    key: str | None
    reasons: tuple[Reason, ...]
    nearest: NearestBuild | None
    seconds: float
    built_at: float
    cache: Path | None
    warnings: tuple[str, ...] = ()


class NeededResult(NamedTuple):
    """What was done for a project only because others of its workspace are built with it.

    The other fields are those of ``WheelResult``.

    Attributes:
        wheel: always None, because it is not delivered.
        needed_by: the names of those projects.
    """

    project: Path
    name: str
    version: str
    hook: str
    action: Action
    wheel: None
    needed_by: tuple[str, ...]
    sha256: str
    same_as_earlier: bool
    key: str | None
    reasons: tuple[Reason, ...]
    nearest: NearestBuild | None
    seconds: float
    built_at: float
    cache: Path | None
    warnings: tuple[str, ...] = ()


class MetadataResult(NamedTuple):
    """What ``metadata`` did. The other fields are those of ``WheelResult``.

    Attributes:
        metadata: the METADATA file (core metadata specifications); in JSON its fields, by PEP 566.
        sha256: the SHA-256 of that file, hexadecimal.
    """

    project: Path
    name: str
    version: str
    hook: str
    action: Action
    metadata: bytes
    sha256: str
    same_as_earlier: bool
    key: str | None
    reasons: tuple[Reason, ...]
    nearest: NearestBuild | None
    seconds: float
    built_at: float
    cache: Path | None
    warnings: tuple[str, ...] = ()


class InstallResult(NamedTuple):
    """What ``install`` did, or with ``dry_run`` what it would do.

    The other fields are those of ``WheelResult``.

    Attributes:
        version: empty with ``dry_run``, if only a build could tell.
        wheel: the path of the wheel, if an out-dir was asked for; else None.
        unchanged: whether the out-dir has it since before, or none was asked for.
        sha256: the SHA-256 of the wheel, hexadecimal; None with ``dry_run``, if it is not built
            yet.
        action: what was done to the environment.
        built: whether the hook was called.
        due: with ``dry_run``, whether the wheel would have to be built first.
        environment: its folder.
        editable: whether the installation is editable (PEP 660).
        problem: why the distribution was installed anew, as a clause; None if it was right.
        requirements: those that were not met, each after those that led to it.
        dry_run: whether nothing was done.
    """

    project: Path
    name: str
    version: str
    hook: str
    action: Literal["installed", "replaced", "unchanged"]
    wheel: Path | None
    unchanged: bool
    sha256: str | None
    same_as_earlier: bool
    key: str | None
    reasons: tuple[Reason, ...]
    nearest: NearestBuild | None
    seconds: float
    built: bool
    due: bool
    environment: Path
    editable: bool
    problem: str | None
    requirements: tuple[str, ...]
    dry_run: bool
    built_at: float
    cache: Path | None
    warnings: tuple[str, ...] = ()


class EnvironmentState(NamedTuple):
    """Whether an environment has what the tree would give.

    Attributes:
        path: its folder.
        current: whether it has.
        problem: why it has not, as a clause; else None.
    """

    path: Path
    current: bool
    problem: str | None


class StatusResult(NamedTuple):
    """What ``status`` found out about a project.

    The other fields are those of ``WheelResult``.

    Attributes:
        name: of the distribution, as far as it is known; else of the folder.
        version: None if nothing was built yet.
        verdict: what ``build_wheel`` would do.
        key: the digest of the present inputs, hexadecimal; None if the result could not be reused
            later.
        wheel: the delivered wheel, if it is what would be delivered; else None.
        outdated: what was delivered instead, if anything was.
        out_dir: where it was looked for, if another folder than ``dist`` was asked for.
        inputs: the present inputs, with their states; in JSON how many there are of each kind.
        environment: what is installed in the environment that ``python`` names; None, and not in
            the JSON, if it names none.
        last_build: when the last build was, and why, or the build whose result would be reused;
            None if nothing was built yet.
    """

    project: Path
    name: str
    version: str | None
    verdict: Literal["reuse", "rebuild"]
    key: str | None
    wheel: Path | None
    outdated: Path | None
    out_dir: Path | None
    reasons: tuple[Reason, ...]
    nearest: NearestBuild | None
    inputs: Snapshot
    cache: Path | None
    environment: EnvironmentState | None = None
    last_build: LastBuild | None = None


class Failure(NamedTuple):
    """An error, as a value.

    Attributes:
        kind: the sort of error; one of the words that the reference of exit codes lists.
        message: the error as a person reads it.
        log: the file with all that the backend printed; None if there is none.
    """

    kind: str
    message: str
    log: Path | None


class FailedResult(NamedTuple):
    """A project that there was an error with.

    Attributes:
        project: its folder, absolute; links are resolved where that is possible.
        name: of the project, if it is in a workspace that names it; else empty, and not in the
            JSON.
        error: what is wrong.
    """

    project: Path
    name: str
    error: Failure


DeliveredResult = WheelResult | SdistResult

BuiltResult = WheelResult | SdistResult | NeededResult | MetadataResult | InstallResult
"""What there is of a project that was built or reused."""

DoneResult = BuiltResult | StatusResult

Result = DoneResult | FailedResult
"""A row of the JSON of a command on projects."""


class GraphMember(NamedTuple):
    """A project of a workspace, and what it needs of the others.

    Attributes:
        name: normalised; that of the folder if only the backend knows it.
        project: its folder, absolute.
        version: None if only the backend knows it.
        requested: whether it was asked for; if not, one of those needs it.
        builds_with: the names of those that are installed to build it.
        runs_with: the names of those that its wheel requires.
    """

    name: str
    project: Path
    version: str | None
    requested: bool
    builds_with: tuple[str, ...]
    runs_with: tuple[str, ...]


class GraphResult(NamedTuple):
    """What ``graph`` found out.

    Attributes:
        members: in the order in which they are built.
        notes: what the user should know about the choice, as sentences without a full stop.
    """

    members: tuple[GraphMember, ...]
    notes: tuple[str, ...] = ()
