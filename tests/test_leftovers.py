"""What builds leave in a project must not reach the next wheel: a rebuild is a fresh build."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import unprivileged
from command import TRACED_AND_TREE, Lbuild
from minimal import NAME, wheel, when_building
from projects import CopyProject, git, replace, wheel_content

SOURCE, MADE = "model.txt", "src/demo/made/model.py"

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
    (project / SOURCE).write_text("one")
    when_building(project, COMPILE)
    return project


def model(told: Mapping[str, Any]) -> str:
    return wheel_content(Path(told["wheel"]))["demo/made/model.py"].data.decode()


def put_older(project: Path, text: str) -> None:
    """Put a source there as ``cp -p`` may: older than anything that a build has left."""
    (project / SOURCE).write_text(text)
    os.utime(project / SOURCE, (1, 1))


@TRACED_AND_TREE
def test_a_backend_that_goes_by_time_stamps_finds_nothing(lbuild: Lbuild, project: Path) -> None:
    first = wheel(lbuild, project)
    assert model(first) == "MODEL = 'one'"
    put_older(project, "two")
    second = wheel(lbuild, project)
    assert (second["action"], model(second)) == ("built", "MODEL = 'two'")
    assert (project / MADE).read_text() == "MODEL = 'two'"
    # And back, though what lies there now was made from something else.
    put_older(project, "one")
    back = wheel(lbuild, project)
    assert (back["action"], back["sha256"]) == ("reused", first["sha256"])


@TRACED_AND_TREE
def test_without_its_source_the_build_fails_as_it_would_afresh(
    lbuild: Lbuild, project: Path
) -> None:
    replace(
        project / "backend" / "backend.py",
        "or source.stat()",
        "or source.exists() and source.stat()",
    )
    wheel(lbuild, project)
    (project / SOURCE).unlink()
    assert "model.txt" in lbuild("wheel", project, returncode=1).stderr
    # Whoever uses what was there finds it again.
    assert (project / MADE).read_text() == "MODEL = 'one'"


def test_what_somebody_changed_stays(lbuild: Lbuild, project: Path) -> None:
    wheel(lbuild, project)
    (project / MADE).write_text("MODEL = 'by hand'")
    (project / MADE).with_name("more.py").touch()
    put_older(project, "two")
    told = wheel(lbuild, project)
    assert (told["action"], model(told)) == ("built", "MODEL = 'by hand'")
    assert "demo/made/more.py" in wheel_content(Path(told["wheel"]))


def test_what_git_tracks_stays(lbuild: Lbuild, project: Path) -> None:
    wheel(lbuild, project)
    git(project, "init", "--quiet")
    git(project, "add", MADE)
    put_older(project, "two")
    told = wheel(lbuild, project)
    assert (told["action"], model(told)) == ("built", "MODEL = 'one'")


def test_what_lies_in_a_copy_stays(lbuild: Lbuild, project: Path) -> None:
    wheel(lbuild, project)
    copy = Path(shutil.copytree(project, project.parent / "copy"))
    put_older(copy, "two")
    told = wheel(lbuild, copy)
    assert (told["action"], model(told)) == ("built", "MODEL = 'one'")


def test_what_a_link_leads_to_stays(lbuild: Lbuild, project: Path) -> None:
    wheel(lbuild, project)
    made = (project / MADE).parent
    elsewhere = made.rename(project.parent / "elsewhere")
    made.symlink_to(elsewhere)
    put_older(project, "two")
    assert model(wheel(lbuild, project)) == "MODEL = 'one'"
    assert (elsewhere / "model.py").read_text() == "MODEL = 'one'"


def test_what_cannot_be_put_aside_is_told(lbuild: Lbuild, project: Path) -> None:
    wheel(lbuild, project)
    (project / SOURCE).write_text("two")
    (project / MADE).parent.chmod(0o555)
    try:
        told = unprivileged.run(lbuild, "wheel", project)
    finally:
        (project / MADE).parent.chmod(0o755)
    assert told.returncode == 2
    assert f"{project / MADE}: cannot be put aside: Permission denied." in told.stderr
    assert (project / MADE).exists()
