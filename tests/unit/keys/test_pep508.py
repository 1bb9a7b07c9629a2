"""Plain requirements are told as ``packaging`` tells them, which parses all others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from lbuild_keys import pep508

spellings = st.text("aB0-_. ", max_size=6)
clauses = st.from_regex(r"\A(~=|==|!=|<=|>=|<|>|===)? ?[0-9.*a]{0,4}\Z")
texts = st.builds(
    lambda name, first, comma, second: f"{name}{first}{comma}{second}",
    spellings,
    clauses,
    st.sampled_from(["", ",", " , ", ";", "@"]),
    clauses,
)


@given(texts)
def test_what_is_plain_is_what_packaging_makes_of_it(text: str) -> None:
    name = pep508.plain_requirement_name(text)
    if name is not None:
        parsed = Requirement(text)
        assert (parsed.url, parsed.marker, parsed.extras) == (None, None, set())
        assert canonicalize_name(parsed.name) == name


@pytest.mark.parametrize(
    "text",
    ["a", "a[b]>=1", "a (>=1)", "a @ file:///a", f"a; {'(' * 49}os_name == 'nt'{')' * 49}"],
)
def test_requirements(text: str) -> None:
    pep508.check_requirement(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a b",
        "a>=",
        "a @ http://[::1",
        "a; (os_name == 'nt'",
        *(f"a; {'(' * n}" for n in (51, 9_000)),
    ],
)
def test_what_is_no_requirement(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        pep508.check_requirement(text)


@given(spellings)
def test_names_are_normalised_as_by_packaging(name: str) -> None:
    assert pep508.normalize_name(name) == canonicalize_name(name)


@pytest.mark.parametrize(
    "text", ["hatchling", "hatchling>=1.26", "Setuptools >= 61, <80", "flit_core==3.2.0", "a.b"]
)
def test_usual_requirements_are_plain(text: str) -> None:
    assert pep508.plain_requirement_name(text) == canonicalize_name(Requirement(text).name)


@pytest.mark.parametrize(
    "text",
    [
        "a @ file:///a",
        "a; python_version < '3'",
        "a[b]",
        "a>=1.0a1",
        "a==1.*",
        "a>=",
        "-a",
        "",
        "a b",
        "a>=1\n",
    ],
)
def test_others_are_left_to_packaging(text: str) -> None:
    assert pep508.plain_requirement_name(text) is None


def test_the_name_of_any_requirement() -> None:
    assert pep508.requirement_name("Flit_Core >=3.2,<4; python_version > '3'") == "flit-core"
    with pytest.raises(InvalidRequirement):
        pep508.requirement_name("no requirement")


@pytest.mark.parametrize(
    ("text", "version", "is_met"),
    [
        ("a", "1.dev1", True),
        ("a", "no version", True),
        ("a>=1", "no version", False),
        ("a>=1", "1.1.dev1", True),
        ("a>=1", "1.dev1", False),
        ("a>=1", "1.0", True),
        ("a[x]~=1.0 ; os_name == 'x'", "2", False),
    ],
)
def test_versions_that_requirements_allow(text: str, version: str, *, is_met: bool) -> None:
    assert pep508.is_met_by(text, version) is is_met


def test_markers() -> None:
    def applies(marker: str, **values: str) -> bool:
        return pep508.applies(Requirement(f"a ; {marker}").marker, values)

    assert pep508.applies(None, {})
    assert applies("extra == 'x'", extra="x")
    assert not applies("extra == 'x'", extra="")
    # Installers refuse what cannot be compared, so it does not go unnoticed.
    assert applies("sys_platform ~= 'linux'")


@given(
    st.sampled_from(["", ">=1", "<1", "==1.0", "!=1.0.0", ">1, <3", "==1.*", "~=1.0", ">=1.1a1"]),
    st.sampled_from(["1", "1.0.0", "0.9", "2", "1.1a1", "1.0.post1", "1.0+local"]),
)
def test_a_version_meets_a_requirement_as_packaging_says(clauses: str, version: str) -> None:
    expected = Requirement(f"a{clauses}").specifier.contains(version, prereleases=True)
    assert pep508.is_met_by(f"a{clauses}", version) is expected


@pytest.mark.parametrize(
    ("text", "name"),
    [("A_b.c>=1", "a-b-c"), (" a-[x] ; m", "a"), ("a@ file:///b", "a"), ("-a", None), ("", None)],
)
def test_the_name_that_a_text_begins_with(text: str, name: str | None) -> None:
    assert pep508.leading_name(text) == name
