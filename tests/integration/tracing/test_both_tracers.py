"""What both tracers see of a hook process agrees: the recorder in it, and the supervisor above it.

The hook is followed from its first line on, because that runs a program.
"""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

import pytest

from lbuild_frontend.hooks import call
from lbuild_frontend.linux import numbers
from lbuild_frontend.model.hook import BUILD_WHEEL
from lbuild_keys.tracing.accesses import WRITING, Access
from lbuild_keys.tracing.process_trace import HOOK
from lbuild_keys.tracing.trace import Trace
from support.isolated_environments import Opened
from support.made_up_backend import backend

pytestmark = [
    pytest.mark.exhaustive,
    pytest.mark.skipif(
        numbers.architecture() is None or shutil.which("gcc") is None, reason="needs Linux and gcc"
    ),
]

C = """
#include "n.h"
#include <Python.h>
static struct PyModuleDef m = {PyModuleDef_HEAD_INIT, "n"};
PyMODINIT_FUNC PyInit_n(void) { return PyModule_Create(&m); }
"""

PROJECTS = {
    "setuptools.build_meta": (
        ["setuptools"],
        {
            "pyproject.toml": "[project]\nname = 'demo'\nversion = '1'\n",
            "setup.py": "from setuptools import Extension, setup\n"
            "setup(packages=['demo'], ext_modules=[Extension('n', ['src/n.c'])])\n",
            "src/n.c": C,
            "src/n.h": "",
            "demo/__init__.py": "",
        },
    ),
    "hatchling.build": (
        ["hatchling"],
        {
            "pyproject.toml": "[project]\nname = 'demo'\nversion = '1'\n"
            "[tool.hatch.build.hooks.custom]\n",
            "hatch_build.py": "import subprocess\n"
            "from hatchling.builders.hooks.plugin.interface import BuildHookInterface\n"
            "class Hook(BuildHookInterface):\n"
            "    def initialize(self, version, build_data):\n"
            "        subprocess.run('cat data >demo/made.txt', shell=True, check=True)\n",
            "data": "data",
            "demo/__init__.py": "",
        },
    ),
    "poetry.core.masonry.api": (
        ["poetry-core", "setuptools"],
        {
            "pyproject.toml": "[tool.poetry]\nname = 'demo'\nversion = '1'\ndescription = ''\n"
            "authors = []\n[tool.poetry.build]\nscript = 'build.py'\n",
            "build.py": "import subprocess\nsubprocess.run(['cp', 'data', 'demo/made.txt'])\n",
            "data": "data",
            "demo/__init__.py": "",
        },
    ),
    "mesonpy": (
        ["meson-python", "ninja"],
        {
            "pyproject.toml": "[project]\nname = 'demo'\nversion = '1'\n",
            "meson.build": "project('demo', 'c', version: '1')\n"
            "py = import('python').find_installation()\n"
            "py.extension_module('n', 'src/n.c', install: true)\n",
            "src/n.c": C,
            "src/n.h": "",
        },
    ),
}

WRAPPER = "import subprocess\nsubprocess.run(['true'], check=True)\nfrom {} import *\n"

Use = set[tuple[str, str]]


def uses(accesses: Iterable[tuple[Access, str]], root: Path) -> Use:
    """What was done with paths in the project; without the folder of the wrapper.

    Reading and looking are not told apart: the recorder knows more of what they are for. Listing
    what is not there is looking.
    """
    found = set()
    for access, path in accesses:
        resolved = os.path.realpath(path)
        if resolved.startswith(f"{root}/") and resolved != f"{root}/tools":
            lists = access == "listed" and Path(resolved).is_dir()
            kind = "change" if access in WRITING else "list" if lists else "use"
            found.add((kind, os.path.relpath(resolved, root)))
    return found


def by_recorder(did: Trace, root: Path) -> Use:
    return {
        (kind, name)
        for kind, name in uses(did.accesses[did.followed_from :], root)
        if not name.endswith(".egg-info")  # names that code would use that was not let run
    }


def by_supervisor(did: Trace, root: Path) -> Use:
    assert did.processes is not None
    accesses = [(one.access, one.path) for one in did.processes.accesses if one.program == HOOK]
    return uses(accesses, root)


@pytest.mark.parametrize("name", PROJECTS)
def test_they_agree(tmp_path: Path, name: str) -> None:
    root = tmp_path / "project"
    requirements, files = PROJECTS[name]
    for file, text in files.items():
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(text, "utf-8")
    around = Opened(tmp_path / "cache").provide(*requirements)
    environ = {**os.environ, **around.extra_environ}
    of_test = backend(
        root,
        WRAPPER.format(name),
        executable=around.python_executable,
        environ=environ,
        follow=True,
    )
    result = tmp_path / "result"
    result.mkdir()
    did = call.build(of_test, BUILD_WHEEL, result, {}).trace
    assert did.problems == ()
    assert did.processes is not None
    assert (did.processes.problems, did.not_followed) == ((), "")
    seen, also_seen = by_recorder(did, root), by_supervisor(did, root)
    # The recorder does not note where else a program is looked for that is found.
    programs = {Path(one.args[0]).name for one in did.spawned}
    assert seen - also_seen == set()
    assert {one for one in also_seen - seen if Path(one[1]).name not in programs} == set()
