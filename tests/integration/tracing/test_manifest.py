"""Names that setuptools finds for the files of an sdist: a wheel has only those in packages."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from support.command import Lbuild
from support.edits import NEW, OLD, require_noticed, states_in_wheel, write_files
from support.minimal_project import wheel

pytestmark = pytest.mark.shared_environments

SETUP = "from setuptools import setup\nsetup(name='demo', version='1', {})\n"
PACKAGE = "packages=['demo'], package_dir={'': 'src'}, include_package_data=True"
SOURCES = {
    "pyproject.toml": """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"
""",
    "setup.py": SETUP.format(PACKAGE),
    "src/demo/__init__.py": "",
    "MANIFEST.in": "graft docs\nrecursive-include tests *.py\ninclude *.md\n",
    "README.md": "",
    "CHANGES.md": "",
    "docs/a.md": "",
    "tests/test_a.py": "",
}
LISTS = """\
from setuptools import setup
from setuptools.command.build_py import build_py
class Listing(build_py):
    def run(self):
        super().run()
        self.run_command("egg_info")
        {code}
        with open(f"{{self.build_lib}}/demo/state.txt", "w") as file:
            file.write("7001.2" if any("new" in name for name in names) else "7001.1")
setup(
    name="demo", version="1", packages=["demo"], package_dir={{"": "src"}},
    cmdclass={{"build_py": Listing}},
)
"""


@pytest.mark.parametrize("lbuild", ["traced"], indirect=True)
def test_files_that_only_an_sdist_has(lbuild: Lbuild, tmp_path: Path) -> None:
    project = tmp_path / "project"
    write_files(project, SOURCES)
    first = wheel(lbuild, project)
    write_files(project, {"docs/b.md": "", "docs/deep/c.md": "", "tests/test_b.py": ""})
    write_files(project, {"tests/deep/x.py": "", "NEWS.md": "", "oracle.py": ""})
    for name in ("docs/a.md", "tests/test_a.py", "CHANGES.md"):
        (project / name).unlink()
    again = wheel(lbuild, project)
    assert (again["action"], again["sha256"]) == ("reused", first["sha256"])


@pytest.mark.exhaustive
@pytest.mark.parametrize("lbuild", ["traced"], indirect=True)
def test_an_sdist_has_them(lbuild: Lbuild, tmp_path: Path) -> None:
    project = tmp_path / "project"
    write_files(project, SOURCES)
    [first] = lbuild("sdist", "--json", project).json
    write_files(project, {"docs/b.md": ""})
    [second] = lbuild("sdist", "--json", project).json
    assert second["action"] == "built"
    assert second["sha256"] != first["sha256"]


USED: dict[str, tuple[Mapping[str, str], Mapping[str, str]]] = {
    "data of a package": (
        {"MANIFEST.in": "graft src\n", "src/demo/state.txt": OLD},
        {"src/demo/state.txt": "", "src/demo/new.txt": NEW},
    ),
    "data of a package, found everywhere": (
        {"MANIFEST.in": "global-include *.txt\n", "src/demo/state.txt": OLD},
        {"src/demo/state.txt": "", "src/demo/new.txt": NEW},
    ),
    "another MANIFEST.in": (
        {"MANIFEST.in": "", "src/demo/state.py": f"# {OLD}\n", "src/demo/new.txt": NEW},
        {"src/demo/state.py": "", "MANIFEST.in": "graft src\n"},
    ),
    "a command that uses the list": (
        {
            "setup.py": LISTS.format(
                code="names = self.get_finalized_command('egg_info').filelist.files"
            )
        },
        {"docs/new.md": ""},
    ),
    "a command in a large file that a script runs": (
        {
            "setup.py": "exec(open('commands.txt').read())",
            "commands.txt": "#" * (1 << 20)
            + "\n"
            + LISTS.format(code="names = self.get_finalized_command('egg_info').filelist.files"),
        },
        {"docs/new.md": ""},
    ),
    "a command that reads the list": (
        {
            "setup.py": LISTS.format(
                code="folder = self.get_finalized_command('egg_info').egg_info; "
                "names = open(folder + '/SOURCES.txt')"
            )
        },
        {"docs/new.md": ""},
    ),
    "a script that lists files in the same way": (
        {
            "setup.py": "from distutils.filelist import findall\n"
            + LISTS.format(code="names = findall('docs')")
        },
        {"docs/new.md": ""},
    ),
}


@pytest.mark.endurance
@pytest.mark.parametrize("lbuild", ["traced"], indirect=True)
@pytest.mark.parametrize("name", USED)
def test_names_that_a_wheel_depends_on(lbuild: Lbuild, tmp_path: Path, name: str) -> None:
    project = tmp_path / "project"
    before, after = USED[name]
    write_files(project, {**SOURCES, **before})

    def undo() -> None:
        for path in after:
            (project / path).unlink()
        write_files(project, {path: text for path, text in before.items() if path in after})

    require_noticed(lambda: wheel(lbuild, project), lambda: write_files(project, after), undo)


MODULE = """\
import sys
sys.path.insert(0, "")
try:
    from {name} import STATE
except ImportError:
    STATE = "7001.1"
open("src/demo/state.py", "w").write(f"# {{STATE}}\\n")
"""


@pytest.mark.exhaustive
@pytest.mark.parametrize("lbuild", ["traced"], indirect=True)
@pytest.mark.parametrize(
    ("name", "new"),
    [
        ("settings", "settings.py"),
        pytest.param("settings", "settings/__init__.py", marks=pytest.mark.endurance),
        pytest.param("site_wide.settings", "site_wide/settings.py", marks=pytest.mark.endurance),
    ],
)
def test_a_module_that_was_looked_for(lbuild: Lbuild, tmp_path: Path, name: str, new: str) -> None:
    project = tmp_path / "project"
    script = MODULE.format(name=name)
    write_files(project, {**SOURCES, "setup.py": script + SOURCES["setup.py"]})
    assert states_in_wheel(wheel(lbuild, project)) == {OLD}
    write_files(project, {"other.py": "", "settings.md": ""})
    assert wheel(lbuild, project)["action"] == "reused"
    write_files(project, {new: f"STATE = '{NEW}'\n"})
    assert states_in_wheel(wheel(lbuild, project)) == {NEW}


@pytest.mark.endurance
@pytest.mark.parametrize("lbuild", ["traced"], indirect=True)
def test_a_link_that_leads_into_a_package(lbuild: Lbuild, tmp_path: Path) -> None:
    """A walk through the tree goes into each folder once: then not below the package."""
    project = tmp_path / "project"
    data = {"src/demo/data/state.txt": OLD}
    write_files(project, {**SOURCES, **data, "MANIFEST.in": "global-include *.txt\n"})
    assert states_in_wheel(wheel(lbuild, project)) == {OLD}
    (project / "link").symlink_to("src/demo/data")
    assert wheel(lbuild, project)["action"] == "built"
    (project / "link").unlink()
    assert states_in_wheel(wheel(lbuild, project)) == {OLD}
