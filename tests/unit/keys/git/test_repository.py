"""Git state, asked of real repositories: what counts, what does not, and what cannot be read."""

import os
import shutil
import stat
import subprocess
import sys
import textwrap
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lbuild_keys.git import repository as git_repository
from lbuild_keys.git import run as git_run
from lbuild_keys.model import ABSENT, State, present

DAY = date(2026, 11, 21)


def run(folder: Path, *command: str | bytes) -> str:
    """Run git as a person or a build backend would; return what it prints."""
    done = subprocess.run(["git", *command], cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return os.fsdecode(done.stdout)


def write(path: Path, text: str = "") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def make(folder: Path, *options: str) -> Path:
    """A repository on branch main with one commit of two files."""
    folder.mkdir(parents=True)
    run(folder, "init", "--quiet", "--initial-branch=main", *options)
    write(folder / "pyproject.toml", "[project]\n")
    write(folder / "src" / "demo.py", "one = 1\n")
    record(folder)
    return folder


def record(folder: Path) -> None:
    run(folder, "add", "--all")
    run(folder, "commit", "--quiet", "--allow-empty", "--message=more")


def commit(folder: Path) -> State:
    return git_repository.commit(git_repository.find(folder))


def tags(folder: Path) -> State:
    return git_repository.tags(git_repository.find(folder))


def tree(folder: Path, today: date = DAY) -> State:
    return git_repository.tree(git_repository.find(folder), today)


def states(folder: Path) -> tuple[State, State, State]:
    return commit(folder), tags(folder), tree(folder)


def head(folder: Path) -> State:
    return present(run(folder, "rev-parse", "HEAD").strip())


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make(tmp_path / "project")


@pytest.fixture
def with_submodule(tmp_path: Path, project: Path) -> Path:
    make(tmp_path / "library")
    allowed = ("-c", "protocol.file.allow=always")
    run(project, *allowed, "submodule", "--quiet", "add", str(tmp_path / "library"), "vendored")
    record(project)
    return project


# The kinds of repository


def on_branch(project: Path) -> Path:
    return project


def detached(project: Path) -> Path:
    run(project, "checkout", "--quiet", "--detach")
    return project


def packed(project: Path) -> Path:
    run(project, "tag", "v1")
    run(project, "pack-refs", "--all")
    run(project, "gc", "--quiet")
    return project


def symbolic_branch(project: Path) -> Path:
    run(project, "symbolic-ref", "refs/heads/alias", "refs/heads/main")
    run(project, "symbolic-ref", "HEAD", "refs/heads/alias")
    return project


def linked_worktree(project: Path) -> Path:
    run(project, "worktree", "add", "--quiet", "-b", "other", str(project.parent / "linked"))
    return project.parent / "linked"


def submodule(project: Path) -> Path:
    outer = make(project.parent / "outer")
    run(outer, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(project), "inner")
    return outer / "inner"


def subdirectory(project: Path) -> Path:
    return project / "src"


def symbolic_link(project: Path) -> Path:
    link = project.parent / "elsewhere" / "link"
    link.parent.mkdir()
    link.symlink_to(project / "src")
    return link


def shallow(project: Path) -> Path:
    record(project)
    clone = project.parent / "shallow"
    run(project, "clone", "--quiet", "--depth=1", project.as_uri(), str(clone))
    return clone


def sha256(project: Path) -> Path:
    return make(project.parent / "sha256", "--object-format=sha256")


def bare(project: Path) -> Path:
    run(project, "clone", "--quiet", "--bare", ".", str(project.parent / "bare.git"))
    return project.parent / "bare.git"


def bare_by_setting(project: Path) -> Path:
    run(project, "config", "core.bare", "true")
    return project


def odd_path(project: Path) -> Path:
    return project.rename(project.parent / "line\nbreak \udce9 true\n")


KINDS = [
    on_branch,
    detached,
    packed,
    symbolic_branch,
    linked_worktree,
    submodule,
    subdirectory,
    symbolic_link,
    shallow,
    sha256,
    bare,
    bare_by_setting,
    odd_path,
]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_repository_is_read(kind: Callable[[Path], Path], project: Path) -> None:
    folder = kind(project)

    assert commit(folder) == head(folder)
    assert len(commit(folder).detail) == (64 if kind is sha256 else 40)
    before = states(folder)
    assert {state.presence for state in before} == {"present"}
    assert states(folder) == before

    run(folder, "tag", "v2")
    assert tags(folder) != before[1]
    assert (commit(folder), tree(folder)) == (before[0], before[2])

    new = run(folder, "commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "next").strip()
    run(folder, "update-ref", "HEAD", new)
    assert commit(folder) == present(new)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (on_branch, "branch main, clean"),
        (detached, "detached, clean"),
        (symbolic_branch, "branch main, clean"),
        (linked_worktree, "branch other, clean"),
        (shallow, "branch main, clean, shallow"),
        (bare, "branch main, no work tree"),
    ],
)
def test_tree_says_in_words_what_people_can_change(
    kind: Callable[[Path], Path], text: str, project: Path
) -> None:
    words, _, digest = tree(kind(project)).detail.rpartition(", ")
    assert words == text
    assert len(digest) == 64


