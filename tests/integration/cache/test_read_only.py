"""A cache that is only read: because it cannot be written, or because that was asked for."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from support import unprivileged
from support.command import Lbuild, Result
from support.minimal_project import CORE, NAME, WHEEL, configure, core_in_wheel, status, wheel
from support.projects import CopyProject, replace

pytestmark = pytest.mark.shared_environments


def state_of(folder: Path) -> dict[Path, tuple[int, int, int]]:
    """All that is in a folder, so that anything that was done to it shows."""
    every = [folder, *folder.rglob("*")]
    statuses = {path: path.lstat() for path in every}
    return {path: (one.st_mtime_ns, one.st_ctime_ns, one.st_size) for path, one in statuses.items()}


def make_read_only(folder: Path) -> None:
    for path in (*folder.rglob("*"), folder):
        path.chmod(path.stat().st_mode & ~0o222)


def make_writable(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        path.chmod(path.stat().st_mode | 0o200)


def warnings_of(result: Result) -> list[str]:
    return [line for line in result.stderr.splitlines() if line.startswith("warning: ")]


@dataclass(frozen=True, slots=True)
class ReadOnly:
    """Runs lbuild with a cache that it cannot write to, and sees to it that nothing is written."""

    lbuild: Lbuild
    before: dict[Path, tuple[int, int, int]]

    def __call__(self, *arguments: str | Path, returncode: int = 0) -> Result:
        result = unprivileged.run(self.lbuild, *arguments)
        assert result.returncode == returncode, result
        assert state_of(self.lbuild.cache) == self.before, arguments
        return result


@pytest.fixture
def project(copy_project: CopyProject) -> Path:
    return copy_project(NAME)


@pytest.fixture
def run(lbuild: Lbuild, project: Path) -> ReadOnly:
    """Let a cache have the wheel of the project, then be one that cannot be written."""
    lbuild("wheel", project)
    make_read_only(lbuild.cache)
    return ReadOnly(lbuild, state_of(lbuild.cache))


def test_one_that_cannot_be_written(
    lbuild: Lbuild, copy_project: CopyProject, project: Path, run: ReadOnly
) -> None:
    clone = copy_project(NAME, folder="clone")
    for command, told in (("wheel", "reused"), ("metadata", "reused"), ("status", "up to date")):
        result = run(command, clone)
        assert told in result.stdout + result.stderr
        assert warnings_of(result) == []
    assert "nothing is damaged" in run("cache", "verify").stdout

    replace(project / CORE, "42", "43")
    replace(clone / CORE, "42", "44")
    result = run("wheel", project, clone)
    assert result.stderr.count(" 0.1.0: built in ") == 2
    [warning] = warnings_of(result)
    assert warning == (
        f"warning: {lbuild.cache}: the cache cannot be written (Permission denied), so what is "
        "built is not kept for reuse. To read it without this warning: --cache-mode read-only"
    )
    assert core_in_wheel(project / "dist" / WHEEL) == "ANSWER = 43\n"
    make_writable(lbuild.cache)
    assert wheel(lbuild, project)["action"] == "built"
    assert wheel(lbuild, project)["action"] == "reused"


@pytest.mark.exhaustive
def test_what_is_asked_of_one_that_cannot_be_written(
    lbuild: Lbuild, project: Path, run: ReadOnly
) -> None:
    for words in (["wheel"], ["wheel", "--cache-mode", "read-write"], ["metadata"], ["status"]):
        assert warnings_of(run(*words, project)) == []
    assert "demo 0.1.0" in run("cache", "list").stdout
    assert "entries   1" in run("cache", "info").stdout
    for command in (["clean"], ["clean", "demo"], ["prune"], ["prune", "--ci"], ["remove", "demo"]):
        result = run("cache", *command, returncode=2)
        assert result.stderr.startswith(
            f"error: {lbuild.cache}: the cache cannot be used (Permission denied). "
            f"Run `chmod -R u+rwX {lbuild.cache}`"
        )


@pytest.mark.quick("setting")
@pytest.mark.parametrize("by", ["option", "variable", "setting"])
def test_one_that_is_only_to_be_read(
    lbuild: Lbuild, copy_project: CopyProject, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    """Nothing at all is written, though it could be; also where it is in the project itself."""
    project = copy_project(NAME)
    monkeypatch.setenv("MARK", "1")
    setting = "cache-mode = 'read-only'" if by == "setting" else ""
    configure(project, f"[tool.lbuild]\ninputs = 'tree'\n{setting}")
    cache = project / "own-cache"
    option = {"option": ["--cache-mode", "read-only"]}.get(by, [])
    env = {"LBUILD_CACHE_DIR": str(cache)}
    lbuild("wheel", "--cache-mode", "read-write", project, env=env)
    if by == "variable":
        env["LBUILD_CACHE_MODE"] = "read-only"
    before = state_of(cache)
    for answer in ("reused", "built"):
        if answer == "built":
            replace(project / CORE, "42", "43")
        for _ in range(2):
            [due] = lbuild("status", "--json", *option, project, env=env).json
            result = lbuild("wheel", *option, project, env=env)
            assert (answer in result.stderr, warnings_of(result)) == (True, []), result
            assert state_of(cache) == before
            assert len(due["reasons"]) == (1 if answer == "built" else 0), due
    where = project
    for command in (["list"], ["info"], ["verify"]):
        lbuild("cache", *command, *option, cwd=where, env=env)
    for command in (["clean"], ["prune"], ["remove", "demo"]):
        result = lbuild("cache", *command, *option, cwd=where, env=env, returncode=2)
        assert result.stderr.startswith(f"error: {cache}: nothing is removed, because the cache is")
    assert state_of(cache) == before
    assert lbuild("cache", "clean", "--cache-mode=read-write", cwd=where, env=env).returncode == 0


def test_one_that_is_not_there(lbuild: Lbuild, copy_project: CopyProject) -> None:
    """In CI the first run finds nothing to restore."""
    project = copy_project(NAME)
    missing = lbuild.home / "missing"
    options = ("--cache-dir", missing, "--cache-mode", "read-only", project)
    result = lbuild("wheel", *options)
    assert ("built in" in result.stderr, warnings_of(result)) == (True, [])
    assert lbuild("status", *options).stdout.startswith("demo: a rebuild is due\n")
    assert not missing.exists()


def test_a_wheel_of_what_was_edited_is_never_taken_from_it(
    lbuild: Lbuild, copy_project: CopyProject
) -> None:
    project = copy_project(NAME)
    first = wheel(lbuild, project)
    replace(project / CORE, "42", "43")
    found = status(lbuild, "--cache-mode", "read-only", project)
    assert found["verdict"] == "rebuild"
    told = wheel(lbuild, "--cache-mode", "read-only", project)
    assert (told["action"], core_in_wheel(told["wheel"])) == ("built", "ANSWER = 43\n")
    replace(project / CORE, "43", "42")
    told = wheel(lbuild, "--cache-mode", "read-only", project)
    assert (told["action"], told["sha256"]) == ("reused", first["sha256"])
