"""What steers the installers: a change of it is another environment."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lbuild_frontend.environments import installer
from lbuild_frontend.environments.interpreter import find
from support.isolated_environments import Opened, version
from support.wheels_and_index import Index, make_wheel


def in_folder(file: str) -> Callable[[Path, pytest.MonkeyPatch], Path]:
    """A file at this place below the folder of the test, which the installer finds by itself."""
    return lambda folder, _: folder / file


def named_by(variable: str) -> Callable[[Path, pytest.MonkeyPatch], Path]:
    """A file that a variable names, relative to the current folder."""

    def place(folder: Path, patch: pytest.MonkeyPatch) -> Path:
        name = "constraints.txt" if variable.endswith("CONSTRAINT") else "settings.toml"
        patch.setenv(variable, name)
        path = folder / "here" / "below" / name
        path.touch()
        return path

    return place


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to be in, with the homes and the systems of nobody."""
    folder = tmp_path / "elsewhere"
    (folder / "here" / "below").mkdir(parents=True)
    monkeypatch.chdir(folder / "here" / "below")
    monkeypatch.setenv("HOME", str(folder / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
    monkeypatch.setenv("XDG_CONFIG_DIRS", str(folder / "system"))
    return folder


LOWEST = 'resolution = "lowest"\n'


@pytest.mark.quick(every=2)
@pytest.mark.parametrize(
    ("place", "text"),
    [
        (in_folder("config/uv/uv.toml"), LOWEST),
        (in_folder("system/uv/uv.toml"), LOWEST),
        (in_folder("here/below/uv.toml"), LOWEST),
        (in_folder("here/uv.toml"), LOWEST),
        (in_folder("here/pyproject.toml"), f"[tool.uv]\n{LOWEST}"),
        (named_by("UV_CONFIG_FILE"), LOWEST),
        (named_by("UV_CONSTRAINT"), "plugin<2"),
    ],
)
def test_what_uv_reads_counts(
    opened: Opened,
    index: Index,
    elsewhere: Path,
    monkeypatch: pytest.MonkeyPatch,
    place: Callable[[Path, pytest.MonkeyPatch], Path],
    text: str,
) -> None:
    index.add("plugin")
    index.add("plugin", version="2.0")
    path = place(elsewhere, monkeypatch)
    assert version(opened.provide("plugin")) == "2.0"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    assert version(opened.provide("plugin")) == "1.0"


PRE = "[install]\npre = yes\n"


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("place", "text"),
    [
        (in_folder("config/pip/pip.conf"), PRE),
        (in_folder("system/pip/pip.conf"), PRE),
        (in_folder("home/.pip/pip.conf"), PRE),
        (named_by("PIP_CONFIG_FILE"), PRE),
        (named_by("PIP_CONSTRAINT"), "plugin==2.0rc1"),
    ],
)
def test_what_pip_reads_counts(
    opened: Opened,
    index: Index,
    elsewhere: Path,
    monkeypatch: pytest.MonkeyPatch,
    place: Callable[[Path, pytest.MonkeyPatch], Path],
    text: str,
) -> None:
    index.add("plugin")
    index.add("plugin", version="2.0rc1")
    monkeypatch.delenv("UV_DEFAULT_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", index.url)
    path = place(elsewhere, monkeypatch)
    assert version(opened.provide("plugin")) == "1.0"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    assert version(opened.provide("plugin")) == "2.0rc1"


def test_the_files_that_pip_lists_are_those_that_count(elsewhere: Path) -> None:
    interpreter = find(None)
    debug = [sys.executable, "-m", "pip", "config", "debug"]
    told = subprocess.run(debug, check=True, capture_output=True, text=True).stdout
    listed = re.findall(r"^  (/.*), exists:", told, re.MULTILINE)
    assert len(listed) >= 4
    for name in listed:
        if Path(name).is_relative_to(elsewhere):
            before = installer.influences(None, interpreter, os.environ, Path.cwd())
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).touch()
            assert installer.influences(None, interpreter, os.environ, Path.cwd()) != before, name


def test_wheels_that_come_to_a_folder_count(
    tmp_path: Path, opened: Opened, index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_wheel(tmp_path / "wheels", "plugin")
    monkeypatch.setenv("UV_FIND_LINKS", str(tmp_path / "wheels"))
    monkeypatch.delenv("UV_DEFAULT_INDEX")
    monkeypatch.setenv("UV_NO_INDEX", "1")
    assert version(opened.provide("plugin")) == "1.0"
    make_wheel(tmp_path / "wheels", "plugin", version="2.0")
    assert version(opened.provide("plugin")) == "2.0"
    assert index.asked == []


def test_settings_that_do_not_steer_uv_do_not_count(
    opened: Opened, index: Index, elsewhere: Path
) -> None:
    index.add("plugin")
    around = opened.provide("plugin")
    index.broken = True
    for text in ("[project]\nname = 'uv'", "[tool.uv]\ncache-keys = []\n", "[tool]\nuv = 1"):
        (elsewhere / "here" / "pyproject.toml").write_text(text)
        assert opened.provide("plugin") == around
    assert opened.told.notes == []


def test_settings_of_uv_that_python_does_not_write_out(elsewhere: Path) -> None:
    """It refuses to, for very long integers; and it runs out of stack for deep arrays."""
    uv, interpreter = installer.find_uv({}), find(None)
    told = set()
    for value in ("0x" + "f" * 9_000, "9" * 9_000, "[" * 390 + "]" * 390, "[" * 9_000):
        (elsewhere / "here" / "pyproject.toml").write_text(f"[tool.uv]\nx = {value}\n")
        told.add(repr(installer.influences(uv, interpreter, os.environ, Path.cwd())))
    assert len(told) == 4


OF_UV = """
    UV_INDEX UV_DEFAULT_INDEX UV_FIND_LINKS UV_CONSTRAINT UV_OVERRIDE UV_PRERELEASE UV_RESOLUTION
    UV_EXCLUDE_NEWER UV_NO_BINARY UV_NO_BUILD UV_INDEX_STRATEGY UV_NO_INDEX UV_CONFIG_FILE
"""
OF_PIP = """
    PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_FIND_LINKS PIP_CONSTRAINT PIP_PRE PIP_NO_INDEX
    PIP_NO_BINARY PIP_ONLY_BINARY PIP_PREFER_BINARY PIP_CONFIG_FILE
"""


@pytest.mark.parametrize("name", [*OF_UV.split(), *OF_PIP.split()])
def test_variables_by_which_versions_are_chosen_count(tmp_path: Path, name: str) -> None:
    python = find(None)
    uv = "uv" if name.startswith("UV_") else None

    def influences(environ: dict[str, str]) -> list[object]:
        return installer.influences(uv, python, environ, tmp_path)

    assert influences({}) == influences({}) != influences({name: "1"}) != influences({name: "2"})


@pytest.mark.parametrize("name", ["UV_CONSTRAINT", "PIP_CONSTRAINT"])
def test_what_constraints_include_decides_what_is_installed(tmp_path: Path, name: str) -> None:
    python = find(None)
    uv = "uv" if name.startswith("UV_") else None
    first, second = tmp_path / "first.txt", tmp_path / "second.txt"
    first.write_text("-c second.txt\n")

    def influences() -> list[object]:
        return installer.influences(uv, python, {name: "first.txt"}, tmp_path)

    missing = influences()
    second.write_text("a==1\n")
    there = influences()
    second.write_text("a==2\n")
    assert missing != there != influences()
