"""The commands that take part: how each is called, and what it has to print."""

import functools
import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pyproject_hooks import _in_process

from benchmarks.measure import Contestant, nothing
from benchmarks.projects import edit
from benchmarks.workshop import Tools, Workshop

BARE_PYTHON = "python -c pass"
BARE_HOOK = "bare hook"
LBUILD = "lbuild wheel"
LBUILD_MODULE = "python -m lbuild_frontend wheel"
LBUILD_STATUS = "lbuild status"
LBUILD_INSTALL = "lbuild install"
UV_PIP_INSTALL = "uv pip install"
UV_SYNC = "uv sync"
UV_SYNC_BUILDS = "uv sync --no-editable"
UV_BUILD = "uv build --wheel"
BUILD = "python -m build --wheel"
BUILD_WITH_UV = "python -m build --wheel --installer uv"
PIP_WHEEL = "pip wheel --no-deps"
GIT_STATUS = "git status"

REUSED = ": reused, "
BUILT = ": built in "

UP_TO_DATE = ": up to date"


@dataclass(frozen=True, slots=True)
class Backend:
    """A build backend.

    Attributes:
        module: that has the hooks.
        requires: what an environment needs for ``build_wheel``.
    """

    module: str
    requires: tuple[str, ...]


HATCHLING = Backend("hatchling.build", ("hatchling>=1.26",))
POETRY = Backend("poetry.core.masonry.api", ("poetry-core>=2",))
SETUPTOOLS = Backend("setuptools.build_meta", ("setuptools>=77",))

_ENTER = "import os, sys; os.chdir(sys.argv[1]); os.execv(sys.argv[2], sys.argv[2:])"
"""Hooks work in the current folder, which is otherwise that of whoever starts the command."""


@dataclass(frozen=True, slots=True)
class Target:
    """A project, and what is done to it before each run."""

    folder: Path
    before: Callable[[], object] = nothing


def edited(project: Path, file: str = "src/demo/module7.py") -> Target:
    """A project in which a line is appended to a file before each run."""
    return Target(project, functools.partial(edit, project / file))


def touched(project: Path, file: str = "src/demo/module7.py") -> Target:
    """A project in which a file gets a new time stamp before each run, and keeps its content."""
    return Target(project, functools.partial(os.utime, project / file))


def bare_python(shop: Workshop) -> Contestant:
    """The interpreter that runs lbuild, and no more."""
    command = (sys.executable, "-c", "pass")
    return Contestant(name=BARE_PYTHON, command=command, environment=shop.variables())


def bare_hook(
    shop: Workshop, target: Target, backend: Backend = HATCHLING, **variables: str | Path
) -> Contestant:
    """``build_wheel`` of a backend, in one process and an environment that is there."""
    return hook(shop, target, backend, BARE_HOOK, (), **variables)


def hook(
    shop: Workshop,
    target: Target,
    backend: Backend,
    name: str,
    under: tuple[str, ...],
    **variables: str | Path,
) -> Contestant:
    """``build_wheel`` of a backend, called as pyproject-hooks calls it.

    Args:
        under: what the interpreter is given to run before the script of pyproject-hooks.
        variables: more that the process is given.
    """
    place = shop.new("hook")
    script = os.fspath(Path(_in_process.__file__).with_name("_in_process.py"))
    arguments: dict[str, object] = {
        "wheel_directory": os.fspath(place / "out"),
        "config_settings": {},
        "metadata_directory": None,
    }

    def prepare() -> None:
        shutil.rmtree(place, ignore_errors=True)
        (place / "out").mkdir(parents=True)
        content = json.dumps({"kwargs": arguments})
        (place / "input.json").write_text(content, encoding="utf-8")
        target.before()

    python = os.fspath(shop.prepared(backend.requires))
    return Contestant(
        name=name,
        command=(
            *(sys.executable, "-I", "-S", "-c", _ENTER, os.fspath(target.folder)),
            *(python, *under, script, "build_wheel", os.fspath(place)),
        ),
        environment=shop.variables(
            _PYPROJECT_HOOKS_BUILD_BACKEND=backend.module, PYTHONHASHSEED="0", **variables
        ),
        before=prepare,
    )


