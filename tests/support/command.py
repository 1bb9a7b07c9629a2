"""The command line, run as people run it: in a process of its own."""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from support.fork_server import PYTHON, ForkServer

COMMAND = (*PYTHON, str(Path(__file__).with_name("run_lbuild.py")))

TRACED_AND_TREE = pytest.mark.parametrize("lbuild", ["traced", "tree"], indirect=True)
"""Runs a test in either of the modes in which nothing has to be declared."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one run of lbuild gave.

    Attributes:
        command: the command line, if it is known; the JSON of it is checked then.
    """

    returncode: int
    stdout: str
    stderr: str
    command: tuple[str, ...] = field(default=(), compare=False, repr=False)

    @property
    def json(self) -> Any:
        """Standard output: one JSON document and nothing else, as the JSON Schema has it."""
        from support import checked_json  # many tests read no JSON

        return checked_json.read(self.command, self.stdout)


@dataclass(frozen=True, slots=True)
class Lbuild:
    """Runs lbuild with one cache folder and one home folder.

    Attributes:
        cache: the cache folder, named to lbuild by ``LBUILD_CACHE_DIR``.
        home: the home folder, which the tests own too.
        inputs: the mode of commands that do not name one; the default one if None.
        servers: where to fork from, one after the other: each has seeds of its own for hashes,
            as each new process has. None to start new processes only.
    """

    cache: Path
    home: Path
    inputs: str | None = None
    servers: Iterator[ForkServer] | None = None

    def __call__(
        self,
        *arguments: str | Path,
        returncode: int | None = 0,
        cwd: Path | None = None,
        env: Mapping[str, str | None] | None = None,
    ) -> Result:
        """Run ``lbuild ARGUMENTS``; fail the test unless it ends with ``returncode``.

        Args:
            returncode: the exit code to expect; None accepts any.
            cwd: where to run; the home folder unless given.
            env: what differs from ``environment``; None unsets a variable.
        """
        variables = {**self.environment, **(env or {})}
        result = self.run(
            self.command(*arguments),
            cwd=cwd or self.home,
            env={name: value for name, value in variables.items() if value is not None},
        )
        told = f"lbuild {' '.join(map(str, arguments))}\n{result.stdout}{result.stderr}"
        assert not shows_own_traceback(result.stderr), told
        if returncode is not None:
            assert result.returncode == returncode, f"exit code {result.returncode}: {told}"
        return result

    def run(self, command: list[str], *, cwd: Path, env: Mapping[str, str]) -> Result:
        """Run a command of Python's in a new process, or in one that is like a new one."""
        server = next(self.servers) if self.servers is not None else None
        if server is not None and server.stands_for(command, env):
            done = server.run(command, cwd=cwd, env=env, timeout=300)
        else:
            done = subprocess.run(
                command,
                capture_output=True,
                check=False,
                cwd=cwd,
                encoding="utf-8",
                env=env,
                errors="surrogateescape",
                stdin=subprocess.DEVNULL,
                timeout=300,
            )
        return Result(done.returncode, done.stdout, done.stderr, tuple(command))

    def command(self, *arguments: str | Path) -> list[str]:
        """The whole command line of ``lbuild ARGUMENTS``."""
        words = [str(argument) for argument in arguments]
        named = any(word.startswith("--inputs") for word in words)
        if self.inputs is not None and not named and words[0] in ("status", "wheel"):
            words.insert(1, f"--inputs={self.inputs}")
        return [*COMMAND, *words]

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lbuild is run with."""
        return {
            **os.environ,
            "HOME": str(self.home),
            "USERPROFILE": str(self.home),
            "LBUILD_CACHE_DIR": str(self.cache),
        }


def shows_own_traceback(stderr: str) -> bool:
    """Whether a traceback runs through lbuild's own modules.

    A backend may show a traceback of its own, which begins where the script that the hook process
    runs hands over to pyproject_hooks. Boxes that are drawn around a traceback
    break paths over lines, so spaces and frames are taken out.
    """
    text = re.sub(r"[\s│]+", "", stderr)
    text = re.sub(r'start\.py",line\d+,inmainexec\(', "", text)
    return "Traceback" in text and bool(re.search(r"lbuild_(frontend|keys)[/\\][\w/\\]+\.py", text))
