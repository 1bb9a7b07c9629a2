"""Edits of one file, chosen by a seed: what people do to a file, and how to undo it exactly."""

import os
import random
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path, PurePosixPath

CLASSES = {
    "append": "content",
    "edit": "content",
    "cut": "content",
    "delete": "names",
    "add": "names",
    "rename": "names",
    "touch": "touch",
    "chmod": "chmod",
}
"""Every kind of mutation, and how the table counts it.

``append`` adds a remark and ``edit`` a statement, in the language of the file; ``cut`` takes its
last line; ``add`` makes a file beside it.
"""


@dataclass(frozen=True, slots=True)
class Mutation:
    """One edit of one file.

    Attributes:
        kind: one of ``CLASSES``.
        path: of the file, relative to the project, with ``/``.
        new: the name that comes into being beside it, for ``add`` and ``rename``.
    """

    kind: str
    path: str
    new: str | None = None


def files(project: Path) -> list[str]:
    """All regular files of a project but git's, relative, sorted."""
    return sorted(
        path.relative_to(project).as_posix()
        for path in project.rglob("*")
        if path.is_file()
        and not path.is_symlink()
        and ".git" not in path.relative_to(project).parts
    )


def choose(names: Sequence[str], used: set[str], number: int, seed: str) -> list[Mutation]:
    """Choose mutations: kinds by turns, of files that the wheel holds and of all others by turns.

    Args:
        names: of the files to choose from, relative.
        used: those that the wheel holds. Every second mutation is of one of them, if there are
            others, because most projects have many more tests than modules.
        seed: the same seed gives the same mutations.
    """
    chance = random.Random(seed)  # noqa: S311  not a secret
    held = _endlessly([name for name in names if name in used], chance)
    others = _endlessly([name for name in names if name not in used], chance)
    taken = set(names)

    def made() -> Iterator[Mutation]:
        for turn in count():
            for position, kind in enumerate(CLASSES):
                first, second = (held, others) if (turn + position) % 2 else (others, held)
                path = next(first, None) or next(second)
                new = None
                if kind in ("add", "rename"):
                    new = _beside(path, kind, taken, chance)
                    taken.add(new)
                yield Mutation(kind, path, new)

    return list(islice(made(), number))


def _endlessly(names: list[str], chance: random.Random) -> Iterator[str]:
    """Names in a random order, each once before any comes again."""
    while names:
        yield from chance.sample(names, len(names))


def _beside(path: str, kind: str, taken: set[str], chance: random.Random) -> str:
    """A name beside a file that is not taken: mostly of the same suffix, for ``add`` others too."""
    old = PurePosixPath(path)
    names = [f"{old.stem}_{kind}{old.suffix}"]
    if kind == "add":
        names += [f"{name}" for name in ("oracle.py", "oracle.txt", ".gitignore", "setup.cfg")]
    candidates = [str(old.with_name(name)) for name in names]
    free = [name for name in candidates if name not in taken]
    if len(free) > 1 and chance.random() < _OTHER:
        return chance.choice(free[1:])
    return free[0] if free else str(old.with_name(f"{old.name}.{len(taken)}"))


_OTHER = 0.4
"""How often an added file has another name than that of its neighbour."""


def apply(mutation: Mutation, project: Path) -> Callable[[], None]:
    """Change one file of a project, and return what undoes that.

    Undone, names, bytes and modes are as they were; times are those of writing, as a checkout
    leaves them.
    """
    path = project / mutation.path
    data, mode = path.read_bytes(), stat.S_IMODE(path.stat().st_mode)

    def restore() -> None:
        path.write_bytes(data)
        path.chmod(mode)

    match mutation.kind:
        case "append":
            path.write_bytes(data + remark(path, data))
        case "edit":
            path.write_bytes(data + _statement(path, data))
        case "cut":
            path.write_bytes(_without_last_line(data))
        case "delete":
            path.unlink()
        case "add":
            new = path.with_name(PurePosixPath(str(mutation.new)).name)
            new.write_bytes(_new_file(new, path, data))
            return new.unlink
        case "rename":
            new = path.with_name(PurePosixPath(str(mutation.new)).name)
            path.rename(new)

            def back() -> None:
                new.unlink()
                restore()

            return back
        case "touch":
            os.utime(path)
        case "chmod":
            path.chmod(mode ^ 0o111)
        case kind:
            raise ValueError(kind)
    return restore


_HASH = frozenset(
    (
        *(
            ".py",
            ".pyi",
            ".pyx",
            ".pxd",
            ".pxi",
            ".toml",
            ".cfg",
            ".ini",
            ".in",
            ".yml",
            ".yaml",
            ".sh",
        ),
        *(".cmake", ".gitignore", ".gitattributes", ".build", ".mk"),
    )
)
_SLASHES = frozenset(
    (".c", ".cc", ".cpp", ".cxx", ".h", ".hh", ".hpp", ".hxx", ".inc", ".rs", ".js", ".css")
)
_HASH_NAMES = frozenset(("CMakeLists.txt", "Makefile", "requirements.txt"))


def remark(path: Path, data: bytes) -> bytes:
    """A remark in the language of a file, as bytes to append."""
    suffix = path.suffix or path.name
    if path.suffix == ".json":
        return b"\n"
    if b"\0" in data:
        return b"\0"
    if suffix in _HASH or path.name in _HASH_NAMES:
        return b"\n# A remark.\n"
    if suffix in _SLASHES:
        return b"\n/* A remark. */\n"
    return b"\nA remark.\n"


_STATEMENTS = {
    ".py": b"\nedited_by_the_oracle = 1\n",
    ".pyi": b"\nedited_by_the_oracle: int\n",
    ".pyx": b"\nedited_by_the_oracle = 1\n",
    ".c": b"\nint edited_by_the_oracle = 1;\n",
    ".cpp": b"\nint edited_by_the_oracle = 1;\n",
    ".rs": b"\npub const EDITED_BY_THE_ORACLE: u32 = 1;\n",
    ".cmake": b"\nset(edited_by_the_oracle 1)\n",
    ".h": b"\n#define EDITED_BY_THE_ORACLE 1\n",
    ".toml": b"\n[tool.oracle]\nedited = true\n",
    ".cfg": b"\n[oracle]\nedited = 1\n",
    ".build": b"\nedited_by_the_oracle = 1\n",
    ".gitignore": b"\n*.py\n",
    ".in": b"\nglobal-exclude *.txt\n",
}


def _statement(path: Path, data: bytes) -> bytes:
    """Something that means something in the language of a file, as bytes to append."""
    return _STATEMENTS.get(path.suffix or path.name) or remark(path, data)


def _without_last_line(data: bytes) -> bytes:
    """Data less its last line; never the same data, unless it is empty."""
    lines = data.splitlines(keepends=True)
    return b"".join(lines[:-1])


def _new_file(new: Path, neighbour: Path, data: bytes) -> bytes:
    """What an added file holds."""
    if new.suffix == neighbour.suffix and new.suffix:
        return data
    if new.name == ".gitignore":
        return b"*.txt\n"
    return b"# Added.\n"
