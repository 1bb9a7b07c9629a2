"""The answer of a command that had nothing to do is replayed, unless anything has changed."""

import mmap
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import lbuild_frontend
import lbuild_keys
import support
from lbuild_frontend import replay
from lbuild_frontend.self_tracing import own_process
from support.command import Lbuild, Result
from support.edits import edit
from support.folder_content import holds_bytes
from support.fork_server import PYTHON
from support.minimal_project import CORE, NAME, WHEEL, configure, core_in_wheel, when_building
from support.projects import CopyProject, git, replace
from support.workspaces import make_workspace

pytestmark = pytest.mark.shared_environments


@dataclass(frozen=True, slots=True)
class Run:
    """One run, and whether it was replayed."""

    result: Result
    replayed: bool


def run(
    lbuild: Lbuild,
    *arguments: str | Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    through: tuple[str, ...] = (),
) -> Run:
    script = str(Path(support.__path__[0], "run_lbuild_and_report.py"))
    done = lbuild.run(
        [*through, *PYTHON, script, *map(str, arguments)],
        cwd=cwd or lbuild.home,
        env={**lbuild.environment, **(env or {})},
    )
    *told, way = done.stderr.splitlines(keepends=True)
    return Run(
        Result(done.returncode, done.stdout, "".join(told), done.command), way == "replayed\n"
    )


def settled(lbuild: Lbuild, *arguments: str | Path, **how: Any) -> Run:
    """Run a command until it is replayed, which it is by the third time if ever."""
    for _ in range(3):
        last = run(lbuild, *arguments, **how)
        if last.replayed:
            break
        time.sleep(0.03)
    return last


@pytest.fixture
def project(copy_project: CopyProject) -> Path:
    return copy_project(NAME)


# What is replayed


def not_replayed(lbuild: Lbuild, *arguments: str | Path) -> Run:
    """Run a command in the normal way: a record is found by the names of variables as well."""
    return run(lbuild, *arguments, env={f"NOT_SET_BEFORE_{time.time_ns()}": "1"})


@pytest.mark.quick(every=2)
@pytest.mark.parametrize("arguments", [("wheel",), ("wheel", "-q"), ("wheel", "-v"), ("status",)])
def test_the_same_is_said_again(lbuild: Lbuild, project: Path, arguments: tuple[str, ...]) -> None:
    run(lbuild, "wheel", "--python", sys.executable, project)
    time.sleep(0.03)
    normal = run(lbuild, *arguments, project)
    again = run(lbuild, *arguments, project)
    assert (normal.replayed, again.replayed) == (False, True)
    assert again.result == normal.result
    assert str(project) in again.result.stdout or "up to date" in again.result.stdout


def test_metadata_are_said_again(lbuild: Lbuild, project: Path) -> None:
    assert settled(lbuild, "metadata", project).replayed
    run(lbuild, "wheel", project)
    again = settled(lbuild, "metadata", project)
    assert again.replayed
    assert "Name: demo" in again.result.stdout


def test_colours_are_said_again_only_where_they_are_wanted(lbuild: Lbuild, project: Path) -> None:
    wanted, not_wanted = {"FORCE_COLOR": "1"}, {"FORCE_COLOR": ""}
    colored = settled(lbuild, "wheel", project, env=wanted)
    assert colored.replayed
    assert "\x1b[32mreused\x1b[0m" in colored.result.stderr
    assert colored.result.stdout == f"{project / 'dist' / WHEEL}\n"
    plain = run(lbuild, "wheel", project, env=not_wanted)
    assert not plain.replayed
    assert "demo 0.1.0: reused" in plain.result.stderr


def test_several_projects_are_said_again(lbuild: Lbuild, copy_project: CopyProject) -> None:
    projects = [copy_project(NAME, folder=folder) for folder in ("one", "two")]
    again = settled(lbuild, "wheel", *projects)
    assert again.replayed
    assert again.result.stdout.splitlines() == [str(one / "dist" / WHEEL) for one in projects]
    replace(projects[1] / CORE, "42", "43")
    assert not run(lbuild, "wheel", *projects).replayed


def test_a_workspace_is_said_again(lbuild: Lbuild, tmp_path: Path) -> None:
    made = make_workspace(tmp_path / "repository", {"plug": [], "app": ["plug"]})
    again = settled(lbuild, "wheel", "--workspace", cwd=made.folder)
    assert again.replayed
    wheels = {str(made.wheel(name)) for name in ("plug", "app")}
    assert {*again.result.stdout.splitlines()} == wheels
    assert sorted(made.logged) == ["app", "plug"]
    made.set_value("plug", "2")
    changed = run(lbuild, "wheel", "--workspace", cwd=made.folder)
    assert not changed.replayed
    assert made.built_with("app") == {"plug": "2"}


