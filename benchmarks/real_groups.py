"""Groups of real projects of thousands of files: the sdists of Django and botocore."""

import functools
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks import caches
from benchmarks.contestants import (
    BARE_HOOK,
    BUILD_WITH_UV,
    BUILT,
    GIT_STATUS,
    REUSED,
    SETUPTOOLS,
    UV_SYNC,
    Backend,
    Target,
    bare_hook,
    build,
    cache_of,
    edited,
    git_status,
    hook,
    lbuild,
    lbuild_status,
    touched,
    uv_build,
    uv_sync,
)
from benchmarks.measure import Contestant, Group
from benchmarks.workshop import Workshop
from lbuild_frontend.in_process import start

HASHING = "hashing of the inputs"
RECORDED_HOOK = "recorded hook"
ONE_ENTRY = "one entry"
MANY_ENTRIES = "1,000 entries"

_HASHING = """\
import hashlib, os, sys
os.chdir(sys.argv[1])
for name in open(sys.argv[2]).read().splitlines():
    with open(name, "rb") as file:
        hashlib.sha256(file.read()).hexdigest()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RealProject:
    """A source distribution on the package index.

    Attributes:
        module: a module that its build reads, and that is edited.
        backend: setuptools, as its ``pyproject.toml`` requires it.
    """

    name: str
    version: str
    module: str
    backend: Backend

    @property
    def identity(self) -> str:
        """The normalised name."""
        return self.name.lower()


DJANGO = RealProject(
    name="Django",
    version="5.2",
    module="django/__init__.py",
    backend=Backend(SETUPTOOLS.module, ("setuptools<69.3", "wheel")),
)
BOTOCORE = RealProject(
    name="botocore", version="1.40.0", module="botocore/__init__.py", backend=SETUPTOOLS
)


def hit(shop: Workshop, project: RealProject) -> Group:
    """Nothing changed; ``tool.uv.cache-keys`` names all modules, so that uv looks at them."""
    tree = Target(checkout(shop, project, cache_keys=True))
    return Group(
        name=f"{project.identity}-hit",
        title=f"Nothing changed: {project.name} {project.version}, all modules in cache-keys",
        baseline=UV_SYNC,
        contestants=(uv_sync(shop, tree), lbuild(shop, tree, REUSED)),
    )


def reuse(shop: Workshop, project: RealProject) -> Group:
    """A file got another time stamp."""
    tree = touched(checkout(shop, project), project.module)
    return Group(
        name=f"{project.identity}-reuse",
        title=f"Reuse that is not replayed: {project.name} {project.version}",
        baseline=GIT_STATUS,
        contestants=(
            git_status(shop, tree),
            lbuild(shop, tree, REUSED),
            lbuild_status(shop, tree),
        ),
        divisor=2,
    )


def rebuild(shop: Workshop, project: RealProject) -> Group:
    """A module was edited."""

    def target() -> Target:
        return edited(checkout(shop, project), project.module)

    alone, config = _elsewhere(shop, target())
    return Group(
        name=f"{project.identity}-rebuild",
        title=f"Rebuild after a one-line edit: {project.name} {project.version}",
        baseline=BARE_HOOK,
        contestants=(
            bare_hook(shop, alone, project.backend, DIST_EXTRA_CONFIG=config),
            lbuild(shop, target(), BUILT),
            uv_build(shop, _fresh(shop, target())),
        ),
        divisor=4,
    )


def first(shop: Workshop, project: RealProject) -> Group:
    """lbuild knows nothing of the project; uv makes the environments."""
    ours, theirs = checkout(shop, project), _fresh(shop, Target(checkout(shop, project)))

    def forget() -> None:
        for folder in (cache_of(ours), ours / "dist"):
            shutil.rmtree(folder, ignore_errors=True)

    return Group(
        name=f"{project.identity}-first",
        title=f"First build, empty cache: {project.name} {project.version}, uv installs",
        baseline=BUILD_WITH_UV,
        contestants=(
            build(shop, theirs, with_uv=True),
            lbuild(shop, Target(ours, forget), BUILT, settles=False),
        ),
        divisor=4,
    )


def recording(shop: Workshop, project: RealProject) -> Group:
    """The hook alone, with and without lbuild's recorder in its process."""
    log = os.fspath(shop.new("log"))

    bare, config = _elsewhere(shop, Target(checkout(shop, project)))
    recorded, own_config = _elsewhere(shop, Target(checkout(shop, project)))
    under = (*start.START, log, os.fspath(own_config), "")
    return Group(
        name=f"{project.identity}-recording",
        title=f"build_wheel under the recorder: {project.name} {project.version}",
        baseline=BARE_HOOK,
        contestants=(
            bare_hook(shop, bare, project.backend, DIST_EXTRA_CONFIG=config),
            hook(shop, recorded, project.backend, RECORDED_HOOK, under),
        ),
        divisor=4,
    )


