"""The commands on the cache, and the bounds that it is kept within."""

import contextlib
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from support.command import Lbuild
from support.folder_content import content, inventory
from support.minimal_project import (
    CORE,
    NAME,
    WHEEL,
    configure,
    log_builds,
    make_gate,
    running,
    wait_for_end,
    wheel,
    when_building,
)
from support.projects import CopyProject, replace, sha256

COMMANDS = ("dir", "info", "list", "clean", "purge", "prune", "verify")


def cache_info(lbuild: Lbuild, **how: Any) -> dict[str, Any]:
    [told] = lbuild("cache", "info", "--json", **how).json
    return dict(told)


def cache_list(lbuild: Lbuild, *arguments: str) -> list[dict[str, Any]]:
    return list(lbuild("cache", "list", "--json", *arguments).json)


def test_where_there_is_no_cache_yet(lbuild: Lbuild) -> None:
    said = {
        "dir": f"{lbuild.cache}\n",
        "list": "",
        "verify": "verified 0 files, 0 B: nothing is damaged\n",
    }
    for command in COMMANDS:
        result = lbuild("cache", command)
        if command != "info":
            assert result.stdout == said.get(command, "nothing to remove\n")
        nothing = f"{lbuild.cache}: the cache has no entries\n"
        assert result.stderr == (nothing if command == "list" else "")
    assert lbuild("cache", "list", "-q").stderr == ""
    assert lbuild("cache", "prune", "--ci").stdout == "nothing to remove\n"
    assert cache_list(lbuild) == lbuild("cache", "verify", "--json").json == []
    told = cache_info(lbuild)
    assert (told["size"], told["entries"], told["buckets"]) == (0, 0, {})
    told = lbuild("cache", "remove", "demo", returncode=2)
    assert told.stderr == (
        f"error: demo: no entry in {lbuild.cache} matches. List the entries: lbuild cache list.\n"
    )
    assert not lbuild.cache.exists()


def test_info_and_list(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    built = wheel(lbuild, project)
    for _ in range(3):  # the first is looked up, and the others are replayed
        assert wheel(lbuild, project)["action"] == "reused"
    lbuild("status", project)
    lbuild("metadata", project)
    told = cache_info(lbuild)
    assert (told["hits"], told["misses"]) == (4, 1)
    assert (told["dir"], told["limit"], told["generations"]) == (str(lbuild.cache), 5 * 2**30, 30)
    assert (told["projects"], told["other_versions"]) == (1, [])
    assert told["prunable"] == {"items": {}, "size": 0}
    files = [path for path in lbuild.cache.rglob("*") if path.is_file() and not path.is_symlink()]
    assert told["size"] == sum(path.stat().st_size for path in files)
    for name, bucket in told["buckets"].items():
        inside = [path for path in files if path.is_relative_to(lbuild.cache / name)]
        assert bucket["size"] == sum(path.stat().st_size for path in inside)

    [listed] = cache_list(lbuild)
    time = r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]Z"
    assert all(re.fullmatch(time, listed.pop(when)) for when in ("built", "used"))
    assert listed == {
        "name": "demo",
        "version": "0.1.0",
        "hook": "build_wheel",
        "tag": "py3-none-any",
        "file": WHEEL,
        "size": (project / "dist" / WHEEL).stat().st_size,
        "sha256": built["sha256"],
        "key": built["key"],
        "inputs": "traced",
        "project": str(project),
        "because": ["first build here."],
    }
    line = lbuild("cache", "list").stdout
    assert re.fullmatch(
        rf"demo 0\.1\.0  py3-none-any  [0-9.]+ KiB  built \S+  used \S+  {project}\n", line
    )
    for name in ("demo", "DEMO", "d*", "demo-0.1.0", "demo-0.*", WHEEL, "*-none-any.whl"):
        assert lbuild("cache", "list", name).stdout == line
    for name in ("dem", "demo-0.2*", "other"):
        told = lbuild("cache", "list", name)
        assert told.stdout == ""
        assert told.stderr == (
            f"{name}: no entry in {lbuild.cache} matches. List the entries: lbuild cache list.\n"
        )
    info = lbuild("cache", "info").stdout
    assert f"  location  {lbuild.cache}\n" in info
    assert "  hits      4" in info
    assert "80 % of 5 requests" in info
    assert "prune would free" not in info


