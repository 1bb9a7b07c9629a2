"""The groups, and the commands that take part in each."""

import functools
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import Contestant, Group, nothing
from benchmarks.projects import edit
from benchmarks.workshop import Tools, Workshop

SIZES = (10, 1_000, 10_000, 50_000)

BARE_PYTHON = "python -c pass"
BARE_HOOK = "bare hook"
LBUILD = "lbuild wheel"
LBUILD_MODULE = "python -m lbuild_frontend wheel"
LBUILD_STATUS = "lbuild status"
LBUILD_INSTALL = "lbuild install"
UV_PIP_INSTALL = "uv pip install"
UV_SYNC = "uv sync"
UV_BUILD = "uv build --wheel"
BUILD = "python -m build --wheel"
BUILD_WITH_UV = "python -m build --wheel --installer uv"
PIP_WHEEL = "pip wheel --no-deps"

_REUSED = ": reused, "
_BUILT = ": built in "

_HOOK = """\
import os, sys
os.chdir(sys.argv[1])
from hatchling.build import build_wheel
build_wheel(sys.argv[2])
"""


@dataclass(frozen=True, slots=True)
class Target:
    """A project, and what is done to it before each run."""

    folder: Path
    before: Callable[[], object] = nothing


def hit(shop: Workshop) -> Group:
    """Nothing changed, or whatever the frontend makes of that."""
    return Group(
        name="hit",
        title="Nothing changed: hatchling, 20 files",
        baseline=BARE_PYTHON,
        contestants=(
            _bare_python(shop),
            _lbuild(shop, Target(shop.hatchling()), _REUSED),
            _lbuild_module(shop, Target(shop.hatchling()), _REUSED),
            _uv_sync(shop, Target(shop.hatchling())),
            *_frontends(shop, lambda: Target(shop.hatchling())),
        ),
    )


def status(shop: Workshop) -> Group:
    """Nothing changed, and nothing is asked for but to say so."""
    project = shop.hatchling()
    wheel = _lbuild(shop, Target(project), _REUSED)
    return Group(
        name="status",
        title="Status, nothing to do: hatchling, 20 files",
        baseline=BARE_PYTHON,
        contestants=(
            _bare_python(shop),
            wheel,
            Contestant(
                name=LBUILD_STATUS,
                command=(shop.tools["lbuild"], "status", os.fspath(project)),
                environment=shop.variables(LBUILD_CACHE_DIR=_cache(project)),
                expect=": up to date",
                settles=True,
            ),
        ),
    )


def install(shop: Workshop) -> Group:
    """Nothing changed, and the environment has it."""
    project, other = shop.hatchling(), shop.hatchling()
    return Group(
        name="install",
        title="Install, nothing to do: hatchling, 20 files",
        baseline=BARE_PYTHON,
        contestants=(
            _bare_python(shop),
            Contestant(
                name=LBUILD_INSTALL,
                command=(
                    *(shop.tools["lbuild"], "install"),
                    *("--python", os.fspath(shop.environment()), os.fspath(project)),
                ),
                environment=shop.variables(LBUILD_CACHE_DIR=_cache(project)),
                expect=": unchanged in ",
                settles=True,
            ),
            Contestant(
                name=UV_PIP_INSTALL,
                command=(
                    *(shop.tools["uv"], "pip", "install"),
                    *("--python", os.fspath(shop.environment()), os.fspath(other)),
                ),
                environment=shop.variables(),
                settles=True,
            ),
        ),
    )


def rebuild(shop: Workshop) -> Group:
    """A module was edited."""

    def edited(*, cache_keys: bool = False) -> Target:
        return _edited(shop.hatchling(cache_keys=cache_keys))

    return Group(
        name="rebuild",
        title="Rebuild after a one-line edit: hatchling, 20 files",
        baseline=BARE_HOOK,
        contestants=(
            _bare_hook(shop, edited()),
            _lbuild(shop, edited(), _BUILT),
            _uv_sync(shop, edited(cache_keys=True), builds=True),
            *_frontends(shop, edited),
        ),
        divisor=2,
    )


