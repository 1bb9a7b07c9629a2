"""Time lbuild beside its peers, taking turns in one run; print medians and ratios.

Usage: python benchmarks/compare.py [ROUNDS]
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

PROJECT = Path(__file__).parent.parent / "fixtures" / "hatchling"
BUILD = (sys.executable, "-m", "build", "--wheel", "--installer", "uv")
LBUILD = (sys.executable, "-m", "lbuild_frontend")


def main(rounds: int) -> None:
    """Run every command once a round, in turn."""
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        project = scratch / "demo"
        shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("dist"))
        os.environ["LBUILD_CACHE_DIR"] = str(scratch / "cache")
        out = str(scratch / "out")
        commands: dict[str, tuple[Callable[[], object], tuple[str, ...]]] = {
            "python -c pass": (_nothing, (sys.executable, "-c", "pass")),
            "lbuild wheel, nothing changed": (_nothing, (*LBUILD, "wheel", str(project))),
            "lbuild status, nothing changed": (_nothing, (*LBUILD, "status", str(project))),
            "lbuild wheel after an edit": (
                lambda: _edit(project),
                (*LBUILD, "wheel", str(project)),
            ),
            "uv build --wheel": (_nothing, ("uv", "build", "--wheel", "-o", out, str(project))),
            "python -m build --wheel --installer uv": (
                _nothing,
                (*BUILD, "-o", out, str(project)),
            ),
        }
        times: dict[str, list[float]] = {label: [] for label in commands}
        for _ in range(rounds + 1):  # the first round fills caches
            for label, (prepare, command) in commands.items():
                prepare()
                if prepare is _nothing and "nothing changed" in label:
                    subprocess.run(command, check=True, capture_output=True)
                started = time.perf_counter()
                subprocess.run(command, check=True, capture_output=True)
                times[label].append(time.perf_counter() - started)
    medians = {label: statistics.median(taken[1:]) for label, taken in times.items()}
    base = medians["python -c pass"]
    for label, median in medians.items():
        print(f"{label:40} {median * 1000:8.1f} ms {median / base:8.1f}")


def _nothing() -> None:
    pass


def _edit(project: Path) -> None:
    with (project / "src" / "demo" / "core.py").open("a", encoding="utf-8") as file:
        file.write(f"# {time.time_ns()}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
