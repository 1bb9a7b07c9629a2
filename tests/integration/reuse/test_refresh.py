"""What reads the cache and what writes it: ``--refresh``, ``--no-cache`` and their like, as uv."""

from pathlib import Path
from typing import Any

import pytest

from lbuild_frontend.cache.sealed import seal, unseal
from support.command import Lbuild
from support.folder_content import inventory
from support.minimal_project import (
    CORE,
    NAME,
    WHEEL,
    configure,
    core_in_wheel,
    log_builds,
    status,
    wheel,
    when_building,
)
from support.projects import CopyProject, replace, sha256

REFRESH = pytest.mark.parametrize(
    "options",
    [
        ["--refresh"],
        ["--refresh-package", "other", "--refresh-package", "My.Demo"],
    ],
    ids=" ".join,
)


@pytest.fixture
def project(copy_project: CopyProject) -> Path:
    """A project of a name with several spellings, each of whose builds gives another wheel."""
    project = copy_project(NAME)
    replace(project / "pyproject.toml", 'name = "demo"', 'name = "My-Demo"')
    replace(project / "backend" / "backend.py", '= "demo"', '= "my_demo"')
    when_building(project, "print(os.urandom(8), file=open('src/new.txt', 'w'))")
    return project


def result(told: dict[str, Any]) -> tuple[str, str, str]:
    return told["action"], told["key"], told["sha256"]


@pytest.mark.quick(every=2)
@REFRESH
def test_it_does_not_read_but_writes(lbuild: Lbuild, project: Path, options: list[str]) -> None:
    first = wheel(lbuild, project)
    assert result(wheel(lbuild, project)) == ("reused", first["key"], first["sha256"])
    refreshed = wheel(lbuild, *options, project)
    assert [reason["kind"] for reason in refreshed["reasons"]] == ["forced"]
    assert result(refreshed)[:2] == ("built", first["key"])
    assert refreshed["sha256"] != first["sha256"]
    Path(first["wheel"]).unlink()
    # The next one reuses the new wheel, also for another clone.
    last = wheel(lbuild, project)
    assert result(last) == ("reused", first["key"], refreshed["sha256"])
    assert sha256(Path(last["wheel"])) == refreshed["sha256"]


def test_another_package_is_none_of_its_business(lbuild: Lbuild, project: Path) -> None:
    first = wheel(lbuild, project)
    names = ("--refresh-package=demo", "--refresh-package", "my-demo2")
    told = wheel(lbuild, *names, project)
    assert result(told) == ("reused", first["key"], first["sha256"])
    assert wheel(lbuild, *names, "--refresh-package=MY__demo", project)["action"] == "built"


def test_each_of_many_projects_is_asked_for_by_its_name(
    lbuild: Lbuild, project: Path, copy_project: CopyProject
) -> None:
    other = copy_project(NAME, folder="others")
    lbuild("wheel", project, other)
    told = lbuild("wheel", "--json", "--refresh-package=demo", project, other).json
    assert [one["action"] for one in told] == ["reused", "built"]
    for one, action in ((project, "reused"), (other, "built")):
        [told] = lbuild("metadata", "--json", "--refresh-package=DEMO", one).json
        assert told["action"] == action


def test_a_project_whose_name_only_the_backend_knows(lbuild: Lbuild, project: Path) -> None:
    text = (project / "pyproject.toml").read_text("utf-8")
    (project / "pyproject.toml").write_text(text.partition("[project]")[0])
    wheel(lbuild, project)
    assert wheel(lbuild, "--refresh-package", "demo", project)["action"] == "reused"
    assert wheel(lbuild, "--refresh-package", "My.Demo", project)["action"] == "built"


def test_known_digests_of_files_are_not_believed(lbuild: Lbuild, project: Path) -> None:
    """There is no edit that a stat signature cannot see, but one that looks so can be made up."""
    wheel(lbuild, project)
    wheel(lbuild, project)
    [path] = lbuild.cache.glob("digests-v2/*")
    known = unseal(path.read_bytes())
    before = {row[0]: row for row in known["files"]}
    place = str(project / CORE)
    assert place in before
    replace(project / CORE, "42", "43")
    now = (project / CORE).stat()
    signature = [now.st_size, now.st_mtime_ns, now.st_ctime_ns, now.st_ino]
    forged = [[place, *signature, before[place][-1]]]
    others = [before[name] for name in before if name != place]
    path.write_bytes(seal({**known, "files": [*others, *forged]}))
    assert wheel(lbuild, project)["action"] == "reused"  # as it was forged

    built = wheel(lbuild, "--refresh", project)
    assert core_in_wheel(built["wheel"]) == "ANSWER = 43\n"
    after = {row[0]: row for row in unseal(path.read_bytes())["files"]}
    assert place not in after or after[place][-1] != before[place][-1]
    last = wheel(lbuild, project)
    assert result(last) == ("reused", built["key"], built["sha256"])


