"""Any number of lbuild processes on one cache, those that clean it up among them."""

import contextlib
import dataclasses
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from support.cache_soundness import require_sound
from support.command import Lbuild, Result
from support.minimal_project import (
    CORE,
    NAME,
    WHEEL,
    core_in_wheel,
    running,
    wait_for_end,
    when_building,
)
from support.projects import CopyProject, replace, wheel_content
from support.wheels_and_index import Index

pytestmark = pytest.mark.exhaustive

HowMany = Callable[[int, int], int]


@pytest.fixture
def lbuild(lbuild: Lbuild) -> Lbuild:
    """Commands for threads: each a process that one of them has started."""
    return dataclasses.replace(lbuild, servers=None)


@pytest.fixture(autouse=True)
def variables_that_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """See to it that the secret of the cache counts, which all of them may want to make at once."""
    monkeypatch.setenv("CFLAGS", "-g0")


def at_once(lbuild: Lbuild, projects: list[Path]) -> list[Result]:
    """Build all of them at once."""
    with contextlib.ExitStack() as stack:
        processes = [stack.enter_context(running(lbuild, "wheel", project)) for project in projects]
        with ThreadPoolExecutor(len(processes)) as pool:  # none has to wait for a reader
            return list(pool.map(wait_for_end, processes))


@pytest.mark.parametrize("clones", [False, True], ids=["one-folder", "clones"])
def test_an_empty_cache(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path, how_many: HowMany, clones: bool
) -> None:
    count = how_many(3, 16)
    log = tmp_path / "log"
    projects = [copy_project(NAME, folder=f"clone-{number}") for number in range(count)]
    for project in projects:
        when_building(project, f"print('built', file=open({str(log)!r}, 'a'))")
    if not clones:
        projects = projects[:1] * count
    results = at_once(lbuild, projects)
    told = "\n".join(result.stderr for result in results)
    assert [result.returncode for result in results] == [0] * count, told
    for project, result in zip(projects, results, strict=True):
        assert result.stdout == f"{project / 'dist' / WHEEL}\n"
        assert core_in_wheel(project / "dist" / WHEEL) == "ANSWER = 42\n"
    assert log.read_text() == "built\n", told
    assert told.count("reused") == count - 1
    require_sound(lbuild)


class Builder:
    """Edits a project and builds it, and compares what it gets.

    Attributes:
        found: in how many runs it was so.
    """

    def __init__(self, lbuild: Lbuild, project: Path, source: str, module: str) -> None:
        self._lbuild = lbuild
        self._project = project
        self._source = project / source
        self._module = module
        self._content = self._source.read_bytes()
        self.found = {"built": 0, "reused": 0}

    def run(self, chance: random.Random) -> None:
        """Build once; some of what is built was built before."""
        content = self._content + b"\nNUMBER = %d\n" % chance.randrange(4)
        if chance.random() < 0.7:
            self._source.write_bytes(content)
        content = self._source.read_bytes()
        env = {"LBUILD_CACHE_SIZE": "1 KiB"} if chance.random() < 0.15 else {}
        result = self._lbuild("wheel", self._project, env=env)
        wheel = wheel_content(Path(result.stdout.removesuffix("\n")))
        assert wheel[self._module].data == content, result.stderr
        assert "damaged" not in result.stderr, result.stderr
        self.found["built" if ": built in" in result.stderr else "reused"] += 1


def upkeep(lbuild: Lbuild, chance: random.Random) -> None:
    """Run one of the commands that remove something from the cache, or look at all of it."""
    command = chance.choice(
        [
            ("clean",),
            ("clean", "demo"),
            ("prune",),
            ("prune",),
            ("prune", "--ci"),
            ("verify",),
            ("info",),
            ("list",),
            ("remove", "d*"),
        ]
    )
    env = {"LBUILD_CACHE_SIZE": "1 KiB"} if chance.random() < 0.3 else {}
    result = lbuild("cache", *command, env=env, returncode=None)
    nothing_named = command[0] == "remove" and "no entry in" in result.stderr
    assert result.returncode == 0 or nothing_named, (command, result.stdout, result.stderr)


@contextlib.contextmanager
def repeated(
    *steps: Callable[[random.Random], None], chance: random.Random, seconds: float
) -> Iterator[None]:
    """Do each step over and over in a thread of its own, until the time is over or one fails."""
    until = time.monotonic() + seconds
    failed = threading.Event()

    def repeat(step: Callable[[random.Random], None], seed: int) -> None:
        own = random.Random(seed)  # noqa: S311  not for secrets
        try:
            while time.monotonic() < until and not failed.is_set():
                step(own)
        except BaseException:
            failed.set()
            raise

    with ThreadPoolExecutor(len(steps)) as pool:
        threads = [pool.submit(repeat, step, chance.randrange(1_000_000)) for step in steps]
        yield
    for thread in threads:
        thread.result()


def in_tree(lbuild: Lbuild, copy_project: CopyProject, number: int) -> Builder:
    """Builds the project that requires nothing."""
    project = copy_project(NAME, folder=f"clone-{number}")
    return Builder(lbuild, project, CORE, "demo/core.py")


def with_requirement(lbuild: Lbuild, copy_project: CopyProject, number: int) -> Builder:
    """Builds a project whose backend imports what is installed in a kept environment."""
    project = copy_project(NAME, folder=f"clone-{number}")
    replace(project / "pyproject.toml", "requires = []", 'requires = ["plugin"]')
    when_building(project, "import plugin", after="import importlib; importlib.reload(plugin)")
    return Builder(lbuild, project, CORE, "demo/core.py")


def beside_upkeep(
    lbuild: Lbuild, builders: list[Builder], chance: random.Random, seconds: int
) -> None:
    """Let all of them build while the cache is cleaned up over and over."""
    steps = [builder.run for builder in builders]
    with repeated(*steps, partial(upkeep, lbuild), chance=chance, seconds=seconds):
        pass
    print([builder.found for builder in builders])
    require_sound(lbuild)


def test_upkeep_meanwhile(
    lbuild: Lbuild,
    copy_project: CopyProject,
    index: Index,
    how_many: HowMany,
    chance: random.Random,
) -> None:
    """What is built and what is reused is right while others remove what is in the cache."""
    index.add("plugin")
    builders = [
        (with_requirement if number % 2 else in_tree)(lbuild, copy_project, number)
        for number in range(how_many(2, 8))
    ]
    beside_upkeep(lbuild, builders, chance, how_many(1, 20))


def test_upkeep_of_environments_meanwhile(
    lbuild: Lbuild, copy_project: CopyProject, how_many: HowMany, chance: random.Random
) -> None:
    """The same with a backend from the index, so that environments are larger."""
    module = "demo/core.py"
    builders = [
        Builder(lbuild, copy_project("flit-core", folder=f"clone-{n}"), f"src/{module}", module)
        for n in range(how_many(1, 8))
    ]
    beside_upkeep(lbuild, builders, chance, how_many(1, 20))
