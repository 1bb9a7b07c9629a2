"""Builds, explains and installs projects: a client of lbuild's public API, and of nothing else.

It is written as somebody would who knows the documentation. mypy checks it in strict mode.
"""

import json
from collections.abc import Collection, Sequence
from email.parser import BytesParser
from pathlib import Path
from typing import Any, NamedTuple, assert_never

import lbuild_keys
from lbuild_frontend import api


class Release(NamedTuple):
    """What is uploaded of a project."""

    version: str
    wheel: Path
    sdist: Path
    requires: tuple[str, ...]


class Listener:
    """Keeps what happens: lines for people, and the events themselves."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.events: list[api.Event] = []

    def __call__(self, event: api.Event) -> None:
        self.events.append(event)
        self.lines.append(str(event))

    @property
    def warnings(self) -> list[str]:
        """What the user should change."""
        return [event.text for event in self.events if isinstance(event, api.Warned)]

    @property
    def finished(self) -> list[str]:
        """The names of the projects that are done, in this order."""
        return [event.result.name for event in self.events if isinstance(event, api.Finished)]


def release(project: Path, out_dir: Path, *, progress: api.Callback | None = None) -> Release:
    """Build all that is uploaded of a project."""
    report = progress if progress is not None else Listener()
    wheel = api.build_wheel(project, out_dir=out_dir, progress=report)
    sdist = api.build_sdist(project, out_dir=out_dir, progress=report)
    told = api.metadata(project, progress=report)
    fields = BytesParser().parsebytes(told.metadata)
    return Release(
        wheel.version, wheel.wheel, sdist.sdist, tuple(fields.get_all("Requires-Dist", []))
    )


def deploy(
    project: Path, environment: Path, *, extras: Collection[str] = (), editable: bool = False
) -> bool:
    """Let an environment run the code of a project; return whether anything had to be done."""
    done = api.install(project, python=environment, extras=extras, editable=editable)
    return done.action != "unchanged"


def is_current(project: Path, environment: Path) -> bool:
    """Whether an environment runs the code of a project."""
    found = api.status(project, python=environment)
    return found.environment is not None and found.environment.current


def why(project: Path, options: api.BuildOptions) -> list[str]:
    """Return why a build is due, the most telling reason first; nothing if none is."""
    found = api.status(project, **options)
    if found.verdict == "reuse":
        return []
    return [lbuild_keys.sentence(reason) for reason in found.reasons]


def edits(before: lbuild_keys.Snapshot, project: Path) -> tuple[list[str], bool]:
    """Return how a folder differs from what it was, and whether that decides anything."""
    after = lbuild_keys.snapshot(project)
    reasons: tuple[lbuild_keys.Reason, ...] = lbuild_keys.compare(before, after)
    changed = [one.path for one in reasons if isinstance(one, lbuild_keys.FileChanged)]
    return changed, lbuild_keys.key_of(before) != lbuild_keys.key_of(after)


def build_all(root: Path, out_dir: Path, jobs: int) -> dict[str, str]:
    """Build all members of a workspace; return what became of each, by name."""
    command = api.Command(
        "wheel",
        request=api.Request(out_dir=out_dir),
        scope=api.Scope(workspace=True, root=root, jobs=jobs),
    )
    return {result.name or result.project.name: told(result) for result in api.run(command)}


def order(root: Path) -> list[str]:
    """Return the names of the members of a workspace in the order in which they are built."""
    return [member.name for member in api.graph(workspace=True, root=root).members]


def tidy(names: Sequence[str], cache_dir: Path) -> tuple[list[str], int]:
    """Remove what a cache has of some projects; return whose results are left, and their bytes."""
    if not api.cache.verify(cache_dir).damages:
        api.cache.remove(names, cache_dir)
        api.cache.prune(cache_dir)
    left = api.cache.entries(cache_dir)
    stored = [item.stored for item in left.items if item.stored is not None]
    return [one.entry.name for one in stored], sum(left.sizes.values())


def told(result: api.Result) -> str:
    """Describe a result in a few words: a checker sees that no kind is forgotten."""
    match result:
        case api.WheelResult():
            return f"{result.action} {result.wheel.name}"
        case api.SdistResult():
            return f"{result.action} {result.sdist.name}"
        case api.NeededResult():
            return f"{result.action} for {', '.join(result.needed_by)}"
        case api.MetadataResult():
            return f"{result.action} metadata"
        case api.InstallResult():
            return f"{result.action} in {result.environment}"
        case api.StatusResult():
            return result.verdict
        case api.FailedResult():
            return f"{result.error.kind}: {result.error.message}"
        case _:
            assert_never(result)


def as_text(result: api.Result) -> str:
    """Return what ``--json`` prints of a result."""
    row: dict[str, Any] = api.to_json(result)
    return json.dumps(row, indent=2)


def attempt(project: Path, options: api.BuildOptions) -> str:
    """Build a project, or say what is wrong, and whose turn it is."""
    try:
        return str(api.build_wheel(project, **options).wheel)
    except api.InstallFailed as error:
        return f"the index: {error}"
    except api.BuildFailed as error:
        last = error.output.strip().splitlines()[-1:]
        return f"the project's authors: {' '.join(last)}"
    except (api.ProjectError, api.InterpreterError) as error:
        return f"you: {error}"
    except api.CacheError as error:
        return f"whoever owns this machine: {error}"
    except api.LbuildError as error:
        return f"{error.kind}: {error}"
