"""Real backends: built, reused, edited, rebuilt, undone and reused, held against fresh builds."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from support.backends import BACKENDS, SETUPTOOLS, Backend, backend_id
from support.command import Lbuild
from support.exhaustive import one_in
from support.projects import (
    CopyProject,
    build_in_tree,
    fresh_build,
    git,
    listing,
    replace,
    sha256,
    wheel_content,
)

pytestmark = pytest.mark.shared_environments


@pytest.fixture(autouse=True)
def no_debug_information(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep compilers from writing the folder that they ran in into what they compile.

    CPython's own compiler flags ask for debug information, with which two clones of one commit
    give different extension modules.
    """
    monkeypatch.setenv("CFLAGS", "-g0")


def build(lbuild: Lbuild, project: Path) -> dict[str, Any]:
    """Run ``lbuild wheel --json``; return its report on the one project."""
    [told] = lbuild("wheel", "--json", project).json
    wheel = Path(told["wheel"])
    assert wheel.parent == project / "dist"
    assert sha256(wheel) == told["sha256"]
    return dict(told)


def status(lbuild: Lbuild, project: Path) -> dict[str, Any]:
    """Run ``lbuild status --json``; return its report on the one project."""
    [told] = lbuild("status", "--json", project).json
    return dict(told)


def equals_a_fresh_build(told: dict[str, Any], project: Path) -> bool:
    """Whether the wheel that lbuild told of has the name and content that a fresh build gives."""
    delivered, fresh = Path(told["wheel"]), fresh_build(project)
    assert delivered.name == fresh.name
    assert wheel_content(delivered) == wheel_content(fresh)
    return True


@pytest.mark.exhaustive
@pytest.mark.parametrize("backend", BACKENDS, ids=backend_id)
def test_builds_only_when_an_input_changed(
    lbuild: Lbuild, copy_project: CopyProject, backend: Backend
) -> None:
    project = copy_project(backend.fixture, tag=backend.tag)
    module = project / backend.module
    original = module.read_bytes()
    tree = listing(project)

    first = build(lbuild, project)
    assert first["action"] == "built"
    assert [reason["kind"] for reason in first["reasons"]] == ["first-build"]
    assert equals_a_fresh_build(first, project)

    again = build(lbuild, project)
    assert (again["action"], again["sha256"], again["reasons"]) == ("reused", first["sha256"], [])
    present = status(lbuild, project)
    assert (present["verdict"], present["reasons"]) == ("reuse", [])

    module.write_bytes(original + b"EDITED = True\n")
    edited = status(lbuild, project)
    assert edited["verdict"] == "rebuild"
    assert backend.module in [reason.get("path") for reason in edited["reasons"]]
    assert any(backend.module in reason["message"] for reason in edited["reasons"])
    second = build(lbuild, project)
    assert second["action"] == "built"
    assert second["sha256"] != first["sha256"]
    assert equals_a_fresh_build(second, project)

    module.write_bytes(original)
    assert status(lbuild, project)["verdict"] == "reuse"
    undone = build(lbuild, project)
    assert (undone["action"], undone["sha256"]) == ("reused", first["sha256"])

    delivered = {Path(told["wheel"]).name for told in (first, second)}
    expected = {"dist", *(f"dist/{name}" for name in delivered)} | backend.writes
    assert listing(project) - tree == expected
    assert tree <= listing(project)


@pytest.mark.exhaustive
@pytest.mark.parametrize("fixture", one_in(2, ["setuptools-scm", "hatch-vcs"]))
def test_the_version_follows_git(lbuild: Lbuild, copy_project: CopyProject, fixture: str) -> None:
    project = copy_project(fixture, tag="v0.1.0")
    tagged = build(lbuild, project)
    assert tagged["version"] == "0.1.0"

    git(project, "switch", "--quiet", "--create=next")
    git(project, "commit", "--quiet", "--allow-empty", "--message=The second commit")
    assert status(lbuild, project)["verdict"] == "rebuild"
    committed = build(lbuild, project)
    assert committed["action"] == "built"
    assert committed["version"].startswith("0.1.1.dev1+g")
    assert equals_a_fresh_build(committed, project)

    for branch, built in (("main", tagged), ("next", committed)):
        git(project, "switch", "--quiet", branch)
        assert status(lbuild, project)["verdict"] == "reuse"
        again = build(lbuild, project)
        assert (again["action"], again["sha256"]) == ("reused", built["sha256"])

    git(project, "tag", "v0.2.0")
    assert status(lbuild, project)["verdict"] == "rebuild"
    released = build(lbuild, project)
    assert (released["action"], released["version"]) == ("built", "0.2.0")
    assert equals_a_fresh_build(released, project)

    # The branch's name and the new tag may count, but they make no other wheel of the old commit.
    git(project, "checkout", "--quiet", "v0.1.0")
    assert build(lbuild, project)["sha256"] == tagged["sha256"]


