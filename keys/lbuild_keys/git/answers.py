"""Runs a git command of a build backend again, and makes a state of the answer.

The state is the exit code, the output, and what git wrote to stderr. It leaves out what differs
between two clones of one commit (the path of the project), and untracked files that are not part of
the project: a wheel that lbuild delivers, caches, environments.
"""

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from lbuild_keys.git import questions, read_only
from lbuild_keys.git.read_only import Command
from lbuild_keys.git.run import LOCAL_VARIABLES, UnansweredError, complaint, repeat_git
from lbuild_keys.model import State, present, unreadable
from lbuild_keys.observe.tree import NEVER, NEVER_AT_TOP, is_cache

_Answer = tuple[int, bytes, str]
"""The exit code, the output, and what git wrote to stderr."""

_NO_REPOSITORY = "not a git repository"
_FAILURES = (
    _NO_REPOSITORY,
    "dubious ownership",
    "unsafe repository",
    "No names found, cannot describe anything",
    "No tags can describe",
    "No annotated tags can describe",
    "no tag exactly matches",
    "ambiguous argument",
    "Needed a single revision",
    "bad revision",
    "malformed object name",
    "Not a valid object name",
    "Not a valid commit name",
    "not a valid object name",
    "not a valid ref",
    "is not a symbolic ref",
    "does not have any commits yet",
    "must be run in a work tree",
    "outside repository",
    "did not match any file",
    "does not exist in",
    "exists on disk, but not in",
    "No such remote",
    "key does not contain a section",
    "usage: git",
)
"""Failures of git that last. Any other failure may have passed when the backend asks."""

_SHOWN = frozenset({"describe", "name-rev", "rev-list", "rev-parse", "symbolic-ref", "version"})
"""Commands whose answer means something to people, and holds no secret."""

_REFRESHING = frozenset({"describe", "diff"})
"""Commands that write the index even with GIT_OPTIONAL_LOCKS=0 (git 2.39)."""

_NO_PROGRAMS = ("--no-ext-diff", "--no-textconv")

_WITHOUT_EFFECT = re.compile(
    r"GIT_(AUTHOR|COMMITTER|EDITOR|SEQUENCE_EDITOR|PAGER|ASKPASS|EXEC_PATH|SSH|TERMINAL_PROMPT"
    r"|TRACE|PYTHON|OPTIONAL_LOCKS|MERGE|REFLOG)\w*"
)


def observe_answer(
    root: Path, name: str, environ: Mapping[str, str], leave_out: Callable[[str], bool]
) -> State:
    """Run a git command again, named as by ``questions.input_name``, and return the answer's state.

    Present as ``WORDS, DIGEST``; the words are the answer, if it is one short line, or the exit
    code. Unreadable if git cannot be run, or fails for a reason that may pass.

    Args:
        root: the folder of the project.
        name: the name of the input.
        environ: the variables that the hook has. Some backends remove the variables of git before
            they run git, others do not: where there are any, git is run both ways.
        leave_out: whether a path relative to ``root`` never counts; a folder ends with a slash.
    """
    try:
        place, words = questions.parse_input_name(name)
        folder = Path(questions.expand_paths(place, root))
        args = [questions.expand_paths(word, root) for word in words]
        command = read_only.split_command_line(args)
        if command is None or not read_only.can_be_repeated(args):
            return unreadable(f"{name} is not known to be read-only")
        if command.name == "archive":  # the prefix ends up in the archive
            written = read_only.split_command_line(words) or command
            command = Command(command.before, command.name, written.rest)
        asking = [
            _Asking(Path(os.path.realpath(root)), folder, command, variables, leave_out, {})
            for variables in _environments(environ)
        ]
        answers = [one.answer() for one in asking]
    except (UnansweredError, OSError, ValueError) as error:
        return unreadable(str(error))
    return present(f"{_in_words(command, *answers[0])}, {_digest(answers)}")


