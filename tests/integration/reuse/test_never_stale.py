"""The delivered wheel shows the present, however deep in the tree the edit is.

Each test lets one thing decide what the wheel holds: ``OLD`` at first, then ``NEW``; see ``edits``.
"""

import py_compile
import shutil
import subprocess
import textwrap
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pytest
from uv import find_uv_bin

from support import environments as pythons
from support.command import TRACED_AND_TREE, Lbuild
from support.edits import (
    NEW,
    OLD,
    add_requirements,
    added_outside_dist,
    edit,
    pack_expression,
    require_edit_noticed,
    require_noticed,
    site_packages,
    states_in_wheel,
    write_files,
)
from support.minimal_project import (
    CORE,
    NAME,
    make_gate,
    running,
    wait_for_end,
    wheel,
    when_building,
)
from support.projects import CopyProject, git, listing, replace, sha256, wheel_content

pytestmark = pytest.mark.shared_environments

# What a build writes.


@pytest.mark.quick(every=3)
@TRACED_AND_TREE
@pytest.mark.parametrize("at_first", ["the user's", "generated"])
def test_a_file_that_the_hook_reads_and_rewrites(
    lbuild: Lbuild, copy_project: CopyProject, at_first: str
) -> None:
    project = copy_project(NAME)
    settings = project / "src" / "demo" / "settings.json"
    if at_first == "the user's":
        settings.write_text(f'{{"state": "{OLD}"}}', "utf-8")
    merge = f"""\
        file = Path("src/demo/settings.json")
        known = json.loads(file.read_text()) if file.exists() else {{}}
        file.write_text(json.dumps({{"state": "{OLD}", "built": True, **known}}))
        """
    when_building(project, merge)
    for _ in range(2):
        assert states_in_wheel(wheel(lbuild, project)) == {OLD}
    assert wheel(lbuild, project)["action"] == "reused"

    settings.write_text(f'{{"state": "{NEW}"}}', "utf-8")
    for _ in range(2):
        assert states_in_wheel(wheel(lbuild, project)) == {NEW}
    again = wheel(lbuild, project)
    assert (again["action"], states_in_wheel(again)) == ("reused", {NEW})


@dataclass(frozen=True, slots=True)
class Generator:
    """A project that generates ``generated.py`` from ``template.txt``.

    Attributes:
        script: what does, if it is not there or ``REGEN`` is set.
        generated: where to.
    """

    fixture: str
    script: str
    generated: str


@pytest.mark.quick("backend/backend.py-tree")
@TRACED_AND_TREE
@pytest.mark.parametrize(
    "generator",
    [
        Generator(NAME, "backend/backend.py", "src/demo/generated.py"),
        Generator("setuptools-setup-py", "setup.py", "demo/generated.py"),
    ],
    ids=lambda generator: generator.script,
)
def test_a_file_generated_if_it_is_missing_or_so_asked(
    lbuild: Lbuild, copy_project: CopyProject, generator: Generator
) -> None:
    project = copy_project(generator.fixture)
    write_files(project, {"template.txt": f"STATE = '{OLD}'\n"})
    script = project / generator.script
    code = f"""\
        import os
        from pathlib import Path

        file = Path({generator.generated!r})
        if os.environ.get("REGEN") or not file.exists():
            file.write_bytes(Path("template.txt").read_bytes())
        """
    script.write_text(textwrap.dedent(code) + script.read_text("utf-8"), "utf-8")
    generated = project / generator.generated

    def build(regenerate: str | None = None) -> dict[str, Any]:
        """Build, and check that what was packed is what is in the tree, if there is something."""
        told = wheel(lbuild, project, env={"REGEN": regenerate})
        [state] = states_in_wheel(told)
        assert not generated.exists() or state in generated.read_text("utf-8")
        return told

    assert states_in_wheel(build()) == {OLD}
    assert build()["action"] == "reused"
    edit(project / "template.txt", OLD, NEW)
    assert states_in_wheel(build()) == {NEW}  # what the last build generated is taken away
    write_files(project, {generator.generated: f"STATE = '{OLD}'\n"})
    assert states_in_wheel(build()) == {OLD}  # this is the user's
    assert states_in_wheel(build("1")) == {NEW}
    edit(project / "template.txt", NEW, OLD)
    assert states_in_wheel(build()) == {NEW}
    assert states_in_wheel(build("1")) == {OLD}
    generated.unlink()
    assert states_in_wheel(build()) == {OLD}
    assert build()["action"] == "reused"


