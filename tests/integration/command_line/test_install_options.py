"""Options on how build requirements are installed, and settings for the backend as JSON."""

import json
from pathlib import Path
from typing import Any

import pytest

from support.command import Lbuild
from support.edits import add_requirements, pack_expression
from support.minimal_project import NAME, status, wheel
from support.projects import CopyProject, wheel_content
from support.wheels_and_index import make_wheel

pytestmark = pytest.mark.own_environments


def packed(told: dict[str, Any], name: str = "demo/more") -> str:
    [data] = [
        member.data
        for path, member in wheel_content(Path(told["wheel"])).items()
        if path.endswith(name)
    ]
    return data.decode()


@pytest.fixture
def links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels, the only place to install from, for uv and for pip."""
    folder = tmp_path / "links"
    folder.mkdir()
    for name in ("UV_INDEX", "UV_DEFAULT_INDEX"):
        monkeypatch.delenv(name, raising=False)
    for name in ("UV", "PIP"):
        monkeypatch.setenv(f"{name}_FIND_LINKS", str(folder))
        monkeypatch.setenv(f"{name}_NO_INDEX", "1")
    return folder


@pytest.mark.parametrize("installer", ["uv", pytest.param("pip", marks=pytest.mark.exhaustive)])
def test_constraints_and_installer(
    lbuild: Lbuild, copy_project: CopyProject, links: Path, tmp_path: Path, installer: str
) -> None:
    for version in ("1.0", "2.0"):
        make_wheel(links, "plugin", version=version)
    project = copy_project(NAME)
    add_requirements(project, "plugin")
    pack_expression(project, '__import__("plugin").version.encode()')
    limits = tmp_path / "limits.txt"
    limits.write_text("-c more.txt\n")
    limits.with_name("more.txt").write_text("plugin<2\n")
    options = (f"--installer={installer}", f"--build-constraint={limits}")
    told = wheel(lbuild, *options, project)
    assert (told["action"], packed(told)) == ("built", "1.0")
    [written] = lbuild.cache.rglob("plugin-1.0.dist-info/INSTALLER")
    assert written.read_text().strip() == installer
    assert wheel(lbuild, f"--build-constraint={limits}", project)["action"] == "reused"
    assert [one["kind"] for one in status(lbuild, project)["reasons"]] == ["requirement-changed"]
    limits.with_name("more.txt").write_text("plugin\n")
    told = wheel(lbuild, *options, project)
    assert (told["action"], packed(told)) == ("built", "2.0")
    [reason] = told["reasons"]
    assert reason["message"].startswith("the build constraints changed (")


def test_constraints_that_are_not_there(lbuild: Lbuild, copy_project: CopyProject) -> None:
    told = lbuild("status", "--build-constraint=gone.txt", copy_project(NAME), returncode=2).stderr
    assert (
        told == "error: --build-constraint gone.txt: no such file. Give a file with constraints.\n"
    )


@pytest.mark.parametrize("installer", ["uv", pytest.param("pip", marks=pytest.mark.exhaustive)])
def test_offline_what_is_missing(
    lbuild: Lbuild, copy_project: CopyProject, installer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("UV_INDEX", "UV_FIND_LINKS", "PIP_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    project = copy_project(NAME)
    add_requirements(project, "lbtest-nobody-has-it")
    options = ("--offline", f"--installer={installer}")
    told = lbuild("wheel", *options, project, returncode=1).stderr
    assert "could not be installed: lbtest-nobody-has-it. With --offline they have to be" in told


@pytest.mark.exhaustive
def test_a_missing_requirement_without_isolation(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    add_requirements(project, "lbtest-nobody-has-it")
    told = lbuild("wheel", "-n", project, returncode=2).stderr
    assert "or add --skip-dependency-check" in told
    assert wheel(lbuild, "-nx", project)["action"] == "built"
    assert wheel(lbuild, "-n", project)["action"] == "reused"


def test_settings_as_json(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    text = json.dumps({"a": "1", "b": ["2", "3"], "c": {"d": True}})
    told = wheel(lbuild, f"--config-json={text}", project)
    assert json.loads(packed(told, "asked.json"))["config_settings"] == json.loads(text)
    again = json.dumps({"c": {"d": True}, "b": ["2", "3"], "a": "1"})
    assert wheel(lbuild, f"--config-json={again}", project)["action"] == "reused"
    told = status(lbuild, "-Ca=1", project)
    assert [one["kind"] for one in told["reasons"]] == ["config-settings-changed"]
    told = status(lbuild, '--config-json={"a": "1"}', project)
    assert status(lbuild, "-Ca=1", project)["key"] == told["key"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (['--config-json={"a"'], "invalid value for --config-json: it is not JSON (Expecting"),
        (["--config-json=[]"], "use a JSON object"),
        (["-Ca=1", "--config-json={}"], "cannot be used together with --config-setting"),
        (["--config-json={}", "-Ca=1"], "cannot be used together with --config-setting"),
        (["--installer=conda"], "invalid value 'conda' for --installer: use pip or uv"),
    ],
)
def test_options_that_are_wrong(lbuild: Lbuild, options: list[str], message: str) -> None:
    assert message in lbuild("status", *options, returncode=2).stderr
