"""One project's workshop: its sources, the environment that builds it, and runs of both frontends.

A workshop has the project twice, at one commit. lbuild works in ``checkout``, for as long as the
oracle runs; nothing ever builds in ``mirror``, which is edited in the same way, and which is copied
for each build that gives the truth. So nothing that lbuild leaves behind can get into the truth.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from oracle.catalogue import FRONTEND, Project
from oracle.mutations import files
from support.command import COMMAND
from support.projects import Member, wheel_content
from support.rust import rust_environ

PATIENCE = 600
"""Seconds that any command gets."""

NO_PATHS = {"CFLAGS": "-g0", "CXXFLAGS": "-g0", "LDFLAGS": "-s -Wl,--build-id=none"}
"""Variables of compilers: debug information and symbols of files name the folder."""

Content = Mapping[str, Member]
"""What a wheel holds, by name; its own file name is among the names."""


class UnusableRecord(Exception):
    """The oracle cannot judge a project; the message says why."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """See above.

    Attributes:
        folder: holds all that belongs to the project, and is the oracle's own.
        name: of the folder that the project is in, wherever that is.
        python: the interpreter that has the build requirements.
        inputs: lbuild's mode.
        flags: variables besides.
    """

    folder: Path
    name: str
    python: Path
    inputs: str
    flags: Mapping[str, str] = field(default_factory=dict)

    @property
    def checkout(self) -> Path:
        """Where lbuild works."""
        return self.folder / "checkout" / self.name

    @property
    def mirror(self) -> Path:
        """Where nothing builds."""
        return self.folder / "mirror" / self.name

    @property
    def environ(self) -> dict[str, str]:
        """The environment of both frontends: nothing of the user's but the path of programs."""
        return {
            **NO_PATHS,
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "HOME": str(self.folder / "home"),
            "LANG": "C.UTF-8",
            "PATH": os.pathsep.join([str(self.python.parent), os.environ["PATH"]]),
            "TMPDIR": str(self.folder / "tmp"),
            **rust_environ(),
            **{f"GIT_{who}_NAME": "Ada" for who in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{who}_EMAIL": "ada@example.org" for who in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{who}_DATE": "2024-02-29T12:00:00Z" for who in ("AUTHOR", "COMMITTER")},
            **self.flags,
        }

    def run(self, *command: str | Path) -> "subprocess.CompletedProcess[str]":
        """Run a command in the workshop, whatever its exit code."""
        return subprocess.run(
            [str(argument) for argument in command],
            capture_output=True,
            check=False,
            cwd=self.folder,
            encoding="utf-8",
            env=self.environ,
            errors="backslashreplace",
            stdin=subprocess.DEVNULL,
            timeout=PATIENCE,
        )


def workshop_at(folder: Path, name: str, inputs: str) -> Workshop:
    """The workshop in a folder."""
    return Workshop(folder, name, folder / "environment" / "bin" / "python", inputs)


def open_workshop(
    folder: Path, project: Project, sources: Path, interpreter: Path, inputs: str
) -> Workshop:
    """Make a workshop in ``folder``, which must not exist.

    Args:
        sources: a source distribution, or a folder that holds the project.
        interpreter: what the environment is made with.

    Raises:
        Unusable: if the environment or the repository cannot be made.
    """
    for name in ("home", "mirror", "tmp"):
        (folder / name).mkdir(parents=True)
    workshop = workshop_at(folder, f"{project.name}-{project.version}", inputs)
    _install(workshop, project, interpreter)
    if sources.is_dir():
        shutil.copytree(sources, workshop.mirror, symlinks=True)
    else:
        unpack(sources, workshop.mirror)
    for path in (*workshop.mirror.rglob("*.egg-info"), workshop.mirror / "PKG-INFO"):
        _remove(path)
    for name in project.generated:
        _remove(workshop.mirror / name)
    _commit(workshop, f"v{project.version}")
    _copy(workshop.mirror, workshop.checkout)
    return workshop


def _install(workshop: Workshop, project: Project, interpreter: Path) -> None:
    environment = workshop.python.parent.parent
    for command in (
        ["venv", "--quiet", "--python", interpreter, environment],
        [
            *("pip", "install", "--quiet", "--no-deps", "--compile-bytecode"),
            *("--python", workshop.python),
            *dict.fromkeys((*FRONTEND, *project.requirements)),
        ],
    ):
        # Not in the workshop's environment: uv may be configured, and shares its cache.
        done = subprocess.run(
            [sys.executable, "-m", "uv", *map(str, command)],
            capture_output=True,
            check=False,
            text=True,
            timeout=PATIENCE,
        )
        if done.returncode:
            raise UnusableRecord(f"uv {command[0]}: {done.stderr.strip()}")


