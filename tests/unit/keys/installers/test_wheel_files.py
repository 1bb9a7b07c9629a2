"""What a wheel requires, by its file."""

import zipfile
from pathlib import Path

import pytest

from lbuild_keys.installers.wheel_files import required_by

METADATA = "Name: a\nRequires-Dist: b>=1\nRequires-Dist: c ; extra == 'x'\n\nRequires-Dist: body\n"


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    path = tmp_path / "a-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.py", "")
        archive.writestr("a-1.0.dist-info/METADATA", METADATA)
    return path


def test_what_a_wheel_requires(wheel: Path) -> None:
    assert required_by(str(wheel)) == (" b>=1", " c ; extra == 'x'")


@pytest.mark.parametrize("kind", ["damaged", "encrypted", "empty", "gone"])
def test_a_file_that_no_installer_can_read_requires_nothing(wheel: Path, kind: str) -> None:
    content = bytearray(wheel.read_bytes())
    at = content.index(b"METADATA") + len(b"METADATA")
    if kind == "damaged":
        content[at : at + 8] = b"\xff" * 8  # no deflated data begin like this
    elif kind == "encrypted":
        content[content.rindex(b"PK\1\2") + 8] |= 1
    wheel.write_bytes(b"" if kind == "empty" else content)
    if kind == "gone":
        wheel.unlink()
    assert required_by(str(wheel)) == ()
