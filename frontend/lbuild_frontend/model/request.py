"""What a command is asked for, and what it answers: plain values between parser and workflow."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from lbuild_keys.decision.reasons import Reason
from lbuild_keys.model import Mode, Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a command was asked for, the same for each of its projects.

    Attributes:
        out_dir: None for ``dist`` in the project.
        python: as given to ``--python``; None for the interpreter that runs lbuild.
        config_settings: by key; a repeated key has a list.
        mode: None for what the project says.
        cache_dir: as given by option or variable; None for what the project or the platform says.
        no_cache: use a temporary cache for this one command.
        refresh_packages: normalised names.
        verbose: whether the backend's output is shown as it comes.
    """

    python: str | None
    config_settings: Mapping[str, str | list[str]]
    isolation: bool
    mode: Mode | None
    cache_dir: Path | None
    verbose: bool
    out_dir: Path | None = None
    no_cache: bool = False
    refresh: bool = False
    refresh_packages: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheRequest:
    """What all commands on the cache are asked for.

    Attributes:
        cache_dir: as given by option or variable; None for what the project here says.
        level: see ``Terminal``.
    """

    cache_dir: Path | None
    level: int
    as_json: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A command line, parsed.

    Attributes:
        projects: folders, as they were given.
        level: how much is told, see ``Terminal``.
        exit_code: whether ``status`` tells by its exit code that there is something to do.
    """

    verb: Literal["wheel", "metadata", "status"]
    projects: tuple[Path, ...]
    request: Request
    level: int
    as_json: bool
    exit_code: bool = False

    def to_plain(self) -> dict[str, Any]:
        """The command in terms of types that ``marshal`` knows."""
        request = self.request
        asked = {name: getattr(request, name) for name in Request.__dataclass_fields__}
        places = {name: asked[name] and str(asked[name]) for name in ("out_dir", "cache_dir")}
        settings = dict(request.config_settings)
        fields = {name: getattr(self, name) for name in Command.__dataclass_fields__}
        projects = [str(path) for path in self.projects]
        asked |= {**places, "config_settings": settings}
        return {**fields, "projects": projects, "request": asked}

    @classmethod
    def from_plain(cls, fields: Mapping[str, Any]) -> "Command":
        """The command that ``to_plain`` was called of."""
        asked = fields["request"]
        places = {name: asked[name] and Path(asked[name]) for name in ("out_dir", "cache_dir")}
        return cls(
            **{
                **fields,
                "projects": tuple(map(Path, fields["projects"])),
                "request": Request(**{**asked, **places}),
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a command did for one project.

    Attributes:
        hook: the one whose result it is.
        built: whether a hook was called.
        sha256: of the result.
        reasons: why it was built; empty if it was reused.
        same_as_before: it was built anew and holds what an earlier one held.
        since: when it was built, in seconds since the epoch.
        seconds: how long all of it took.
        warnings: what the user should know.
    """

    project: Path
    name: str
    version: str
    hook: str
    built: bool
    sha256: str
    key: str | None
    reasons: tuple[Reason, ...]
    same_as_before: bool
    since: float
    seconds: float
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WheelOutcome:
    """What ``wheel`` did, and where the wheel lies now."""

    outcome: Outcome
    wheel: Path


@dataclass(frozen=True, slots=True)
class MetadataOutcome:
    """What ``metadata`` did, and the METADATA file (core metadata specifications)."""

    outcome: Outcome
    metadata: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusOutcome:
    """What ``status`` found out about one project.

    Attributes:
        wheel: the delivered wheel, if it is the one that is to be delivered.
        outdated: what was delivered instead, if anything was.
        reasons: why a rebuild is due; empty exactly if ``reuse``.
        inputs: what counts at present.
    """

    project: Path
    name: str
    version: str | None
    reuse: bool
    key: str | None
    wheel: Path | None
    outdated: Path | None
    reasons: tuple[Reason, ...]
    inputs: Snapshot


Answer = WheelOutcome | MetadataOutcome | StatusOutcome
