"""Holds every verdict of lbuild on one project against a build of a pristine copy."""

import dataclasses
import datetime as dt
import time
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any

from oracle.mutations import Mutation, apply, choose, files
from oracle.workshop import (
    Content,
    Outcome,
    UnusableRecord,
    Workshop,
    build_afresh,
    report_status,
    run_lbuild,
)
from support.projects import Member

_RUNS_TO_SETTLE = 4
"""How often lbuild may run on an unchanged checkout until it has to reuse."""


@dataclasses.dataclass(frozen=True, slots=True)
class Judged:
    """One mutation: what was true, and what lbuild did.

    Attributes:
        relevant: whether a fresh build gives another wheel than before, or fails.
        read: whether a fresh build of the project as it was reads the file.
        named: whether ``status`` names the file, or its folder, with the hook or the program that
            used it; or what git would answer.
        fresh: ``built`` or ``failed``, by ``python -m build``.
        action: ``built``, ``reused`` or ``failed``, by lbuild.
        stale: whether lbuild did not give what the fresh build gave.
        undone: lbuild's action when the mutation was undone.
        restored: whether it then reused the wheel of before, and again when it was run again.
        differs: names that differ between the wheels of lbuild and of the fresh build.
        reasons: why lbuild built, or its message.
        undone_reasons: the same of its run after the mutation was undone.
    """

    kind: str
    path: str
    new: str | None
    relevant: bool
    read: bool
    named: bool
    fresh: str
    action: str
    stale: bool
    undone: str
    restored: bool
    differs: tuple[str, ...]
    reasons: tuple[Any, ...]
    undone_reasons: tuple[Any, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Judgement:
    """All of one project.

    Attributes:
        runs: how many runs of lbuild it took, in the beginning, until one reused.
        unstable: members of the wheel that differ between two fresh builds, which do not count.
    """

    judged: tuple[Judged, ...]
    runs: int
    unstable: tuple[str, ...]
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """All of it, as plain values."""
        return dataclasses.asdict(self)


def judge(
    workshop: Workshop, number: int, seed: str, stop: Callable[[], bool] = lambda: False
) -> Judgement:
    """Mutate a project, let lbuild build it, and compare.

    Args:
        number: of mutations.
        seed: chooses them.
        stop: asked before each mutation whether to leave it at that.

    Raises:
        Unusable: if the project does not build, or lbuild's first wheel is another.
    """
    start = time.monotonic()
    base, unstable, read = base_of(workshop)
    runs = _settle(workshop, base, unstable)
    chosen = choose(files(workshop.mirror), _used(workshop, base), number, seed)
    judged = []
    for mutation in chosen:
        if stop():
            break
        day = _today()
        one = _judge(workshop, mutation, base, unstable, read)
        # setuptools-scm writes the date into the version of a dirty tree.
        judged.append(one if _today() == day else _judge(workshop, mutation, base, unstable, read))
    return Judgement(tuple(judged), runs, tuple(sorted(unstable)), time.monotonic() - start)


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


def base_of(workshop: Workshop) -> tuple[Content, frozenset[str], frozenset[str]]:
    """The wheel of the project as it is, the names of what no two builds give alike, what is read.

    Raises:
        Unusable: if the project does not build, or the file system does not keep times of access.
    """
    first, second = build_afresh(workshop), build_afresh(workshop)
    if first.content is None or second.content is None:
        raise UnusableRecord(f"does not build: {(first.message or second.message)[-2000:]}")
    differs = differing(first.content, second.content, frozenset())
    unstable = frozenset(name for name in differs if not name.endswith(".dist-info/RECORD"))
    read = first.read | second.read
    if not read & {"pyproject.toml", "setup.py"}:
        raise UnusableRecord("the file system does not say which files were read")
    unstable |= {*differing(first.content, second.content, unstable)}
    return first.content, unstable, read


def _settle(workshop: Workshop, base: Content, unstable: frozenset[str]) -> int:
    for run in range(1, _RUNS_TO_SETTLE + 1):
        outcome = run_lbuild(workshop)
        if outcome.content is None:
            raise UnusableRecord(f"lbuild fails: {outcome.message[-2000:]}")
        if differs := differing(outcome.content, base, unstable):
            raise UnusableRecord(f"lbuild's first wheel differs in {differs}")
        if outcome.action == "reused":
            return run
    raise UnusableRecord(f"lbuild does not reuse an unchanged checkout: {outcome.reasons}")


def _used(workshop: Workshop, base: Content) -> set[str]:
    """Names of the files that the wheel holds as they are."""
    held = {member.data for member in base.values()}
    return {
        name for name in files(workshop.mirror) if (workshop.mirror / name).read_bytes() in held
    }


def _judge(
    workshop: Workshop,
    mutation: Mutation,
    base: Content,
    unstable: frozenset[str],
    read: frozenset[str],
) -> Judged:
    undo = apply(mutation, workshop.checkout), apply(mutation, workshop.mirror)
    try:
        reasons = report_status(workshop)
        seen = run_lbuild(workshop)
        fresh = build_afresh(workshop)
    finally:
        for each in undo:
            each()
    undone = run_lbuild(workshop)
    again = run_lbuild(workshop)  # replayed, and on the way of the next mutation
    differs = compare(seen, fresh, unstable)
    return Judged(
        kind=mutation.kind,
        path=mutation.path,
        new=mutation.new,
        relevant=fresh.content is None or bool(differing(fresh.content, base, unstable)),
        read=mutation.path in read,
        named=any(_names(reason, mutation) for reason in reasons),
        fresh=fresh.action,
        action=seen.action,
        stale=bool(differs),
        undone=undone.action,
        restored=all(
            run.action == "reused"
            and run.content is not None
            and not differing(run.content, base, unstable)
            for run in (undone, again)
        ),
        differs=differs,
        reasons=_reasons(seen),
        undone_reasons=_reasons(undone),
    )


def _names(reason: Mapping[str, Any], mutation: Mutation) -> bool:
    path = PurePosixPath(mutation.path)
    about = {str(path), str(path.parent), mutation.new}
    of_git = reason["kind"].startswith("git-")
    return of_git or (reason.get("path") in about and "the whole tree" not in reason["source"])


def _reasons(outcome: Outcome) -> tuple[Any, ...]:
    return (*outcome.reasons, *filter(None, [outcome.message[-1000:]]))


def compare(seen: Outcome, fresh: Outcome, unstable: frozenset[str]) -> tuple[str, ...]:
    if seen.content is None or fresh.content is None:
        agree = seen.content is fresh.content
        return () if agree else (f"lbuild {seen.action}, a fresh build {fresh.action}",)
    return differing(seen.content, fresh.content, unstable)


def differing(one: Content, other: Content, unstable: frozenset[str]) -> tuple[str, ...]:
    """Names of members that two wheels do not have alike, but for unstable ones."""
    return tuple(
        name
        for name in sorted({*one, *other} - unstable)
        if _counted(one, name, unstable) != _counted(other, name, unstable)
    )


def _counted(content: Content, name: str, unstable: frozenset[str]) -> Member | None:
    """A member; of RECORD, the lines of members that are stable."""
    member = content.get(name)
    if member is None or not unstable or not name.endswith(".dist-info/RECORD"):
        return member
    lines = member.data.splitlines()
    stable = [line for line in lines if line.decode().split(",")[0] not in unstable]
    return Member(b"\n".join(stable), member.executable)