@pytest.mark.exhaustive
def test_an_edited_header_is_compiled_in(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project("setuptools-c-extension")
    header = project / "src" / "demo" / "answer.h"
    first = build(lbuild, project)
    assert answer_of(Path(first["wheel"])) == 42

    before = header.stat()
    replace(header, "42", "43")
    os.utime(header, ns=(before.st_atime_ns, before.st_mtime_ns))
    [reason] = status(lbuild, project)["reasons"]
    assert (reason["kind"], reason["path"]) == ("file-changed", "src/demo/answer.h")
    second = build(lbuild, project)
    assert second["action"] == "built"
    assert answer_of(Path(second["wheel"])) == 43
    assert equals_a_fresh_build(second, project)

    replace(header, "43", "42")
    undone = build(lbuild, project)
    assert (undone["action"], undone["sha256"]) == ("reused", first["sha256"])
    assert answer_of(Path(undone["wheel"])) == 42


def answer_of(wheel: Path) -> int:
    """What the extension in a wheel answers, asked in a process of its own."""
    installed = wheel.parent.parent.parent / f"installed-{sha256(wheel)[:8]}"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    command = [sys.executable, "-c", "import demo; print(demo.answer())"]
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return int(done.stdout)


@pytest.mark.exhaustive
@pytest.mark.parametrize("backend", one_in(2, SETUPTOOLS), ids=backend_id)
def test_leftovers_of_setuptools_never_reach_the_wheel(
    lbuild: Lbuild, copy_project: CopyProject, backend: Backend
) -> None:
    project = copy_project(backend.fixture, tag=backend.tag)
    gone = project / Path(backend.module).with_name("gone.py")
    gone.write_bytes(b"GONE = True\n")
    if backend.tag is not None:
        git(project, "add", "--all")
        git(project, "commit", "--quiet", "--message=One module more")
    with_it = build(lbuild, project)
    assert "demo/gone.py" in wheel_content(Path(with_it["wheel"]))
    assert leftovers(project) == set()

    # Another frontend builds in the tree, and leaves what would bring the module back.
    build_in_tree(project)
    left = leftovers(project)
    assert any(path.startswith("build/") and path.endswith("/gone.py") for path in left)
    gone.unlink()
    without_it = build(lbuild, project)
    assert without_it["action"] == "built"
    assert "demo/gone.py" not in wheel_content(Path(without_it["wheel"]))
    assert equals_a_fresh_build(without_it, project)
    assert leftovers(project) == left


@pytest.mark.exhaustive
def test_data_dropped_from_setuptools_never_comes_back(
    lbuild: Lbuild, copy_project: CopyProject
) -> None:
    project = copy_project("setuptools-pyproject")
    assert "demo/greeting.txt" in wheel_content(Path(build(lbuild, project)["wheel"]))

    # An egg-info folder that lists greeting.txt would bring it back. The build has left none; one
    # that another tool leaves is used, as by any other frontend (tracing/test_egg_info).
    replace(project / "pyproject.toml", 'demo = ["*.txt"]\n', "")
    dropped = build(lbuild, project)
    assert "demo/greeting.txt" not in wheel_content(Path(dropped["wheel"]))
    assert equals_a_fresh_build(dropped, project)


def leftovers(project: Path) -> set[str]:
    """What setuptools left in a tree: its build base, and its egg-info folder."""
    return {
        path for path in listing(project) if path.split("/")[0] == "build" or ".egg-info" in path
    }
