"""Runs git, through GitPython's ``Git``, so that asking changes nothing.

Git does not write to the repository, does not run what its configuration names for that purpose,
and is not led to another repository by the environment.
"""

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from lbuild_keys.errors import KeysError

LOCAL_VARIABLES = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
)
"""The variables that tie a process to one repository: ``git rev-parse --local-env-vars`` (2.39).

Git sets some of them for the hooks that it runs, and a hook may run lbuild on another repository.
Not among them are those that carry configuration (``GIT_CONFIG_COUNT``, ``GIT_CONFIG_PARAMETERS``):
it is as good for one repository as for another, and CI names its ``safe.directory`` with it.
"""

_FIXED = {
    "GIT_OPTIONAL_LOCKS": "0",  # status would write the index that it refreshed
    "GIT_NO_LAZY_FETCH": "1",  # a partial clone would fetch what it lacks
    "GIT_LITERAL_PATHSPECS": "0",  # ":/" is used below
    "LC_ALL": "C",
}

_environment_lock = threading.Lock()


class UnansweredError(KeysError):
    """Git, or a file of its, could not be read."""


def answer(folder: Path, *command: str) -> bytes:
    code, out, err = run(folder, *command)
    if code != 0:
        raise UnansweredError(why(code, err))
    return out


def run(folder: Path, *command: str) -> tuple[int, bytes, str]:
    """Run git in ``folder``: its exit code, output and complaints.

    By ``-C``, for GitPython runs git in the current folder if it cannot enter the one given to it.
    """
    return _execute(
        ["-C", str(folder), "-c", "core.fsmonitor=false", *command],
        dict.fromkeys(LOCAL_VARIABLES),
        _FIXED,
    )


_HARMLESS = (
    *("-c", "core.fsmonitor=false"),
    *("-c", "log.showSignature=false"),  # would run gpg
    *("-c", "protocol.allow=never"),  # git before 2.44 does not know GIT_NO_LAZY_FETCH
)


def repeat(
    folder: Path, command: Sequence[str], environ: Mapping[str, str], index: Path | None = None
) -> tuple[int, bytes, str]:
    """Run git as another program ran it, with that program's variables: as ``run`` otherwise.

    Args:
        index: what to read in place of the repository's index, and to write if git does.
    """
    given = dict(environ.items())
    variables: dict[str, str | None] = {
        name: given.get(name) for name in {*os.environ, *given} if name
    }
    variables |= dict.fromkeys(LOCAL_VARIABLES)
    variables |= {name: None for name in variables if name.startswith("GIT_TRACE")}  # holds times
    fixed = {
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_LFS_SKIP_SMUDGE": "1",  # git archive would fetch what the clone lacks
        "LC_ALL": "C",
    }
    if index is not None:
        fixed["GIT_INDEX_FILE"] = str(index)
    return _execute(["-C", str(folder), *_HARMLESS, *command], variables, fixed)


def _execute(
    arguments: Sequence[str], variables: Mapping[str, str | None], fixed: Mapping[str, str]
) -> tuple[int, bytes, str]:
    # GitPython takes 160 ms to import, copies os.environ for each process and can only add to it.
    # Importing it runs git, and fails or prints without one, unless told to be quiet.
    with _environment({**variables, "GIT_PYTHON_REFRESH": "quiet"}):
        from git.cmd import Git
        from git.exc import GitCommandNotFound

        git = Git.GIT_PYTHON_GIT_EXECUTABLE or Git.git_exec_name
        try:
            return Git().execute(
                [git, *arguments],
                env=fixed,
                with_extended_output=True,
                with_exceptions=False,
                stdout_as_string=False,
                strip_newline_in_stdout=False,
            )
        except (GitCommandNotFound, OSError) as error:
            message = f"{git} cannot be run: is it installed and on PATH?"
            raise UnansweredError(message) from error


@contextmanager
def _environment(changes: Mapping[str, str | None]) -> Iterator[None]:
    """Set variables of this process, or unset those that are None, and put them back."""
    with _environment_lock:
        current = os.environ.copy()
        before = {name: current.get(name) for name in changes}
        try:
            _apply(changes, before)
            yield
        finally:
            _apply(before, changes)


def _apply(wanted: Mapping[str, str | None], current: Mapping[str, str | None]) -> None:
    for name, value in wanted.items():
        if value is None:
            os.environ.pop(name, None)
        elif value != current[name]:
            os.environ[name] = value


def why(code: int, complaints: str) -> str:
    """The sentence by which git gives up."""
    for line in complaints.splitlines():
        if line.startswith(("fatal: ", "error: ")):
            return line.partition(": ")[2]
    return f"git ended with {code}"
