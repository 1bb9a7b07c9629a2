"""Which members a build needs, compared with a plain search that parses everything."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.markers import default_environment
from packaging.requirements import Requirement

from lbuild_keys.model import present, unreadable
from lbuild_keys.workspaces.closure import MembersAtHand, content_in, state_of

ROOT = Path("/workspace")
NAMES = ("a", "b", "c", "d")
MARKERS: Mapping[str, str] = {name: str(value) for name, value in default_environment().items()}


class Wheel(NamedTuple):
    name: str
    requires: tuple[str, ...] = ()
    meant: Mapping[str, Path] = {}
    version: str = "1.0"
    content_digest: str = "0123456789abcdef" * 4


def at_hand(
    wheels: Iterable[Wheel | str], meant: Iterable[str] = NAMES, asked: list[int] | None = None
) -> MembersAtHand:
    """Members in folders of their names; of one that is given by its name nothing is known."""

    def markers() -> Mapping[str, str]:
        if asked is not None:
            asked.append(1)
        return MARKERS

    known = {ROOT / (one if isinstance(one, str) else one.name): one for one in wheels}
    return MembersAtHand(
        {name: ROOT / name for name in meant},
        frozenset(ROOT / name for name in NAMES),
        {folder: None if isinstance(one, str) else one for folder, one in known.items()},
        markers,
    )


def names(members: MembersAtHand, *requirements: str) -> set[str]:
    return {need.folder.name for need in members.needs(requirements)}


requirements = st.builds(
    lambda name, extras, specifier, marker: f"{name}{extras}{specifier}{marker}",
    st.sampled_from([*NAMES, "A", "other"]),
    st.sampled_from(["", "[x]", "[x,Y]", "[y]"]),
    st.sampled_from(["", ">=1", " (<9)"]),
    st.sampled_from(["", '; extra == "x"', '; extra == "y"', '; os_name == "none"']),
)
wheels = st.lists(requirements, max_size=4).map(tuple)


def _found_plainly(texts: Iterable[str], by_name: Mapping[str, Wheel]) -> set[tuple[str, str]]:
    """Members with the extras for which they are needed ('' is for none), by repeated search."""
    found = {
        (parsed.name.lower(), extra)
        for parsed in map(Requirement, texts)
        if parsed.name.lower() in NAMES
        and (parsed.marker is None or parsed.marker.evaluate({**MARKERS, "extra": ""}))
        for extra in ("", *(one.lower() for one in parsed.extras))
    }
    while True:
        more = {
            (parsed.name.lower(), one)
            for name, extra in found
            for parsed in map(Requirement, by_name[name].requires)
            if parsed.name.lower() in NAMES
            and (parsed.marker is None or parsed.marker.evaluate({**MARKERS, "extra": extra}))
            for one in ("", *(each.lower() for each in parsed.extras))
        }
        if more <= found:
            return found
        found |= more


@given(st.lists(requirements, max_size=3), st.tuples(*[wheels] * len(NAMES)))
def test_members_are_found_as_a_plain_search_finds_them(
    texts: list[str], required: tuple[tuple[str, ...], ...]
) -> None:
    found = [Wheel(name, some) for name, some in zip(NAMES, required, strict=True)]
    members = at_hand(found)
    expected = _found_plainly(texts, {one.name: one for one in found})
    assert names(members, *texts) == {name for name, _ in expected}
    extras = {(need.name, one) for need in members.needs(texts) for one in need.extras}
    assert extras == {pair for pair in expected if pair[1]}


def test_what_is_not_known_is_missing_or_not_readable() -> None:
    members = at_hand([Wheel("a", ("b", "c")), "c"])
    assert members.missing(["a"]) == {ROOT / "b"}
    assert members.states(["a"]) == {
        "a": present("1.0 (content 0123456789abcdef)"),
        "b": unreadable("a rebuild of b is due"),
        "c": unreadable("a rebuild of c is due"),
    }


def test_a_wheel_means_what_its_own_project_means() -> None:
    plug = Wheel("a", ("hcore",), {"hcore": ROOT / "b"})
    assert names(at_hand([plug, Wheel("b")], meant=["a"]), "a") == {"a", "b"}


def test_plain_requirements_need_no_markers() -> None:
    asked: list[int] = []
    members = at_hand([Wheel("a", ("b>=1", 'other; os_name == "x"'))], asked=asked)
    assert names(members, "a", "other>=1; python_version > '3'") == {"a", "b"}
    assert asked == []


@pytest.mark.parametrize(
    ("text", "folder"),
    [
        ("a @ file:///workspace/b", "b"),
        ("unknown @ file:///workspace/sub/../b", "b"),
        ("a @ file:///workspace/elsewhere", None),
        ("a @ https://example.com/a.whl", None),
        ("a @ file:///workspace/b#subdirectory=x", None),
        ("a @ file://${PLACE}/b", "b"),
        ("not a requirement @ file:///workspace/b", None),
    ],
)
def test_urls(text: str, folder: str | None) -> None:
    members = at_hand([])._replace(environ={"PLACE": "/workspace"})
    assert [need.folder.name for need in members.needs([text])] == ([folder] if folder else [])
    assert members.named_by_url(text) is (folder is not None)


def test_a_state_tells_the_content() -> None:
    assert content_in(state_of(Wheel("a"))) == "0123456789abcdef"
    assert content_in(unreadable("a rebuild of a is due")) == ""
    assert content_in(present("1.0")) == ""


def test_a_name_with_the_url_of_no_member_means_no_member() -> None:
    members = at_hand([Wheel("a"), Wheel("b")])
    elsewhere = f"a @ file://{ROOT}/elsewhere"
    assert members.named_elsewhere([elsewhere, "b>=1"]) == {"a"}
    assert members.named_elsewhere([f"A[x] @ https://example.org/a.zip#{ROOT}/a"]) == {"a"}
    assert members.named_elsewhere([f"a @ file://{ROOT}/a"]) == set()
    # It is not installed from there, so what else requires it means the member.
    assert members.named_elsewhere([f'{elsewhere} ; os_name == "none"']) == set()
