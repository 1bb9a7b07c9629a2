"""Why the wheel of a member of a workspace is another one: the differences between its builds."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeGuard

from lbuild_keys.decision.compare import compare
from lbuild_keys.decision.past_builds import PastBuild, UnreadableRecordError
from lbuild_keys.decision.reasons import Reason, RequirementChanged
from lbuild_keys.model import MEMBER, Snapshot
from lbuild_keys.workspaces.closure import content_in


class KnownMembers(NamedTuple):
    """What is known of the members that reasons name, by the normalised names of these.

    Attributes:
        folders: where they are.
        reasons: why they were built by this command.
        builds: returns what is recorded of the builds of one, the last used at the end.
    """

    folders: Mapping[str, str]
    reasons: Mapping[str, tuple[Reason, ...]]
    builds: Callable[[str], Sequence[PastBuild]]


def explained(
    reasons: Iterable[Reason], members: KnownMembers, seen: frozenset[str] = frozenset()
) -> tuple[Reason, ...]:
    """Return reasons; those that are about members of a workspace say why these have changed.

    Args:
        reasons: the reasons.
        members: what is known of the members.
        seen: names of members that are explained already: each may be built with others.
    """
    reasons = tuple(reasons)
    about_members = [one for one in reasons if _is_about_member(one)]
    # As long as the wheel of one is not known, it is not known which others it requires either.
    is_open = any(not one.new.known for one in about_members)
    return tuple(
        _explained(one, members, seen) if _is_about_member(one) else one
        for one in reasons
        if not (is_open and _is_about_member(one) and one.new.presence == "absent")
    )


def _is_about_member(reason: Reason) -> TypeGuard[RequirementChanged]:
    return isinstance(reason, RequirementChanged) and reason.source == MEMBER


def _explained(
    reason: RequirementChanged, members: KnownMembers, seen: frozenset[str]
) -> RequirementChanged:
    name = reason.name
    because = () if name in seen else _differences(reason, members)
    because = because or members.reasons.get(name, ())
    return reason._replace(
        member=members.folders.get(name), because=explained(because, members, seen | {name})
    )


def _differences(reason: RequirementChanged, members: KnownMembers) -> tuple[Reason, ...]:
    """Return how the build of the present wheel differs from that of the earlier one."""
    old, new = content_in(reason.old), content_in(reason.new)
    if not old or not new:
        return ()
    builds = members.builds(reason.name)
    folder = members.folders.get(reason.name)
    before, after = _last(builds, old, folder), _last(builds, new, folder)
    if before is None or after is None:
        return ()
    try:
        then, now = before.read_snapshot(), after.read_snapshot()
    except UnreadableRecordError:
        return ()
    return compare(_comparable(then, now), _comparable(now, then)) or compare(then, now)


def _comparable(snapshot: Snapshot, other: Snapshot) -> Snapshot:
    """Leave out what only hooks of one build were seen to use: nobody knows what it was before."""
    return {
        thing: seen
        for thing, seen in snapshot.items()
        if thing in other or seen.source.how == "declared"
    }


def _last(builds: Sequence[PastBuild], content: str, folder: str | None) -> PastBuild | None:
    """Return the last build with a content, one of the member's folder if there is one."""
    found = [one for one in builds if one.entry.content.startswith(content)]
    own = [one for one in found if one.entry.folder == folder]
    return next(reversed(own or found), None)
