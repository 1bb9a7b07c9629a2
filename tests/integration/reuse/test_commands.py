"""A rebuild of C extensions compiles what changed, and equals a fresh build."""

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support.command import Lbuild
from support.edits import write_files
from support.minimal_project import wheel
from support.projects import wheel_content

pytestmark = [
    pytest.mark.shared_environments,
    pytest.mark.skipif(
        not sys.platform.startswith("linux") or shutil.which("gcc") is None, reason="gcc on Linux"
    ),
]

MODULE = """\
#include <Python.h>
#include "value.h"
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "NAME", 0, -1, 0};
PyMODINIT_FUNC PyInit_NAME(void) {
    PyObject *it = PyModule_Create(&module);
    PyModule_AddIntConstant(it, "VALUE", VALUE + 0);
    return it;
}
"""
FILES = {
    "pyproject.toml": """\
        [build-system]
        requires = ["setuptools"]
        build-backend = "setuptools.build_meta"
        [project]
        name = "extensions"
        version = "1"
        [tool.setuptools]
        packages = ["pk"]
        """,
    "setup.py": """\
        from setuptools import Extension, setup
        folders = ["first", "inc"]
        names = ["one", "two"]
        setup(ext_modules=[
            Extension(f"pk.{name}", [f"src/{name}.c", "src/both.c"], include_dirs=folders)
            for name in names
        ])
        """,
    "src/one.c": MODULE.replace("NAME", "one"),
    "src/two.c": MODULE.replace("NAME", "two"),
    "src/both.c": '#include "both.h"\nint both(void) { return BOTH; }\n',
    "inc/value.h": "#define VALUE 1\n",
    "inc/both.h": "#define BOTH 1\n",
    "pk/__init__.py": "",
}


def commands_run(lbuild: Lbuild) -> Callable[[], int]:
    """Return what counts the commands that ran since the last call: their records are new."""
    known: dict[Path, int] = {}

    def count() -> int:
        folder = lbuild.cache / "commands-v1"
        now = {path: path.stat().st_ino for path in folder.glob("*/*") if len(path.name) == 60}
        new = sum(known.get(path) != number for path, number in now.items())
        known.clear()
        known.update(now)
        return new

    return count


