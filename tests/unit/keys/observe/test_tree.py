"""What lies below a project: what is left out, where links lead, what cannot be listed."""

import os
import shutil
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbuild_keys.observe.tree import NEVER, NEVER_AT_TOP, Tree, walk
from support.denied_access import without_privileges

TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# This folder is a cache.\n"


def plant(root: Path, *files: str) -> None:
    for name in files:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")


def names(root: Path) -> tuple[str, ...]:
    tree = walk(root)
    assert tree.unreadable == {}
    return tree.files


def test_everything_by_relative_path_and_sorted(tmp_path: Path) -> None:
    plant(tmp_path, "b.py", "a/z.py", "a/.hidden/x", "a.py", ".gitignore")
    (tmp_path / "empty").mkdir()
    tree = walk(tmp_path)
    assert tree.files == (".gitignore", "a.py", "a/.hidden/x", "a/z.py", "b.py")
    assert list(tree.folders.items()) == [("a", ""), ("a/.hidden", ""), ("empty", "")]
    assert tree.unreadable == {}


def test_an_empty_project(tmp_path: Path) -> None:
    assert walk(tmp_path) == Tree((), {}, {})


# What is left out


@pytest.mark.parametrize("name", sorted(NEVER))
def test_what_is_left_out_at_any_depth(tmp_path: Path, name: str) -> None:
    plant(tmp_path, f"{name}/a", f"s/{name}/a", f"s/{name}s", "s/t/b")
    (tmp_path / "s" / "t" / name).touch()  # .git may be a file
    assert names(tmp_path) == (f"s/{name}s", "s/t/b")
    assert list(walk(tmp_path).folders) == ["s", "s/t"]


@pytest.mark.parametrize("name", sorted(NEVER_AT_TOP))
def test_what_is_left_out_at_the_top_only(tmp_path: Path, name: str) -> None:
    plant(tmp_path, f"{name}/a", f"template/{name}/a")
    assert names(tmp_path) == (f"template/{name}/a",)


def test_what_git_ignores_counts(tmp_path: Path) -> None:
    plant(tmp_path, "build/cfg.h", "demo.egg-info/PKG-INFO", "venv/a", "env/a", "dist/a")
    (tmp_path / ".gitignore").write_text("*\n")
    assert len(names(tmp_path)) == 6


def test_environments_and_caches_declare_themselves(tmp_path: Path) -> None:
    plant(tmp_path, "env/bin/python", "env/pyvenv.cfg", "s/cache/a/b", "s/a")
    (tmp_path / "s" / "cache" / "CACHEDIR.TAG").write_text(TAG)
    tree = walk(tmp_path)
    assert tree == Tree(("s/a",), {"s": ""}, {})


@pytest.mark.parametrize("tag", ["", TAG[:42], "signature" + TAG[9:], f"\n{TAG}", f"\ufeff{TAG}"])
def test_a_tag_with_another_signature_declares_nothing(tmp_path: Path, tag: str) -> None:
    plant(tmp_path, "cache/a")
    (tmp_path / "cache" / "CACHEDIR.TAG").write_text(tag, "utf-8")
    assert names(tmp_path) == ("cache/CACHEDIR.TAG", "cache/a")


def test_the_project_itself_counts_whatever_it_says(tmp_path: Path) -> None:
    plant(tmp_path, "pyvenv.cfg", "a")
    (tmp_path / "CACHEDIR.TAG").write_text(TAG)
    assert names(tmp_path) == ("CACHEDIR.TAG", "a", "pyvenv.cfg")


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo], ids=["folder", "pipe"])
def test_a_tag_that_is_no_file(tmp_path: Path, make: object) -> None:
    plant(tmp_path, "cache/a")
    tag = tmp_path / "cache" / "CACHEDIR.TAG"
    make(tag)
    found: list[Tree] = []
    thread = threading.Thread(target=lambda: found.append(walk(tmp_path)))
    thread.start()
    thread.join(2)
    waits = thread.is_alive()
    if waits:
        tag.open("wb").close()  # lets it go on
        thread.join()
    assert not waits
    assert "cache/a" in found[0].files or "cache" in found[0].unreadable


def test_what_the_caller_leaves_out(tmp_path: Path) -> None:
    plant(tmp_path, "dist/a.whl", "dist/b.txt", "out/c", "s/out/d")
    asked = []

    def leave_out(path: str) -> bool:
        asked.append(path)
        return path in ("dist/a.whl", "out/")

    assert walk(tmp_path, leave_out) == Tree(
        ("dist/b.txt", "s/out/d"), {"dist": "", "s": "", "s/out": ""}, {}
    )
    assert sorted(asked) == ["dist/", "dist/a.whl", "dist/b.txt", "out/", "s/", "s/out/", "s/out/d"]


def test_the_caller_is_asked_only_where_it_may_leave_something_out(tmp_path: Path) -> None:
    plant(tmp_path, "a", "b/a", "b/c/a", "d/a")
    may = {"b", "d"}
    assert walk(tmp_path, lambda _: True, may_leave_out=may.__contains__) == Tree(
        ("a",), {"b": "", "d": ""}, {}
    )


