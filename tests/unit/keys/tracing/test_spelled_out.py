"""Whether a path in a place, or the place's name, is written in what a hook read."""

import os
from pathlib import Path

import pytest

from lbuild_keys.tracing.read_files import ReadFiles
from lbuild_keys.tracing.spelled_out import SpelledOut, values_of

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
