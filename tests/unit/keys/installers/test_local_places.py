"""Which local places variables and settings files name; read, not installed from."""

import os
from pathlib import Path

import pytest

from lbuild_keys.installers.local_places import Installer, find_places


@pytest.mark.parametrize(
    ("installer", "name", "value", "found"),
    [
        ("pip", "PIP_FIND_LINKS", "/a b\thttps://x/y", ["/a", "{cwd}/b"]),
        ("pip", "PIP_EXTRA_INDEX_URL", "file:///i", ["/i"]),
        ("uv", "UV_FIND_LINKS", "/a b,c", ["/a b", "{cwd}/c", "/a", "{cwd}/b"]),
        ("uv", "UV_INDEX", "own=file:///i https://x/simple", ["/i"]),
        ("uv", "PIP_FIND_LINKS", "/a", []),
        ("pip", "UV_FIND_LINKS", "/a", []),
    ],
)
def test_variables(
    tmp_path: Path, installer: Installer, name: str, value: str, found: list[str]
) -> None:
    environ = {
        "HOME": str(tmp_path),
        "PIP_CONFIG_FILE": os.devnull,
        "UV_NO_CONFIG": "1",
        name: value,
    }
    expected = {each.format(cwd=tmp_path) for each in found}
    paths = find_places(installer, environ, tmp_path).paths
    # Words that are both separated and joined lead to more places, never to fewer.
    assert expected <= set(paths)
    assert bool(paths) == bool(expected)


@pytest.mark.parametrize(
    ("installer", "file", "text", "found"),
    [
        ("pip", "home/.config/pip/pip.conf", "[global]\nfind-links = /a\n", ["/a"]),
        (
            "pip",
            "home/.pip/pip.conf",
            "[install]\nfind_links:\n  # no\n  /a\n\n  b\n",
            ["/a", "{cwd}/b"],
        ),
        ("pip", "home/.pip/pip.conf", "[global]\nextra-index-url=https://x\n  file:///i\n", ["/i"]),
        ("pip", "home/.pip/pip.conf", "[global]\r\nindex-url = file:///i\r\ncert = /c\r\n", ["/i"]),
        ("pip", "home/.pip/pip.conf", "[global]\ncache-dir = /a\n# find-links = /b\n", []),
        ("uv", "home/.config/uv/uv.toml", 'find-links = ["./w"]\n', ["{home}/.config/uv/w"]),
        ("uv", "cwd/uv.toml", '[pip]\nindex-url = "file:///i"\n', ["/i"]),
        ("uv", "cwd/pyproject.toml", '[tool.uv]\nfind-links = ["w"]\n', ["{cwd}/w"]),
        (
            "uv",
            "uv.toml",
            '[[index]]\nname = "x"\nurl = "../i"\nformat = "flat"\n',
            ["{cwd}/../../i"],
        ),
        ("uv", "cwd/uv.toml", 'find-links = ["/a",\n"b" # {{ not TOML', ["/a", "{cwd}/b"]),
        ("uv", "cwd/pyproject.toml", '[project]\nname = "find-links"\n', []),
        ("uv", "cwd/uv.toml", 'cache-dir = "/a"\n', []),
    ],
)
def test_settings_files(
    tmp_path: Path, installer: Installer, file: str, text: str, found: list[str]
) -> None:
    cwd, home = tmp_path / "cwd", tmp_path / "home"
    cwd.mkdir()
    environ = {"HOME": str(home), "XDG_CONFIG_DIRS": str(tmp_path / "none")}
    base = find_places(installer, environ, cwd).paths  # what this machine has
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(text, newline="")
    expected = {os.path.normpath(each.format(cwd=cwd, home=home)) for each in found}
    paths = set(find_places(installer, environ, cwd).paths) - set(base)
    assert expected <= paths
    assert bool(paths) == bool(expected)


def test_a_settings_file_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "uv.toml").mkdir()
    environ = {"HOME": str(tmp_path), "UV_CONFIG_FILE": "uv.toml"}
    assert "uv.toml" in find_places("uv", environ, tmp_path).problem
