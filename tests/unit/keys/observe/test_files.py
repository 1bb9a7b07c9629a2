"""States of files: what counts, and that a digest is remembered only as long as it is right."""

import hashlib
import os
import socket
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lbuild_keys.model import ABSENT, State, present, unreadable
from lbuild_keys.observe import files
from lbuild_keys.observe.files import GRANULARITY, Digests, Signature, signature_of
from support.denied_access import without_privileges


def observe(path: str | Path, digests: Digests | None = None) -> State:
    return files.observe(os.fspath(path), Digests() if digests is None else digests)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.txt"
    path.write_bytes(b"content")
    return path


# What is there


@pytest.mark.parametrize("content", [b"", b"content", bytes(range(256)) * 5000])
def test_content(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a").write_bytes(content)
    assert observe(tmp_path / "a") == present(sha256(content))


def test_a_touch_or_other_permissions_are_no_change(file: Path) -> None:
    before = observe(file)
    os.utime(file, (0, 0))
    file.chmod(0o640)
    assert observe(file) == before


@pytest.mark.parametrize("mode", [0o755, 0o744, 0o654, 0o645])
def test_the_executable_bit_counts(file: Path, mode: int) -> None:
    file.chmod(mode)
    assert observe(file) == present(f"{sha256(b'content')}+x")


@pytest.mark.parametrize("mode", [0o644, 0o755])
def test_a_link_counts_with_its_target_and_what_is_there(file: Path, mode: int) -> None:
    link = file.with_name("link")
    link.symlink_to("a.txt")
    file.chmod(mode)
    assert observe(link) == present(f"{observe(file).detail} -> a.txt")
    file.write_bytes(b"other")
    assert observe(link) == present(f"{observe(file).detail} -> a.txt")
    os.link(file, file.with_name("b.txt"))
    link.unlink()
    link.symlink_to("b.txt")
    assert observe(link) == present(f"{observe(file).detail} -> b.txt")


def test_links_to_what_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    targets = {
        "folder": "directory -> folder",
        "pipe": "special file of type 10000 -> pipe",
        "gone": "dangling link -> gone",
        "pipe/below": "dangling link -> pipe/below",
        os.devnull: f"special file of type 20000 -> {os.devnull}",
    }
    for number, (target, state) in enumerate(targets.items()):
        (tmp_path / str(number)).symlink_to(target)
        assert observe(tmp_path / str(number)) == present(state)


def test_a_pipe_that_has_taken_the_files_place(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opened at once, and never waited for, with nobody at its other end or somebody silent."""
    genuine = os.open
    writers = []

    def late(path: str, flags: int) -> int:
        if not writers:
            file.unlink()
            os.mkfifo(file)
            writers.append(genuine(path, os.O_RDWR | os.O_NONBLOCK))
        return genuine(path, flags)

    monkeypatch.setattr(os, "open", late)
    assert observe(file) == unreadable("it has no content yet")
    os.close(writers[0])


def test_a_file_that_is_replaced_after_it_was_looked_at(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By one of the same size and time: its digest is not remembered for the other one."""
    genuine, others = os.open, [b"two two", b"1 1 1 1"]
    content, digests = file.read_bytes(), Digests()
    old = files.signature_of(file.stat())
    assert [len(one) for one in others] == [len(content)] * 2

    def late(path: str, flags: int) -> int:
        if others:
            other = file.with_name("other")
            other.write_bytes(others.pop(0))
            os.utime(other, ns=(old[1], old[1]))
            other.replace(file)
        return genuine(path, flags)

    monkeypatch.setattr(os, "open", late)
    monkeypatch.setattr(files, "is_settled", lambda _signature, _taken_at: True)
    expected = hashlib.sha256(b"1 1 1 1").hexdigest()
    assert files.digest(os.fspath(file), file.stat(), digests) == expected
    assert digests.looked_at == {os.fspath(file): (files.signature_of(file.stat()), expected)}


@pytest.mark.parametrize("beyond", [-3, 0, 3, 300_000])
def test_a_file_whose_size_was_another_one(
    file: Path, monkeypatch: pytest.MonkeyPatch, beyond: int
) -> None:
    """As some file systems report: all that is there counts."""
    content = bytes(100 + beyond)
    file.write_bytes(content)
    status = file.stat()
    signature = (100, *files.signature_of(status)[1:])
    monkeypatch.setattr(files, "signature_of", lambda _status: signature)
    digest = files.digest(os.fspath(file), status, Digests())
    assert digest == hashlib.sha256(content).hexdigest()


def test_a_file_without_an_end(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel shows each process a file of its memory that gives hundreds of gigabytes."""
    genuine = os.open
    monkeypatch.setattr(os, "open", lambda _, flags: genuine("/dev/zero", flags))
    assert observe(file) == unreadable("it has no end")


def test_a_file_that_is_too_large(file: Path) -> None:
    """The kernel shows all memory that there could be as one file."""
    with file.open("wb") as opened:
        opened.truncate(2**40 + 1)
    assert observe(file) == unreadable("it is larger than a tebibyte")


def test_the_top_of_the_file_system(tmp_path: Path) -> None:
    (tmp_path / "up").symlink_to("/")
    up = tmp_path.joinpath(*([".."] * 60))
    for folder in (Path("/"), tmp_path / "up", up):
        assert files.is_top(os.fspath(folder))
    for folder in (Path("/usr"), tmp_path, tmp_path / "missing", tmp_path / "a\0b"):
        assert not files.is_top(os.fspath(folder))


def test_a_link_that_leads_to_itself_is_read_or_unreadable_but_never_absent(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    assert observe(tmp_path / "loop").presence != "absent"


def test_what_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
    assert observe(tmp_path) == present("directory")
    assert observe("pipe") == present("special file of type 10000")
    assert observe("socket") == present("special file of type 140000")


def test_nothing_there(file: Path) -> None:
    assert observe(file.with_name("gone")) == ABSENT
    assert observe(file.with_name("gone") / "below") == ABSENT
    assert observe(file / "below") == ABSENT


def test_a_name_that_is_not_utf_8(tmp_path: Path) -> None:
    (tmp_path / "caf\udce9").write_bytes(b"content")
    (tmp_path / "link").symlink_to("caf\udce9")
    assert observe(tmp_path / "caf\udce9") == present(sha256(b"content"))
    assert observe(tmp_path / "link") == present(f"{sha256(b'content')} -> caf\udce9")


# What cannot be read


def test_what_may_not_be_read_is_unreadable(file: Path) -> None:
    closed = file.with_name("closed")
    closed.mkdir()
    (closed / "file").write_bytes(b"content")
    link = file.with_name("link")
    link.symlink_to("closed/file")
    file.chmod(0)
    closed.chmod(0)
    with without_privileges():
        found = [observe(path) for path in (file, closed / "file", link)]
    closed.chmod(0o755)
    assert found == [State("unreadable", "Permission denied")] * 3


@pytest.mark.parametrize(
    ("name", "why"), [("a" * 300, "File name too long"), ("a\0b", "embedded null byte")]
)
def test_a_path_that_cannot_be_is_unreadable(tmp_path: Path, name: str, why: str) -> None:
    assert observe(f"{tmp_path}/{name}") == State("unreadable", why)


def test_a_file_that_keeps_changing_is_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(30_000_000))
    stop = threading.Event()

    def touch() -> None:
        at = 0
        while not stop.is_set():
            at += 1
            os.utime(path, (at, at))

    thread = threading.Thread(target=touch)
    thread.start()
    try:
        state = observe(path)
    finally:
        stop.set()
        thread.join()
    assert state == State("unreadable", "it kept changing while it was read")


# Digests that are remembered

OLD: Signature = (7, 10, 20, 30)


def test_a_trusted_signature_saves_the_reading(file: Path) -> None:
    signature = signature_of(file.stat())
    digests = Digests({str(file): (signature, "remembered")})
    assert observe(file, digests) == present("remembered")
    assert digests.looked_at == {str(file): (signature, "remembered")}
    file.chmod(0o755)  # which changes the change time
    assert observe(file, digests) == present(f"{sha256(b'content')}+x")


def test_a_signature_is_what_stat_tells(file: Path) -> None:
    os.utime(file, ns=(1, 2))  # else both times are the same
    status = file.stat()
    expected = (7, 2, status.st_ctime_ns, status.st_ino)
    assert signature_of(status) == expected


@pytest.mark.parametrize("part", range(4))
def test_each_part_of_a_signature_counts(file: Path, part: int) -> None:
    signature = list(signature_of(file.stat()))
    signature[part] += 1
    digests = Digests({str(file): (tuple(signature), "remembered")})
    assert observe(file, digests) == present(sha256(b"content"))


def test_a_signature_is_of_one_path(file: Path) -> None:
    digests = Digests({str(file): (signature_of(file.stat()), "remembered")})
    os.link(file, file.with_name("b.txt"))
    assert observe(file.with_name("b.txt"), digests) == present(sha256(b"content"))


def test_what_was_looked_at_outweighs_what_was_loaded() -> None:
    digests = Digests({"a": (OLD, "loaded")})
    newer = (8, 11, 21, 30)
    digests.learn("a", newer, "learned", 21 + GRANULARITY + 1)
    assert digests.find("a", newer) == "learned"
    assert digests.find("a", OLD) is None


@pytest.mark.parametrize("times", [(10, 20), (20, 10)], ids=["changed last", "modified last"])
def test_what_changed_just_now_is_not_remembered(times: tuple[int, int]) -> None:
    signature = (7, *times, 30)
    for taken_at in (0, 20, 20 + GRANULARITY):
        digests = Digests()
        digests.learn("a", signature, "digest", taken_at)
        assert digests.find("a", signature) is None
    digests.learn("a", signature, "digest", 20 + GRANULARITY + 1)
    assert digests.find("a", signature) == "digest"


def test_a_file_that_was_just_written_is_read_each_time(file: Path) -> None:
    digests = Digests()
    os.utime(file, (0, 0))
    observe(file, digests)
    assert digests.looked_at == {}


def test_the_same_size_at_the_same_time_is_another_content(file: Path) -> None:
    digests = Digests()
    for number in range(300):
        content = b"%07d" % number
        file.write_bytes(content)
        os.utime(file, ns=(0, 0))
        assert observe(file, digests) == present(sha256(content))


SHORT = 20_000_000
"""Nanoseconds that stand for the granularity below, so that a test can wait for it to pass."""

names = st.sampled_from(["a", "b"])
contents = st.sampled_from([b"", b"0", b"1", b"2"])
steps = st.one_of(
    st.tuples(st.just("write"), names, contents),
    st.tuples(st.just("replace"), names, contents),
    st.tuples(st.just("swap"), names, st.none()),
    st.tuples(st.just("put back the time"), names, st.none()),
    st.tuples(st.just("next process"), names, st.none()),
    st.tuples(st.just("wait"), names, st.none()),
    st.tuples(st.just("observe"), names, st.none()),
    st.tuples(st.just("observe"), names, st.none()),
)


@settings(max_examples=30)
@given(st.lists(steps, max_size=25))
def test_the_digest_is_always_that_of_the_content(
    tmp_path_factory: pytest.TempPathFactory, history: list[tuple[str, str, bytes | None]]
) -> None:
    folder = tmp_path_factory.mktemp("files")
    held = {"a": b"0", "b": b"1"}
    times = dict.fromkeys(held, (0, 0))
    digests = Digests()
    for name, content in held.items():
        (folder / name).write_bytes(content)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "GRANULARITY", SHORT)
        for step, name, content in [*history, ("observe", "a", None), ("observe", "b", None)]:
            path, other = folder / name, folder / ("b" if name == "a" else "a")
            if step == "write":
                path.write_bytes(content)
                held[name] = content
            elif step == "replace":
                (folder / "new").write_bytes(content)
                (folder / "new").replace(path)
                held[name] = content
            elif step == "swap":
                path.replace(folder / "new")
                other.replace(path)
                (folder / "new").replace(other)
                held[name], held[other.name] = held[other.name], held[name]
            elif step == "put back the time":
                os.utime(path, ns=times[name])
            elif step == "next process":
                digests = Digests(digests.looked_at)
            elif step == "wait":
                time.sleep(1.2 * SHORT / 10**9)
            else:
                status = path.stat()
                times[name] = (status.st_atime_ns, status.st_mtime_ns)
                assert observe(path, digests) == present(sha256(held[name]))


def test_after_a_while_a_digest_is_remembered(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "GRANULARITY", SHORT)
    time.sleep(1.2 * SHORT / 10**9)
    digests = Digests()
    observe(file, digests)
    assert digests.looked_at == {str(file): (signature_of(file.stat()), sha256(b"content"))}


# What a look tells


def look(path: Path) -> State:
    return files.look(os.fspath(path))


def test_a_look_tells_type_and_executable_bit(file: Path) -> None:
    assert look(file) == present("file")
    file.chmod(0o744)
    assert look(file) == present("executable file")
    assert look(file.parent) == present("directory")
    assert look(file.with_name("gone")) == ABSENT
    assert look(file / "below") == ABSENT


def test_a_look_tells_neither_content_nor_times(file: Path) -> None:
    before = look(file)
    file.write_bytes(b"other content")
    os.utime(file, (0, 0))
    assert look(file) == before


def test_a_look_at_a_link_tells_where_it_leads_and_what_is_there(file: Path) -> None:
    os.mkfifo(file.with_name("pipe"))
    targets = {
        "a.txt": "file -> a.txt",
        ".": "directory -> .",
        "pipe": "special file of type 10000 -> pipe",
        "gone": "dangling link -> gone",
        "a.txt/below": "dangling link -> a.txt/below",
        "5": "dangling link -> 5",
    }
    for number, (target, state) in enumerate(targets.items()):
        link = file.with_name(str(number))
        link.symlink_to(target)
        assert look(link) == present(state)
    file.chmod(0o755)
    assert look(file.with_name("0")) == present("executable file -> a.txt")


@pytest.mark.parametrize("name", [".git", ".hg", ".svn", ".bzr"])
def test_a_look_at_a_repository_tells_that_it_is_one(tmp_path: Path, name: str) -> None:
    assert look(tmp_path / name) == ABSENT
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / name).mkdir()
    (tmp_path / name).write_text("gitdir: tree/.git\n")  # a work tree of another one
    assert look(tmp_path / name) == look(tmp_path / "tree" / name) == present("repository")


def test_a_look_at_what_is_closed_is_unreadable(file: Path) -> None:
    closed = file.with_name("closed")
    closed.mkdir()
    (closed / "file").touch()
    (file.with_name("link")).symlink_to("closed/file")
    file.chmod(0)
    closed.chmod(0)
    with without_privileges():
        found = [look(path) for path in (closed / "file", file.with_name("link"))]
        open_to_a_look = look(file)
    closed.chmod(0o755)
    assert found == [State("unreadable", "Permission denied")] * 2
    assert open_to_a_look == present("file")


@pytest.mark.parametrize(
    ("name", "why"), [("a" * 300, "File name too long"), ("a\0b", "embedded null byte")]
)
def test_a_look_at_a_path_that_cannot_be(tmp_path: Path, name: str, why: str) -> None:
    assert look(tmp_path / name) == State("unreadable", why)


def test_the_last_change_of_a_path_is_its_signature(file: Path) -> None:
    assert files.last_change(os.fspath(file)) == signature_of(file.stat())
    file.with_name("link").symlink_to("a.txt")
    assert files.last_change(os.fspath(file.with_name("link"))) == signature_of(file.stat())
    assert files.last_change(os.fspath(file.with_name("gone"))) is None
