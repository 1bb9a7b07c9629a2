"""A job's hooks in one build environment: how they are called, and what each of them used."""

import contextlib
import os
from collections.abc import Collection, Iterator

from lbuild_frontend.builds import during_build
from lbuild_frontend.builds.task import BuildTask
from lbuild_frontend.builds.verdict import Verdict
from lbuild_frontend.environments import isolated as isolated_environments
from lbuild_frontend.environments.base import Environment, Environments
from lbuild_frontend.hooks import setuptools
from lbuild_frontend.hooks.backend import Backend, Returned
from lbuild_frontend.model.reporter import Reporter
from lbuild_keys.snapshots.observer import Observer
from lbuild_keys.tracing import usage
from lbuild_keys.tracing.input_names import HookLocation
from lbuild_keys.tracing.usage import Usage


@contextlib.contextmanager
def environments(task: BuildTask, verdict: Verdict, reporter: Reporter) -> Iterator[Environments]:
    """The environments that hooks run in: isolated ones, or the interpreter's own."""
    if not task.request.isolation:
        from lbuild_frontend.environments.no_isolation import OwnEnvironment  # brings email

        yield OwnEnvironment(task.interpreter, task.label)
        return
    max_age = task.project.settings.environment_max_age
    with isolated_environments.opened(
        cache=task.cache,
        interpreter=task.interpreter,
        cwd=task.cwd,
        max_age=None if verdict.asks_for_refresh else max_age,
        label=task.label,
        reporter=reporter,
    ) as isolated:
        yield isolated


def backend(task: BuildTask, around: Environment) -> Backend:
    """The project's build backend, as it is called in an environment."""
    build_system = task.project.settings.build_system
    return Backend(
        label=task.label,
        root=task.project.root,
        build_system=build_system,
        build_base=setuptools.build_base(task.project.toml, build_system),
        executable=around.python_executable,
        environ={**task.environ, **around.extra_environ},
        echo=task.request.verbose,
        lock=task.lock,
    )


def used(
    task: BuildTask,
    now: Observer,
    called: Backend,
    hook: str,
    returned: Returned,
    results: Collection[str] = (),
) -> Usage:
    """What a hook used.

    Args:
        called: the backend that was called.
        results: folders that the hook was told to write to.
    """
    place = HookLocation(
        root=task.project.root,
        backend=called.build_system.build_backend,
        foreign=(*results, *returned.scratch, os.fspath(task.cache.root)),
        left_out=now.left_out,
        programs=called.environ.get("PATH"),
        temporary=during_build.temporary_folder(),
    )
    return usage.of(returned.trace, hook, place)
