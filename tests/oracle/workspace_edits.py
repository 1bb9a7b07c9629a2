"""Random edits in a workspace: what lbuild builds of it is what has to be built.

After each edit lbuild builds all members, and so do builds from scratch, see ``fresh_workspace``.
Then the edit is undone, and nothing may have to be built.
"""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any

from oracle.fresh_workspace import Fresh, FreshBuilds
from oracle.judge import differing
from oracle.mutations import CLASSES, Mutation, apply, choose, files
from oracle.workshop import UnusableRecord
from oracle.workspace_workshop import Row, Workspace, run_lbuild

_RUNS_TO_SETTLE = 4


@dataclass(frozen=True, slots=True)
class Edited:
    """One edit, and what came of it.

    Attributes:
        member: whose file it was.
        differ: the members whose fresh build differs from that before the edit, or fails.
        read: those that read what was edited: the member, if its build read the file, and those
            that are built with a wheel which differs.
        built: those that lbuild built, or could not build.
        stale: those of which lbuild gave something else than a fresh build.
        missed: those that differ and were not built.
        needless: those that were built, do not differ, and did not read what was edited.
        spared: those that read what was edited, do not differ, and were not built.
        unexplained: those that were built because of another member, and do not name it.
        again: those that were built once the edit was undone, or differ from before.
    """

    member: str
    kind: str
    path: str
    new: str | None
    differ: tuple[str, ...]
    read: tuple[str, ...]
    built: tuple[str, ...]
    failed: tuple[str, ...]
    stale: tuple[str, ...]
    missed: tuple[str, ...]
    needless: tuple[str, ...]
    spared: tuple[str, ...]
    unexplained: tuple[str, ...]
    again: tuple[str, ...]
    details: Mapping[str, Any]


def edit_members(
    workspace: Workspace,
    number: int,
    seed: str,
    tell: Callable[[str], object],
    truth: FreshBuilds | None = None,
) -> list[Edited]:
    """Edit a workspace so often, and judge each edit.

    Args:
        truth: of earlier runs.

    Raises:
        UnusableRecord: if a member cannot be built, or lbuild's first wheels differ.
    """
    truth = truth or FreshBuilds(workspace.monorepo, workspace.folder / "fresh", workspace.environ)
    base = truth.of(workspace.mirror)
    for name, fresh in base.items():
        if fresh.content is None:
            raise UnusableRecord(f"{name} does not build: {fresh.message[-2000:]}")
        if not fresh.read & {"pyproject.toml", "setup.py"}:
            raise UnusableRecord("the file system does not say which files were read")
    runs = _settle(workspace, base)
    tell(f"{workspace.monorepo.name}: {len(base)} members, reused in run {runs}")
    edited = []
    for member, mutation in _choose(workspace, base, number, seed):
        started = time.monotonic()
        edited.append(_edit(workspace, truth, base, member, mutation))
        tell(f"{len(edited)} {_in_short(edited[-1])} {time.monotonic() - started:.1f} s")
    return edited


def _settle(workspace: Workspace, base: Mapping[str, Fresh]) -> int:
    for number in range(1, _RUNS_TO_SETTLE + 1):
        rows = run_lbuild(workspace)
        for name, fresh in base.items():
            if wrong := _wrong(rows.get(name), fresh):
                message = rows[name].message if name in rows else ""
                raise UnusableRecord(f"lbuild's first {name} differs: {wrong} {message[-3000:]}")
        if {row.action for row in rows.values()} == {"reused"}:
            return number
    reasons = {name: row.reasons for name, row in rows.items() if row.action != "reused"}
    raise UnusableRecord(f"lbuild does not reuse an unchanged checkout: {reasons}")


def _choose(
    workspace: Workspace, base: Mapping[str, Fresh], number: int, seed: str
) -> Iterator[tuple[str, Mutation]]:
    """Edits of members that others are built with, and of others, by turns of chance."""
    chance = random.Random(seed)  # noqa: S311  not a secret
    names = sorted(base)
    used = {name for fresh in base.values() for name in fresh.needs}
    chosen = {name: _of_member(workspace, base[name], name, number, seed) for name in names}
    for _ in range(number):
        [name] = chance.choices(names, [_USED if name in used else 1 for name in names])
        yield name, chosen[name].pop(0)


_USED = 2
"""How many times as often a member is edited that others are built with."""


