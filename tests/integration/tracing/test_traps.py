"""What can go wrong where a build is traced: a test for each trap that the study of it found.

The numbers are those of the study; what follows them is what else had to be shown. In nearly all of
them one thing decides what the wheel holds: ``OLD`` at first, then ``NEW``.
"""

import functools
import py_compile
import shutil
import socket
import sqlite3
import subprocess
import sys
import textwrap
import threading
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from uv import find_uv_bin

from support import environments as pythons
from support.command import Lbuild
from support.edits import (
    NEW,
    OLD,
    added_outside_dist,
    edit,
    pack_expression,
    pack_state,
    require_edit_noticed,
    require_noticed,
    site_packages,
    states_in_wheel,
    write_files,
)
from support.minimal_project import (
    CORE,
    NAME,
    configure,
    make_gate,
    running,
    status,
    wait_for_end,
    wheel,
    when_building,
)
from support.projects import (
    CopyProject,
    build_in_tree,
    fresh_build,
    git,
    listing,
    replace,
    wheel_content,
)

pytestmark = pytest.mark.shared_environments

OTHER = "7001.3"

SETUPTOOLS = """\
    [build-system]
    requires = ["setuptools>=64"]
    build-backend = "setuptools.build_meta"
    """
OLD_SETUPTOOLS = """\
    [build-system]
    requires = ["setuptools==59.8.0", "wheel"]
    build-backend = "setuptools.build_meta"
    """


def in_git(project: Path, tag: str = "v1.0") -> None:
    """Make a folder a repository with one commit, which has a tag."""
    git(project, "init", "--quiet", "--initial-branch=main")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", "--message=The first commit")
    git(project, "tag", tag)


def is_fresh(told: dict[str, Any], project: Path) -> bool:
    """Whether a wheel has the name and the content that a fresh build gives."""
    delivered, fresh = Path(told["wheel"]), fresh_build(project)
    assert delivered.name == fresh.name
    assert wheel_content(delivered) == wheel_content(fresh)
    return True


def explained(told: dict[str, Any]) -> set[tuple[str, str, str]]:
    """Kind, subject and source of each reason."""
    return {
        (reason["kind"], reason.get("path") or reason.get("name") or "", reason["source"])
        for reason in told["reasons"]
    }


# Trap 1: what an importer has listed before the recorder was there is never seen again.


def test_trap_1_a_module_that_shadows_another_of_the_backend(
    lbuild: Lbuild, copy_project: CopyProject
) -> None:
    project = copy_project(NAME)
    replace(project / "pyproject.toml", '["backend"]', '["backend", "more"]')
    write_files(project, {"more/helper.py": f"STATE = b'{OLD}'\n"})
    # Not found by reading the source.
    pack_expression(project, '__import__("hel" + "per").STATE')
    shadow = project / "backend" / "helper.py"
    require_noticed(
        lambda: wheel(lbuild, project),
        lambda: shadow.write_text(f"STATE = b'{NEW}'\n"),
        shadow.unlink,
    )


# Trap 2: a build that finds something up to date does not read it.


@pytest.mark.exhaustive
@pytest.mark.parametrize("setuptools", [SETUPTOOLS, OLD_SETUPTOOLS], ids=["new", "old"])
def test_trap_2_a_build_of_the_users_is_in_the_tree(
    lbuild: Lbuild, copy_project: CopyProject, setuptools: str
) -> None:
    project = copy_project("setuptools-setup-py")
    write_files(project, {"pyproject.toml": setuptools, "demo/state.py": f"STATE = '{OLD}'\n"})
    shutil.rmtree(build_in_tree(project).parent)
    assert (project / "build" / "lib").is_dir() or list(project.glob("build/lib*"))
    state = project / "demo" / "state.py"
    first = wheel(lbuild, project)
    assert states_in_wheel(first) == {OLD}
    replace(state, OLD, NEW)
    second = wheel(lbuild, project)
    assert (second["action"], states_in_wheel(second)) == ("built", {NEW})
    assert is_fresh(second, project)
    replace(state, NEW, OLD)
    assert states_in_wheel(wheel(lbuild, project)) == {OLD}


# Trap 3: what earlier builds left in the tree gets into the wheel.


@pytest.mark.exhaustive
def test_trap_3_a_deleted_module_and_data_that_is_dropped(
    lbuild: Lbuild, copy_project: CopyProject
) -> None:
    project = copy_project("setuptools-pyproject")
    shutil.rmtree(build_in_tree(project).parent)
    first = wheel(lbuild, project)
    assert {"demo/extra.py", "demo/greeting.txt"} <= wheel_content(Path(first["wheel"])).keys()
    (project / "src" / "demo" / "extra.py").unlink()
    replace(project / "pyproject.toml", 'demo = ["*.txt"]', "demo = []")
    configure(project, "[tool.setuptools]\ninclude-package-data = false")
    second = wheel(lbuild, project)
    assert is_fresh(second, project)
    assert "demo/extra.py" not in wheel_content(Path(second["wheel"]))


# Trap 4: compilers read what git ignores.


