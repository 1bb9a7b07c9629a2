"""pyproject.toml: an edit of tables that the build cannot use is no change; any other edit is one.

In each project of ``USING`` the wheel shows a table that no backend has a use for.
"""

from collections.abc import Mapping
from pathlib import Path

import pytest

from support.command import Lbuild
from support.edits import NEW, OLD, edit, states_in_wheel, write_files
from support.minimal_project import status, wheel
from support.projects import replace

pytestmark = pytest.mark.shared_environments

BACKENDS = {
    "flit": '"flit-core"]\nbuild-backend = "flit_core.buildapi"',
    "hatchling": '"hatchling"]\nbuild-backend = "hatchling.build"',
    "pdm": '"pdm-backend"]\nbuild-backend = "pdm.backend"',
    "poetry": '"poetry-core"]\nbuild-backend = "poetry.core.masonry.api"',
    "setuptools": '"setuptools>=77"]\nbuild-backend = "setuptools.build_meta"',
}


def make_project(folder: Path, backend: str, settings: str, files: Mapping[str, str]) -> Path:
    project = folder / "project"
    text = f"""\
# A comment.
[build-system]
requires = [{BACKENDS[backend]}

[project]
name = "demo"
description = "Shows what the wheel was made from"
{settings or 'version = "1"'}

[tool.other]
{"__version__" if 'source = "file"' in settings else "state"} = "{OLD}"

[dependency-groups]
dev = ["pytest"]
"""
    write_files(project, {"demo/__init__.py": "", "README.md": "", **files})
    (project / "pyproject.toml").write_text(text, "utf-8")
    return project


@pytest.mark.parametrize("lbuild", ["traced"], indirect=True)
@pytest.mark.quick("hatchling-traced")
@pytest.mark.parametrize("backend", BACKENDS)
def test_tables_of_other_tools_are_no_input(lbuild: Lbuild, backend: str, tmp_path: Path) -> None:
    project = make_project(tmp_path, backend, "", {})
    toml = project / "pyproject.toml"
    built = wheel(lbuild, project)
    replace(toml, OLD, NEW)
    replace(toml, "# A comment.\n", "")
    replace(toml, "[tool.other]", "[tool.ruff]\nline-length = 100\n\n[tool.other]")
    if backend != "poetry":  # which takes its groups from there, too
        replace(toml, '"pytest"', '"pytest", "tox"')
    again = wheel(lbuild, project)
    assert (again["action"], again["sha256"]) == ("reused", built["sha256"])
    replace(toml, "line-length = 100", "format = {\n}")  # not before TOML 1.1
    assert status(lbuild, project)["verdict"] == "rebuild"
    replace(toml, "format = {\n}", "line-length = 100")
    replace(toml, 'name = "demo"', 'name = "demo"\nkeywords = ["one"]')
    told = status(lbuild, project)
    [reason] = told["reasons"]
    assert (reason["kind"], reason["path"]) == ("file-changed", "pyproject.toml")
    assert reason["message"] == "pyproject.toml changed ([project].keywords)."


@pytest.mark.parametrize("lbuild", ["tree", "declared"], indirect=True)
def test_the_other_modes_compare_the_whole_file(lbuild: Lbuild, tmp_path: Path) -> None:
    project = make_project(tmp_path, "flit", "", {})
    wheel(lbuild, project)
    edit(project / "pyproject.toml", OLD, NEW)
    [reason] = status(lbuild, project)["reasons"]
    assert reason["message"] == "pyproject.toml changed."


README = 'version = "1"\nreadme = { file = "pyproject.toml", content-type = "text/plain" }'
LICENSE = 'version = "1"\nlicense-files = ["pyproject.*"]'
READS_ITSELF = """\
    import tomllib
    with open("pyproject.toml", "rb") as file:
        STATE = tomllib.load(file)["tool"]["other"]["state"]
    """

