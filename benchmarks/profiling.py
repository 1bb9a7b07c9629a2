"""Where the time of ``lbuild wheel`` goes: imports by package, and functions by cumulative time."""

import io
import os
import pstats
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from benchmarks.measure import SETTLING, nothing
from benchmarks.projects import edit
from benchmarks.workshop import Workshop

_LINE = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+([\w.]+)")


def print_profiles(shop: Workshop, imports: int = 15, functions: int = 20) -> None:
    """Profile a hit and a rebuild of a project of 20 files, in steady state, and print both."""
    project = shop.hatchling()
    command = (shop.tools["lbuild"], "wheel", os.fspath(project))
    environment = shop.variables()

    def run(*options: str) -> str:
        arguments = (sys.executable, *options, *command)
        done = subprocess.run(
            arguments, env=environment, check=True, capture_output=True, text=True
        )
        return done.stderr

    run()
    time.sleep(SETTLING)
    run()
    run()
    module = project / "src" / "demo" / "module7.py"
    for title, before in (("hit", nothing), ("rebuild", lambda: edit(module))):
        print(f"\n## {title}: imports, self time summed by package\n")
        before()
        print(imports_by_package(run("-X", "importtime"), imports))
        print(f"\n## {title}: functions by cumulative time, lbuild's own process\n")
        print(_functions(run, before, shop.new("profile"), functions))


def imports_by_package(importtime: str, most: int) -> str:
    """Sum what ``-X importtime`` printed by top-level package, the costliest first.

    Args:
        importtime: standard error of the process; lines that are something else are passed over.
        most: how many packages to name.
    """
    microseconds: Counter[str] = Counter()
    modules: Counter[str] = Counter()
    for taken, name in _LINE.findall(importtime):
        package = name.partition(".")[0]
        microseconds[package] += int(taken)
        modules[package] += 1
    lines = [f"{microseconds.total() / 1000:8.1f} ms  all {modules.total()} modules"]
    for package, taken in microseconds.most_common(most):
        lines.append(f"{taken / 1000:8.1f} ms  {package} ({modules[package]})")
    return "\n".join(lines)


def _functions(run: Callable[..., str], before: Callable[[], object], file: Path, most: int) -> str:
    before()
    run("-m", "cProfile", "-o", os.fspath(file))
    if not file.exists():
        return "no profile: the process ended itself at once, without returning"
    text = io.StringIO()
    pstats.Stats(os.fspath(file), stream=text).sort_stats("cumulative").print_stats(most)
    return text.getvalue().strip()