# No repository


def test_no_repository_is_absent(tmp_path: Path) -> None:
    assert git_repository.find(tmp_path) is None
    assert states(tmp_path) == (ABSENT, ABSENT, ABSENT)
    assert git_repository.enclosing_folders(git_repository.find(tmp_path)) == ()
    assert git_repository.find(tmp_path / "missing" / "folder") is None


def test_a_folder_that_does_not_exist_in_a_repository_is_unreadable(project: Path) -> None:
    assert {state.presence for state in states(project / "missing")} == {"unreadable"}


def test_a_new_repository_differs_from_none_and_from_one_with_a_commit(tmp_path: Path) -> None:
    run(tmp_path, "init", "--quiet", "--initial-branch=main")
    assert commit(tmp_path) == present("unborn")
    assert tags(tmp_path).detail.startswith("no tags, ")
    assert tree(tmp_path).detail.startswith("branch main, no commit yet, 2026-11-21, ")
    record(tmp_path)
    assert commit(tmp_path) == head(tmp_path)
    assert tree(tmp_path).detail.startswith("branch main, clean, ")


def test_an_unborn_branch_beside_branches_below_its_name(project: Path) -> None:
    run(project, "branch", "next/one")
    run(project, "symbolic-ref", "HEAD", "refs/heads/next")
    assert commit(project) == present("unborn")


def test_what_git_does_not_look_at_is_absent(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(project))
    assert states(project / "src") == (ABSENT, ABSENT, ABSENT)
    assert commit(project) == head(project)


# What cannot be read


def garbage_head(project: Path) -> None:
    write(project / ".git" / "HEAD", "garbage\n")


def missing_head(project: Path) -> None:
    (project / ".git" / "HEAD").unlink()


def empty_git_folder(project: Path) -> None:
    shutil.rmtree(project / ".git")
    (project / ".git").mkdir()


def git_file_to_nowhere(project: Path) -> None:
    shutil.rmtree(project / ".git")
    write(project / ".git", "gitdir: ../nowhere\n")


def garbage_git_file(project: Path) -> None:
    shutil.rmtree(project / ".git")
    write(project / ".git", "garbage\n")


def dangling_git_link(project: Path) -> None:
    shutil.rmtree(project / ".git")
    (project / ".git").symlink_to("nowhere")


def garbage_ref(project: Path) -> None:
    write(project / ".git" / "refs" / "heads" / "main", "garbage\n")


def truncated_ref(project: Path) -> None:
    name = run(project, "rev-parse", "HEAD")[:20]
    write(project / ".git" / "refs" / "heads" / "main", name)


def empty_ref(project: Path) -> None:
    write(project / ".git" / "refs" / "heads" / "main")


def zero_ref(project: Path) -> None:
    write(project / ".git" / "refs" / "heads" / "main", "0" * 40 + "\n")