def git_status(shop: Workshop, target: Target) -> Contestant:
    """What git does to say that nothing changed."""
    return Contestant(
        name=GIT_STATUS,
        command=(shop.git, "-C", os.fspath(target.folder), "status", "--porcelain"),
        environment=shop.variables(),
        before=target.before,
    )


def cache_of(project: Path) -> Path:
    """lbuild's cache for one project: no figure depends on which other groups were run."""
    return project.parent / "lbuild-cache"


def lbuild(
    shop: Workshop,
    target: Target,
    expect: str,
    tools: Tools | None = None,
    *,
    settles: bool = True,
) -> Contestant:
    """``lbuild wheel``, with a cache for this project alone."""
    return Contestant(
        name=LBUILD,
        command=((tools or shop.tools)["lbuild"], "wheel", os.fspath(target.folder)),
        environment=shop.variables(tools, LBUILD_CACHE_DIR=cache_of(target.folder)),
        before=target.before,
        expect=expect,
        settles=settles,
    )


def lbuild_status(shop: Workshop, target: Target, expect: str = UP_TO_DATE) -> Contestant:
    """``lbuild status`` with the cache of that project."""
    return Contestant(
        name=LBUILD_STATUS,
        command=(shop.tools["lbuild"], "status", os.fspath(target.folder)),
        environment=shop.variables(LBUILD_CACHE_DIR=cache_of(target.folder)),
        before=target.before,
        expect=expect,
        settles=True,
    )


def lbuild_module(shop: Workshop, target: Target, expect: str) -> Contestant:
    """lbuild, started as a module."""
    return Contestant(
        name=LBUILD_MODULE,
        command=(sys.executable, "-m", "lbuild_frontend", "wheel", os.fspath(target.folder)),
        environment=shop.variables(LBUILD_CACHE_DIR=cache_of(target.folder)),
        before=target.before,
        expect=expect,
        settles=True,
    )


def uv_sync(shop: Workshop, target: Target, *, builds: bool = False) -> Contestant:
    """``uv sync`` of the project; where it builds, of a wheel, as the others do.

    Its environment lies outside the project, so that ``**/*.py`` does not find it.
    """
    mode = ("--no-editable",) if builds else ()
    return Contestant(
        name=UV_SYNC_BUILDS if builds else UV_SYNC,
        command=(shop.tools["uv"], "sync", *mode, "--project", os.fspath(target.folder)),
        environment=shop.variables(UV_PROJECT_ENVIRONMENT=shop.new("environment")),
        before=target.before,
        expect="Built " if builds else "Checked ",
    )


def frontends(shop: Workshop, target: Callable[[], Target]) -> tuple[Contestant, ...]:
    """The frontends that build each time, each with a project of its own."""
    pip = target()
    return (
        uv_build(shop, target()),
        build(shop, target(), with_uv=True),
        build(shop, target()),
        Contestant(
            name=PIP_WHEEL,
            command=(
                *(sys.executable, "-m", "pip", "wheel", "--no-deps"),
                *("-w", os.fspath(shop.new("out")), os.fspath(pip.folder)),
            ),
            environment=shop.variables(),
            before=pip.before,
        ),
    )


def uv_build(shop: Workshop, target: Target) -> Contestant:
    """``uv build``, which builds each time."""
    out = os.fspath(shop.new("out"))
    return Contestant(
        name=UV_BUILD,
        command=(shop.tools["uv"], "build", "--wheel", "-o", out, os.fspath(target.folder)),
        environment=shop.variables(),
        before=target.before,
    )


def build(shop: Workshop, target: Target, *, with_uv: bool = False) -> Contestant:
    """pypa/build, which builds each time."""
    installer = ("--installer", "uv") if with_uv else ()
    command = (sys.executable, "-m", "build", "--wheel", *installer)
    return Contestant(
        name=BUILD_WITH_UV if with_uv else BUILD,
        command=(*command, "-o", os.fspath(shop.new("out")), os.fspath(target.folder)),
        environment=shop.variables(),
        before=target.before,
    )