def test_info_promises_what_prune_frees(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also what killed builds have left elsewhere; but no environment that a build still uses."""
    temporary = tmp_path / "temporary"
    monkeypatch.setenv("TMPDIR", str(temporary))
    (temporary / "lbuild-result-a1b2c3d4" / "deep").mkdir(parents=True)
    (temporary / "lbuild-result-a1b2c3d4" / "deep" / "file").write_bytes(b"x" * 1000)
    project = copy_project(NAME)
    lbuild("wheel", project)
    replace(project / CORE, "42", "43")
    barrier = make_gate(tmp_path)
    when_building(project, barrier.code)
    (lbuild.cache / "entries-v1" / ".0123456789abcdef.tmp").write_bytes(b"y" * 100)
    for path in (lbuild.cache / "environments-v1").rglob("*"):
        if path.is_file() and not path.is_symlink():
            os.utime(path, (0, 0))  # not used for more than a month

    def prune() -> dict[str, int]:
        promised = cache_info(lbuild)["prunable"]
        [freed] = lbuild("cache", "prune", "--json").json
        assert (promised["items"], promised["size"]) == (freed["removed"], freed["size"])
        return dict(freed["removed"])

    with running(lbuild, "wheel", project) as process:
        barrier.await_backend()
        assert prune()["leftover"] == 2
        barrier.open.touch()
        wait_for_end(process)
    assert prune() == {"environment": 1}
    assert prune() == {}
    assert list(temporary.iterdir()) == []


def test_what_is_counted_is_what_is_listed(lbuild: Lbuild, copy_project: CopyProject) -> None:
    """A project may have answers of its backend in the cache besides: they are records."""
    project = copy_project(NAME)
    with (project / "backend" / "backend.py").open("a", encoding="utf-8") as file:
        file.write("\n\ndef get_requires_for_build_wheel(settings=None):\n    return []\n")
    lbuild("wheel", project)
    lbuild("metadata", project)
    entries = list((lbuild.cache / "entries-v1").rglob("*.json"))
    listed = len(cache_list(lbuild))
    assert (len(entries), listed, cache_info(lbuild)["entries"]) == (2, 1, 1)
    [told] = lbuild("cache", "clean", "demo", "--json").json
    assert (told["removed"]["entry"], told["removed"]["record"]) == (listed, 1)
    assert cache_list(lbuild) == []
    assert list((lbuild.cache / "entries-v1").rglob("*.json")) == []


def test_projects_whose_names_only_their_backends_know(
    lbuild: Lbuild, copy_project: CopyProject
) -> None:
    """They share a folder in the cache, and are counted by their names nevertheless."""
    for name in ("demo", "other"):
        project = copy_project(NAME, folder=name)
        text = (project / "pyproject.toml").read_text("utf-8")
        (project / "pyproject.toml").write_text(text.partition("[project]")[0])
        replace(project / "backend" / "backend.py", '= "demo"', f'= "{name}"')
        lbuild("wheel", project)
    assert {path.name for path in (lbuild.cache / "entries-v1").iterdir()} == {"unnamed"}
    assert [one["name"] for one in cache_list(lbuild)] == ["demo", "other"]
    assert cache_info(lbuild)["projects"] == 2
    assert "  entries   2" in lbuild("cache", "info").stdout
    assert "of 2 projects" in lbuild("cache", "info").stdout


def test_remove(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    log = log_builds(project)
    lbuild("wheel", project)
    replace(project / "pyproject.toml", '"0.1.0"', '"0.2.0"')
    replace(project / "backend" / "backend.py", '"0.1.0"', '"0.2.0"')
    lbuild("wheel", project)
    versions = [one["version"] for one in cache_list(lbuild)]
    assert versions == ["0.1.0", "0.2.0"]
    before = content(lbuild.cache)
    for names in (["demo-0.3*"], ["demo", "other"], ["de"]):
        told = lbuild("cache", "remove", *names, returncode=2)
        assert told.stderr.startswith(f"error: {names[-1]}: no entry in {lbuild.cache} matches.")
    assert content(lbuild.cache) == before

    size = cache_info(lbuild)["size"]
    [told] = lbuild("cache", "remove", "--json", "Demo-0.1*").json
    assert told.keys() == {"dir", "removed", "size", "in_use", "other_versions", "stuck"}
    assert told["dir"] == str(lbuild.cache)
    assert told["in_use"] == told["other_versions"] == told["stuck"] == []
    assert told["removed"]["entry"] >= 1
    assert abs(size - cache_info(lbuild)["size"] - told["size"]) < 10  # the account of it
    assert [one["version"] for one in cache_list(lbuild)] == ["0.2.0"]
    assert wheel(lbuild, project)["action"] == "reused"

    removed = lbuild("cache", "remove", "d?mo").stdout
    assert re.fullmatch(r"removed \d entr(y|ies) and \d blobs, [0-9.]+ KiB\n", removed)
    assert cache_list(lbuild) == []
    assert list((lbuild.cache / "entries-v1").iterdir()) == []
    assert wheel(lbuild, project)["action"] == "built"
    assert log.lines == ["built"] * 3


def test_clean_and_purge(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    lbuild("wheel", project)
    assert lbuild("cache", "clean", "other", "*").stdout == "nothing to remove\n"
    told = lbuild("cache", "purge", "other", "DEMO").stdout
    assert told.startswith("removed ")
    assert cache_list(lbuild) == []
    assert list(lbuild.cache.glob("environments-v1/env-*"))

    lbuild("wheel", project)
    told = lbuild("cache", "clean").stdout
    assert "1 build environment" in told
    info = cache_info(lbuild)
    assert (info["hits"], info["misses"], info["entries"]) == (0, 0, 0)
    left = {path.relative_to(lbuild.cache).as_posix() for path in lbuild.cache.rglob("*.*")}
    assert left == {"CACHEDIR.TAG", "counts-v1/size.json"}
    assert lbuild("cache", "clean").stdout == "nothing to remove\n"
    assert wheel(lbuild, project)["action"] == "built"


def test_prune(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    lbuild("wheel", project)
    sound = content(lbuild.cache)
    assert lbuild("cache", "prune").stdout == "nothing to remove\n"
    blob = lbuild.cache / "blobs-v1" / "00" / ("0" * 64)
    for path in (blob, lbuild.cache / "entries-v0" / "old", lbuild.cache / f".{'0' * 16}.tmp"):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"12345")
    (lbuild.cache / "entries-v9").mkdir()
    info = lbuild("cache", "info").stdout
    would = "lbuild cache prune would free 15 B: 1 old bucket, 1 leftover and 1 blob\n"
    newer = "entries-v9: of another version of lbuild, kept\n"
    assert info.endswith(would + newer)
    told = lbuild("cache", "prune").stdout
    assert told == f"{lbuild.cache}/{newer}removed 1 old bucket, 1 leftover and 1 blob, 15 B\n"
    (lbuild.cache / "entries-v9").rmdir()
    after = content(lbuild.cache)
    del sound["counts-v1/size.json"], after["counts-v1/size.json"]
    assert after == sound


def test_prune_for_ci(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    log = log_builds(project)
    first = wheel(lbuild, project)
    [told] = lbuild("cache", "prune", "--ci", "--json").json
    assert told["removed"] == {"environment": 1, "record": 2}
    left = {path.name for path in lbuild.cache.iterdir() if any(path.rglob("*"))}
    assert left == {"entries-v1", "blobs-v1", "counts-v1", "environments-v1"}
    assert not list(lbuild.cache.glob("environments-v1/*/*"))
    # What CI restores is in another folder, and so is the checkout.
    moved = Lbuild(lbuild.cache.rename(lbuild.cache.with_name("restored")), lbuild.home)
    shutil.rmtree(project / "dist")
    clone = project.rename(project.with_name("checkout"))
    told = wheel(moved, clone)
    assert (told["action"], told["sha256"]) == ("reused", first["sha256"])
    assert sha256(clone / "dist" / WHEEL) == first["sha256"]
    assert log.lines == ["built"]
    replace(clone / CORE, "42", "43")
    assert wheel(moved, clone)["action"] == "built"


def flip(path: Path) -> None:
    """Change one bit of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_verify(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    log = log_builds(project)
    first = wheel(lbuild, project)
    for _ in range(3):  # then the command line is known
        wheel(lbuild, project)
    told = lbuild("cache", "verify").stdout
    assert re.fullmatch(r"verified \d+ files, [0-9.]+ KiB: nothing is damaged\n", told)
    [entry] = lbuild.cache.glob("entries-v1/demo/build_wheel/*")
    blob = lbuild.cache / "blobs-v1" / first["sha256"][:2] / first["sha256"]
    others = [
        next(lbuild.cache.glob(pattern))
        for pattern in (
            *("replays-v1/*", "digests-v2/*", "counts-v1/size.json"),
            *("environments-v1/requests/*", "environments-v1/env-*/**/pyvenv.cfg"),
        )
    ]
    for path in (blob, *others):
        flip(path)
    (blob.parent / ".half").touch()  # nobody's
    told = lbuild("cache", "verify", returncode=2).stdout
    assert f"{blob}: damaged; removed\n" in told
    assert f"{entry}: a blob that it names is missing: {first['sha256']}; removed\n" in told
    # Without the record of its request nobody asks for the environment.
    for path in others[:-1]:
        assert f"{path}: damaged; removed\n" in told
        assert not path.exists()
    environment = lbuild.cache / others[-1].relative_to(lbuild.cache).parents[-3]
    assert f"{environment}: changed since it was made; removed\n" in told
    assert told.endswith(": 7 problems\n")
    assert lbuild("cache", "verify").stdout.endswith(": nothing is damaged\n")

    again = wheel(lbuild, project)
    assert (again["action"], again["sha256"]) == ("built", first["sha256"])
    assert log.lines == ["built"] * 2
    flip(blob)
    rows = lbuild("cache", "verify", "--json", returncode=2).json
    assert [row.keys() for row in rows] == [{"path", "problem", "removed"}] * 2
    assert rows[0] == {"path": str(blob), "problem": "damaged", "removed": True}
    assert lbuild("cache", "verify", "--json").json == []


@pytest.mark.parametrize("what", ["a file", "other things", "open to others"])
def test_a_folder_that_is_no_cache_or_nobodys(lbuild: Lbuild, what: str) -> None:
    messages = {
        "a file": "the cache cannot be used (Not a directory)",
        "other things": "this folder has files that do not belong to a cache.",
        "open to others": "other users can write to this cache folder",
    }
    if what == "a file":
        lbuild.cache.touch()
    else:
        lbuild.cache.mkdir()
        lbuild.cache.chmod(0o777 if what == "open to others" else 0o700)
    if what == "other things":
        (lbuild.cache / "precious").touch()
    before = inventory(lbuild.cache)
    assert lbuild("cache", "dir").stdout == f"{lbuild.cache}\n"
    for command in (*COMMANDS[1:], "remove"):
        told = lbuild("cache", command, *(["x"] if command == "remove" else []), returncode=2)
        assert told.stderr.startswith(f"error: {lbuild.cache}: {messages[what]}"), command
        assert told.stdout == ""
    assert inventory(lbuild.cache) == before


def test_quiet_and_loud(lbuild: Lbuild, copy_project: CopyProject) -> None:
    lbuild("wheel", copy_project(NAME))
    assert lbuild("cache", "verify", "-q").stdout.endswith(": nothing is damaged\n")
    result = lbuild("cache", "verify", "-v")
    assert result.stderr.startswith("looking at the cache\nverifying the cache: 0 of ")
    assert lbuild("cache", "clean", "-q").stdout.startswith("removed ")


# Bounds


def test_a_wheel_that_is_too_large_is_delivered_and_not_kept(
    lbuild: Lbuild, copy_project: CopyProject
) -> None:
    project = copy_project(NAME)
    for _ in range(2):
        result = lbuild("wheel", project, env={"LBUILD_CACHE_SIZE": "1 KiB"})
        assert result.stdout == f"{project / 'dist' / WHEEL}\n"
        assert (
            f"warning: demo: {WHEEL} was not kept for reuse, because the cache is limited to "
            "1 KiB. Raise the limit with tool.lbuild.cache-size or LBUILD_CACHE_SIZE.\n"
        ) in result.stderr
        assert "built in " in result.stderr
        assert cache_list(lbuild) == []
    configure(project, "[tool.lbuild]\ncache-size = 1024")
    assert "limited to 1 KiB" in lbuild("wheel", project).stderr
    # The variable goes before the setting; and none is no bound.
    told = lbuild("wheel", project, env={"LBUILD_CACHE_SIZE": "0"}).stderr
    assert "warning" not in told
    assert len(cache_list(lbuild)) == 1
    assert cache_info(lbuild, cwd=project)["limit"] == 1024
    assert cache_info(lbuild, cwd=project, env={"LBUILD_CACHE_SIZE": "0"})["limit"] is None


def test_a_hit_leaves_all_as_it_is(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    lbuild("wheel", project)
    before = content(lbuild.cache)
    for _ in range(2):
        told = lbuild("wheel", project, env={"LBUILD_CACHE_SIZE": "1"}).stderr
        assert "reused" in told
    after = content(lbuild.cache)
    changed = {name for name in before if after.get(name) != before[name]}
    assert all(name.startswith(("counts-v1", "digests-v2", "replays-v1")) for name in changed)
    assert len(cache_list(lbuild)) == 1


def test_what_was_used_longest_ago_makes_room(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    (project / "src" / "data.bin").write_bytes(os.urandom(200_000))
    shas = []
    for answer in ("42", "43", "44"):
        with contextlib.suppress(AssertionError):
            replace(project / CORE, str(int(answer) - 1), answer)
        shas.append(wheel(lbuild, project, env={"LBUILD_CACHE_SIZE": "560 kB"})["sha256"])
        assert cache_info(lbuild)["size"] <= 560_000
    assert [one["sha256"] for one in cache_list(lbuild)] == shas[1:]
    assert cache_info(lbuild, env={"LBUILD_CACHE_SIZE": "1"})["prunable"]["items"]["entry"] >= 2
    lbuild("cache", "prune", env={"LBUILD_CACHE_SIZE": "300 kB"})
    assert [one["sha256"] for one in cache_list(lbuild)] == shas[2:]


@pytest.mark.parametrize("command", ["wheel", "cache info", "cache prune"])
def test_a_size_that_is_none(lbuild: Lbuild, copy_project: CopyProject, command: str) -> None:
    project = copy_project(NAME)
    words = [*command.split(), *([] if "cache" in command else [project])]
    told = lbuild(*words, returncode=2, env={"LBUILD_CACHE_SIZE": "much"})
    assert told.stderr.endswith(
        "error: LBUILD_CACHE_SIZE: 'much' is not a size. Write bytes, such as 500_000_000, or a "
        'string, such as "500 MB" or "5 GiB"; 0 means no limit.\n'
    )
    assert "built" not in told.stderr
    assert not (project / "dist").exists()
    assert not list(lbuild.cache.glob("entries-v1/*"))


def test_generations(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    configure(project, "[tool.lbuild]\ncache-generations = 2")
    keys = []
    for answer in (42, 43, 44):
        if answer > 42:
            replace(project / CORE, str(answer - 1), str(answer))
        keys.append(wheel(lbuild, project)["key"])
    clone = Path(shutil.copytree(project, project.with_name("clone")))
    wheel(lbuild, clone)  # which has generations of its own
    listed = cache_list(lbuild)
    assert sorted((one["project"], one["key"]) for one in listed) == sorted(
        [(str(project), keys[1]), (str(project), keys[2]), (str(clone), keys[2])]
    )
    replace(project / CORE, "44", "43")
    assert wheel(lbuild, project)["action"] == "reused"
    replace(project / CORE, "43", "42")
    assert wheel(lbuild, project)["action"] == "built"


@pytest.mark.parametrize("command", ["info", "list", "remove none", "clean", "prune", "verify"])
def test_json_is_an_array_after_an_error_too(
    lbuild: Lbuild, copy_project: CopyProject, command: str
) -> None:
    no_cache = copy_project(NAME)
    told = lbuild("cache", *command.split(), "--json", "--cache-dir", no_cache, returncode=2)
    assert told.json == []
    assert "error: " in told.stderr