def missing_commit(project: Path) -> None:
    write(project / ".git" / "refs" / "heads" / "main", "7" * 40 + "\n")


def missing_commit_detached(project: Path) -> None:
    write(project / ".git" / "HEAD", "7" * 40 + "\n")


def unknown_format(project: Path) -> None:
    run(project, "config", "core.repositoryFormatVersion", "99")


def malformed_config(project: Path) -> None:
    write(project / ".git" / "config", "[core\n")


BROKEN = [
    garbage_head,
    missing_head,
    empty_git_folder,
    git_file_to_nowhere,
    garbage_git_file,
    dangling_git_link,
    garbage_ref,
    truncated_ref,
    empty_ref,
    zero_ref,
    missing_commit,
    missing_commit_detached,
    unknown_format,
    malformed_config,
]


@pytest.mark.parametrize("damage", BROKEN)
@pytest.mark.parametrize("where", [".", "src"])
def test_a_broken_repository_is_unreadable(
    damage: Callable[[Path], None], where: str, project: Path
) -> None:
    damage(project)
    for state in (commit(project / where), tree(project / where)):
        assert state.presence == "unreadable"
        assert state.detail
        assert "\n" not in state.detail


@pytest.mark.parametrize("damage", [garbage_ref, missing_commit])
def test_a_broken_bare_repository_is_unreadable(
    damage: Callable[[Path], None], project: Path
) -> None:
    damage(bare_by_setting(project))
    assert {commit(project).presence, tree(project).presence} == {"unreadable"}


@pytest.mark.parametrize("content", ["garbage\n", "", "0" * 40 + "\n", "7" * 40 + "\n"])
def test_a_broken_tag_makes_the_tags_unreadable(content: str, project: Path) -> None:
    run(project, "tag", "v1")
    write(project / ".git" / "refs" / "tags" / "v2", content)
    assert tags(project).presence == "unreadable"
    assert commit(project) == head(project)


def test_a_broken_index_makes_the_tree_unreadable(project: Path) -> None:
    write(project / ".git" / "index", "garbage")
    assert tree(project).presence == "unreadable"
    assert commit(project) == head(project)


def test_ignore_rules_that_cannot_be_read_make_the_tree_unreadable(project: Path) -> None:
    (project / ".git" / "info" / "exclude").unlink()
    os.mkfifo(project / ".git" / "info" / "exclude")
    # Even git status would wait for a writer.
    assert tree(project).presence == "unreadable"


