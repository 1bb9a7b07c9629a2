"""What the code that a build runs depends on shows in the next wheel, wherever that code is."""

import os
import textwrap
from pathlib import Path

import pytest

from support.command import TRACED_AND_TREE, Lbuild
from support.projects import wheel_content

SETUPTOOLS = """
    [build-system]
    requires = ["setuptools>=64"]
    build-backend = "setuptools.build_meta"
"""

ATTRIBUTE = {
    "pyproject.toml": f"""{SETUPTOOLS}
    [project]
    name = "demo"
    dynamic = ["version"]

    [tool.setuptools]
    packages = ["demo"]

    [tool.setuptools.dynamic]
    version = {{attr = "demo.__version__"}}
    """,
    "demo/__init__.py": "from demo._version import __version__\n",
    "demo/_version.py": "import os\n__version__ = '1.0' + os.environ.get('BUILD_SUFFIX', '')\n",
}

EXECUTED = {
    "pyproject.toml": SETUPTOOLS,
    "setup.py": """
    from setuptools import setup

    names = {}
    exec(open("src/demo/version.py").read(), names)
    setup(name="demo", version=names["VERSION"], package_dir={"": "src"}, packages=["demo"])
    """,
    "src/demo/__init__.py": "",
    "src/demo/version.py": "import os\nVERSION = '1.0' + os.environ.get('BUILD_SUFFIX', '')\n",
}

HOOK_OF_HATCH_TOML = {
    "pyproject.toml": """
    [build-system]
    requires = ["hatchling>=1.26"]
    build-backend = "hatchling.build"

    [project]
    name = "demo"
    version = "1.0"
    """,
    "hatch.toml": '[build.targets.wheel.hooks.custom]\npath = "tools/hook.py"\n',
    "tools/hook.py": """
    import os
    import pathlib

    from hatchling.builders.hooks.plugin.interface import BuildHookInterface

    class Hook(BuildHookInterface):
        def initialize(self, version, build_data):
            made = pathlib.Path(self.directory) / "suffix.txt"
            made.parent.mkdir(exist_ok=True)
            made.write_text(os.environ.get("BUILD_SUFFIX", ""))
            build_data["force_include"][str(made)] = "demo/suffix.txt"
    """,
    "demo/__init__.py": "",
}


def plant(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), "utf-8")
    return folder


@pytest.mark.quick("executed by setup.py-tree")
@TRACED_AND_TREE
@pytest.mark.parametrize(
    "files",
    [ATTRIBUTE, EXECUTED, HOOK_OF_HATCH_TOML],
    ids=["imported by an attr module", "executed by setup.py", "named by hatch.toml"],
)
def test_a_variable_that_only_reached_code_reads(
    lbuild: Lbuild, tmp_path: Path, files: dict[str, str]
) -> None:
    project = plant(tmp_path / "project", files)
    [first] = lbuild("wheel", "--json", project).json
    without = wheel_content(Path(first["wheel"]))  # the next may have the same name
    [second] = lbuild("wheel", "--json", project, env={"BUILD_SUFFIX": ".dev7"}).json
    assert second["action"] == "built"
    assert [reason["name"] for reason in second["reasons"]] == ["BUILD_SUFFIX"]
    assert wheel_content(Path(second["wheel"])) != without
    [third] = lbuild("wheel", "--json", project).json
    assert (third["action"], third["sha256"]) == ("reused", first["sha256"])


@pytest.mark.exhaustive
@TRACED_AND_TREE
def test_a_place_outside_that_a_hook_with_the_default_name_includes(
    lbuild: Lbuild, tmp_path: Path
) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "V.txt").write_text("one", "utf-8")
    hook = """
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface

    class Hook(BuildHookInterface):
        def initialize(self, version, build_data):
            build_data["force_include"]["../shared/V.txt"] = "demo/V.txt"
    """
    files = {**HOOK_OF_HATCH_TOML, "hatch_build.py": hook}
    files["hatch.toml"] = "[build.targets.wheel.hooks.custom]\n"
    project = plant(tmp_path / "project", files)
    lbuild("wheel", project)
    (tmp_path / "shared" / "V.txt").write_text("two", "utf-8")
    [built] = lbuild("wheel", "--json", project).json
    changed = {os.path.normpath(project / reason["path"]) for reason in built["reasons"]}
    assert changed == {str(tmp_path / "shared" / "V.txt")}
    assert wheel_content(Path(built["wheel"]))["demo/V.txt"].data == b"two"
