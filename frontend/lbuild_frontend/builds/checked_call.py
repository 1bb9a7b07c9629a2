"""The hook of a task: called, and its result checked. An editable wheel takes two hooks."""

import functools
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from lbuild_frontend.builds import hook_session
from lbuild_frontend.builds.assess import Assessment
from lbuild_frontend.builds.task import BuildTask
from lbuild_frontend.errors import HookMissing
from lbuild_frontend.hooks import call as hook_calls
from lbuild_frontend.hooks import check_metadata
from lbuild_frontend.hooks.backend import Backend, Fault, backend_fault
from lbuild_frontend.model.artifact import Artifact, Known
from lbuild_frontend.model.hook import (
    BUILD_EDITABLE,
    BUILD_SDIST,
    BUILD_WHEEL,
    PREPARE_METADATA_FOR_BUILD_EDITABLE,
    PREPARE_METADATA_FOR_BUILD_WHEEL,
    Hook,
)
from lbuild_keys.backends import metadata_hook
from lbuild_keys.tracing import used as uses
from lbuild_keys.tracing.used import Usage


class Called(NamedTuple):
    """What a hook gave, checked, and what it used.

    Attributes:
        artifact: the result.
        used: what the hook used and wrote.
        made: the path of the result, which is a temporary one.
        warnings: what the user should know.
    """

    artifact: Artifact
    used: Usage
    made: Path
    warnings: tuple[str, ...]


def call(
    task: BuildTask, due: Assessment, backend: Backend, required: Usage, folder: Path
) -> tuple[Called, Usage]:
    """Call the hook of a task; return what it gave, and what was used in all.

    Args:
        task: the task.
        due: the decision to build.
        backend: to be called.
        required: what the hook used that was called before, see ``get_requires``.
        folder: a temporary one for the result.

    Raises:
        BuildFailed: if the hook fails, or its result is not sound.
        HookMissing: if the backend does not have the hook, and need not have it.
    """
    if task.hook == BUILD_EDITABLE:
        return _build_editable(task, due, backend, required, folder)
    called = _called(task, due, backend, task.hook, folder)
    return called, uses.merge(required, called.used)


def _build_editable(
    task: BuildTask, due: Assessment, backend: Backend, required: Usage, folder: Path
) -> tuple[Called, Usage]:
    """Prepare the metadata and build the wheel with them, as pip and uv do (PEP 660).

    If a project changes what the first hook gives, that is in the wheel.
    """
    preparing = PREPARE_METADATA_FOR_BUILD_EDITABLE
    places = [folder / name for name in ("metadata", "wheel")]
    for place in places:
        place.mkdir()
    try:
        prepared = _called(task, due, backend, preparing, places[0])
    except HookMissing:
        called = _called(task, due, backend, task.hook, places[1])
        return called, uses.merge(required, called.used)
    called = _called(task, due, backend, task.hook, places[1], prepared.made)
    used = uses.merge(uses.merge(required, prepared.used), called.used)
    project = task.project
    if metadata_hook.is_complete(project.root, project.settings.build_system, project.toml):
        # What ``metadata`` gives does not depend on which of the two hooks was called last.
        artifact = called.artifact._replace(metadata=prepared.artifact.metadata)
        called = called._replace(artifact=artifact)
    return called, used


def _called(
    task: BuildTask,
    due: Assessment,
    backend: Backend,
    hook: Hook,
    folder: Path,
    prepared: Path | None = None,
) -> Called:
    entries = [stored.entry for stored in due.history.entries]
    known = {(one.file, one.metadata): (one.name, one.version) for one in entries}
    returned = hook_calls.build(backend, hook, folder, task.request.config_settings, prepared)
    fault = functools.partial(backend_fault, task.label, hook.name)
    artifact = _CHECKS[hook.name](returned.value, folder, fault, known)
    folders = (os.fspath(folder), *(() if prepared is None else (os.fspath(prepared),)))
    used = hook_session.usage_by(hook.name, task, due.observer, backend, returned, folders)
    return Called(artifact, used, folder / str(returned.value), returned.warnings)


def _check_wheel(returned: object, folder: Path, fault: Fault, known: Known) -> Artifact:
    from lbuild_frontend.hooks import check_wheel  # brings zipfile

    return check_wheel.check(returned, folder, fault, known)


def _check_sdist(returned: object, folder: Path, fault: Fault, known: Known) -> Artifact:
    from lbuild_frontend.hooks import check_sdist  # brings tarfile

    return check_sdist.check(returned, folder, fault, known)


_CHECKS: Mapping[str, Callable[[object, Path, Fault, Known], Artifact]] = {
    BUILD_WHEEL.name: _check_wheel,
    BUILD_EDITABLE.name: _check_wheel,
    BUILD_SDIST.name: _check_sdist,
    PREPARE_METADATA_FOR_BUILD_WHEEL.name: check_metadata.check,
    PREPARE_METADATA_FOR_BUILD_EDITABLE.name: check_metadata.check,
}