USING: dict[str, tuple[str, str, Mapping[str, str]]] = {
    **{f"readme-{backend}": (backend, README, {}) for backend in BACKENDS},
    **{f"license-{backend}": (backend, LICENSE, {}) for backend in BACKENDS},
    "setuptools-packed": (
        "setuptools",
        """\
version = "1"
[tool.setuptools]
packages = ["demo"]
package-dir = { demo = "." }
package-data = { demo = ["*.toml"] }
""",
        {"__init__.py": ""},
    ),
    "setuptools-version-file": (
        "setuptools",
        """\
version = "1"
dynamic = ["readme"]
[tool.setuptools.dynamic.readme]
file = ["README.md", "pyproject.toml"]
""",
        {},
    ),
    "setuptools-attribute": (
        "setuptools",
        'dynamic = ["version"]\n[tool.setuptools.dynamic]\nversion = { attr = "demo.v.STATE" }',
        {"demo/v.py": READS_ITSELF},
    ),
    "setuptools-setup.py": (
        "setuptools",
        'dynamic = ["version"]\n[tool.setuptools]\npackages = ["demo"]',
        {
            "setup.py": """\
            from setuptools import setup
            from setuptools.config.pyprojecttoml import load_file
            setup(version=load_file("pyproject.toml")["tool"]["other"]["state"])
            """,
        },
    ),
    "hatchling-forced": (
        "hatchling",
        """\
version = "1"
[tool.hatch.build.targets.wheel.force-include]
"pyproject.toml" = "demo/settings.toml"
""",
        {},
    ),
    "hatchling-version": (
        "hatchling",
        """\
dynamic = ["version"]
[tool.hatch.version]
path = "pyproject.toml"
pattern = 'state = "(?P<version>[0-9.]+)"'
""",
        {},
    ),
    "hatchling-code": (
        "hatchling",
        """\
dynamic = ["version"]
[tool.hatch.version]
source = "code"
path = "v.py"
expression = "STATE"
""",
        {"v.py": READS_ITSELF},
    ),
    "hatchling-hook": (
        "hatchling",
        'dynamic = ["version"]\n[tool.hatch.metadata.hooks.custom]',
        {
            "hatch_build.py": """\
            from hatchling.metadata.core import load_toml
            from hatchling.metadata.plugin.interface import MetadataHookInterface

            class Hook(MetadataHookInterface):
                def update(self, metadata):
                    toml = load_toml("pyproject.toml")
                    metadata["version"] = toml["tool"]["other"]["state"]
            """,
        },
    ),
    "pdm-hook": (
        "pdm",
        'dynamic = ["version"]',
        {
            "pdm_build.py": """\
            def pdm_build_initialize(context):
                state = context.config.data["tool"]["other"]["state"]
                context.config.metadata["version"] = state
            """,
        },
    ),
    "pdm-version": (
        "pdm",
        'dynamic = ["version"]\n[tool.pdm.version]\nsource = "file"\npath = "pyproject.toml"',
        {},
    ),
    "poetry-packed": (
        "poetry",
        'version = "1"\n[tool.poetry]\ninclude = [{ path = "pyproject.toml", format = "wheel" }]',
        {},
    ),
}


@pytest.mark.exhaustive
@pytest.mark.parametrize("lbuild", ["traced"], indirect=True)
@pytest.mark.parametrize("name", USING)
def test_a_build_that_uses_more_than_its_tables(lbuild: Lbuild, name: str, tmp_path: Path) -> None:
    project = make_project(tmp_path, *USING[name])
    assert states_in_wheel(wheel(lbuild, project)) == {OLD}
    edit(project / "pyproject.toml", OLD, NEW)
    assert states_in_wheel(wheel(lbuild, project)) == {NEW}


@pytest.mark.exhaustive
@pytest.mark.parametrize("lbuild", ["traced"], indirect=True)
def test_what_was_ignored_counts_when_it_is_not_ignored_any_more(
    lbuild: Lbuild, tmp_path: Path
) -> None:
    settings = 'version = "1"\n[tool.lbuild]\nignore = ["demo/data.txt"]'
    project = make_project(tmp_path, "flit", settings, {"demo/data.txt": OLD})
    wheel(lbuild, project)
    edit(project / "demo" / "data.txt", OLD, NEW)
    assert wheel(lbuild, project)["action"] == "reused"
    replace(project / "pyproject.toml", 'ignore = ["demo/data.txt"]', "")
    assert wheel(lbuild, project)["action"] == "built"