@pytest.mark.quick("traced")
@TRACED_AND_TREE
def test_what_the_user_adds_during_a_build(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    project = copy_project(NAME)
    stop = make_gate(tmp_path)
    when_building(project, after=stop.code)
    with running(lbuild, "wheel", project) as process:
        stop.await_backend()
        write_files(project, {"src/demo/added.py": NEW})
        stop.open.touch()
        assert wait_for_end(process).returncode == 0
    told = wheel(lbuild, project)
    assert (told["action"], states_in_wheel(told)) == ("built", {NEW})
    assert wheel(lbuild, project)["action"] == "reused"


# What is imported while a build runs.

PYPROJECT_WITH_ATTRIBUTE = """\
    [build-system]
    requires = ["setuptools>=64"]
    build-backend = "setuptools.build_meta"

    [project]
    name = "demo"
    dynamic = ["version"]

    [tool.setuptools.dynamic]
    version = { attr = "demo.version.VERSION" }
    """
SETUP_CFG_WITH_ATTRIBUTE = """\
    [metadata]
    name = demo
    version = attr: demo.version.VERSION

    [options]
    package_dir =
        = src
    packages = find:

    [options.packages.find]
    where = src
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A project in which one thing decides what the wheel holds.

    Attributes:
        files: what its fixture lacks, by path relative to it.
        edited: the file that holds the state, if it is one.
        packs: of the minimal project, what its wheel shall hold besides.
        imports: the module that this needs.
    """

    id: str
    fixture: str = NAME
    files: Mapping[str, str] = field(default_factory=dict)
    edited: str = ""
    packs: str = ""
    imports: str = ""

    def copy(self, copy_project: CopyProject, tag: str | None = None) -> Path:
        """Copy and change the fixture; with ``tag``, it is in git with all of its files."""
        project = copy_project(self.fixture)
        write_files(project, self.files)
        if self.packs:
            pack_expression(project, self.packs, self.imports)
        if tag is not None:
            git(project, "init", "--quiet", "--initial-branch=main")
            git(project, "add", "--all")
            git(project, "commit", "--quiet", "--message=The first commit")
            git(project, "tag", tag)
        return project


def cases(*of: Case) -> pytest.MarkDecorator:
    """A test for each of the cases."""
    return pytest.mark.parametrize("case", of, ids=[case.id for case in of])


# Computed, so that setuptools and flit cannot take it from the text without importing the module.
COMPUTED = f'VERSION = __version__ = "".join(["{OLD}"])\n'


@pytest.mark.quick("pyproject.toml's attr")
@cases(
    Case(
        id="pyproject.toml's attr",
        fixture="setuptools-pyproject",
        files={"pyproject.toml": PYPROJECT_WITH_ATTRIBUTE, "src/demo/version.py": COMPUTED},
        edited="src/demo/version.py",
    ),
    Case(
        id="flit",
        fixture="flit-core",
        files={"src/demo/__init__.py": f'"""The description."""\n\n{COMPUTED}'},
        edited="src/demo/__init__.py",
    ),
    Case(
        id="in-tree backend",
        files={"backend/version.py": COMPUTED},
        edited="backend/version.py",
        packs="version.VERSION.encode()",
        imports="version",
    ),
)
def test_stale_bytecode(lbuild: Lbuild, copy_project: CopyProject, case: Case) -> None:
    project = case.copy(copy_project)
    module = project / case.edited
    tree = listing(project)

    def renew() -> None:
        assert added_outside_dist(project, tree) == set()
        # As when somebody has imported it: bytecode that the edit will not seem to outdate.
        py_compile.compile(str(module), doraise=True)
        edit(module, OLD, NEW)

    require_noticed(lambda: wheel(lbuild, project), renew, lambda: edit(module, NEW, OLD))


DESCRIBE = """\
    import subprocess

    VERSION = subprocess.check_output(["git", "describe", "--tags"], text=True).strip()
    """


@pytest.mark.exhaustive
@TRACED_AND_TREE
@cases(
    Case(
        id="pyproject.toml's attr",
        fixture="setuptools-pyproject",
        files={"pyproject.toml": PYPROJECT_WITH_ATTRIBUTE, "src/demo/version.py": DESCRIBE},
    ),
    Case(
        id="setup.cfg's attr:",
        fixture="setuptools-setup-cfg",
        files={"setup.cfg": SETUP_CFG_WITH_ATTRIBUTE, "src/demo/version.py": DESCRIBE},
    ),
    *(
        Case(
            id=f"in-tree backend, {how}",
            files={
                "backend/described.py": f"{code}\nfrom describe import VERSION\n",
                "tools/describe.py": DESCRIBE,
            },
            packs="described.VERSION.encode()",
            imports="described",
        )
        for how, code in (
            ("sys.path", 'import sys\nsys.path.insert(0, "tools")'),
            ("path", 'from sys import path\npath.insert(0, "tools")'),
            ("site", 'import site\nsite.addsitedir("tools")'),
        )
    ),
)
def test_a_module_that_asks_git(lbuild: Lbuild, copy_project: CopyProject, case: Case) -> None:
    project = case.copy(copy_project, tag=OLD)

    def renew() -> None:
        git(project, "commit", "--quiet", "--allow-empty", "--message=The second commit")
        git(project, "tag", NEW)

    def undo() -> None:
        git(project, "reset", "--quiet", "--hard", "HEAD~1")
        git(project, "tag", "--delete", NEW)

    require_noticed(lambda: wheel(lbuild, project), renew, undo)


HATCH_DYNAMIC = """\
    [build-system]
    requires = ["hatchling>=1.26"]
    build-backend = "hatchling.build"

    [project]
    name = "demo"
    dynamic = ["version"]
    """
HATCH_HOOK = """\
    [tool.hatch.metadata.hooks.custom]
    path = "tools/hook.py"
    """
BY_VARIABLE = 'import os\n\nVERSION = __version__ = os.environ["DEMO_VERSION"]\n'


@pytest.mark.quick("pyproject.toml's attr-traced", "hatchling's hook-tree")
@TRACED_AND_TREE
@cases(
    Case(
        id="pyproject.toml's attr",
        fixture="setuptools-pyproject",
        files={"pyproject.toml": PYPROJECT_WITH_ATTRIBUTE, "src/demo/version.py": BY_VARIABLE},
    ),
    Case(
        id="flit",
        fixture="flit-core",
        files={"src/demo/__init__.py": f'"""The description."""\n\n{BY_VARIABLE}'},
    ),
    Case(
        id="hatch.toml",
        fixture="hatchling",
        files={
            "pyproject.toml": HATCH_DYNAMIC,
            "hatch.toml": '[version]\nsource = "env"\nvariable = "DEMO_VERSION"\n',
        },
    ),
    Case(
        id="hatchling's hook",
        fixture="hatchling",
        files={
            "pyproject.toml": f"{HATCH_DYNAMIC}\n{HATCH_HOOK}",
            "tools/hook.py": """\
                import os
                from hatchling.metadata.plugin.interface import MetadataHookInterface

                class Hook(MetadataHookInterface):
                    def update(self, metadata):
                        metadata["version"] = os.environ["DEMO_VERSION"]
                """,
        },
    ),
)
def test_a_variable_that_a_module_reads(
    lbuild: Lbuild, copy_project: CopyProject, case: Case
) -> None:
    project = case.copy(copy_project)
    environ: dict[str, str | None] = {"DEMO_VERSION": OLD}
    require_noticed(
        lambda: wheel(lbuild, project, env=environ),
        lambda: environ.update(DEMO_VERSION=NEW),
        lambda: environ.update(DEMO_VERSION=OLD),
    )


# What is in an out-dir.

PACK_ARCHIVES = """\
b"".join(file.read_bytes() for file in sorted(Path().glob("*.*")) if "asset" in file.name)"""


@pytest.mark.quick("demo_arch-assets.zip-named", "assets-1.0.tar.gz-nameless, mode tree")
@pytest.mark.parametrize(
    ("lbuild", "nameless"),
    [("traced", False), ("traced", True), ("tree", True)],
    indirect=["lbuild"],
    ids=["named", "nameless", "nameless, mode tree"],
)
@pytest.mark.parametrize(
    "archive",
    [
        "assets.zip",
        "demo_arch-assets.zip",
        "assets-1.0.tar.gz",
        "assets-1.0-py3-none-any.whl",
    ],
)
def test_archives_in_the_out_dir(
    lbuild: Lbuild, copy_project: CopyProject, archive: str, nameless: bool
) -> None:
    projects = [copy_project(NAME, folder=folder) for folder in ("one", "other")]
    for project, state in zip(projects, (OLD, NEW), strict=True):
        pack_expression(project, PACK_ARCHIVES)
        write_files(project, {archive: state})
        if nameless:
            toml = (project / "pyproject.toml").read_text("utf-8")
            write_files(project, {"pyproject.toml": toml.partition("[project]")[0]})
    project, other = projects
    require_edit_noticed(lambda: wheel(lbuild, "-o", ".", cwd=project), project / archive)
    # The same project with another archive, elsewhere.
    assert states_in_wheel(wheel(lbuild, "-o", ".", cwd=other)) == {NEW}


@pytest.mark.quick("traced")
@TRACED_AND_TREE
def test_an_out_dir_among_the_sources(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    replace(
        project / "backend" / "backend.py",
        "for path in (Path(folder, name) for name in sorted(names)):",
        "for path in (Path(folder, name) for name in sorted(names) if name[-3:] != 'whl'):",
    )
    write_files(project, {"src/demo/assets.zip": OLD})
    out_dir = project / "src" / "demo"

    def build() -> dict[str, Any]:
        return wheel(lbuild, "-o", out_dir, project)

    require_edit_noticed(build, out_dir / "assets.zip")
    edit(project / CORE, "42", "43")
    assert build()["action"] == "built"
    assert build()["action"] == "reused"


def test_what_was_installed_into_a_package(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project("hatchling")
    assert wheel(lbuild, project)["action"] == "built"
    pad = project / "src" / "demo" / "node_modules" / "pad"
    pad.mkdir(parents=True)
    wheel(lbuild, project)  # an empty one, that no wheel shows
    for name in ("index.js", "other.js"):
        (pad / name).write_text(f"export default '{name}'\n", "utf-8")
        built = wheel(lbuild, project)
        assert f"demo/node_modules/pad/{name}" in wheel_content(Path(built["wheel"]))
        assert wheel(lbuild, project)["action"] == "reused"


# What variables say.


@pytest.mark.quick("UV_CONSTRAINT")
@pytest.mark.parametrize("variable", ["PIP_CONSTRAINT", "UV_CONSTRAINT"])
def test_several_constraints_files(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path, variable: str
) -> None:
    project = copy_project(NAME)
    write_files(tmp_path, {"one.txt": "", "two.txt": f"demo=={OLD}\n"})

    def build() -> dict[str, Any]:
        return wheel(lbuild, project, cwd=tmp_path, env={variable: "one.txt two.txt"})

    first = build()
    edit(tmp_path / "two.txt", OLD, NEW)
    second = build()
    assert second["action"] == "built"
    [reason] = second["reasons"]
    assert reason["kind"] == "file-changed"
    assert variable in reason["message"]
    edit(tmp_path / "two.txt", NEW, OLD)
    back = build()
    assert (back["action"], back["sha256"]) == ("reused", first["sha256"])


def test_the_time_that_is_asked_for(lbuild: Lbuild, copy_project: CopyProject) -> None:
    """The content is the same, but SOURCE_DATE_EPOCH asks for other bytes."""
    project = copy_project(NAME)
    time = 'time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", 1000000000)))[:6]'
    replace(project / "backend" / "backend.py", "ZipInfo(name)", f"ZipInfo(name, {time})")
    replace(project / "backend" / "backend.py", "import sys\n", "import sys\nimport time\n")

    def build(epoch: int | None) -> tuple[str, int]:
        environ = {"SOURCE_DATE_EPOCH": None if epoch is None else str(epoch)}
        told = wheel(lbuild, project, env=environ)
        with zipfile.ZipFile(told["wheel"]) as archive:
            [year] = {member.date_time[0] for member in archive.infolist()}
        return told["action"], year

    assert build(1_100_000_000) == ("built", 2004)
    assert build(1_600_000_000) == ("built", 2020)
    assert build(1_100_000_000) == ("reused", 2004)
    assert build(None) == ("built", 2001)
    assert build(1_600_000_000) == ("reused", 2020)


# What is installed, or built to be installed.


def install_by_hand(folder: Path, state: str, *, record: bool) -> None:
    """Put a distribution ``helper`` there, as an installer does, or as a development install."""
    info = "helper-1.0.dist-info" if record else "helper.egg-info"
    metadata = "Metadata-Version: 2.1\nName: helper\nVersion: 1.0\n"
    write_files(folder, {"helper.py": f"STATE = '{state}'\n"})
    if record:
        digest = sha256(folder / "helper.py")
        shutil.rmtree(folder / "__pycache__", ignore_errors=True)  # as installers do
        listed = f"helper.py,sha256={digest},18\n{info}/METADATA,,\n{info}/RECORD,,\n"
        write_files(folder, {f"{info}/METADATA": metadata, f"{info}/RECORD": listed})
    else:
        write_files(folder, {f"{info}/PKG-INFO": metadata, f"{info}/top_level.txt": "helper\n"})


def test_without_isolation_a_distribution_that_is_not_required(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    project = copy_project(NAME)
    pack_expression(project, "helper.STATE.encode()", imports="helper")
    python = pythons.make_environment(tmp_path / "env")
    folder = site_packages(python)
    install_by_hand(folder, OLD, record=True)
    require_noticed(
        lambda: wheel(lbuild, "-p", python, "-n", project),
        lambda: install_by_hand(folder, NEW, record=True),
        lambda: install_by_hand(folder, OLD, record=True),
    )


def test_without_isolation_a_development_install(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    project = copy_project(NAME)
    pack_expression(project, "helper.STATE.encode()", imports="helper")
    python = pythons.make_environment(tmp_path / "env")
    write_files(site_packages(python), {"helper.pth": f"{tmp_path / 'helper'}\n"})
    install_by_hand(tmp_path / "helper", OLD, record=False)
    require_edit_noticed(
        lambda: wheel(lbuild, "-p", python, "-n", project), tmp_path / "helper" / "helper.py"
    )


def test_without_isolation_a_distribution_that_setup_py_imports(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    project = copy_project("setuptools-setup-py")
    replace(project / "setup.py", "from pathlib import Path\n", "from helper import STATE\n")
    version = 'Path("VERSION").read_text(encoding="utf-8").strip()'
    replace(project / "setup.py", version, "STATE")
    python = pythons.make_environment(tmp_path / "env")
    command = [find_uv_bin(), "pip", "install", "--quiet", "--python", str(python), "setuptools"]
    subprocess.run(command, check=True)
    folder = site_packages(python)
    install_by_hand(folder, OLD, record=True)
    require_noticed(
        lambda: wheel(lbuild, "-p", python, "-n", project),
        lambda: install_by_hand(folder, NEW, record=True),
        lambda: install_by_hand(folder, OLD, record=True),
    )


class MakeHelper(Protocol):
    """Makes a project whose distribution can be required."""

    def __call__(self, name: str, module: str, dependencies: tuple[str, ...] = ()) -> Path:
        """Make it, with the source of its one module; return its folder."""


@pytest.fixture
def helper(copy_project: CopyProject) -> MakeHelper:
    """Projects that need nothing from the index to be installed."""

    def make(name: str, module: str, dependencies: tuple[str, ...] = ()) -> Path:
        project = copy_project(NAME, folder=name)
        backend = project / "backend" / "backend.py"
        replace(backend, '"demo", "0.1.0"', f'"{name}", "0.1.0"')
        lines = "".join(f"Requires-Dist: {text}\\n" for text in dependencies)
        replace(backend, "Version: {VERSION}\\n", f"Version: {{VERSION}}\\n{lines}")
        replace(project / "pyproject.toml", 'name = "demo"', f'name = "{name}"')
        if dependencies:
            line = f"dependencies = {list(dependencies)}"
            replace(project / "pyproject.toml", "[project]", f"[project]\n{line}")
        write_files(project, {f"src/{name}.py": module})
        return project

    return make


STATE = f'STATE = b"{OLD}"\n'


@pytest.mark.quick("its own")
@pytest.mark.parametrize("interpreter", ["its own", "another"])
def test_a_local_requirement_that_a_hook_returns(
    lbuild: Lbuild,
    copy_project: CopyProject,
    helper: MakeHelper,
    tmp_path: Path,
    interpreter: str,
) -> None:
    project, required = copy_project(NAME), helper("helper", STATE)
    pack_expression(project, '__import__("helper").STATE')  # not before the hook has asked for it
    with (project / "backend" / "backend.py").open("a") as file:
        answer = [f"helper @ {required.as_uri()}"]
        file.write(f"\n\ndef get_requires_for_build_wheel(settings=None):\n    return {answer}\n")
    options = ("-p", pythons.make_environment(tmp_path / "env")) if interpreter == "another" else ()
    require_edit_noticed(lambda: wheel(lbuild, *options, project), required / "src" / "helper.py")


def test_a_local_requirement_of_a_local_requirement(
    lbuild: Lbuild, copy_project: CopyProject, helper: MakeHelper
) -> None:
    project, base = copy_project(NAME), helper("base", STATE)
    plugin = helper("helper", "from base import STATE\n", (f"base @ {base.as_uri()}",))
    pack_expression(project, "helper.STATE", imports="helper")
    add_requirements(project, f"helper @ {plugin.as_uri()}")
    require_edit_noticed(lambda: wheel(lbuild, project), base / "src" / "base.py")


def test_a_local_requirement_by_a_variable(
    lbuild: Lbuild, copy_project: CopyProject, helper: MakeHelper
) -> None:
    project, required = copy_project(NAME), helper("helper", STATE)
    pack_expression(project, "helper.STATE", imports="helper")
    add_requirements(project, "helper @ ${HELPER_URL}")
    environ: dict[str, str | None] = {"HELPER_URL": required.as_uri()}
    require_edit_noticed(
        lambda: wheel(lbuild, project, env=environ), required / "src" / "helper.py"
    )


# What is outside of the project.


@pytest.mark.quick("force-include-tree", "header-traced")
@TRACED_AND_TREE
@cases(
    Case(
        id="where",
        fixture="setuptools-pyproject",
        files={
            "pyproject.toml": """\
                [build-system]
                requires = ["setuptools>=64"]
                build-backend = "setuptools.build_meta"

                [project]
                name = "demo"
                version = "1.0"

                [tool.setuptools.packages.find]
                where = [".."]
                include = ["outside"]
                """,
            "../outside/__init__.py": OLD,
        },
        edited="../outside/__init__.py",
    ),
    Case(
        id="force-include",
        fixture="hatchling",
        files={
            "pyproject.toml": """\
                [build-system]
                requires = ["hatchling>=1.26"]
                build-backend = "hatchling.build"

                [project]
                name = "demo"
                version = "1.0"

                [tool.hatch.build.targets.wheel.force-include]
                "../shared" = "demo/shared"
                """,
            "../shared/.vscode/settings.json": OLD,
        },
        edited="../shared/.vscode/settings.json",
    ),
    Case(
        id="hatch.toml",
        fixture="hatchling",
        files={
            "hatch.toml": """\
                [build.targets.wheel.force-include]
                "../src" = "demo/more"
                """,
            "../src/text.txt": OLD,
        },
        edited="../src/text.txt",
    ),
    Case(
        id="setup.cfg",
        fixture="setuptools-setup-cfg",
        files={
            "setup.cfg": """\
                [metadata]
                name = demo
                version = 1.0

                [options]
                package_dir =
                    = ../src
                packages = find:

                [options.packages.find]
                where = ../src
                """,
            "../src/outside/__init__.py": OLD,
        },
        edited="../src/outside/__init__.py",
    ),
    Case(
        id="setup.py",
        fixture="setuptools-setup-py",
        files={
            "setup.py": """\
                from setuptools import setup

                with open("../src/VERSION") as file:
                    setup(name="demo", version=file.read().strip(), packages=["demo"])
                """,
            "../src/VERSION": OLD,
        },
        edited="../src/VERSION",
    ),
    Case(
        id="header",
        fixture="setuptools-c-extension",
        files={
            "setup.py": """\
                from setuptools import Extension, setup

                sources = ["src/demo/_answer.c"]
                setup(ext_modules=[Extension("demo._answer", sources, include_dirs=["../src"])])
                """,
            "src/demo/_answer.c": """\
                #include <Python.h>
                #include "outside.h"

                static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_answer", STATE, 0, NULL};
                PyMODINIT_FUNC PyInit__answer(void) { return PyModule_Create(&definition); }
                """,
            "../src/outside.h": f'#define STATE "{OLD}"\n',
        },
        edited="../src/outside.h",
    ),
)
@pytest.mark.exhaustive
def test_what_lies_outside(lbuild: Lbuild, copy_project: CopyProject, case: Case) -> None:
    project = case.copy(copy_project)
    require_edit_noticed(lambda: wheel(lbuild, project), project / case.edited)


PACK_BY_ABSOLUTE_PATH = 'Path(os.path.abspath("../shared/state.txt")).read_bytes()'
PACK_FROM_HOME = """\
b" ".join(file.read_bytes() for file in [Path.home() / ".demorc"] if file.exists())"""


def test_another_clone_has_another_neighbour(lbuild: Lbuild, copy_project: CopyProject) -> None:
    """Also where the hook makes the path absolute that it was given relative to the project."""
    one, two = (copy_project(NAME, folder=folder) for folder in ("one", "two"))
    for project, state in ((one, OLD), (two, NEW)):
        pack_expression(project, PACK_BY_ABSOLUTE_PATH)
        write_files(project, {"../shared/state.txt": state})
    assert states_in_wheel(wheel(lbuild, one)) == {OLD}
    assert states_in_wheel(wheel(lbuild, two)) == {NEW}


@pytest.mark.parametrize("appears", [True, False], ids=["new", "changed"])
def test_another_clone_has_the_same_home(
    lbuild: Lbuild, copy_project: CopyProject, appears: bool
) -> None:
    """However deep in it each of them is."""
    one, two = lbuild.home / "one", lbuild.home / "deep" / "er" / "two"
    settings = lbuild.home / ".demorc"
    for place in (one, two):
        place.parent.mkdir(parents=True, exist_ok=True)
        project = copy_project(NAME).rename(place)
        pack_expression(project, PACK_FROM_HOME)
    if not appears:
        write_files(lbuild.home, {".demorc": OLD})
        write_files(two.parent, {".demorc": OLD})  # where the same relative path leads to
    assert states_in_wheel(wheel(lbuild, one)) == (set() if appears else {OLD})
    settings.write_text(NEW)
    assert states_in_wheel(wheel(lbuild, two)) == {NEW}


# Modes, and what setuptools leaves behind.


@pytest.mark.quick("traced")
@TRACED_AND_TREE
def test_the_group_may_execute_it(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    told = "0o755 if os.access(path, os.X_OK) else 0o644"
    replace(project / "backend" / "backend.py", told, "path.stat().st_mode & 0o777")
    core = project / CORE
    core.chmod(0o644)

    def mode(told: Mapping[str, Any]) -> int:
        with zipfile.ZipFile(told["wheel"]) as archive:
            return archive.getinfo("demo/core.py").external_attr >> 16

    first = wheel(lbuild, project)
    assert mode(first) == 0o644
    core.chmod(0o654)
    second = wheel(lbuild, project)
    assert (second["action"], mode(second)) == ("built", 0o654)
    core.chmod(0o644)
    back = wheel(lbuild, project)
    assert (back["action"], back["sha256"]) == ("reused", first["sha256"])


OLD_SETUPTOOLS = """\
    [build-system]
    requires = ["setuptools==59.8.0", "wheel"]
    build-backend = "setuptools.build_meta"
    """
OTHER_BUILD_BASE = """\
    [build-system]
    requires = ["setuptools>=64"]
    build-backend = "setuptools.build_meta"

    [tool.distutils.build]
    build-base = "out/built"
    """


@pytest.mark.exhaustive
@pytest.mark.parametrize("own", [False, True], ids=["no folder", "a folder of the user's"])
@pytest.mark.parametrize(
    ("toml", "base"),
    [(OLD_SETUPTOOLS, "build"), (OTHER_BUILD_BASE, "out/built")],
    ids=["setuptools 59", "build-base"],
)
def test_leftovers_where_setuptools_cannot_be_told(
    lbuild: Lbuild, copy_project: CopyProject, toml: str, base: str, own: bool
) -> None:
    """Old ones do not know DIST_EXTRA_CONFIG, and ``build-base`` comes before it."""
    project = copy_project("setuptools-setup-py")
    write_files(project, {"pyproject.toml": toml, "demo/gone.py": "GONE = True\n"})
    if own:
        write_files(project, {f"{base}/notes.txt": "Mine.\n"})
    tree = listing(project)
    told = wheel(lbuild, project)
    assert "demo/gone.py" in wheel_content(Path(told["wheel"]))
    assert added_outside_dist(project, tree) == set()
    assert tree <= listing(project)
    assert wheel(lbuild, project)["action"] == "reused"

    (project / "demo" / "gone.py").unlink()
    without = wheel(lbuild, project)
    assert without["action"] == "built"
    assert "demo/gone.py" not in wheel_content(Path(without["wheel"]))
    assert wheel(lbuild, project)["action"] == "reused"
    write_files(project, {"demo/gone.py": "GONE = True\n"})
    back = wheel(lbuild, project)
    assert (back["action"], back["sha256"]) == ("reused", told["sha256"])
