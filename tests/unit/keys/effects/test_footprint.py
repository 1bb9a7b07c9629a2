"""Footprints of real projects: what was touched since, and what there was before."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lbuild_keys.config.settings import read_settings
from lbuild_keys.effects import footprint
from lbuild_keys.effects.footprint import Footprint
from lbuild_keys.model import ABSENT, Input, State
from lbuild_keys.observe import tree
from lbuild_keys.observe.files import Digests
from lbuild_keys.observe.listings import NO_DIRECTORY, names_in
from lbuild_keys.snapshots.context import BuildContext, ProjectTree
from lbuild_keys.snapshots.observer import Observer
from support.denied_access import without_privileges


def was_touched(taken: Footprint, thing: Input, **seen: frozenset[str]) -> bool:
    return thing.name in taken.touched([thing], (), **seen)


def observer(root: Path, **changes: Any) -> Observer:
    project: dict[str, Any] = {
        "root": root,
        "toml": {},
        "settings": read_settings({}),
        "leave_out": lambda _: False,
        "out_dirs": frozenset({"dist"}),
    }
    around = BuildContext(
        environ={},
        cwd=root,
        secret=b"secret",
        interpreter="CPython 3.11.7",
        config_settings={},
        installed=None,
        extra_requires=(),
    )
    return Observer(ProjectTree(**(project | changes)), around, Digests())


def take(root: Path, **changes: Any) -> Footprint:
    return footprint.take(observer(root, **changes))


def wait() -> None:
    """Let the clock of the file system pass what a footprint takes for the same moment."""
    time.sleep(0.03)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    project = tmp_path / "project"
    for folder in ("src/deep", "empty", "__pycache__", "cache"):
        (project / folder).mkdir(parents=True)
    for file in ("a.py", "src/b.py", "src/deep/c.py", "__pycache__/a.pyc", "cache/data"):
        (project / file).write_text("1")
    tag = "Signature: 8a477f597d28d172789f06886806bc55\n"
    (project / "cache" / "CACHEDIR.TAG").write_text(tag)
    (project / "linked").symlink_to("src")
    (project / "file-link").symlink_to("a.py")
    (project / "dangling").symlink_to("gone")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "x").write_text("1")
    (project / "out").symlink_to("../outside")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "x").write_text("1")
    wait()
    return project


FILES = (
    "a.py",
    "src/b.py",
    "src/deep/c.py",
    "linked/b.py",
    "linked/deep/c.py",
    "file-link",
    "out/x",
)
FOLDERS = (".", "src", "src/deep", "empty", "linked", "out", "linked/deep")
NOT_THERE = ("new.py", "src/new.py", "linked/new.py", "out/new.py", "dangling", "a.py/below", "n/n")
NOISE = ("__pycache__/a.pyc", "cache/data")


def touched(taken: Footprint, *names: str) -> set[str]:
    return {name for name in names if was_touched(taken, Input("file", name))}


# Touched


def test_nothing_is_touched_if_nobody_does(root: Path) -> None:
    elsewhere = str(root.parent / "elsewhere" / "x")
    outside = ("../outside/x", "../elsewhere/x", "../gone", elsewhere, "/gone/for/good")
    taken = take(root)
    assert touched(taken, *FILES, *NOT_THERE, *FOLDERS, *outside, *NOISE) == set()
    listings = (*FOLDERS, *NOT_THERE, "a.py", "../elsewhere", "cache", "..")
    assert [name for name in listings if was_touched(taken, Input("listing", name))] == []


def test_a_file_that_is_called_like_a_variable(root: Path) -> None:
    taken = take(root)
    wait()
    (root / "$HOME").touch()
    assert touched(taken, "$HOME", "a.py") == {"$HOME"}
    assert taken.before(Input("file", "$HOME"), State("present", "now")) == ABSENT


EDITS: dict[str, tuple[Callable[[Path], object], set[str]]] = {
    "written": (lambda root: (root / "a.py").write_text("2"), {"a.py", "file-link"}),
    "written as it was": (lambda root: (root / "a.py").write_text("1"), {"a.py", "file-link"}),
    "below": (lambda root: (root / "src/b.py").write_text("2"), {"src/b.py", "linked/b.py"}),
    "by its other name": (
        lambda root: (root / "linked/deep/c.py").write_text("2"),
        {"src/deep/c.py", "linked/deep/c.py"},
    ),
    "through a link that leads out": (lambda root: (root / "out/x").write_text("2"), {"out/x"}),
    "its time put back": (lambda root: os.utime(root / "a.py", (0, 0)), {"a.py", "file-link"}),
    "permissions": (lambda root: (root / "a.py").chmod(0o755), {"a.py", "file-link"}),
    "removed": (lambda root: (root / "src/b.py").unlink(), {"src/b.py", "linked/b.py"}),
    "made": (lambda root: (root / "new.py").write_text("1"), {"new.py"}),
    "made below": (lambda root: (root / "src/new.py").touch(), {"src/new.py", "linked/new.py"}),
    "a link made to lead somewhere": (lambda root: (root / "gone").touch(), {"dangling"}),
    "a link that leads elsewhere": (
        lambda root: (root / "file-link").unlink() or (root / "file-link").symlink_to("src/b.py"),
        {"file-link"},
    ),
    "replaced": (
        lambda root: (root / "t").write_text("1") and (root / "t").replace(root / "a.py"),
        {"a.py", "file-link"},
    ),
}


@pytest.mark.parametrize(("edit", "expected"), EDITS.values(), ids=EDITS)
def test_each_edit_touches_all_names_of_what_it_changes(
    root: Path, edit: Callable[[Path], object], expected: set[str]
) -> None:
    taken = take(root)
    edit(root)
    found = touched(taken, *FILES, *NOT_THERE)
    assert expected <= found
    # Where names came or went, whatever is not there may have been there for a while.
    assert not any(os.path.lexists(root / name) for name in found - expected)


def test_a_folder_that_another_one_takes_the_place_of_is_touched_with_all_that_is_in_it(
    root: Path,
) -> None:
    (root / "other").mkdir()
    (root / "other" / "b.py").write_text("2")
    wait()
    taken = take(root)
    (root / "linked").unlink()
    (root / "linked").symlink_to("other")
    assert touched(taken, "linked/b.py", "src/b.py") == {"linked/b.py"}
    (root / "src").rename(root / "was")
    (root / "src").symlink_to("other")
    assert touched(taken, "src/b.py") == {"src/b.py"}


def test_edited_and_put_back_is_touched(root: Path) -> None:
    before = (root / "a.py").stat()
    taken = take(root)
    (root / "a.py").write_text("2")
    (root / "a.py").write_text("1")
    os.utime(root / "a.py", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert touched(taken, *FILES) == {"a.py", "file-link"}


def test_a_folder_is_not_touched_by_what_happens_in_it(root: Path) -> None:
    taken = take(root)
    (root / "src" / "new.py").touch()
    (root / "a.py").unlink()
    assert touched(taken, *(name for name in FOLDERS if "linked" not in name)) == set()


def test_a_folder_in_which_names_came_or_went_had_other_names(root: Path) -> None:
    taken = take(root)
    (root / "src" / "new.py").touch()
    (root / "src" / "new.py").unlink()
    names = {name for name in FOLDERS if was_touched(taken, Input("listing", name))}
    assert names == {name for name in FOLDERS if (root / name).samefile(root / "src")}


def test_what_was_made_and_removed_again_was_there_for_a_while(root: Path) -> None:
    taken = take(root)
    (root / "new.py").touch()
    (root / "new.py").unlink()
    for kind in ("file", "path"):
        assert taken.touched([Input(kind, "new.py")], ()) == {"new.py"}
    # Unless the hook itself may have made and removed it.
    assert taken.touched([Input("path", "new.py")], ["other.py"]) == frozenset()


def test_a_name_that_is_new_explains_that_its_folder_was_touched(root: Path) -> None:
    """For example a folder that is ignored, and that a program made."""
    taken = take(root)
    (root / "src" / "target").mkdir()
    wait()
    for thing in (Input("file", "src/setup.py"), Input("path", "src/n"), Input("listing", "src")):
        assert not was_touched(taken, thing)
    assert was_touched(taken, Input("file", "src/target"))
    # Unless the hook saw what has gone again.
    for kind in ("file", "path"):
        assert was_touched(taken, Input(kind, "src/setup.py"), found=frozenset({"src/setup.py"}))


def test_what_nobody_found_was_not_there_for_a_while(root: Path) -> None:
    taken = take(root)
    (root / "new.py").touch()
    (root / "new.py").unlink()
    assert was_touched(taken, Input("file", "new.py"))
    assert not was_touched(taken, Input("file", "new.py"), missed=frozenset({"new.py"}))


def test_what_hooks_found_in_a_folder_with_their_results_was_there_for_a_while(root: Path) -> None:
    taken = take(root)
    found = frozenset({"setup.py", "a.py", "src", "gone/x", "cache/x", "../x", "/x"})
    things = [Input("file", name) for name in found]
    assert taken.touched(things, ["version.py"], found) == {"setup.py"}


def test_outside_it_is_the_time_that_tells(root: Path) -> None:
    outside = root.parent / "elsewhere"
    names = ("../elsewhere/x", f"{outside}/x", "../elsewhere/gone", f"{outside}/gone", "../y")
    taken = take(root)
    wait()
    (outside / "x").write_text("2")
    assert touched(taken, *names) == {"../elsewhere/x", f"{outside}/x"}
    (outside / "gone").touch()
    (outside / "gone").unlink()
    assert touched(taken, *names) == set(names[:4])
    for name in ("../elsewhere", str(outside)):
        assert was_touched(taken, Input("listing", name))
    assert not was_touched(taken, Input("listing", "/usr"))


def test_what_was_changed_just_before_may_have_been_changed_since(root: Path) -> None:
    (root.parent / "elsewhere" / "y").touch()
    assert touched(take(root), "../elsewhere/y") == {"../elsewhere/y"}


def test_in_folders_of_tools_it_is_the_time_that_tells(root: Path) -> None:
    taken = take(root)
    wait()
    (root / "cache" / "data").write_text("2")
    assert touched(taken, *NOISE) == {"cache/data"}


def test_a_name_that_is_a_folder_now_was_touched(root: Path) -> None:
    taken = take(root)
    (root / "new.py").mkdir()
    (root / "a.py").unlink()
    (root / "a.py").mkdir()
    assert touched(taken, "new.py", "a.py") == {"new.py", "a.py"}


def test_a_folder_is_looked_at_once_for_all_that_was_missed_in_it(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = take(root)
    looks: list[str] = []
    genuine = tree.is_cache

    def is_cache(folder: str | Path) -> bool:
        looks.append(os.path.relpath(folder, root))
        return genuine(folder)

    monkeypatch.setattr(tree, "is_cache", is_cache)
    things = [Input("file", f"src/deep/{number}") for number in range(9)]
    assert not taken.touched(things, (), missed=frozenset(thing.name for thing in things))
    assert sorted(looks) == ["src", "src/deep"]
    at = taken.moment()
    assert {taken.before(thing, ABSENT, at) for thing in things} == {ABSENT}
    assert sorted(looks) == ["src", "src", "src/deep", "src/deep"]


# Before


def before(taken: Footprint, kind: Any, name: str, root: Path) -> State:
    thing = Input(kind, name)
    return taken.before(thing, observer(root).observe(thing))


@pytest.mark.parametrize("kind", ["file", "path", "backend"])
def test_what_is_as_it_was_has_the_state_that_it_had(root: Path, kind: str) -> None:
    taken = take(root)
    for name in (*FILES, *FOLDERS, "dangling", "../elsewhere/x", *NOISE):
        now = observer(root).observe(Input(kind, name))
        assert taken.before(Input(kind, name), now) == now, name


def test_what_was_not_there_was_absent(root: Path) -> None:
    taken = take(root)
    names = [
        name for name in NOT_THERE if name not in ("dangling", "a.py/below", "n/n", "out/new.py")
    ]
    for name in names:
        (root / name).touch()
    for kind in ("file", "path"):
        assert {before(taken, kind, name, root) for name in names} == {ABSENT}


def test_what_is_gone_was_present(root: Path) -> None:
    taken = take(root)
    (root / "src" / "b.py").unlink()
    for name in ("src/b.py", "linked/b.py"):
        assert before(taken, "file", name, root).presence == "present"
    assert before(taken, "file", "gone", root) == ABSENT


def test_a_listing_holds_the_names_that_there_were(root: Path) -> None:
    taken = take(root)
    (root / "src" / "new.py").touch()
    (root / "src" / "b.py").unlink()
    assert (names_in(before(taken, "listing", "src", root)) or {}).keys() == {"b.py", "deep"}
    (root / "made").mkdir()
    assert (names_in(before(taken, "listing", "src//b*", root)) or {}).keys() == {"b.py"}
    assert before(taken, "listing", "made", root) == ABSENT
    assert before(taken, "listing", "made//b*", root) == ABSENT
    (root / "empty").rmdir()
    assert names_in(before(taken, "listing", "empty", root)) == {}


def test_a_file_that_was_listed_was_no_directory_then(root: Path) -> None:
    """``recursive-include`` in a MANIFEST.in lists its arguments, which may be files."""
    taken = take(root)
    for name in ("a.py", "src/b.py", "linked/b.py", "file-link", "out/x", "a.py/below"):
        assert before(taken, "listing", name, root) == NO_DIRECTORY, name
        assert not was_touched(taken, Input("listing", name))
    assert before(taken, "listing", "new", root) == ABSENT
    assert before(taken, "listing", "dangling", root) == ABSENT
    (root / "a.py").unlink()
    (root / "a.py").mkdir()
    assert before(taken, "listing", "a.py", root) == NO_DIRECTORY


def test_what_is_directly_below_the_top_of_the_file_system_is_not_in_the_project(
    root: Path,
) -> None:
    taken = take(root)
    (root / "new.py").touch()
    (root / "new.py").unlink()
    assert touched(taken, "/.dockerenv", "/a.py") == set()
    now = State("present", "now")
    assert taken.before(Input("path", "/.dockerenv"), now) == now


def test_names_in_the_folder_for_temporary_files_come_and_go(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(root.parent))
    taken = take(root)
    wait()
    (root.parent / "tmp0a1b2c3d").mkdir()
    for name in ("..", str(root.parent)):
        thing = Input("listing", name)
        assert not was_touched(taken, thing)
        assert before(taken, "listing", name, root) == observer(root).observe(thing)
    assert not was_touched(taken, Input("path", "../.git"), missed=frozenset({"../.git"}))
    # A name that nobody made up counts.
    (root.parent / "x.egg-info").mkdir()
    was, now = before(taken, "listing", "..", root), observer(root).observe(Input("listing", ".."))
    assert (names_in(now) or {}).keys() - (names_in(was) or {}).keys() == {"x.egg-info"}


def test_some_names_above_the_project_are_compared_with_those_before(root: Path) -> None:
    """Others come and go there while a build runs."""
    taken = take(root)
    wait()
    (root.parent / "notes.txt").touch()
    some, every = Input("listing", "..//*.egg-info"), Input("listing", "..")
    assert not was_touched(taken, some)
    assert was_touched(taken, every)
    assert taken.before(some, observer(root).observe(some)) == observer(root).observe(some)
    (root.parent / "x.egg-info").mkdir()
    assert taken.before(some, observer(root).observe(some)) != observer(root).observe(some)


def test_a_link_to_a_folder_leads_where_it_led(root: Path) -> None:
    """Its time stamps are those of the folder, in which a build may write."""
    taken = take(root)
    (root / "src" / "new.py").touch()
    led = State("present", "directory -> src")
    for kind in ("directory", "path", "file"):
        assert taken.before(Input(kind, "linked"), led) == led
        assert not was_touched(taken, Input(kind, "linked"))
    (root / "linked").unlink()
    (root / "linked").symlink_to("empty")
    assert taken.before(Input("directory", "linked"), State("present", "now")) == led


def test_of_what_lies_outside_the_present_is_all_that_is_known(root: Path) -> None:
    taken = take(root)
    now = State("present", "now")
    for kind, name in (("file", "../elsewhere/x"), ("file", "/etc/x"), ("listing", "../elsewhere")):
        assert taken.before(Input(kind, name), now) == now
    assert taken.before(Input("file", "../gone"), ABSENT) == ABSENT


def test_in_folders_of_tools_the_present_is_all_that_is_known(root: Path) -> None:
    taken = take(root)
    now = State("present", "now")
    for name in NOISE:
        assert taken.before(Input("file", name), now) == now


@pytest.mark.parametrize("name", ["linked", "linked/deep", "out"])
def test_a_folder_that_was_listed_by_another_name_held_what_it_holds(root: Path, name: str) -> None:
    taken = take(root)
    now = observer(root).observe(Input("listing", name))
    assert (names_in(now) or {}) != {}
    assert taken.before(Input("listing", name), now) == now
    assert not was_touched(taken, Input("listing", name))


# Gone


def test_what_is_gone_is_told_by_name(root: Path) -> None:
    taken = take(root)
    assert taken.gone() == []
    (root / "src" / "b.py").unlink()
    (root / "file-link").unlink()
    (root / "empty").rmdir()
    (root / "new.py").touch()
    (root / "cache" / "data").unlink()
    assert sorted(taken.gone()) == ["empty", "file-link", "src/b.py"]


def test_a_link_whose_target_is_gone_is_still_there(root: Path) -> None:
    taken = take(root)
    (root / "a.py").unlink()
    assert taken.gone() == ["a.py"]


def test_what_is_left_out_is_no_part_of_it(root: Path) -> None:
    (root / "dist").mkdir()
    (root / "dist" / "demo.whl").touch()
    taken = take(root, leave_out=lambda path: path.startswith("dist/"))
    (root / "dist" / "demo.whl").unlink()
    assert taken.gone() == []


def test_taking_one_changes_nothing_and_reads_nothing(root: Path) -> None:
    for name in ("a.py", "src/b.py"):
        (root / name).chmod(0)
    with without_privileges():
        taken = take(root)
    assert {f"{root}/a.py", f"{root}/src/b.py"} <= taken.signatures.keys()
    assert vars(taken.observer.digests) == vars(Digests())


def test_a_folder_that_cannot_be_listed_counts_as_touched_or_unreadable(root: Path) -> None:
    closed = root / "empty"
    closed.chmod(0)
    with without_privileges():
        taken = take(root)
        now = observer(root).observe(Input("listing", "empty"))
    closed.chmod(0o755)
    assert now.presence == "unreadable"
    assert not taken.before(Input("listing", "empty"), now).known


def test_files_that_nobody_has_written_since(root: Path) -> None:
    taken = take(root)
    wait()
    (root / "src" / "b.py").write_text("1")
    names = ("a.py", "src/b.py", "src/deep/c.py", "src", "new.py", "linked/deep/c.py")
    assert taken.same(names) == {"a.py", "src/deep/c.py", "linked/deep/c.py"}
