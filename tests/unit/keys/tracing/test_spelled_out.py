"""Whether a path in a place, or the place's name, is written in what a hook read."""

import os
from pathlib import Path

import pytest

from lbuild_keys.tracing import spelled_out
from lbuild_keys.tracing.spelled_out import ReadFiles, SpelledOut, values_of

HOME = "/home/ada"


def written(*texts: str) -> SpelledOut:
    return SpelledOut(ReadFiles(), texts)


@pytest.mark.parametrize(
    ("text", "path", "found"),
    [
        ("data=/home/ada/shared/x", "/home/ada/shared/x", True),
        ("data=/home/ada/shared", "/home/ada/shared/x", True),
        ('["/home/ada/shared/"]', "/home/ada/shared/x", True),
        ("/home/ada/other:/home/ada/shared", "/home/ada/shared", True),
        ("/home/ada", "/home/ada/shared/x", True),
        ("/home/ada/shared/x.bak", "/home/ada/shared/x", False),
        ("~/shared/x", "/home/ada/shared/x", False),
        ("", "/home/ada/shared/x", False),
    ],
)
def test_a_path_or_a_folder_on_the_way_to_it(text: str, path: str, found: bool) -> None:
    assert written("nothing", text).has(path, HOME) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [("../../ada/x", True), ("ada", True), ("adamant", False), ("nada", False), ("a.ada", False)],
)
def test_the_name_of_the_folder_as_a_word(text: str, found: bool) -> None:
    assert written(text).has_name_of(HOME) == found


@pytest.mark.parametrize("kind", ["large", "pipe", "gone", "file"])
def test_files(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "read"
    if kind == "large":
        path.write_bytes(bytes((1 << 20) + 1))
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "file":
        path.write_text("x = '/home/ada/shared'")
    found = SpelledOut(ReadFiles(lambda: [str(path)]), ())
    # In what is not looked into, anything may be.
    assert found.has("/home/ada/shared/x", HOME) == (kind in ("large", "file"))
    assert found.has_name_of(HOME) == (kind in ("large", "file"))


def test_the_values_that_may_hold_a_path() -> None:
    environ = {"HOME": HOME, "DATA": "/d", "MY_A": "/a", "MY_B": "/b", "OTHER": "/o"}
    assert values_of(["DATA", "HOME", "GONE"], ["MY_*"], environ) == ["/d", "/a", "/b"]
    assert values_of(["DATA"], [], environ) == ["/d"]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "one").write_text("the first word")
    (tmp_path / "other").write_text("and words")
    (tmp_path / "none").write_text("")
    (tmp_path / "large").write_bytes(b"word" * (1 << 18) + b"s")
    os.mkfifo(tmp_path / "pipe")
    names = ("one", "other", "none", "large", "pipe", "gone")
    return {name: os.fspath(tmp_path / name) for name in names}


def test_the_files_with_a_word(files: dict[str, str]) -> None:
    found = ReadFiles(lambda: [*files.values(), files["one"]], [b"first"])
    assert list(found.not_searched()) == [files["large"]]
    assert list(found.with_word(b"first")) == [files["one"]]
    assert list(found.with_word(b"word")) == [files["one"], files["other"]]
    assert list(found.not_searched()) == [files["large"]]


def test_each_file_is_read_once_for_all_words(
    files: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    genuine = spelled_out.content
    monkeypatch.setattr(spelled_out, "content", lambda path: read.append(path) or genuine(path))
    found = ReadFiles(files.values, [b"first", b"words"])
    assert not read  # nobody has asked
    for word in (b"words", b"first", b"words"):
        found.with_word(word)
    found.not_searched()
    assert sorted(read) == sorted(files.values())


def test_a_file_that_grows_while_it_is_read_is_not_searched() -> None:
    # As files of the kernel do, which report that they are empty.
    status = Path("/proc/self/status")
    if not status.exists():
        pytest.skip("this system has no such files")
    assert list(ReadFiles(lambda: [os.fspath(status)]).not_searched()) == [os.fspath(status)]
