"""A build backend that can be called, and what a call of one of its hooks gave."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from lbuild_frontend.errors import BuildFailed
from lbuild_keys.config.build_system import BuildSystem
from lbuild_keys.tracing.trace import Trace
from lbuild_keys.tracing.used import PutBack

if TYPE_CHECKING:
    from lbuild_frontend.hooks.commands import KnownCommands

ConfigSettings = Mapping[str, Any]
"""The ``config_settings`` of a hook (PEP 517)."""


class Backend(NamedTuple):
    """A build backend with all that is needed to call its hooks.

    Attributes:
        label: the project's name in messages.
        root: the project's folder, in which hooks run.
        build_system: the ``[build-system]`` table of the project (PEP 517, PEP 518).
        build_base: where setuptools builds, relative to ``root``, if its configuration cannot be
            changed from outside; None for another backend.
        toml: its parsed pyproject.toml.
        executable: the Python interpreter of the build environment.
        environ: all environment variables of the hook process.
        echo: whether to copy the output of hooks to standard error while they run.
        lock: descriptor of a lock on the project. The hook process inherits it, because it may
            still write to the project after lbuild was killed.
        watch: is told what each hook did, also one that failed.
        hidden: paths below the project that git in hooks does not see: wheels of lbuild's.
        follow: whether the programs that hooks run are followed, where the system lets lbuild.
        commands: the known results of compilers; None if nothing is kept of them.
        meanwhile: is called while a hook runs, as often as one does.
    """

    label: str
    root: Path
    build_system: BuildSystem
    build_base: str | None
    executable: str
    environ: Mapping[str, str]
    echo: bool
    toml: Mapping[str, Any] = {}
    lock: int | None = None
    watch: Callable[[Trace], None] = lambda _: None
    hidden: tuple[str, ...] = ()
    follow: bool = False
    commands: "KnownCommands | None" = None
    meanwhile: Callable[[], object] = lambda: None


Fault = Callable[[str], BuildFailed]
"""Makes the error of what a hook returned: of a clause that continues the name of the hook."""


class Returned(NamedTuple):
    """What a hook returned, what it did, and its warnings.

    Attributes:
        value: the return value of the hook, decoded from JSON; not checked.
        trace: what the hook was seen to do.
        scratch: folders that belong to this call and not to the project; most are removed already.
        warnings: the texts of the Python warnings that the hook process raised.
        put_back: what it changed in the project, and is as it was before.
    """

    value: object
    trace: Trace
    scratch: tuple[str, ...]
    warnings: tuple[str, ...]
    put_back: PutBack


def backend_fault(label: str, hook: str, problem: str) -> BuildFailed:
    """Make the error for a hook that returned something which its specification does not allow.

    Args:
        label: the project's name in messages.
        hook: the name of the hook.
        problem: what is wrong, as a clause that continues "``hook``".
    """
    return BuildFailed(f"{label}: {hook} {problem}. This is a bug in the build backend.")