def miss_in_ci(shop: Workshop, project: RealProject) -> Group:
    """A fresh clone, and a cache from another machine: each input has to be read once."""
    origin = checkout(shop, project)
    clone = shop.new(project.name)
    cache = cache_of(origin)
    names = shop.new("names")
    shop.do(
        *(shop.tools["lbuild"], "wheel", "-o", shop.new("out"), origin),
        variables=shop.variables(LBUILD_CACHE_DIR=cache),
    )
    names.write_text("\n".join(caches.files_read(cache)), encoding="utf-8")

    def arrive() -> None:
        shutil.rmtree(clone, ignore_errors=True)
        shop.do(shop.git, "clone", "--quiet", origin, clone)
        caches.forget_looks(cache)

    status = (shop.tools["lbuild"], "status", "--cache-mode", "read-only", os.fspath(clone))
    return Group(
        name=f"{project.identity}-miss",
        title=f"A fresh clone with the cache of another: {project.name} {project.version}",
        baseline=HASHING,
        contestants=(
            Contestant(
                name=HASHING,
                command=(sys.executable, "-c", _HASHING, os.fspath(clone), os.fspath(names)),
                environment=shop.variables(),
                before=arrive,
            ),
            Contestant(
                name="lbuild status",
                command=status,
                environment=shop.variables(LBUILD_CACHE_DIR=cache),
                before=arrive,
                expect=": nothing to build",
            ),
        ),
        divisor=2,
    )


def crowded(shop: Workshop) -> Group:
    """A decision among many entries of one project."""
    contestants = []
    for name, count in ((ONE_ENTRY, 0), (MANY_ENTRIES, 999)):
        project = shop.hatchling()
        target = touched(project)
        cache = cache_of(project)
        one = lbuild(shop, target, REUSED)
        shop.do(*one.command, variables=one.environment)
        caches.crowd(cache, "demo", "src/demo/module7.py", count)
        contestants.append(
            Contestant(
                name=name,
                command=one.command,
                environment=one.environment,
                before=one.before,
                expect=one.expect,
                settles=True,
            )
        )
    return Group(
        name="entries",
        title="A decision among entries of one project: hatchling, 20 files, not replayed",
        baseline=ONE_ENTRY,
        contestants=tuple(contestants),
    )


_OF_EACH: Mapping[str, Callable[[Workshop, RealProject], Group]] = {
    "hit": hit,
    "reuse": reuse,
    "rebuild": rebuild,
    "first": first,
    "recording": recording,
    "miss": miss_in_ci,
}


def _made(
    make: Callable[[Workshop, RealProject], Group], project: RealProject, shop: Workshop
) -> Group:
    return make(shop, project)


REAL_GROUPS: Mapping[str, Callable[[Workshop], Group]] = {
    **{
        f"{project.identity}-{name}": functools.partial(_made, make, project)
        for project in (DJANGO, BOTOCORE)
        for name, make in _OF_EACH.items()
    },
    "entries": crowded,
}
"""How each group is made, by its name, in the order in which they are run."""


def checkout(shop: Workshop, project: RealProject, *, cache_keys: bool = False) -> Path:
    """A new copy of a project, committed, and without what is ignored: as a clone is."""
    folder = shop.new(project.name)
    shutil.copytree(shop.sdist(project.name, project.version), folder, symlinks=True)
    if cache_keys:
        with (folder / "pyproject.toml").open("a", encoding="utf-8") as file:
            file.write('\n[tool.uv]\ncache-keys = [{ file = "**/*.py" }]\n')
    with (folder / ".gitignore").open("a", encoding="utf-8") as file:
        file.write("/build/\n/dist/\n*.egg-info/\n")
    shop.commit(folder)
    shop.do(shop.git, "-C", folder, "clean", "-fdXq")
    return folder


def _fresh(shop: Workshop, target: Target) -> Target:
    """Before each run, move the build folder away too: setuptools copies what is newer, else.

    It is not removed. To make files where some were just removed takes ext4 several times as long.
    """

    def before() -> None:
        folder = target.folder / "build"
        if folder.exists():
            folder.rename(shop.new("build"))
        target.before()

    return Target(target.folder, before)


def _elsewhere(shop: Workshop, target: Target) -> tuple[Target, Path]:
    """Let setuptools build in a new folder each time, as it does under lbuild.

    Returns:
        The target, and a file for DIST_EXTRA_CONFIG.
    """
    config = shop.new("setup.cfg")

    def before() -> None:
        config.write_text(f"[build]\nbuild_base = {shop.new('build')}\n", encoding="utf-8")
        target.before()

    return Target(target.folder, before), config
