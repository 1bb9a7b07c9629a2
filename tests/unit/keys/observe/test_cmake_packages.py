"""Where PATH leads CMake to packages."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from lbuild_keys.model import ABSENT
from lbuild_keys.observe.cmake_packages import CMakePackages


def packages(root: Path, folders: Iterable[str], name: str) -> list[str]:
    """What is found below prefixes in a folder, relative to it."""
    path = ":".join(str(root / folder) for folder in folders)
    state = CMakePackages(root, path).observe(name)
    return [] if state == ABSENT else state.detail.split(":")


# What CMake 3.25 finds by find_package(Demo CONFIG), with x/bin in PATH.
FOUND = (
    *("x/DemoConfig.cmake", "x/cmake/demo-config.cmake", "x/Demo-1.0/DemoConfig.cmake"),
    *("x/demo/CMake/DemoConfig.cmake", "x/lib/cmake/Demo/DemoConfig.cmake"),
    *("x/lib64/cmake/demo-2/DemoConfig.cmake", "x/share/DEMO/DemoConfig.cmake"),
    *("x/lib/x86_64-linux-gnu/cmake/Demo/DemoConfig.cmake", "x/share/demo/cmake/DemoConfig.cmake"),
    "x/demo/lib/cmake/Demo/DemoConfig.cmake",
)


@pytest.mark.parametrize("file", FOUND)
@pytest.mark.parametrize("entry", ["x/bin", "x/sbin", "x"])
def test_a_package_that_cmake_finds(tmp_path: Path, file: str, entry: str) -> None:
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).touch()
    assert packages(tmp_path, [entry], "Demo")
    assert packages(tmp_path, [entry], "*")
    assert packages(tmp_path, [entry], "Other") == []
    assert packages(tmp_path, ["y/bin"], "Demo") == []


def test_the_order_of_path_counts(tmp_path: Path) -> None:
    for prefix in ("x", "y"):
        (tmp_path / prefix / "lib/cmake/Demo").mkdir(parents=True)
        (tmp_path / prefix / "lib/cmake/Demo/DemoConfig.cmake").touch()
    found = ["x/lib/cmake/Demo", "y/lib/cmake/Demo"]
    assert packages(tmp_path, ["x/bin", "y/bin", "x/sbin"], "demo") == found
    assert packages(tmp_path, ["y/bin", "x/bin"], "demo") == found[::-1]


def test_a_virtual_environment_has_no_package_of_python(tmp_path: Path) -> None:
    """Each task runner puts another one into PATH."""
    (tmp_path / "venv/lib/python3.13/site-packages").mkdir(parents=True)
    (tmp_path / "venv/bin").mkdir()
    (tmp_path / "venv/bin/python").touch()
    assert packages(tmp_path, ["venv/bin"], "Python") == []
    assert packages(tmp_path, ["venv/bin"], "*") == []
