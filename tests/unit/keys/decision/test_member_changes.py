"""What is said of members of a workspace whose wheels have changed."""

from lbuild_keys.decision.describe import describe
from lbuild_keys.decision.member_changes import KnownMembers, explained
from lbuild_keys.decision.reasons import RequirementChanged
from lbuild_keys.model import ABSENT, MEMBER, State, present, unreadable

KNOWN = KnownMembers(folders={}, reasons={}, builds=lambda _: [])
OLD = present("1.0 (content 0123456789abcdef)")


def changed(name: str, old: State, new: State) -> RequirementChanged:
    return RequirementChanged(name=name, old=old, new=new, source=MEMBER)


def test_what_a_member_requires_is_not_known_before_it_is_built() -> None:
    due = changed("plug", OLD, unreadable("a rebuild of plug is due"))
    required_by_it = changed("core", OLD, ABSENT)

    assert explained([required_by_it, due], KNOWN) == (due,)
    assert explained([required_by_it], KNOWN) == (required_by_it,)


def test_a_member_that_is_not_required_any_more_may_still_be_one() -> None:
    clause = describe(changed("core", OLD, ABSENT)).clause
    assert clause == "build requirement core is not taken from the workspace now"
