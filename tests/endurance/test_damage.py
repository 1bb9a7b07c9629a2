"""Any damage to any file of the cache: the wheel is right, and the damage is reported once."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from lbuild_frontend.cache import buckets
from support.cache_soundness import require_sound
from support.command import Lbuild, Result
from support.minimal_project import CORE, NAME, core_in_wheel, when_building
from support.projects import CopyProject, replace, sha256
from support.wheels_and_index import Index

pytestmark = pytest.mark.exhaustive

HowMany = Callable[[int, int], int]


def flip(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes() or b"\0")
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def truncate(path: Path, chance: random.Random) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: chance.randrange(len(content))] if content else b"\0")


def replace_by_garbage(path: Path, chance: random.Random) -> None:
    path.write_bytes(chance.randbytes(chance.choice([1, 70, 5000])))


def replace_by_folder(path: Path, _chance: random.Random) -> None:
    remove(path, _chance)
    (path / "folder").mkdir(parents=True)
    (path / "folder" / "file").write_text("in the place of a file")


def replace_by_file(path: Path, _chance: random.Random) -> None:
    remove(path, _chance)
    path.write_text("in the place of a folder")


def remove(path: Path, _chance: random.Random) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink()


Damage = Callable[[Path, random.Random], None]
TO_FILES: tuple[Damage, ...] = (
    flip,
    truncate,
    lambda path, _: path.write_bytes(b"") and None,
    replace_by_garbage,
    remove,
    replace_by_folder,
)
TO_FOLDERS: tuple[Damage, ...] = (remove, replace_by_file)

UNTOLD = (
    "CACHEDIR.TAG",
    "README",
    "counts-v1",
    "locks-v1",
    "environments-v1/uses",
)
"""Of these nothing is read, or only a part, or what is made anew as a matter of course."""


def choose(cache: Path, chance: random.Random) -> tuple[Path, Damage]:
    """Choose what is damaged, and how: one of many kinds of file, then one of that kind."""
    kinds: dict[tuple[str, ...], list[Path]] = {}
    for path in sorted(cache.rglob("*")):
        parts = path.relative_to(cache).parts
        # Those of an environment are many; its links lead to the interpreter's own.
        if path.is_symlink() or ".tmp" in path.suffixes:
            continue
        kind = ("folder",) if path.is_dir() else parts[:2] if len(parts) > 2 else parts
        if parts[0] == "environments-v1" and parts[1:2] and parts[1].startswith("env-"):
            kind = ("environment", path.suffix, "folder" if path.is_dir() else "file")
        kinds.setdefault(kind, []).append(path)
    path = chance.choice(kinds[chance.choice(sorted(kinds))])
    return path, chance.choice(TO_FOLDERS if path.is_dir() else TO_FILES)


class Case:
    """A project with a cache that has several builds of it, and its source as it is."""

    def __init__(self, lbuild: Lbuild, project: Path) -> None:
        self._lbuild = lbuild
        self._project = project
        for number in (1, 2, 0):
            self.run(number)
        self.run(0)  # which is remembered

    def run(self, number: int) -> Result:
        """Build, or reuse, with a source that is one of a few."""
        content = f"NUMBER = {number}\n"
        if (self._project / CORE).read_text() != content:
            (self._project / CORE).write_text(content)
        result = self._lbuild("wheel", self._project, returncode=None)
        assert result.returncode == 0, result.stderr
        assert core_in_wheel(result.stdout.removesuffix("\n")) == content, result.stderr
        return result

    def survives(self, path: Path, damage: Damage, chance: random.Random) -> None:
        """Damage something, and run with the source as it was, or as it was some time before."""
        was_file = path.is_file()
        damage(path, chance)
        content = path.read_bytes() if was_file and path.is_file() else None
        number = chance.choice([0, 0, 1, 3])
        first = self.run(number)
        second = self.run(number)
        assert "warning: " not in second.stderr, second.stderr
        verified = self._lbuild("cache", "verify", returncode=None)
        told = first.stderr + verified.stdout + verified.stderr
        relative = path.relative_to(self._lbuild.cache).as_posix()
        # A build that gives the same again writes it anew, and the folder that it belongs in.
        is_whole = (
            sha256(path) == path.name
            if path.is_file()
            else path.is_dir() and path.parent.name == buckets.BLOBS.name
        )
        if damage is not remove and not is_whole and not relative.startswith(UNTOLD):
            assert "warning: " in told or verified.returncode == 2, told
        require_sound(self._lbuild)
        if content is not None and not relative.startswith(UNTOLD):
            assert not path.is_file() or path.read_bytes() != content, "it is still there"
        self.run(0)
        self.run(0)


@pytest.mark.parametrize("requires", ["[]", '["plugin"]'], ids=["bare", "environment"])
def test_any_damage(
    lbuild: Lbuild,
    copy_project: CopyProject,
    index: Index,
    how_many: HowMany,
    chance: random.Random,
    requires: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("UV_LINK_MODE")  # what is damaged is so in uv's cache as well
    index.add("plugin")
    project = copy_project(NAME)
    replace(project / "pyproject.toml", "requires = []", f"requires = {requires}")
    if requires != "[]":
        when_building(project, "import plugin; assert (plugin.name, plugin.version) == SOUND")
        replace(project / "backend" / "backend.py", "NAME, V", 'SOUND = ("plugin", "1.0")\nNAME, V')
    case = Case(lbuild, project)
    for number in range(how_many(2, 150)):
        path, damage = choose(lbuild.cache, chance)
        told = f"damage {number}: {getattr(damage, '__name__', damage)} {path}"
        print(told)
        case.survives(path, damage, chance)