def test_somebody_elses_repository_is_unreadable(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    for state in states(project):
        assert state.presence == "unreadable"
        assert "dubious ownership" in state.detail
    assert git_repository.enclosing_folders(git_repository.find(project / "src")) == (project,)


ASK = """
    import sys
    from pathlib import Path
    from lbuild_keys.git import repository as git

    found = git.find(Path(sys.argv[1]))
    for state in (git.commit(found), git.tags(found), git.tree(found)):
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


# Tags


def test_tags_count_by_name_and_object(project: Path) -> None:
    seen = [tags(project)]

    def expect_change(*command: str) -> None:
        run(project, "tag", *command)
        seen.append(tags(project))
        assert len(set(seen)) == len(seen), command

    expect_change("v1")
    expect_change("--annotate", "--message=the first", "v2")
    expect_change("--annotate", "--message=the same, made anew", "--force", "v2")
    record(project)
    assert tags(project) == seen[-1]
    expect_change("--force", "v1")
    assert tags(project).detail.startswith("2 tags, ")

    run(project, "tag", "--delete", "v2")
    assert tags(project).detail.startswith("1 tag, ")
    run(project, "tag", "--force", "v1", "HEAD~")
    assert tags(project) == seen[1]


def test_how_tags_are_stored_does_not_count(project: Path) -> None:
    for name in ("v1", "v10", "v2", "group/v1"):
        run(project, "tag", name)
    before = tags(project)
    run(project, "pack-refs", "--all")
    assert tags(project) == before
    run(project, "config", "tag.sort", "-version:refname")
    run(project, "branch", "v1-branch")
    assert tags(project) == before


def test_tags_whose_names_are_not_utf8_differ(project: Path) -> None:
    run(project, "tag", b"v\xe9")
    before = tags(project)
    run(project, "tag", "--delete", b"v\xe9")
    run(project, "tag", b"v\xea")
    assert tags(project).presence == "present"
    assert tags(project) != before


# The tree


def test_an_edit_makes_it_modified_and_only_its_day_counts_then(project: Path) -> None:
    clean = tree(project)
    assert tree(project, date(2026, 11, 22)) == clean

    write(project / "src" / "demo.py", "two = 2\n")
    edited = tree(project)
    assert edited.detail.startswith("branch main, modified since the commit, 2026-11-21, ")
    assert tree(project, date(2026, 11, 22)) != edited
    write(project / "pyproject.toml", "[project]\nname = 'demo'\n")
    assert tree(project) == edited
    run(project, "add", "pyproject.toml")
    assert tree(project) == edited

    run(project, "reset", "--quiet", "--hard")
    assert tree(project) == clean


def test_times_and_a_stale_index_do_not_count(project: Path) -> None:
    before = tree(project)
    os.utime(project / "src" / "demo.py", (0, 0))
    assert tree(project) == before


def test_untracked_files_do_not_count_until_they_are_added(project: Path) -> None:
    before = tree(project)
    write(project / "new.py", "new = 1\n")
    assert tree(project) == before
    run(project, "add", "--intent-to-add", "new.py")
    intended = tree(project)
    run(project, "add", "new.py")
    assert len({before, intended, tree(project)}) == 3


@pytest.mark.parametrize(
    "command",
    [
        ("rm", "--quiet", "--cached", "src/demo.py"),
        ("mv", "src/demo.py", "src/other.py"),
        ("update-index", "--chmod=+x", "src/demo.py"),
    ],
)
def test_what_is_tracked_counts_in_a_tree_already_modified(
    command: tuple[str, ...], project: Path
) -> None:
    write(project / "pyproject.toml", "edited\n")
    before = tree(project)
    run(project, *command)
    assert tree(project).presence == "present"
    assert tree(project) != before


def test_names_that_are_not_utf8_differ(project: Path) -> None:
    seen = set()
    for name in (b"caf\xe9.py", b"caf\xea.py", "café.py".encode(), b"line\nbreak\t.py"):
        path = project / os.fsdecode(name)
        write(path)
        run(project, "add", "--all")
        seen.add(tree(project))
        run(project, "rm", "--quiet", "--force", name)
    run(project, "checkout", "--quiet", "-b", b"caf\xe9")
    assert tree(project).detail.startswith("branch caf\udce9, clean, ")
    assert len({*seen, tree(project)}) == 5


def test_the_branch_counts(project: Path) -> None:
    main = tree(project)
    run(project, "checkout", "--quiet", "-b", "other")
    other = tree(project)
    run(project, "checkout", "--quiet", "--detach")
    alone = tree(project)
    assert len({main, other, alone}) == 3
    # versioneer takes a branch that holds a detached HEAD.
    run(project, "branch", "aaa")
    assert tree(project) != alone
    run(project, "checkout", "--quiet", "main")
    assert tree(project) == main


@pytest.mark.parametrize("own", ["exclude", "attributes"])
def test_rules_kept_beside_the_index_count(own: str, project: Path) -> None:
    path = project / ".git" / "info" / own
    path.unlink(missing_ok=True)
    without = tree(project)
    write(path, "# a comment\n\n")
    assert tree(project) == without
    write(path, "*.gen\n!important.gen\n")
    one = tree(project)
    write(path, "!important.gen\n*.gen\n")
    assert len({without, one, tree(project)}) == 3


@pytest.mark.parametrize(
    ("setting", "default"),
    [("core.excludesFile", "ignore"), ("core.attributesFile", "attributes")],
)
def test_rules_of_the_user_count(
    setting: str, default: str, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    without = tree(project)
    write(tmp_path / "home" / ".config" / "git" / default, "*.one\n")
    by_default = tree(project)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "settings"))
    assert tree(project) == without
    write(tmp_path / "settings" / "git" / default, "*.two\n")
    by_folder = tree(project)
    run(project, "config", setting, "")
    assert tree(project) == without
    run(project, "config", setting, os.devnull)
    assert tree(project) == without
    run(project, "config", setting, "~/own")
    assert tree(project) == without
    write(tmp_path / "home" / "own", "*.three\n")
    by_setting = tree(project)
    run(project, "config", setting, "rules")
    write(project / "rules", "*.four\n")
    assert len({without, by_default, by_folder, by_setting, tree(project)}) == 5


def test_rules_of_ignored_paths_and_of_attributes_are_told_apart(project: Path) -> None:
    (project / ".git" / "info" / "exclude").unlink(missing_ok=True)
    write(project / ".git" / "info" / "attributes", "*.gen\n")
    before = tree(project)
    (project / ".git" / "info" / "attributes").rename(project / ".git" / "info" / "exclude")
    assert tree(project) != before


def test_the_ignore_rules_of_a_linked_worktree_are_the_repositorys(project: Path) -> None:
    linked = linked_worktree(project)
    before = tree(linked)
    write(project / ".git" / "info" / "exclude", "*.gen\n")
    assert tree(linked) != before


def test_how_far_a_shallow_clone_reaches_counts(project: Path) -> None:
    run(project, "tag", "v1")
    record(project)
    record(project)
    clone = shallow(project)
    seen = {tree(clone)}
    for deepen in ("--deepen=1", "--deepen=1", "--unshallow"):
        run(clone, "fetch", "--quiet", "--no-tags", deepen)
        seen.add(tree(clone))
    assert len(seen) == 4


def test_replaced_objects_count(project: Path) -> None:
    record(project)
    record(project)
    before = tree(project)
    run(project, "replace", "--graft", "HEAD")
    assert tree(project) != before


def test_grafts_count(project: Path) -> None:
    record(project)
    before = tree(project)
    write(project / ".git" / "info" / "grafts", run(project, "rev-parse", "HEAD"))
    assert run(project, "rev-list", "--count", "HEAD") == "1\n"
    assert tree(project) != before


def test_how_short_git_makes_the_commit_counts(project: Path) -> None:
    before = tree(project)
    run(project, "config", "core.abbrev", "12")
    assert tree(project) != before


def test_before_the_first_commit_the_days_of_files_count(tmp_path: Path) -> None:
    run(tmp_path, "init", "--quiet")
    path = write(tmp_path / "a.py", "a = 1\n")
    run(tmp_path, "add", "--all")
    path.write_text("a = 2\n")
    seen = set()
    for seconds in (86_400 * 10, 86_400 * 11 - 1, 86_400 * 11):
        os.utime(path, (seconds, seconds))
        seen.add(tree(tmp_path))
    assert len(seen) == 2


def test_within_the_folder_a_change_is_told_from_one_beside_it(project: Path) -> None:
    """setuptools-scm can be told to look at the project's own folder only."""
    write(project / "other" / "a.py")
    write(project / "other" / "b.py")
    record(project)
    folder = project / "src"
    clean = tree(folder)
    write(project / "other" / "a.py", "edited\n")
    beside = tree(folder)
    write(project / "other" / "b.py", "edited\n")
    assert tree(folder) == beside
    write(folder / "demo.py", "edited\n")
    within = tree(folder)
    write(project / "pyproject.toml", "edited\n")
    assert len({clean, beside, within, tree(folder)}) == 4


def test_what_is_tracked_beside_the_folder_counts(project: Path) -> None:
    folder = project / "src"
    write(project / "pyproject.toml", "edited\n")
    before = tree(folder)
    run(project, "update-index", "--chmod=+x", "pyproject.toml")
    assert tree(folder) != before


# Submodules


def test_a_submodule_with_changes_counts(with_submodule: Path) -> None:
    clean = tree(with_submodule)
    write(with_submodule / "vendored" / "new.py")
    assert tree(with_submodule) == clean
    write(with_submodule / "vendored" / "src" / "demo.py", "edited\n")
    edited = tree(with_submodule)
    record(with_submodule / "vendored")
    committed = tree(with_submodule)
    assert "modified" in edited.detail
    assert len({clean, edited, committed}) == 3


def test_what_a_submodule_tracks_counts(with_submodule: Path) -> None:
    write(with_submodule / "vendored" / "src" / "demo.py", "edited\n")
    before = tree(with_submodule)
    write(with_submodule / "vendored" / "new.py")
    run(with_submodule / "vendored", "add", "new.py")
    assert tree(with_submodule) != before


@pytest.mark.parametrize("setting", ["diff.ignoreSubmodules", "submodule.vendored.ignore"])
def test_settings_do_not_hide_the_changes_of_a_submodule(
    setting: str, with_submodule: Path
) -> None:
    run(with_submodule, "config", setting, "all")
    clean = tree(with_submodule)
    write(with_submodule / "vendored" / "src" / "demo.py", "edited\n")
    edited = tree(with_submodule)
    assert edited != clean
    run(with_submodule, "config", setting, "none")
    assert tree(with_submodule) != edited


def test_a_submodule_that_was_not_fetched(with_submodule: Path) -> None:
    run(with_submodule, "submodule", "--quiet", "deinit", "--force", "vendored")
    assert "clean" in tree(with_submodule).detail


# Two clones of one commit


def test_clones_of_one_commit_are_alike(project: Path, tmp_path: Path) -> None:
    run(project, "tag", "v1")
    run(project, "tag", "--annotate", "--message=two", "v2")
    run(project, "config", "commit.gpgSign", "false")
    expected = states(project)

    run(tmp_path, "clone", "--quiet", "--no-local", str(project), "clone")
    assert states(tmp_path / "clone") == expected

    run(tmp_path, "clone", "--quiet", "--template=", str(project), "no-template")
    run(tmp_path / "no-template", "gc", "--quiet", "--aggressive")
    assert states(tmp_path / "no-template") == expected

    shutil.copytree(project, tmp_path / "deep" / "er" / "copy")
    assert states(tmp_path / "deep" / "er" / "copy") == expected

    run(project, "branch", "unrelated")
    run(project, "remote", "add", "origin", "https://example.org/project")
    run(project, "stash", "list")
    assert states(project) == expected


def test_detached_worktrees_of_one_commit_are_alike(project: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        run(project, "worktree", "add", "--quiet", "--detach", str(tmp_path / name))
    assert states(tmp_path / "one") == states(tmp_path / "two")


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
    assert told - configuration <= set(git_run.LOCAL_VARIABLES)


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


def test_asked_within_a_hook_of_another_repository(project: Path, tmp_path: Path) -> None:
    expected = [f"{state.presence} {state.detail}" for state in states(project)]
    other = make(tmp_path / "other")
    script = write(tmp_path / "ask.py", textwrap.dedent(ASK).replace("git.tree(found)", TREE))
    hook = write(
        other / ".git" / "hooks" / "pre-commit",
        f'#!/bin/sh\ntest -n "$GIT_INDEX_FILE" || exit 1\n'
        f"PYTHONPATH='{os.pathsep.join(sys.path)}' "
        f"'{sys.executable}' '{script}' '{project}' > '{tmp_path / 'said'}'\n",
    )
    hook.chmod(hook.stat().st_mode | stat.S_IXUSR)
    record(other)
    assert (tmp_path / "said").read_text().splitlines() == expected


TREE = "git.tree(found, __import__('datetime').date(2026, 11, 21))"


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


# The folders above


def test_the_folders_above_end_with_the_top_of_the_work_tree(project: Path) -> None:
    (project / "a" / "b").mkdir(parents=True)
    found = git_repository.find(project / "a" / "b")
    assert git_repository.enclosing_folders(found) == (project / "a", project)
    assert git_repository.enclosing_folders(git_repository.find(project / "a")) == (project,)
    assert git_repository.enclosing_folders(git_repository.find(project)) == ()
    assert git_repository.enclosing_folders(git_repository.find(symbolic_link(project))) == (
        project,
    )


def test_the_folders_above_within_a_worktree_and_a_submodule(
    with_submodule: Path, project: Path
) -> None:
    inner = with_submodule / "vendored"
    assert git_repository.enclosing_folders(git_repository.find(inner / "src")) == (inner,)
    assert git_repository.enclosing_folders(git_repository.find(inner)) == ()
    linked = linked_worktree(project)
    assert git_repository.enclosing_folders(git_repository.find(linked / "src")) == (linked,)


def test_the_folders_above_a_git_folder_that_git_passes_over(project: Path) -> None:
    (project / "a" / "b" / ".git").mkdir(parents=True)
    found = git_repository.find(project / "a" / "b")
    assert git_repository.enclosing_folders(found) == (project / "a", project)
    assert git_repository.commit(found) == head(project)


# A state stands for everything that backends ask, and for nothing else

EXCLUDE = Path(".git", "info", "exclude")

STEPS: dict[str, Callable[[Path], object]] = {
    "edit": lambda root: write(root / "src" / "demo.py", "edited = 1\n"),
    "edit another": lambda root: write(root / "pyproject.toml", "edited\n"),
    "undo": lambda root: run(root, "checkout", "HEAD", "--", "."),
    "create": lambda root: write(root / "src" / "new.py", "new = 1\n"),
    "add": lambda root: run(root, "add", "--all"),
    "intend": lambda root: run(root, "add", "--all", "--intent-to-add"),
    "untrack": lambda root: run(root, "rm", "-q", "--cached", "--ignore-unmatch", "src/new.py"),
    "commit": record,
    "back": lambda root: run(root, "reset", "--quiet", "--soft", "start"),
    "tag": lambda root: run(root, "tag", "--force", "v1"),
    "annotate": lambda root: run(root, "tag", "--force", "--annotate", "--message=x", "v1"),
    "branch": lambda root: run(root, "symbolic-ref", "HEAD", "refs/heads/other"),
    "home": lambda root: run(root, "symbolic-ref", "HEAD", "refs/heads/main"),
    "ignore": lambda root: write(root / EXCLUDE, "*.gen\n"),
    "stop ignoring": lambda root: write(root / EXCLUDE, "# nothing\n"),
    "pack": lambda root: run(root, "pack-refs", "--all"),
}


def asked(root: Path) -> tuple[str, ...]:
    """What backends ask git, and the ignore rules that some answers rest on."""
    modified = run(root, "status", "--porcelain", "--untracked-files=no")
    names = [line.split(" ", 1)[0] + line.split("\t")[1] for line in index(root)]
    intended = [line for line in modified.splitlines() if line.startswith(" A")]
    return (
        run(root, "describe", "--always", "--dirty", "--tags", "--long", "--abbrev=40"),
        run(root, "rev-parse", "HEAD"),
        run(root, "symbolic-ref", "HEAD"),
        run(root, "for-each-ref", "refs/tags"),
        str(bool(modified)),
        "\n".join([*names, *intended]),
        str([line for line in (root / EXCLUDE).read_text().splitlines() if line[:1] != "#"]),
    )


def index(root: Path) -> list[str]:
    return run(root, "ls-files", "--stage").splitlines()


@settings(
    max_examples=8,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(st.sampled_from(sorted(STEPS)), min_size=4, max_size=12))
def test_states_are_equal_exactly_when_git_answers_the_same(
    steps: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    root = make(tmp_path_factory.mktemp("steps") / "project")
    run(root, "tag", "start")
    run(root, "branch", "other")
    write(root / EXCLUDE)
    answers_by_states = {states(root): asked(root)}
    states_by_answers = {asked(root): states(root)}
    for step in steps:
        STEPS[step](root)
        now, answers = states(root), asked(root)
        assert answers_by_states.setdefault(now, answers) == answers, "stale"
        assert states_by_answers.setdefault(answers, now) == now, "needless"
