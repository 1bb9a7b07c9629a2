"""Which of the files that a hook read have some words in them."""

import os
from pathlib import Path

import pytest

from lbuild_keys.tracing import read_files
from lbuild_keys.tracing.read_files import ReadFiles


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
    genuine = read_files.content
    monkeypatch.setattr(read_files, "content", lambda path: read.append(path) or genuine(path))
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
