"""An ``*.egg-info`` that is in a project before a build, as in each sdist, is an input of it."""

from pathlib import Path

import pytest

from support.command import Lbuild
from support.minimal_project import status, wheel
from support.projects import build_in_tree, wheel_content

pytestmark = pytest.mark.shared_environments

SETUP = """\
from setuptools import setup

place = "{}"
setup(
    name="demo-pkg",
    version="1.0",
    packages=["pkg"],
    package_dir={{"": place}} if place else None,
    include_package_data=True,
)
"""


def unpacked_sdist(folder: Path, place: str, requirement: str = "setuptools") -> Path:
    """A project with a data file that only its ``SOURCES.txt`` names."""
    (folder / place / "pkg").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(
        f'[build-system]\nrequires = ["{requirement}"]\nbuild-backend = "setuptools.build_meta"\n'
    )
    (folder / "setup.py").write_text(SETUP.format(place))
    (folder / place / "pkg" / "__init__.py").touch()
    (folder / place / "pkg" / "data.txt").write_text("data\n")
    make_egg_info(folder, place)
    return folder


def make_egg_info(folder: Path, place: str) -> Path:
    """Make what setuptools puts into an sdist, and one file more."""
    egg_info = folder / place / "demo_pkg.egg-info"
    egg_info.mkdir()
    names = [Path(place, "pkg", name).as_posix() for name in ("__init__.py", "data.txt")]
    (egg_info / "SOURCES.txt").write_text("\n".join(names))
    (egg_info / "extra.txt").write_text("one\n")
    (egg_info / "zip-safe").write_text("\n")
    return egg_info


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize(
    ("place", "requirement", "mode"),
    [
        pytest.param("lib/python", "setuptools", "traced", id="elsewhere"),
        pytest.param("", "setuptools", "traced", marks=pytest.mark.exhaustive, id="at the top"),
        pytest.param("src", "setuptools<66", "traced", marks=pytest.mark.exhaustive, id="old"),
        pytest.param("src", "setuptools", "tree", marks=pytest.mark.exhaustive, id="tree"),
    ],
)
def test_what_an_sdist_says_of_its_files(
    lbuild: Lbuild, tmp_path: Path, place: str, requirement: str, mode: str
) -> None:
    project = unpacked_sdist(tmp_path / "demo", place, requirement)
    egg_info = project / place / "demo_pkg.egg-info"
    (project / "unrelated.egg-info").mkdir()  # setuptools has to find the right one
    before = content(egg_info)
    inputs = f"--inputs={mode}"

    first = wheel(lbuild, project, inputs)
    packed = wheel_content(Path(first["wheel"]))
    assert packed["pkg/data.txt"].data == b"data\n"
    assert packed["demo_pkg-1.0.dist-info/extra.txt"].data == b"one\n"
    assert content(egg_info) == before
    assert wheel(lbuild, project, inputs)["action"] == "reused"

    (egg_info / "SOURCES.txt").write_text(Path(place, "pkg/__init__.py").as_posix())
    told = wheel(lbuild, project, inputs)
    assert told["action"] == "built"
    assert "pkg/data.txt" not in wheel_content(Path(told["wheel"]))
    assert sorted(path.name for path in egg_info.iterdir()) == sorted(before)
    (egg_info / "SOURCES.txt").write_bytes(before["SOURCES.txt"])
    assert wheel(lbuild, project, inputs)["sha256"] == first["sha256"]


@pytest.mark.exhaustive
def test_the_wheel_of_an_sdist_is_that_of_other_frontends(lbuild: Lbuild, tmp_path: Path) -> None:
    told = wheel(lbuild, unpacked_sdist(tmp_path / "one" / "demo", "src"))
    other = build_in_tree(unpacked_sdist(tmp_path / "two" / "demo", "src"))
    assert wheel_content(Path(told["wheel"])) == wheel_content(other)


@pytest.mark.exhaustive
@pytest.mark.parametrize("place", ["", "lib/python"])
def test_an_egg_info_that_comes_later(lbuild: Lbuild, tmp_path: Path, place: str) -> None:
    """Nothing lists the folder that setuptools would look for it in."""
    project = unpacked_sdist(tmp_path / "demo", place)
    egg_info = project / place / "demo_pkg.egg-info"
    for path in egg_info.iterdir():
        path.unlink()
    egg_info.rmdir()
    assert "pkg/data.txt" not in wheel_content(Path(wheel(lbuild, project)["wheel"]))
    assert wheel(lbuild, project)["action"] == "reused"
    make_egg_info(project, place)
    due = {reason["path"] for reason in status(lbuild, project)["reasons"]}
    assert Path(place, "demo_pkg.egg-info").as_posix() in due
    assert "pkg/data.txt" in wheel_content(Path(wheel(lbuild, project)["wheel"]))


@pytest.mark.exhaustive
def test_an_egg_info_that_a_link_leads_to(lbuild: Lbuild, tmp_path: Path) -> None:
    """setuptools writes by the name of the link, and the folder has another name."""
    project = unpacked_sdist(tmp_path / "demo", "src")
    (project / "src").rename(project / "python")
    (project / "src").symlink_to("python")
    egg_info = project / "python" / "demo_pkg.egg-info"
    before = content(egg_info)
    built = lbuild("wheel", "--json", project)
    assert "changed during the build" not in built.stderr
    assert content(egg_info) == before
    again = wheel(lbuild, project)
    assert again["action"] == "reused"
    assert "pkg/data.txt" in wheel_content(Path(again["wheel"]))
