"""Outcomes, which wings pass to each other, -> the public results that are made of them."""

import os
from collections.abc import Collection
from pathlib import Path
from typing import Any

from lbuild_frontend.errors import LbuildError
from lbuild_frontend.model.outcome import (
    EnvironmentStatus,
    InstallOutcome,
    MemberOutcome,
    MetadataOutcome,
    Outcome,
    ProjectOutcome,
    SdistOutcome,
    StatusOutcome,
    WheelOutcome,
)
from lbuild_frontend.model.results import (
    Action,
    DoneResult,
    EnvironmentState,
    FailedResult,
    Failure,
    InstallResult,
    MetadataResult,
    NeededResult,
    SdistResult,
    StatusResult,
    WheelResult,
)


def result_of(outcome: ProjectOutcome, needed_by: Collection[str] = ()) -> DoneResult:
    """Return the result that an outcome is for those who asked.

    Args:
        outcome: of a project.
        needed_by: the names of the projects that needed it.
    """
    match outcome:
        case WheelOutcome(outcome=done, wheel=wheel):
            common, unchanged = _common(done), done.unchanged
            return WheelResult(**common, action=_action(done), wheel=wheel, unchanged=unchanged)
        case SdistOutcome(outcome=done, sdist=sdist):
            common, unchanged = _common(done), done.unchanged
            return SdistResult(**common, action=_action(done), sdist=sdist, unchanged=unchanged)
        case MemberOutcome(outcome=done):
            names = tuple(sorted(needed_by))
            return NeededResult(**_common(done), action=_action(done), wheel=None, needed_by=names)
        case MetadataOutcome(outcome=done, metadata=metadata):
            return MetadataResult(**_common(done), action=_action(done), metadata=metadata)
        case InstallOutcome(outcome=done):
            return InstallResult(
                **{**_common(done), "sha256": done.sha256 or None},
                action=outcome.action,
                wheel=outcome.wheel,
                unchanged=done.unchanged,
                built=done.built,
                due=outcome.due,
                environment=outcome.environment,
                editable=outcome.editable,
                problem=outcome.problem,
                requirements=outcome.requirements,
                dry_run=outcome.dry_run,
            )
        case StatusOutcome():
            return StatusResult(
                project=outcome.project,
                name=outcome.name,
                version=outcome.version,
                verdict="reuse" if outcome.reuse else "rebuild",
                key=outcome.key,
                wheel=outcome.wheel,
                outdated=outcome.outdated,
                out_dir=outcome.out_dir,
                reasons=outcome.reasons,
                nearest=outcome.nearest,
                inputs=outcome.inputs,
                cache=outcome.cache,
                environment=_environment(outcome.environment),
                last_build=outcome.last_build,
            )


def _common(done: Outcome) -> dict[str, Any]:
    """Return the fields that all results have of what a hook gave, by their names."""
    return {
        "project": done.project,
        "name": done.name,
        "version": done.version,
        "hook": done.hook,
        "sha256": done.sha256,
        "same_as_earlier": done.same_as_earlier,
        "key": done.key,
        "reasons": done.reasons,
        "nearest": done.nearest,
        "seconds": done.seconds,
        "built_at": done.since,
        "cache": done.cache,
        "warnings": done.warnings,
    }


def failed_result(project: Path, error: LbuildError, name: str = "") -> FailedResult:
    """Return the result of a project that there was an error with.

    Args:
        project: its folder; the current one if it is not known which projects are meant.
        error: what is wrong.
        name: of the project, if it is known.
    """
    try:
        place = Path(os.path.realpath(project))
    except (OSError, ValueError):  # relative to a folder that is gone, for example
        place = project
    return FailedResult(place, name, Failure(error.kind, str(error), error.log))


def _action(done: Outcome) -> Action:
    return "built" if done.built else "reused"


def _environment(found: EnvironmentStatus | None) -> EnvironmentState | None:
    if found is None:
        return None
    return EnvironmentState(found.environment, found.problem is None, found.problem)
