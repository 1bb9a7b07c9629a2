"""Installs, whatever is done to the project and to the environment between them.

After each the environment holds what a fresh build of the tree installs into an empty one, and what
had no need to be built or installed was not.
"""

import csv
import dataclasses
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
from support.environments import make_environment
from support.folder_content import inventory
from support.projects import CopyProject, git, pristine_copy
from support.wheels_and_index import make_wheel

pytestmark = [pytest.mark.exhaustive, pytest.mark.shared_environments]

HowMany = Callable[[int, int], int]

FIXTURES = (
    "flit-core",
    "hatchling",
    "pdm-backend",
    "poetry-core",
    "setuptools-c-extension",
    "setuptools-pyproject",
)
BACKENDS = ("flit-core<4", "hatchling", "pdm-backend", "poetry-core", "setuptools", "build")

EXTRAS = ("one", "two")
SCRIPTS = ("demo-tool", "demo_other")
DATA = ("data.txt", "more.py", "other.py", "sub/__init__.py", "sub/deep.py")

OF_THE_INSTALLER = frozenset({"INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json"})


@dataclass(frozen=True, slots=True)
class Tree:
    """What a project is at a moment, apart from what no wheel of it depends on.

    Attributes:
        mark: what its module holds; all are of one length.
        patch: the last number of the version.
        files: of ``DATA``, those that it has.
        scripts: of ``SCRIPTS``, those that it defines.
        native: the number that its C extension holds, if it has one.
    """

    mark: int = 1000
    patch: int = 0
    files: frozenset[str] = frozenset()
    scripts: frozenset[str] = frozenset()
    native: int = 42


