"""``lbuild install`` after random steps: the environment is what ``pip install .`` makes anew.

Steps change the project, the environment, or both. After each one the project is installed twice:
the first time repairs what differs, the second time touches nothing.
"""

import contextlib
import hashlib
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from uv import find_uv_bin

from support.command import Lbuild
from support.environments import install as install_wheel
from support.environments import make_environment
from support.folder_content import content as content_of
from support.folder_content import inventory
from support.projects import CopyProject, git
from support.wheels_and_index import make_wheel

pytestmark = [pytest.mark.exhaustive, pytest.mark.shared_environments]

BACKENDS = (
    *("hatchling", "flit-core", "pdm-backend", "poetry-core"),
    *("setuptools-pyproject", "setuptools-c-extension"),
)
NOT_COMPARED = (
    "RECORD",
    "direct_url.json",
    "INSTALLER",
    "REQUESTED",
    "uv_build.json",
    "uv_cache.json",
)
"""What names the source of a distribution, or the program that installed it."""

EXTRA = '\n[project.optional-dependencies]\ntest = ["lbuild-test-helper"]\n'


@dataclass(slots=True)
class World:
    """A project, an environment, and what should be in it.

    Attributes:
        wheels: a folder with what an extra requires, and two other distributions.
        fresh: by digest of the tree, what pip installed from it.
        trees: the trees that were built.
        with_pip: whether pip installs what is compared with; otherwise uv.
        extras: whether the extra is installed as well.
    """

    lbuild: Lbuild
    project: Path
    env: Path
    wheels: Path
    chance: random.Random
    with_pip: bool
    extras: bool = False
    fresh: dict[str, dict[str, str]] = field(default_factory=dict)
    trees: set[str] = field(default_factory=set)

    @property
    def packages(self) -> Path:
        """The folder that packages are installed into."""
        [found] = self.env.glob("lib/python*/site-packages")
        return found

    def tree(self) -> str:
        """A digest of what git does not ignore in the project."""
        files = {
            name: node for name, node in content_of(self.project).items() if ".git/" not in name
        }
        return hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()

    def installed(self) -> dict[str, str]:
        """What the distribution has in the environment, by path."""
        return files_of(self.packages)

    def expected(self, tmp: Path) -> dict[str, str]:
        """What pip installs from a copy of the project into a new environment."""
        tree = self.tree()
        if tree not in self.fresh:
            copy = tmp / f"fresh-{len(self.fresh)}"
            shutil.copytree(self.project, copy, symlinks=True)
            env = tmp / f"env-{len(self.fresh)}"
            python = make_environment(env)
            command = [*self.installer(python), "--quiet", "--no-deps", str(copy)]
            subprocess.run(command, check=True, capture_output=True)
            [packages] = env.glob("lib/python*/site-packages")
            self.fresh[tree] = files_of(packages)
            shutil.rmtree(env)
        return self.fresh[tree]

    def installer(self, python: Path) -> list[str]:
        """The command that installs anew: by pip as people do it; or by uv, which is faster."""
        if self.with_pip:
            return [sys.executable, "-m", "pip", "--python", str(python), "install"]
        return [find_uv_bin(), "pip", "install", "--python", str(python)]

    def install(self) -> dict[str, Any]:
        """Install the project, with or without its extra."""
        target = f"{self.project}[test]" if self.extras else self.project
        variables = {"UV_FIND_LINKS": str(self.wheels), "UV_NO_INDEX": None}
        [told] = self.lbuild("install", "--json", "-p", self.env, target, env=variables).json
        return dict(told)


def files_of(packages: Path) -> dict[str, str]:
    """The files of the distribution demo, with their content; but for that of extension modules."""
    scripts = packages.parents[2] / "bin"
    paths = [
        path for path in packages.rglob("*") if path.relative_to(packages).parts[0][:4] == "demo"
    ]
    found = {}
    for path in (*paths, *scripts.glob("demo*")):
        if not path.is_file() or path.name in NOT_COMPARED or path.suffix == ".pyc":
            continue
        data = path.read_bytes()
        if path.parent == scripts:  # installers write scripts in their own words
            data = b"".join(re.findall(rb"from demo\S* import \S+", data))
        held = "" if path.suffix == ".so" else hashlib.sha256(data).hexdigest()
        found[os.path.relpath(path, packages)] = held
    return found


def edit(world: World) -> None:
    path = world.project / "src/demo/__init__.py"
    lines = path.read_text().splitlines()
    kept = [line for line in lines if not line.startswith("STEP")]
    path.write_text("\n".join([*kept, f"STEP = {world.chance.randrange(3)}", ""]))