def unpack(archive: Path, target: Path) -> None:
    """Unpack a source distribution, which holds one folder, as ``target``."""
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        with tarfile.open(archive) as file:
            file.extractall(scratch, filter="data")
        [folder] = Path(scratch).iterdir()
        folder.rename(target)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _commit(workshop: Workshop, tag: str) -> None:
    """Commit and tag the mirror, in a repository whose copies take no file for changed.

    By default git holds a file's inode and change time against its index, which a copy cannot keep.
    """
    for arguments in (
        ["init", "--quiet", "--initial-branch=main"],
        ["config", "core.checkStat", "minimal"],
        ["config", "core.trustctime", "false"],
        ["add", "--all"],
        ["commit", "--quiet", "--message=The source distribution"],
        ["tag", tag],
    ):
        done = workshop.run("git", "-C", workshop.mirror, *arguments)
        if done.returncode:
            raise UnusableRecord(f"git {arguments[0]}: {done.stderr.strip()}")


def _copy(project: Path, target: Path) -> Path:
    """Copy a project with its repository, its modes and its times."""
    return Path(shutil.copytree(project, target, symlinks=True))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run of a frontend gave.

    Attributes:
        action: ``built``, ``reused`` or ``failed``.
        content: of the wheel; None if there is none.
        reasons: why lbuild built, as its JSON has them.
        message: what a failing frontend said.
        read: the files of the project that a fresh build read, relative to it.
        commands: how many compiler commands lbuild did not run again, and how many there were.
    """

    action: str
    content: Content | None
    reasons: tuple[Mapping[str, Any], ...] = ()
    message: str = ""
    read: frozenset[str] = frozenset()
    commands: tuple[int, int] = (0, 0)


def build_afresh(workshop: Workshop) -> Outcome:
    """Build a pristine copy of the mirror with ``python -m build``.

    What the build reads shows by the times of access, which no tracer has a part in.
    """
    with tempfile.TemporaryDirectory(prefix="fresh-", dir=workshop.folder) as scratch:
        project = _copy(workshop.mirror, Path(scratch, workshop.name))
        names = files(project)
        for name in names:
            os.utime(project / name, ns=(0, (project / name).stat().st_mtime_ns))
        done = workshop.run(workshop.python, "-m", "build", "--wheel", "--no-isolation", project)
        if done.returncode:
            return Outcome("failed", None, message=done.stdout + done.stderr)
        [wheel] = (project / "dist").glob("*.whl")
        paths = {name: project / name for name in names}
        read = {name for name, path in paths.items() if not path.exists() or path.stat().st_atime}
        return Outcome("built", content(wheel), read=frozenset(read))


def report_status(workshop: Workshop) -> tuple[Mapping[str, Any], ...]:
    """Ask lbuild for the reasons why the wheel of the checkout has to be built."""
    [told] = json.loads(workshop.run(*_command(workshop, "status")).stdout or "[{}]")
    return tuple(told.get("reasons", ()))


def run_lbuild(workshop: Workshop) -> Outcome:
    """Ask lbuild for a wheel of the checkout."""
    done = workshop.run(*_command(workshop, "wheel"), "--verbose")
    found = _COMMANDS.search(done.stderr)
    commands = (int(found[1]), int(found[2])) if found else (0, 0)
    if done.returncode:
        message = f"exit code {done.returncode}: {done.stderr}"
        return Outcome("failed", None, message=message, commands=commands)
    [told] = json.loads(done.stdout)
    wheel = content(Path(told["wheel"]))
    return Outcome(told["action"], wheel, tuple(told["reasons"]), commands=commands)


def kill_lbuild(workshop: Workshop, seconds: float) -> None:
    """Ask lbuild for a wheel of the checkout, and kill it and all that it started."""
    process = subprocess.Popen(
        [str(argument) for argument in _command(workshop, "wheel")],
        cwd=workshop.folder,
        env=workshop.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


_COMMANDS = re.compile(r"(\d+) of (\d+) compiler commands were not run again")


def _command(workshop: Workshop, command: str) -> tuple[str | Path, ...]:
    return (
        *(*COMMAND, command, "--json", "--no-isolation"),
        *("--python", workshop.python, "--inputs", workshop.inputs),
        *("--cache-dir", workshop.folder / "cache", workshop.checkout),
    )


def content(wheel: Path) -> Content:
    """What counts of a wheel: its file name; names, bytes and executable bits of its members.

    RECORD counts as a set of lines.
    """
    return {**wheel_content(wheel), wheel.name: Member(b"", executable=False)}
