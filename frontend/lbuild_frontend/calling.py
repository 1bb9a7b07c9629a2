"""A job's hooks in one build environment: how they are called, and what each of them used."""

import contextlib
import os
from collections.abc import Collection, Iterator

from lbuild_frontend import hooks, isolation, leftovers, meanwhile
from lbuild_frontend.decision import Verdict
from lbuild_frontend.environment import Environment, Environments
from lbuild_frontend.job import Job
from lbuild_frontend.reporter import Reporter
from lbuild_keys.snapshots.observer import Moment
from lbuild_keys.tracing import usage
from lbuild_keys.tracing.input_names import Place
from lbuild_keys.tracing.usage import Usage


@contextlib.contextmanager
def environments(work: Job, verdict: Verdict, reporter: Reporter) -> Iterator[Environments]:
    """The environments that hooks run in: isolated ones, or the interpreter's own."""
    if not work.request.isolation:
        from lbuild_frontend.ownenvironment import OwnEnvironment  # brings build

        yield OwnEnvironment(work.interpreter, work.label)
        return
    max_age = work.project.declaration.environment_max_age
    with isolation.opened(
        cache=work.cache,
        interpreter=work.interpreter,
        cwd=work.cwd,
        max_age=None if verdict.asks_for_refresh else max_age,
        label=work.label,
        reporter=reporter,
    ) as isolated:
        yield isolated


def backend(work: Job, around: Environment) -> hooks.Backend:
    """The project's build backend, as it is called in an environment."""
    build_system = work.project.declaration.build_system
    return hooks.Backend(
        label=work.label,
        root=work.project.root,
        build_system=build_system,
        build_base=leftovers.build_base(work.project.toml, build_system),
        executable=around.python_executable,
        environ={**work.environ, **around.extra_environ},
        echo=work.request.verbose,
        lock=work.lock,
    )


def used(
    work: Job,
    now: Moment,
    called: hooks.Backend,
    hook: str,
    returned: hooks.Returned,
    results: Collection[str] = (),
) -> Usage:
    """What a hook used.

    Args:
        called: the backend that was called.
        results: folders that the hook was told to write to.
    """
    place = Place(
        root=work.project.root,
        backend=called.build_system.build_backend,
        foreign=(*results, *returned.scratch, os.fspath(work.cache.root)),
        left_out=now.left_out,
        programs=called.environ.get("PATH"),
        temporary=meanwhile.temporary_folder(),
    )
    return usage.of(returned.trace, hook, place)