def test_what_is_damaged_is_replaced(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    first = wheel(lbuild, project)
    blob = lbuild.cache / "blobs-v1" / first["sha256"][:2] / first["sha256"]
    blob.write_bytes(b"damaged")
    refreshed = wheel(lbuild, "--refresh", project)
    assert refreshed["sha256"] == first["sha256"] == sha256(blob)
    assert lbuild("cache", "verify").stderr == ""


def test_the_environment_is_made_anew(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    log = project.parent / "environments.log"
    when_building(project, f"print(sys.prefix, file=open({str(log)!r}, 'a'))")
    for option in ("--inputs=tree", "--refresh", "--refresh-package=demo"):
        lbuild("wheel", option, project)
    configure(project, "[tool.lbuild]\nalways-rebuild = true")
    lbuild("wheel", project)
    [first, second, third, last] = log.read_text("utf-8").splitlines()
    assert len({first, second, third}) == 3
    assert last == third  # what always builds does not always make one


@pytest.mark.quick(every=2)
@pytest.mark.parametrize(
    "lines",
    ["[tool.uv]\nreinstall-package = ['x', 'MY_demo']", "[tool.lbuild]\nalways-rebuild = true"],
)
def test_settings_that_always_build(lbuild: Lbuild, project: Path, lines: str) -> None:
    configure(project, lines)
    shas = set()
    for _ in range(2):
        told = wheel(lbuild, project)
        assert told["action"] == "built"
        assert told["reasons"][0]["kind"] == "forced"
        shas.add(told["sha256"])
    assert len(shas) == 2
    assert status(lbuild, project)["verdict"] == "rebuild"
    # They write, too.
    text = (project / "pyproject.toml").read_text("utf-8")
    (project / "pyproject.toml").write_text(text.replace("MY_demo", "y").replace("true", "false"))
    built = wheel(lbuild, project)
    assert result(wheel(lbuild, project)) == ("reused", built["key"], built["sha256"])


# Without the cache


def test_no_cache_reads_and_writes_nothing(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    project = copy_project(NAME)
    log = log_builds(project)
    (tmp_path / "tmp").mkdir()
    env = {"TMPDIR": str(tmp_path / "tmp")}
    elsewhere = tmp_path / "elsewhere"
    named = ["--no-cache", "--cache-dir", elsewhere]
    for options in (named, ["--no-cache", "--refresh"]):
        assert wheel(lbuild, *options, project, env=env)["action"] == "built"
    assert not elsewhere.exists()
    assert list((tmp_path / "tmp").iterdir()) == []

    for _ in range(3):
        lbuild("wheel", project)
    cache = inventory(lbuild.cache)
    assert wheel(lbuild, "--no-cache", project, env=env)["action"] == "built"
    [told] = lbuild("metadata", "--no-cache", "--json", project, env=env).json
    assert told["action"] == "built"
    assert inventory(lbuild.cache) == cache
    # Not even to find out whether it is one.
    for path in lbuild.cache.rglob("*"):
        if path.is_file() and not path.is_symlink() and "environments-v1" not in path.parts:
            path.write_bytes(b"damaged")
    lbuild.cache.chmod(0o777)
    cache = inventory(lbuild.cache)
    assert wheel(lbuild, "--no-cache", project, env=env)["action"] == "built"
    assert inventory(lbuild.cache) == cache
    assert log.lines == ["built"] * 6
    assert list((tmp_path / "tmp").iterdir()) == []


def test_no_cache_where_none_could_be(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    blocked = lbuild.home / "a file"
    blocked.touch()
    env = {"LBUILD_CACHE_DIR": str(blocked / "cache")}
    assert "cannot be used" in lbuild("wheel", project, returncode=2, env=env).stderr
    assert lbuild("wheel", "--no-cache", project, env=env).stdout.endswith(f"{WHEEL}\n")


def test_status_takes_none_of_these(lbuild: Lbuild, project: Path) -> None:
    for option in ("--refresh", "--no-cache", "--refresh-package=x"):
        assert (
            "is an option of lbuild wheel" in lbuild("status", option, project, returncode=2).stderr
        )