@pytest.mark.exhaustive
@pytest.mark.parametrize("how", ["member", "file", "member's file"])
def test_a_workspace_that_became_another_is_not_said_again(
    lbuild: Lbuild, tmp_path: Path, how: str
) -> None:
    made = make_workspace(tmp_path / "repository", {"plug": [], "app": ["plug"], "apart": []})
    assert settled(lbuild, "wheel", "--workspace", cwd=made.folder).replayed
    if how == "member":
        shutil.copytree(made.member("apart"), made.member("other"))
        replace(made.member("other") / "pyproject.toml", '"apart"', '"other"')
        (made.member("other") / "src" / "other").mkdir()
    elif how == "file":
        replace(made.folder / "pyproject.toml", "packages/*", "packages/a*")
    else:
        shutil.rmtree(made.member("apart"))
    assert not run(lbuild, "wheel", "--workspace", cwd=made.folder).replayed


def test_json_has_the_seconds_of_this_run(lbuild: Lbuild, project: Path) -> None:
    run(lbuild, "wheel", "--json", "--quiet", project)
    time.sleep(0.03)
    first, *replays = (run(lbuild, "wheel", "--json", project) for _ in range(4))
    assert [one.replayed for one in (first, *replays)] == [False, True, True, True]
    [normal], *others = (one.result.json for one in (first, *replays))
    assert all({**again, "seconds": 0} == {**normal, "seconds": 0} for [again] in others)
    # Not what the first run took: three runs in a row do not take the same by chance.
    assert {again["seconds"] for [again] in others} != {normal["seconds"]}


def test_a_replay_counts_as_a_use_of_its_entry(lbuild: Lbuild, project: Path) -> None:
    settled(lbuild, "wheel", project)
    [entry] = (lbuild.cache / "entries-v1" / "demo" / "build_wheel").iterdir()
    os.utime(entry, (0, 0))
    assert run(lbuild, "wheel", project).replayed
    assert time.time() - entry.stat().st_mtime < 60


# The first hit after a build


@pytest.mark.quick("arguments1", "arguments3")
@pytest.mark.parametrize(
    "arguments", [("wheel",), ("wheel", "--json"), ("wheel", "-v"), ("metadata",)]
)
def test_the_first_command_after_a_build_is_replayed(
    lbuild: Lbuild, project: Path, arguments: tuple[str, ...]
) -> None:
    """What it says is what a hit says, and it counts as one."""
    built, first = (run(lbuild, *arguments, project) for _ in range(2))
    assert (built.replayed, first.replayed) == (False, True)
    normal = not_replayed(lbuild, *arguments, project)
    if "--json" in arguments:
        [told], [expected] = first.result.json, normal.result.json
        assert {**told, "seconds": 0} == {**expected, "seconds": 0}
        assert told["action"] == "reused"
    else:
        assert first.result == normal.result
        assert "reused, nothing changed since" in first.result.stderr
    assert [(lbuild.cache / "counts-v1" / name).stat().st_size for name in ("hits", "misses")] == [
        2,
        1,
    ]


def test_the_first_command_after_a_delivery_is_replayed(lbuild: Lbuild, project: Path) -> None:
    run(lbuild, "wheel", project)
    shutil.rmtree(project / "dist")
    delivered, first = (run(lbuild, "wheel", project) for _ in range(2))
    assert (delivered.replayed, first.replayed) == (False, True)
    assert first.result == delivered.result


def test_the_first_command_after_a_build_that_asked_git_is_replayed(
    lbuild: Lbuild, copy_project: CopyProject
) -> None:
    project = copy_project(NAME, tag="v1")
    asks(project, "git describe --tags --dirty")
    assert [run(lbuild, "wheel", project).replayed for _ in range(2)] == [False, True]
    tag(project)
    assert not run(lbuild, "wheel", project).replayed


@pytest.mark.exhaustive
def test_a_build_of_one_of_two_projects(lbuild: Lbuild, copy_project: CopyProject) -> None:
    projects = [copy_project(NAME, folder=folder) for folder in ("one", "two")]
    for edited in (None, *projects):
        if edited is not None:
            edit(edited / CORE, "42", "43")
        assert [run(lbuild, "wheel", *projects).replayed for _ in range(2)] == [False, True]


