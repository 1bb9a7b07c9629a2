"""Tests of the supervisor: which processes are followed, and which program each belongs to."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from lbuild_frontend.linux import numbers
from support.followed import Followed, compiled, follow
from support.minimal_project import wait_for

pytestmark = pytest.mark.skipif(
    numbers.architecture() is None or shutil.which("gcc") is None, reason="needs Linux and gcc"
)

SOURCE = (Path(__file__).parents[3] / "support/processes.c").read_text("utf-8")

Run = Callable[..., Followed]


@pytest.fixture(
    scope="module", params=["dynamic", pytest.param("static", marks=pytest.mark.exhaustive)]
)
def program(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    # A program that is always at the same place: what is read of another one's memory is no error.
    option = "-static" if request.param == "static" else "-no-pie"
    return compiled(tmp_path_factory.mktemp("processes"), SOURCE, "processes", "-pthread", option)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    folder = tmp_path / "here"
    folder.mkdir()
    return folder


@pytest.fixture
def run(program: Path, here: Path) -> Run:
    return lambda *words: follow(here, [program, *words])


def all_users(did: Followed) -> dict[str, list[str]]:
    """The command lines of the programs that looked for a file, by its path."""
    found: dict[str, list[str]] = {}
    for one in did.trace.accesses:
        if not one.found and one.program:
            line = " ".join(did.trace.programs[one.program].args[1:])
            found.setdefault(one.path, []).append(line)
    return found


def users(did: Followed, here: Path, name: str) -> list[str]:
    return all_users(did).get(str(here / name), [])


@pytest.mark.parametrize(
    ("mode", "number", "name"),
    [
        ("forks", 20, "fork"),
        pytest.param("forks", 1000, "fork", marks=pytest.mark.exhaustive),
        pytest.param("forks", 5000, "fork", marks=pytest.mark.endurance),
        ("at once", 20, "fork"),
        pytest.param("at once", 500, "fork", marks=pytest.mark.exhaustive),
        ("threads", 200, "thread"),
    ],
)
def test_all_are_followed(run: Run, here: Path, mode: str, number: int, name: str) -> None:
    did = run(mode, str(number))
    assert (did.code, did.trace.problems) == (0, ())
    wrong = [at for at in range(number) if users(did, here, f"{name}-{at}") != [f"{mode} {number}"]]
    assert wrong == []
    assert len(did.trace.programs) == 1


@pytest.mark.parametrize("number", [20, pytest.param(5000, marks=pytest.mark.endurance)])
def test_programs_of_vfork(run: Run, here: Path, number: int) -> None:
    did = run("vforks", str(number))
    assert (did.code, did.trace.problems) == (0, ())
    known = all_users(did)
    assert [known.get(f"{here}/used-{at}") for at in range(number)] == [
        [f"use {at}"] for at in range(number)
    ]
    assert [known.get(f"{here}/parent-{at}") for at in range(number)] == [
        [f"vforks {number}"]
    ] * number
    assert {one.parent for one in did.trace.programs.values()} == {0, 1}


@pytest.mark.parametrize("number", [50, pytest.param(400, marks=pytest.mark.exhaustive)])
def test_a_long_line_of_parents_that_use_nothing(run: Run, here: Path, number: int) -> None:
    did = run("chain", str(number))
    assert (did.code, did.trace.problems) == (0, ())
    assert users(did, here, f"chain-{number}") == [f"chain {number}"]


@pytest.mark.exhaustive
def test_numbers_of_processes_are_used_again(run: Run, here: Path) -> None:
    most = int(Path("/proc/sys/kernel/pid_max").read_text("ascii"))
    if most > 40_000:
        pytest.skip("too many numbers")
    did = run("burn", str(most - 60))
    assert (did.code, did.trace.problems) == (0, ())
    known = all_users(did)
    assert [known.get(f"{here}/fork-{at}") for at in range(100)] == [[f"burn {most - 60}"]] * 100
    assert len(did.trace.programs) == 1


def test_exec_in_a_thread(run: Run, here: Path) -> None:
    did = run("exec in a thread")
    assert (did.code, did.trace.problems) == (0, ())
    assert users(did, here, "before-0") == ["exec in a thread"]
    assert users(did, here, "used-8") == ["use 8"]


def test_exec_that_fails(run: Run, here: Path) -> None:
    (here / "empty").touch(0o700)
    did = run("exec fails")
    assert (did.code, did.trace.problems) == (0, ())
    assert users(did, here, "goes on-0") == ["exec fails"]
    assert users(did, here, "forked-0") == ["exec fails"]


def test_a_child_outlives_its_parent(run: Run, here: Path) -> None:
    did = run("orphan")
    assert (did.code, did.trace.problems) == (0, ())
    assert users(did, here, "orphan-0") == ["orphan"]


def test_a_child_of_what_has_become_another_program(run: Run, here: Path) -> None:
    did = run("parent execs")
    assert (did.code, did.trace.problems) == (0, ())
    assert users(did, here, "left-0") == ["parent execs"]


@pytest.mark.exhaustive
def test_a_daemon_is_a_problem_and_goes_on(run: Run, here: Path) -> None:
    did = run("daemon", "600")
    assert did.code == 0
    assert did.trace.problems == ("a process outlived the hook",)
    assert not (here / "daemon-was-well").exists()  # nobody waits for it, though it makes calls
    (here / "enough").touch()
    wait_for((here / "daemon-was-well").exists)


def test_folders_that_are_too_deep_to_have_a_path(run: Run, here: Path) -> None:
    try:
        did = run("deep", "40")
        assert did.code == 0
        assert users(did, here / ("x" * 200), "deep-0") == ["deep 40"]
        deepest = here.joinpath(*["x" * 200] * 15)
        assert users(did, deepest, "deep-14") == ["deep 40"]
        # What is longer than a path may be cannot be asked for.
        assert "a call of openat could not be understood (File name too long)" in did.trace.problems
    finally:
        shutil.rmtree(here)


WORKERS = """
import multiprocessing
def work(number):
    try:
        open(f"work-{number}")
    except OSError:
        pass
