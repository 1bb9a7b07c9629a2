"""What other versions of lbuild have in the cache is left alone, and named; never misread."""

import hashlib
import json
from pathlib import Path

import pytest

from support.command import Lbuild
from support.folder_content import content
from support.minimal_project import CORE, NAME, core_in_wheel, status, wheel
from support.projects import CopyProject, replace

OLD = "entries-v0"
NEW = ("entries-v2", "environments-v9", "unknownthing-v1")


def sealed(value: object) -> bytes:
    text = json.dumps(value).encode("ascii")
    return hashlib.sha256(text).hexdigest().encode("ascii") + b"\n" + text


class Others:
    """What an older and a newer lbuild have left in a cache."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        for name in (OLD, *NEW):
            folder = cache / name / "demo" / "build_wheel"
            folder.mkdir(parents=True)
            (folder / "1-2.json").write_bytes(sealed({"schema": 99}))
            (folder / ".0123456789abcdef.tmp").write_text("half of something")
            (cache / name / "link").symlink_to("demo")
        self.result = b"what a newer lbuild has built"
        sha256 = hashlib.sha256(self.result).hexdigest()
        self.blob = cache / "blobs-v1" / sha256[:2] / sha256
        self.blob.parent.mkdir(exist_ok=True)
        self.blob.write_bytes(self.result)
        newest = f"{9 * 10**19}-newer.json"
        self.entry = cache / "entries-v1" / "demo" / "build_wheel" / newest
        self.entry.write_bytes(sealed({"schema": 99, "result": {"digest": f"sha256:{sha256}"}}))

    def state(self) -> dict[str, object]:
        """All of it but for the older bucket, byte for byte."""
        return {
            **{name: content(self._cache / name) for name in NEW},
            "entry": self.entry.read_bytes(),
            "blob": self.blob.read_bytes(),
        }

    def are_named_in(self, text: str, *more: str) -> bool:
        """Whether each is named, of what is told to be left alone."""
        return all(name in text for name in (*NEW, *more))


@pytest.fixture
def project(copy_project: CopyProject) -> Path:
    return copy_project(NAME)


@pytest.fixture
def others(lbuild: Lbuild, project: Path) -> Others:
    lbuild("wheel", project)
    return Others(lbuild.cache)


@pytest.mark.exhaustive
def test_builds_pass_them_by(lbuild: Lbuild, project: Path, others: Others) -> None:
    before, older = others.state(), content(lbuild.cache / OLD)
    assert wheel(lbuild, project)["action"] == "reused"
    assert status(lbuild, project)["verdict"] == "reuse"
    replace(project / CORE, "42", "43")
    assert status(lbuild, project)["verdict"] == "rebuild"
    result = lbuild("wheel", project)
    assert "warning" not in result.stderr
    assert core_in_wheel(result.stdout.strip()) == "ANSWER = 43\n"
    lbuild("wheel", "--refresh", project)
    assert (others.state(), content(lbuild.cache / OLD)) == (before, older)


def test_only_theirs(lbuild: Lbuild, project: Path, others: Others) -> None:
    """Where nothing else is known about a project, this is the reason."""
    before = others.state()
    for entry in lbuild.cache.glob("entries-v1/demo/build_wheel/0*.json"):
        entry.unlink()
    [reason] = status(lbuild, project)["reasons"]
    assert (reason["kind"], reason["name"]) == ("record-version", others.entry.name)
    told = wheel(lbuild, project)
    assert (told["action"], told["reasons"][0]["kind"]) == ("built", "record-version")
    assert wheel(lbuild, project)["action"] == "reused"
    assert others.state() == before


@pytest.mark.parametrize("command", ["info", "list", "verify"])
def test_looking_leaves_them(lbuild: Lbuild, project: Path, others: Others, command: str) -> None:
    before, older = others.state(), content(lbuild.cache / OLD)
    result = lbuild("cache", command)
    if command != "list":
        assert others.are_named_in(result.stdout), result.stdout
    if command == "verify":
        assert str(others.entry) in result.stdout
    assert (others.state(), content(lbuild.cache / OLD)) == (before, older)
    assert wheel(lbuild, project)["action"] == "reused"


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("command", "action"),
    [
        (("prune",), "reused"),
        (("prune", "--ci"), "reused"),
        (("clean",), "built"),
        (("clean", "demo"), "built"),
        (("remove", "d*"), "built"),
    ],
)
def test_cleaning_up_leaves_the_newer_ones(
    lbuild: Lbuild, project: Path, others: Others, command: tuple[str, ...], action: str
) -> None:
    before = others.state()
    result = lbuild("cache", *command)
    assert others.state() == before
    takes_all = len(command) == 1 or command[1] == "--ci"
    assert (lbuild.cache / OLD).exists() == (not takes_all)
    if takes_all:
        assert others.are_named_in(result.stdout), result.stdout
    if command == ("clean",):
        assert str(others.entry) in result.stdout
    assert wheel(lbuild, project)["action"] == action
    assert others.state() == before


def test_making_room_leaves_them(lbuild: Lbuild, project: Path, others: Others) -> None:
    before = others.state()
    lbuild("cache", "prune", env={"LBUILD_CACHE_SIZE": "1"})
    assert others.state() == before
    replace(project / CORE, "42", "43")
    lbuild("wheel", project, env={"LBUILD_CACHE_SIZE": "1"})
    assert others.state() == before
