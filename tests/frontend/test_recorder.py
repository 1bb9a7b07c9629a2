"""The recorder: what it writes down, and that whatever runs under it does not notice."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pyproject_hooks
import pytest

import interpreters
from lbuild_frontend import recorder

INSTALLED = interpreters.installed()
EACH = pytest.mark.parametrize("version", INSTALLED)


def record(folder: Path, code: str, version: str | None = None, returncode: int = 0) -> list[str]:
    """Run some code in a folder under the recorder; what was recorded below, in order."""
    script = folder.parent / "script.py"
    script.write_text(textwrap.dedent(code), "utf-8")
    log = folder.parent / "log"
    python = sys.executable if version is None else INSTALLED[version]
    done = subprocess.run(
        [python, recorder.__file__, str(log), "setuptools.cfg", str(script)],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    assert done.returncode == returncode, done.stderr.decode()
    paths = [os.fsdecode(path) for path in log.read_bytes().split(b"\0")]
    assert paths.pop() == ""
    assert all(Path(path).is_absolute() for path in paths)
    return [path[len(f"{folder}/") :] for path in paths if path.startswith(f"{folder}/")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    (folder / "there").mkdir(parents=True)
    for name in ("a", "b", "c", "d", "there/e"):
        (folder / name).write_text("text")
    return folder


WRITING = """
    import os, shutil, sys, tempfile, threading, zipfile
    from pathlib import Path

    open("open w", "w").close()
    open("open a", "ab").close()
    open("open x", "x").close()
    open("a", "r+").close()
    open(b"bytes \\xff", "wb").close()
    os.close(os.open("os.open", os.O_WRONLY | os.O_CREAT))
    Path("touch").touch()
    Path("write_text").write_text("text")
    Path("mkdir").mkdir()
    os.makedirs("makedirs/deep")
    os.rename("b", "renamed")
    Path("c").replace("replaced")
    os.link("a", "link")
    Path("symlink").symlink_to("a")
    os.truncate("a", 0)
    shutil.copyfile("a", "copyfile")
    shutil.copytree("there", "copytree")
    shutil.move("d", "there/moved")
    with zipfile.ZipFile("archive.whl", "w") as archive:
        archive.write("a")
    os.chdir("there")
    open("relative", "w").close()
    open("../up", "w").close()
    thread = threading.Thread(target=open("thread", "w").close)
    thread.start()
    thread.join()
    os.chdir("..")
    if os.fork() == 0:
        open("child", "w").close()
        os._exit(0)
    os.wait()
    open("last", "w").close()
"""

WRITTEN = """
    open w|open a|open x|a|bytes \udcff|os.open|touch|write_text|mkdir|makedirs|makedirs/deep
    |renamed|replaced|link|symlink|copyfile|copytree|copytree/e|there/moved|archive.whl
    |there/relative|up|there/thread|child|last
"""


@EACH
def test_what_is_written_is_recorded(folder: Path, version: str) -> None:
    expected = {name.strip() for name in WRITTEN.split("|")}
    assert set(record(folder, WRITING, version)) == expected


READING = """
    import os, shutil, stat
    from pathlib import Path

    open("a").close()
    os.close(os.open("a", os.O_RDONLY))
    Path("a").read_bytes()
    os.stat("a"), os.listdir("."), os.path.exists("missing"), os.access("a", os.W_OK)
    os.makedirs("there", exist_ok=True)
    try:
        os.mkdir("there")
    except FileExistsError:
        pass
    os.unlink("b")
    shutil.rmtree("there")
    os.chmod("a", 0o600)
    os.utime("a")
    with open(os.open("a", os.O_RDONLY)) as file:
        file.read()
"""


@EACH
def test_what_is_only_read_or_removed_is_not(folder: Path, version: str) -> None:
    assert record(folder, READING, version) == []


IMPORTING = """
    import sys
    sys.path[:0] = [".", "../outside"]
    import inside, outside
    print(inside.number, file=open("number", "w"))