@dataclass(slots=True)
class Setting:
    """A project, its environment, and what has to be known to judge an install."""

    lbuild: Lbuild
    project: Path
    env: Path
    wheels: Path
    builder: Path
    random: random.Random
    texts: dict[str, str]
    tree: Tree = field(default_factory=Tree)
    branches: dict[str, Tree] = field(default_factory=dict)
    branch: str = "main"
    extras: tuple[str, ...] = ()
    seen: list[Tree] = field(default_factory=list)
    fresh: dict[Tree, dict[str, tuple[bool, str]]] = field(default_factory=dict)
    is_damaged: bool = False
    """Whether something was done to the environment since the last install."""

    @property
    def module(self) -> str:
        """The module with the mark, relative to the project."""
        name = "src/demo/core.py"
        return name if name in self.texts else "src/demo/__init__.py"

    def write(self, tree: Tree) -> None:
        """Make the project so; files that are so already are not written."""
        texts = {
            name: re.sub(r"\b0\.1\.0\b", f"0.1.{tree.patch}", text)
            for name, text in self.texts.items()
        }
        texts[self.module] += f'\nMARK = "{tree.mark}"\n'
        texts = {name: re.sub(r"\b42\b", f"{tree.native}", one) for name, one in texts.items()}
        about = texts["pyproject.toml"]
        about += "" if "[project.scripts]" in about else "\n[project.scripts]\n"
        about += "".join(f'{name} = "demo:main"\n' for name in sorted(tree.scripts))
        about += "\n[project.optional-dependencies]\n"
        about += "".join(f'{extra} = ["for-{extra}"]\n' for extra in EXTRAS)
        texts["pyproject.toml"] = about
        texts |= {f"src/demo/{name}": f"# {name}\n" for name in tree.files}
        for name in DATA:
            if name not in tree.files:
                (self.project / "src/demo" / name).unlink(missing_ok=True)
        if not {name for name in tree.files if name.startswith("sub/")}:
            shutil.rmtree(self.project / "src/demo/sub", ignore_errors=True)
        for name, text in texts.items():
            path = self.project / name
            if not path.exists() or path.read_text("utf-8") != text:
                path.parent.mkdir(exist_ok=True)
                path.write_text(text, "utf-8")
        self.tree = tree

    # What is done to the project

    def edit(self) -> None:
        tree, draw = self.tree, self.random
        kind = draw.randrange(5)
        if kind == 0:
            tree = dataclasses.replace(tree, patch=draw.randrange(3))
        elif kind == 1:
            tree = dataclasses.replace(tree, files=tree.files ^ {draw.choice(DATA)})
        elif kind == 2:
            tree = dataclasses.replace(tree, scripts=tree.scripts ^ {draw.choice(SCRIPTS)})
        elif kind == 3:
            tree = dataclasses.replace(tree, native=draw.randrange(10, 99))
        else:
            tree = dataclasses.replace(tree, mark=draw.randrange(1000, 9999))
        self.write(tree)

    def undo(self) -> None:
        self.write(self.random.choice(self.seen))

    def switch(self) -> None:
        git(self.project, "add", "-A")
        git(self.project, "commit", "--quiet", "--allow-empty", "-m", "a state")
        self.branches[self.branch] = self.tree
        self.branch = "other" if self.branch == "main" else "main"
        new = self.branch not in self.branches
        git(self.project, "checkout", "--quiet", *(["-b"] if new else []), self.branch)
        self.tree = self.branches.get(self.branch, self.tree)

    def touch(self) -> None:
        path = self.project / self.random.choice([self.module, "pyproject.toml"])
        path.write_bytes(path.read_bytes())

    def edit_tests(self) -> None:
        (self.project / "tests/test_it.py").write_text(f"# {self.random.random()}\n", "utf-8")

    def nothing(self) -> None:
        pass

    # What is done to the environment

    @property
    def packages(self) -> Path:
        [found] = self.env.glob("lib/python*/site-packages")
        return found

    def infos(self) -> list[Path]:
        return sorted(self.packages.glob("demo-*.dist-info"))

    def damage(self) -> None:
        info = next((one for one in self.infos() if (one / "RECORD").is_file()), None)
        if info is None:
            return
        self.is_damaged = True
        with (info / "RECORD").open(encoding="utf-8", newline="") as file:
            names = [row[0] for row in csv.reader(file) if row]
        important = [f"{info.name}/{one}" for one in ("RECORD", "METADATA", "direct_url.json")]
        names = [
            name for name in names if name.rpartition("/")[2] not in ("INSTALLER", "REQUESTED")
        ]
        path = self.packages / self.random.choice(names + important)
        if not path.exists():
            return
        kind = self.random.randrange(5)
        if kind == 0:
            path.unlink()
        elif kind == 1:
            path.write_bytes(b"")
        elif kind == 2:
            status = path.stat()
            path.write_bytes(path.read_bytes().swapcase() + b"~")
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        elif kind == 3:
            path.unlink()
            path.mkdir()
        else:
            path.unlink()
            path.symlink_to(os.devnull)

    def remove_info(self) -> None:
        for info in self.infos():
            if (self.packages / "demo.py").exists():
                return  # nobody could know which files another project has left
            shutil.rmtree(info)
        self.is_damaged = True

    def double_info(self) -> None:
        for info in self.infos()[:1]:
            shutil.copytree(info, self.packages / "demo-0.0.1.dist-info", dirs_exist_ok=True)
        self.is_damaged = True

    def uninstall(self) -> None:
        self.uv("uninstall", "demo")

    def other_project(self) -> None:
        """Another project of this name, with the same version or another one."""
        version = self.random.choice(["0.1.0", "9.0"])
        wheel = make_wheel(self.wheels / "others", "demo", version=version, code="MARK = 1\n")
        self.uv("install", "--reinstall", "--no-deps", str(wheel))

    def overlap(self) -> None:
        """Another distribution with a file of this one, or removal of it with that file."""
        if self.random.random() < 0.5:
            self.uv("uninstall", "over")
            return
        wheel = make_wheel(self.wheels / "others", "over")
        folder = self.wheels / "others" / "over"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.unpack_archive(wheel, folder, "zip")
        (folder / "demo").mkdir()
        (folder / "demo" / "__init__.py").write_text("OVER = 1\n", "utf-8")
        with (folder / "over-1.0.dist-info" / "RECORD").open("a", encoding="utf-8") as file:
            file.write("demo/__init__.py,,\n")
        shutil.make_archive(str(wheel), "zip", folder)
        wheel.with_name(f"{wheel.name}.zip").replace(wheel)
        self.uv("install", "--reinstall", "--no-deps", "--no-cache", str(wheel))

    def anew(self) -> None:
        shutil.rmtree(self.env)
        make_environment(self.env)
        self.is_damaged = True

    def change_extras(self) -> None:
        self.extras = tuple(extra for extra in EXTRAS if self.random.random() < 0.5)

    def lose_requirement(self) -> None:
        self.uv("uninstall", self.random.choice(["for-one", "for-two"]))

    def run_it(self) -> None:
        """Which writes bytecode."""
        self.runs()

    def uv(self, *words: str) -> None:
        command = [find_uv_bin(), "pip", words[0], "--quiet", "--python", str(self.env)]
        subprocess.run([*command, *words[1:]], check=False, capture_output=True)  # or it is damaged
        self.is_damaged = True

    # What is found

    def relevant(self) -> object:
        """What a build depends on. If it runs a compiler, the whole tree counts, and its commit."""
        if "src/demo/_answer.c" not in self.texts:
            return self.tree
        commit = git(self.project, "log", "-1", "--format=%H %D") if self.branches else ""
        return self.tree, (self.project / "tests/test_it.py").read_text("utf-8"), commit

    def runs(self) -> str:
        name = self.module.removeprefix("src/").removesuffix(".py").replace("/", ".")
        name = name.removesuffix(".__init__")
        code = f"import {name} as it; print(it.MARK)"
        if "src/demo/_answer.c" in self.texts:
            code += f"; assert it.answer() == {self.tree.native}"
        command = [str(self.env / "bin/python"), "-c", code]
        done = subprocess.run(command, capture_output=True, check=False, text=True, cwd=self.env)
        return done.stdout.strip() if done.returncode == 0 else done.stderr

    def installed_afresh(self, folder: Path) -> dict[str, tuple[bool, str]]:
        """What pip installs of a fresh build into an empty environment."""
        if self.tree not in self.fresh:
            copy = pristine_copy(self.project, folder / "copy")
            command = [str(self.builder), "-m", "build", "--wheel", "--no-isolation", str(copy)]
            done = subprocess.run(command, capture_output=True, check=False, text=True)
            assert done.returncode == 0, done.stdout + done.stderr
            [wheel] = (copy / "dist").glob("*.whl")
            make_environment(folder / "env")
            command = [sys.executable, "-m", "pip", "--python", str(folder / "env"), "install"]
            command += ["--quiet", "--no-index", "--no-deps", "--no-compile", str(wheel)]
            subprocess.run(command, check=True, capture_output=True)
            self.fresh[self.tree] = content(folder / "env")
            shutil.rmtree(folder)
        return self.fresh[self.tree]


