"""What a compiler made is written again only where it would make the same."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from lbuild_frontend.cache.commands import CommandResult, keep_output, publish
from lbuild_frontend.in_process import commands, start
from lbuild_frontend.in_process.commands import Commands
from support import interpreters
from support.interpreters import EACH_INTERPRETER

INSTALLED = interpreters.installed()
WORDS = ["cc", "-c", "a.c", "-o", "a.o"]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A project with what a command uses, and its result in a folder of the cache."""
    project = tmp_path / "project"
    project.mkdir()
    (project / "a.c").write_text("int a;\n")
    (project / "inc").mkdir()
    (project / "link").symlink_to("inc")
    compiler = tmp_path / "bin" / "cc"
    compiler.parent.mkdir()
    compiler.write_text("#!/bin/sh\necho compiled > a.o\n")
    compiler.chmod(0o755)
    place = tmp_path / "results"
    source = project / "a.c"
    inputs = [
        (str(source), commands.content_of(str(source)), None),
        (str(project / "inc"), commands.looked_at(str(project / "inc")), None),
        (str(project / "link"), commands.looked_at(str(project / "link")), None),
        (str(project / "inc" / "h.h"), commands.ABSENT, None),
        (str(project / "a.o"), commands.ABSENT, None),
    ]
    output = (str(project / "a.o"), keep_output(place, b"object"), True)
    key = known(place).key_of(WORDS, str(project), variables(tmp_path))
    assert key is not None
    publish(place, [CommandResult(key, tuple(inputs), (output,))], set())
    return place


def known(place: Path, salt: str = "salt") -> Commands:
    return Commands(
        str(place), str(place.parent / "log"), salt, "cc|gcc", ["CPATH", "LC_*", "PATH"], []
    )


def variables(folder: Path, **more: str) -> dict[str, str]:
    return {"PATH": str(folder / "bin"), "HOME": str(folder), **more}


def is_restored(place: Path, words: list[str] | None = None, **more: str) -> bool:
    folder = place.parent / "project"
    here = known(place)
    key = here.key_of(words or WORDS, str(folder), variables(place.parent, **more))
    restored = key is not None and here.restored(key) is not None
    assert restored == (folder / "a.o").exists()
    return restored


def test_what_is_the_same_is_not_run(place: Path) -> None:
    os.utime(place.parent / "project" / "a.c", ns=(1, 1))
    assert is_restored(place, HOME="/elsewhere")
    made = place.parent / "project" / "a.o"
    assert made.read_bytes() == b"object"
    assert made.stat().st_mode & 0o111
    assert is_restored(place)  # what it has made does not hinder it


