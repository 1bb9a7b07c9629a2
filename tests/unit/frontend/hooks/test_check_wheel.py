"""Wheels that a backend returned: which are refused and why, and what their digests cover."""

import functools
import hashlib
import io
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lbuild_frontend.errors import BuildFailed
from lbuild_frontend.hooks import check_wheel
from lbuild_frontend.hooks.backend import backend_fault
from lbuild_frontend.model.artifact import Artifact

FAULT = functools.partial(backend_fault, "demo", "build_wheel")

NAME = "My_Demo-1.0-py3-none-any.whl"
INFO = "My_Demo-1.0.dist-info"
METADATA = "Metadata-Version: 2.1\nName: My.Demo\nVersion: 1.0.0\n"
MEMBERS = {"demo/café.py": "one = 1\n" * 9, f"{INFO}/METADATA": METADATA, f"{INFO}/RECORD": ""}


def packed(
    members: dict[str, str | bytes] = MEMBERS,
    *,
    compression: int = zipfile.ZIP_DEFLATED,
    date: tuple[int, ...] = (2024, 2, 29, 12, 0, 0),
    modes: dict[str, int] | None = None,
) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as wheel:
        for name, content in members.items():
            member = zipfile.ZipInfo(name, date)
            member.compress_type = compression
            member.external_attr = (modes or {}).get(name, 0o100644) << 16
            wheel.writestr(member, content)
    return archive.getvalue()


def check(folder: Path, content: bytes, name: str = NAME) -> Artifact:
    (folder / name).write_bytes(content)
    return check_wheel.check(name, folder, FAULT)


def refused(returned: object, folder: Path) -> str:
    """What is said of it, without the words around."""
    with pytest.raises(BuildFailed) as caught:
        check_wheel.check(returned, folder, FAULT)
    text = str(caught.value)
    assert text.startswith("demo: build_wheel ")
    assert text.endswith(". This is a bug in the build backend.")
    assert caught.value.exit_code == 1
    return text.removeprefix("demo: build_wheel ").partition(". This is a bug")[0]


def test_a_large_member_is_not_held_as_a_whole(tmp_path: Path) -> None:
    content = packed({**MEMBERS, "data.bin": bytes(40_000_000)})
    (tmp_path / NAME).write_bytes(content)
    tracemalloc.start()
    check_wheel.check(NAME, tmp_path, FAULT)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4_000_000


def test_a_sound_wheel(tmp_path: Path) -> None:
    content = packed()
    wheel = check(tmp_path, content)
    assert (wheel.file, wheel.name, wheel.version) == (NAME, "My.Demo", "1.0.0")
    assert wheel.content.read() == content
    assert wheel.content.sha256 == hashlib.sha256(content).hexdigest()
    assert wheel.metadata == METADATA.encode()


@pytest.mark.parametrize("returned", [None, 1, [NAME], {"name": NAME}, True])
def test_what_is_no_name(tmp_path: Path, returned: object) -> None:
    assert refused(returned, tmp_path) == f"returned {returned!r}, which is not a file name"


@pytest.mark.parametrize(
    "returned", ["", ".", "..", "/", f"./{NAME}", f"../{NAME}", f"a/{NAME}", f"{NAME}/"]
)
def test_what_leads_elsewhere(tmp_path: Path, returned: str) -> None:
    for folder in (tmp_path, tmp_path / "folder", tmp_path / "folder" / "a"):
        folder.mkdir(exist_ok=True)
        (folder / NAME).write_bytes(packed())
    told = refused(returned, tmp_path / "folder")
    assert told == f"returned {returned!r}, which is not a file in the directory that it was given"


def test_an_absolute_path(tmp_path: Path) -> None:
    """pip and build take what is in the folder. What is anywhere else is not what was asked for."""
    folder, link = tmp_path / "folder", tmp_path / "link"
    folder.mkdir()
    link.symlink_to("folder")
    for place in (folder, tmp_path):
        (place / NAME).write_bytes(packed())
    for asked in (folder, link):
        assert check_wheel.check(str(folder / NAME), asked, FAULT).file == NAME
    for returned in (tmp_path / NAME, folder / "none.whl", folder / ".." / NAME, folder):
        told = refused(str(returned), folder)
        assert told.endswith("not a file in the directory that it was given")


def test_a_link(tmp_path: Path) -> None:
    (tmp_path / "elsewhere.whl").write_bytes(packed())
    (tmp_path / NAME).symlink_to("elsewhere.whl")
    assert refused(NAME, tmp_path) == f"returned {NAME!r}, which is not a regular file"


@pytest.mark.parametrize("returned", [NAME, "a\0b.whl", "\ud800.whl", f"{'a' * 300}.whl"])
def test_what_is_not_there(tmp_path: Path, returned: str) -> None:
    told = refused(returned, tmp_path)
    assert told == f"returned {returned!r}, which is not a file in the directory that it was given"