def content(env: Path) -> dict[str, tuple[bool, str]]:
    """What is in an environment of the project, apart from what names where that came from."""
    found: dict[str, tuple[bool, str]] = {}
    for path in sorted(env.rglob("*")):
        name = path.relative_to(env).as_posix()
        if path.is_dir() or name == "lib64":
            continue
        if path.name in OF_THE_INSTALLER or "__pycache__" in name or path.name == ".lock":
            continue
        data = path.read_bytes()
        if path.name == "RECORD":
            rows = [row for row in csv.reader(data.decode().splitlines()) if row]
            kept = [
                # Scripts differ between installers; libraries may name where they were built.
                f"{row[0]}{'' if '/bin/' in row[0] or row[0].endswith('.so') else row[1:]}"
                for row in rows
                if row[0].rpartition("/")[2] not in OF_THE_INSTALLER and not row[0].endswith(".pyc")
            ]
            data = "\n".join(sorted(kept)).encode()
        if path.parent.name == "bin" or path.suffix == ".so":  # which may name where it was built
            data = b""
        executable = bool(path.stat().st_mode & 0o100)
        found[name] = (executable, hashlib.sha256(data).hexdigest())
    return found


def without(found: dict[str, tuple[bool, str]], env: Path) -> dict[str, tuple[bool, str]]:
    """Leave out what other distributions have, and what belongs to the environment itself."""
    left = dict(found)
    for info in env.glob("lib/python*/site-packages/*.dist-info"):
        if not info.name.startswith("demo-"):
            with (info / "RECORD").open(encoding="utf-8", newline="") as file:
                for row in csv.reader(file):
                    path = Path(os.path.normpath(info.parent / row[0]))
                    if "demo" not in path.parts:
                        left.pop(path.relative_to(env).as_posix(), None)
    own = re.compile(r"bin/(activate|deactivate|pydoc|python).*|pyvenv.cfg|.gitignore|CACHEDIR.TAG")
    of_env = re.compile(r"lib/python[\d.]+/site-packages/_virtualenv\.(py|pth)")
    return {n: v for n, v in left.items() if not own.fullmatch(n) and not of_env.fullmatch(n)}