@pytest.mark.quick("after it began")
@pytest.mark.parametrize("moment", ["before the decision", "after it began", "after it"])
def test_an_edit_while_the_record_is_made(
    lbuild: Lbuild, project: Path, tmp_path: Path, moment: str
) -> None:
    """It keeps the size and the time of modification."""
    script = tmp_path / "lbuild_that_is_disturbed.py"
    script.write_text(f"""
import os, sys
from lbuild_frontend.self_tracing.own_process import Recording

def disturb():
    before = os.stat({str(project / CORE)!r})
    with open({str(project / CORE)!r}, "w") as file:
        file.write("ANSWER = 43\\n")
    os.utime({str(project / CORE)!r}, ns=(before.st_atime_ns, before.st_mtime_ns))

begin_again, keep = Recording.begin_again, Recording.keep

def disturbed(self, caches):
    if {moment!r} == "before the decision":
        disturb()
    began = begin_again(self, caches)
    if {moment!r} == "after it began":
        disturb()
    return began

def disturbed_later(self, *arguments):
    if {moment!r} == "after it":
        disturb()
    return keep(self, *arguments)

Recording.begin_again, Recording.keep = disturbed, disturbed_later
sys.argv[0] = {str(Path(sys.executable).parent / "lbuild")!r}
from lbuild_frontend.__main__ import main
main()
""")
    (project / CORE).write_text("ANSWER = 42\n")
    command = [*PYTHON, str(script), "wheel", str(project)]
    first = lbuild.run(command, cwd=lbuild.home, env=lbuild.environment)
    assert "built" in first.stderr
    after = run(lbuild, "wheel", project)
    assert not after.replayed
    assert "src/demo/core.py changed" in after.result.stderr
    assert core_in_wheel(project / "dist" / WHEEL) == "ANSWER = 43\n"


def keep_times(path: Path, change: Callable[[], object]) -> None:
    before = path.stat()
    change()
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def rename_over(path: Path, text: str) -> None:
    other = path.with_name("other")
    other.write_text(text)
    shutil.copystat(path, other)
    other.replace(path)


def map_and_write(path: Path, text: str) -> None:
    with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
        mapped[:] = text.encode()


def write_by_link(path: Path, text: str) -> None:
    link = path.parent.parent / "link"
    link.hardlink_to(path)
    keep_times(path, lambda: link.write_text(text))
    link.unlink()


QUICK_EDITS = {
    "in place": lambda path, text: path.write_text(text),
    "size and time kept": lambda path, text: keep_times(path, lambda: path.write_text(text)),
    "renamed over it": rename_over,
    "mapped": map_and_write,
    "through another name": write_by_link,
}


@pytest.mark.parametrize(
    "edits",
    [
        5,
        pytest.param(100, marks=pytest.mark.exhaustive),
        pytest.param(500, marks=pytest.mark.endurance),
    ],
    ids="{} edits".format,
)
def test_none_of_many_quick_edits_is_missed(
    lbuild: Lbuild, project: Path, chance: random.Random, edits: int
) -> None:
    """Each at once after a command, and followed by one at once; undone at times."""
    core = project / CORE
    names = list(QUICK_EDITS)
    replays = 0
    core.write_text("ANSWER = 100\n")
    run(lbuild, "wheel", project)
    for number in range(edits):
        text = f"ANSWER = {chance.randrange(100, 1000 if number % 3 else 104)}\n"
        QUICK_EDITS[names[number % len(names)]](core, text)
        for _ in range(chance.choice((1, 1, 2))):
            replays += run(lbuild, "wheel", project).replayed
            assert core_in_wheel(project / "dist" / WHEEL) == text
    assert replays or edits < 10


# What is not


def never(lbuild: Lbuild, *arguments: str | Path, **how: Any) -> Result:
    """Run a command twice: the first must leave nothing by which the second is replayed."""
    runs = []
    for _ in range(2):
        time.sleep(0.03)
        runs.append(run(lbuild, *arguments, **how))
    assert not any(one.replayed for one in runs)
    return runs[-1].result


def test_what_asks_for_a_build_is_not_replayed(lbuild: Lbuild, project: Path) -> None:
    settled(lbuild, "wheel", project)
    assert "--refresh forces" in never(lbuild, "wheel", "--refresh", project).stderr
    assert "forces a build" in never(lbuild, "wheel", "--refresh-package", "demo", project).stderr
    assert "first build" in never(lbuild, "wheel", "--no-cache", project).stderr
    configure(project, "[tool.uv]\nreinstall-package = ['demo']")
    assert "forces a build" in never(lbuild, "wheel", project).stderr


def test_what_always_asks_for_a_build_is_not_replayed(lbuild: Lbuild, project: Path) -> None:
    settled(lbuild, "wheel", project)
    settled(lbuild, "status", project)
    configure(project, "[tool.lbuild]\nalways-rebuild = true")
    assert "tool.lbuild.always-rebuild forces a build" in never(lbuild, "wheel", project).stderr
    assert "a rebuild is due" in never(lbuild, "status", project).stdout
    replace(project / "pyproject.toml", "= true", "= false")
    assert settled(lbuild, "wheel", project).replayed


