"""The state of a working tree, asked of real git: what counts, and what does not."""

import os
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.git_repositories import (
    bare,
    commit,
    detached,
    head,
    linked_worktree,
    make,
    on_branch,
    record,
    run,
    shallow,
    states,
    symbolic_branch,
    tree,
    write,
)


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


def test_a_broken_index_makes_the_tree_unreadable(project: Path) -> None:
    write(project / ".git" / "index", "garbage")
    assert tree(project).presence == "unreadable"
    assert commit(project) == head(project)


def test_ignore_rules_that_cannot_be_read_make_the_tree_unreadable(project: Path) -> None:
    (project / ".git" / "info" / "exclude").unlink()
    os.mkfifo(project / ".git" / "info" / "exclude")
    # Even git status would wait for a writer.
    assert tree(project).presence == "unreadable"


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


@pytest.mark.exhaustive
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
