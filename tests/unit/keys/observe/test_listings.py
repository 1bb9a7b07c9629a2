"""Listings of folders: names and types, less what does not count."""

import os
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbuild_keys.model import ABSENT, State, present, unreadable
from lbuild_keys.observe import files, listings
from lbuild_keys.observe.files import Digests
from lbuild_keys.observe.listings import names_in, state_of, without
from support.denied_access import without_privileges
from support.strategies import listings as some_listings
from support.strategies import names, types

rows_of = st.dictionaries(names, types, max_size=4)


def observe(folder: Path) -> State:
    return listings.observe(os.fspath(folder), lambda _name, _is_folder: True)


def test_names_with_their_types(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.py").touch()
    (tmp_path / "run").touch(0o755)
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "caf\udce9").touch()
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
    assert names_in(observe(tmp_path)) == {
        "a.py": "file",
        "run": "file",
        "folder": "directory",
        "pipe": "special file",
        "socket": "special file",
        "caf\udce9": "file",
    }


def test_links_are_told_with_the_type_of_what_they_lead_to(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "run").touch(0o755)
    os.mkfifo(tmp_path / "pipe")
    targets = {
        "../folder": "link to directory",
        "../run": "link to file",
        "../pipe": "link to special file of type 10000",
        "../gone": "link to dangling link",
        "loop": "link to dangling link",
        "../run -> b": "link to dangling link",
    }
    place = tmp_path / "links"
    place.mkdir()
    names = ["folder", "a -> b", "pipe", "gone", "loop", "arrow"]
    for name, target in zip(names, targets, strict=True):
        (place / name).symlink_to(target)
    assert names_in(observe(place)) == dict(zip(names, targets.values(), strict=True))


