"""What was done, or found out, for one project, as wings pass it on; ``results`` are made of it."""

from pathlib import Path
from typing import Literal, NamedTuple

from lbuild_frontend.model.member_wheel import MemberWheel
from lbuild_keys.decision.reasons import Reason
from lbuild_keys.model import Snapshot


class NearestBuild(NamedTuple):
    """A build of another folder.

    Attributes:
        folder: of the project that was built, absolute.
        key: of its inputs.
        built_at: in seconds since the epoch.
    """

    folder: str
    key: str
    built_at: float


class Outcome(NamedTuple):
    """What a command did for one project.

    Attributes:
        cache: the folder of the cache that was used; None if nothing may be written to it.
        hook: whose result it is.
        built: whether the hook was called.
        sha256: of the result, hexadecimal.
        key: of the inputs; None if the result must not be reused.
        reasons: why it was built; empty if it was reused.
        nearest: the build that the reasons are differences to, where there is none of this folder.
        unchanged: whether the out-dir has the result since before the command.
        same_as_earlier: whether it was built anew and has the content of an earlier result, which
            may be one of another folder.
        since: when it was built, in seconds since the epoch.
        seconds: how long all of it took.
        warnings: what the user should know.
    """

    project: Path
    cache: Path | None
    name: str
    version: str
    hook: str
    built: bool
    sha256: str
    key: str | None
    reasons: tuple[Reason, ...]
    nearest: NearestBuild | None
    unchanged: bool
    same_as_earlier: bool
    since: float
    seconds: float
    warnings: tuple[str, ...]


class WheelOutcome(NamedTuple):
    """What ``wheel`` or ``editable`` did.

    Attributes:
        outcome: of the wheel.
        wheel: its path.
        as_member: what other members of its workspace are given; None if it is in no workspace.
    """

    outcome: Outcome
    wheel: Path
    as_member: MemberWheel | None = None

    @property
    def path(self) -> Path:
        """The path of what was delivered."""
        return self.wheel


class MemberOutcome(NamedTuple):
    """What was done for a project only because another one needs it to be built.

    Attributes:
        outcome: of its wheel, which is not delivered.
        as_member: what the other one is given.
    """

    outcome: Outcome
    as_member: MemberWheel


class SdistOutcome(NamedTuple):
    """What ``sdist`` did, and the path of the source distribution."""

    outcome: Outcome
    sdist: Path

    @property
    def path(self) -> Path:
        """The path of what was delivered."""
        return self.sdist


DeliveredOutcome = WheelOutcome | SdistOutcome


class MetadataOutcome(NamedTuple):
    """What ``metadata`` did, and the METADATA file (core metadata specifications)."""

    outcome: Outcome
    metadata: bytes


class InstallOutcome(NamedTuple):
    """What ``install`` did, or with ``--dry-run`` what it would do.

    Attributes:
        outcome: of the wheel.
        environment: the folder of the environment.
        was_there: whether a distribution of the name was installed there before.
        problem: why the distribution was installed anew, as a clause; None if it was right.
        requirements: those that were not met, each after those that led to it.
        editable: whether the install is editable (PEP 660).
        due: with ``dry_run``, whether the wheel would have to be built first.
        dry_run: whether nothing was done.
        wheel: the path of the wheel, if an out-dir was asked for.
    """

    outcome: Outcome
    environment: Path
    was_there: bool
    problem: str | None
    requirements: tuple[str, ...]
    editable: bool
    due: bool = False
    dry_run: bool = False
    wheel: Path | None = None

    @property
    def action(self) -> Literal["installed", "replaced", "unchanged"]:
        """What was done to the environment."""
        if self.problem is not None:
            return "replaced" if self.was_there else "installed"
        return "installed" if self.requirements else "unchanged"


class DependenciesOutcome(NamedTuple):
    """What ``wheel --with-dependencies`` put into the out-dir besides the wheels of projects.

    Attributes:
        out_dir: the folder, absolute.
        added: the files; none if nothing was missing.
    """

    out_dir: Path
    added: tuple[Path, ...]


class LastBuild(NamedTuple):
    """The last build of a project, or another one whose result is reused.

    Attributes:
        built_at: in seconds since the epoch.
        because: why it was built, as sentences, the first of many; none if that is not known.
    """

    built_at: float
    because: tuple[str, ...]


class EnvironmentStatus(NamedTuple):
    """Whether an environment has what the tree would give.

    Attributes:
        environment: its folder.
        problem: why it has not, as a clause; None if it has.
    """

    environment: Path
    problem: str | None


class StatusOutcome(NamedTuple):
    """What ``status`` found out about one project.

    Attributes:
        cache: the folder of the cache that was used; None if nothing may be written to it.
        version: None if nothing was built yet.
        key: of the present inputs; None if their result could not be reused.
        out_dir: where the wheel was looked for, if another folder than ``dist`` was asked for.
        wheel: the delivered wheel, if it is what ``wheel`` would deliver.
        outdated: what was delivered instead, if anything was.
        reasons: why a rebuild is due; empty exactly if ``reuse``.
        nearest: see ``Outcome``.
        inputs: the present inputs, with their states.
        environment: what is installed in the environment that was named; None if none was.
        as_member: what other members of its workspace are given; None if a rebuild is due, or if it
            is in no workspace.
        last_build: what is known of the last build; None if nothing was built yet.
    """

    project: Path
    cache: Path | None
    name: str
    version: str | None
    reuse: bool
    key: str | None
    wheel: Path | None
    outdated: Path | None
    reasons: tuple[Reason, ...]
    nearest: NearestBuild | None
    inputs: Snapshot
    out_dir: Path | None = None
    environment: EnvironmentStatus | None = None
    as_member: MemberWheel | None = None
    last_build: LastBuild | None = None


ProjectOutcome = DeliveredOutcome | MemberOutcome | MetadataOutcome | InstallOutcome | StatusOutcome
