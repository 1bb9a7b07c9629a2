"""What builds leave in a project must not reach the next wheel: a rebuild is a fresh build."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from command import TRACED_AND_TREE, Lbuild
from minimal import NAME, status, wheel, when_building
from projects import CopyProject, git, replace, wheel_content

SOURCE, MADE = "model/source.txt", "src/demo/made/model.py"

# Makes MADE from SOURCE unless it is newer, as Cython does, and make would.
COMPILE = f"""\
    source, made = Path("{SOURCE}"), Path("{MADE}")
    made.parent.mkdir(exist_ok=True)
    if not made.exists() or source.stat().st_mtime > made.stat().st_mtime:
        made.write_text(f"MODEL = {{source.read_text()!r}}")
    """


@pytest.fixture
def project(copy_project: CopyProject) -> Path:
    project = copy_project(NAME)
    (project / SOURCE).parent.mkdir()
    (project / SOURCE).write_text("one")
    when_building(project, COMPILE)
    return project


def model(told: Mapping[str, Any]) -> str:
    return wheel_content(Path(told["wheel"]))["demo/made/model.py"].data.decode()


def put_older(project: Path, text: str) -> None:
    """Put a source there as ``cp -p`` may: older than anything that a build has left."""
    (project / SOURCE).write_text(text)
    os.utime(project / SOURCE, (10**9, 10**9))


@TRACED_AND_TREE
def test_a_backend_that_goes_by_time_stamps_makes_it_anew(lbuild: Lbuild, project: Path) -> None:
    first = wheel(lbuild, project)
    assert model(first) == "MODEL = 'one'"
    put_older(project, "two")
    second = wheel(lbuild, project)
    assert (second["action"], model(second)) == ("built", "MODEL = 'two'")
    # And back, though what lies there now was made from something else.
    put_older(project, "one")
    back = wheel(lbuild, project)
    assert (back["action"], back["sha256"]) == ("reused", first["sha256"])


def test_without_its_source_it_cannot_be_made(lbuild: Lbuild, project: Path) -> None:
    backend = project / "backend" / "backend.py"
    replace(backend, "source.stat().st_mtime", "newest()")
    with backend.open("a") as file:
        # As for Cython, whatever is included is a source as well.
        file.write(NEWEST)
    wheel(lbuild, project)
    (project / SOURCE).unlink()
    made = (project / MADE).stat()
    assert SOURCE in lbuild("wheel", project, returncode=1).stderr
    # For whoever else goes by time stamps.
    assert (project / MADE).stat().st_mtime_ns == made.st_mtime_ns
    assert (project / MADE).read_text() == "MODEL = 'one'"


NEWEST = """

def newest():
    return max(path.stat().st_mtime for path in [Path("pyproject.toml"), *Path("model").iterdir()])
"""


def test_what_a_build_that_failed_made_of_it_is_undone(lbuild: Lbuild, project: Path) -> None:
    first = wheel(lbuild, project)
    made = (project / MADE).stat()
    backend = project / "backend" / "backend.py"
    backend.write_text(backend.read_text().replace("name = inner(", "raise ValueError; inner("))
    (project / SOURCE).write_text("two")
    lbuild("wheel", project, returncode=1)
    assert (project / MADE).read_text() == "MODEL = 'one'"
    assert (project / MADE).stat().st_mtime_ns == made.st_mtime_ns
    backend.write_text(backend.read_text().replace("raise ValueError; inner(", "name = inner("))
    (project / SOURCE).write_text("one")
    back = wheel(lbuild, project)
    assert (back["action"], back["sha256"]) == ("reused", first["sha256"])


def test_what_somebody_changed_is_his(lbuild: Lbuild, project: Path) -> None:
    wheel(lbuild, project)
    (project / MADE).write_text("MODEL = 'by hand'")
    put_older(project, "two")
    told = wheel(lbuild, project)
    assert (told["action"], model(told)) == ("built", "MODEL = 'by hand'")


def test_what_git_tracks_is_the_users(lbuild: Lbuild, project: Path) -> None:
    wheel(lbuild, project)
    git(project, "init", "--quiet")
    git(project, "add", MADE)
    put_older(project, "two")
    told = wheel(lbuild, project)
    assert (told["action"], model(told)) == ("built", "MODEL = 'one'")


def test_what_is_in_a_copy_was_not_made_there(lbuild: Lbuild, project: Path) -> None:
    wheel(lbuild, project)
    copy = Path(shutil.copytree(project, project.parent / "copy"))
    put_older(copy, "two")
    told = wheel(lbuild, copy)
    assert (told["action"], model(told)) == ("built", "MODEL = 'one'")


def test_what_is_used_as_it_was_left_is_told(lbuild: Lbuild, project: Path) -> None:
    replace(
        project / "backend" / "backend.py", "or source.stat().st_mtime > made.stat().st_mtime", ""
    )
    wheel(lbuild, project)
    (project / SOURCE).write_text("two")
    told = lbuild("wheel", project)
    assert f"{MADE} is what an earlier build left, and was used as it is" in told.stderr
    assert wheel(lbuild, project)["action"] == "reused"
    (project / MADE).unlink()
    assert model(wheel(lbuild, project)) == "MODEL = 'two'"


@TRACED_AND_TREE
def test_what_lies_in_a_folder_that_was_made(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    when_building(project, after="Path('src/demo/later/on').mkdir(parents=True, exist_ok=True)")
    wheel(lbuild, project)
    assert wheel(lbuild, project)["action"] == "reused"
    for name in ("later/one.py", "later/on/two.py"):
        (project / "src" / "demo" / name).touch()
        [reason] = status(lbuild, project)["reasons"]
        assert (reason["kind"], reason["path"]) == ("file-added", f"src/demo/{name}")
        told = wheel(lbuild, project)
        assert (told["action"], f"demo/{name}" in wheel_content(Path(told["wheel"]))) == (
            "built",
            True,
        )
        assert wheel(lbuild, project)["action"] == "reused"


def test_cython_does_not_keep_what_it_made_of_another_source(
    lbuild: Lbuild, tmp_path: Path
) -> None:
    project = tmp_path / "cythonised"
    project.mkdir()
    (project / "pyproject.toml").write_text(CYTHON)
    (project / "setup.py").write_text(
        "from Cython.Build import cythonize\nfrom setuptools import setup\n"
        'setup(ext_modules=cythonize("answer.pyx", annotate=False))\n'
    )
    source = project / "answer.pyx"
    source.write_text("ANSWER = 41\n")
    wheel(lbuild, project)
    assert (project / "answer.c").exists()
    source.write_text("ANSWER = 42\n")
    os.utime(source, (10**9, 10**9))
    told = wheel(lbuild, project)
    unpacked = tmp_path / "unpacked"
    shutil.unpack_archive(told["wheel"], unpacked, "zip")
    command = [sys.executable, "-c", "import answer; print(answer.ANSWER)"]
    done = subprocess.run(command, capture_output=True, check=True, cwd=unpacked, text=True)
    assert done.stdout == "42\n"


CYTHON = """\
[build-system]
requires = ["setuptools", "Cython"]
build-backend = "setuptools.build_meta"

[project]
name = "cythonised"
version = "1"
"""