def test_a_cache_that_cannot_be_written_is_replayed(lbuild: Lbuild, project: Path) -> None:
    """Neither the count of hits nor the time of use can be written then."""
    assert settled(lbuild, "wheel", project).replayed
    hits = (lbuild.cache / "counts-v1" / "hits").stat().st_size
    mount = 'mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@"'
    namespace = ("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount)
    assert run(lbuild, "wheel", project, through=(*namespace, str(lbuild.cache))).replayed
    assert (lbuild.cache / "counts-v1" / "hits").stat().st_size == hits


def test_the_mode_of_the_cache_is_not_that_of_an_earlier_command(
    lbuild: Lbuild, project: Path
) -> None:
    for mode, built in (("read-write", "built"), ("read-only", "built"), ("read-write", "reused")):
        env = {"LBUILD_CACHE_MODE": mode}
        if mode == "read-only":
            replace(project / CORE, "42", "43")
        elif built == "reused":
            replace(project / CORE, "43", "42")
        # The environments are a link to those that other tests use at the same time.
        before = {path: path.lstat().st_mtime_ns for path in lbuild.cache.rglob("*")}
        assert f" {built}" in run(lbuild, "wheel", project, env=env).result.stderr
        after = {path: path.lstat().st_mtime_ns for path in lbuild.cache.rglob("*")}
        assert (before == after) == (mode == "read-only")


def test_failures_are_not_replayed(lbuild: Lbuild, project: Path) -> None:
    settled(lbuild, "wheel", project)
    assert never(lbuild, "wheel", project, project / "missing").returncode == 2
    when_building(project, "raise RuntimeError('no wheel today')")
    assert never(lbuild, "wheel", project).returncode == 1


def test_a_rebuild_that_is_due_is_not_replayed(lbuild: Lbuild, project: Path) -> None:
    settled(lbuild, "wheel", project)
    replace(project / CORE, "42", "43")
    assert "a rebuild is due" in never(lbuild, "status", project).stdout


def test_warnings_are_not_replayed(lbuild: Lbuild, project: Path) -> None:
    shutil.rmtree(lbuild.cache, ignore_errors=True)
    blocked = lbuild.home / "blocked"
    blocked.write_text("no folder", "utf-8")
    usual = {"LBUILD_CACHE_DIR": "", "XDG_CACHE_HOME": str(blocked)}
    assert "no cache is used this time" in never(lbuild, "wheel", project, env=usual).stderr


def test_a_cache_that_the_project_names_is_not_replayed(lbuild: Lbuild, project: Path) -> None:
    """Its place is named in a file that replay does not read."""
    configure(project, "[tool.lbuild]\ncache-dir = 'own-cache'")
    usual = {"LBUILD_CACHE_DIR": "", "XDG_CACHE_HOME": str(lbuild.home / "usual")}
    assert "reused" in never(lbuild, "wheel", project, env=usual).stderr
    assert not (lbuild.home / "usual").exists()


# What may have changed


def edit_in_place(project: Path, _: Lbuild) -> None:
    edit(project / CORE, "42", "43")


def add_module(project: Path, _: Lbuild) -> None:
    (project / "src" / "demo" / "more.py").touch()


def remove_module(project: Path, _: Lbuild) -> None:
    (project / CORE).unlink()


def add_setup_py(project: Path, _: Lbuild) -> None:
    (project / "setup.py").write_text("raise SystemExit", "utf-8")


def lead_elsewhere(project: Path, _: Lbuild) -> None:
    """The folder of the sources becomes a link to one that looks alike."""
    shutil.copytree(project / "src", project.parent / "other")
    replace(project.parent / "other" / "demo" / "core.py", "ANSWER", "OTHER")
    shutil.rmtree(project / "src")
    (project / "src").symlink_to(project.parent / "other")


def edit_settings(project: Path, _: Lbuild) -> None:
    replace(project / "pyproject.toml", "0.1.0", "0.1.1")


def edit_backend(project: Path, _: Lbuild) -> None:
    with (project / "backend" / "backend.py").open("a", encoding="utf-8") as file:
        file.write("# another line\n")


def edit_wheel(project: Path, _: Lbuild) -> None:
    path = project / "dist" / WHEEL
    before = path.stat()
    path.write_bytes(path.read_bytes()[::-1])
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def remove_wheel(project: Path, _: Lbuild) -> None:
    (project / "dist" / WHEEL).unlink()


def clear_cache(_: Path, lbuild: Lbuild) -> None:
    for bucket in ("entries-v1", "blobs-v1"):
        shutil.rmtree(lbuild.cache / bucket)


def remove_entry(_: Path, lbuild: Lbuild) -> None:
    for entry in (lbuild.cache / "entries-v1").rglob("*.json"):
        entry.unlink()


def remove_cached_wheel(project: Path, lbuild: Lbuild) -> None:
    content = (project / "dist" / WHEEL).read_bytes()
    for blob in (lbuild.cache / "blobs-v1").glob("*/*"):
        if blob.read_bytes() == content:
            blob.unlink()


CHANGES = (
    edit_wheel,
    remove_wheel,
    clear_cache,
    remove_entry,
    remove_cached_wheel,
    add_module,
    add_setup_py,
    edit_backend,
    edit_in_place,
    lead_elsewhere,
    edit_settings,
    remove_module,
)
"""One after the other: each is made in a project in which the earlier ones were made too."""


@pytest.mark.quick("wheel-traced")
@pytest.mark.parametrize(("verb", "inputs"), [("wheel", "traced"), ("status", "tree")])
def test_what_counts_is_looked_at_again(
    lbuild: Lbuild, project: Path, verb: str, inputs: str
) -> None:
    for change in CHANGES:
        run(lbuild, "wheel", "--inputs", inputs, project)
        before = settled(lbuild, verb, "--inputs", inputs, project)
        assert before.replayed, change.__name__
        change(project, lbuild)
        after = run(lbuild, verb, "--inputs", inputs, project)
        assert not after.replayed, change.__name__
        if change not in (edit_wheel, remove_wheel) or verb == "status":
            assert after.result != before.result, change.__name__
        else:
            options = ("--inputs", inputs, "--no-cache", "--out-dir", lbuild.home)
            fresh = lbuild("wheel", *options, project)
            delivered = (project / "dist" / WHEEL).read_bytes()
            assert Path(fresh.stdout.strip()).read_bytes() == delivered, change.__name__


def test_a_variable_that_is_read_is_read_again(lbuild: Lbuild, project: Path) -> None:
    when_building(project, "import os; os.environ.get('FLAVOUR')")
    one, other = {"FLAVOUR": "sour"}, {"FLAVOUR": "sweet"}
    last = settled(lbuild, "wheel", project, env=one)
    assert last.replayed
    assert "env" in run(lbuild, "status", project, env=other).result.stdout
    changed = run(lbuild, "wheel", project, env=other)
    assert not changed.replayed
    assert "FLAVOUR" in changed.result.stderr
    assert run(lbuild, "wheel", project, env=one).result.returncode == 0
    assert holds_bytes(lbuild.cache, b"sweet") == []


def test_the_time_is_told_in_the_zone_of_the_day(lbuild: Lbuild, project: Path) -> None:
    zones = [{"TZ": "UTC"}, {"TZ": "Asia/Kathmandu"}]
    told = []
    for zone in zones:
        last = settled(lbuild, "wheel", project, env=zone)
        assert last.replayed
        told.append(last.result.stderr)
    assert told[0] != told[1]


def test_a_variable_that_nobody_reads_may_change(lbuild: Lbuild, project: Path) -> None:
    for number in range(4):
        last = run(lbuild, "wheel", project, env={"UNRELATED": str(number)})
        time.sleep(0.03)
    assert last.replayed


def test_another_folder_is_another_command(lbuild: Lbuild, copy_project: CopyProject) -> None:
    one, two = (copy_project(NAME, folder=folder) for folder in ("one", "two"))
    replace(two / CORE, "42", "43")
    for project in (one, two, one, two, one, two):
        time.sleep(0.03)
        told = lbuild("wheel", cwd=project)
        assert told.stdout == f"{project / 'dist' / WHEEL}\n"
    link = lbuild.home / "link"
    link.symlink_to(one)
    assert settled(lbuild, "wheel", link).result.stdout == f"{one / 'dist' / WHEEL}\n"
    link.unlink()
    link.symlink_to(two)
    assert run(lbuild, "wheel", link).result.stdout == f"{two / 'dist' / WHEEL}\n"


def one_module_of_each_folder() -> list[str]:
    """A module in each folder of both packages, relative to the folder above these."""
    tops = [
        Path(folder) for package in (lbuild_frontend, lbuild_keys) for folder in package.__path__
    ]
    found = {path.parent: path for top in tops for path in sorted(top.rglob("[a-z]*.py"))}
    return sorted(
        path.relative_to(top.parent).as_posix()
        for path in found.values()
        for top in tops
        if path.is_relative_to(top)
    )


@pytest.mark.quick(every=16)
@pytest.mark.parametrize("module", one_module_of_each_folder())
def test_another_lbuild_takes_another_look(
    lbuild: Lbuild, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    for package in (lbuild_frontend, lbuild_keys):
        [folder] = package.__path__
        shutil.copytree(folder, tmp_path / "other" / Path(folder).name)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "other"))
    assert settled(lbuild, "wheel", project).replayed
    with (tmp_path / "other" / module).open("a", encoding="utf-8") as file:
        file.write("\n# the next version\n")
    assert not run(lbuild, "wheel", project).replayed