def test_a_folder(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    assert refused(NAME, tmp_path) == f"returned {NAME!r}, which is not a regular file"


@pytest.mark.parametrize(
    "name", ["demo.whl", "demo-1.0.whl", "demo-1.0-py3-none-any.zip", "demo-x-py3-none-any.whl"]
)
def test_what_is_no_name_of_a_wheel(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(packed())
    told = refused(name, tmp_path)
    assert told.startswith(f"returned {name!r}, which is not a valid wheel file name: ")


@pytest.mark.parametrize("content", [b"", b"no zip", packed()[:-30], packed()[:50]])
def test_what_is_no_zip_file(tmp_path: Path, content: bytes) -> None:
    (tmp_path / NAME).write_bytes(content)
    assert refused(NAME, tmp_path).startswith(f"built {NAME}, which is not a valid zip file: ")


def test_a_member_that_is_damaged(tmp_path: Path) -> None:
    content = packed(compression=zipfile.ZIP_STORED)
    (tmp_path / NAME).write_bytes(content.replace(b"one = 1", b"two = 2", 1))
    told = refused(NAME, tmp_path)
    assert told.startswith(f"built {NAME}, which is not a valid zip file: Bad CRC-32")


@pytest.mark.parametrize(
    ("metadata", "stated"),
    [
        (METADATA.replace("My.Demo", "other"), "other 1.0.0"),
        (METADATA.replace("1.0.0", "1.1"), "My.Demo 1.1"),
        (METADATA.replace("1.0.0", "new"), "My.Demo new"),
        ("Metadata-Version: 2.1\nVersion: 1.0\n", "no name 1.0"),
        ("Metadata-Version: 2.1\nName: my-demo\n", "my-demo no version"),
        ("", "no name no version"),
    ],
)
def test_metadata_that_say_something_else(tmp_path: Path, metadata: str, stated: str) -> None:
    (tmp_path / NAME).write_bytes(packed({**MEMBERS, f"{INFO}/METADATA": metadata}))
    assert refused(NAME, tmp_path) == f"built {NAME}, but its METADATA states {stated}"


@pytest.mark.parametrize(
    ("members", "found"),
    [
        ({"demo.py": ""}, "no"),
        ({"METADATA": METADATA}, "no"),
        ({f"{INFO}/METADATA.txt": METADATA}, "no"),
        ({f"a/{INFO}/METADATA": METADATA}, "no"),
        ({f"{INFO}/METADATA": METADATA, "b.dist-info/METADATA": METADATA}, "more than one"),
    ],
)
def test_metadata_are_there_once(tmp_path: Path, members: dict[str, str], found: str) -> None:
    (tmp_path / NAME).write_bytes(packed(members))
    assert refused(NAME, tmp_path) == f"built {NAME} with {found} METADATA file in it"


def test_names_and_versions_agree_once_normalised(tmp_path: Path) -> None:
    metadata = "Name: my__DEMO\nVersion: v1\n"
    wheel = check(tmp_path, packed({f"{INFO}/METADATA": metadata}))
    assert (wheel.name, wheel.version) == ("my__DEMO", "v1")


@pytest.mark.quick(every=2)
@pytest.mark.parametrize(
    "compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_a_flipped_bit_is_refused_or_harmless(tmp_path: Path, compression: int) -> None:
    content = packed(compression=compression)
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 1 << place % 8
        try:
            check(tmp_path, bytes(damaged))
        except BuildFailed as error:
            assert "bug in the build backend" in str(error)


@settings(max_examples=50)
@given(st.binary(max_size=60))
def test_any_metadata_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, metadata: bytes
) -> None:
    folder = tmp_path_factory.mktemp("wheel")
    for content in (metadata, METADATA.encode() + metadata):
        try:
            wheel = check(folder, packed({f"{INFO}/METADATA": content}))
        except BuildFailed:
            continue
        assert wheel.metadata == content


# What the digest of the content covers


def content_digest(folder: Path, *arguments: dict[str, str | bytes], **how: object) -> str:
    return check(folder, packed(*arguments, **how)).content_digest


def test_neither_times_nor_order_nor_compression_count(tmp_path: Path) -> None:
    before = content_digest(tmp_path)
    assert content_digest(tmp_path, date=(1980, 1, 1, 0, 0, 0)) == before
    assert content_digest(tmp_path, compression=zipfile.ZIP_STORED) == before
    assert content_digest(tmp_path, dict(reversed(MEMBERS.items()))) == before


@pytest.mark.parametrize(
    "members",
    [
        {"demo/café.py": "two = 2\n"},
        {"demo/café.py": ""},
        {"demo/more.py": ""},
        {"demo/": ""},
        {f"{INFO}/METADATA": f"{METADATA}\n"},
        {f"{INFO}/RECORD": "x"},
    ],
)
def test_every_byte_counts(tmp_path: Path, members: dict[str, str]) -> None:
    assert content_digest(tmp_path, {**MEMBERS, **members}) != content_digest(tmp_path)


def test_names_and_modes_count(tmp_path: Path) -> None:
    before = content_digest(tmp_path)
    renamed = {name.replace("café", "cafe"): text for name, text in MEMBERS.items()}
    assert content_digest(tmp_path, renamed) != before
    for mode in (0o100755, 0o100600, 0o120644):
        assert content_digest(tmp_path, modes={"demo/café.py": mode}) != before


def test_a_member_that_is_there_twice_counts(tmp_path: Path) -> None:
    twice = io.BytesIO(packed())
    with zipfile.ZipFile(twice, "a") as wheel, pytest.warns(UserWarning, match="Duplicate"):
        wheel.writestr(wheel.infolist()[0], MEMBERS["demo/café.py"])
    assert check(tmp_path, twice.getvalue()).content_digest != content_digest(tmp_path)