def test_each_of_the_last_results_is_found(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not belong to the sources as they are is not even unpacked."""
    project, here = place.parent / "project", known(place)
    source, made = project / "a.c", project / "a.o"
    key = here.key_of(WORDS, str(project), variables(place.parent))
    assert key is not None
    for number in range(6):
        source.write_text(f"int a{number};\n")
        rows = ((str(source), commands.content_of(str(source)), None),)
        output = (str(made), keep_output(place, f"object {number}".encode()), False)
        publish(place, [CommandResult(key, rows, (output,), rows)], set())
    unpacked: list[bytes] = []
    decompress = zlib.decompress
    monkeypatch.setattr(zlib, "decompress", lambda data: unpacked.append(data) or decompress(data))
    for number in range(6):
        source.write_text(f"int a{number};\n")
        assert (known(place).restored(key) is not None) == (number >= 2)
        if number >= 2:
            assert made.read_text() == f"object {number}"
    assert len(unpacked) == 4
    assert len([path for path in place.iterdir() if len(path.name) == 64]) == 4
    source.write_text("int b;\n")
    assert known(place).restored(key) is None


def test_a_file_that_was_written_just_now_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before Linux 6.13 a time stamp stays the same for some milliseconds."""
    path, checker = tmp_path / "_configtest.c", commands.Checker()
    now = time.time_ns()
    monkeypatch.setattr(
        commands, "signature_of", lambda status: [status.st_size, now, now, status.st_ino]
    )
    for text in ("int one;", "int two;"):
        path.write_text(text)
        assert checker.is_as(str(path), commands.content_of(str(path)), None)


def in_project(change: Callable[[Path], object]) -> Callable[[Path], object]:
    return lambda place: change(place.parent / "project")


def retarget(project: Path) -> None:
    (project / "other").mkdir()
    (project / "link").unlink()
    (project / "link").symlink_to("other")


@pytest.mark.parametrize(
    "change",
    [
        in_project(lambda project: (project / "a.c").write_text("int b;\n")),
        in_project(lambda project: (project / "a.c").unlink()),
        in_project(lambda project: (project / "inc" / "h.h").touch()),
        in_project(lambda project: (project / "inc" / "h.h").symlink_to("nowhere")),
        in_project(lambda project: (project / "inc").rmdir()),
        in_project(retarget),
        lambda place: [path.unlink() for path in place.iterdir() if len(path.name) == 64],
        lambda place: [path.write_bytes(b"x") for path in place.iterdir()],
        lambda place: [path.write_bytes(b"") for path in place.iterdir() if len(path.name) == 60],
        lambda place: (place.parent / "bin" / "cc").chmod(0o644),
        lambda place: (place.parent / "bin" / "cc").rename(place.parent / "bin" / "ccc"),
    ],
    ids=[
        *("source", "no-source", "header", "dangling-header", "no-folder", "link"),
        *("no-output", "damage", "empty-record", "not-executable", "no-compiler"),
    ],
)
def test_what_has_changed_is_run(place: Path, change: Callable[[Path], object]) -> None:
    change(place)
    assert not is_restored(place)


def test_other_words_and_variables(place: Path, tmp_path: Path) -> None:
    assert not is_restored(place, [*WORDS, "-O3"])
    assert not is_restored(place, [*WORDS, "-march=native"])
    assert not is_restored(place, [*WORDS, "-fplugin=x.so"])
    assert not is_restored(place, ["sed", *WORDS[1:]])
    assert not is_restored(place, CPATH="/include")
    assert not is_restored(place, LC_ALL="C")
    assert not is_restored(place, PATH=f"{tmp_path}:{tmp_path / 'bin'}")
    (tmp_path / "project" / "cc").symlink_to(tmp_path / "bin" / "cc")
    assert not is_restored(place, PATH=f".:{tmp_path / 'bin'}")
    assert known(place).key_of(WORDS, "/", variables(tmp_path)) != known(place, "pepper").key_of(
        WORDS, "/", variables(tmp_path)
    )


def test_a_file_with_the_stat_signature_of_the_record_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("content")
    signature = commands.signature_of(path.stat())
    checker = commands.Checker()
    other = f"sha256 {hashlib.sha256(b'other').hexdigest()}"
    assert checker.is_as(str(path), other, signature)
    assert not checker.is_as(str(path), other, None)


CODE = """
import json, os, subprocess, sys
call = [sys.argv[1], "-c", "a.c", "-o", "a.o"]
def made():
    there = os.path.exists("a.o")
    if there:
        os.unlink("a.o")
    return there
said = [subprocess.check_call(call), made(), subprocess.call(call), made()]
said += [subprocess.run(call).returncode, made()]
with subprocess.Popen(call) as process:
    said += [process.communicate(), process.poll(), process.wait(timeout=1), made()]
process = subprocess.Popen(call, env=dict(os.environ))
process.kill()
said += [process.returncode, process.args == call, isinstance(process, subprocess.Popen), made()]
said += [subprocess.check_output(call).decode(), made()]
print(json.dumps(said))
"""


@EACH_INTERPRETER
def test_programs_do_not_notice(tmp_path: Path, version: str) -> None:
    """A compiler that is a script is told apart later, by the trace of the programs."""
    place, project = tmp_path / "results", tmp_path / "project"
    project.mkdir()
    compiler = tmp_path / "cc"
    compiler.write_text("#!/bin/sh\necho ran\necho compiled > a.o\n")
    compiler.chmod(0o755)
    log = tmp_path / "log"
    settings = {
        "place": str(place),
        "log": str(tmp_path / "commands"),
        "salt": "",
        "programs": "cc",
        "variables": ["CPATH"],
        "changing": [str(project)],
    }
    script = tmp_path / "script.py"
    script.write_text(CODE)
    command = [
        INSTALLED[version],
        *start.START,
        str(log),
        "setuptools.cfg",
        "",
        str(script),
        str(compiler),
    ]

    def said() -> list[object]:
        log.unlink(missing_ok=True)
        environ = {**os.environ, commands.SETTINGS: json.dumps(settings)}
        done = subprocess.run(command, cwd=project, env=environ, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        *output, last = done.stdout.splitlines()
        counts.append(len(output))
        found: list[object] = json.loads(last)
        return found

    counts: list[int] = []
    expected = [0, True, 0, True, 0, True, [None, None], 0, 0, True]
    first = said()
    assert first[:10] == expected
    assert first[-2:] == ["ran\n", True]
    assert counts.pop() >= 4
    notes = [json.loads(line) for line in (tmp_path / "commands").read_text().splitlines()]
    key = notes[0]["start"]
    assert {"end": key} in notes
    (tmp_path / "commands").unlink()
    output = (str(project / "a.o"), keep_output(place, b"object"), False)
    inputs = ((str(compiler), commands.content_of(str(compiler)), None),)
    publish(place, [CommandResult(key, inputs, (output,))], set())
    record = place / key
    sound = record.read_bytes()
    other_format = b"[]"
    record.write_bytes(hashlib.sha256(other_format).hexdigest().encode() + b"\n" + other_format)
    assert said()[:10] == expected
    assert counts.pop() >= 4
    record.write_bytes(sound)
    (tmp_path / "commands").unlink()
    again = said()
    assert again == [*expected, 0, True, True, True, "ran\n", True]
    assert counts == [0]
    notes = [json.loads(line) for line in (tmp_path / "commands").read_text().splitlines()]
    assert [[*one] for one in notes] == [["reused", "inputs"]] * 5
    records = log.read_bytes().split(b"\0")
    words = json.dumps([[str(compiler), *WORDS[1:]], os.path.realpath(project)])
    assert f"h{words}".encode() in records
    assert b"r" + os.fsencode(compiler) in records


@pytest.mark.skipif(shutil.which("cc") is None, reason="a compiler")
def test_redirected_output(tmp_path: Path) -> None:
    """Somebody may look for a warning there."""
    here = known(tmp_path)
    assert here.key_of(["cc"], "/", dict(os.environ)) is not None
    kept = os.dup(1)
    try:
        with (tmp_path / "output").open("w") as file:
            os.dup2(file.fileno(), 1)
            assert here.key_of(["cc"], "/", dict(os.environ)) is None
    finally:
        os.dup2(kept, 1)
        os.close(kept)
    assert sys.stdout is not None