# Git


def commit(project: Path) -> None:
    git(project, "commit", "--quiet", "--allow-empty", "--message=more")


def dirty(project: Path) -> None:
    (project / "README.md").write_text("edited", "utf-8")


def tag(project: Path) -> None:
    git(project, "tag", "v2")


def ignore(project: Path) -> None:
    (project / ".git" / "info" / "exclude").write_text("new.txt\n", "utf-8")


def configure_git(project: Path) -> None:
    git(project, "config", "core.excludesFile", "elsewhere")


@pytest.mark.quick("declared-commit", "by the backend-dirty")
@pytest.mark.parametrize("change", [commit, dirty, tag, ignore, configure_git])
@pytest.mark.parametrize("asked", ["declared", "by the backend"])
def test_git_is_asked_again(
    lbuild: Lbuild, copy_project: CopyProject, change: Callable[[Path], None], asked: str
) -> None:
    project = copy_project(NAME, tag="v1")
    if asked == "declared":
        configure(project, "[tool.uv]\ncache-keys = [{ git = { commit = true, tags = true } }]")
    else:
        code = "import subprocess; subprocess.run(['git', 'describe', '--tags', '--dirty'])"
        when_building(project, code)
    git(project, "commit", "--quiet", "--all", "--message=asks")
    assert settled(lbuild, "wheel", project).replayed
    change(project)
    after = run(lbuild, "wheel", project)
    assert not after.replayed
    fresh = lbuild("status", "--json", project).json
    assert fresh[0]["verdict"] == "reuse"


