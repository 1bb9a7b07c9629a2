"""The groups: which commands are compared, on generated projects and on those of fixtures."""

import functools
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.contestants import (
    BARE_HOOK,
    BARE_PYTHON,
    BUILD,
    BUILD_WITH_UV,
    BUILT,
    GIT_STATUS,
    LBUILD_INSTALL,
    REUSED,
    UV_BUILD,
    UV_PIP_INSTALL,
    UV_SYNC,
    Target,
    bare_hook,
    bare_python,
    build,
    cache_of,
    edited,
    frontends,
    git_status,
    lbuild,
    lbuild_module,
    lbuild_status,
    touched,
    uv_build,
    uv_sync,
)
from benchmarks.measure import Contestant, Group
from benchmarks.workshop import Tools, Workshop

SIZES = (10, 100, 1_000, 10_000, 100_000)
"""Numbers of files by which it is seen how the time grows."""


def hit(shop: Workshop) -> Group:
    """Nothing changed, or whatever the frontend makes of that."""
    return Group(
        name="hit",
        title="Nothing changed: hatchling, 20 files",
        baseline=BARE_PYTHON,
        contestants=(
            bare_python(shop),
            lbuild(shop, Target(shop.hatchling()), REUSED),
            lbuild_module(shop, Target(shop.hatchling()), REUSED),
            uv_sync(shop, Target(shop.hatchling())),
            *frontends(shop, lambda: Target(shop.hatchling())),
        ),
    )


def status(shop: Workshop) -> Group:
    """Nothing changed, and nothing is asked for but to say so."""
    project = shop.hatchling()
    wheel = lbuild(shop, Target(project), REUSED)
    return Group(
        name="status",
        title="Status, nothing to do: hatchling, 20 files",
        baseline=BARE_PYTHON,
        contestants=(
            bare_python(shop),
            wheel,
            lbuild_status(shop, Target(project)),
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
            bare_python(shop),
            Contestant(
                name=LBUILD_INSTALL,
                command=(
                    *(shop.tools["lbuild"], "install"),
                    *("--python", os.fspath(shop.environment()), os.fspath(project)),
                ),
                environment=shop.variables(LBUILD_CACHE_DIR=cache_of(project)),
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

    def target(*, cache_keys: bool = False) -> Target:
        return edited(shop.hatchling(cache_keys=cache_keys))

    return Group(
        name="rebuild",
        title="Rebuild after a one-line edit: hatchling, 20 files",
        baseline=BARE_HOOK,
        contestants=(
            bare_hook(shop, target()),
            lbuild(shop, target(), BUILT),
            uv_sync(shop, target(cache_keys=True), builds=True),
            *frontends(shop, target),
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
        contestants=(uv_sync(shop, tree), lbuild(shop, tree, REUSED)),
    )


def reuse_at(shop: Workshop, *, files: int) -> Group:
    """A file of a tree got another time stamp: each input is judged, and the wheel is reused."""
    tree = touched(shop.repository(files))
    return Group(
        name=f"reuse-{files}",
        title=f"Reuse that is not replayed: hatchling, {files:,} files",
        baseline=GIT_STATUS,
        contestants=(git_status(shop, tree), lbuild(shop, tree, REUSED)),
        divisor=2,
    )


def rebuild_at(shop: Workshop, *, files: int) -> Group:
    """A module was edited in a tree of some size."""
    tree = edited(shop.tree(files))
    return Group(
        name=f"rebuild-{files}",
        title=f"Rebuild after a one-line edit: hatchling, {files:,} files",
        baseline=BARE_HOOK,
        contestants=(
            bare_hook(shop, tree),
            lbuild(shop, tree, BUILT),
            uv_build(shop, tree),
        ),
        divisor=7 if files >= 10_000 else 4,
    )


def c_hit(shop: Workshop) -> Group:
    """Nothing changed in a project with a C extension."""
    return _c_extension(shop, "c-hit", "Nothing changed: setuptools, a C extension", Target, REUSED)


def c_rebuild(shop: Workshop, *, suffix: str) -> Group:
    """A file was edited in a project with a C extension."""
    file = {"c": "_answer.c", "py": "__init__.py"}[suffix]
    return _c_extension(
        shop,
        f"c-rebuild-{suffix}",
        f"Rebuild after an edit of a .{suffix} file: setuptools, a C extension",
        lambda project: edited(project, f"src/demo/{file}"),
        BUILT,
    )


def memory(shop: Workshop, *, files: int) -> Group:
    """The memory that it takes to see that nothing changed."""
    tree = Target(shop.hatchling() if files == 20 else shop.tree(files))
    return Group(
        name=f"memory-{files}",
        title=f"Peak memory, nothing changed: hatchling, {files:,} files",
        baseline=BARE_PYTHON,
        contestants=(bare_python(shop), lbuild(shop, tree, REUSED), uv_sync(shop, tree)),
        quantity="bytes",
        divisor=3,
    )


GENERATED_GROUPS: Mapping[str, Callable[[Workshop], Group]] = {
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
    "memory-50000": functools.partial(memory, files=50_000),
    "hit-50000": functools.partial(hit_at, files=50_000),
    **{f"hit-{files}": functools.partial(hit_at, files=files) for files in SIZES},
    **{f"reuse-{files}": functools.partial(reuse_at, files=files) for files in SIZES},
    **{f"rebuild-{files}": functools.partial(rebuild_at, files=files) for files in SIZES},
}
"""How each group is made, by its name, in the order in which they are run."""


def _first(shop: Workshop, tools: Tools, installer: str) -> Group:
    ours, theirs = shop.hatchling(), shop.hatchling()

    def forget() -> None:
        for folder in (cache_of(ours), ours / "dist"):
            if folder.exists():
                shutil.rmtree(folder)

    command = (tools["python"], "-m", "build", "--wheel", "--installer", installer)
    return Group(
        name=f"first-{installer}",
        title=f"First build, empty cache: hatchling, 20 files, {installer} installs",
        baseline=BUILD_WITH_UV if installer == "uv" else BUILD,
        contestants=(
            Contestant(
                name=BUILD_WITH_UV if installer == "uv" else BUILD,
                command=(*command, "-o", os.fspath(shop.new("out")), os.fspath(theirs)),
                environment=shop.variables(tools),
            ),
            lbuild(shop, Target(ours, forget), BUILT, tools, settles=False),
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
            uv_build(shop, target(shop.c_extension())),
            lbuild(shop, target(shop.c_extension()), expect),
            build(shop, target(shop.c_extension())),
            build(shop, target(shop.c_extension()), with_uv=True),
        ),
        divisor=4,
    )