def first_with_uv(shop: Workshop) -> Group:
    """lbuild knows nothing of the project; environments are made by uv."""
    return _first(shop, shop.tools, "uv")


def first_with_pip(shop: Workshop) -> Group:
    """lbuild knows nothing of the project; environments are made by pip."""
    return _first(shop, shop.without_uv, "pip")


def hit_at(shop: Workshop, *, files: int) -> Group:
    """Nothing changed in a tree of some size."""
    tree = Target(shop.tree(files))
    return Group(
        name=f"hit-{files}",
        title=f"Nothing changed: hatchling, {files:,} files, all in cache-keys",
        baseline=UV_SYNC,
        contestants=(_uv_sync(shop, tree), _lbuild(shop, tree, _REUSED)),
    )


def rebuild_at(shop: Workshop, *, files: int) -> Group:
    """A module was edited in a tree of some size."""
    tree = _edited(shop.tree(files))
    return Group(
        name=f"rebuild-{files}",
        title=f"Rebuild after a one-line edit: hatchling, {files:,} files",
        baseline=BARE_HOOK,
        contestants=(
            _bare_hook(shop, tree),
            _lbuild(shop, tree, _BUILT),
            _uv_build(shop, tree),
        ),
        divisor=7 if files >= SIZES[-1] else 4,
    )


def c_hit(shop: Workshop) -> Group:
    """Nothing changed in a project with a C extension."""
    return _c_extension(
        shop, "c-hit", "Nothing changed: setuptools, a C extension", Target, _REUSED
    )


def c_rebuild(shop: Workshop, *, suffix: str) -> Group:
    """A file was edited in a project with a C extension."""
    file = {"c": "_answer.c", "py": "__init__.py"}[suffix]
    return _c_extension(
        shop,
        f"c-rebuild-{suffix}",
        f"Rebuild after an edit of a .{suffix} file: setuptools, a C extension",
        lambda project: _edited(project, file),
        _BUILT,
    )


def memory(shop: Workshop, *, files: int) -> Group:
    """The memory that it takes to see that nothing changed."""
    tree = Target(shop.hatchling() if files == 20 else shop.tree(files))
    return Group(
        name=f"memory-{files}",
        title=f"Peak memory, nothing changed: hatchling, {files:,} files",
        baseline=BARE_PYTHON,
        contestants=(_bare_python(shop), _lbuild(shop, tree, _REUSED), _uv_sync(shop, tree)),
        quantity="bytes",
        divisor=3,
    )


GROUPS: Mapping[str, Callable[[Workshop], Group]] = {
    "hit": hit,
    "status": status,
    "install": install,
    "memory-20": functools.partial(memory, files=20),
    "rebuild": rebuild,
    "first-uv": first_with_uv,
    "first-pip": first_with_pip,
    "c-hit": c_hit,
    "c-rebuild-c": functools.partial(c_rebuild, suffix="c"),
    "c-rebuild-py": functools.partial(c_rebuild, suffix="py"),
    **{f"hit-{files}": functools.partial(hit_at, files=files) for files in SIZES},
    f"memory-{SIZES[-1]}": functools.partial(memory, files=SIZES[-1]),
    **{f"rebuild-{files}": functools.partial(rebuild_at, files=files) for files in SIZES},
}
"""How each group is made, by its name, in the order in which they are run."""


def _first(shop: Workshop, tools: Tools, installer: str) -> Group:
    ours, theirs = shop.hatchling(), shop.hatchling()

    def forget() -> None:
        for folder in (_cache(ours), ours / "dist"):
            if folder.exists():
                shutil.rmtree(folder)

    lbuild = _lbuild(shop, Target(ours, forget), _BUILT, tools, settles=False)
    build = (tools["python"], "-m", "build", "--wheel", "--installer", installer)
    return Group(
        name=f"first-{installer}",
        title=f"First build, empty cache: hatchling, 20 files, {installer} installs",
        baseline=BUILD_WITH_UV if installer == "uv" else BUILD,
        contestants=(
            Contestant(
                name=BUILD_WITH_UV if installer == "uv" else BUILD,
                command=(*build, "-o", os.fspath(shop.new("out")), os.fspath(theirs)),
                environment=shop.variables(tools),
            ),
            lbuild,
        ),
        divisor=2 if installer == "uv" else 4,
    )


