"""Runs git, with GitPython, so that it writes nothing and runs no other program.

Git does not write to the repository, does not run the programs that its configuration names, and is
not led to another repository by environment variables. Variables of this process are not changed,
so git can be run from several threads.
"""

import os
import sys
from collections.abc import Mapping, Sequence
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

Git sets some of them for its hooks, and a hook may run lbuild on another repository. The variables
that hold configuration (``GIT_CONFIG_COUNT``, ``GIT_CONFIG_PARAMETERS``) are not among them: they
are meant for any repository, and CI sets its ``safe.directory`` with them.
"""

_FIXED = {
    "GIT_OPTIONAL_LOCKS": "0",  # git status would write the refreshed index
    "GIT_NO_LAZY_FETCH": "1",  # a partial clone would download missing objects
    "GIT_LITERAL_PATHSPECS": "0",  # the callers use ":/"
    "LANGUAGE": "C",
    "LC_ALL": "C",
}


class UnansweredError(KeysError):
    """Git cannot be run, or gives no answer that can be relied on."""


def git_output(folder: Path, *command: str) -> bytes:
    """Run git in ``folder``, which has to succeed, and return what it prints.

    Raises:
        UnansweredError: git cannot be run, or fails.
    """
    code, out, err = run_git(folder, *command)
    if code != 0:
        raise UnansweredError(complaint(code, err))
    return out


def run_git(folder: Path, *command: str) -> tuple[int, bytes, str]:
    """Run git in ``folder``; return its exit code, its output, and what it wrote to stderr.

    Raises:
        UnansweredError: git cannot be run.
    """
    variables = {
        name: value for name, value in os.environ.copy().items() if name not in LOCAL_VARIABLES
    }
    return _execute(
        ["-C", str(folder), "-c", "core.fsmonitor=false", *command], {**variables, **_FIXED}
    )


_HARMLESS = (
    *("-c", "core.fsmonitor=false"),
    *("-c", "log.showSignature=false"),  # would run gpg
    *("-c", "protocol.allow=never"),  # git before 2.44 does not know GIT_NO_LAZY_FETCH
)


def repeat_git(
    folder: Path, command: Sequence[str], environ: Mapping[str, str], index: Path | None = None
) -> tuple[int, bytes, str]:
    """Run a git command of another program again, with that program's variables.

    Returns:
        The exit code, the output, and what git wrote to stderr.

    Args:
        index: a file that git reads, and may write, instead of the repository's index.

    Raises:
        UnansweredError: git cannot be run.
    """
    variables = {
        name: value
        for name, value in environ.items()
        # What GIT_TRACE prints holds times.
        if name and name not in LOCAL_VARIABLES and not name.startswith("GIT_TRACE")
    }
    variables |= {
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_LFS_SKIP_SMUDGE": "1",  # git archive would download what the clone lacks
        "LANGUAGE": "C",
        "LC_ALL": "C",
    }
    if index is not None:
        variables["GIT_INDEX_FILE"] = str(index)
    return _execute(["-C", str(folder), *_HARMLESS, *command], variables)


def _execute(arguments: Sequence[str], variables: Mapping[str, str]) -> tuple[int, bytes, str]:
    """Run git with these variables and no others.

    GitPython finds git, and starts it safely: on Windows a ``git.exe`` in the current folder is not
    run. Its ``Git.execute`` is not used, because that copies ``os.environ`` and can add variables
    but not remove any, and an empty ``GIT_DIR`` is not the same as none. Nor is its argument for
    the folder used: it falls back to the current folder where it cannot enter the one given to it.
    """
    import shutil
    from subprocess import DEVNULL, PIPE

    # GitPython takes 160 ms to import. Importing it runs git, and fails or prints without git.
    if "git" not in sys.modules:
        name = os.environ.get("GIT_PYTHON_GIT_EXECUTABLE") or "git"
        if shutil.which(name) is None:
            raise UnansweredError(_NOT_FOUND.format(name))
    try:
        from git.cmd import Git, safer_popen
    except ImportError as error:
        raise UnansweredError(_NOT_FOUND.format("git")) from error

    git = Git.GIT_PYTHON_GIT_EXECUTABLE or Git.git_exec_name
    try:
        with safer_popen(
            [git, *arguments], env=variables, stdin=DEVNULL, stdout=PIPE, stderr=PIPE
        ) as process:
            try:
                out, err = process.communicate()
            except BaseException:  # an interrupt: do not wait until git ends by itself
                process.kill()
                raise
    except OSError as error:
        raise UnansweredError(_NOT_FOUND.format(git)) from error
    return process.returncode, out, os.fsdecode(err.removesuffix(b"\n"))


_NOT_FOUND = "{} cannot be run: is it installed and on PATH?"


def complaint(code: int, err: str) -> str:
    """The line on stderr that says why git failed, without its label; else the exit code."""
    for line in err.splitlines():
        if line.startswith(("fatal: ", "error: ")):
            return line.partition(": ")[2]
    return f"git exited with code {code}"
