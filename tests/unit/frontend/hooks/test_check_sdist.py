"""Source distributions that a backend returned: which are refused, and what their digests cover."""

import functools
import io
import tarfile
from pathlib import Path

import pytest

from lbuild_frontend.errors import BuildFailed
from lbuild_frontend.hooks import check_sdist
from lbuild_frontend.hooks.backend import backend_fault
from lbuild_frontend.model.artifact import Artifact

FAULT = functools.partial(backend_fault, "demo", "build_sdist")
NAME, TOP = "my_demo-1.0.tar.gz", "my_demo-1.0"
INFO = b"Metadata-Version: 2.1\nName: My.Demo\nVersion: 1.0\n"
MEMBERS = {f"{TOP}/PKG-INFO": INFO, f"{TOP}/a.py": b"one = 1\n"}


def packed(members: dict[str, bytes] = MEMBERS, *, time: int = 0, mode: int = 0o644) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size, member.mtime, member.mode = len(data), time, mode
            archive.addfile(member, io.BytesIO(data))
    return content.getvalue()


def check(folder: Path, content: bytes, name: str = NAME) -> Artifact:
    (folder / name).write_bytes(content)
    return check_sdist.check(name, folder, FAULT)


def test_a_sound_one(tmp_path: Path) -> None:
    found = check(tmp_path, packed())
    assert (found.file, found.name, found.version) == (NAME, "My.Demo", "1.0")
    assert (found.metadata, found.content.read()) == (INFO, packed())


def test_times_do_not_count_and_the_rest_does(tmp_path: Path) -> None:
    first = check(tmp_path, packed()).content_digest
    assert check(tmp_path, packed(time=9)).content_digest == first
    other = MEMBERS | {f"{TOP}/a.py": b"one = 2\n"}
    renamed = {name.replace("a.py", "b.py"): data for name, data in MEMBERS.items()}
    for content in (packed(other), packed(renamed), packed(mode=0o755)):
        assert check(tmp_path, content).content_digest != first


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("demo.zip", packed(), "is not a valid name of a source distribution"),
        ("demo.tar.gz", packed(), "is not a valid name of a source distribution"),
        ("my_demo-2.0.tar.gz", packed(), "but the folder in it is my_demo-1.0"),
        (NAME, packed()[:-20], "is not a valid archive"),
        (NAME, b"", "is not a valid archive"),
        (NAME, packed({**MEMBERS, "b.py": b""}), "whose files are not all in one folder"),
        (NAME, packed({**MEMBERS, f"{TOP}/../b": b""}), "whose files are not all in one folder"),
        (NAME, packed({f"{TOP}/a.py": b""}), "without my_demo-1.0/PKG-INFO in it"),
        (NAME, packed({f"{TOP}/PKG-INFO": b"Name: other\nVersion: 1.0\n"}), "states other 1.0"),
    ],
)
def test_what_is_refused(tmp_path: Path, name: str, content: bytes, problem: str) -> None:
    with pytest.raises(BuildFailed, match=problem) as caught:
        check(tmp_path, content, name)
    assert str(caught.value).startswith("demo: build_sdist ")


def test_what_is_not_there(tmp_path: Path) -> None:
    for returned in (None, "gone.tar.gz"):
        with pytest.raises(BuildFailed, match="which is not a file"):
            check_sdist.check(returned, tmp_path, FAULT)
