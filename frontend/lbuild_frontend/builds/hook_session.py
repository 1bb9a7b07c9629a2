"""The hooks of a task in one build environment: how they are called, and what each used."""

import contextlib
import dataclasses
import os
from collections.abc import Collection, Iterator

from lbuild_frontend.builds.task import BuildTask
from lbuild_frontend.environments import isolated
from lbuild_frontend.environments.base import Environment, Environments
from lbuild_frontend.hooks import setuptools
from lbuild_frontend.hooks.backend import Backend, Returned
from lbuild_frontend.model.reporter import Reporter
from lbuild_keys.effects import during_build
from lbuild_keys.snapshots.observer import Observer
from lbuild_keys.tracing import usage
from lbuild_keys.tracing.input_names import HookLocation
from lbuild_keys.tracing.usage import Usage


@contextlib.contextmanager
def environments(task: BuildTask, reporter: Reporter, *, refresh: bool) -> Iterator[Environments]:
    """Provide the environments that hooks run in: isolated ones, or the interpreter's own.

    Args:
        task: the task.
        reporter: is told what is installed.
        refresh: whether requirements are resolved anew, however recently that was done.
    """
    if not task.request.isolation:
        from lbuild_frontend.environments.no_isolation import ExistingEnvironment  # brings email

        yield ExistingEnvironment(task.interpreter, task.label)
        return
    max_age = task.project.settings.environment_max_age
    with isolated.open_environments(
        cache=task.cache,
        interpreter=task.interpreter,
        cwd=task.cwd,
        max_age=None if refresh else max_age,
        label=task.label,
        reporter=reporter,
    ) as provider:
        yield provider


def backend_in(environment: Environment, task: BuildTask) -> Backend:
    """Return the project's build backend, to be called in an environment."""
    build_system = task.project.settings.build_system
    return Backend(
        label=task.label,
        root=task.project.root,
        build_system=build_system,
        build_base=setuptools.build_base(task.project.toml, build_system),
        executable=environment.python_executable,
        environ={**task.environ, **environment.extra_environ},
        echo=task.request.verbose,
        lock=task.lock,
    )


def usage_by(
    hook: str,
    task: BuildTask,
    observer: Observer,
    backend: Backend,
    returned: Returned,
    result_folders: Collection[str] = (),
) -> Usage:
    """Return what a hook used, by its trace.

    Args:
        hook: its name.
        task: the task.
        observer: the project, as it was when the hook was found to be due.
        backend: the backend that was called.
        returned: what the call gave.
        result_folders: folders that the hook was told to write to.
    """
    location = HookLocation(
        root=task.project.root,
        backend=backend.build_system.build_backend,
        foreign=(*result_folders, *returned.scratch, os.fspath(task.cache.root)),
        left_out=observer.left_out,
        programs=backend.environ.get("PATH"),
        places=observer.context.places,
        environ=backend.environ,
        temporary=during_build.temporary_folder(),
    )
    used = usage.usage_of(returned.trace, hook, location)
    return dataclasses.replace(used, put_back=returned.put_back)
