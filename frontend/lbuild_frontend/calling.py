"""A job's hooks in one build environment: how they are called, and what each of them used."""

import os
import tempfile
from collections.abc import Collection
from contextlib import AbstractContextManager

from lbuild_frontend import environment, hooks, leftovers
from lbuild_frontend.environment import Environment
from lbuild_frontend.job import Job
from lbuild_keys import usage
from lbuild_keys.moment import Moment
from lbuild_keys.naming import Place
from lbuild_keys.usage import Usage


def surroundings(work: Job) -> AbstractContextManager[Environment]:
    """The environment that hooks run in: an isolated one, or the interpreter's own."""
    make = environment.isolated if work.request.isolation else environment.own
    return make(work.interpreter, work.label)


def backend(work: Job, around: Environment) -> hooks.Backend:
    """The project's build backend, as it is called in an environment."""
    build_system = work.project.declaration.build_system
    return hooks.Backend(
        label=work.label,
        root=work.project.root,
        build_system=build_system,
        build_base=leftovers.build_base(work.project.toml, build_system),
        executable=around.python_executable,
        environ={**work.environ, **(around.make_extra_environ() or {})},
        echo=work.request.verbose,
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
        temporary=os.path.realpath(tempfile.gettempdir()),
    )
    return usage.of(returned.trace, hook, place)
