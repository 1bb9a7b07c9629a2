"""Running git: without git, beside another repository, in threads, and without writing."""

import os
import shutil
import stat
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lbuild_keys.git.run import LOCAL_VARIABLES, git_output, repeat_git
from lbuild_keys.model import ABSENT
from support.git_repositories import (
    commit,
    head,
    make,
    record,
    run,
    states,
    write,
)

ASK = """
    import sys
    from pathlib import Path
    from lbuild_keys.git.repository import find_repository, observe_commit, observe_tags
    from lbuild_keys.git.working_tree import observe_working_tree

    found = find_repository(Path(sys.argv[1]))
    for state in (observe_commit(found), observe_tags(found), observe_working_tree(found)):
        print(state.presence, state.detail)
"""


def ask_alone(folder: Path, **variables: str) -> list[str]:
    """The three states, asked by a process of its own that must not say anything else."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **variables}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(ASK), str(folder)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


@pytest.mark.parametrize("refresh", ["", "raise", "warn"])
def test_without_git_only_a_repository_is_unreadable(
    refresh: str, project: Path, tmp_path: Path
) -> None:
    variables = {"PATH": str(tmp_path / "empty"), "GIT_PYTHON_REFRESH": refresh}
    assert ask_alone(tmp_path, **variables) == ["absent "] * 3
    lines = ask_alone(project, **variables)
    assert lines == ["unreadable git cannot be run: is it installed and on PATH?"] * 3


def test_git_removed_after_it_was_used(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert commit(project) == head(project)
    monkeypatch.setenv("PATH", str(project / "empty"))
    assert {state.presence for state in states(project)} == {"unreadable"}


# The surroundings


SETTINGS = [
    ("status.showUntrackedFiles", "all"),
    ("status.branch", "true"),
    ("status.short", "true"),
    ("status.showStash", "true"),
    ("status.relativePaths", "true"),
    ("status.renames", "copies"),
    ("core.quotePath", "true"),
    ("core.warnAmbiguousRefs", "true"),
    ("core.untrackedCache", "true"),
    ("core.splitIndex", "true"),
    ("tag.sort", "-version:refname"),
    ("log.showSignature", "true"),
    ("color.ui", "always"),
    ("column.ui", "always"),
    ("advice.detachedHead", "false"),
    ("alias.status", "!false"),
    ("pager.status", "true"),
]


@pytest.mark.parametrize("where", [".", "src"])
def test_settings_of_the_user_do_not_count(
    where: str, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("v1", "v10", "v2", "main"):
        run(project, "tag", name)
    write(project / "src" / "café.py")
    run(project, "add", "--all")
    write(project / "stashed.py")
    run(project, "stash", "--quiet", "--include-untracked")
    run(project, "mv", "pyproject.toml", "src/renamed.toml")
    write(project / "untracked.py")
    expected = states(project / where)
    assert {state.presence for state in expected} == {"present"}

    for name, value in SETTINGS:
        run(project, "config", "--file", str(tmp_path / "gitconfig"), name, value)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    assert states(project / where) == expected


def test_the_variables_of_a_repository_are_those_that_git_names(project: Path) -> None:
    told = set(run(project, "rev-parse", "--local-env-vars").split())
    configuration = {"GIT_CONFIG_COUNT", "GIT_CONFIG_PARAMETERS"}
    assert told - configuration <= set(LOCAL_VARIABLES)


def test_the_variables_of_another_repository_are_ignored(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(project, "tag", "v1")
    expected = states(project)
    other = make(tmp_path / "other")
    record(other)
    (other / ".git" / "index").rename(other / "index")
    misleading = {
        "GIT_DIR": other / ".git",
        "GIT_WORK_TREE": other,
        "GIT_INDEX_FILE": other / "index",
        "GIT_COMMON_DIR": other / ".git",
        "GIT_OBJECT_DIRECTORY": other / ".git" / "objects",
        "GIT_SHALLOW_FILE": other / "index",
        "GIT_PREFIX": "src/",
        "GIT_LITERAL_PATHSPECS": "1",
        "GIT_TRACE": "1",
    }
    for name, value in misleading.items():
        monkeypatch.setenv(name, str(value))
    before = dict(os.environ)
    assert states(project) == expected
    assert states(tmp_path) == (ABSENT, ABSENT, ABSENT)
    assert dict(os.environ) == before


def test_variables_of_this_process_stay_as_they_are_in_each_thread(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make(tmp_path / "other")
    record(other)
    commits = [os.fsencode(head(folder).detail) + b"\n" for folder in (project, other)]
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    before = dict(os.environ)

    def ask(number: int) -> bool:
        folder = (project, other)[number % 2]
        outputs = {git_output(folder, "rev-parse", "HEAD")}
        outputs.add(repeat_git(folder, ["rev-parse", "HEAD"], {**os.environ, "GIT_DIR": "x"})[1])
        return outputs == {commits[number % 2]} and dict(os.environ) == before

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(ask, range(40)))


def test_a_repeated_command_has_the_variables_of_the_hook_and_no_others(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONLY_HERE", "1")
    environ = {"PATH": os.environ["PATH"], "IN_HOOK": "1", "GIT_TRACE": "1", "GIT_PREFIX": "a/"}
    command = ["-c", "alias.variables=!env", "variables"]
    code, out, err = repeat_git(project, command, environ)
    assert (code, err) == (0, "")
    names = {line.partition(b"=")[0] for line in out.splitlines()}
    assert b"IN_HOOK" in names
    assert names.isdisjoint({b"ONLY_HERE", b"GIT_TRACE"})
    assert b"GIT_PREFIX=a/" not in out.splitlines()


def test_asked_within_a_hook_of_another_repository(project: Path, tmp_path: Path) -> None:
    expected = [f"{state.presence} {state.detail}" for state in states(project)]
    other = make(tmp_path / "other")
    script = write(
        tmp_path / "ask.py", textwrap.dedent(ASK).replace("observe_working_tree(found)", TREE)
    )
    hook = write(
        other / ".git" / "hooks" / "pre-commit",
        f'#!/bin/sh\ntest -n "$GIT_INDEX_FILE" || exit 1\n'
        f"PYTHONPATH='{os.pathsep.join(sys.path)}' "
        f"'{sys.executable}' '{script}' '{project}' > '{tmp_path / 'said'}'\n",
    )
    hook.chmod(hook.stat().st_mode | stat.S_IXUSR)
    record(other)
    assert (tmp_path / "said").read_text().splitlines() == expected


TREE = "observe_working_tree(found, __import__('datetime').date(2026, 11, 21))"


def test_asking_writes_nothing_and_runs_no_configured_program(
    project: Path, tmp_path: Path
) -> None:
    program = write(tmp_path / "program", f"#!/bin/sh\ntouch '{tmp_path / 'ran'}'\n")
    program.chmod(0o755)
    run(project, "config", "core.fsmonitor", str(program))
    run(project, "config", "core.pager", str(program))
    for hook in ("post-index-change", "reference-transaction", "post-checkout"):
        shutil.copy(program, project / ".git" / "hooks" / hook)
    os.utime(project / "src" / "demo.py", (0, 0))

    def everything() -> dict[Path, tuple[int, int]]:
        return {
            path: ((found := path.lstat()).st_mtime_ns, found.st_ino)
            for path in [project, *project.rglob("*")]
        }

    before = everything()
    states(project)
    assert everything() == before
    assert not (tmp_path / "ran").exists()


def test_a_locked_index_is_read(project: Path) -> None:
    expected = states(project)
    os.utime(project / "src" / "demo.py", (0, 0))
    write(project / ".git" / "index.lock")
    assert states(project) == expected


def test_the_folder_asked_about_counts_not_the_current_one(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make(tmp_path / "other")
    record(other)
    expected = states(project)
    monkeypatch.chdir(other)
    assert states(project) == expected
    assert states(Path("../project")) == expected
    monkeypatch.chdir(tmp_path)
    assert commit(Path("other")) != expected[0]
