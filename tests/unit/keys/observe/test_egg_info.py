"""An ``*.egg-info`` counts if setuptools would take something from it."""

from pathlib import Path

import pytest

from lbuild_keys.model import ABSENT, present
from lbuild_keys.observe import egg_info

NAME = "src/demo.egg-info"
FOUND = ("README.md", "pyproject.toml", "src/demo/__init__.py")
ITS_OWN = (f"{NAME}/PKG-INFO", f"{NAME}/SOURCES.txt")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in (*FOUND, "src/demo/data.txt", "tests/test_demo.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def make(root: Path, *sources: str, **more: str) -> Path:
    folder = root / NAME
    folder.mkdir()
    for name in ("PKG-INFO", "dependency_links.txt", "requires.txt", "top_level.txt"):
        (folder / name).touch()
    (folder / "SOURCES.txt").write_text("".join(f"{one}\n" for one in sources), "utf-8")
    for name, text in more.items():
        (folder / name.replace("_txt", ".txt")).write_text(text, "utf-8")
    return folder


def adds_nothing(root: Path, *found: str) -> bool:
    state = egg_info.observe(root, egg_info.join(NAME, found or FOUND))
    assert state in (ABSENT, present("directory"))
    return state == ABSENT


def test_none(root: Path) -> None:
    assert adds_nothing(root)


def test_one_that_names_what_setuptools_finds(root: Path) -> None:
    make(root, *FOUND, *ITS_OWN, "src/demo/gone.txt", entry_points_txt="[console_scripts]\na = b:c")
    assert adds_nothing(root)


@pytest.mark.parametrize(
    "named", ["src/demo/data.txt", "tests/test_demo.py", "src", "/etc", "  src/demo/data.txt\r"]
)
def test_one_that_names_something_else(root: Path, named: str) -> None:
    make(root, *FOUND, named)
    assert not adds_nothing(root)


@pytest.mark.parametrize(
    "more",
    [
        {"depends_txt": ""},
        {"scm_version.json": "{}"},
        {"zip-safe": ""},
        {"entry_points_txt": "[distutils.commands]\nbuild = a:b\n"},
        {"entry_points_txt": "[console_scripts]\na = b:c\n[ setuptools.finalize ]\na = b:c\n"},
    ],
)
def test_one_with_files_that_setuptools_would_use(root: Path, more: dict[str, str]) -> None:
    make(root, *FOUND, **more)
    assert not adds_nothing(root)


def test_one_in_the_folder_of_modules(root: Path) -> None:
    """It may be a package, and what is in the folder data of that."""
    make(root, *FOUND)
    assert not adds_nothing(root, *FOUND, "src/module.py")


def test_one_that_cannot_be_read(root: Path) -> None:
    (make(root, *FOUND) / "SOURCES.txt").write_bytes(b"\xff")
    assert not adds_nothing(root)


def test_what_is_no_folder_of_its_own(root: Path) -> None:
    make(root, *FOUND).rename(root / "elsewhere")
    (root / NAME).symlink_to("../elsewhere")
    state = egg_info.observe(root, egg_info.join(NAME, FOUND))
    assert state == present("directory -> ../elsewhere")
    (root / NAME).unlink()
    (root / NAME).touch()
    assert egg_info.observe(root, egg_info.join(NAME, FOUND)) == present("file")
