"""Records wait in the hook process: none is lost, or the log tells that some may be."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from lbuild_frontend.in_process import start
from lbuild_keys.tracing.trace import Trace, parse
from support import interpreters
from support.interpreters import EACH_INTERPRETER

INSTALLED = interpreters.installed()


def trace(
    top: Path,
    code: str,
    python: str = sys.executable,
    *,
    code_of_end: int = 0,
    count: int = 10,
) -> Trace:
    """Run some code in a project, with the log elsewhere, as lbuild does."""
    (top / "own").mkdir()
    (top / "project").mkdir()
    for number in range(count):
        (top / "project" / f"{number}").touch()
    script = top / "script.py"
    script.write_text(f"import os, signal, sys\n{textwrap.dedent(code)}", "utf-8")
    log = top / "own" / "log"
    done = subprocess.run(
        [python, *start.START, str(log), "setuptools.cfg", "", str(script)],
        cwd=top / "project",
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == code_of_end, done.stdout
    return parse(log.read_bytes() if log.exists() else None)


def names(did: Trace, top: Path, access: str = "read") -> list[str]:
    start = f"{top}/project/"
    return [
        path.removeprefix(start) for done, path in did.accesses if done == access and start in path
    ]


@pytest.mark.parametrize(
    ("end", "code"),
    [
        ("os._exit(3)", 3),
        ("os.kill(os.getpid(), 9)", -9),
        ("os.kill(os.getpid(), signal.SIGTERM)", -15),
        ("os.abort()", -6),
    ],
)
def test_a_process_that_ends_at_once_tells_what_it_changed_and_that_it_is_not_all(
    tmp_path: Path, end: str, code: int
) -> None:
    did = trace(
        tmp_path,
        f"open('1').close()\nopen('new', 'w').close()\nopen('2').close()\n{end}",
        code_of_end=code,
    )
    assert names(did, tmp_path, "written") == ["new"]
    assert names(did, tmp_path)[:1] == ["1"]
    assert did.problems == ("the trace of the hook is incomplete",)


def test_a_process_that_another_program_replaces_tells(tmp_path: Path) -> None:
    did = trace(tmp_path, "open('1').close()\nos.execv('/bin/true', ['true'])")
    assert names(did, tmp_path) == ["1"]
    assert did.problems[0] == "the hook replaced itself with another program"


@pytest.mark.parametrize(
    "end", ["os._exit(0)", "os.kill(os.getpid(), 9)", "os.execv('/bin/true', ['true'])"]
)
def test_of_a_forked_process_everything_is_known_however_it_ends(tmp_path: Path, end: str) -> None:
    code = f"""
    open('1').close()
    if os.fork() == 0:
        open('2').close()
        open('1', 'w').close()
        {end}
    os.wait()
    open('3').close()
    """
    did = trace(tmp_path, code)
    assert did.problems == ()
    inside = [
        (done, Path(path).name) for done, path in did.accesses if f"{tmp_path}/project/" in path
    ]
    assert [one for one in inside if one[0] != "looked at"] == [
        ("read", "1"),
        ("read", "2"),
        ("written", "1"),
        ("read", "3"),
    ]


@EACH_INTERPRETER
def test_neither_threads_nor_signals_lose_a_record(tmp_path: Path, version: str) -> None:
    code = """
    import threading
    numbers = iter(range(1500))
    lock = threading.Lock()
    def use(count):
        for _ in range(count):
            with lock:
                number = next(numbers)
            open(str(number)).close()
            if number % 100 == 0:
                open(f'new{number}', 'w').close()
    late = iter(range(1400, 1500))
    signal.signal(signal.SIGALRM, lambda *_: open(str(next(late, 1499))).close())
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    threads = [threading.Thread(target=use, args=(325,)) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    while next(late, None) is not None:
        pass
    signal.setitimer(signal.ITIMER_REAL, 0)
    print(threading.active_count())
    """
    did = trace(tmp_path, code, INSTALLED[version], count=1500)
    assert did.problems == ()
    assert {f"{number}" for number in range(1300)} <= set(names(did, tmp_path))
    # What a thread had read before it wrote is before that.
    order = [Path(path).name for _, path in did.accesses]
    for number in range(0, 1300, 100):
        assert order.index(f"{number}") < order.index(f"new{number}")


def test_what_runs_after_the_hook_is_recorded_as_well(tmp_path: Path) -> None:
    did = trace(tmp_path, "import atexit\natexit.register(lambda: open('1').close())")
    assert did.problems == ()
    assert names(did, tmp_path) == ["1"]


@EACH_INTERPRETER
def test_of_lbuild_s_own_folder_only_the_folders_are_recorded_that_are_made(
    tmp_path: Path, version: str
) -> None:
    code = """
    import shutil
    own = os.path.join(os.path.dirname(os.getcwd()), "own")
    os.makedirs(f"{own}/build/lib")
    for number in range(5):
        shutil.copy(f"{number}", f"{own}/build/lib")
    os.listdir(f"{own}/build/lib")
    open(f"{own}/../project/7").close()
    shutil.rmtree(f"{own}/build")
    os.symlink(f"{own}/../project/8", f"{own}/link")
    open(f"{own}/link").close()
    """
    did = trace(tmp_path, code, INSTALLED[version])
    assert did.problems == ()
    own = f"{tmp_path}/own/"
    assert [one for one in did.accesses if one[1].startswith(own) and ".." not in one[1]] == [
        ("made", f"{own}build"),
        ("made", f"{own}build/lib"),
        ("read", f"{own}link"),
    ]
    used = {Path(path).resolve().name for done, path in did.accesses if done == "read"}
    assert {"0", "1", "2", "3", "4", "7", "8"} <= used


def test_a_folder_that_another_has_the_descriptor_of(tmp_path: Path) -> None:
    """Numbers of descriptors are used again."""
    code = """
    own = os.path.join(os.path.dirname(os.getcwd()), "own")
    os.mkdir(f"{own}/build")
    first = os.open(f"{own}/build", os.O_RDONLY)
    os.close(first)
    second = os.open(os.getcwd(), os.O_RDONLY)
    assert second == first
    os.stat("1", dir_fd=second)
    os.close(os.open("2", os.O_RDONLY, dir_fd=second))
    third = os.open(f"{own}/build", os.O_RDONLY)
    os.dup2(second, third)
    os.stat("3", dir_fd=third)
    """
    did = trace(tmp_path, code)
    assert names(did, tmp_path)[-1:] == ["2"]
    assert {"1", "3"} <= set(names(did, tmp_path, "looked at"))


def test_a_handler_that_ends_what_the_hook_does_takes_no_record_with_it(tmp_path: Path) -> None:
    """A signal may come in while records are written; the hook goes on."""
    code = """
    class Stop(BaseException):
        pass

    def stop(*_):
        os.fsencode = genuine
        raise Stop

    open('1').close()
    genuine, os.fsencode = os.fsencode, stop
    try:
        open('new', 'w').close()
    except Stop:
        pass
    open('1').close()
    """
    assert trace(tmp_path, code).problems == ("the trace of the hook could not be written",)
