"""The recorder: what it writes down, and that whatever runs under it does not notice."""

import json
import os
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import pyproject_hooks
import pytest

from lbuild_frontend.in_process import start
from lbuild_keys.observe import listings
from support import interpreters
from support.interpreters import EACH_INTERPRETER

INSTALLED = interpreters.installed()

Trace = list[tuple[str, str]]
"""Letter and text of each record, in order, but for the first record."""


def run(
    folder: Path,
    code: str,
    python: str = sys.executable,
    *,
    log: Path | None = None,
    returncode: int = 0,
    **environ: str,
) -> str:
    """Run some code in a folder, under the recorder if there is to be a log; its output."""
    script = folder.parent / "script.py"
    script.write_text(textwrap.dedent(code), "utf-8")
    under = [] if log is None else [*start.START, str(log), "setuptools.cfg", ""]
    done = subprocess.run(
        [python, *under, str(script)],
        cwd=folder,
        env={**os.environ, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == returncode, done.stdout
    return done.stdout


def trace(
    folder: Path, code: str, python: str = sys.executable, *, returncode: int = 0, **environ: str
) -> Trace:
    """Run some code in a folder; what was recorded."""
    log = folder.parent / "log"
    run(folder, code, python, log=log, returncode=returncode, **environ)
    return read(log)


def read(log: Path) -> Trace:
    *records, last = os.fsdecode(log.read_bytes()).split("\0")
    assert last == ""
    assert records[0].startswith("=")
    parted = [(record[0], record[1:]) for record in records[1:] if record[0] != "."]
    assert all(Path(text).is_absolute() for letter, text in parted if letter in "rRiwlsS")
    return parted


def of(letter: str, records: Trace, folder: Path) -> list[str]:
    """Select the paths below a folder that were recorded with a letter."""
    start = f"{folder}/"
    return [
        text[len(start) :] for kind, text in records if kind == letter and text.startswith(start)
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    (folder / "there").mkdir(parents=True)
    for name in ("a", "b", "c", "d", "there/e"):
        (folder / name).write_text("text")
    return folder


# What is recorded


@EACH_INTERPRETER
def test_which_names_a_glob_takes_is_told(folder: Path, version: str) -> None:
    code = """
        import glob, os
        from pathlib import Path

        glob.glob("LICEN[CS]E*")
        glob.glob("there/*.py")
        list(Path("there").glob("e*"))
        list(Path("there").glob("a*/deep"))
        """
    records = trace(folder, code, INSTALLED[version])
    assert not [path for path in of("l", records, folder.parent) if path.startswith("folder")]
    listed = [json.loads(text) for letter, text in records if letter == "g"]
    listed = [one for one in listed if not one[1].startswith("import:")]
    assert {path.rstrip("./") for path, _ in listed} == {str(folder), f"{folder}/there"}
    *globs, first, second = [pattern for _, pattern in listed]
    assert globs == ["LICEN[CS]E*", "*.py"]
    for pattern, name, other in ((first, "exe", "file"), (second, "any", "other")):
        assert listings.is_pattern(pattern)
        rows = listings.state_of([(name, "file"), (other, "file")])
        assert listings.names_in(listings.only(rows, pattern)) == {name: "file"}


@pytest.mark.quick(every=2)
@EACH_INTERPRETER
@pytest.mark.parametrize(
    "code",
    [
        'os.listdir("there")',
        'list(os.scandir("there"))',
        'list(os.walk("there"))',
        'list(Path("there").iterdir())',
        'list(Path("there").rglob("*.py"))',
        'list(Path("there").glob("**/*.py"))',
        'glob.glob("there/**/*.py", recursive=True)',
        'list(Path("there").glob("*.py")), os.listdir("there")',
        'os.listdir("there"), list(Path("there").glob("*.py"))',
        'shutil.copytree("there", "copy")',
    ],
)
def test_that_all_names_are_taken_is_told(folder: Path, version: str, code: str) -> None:
    imports = "import glob, os, shutil\nfrom pathlib import Path\n"
    listed = of("l", trace(folder, imports + code, INSTALLED[version]), folder)
    assert "there" in [path.rstrip("/") for path in listed]


@EACH_INTERPRETER
def test_the_function_that_opens_a_pyproject_toml_is_told(folder: Path, version: str) -> None:
    (folder / "pyproject.toml").write_text("")
    code = """
        import os, shutil
        from pathlib import Path

        def parse():
            open("pyproject.toml", "rb").close()

        def read():
            Path("pyproject.toml").read_text("utf-8")

        parse()
        read()
        shutil.copyfile("pyproject.toml", "copy")
        """
    records = trace(folder, code, INSTALLED[version])
    opened = [json.loads(text) for letter, text in records if letter == "t"]
    assert {path for path, _ in opened} == {f"{folder}/pyproject.toml"}
    assert [Path(by).name for _, by in opened] == [
        *("script.py:parse", "script.py:read", "shutil.py:copyfile"),
    ]
    assert "pyproject.toml" not in of("r", records, folder)


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
    open w|open a|open x|a|b|c|d|bytes \udcff|os.open|touch|write_text|mkdir|makedirs|makedirs/deep
    |renamed|replaced|link|symlink|copyfile|copytree|copytree/e|there/moved|archive.whl
    |there/relative|there/../up|there/thread|child|last
"""


@EACH_INTERPRETER
def test_what_is_written_is_recorded(folder: Path, version: str) -> None:
    expected = {name.strip() for name in WRITTEN.split("|")}
    records = trace(folder, WRITING, INSTALLED[version])
    assert {name for letter in "wam" for name in of(letter, records, folder)} == expected


# An expression, and what it is recorded as. Each is evaluated in a folder with the files a, there/e
# and archive.zip, where "there" is a descriptor, too.
RECORDED = {
    # Opened
    "open('a')": "r a",
    "open('none')": "R none",
    "open('new', 'w')": "w new",
    "open('new', 'x')": "w new",
    "open('a', 'r+')": "r a, w a",
    "open('a', 'a')": "a a",
    "os.open('a', os.O_WRONLY)": "a a",
    "os.open('a', os.O_RDWR)": "r a, w a",
    "open(b'a')": "r a",
    "open(os.open('a', os.O_RDONLY)).read()": "r a",
    "io.FileIO(pathlib.Path('a'))": "r a",
    "io.open_code(os.path.abspath('a'))": "i a, r a",
    "os.open('a', os.O_RDONLY)": "r a",
    "os.open('new', os.O_RDONLY | os.O_CREAT)": "R new, w new",
    "os.open(path='a', flags=os.O_WRONLY | os.O_TRUNC, mode=0o600)": "w a",
    "os.open('e', os.O_RDONLY, dir_fd=there)": "r there/e",
    "os.open('new', os.O_CREAT | os.O_WRONLY | os.O_TRUNC, dir_fd=there)": "w there/new",
    "os.open(b'e', os.O_RDONLY, 0, dir_fd=there), open('e')": "r there/e, R e",
    "os.open('there', os.O_WRONLY)": "s there",
    "pathlib.Path('a').read_text()": "r a",
    "mmap.mmap(open('a').fileno(), 0, access=mmap.ACCESS_READ)": "r a",
    "sqlite3.connect('a')": "r a, R a-journal, R a-wal, n _sqlite3",
    # That it may open more files, as native code, is recorded once.
    "sqlite3.connect(':memory:')": "",
    "sqlite3.connect('file:a', uri=True)": "u an SQLite database was opened with a URI",
    "zipimport.zipimporter('archive.zip')": "s archive.zip, i archive.zip, r archive.zip",
    # Looked at
    "os.stat('a')": "s a",
    "os.stat(path='a', dir_fd=None, follow_symlinks=False)": "s a",
    "os.stat(pathlib.Path('a'))": "s a",
    "os.stat(b'\\xff')": "S \udcff",
    "os.stat('e', dir_fd=there)": "s there/e",
    "os.stat(os.path.abspath('a'), dir_fd=there)": "s a",
    "os.stat(there)": "",
    "os.lstat('e', dir_fd=there)": "s there/e",
    "os.lstat('a', dir_fd=-100)": "s a",
    "os.access('e', os.R_OK, dir_fd=there)": "s there/e",
    "os.readlink('e', dir_fd=there)": "s there/e",
    "os.statvfs('there')": "s there",
    "posix.stat('a')": "s a",
    "os.path.exists('none')": "S none",
    "os.path.exists('a/none')": "S a/none",
    "os.access('none', os.R_OK)": "S none",
    "os.access('a', os.X_OK)": "s a",
    "os.path.exists('none'), open('none', 'x').close(), os.path.exists('none')": (
        "S none, w none, s none"
    ),
    "os.path.islink('a')": "s a",
    "pathlib.Path('a').stat()": "s a",
    "pathlib.Path('a').lstat()": "s a",
    "pathlib.Path('a').is_dir()": "s a",
    # Listed
    "list(pathlib.Path('there').iterdir())": "l there",
    "os.listdir()": "l .",
    "os.listdir('there')": "l there",
    "os.listdir(there)": "l there",
    "os.scandir(there)": "l there",
    "os.scandir('none')": "l none",
    # Created, changed, renamed, removed
    "open('a', 'x')": "s a",
    "os.rename('none', 'new')": "S new, R none, w none",
    "os.unlink('none')": "S none",
    "os.symlink('e', 'a')": "s a",
    "open('none/new', 'w')": "S none, w none/new",
    "os.mkdir('new')": "m new",
    "os.mkdir('there')": "s there",
    "os.mkdir('new', dir_fd=there)": "m there/new",
    "os.makedirs('there', exist_ok=True)": "s there",
    "os.rename('a', 'new')": "S new, r a, w a, w new",
    "os.replace('e', 'new', src_dir_fd=there)": "S new, r there/e, w there/e, w new",
    "os.rename('a', 'new', dst_dir_fd=there)": "S there/new, r a, w a, w there/new",
    "os.link('a', 'new', dst_dir_fd=there)": "r a, w a, w there/new",
    "os.symlink('a', 'new', dir_fd=there)": "w there/new",
    "os.unlink('a')": "s a, w a",
    "os.remove('e', dir_fd=there)": "s there/e, w there/e",
    "os.rmdir('there')": "s there, w there",
    "os.truncate('a', 0)": "r a, w a",
    "os.chmod('a', 0o600)": "r a, w a",
    "os.utime('a')": "r a, w a",
    # What cannot be
    "os.stat('a\\0b')": "",
    "os.stat('\\ud800')": "",
    "os.stat('')": "",
    "os.stat(1.5)": "",
    "os.stat('a', dir_fd=99)": "",
    "os.listdir(99)": "",
    # Elsewhere
    "os.chdir('there'), open('e')": "s there, r there/e",
    "os.fchdir(there), os.stat('e')": "s there/e",
    "thread(os.stat, 'a')": "s a",
    "forked(open, 'a')": "r a",
    "forked(os.stat, 'a')": "s a",
    "forked(os.getenv, 'FORKED')": "v FORKED",
    "process(os.stat, 'a')": "s a",
    # Other processes
    "socket.socket(socket.AF_UNIX).connect('none')": "k unix:none",
    "socket.socket(socket.AF_UNIX).connect('\\0lbuild-none')": "k unix:@lbuild-none",
    "socket.create_connection(('127.0.0.1', 9))": "k inet:127.0.0.1:9",
    "socket.socket(type=socket.SOCK_DGRAM).sendto(b'', ('127.0.0.1', 8))": "k inet:127.0.0.1:8",
    "asking_itself()": "",
    # Libraries
    "ctypes.CDLL('./none.so')": "n ./none.so",
    "ctypes.CDLL('none.so')": "n none.so",
    "ctypes.CDLL(None)": "",
    # The environment
    "os.environ['SEEN']": "v SEEN",
    "os.environ['NONE1']": "v NONE1",
    "os.environ.get('NONE2')": "v NONE2",
    "os.getenv('NONE3')": "v NONE3",
    "'NONE4' in os.environ": "v NONE4",
    "os.environb.get(b'NONE5\\xff')": "v NONE5\udcff",
    "os.environ.pop('NONE6')": "v NONE6",
    "os.environ.setdefault('NONE7', '')": "v NONE7",
    "os.environ.__delitem__('NONE8')": "v NONE8",
    "os.environ.update(SET='1'), os.getenv('SET'), os.environb[b'SET']": "",
    "os.environ.update(GONE='1'), os.environ.pop('GONE'), os.getenv('GONE')": "",
    "os.environ.copy()": "V",
    "dict(os.environ)": "V",
    "{**os.environ}": "V",
    "[value for _, value in os.environ.items()]": "V",
    "sorted(os.environ.values())": "V",
    "list(os.environ)": "V",
    "repr(os.environ)": "V",
    "os.environb.copy()": "V",
    "posix.environ.items()": "V",
    # Its frame gets the memory of the last one, which has read all variables at this instruction.
    "posix.environ.get(b'NONE10')": "v NONE10",
    "b'NONE11' in posix.environ": "v NONE11",
    "os.environ.copy(), os.getenv('NONE9')": "V, v NONE9",
}


# What is recorded for one is told apart by what is looked at before and after it.
EVALUATING = """
    import ctypes, gc, io, json, mmap, multiprocessing, os, pathlib, posix, sqlite3, sys, threading
    import inspect, pickle, shutil, socket, tempfile, zipimport

    def asking_itself():
        with socket.create_server(("", 0)) as server:
            socket.create_connection(server.getsockname()).close()

    def thread(function, *arguments):
        started = threading.Thread(target=function, args=arguments)
        started.start()
        started.join()

    def process(function, *arguments):
        started = multiprocessing.get_context("fork").Process(target=function, args=arguments)
        started.start()
        started.join()

    def forked(function, *arguments):
        pid = os.fork()
        if pid == 0:
            function(*arguments)
            os._exit(0)
        os.waitpid(pid, 0)

    here, outcomes = os.getcwd(), []
    for number, text in enumerate(json.loads(pathlib.Path("texts").read_text())):
        os.chdir(f"{here}/{number}")
        there = os.open("there", os.O_RDONLY)
        os.path.exists(f"/begin/{number}")
        try:
            value = eval(compile(text, f"text {number}", "eval"))
            outcome = repr(value) if isinstance(value, (bool, str)) else type(value).__name__
        except Exception as error:
            names = ("errno", "strerror", "filename", "filename2", "name")
            outcome = [repr(error), *(str(getattr(error, name, None)) for name in names)]
        os.path.exists(f"/end/{number}")
        os.close(there)
        outcomes.append(outcome)
    print(json.dumps(outcomes))
"""


def evaluate(folder: Path, texts: list[str], python: str, log: Path | None) -> list[object]:
    """Evaluate expressions, each in a folder of its own; what they gave, or how they failed."""
    folder.mkdir(exist_ok=True)
    (folder / "texts").write_text(json.dumps(texts))
    for number, _ in enumerate(texts):
        own = folder / str(number)
        (own / "there").mkdir(parents=True)
        (own / "a").write_text("text")
        (own / "there" / "e").write_text("text")
        with zipfile.ZipFile(own / "archive.zip", "w") as archive:
            archive.writestr("zipped.py", "")
    output = run(folder, EVALUATING, python, log=log, SEEN="1", PYTHONWARNINGS="ignore")
    outcomes: list[object] = json.loads(output)
    assert len(outcomes) == len(texts)
    return outcomes


@EACH_INTERPRETER
def test_each_access_is_recorded_as_what_it_is(folder: Path, version: str) -> None:
    log = folder.parent / "log"
    evaluate(folder, list(RECORDED), INSTALLED[version], log)
    records = read(log)
    told = {}
    for number, text in enumerate(RECORDED):
        begin, end = (records.index(("S", f"/{mark}/{number}")) for mark in ("begin", "end"))
        start = f"{folder}/{number}/"
        told[text] = ", ".join(
            letter if letter == "V" else f"{letter} {record.replace(start, '')}"
            for letter, record in records[begin + 1 : end]
            # Not what multiprocessing opens for itself.
            if letter not in "rRilsSb" or record.startswith(start)
        )
    assert {text: seen for text, seen in told.items() if seen != RECORDED[text]} == {}


# What an expression gives, or how it fails, is the same as without the recorder.
SAME = [
    *RECORDED,
    "os.stat()",
    "os.stat('a', 1)",
    "os.stat('a', unknown=1)",
    "os.stat(path='none')",
    "os.open('a')",
    "os.open('none', 0, dir_fd='none')",
    "os.access('none', os.R_OK, effective_ids=True)",
    "os.readlink('a')",
    "io.open_code('none')",
    "io.open_code(path='none')",
    "io.open_code(1.5)",
    "repr(io.open_code)",
    "os.environ[1]",
    "os.environ.get(b'a')",
    "os.environb.get('a')",
    "os.environ == dict(os.environ)",
    "posix.environ is os.environ._data",
    "len(os.environ) == len(os.environ.copy())",
    "os.stat is posix.stat",
    "callable(os.stat)",
    "repr(os.stat)",
    "str(os.stat)",
    "os.stat.__name__ + os.stat.__qualname__ + os.stat.__module__ + os.stat.__doc__",
    "str(inspect.signature(os.stat))",
    "str(inspect.signature(os.open))",
    "pickle.loads(pickle.dumps(os.stat)) is os.stat",
    *(
        f"os.{name} in os.supports_{what}"
        for name in ("stat", "lstat", "open", "access", "readlink", "statvfs")
        for what in ("dir_fd", "effective_ids", "fd", "follow_symlinks")
    ),
    "shutil.rmtree.avoids_symlink_attacks",
    "shutil.rmtree('there')",
    "pathlib.Path('there/e').samefile('a')",
    # What is in circles of references is still open, until it is collected.
    "(gc.collect(), str(os.open('a', os.O_RDONLY) - there))[1]",
    "str(sys.flags)",
]


@pytest.mark.quick(every=3)
@EACH_INTERPRETER
def test_each_call_gives_what_it_gives_without(
    tmp_path: Path, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")  # which the recorder sets for programs
    python = INSTALLED[version]
    plain = evaluate(tmp_path / "folder", SAME, python, None)
    (tmp_path / "folder").rename(tmp_path / "plain")
    recorded = evaluate(tmp_path / "folder", SAME, python, tmp_path / "log")
    assert dict(zip(SAME, recorded, strict=True)) == dict(zip(SAME, plain, strict=True))


@EACH_INTERPRETER
def test_it_begins_with_where_it_was_and_who_ran(folder: Path, version: str) -> None:
    code = """
        import json, os, sys
        print(json.dumps({
            "format": 2,
            "process": os.getpid(),
            "cwd": os.getcwd(),
            "prefix": sys.prefix,
            "base_prefix": sys.base_prefix,
            "exec_prefix": sys.exec_prefix,
            "stdlib": os.path.dirname(os.__file__),
            "executable": sys.executable,
        }))
    """
    log = folder.parent / "log"
    expected = json.loads(run(folder, code, INSTALLED[version], log=log))
    assert json.loads(log.read_bytes().partition(b"\0")[0][1:]) == expected


LOOKING_ABOVE = """
    import glob, os, pathlib, sys
    above = os.path.dirname(os.getcwd())
    def some():
        list(pathlib.Path(above).iterdir())
        glob.glob(above + "/*.txt")
        os.path.isdir(above + "/x.egg-info")
        pathlib.Path(above, "there").is_dir()
    def other():
        os.listdir(above)
    some()
    other()
    os.listdir()
    os.path.exists(above + "/folder/a")
    os.path.exists(above + "/there/e")
"""


@EACH_INTERPRETER
def test_who_looks_at_what_is_above_the_project(folder: Path, version: str) -> None:
    above, script = folder.parent, folder.parent / "script.py"
    (above / "there").mkdir()
    records = trace(folder, LOOKING_ABOVE, INSTALLED[version])
    told = [tuple(json.loads(text)) for letter, text in records if letter == "b"]
    assert {one for one in told if one[2].startswith(f"{script}:")} >= {
        ("l", str(above), f"{script}:some"),
        ("S", f"{above}/x.egg-info", f"{script}:some"),
        ("s", f"{above}/there", f"{script}:some"),
        ("l", str(above), f"{script}:other"),
    }
    assert of("l", records, folder) == ["."]
    assert ("S", f"{above}/there/e") in records
    assert ("s", f"{folder}/a") in records


STARTING = """
    import multiprocessing.util, os, subprocess
    subprocess.run(["true", b"\\xff"])
    subprocess.run("exit 0", shell=True, cwd="there")
    os.system("exit 1")
    os.waitpid(os.posix_spawn("/bin/true", ["posix_spawn"], {}), 0)
    read, write = os.pipe()
    os.waitpid(multiprocessing.util.spawnv_passfds(b"/bin/true", [b"fork_exec"], [write]), 0)
    os.spawnv(os.P_WAIT, "/bin/true", ["spawnv"])
    os.execv("/bin/true", ["execv"])
"""


@EACH_INTERPRETER
def test_programs_that_are_started_are_recorded(folder: Path, version: str) -> None:
    records = trace(folder, STARTING, INSTALLED[version])
    assert [json.loads(text) for letter, text in records if letter == "x"] == [
        [["true", "\udcff"], str(folder), "true"],
        [["/bin/sh", "-c", "exit 0"], f"{folder}/there", "/bin/sh"],
        [["/bin/sh", "-c", "exit 1"], str(folder), "/bin/sh"],
        [["posix_spawn"], str(folder), "/bin/true"],
        [["fork_exec"], str(folder), "/bin/true"],
        [["spawnv"], str(folder), "/bin/true"],
        [["execv"], str(folder), "/bin/true"],
    ]
    # A child that runs another program is no more than a program that is started.
    assert records[-1] == ("u", "the hook replaced itself with another program")
    assert len([letter for letter, _ in records if letter == "u"]) == 1


STARTING_IN_VAIN = """
    import multiprocessing.util, os, subprocess

    def fails(function, *arguments, **keywords):
        try:
            function(*arguments, **keywords)
        except OSError:
            return
        raise AssertionError(arguments)

    fails(subprocess.run, ["none", "--version"])
    fails(subprocess.run, [b"none"], env={**os.environ, "LC_ALL": "C"})
    fails(subprocess.Popen, ["true"], cwd="nowhere")
    fails(subprocess.run, ["plain"])
    fails(subprocess.run, ["other"], env={"PATH": os.path.abspath("there")})
    fails(subprocess.run, ["./a"])
    fails(subprocess.run, ["there"])
    fails(os.posix_spawn, "./gone", ["gone"], {})
    fails(os.posix_spawnp, "spawned", ["spawned"], {})
    fails(os.execv, "replaced", ["replaced"])
    fails(os.execvp, "searched", ["searched"])
    os.environ["PATH"] = os.path.abspath("there")
    fails(subprocess.run, ["late"])
"""


@EACH_INTERPRETER
def test_a_program_that_cannot_be_started_is_only_looked_for(folder: Path, version: str) -> None:
    (folder / "bin").mkdir()
    (folder / "bin" / "plain").touch()  # not executable
    records = trace(folder, STARTING_IN_VAIN, INSTALLED[version], PATH=f"{folder}/bin:/usr/bin")
    assert [text for letter, text in records if letter in "xu"] == []
    assert [text for letter, text in records if letter == "X"] == [
        *("none", "plain", "other", "there", "spawned", "replaced", "late"),
    ]
    # What a PATH of its own, or a path, leads to.
    missed = {"nowhere", "there/other", "./gone", "spawned", "replaced", "bin/searched"}
    assert set(of("S", records, folder)) == missed | {"there/late"}
    assert of("s", records, folder) == ["./a"]


@EACH_INTERPRETER
def test_the_function_that_enumerates_the_environment_is_told(folder: Path, version: str) -> None:
    code = """
        import os
        def some():
            return {name: value for name, value in dict(os.environ).items()}
        some()
    """
    assert ("V", f"{folder.parent / 'script.py'}:some") in trace(folder, code, INSTALLED[version])


def test_the_variables_that_distutils_puts_into_a_path_are_told(folder: Path) -> None:
    code = """
        import setuptools
        from distutils.util import subst_vars
        print(subst_vars("$base/plugins-$FLAVOUR-{OTHER}", {"base": "lib"}))
    """
    environ = {"FLAVOUR": "a", "OTHER": "b"}
    assert run(folder, code, **environ).endswith("lib/plugins-a-b\n")
    told = {text for letter, text in trace(folder, code, **environ) if letter == "v"}
    assert told >= {"FLAVOUR", "OTHER"}
    assert "base" not in told


@EACH_INTERPRETER
def test_a_user_s_setuptools_configuration_counts_as_read(folder: Path, version: str) -> None:
    code = "import os\nprint(os.getenv('DIST_EXTRA_CONFIG'))\n"
    records = trace(folder, code, INSTALLED[version], DIST_EXTRA_CONFIG="a")
    assert records == [("v", "DIST_EXTRA_CONFIG"), ("r", f"{folder}/a")]


@EACH_INTERPRETER
def test_what_was_imported_and_listed_before_is_seen_all_the_same(
    folder: Path, version: str
) -> None:
    early = folder.parent / "early"
    early.mkdir()
    (early / "sitecustomize.py").write_text("import pathlib, multiprocessing.util, subprocess\n")
    code = """
        import multiprocessing.util, os, pathlib
        pathlib.Path("a").stat()
        list(pathlib.Path("none").glob("*"))
        pathlib.Path("b").resolve()
        pathlib.Path("touched").touch()
        os.waitpid(multiprocessing.util.spawnv_passfds(b"/bin/true", [b"fork_exec"], []), 0)
        try:
            import nothing
        except ImportError:
            pass
    """
    records = trace(folder, code, INSTALLED[version], PYTHONPATH=str(early))
    assert {"a", "b"} <= set(of("s", records, folder))
    assert of("a", records, folder) == ["touched"]
    assert ("x", json.dumps([["fork_exec"], str(folder), "/bin/true"])) in records
    assert ("g", json.dumps([str(early), "import:nothing"])) in records


@EACH_INTERPRETER
def test_which_modules_are_looked_for_in_a_folder_is_told(folder: Path, version: str) -> None:
    code = """
        import importlib, os, sys
        from importlib.machinery import FileFinder, SourceFileLoader
        sys.path[:0] = ["", os.path.abspath("there")]
        for name in ("nothing", "none.deep", "none"):
            try:
                importlib.import_module(name)
            except ImportError:
                pass
        FileFinder("there", (SourceFileLoader, [".text"])).find_spec("package.other")
    """
    records = trace(folder, code, INSTALLED[version])
    listed = [json.loads(text) for letter, text in records if letter == "g"]
    for place in (folder, folder / "there"):
        sought = {name for path, name in listed if Path(path) == place}
        assert {"import:nothing", "import:none"} <= sought
    assert of("l", records, folder) == ["there"]  # Another kind of files.


def test_what_setuptools_does_only_for_an_sdist_is_told(folder: Path) -> None:
    for name in ("docs/a.md", "src/demo/__init__.py", "src/demo/data.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    (folder / "MANIFEST.in").write_text(
        "graft docs\ninclude a\nrecursive-include src *.txt\nglobal-include *.md\n"
    )
    code = """
        import os, setuptools
        setuptools.setup(
            name="demo", version="1", packages=["demo"], package_dir={"": "src"},
            include_package_data=True, script_args=["egg_info", "--egg-base", "there"],
        )
        os.listdir("docs"), os.listdir("./docs"), os.stat("docs/a.md"), os.stat("a")
    """
    records = trace(folder, code)
    told = [json.loads(text) for letter, text in records if letter == "c"]
    assert {commands[0] for _, _, commands in told} == {"egg_info"}
    done = {(tag, os.path.relpath(text, folder)) for tag, text, _ in told if tag != "g"}
    assert done >= {("l", "docs"), ("l", "."), ("s", "a"), ("s", "docs/a.md")}
    assert not any(path.startswith("src/demo") for _, path in done)
    # That a path was looked at for an sdist does not make other looks at it superfluous.
    assert {"docs", "./docs"} <= set(of("l", records, folder))
    assert {"docs/a.md", "a"} <= set(of("s", records, folder))
    assert "./src/demo" in of("l", records, folder)
    # By a link in another folder, the files of the package may be found under other names.
    partly = [json.loads(text) for letter, text in records if letter == "g"]
    assert {os.path.relpath(path, folder) for path, part in partly if part == "d:"} >= {".", "src"}
    assert "MANIFEST.in" in of("s", records, folder)
    [packages] = [json.loads(text) for letter, text in records if letter == "p"]
    assert "setuptools" in packages


@EACH_INTERPRETER
def test_extension_modules_of_others_are_recorded(folder: Path, version: str) -> None:
    code = "import _queue, shutil\nprint(shutil.copy(_queue.__file__, '.'))\n"
    name = Path(run(folder, code, INSTALLED[version]).strip()).name
    code = "import sys\nsys.path.insert(0, '')\nimport _queue, _socket\n"
    records = trace(folder, code, INSTALLED[version])
    assert [text for letter, text in records if letter == "n"] == [f"{folder}/{name}"]


@EACH_INTERPRETER
def test_no_folder_counts_as_written_for_a_file_without_a_name(folder: Path, version: str) -> None:
    code = """
        import tempfile
        tempfile.NamedTemporaryFile(dir=".").close()
        tempfile.TemporaryFile(dir=".").close()
    """
    written = of("w", trace(folder, code, INSTALLED[version]), folder)
    assert {Path(name).name[:3] for name in written} == {"tmp"}


@pytest.mark.quick(every=3)
@EACH_INTERPRETER
@pytest.mark.parametrize(
    ("project", "prefix"),
    [("project", "environ"), ("environ/project", "environ"), ("project", "project/environ")],
)
def test_reads_below_the_interpreter_s_folders_are_left_out(
    tmp_path: Path, version: str, project: str, prefix: str
) -> None:
    folder, environ = tmp_path / project, tmp_path / prefix
    command = [INSTALLED[version], "-m", "venv", "--without-pip", str(environ)]
    subprocess.run(command, check=True)
    folder.mkdir(exist_ok=True)
    for path in (folder / "own", environ / "installed", environ / "../other"):
        path.touch()
    code = """
        import email.mime.text, os, sqlite3, sys
        for path in ("own", f"{sys.prefix}/installed", f"{sys.prefix}/../other", os.__file__):
            open(path).close(), os.stat(path), os.listdir(os.path.dirname(path) or ".")
        open(f"{sys.prefix}/written", "w").close()
    """
    records = trace(folder, code, str(environ / "bin" / "python"))
    assert ("r", f"{folder}/own") in records
    assert ("r", f"{environ}/../other") in records
    assert ("w", f"{environ}/written") in records
    start = json.loads((folder.parent / "log").read_bytes().partition(b"\0")[0][1:])
    left_out = (start["stdlib"], start["prefix"])
    if folder.is_relative_to(environ):
        records = [(letter, text) for letter, text in records if not text.startswith(str(folder))]
    assert not [
        text
        for letter, text in records
        if letter in "rilsn" and text.startswith(left_out) and "/.." not in text
    ]


IMPORTING = """
    import sys
    sys.path[:0] = [".", "../outside"]
    import inside, outside
    print(inside.number, file=open("number", "w"))
"""


@EACH_INTERPRETER
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
    records = trace(folder, IMPORTING, INSTALLED[version])
    assert of("w", records, folder) == ["number"]
    assert [Path(name).name for name in of("i", records, folder)] == ["inside.py", "outside.py"]
    assert (folder / "number").read_text("utf-8") == "2\n"
    assert stale.read_bytes() == before
    assert [path.name for path in outside.iterdir()] == ["outside.py"]


@pytest.mark.parametrize("end", ["os._exit(3)", "sys.exit(3)", "os.kill(os.getpid(), 9)"])
def test_whatever_the_end_what_was_written_until_then_is_recorded(folder: Path, end: str) -> None:
    code = f"import os, sys\nopen('new', 'w').write('text')\n{end}\n"
    records = trace(folder, code, returncode=-9 if "kill" in end else 3)
    assert of("w", records, folder) == ["new"]


@EACH_INTERPRETER
def test_a_folder_that_vanishes_below_its_feet(folder: Path, version: str) -> None:
    code = """
        import os
        here = os.getcwd()
        os.mkdir("gone")
        os.chdir("gone")
        os.rmdir(f"{here}/gone")
        for failing in (lambda: open("file", "w"), lambda: os.stat("file"), lambda: os.stat("..")):
            try:
                failing()
            except FileNotFoundError:
                os.path.exists("other")
        os.chdir(here)
        open("new", "w").close()
    """
    assert of("w", trace(folder, code, INSTALLED[version]), folder) == ["gone", "new"]


@EACH_INTERPRETER
def test_a_program_that_closes_what_it_did_not_open_is_recorded_all_the_same(
    folder: Path, version: str
) -> None:
    # As a daemon does.
    code = """
        import os
        os.closerange(0, 4096)
        numbers = [os.open(os.devnull, os.O_RDWR), os.dup(0), os.dup(0)]
        with open("one", "w") as one, open("two", "w"):
            one.write(str(numbers))
        # All numbers are given: the log's is another file's.
        for number in range(3, 256):
            os.dup2(0, number)
        open("a").close()
        if os.fork() == 0:
            os.closerange(3, 4096)
            open("b").close()
            os._exit(0)
        os.wait()
    """
    records = trace(folder, code, INSTALLED[version])
    assert (folder / "one").read_text("utf-8") == "[0, 1, 2]"
    assert (folder / "two").read_text("utf-8") == ""
    assert of("w", records, folder) == ["one", "two"]
    assert of("r", records, folder) == ["a", "b"]


READING = """
    import os
    {before}
    for number in range(100):
        os.path.exists(f"/none/{number}")
    for name in ("a", "b"):
        print(os.stat(name).st_size, os.listdir("there"), open(name).read(), os.getenv("NONE"))
"""


def test_there_is_no_log_that_lacks_something(folder: Path) -> None:
    code = READING.replace("{before}", "")
    plain = run(folder, code)

    full = folder.parent / "full"
    full.symlink_to("/dev/full")
    assert run(folder, code, log=full) == plain
    assert not full.is_symlink()

    assert run(folder, code, log=Path("/dev/full")) == plain
    assert Path("/dev/full").is_char_device()

    nowhere = folder.parent / "none" / "log"
    assert run(folder, code, log=nowhere) == plain
    assert not nowhere.parent.exists()

    log = folder.parent / "log"
    for before in (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))",
        f"os.remove({str(log)!r}); os.closerange(3, 4096)",
        f"os.remove({str(log)!r}); open({str(log)!r}, 'w'); os.closerange(3, 4096)",
    ):
        assert run(folder, READING.replace("{before}", before), log=log) == plain
        assert not log.exists()


@EACH_INTERPRETER
def test_its_modules_import_only_each_other(version: str) -> None:
    _, code, path = start.START
    loading, call, _ = code.rpartition("module.main()")
    assert call
    show = "print({name.partition('.')[0] for name in set(sys.modules) - before})"
    done = subprocess.run(
        [INSTALLED[version], "-c", f"import sys; before = set(sys.modules)\n{loading}{show}", path],
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "{'lbuild_recorder'}\n"


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
    "no such file": "os.stat('none')",
    "no such variable": "os.environ['NONE']",
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


@pytest.mark.quick(every=2)
@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_a_hook_runs_as_without_it(tmp_path: Path, end: str) -> None:
    same_as_without(tmp_path, sys.executable, end, {})


@pytest.mark.quick(every=2)
@EACH_INTERPRETER
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
    recorded = call(folder, python, [*start.START, str(folder / "log"), "x.cfg", ""], environ)
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
    records = trace(folder, code)
    assert (folder / "spawned").exists()
    started = [json.loads(text)[0] for letter, text in records if letter == "x"]
    assert any("--multiprocessing-fork" in words for words in started)
    assert of("w", records, folder) == []  # what other programs do is not seen
