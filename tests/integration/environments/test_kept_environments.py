"""Kept build environments as the command line has them: shared, clean, resolved anew in time."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from support.command import Lbuild
from support.minimal_project import (
    NAME,
    Log,
    configure,
    running,
    wait_for,
    wait_for_end,
    wheel,
    when_building,
)
from support.projects import CopyProject, replace
from support.wheels_and_index import Index

GET_REQUIRES = """

def get_requires_for_build_wheel(config_settings=None):
    import plugin
    return {extra!r}
"""


def a_project(copy_project: CopyProject, folder: str = "projects") -> tuple[Path, Log]:
    """A project that requires ``plugin`` and logs its version and place at each build."""
    project = copy_project(NAME, folder=folder)
    replace(project / "pyproject.toml", "requires = []", 'requires = ["plugin"]')
    log = Log(project.parent / "plugins.log")
    when_building(
        project,
        f"import plugin; print(plugin.version, plugin.__file__, file=open({str(log.file)!r}, 'a'))",
    )
    return project, log


def edit(project: Path) -> None:
    with (project / "src" / "demo" / "core.py").open("a", encoding="utf-8") as file:
        file.write("# edited\n")


def kept(lbuild: Lbuild) -> set[str]:
    return {path.name for path in (lbuild.cache / "environments-v1").glob("env-*")}


def versions(log: Log) -> list[str]:
    return [line.split()[0] for line in log.lines]


def test_a_rebuild_makes_no_environment(
    lbuild: Lbuild, copy_project: CopyProject, index: Index
) -> None:
    index.add("plugin")
    project, log = a_project(copy_project)
    told = lbuild("wheel", "-v", project).stderr
    assert "demo: preparing the build environment\n" in told
    asked = len(index.asked)
    edit(project)
    told = lbuild("wheel", "-v", project).stderr
    assert "preparing" not in told
    assert len(index.asked) == asked
    assert len(kept(lbuild)) == 1
    [first, second] = log.lines
    assert first == second


def test_projects_share_one(lbuild: Lbuild, copy_project: CopyProject, index: Index) -> None:
    index.add("plugin")
    one, log = a_project(copy_project)
    another, other_log = a_project(copy_project, folder="others")
    edit(another)
    configure(another, "[tool.uv]\ncache-keys = ['src/**']")
    lbuild("wheel", one)
    lbuild("wheel", another, cwd=another)
    assert log.lines == other_log.lines
    assert len(kept(lbuild)) == 1


def test_a_backend_that_works_in_its_environment_finds_a_clean_one(
    lbuild: Lbuild, copy_project: CopyProject, index: Index
) -> None:
    index.add("plugin")
    project, log = a_project(copy_project)
    when_building(
        project,
        after="""
            import pathlib, plugin
            site = pathlib.Path(plugin.__file__).parent
            (site / "plugin.py").write_text("version = 'edited'")
            (site / "left.py").touch()
            """,
    )
    for _ in range(2):
        edit(project)
        told = lbuild("wheel", project).stderr
        assert "the build environment changed during the build" in told
    assert versions(log) == ["1.0", "1.0"]
    assert "the build environment was edited" in lbuild("wheel", project).stderr


@pytest.mark.quick("hardlink")
@pytest.mark.parametrize("mode", ["hardlink", "copy"])
def test_what_is_edited_is_installed_anew(
    lbuild: Lbuild,
    copy_project: CopyProject,
    index: Index,
    monkeypatch: pytest.MonkeyPatch,
    mode: str,
) -> None:
    """By hard links it is edited in the cache of uv as well, which would be installed again."""
    monkeypatch.setenv("UV_LINK_MODE", mode)
    index.add("plugin")
    project, log = a_project(copy_project)
    lbuild("wheel", project)
    [module] = lbuild.cache.rglob("plugin.py")
    module.write_text("name, version = 'plugin', 'edited'")
    assert len(list(lbuild.cache.parent.glob("uv-cache/**/plugin.py"))) == 1
    edit(project)
    told = lbuild("wheel", project).stderr
    assert "has changed since it was made; a new one is made" in told
    edit(project)
    assert "warning" not in lbuild("wheel", project).stderr
    assert versions(log) == ["1.0", "1.0", "1.0"]
    lbuild("cache", "verify")


@pytest.mark.quick(every=2)
@pytest.mark.parametrize(
    "change",
    [
        lambda path: path.write_bytes(path.read_bytes().replace(b"1.0", b"6.6")),
        lambda path: path.write_bytes(path.read_bytes()[:-9]),
        lambda path: (path.unlink(), path.mkdir(), (path / "file").touch()),
    ],
)
def test_damaged_bytecode_does_not_run(
    lbuild: Lbuild, copy_project: CopyProject, index: Index, change: Callable[[Path], object]
) -> None:
    index.add("plugin")
    project, log = a_project(copy_project)
    lbuild("wheel", project)
    [bytecode] = lbuild.cache.rglob("plugin.*.pyc")
    change(bytecode)
    edit(project)
    told = lbuild("wheel", project).stderr
    assert f"warning: demo: {bytecode} has changed since a build wrote it" in told
    edit(project)
    assert "warning" not in lbuild("wheel", project).stderr
    assert versions(log) == ["1.0", "1.0", "1.0"]
    assert len(kept(lbuild)) == 1


def test_bytecode_of_a_failed_build_keeps_nobody_waiting(
    lbuild: Lbuild, copy_project: CopyProject, index: Index
) -> None:
    """What is in no record is removed when another request leads to the same environment."""
    index.add("plugin")
    (one, _), (other, log) = (a_project(copy_project, name) for name in ("one", "other"))
    when_building(one, "import plugin; raise RuntimeError")
    lbuild("wheel", one, returncode=1)
    assert list(lbuild.cache.rglob("plugin.*.pyc"))
    replace(other / "pyproject.toml", '"plugin"', '"plugin>=1"')
    lbuild("wheel", other, env={"LBUILD_LOCK_TIMEOUT": "2"})
    assert versions(log) == ["1.0"]


def test_damaged_bytecode_is_found_by_verify(
    lbuild: Lbuild, copy_project: CopyProject, index: Index
) -> None:
    index.add("plugin")
    project, _ = a_project(copy_project)
    lbuild("wheel", project)
    lbuild("cache", "verify")
    [bytecode] = lbuild.cache.rglob("plugin.*.pyc")
    bytecode.write_bytes(bytecode.read_bytes()[:-9])
    assert (
        f"{bytecode} has changed since a build wrote it"
        in lbuild("cache", "verify", returncode=2).stdout
    )
    lbuild("cache", "verify")


def test_a_bit_of_the_bytecode_is_found_by_verify(
    lbuild: Lbuild, copy_project: CopyProject, index: Index
) -> None:
    """As a disk may lose it: neither size nor time tell."""
    index.add("plugin")
    project, _ = a_project(copy_project)
    lbuild("wheel", project)
    [bytecode] = lbuild.cache.rglob("plugin.*.pyc")
    status = bytecode.stat()
    bytecode.write_bytes(bytecode.read_bytes().replace(b"1.0", b"6.6"))
    os.utime(bytecode, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert "has changed since a build wrote it" in lbuild("cache", "verify", returncode=2).stdout
    lbuild("cache", "verify")


def test_refresh_resolves_anew(lbuild: Lbuild, copy_project: CopyProject, index: Index) -> None:
    index.add("plugin")
    project, log = a_project(copy_project)
    lbuild("wheel", project)
    index.add("plugin", version="2.0")
    edit(project)
    lbuild("wheel", project)
    lbuild("wheel", "--refresh", project)
    index.add("plugin", version="3.0")
    lbuild("wheel", "--refresh-package", "other", project)
    edit(project)
    lbuild("wheel", "--refresh-package", "Demo", project)
    assert versions(log) == ["1.0", "1.0", "2.0", "3.0"]


def test_max_age(lbuild: Lbuild, copy_project: CopyProject, index: Index) -> None:
    index.add("plugin")
    project, log = a_project(copy_project)
    configure(project, "[tool.lbuild]\nenvironment-max-age = 0")
    lbuild("wheel", project)
    index.add("plugin", version="2.0")
    edit(project)
    lbuild("wheel", project)
    replace(project / "pyproject.toml", "max-age = 0", "max-age = '2 hours'")
    index.add("plugin", version="3.0")
    lbuild("wheel", project)
    assert versions(log) == ["1.0", "2.0", "2.0"]


def test_without_a_network(lbuild: Lbuild, copy_project: CopyProject, index: Index) -> None:
    index.add("plugin")
    project, log = a_project(copy_project)
    lbuild("wheel", project)
    for env in ({"UV_OFFLINE": "1"}, {}):
        index.broken = True
        told = lbuild("wheel", "--refresh", project, env=env).stderr
        assert "could not be resolved again" in told
        assert "the environment of a moment ago is used (" in told
    assert versions(log) == ["1.0", "1.0", "1.0"]
    told = lbuild("wheel", "--no-cache", project, returncode=1).stderr
    assert "the build requirements could not be installed: plugin." in told


def test_extra_requirements_have_an_environment_of_their_own(
    lbuild: Lbuild, copy_project: CopyProject, index: Index
) -> None:
    index.add("plugin")
    index.add("other")
    project, log = a_project(copy_project)
    backend = project / "backend" / "backend.py"
    backend.write_text(backend.read_text("utf-8") + GET_REQUIRES.format(extra=["other"]), "utf-8")
    when_building(project, "import other, plugin; assert other.__file__ != plugin.__file__")
    for _ in range(2):
        edit(project)
        lbuild("wheel", project)
    assert len(kept(lbuild)) == 2
    [first, second] = log.lines
    assert first == second
    again, _ = a_project(copy_project, folder="others")
    lbuild("wheel", again)
    assert len(kept(lbuild)) == 2


@pytest.mark.exhaustive
def test_two_at_once_make_one(lbuild: Lbuild, copy_project: CopyProject, index: Index) -> None:
    index.add("plugin")
    one, log = a_project(copy_project)
    another, other_log = a_project(copy_project, folder="others")
    edit(another)
    index.open.clear()
    with running(lbuild, "wheel", one) as first:
        wait_for(lambda: bool(index.asked))
        with running(lbuild, "wheel", another) as second:
            assert second.stderr is not None
            told = second.stderr.readline()
            index.open.set()
            assert wait_for_end(second).returncode == 0
        assert wait_for_end(first).returncode == 0
    message = "waiting for another lbuild that makes the same build environment"
    assert told.startswith(f"demo: {message} (process {first.pid}, ")
    assert len(kept(lbuild)) == 1
    assert log.lines == other_log.lines


@pytest.mark.quick(every=3)
@pytest.mark.parametrize(
    ("how", "returncode"),
    [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGTERM, 130), (signal.SIGINT, 130)],
)
def test_stopped_while_one_is_made(
    lbuild: Lbuild, copy_project: CopyProject, index: Index, how: signal.Signals, returncode: int
) -> None:
    """And not only after the installer has waited for an index that does not answer."""
    index.add("plugin")
    project, log = a_project(copy_project)
    index.open.clear()
    with running(lbuild, "wheel", project, new_group=True) as process:
        wait_for(lambda: bool(index.asked))
        half_made = kept(lbuild)
        os.killpg(process.pid, how)
        assert wait_for_end(process).returncode == returncode
    index.open.set()
    assert len(half_made) == 1
    lbuild("wheel", project)
    assert versions(log) == ["1.0"]
    assert Path(log.lines[0].split()[1]).relative_to(lbuild.cache).parts[1] not in half_made
    assert len(kept(lbuild)) == 1


def test_environments_in_the_project_are_no_inputs(
    lbuild: Lbuild, copy_project: CopyProject, index: Index
) -> None:
    index.add("plugin")
    project, _ = a_project(copy_project)
    configure(project, "[tool.lbuild]\ncache-dir = '.cache'")
    env = {"LBUILD_CACHE_DIR": None}
    for mode in ("traced", "tree"):
        assert wheel(lbuild, "--inputs", mode, project, env=env)["action"] == "built"
        assert wheel(lbuild, "--inputs", mode, project, env=env)["action"] == "reused"
        [told] = lbuild("status", "--json", "-v", "--inputs", mode, project, env=env).json
        assert told["verdict"] == "reuse"
        listed = lbuild("status", "-v", "--inputs", mode, project, env=env).stdout
        assert "environments-v1" not in listed
    assert (project / ".cache" / "environments-v1").is_dir()


def test_no_cache_keeps_none(lbuild: Lbuild, copy_project: CopyProject, index: Index) -> None:
    index.add("plugin")
    project, log = a_project(copy_project)
    lbuild("wheel", "--no-cache", project)
    assert not Path(log.lines[0].split()[1]).exists()
    assert kept(lbuild) == set()


def test_settings_of_uv_in_the_current_folder_count(
    lbuild: Lbuild, copy_project: CopyProject, index: Index
) -> None:
    index.add("plugin")
    index.add("plugin", version="2.0")
    project, log = a_project(copy_project)
    configure(project, "[tool.uv]\nconstraint-dependencies = ['plugin<2']")
    lbuild("wheel", project, cwd=project)
    edit(project)
    lbuild("wheel", project)
    edit(project)
    lbuild("wheel", project, cwd=project / "src")
    assert versions(log) == ["1.0", "2.0", "1.0"]


def test_what_reuse_of_an_environment_imports(
    lbuild: Lbuild, copy_project: CopyProject, index: Index, tmp_path: Path
) -> None:
    index.add("plugin")
    project, _ = a_project(copy_project)
    lbuild("wheel", project)
    edit(project)
    told = tmp_path / "imported"
    code = (
        "import sys\nfrom lbuild_frontend.__main__ import main\n"
        "try:\n    main()\nfinally:\n"
        f"    open({str(told)!r}, 'w').write(' '.join(sys.modules))\n"
    )
    command = [lbuild.command("x")[0], "-c", code, "wheel", str(project)]
    subprocess.run(command, check=True, env=lbuild.environment, capture_output=True)
    imported = told.read_text("utf-8").split()
    assert "lbuild_frontend.environments.isolated" in imported
    assert {"build", "lbuild_frontend.environments.create", "venv"}.isdisjoint(imported)