"""


@EACH
def test_bytecode_of_the_project_is_neither_trusted_nor_left(folder: Path, version: str) -> None:
    outside = folder.parent / "outside"
    outside.mkdir()
    (outside / "outside.py").touch()
    compiling = [INSTALLED[version], "-m", "compileall", "-q", "inside.py"]
    (folder / "inside.py").write_text("number = 1\n")
    os.utime(folder / "inside.py", (0, 0))
    subprocess.run(compiling, cwd=folder, check=True)
    [stale] = (folder / "__pycache__").iterdir()
    before = stale.read_bytes()
    (folder / "inside.py").write_text("number = 2\n")
    os.utime(folder / "inside.py", (0, 0))
    assert record(folder, IMPORTING, version) == ["number"]
    assert (folder / "number").read_text("utf-8") == "2\n"
    assert stale.read_bytes() == before
    assert [path.name for path in outside.iterdir()] == ["outside.py"]


@pytest.mark.parametrize("end", ["os._exit(3)", "sys.exit(3)", "os.kill(os.getpid(), 9)"])
def test_whatever_the_end_what_was_written_until_then_is_recorded(folder: Path, end: str) -> None:
    code = f"import os, sys\nopen('new', 'w').write('text')\n{end}\n"
    assert record(folder, code, returncode=-9 if "kill" in end else 3) == ["new"]


def test_a_folder_that_vanishes_below_its_feet(folder: Path) -> None:
    code = """
        import os
        here = os.getcwd()
        os.mkdir("gone")
        os.chdir("gone")
        os.rmdir(f"{here}/gone")
        try:
            open("file", "w")
        except FileNotFoundError:
            os.chdir(here)
        open("new", "w").close()
    """
    assert record(folder, code) == ["gone", "new"]


def test_a_program_that_closes_what_it_did_not_open_writes_what_it_meant_to(folder: Path) -> None:
    # As a daemon does.
    code = """
        import os
        os.closerange(3, 64)
        with open("one", "w") as one, open("two", "w"):
            one.write("one")
    """
    record(folder, code)
    assert (folder / "one").read_text("utf-8") == "one"
    assert (folder / "two").read_text("utf-8") == ""


# What runs under it does not notice

BACKEND = """
    import os, sys, types

    def build_wheel(folder, settings=None, metadata=None):
        main = sys.modules["__main__"]
        names = ("__file__", "__name__", "__package__", "__spec__", "__builtins__", "__cached__")
        print({name: str(getattr(main, name, "none")) for name in names})
        print(sys.argv[:2], len(sys.argv), sys.path, sys.flags, os.getcwd(), sys.stdin.read())
        print(sorted(sys.modules), main.main.__module__, main.main.__globals__ is vars(main))
        print(sorted(os.listdir("/dev/fd"))[:3], os.environ.get("MARK"), sys.dont_write_bytecode)
        sys.stdout.flush()
        {end}
"""

ENDS = {
    "returned": "return 'demo.whl'",
    "raised": "raise ValueError('text')",
    "chained": "raise ValueError('text') from KeyError('other')",
    "raised deeper": "import json; json.loads('{')",
    "exit": "sys.exit(3)",
    "exit with text": "sys.exit('text')",
    "os._exit": "os._exit(4)",
    "killed": "os.kill(os.getpid(), 15)",
    "interrupted": "raise KeyboardInterrupt",
    "unserialisable": "return object()",
}


def call(project: Path, python: str, prefix: list[str], environ: dict[str, str]) -> list[object]:
    """Call build_wheel in a process that is started with a prefix; what became of it."""
    told: list[object] = []

    def run(
        command: list[str], cwd: str | None = None, extra_environ: dict[str, str] | None = None
    ) -> None:
        done = subprocess.run(
            [python, *prefix, *command[1:]],
            cwd=cwd,
            env={**os.environ, **(extra_environ or {}), **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        told.extend([done.returncode, done.stdout])

    caller = pyproject_hooks.BuildBackendHookCaller(
        str(project), "backend", backend_path=["."], runner=run
    )
    try:
        told.append(caller.build_wheel(str(project)))
    except (OSError, ValueError) as error:  # no result, or half of one
        told.append(type(error))
    return told


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_a_hook_runs_as_without_it(tmp_path: Path, end: str) -> None:
    same_as_without(tmp_path, sys.executable, end, {})


@EACH
@pytest.mark.parametrize("safe", ["", "1"], ids=["", "safe path"])
def test_a_hook_runs_as_without_it_on_each_interpreter(
    tmp_path: Path, version: str, safe: str
) -> None:
    environ = {"PYTHONPATH": str(tmp_path / "more"), "PYTHONSAFEPATH": safe, "MARK": "1"}
    same_as_without(tmp_path, INSTALLED[version], ENDS["returned"], environ)
    same_as_without(tmp_path, INSTALLED[version], ENDS["chained"], environ)


def same_as_without(folder: Path, python: str, end: str, environ: dict[str, str]) -> None:
    backend = textwrap.dedent(BACKEND).replace("{end}", end)
    (folder / "backend.py").write_text(backend)
    environ = {**environ, "PYTHONDONTWRITEBYTECODE": "1"}
    plain = call(folder, python, [], environ)
    recorded = call(folder, python, [recorder.__file__, str(folder / "log"), "x.cfg"], environ)
    assert recorded == plain
    assert plain[1]


def test_processes_can_be_spawned_under_it(folder: Path) -> None:
    code = """
        import multiprocessing, sys

        def work(name):
            open(name, "w").close()

        if __name__ == "__main__":
            process = multiprocessing.get_context("spawn").Process(target=work, args=["spawned"])
            process.start()
            process.join()
            sys.exit(process.exitcode)
    """
    record(folder, code)
    assert (folder / "spawned").exists()
