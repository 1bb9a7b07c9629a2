"""What is recorded of the commands of compilers when a hook has ended."""

import json
import os
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lbuild_frontend.hooks.commands import KnownCommands
from lbuild_frontend.in_process import commands as in_process
from lbuild_keys.observe.files import Digests
from lbuild_keys.tracing.process_trace import HOOK, ProcessTrace, Program, ProgramAccess
from lbuild_keys.tracing.trace import Trace

COMPILER = shutil.which("gcc")
pytestmark = pytest.mark.skipif(COMPILER is None, reason="gcc")

WORDS = ("gcc", "-c", "a.c", "-o", "a.o")


class Build:
    """A hook that has run one command: its files, its log and its trace."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "project"
        self.folder.mkdir()
        for name in ("a.c", "a.h"):
            self.write(name, "text")
            os.utime(self.folder / name, ns=(1, 1))
        self.log = folder / "log"
        self.known = KnownCommands(
            folder / "results", "salt", restores=True, keeps=True, digests=Digests()
        )
        self.program = COMPILER or ""
        self.accesses = [
            self.access("read", "a.c"),
            self.access("looked at", "inc", found=False),
            self.access("read", "a.h"),
            self.access("written", "a.s"),
            self.access("written", "a.o"),
        ]
        self.at = time.time_ns() + 10**9
        self.named: dict[str, object] = {}

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def access(self, what: str, name: str, *, found: bool = True) -> ProgramAccess:
        return ProgramAccess(what, str(self.folder / name), 1, found)  # type: ignore[arg-type]

    def learn(self, *, ended: bool = True, problems: tuple[str, ...] = ()) -> int:
        """Learn from it; return how many results there are."""
        self.write("a.o", "object")
        start = {"start": "key", "words": WORDS, "folder": str(self.folder), "at": self.at}
        notes = [{**start, "named": self.named}, *([{"end": "key"}] if ended else [])]
        self.log.write_text("".join(f"{json.dumps(note)}\n" for note in notes))
        gcc = Program(1, HOOK, self.program, WORDS, str(self.folder))
        processes = ProcessTrace({1: gcc}, tuple(self.accesses), problems)
        trace = Trace(folders={}, processes=processes, followed_from=0)
        self.known.learn(self.log, trace)
        return len(self.known.results)


@pytest.fixture
def build(tmp_path: Path) -> Build:
    return Build(tmp_path)


def test_a_command_of_which_all_is_known(build: Build) -> None:
    assert build.learn() == 1
    [result] = build.known.results
    assert {path: state.partition(" ")[0] for path, state, _ in result.inputs} == {
        str(build.folder / "a.c"): "sha256",
        str(build.folder / "a.h"): "sha256",
        str(build.folder / "inc"): "absent",
    }
    [(path, digest, executable)] = result.outputs
    assert (path, executable) == (str(build.folder / "a.o"), False)
    assert (build.known.place / digest).read_text() == "object"


def test_what_has_changed_since_it_started(build: Build) -> None:
    """It may have read something else. What its words name was looked at when it started."""
    build.at = time.time_ns() - 10**9
    assert build.learn() == 0
    status = (build.folder / "a.h").stat()
    content = in_process.content_of(str(build.folder / "a.c"))
    build.named = {
        str(build.folder / "a.h"): in_process.signature_of(status),
        str(build.folder / "a.c"): content,
    }
    assert build.learn() == 1
    build.write("a.c", "other")
    assert build.learn() == 1


def script(build: Build) -> None:
    path = build.folder / "gcc"
    path.write_text("#!/bin/sh\n")
    build.program = str(path)


@pytest.mark.parametrize(
    "change",
    [
        lambda build: (build.folder / "a.h").unlink(),
        lambda build: (build.folder / "inc").mkdir(),
        lambda build: (build.folder / "a.s").mkdir(),
        lambda build: build.accesses.append(build.access("written", "gone/../a.c")),
        lambda build: build.accesses.append(ProgramAccess("read", f"{build.folder}/a.s", 0, True)),
        lambda build: build.accesses.pop(),
        script,
    ],
    ids=["no-header", "a-folder", "a-folder-made", "source-made", "taken-away", "no-result", "sh"],
)
def test_commands_that_are_not_known(build: Build, change: Callable[[Build], object]) -> None:
    change(build)
    assert build.learn() == 0


def test_traces_that_are_not_complete(build: Build) -> None:
    assert build.learn(ended=False) == 0
    assert build.learn(problems=("something",)) == 0
    build.known = replace(build.known, keeps=False)
    assert build.learn() == 0
