"""--json after an error: an object for each project, whatever was wrong."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from support import checked_json
from support.command import Lbuild
from support.minimal_project import NAME, configure, when_building
from support.projects import CopyProject


def test_each_project_has_an_object(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    good, failing, wrong = (
        copy_project(NAME, folder=folder) for folder in ("good", "failing", "wrong")
    )
    when_building(failing, "raise RuntimeError('no wheel today')")
    configure(wrong, "[tool.lbuild]\ninputs = 1")
    missing = tmp_path / "missing"
    link = tmp_path / "link"
    link.symlink_to(wrong, target_is_directory=True)
    result = lbuild("wheel", "--json", failing, good, link, missing, returncode=2)
    rows = result.json
    assert [row["project"] for row in rows] == list(map(str, (failing, good, wrong, missing)))
    assert rows[1]["action"] == "built"
    errors = [row["error"] for row in rows if "error" in row]
    assert [error["kind"] for error in errors] == ["build-failed", "project", "project"]
    for error in errors:
        assert list(error) == ["kind", "message", "log"]
        assert f"error: {error['message']}\n" in result.stderr
    assert [row.keys() for row in rows if "error" in row] == [{"project", "error"}] * 3

    lbuild("wheel", "--json", failing, returncode=1)
    [row] = lbuild("metadata", "--json", wrong, returncode=2).json
    assert row["error"]["kind"] == "project"
    [row] = lbuild("status", "--json", "--exit-code", wrong, returncode=2).json
    assert row["error"]["kind"] == "project"


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        (["--cache-dir", "full"], "cache"),
        (["--python", "no-such-python"], "interpreter"),
        (["--out-dir", "full/file"], "request"),
    ],
)
def test_the_kind_of_an_error(
    lbuild: Lbuild, copy_project: CopyProject, options: list[str], kind: str
) -> None:
    project = copy_project(NAME)
    (lbuild.home / "full").mkdir()
    (lbuild.home / "full" / "file").touch()
    [row] = lbuild("wheel", "--json", *options, project, returncode=2).json
    assert row["error"]["kind"] == kind


@pytest.mark.exhaustive
def test_requirements_that_cannot_be_installed(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project("hatchling")
    (project / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["no-such-requirement-of-lbuild"]\nbuild-backend = "none"\n'
    )
    empty = {"PIP_NO_INDEX": "1", "UV_NO_INDEX": "1"}
    [row] = lbuild("wheel", "--json", project, returncode=1, env=empty).json
    assert row["error"]["kind"] == "install-failed"
    [row] = lbuild("wheel", "--json", "-n", project, returncode=2).json
    assert row["error"]["kind"] == "environment"


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_an_interrupted_command_lists_what_it_did_not_begin(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    slow, next_one = copy_project(NAME, folder="slow"), copy_project(NAME, folder="next")
    begun = tmp_path / "begun"
    when_building(slow, f"open({str(begun)!r}, 'w').close()\nimport time; time.sleep(60)")
    process = subprocess.Popen(
        lbuild.command("wheel", "--json", slow, next_one),
        cwd=lbuild.home,
        env=lbuild.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while not begun.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stderr

    rows = checked_json.read(["wheel"], stdout)
    assert [row["project"] for row in rows] == [str(slow), str(next_one)]
    assert [row["error"]["kind"] for row in rows] == ["interrupted"] * 2