status = 0
if __name__ == "__main__":
    pool = multiprocessing.get_context(sys.argv[1]).Pool(2)
    pool.map(work, range(5))
    pool.close()
    pool.join()
"""


def test_forked_workers_of_the_hook(here: Path) -> None:
    did = follow(here, ["fork"], WORKERS)
    assert (did.code, did.trace.problems) == (0, ())
    for number in range(5):
        (user,) = {one.program for one in did.trace.accesses if one.path == f"{here}/work-{number}"}
        assert user == 0


@pytest.mark.exhaustive
@pytest.mark.parametrize("start", ["spawn", "forkserver"])
def test_workers_that_are_programs(here: Path, start: str) -> None:
    (here / "work.py").write_text(
        f"import multiprocessing, sys\n{WORKERS}".replace("sys.argv[1]", repr(start)), "utf-8"
    )
    code = f"import subprocess\nstatus = subprocess.call([sys.executable, '{here}/work.py'])"
    did = follow(here, code=code)
    assert (did.code, did.trace.problems) == (0, ())
    for number in range(5):
        users = {one.program for one in did.trace.accesses if one.path == f"{here}/work-{number}"}
        assert len(users) == 1
        assert "spawn_main" in str(did.trace.programs[users.pop()].args) or start == "forkserver"


def test_what_the_supervisor_has_is_not_left_to_programs(here: Path) -> None:
    names = "ls -l /proc/self/fd; env"
    did = follow(here, ["sh", "-c", names])
    assert b"socket:" not in did.output
    assert b"seccomp" not in did.output
    assert b"LBUILD_SUPERVISOR" not in did.output


@pytest.mark.parametrize("name", ["sh", "/usr/bin/env sh", "./sh2"])
def test_the_interpreter_of_a_script(here: Path, name: str) -> None:
    (here / "sh2").symlink_to("/bin/sh")
    script = here / "script"
    script.write_text(f"#!{shutil.which('sh') if name == 'sh' else name}\n: <x\n", "utf-8")
    script.chmod(0o700)
    did = follow(here, [script])
    assert did.trace.problems == ()
    interpreter = str(shutil.which("sh")) if name == "sh" else name.split(maxsplit=1)[0]
    assert "r" in did.letters(str(here / interpreter).replace("/./", "/")) + did.letters(
        f"{here}/{interpreter}"
    )
    assert users(did, here, "x")


def test_a_program_that_gets_other_rights_is_a_problem(here: Path, program: Path) -> None:
    own = here / "own"
    shutil.copy(program, own)
    own.chmod(0o4755)
    did = follow(here, [own, "use", "1"])
    assert did.trace.problems == ("own ran, which may not get its rights",)


def test_a_program_without_a_name(here: Path) -> None:
    code = """
with open("/bin/true", "rb") as file:
    content = file.read()
memory = os.memfd_create("nameless")
os.write(memory, content)
child = os.fork()
if not child:
    os.execve(memory, ["nameless"], {})
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
"""
    did = follow(here, code=code)
    assert (did.code, did.trace.problems) == (0, ())
    (ran,) = did.trace.programs.values()
    assert ran.args == ("nameless",)
    assert "/memfd:nameless" in ran.path


def test_a_program_that_is_called_by_its_descriptor(run: Run) -> None:
    """It is not seen that it runs: its file has no name. It has another memory nevertheless."""
    did = run("by descriptor")
    assert did.code == 0
    assert did.trace.problems == ("a program ran that has no name, by that of its descriptor",)
    assert "used-8" in {Path(one.path).name for one in did.trace.accesses}


@pytest.mark.exhaustive
def test_a_program_of_go(here: Path) -> None:
    program = shutil.which("docker") or shutil.which("gh") or shutil.which("hugo")
    if program is None or b"Go build" not in Path(program).read_bytes()[:4_000_000]:
        pytest.skip("no program that is written in Go")
    did = follow(here, [program, "--version"])
    assert (did.code, did.trace.problems) == (0, ())
    (ran,) = (one for one in did.trace.programs.values() if one.path == program)
    assert [one for one in did.trace.accesses if one.program == ran.number]
