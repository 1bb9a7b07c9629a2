"""Repositories, commits and tags, asked of real git: what counts, and what cannot be read."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from lbuild_keys.git.repository import (
    enclosing_folders,
    find_repository,
    observe_commit,
)
from lbuild_keys.model import ABSENT, present
from support.git_repositories import (
    KINDS,
    bare_by_setting,
    commit,
    head,
    linked_worktree,
    record,
    run,
    sha256,
    states,
    symbolic_link,
    tags,
    tree,
    write,
)


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


# No repository


def test_no_repository_is_absent(tmp_path: Path) -> None:
    assert find_repository(tmp_path) is None
    assert states(tmp_path) == (ABSENT, ABSENT, ABSENT)
    assert enclosing_folders(find_repository(tmp_path)) == ()
    assert find_repository(tmp_path / "missing" / "folder") is None


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


def test_somebody_elses_repository_is_unreadable(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    for state in states(project):
        assert state.presence == "unreadable"
        assert "dubious ownership" in state.detail
    assert enclosing_folders(find_repository(project / "src")) == (project,)


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


# The folders above


def test_the_folders_above_end_with_the_top_of_the_work_tree(project: Path) -> None:
    (project / "a" / "b").mkdir(parents=True)
    found = find_repository(project / "a" / "b")
    assert enclosing_folders(found) == (project / "a", project)
    assert enclosing_folders(find_repository(project / "a")) == (project,)
    assert enclosing_folders(find_repository(project)) == ()
    assert enclosing_folders(find_repository(symbolic_link(project))) == (project,)


def test_the_folders_above_within_a_worktree_and_a_submodule(
    with_submodule: Path, project: Path
) -> None:
    inner = with_submodule / "vendored"
    assert enclosing_folders(find_repository(inner / "src")) == (inner,)
    assert enclosing_folders(find_repository(inner)) == ()
    linked = linked_worktree(project)
    assert enclosing_folders(find_repository(linked / "src")) == (linked,)


def test_the_folders_above_a_git_folder_that_git_passes_over(project: Path) -> None:
    (project / "a" / "b" / ".git").mkdir(parents=True)
    found = find_repository(project / "a" / "b")
    assert enclosing_folders(found) == (project / "a", project)
    assert observe_commit(found) == head(project)
