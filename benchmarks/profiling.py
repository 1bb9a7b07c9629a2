"""Where the time of ``lbuild wheel`` goes: by phase, by import, and in counts of what it does."""

import functools
import os
import pstats
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import real_groups
from benchmarks.contestants import (
    HATCHLING,
    POETRY,
    SETUPTOOLS,
    Backend,
    Target,
    cache_of,
    edited,
    hook,
    touched,
)
from benchmarks.measure import SETTLING
from benchmarks.report import table
from benchmarks.workshop import Workshop
from lbuild_frontend.in_process.start import START

_IMPORT = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+([\w.]+)")
_CALLS = re.compile(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)(?:\s+\d+)?\s+(\w+)$", re.MULTILINE)
_WING = re.compile(r"/(lbuild_(?:keys|frontend))/(\w+)(?:\.py)?")

_COUNTED = """\
import atexit, runpy, sys
counts = {}
def count(event, args):
    if event == "open" and isinstance(args[0], (str, bytes)) or event == "os.posix_spawn":
        name = event
    elif event == "subprocess.Popen":
        words = [args[0], *args[1]]
        name = "git" if any(str(word).endswith("git") for word in words[:2]) else "other program"
    else:
        return
    counts[name] = counts.get(name, 0) + 1
sys.addaudithook(count)
out = sys.argv[1]
atexit.register(lambda: open(out, "w").write(repr(counts)))
del sys.argv[:2]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profiled:
    """A project whose reuse and rebuild are profiled.

    Attributes:
        edit: the project, and an edit of a file that its build reads.
        touch: the same project, and a new time stamp of that file.
    """

    title: str
    backend: Backend
    edit: Target
    touch: Target


def print_profiles(shop: Workshop, names: Iterable[str] = ()) -> None:
    """Profile a reuse that is not replayed, and a rebuild, of several projects; print tables.

    Args:
        names: of the projects; all if there are none.
    """
    for name, make in PROJECTS.items():
        if names and name not in names:
            continue
        project = make(shop)
        print(f"\n## {project.title}\n", flush=True)
        for operation, target in (("reuse", project.touch), ("rebuild", project.edit)):
            _print_profile(shop, operation, target)
        _print_hook(shop, project)


def _print_hook(shop: Workshop, project: Profiled) -> None:
    """The hook in its own process, under the recorder: what it records, and what that takes."""
    log, profile = shop.new("log"), shop.new("profile")
    for place in (log, profile):
        shutil.rmtree(place.parent)
        place.parent.mkdir()
    _, code, start = START
    script = profile.with_name("start.py")
    script.write_text(code, "utf-8")  # cProfile takes no -c
    under = ("-m", "cProfile", "-o", os.fspath(profile), os.fspath(script), start)
    under = (*under, os.fspath(log), "", "")
    recorded = hook(shop, project.edit, project.backend, "recorded hook", under)
    recorded.before()
    subprocess.run(
        recorded.command, env=recorded.environment, check=True, stdout=subprocess.DEVNULL
    )
    print("### hook: records by kind\n")
    print(table(("record", "count"), _rows(records_by_kind(log.read_bytes()), "{}")))
    print("\n### hook: its process, seconds under cProfile, by part\n")
    print(table(("part", "seconds"), _rows(by_part(pstats.Stats(os.fspath(profile))), "{:.3f}")))


def records_by_kind(log: bytes) -> Counter[str]:
    """Count the records of the recorder by their first letter; see ``in_process.log``."""
    return Counter(record[:1].decode("ascii", "replace") for record in log.split(b"\0") if record)


def _print_profile(shop: Workshop, operation: str, target: Target) -> None:
    lbuild = shop.tools["lbuild"]
    command = (lbuild, "wheel", os.fspath(target.folder))
    environment = shop.variables(LBUILD_CACHE_DIR=cache_of(target.folder))

    def run(*before: str) -> str:
        target.before()
        done = subprocess.run(
            (*before, *command), env=environment, check=True, capture_output=True, text=True
        )
        return done.stderr

    if not cache_of(target.folder).exists():
        run()
    time.sleep(SETTLING)
    run()
    profile, counts = shop.new("profile"), shop.new("counts")
    run(sys.executable, "-m", "cProfile", "-o", os.fspath(profile))
    run(sys.executable, "-c", _COUNTED, os.fspath(counts))
    print(f"### {operation}: own process, seconds under cProfile, by part\n")
    print(table(("part", "seconds"), _rows(by_part(pstats.Stats(os.fspath(profile))), "{:.3f}")))
    print(f"\n### {operation}: imports\n")
    print(imports_by_package(run(sys.executable, "-X", "importtime"), 8))
    print(f"\n### {operation}: files opened and programs started by the own process\n")
    print(counts.read_text(encoding="utf-8"))
    if strace := shutil.which("strace"):
        summary = shop.new("calls")
        run(strace, "-c", "-o", os.fspath(summary))
        calls = calls_by_name(summary.read_text(encoding="utf-8"))
        print(f"\n### {operation}: system calls of the own process\n")
        print(table(("call", "count"), _rows(calls, "{}", 12)))
    else:
        print("\nstrace is not installed: system calls are not counted")


def by_part(stats: pstats.Stats) -> Counter[str]:
    """Sum own times by wing of lbuild; what is not lbuild's goes to the wing that called it.

    What is called through other libraries only is named by its file.
    """
    seconds: Counter[str] = Counter()
    rows: Mapping[Any, Any] = vars(stats)["stats"]  # has no public name, and no type
    for (file, _, _), row in rows.items():
        own, callers = row[2], row[4]
        if part := _part(file):
            seconds[part] += own
            continue
        for (caller, _, _), (_, _, taken, _) in callers.items():
            seconds[_part(caller) or f"other: {Path(caller).name}"] += taken
    return seconds


def _part(file: str) -> str | None:
    found = _WING.search(file)
    return f"{found[1]}.{found[2]}" if found else None


def calls_by_name(summary: str) -> Counter[str]:
    """Read what ``strace -c`` wrote: how often each system call was made."""
    return Counter({name: int(count) for count, name in _CALLS.findall(summary) if name != "total"})


def imports_by_package(importtime: str, most: int) -> str:
    """Sum what ``-X importtime`` printed by top-level package, the costliest first.

    Args:
        importtime: standard error of the process; lines that are something else are passed over.
        most: how many packages to name.
    """
    microseconds: Counter[str] = Counter()
    modules: Counter[str] = Counter()
    for taken, name in _IMPORT.findall(importtime):
        package = name.partition(".")[0]
        microseconds[package] += int(taken)
        modules[package] += 1
    lines = [f"{microseconds.total() / 1000:8.1f} ms  all {modules.total()} modules"]
    for package, taken in microseconds.most_common(most):
        lines.append(f"{taken / 1000:8.1f} ms  {package} ({modules[package]})")
    return "\n".join(lines)


def _rows(counter: Counter[str], shown: str, most: int = 16) -> list[tuple[str, str]]:
    rows = [(f"`{name}`", shown.format(value)) for name, value in counter.most_common(most)]
    return [("all", shown.format(counter.total())), *rows]


def _generated(shop: Workshop, folder: Path, backend: Backend, title: str) -> Profiled:
    file = "src/demo/__init__.py"
    shop.commit(folder)
    return Profiled(
        title=title, backend=backend, edit=edited(folder, file), touch=touched(folder, file)
    )


def _large(shop: Workshop, make: Callable[[Workshop, int], Path], backend: Backend) -> Profiled:
    """A generated project of the size of botocore."""
    return _generated(shop, make(shop, 3350), backend, f"{backend.module}, 3,350 files")


def _real(shop: Workshop, project: real_groups.RealProject) -> Profiled:
    folder = real_groups.checkout(shop, project)
    return Profiled(
        title=f"{project.name} {project.version}",
        backend=project.backend,
        edit=edited(folder, project.module),
        touch=touched(folder, project.module),
    )


PROJECTS: Mapping[str, Callable[[Workshop], Profiled]] = {
    "20": lambda shop: _generated(shop, shop.hatchling(), HATCHLING, "hatchling, 20 files"),
    "django": lambda shop: _real(shop, real_groups.DJANGO),
    "botocore": lambda shop: _real(shop, real_groups.BOTOCORE),
    **{
        name: functools.partial(_large, make=make, backend=backend)
        for name, make, backend in (
            ("hatchling", Workshop.hatchling, HATCHLING),
            ("poetry", Workshop.poetry, POETRY),
            ("c", Workshop.c_extension, SETUPTOOLS),
        )
    },
}
"""How each project is made, by its name in ``--only``."""