def test_only_what_changed_is_compiled(lbuild: Lbuild, tmp_path: Path) -> None:
    project = tmp_path / "project"
    write_files(project, FILES)
    count = commands_run(lbuild)
    assert wheel(lbuild, project)["action"] == "built"
    if count() == 0:
        pytest.skip("programs cannot be followed here")
    assert len(list((lbuild.cache / "commands-v1").iterdir())) == 1

    (project / "src/one.c").write_text(MODULE.replace("NAME", "one").replace("+ 0", "+ 4"))
    built = lbuild("wheel", "--json", "-v", project)
    assert "extensions: 3 of 5 compiler commands were not run again" in built.stderr
    [told] = built.json
    assert count() == 2  # compiled and linked
    own = wheel_content(Path(told["wheel"]))
    fresh = wheel(lbuild, "--refresh", project)
    assert count() == 5
    assert wheel_content(Path(fresh["wheel"])) == own
    # What the commands that did not run have used is an input of this build as well.
    header = project / "inc/both.h"
    before = header.stat()
    header.write_text("#define BOTH 2\n")
    os.utime(header, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert wheel(lbuild, project)["action"] == "built"
    assert count() == 3


EDITS: dict[str, tuple[Callable[[Path], object], int]] = {
    "python": (lambda project: (project / "pk/__init__.py").write_text("X = 1\n"), 0),
    "setup.py": (
        lambda project: write_files(project, {"setup.py": FILES["setup.py"] + "# a remark"}),
        0,
    ),
    "touch": (lambda project: (project / "src/one.c").touch(), 0),
    "an earlier header": (
        # Until now all commands have found that the folder is not there.
        lambda project: write_files(project, {"first/value.h": "#define VALUE 3\n"}),
        5,
    ),
    "a flag": (
        lambda project: write_files(
            project,
            {
                "setup.py": FILES["setup.py"].replace(
                    "_dirs=folders", '_dirs=folders, define_macros=[("X", "1")]'
                )
            },
        ),
        3,  # the object files are the same
    ),
    "a removed extension": (
        lambda project: write_files(
            project, {"setup.py": FILES["setup.py"].replace(', "two"]', "]")}
        ),
        0,
    ),
}


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", EDITS)
def test_edits(lbuild: Lbuild, tmp_path: Path, name: str) -> None:
    project = tmp_path / "project"
    write_files(project, FILES)
    count = commands_run(lbuild)
    wheel(lbuild, project)
    if count() == 0:
        pytest.skip("programs cannot be followed here")
    edit, expected = EDITS[name]
    edit(project)
    told = wheel(lbuild, project)
    own = wheel_content(Path(told["wheel"]))
    assert count() == expected
    fresh = wheel(lbuild, "--no-cache", "-o", tmp_path / "fresh", project)
    assert wheel_content(Path(fresh["wheel"])) == own


@pytest.mark.exhaustive
def test_what_the_user_asks_for_anew(lbuild: Lbuild, tmp_path: Path) -> None:
    project = tmp_path / "project"
    write_files(project, FILES)
    count = commands_run(lbuild)
    wheel(lbuild, project)
    if count() == 0:
        pytest.skip("programs cannot be followed here")
    wheel(lbuild, "--refresh", project)
    assert count() == 5
    wheel(lbuild, "--refresh", "--no-cache", project)
    assert count() == 0


@pytest.mark.exhaustive
def test_a_cache_that_is_only_read(lbuild: Lbuild, tmp_path: Path) -> None:
    """Its results are used, and nothing is added."""
    project = tmp_path / "project"
    write_files(project, FILES)
    count = commands_run(lbuild)
    wheel(lbuild, project)
    if count() == 0:
        pytest.skip("programs cannot be followed here")
    (project / "src/one.c").write_text(MODULE.replace("NAME", "one").replace("+ 0", "+ 4"))
    told = wheel(lbuild, "--cache-mode", "read-only", project)
    own = wheel_content(Path(told["wheel"]))
    assert count() == 0
    fresh = wheel(lbuild, "--refresh", project)
    assert wheel_content(Path(fresh["wheel"])) == own


@pytest.mark.exhaustive
def test_a_script_in_place_of_the_compiler(lbuild: Lbuild, tmp_path: Path) -> None:
    """Nobody knows what it does."""
    project, folder = tmp_path / "project", tmp_path / "bin"
    write_files(project, FILES)
    folder.mkdir()
    script = folder / "gcc"
    script.write_text(f'#!/bin/sh\nexec {shutil.which("gcc")} -DEXTRA=$(date +%s) "$@"\n')
    script.chmod(0o755)
    count = commands_run(lbuild)
    wheel(lbuild, project, env={"PATH": f"{folder}:{os.environ['PATH']}"})
    assert count() == 0


@pytest.mark.exhaustive
@pytest.mark.parametrize("macro", ["__DATE__", "__TIME__", "__TIMESTAMP__"])
def test_what_asks_for_the_time_is_compiled_again(
    lbuild: Lbuild, tmp_path: Path, macro: str
) -> None:
    project = tmp_path / "project"
    source = f"const char *built = {macro};\n"
    write_files(project, {**FILES, "src/both.c": source + FILES["src/both.c"]})
    count = commands_run(lbuild)
    wheel(lbuild, project)
    known = count()
    if known == 0:
        pytest.skip("programs cannot be followed here")
    assert known in (3, 4)  # of five: not the compiler's, and perhaps not the first linker's


@pytest.mark.exhaustive
def test_cached_commands_can_be_removed(lbuild: Lbuild, tmp_path: Path) -> None:
    project = tmp_path / "project"
    write_files(project, FILES)
    wheel(lbuild, project)
    place = lbuild.cache / "commands-v1"
    assert "commands-v1" in lbuild("cache", "info").stdout
    lbuild("cache", "verify")
    lbuild("cache", "prune")
    assert list(place.iterdir())
    lbuild("cache", "clean")
    assert not place.exists() or not list(place.iterdir())
    assert wheel(lbuild, project)["action"] == "built"
