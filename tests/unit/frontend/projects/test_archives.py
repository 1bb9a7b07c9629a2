"""Source distributions as projects: what is unpacked, and what is refused and why."""

import gzip
import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from lbuild_frontend.errors import LbuildError, ProjectError
from lbuild_frontend.projects import archives
from lbuild_frontend.projects import project as projects

TOML = b'[project]\nname = "demo"\nversion = "1"\n'
TOP = "demo-1"


def member(name: str, kind: bytes = tarfile.REGTYPE, **fields: object) -> tarfile.TarInfo:
    one = tarfile.TarInfo(name)
    one.type = kind
    for field, value in fields.items():
        setattr(one, field, value)
    return one


def packed(path: Path, *more: tarfile.TarInfo, toml: str = f"{TOP}/pyproject.toml") -> Path:
    with tarfile.open(path, "w:gz") as archive:
        archive.addfile(member(toml, size=len(TOML), mode=0o644), io.BytesIO(TOML))
        for one in more:
            archive.addfile(one, io.BytesIO(b"x" * one.size))
    return path


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return tmp_path / f"{TOP}.tar.gz"


def test_a_project_is_unpacked(archive: Path) -> None:
    link = member(f"{TOP}/a/link", tarfile.SYMTYPE, linkname="../pyproject.toml")
    hard = member(f"{TOP}/hard", tarfile.LNKTYPE, linkname=f"{TOP}/pyproject.toml")
    script = member(f"{TOP}/run", size=1, mode=0o777)
    packed(archive, link, hard, script)
    roots = []
    for _ in range(2):
        with projects.opened(archive) as project:
            assert project.settings.name == "demo"
            assert (project.place, project.folder) == (archive, archive.parent)
            names = sorted(one.relative_to(project.root).as_posix() for one in _files(project.root))
            assert names == ["a/link", "hard", "pyproject.toml", "run"]
            assert os.access(project.root / "run", os.X_OK)
            roots.append(project.root)
    assert roots[0] == roots[1]
    assert not roots[0].exists()


def _files(root: Path) -> list[Path]:
    return [one for one in root.rglob("*") if not one.is_dir()]


def test_where_the_cache_is_is_not_for_an_archive_to_say(archive: Path) -> None:
    with tarfile.open(archive, "w:gz") as opened:
        toml = TOML + b'[tool.lbuild]\ncache-dir = "cache"\n'
        opened.addfile(member(f"{TOP}/pyproject.toml", size=len(toml)), io.BytesIO(toml))
    with projects.opened(archive) as project:
        assert project.settings.cache_dir is None


OUTSIDE: dict[str, Callable[[], list[tarfile.TarInfo]]] = {
    "absolute": lambda: [member("/lbuild-evil", size=1)],
    "above": lambda: [member(f"{TOP}/../../evil", size=1)],
    "link": lambda: [member(f"{TOP}/l", tarfile.SYMTYPE, linkname="../../evil")],
    "absolute link": lambda: [member(f"{TOP}/l", tarfile.SYMTYPE, linkname="/etc/passwd")],
    "link to the folder above": lambda: [member(f"{TOP}/l", tarfile.SYMTYPE, linkname="..")],
    "hard link": lambda: [member(f"{TOP}/l", tarfile.LNKTYPE, linkname="../evil")],
    "device": lambda: [member(f"{TOP}/null", tarfile.CHRTYPE, devmajor=1, devminor=3)],
    "pipe": lambda: [member(f"{TOP}/pipe", tarfile.FIFOTYPE)],
    "through a link": lambda: [
        member(f"{TOP}/l", tarfile.SYMTYPE, linkname="."),
        member(f"{TOP}/l/evil", size=1),
    ],
    "by two links": lambda: [
        member(f"{TOP}/a/b/c", tarfile.DIRTYPE, mode=0o755),
        member(f"{TOP}/a/b/c/l", tarfile.SYMTYPE, linkname="../../.."),
        member(f"{TOP}/m", tarfile.SYMTYPE, linkname="a/b/c/l/../../evil"),
    ],
}


@pytest.mark.parametrize("name", OUTSIDE)
def test_what_leads_outside(archive: Path, name: str) -> None:
    packed(archive, *OUTSIDE[name]())
    expected = rf"^{archive}: '.*' leads outside of its folder, or is neither"
    with pytest.raises(ProjectError, match=expected), projects.opened(archive):
        pytest.fail("it was unpacked")
    assert not Path("/lbuild-evil").exists()


def test_what_is_damaged(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = packed(archive).read_bytes()
    noise = bytes(range(256)) * 9
    for content in (b"", b"no archive", whole[:-9], whole[:60], gzip.compress(noise)):
        archive.write_bytes(content)
        problem = r"damaged \(|there is nothing"
        with pytest.raises(ProjectError, match=problem), projects.opened(archive):
            pytest.fail("it was unpacked")
    archive.write_bytes(whole)
    monkeypatch.setattr(archives, "_MOST_BYTES", 10)
    with pytest.raises(ProjectError, match="unpacks to more than"), projects.opened(archive):
        pytest.fail("it was unpacked")


@pytest.mark.parametrize(
    ("toml", "more", "problem"),
    [
        (f"{TOP}/pyproject.toml", "other/file", "but there is demo-1, other"),
        ("pyproject.toml", None, "but there is pyproject.toml"),
        (f"{TOP}/other.toml", None, "neither pyproject.toml nor setup.py is in demo-1"),
    ],
)
def test_what_is_no_project(archive: Path, toml: str, more: str | None, problem: str) -> None:
    packed(archive, *([member(more, size=1)] if more else []), toml=toml)
    expected = rf"^{archive}: .*{problem}\. Give a source distribution"
    with pytest.raises(ProjectError, match=expected) as caught, projects.opened(archive):
        pytest.fail("it was unpacked")
    assert caught.value.exit_code == 2


def test_errors_name_the_archive(archive: Path) -> None:
    packed(archive)
    with projects.opened(archive) as project:
        root = project.root
    message = f"{root}/pyproject.toml: something"

    def fail() -> None:
        with projects.opened(archive):
            raise LbuildError(message)

    with pytest.raises(LbuildError, match=f"^{archive}/pyproject.toml: something$"):
        fail()