def test_a_repository_may_come(lbuild: Lbuild, project: Path) -> None:
    configure(project, "[tool.uv]\ncache-keys = [{ git = true }]")
    assert settled(lbuild, "wheel", project).replayed
    git(project, "init", "--quiet")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message=first")
    assert not run(lbuild, "wheel", project).replayed


def test_settings_that_git_includes_may_come(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    project = copy_project(NAME, tag="v1")
    git(project, "config", "include.path", str(tmp_path / "included"))
    when_building(project, "import subprocess; subprocess.run(['git', 'status', '--porcelain'])")
    git(project, "commit", "--quiet", "--all", "--message=asks")
    (project / "untracked.txt").touch()
    assert settled(lbuild, "wheel", project).replayed
    (tmp_path / "ignored").write_text("untracked.txt\n", "utf-8")
    text = f"[core]\n\texcludesFile = {tmp_path / 'ignored'}\n"
    (tmp_path / "included").write_text(text, "utf-8")
    after = run(lbuild, "wheel", project)
    assert not after.replayed
    assert "git status" in after.result.stderr


def test_another_git_may_come(lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path) -> None:
    project = copy_project(NAME, tag="v1")
    configure(project, "[tool.uv]\ncache-keys = [{ git = true }]")
    git(project, "commit", "--quiet", "--all", "--message=asks")
    (tmp_path / "bin").mkdir()
    path = {"PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    assert settled(lbuild, "wheel", project, env=path).replayed
    (tmp_path / "bin" / "git").write_text("#!/bin/sh\nexit 1\n", "utf-8")
    (tmp_path / "bin" / "git").chmod(0o755)
    assert not run(lbuild, "wheel", project, env=path).replayed


def asks(project: Path, command: str) -> None:
    """Let the backend ask git."""
    when_building(project, f"import subprocess; subprocess.run({command.split()!r})")
    git(project, "commit", "--quiet", "--all", "--message=asks")


def commit_in_a_repository_below(project: Path) -> None:
    git(project / "below", "commit", "--quiet", "--allow-empty", "--message=more")


def names_of_authors(project: Path) -> None:
    (project.parent / "mailmap").write_text("Somebody Else <test@example.invalid>\n", "utf-8")


def add_an_object(project: Path) -> None:
    """Abbreviated names grow with the number of objects."""
    (project / ".git" / "new").write_text("new", "utf-8")
    git(project, "hash-object", "-w", ".git/new")


def tag_with_a_name_of_gits(project: Path) -> None:
    git(project, "tag", "objects/2")


@pytest.mark.quick(every=2)
@pytest.mark.parametrize(
    "change",
    [commit_in_a_repository_below, names_of_authors, add_an_object, tag_with_a_name_of_gits],
)
def test_what_else_git_answers_by(
    lbuild: Lbuild, copy_project: CopyProject, change: Callable[[Path], None]
) -> None:
    project = copy_project(NAME, tag="objects/1")
    if change is commit_in_a_repository_below:
        (project / "below").mkdir()
        git(project / "below", "init", "--quiet")
        git(project / "below", "commit", "--quiet", "--allow-empty", "--message=first")
        git(project, "add", "below")
    git(project, "config", "mailmap.file", str(project.parent / "mailmap"))
    asks(project, "git describe --tags --always --dirty")
    below = change is commit_in_a_repository_below  # which is never replayed
    assert settled(lbuild, "wheel", project).replayed is not below
    change(project)
    assert not run(lbuild, "wheel", project).replayed


def test_a_project_below_the_top_of_a_work_tree(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    """What is left out at the top of a project is not at the top of a repository."""
    project = copy_project(NAME)
    git(tmp_path / "projects", "init", "--quiet")
    git(tmp_path / "projects", "add", "--all")
    asks(project, "git status --porcelain")
    assert settled(lbuild, "wheel", project).replayed
    (tmp_path / "projects" / ".vscode").mkdir()
    (tmp_path / "projects" / ".vscode" / "settings.json").touch()
    after = run(lbuild, "wheel", project)
    assert not after.replayed
    assert "git status" in after.result.stderr


def test_a_repository_that_borrows_objects(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    lender = copy_project(NAME, tag="v1")
    asks(lender, "git describe --tags --always --abbrev=4")
    project = tmp_path / "borrower"
    git(tmp_path, "clone", "--quiet", "--shared", str(lender), str(project))
    settled(lbuild, "wheel", project)
    (tmp_path / "new").write_text("new", "utf-8")
    git(lender, "hash-object", "-w", str(tmp_path / "new"))
    assert not run(lbuild, "wheel", project).replayed


def test_a_repository_of_links(lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path) -> None:
    """As ``git-new-workdir`` makes them."""
    project = copy_project(NAME, tag="v1")
    asks(project, "git describe --tags")
    (project / ".git" / "refs").rename(tmp_path / "refs")
    (project / ".git" / "refs").symlink_to(tmp_path / "refs")
    assert not settled(lbuild, "wheel", project).replayed


# Interpreters


def test_without_isolation_what_is_installed_is_looked_at(
    lbuild: Lbuild, project: Path, tmp_path: Path
) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "env"], check=True)
    python = tmp_path / "env" / ("Scripts" if os.name == "nt" else "bin") / "python"
    options = ("wheel", "--no-isolation", "--python", python, project)
    assert settled(lbuild, *options).replayed
    [packages] = (tmp_path / "env").rglob("site-packages")
    (packages / "more.pth").write_text(str(tmp_path), "utf-8")
    assert not run(lbuild, *options).replayed


def test_a_script_that_chooses_an_interpreter(
    lbuild: Lbuild, project: Path, tmp_path: Path
) -> None:
    """As pyenv's are; what it depends on cannot be known."""
    shim = tmp_path / "python"
    shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', "utf-8")
    shim.chmod(0o755)
    assert not settled(lbuild, "wheel", "--python", shim, project).replayed


def test_a_folder_for_packages_may_come(lbuild: Lbuild, project: Path) -> None:
    """The user's, which an interpreter has on its search path if it is there."""
    options = ("wheel", "--no-isolation", "--python", sys._base_executable, project)  # noqa: SLF001
    assert settled(lbuild, *options).replayed
    command = [sys._base_executable, "-c", "import site; print(site.getusersitepackages())"]  # noqa: SLF001
    told = subprocess.run(command, check=True, env=lbuild.environment, capture_output=True)
    Path(told.stdout.decode().strip()).mkdir(parents=True)
    assert not run(lbuild, *options).replayed


def test_values_of_variables_are_not_among_the_paths(lbuild: Lbuild, project: Path) -> None:
    """lbuild looks whether they name files."""
    secret = {"PIP_FIND_LINKS": "https://ada:lovelace@example.org/simple extra-lovelace"}
    last = settled(lbuild, "wheel", project, env=secret)
    assert last.replayed
    assert holds_bytes(lbuild.cache, b"lovelace") == []


def test_what_a_variable_names_may_come(lbuild: Lbuild, project: Path) -> None:
    named = {"UV_FIND_LINKS": "links more-links"}
    last = settled(lbuild, "wheel", project, env=named)
    assert last.replayed
    (lbuild.home / "another").touch()
    assert run(lbuild, "wheel", project, env=named).replayed
    (lbuild.home / "more-links").touch()
    assert not run(lbuild, "wheel", project, env=named).replayed


# Damage, and what is not trusted


def records(lbuild: Lbuild) -> list[Path]:
    return list((lbuild.cache / replay.BUCKET).iterdir())


@pytest.mark.quick(every=2)
@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:-9]),
        lambda path: path.write_bytes(path.read_bytes().replace(b"reused", b"fooled")),
        lambda path: (path.unlink(), path.mkdir()),
    ],
)
def test_a_damaged_record_is_none(
    lbuild: Lbuild, project: Path, damage: Callable[[Path], object]
) -> None:
    expected = settled(lbuild, "wheel", project)
    for path in records(lbuild):
        damage(path)
    after = run(lbuild, "wheel", project)
    assert (after.replayed, after.result.stdout) == (False, expected.result.stdout)
    assert " was damaged and has been written again\n" in after.result.stderr
    again = run(lbuild, "wheel", project)
    assert (again.replayed, again.result) == (True, expected.result)


