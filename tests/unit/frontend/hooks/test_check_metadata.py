"""Metadata that a backend prepared: which are refused and why."""

import functools
import hashlib
from pathlib import Path

import pytest

from lbuild_frontend.errors import BuildFailed
from lbuild_frontend.hooks import check_metadata
from lbuild_frontend.hooks.backend import backend_fault

FAULT = functools.partial(backend_fault, "demo", "prepare_metadata_for_build_wheel")

INFO = "My_Demo-1.0.dist-info"
METADATA = b"Metadata-Version: 2.1\nName: My.Demo\nVersion: 1.0.0\n"


def prepared(folder: Path, content: bytes = METADATA) -> Path:
    """A folder in which a backend has prepared these metadata."""
    (folder / INFO).mkdir()
    (folder / INFO / "METADATA").write_bytes(content)
    return folder


def problem_of(returned: object, folder: Path) -> str:
    """What is wrong, without the words around."""
    with pytest.raises(BuildFailed) as caught:
        check_metadata.check(returned, folder, FAULT)
    text = str(caught.value)
    before, after = "demo: prepare_metadata_for_build_wheel ", ". This is a bug in the build"
    assert text.startswith(before)
    return text.removeprefix(before).partition(after)[0]


def test_valid_metadata(tmp_path: Path) -> None:
    found = check_metadata.check(INFO, prepared(tmp_path), FAULT)
    assert (found.file, found.name, found.version) == ("METADATA", "My.Demo", "1.0.0")
    assert found.content.read() == found.metadata == METADATA
    assert found.content.sha256 == found.content_digest == hashlib.sha256(METADATA).hexdigest()


def test_what_was_checked_before_is_not_parsed_again(tmp_path: Path) -> None:
    known = {("METADATA", hashlib.sha256(METADATA).hexdigest()): ("known", "2")}
    found = check_metadata.check(INFO, prepared(tmp_path), "demo", known)
    assert (found.name, found.version) == ("known", "2")


@pytest.mark.parametrize("returned", [None, 1, "", ".", "..", f"./{INFO}", f"{INFO}/", "gone"])
def test_what_is_not_the_name_of_a_folder(tmp_path: Path, returned: object) -> None:
    problem = problem_of(returned, prepared(tmp_path))
    assert (
        problem
        == f"returned {returned!r}, which is not a folder in the directory that it was given"
    )


def test_a_folder_without_metadata(tmp_path: Path) -> None:
    (tmp_path / INFO).mkdir()
    problem = problem_of(INFO, tmp_path)
    assert problem == f"made {INFO} without a readable METADATA file in it"


@pytest.mark.parametrize(
    ("content", "stated"),
    [
        (b"", "no name no version"),
        (b"Name: demo\n", "demo no version"),
        (b"Name: demo\nVersion: new\n", "demo new"),
    ],
)
def test_metadata_without_a_valid_version(tmp_path: Path, content: bytes, stated: str) -> None:
    assert problem_of(INFO, prepared(tmp_path, content)) == f"wrote a METADATA that states {stated}"
