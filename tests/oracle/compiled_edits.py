"""Random edits of a project with compiled code, one after the other: each wheel equals a fresh one.

Nothing is undone between them as ``judge`` does, so that a build finds what lbuild has kept of
compilers' commands of many states of the project, of failed builds, and of killed ones.
"""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from oracle.edited_project import EditedProject
from oracle.judge import base_of, compare
from oracle.workshop import UnusableRecord, Workshop, build_afresh, run_lbuild


@dataclass(frozen=True, slots=True)
class Step:
    """What happened, and whether both frontends gave the same.

    Attributes:
        edits: what was edited, in words.
        action: ``built``, ``reused`` or ``failed``, by lbuild.
        fresh: ``built`` or ``failed``, by ``python -m build``.
        differs: what they did not give alike.
        restored: how many compiler commands did not run again.
        commands: how many compiler commands there were.
    """

    edits: tuple[str, ...]
    action: str
    fresh: str
    differs: tuple[str, ...]
    restored: int
    commands: int


PROJECTS = (
    *("markupsafe", "hiredis", "immutables", "wrapt", "ujson", "greenlet", "kiwisolver"),
    *("msgpack", "cymem", "argon2-cffi-bindings"),
    *("setuptools-cython", "setuptools-mypyc", "setuptools-rust"),
    *("scikit-build-core", "meson-python-c"),
)
"""Those that compile something, and not for minutes."""


def edit_at_random(workshop: Workshop, number: int, seed: str) -> list[Step]:
    """Edit the project of a workshop, and compare the wheels.

    Args:
        workshop: its checkout and its mirror are edited alike.
        number: how many wheels to compare.
        seed: chooses the edits.

    Raises:
        UnusableRecord: if the project does not build.
    """
    base, unstable, read = base_of(workshop)
    first = run_lbuild(workshop)
    if differs := compare(first, replace(first, content=base), unstable):
        raise UnusableRecord(f"lbuild's first wheel differs in {differs}: {first.message[-2000:]}")
    project = EditedProject(workshop, random.Random(seed), read)  # noqa: S311  not a secret
    steps = []
    for _ in range(number):
        edits = tuple(project.edit())
        seen, fresh = run_lbuild(project.workshop), build_afresh(project.workshop)
        differs = compare(seen, fresh, unstable)
        restored, commands = seen.commands
        steps.append(Step(edits, seen.action, fresh.action, differs, restored, commands))
        project.is_broken = fresh.content is None
    return steps


def row_of(steps: Sequence[Step]) -> dict[str, Any]:
    """Return the numbers of a table: how often what happened."""
    return {
        "wheels": len(steps),
        "built": sum(one.action == "built" for one in steps),
        "reused": sum(one.action == "reused" for one in steps),
        "both failed": sum(one.action == one.fresh == "failed" for one in steps),
        "killed": sum(any("killed" in edit for edit in one.edits) for one in steps),
        "differ": sum(bool(one.differs) for one in steps),
        "restored": sum(one.restored for one in steps),
        "ran": sum(one.commands - one.restored for one in steps),
    }


def as_json(steps: Iterable[Step]) -> list[dict[str, Any]]:
    """Return all of it, as plain values."""
    return [asdict(step) for step in steps]


def markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the table of several projects."""
    heads = [*rows[0]]
    lines = [heads, ["---"] * len(heads), *([str(row[head]) for head in heads] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
