"""What is remembered of folders: names by stat signature, trusted as those of files are."""

import os
from pathlib import Path

import pytest

from lbuild_keys.observe import files
from lbuild_keys.observe.files import GRANULARITY, Digests, last_change
from lbuild_keys.observe.folders import LINK, Folders, is_surely_absent, together
from support.denied_access import without_privileges


@pytest.fixture
def digests(monkeypatch: pytest.MonkeyPatch) -> Digests:
    """Digests that remember at once; the tests wait for the clock of the file system instead."""
    monkeypatch.setattr(files, "is_settled", lambda _signature, _taken_at: True)
    return Digests()


def names(folder: Path, digests: Digests) -> dict[str, str] | None:
    found = Folders(digests).names_in(os.fspath(folder))
    return None if found is None else dict(found)


def test_the_names_with_their_types(tmp_path: Path, digests: Digests) -> None:
    (tmp_path / "a.py").touch()
    (tmp_path / "src").mkdir()
    (tmp_path / "link").symlink_to("src")
    os.mkfifo(tmp_path / "pipe")
    expected = {"a.py": "file", "src": "directory", "link": LINK, "pipe": "special file"}
    assert names(tmp_path, digests) == expected
    assert names(tmp_path, digests) == expected
    assert names(tmp_path / "a.py", digests) is None
    assert names(tmp_path / "link", digests) is None
    assert names(tmp_path / "absent", digests) is None
    assert names(tmp_path / "a\0b", digests) is None


def test_a_folder_is_listed_again_only_if_it_changed(tmp_path: Path, digests: Digests) -> None:
    (tmp_path / "a.py").touch()
    assert names(tmp_path, digests) == {"a.py": "file"}
    signature = last_change(os.fspath(tmp_path))
    assert signature is not None
    # What is remembered is returned: nobody listed the folder.
    digests.listed[os.fspath(tmp_path)] = (signature, {"b.py": "file"})
    assert names(tmp_path, digests) == {"b.py": "file"}
    loaded = Digests(loaded_names=digests.listed)
    assert loaded.has_news
    assert names(tmp_path, loaded) == {"b.py": "file"}
    assert not loaded.has_news


def test_what_is_little_is_not_stored_again() -> None:
    loaded = {f"/{number}": ((1, 2, 3, number), "1" * 64) for number in range(300)}
    now = dict(loaded)
    assert not Digests(loaded, now).has_news
    now["/7"] = ((1, 2, 4, 7), "2" * 64)
    assert not Digests(loaded, now).has_news  # this one file is read again
    now["/8"] = ((1, 2, 4, 8), "2" * 64)
    assert Digests(loaded, now).has_news
    assert Digests({}, {"/1": now["/1"]}).has_news


def test_a_folder_whose_names_changed_is_little_among_many_files() -> None:
    files = {f"/{number}": ((1, 2, 3, number), "1" * 64) for number in range(300)}
    folders = {f"/{number}": ((1, 2, 3, number), {"a": "file"}) for number in range(3)}
    known = Digests(files, dict(files), loaded_names=folders)
    known.listed.update(folders)
    known.listed["/0"] = ((1, 2, 4, 0), {"b": "file"})
    assert not known.has_news
    known.listed["/1"] = ((1, 2, 4, 1), {"b": "file"})
    assert known.has_news
    assert Digests({}, {}, loaded_names=folders).has_news


def test_a_change_is_seen_whatever_its_times(tmp_path: Path, digests: Digests) -> None:
    (tmp_path / "a.py").touch()
    assert names(tmp_path, digests) == {"a.py": "file"}
    signature = last_change(os.fspath(tmp_path))
    assert signature is not None
    (tmp_path / "c.py").touch()
    os.utime(tmp_path, ns=(0, signature[1]))  # the time of change remains
    assert names(tmp_path, digests) == {"a.py": "file", "c.py": "file"}


def test_what_changed_just_now_is_not_remembered(tmp_path: Path) -> None:
    digests = Digests()
    assert names(tmp_path, digests) == {}
    assert not digests.listed
    (tmp_path / "a.py").touch()
    assert names(tmp_path, digests) == {"a.py": "file"}


def test_a_folder_is_settled_as_a_file_is() -> None:
    signature = (1, 10, 20, 3)
    digests = Digests()
    digests.learn_names("/a", signature, {}, 20 + GRANULARITY)
    assert not digests.listed
    digests.learn_names("/a", signature, {}, 21 + GRANULARITY)
    assert digests.names_of("/a", signature) == {}
    assert digests.names_of("/a", (1, 10, 21, 3)) is None


@pytest.mark.parametrize("mode", [0o600, 0o400, 0o300])
def test_what_a_folder_shows_but_does_not_let_through(
    tmp_path: Path, digests: Digests, mode: int
) -> None:
    """To look at a name in there fails, whatever a listing has, or had."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    assert names(tmp_path / "a", digests) == {"b": "directory"}
    (tmp_path / "a").chmod(mode)
    try:
        with without_privileges():
            assert names(tmp_path / "a", digests) is None
            assert not Folders(digests).lacks(os.fspath(tmp_path / "a"), "c")
    finally:
        (tmp_path / "a").chmod(0o700)
    assert names(tmp_path / "a", digests) == {"b": "directory"}


def test_it_is_looked_at_once(tmp_path: Path) -> None:
    folders = Folders(Digests())
    assert folders.seen(os.fspath(tmp_path)) is None
    assert folders.names_in(os.fspath(tmp_path)) == {}
    (tmp_path / "a.py").touch()
    assert folders.names_in(os.fspath(tmp_path)) == {} == folders.seen(os.fspath(tmp_path))
    assert folders.lacks(os.fspath(tmp_path), "a.py")
    assert not folders.lacks(os.fspath(tmp_path / "other"), "a.py")  # nobody has looked there


@pytest.mark.parametrize(
    ("name", "there", "expected"),
    [
        ("b.py", ["a.py"], True),
        ("a.py", ["a.py"], False),
        ("A.PY", ["a.py"], False),  # where case is ignored, it is there
        ("a.py", ["A.PY"], False),
        ("b.py", ["ä.py"], False),  # another form of an ASCII letter may be meant
        ("ä.py", ["a.py"], False),
        ("b.py", ["ab.pyc"], False),  # it cannot be told that cheaply
        ("b.py", [], True),
    ],
)
def test_what_is_surely_absent(name: str, there: list[str], *, expected: bool) -> None:
    assert is_surely_absent(name, together(there)) is expected