# Links


def test_links_to_files_count_as_files(tmp_path: Path) -> None:
    plant(tmp_path, "a")
    (tmp_path / "link").symlink_to("a")
    (tmp_path / "dangling").symlink_to("gone")
    assert names(tmp_path) == ("a", "dangling", "link")


def test_a_linked_folder_is_entered_once_and_told_under_each_name(tmp_path: Path) -> None:
    plant(tmp_path, "real/a")
    (tmp_path / "a link").symlink_to("real")
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "link").symlink_to("../real")
    tree = walk(tmp_path)
    assert [name.rpartition("/")[2] for name in tree.files] == ["a"]
    assert dict(tree.folders) == {"a link": "real", "real": "", "s": "", "s/link": "../real"}


def test_folders_outside_are_followed(tmp_path: Path) -> None:
    plant(tmp_path / "shared", "a", "s/b")
    plant(tmp_path / "project", "c")
    link = tmp_path / "project" / "link"
    link.symlink_to(tmp_path / "shared")
    tree = walk(tmp_path / "project")
    assert tree.files == ("c", "link/a", "link/s/b")
    assert dict(tree.folders) == {"link": str(tmp_path / "shared"), "link/s": ""}


@pytest.mark.parametrize("target", [".", "..", "../..", "../s"])
def test_links_to_folders_above_end(tmp_path: Path, target: str) -> None:
    project = tmp_path / "project"
    plant(project, "s/a", "../beside/b")
    (project / "s" / "up").symlink_to(target)
    tree = walk(project)
    assert tree.unreadable == {}
    assert tree.folders["s/up"] == target
    assert tree.files == ("s/a",)


def test_two_folders_that_lead_to_each_other(tmp_path: Path) -> None:
    plant(tmp_path, "a/one", "b/two")
    (tmp_path / "a" / "to b").symlink_to("../b")
    (tmp_path / "b" / "to a").symlink_to("../a")
    tree = walk(tmp_path)
    assert sorted(name.rpartition("/")[2] for name in tree.files) == ["one", "two"]


def test_a_link_that_leads_to_itself_hides_nothing(tmp_path: Path) -> None:
    plant(tmp_path, "s/a", "s/z", "z")
    (tmp_path / "s" / "loop").symlink_to("loop")
    tree = walk(tmp_path)
    assert tree.unreadable == {}
    assert tree.files == ("s/a", "s/loop", "s/z", "z")


# Odd names and odd files


def test_names_that_are_not_utf_8(tmp_path: Path) -> None:
    plant(tmp_path, "caf\udce9/\udcff\n")
    assert walk(tmp_path) == Tree(("caf\udce9/\udcff\n",), {"caf\udce9": ""}, {})


def test_what_is_neither_file_nor_folder_is_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert names(tmp_path) == ("pipe",)


# What cannot be listed


def test_a_folder_that_may_not_be_listed(tmp_path: Path) -> None:
    plant(tmp_path, "a", "closed/b", "z/c")
    (tmp_path / "closed").chmod(0)
    with without_privileges():
        tree = walk(tmp_path)
    (tmp_path / "closed").chmod(0o755)
    assert tree.unreadable == {"closed": "Permission denied"}
    assert tree.files == ("a", "z/c")


def test_a_folder_that_vanishes_meanwhile(tmp_path: Path) -> None:
    plant(tmp_path, "a", "s/b", "z/c")

    def remove(path: str) -> bool:
        if path == "z/":
            shutil.rmtree(tmp_path / "s")
        return False

    tree = walk(tmp_path, remove)
    assert tree.unreadable == {"s": "No such file or directory"}
    assert tree.files == ("a", "z/c")


def test_a_folder_whose_path_is_too_long(tmp_path: Path) -> None:
    inner = os.open(tmp_path, os.O_RDONLY)
    for _ in range(4096 // 200 + 1):
        os.mkdir("d" * 200, dir_fd=inner)
        outer, inner = inner, os.open("d" * 200, os.O_RDONLY, dir_fd=inner)
        os.close(outer)
    os.close(inner)
    [(name, why)] = walk(tmp_path).unreadable.items()
    assert name.startswith("ddd")
    assert why == "File name too long"


@pytest.mark.parametrize(
    ("name", "why"), [("gone", "No such file or directory"), ("file", "Not a directory")]
)
def test_a_project_that_is_not_there(tmp_path: Path, name: str, why: str) -> None:
    (tmp_path / "file").touch()
    assert walk(tmp_path / name) == Tree((), {}, {".": why})


parts = st.sampled_from(["a", "b", ".c", "é"])


@given(st.lists(st.lists(parts, min_size=1, max_size=4)))
def test_every_file_is_found(
    tmp_path_factory: pytest.TempPathFactory, paths: list[list[str]]
) -> None:
    root = tmp_path_factory.mktemp("tree")
    planted = {"/".join([*path, "file"]) for path in paths}
    plant(root, *planted)
    tree = walk(root)
    assert tree.files == tuple(sorted(planted))
    assert set(tree.folders) == {
        "/".join(path[:depth]) for path in paths for depth in range(1, len(path) + 1)
    }