def test_a_folder_that_others_can_write_is_not_trusted(lbuild: Lbuild, project: Path) -> None:
    assert settled(lbuild, "wheel", project).replayed
    (lbuild.cache / replay.BUCKET).chmod(0o770)
    assert not run(lbuild, "wheel", project).replayed


def test_a_record_of_another_shape_is_none(lbuild: Lbuild, project: Path) -> None:
    expected = settled(lbuild, "wheel", project)
    for path in records(lbuild):
        for other in ({"lbuild": 1}, {**replay.unsealed(path.read_bytes()), "no_op": {}}):
            path.write_bytes(replay.sealed(other))  # type: ignore[arg-type]  what it is about
            after = run(lbuild, "wheel", project)
            assert (after.replayed, after.result) == (False, expected.result)


def test_nobody_reads_it(lbuild: Lbuild, project: Path) -> None:
    """It ends as the normal way does: with the exit code of a process that SIGPIPE ended."""
    assert settled(lbuild, "wheel", "--json", project).replayed
    for way in ({}, {"NOT_SET_BEFORE": "1"}):
        reading, writing = os.pipe()
        os.close(reading)
        with os.fdopen(writing, "wb") as closed:
            done = subprocess.run(
                lbuild.command("wheel", "--json", project),
                check=False,
                cwd=lbuild.home,
                env={**lbuild.environment, **way},
                stderr=subprocess.PIPE,
                stdout=closed,
            )
        assert (done.returncode, done.stderr.count(b"\n")) == (141, 1)


