"""Groups of workspaces: many generated projects in one command."""

import functools
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks import caches
from benchmarks.contestants import BARE_PYTHON, REUSED, Target, bare_python, cache_of, lbuild
from benchmarks.measure import Contestant, Group, nothing, settle
from benchmarks.workshop import Workshop

LBUILD_WORKSPACE = "lbuild wheel --workspace"
STAT_CALLS = "stat of the same paths"
ONE_AT_ONCE = "lbuild wheel --workspace -j 1"
TWO_AT_ONCE = "lbuild wheel --workspace -j 2"

MEMBERS = 200

_ENTER = ("/bin/sh", "-c", 'cd "$0" && exec "$@"')
"""Goes to a folder first: ``--workspace`` means that of the current one."""

_STATS = """\
import os, sys
for path in open(sys.argv[1], "rb").read().split(b"\\0"):
    try:
        os.lstat(path)
    except OSError:
        pass
"""


def hit(shop: Workshop, *, members: int = MEMBERS) -> Group:
    """Nothing changed in any member."""
    workspace = shop.workspace(members)
    ours = _lbuild(shop, workspace, LBUILD_WORKSPACE, expect=f"{members} reused")
    settle([ours], shop.folder / "log")
    paths = caches.files_replayed(cache_of(workspace))
    names = shop.new("paths")
    names.write_bytes(b"\0".join(map(os.fsencode, paths)))
    return Group(
        name="workspace-hit",
        title=f"Nothing changed in a workspace: {members} members of 20 files",
        baseline=BARE_PYTHON,
        contestants=(
            bare_python(shop),
            lbuild(shop, Target(shop.hatchling()), REUSED),
            ours,
            Contestant(
                name=STAT_CALLS,
                command=(sys.executable, "-c", _STATS, os.fspath(names)),
                environment=shop.variables(),
            ),
        ),
    )


def first(shop: Workshop, *, members: int = MEMBERS) -> Group:
    """lbuild knows nothing of any member; what environments need is in the cache of uv."""
    contestants = []
    for name, jobs in ((ONE_AT_ONCE, "1"), (TWO_AT_ONCE, "2")):
        workspace = shop.workspace(members)
        forget = functools.partial(_forget, workspace)
        contestants.append(_lbuild(shop, workspace, name, "-j", jobs, before=forget))
    return Group(
        name="workspace-first",
        title=f"First build of a workspace, empty cache: {members} members of 20 files",
        baseline=ONE_AT_ONCE,
        contestants=tuple(contestants),
        divisor=7,
    )


WORKSPACE_GROUPS: Mapping[str, Callable[[Workshop], Group]] = {
    "workspace-hit": hit,
    "workspace-first": first,
}
"""How each group is made, by its name, in the order in which they are run."""


def _lbuild(
    shop: Workshop,
    workspace: Path,
    name: str,
    *options: str,
    before: Callable[[], object] = nothing,
    expect: str = "",
) -> Contestant:
    wheel = (shop.tools["lbuild"], "wheel", "--workspace", *options)
    return Contestant(
        name=name,
        command=(*_ENTER, os.fspath(workspace), *wheel),
        environment=shop.variables(LBUILD_CACHE_DIR=cache_of(workspace)),
        before=before,
        expect=expect,
        settles=bool(expect),
    )


def _forget(workspace: Path) -> None:
    """Remove lbuild's cache and all wheels."""
    for folder in (cache_of(workspace), *workspace.glob("packages/*/dist")):
        shutil.rmtree(folder, ignore_errors=True)
