"""A project with compiled code that is edited at random, in both of its copies alike."""

import os
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from oracle.mutations import files, remark
from oracle.workshop import UnusableRecord, Workshop, kill_lbuild, run_lbuild

_C = frozenset((".c", ".cc", ".cpp", ".cxx", ".h", ".hh", ".hpp", ".hxx"))
_HEADERS = frozenset((".h", ".hh", ".hpp", ".hxx"))
_SOURCES = _C | {".pyx", ".pxd", ".pxi", ".py", ".rs", ".build", ".txt"}
_NOT_COMPILED = frozenset((".py", ".build", ".txt"))

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*["<]([\w./+-]+)[">]', re.MULTILINE)
_NUMBER = re.compile(r"(?<![\w.\"'])[1-9]\d?(?![\w.\"'])")

_FLAGS = ("-g0", "-g0 -DEDITED_BY_FLAGS=1", "-g0 -O1", "-g0 -O0")


@dataclass(frozen=True, slots=True)
class Change:
    """One file that is written, or removed.

    Attributes:
        path: relative to the project.
        data: what it holds then; None if it is removed.
        when: its time stamp: ``now``, ``before`` as it was, ``old`` of long ago.
    """

    path: str
    data: bytes | None
    when: str = "now"

    def make(self, project: Path) -> None:
        """Make it in a copy of the project."""
        path = project / self.path
        if self.data is None:
            path.unlink(missing_ok=True)
            return
        before = path.stat() if path.exists() else None
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.data)
        if self.when == "before" and before is not None:
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        elif self.when == "old":
            os.utime(path, (1_000_000_000, 1_000_000_000))