def test_an_answer_that_cannot_be_written(lbuild: Lbuild, project: Path) -> None:
    assert settled(lbuild, "wheel", project).replayed
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            lbuild.command("wheel", project),
            check=False,
            cwd=lbuild.home,
            env=lbuild.environment,
            stderr=subprocess.PIPE,
            stdout=full,
        )
    assert done.returncode == 2
    assert b"error: cannot write to standard output (" in done.stderr


# Time


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland", "America/St_Johns", "Asia/Kathmandu"])
def test_a_day_ends_here_or_in_utc(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        for now in range(1_700_000_000, 1_700_000_000 + 86_400 * 366, 40_000):
            end = own_process.next_midnight(now)
            assert now < end <= now + 86_400
            assert time.localtime(end - 1)[:3] == time.localtime(now)[:3]
            assert time.gmtime(end - 1)[:3] == time.gmtime(now)[:3]
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_record_of_another_day_is_not_replayed(lbuild: Lbuild, project: Path) -> None:
    assert settled(lbuild, "wheel", project).replayed
    [path] = records(lbuild)
    content = replay.unsealed(path.read_bytes())
    assert content["no_op"]["since"] < time.time() < content["no_op"]["until"]
    for times in ({"until": time.time() - 1}, {"since": time.time() + 60}):
        old = {**content, "no_op": {**content["no_op"], **times}}
        path.write_bytes(replay.sealed(old))
        assert not run(lbuild, "wheel", project).replayed


# Anything


@pytest.mark.quick("traced")
@pytest.mark.parametrize("inputs", ["traced", "tree", "declared"])
def test_replayed_or_not_the_answer_is_that_of_the_normal_way(
    lbuild: Lbuild, project: Path, chance: random.Random, inputs: str
) -> None:
    """A walk through edits, undone at times; a variable that nobody reads keeps it from replay."""
    status = ("status", "--json", "--inputs", inputs, project)
    run(lbuild, "wheel", "--inputs", inputs, project)
    files = [path for path in sorted(project.rglob("*")) if path.is_file()]
    contents = {path: path.read_bytes() for path in files}
    replays = 0
    for _ in range(8):
        path = chance.choice([*files, *([project / "src" / "demo" / "new.py"] * 2)])
        match chance.randrange(4):
            case 0 if path in contents:
                path.write_bytes(contents[path])
            case 1 if path.suffix == ".py" and path.is_relative_to(project / "src"):
                path.write_bytes(b"# %d" % chance.randrange(3))
            case 2 if path.exists():
                path.touch()
            case 3 if path not in contents:
                path.unlink(missing_ok=True)
        time.sleep(0.03)
        told = [run(lbuild, *status) for _ in range(2)]
        normal = run(lbuild, *status, env={f"NOT_SET_BEFORE_{time.time_ns()}": "1"})
        assert told[0].result.stdout == told[1].result.stdout == normal.result.stdout
        replays += told[1].replayed
        run(lbuild, "wheel", "--inputs", inputs, project)
    assert replays