def test_trap_4_a_generated_header_that_git_ignores(
    lbuild: Lbuild, copy_project: CopyProject
) -> None:
    project = copy_project("setuptools-c-extension")
    write_files(
        project,
        {
            ".gitignore": "/src/demo/answer.h\n",
            "src/demo/answer.h": f'#define STATE "{OLD}"\n',
            "src/demo/_answer.c": """\
                #include <Python.h>
                #include "answer.h"

                static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_answer", STATE, 0, NULL};
                PyMODINIT_FUNC PyInit__answer(void) { return PyModule_Create(&definition); }
                """,
        },
    )
    in_git(project)
    assert "answer.h" not in git(project, "ls-files")
    environ = {"CFLAGS": "-g0"}
    header = project / "src" / "demo" / "answer.h"
    require_edit_noticed(lambda: wheel(lbuild, project, env=environ), header)
    edit(header, OLD, OTHER)
    [reason] = status(lbuild, project, env=environ)["reasons"]
    assert (reason["kind"], reason["path"]) == ("file-changed", "src/demo/answer.h")
    assert reason["source"] == "traced: read by cc1, run by build_wheel"
    edit(header, OTHER, OLD)
    # Caches are not part of it, by their own word.
    tag = "Signature: 8a477f597d28d172789f06886806bc55\n"
    write_files(
        project, {"some-cache/CACHEDIR.TAG": tag, "some-cache/data.h": "", "venv/pyvenv.cfg": ""}
    )
    assert status(lbuild, project, env=environ)["verdict"] == "reuse"


# Trap 5: git's state is not enough where a backend asks which files are ignored.


@pytest.mark.exhaustive
def test_trap_5_poetry_core_and_what_git_is_told_to_exclude(
    lbuild: Lbuild, copy_project: CopyProject
) -> None:
    project = copy_project("poetry-core", tag="v0.1.0")
    write_files(
        project, {"src/demo/core.py": "ANSWER = 43\n", "src/demo/local.py": f"STATE = '{OLD}'\n"}
    )
    first = wheel(lbuild, project)
    assert states_in_wheel(first) == {OLD}
    assert wheel(lbuild, project)["action"] == "reused"

    exclude = project / ".git" / "info" / "exclude"
    exclude.parent.mkdir(exist_ok=True)
    before = exclude.read_text() if exclude.exists() else ""
    exclude.write_text("local.py\n")
    second = wheel(lbuild, project)
    assert (second["action"], states_in_wheel(second)) == ("built", set())
    assert is_fresh(second, project)
    assert {source for _, _, source in explained(second)} == {"traced: asked by build_wheel"}
    exclude.write_text(before)
    back = wheel(lbuild, project)
    assert (back["action"], back["sha256"]) == ("reused", first["sha256"])

    # git reports the same as with the other file, and no more of this one can be in the wheel.
    write_files(project, {".gitignore": "local.py\n"})
    third = wheel(lbuild, project)
    assert (third["action"], states_in_wheel(third)) == ("reused", set())
    assert is_fresh(third, project)