@dataclass(slots=True, eq=False)
class EditedProject:
    """A project in both of its copies, and what was done to it."""

    workshop: Workshop
    chance: random.Random
    read: frozenset[str]
    is_broken: bool = False
    number: int = 0
    last: list[Change] = field(default_factory=list)
    earlier: list[str] = field(default_factory=list)
    commits: list[str] = field(default_factory=list)
    first: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.first = {name: self._data(name) for name in self._sources()}
        self.commits.append(self._head())

    def edit(self) -> Iterator[str]:
        """Do something to the project; yield in words what it was."""
        if self.is_broken:
            self._undo()
            yield "undone"
        kinds: dict[Callable[[], str | None], int] = {
            self._code: 6,
            self._number: 4,
            self._comment: 2,
            self._earlier_header: 3,
            self._no_earlier_header: 2,
            self._removed: 1,
            self._touched: 2,
            self._as_at_first: 3,
            self._flags: 2,
            self._commit: 1,
            self._checkout: 2,
        }
        done = None
        while done is None:
            done = self.chance.choices([*kinds], [*kinds.values()])[0]()
        yield done
        if self.chance.random() < _FAILS:
            yield self._fail()
        if self.chance.random() < _IS_KILLED:
            kill_lbuild(self.workshop, self.chance.random() * 3)
            yield "a killed build"

    def _code(self) -> str | None:
        path = self._any(_SOURCES)
        self.number += 1
        return self._write("code", path, self._data(path) + _statement(path, self.number))

    def _number(self) -> str | None:
        path = self._any(_SOURCES)
        text = self._data(path).decode("utf-8", "surrogateescape")
        places = list(_NUMBER.finditer(text))
        if not places:
            return None
        place = self.chance.choice(places)
        text = f"{text[: place.start()]}{int(place[0]) + 1}{text[place.end() :]}"
        return self._write("a number", path, text.encode("utf-8", "surrogateescape"))

    def _comment(self) -> str | None:
        path = self._any(_SOURCES)
        data = self._data(path)
        return self._write("a remark", path, data + remark(Path(path), data))

    def _earlier_header(self) -> str | None:
        """A header in the folder of a source, which is searched first, or in that of another."""
        if not any(PurePosixPath(name).suffix in _C for name in self._sources()):
            return None
        path = self._any(_C)
        headers = [name for name in self._sources() if PurePosixPath(name).suffix in _HEADERS]
        beside = self.chance.choice(
            [path, path, *self.chance.sample(headers, min(1, len(headers)))]
        )
        folder = PurePosixPath(beside).parent
        free = [
            name
            for name in _INCLUDE.findall(self._data(path).decode("utf-8", "replace"))
            if ".." not in name and not (self.workshop.mirror / folder / name).exists()
        ]
        if not free:
            return None
        name = self.chance.choice(free)
        self.number += 1
        made = str(folder / name)
        self.earlier.append(made)
        text = _in_c(self.number) + f"#include_next <{name}>\n"
        return self._write("an earlier header", made, text.encode())

    def _no_earlier_header(self) -> str | None:
        there = [name for name in self.earlier if (self.workshop.mirror / name).exists()]
        return self._write("removed", self.chance.choice(there), None) if there else None

    def _removed(self) -> str | None:
        return self._write("removed", self._any(_SOURCES), None)

    def _touched(self) -> str | None:
        path = self._any(_SOURCES)
        when = self.chance.choice(["now", "old"])
        return self._write(f"touched ({when})", path, self._data(path), when)

    def _as_at_first(self) -> str | None:
        there = {name: data for name, data in self.first.items() if self._is_edited(name, data)}
        if not there:
            return None
        path = self.chance.choice(sorted(there))
        return self._write("as at first", path, there[path])

    def _flags(self) -> str | None:
        flags = self.chance.choice(_FLAGS)
        self.workshop = replace(self.workshop, flags=dict.fromkeys(("CFLAGS", "CXXFLAGS"), flags))
        return flags

    def _commit(self) -> str | None:
        self._git(self.workshop.mirror, "add", "--all")
        self._git(self.workshop.mirror, "commit", "--quiet", "--allow-empty", "--message=Edited")
        names = self._git(
            *(self.workshop.mirror, "diff", "--name-only", "--no-renames", "-z"), "HEAD~1", "HEAD"
        )
        paths = [name for name in names.split("\0") if name]
        # Builds may have left something in the checkout.
        if paths:
            self._git(self.workshop.checkout, "add", "--all", "--force", "--", *paths)
        self._git(self.workshop.checkout, "commit", "--quiet", "--allow-empty", "--message=Edited")
        self.commits.append(self._head())
        return "committed"

    def _checkout(self) -> str | None:
        self._commit()
        commit = self.chance.choice(self.commits[:-1])
        for project in (self.workshop.mirror, self.workshop.checkout):
            self._git(project, "checkout", "--quiet", "--force", "--detach", commit)
        self.last.clear()
        return f"checked out {self.commits.index(commit)} of {len(self.commits)}"

    def _head(self) -> str:
        places = (self.workshop.mirror, self.workshop.checkout)
        one, other = (self._git(place, "rev-parse", "HEAD") for place in places)
        if one != other:
            raise UnusableRecord("the commits of both copies differ")
        return one.strip()

    def _fail(self) -> str:
        """Let a build of lbuild fail, then put back what was there, and perhaps the time stamp."""
        path = self._any(_SOURCES - {".pxd"})
        data = self._data(path)
        times = (self.workshop.checkout / path).stat()
        (self.workshop.checkout / path).write_bytes(b"#error :\ndef (:\n" + data)
        failed = run_lbuild(self.workshop)
        (self.workshop.checkout / path).write_bytes(data)
        if self.chance.random() < _KEEPS_TIME:
            os.utime(self.workshop.checkout / path, ns=(times.st_atime_ns, times.st_mtime_ns))
        return f"a {failed.action} build of a broken {path}"

    def _undo(self) -> None:
        """Put back what was before the last edits; all is as at first if that was a checkout."""
        changes = [*reversed(self.last)]
        if not changes:
            changes = [Change(name, data) for name, data in self.first.items()]
            changes += [Change(name, None) for name in self.earlier]
        self.last.clear()
        for change in changes:
            self._make(change)

    def _write(
        self, what: str, path: str, data: bytes | None, when: str | None = None
    ) -> str | None:
        place = self.workshop.mirror / path
        before = self._data(path) if place.exists() else None
        if when is None:
            when = self.chance.choice(["now", "before", "old"])
            if before == data:
                return None
        self.last = [Change(path, before, self.chance.choice(["now", "old"]))]
        self._make(Change(path, data, when))
        return f"{what}: {path} ({when})"

    def _make(self, change: Change) -> None:
        for project in (self.workshop.mirror, self.workshop.checkout):
            change.make(project)

    def _any(self, suffixes: frozenset[str]) -> str:
        """Choose a source, mostly one that the build reads, and that is compiled."""
        names = [
            name
            for name in self._sources()
            if PurePosixPath(name).suffix in suffixes and name not in self.earlier
        ]
        used = [name for name in names if name in self.read]
        compiled = [name for name in used if PurePosixPath(name).suffix not in _NOT_COMPILED]
        if compiled and self.chance.random() < _IS_COMPILED:
            return self.chance.choice(compiled)
        return self.chance.choice(used if used and self.chance.random() < _IS_USED else names)

    def _sources(self) -> list[str]:
        names = map(PurePosixPath, files(self.workshop.mirror))
        return [
            str(name)
            for name in names
            if name.suffix in _SOURCES and (name.suffix != ".txt" or name.stem == "CMakeLists")
        ]

    def _is_edited(self, name: str, data: bytes) -> bool:
        path = self.workshop.mirror / name
        return not path.exists() or path.read_bytes() != data

    def _data(self, name: str) -> bytes:
        return (self.workshop.mirror / name).read_bytes()

    def _git(self, project: Path, *arguments: str) -> str:
        done = self.workshop.run("git", "-C", project, *arguments)
        if done.returncode:
            raise UnusableRecord(f"git {arguments[0]}: {done.stderr.strip()}")
        return done.stdout


_FAILS = 0.12
_IS_KILLED = 0.15
_KEEPS_TIME = 0.5
_IS_COMPILED = 0.6
_IS_USED = 0.9


def _statement(path: str, number: int) -> bytes:
    """Something that shows in what is built, as bytes to append."""
    name = PurePosixPath(path)
    if name.suffix in _C:
        return _in_c(number).encode()
    if name.suffix in (".pyx", ".py"):
        return f"\nedited_{number} = {number}\n".encode()
    if name.suffix == ".rs":
        return f"\n#[used]\nstatic EDITED_{number}: u32 = {number};\n".encode()
    if name.name == "CMakeLists.txt":
        return f"\nadd_compile_definitions(EDITED_{number}={number})\n".encode()
    return f"\n# Edited {number} times.\n".encode()


def _in_c(number: int) -> str:
    """What may be included more than once, in C and in C++."""
    return (
        f"\n#ifndef EDITED_{number}\n#define EDITED_{number}\n"
        f"static const int edited_{number} __attribute__((used)) = {number};\n#endif\n"
    )
