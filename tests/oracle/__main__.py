"""The oracle's command line.

``run`` mutates projects and measures what recording costs; ``cost`` does the latter only; ``table``
prints the table of an earlier run again. ``edits`` edits compiled projects one time after another.
``workspaces`` edits workspaces, see the module of that name.
Exit code 1: something was stale, or undone and not reused, or could not be judged.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from oracle import compiled_edits, cost, table, workspaces
from oracle.catalogue import PROJECTS, Project
from oracle.judge import judge
from oracle.sdists import fetch
from oracle.workshop import UnusableRecord, open_workshop, workshop_at


@dataclass(frozen=True, slots=True)
class Plan:
    """What the command line asks for; see ``_parser``."""

    work: Path
    sdists: Path
    results: Path
    python: Path
    inputs: str
    mutations: int
    pairs: int
    seed: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for; return the exit code."""
    words = sys.argv[1:] if arguments is None else arguments
    if words and words[0] == "workspaces":
        return workspaces.main(words[1:])
    parser = _parser()
    options = parser.parse_args(words)
    if options.command == "table":
        return _finish(table.load(options.results), options.inputs)
    known = {project.name: project for project in PROJECTS}
    if unknown := set(options.projects) - known.keys():
        parser.error(f"not in the catalogue: {', '.join(sorted(unknown))}")
    by_default = compiled_edits.PROJECTS if options.command == "edits" else known
    chosen = [known[name] for name in dict.fromkeys(options.projects or by_default)]
    with tempfile.TemporaryDirectory(prefix="oracle-") as scratch:
        plan = Plan(
            work=Path(scratch, "work"),
            sdists=(options.sdists or Path(scratch, "sdists")).absolute(),
            results=(options.results or Path(scratch, "results")).absolute(),
            python=options.python,
            inputs=options.inputs,
            mutations=0 if options.command == "cost" else options.mutations,
            pairs=0 if options.command == "edits" else options.pairs,
            seed=options.seed,
        )
        for folder in (plan.sdists, plan.results):
            folder.mkdir(parents=True, exist_ok=True)
        if options.command == "edits":
            return _edit(plan, chosen)
        return _finish(_run(plan, chosen, options.jobs), plan.inputs)


def _run(plan: Plan, projects: Sequence[Project], jobs: int) -> list[table.Row]:
    """Judge projects, ``jobs`` at a time; then measure one after another, undisturbed."""
    stop = threading.Event()
    with ThreadPoolExecutor(jobs) as pool:
        try:
            rows = list(pool.map(lambda project: _judge(plan, project, stop.is_set), projects))
        except BaseException:
            stop.set()
            pool.shutdown(cancel_futures=True)
            raise
    if not plan.pairs:
        return rows
    return [row if row["error"] else _measure(plan, row) for row in rows]


def _judge(plan: Plan, project: Project, stop: Callable[[], bool]) -> table.Row:
    about = {
        "project": project.name,
        "version": project.version,
        "backend": project.backend,
        "opaque": project.opaque,
        "ratios": [],
        "error": None,
    }
    nothing = {"judged": [], "runs": 0, "unstable": [], "seconds": 0.0}
    row: table.Row
    try:
        sources = fetch(project, plan.sdists)
        folder = plan.work / project.name
        workshop = open_workshop(folder, project, sources, plan.python, plan.inputs)
        found = judge(workshop, plan.mutations, f"{plan.seed} {project.name}", stop)
        row = {**about, **found.as_json()}
    except (UnusableRecord, subprocess.TimeoutExpired) as error:
        row = {**about, **nothing, "error": str(error)}
    table.save(plan.results, row)
    _tell(table.in_short(row))
    return row


def _edit(plan: Plan, projects: Sequence[Project]) -> int:
    """Edit projects, one after another, and print the table; each step goes into a JSON file."""
    rows, faults = [], 0
    for project in projects:
        try:
            sources = fetch(project, plan.sdists)
            folder = plan.work / project.name
            workshop = open_workshop(folder, project, sources, plan.python, plan.inputs)
            seed = f"{plan.seed} {project.name}"
            steps = compiled_edits.edit_at_random(workshop, plan.mutations, seed)
        except (UnusableRecord, subprocess.TimeoutExpired) as error:
            _tell(f"{project.name} {project.version}: {error}")
            faults += 1
            continue
        shutil.rmtree(folder)
        told = json.dumps(compiled_edits.as_json(steps), indent=1)
        (plan.results / f"{project.name}-edits.json").write_text(told, "utf-8")
        about = {
            "project": project.name,
            "version": project.version or "",
            "backend": project.backend,
        }
        rows.append({**about, **compiled_edits.row_of(steps)})
        _tell(f"{rows[-1]}")
        for step in steps:
            if step.differs:
                _tell(f"{project.name}: {step.edits}: {step.differs}")
                faults += 1
    sys.stdout.write(compiled_edits.markdown(rows) if rows else "")
    return 1 if faults else 0


def _measure(plan: Plan, row: table.Row) -> table.Row:
    name = f"{row['project']}-{row['version']}"
    measured = cost.measure(workshop_at(plan.work / row["project"], name, plan.inputs), plan.pairs)
    row = {**row, "ratios": [measured.ratio]}
    table.save(plan.results, row)
    _tell(f"{row['project']}: recording makes the hook take {measured.ratio:.3f} times as long")
    return row


def _finish(rows: Sequence[table.Row], inputs: str) -> int:
    sys.stdout.write(table.markdown(rows, inputs))
    faults = [fault for row in rows for fault in table.faults(row)]
    for fault in faults:
        _tell(fault)
    return 1 if faults or not rows else 0


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="oracle", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, what in (
        ("run", "mutate and measure"),
        ("cost", "measure what recording costs"),
        ("edits", "edit compiled projects at random, and compare each wheel"),
        ("table", "print the table of an earlier run"),
    ):
        command = commands.add_parser(name, help=what, description=what)
        command.add_argument(
            "--results", type=Path, help="folder of a JSON file a project", required=name == "table"
        )
        command.add_argument("--inputs", default="traced", help="lbuild's mode [%(default)s]")
        if name == "table":
            continue
        command.add_argument("projects", nargs="*", metavar="PROJECT", help="all unless given")
        command.add_argument("--sdists", type=Path, help="folder to keep downloads in")
        command.add_argument(
            "--python", type=Path, default=Path(sys.executable), help="what to build with"
        )
        if name in ("run", "edits"):
            command.add_argument(
                *("-m", "--mutations"),
                type=int,
                default=24 if name == "run" else 20,
                help="for each project [%(default)s]",
            )
        command.add_argument("--seed", default="0", help="chooses them [%(default)s]")
        if name == "edits":
            continue
        command.add_argument(
            "--pairs", type=int, default=10, help="hook calls to time [%(default)s]"
        )
        command.add_argument(
            "-j", "--jobs", type=int, default=2, help="projects at a time [%(default)s]"
        )
    return parser


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
