"""Tests of the supervisor: what is recorded of each system call, made by real programs."""

import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lbuild_frontend.linux import numbers
from lbuild_frontend.linux.calls import CALLS
from support.followed import Followed, follow

ARCHITECTURE = numbers.architecture()

pytestmark = pytest.mark.skipif(
    ARCHITECTURE is None or shutil.which("gcc") is None, reason="needs Linux and gcc"
)

NUMBERS = {} if ARCHITECTURE is None else ARCHITECTURE.numbers
SOURCE = Path(__file__).parents[3] / "support/calls.c"
HERE = -100
"""AT_FDCWD."""

EMPTY_PATH = 0x1000

FOLDER = 9
"""The descriptor of a folder."""

Program = Callable[..., Followed]


def text(path: str | bytes | os.PathLike[str], where: str = "s") -> str:
    """A string as an argument of the program."""
    return where + os.fsencode(path).hex()


def call(name: str | int, *arguments: object, kind: str = "c") -> str:
    """A call as an argument of the program."""
    number = NUMBERS[name] if isinstance(name, str) else name
    return ",".join((f"{kind}{number}", *map(str, arguments)))


def folder(path: Path) -> str:
    return f"d{FOLDER},{text(path)}"


@pytest.fixture(
    scope="module", params=["dynamic", pytest.param("static", marks=pytest.mark.exhaustive)]
)
def program(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("calls") / "calls"
    options = ["-static"] if request.param == "static" else []
    command = ["gcc", "-w", "-o", str(path), str(SOURCE), *options]
    if subprocess.run(command, check=False, timeout=60).returncode:
        pytest.skip("no static C library here")
    return path


@pytest.fixture
def make(program: Path, tmp_path: Path) -> Iterator[Callable[..., Followed]]:
    """Makes some calls in the folder ``tmp_path / "here"``."""
    here = tmp_path / "here"
    here.mkdir()
    yield lambda *calls: follow(here, [program, *calls])


def results(did: Followed) -> list[int]:
    return [*map(int, did.output.split())]


# What is recorded of a file that is there, and of one that is not, by the letters of ``Followed``.
BY_PATH = {
    "open": (["p", os.O_RDONLY], "r", "R"),
    "openat": (["d", "p", os.O_RDONLY], "r", "R"),
    "openat2": (["d", "p", "b", 24], "r", "R"),
    "creat": (["p", 0o600], "w", "w"),
    **{name: (["p", "b"], "s", "S") for name in ("stat", "lstat", "statfs")},
    **{name: (["p", 4], "s", "S") for name in ("access", "chdir")},
    "newfstatat": (["d", "p", "b", 0], "s", "S"),
    "statx": (["d", "p", 0, 0x7FF, "b"], "s", "S"),
    "faccessat": (["d", "p", 4], "s", "S"),
    "faccessat2": (["d", "p", 4, 0], "s", "S"),
    "readlink": (["p", "b", 100], "s", "S"),
    "readlinkat": (["d", "p", "b", 100], "s", "S"),
    "getxattr": (["p", text("user.a"), "b", 10], "s", "S"),
    "lgetxattr": (["p", text("user.a"), "b", 10], "s", "S"),
    "listxattr": (["p", "b", 10], "s", "S"),
    "llistxattr": (["p", "b", 10], "s", "S"),
    "getxattrat": (["d", "p", 0, text("user.a"), "b", 16], "s", "S"),
    "listxattrat": (["d", "p", 0, "b", 10], "s", "S"),
    "file_getattr": (["d", "p", "b", 24, 0], "s", "S"),
    "uselib": (["p"], "r", "R"),
    "execve": (["p", "n", "n"], "r", "R"),
    "execveat": (["d", "p", "n", "n", 0], "r", "R"),
    "unlink": (["p"], "sw", "S"),
    "unlinkat": (["d", "p", 0], "sw", "S"),
    "rmdir": (["p"], "sw", "S"),
    "mkdir": (["p", 0o700], "s", "m"),
    "mkdirat": (["d", "p", 0o700], "s", "m"),
    "mknod": (["p", 0o10600, 0], "s", "w"),
    "mknodat": (["d", "p", 0o10600, 0], "s", "w"),
    "symlink": ([text("to"), "p"], "s", "w"),
    "symlinkat": ([text("to"), "d", "p"], "s", "w"),
    "truncate": (["p", 1], "ra", "R"),
    "chmod": (["p", 0o600], "rw", "R"),
    "fchmodat": (["d", "p", 0o600], "rw", "R"),
    "fchmodat2": (["d", "p", 0o600, 0], "rw", "R"),
    **{name: (["p", os.getuid(), os.getgid()], "rw", "R") for name in ("chown", "lchown")},
    "fchownat": (["d", "p", os.getuid(), os.getgid(), 0], "rw", "R"),
    "utime": (["p", "n"], "rw", "R"),
    "utimes": (["p", "n"], "rw", "R"),
    "futimesat": (["d", "p", "n"], "rw", "R"),
    "utimensat": (["d", "p", "n", 0], "rw", "R"),
    **{name: (["p", text("user.a"), "b", 1, 0], "rw", "R") for name in ("setxattr", "lsetxattr")},
    **{name: (["p", text("user.a")], "rw", "R") for name in ("removexattr", "lremovexattr")},
    "setxattrat": (["d", "p", 0, text("user.a"), "b", 16], "rw", "R"),
    "removexattrat": (["d", "p", 0, text("user.a")], "rw", "R"),
    "file_setattr": (["d", "p", "b", 24, 0], "rw", "R"),
    # Of those with two paths: the first here, the second below.
    "link": (["p", text("new1")], "rw", "R"),
    "linkat": (["d", "p", HERE, text("new2"), 0], "rw", "R"),
    "rename": (["p", text("new3")], "rw", "S"),
    "renameat": (["d", "p", HERE, text("new4")], "rw", "S"),
    "renameat2": (["d", "p", HERE, text("new5"), 0], "rw", "S"),
}

OTHERWISE = {
    *("getdents", "getdents64", "inotify_add_watch", "connect", "sendto", "sendmsg", "sendmmsg"),
    *("bind", "io_uring_setup", "fchmod", "fchown", "fsetxattr", "fremovexattr"),
}
"""Calls that other tests make."""

KNOWN = [name for name in BY_PATH if name in NUMBERS]


def test_each_call_is_made_by_a_test() -> None:
    refused = {name for name, one in CALLS.items() if one.how == "refuse"}
    assert CALLS.keys() == BY_PATH.keys() | OTHERWISE | refused


def by_path(name: str, path: str, at: int) -> str:
    arguments = [{"p": path, "d": at}.get(str(one), one) for one in BY_PATH[name][0]]
    return call(name, *arguments, kind="f")


def check_each(did: Followed, place: Callable[[str], Path | str]) -> None:
    assert did.trace.problems == ()
    found = {
        name: (did.letters(place(f"{name}.there")), did.letters(place(f"{name}.absent")))
        for name in KNOWN
    }
    assert found == {name: BY_PATH[name][1:] for name in KNOWN}
    if "rename" in KNOWN:
        assert [did.letters(place(f"new{number}"))[:1] for number in range(1, 6)] == ["w"] * 5


def files_for_each(here: Path) -> None:
    for name in KNOWN:
        (here / f"{name}.there").write_text("content", "utf-8")


def calls_for_each(prefix: str, at: int) -> list[str]:
    found = []
    for name in KNOWN:
        for state in ("there", "absent"):
            path = text(f"{prefix}{name}.{state}")
            found.append(by_path(name, path, at))
    return found


def test_absolute_paths(make: Program, tmp_path: Path) -> None:
    here = tmp_path / "here"
    files_for_each(here)
    did = make(*calls_for_each(f"{here}/", -1))
    check_each(did, lambda name: here / name)


@pytest.mark.exhaustive
def test_paths_relative_to_the_current_folder(make: Program, tmp_path: Path) -> None:
    here = tmp_path / "here"
    files_for_each(here)
    check_each(make(*calls_for_each("", HERE)), lambda name: here / name)


@pytest.mark.exhaustive
@pytest.mark.parametrize("prefix", ["/proc/self/cwd", "/proc/thread-self/cwd", "/proc/self/./cwd"])
def test_paths_below_proc(make: Program, tmp_path: Path, prefix: str) -> None:
    here = tmp_path / "here"
    files_for_each(here)
    check_each(make(*calls_for_each(f"{prefix}/", -1)), lambda name: here / name)


def test_paths_relative_to_a_descriptor(make: Program, tmp_path: Path) -> None:
    here, place = tmp_path / "here", tmp_path / "here/sub"
    place.mkdir()
    calls = []
    for name, (arguments, *_) in BY_PATH.items():
        if name in KNOWN and "d" in arguments:
            (place / f"{name}.there").write_text("content", "utf-8")
            calls += [
                by_path(name, text(f"{name}.{state}"), FOLDER) for state in ("there", "absent")
            ]
    did = make(folder(place), *calls)
    assert did.trace.problems == ()
    for name, (arguments, there, absent) in BY_PATH.items():
        if name in KNOWN and "d" in arguments:
            letters = (did.letters(place / f"{name}.there"), did.letters(place / f"{name}.absent"))
            assert letters == (there, absent), name
            assert not did.letters(here / f"{name}.there")


def test_a_descriptor_itself(make: Program, tmp_path: Path) -> None:
    here = tmp_path / "here"
    names = ["fchmod", "fchown", "fsetxattr", "fremovexattr", "utimensat", "fchownat", "fchmodat2"]
    for name in names:
        (here / name).mkdir()
    more = {
        "fchmod": [0o755],
        "fchown": [os.getuid(), os.getgid()],
        "fsetxattr": [text("user.a"), "b", 1, 0],
        "fremovexattr": [text("user.a")],
        "utimensat": ["n", "n", 0],
        "fchownat": [text(""), os.getuid(), os.getgid(), EMPTY_PATH],
        "fchmodat2": [text(""), 0o755, EMPTY_PATH],
    }
    calls = []
    for name in names:
        calls += [folder(here / name), call(name, FOLDER, *more[name])]
    did = make(*calls)
    assert did.trace.problems == ()
    assert {name: did.letters(here / name) for name in names} == dict.fromkeys(names, "rw")


def test_listing(make: Program, tmp_path: Path) -> None:
    here = tmp_path / "here"
    for name in ("getdents", "getdents64", "watched"):
        (here / name).mkdir()
    calls = []
    for name in ("getdents", "getdents64"):
        if name in NUMBERS:
            calls += [folder(here / name), call(name, FOLDER, "b", 4096)]
    did = make(*calls, call("inotify_add_watch", -1, text(here / "watched"), 1))
    assert did.trace.problems == ()
    assert did.letters(here / "getdents64") == "rl"
    assert did.letters(here / "watched") == "s"


OPENING = {
    "added to": (os.O_WRONLY | os.O_APPEND, "a", "S"),
    "changed": (os.O_RDWR, "ra", "R"),
    "created": (os.O_RDWR | os.O_CREAT, "ra", "w"),
    "anew": (os.O_WRONLY | os.O_CREAT | os.O_TRUNC, "w", "w"),
    "alone": (os.O_WRONLY | os.O_CREAT | os.O_EXCL, "s", "w"),
    "emptied": (os.O_RDONLY | os.O_TRUNC, "w", "w"),
    "a place": (0o10000000, "s", "S"),  # O_PATH
    "a folder": (os.O_DIRECTORY, "s", "S"),
}


@pytest.mark.parametrize("prefix", ["", "{here}/"], ids=["relative", "absolute"])
def test_flags_of_open(make: Program, tmp_path: Path, prefix: str) -> None:
    here = tmp_path / "here"
    prefix = prefix.format(here=here)
    calls = [call("stat", text("/"), "b")]
    for name, (flags, *_) in OPENING.items():
        (here / f"{name} there").write_text("content", "utf-8")
        calls += [
            call("openat", HERE, text(f"{prefix}{name} {state}"), flags, 0o600)
            for state in ("there", "absent")
        ]
    did = make(*calls)
    found = {
        name: (did.letters(here / f"{name} there"), did.letters(here / f"{name} absent"))
        for name in OPENING
    }
    assert found == {name: (there, absent) for name, (_flags, there, absent) in OPENING.items()}


def test_names_are_bytes(make: Program, tmp_path: Path) -> None:
    here = tmp_path / "here"
    name = os.fsdecode(b"\xff\xfe\n\x01 name")
    did = make(
        call("openat", HERE, text(name), 0), call("openat", HERE, text(here / f"{name}2"), 0)
    )
    assert did.trace.problems == ()
    assert (did.letters(here / name), did.letters(here / f"{name}2")) == ("R", "R")


@pytest.mark.quick("dynamic-128", "dynamic-4000")
@pytest.mark.parametrize("length", [1, 100, 127, 128, 129, 2000, 4000])
def test_a_path_at_the_end_of_a_page(make: Program, tmp_path: Path, length: int) -> None:
    name = "/".join(["./" * (length // 2), "x"]) if length > 1 else "x"
    absolute = "/." * (length // 2) + "/x"
    did = make(*(call("openat", HERE, text(path, "e"), 0) for path in (name, absolute)))
    assert did.trace.problems == ()
    assert did.letters(f"{tmp_path}/here/{name}") == "R"
    assert did.letters(absolute) == "R"


def test_what_a_program_does_again_is_recorded_where_it_leads_elsewhere(
    make: Program, tmp_path: Path
) -> None:
    here = tmp_path / "here"
    (here / "link").symlink_to("one")
    again = [
        call("stat", text(here / "link/looked-at"), "b"),
        call("openat", HERE, text(here / "link/read"), 0),
    ]
    did = make(
        *(2 * again),
        call("unlink", text(here / "link")),
        *(2 * again),
        call("symlink", text("two"), text(here / "link")),
        *(2 * again),
    )
    assert did.trace.problems == ()
    assert did.letters(here / "two/looked-at") == "S"
    assert did.letters(here / "two/read") == "R"
    assert did.letters(here / "link/looked-at") == "S"


def test_what_a_link_led_to_before_it_changed(make: Program, tmp_path: Path) -> None:
    here = tmp_path / "here"
    (here / "one").mkdir()
    (here / "one/read").touch()
    (here / "link").symlink_to("one")
    (here / "file").symlink_to("one/other")
    did = make(
        call("openat", HERE, text("link/read"), 0),
        call("stat", text(here / "link/absent"), "b"),
        call("openat", HERE, text("link/made"), os.O_WRONLY | os.O_CREAT, 0o600),
        call("stat", text("file"), "b"),
        call("unlink", text("link")),
        call("symlink", text("two"), text("link")),
    )
    assert did.trace.problems == ()
    assert did.letters(here / "one/read") == "r"
    assert did.letters(here / "one/absent") == "S"
    assert did.letters(here / "one/made") == "w"
    assert did.letters(here / "one/other") == "s"


def test_another_name_of_a_link_is_a_link(make: Program, tmp_path: Path) -> None:
    here = tmp_path / "here"
    (here / "link").symlink_to("one")
    did = make(
        call("symlink", text("two"), text("other")),
        call("openat", HERE, text("same/before"), 0),
        call("link", text("link"), text("same")),
        call("openat", HERE, text("same/read"), 0),
        call("unlink", text("same")),
    )
    assert did.trace.problems == ()
    assert did.letters(here / "one/read") == "R"


def test_what_is_no_path(make: Program) -> None:
    did = make(
        call("openat", HERE, "n", 0),
        call("openat", HERE, 12345, 0),
        call("openat", HERE, text(""), 0),
        call("openat", 77, text("no-such-folder"), 0),
        call("openat", HERE, text("x" * 5000), 0),
        call("newfstatat", HERE, text(""), "b", EMPTY_PATH),
        call("execve", "n", "n", "n", kind="f"),
    )
    assert did.trace.problems == ()
    assert results(did)[:5] == [-14, -14, -2, -9, -36]
    assert not [one for one in did.trace.accesses if "no-such" in one.path or "xxx" in one.path]


def test_descriptors_by_their_path(make: Program, tmp_path: Path) -> None:
    here, place = tmp_path / "here", tmp_path / "here/sub"
    place.mkdir()
    names = [f"/dev/fd/{FOLDER}/a", f"/proc/self/fd/{FOLDER}/b", f"/proc//self/fd/{FOLDER}/c"]
    did = make(
        folder(place),
        *(call("openat", HERE, text(name), 0) for name in names),
        folder(Path("/proc/self")),
        call("openat", FOLDER, text("cwd/d"), 0),
        call("openat", HERE, text("/proc/self/../self/cwd/e"), 0),
        call("openat", HERE, text("/proc/self/exe"), 0),
    )
    assert did.trace.problems == ()
    assert [did.letters(place / name) for name in "abc"] == ["R", "R", "R"]
    assert did.letters(here / "d") == "R"
    (ran,) = did.trace.programs.values()
    assert did.letters(ran.path)[0] == "r"


def test_exchanged_files_are_both_read_and_written(make: Program, tmp_path: Path) -> None:
    here = tmp_path / "here"
    for name in "ab":
        (here / name).write_text(name, "utf-8")
    did = make(call("renameat2", HERE, text("a"), HERE, text("b"), 2))
    assert (did.letters(here / "a"), did.letters(here / "b")) == ("rw", "rw")
    assert (here / "a").read_text("utf-8") == "b"


@pytest.mark.parametrize(
    "name", sorted(name for name, one in CALLS.items() if one.how == "refuse" and name in NUMBERS)
)
@pytest.mark.quick("dynamic-chroot")
def test_what_cannot_be_followed_is_a_problem(make: Program, name: str) -> None:
    # The arguments are wrong, so that it does nothing.
    did = make(call(name, -1, -1, -1, -1, -1, -1, kind="f"))
    assert did.trace.problems == (f"a program called {name}, which lbuild cannot follow",)


def test_a_root_for_one_call_is_a_problem(make: Program) -> None:
    how = (0).to_bytes(16, "little") + (0x10).to_bytes(8, "little")
    did = make(call("openat2", HERE, text("/x"), text(how), 24))
    (problem,) = did.trace.problems
    assert "another root" in problem


def test_a_call_that_nobody_knows_is_a_problem(make: Program) -> None:
    did = make(call(5000))
    assert results(did) == [-38]
    assert did.trace.problems == ("a program made system call 5000, which lbuild does not know",)


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="about x86-64")
def test_other_numbers_of_the_same_machine_are_a_problem(make: Program) -> None:
    did = make(call(0x40000000 + 2, text("x32"), 0))
    (problem,) = did.trace.problems
    assert str(0x40000002) in problem
    did = make(call(5, 0, 0, kind="x"))  # open
    if did.code == 0:
        assert did.trace.problems == ("a program made system calls of another architecture",)


def test_io_uring_is_not_there(make: Program) -> None:
    did = make(call("io_uring_setup", 1, "b"))
    assert results(did) == [-38]
    assert did.trace.problems == ()


def unix(path: str | bytes) -> tuple[str, int]:
    raw = socket.AF_UNIX.to_bytes(2, "little") + os.fsencode(path) + b"\0"
    return text(raw), len(raw)


def inet(host: str, port: int) -> tuple[str, int]:
    raw = socket.AF_INET.to_bytes(2, "little") + port.to_bytes(2, "big") + socket.inet_aton(host)
    return text(raw + bytes(8)), 16


SOCKET = {"x86_64": 41, "aarch64": 198}.get(os.uname().machine, 0) if os.name == "posix" else 0


def opened_socket(family: int = socket.AF_UNIX, kind: int = socket.SOCK_STREAM) -> str:
    """A call that gives descriptor 3, or the next one."""
    return call(SOCKET, int(family), int(kind), 0)


def problem_with(peer: str) -> tuple[str]:
    return (f"a program asked a process that is not followed ({peer})",)


@pytest.mark.parametrize("path", ["server", "./server", "{here}/server", "\0of lbuild's tests"])
def test_a_server_outside_of_the_tree_is_a_problem(
    make: Program, tmp_path: Path, path: str
) -> None:
    path = path.format(here=tmp_path / "here")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"{path}\0" if path[0] == "\0" else str(tmp_path / "here" / path))
        server.listen()
        # That it tries to bind the address as well does not make it its own.
        did = make(
            opened_socket(),
            call("bind", 3, *unix(path)),
            opened_socket(),
            call("connect", 4, *unix(path)),
        )
    assert results(did)[3] == 0
    (problem,) = did.trace.problems
    assert "is not followed (unix:" in problem


@pytest.mark.parametrize("path", ["server", "\0of lbuild's other tests"])
def test_a_server_in_the_tree_is_none(make: Program, tmp_path: Path, path: str) -> None:
    did = make(
        opened_socket(),
        call("bind", 3, *unix(path)),
        call({"x86_64": 50}.get(os.uname().machine, 201), 3, 1),
        opened_socket(),
        call("connect", 4, *unix(path)),
    )
    assert results(did)[-1] == 0
    assert did.trace.problems == ()
    if path == "server":
        assert did.letters(tmp_path / "here/server") == "w"


def test_sending_to_an_address(make: Program) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        did = make(
            opened_socket(socket.AF_INET, socket.SOCK_DGRAM),
            call("sendto", 3, "b", 1, 0, "n", 0),
            call("sendto", 3, "b", 1, 0, *inet("127.0.0.1", 53)),
            call("sendto", 3, "b", 1, 0, *inet("192.0.2.1", 9)),
        )
        assert did.trace.problems == ()
        did = make(
            opened_socket(socket.AF_INET, socket.SOCK_DGRAM),
            call("sendto", 3, "b", 1, 0, *inet("127.0.0.1", port)),
        )
        assert did.trace.problems == problem_with(f"inet:127.0.0.1:{port}")
        # A server that is there already is not one of the tree's because that tries to be one.
        did = make(
            opened_socket(socket.AF_INET, socket.SOCK_DGRAM),
            call("bind", 3, *inet("127.0.0.1", port)),
            call("connect", 3, *inet("127.0.0.1", port)),
        )
        assert did.trace.problems == problem_with(f"inet:127.0.0.1:{port}")


MESSAGES = """
import socket, sys
link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
link.sendmsg([b"x"], [], 0, ("127.0.0.1", int(sys.argv[1])))
status = 0
"""


def test_sending_a_message_to_an_address(tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
        did = follow(here, [str(port)], MESSAGES)
    assert did.code == 0
    assert did.trace.problems == problem_with(f"inet:127.0.0.1:{port}")
