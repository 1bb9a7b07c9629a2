"""Random edits of C extensions: each wheel equals that of a build in which every compiler ran."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from support.command import Lbuild
from support.minimal_project import wheel
from support.projects import wheel_content

pytestmark = [
    pytest.mark.exhaustive,
    pytest.mark.shared_environments,
    pytest.mark.skipif(
        not sys.platform.startswith("linux") or shutil.which("gcc") is None, reason="gcc on Linux"
    ),
]

HowMany = Callable[[int, int], int]

PYPROJECT = """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "extensions"
version = "1"
[tool.setuptools]
packages = ["pk"]
"""
SETUP = """\
from pathlib import Path
from setuptools import Extension, setup
lines = Path("flags").read_text().split()
Path("generated.h").write_text("#define GENERATED " + Path("number").read_text())
setup(ext_modules=[
    Extension(
        f"pk.{path.stem}", [str(path), "src/shared/both.c"],
        include_dirs=["first", "inc", "."], extra_compile_args=lines,
    )
    for path in sorted(Path("src").glob("*.c"))
])
"""
MODULE = """\
#include <Python.h>
#include "value.h"
#include "generated.h"
#if __has_include("optional.h")
#include "optional.h"
#else
#define OPTIONAL 0
#endif
#ifndef FLAG
#define FLAG 0
#endif
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "NAME", 0, -1, 0};
PyMODINIT_FUNC PyInit_NAME(void) {
    PyObject *it = PyModule_Create(&module);
    PyModule_AddIntConstant(it, "VALUE", VALUE + OPTIONAL + FLAG + GENERATED);
    return it;
}
"""


class Project:
    """A project that is edited at random."""

    def __init__(self, root: Path, chance: random.Random) -> None:
        self.root, self.chance = root, chance
        for name, text in {
            "pyproject.toml": PYPROJECT,
            "setup.py": SETUP,
            "flags": "-O1",
            "number": "1",
            "inc/value.h": "#define VALUE 1\n",
            "src/shared/both.c": "int both(void) { return 1; }\n",
            "pk/__init__.py": "",
        }.items():
            self.write(name, text)
        for name in ("one", "two", "three"):
            self.write(f"src/{name}.c", MODULE.replace("NAME", name))

    def write(self, name: str, text: str) -> None:
        """Write a file, as now, or with the time stamps of before, or old ones."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.stat() if path.exists() else None
        path.write_text(text)
        how = self.chance.choice(["now", "before", "old"])
        if how == "before" and before is not None:
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        elif how == "old":
            os.utime(path, (1_000_000_000, 1_000_000_000))

    def edit(self) -> str:
        """Make a random edit; return what it was."""
        chance, number = self.chance, self.chance.randrange(3)
        sources = sorted(path.stem for path in (self.root / "src").glob("*.c"))
        edits: dict[str, Callable[[], object]] = {
            "header": lambda: self.write("inc/value.h", f"#define VALUE {number}\n"),
            "earlier": lambda: self.write("first/value.h", f"#define VALUE {number + 10}\n"),
            "not earlier": lambda: (self.root / "first/value.h").unlink(missing_ok=True),
            "optional": lambda: self.write("inc/optional.h", f"#define OPTIONAL {number}\n"),
            "not optional": lambda: (self.root / "inc/optional.h").unlink(missing_ok=True),
            "shared": lambda: self.write(
                "src/shared/both.c", f"int both(void) {{ return {number}; }}\n"
            ),
            "flags": lambda: self.write("flags", f"-O{number} -DFLAG={number}"),
            "number": lambda: self.write("number", str(number)),
            "source": lambda: self.write(
                f"src/{chance.choice(sources)}.c",
                MODULE.replace("NAME", chance.choice(sources)).replace("+ FLAG", f"+ {number}"),
            ),
            "new": lambda: self.write("src/four.c", MODULE.replace("NAME", "four")),
            "removed": lambda: (self.root / "src/four.c").unlink(missing_ok=True),
            "link": self.retarget,
            "python": lambda: self.write("pk/__init__.py", f"X = {number}\n"),
            "touch": (self.root / "inc/value.h").touch,
        }
        what = chance.choice(sorted(edits))
        edits[what]()
        return f"{what} {number}"

    def retarget(self) -> None:
        """Have the header be a link to one of two others."""
        header = self.root / "inc/value.h"
        target = self.chance.choice(["a.h", "b.h"])
        self.write(f"inc/{target}", f"#define VALUE {ord(target[0])}\n")
        header.unlink()
        header.symlink_to(target)


def killed(lbuild: Lbuild, project: Path, seconds: float) -> None:
    """Start a build, and kill lbuild and all that it started."""
    process = subprocess.Popen(
        lbuild.command("wheel", project),
        cwd=lbuild.home,
        env=lbuild.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.mark.parametrize(
    "_walk", [0, *(pytest.param(walk, marks=pytest.mark.endurance) for walk in range(1, 4))]
)
def test_random_edits(
    lbuild: Lbuild, tmp_path: Path, how_many: HowMany, chance: random.Random, _walk: int
) -> None:
    project = Project(tmp_path / "project", chance)
    other = ("--cache-dir", tmp_path / "other", "--refresh", "-o", tmp_path / "out")
    history: list[str] = []
    flags: dict[str, str | None] = {}
    for _ in range(how_many(4, 40)):
        for _ in range(chance.choice([1, 1, 2, 3])):
            history += [project.edit()]
        if chance.random() < 0.2:
            flags = {"CFLAGS": chance.choice([None, "-DFLAG=5", "-g0"])}
            history.append(f"{flags}")
        if chance.random() < 0.15:
            broken = project.root / "src/one.c"
            text = broken.read_text()
            broken.write_text("#error broken\n")
            lbuild("wheel", project.root, env=flags, returncode=1)
            broken.write_text(text)
            history.append("a failed build")
        if chance.random() < 0.15:
            killed(lbuild, project.root, chance.random() * 2)
            history.append("a killed build")
        told = wheel(lbuild, project.root, env=flags)
        fresh = wheel(lbuild, project.root, *other, env=flags)
        own, expected = (wheel_content(Path(one["wheel"])) for one in (told, fresh))
        assert own == expected, history
        history.append(told["action"])
