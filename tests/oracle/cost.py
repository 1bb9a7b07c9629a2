"""What recording costs: the ``build_wheel`` hook with the recorder and without, by turns."""

import shutil
import statistics
import subprocess
import tempfile
import time
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyproject_hooks

from lbuild_frontend.in_process.start import START
from oracle.workshop import PATIENCE, Workshop

_LEGACY = {"build-backend": "setuptools.build_meta:__legacy__"}


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds that the hook's process took, in pairs."""

    recorded: tuple[float, ...]
    plain: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """How many times as long the hook takes when it is recorded, by the medians."""
        return statistics.median(self.recorded) / statistics.median(self.plain)


def measure(workshop: Workshop, pairs: int) -> Cost:
    """Call the hook in pristine copies of the project, ``pairs`` times each way.

    Raises:
        subprocess.CalledProcessError: if the hook fails.
    """
    recorded, plain = [], []
    for _ in range(pairs):
        recorded.append(_seconds(workshop, record=True))
        plain.append(_seconds(workshop, record=False))
    return Cost(tuple(recorded), tuple(plain))


def _seconds(workshop: Workshop, *, record: bool) -> float:
    with tempfile.TemporaryDirectory(prefix="cost-", dir=workshop.folder) as name:
        scratch = Path(name)
        project = scratch / workshop.name
        shutil.copytree(workshop.mirror, project, symlinks=True)
        # Empty, so that setuptools does the same work in the same places.
        config = scratch / "setuptools.cfg"
        config.touch()
        spent = 0.0

        def run(
            cmd: Sequence[str],
            cwd: str | None = None,
            extra_environ: Mapping[str, str] | None = None,
        ) -> None:
            nonlocal spent
            python, *rest = cmd
            watch = [*START, str(scratch / "log"), str(config), ""] if record else []
            start = time.perf_counter()
            subprocess.run(
                [python, *watch, *rest],
                capture_output=True,
                check=True,
                cwd=cwd,
                env={**workshop.environ, **(extra_environ or {})},
                stdin=subprocess.DEVNULL,
                timeout=PATIENCE,
            )
            spent = time.perf_counter() - start

        build_system = _build_system(project)
        (scratch / "wheel").mkdir()
        pyproject_hooks.BuildBackendHookCaller(
            str(project),
            build_system["build-backend"],
            build_system.get("backend-path"),
            runner=run,
            python_executable=str(workshop.python),
        ).build_wheel(str(scratch / "wheel"), {})
        return spent


def _build_system(project: Path) -> dict[str, Any]:
    path = project / "pyproject.toml"
    document = tomllib.loads(path.read_text("utf-8")) if path.exists() else {}
    return {**_LEGACY, **document.get("build-system", {})}