def _of_member(
    workspace: Workspace, fresh: Fresh, name: str, number: int, seed: str
) -> list[Mutation]:
    """Enough edits of a member, from any of the kinds on; of what no build reads, not many."""
    chance = random.Random(f"{seed} {name}")  # noqa: S311  not a secret
    member = workspace.mirror / "packages" / name
    names = files(member)
    held = {one.data for one in (fresh.content or {}).values()}
    used = {each for each in names if (member / each).read_bytes() in held}
    others = [each for each in names if each not in used | fresh.read]
    some = chance.sample(others, min(len(others), 2 + len(used | fresh.read) // 4))
    among = [each for each in names if each in used | fresh.read | {*some}]
    # A workspace is what its files say: one with fewer members is for other tests.
    return [
        one
        for one in choose(among, used, 6 * number + len(CLASSES), f"{seed} {name}")
        if one.path != "pyproject.toml" or one.kind not in ("cut", "delete", "rename")
    ][chance.randrange(len(CLASSES)) :]


def _edit(
    workspace: Workspace,
    truth: FreshBuilds,
    base: Mapping[str, Fresh],
    member: str,
    mutation: Mutation,
) -> Edited:
    undo = [
        apply(mutation, place / "packages" / member)
        for place in (workspace.checkout, workspace.mirror)
    ]
    try:
        rows = run_lbuild(workspace)
        fresh = truth.of(workspace.mirror)
    finally:
        for each in undo:
            each()
    back = run_lbuild(workspace)
    differ = {name for name in base if _differs(fresh.get(name), base[name])}
    read = {name for name, one in fresh.items() if one.needs & differ}
    if _reads(base[member], mutation):
        read.add(member)
    built = {name for name, row in rows.items() if row.action != "reused"}
    wrong = {name: _wrong(rows.get(name), fresh[name]) for name in fresh}
    return Edited(
        member=member,
        kind=mutation.kind,
        path=mutation.path,
        new=mutation.new,
        differ=_sorted(differ),
        read=_sorted(read),
        built=_sorted(built),
        failed=_sorted(name for name in built if rows[name].action != "built"),
        stale=_sorted(name for name, what in wrong.items() if what),
        missed=_sorted(differ - built),
        needless=_sorted(built - differ - read),
        spared=_sorted(read - differ - built),
        unexplained=_sorted(
            name
            for name in built - {member}
            if rows[name].action == "built" and not _names_a_member(rows[name])
        ),
        again=_sorted(
            name
            for name, one in base.items()
            if back[name].action != "reused" or _wrong(back[name], one)
        ),
        details={
            "wrong": {name: what for name, what in wrong.items() if what},
            "reasons": {name: rows[name].reasons for name in built},
            "messages": {name: rows[name].message for name in built if rows[name].message},
            "again": {name: row.reasons for name, row in back.items() if row.action != "reused"},
        },
    )


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(names))


def _differs(one: Fresh | None, before: Fresh) -> bool:
    if one is None or one.content is None or before.content is None:
        return one is None or one.content is not before.content
    return bool(differing(one.content, before.content, frozenset()))


def _wrong(row: Row | None, fresh: Fresh) -> tuple[str, ...]:
    """What lbuild's answer has otherwise than a fresh build."""
    if row is None:
        return ("not in lbuild's answer",)
    if row.content is None or fresh.content is None:
        agree = row.content is None and fresh.content is None
        return () if agree else (f"lbuild: {row.action}; fresh: {fresh.message[-500:] or 'built'}",)
    return differing(row.content, fresh.content, frozenset())


def _reads(before: Fresh, mutation: Mutation) -> bool:
    """Whether a build of the member, as it was, reads the file, or lists what is beside it.

    Any module in a folder of ``backend-path`` counts: lbuild cannot always tell which are imported.
    """
    path = PurePosixPath(mutation.path)
    listed = CLASSES[mutation.kind] == "names" and path.parent.as_posix() in before.read
    of_backend = path.suffix == ".py" and any(map(path.is_relative_to, before.backend_path))
    return mutation.path in before.read or listed or of_backend


def _names_a_member(row: Row) -> bool:
    return any(
        reason.get("kind") == "requirement-changed" and reason.get("member")
        for reason in row.reasons
    )


def _in_short(one: Edited) -> str:
    faults = {
        name: list(getattr(one, name))
        for name in ("stale", "missed", "needless", "unexplained", "again")
        if getattr(one, name)
    }
    new = f" -> {one.new}" if one.new else ""
    what = f"{one.member}: {one.kind} {one.path}{new}"
    return f"{what}: differ {list(one.differ)}, built {list(one.built)} {faults or ''}".rstrip()


def row_of(edited: Sequence[Edited]) -> dict[str, int]:
    """The numbers of a table: edits, and then how many members in all of them."""
    return {
        "edits": len(edited),
        "of members that others are built with": sum(len(one.read) > 1 for one in edited),
        "differ": sum(len(one.differ) for one in edited),
        "read": sum(len({*one.read} - {*one.differ}) for one in edited),
        "built": sum(len(one.built) for one in edited),
        "failed": sum(len(one.failed) for one in edited),
        "stale": sum(len(one.stale) for one in edited),
        "missed": sum(len(one.missed) for one in edited),
        "needless": sum(len(one.needless) for one in edited),
        "spared": sum(len(one.spared) for one in edited),
        "unexplained": sum(len(one.unexplained) for one in edited),
        "built again": sum(len(one.again) for one in edited),
    }


def faults(edited: Iterable[Edited]) -> list[str]:
    """What must not be, a line each."""
    return [
        _in_short(one) for one in edited if one.stale or one.missed or one.needless or one.again
    ]


def as_json(edited: Iterable[Edited]) -> list[dict[str, Any]]:
    """Return all of it, as plain values."""
    return [asdict(one) for one in edited]