def undo(world: World) -> None:
    git(world.project, "checkout", "--quiet", "--force", "HEAD")
    git(world.project, "clean", "--quiet", "--force", "-d")


def branch(world: World) -> None:
    undo(world)
    git(world.project, "checkout", "--quiet", world.chance.choice(["main", "other"]))


def add_or_remove_module(world: World) -> None:
    path = world.project / "src/demo/more.py"
    if path.exists():
        path.unlink()
    else:
        path.write_text("more = 1\n")


def other_project_over_it(world: World) -> None:
    install_wheel(world.env / "bin/python", world.wheels / "other-1.0-py3-none-any.whl")
    (world.packages / "demo/__init__.py").write_text("# of the project other\n")


def other_project_of_the_name(world: World) -> None:
    install_wheel(world.env / "bin/python", world.wheels / "demo-9.0-py3-none-any.whl")


def damage(world: World) -> None:
    infos = list(world.packages.glob("demo*.dist-info"))
    paths = [path for info in infos for path in (info, *info.iterdir())]
    paths += [*world.packages.glob("demo/*.*"), *world.env.glob("bin/demo*")]
    path = world.chance.choice(paths)
    if path.is_dir():
        shutil.rmtree(path)
    elif world.chance.random() < 0.5:
        path.unlink()
    else:
        status = path.stat()
        path.write_bytes(b"#" + path.read_bytes()[1:])
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def remove_helper(world: World) -> None:
    for path in world.packages.glob("lbuild_test_helper*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def toggle_extra(world: World) -> None:
    world.extras = not world.extras


def anew(world: World) -> None:
    shutil.rmtree(world.env)
    make_environment(world.env)


def touch(world: World) -> None:
    (world.project / "src/demo/__init__.py").touch()


def nothing(_world: World) -> None:
    """A step that changes nothing."""


STEPS: tuple[Callable[[World], None], ...] = (
    *(edit, edit, undo, branch, add_or_remove_module, other_project_over_it),
    *(other_project_of_the_name, damage, damage, remove_helper, toggle_extra, anew, touch, nothing),
)
HARMLESS = (touch, nothing)


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_environment_is_what_pip_makes_anew(
    lbuild: Lbuild,
    copy_project: CopyProject,
    tmp_path: Path,
    how_many: Callable[[int, int], int],
    backend: str,
) -> None:
    project = copy_project(backend)
    with (project / "pyproject.toml").open("a") as file:
        file.write(EXTRA)
    (project / ".gitignore").write_text("*.so\nbuild\n*.egg-info\n")
    git(project, "init", "--quiet", "--initial-branch=main")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message=main")
    git(project, "checkout", "--quiet", "-b", "other")
    with (project / "src/demo/__init__.py").open("a") as file:
        file.write("STEP = 'other'\n")
    git(project, "commit", "--quiet", "--all", "--message=other")
    wheels = tmp_path / "wheels"
    for name, version in (("lbuild_test_helper", "1.0"), ("other", "1.0"), ("demo", "9.0")):
        make_wheel(wheels, name, version=version)
    make_environment(tmp_path / "env")
    seed = f"{backend} {how_many(1, random.randrange(10**6))}"
    chance = random.Random(seed)
    with_pip = bool(how_many(0, 1))
    world = World(lbuild, project, tmp_path / "env", wheels, chance, with_pip)
    stale, needless, built, done = [], [], 0, []
    for number in range(how_many(10, 100)):
        step = chance.choice(STEPS) if number else nothing
        with contextlib.suppress(IndexError):  # nothing is there to be damaged
            step(world)
        done.append(step.__name__)
        before = inventory(world.env)
        told = world.install()
        tree = world.tree()
        if told["built"] and tree in world.trees:
            needless.append(f"{number} {step.__name__}: a hook was called")
        if number and step in HARMLESS and inventory(world.env) != before:
            needless.append(f"{number} {step.__name__}: {told['problem']} {told['requirements']}")
        world.trees.add(tree)
        built += told["built"]
        if world.installed() != world.expected(tmp_path):
            stale.append(f"{number} {step.__name__}")
        if world.extras and not list(world.packages.glob("lbuild_test_helper-1.0.dist-info")):
            stale.append(f"{number} {step.__name__}: helper is missing")
        before = inventory(world.env)
        if world.install()["action"] != "unchanged" or inventory(world.env) != before:
            needless.append(f"{number} {step.__name__}: the second time")
    print(
        f"{seed}: {len(done)} steps, {built} builds, {len(world.trees)} trees, {stale} {needless}"
    )
    assert (stale, needless) == ([], []), f"{seed}: {done}"