def test_a_link_that_leads_through_a_file_does_not_hide_the_other_names(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    (tmp_path / "link").symlink_to("a/below")
    assert names_in(observe(tmp_path)) == {"a": "file", "link": "link to dangling link"}


def test_neither_content_nor_permissions_nor_where_a_link_leads_count(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).touch()
    (tmp_path / "link").symlink_to("a")
    before = observe(tmp_path)
    (tmp_path / "a").write_text("content")
    (tmp_path / "a").chmod(0o755)
    (tmp_path / "link").unlink()
    (tmp_path / "link").symlink_to("b")
    assert observe(tmp_path) == before


def test_another_type_counts(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    seen = [observe(tmp_path)]
    (tmp_path / "a").unlink()
    seen.append(observe(tmp_path))
    (tmp_path / "a").mkdir()
    seen.append(observe(tmp_path))
    (tmp_path / "a").rmdir()
    (tmp_path / "a").symlink_to(".")
    seen.append(observe(tmp_path))
    assert len(set(seen)) == len(seen)


def test_what_does_not_count_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    (tmp_path / "folder").mkdir()
    (tmp_path / "linked").symlink_to("folder")
    (tmp_path / "loop").symlink_to("loop")
    asked: dict[str, bool] = {}

    def counts(name: str, is_folder: bool) -> bool:
        asked[name] = is_folder
        return name != "a"

    found = names_in(listings.observe(os.fspath(tmp_path), counts))
    assert found is not None
    assert found.keys() == {"folder", "linked", "loop"}
    assert asked == {"a": False, "folder": True, "linked": True, "loop": False}


def test_what_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    (tmp_path / "dangling").symlink_to("gone")
    assert observe(tmp_path / "a") == present("no directory")
    assert observe(tmp_path / "gone") == ABSENT
    assert observe(tmp_path / "dangling") == ABSENT
    assert observe(tmp_path / "a" / "below").presence == "present"
    assert names_in(observe(tmp_path / "a")) is None


def test_what_looks_like_a_file_is_no_folder(tmp_path: Path) -> None:
    """So its state can stand for that of its listing."""
    (tmp_path / "file").touch()
    (tmp_path / "run").touch(0o755)
    (tmp_path / "folder").mkdir()
    (tmp_path / "a -> file").mkdir()
    os.mkfifo(tmp_path / "pipe")
    targets = ("file", "run", "folder", "a -> file", "pipe", "gone", "file/below", "loop")
    for target in targets:
        (tmp_path / f"to {target.replace('/', ' ')}").symlink_to(target)
    (tmp_path / "loop").symlink_to("loop")
    found = set()
    for path in (*tmp_path.iterdir(), tmp_path / "absent", tmp_path / "file" / "below"):
        states = files.observe(os.fspath(path), Digests()), files.look(os.fspath(path))
        if any(map(files.is_regular_file, states)):
            assert all(map(files.is_regular_file, states)), path
            assert observe(path) == listings.NO_DIRECTORY, path
            found.add(path.name)
    assert found == {"file", "run", "to file", "to run"}


def test_an_empty_folder_is_there(tmp_path: Path) -> None:
    assert names_in(observe(tmp_path)) == {}
    assert observe(tmp_path) != ABSENT


def test_what_may_not_be_listed_is_unreadable(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    (tmp_path / "open").mkdir()
    (closed / "folder").mkdir()
    (tmp_path / "open" / "link").symlink_to(closed / "folder")
    closed.chmod(0)
    with without_privileges():
        found = [observe(closed), observe(closed / "folder"), observe(tmp_path / "open")]
    closed.chmod(0o755)
    assert found == [State("unreadable", "Permission denied")] * 3


@pytest.mark.parametrize("name", ["a\0b", "a" * 300])
def test_a_path_that_cannot_be_is_unreadable(tmp_path: Path, name: str) -> None:
    assert observe(tmp_path / name).presence == "unreadable"


# States


@given(rows_of)
def test_names_come_back(rows: dict[str, str]) -> None:
    assert names_in(state_of(rows.items())) == rows


@given(rows_of)
def test_the_order_does_not_count(rows: dict[str, str]) -> None:
    assert state_of(rows.items()) == state_of(reversed(rows.items()))


@given(rows_of, st.frozensets(names, max_size=3))
def test_without_names_a_listing_is_that_of_the_others(
    rows: dict[str, str], gone: frozenset[str]
) -> None:
    for some in (gone, gone | frozenset(list(rows)[:1])):
        others = ((name, kind) for name, kind in rows.items() if name not in some)
        assert without(state_of(rows.items()), some) == state_of(others)


@given(some_listings)
def test_without_anything_it_is_the_same(state: State) -> None:
    assert without(state, ()) == state


@pytest.mark.parametrize("state", [ABSENT, present("no directory"), unreadable("[]")])
def test_what_is_no_listing_has_no_names(state: State) -> None:
    assert names_in(state) is None
    assert without(state, {"a"}) == state


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        (None, {"LICENSE", "LICENCE.txt", "a.py", ".b.py"}),
        ("LICEN[CS]E*", {"LICENSE", "LICENCE.txt"}),
        ("*.py", {"a.py", ".b.py"}),
        ("re:[^.]*", {"LICENSE"}),
        ("re:a", set()),
        ("in:a.py/LICENSE/b.py", {"a.py", "LICENSE"}),
    ],
)
def test_some_names_only(pattern: str | None, names: set[str]) -> None:
    state = listings.state_of(
        (name, "file") for name in ("LICENSE", "LICENCE.txt", "a.py", ".b.py")
    )
    assert (listings.names_in(listings.only(state, pattern)) or {}).keys() == names


@pytest.mark.parametrize("state", [ABSENT, listings.NO_DIRECTORY, unreadable("?")])
def test_a_pattern_changes_nothing_where_there_are_no_names(state: State) -> None:
    assert listings.only(state, "*") == state


@pytest.mark.parametrize("pattern", ["*.py", "re:[^.]*", "in:a/b"])
def test_the_parts_of_a_name(pattern: str) -> None:
    name = listings.join("src/demo", pattern)
    assert (listings.folder_of(name), listings.pattern_of(name)) == ("src/demo", pattern)
    assert (listings.folder_of("src/demo"), listings.pattern_of("src/demo")) == ("src/demo", None)


@pytest.mark.parametrize("pattern", ["", "re:(", "re:[", "re:a{99999999999}"])
def test_what_is_no_pattern(pattern: str) -> None:
    assert not listings.is_pattern(pattern)


def test_some_names_of_the_root_of_the_file_system() -> None:
    for folder in ("/", "/a", "..", "."):
        name = listings.join(folder, "*.x")
        assert (listings.folder_of(name), listings.pattern_of(name)) == (folder, "*.x")
        assert (listings.folder_of(folder), listings.pattern_of(folder)) == (folder, None)


NAMES = {
    "a": "directory",
    "b": "link to directory",
    "c": "link to file",
    "e": "file",
    "e.py": "file",
    "e.cpython-311-x86_64-linux-gnu.so": "file",
    "e.so": "file",
    "e.md": "file",
    "ee.py": "file",
    "x.e.py": "file",
}


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("d:", {"a", "b"}),
        ("d:*.md", {"a", "b", "e.md"}),
        ("d:in:e.py/c", {"a", "b", "c", "e.py"}),
        ("import:e", {"e", "e.py", "e.so", "e.cpython-311-x86_64-linux-gnu.so"}),
        ("import:a/ee/none", {"a", "ee.py"}),
    ],
)
def test_folders_and_modules_are_patterns(pattern: str, names: set[str]) -> None:
    assert listings.is_pattern(pattern)
    state = listings.only(listings.state_of(NAMES.items()), pattern)
    assert set(listings.names_in(state) or ()) == names