def _c_extension(
    shop: Workshop, name: str, title: str, target: Callable[[Path], Target], expect: str
) -> Group:
    return Group(
        name=name,
        title=title,
        baseline=UV_BUILD,
        contestants=(
            _uv_build(shop, target(shop.c_extension())),
            _lbuild(shop, target(shop.c_extension()), expect),
            _build(shop, target(shop.c_extension())),
            _build(shop, target(shop.c_extension()), with_uv=True),
        ),
        divisor=4,
    )


def _edited(project: Path, file: str = "module7.py") -> Target:
    return Target(project, functools.partial(edit, project / "src" / "demo" / file))


def _bare_python(shop: Workshop) -> Contestant:
    command = (sys.executable, "-c", "pass")
    return Contestant(name=BARE_PYTHON, command=command, environment=shop.variables())


def _bare_hook(shop: Workshop, target: Target) -> Contestant:
    out = shop.new("out")
    out.mkdir()
    python = os.fspath(shop.prepared)
    return Contestant(
        name=BARE_HOOK,
        command=(python, "-c", _HOOK, os.fspath(target.folder), os.fspath(out)),
        environment=shop.variables(),
        before=target.before,
    )


def _cache(project: Path) -> Path:
    """lbuild's cache for one project: no figure depends on which other groups were run."""
    return project.parent / "lbuild-cache"


def _lbuild(
    shop: Workshop,
    target: Target,
    expect: str,
    tools: Tools | None = None,
    *,
    settles: bool = True,
) -> Contestant:
    return Contestant(
        name=LBUILD,
        command=((tools or shop.tools)["lbuild"], "wheel", os.fspath(target.folder)),
        environment=shop.variables(tools, LBUILD_CACHE_DIR=_cache(target.folder)),
        before=target.before,
        expect=expect,
        settles=settles,
    )


def _lbuild_module(shop: Workshop, target: Target, expect: str) -> Contestant:
    return Contestant(
        name=LBUILD_MODULE,
        command=(sys.executable, "-m", "lbuild_frontend", "wheel", os.fspath(target.folder)),
        environment=shop.variables(LBUILD_CACHE_DIR=_cache(target.folder)),
        before=target.before,
        expect=expect,
        settles=True,
    )


def _uv_sync(shop: Workshop, target: Target, *, builds: bool = False) -> Contestant:
    """``uv sync`` of the project; where it builds, of a wheel, as the others do.

    Its environment lies outside the project, so that ``**/*.py`` does not find it.
    """
    mode = ("--no-editable",) if builds else ()
    return Contestant(
        name=" ".join((UV_SYNC, *mode)),
        command=(shop.tools["uv"], "sync", *mode, "--project", os.fspath(target.folder)),
        environment=shop.variables(UV_PROJECT_ENVIRONMENT=shop.new("environment")),
        before=target.before,
        expect="Built demo" if builds else "Checked 1 package",
    )


def _frontends(shop: Workshop, target: Callable[[], Target]) -> tuple[Contestant, ...]:
    """The frontends that build each time, each with a project of its own."""
    pip = target()
    return (
        _uv_build(shop, target()),
        _build(shop, target(), with_uv=True),
        _build(shop, target()),
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


def _uv_build(shop: Workshop, target: Target) -> Contestant:
    out = os.fspath(shop.new("out"))
    return Contestant(
        name=UV_BUILD,
        command=(shop.tools["uv"], "build", "--wheel", "-o", out, os.fspath(target.folder)),
        environment=shop.variables(),
        before=target.before,
    )


def _build(shop: Workshop, target: Target, *, with_uv: bool = False) -> Contestant:
    installer = ("--installer", "uv") if with_uv else ()
    build = (sys.executable, "-m", "build", "--wheel", *installer)
    return Contestant(
        name=BUILD_WITH_UV if with_uv else BUILD,
        command=(*build, "-o", os.fspath(shop.new("out")), os.fspath(target.folder)),
        environment=shop.variables(),
        before=target.before,
    )
