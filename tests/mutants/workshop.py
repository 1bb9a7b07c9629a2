"""A copy of the checkout, installed into an environment of its own, in which tests are run.

The environment is needed because tests start processes with other variables: whatever they set,
these processes import the code of the copy.
"""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
"""The checkout that is copied."""

_LEFT_OUT = ("PYTHONPATH", "PYTEST_ADDOPTS")
_TOLD = re.compile(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", re.MULTILINE)
"""A line in pytest's summary."""

# Its exit codes.
_PASSED, _FAILED, _NOTHING_TO_RUN = 0, 1, 5


class BrokenRun(Exception):
    """The tests could not be run; the text has the end of the output."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a run of tests gave.

    Attributes:
        failed: the first test that failed; None if none did.
        output: of pytest.
    """

    failed: str | None
    output: str


class Workshop:
    """A copy of the checkout and its environment, in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.checkout = folder / "checkout"
        self._environment = folder / "environment"
        self.renew()
        self._uv("venv", "--seed", "--python", sys.executable, str(self._environment))
        python = str(self._scripts / "python")
        self._uv("pip", "install", "--python", python, "--editable", f"{self.checkout}[test]")

    @property
    def _scripts(self) -> Path:
        return self._environment / ("Scripts" if os.name == "nt" else "bin")

    def _uv(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "uv", "--quiet", *arguments]
        subprocess.run(command, check=True, env=self._variables())

    def _variables(self) -> dict[str, str]:
        variables = {name: value for name, value in os.environ.items() if name not in _LEFT_OUT}
        variables["VIRTUAL_ENV"] = str(self._environment)
        variables["PATH"] = os.pathsep.join((str(self._scripts), os.environ.get("PATH", "")))
        return variables

    def renew(self) -> None:
        """Copy the checkout again, without any fault.

        All of it, because Python would take the bytecode of one fault for that of another: the
        source may have the same size and the same second of change.
        """
        shutil.rmtree(self.checkout, ignore_errors=True)
        for name in _files():
            place = self.checkout / name
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, place)

    def run(self, *arguments: str, timeout: float) -> Run:
        """Run pytest until the first failure. A run that takes too long is one.

        Args:
            arguments: of pytest.
            timeout: in seconds.

        Raises:
            BrokenRun: if the tests cannot be collected.
        """
        options = ("-q", "-x", "-p", "no:cacheprovider", f"--basetemp={self._folder / 'base'}")
        command = [str(self._scripts / "python"), "-m", "pytest", *options, *arguments]
        process = subprocess.Popen(
            command,
            cwd=self.checkout,
            env=self._variables(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            encoding="utf-8",
            errors="replace",
        )
        try:
            output, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            return Run(f"no answer within {timeout:.0f} s", "")
        finally:
            _kill(process)
        if process.returncode in (_PASSED, _NOTHING_TO_RUN):
            return Run(None, output)
        failed = _TOLD.search(output)
        if process.returncode != _FAILED or failed is None:
            message = f"{' '.join(command)}\n{output[-4000:]}"
            raise BrokenRun(message)
        return Run(failed[1], output)


def _kill(process: "subprocess.Popen[str]") -> None:
    """End the tests, with what they started in their session."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            if os.name == "nt":
                process.kill()
            else:
                os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def _files() -> Iterator[str]:
    """The files of the checkout, those that were not added yet among them."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout
    return (name for name in os.fsdecode(listed).split("\0") if name and (ROOT / name).is_file())