def _environments(environ: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    yield environ
    bare = {
        name: value
        for name, value in environ.items()
        if not name.startswith("GIT_") or name in LOCAL_VARIABLES or _WITHOUT_EFFECT.fullmatch(name)
    }
    if len(bare) != len(environ):
        yield bare


def _in_words(command: Command, code: int, out: bytes, err: str) -> str:
    if code == 0 and command.name in _SHOWN:
        line = os.fsdecode(out.removesuffix(b"\n"))
        if line and len(line) <= 80 and line.isprintable():
            return line
    failure = _failure(err) if code != 0 else ""
    return f"exit {code}: {failure}" if failure else f"exit {code}"


def _digest(answers: Iterable[_Answer]) -> str:
    digest = hashlib.sha256()
    for code, out, err in answers:
        for part in (b"%d" % code, out, os.fsencode(err)):
            digest.update(b"%d:" % len(part) + part)
    return digest.hexdigest()


def _failure(err: str) -> str:
    return next((words for words in _FAILURES if words in err), "")


class _Asking(NamedTuple):
    """A command, the folder it runs in, and what its answer leaves out; ``root`` has no links."""

    root: Path
    folder: Path
    command: Command
    environ: Mapping[str, str]
    leave_out: Callable[[str], bool]
    caches: dict[str, bool]

    def answer(self) -> _Answer:
        name, rest = self.command.name, self.command.rest
        if name == "status":
            return self._status()
        if read_only.lists_untracked(self.command):
            return self._untracked()
        if name == "check-attr" and "--stdin" in rest:
            return self._attributes()
        if name in {"diff", "log", "show"}:
            rest = (*_NO_PROGRAMS, *rest)
        code, out, err = self._run(name, rest)
        return code, self._without_paths(out) if name == "rev-parse" else out, err

    def _run(self, name: str, rest: Sequence[str]) -> _Answer:
        words = (*self.command.before, name, *rest)
        if name in _REFRESHING:
            code, out, err = self._run_beside_index(words)
        else:
            code, out, err = repeat_git(self.folder, words, self.environ)
        failed = re.search(r"^(fatal|error): ", err, re.MULTILINE)
        lasting = _failure(err) if code > 0 else ""
        if not lasting and (failed or code not in (0, 1)):
            raise UnansweredError(complaint(code, err))
        if lasting == _NO_REPOSITORY:
            return code, out, lasting  # the rest of the message differs between machines
        return code, out, err.replace(str(self.root), "{project}")

    def _run_beside_index(self, words: Sequence[str]) -> _Answer:
        code, out, _ = repeat_git(
            self.folder, (*self.command.before, "rev-parse", "--git-path", "index"), self.environ
        )
        if code != 0:
            return repeat_git(self.folder, words, self.environ)
        index = self.folder / os.fsdecode(out.removesuffix(b"\n"))
        with tempfile.TemporaryDirectory(prefix="lbuild-") as temporary:
            copy = Path(temporary, "index")
            if index.exists():
                # With its time stamp: git reads every file that was modified at that time or later.
                shutil.copy2(index, copy)
            return repeat_git(self.folder, words, self.environ, copy)

    def _without_paths(self, out: bytes) -> bytes:
        lines = [os.fsdecode(line) for line in out.split(b"\n")]
        return os.fsencode(
            "\n".join(
                os.path.relpath(line, self.root) if os.path.isabs(line) else line  # noqa: PTH117
                for line in lines
            )
        )

    def _status(self) -> _Answer:
        """The answer without untracked files as git prints it, then the untracked files by path."""
        rest = list(self.command.rest)
        end = rest.index("--") if "--" in rest else len(rest)

        def status(*more: str) -> _Answer:
            return self._run("status", [*rest[:end], *more, *rest[end:]])

        def others(*more: str) -> dict[bytes, bytes]:
            """Untracked and ignored paths, each with the letters of its status."""
            _, out, _ = status("--porcelain", "-z", "--no-renames", *more)
            rows = out.split(b"\0")
            return {row[3:]: row[:3] for row in rows if row.startswith((b"?? ", b"!! "))}

        code, out, err = status("--untracked-files=no", "--ignored=no")
        untracked = [word for word in rest[:end] if word.startswith(("-u", "--untracked-files"))]
        ignored = any(word.startswith("--ignored") for word in rest[:end])
        unasked = untracked[-1:] in (["-uno"], ["--untracked-files=no"]) and not ignored
        rows = others() if code == 0 and not unasked else {}
        if not rows:
            return code, out, err
        _, top, _ = self._run("rev-parse", ["--show-toplevel"])
        base = Path(os.fsdecode(top.removesuffix(b"\n")))
        kept = self._kept(list(rows), base, lambda: list(others("--untracked-files=all")))
        listed = [rows.get(path, b"") + path for path in kept] if ignored else kept
        return code, b"\0".join([out, *listed]), err

    def _untracked(self) -> _Answer:
        """The answer of ``git ls-files`` for files that are not tracked."""
        rest = self.command.rest
        code, out, err = self._run("ls-files", rest)
        rows = out.split(b"\0") if "-z" in rest else [_unquoted(row) for row in out.split(b"\n")]

        def everything() -> list[bytes]:
            collapsing = ("--directory", "--no-empty-directory")
            options = [word for word in rest if word not in collapsing]
            _, out, _ = self._run("ls-files", ["-z", *options])
            return out.split(b"\0")

        return code, b"\0".join(self._kept(rows, self.folder, everything)), err

    def _attributes(self) -> _Answer:
        """Every rule for attributes, instead of the attributes of the paths that the hook piped in.

        Those paths came from other inputs of the hook, and the same rules give the same answer for
        the same paths.
        """
        if any("pathspecs" in word for word in self.command.before) or any(
            variable.endswith("_PATHSPECS") for variable in self.environ
        ):
            message = "the attribute files cannot be listed"
            raise UnansweredError(message)
        parts: list[bytes] = []
        paths: list[bytes] = []
        for which in ("--stage", "--others"):
            where = ["-z", which, "--", ":(top,glob)**/.gitattributes"]
            code, out, err = self._run("ls-files", where)
            if code != 0:
                return code, out, err
            parts.append(out)
            paths += [row.rpartition(b"\t")[2] for row in out.split(b"\0") if row]
        _, own, _ = self._run("rev-parse", ["--git-path", "info/attributes"])
        code, personal, _ = self._run("config", ["-z", "--type=path", "core.attributesFile"])
        if code != 0:
            home = self.environ.get("HOME", "")
            settings = self.environ.get("XDG_CONFIG_HOME") or f"{home}/.config"
            personal = os.fsencode(f"{settings}/git/attributes")
        paths += [own.removesuffix(b"\n"), personal.removesuffix(b"\0")]
        for path in paths:
            file = self.folder / os.fsdecode(path)
            parts.append(b"%r" % file.read_bytes() if file.is_file() else b"none")
        return 0, b"\0".join(parts), ""

    def _kept(
        self, rows: Iterable[bytes], base: Path, everything: Callable[[], list[bytes]]
    ) -> list[bytes]:
        """The rows that count. A row for a folder counts if any file below it does."""
        kept = []
        files: list[bytes] | None = None
        for row in filter(None, rows):
            if self._is_noise(base, row):
                continue
            if row.endswith(b"/"):
                files = everything() if files is None else files
                start = b"" if row == b"./" else row
                below = [
                    path for path in files if path.startswith(start) and len(path) > len(start)
                ]
                if below and all(self._is_noise(base, path) for path in below):
                    continue
            kept.append(row)
        return kept

    def _is_noise(self, base: Path, row: bytes) -> bool:
        relative = os.path.relpath(base / os.fsdecode(row), self.root)
        parts = Path(relative).parts
        if not NEVER.isdisjoint(parts):
            return True
        if parts[0] in (os.pardir, os.curdir):
            return False
        folders = ["/".join(parts[:end]) for end in range(1, len(parts))]
        if row.endswith(b"/"):
            folders.append("/".join(parts))
        elif self.leave_out("/".join(parts)):
            return True
        return (bool(folders) and parts[0] in NEVER_AT_TOP) or any(
            self.leave_out(f"{folder}/") or self._is_cache(folder) for folder in folders
        )

    def _is_cache(self, folder: str) -> bool:
        if folder not in self.caches:
            self.caches[folder] = is_cache(self.root / folder)
        return self.caches[folder]


def _unquoted(row: bytes) -> bytes:
    """The path in a row that git has quoted, as it does without ``-z``."""
    if not row.startswith(b'"'):
        return row
    letters = dict(zip(b"abfnrtv", b"\a\b\f\n\r\t\v", strict=True))

    def character(match: re.Match[bytes]) -> bytes:
        code = match[1]
        if len(code) == 3:
            return bytes([int(code, 8)])
        return bytes([letters.get(code[0], code[0])])

    return re.sub(rb"\\([0-7]{3}|.)", character, row[1:-1])