@pytest.mark.exhaustive
def test_trap_5_setuptools_scm_in_a_dirty_tree(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project("setuptools-scm", tag="v0.1.0")
    clean = wheel(lbuild, project)
    assert clean["version"] == "0.1.0"
    write_files(project, {"src/demo/core.py": "ANSWER = 43\n"})
    dirty = wheel(lbuild, project)
    assert is_fresh(dirty, project)
    assert dirty["version"].startswith("0.1.1.dev0")
    [(name, _)] = [
        (kind, count) for kind, count in status(lbuild, project)["inputs"].items() if kind == "date"
    ]
    assert name == "date"
    assert wheel(lbuild, project)["action"] == "reused"
    # Modified otherwise, it has the same version and another content.
    write_files(project, {"src/demo/core.py": "ANSWER = 44\n"})
    other = wheel(lbuild, project)
    assert (other["action"], other["version"]) == ("built", dirty["version"])
    assert is_fresh(other, project)
    git(project, "checkout", "--quiet", ".")
    back = wheel(lbuild, project)
    assert (back["action"], back["sha256"]) == ("reused", clean["sha256"])


# Trap 6: results of a build, told from its inputs.


@pytest.mark.exhaustive
def test_trap_6_a_version_file_in_the_tree(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project("setuptools-scm")
    configure(project, 'write_to = "src/demo/_version.py"')
    write_files(project, {".gitignore": "_version.py\n"})
    in_git(project, "v0.1.0")
    written = project / "src" / "demo" / "_version.py"
    first = wheel(lbuild, project)
    assert written.exists()
    assert "demo/_version.py" in wheel_content(Path(first["wheel"]))
    assert wheel(lbuild, project)["action"] == "reused"
    written.unlink()
    assert wheel(lbuild, project)["action"] == "reused"

    git(project, "tag", "v0.2.0")
    git(project, "tag", "--delete", "v0.1.0")
    second = wheel(lbuild, project)
    assert (second["action"], second["version"]) == ("built", "0.2.0")
    assert is_fresh(second, project)
    assert wheel(lbuild, project)["action"] == "reused"
    written.write_text("version = 'edited'\n")
    third = wheel(lbuild, project)
    assert is_fresh(third, project)
    assert third["action"] == "built"


@pytest.mark.exhaustive
def test_trap_6_what_pdm_backend_leaves(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project("pdm-backend")
    write_files(project, {"src/demo/core.py": "ANSWER = 42\n"})
    first = wheel(lbuild, project)
    assert (project / ".pdm-build").is_dir()
    assert wheel(lbuild, project)["action"] == "reused"
    write_files(project, {"src/demo/core.py": "ANSWER = 43\n"})
    second = wheel(lbuild, project)  # which finds what the first one wrote
    assert (second["action"], is_fresh(second, project)) == ("built", True)
    assert wheel(lbuild, project)["action"] == "reused"
    shutil.rmtree(project / ".pdm-build")
    assert wheel(lbuild, project)["action"] == "reused"
    write_files(project, {"src/demo/core.py": "ANSWER = 42\n"})
    back = wheel(lbuild, project)
    assert (back["action"], back["sha256"]) == ("reused", first["sha256"])


def test_trap_6_an_input_that_the_hook_rewrites(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    write_files(project, {"some.lock": f"one\n{OLD}\n"})
    pack_state(
        project,
        """\
        def state():
            lock = Path("some.lock")
            lines = lock.read_bytes().split()
            lock.write_bytes(b"\\n".join(sorted(lines)))
            return b" ".join(lines)
        """,
    )
    first = lbuild("wheel", "--json", project)
    assert "some.lock" in first.stderr
    second = wheel(lbuild, project)
    assert second["action"] == "built"
    assert ("edited-during-build", "some.lock") in {
        (kind, about) for kind, about, _ in explained(second)
    }
    assert is_fresh(second, project)
    assert wheel(lbuild, project)["action"] == "reused"
    edit(project / "some.lock", OLD, NEW)
    third = wheel(lbuild, project)
    assert (third["action"], states_in_wheel(third)) == ("built", {NEW})


# Trap 7: reads outside of the project count.


@pytest.mark.exhaustive
def test_trap_7_ignore_rules_two_levels_up(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    project = copy_project("hatchling", folder="monorepo/packages")
    monorepo = tmp_path / "monorepo"
    write_files(project, {"src/demo/data.gen": OLD})
    write_files(monorepo, {".gitignore": "*.tmp\n"})
    in_git(monorepo)
    first = wheel(lbuild, project)
    assert states_in_wheel(first) == {OLD}
    edit(monorepo / ".gitignore", "*.tmp", "*.gen")
    second = wheel(lbuild, project)
    assert (second["action"], states_in_wheel(second)) == ("built", set())
    assert explained(second) == {
        ("file-changed", "../../.gitignore", "traced: read by build_wheel")
    }
    copy = shutil.copytree(monorepo, tmp_path / "copy", ignore=shutil.ignore_patterns("dist"))
    fresh = build_in_tree(copy / "packages" / "hatchling")
    assert wheel_content(Path(second["wheel"])) == wheel_content(fresh)

    # One level up there is none; if there is, it comes first.
    write_files(project.parent, {".gitignore": "*.tmp\n"})
    third = wheel(lbuild, project)
    assert (third["action"], states_in_wheel(third)) == ("built", {OLD})
    (project.parent / ".gitignore").unlink()
    again = wheel(lbuild, project)
    assert (again["action"], again["sha256"]) == ("reused", second["sha256"])
    edit(monorepo / ".gitignore", "*.gen", "*.tmp")
    back = wheel(lbuild, project)
    assert (back["action"], back["sha256"]) == ("reused", first["sha256"])


# Trap 8: the environment.

VARIABLE = "LBTEST_STATE"


@pytest.mark.quick(every=6)
@pytest.mark.parametrize(
    "code",
    [
        f"return os.environ[{VARIABLE!r}].encode()",
        f"return os.getenv({VARIABLE!r}).encode()",
        f"return os.environb[{VARIABLE!r}.encode()]",
        "return dict(os.environ)['LBTEST_STATE'].encode()",
        "return os.environ.copy()['LBTEST_STATE'].encode()",
        "return json.dumps({k: v for k, v in os.environ.items() if 'TEST_ST' in k}).encode()",
        "return {**os.environ}['LBTEST_STATE'].encode()",
        "return ' '.join(os.environ.values()).encode()",
        "return (os.environ | {})['LBTEST_STATE'].encode()",
        "return __import__('posix').environ[b'LBTEST_STATE']",
        "return os.path.expandvars('${LBTEST_STATE}').encode()",
        "return __import__('string').Template('$LBTEST_STATE').substitute(os.environ).encode()",
        "return os.popen('echo $LBTEST_STATE').read().encode()",
        "return __import__('subprocess').check_output(['printenv', 'LBTEST_STATE'])",
        "return os.environ.pop('LBTEST_STATE').encode()",
    ],
)
def test_trap_8_a_variable(lbuild: Lbuild, copy_project: CopyProject, code: str) -> None:
    project = copy_project(NAME)
    pack_state(project, f"def state():\n    {code}\n")
    values = [OLD]

    def build() -> dict[str, Any]:
        return wheel(lbuild, project, env={VARIABLE: values[-1], "SHLVL": str(len(values))})

    require_noticed(build, lambda: values.append(NEW), lambda: values.append(OLD))


def test_trap_8_a_variable_that_only_a_forked_child_reads(
    lbuild: Lbuild, copy_project: CopyProject
) -> None:
    project = copy_project(NAME)
    pack_state(
        project,
        """\
        def state():
            out, into = os.pipe()
            if not os.fork():
                os.write(into, os.environ["LBTEST_STATE"].encode())
                os._exit(0)
            os.wait()
            return os.read(out, 100)
        """,
    )
    values = [OLD]

    def build() -> dict[str, Any]:
        return wheel(lbuild, project, env={VARIABLE: values[-1]})

    require_noticed(build, lambda: values.append(NEW), lambda: values.append(OLD))


# Trap 9: what the recorder cannot see.


@dataclass(frozen=True, slots=True)
class Unseen:
    """Code by which a hook reads ``state.txt``, so that no trace of the process shows it.

    Attributes:
        why: what the reasons then name.
    """

    code: str
    why: str


UNSEEN = {
    "C, by a library": Unseen(
        """\
        import ctypes

        def state():
            return read(ctypes.CDLL("libm.so.6"), b"state.txt")
        """,
        "read by native code of build_wheel",
    ),
    "C, by the C library": Unseen(
        """\
        import ctypes

        def state():
            return read(ctypes.CDLL("libc.so.6"), b"state.txt")
        """,
        "read by native code of build_wheel",
    ),
    "C, by the process itself": Unseen(
        """\
        import ctypes

        def state():
            return read(ctypes.CDLL(None), b"state.txt")
        """,
        "read by native code of build_wheel",
    ),
    "system in C": Unseen(
        """\
        import ctypes

        def state():
            ctypes.CDLL(None).system(b"cp state.txt copy.txt")
            text = Path("copy.txt").read_bytes()
            os.remove("copy.txt")
            return text
        """,
        "read by cp, run by build_wheel",
    ),
    "subprocess": Unseen(
        """\
        import subprocess

        def state():
            return subprocess.check_output(["cat", "state.txt"])
        """,
        "read by cat, run by build_wheel",
    ),
    "os.system": Unseen(
        """\
        def state():
            os.system("cat state.txt >copy.txt")
            text = Path("copy.txt").read_bytes()
            os.remove("copy.txt")
            return text
        """,
        "read by cat, run by build_wheel",
    ),
    "posix_spawn": Unseen(
        """\
        def state():
            process = os.posix_spawn("/bin/cp", ["cp", "state.txt", "copy.txt"], os.environ)
            os.waitpid(process, 0)
            text = Path("copy.txt").read_bytes()
            os.remove("copy.txt")
            return text
        """,
        "read by cp, run by build_wheel",
    ),
    "exec in a child": Unseen(
        """\
        def state():
            out, into = os.pipe()
            if not os.fork():
                os.dup2(into, 1)
                os.execlp("cat", "cat", "state.txt")
            os.wait()
            return os.read(out, 100)
        """,
        "read by cat, run by build_wheel",
    ),
    "asyncio": Unseen(
        """\
        import asyncio

        async def run():
            pipe = asyncio.subprocess.PIPE
            process = await asyncio.create_subprocess_exec("cat", "state.txt", stdout=pipe)
            return (await process.communicate())[0]

        def state():
            return asyncio.run(run())
        """,
        "read by cat, run by build_wheel",
    ),
    "multiprocessing, spawn": Unseen(
        """\
        import multiprocessing

        def state():
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                return pool.map(Path.read_bytes, [Path("state.txt")])[0]
        """,
        "read by python, run by build_wheel",
    ),
    "another Python": Unseen(
        """\
        import subprocess

        def state():
            code = "print(open('state.txt').read())"
            return subprocess.check_output([sys.executable, "-c", code])
        """,
        "read by python, run by build_wheel",
    ),
}

READ_IN_C = """\


def read(library, name):
    library.fopen.restype = ctypes.c_void_p
    library.fgets.argtypes = [ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p]
    library.fgets.restype = ctypes.c_char_p
    library.fclose.argtypes = [ctypes.c_void_p]
    buffer = ctypes.create_string_buffer(100)
    file = library.fopen(name, b"r")
    library.fgets(buffer, 100, file)
    library.fclose(file)
    return buffer.value
"""


@pytest.mark.quick(every=6)
@pytest.mark.parametrize("how", UNSEEN)
def test_trap_9_what_is_not_seen(lbuild: Lbuild, copy_project: CopyProject, how: str) -> None:
    project = copy_project(NAME)
    write_files(project, {"state.txt": OLD})
    pack_state(project, textwrap.dedent(UNSEEN[how].code) + READ_IN_C)
    require_edit_noticed(lambda: wheel(lbuild, project), project / "state.txt")
    edit(project / "state.txt", OLD, OTHER)
    [reason] = [one for one in status(lbuild, project)["reasons"] if one["kind"] != "untraced"]
    assert (reason["kind"], reason["path"]) == ("file-changed", "state.txt")
    assert reason["source"] == f"traced: {UNSEEN[how].why}"


def test_trap_9_the_type_of_what_a_listing_names(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    write_files(project, {"things/real/x": "", "things/file.txt": ""})
    (project / "things" / "link").symlink_to("file.txt")
    pack_state(
        project,
        f"""\
        def state():
            with os.scandir("things") as entries:
                folders = [entry.name for entry in entries if entry.is_dir()]
            return b"{NEW}" if "link" in folders or "file.txt" in folders else b"{OLD}"
        """,
    )

    def point_to(target: str) -> None:
        (project / "things" / "link").unlink()
        (project / "things" / "link").symlink_to(target)

    require_noticed(
        lambda: wheel(lbuild, project), lambda: point_to("real"), lambda: point_to("file.txt")
    )

    def become_a_folder() -> None:
        (project / "things" / "file.txt").unlink()
        (project / "things" / "file.txt").mkdir()

    become_a_folder()
    assert states_in_wheel(wheel(lbuild, project)) == {NEW}


# Trap 10: what is seen all the same.

SEEN = {
    "a forked child": """\
        def state():
            out, into = os.pipe()
            if not os.fork():
                os.write(into, Path("state.txt").read_bytes())
                os._exit(0)
            os.wait()
            return os.read(out, 100)
        """,
    "a child's child that outlives it": """\
        def state():
            out, into = os.pipe()
            if not os.fork():
                os.setsid()
                if not os.fork():
                    for descriptor in range(255, 2, -1):
                        if descriptor != into:
                            try:
                                os.close(descriptor)
                            except OSError:
                                pass
                    os.write(into, open("state.txt", "rb").read())
                os._exit(0)
            os.wait()
            return os.read(out, 100)
        """,
    "multiprocessing, fork": """\
        import multiprocessing

        def state():
            with multiprocessing.get_context("fork").Pool(2) as pool:
                return pool.map(Path.read_bytes, [Path("state.txt")])[0]
        """,
    "a thread": """\
        from concurrent.futures import ThreadPoolExecutor

        def state():
            with ThreadPoolExecutor() as executor:
                return executor.submit(Path("state.txt").read_bytes).result()
        """,
    "mmap": """\
        import mmap

        def state():
            with open("state.txt", "rb") as file:
                return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)[:]
        """,
    "chdir": """\
        def state():
            os.chdir("src")
            text = open("../state.txt", "rb").read()
            os.chdir("..")
            return text
        """,
    "fchdir": """\
        def state():
            here, there = (os.open(name, os.O_RDONLY) for name in (".", "src/demo"))
            os.fchdir(there)
            text = open("../../state.txt", "rb").read()
            os.fchdir(here)
            return text
        """,
    "dir_fd": """\
        def state():
            folder = os.open("src", os.O_RDONLY)
            return os.read(os.open("../state.txt", os.O_RDONLY, dir_fd=folder), 100)
        """,
    "an opener": """\
        def state():
            folder = os.open(".", os.O_RDONLY)
            opener = lambda name, flags: os.open(name, flags, dir_fd=folder)
            return open("state.txt", "rb", opener=opener).read()
        """,
    "read and write": """\
        def state():
            with open("state.txt", "r+b") as file:
                return file.read()
        """,
    "a copy": """\
        import shutil

        def state():
            shutil.copy2("state.txt", "copy.txt")
            text = Path("copy.txt").read_bytes()
            os.remove("copy.txt")
            return text
        """,
    "a folder that the hook renames": """\
        def state():
            os.rename("data", "renamed")
            text = Path("renamed/state.txt").read_bytes()
            os.rename("renamed", "data")
            return text
        """,
    "a backend's child that ends the hook": """\
        def state():
            import atexit
            text = Path("state.txt").read_bytes()
            if not os.fork():
                os._exit(3)
            os.wait()
            return text
        """,
    "a tree walk": """\
        def state():
            found = sorted(Path(".").glob("st*te.txt"))
            return b"".join(path.read_bytes() for path in found)
        """,
    "runpy": """\
        import runpy

        def state():
            Path("run.tmp").write_text("STATE = open('state.txt', 'rb').read()")
            state = runpy.run_path("run.tmp")["STATE"]
            os.remove("run.tmp")
            return state
        """,
    "/dev/fd": """\
        def state():
            descriptor = os.open("state.txt", os.O_RDONLY)
            return open(f"/dev/fd/{descriptor}", "rb").read()
        """,
    "a link that the hook makes": """\
        def state():
            os.symlink("state.txt", "made.lnk")
            text = Path("made.lnk").read_bytes()
            os.remove("made.lnk")
            return text
        """,
    "a folder that the hook links to": """\
        def state():
            os.symlink("..", "src/made")
            text = Path("src/made/state.txt").read_bytes()
            os.remove("src/made")
            return text
        """,
}


@pytest.mark.quick(every=7)
@pytest.mark.parametrize("how", SEEN)
def test_trap_10_what_is_seen_all_the_same(
    lbuild: Lbuild, copy_project: CopyProject, how: str
) -> None:
    project = copy_project(NAME)
    write_files(project, {"state.txt": OLD, "data/state.txt": OLD})
    pack_state(project, SEEN[how])
    tree = listing(project)
    file = "data/state.txt" if "data" in SEEN[how] else "state.txt"
    require_edit_noticed(lambda: wheel(lbuild, project), project / file)
    assert added_outside_dist(project, tree) == set()
    # Seen, and not guessed from the whole tree.
    write_files(project, {"notes.txt": "An edit."})
    assert status(lbuild, project)["verdict"] == "reuse"


STIRRED = {
    "linked": """\
        def state():
            os.link("state.txt", "copy.txt")
            text = Path("copy.txt").read_bytes()
            os.remove("copy.txt")
            return text
        """,
    "renamed and back": """\
        def state():
            os.rename("state.txt", "renamed.txt")
            text = Path("renamed.txt").read_bytes()
            os.rename("renamed.txt", "state.txt")
            return text
        """,
}


@pytest.mark.parametrize("how", STIRRED)
def test_trap_10_an_input_whose_time_stamps_the_hook_changes(
    lbuild: Lbuild, copy_project: CopyProject, how: str
) -> None:
    """It could as well have been edited meanwhile."""
    project = copy_project(NAME)
    write_files(project, {"state.txt": OLD})
    pack_state(project, STIRRED[how])
    told = lbuild("wheel", "--json", project)
    assert states_in_wheel(told.json[0]) == {OLD}
    assert "state.txt changed during the build" in told.stderr
    edit(project / "state.txt", OLD, NEW)
    assert states_in_wheel(wheel(lbuild, project)) == {NEW}


def test_trap_10_a_module_in_a_zip_file(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)

    def write(state: str) -> None:
        with zipfile.ZipFile(project / "tools.zip", "w") as archive:
            archive.writestr(zipfile.ZipInfo("zipped.py"), f"STATE = b'{state}'\n")

    write(OLD)
    pack_state(
        project,
        """\
        def state():
            sys.path.insert(0, "tools.zip")
            return __import__("zipped").STATE
        """,
    )
    require_noticed(lambda: wheel(lbuild, project), lambda: write(NEW), lambda: write(OLD))


def write_database(path: Path, state: str) -> None:
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path)
    connection.execute("create table states (state text)")
    connection.execute("insert into states values (?)", [state])
    connection.commit()
    connection.close()


def test_trap_10_a_database(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)

    write = functools.partial(write_database, project / "state.db")
    write(OLD)
    pack_state(
        project,
        """\
        import sqlite3

        def state():
            connection = sqlite3.connect("state.db")
            [(text,)] = connection.execute("select state from states")
            connection.close()
            return text.encode()
        """,
    )
    require_noticed(lambda: wheel(lbuild, project), lambda: write(NEW), lambda: write(OLD))


@pytest.mark.exhaustive
def test_trap_10_a_database_that_another_one_attaches(
    lbuild: Lbuild, copy_project: CopyProject
) -> None:
    project = copy_project(NAME)

    write = functools.partial(write_database, project / "state.db")
    write(OLD)
    pack_state(
        project,
        """\
        import sqlite3

        def state():
            connection = sqlite3.connect(":memory:")
            connection.execute("attach 'state.db' as other")
            [(text,)] = connection.execute("select state from other.states")
            connection.close()
            return text.encode()
        """,
    )
    require_noticed(lambda: wheel(lbuild, project), lambda: write(NEW), lambda: write(OLD))


@pytest.mark.exhaustive
def test_trap_10_a_database_with_a_log_beside_it(lbuild: Lbuild, copy_project: CopyProject) -> None:
    """A program that was killed leaves changes in a file of its own, which the hook merges."""
    project = copy_project(NAME)
    code = """\
        import os, sqlite3, sys
        connection = sqlite3.connect("state.db")
        connection.execute("pragma journal_mode = wal")
        connection.execute("create table if not exists states (state text)")
        connection.execute("delete from states")
        connection.execute("insert into states values (?)", sys.argv[1:])
        connection.commit()
        os._exit(0)
        """

    def write(state: str) -> None:
        command = [sys.executable, "-c", textwrap.dedent(code), state]
        subprocess.run(command, cwd=project, check=True)
        assert (project / "state.db-wal").stat().st_size

    write(OLD)
    pack_state(
        project,
        """\
        import sqlite3

        def state():
            connection = sqlite3.connect("state.db")
            [(text,)] = connection.execute("select state from states")
            connection.close()
            return text.encode()
        """,
    )
    for state in (OLD, NEW):
        write(state)
        first = wheel(lbuild, project)
        assert (first["action"], states_in_wheel(first)) == ("built", {state})
        wheel(lbuild, project)  # it is merged now
        assert wheel(lbuild, project)["action"] == "reused"


# Trap 11: bytecode is run instead of its source.


def test_trap_11_bytecode_that_does_not_seem_outdated(
    lbuild: Lbuild, copy_project: CopyProject
) -> None:
    project = copy_project(NAME)
    write_files(project, {"tools/computed.py": f"STATE = b'{OLD}'\n"})
    pack_state(
        project,
        """\
        import importlib

        def state():
            sys.path.insert(0, "tools")
            return importlib.import_module("com" + "puted").STATE
        """,
    )
    module = project / "tools" / "computed.py"
    tree = listing(project)

    def renew() -> None:
        assert added_outside_dist(project, tree) == set()
        py_compile.compile(str(module), doraise=True)
        edit(module, OLD, NEW)

    require_noticed(lambda: wheel(lbuild, project), renew, lambda: edit(module, NEW, OLD))


# Trap 12: symbolic links.


def test_trap_12_a_link_out_of_the_tree(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    project = copy_project(NAME)
    write_files(tmp_path, {"one/state.txt": OLD, "two/state.txt": NEW})
    link = project / "src" / "demo" / "linked.txt"
    link.symlink_to(tmp_path / "one" / "state.txt")
    require_edit_noticed(lambda: wheel(lbuild, project), tmp_path / "one" / "state.txt")

    def retarget(folder: str) -> None:
        link.unlink()
        link.symlink_to(tmp_path / folder / "state.txt")

    retarget("two")
    second = wheel(lbuild, project)
    assert (second["action"], states_in_wheel(second)) == ("built", {NEW})
    assert is_fresh(second, project)
    retarget("one")
    back = wheel(lbuild, project)
    assert (back["action"], states_in_wheel(back)) == ("reused", {OLD})


def test_trap_12_a_link_outside_of_the_tree_is_retargeted(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    """The link in the tree stays as it is: it leads to one that changes."""
    project = copy_project(NAME)
    write_files(tmp_path, {"one/demo/state.txt": OLD, "two/demo/state.txt": NEW})
    current = tmp_path / "current"
    current.symlink_to("one")
    (project / "src" / "demo" / "linked").symlink_to(current / "demo")

    def retarget(folder: str) -> None:
        current.unlink()
        current.symlink_to(folder)

    require_noticed(
        lambda: wheel(lbuild, project), lambda: retarget("two"), lambda: retarget("one")
    )


def test_trap_12_a_path_that_goes_up_from_behind_a_link(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    project = copy_project(NAME)
    write_files(
        tmp_path, {"one/in/x": "", "one/state.txt": OLD, "two/in/x": "", "two/state.txt": NEW}
    )
    link = project / "linked"
    link.symlink_to(tmp_path / "one" / "in")
    pack_expression(project, 'open("linked/../state.txt", "rb").read()')

    def retarget(folder: str) -> None:
        link.unlink()
        link.symlink_to(tmp_path / folder / "in")

    require_noticed(
        lambda: wheel(lbuild, project), lambda: retarget("two"), lambda: retarget("one")
    )
    edit(tmp_path / "one" / "state.txt", OLD, NEW)
    assert states_in_wheel(wheel(lbuild, project)) == {NEW}


# Trap 13: each hook has a trace of its own.


def test_trap_13_what_get_requires_reads(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    write_files(project, {"build-requires.txt": ""})
    with (project / "backend" / "backend.py").open("a") as file:
        file.write(
            "\n\ndef get_requires_for_build_wheel(settings=None):\n"
            "    return Path('build-requires.txt').read_text().split()\n"
        )
    pack_expression(
        project, "__import__('importlib').util.find_spec('flit_core') and b'flit' or b'none'"
    )
    replace(
        project / "backend" / "backend.py", "import sys\n", "import importlib.util\nimport sys\n"
    )
    first = wheel(lbuild, project)
    assert wheel_content(Path(first["wheel"]))["demo/more"].data == b"none"
    write_files(project, {"build-requires.txt": "flit-core"})
    second = wheel(lbuild, project)
    assert explained(second) == {
        ("file-changed", "build-requires.txt", "traced: read by get_requires_for_build_wheel")
    }
    assert wheel_content(Path(second["wheel"]))["demo/more"].data == b"flit"
    assert wheel(lbuild, project)["action"] == "reused"


# Trap 14: what remains needless; nothing runs after it.


def test_trap_14_the_same_wheel_stays_as_it_is(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    pack_expression(
        project, 'str([name for name in os.listdir("backend") if name == "none"]).encode()'
    )
    first = wheel(lbuild, project)
    delivered = Path(first["wheel"])
    before = delivered.stat()
    (project / "backend" / "unused.py").touch()
    told = lbuild("wheel", "--json", project)
    [second] = told.json
    assert (second["action"], second["sha256"]) == ("built", first["sha256"])
    after = delivered.stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)
    assert wheel(lbuild, project)["action"] == "reused"


# Trap 15: what programs read counts.


def test_trap_15_a_backend_that_is_a_program(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project("uv-build")
    write_files(project, {"src/demo/state.txt": OLD})
    require_edit_noticed(lambda: wheel(lbuild, project), project / "src" / "demo" / "state.txt")
    told = wheel(lbuild, project)
    write_files(project, {"somewhere/else.txt": ""})
    assert wheel(lbuild, project)["action"] == "reused"
    write_files(project, {"src/demo/more.txt": ""})
    [reason] = status(lbuild, project)["reasons"]
    assert reason["path"] == "src/demo/more.txt"
    assert reason["source"] == "traced: in src/demo, listed by uv-build, run by build_wheel"
    (project / "src" / "demo" / "more.txt").unlink()
    assert wheel(lbuild, project)["action"] == "reused"
    assert is_fresh(told, project)


# What appears where nothing was.


@pytest.mark.exhaustive
def test_a_setup_cfg_appears(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project("setuptools-pyproject")
    first = wheel(lbuild, project)
    write_files(project, {"setup.cfg": "[bdist_wheel]\nbuild_number = 7\n"})
    second = wheel(lbuild, project)
    assert second["action"] == "built"
    assert is_fresh(second, project)
    assert "-7-" in Path(second["wheel"]).name
    (project / "setup.cfg").unlink()
    back = wheel(lbuild, project)
    assert (back["action"], back["sha256"]) == ("reused", first["sha256"])


@pytest.mark.exhaustive
def test_a_shadowing_module_appears(lbuild: Lbuild, copy_project: CopyProject) -> None:
    """A package in place of a module, as the version's module is looked for."""
    project = copy_project("setuptools-pyproject")
    write_files(
        project,
        {
            "src/demo/__init__.py": "from demo.state import STATE as __version__\n",
            "src/demo/state.py": f"STATE = '.'.join(['{OLD}'])\n",
        },
    )
    first = wheel(lbuild, project)
    assert first["version"] == OLD
    write_files(project, {"src/demo/state/__init__.py": f"STATE = '.'.join(['{NEW}'])\n"})
    second = wheel(lbuild, project)
    assert (second["action"], second["version"]) == ("built", NEW)
    assert is_fresh(second, project)
    shutil.rmtree(project / "src" / "demo" / "state")
    assert wheel(lbuild, project)["action"] == "reused"


def test_a_module_of_the_standard_library_is_shadowed(
    lbuild: Lbuild, copy_project: CopyProject
) -> None:
    project = copy_project(NAME)
    pack_expression(project, f'getattr(colorsys, "STATE", b"{OLD}")', imports="colorsys")
    shadow = project / "backend" / "colorsys.py"
    require_noticed(
        lambda: wheel(lbuild, project),
        lambda: shadow.write_text(f"STATE = b'{NEW}'\n"),
        shadow.unlink,
    )


def test_an_empty_folder_appears(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project(NAME)
    first = wheel(lbuild, project)
    write_files(project, {"src/demo/empty/.keep": ""})
    (project / "src" / "demo" / "empty" / ".keep").unlink()
    second = wheel(lbuild, project)
    assert second["action"] == "built"
    assert "demo/empty/" in wheel_content(Path(second["wheel"]))
    assert is_fresh(second, project)
    (project / "src" / "demo" / "empty").rmdir()
    back = wheel(lbuild, project)
    assert (back["action"], back["sha256"]) == ("reused", first["sha256"])


@pytest.mark.quick(every=4)
@pytest.mark.parametrize(
    "look",
    [
        "os.path.isdir('plugins')",
        "Path('plugins').exists()",
        "os.path.lexists('plugins')",
        "os.access('plugins', os.F_OK)",
        "'plugins' in os.listdir('.')",
        "list(Path('.').glob('plug*'))",
        "__import__('importlib.util').util.find_spec('plugins')",
    ],
)
def test_an_empty_folder_that_is_looked_for(
    lbuild: Lbuild, copy_project: CopyProject, look: str
) -> None:
    project = copy_project(NAME)
    pack_state(
        project,
        f"""\
        def state():
            sys.path.insert(0, os.getcwd())
            return b"{NEW}" if {look} else b"{OLD}"
        """,
    )
    folder = project / "plugins"
    require_noticed(lambda: wheel(lbuild, project), folder.mkdir, folder.rmdir)


# Packages and data.


@pytest.mark.exhaustive
def test_a_namespace_package(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project("setuptools-pyproject")
    replace(project / "pyproject.toml", 'dynamic = ["version"]', 'version = "1.0"')
    replace(project / "pyproject.toml", 'version = { attr = "demo.__version__" }', "")
    write_files(project, {"src/space/one/__init__.py": ""})
    first = wheel(lbuild, project)
    assert is_fresh(first, project)
    write_files(project, {"src/space/two/part.py": f"STATE = '{NEW}'\n"})
    second = wheel(lbuild, project)
    assert (second["action"], states_in_wheel(second)) == ("built", {NEW})
    assert is_fresh(second, project)
    replace(project / "src" / "space" / "two" / "part.py", NEW, OLD)
    third = wheel(lbuild, project)
    assert (third["action"], states_in_wheel(third)) == ("built", {OLD})
    shutil.rmtree(project / "src" / "space" / "two")
    back = wheel(lbuild, project)
    assert (back["action"], back["sha256"]) == ("reused", first["sha256"])


@pytest.mark.exhaustive
def test_data_files_by_a_glob(lbuild: Lbuild, copy_project: CopyProject) -> None:
    project = copy_project("setuptools-pyproject")
    replace(project / "pyproject.toml", 'demo = ["*.txt"]', 'demo = ["data/**/*.txt"]')
    write_files(project, {"src/demo/data/a.txt": ""})
    first = wheel(lbuild, project)
    write_files(project, {"src/demo/data/deep/er/b.txt": OLD})
    second = wheel(lbuild, project)
    assert (second["action"], states_in_wheel(second)) == ("built", {OLD})
    edit(project / "src" / "demo" / "data" / "deep" / "er" / "b.txt", OLD, NEW)
    third = wheel(lbuild, project)
    assert (third["action"], states_in_wheel(third)) == ("built", {NEW})
    assert is_fresh(third, project)
    shutil.rmtree(project / "src" / "demo" / "data" / "deep")
    back = wheel(lbuild, project)
    assert (back["action"], back["sha256"]) == ("reused", first["sha256"])


# Edits while the hook runs.


@pytest.mark.quick(every=5)
@pytest.mark.parametrize("edited", [CORE, "src/demo/added.py", "../outside.txt"])
@pytest.mark.parametrize("put_back", [False, True], ids=["and stays", "and put back"])
def test_a_file_edited_while_the_hook_sleeps(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path, edited: str, put_back: bool
) -> None:
    """The first wheel holds the edit, made before the hook reads, or not, and is never reused."""
    project = copy_project(NAME)
    write_files(project, {"../outside.txt": OLD})
    pack_expression(project, 'Path("../outside.txt").read_bytes()')
    file = project / edited
    before, after = make_gate(tmp_path, "before"), make_gate(tmp_path, "after")
    when_building(project, before.code, after=after.code)
    with running(lbuild, "wheel", project) as process:
        before.await_backend()
        original = file.read_bytes() if file.exists() else None
        file.write_text(f"STATE = '{NEW}'\n", "utf-8")
        before.open.touch()
        after.await_backend()
        if put_back and original is None:
            file.unlink()
        elif put_back and original is not None:
            file.write_bytes(original)
        after.open.touch()
        done = wait_for_end(process)
    assert done.returncode == 0
    assert "will not be reused" in done.stderr
    told = wheel(lbuild, project)
    assert told["action"] == "built"
    assert "edited-during-build" in {kind for kind, _, _ in explained(told)}
    assert states_in_wheel(told) == (
        {OLD} if put_back else {NEW, OLD} - ({OLD} if ".." in edited else set())
    )
    assert wheel(lbuild, project)["action"] == "reused"


# A plugin of the build that is installed to be edited.


@pytest.mark.exhaustive
def test_a_build_plugin_installed_editable(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path
) -> None:
    python = pythons.make_environment(tmp_path / "env")
    plugin = tmp_path / "plugin"
    write_files(
        plugin,
        {
            "pyproject.toml": f"""{SETUPTOOLS}
                [project]
                name = "plugin"
                version = "1.0"

                [project.entry-points."setuptools.finalize_distribution_options"]
                plugin = "plugin.version:finalize"
                """,
            "plugin/__init__.py": "",
            "plugin/version.py": f"""\
                def finalize(distribution):
                    distribution.metadata.version = "{OLD}"
                """,
        },
    )
    command = [find_uv_bin(), "pip", "install", "--quiet", "--python", str(python)]
    subprocess.run([*command, "setuptools>=64", "-e", str(plugin)], check=True)
    project = copy_project("setuptools-setup-py")

    def build() -> dict[str, Any]:
        return wheel(lbuild, "-p", python, "-n", project)

    require_edit_noticed(build, plugin / "plugin" / "version.py")
    assert any(site_packages(python).glob("*plugin*"))


# Another process reads a file for the hook.


@pytest.mark.exhaustive
@pytest.mark.parametrize("inherits", [False, True])
def test_a_server_that_is_asked_before_a_first_program(
    lbuild: Lbuild, copy_project: CopyProject, tmp_path: Path, inherits: bool
) -> None:
    """Nobody follows it. So all of the project counts."""
    project = copy_project(NAME)
    state = project / "state.txt"
    state.write_text(OLD)
    address = str(tmp_path / "server")
    asking = "print(other.recv(99).decode())"
    run = f"import socket; other = socket.socket(fileno=number); {asking}".replace(
        "number", "{other.fileno()}"
    )
    pack_state(
        project,
        f"""\
        import socket, subprocess

        def state():
            other = socket.socket(socket.AF_UNIX)
            other.connect({address!r})
            if not {inherits}:
                return other.recv(99)
            command = [sys.executable, "-c", f{run!r}]
            return subprocess.check_output(command, pass_fds=[other.fileno()])
        """,
    )

    def serve() -> None:
        for _ in range(2):
            answer, _ = server.accept()
            with answer:
                answer.sendall(state.read_bytes())

    with socket.socket(socket.AF_UNIX) as server:
        server.bind(address)
        server.listen()
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        require_edit_noticed(lambda: wheel(lbuild, project), state)
        thread.join(10)
