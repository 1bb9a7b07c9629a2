"""The project of most tests of the command line, ``fixtures/in-tree-minimal``, and its backend.

It requires nothing, so that a build takes no longer than making an environment does, and it packs
everything in ``src``.
"""

import contextlib
import subprocess
import textwrap
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.command import Lbuild, Result
from support.projects import wheel_content

NAME = "in-tree-minimal"
WHEEL = "demo-0.1.0-py3-none-any.whl"
CORE = "src/demo/core.py"

_WRAPPER = """

def _wrapped(inner):
    def build_wheel(*arguments):
{before}
        name = inner(*arguments)
{after}
        return name

    return build_wheel


build_wheel = _wrapped(build_wheel)
"""


def wheel(lbuild: Lbuild, *arguments: str | Path, **how: Any) -> dict[str, Any]:
    """Run ``lbuild wheel --json``; return its report on the one project."""
    [told] = lbuild("wheel", "--json", *arguments, **how).json
    return dict(told)


def status(lbuild: Lbuild, *arguments: str | Path, **how: Any) -> dict[str, Any]:
    """Run ``lbuild status --json``; return its report on the one project."""
    [told] = lbuild("status", "--json", *arguments, **how).json
    return dict(told)


def core_in_wheel(wheel: str | Path) -> str:
    """Return what the wheel has as ``demo/core.py``."""
    return wheel_content(Path(wheel))["demo/core.py"].data.decode()


def configure(project: Path, lines: str) -> None:
    """Append lines to the project's pyproject.toml."""
    with (project / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write(f"\n{textwrap.dedent(lines)}\n")


def when_building(project: Path, before: str = "pass", *, after: str = "pass") -> None:
    """Let the backend run some lines of Python before and after it builds a wheel."""
    before, after = (
        textwrap.indent(textwrap.dedent(code), " " * 8).rstrip() for code in (before, after)
    )
    with (project / "backend" / "backend.py").open("a", encoding="utf-8") as file:
        file.write(_WRAPPER.format(before=before, after=after))


@dataclass(frozen=True, slots=True)
class Log:
    """A file outside the project to which the backend adds a line a build."""

    file: Path

    @property
    def lines(self) -> list[str]:
        return self.file.read_text("utf-8").splitlines() if self.file.exists() else []


def log_builds(project: Path) -> Log:
    """Let the backend log each build, in a file beside the project."""
    log = Log(project.parent / f"{project.name}.log")
    when_building(project, f"print('built', file=open({str(log.file)!r}, 'a'))")
    return log


@dataclass(frozen=True, slots=True)
class Gate:
    """A place where the backend waits, with files by which it and the test signal each other.

    Attributes:
        arrived: holds the number of the backend's process, once it waits.
        open: lets it go on, once it exists.
    """

    arrived: Path
    open: Path

    @property
    def code(self) -> str:
        """What the backend has to run: it waits, but not forever."""
        return textwrap.dedent(f"""\
            import os, time
            with open({str(self.arrived)!r} + '.new', 'w') as file:
                file.write(str(os.getpid()))
            os.replace({str(self.arrived)!r} + '.new', {str(self.arrived)!r})
            for _ in range(3000):
                if os.path.exists({str(self.open)!r}):
                    break
                time.sleep(0.01)
            """)

    def await_backend(self) -> int:
        """Wait until the backend is at the gate; return the number of its process."""
        wait_for(self.arrived.exists)
        return int(self.arrived.read_text("utf-8"))


def make_gate(folder: Path, name: str = "gate") -> Gate:
    """Make a gate that is closed, with its files in a folder outside the project."""
    return Gate(folder / f"{name}.arrived", folder / f"{name}.open")


def wait_for(happened: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until something has happened, and fail if it does not."""
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


@contextlib.contextmanager
def running(
    lbuild: Lbuild, *arguments: str | Path, cwd: Path | None = None, new_group: bool = False
) -> Iterator[subprocess.Popen[str]]:
    """Run ``lbuild ARGUMENTS`` in the background, if asked in a process group of its own."""
    with subprocess.Popen(
        lbuild.command(*arguments),
        cwd=cwd or lbuild.home,
        encoding="utf-8",
        env=lbuild.environment,
        process_group=0 if new_group else None,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_for_end(process: subprocess.Popen[str]) -> Result:
    """Wait until a process that is running has ended."""
    stdout, stderr = process.communicate(timeout=120)
    command = tuple(process.args) if isinstance(process.args, list) else ()
    return Result(process.returncode, stdout, stderr, command)
