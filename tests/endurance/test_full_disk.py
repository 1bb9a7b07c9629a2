"""A disk that is full, a cache that vanishes or cannot be written any more, while lbuild builds.

The disk is a small one in memory, in a mount namespace of its own (Linux: ``unshare`` and
``nsenter``): root is not needed, and nothing of it stays.
"""

import contextlib
import itertools
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from support import unprivileged
from support.cache_soundness import require_sound
from support.command import Lbuild
from support.minimal_project import (
    CORE,
    NAME,
    WHEEL,
    core_in_wheel,
    make_gate,
    running,
    wait_for_end,
    when_building,
)
from support.projects import CopyProject, replace

pytestmark = pytest.mark.exhaustive

HowMany = Callable[[int, int], int]

PAGE = 4096
LARGE = "size=64m,nr_inodes=10k"


@dataclass(frozen=True, slots=True)
class Disk:
    """A disk in memory that only processes in its namespace see.

    Attributes:
        place: where they see it.
        holder: the process with which it goes.
    """

    place: Path
    holder: int

    def inside(self, *command: str) -> list[str]:
        """A command, as it is run where the disk is."""
        target = ("--target", str(self.holder), "--user", "--mount", "--preserve-credentials")
        return ["nsenter", *target, f"--wd={self.place}", "--", *command]

    def resize(self, options: str) -> None:
        """Let it hold more or less than it does."""
        words = ("mount", "-o", f"remount,{options}", str(self.place))
        subprocess.run(self.inside(*words), check=True)

    def seen(self, path: Path) -> Path:
        """Return the path by which this process sees that one."""
        return Path(f"/proc/{self.holder}/root{path}")

    def used(self) -> tuple[int, int]:
        """Pages and files that are used."""
        status = os.statvfs(self.seen(self.place))
        return status.f_blocks - status.f_bfree, status.f_files - status.f_ffree


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A disk that is large enough until it is resized."""
    place = tmp_path / "disk"
    place.mkdir()
    script = f'mount -t tmpfs -o mode=0700,{LARGE} none "$0" && echo && exec cat'
    with subprocess.Popen(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, str(place)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"\n"
        yield Disk(place, holder.pid)
        holder.stdin.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere(Lbuild):
    """Runs lbuild through another program.

    Attributes:
        through: makes a command of lbuild's one that is run so.
        named: the cache folder, as lbuild is told of it.
    """

    through: Callable[..., list[str]]
    named: Path

    def command(self, *arguments: str | Path) -> list[str]:
        return self.through(*Lbuild.command(self, *arguments))

    @property
    def environment(self) -> dict[str, str]:
        variables = Lbuild.environment.__get__(self)
        return {**variables, "LBUILD_CACHE_DIR": str(self.named)}


@pytest.mark.parametrize("what", ["pages", "files"])
@pytest.mark.parametrize("all_of_it", [False, True], ids=["cache", "all"])
def test_a_full_disk(
    lbuild: Lbuild,
    copy_project: CopyProject,
    disk: Disk,
    how_many: HowMany,
    chance: random.Random,
    what: str,
    all_of_it: bool,
) -> None:
    """With room for so many pages or files, whatever is written first that has no room."""
    project = copy_project(NAME)
    folder = disk.place if all_of_it else project
    # Either an empty cache, or one that has an environment, and an entry already.
    cases = list(itertools.product(range(2), range(45)))
    came_to = []
    for number, room in cases if how_many(0, 1) else chance.sample(cases, 1):
        cache = disk.place / f"cache-{room}"
        one = Elsewhere(cache=disk.seen(cache), home=lbuild.home, through=disk.inside, named=cache)
        if not disk.seen(cache).exists():
            disk.seen(cache).mkdir(mode=0o700)
            if number == 1:
                one("wheel", project)
        (project / CORE).write_text(f"NUMBER = {room + 1000 * number}\n")
        pages, files = disk.used()
        limit = {
            "pages": f"size={max(pages + room, 1) * PAGE}",
            "files": f"nr_inodes={files + room}",
        }
        disk.resize(limit[what])
        temporary = {"TMPDIR": str(disk.place)} if all_of_it else {}
        out = folder / "out"
        result = one("wheel", project, "-o", out, env=temporary, returncode=None)
        told = f"{room} {what}: {result}"
        came_to.append((number, room, result.returncode, "warning: " in result.stderr))
        # A hook that cannot write fails, as the backend says.
        assert result.returncode in ((0, 1, 2) if all_of_it else (0, 2)), told
        if result.returncode == 0:
            wheel = disk.seen(out / WHEEL) if all_of_it else out / WHEEL
            assert core_in_wheel(wheel) == (project / CORE).read_text(), told
        else:
            assert "error: " in result.stderr, told
        disk.resize(LARGE)
        one("cache", "verify")
        one("wheel", project, "-o", project / "dist")
        assert core_in_wheel(project / "dist" / WHEEL) == (project / CORE).read_text(), told
        require_sound(one)
        shutil.rmtree(disk.seen(cache))
    print(came_to)


def end_of(what: str, folder: Path) -> None:
    """Do something to a cache after which it is unusable."""
    if what == "removed":
        shutil.rmtree(folder)
    elif what == "replaced":
        shutil.rmtree(folder)
        folder.write_text("a file")
    else:
        for path, _, _ in os.walk(folder):
            Path(path).chmod(0o500)


def undo(folder: Path) -> None:
    if folder.is_file():
        folder.unlink()
    for path, _, _ in os.walk(folder):
        Path(path).chmod(0o700)


@pytest.mark.parametrize("had_entry", [False, True], ids=["first", "again"])
@pytest.mark.parametrize("what", ["removed", "replaced", "read-only"])
def test_a_cache_that_ends_meanwhile(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path, what: str, had_entry: bool
) -> None:
    """What was built is delivered, and a warning reports that it was not kept."""
    project = copy_project(NAME)
    if had_entry:
        lbuild("wheel", project)
        replace(project / CORE, "42", "43")
    barrier = make_gate(tmp_path)
    when_building(project, barrier.code)
    one = Elsewhere(
        cache=lbuild.cache,
        home=lbuild.home,
        through=lambda *words: [sys.executable, unprivileged.SCRIPT, *words],
        named=lbuild.cache,
    )
    with contextlib.ExitStack() as stack:
        process = stack.enter_context(running(one, "wheel", project))
        barrier.await_backend()
        end_of(what, lbuild.cache)
        stack.callback(undo, lbuild.cache)
        barrier.open.touch()
        result = wait_for_end(process)
    assert result.returncode == 0, result.stderr
    assert core_in_wheel(project / "dist" / WHEEL) == (project / CORE).read_text()
    assert "Traceback" not in result.stderr
    if what != "removed":
        assert "warning: " in result.stderr, result.stderr
    lbuild("wheel", project)
    assert core_in_wheel(project / "dist" / WHEEL) == (project / CORE).read_text()
    require_sound(lbuild)
