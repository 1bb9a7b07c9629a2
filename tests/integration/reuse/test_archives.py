"""A source distribution as PROJECT: keyed by what it contains, and known by its own name."""

import shutil
import tarfile
from pathlib import Path
from typing import Any

import pytest

from support.command import Lbuild
from support.minimal_project import CORE, NAME, core_in_wheel, wheel
from support.projects import CopyProject, replace

TOP = "demo-0.1.0"


def packed(project: Path, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    archive = folder / f"{TOP}.tar.gz"
    with tarfile.open(archive, "w:gz") as opened:
        opened.add(project, TOP)
    return archive


@pytest.fixture
def project(copy_project: CopyProject) -> Path:
    return copy_project(NAME)


def kinds(told: dict[str, Any]) -> list[str]:
    return [one["kind"] for one in told["reasons"]]


def test_an_archive_is_built_once(lbuild: Lbuild, project: Path, tmp_path: Path) -> None:
    archive = packed(project, tmp_path / "a")
    first = wheel(lbuild, archive)
    assert (first["action"], first["project"]) == ("built", str(archive))
    assert Path(first["wheel"]).parent == archive.parent
    assert core_in_wheel(first["wheel"]) == (project / CORE).read_text()
    (tmp_path / "b").mkdir()
    other = Path(shutil.copy(archive, tmp_path / "b"))
    for given in (archive, archive, other):
        told = wheel(lbuild, given)
        assert (told["action"], told["project"]) == ("reused", str(given))
    assert "up to date" in lbuild("status", archive).stdout
    assert lbuild("metadata", archive).stdout.startswith("Metadata-Version")
    # Another content at the same path, also for a command that is replayed.
    (project / CORE).write_text("changed = 1\n")
    packed(project, archive.parent)
    told = wheel(lbuild, archive)
    assert (told["action"], kinds(told)) == ("built", ["file-changed"])
    assert core_in_wheel(told["wheel"]) == "changed = 1\n"
    assert not any(b"lbuild-sdist" in one.read_bytes() for one in files(lbuild.cache))


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_what_an_archive_cannot_be_used_for(lbuild: Lbuild, project: Path, tmp_path: Path) -> None:
    archive = packed(project, tmp_path / "a")
    for words in (["editable"], ["metadata", "-e"]):
        result = lbuild(*words, archive, returncode=2)
        assert f"error: {archive}: a source distribution has no folder" in result.stderr
    result = lbuild("sdist", archive, returncode=2)
    assert f"error: {archive}: this is a source distribution already" in result.stderr
    replace(project / "pyproject.toml", "[build-system]", "[build-system]\nwrong =")
    result = lbuild("wheel", packed(project, tmp_path / "a"), returncode=2)
    assert f"error: {archive}/pyproject.toml: invalid TOML" in result.stderr
    assert "lbuild-sdist" not in result.stderr