ON_PROJECT = ("edit", "edit", "edit", "edit", "undo", "switch")
NO_CHANGE = ("touch", "edit_tests", "nothing")
ON_ENVIRONMENT = (
    *("damage", "damage", "damage", "remove_info", "double_info", "uninstall"),
    *("other_project", "overlap", "anew", "lose_requirement"),
)
AROUND = ("change_extras", "run_it")


@pytest.mark.parametrize("fixture", FIXTURES)
def test_random_steps(
    lbuild: Lbuild,
    copy_project: CopyProject,
    tmp_path: Path,
    how_many: HowMany,
    chance: random.Random,
    fixture: str,
    monkeypatch: pytest.MonkeyPatch,
    builder: Path,
) -> None:
    project = copy_project(fixture)
    (project / "tests").mkdir()
    wheels = tmp_path / "wheels"
    for extra in EXTRAS:
        path = make_wheel(wheels, f"for_{extra}")
        assert path.is_file()
    for variable in ("PIP_FIND_LINKS", "UV_FIND_LINKS"):
        monkeypatch.setenv(variable, str(wheels))
    texts = {
        path.relative_to(project).as_posix(): path.read_text("utf-8")
        for path in project.rglob("*")
        if path.is_file()
    }
    make_environment(tmp_path / "env")
    one = Setting(lbuild, project, tmp_path / "env", wheels, builder, chance, texts)
    one.edit_tests()
    one.write(Tree())
    git(project, "init", "--quiet", "-b", "main")
    (project / ".gitignore").write_text("build\n*.egg-info\n.pdm-build\n", "utf-8")
    before = dict.fromkeys(("tree", "extras"))
    history: list[str] = []
    figures = {"steps": 0, "stale": 0, "needless": 0, "unchanged": 0, "built": 0}
    failures: list[str] = []
    built: set[object] = set()
    for number in range(how_many(5, 100)):
        kinds = chance.choices((ON_PROJECT, NO_CHANGE, ON_ENVIRONMENT, AROUND), (4, 2, 4, 1), k=2)
        actions = [chance.choice(kind) for kind in kinds[: chance.choice((1, 1, 2))]]
        for action in actions if number else ("nothing",):
            getattr(one, action)()
            history.append(action)
        old = inventory(one.env)
        told = install(one)
        new = inventory(one.env)
        where = f"step {number}, {actions}, {one.tree}, {one.extras}: {told}"
        figures["steps"] += 1
        figures["built"] += told["built"]
        # Stale
        right = without(one.installed_afresh(tmp_path / f"fresh-{number}"), one.env)
        found = without(content(one.env), one.env)
        wrong = sorted(n for n in {*right, *found} if right.get(n) != found.get(n))
        names = {path.name.partition("-")[0] for path in one.packages.glob("for_*.dist-info")}
        lacks = {f"for_{extra}" for extra in one.extras} - names
        ran = one.runs()
        if wrong or lacks or ran != str(one.tree.mark):
            figures["stale"] += 1
            failures.append(f"stale: {where}: {wrong} {lacks} {ran}")
        # Needless
        same = before == {"tree": one.tree, "extras": one.extras} and not one.is_damaged
        needless = [
            same and old != new,
            same and told["action"] != "unchanged",
            told["built"] and one.relevant() in built,
            told["action"] == "unchanged" and old != new,
        ]
        again_before = inventory(one.env)
        again = install(one)
        needless += [again["action"] != "unchanged", inventory(one.env) != again_before]
        if any(needless):
            figures["needless"] += 1
            failures.append(f"needless {needless}: {where}; {again}")
        figures["unchanged"] += told["action"] == "unchanged"
        built.add(one.relevant())
        one.seen.append(one.tree)
        one.is_damaged = False
        before = {"tree": one.tree, "extras": one.extras}
    print(fixture, figures)
    assert not failures, "\n".join([str(figures), *failures])


def install(one: Setting) -> dict[str, Any]:
    word = f"{one.project}[{','.join(one.extras)}]" if one.extras else str(one.project)
    done = one.lbuild("install", "--json", "-p", one.env, word, returncode=None)
    if done.returncode:
        return {"action": f"failed: {done.stderr}", "built": False}
    [told] = done.json
    return dict(told)


@pytest.fixture(scope="module")
def builder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment that has all backends."""
    folder = tmp_path_factory.mktemp("builder")
    python = make_environment(folder / "env")
    command = [find_uv_bin(), "pip", "install", "--quiet", "--python", str(python), *BACKENDS]
    subprocess.run(command, check=True)
    return python
