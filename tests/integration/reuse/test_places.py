"""Inputs in the home folder, with another home: another user, a container, a shared cache."""

import getpass
from pathlib import Path

import pytest

from support.command import Lbuild
from support.minimal_project import NAME, core_in_wheel, status, wheel, when_building
from support.projects import CopyProject, wheel_content

pytestmark = pytest.mark.shared_environments

READING = """
import os
path = os.path.expanduser("~/.demo.cfg")
text = open(path).read() if os.path.exists(path) else ""
open("src/demo/core.py", "w").write(repr(text))
"""


@pytest.fixture
def homes(tmp_path: Path) -> dict[str, Path]:
    homes = {name: tmp_path / "homes" / name for name in ("ada", "bob", "cleo")}
    for home in homes.values():
        home.mkdir(parents=True)
    return homes


def test_a_file_in_the_home_folder_is_looked_for_in_the_present_one(
    lbuild: Lbuild, copy_project: CopyProject, homes: dict[str, Path]
) -> None:
    project = copy_project(NAME)
    when_building(project, READING)
    (homes["bob"] / ".demo.cfg").write_text("1")

    def built(name: str) -> tuple[str, str]:
        told = wheel(lbuild, project, env={"HOME": str(homes[name])})
        return told["action"], core_in_wheel(told["wheel"])

    assert built("ada") == ("built", "''")
    told = status(lbuild, project, env={"HOME": str(homes["bob"])})
    assert [reason["path"] for reason in told["reasons"]] == ["~/.demo.cfg"]
    assert built("bob") == ("built", "'1'")
    # The absence, and the content, are the same elsewhere; nobody else's home matters.
    assert built("cleo") == ("reused", "''")
    (homes["bob"] / ".demo.cfg").rename(homes["cleo"] / ".demo.cfg")
    assert built("cleo") == ("reused", "'1'")
    assert built("bob") == ("reused", "''")
    # So it is for what was printed before (replay).
    for name in ("cleo", "bob", "cleo", "bob"):
        for _ in range(2):
            assert built(name) == ("reused", "'1'" if name == "cleo" else "''")


def test_a_path_that_the_build_has_in_full_is_the_same_with_any_home(
    lbuild: Lbuild, copy_project: CopyProject, homes: dict[str, Path]
) -> None:
    project = copy_project(NAME)
    path = homes["ada"] / ".demo.cfg"
    when_building(project, READING.replace('"~/.demo.cfg"', f'"~" and "{path}"'))
    told = wheel(lbuild, project, env={"HOME": str(homes["ada"])})
    path.write_text("1")
    told = wheel(lbuild, project, env={"HOME": str(homes["bob"])})
    assert (told["action"], core_in_wheel(told["wheel"])) == ("built", "'1'")


def test_the_place_of_settings_is_that_which_a_variable_names(
    lbuild: Lbuild, copy_project: CopyProject, homes: dict[str, Path]
) -> None:
    project = copy_project(NAME)
    reading = 'os.path.join(os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~"), ".x")'
    when_building(project, READING.replace('os.path.expanduser("~/.demo.cfg")', reading))
    ada, bob = (str(homes[name]) for name in ("ada", "bob"))
    (homes["bob"] / ".x").write_text("1")

    def built(home: str, settings: str | None) -> tuple[str, str]:
        told = wheel(lbuild, project, env={"HOME": home, "XDG_CONFIG_HOME": settings})
        return told["action"], core_in_wheel(told["wheel"])

    assert built(ada, None) == ("built", "''")
    assert built(ada, bob) == ("built", "'1'")
    (homes["bob"] / ".x").write_text("2")
    assert built(ada, bob) == ("built", "'2'")
    assert built(bob, None) == ("built", "'2'")


@pytest.mark.exhaustive
def test_distutils_of_another_user(
    lbuild: Lbuild, copy_project: CopyProject, homes: dict[str, Path]
) -> None:
    project = copy_project("setuptools-setup-py")
    text = "[bdist_wheel]\nbuild_number = 7\n"
    (homes["bob"] / ".pydistutils.cfg").write_text(text)
    wheel(lbuild, project, env={"HOME": str(homes["ada"])})
    told = wheel(lbuild, project, env={"HOME": str(homes["bob"])})
    assert [reason["path"] for reason in told["reasons"]] == ["~/.pydistutils.cfg"]
    assert any(b"Build: 7" in member.data for member in wheel_content(Path(told["wheel"])).values())
    for name, action in {"cleo": "reused", "ada": "reused", "bob": "reused"}.items():
        assert wheel(lbuild, project, env={"HOME": str(homes[name])})["action"] == action
    # Without HOME it is the folder that the system has for this user.
    if not Path(f"~{getpass.getuser()}/.pydistutils.cfg").expanduser().exists():
        assert wheel(lbuild, project, env={"HOME": None})["action"] == "reused"
