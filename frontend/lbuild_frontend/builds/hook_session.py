"""The hooks of a task in one build environment: how they are called, and what each used."""

import contextlib
import os
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from lbuild_frontend.builds import assess
from lbuild_frontend.builds.task import BuildTask
from lbuild_frontend.environments import isolated
from lbuild_frontend.environments.base import Environment, Environments
from lbuild_frontend.environments.installer import InstallOptions
from lbuild_frontend.hooks import setuptools
from lbuild_frontend.hooks.backend import Backend, Returned
from lbuild_frontend.model.reporter import Reporter
from lbuild_keys.model import Input, Observation, Snapshot, traced, unreadable
from lbuild_keys.observe import temporary as temporary_files
from lbuild_keys.observe.files import Digests
from lbuild_keys.snapshots.observer import Observer
from lbuild_keys.tracing.trace import Trace
from lbuild_keys.tracing.used import Usage

if TYPE_CHECKING:
    from lbuild_frontend.hooks.commands import KnownCommands


@contextlib.contextmanager
def environments(
    task: BuildTask, reporter: Reporter, digests: Digests, *, refresh: bool
) -> Iterator[Environments]:
    """Provide the environments that hooks run in: isolated ones, or the interpreter's own.

    Args:
        task: the task.
        reporter: is told what is installed.
        digests: known digests of files.
        refresh: whether requirements are resolved anew, however recently that was done.
    """
    if not task.request.isolation:
        from lbuild_frontend.environments.no_isolation import ExistingEnvironment  # brings email

        skip = task.request.skip_dependency_check
        yield ExistingEnvironment(task.interpreter, task.label, check=not skip)
        return
    max_age = task.project.settings.environment_max_age
    with isolated.open_environments(
        cache=task.cache,
        interpreter=task.interpreter,
        cwd=task.cwd,
        max_age=None if refresh else max_age,
        label=task.label,
        reporter=reporter,
        options=InstallOptions(
            installer=task.request.installer,
            constraints=task.constraints,
            offline=task.request.offline,
        ),
        digests=digests,
        requires=task.project.settings.build_system.requires,
        members=assess.members_of(task),
    ) as provider:
        yield provider


class Calls(NamedTuple):
    """The calls of hooks for one result.

    Attributes:
        hidden: paths below the project that git in hooks does not see.
        follow: whether the programs are followed that hooks run.
        commands: the known results of compilers; None if nothing is kept of them.
        traces: what each hook did, also one that failed; it grows.
    """

    hidden: tuple[str, ...]
    follow: bool
    commands: "KnownCommands | None"
    traces: list[Trace]


def backend_in(environment: Environment, task: BuildTask, calls: Calls) -> Backend:
    """Return the project's build backend, to be called in an environment."""
    build_system = task.project.settings.build_system
    return Backend(
        label=task.label,
        root=task.project.root,
        build_system=build_system,
        toml=task.project.toml,
        build_base=setuptools.build_base(task.project.toml, build_system),
        executable=environment.python_executable,
        environ={**task.environ, **environment.extra_environ},
        echo=task.request.verbose,
        lock=task.lock,
        watch=calls.traces.append,
        hidden=calls.hidden,
        follow=calls.follow,
        commands=calls.commands,
        meanwhile=_import_what_follows,
    )


def _import_what_follows() -> None:
    """Import, while a hook runs, what is needed once it has ended: then that takes no time."""
    import lbuild_frontend.hooks.check_wheel  # noqa: F401  for its effect
    import lbuild_keys.tracing.usage  # noqa: F401  likewise


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
    # Imported while the hook ran.
    from lbuild_keys.tracing import usage
    from lbuild_keys.tracing.input_names import HookLocation

    location = HookLocation(
        root=task.project.root,
        backend=backend.build_system.build_backend,
        foreign=(*result_folders, *returned.scratch, os.fspath(task.cache.root)),
        left_out=observer.left_out,
        may_leave_out=observer.project.may_leave_out,
        programs=backend.environ.get("PATH"),
        places=observer.context.places,
        environ=backend.environ,
        temporary=temporary_files.folder(),
    )
    used = usage.usage_of(returned.trace, hook, location)
    return used._replace(put_back=returned.put_back)


def offers_of(environments: Iterable[Environment], observer: Observer) -> Snapshot:
    """Return what local places offered while environments were made, as inputs of a build.

    Args:
        environments: in which hooks ran.
        observer: the project; it observes what nobody has looked at yet.
    """
    offers: dict[Input, Observation] = {}
    for environment in environments:
        for thing, known in environment.offers.items():
            state = observer.observe(thing) if known is None else known
            same = thing not in offers or offers[thing].state == state
            offers[thing] = Observation(state if same else _MEANWHILE, _OFFERED)
    return offers


_MEANWHILE = unreadable("it changed between two installations")
_OFFERED = traced("looked for to install the build requirements")
