"""The API in threads: projects at once, and the same project at once."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest

from client.conftest import MakeProject, leaves_all_as_it_was
from lbuild_frontend import api
from support.environments import make_environment
from support.minimal_project import log_builds

THREADS = 8
T = TypeVar("T")


def at_once(*calls: Callable[[], T]) -> list[T]:
    """Make calls, each in a thread of its own, all beginning at the same moment."""
    barrier = threading.Barrier(len(calls))

    def begin(call: Callable[[], T]) -> T:
        barrier.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(begin, calls))


def test_eight_projects_and_one_project_eight_times(make_project: MakeProject) -> None:
    projects = [make_project(f"p{number}") for number in range(THREADS)]
    shared = make_project("shared")
    builds = {project: log_builds(project) for project in [*projects, shared]}
    begun = {project: set[int]() for project in [*projects, shared]}

    def build(project: Path) -> api.WheelResult:
        def progress(_event: api.Event) -> None:
            begun[project].add(threading.get_ident())

        return api.build_wheel(project, progress=progress)

    with leaves_all_as_it_was():
        results = at_once(
            *(lambda project=project: build(project) for project in projects),
            *(lambda: build(shared) for _ in range(THREADS)),
        )
    assert [result.action for result in results[:THREADS]] == ["built"] * THREADS
    of_shared = results[THREADS:]
    assert sorted(result.action for result in of_shared) == ["built"] + ["reused"] * (THREADS - 1)
    assert len({result.sha256 for result in of_shared}) == 1
    assert [log.lines for log in builds.values()] == [["built"]] * (THREADS + 1)
    # Each call has its own events, in the thread that called.
    assert [len(begun[project]) for project in projects] == [1] * THREADS
    assert len(begun[shared]) == THREADS


def test_other_threads_notice_nothing_meanwhile(project: Path, tmp_path: Path) -> None:
    python = make_environment(tmp_path / "env")
    seen: set[tuple[object, ...]] = set()
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            seen.add((*os.environ.items(), "", Path.cwd(), sys.stdout, sys.stderr, *sys.path))
            seen.add(tuple(map(signal.getsignal, (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD))))
            seen.add(tuple(line for line in _own_status() if line.startswith("Umask")))
            time.sleep(0)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        api.build_sdist(project)
        api.install(project, python=python)
        api.build_wheel(project)
        api.status(project, python=python)
    finally:
        over.set()
        watcher.join()
    assert len(seen) == 3


def _own_status() -> list[str]:
    file = Path("/proc/self/status")
    return file.read_text().splitlines() if file.exists() else ["Umask: unknown"]


@pytest.mark.exhaustive  # an environment is changed by one call at a time, whoever calls
def test_one_environment_from_several_threads(make_project: MakeProject, tmp_path: Path) -> None:
    projects = [make_project(name) for name in ("one", "other")]
    for project in projects:
        (project / "src/demo").rename(project / f"src/{project.name}")
    python = make_environment(tmp_path / "env")
    with leaves_all_as_it_was():
        results = at_once(
            *(lambda one=one: api.install(one, python=python) for one in projects * 2)
        )
    assert sorted(result.action for result in results) == ["installed"] * 2 + ["unchanged"] * 2
    [packages] = (tmp_path / "env").glob("lib/python*/site-packages")
    assert {"one", "other"} <= {path.name for path in packages.iterdir()}


@pytest.mark.exhaustive
def test_a_callback_may_call_again(make_project: MakeProject) -> None:
    one, other = make_project("one"), make_project("other")
    names: list[str] = []

    def progress(event: api.Event) -> None:
        if isinstance(event, api.Changing) and not names:
            names.append(api.build_wheel(other).name)

    assert api.build_wheel(one, progress=progress).action == "built"
    assert names == ["other"]
    assert api.build_wheel(other).action == "reused"
