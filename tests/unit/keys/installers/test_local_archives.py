"""What local places offer: by content, and no more than can be chosen."""

import os
import time
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lbuild_keys.installers.local_archives import (
    ANY_PLACE,
    has_sources,
    is_unmoved,
    layout,
    names_on_offer,
    names_to_watch,
    observe_name,
    without_excluded,
)
from lbuild_keys.installers.local_index import EVERYTHING, is_of, offers_of
from lbuild_keys.installers.local_places import LocalPlaces
from lbuild_keys.model import ABSENT, State
from lbuild_keys.observe.files import Digests
from lbuild_keys.pep508 import normalize_name
from support.wheels_and_index import make_wheel


def state(name: str, *places: Path) -> State:
    return observe_name(name, LocalPlaces(tuple(map(str, places))), Digests())


def watched(name: str, *places: Path) -> set[str]:
    return set(names_to_watch([name], LocalPlaces(tuple(map(str, places)))))


def page(folder: Path, *anchors: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.html").write_text("<!DOCTYPE html>\n" + "\n".join(anchors))


def test_a_folder_of_wheels(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path / "w", "a_b")
    before = state("a-b", tmp_path / "w")
    assert before.detail.startswith("a_b-1.0-py3-none-any.whl ")
    make_wheel(tmp_path / "w", "a")
    os.utime(wheel, (0, 0))
    wheel.chmod(0o755)
    assert state("a-b", tmp_path / "w") == before
    assert state("a-b", tmp_path / "nothing") == ABSENT
    make_wheel(tmp_path / "w", "a_b", code="other")
    assert state("a-b", tmp_path / "w") not in (before, ABSENT)
    wheel.unlink()
    assert state("a-b", tmp_path / "w") == ABSENT


@given(st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,4}[A-Za-z0-9])?", fullmatch=True))
@example("\N{KELVIN SIGN}ey")  # in lower case, a letter of ASCII
def test_a_file_is_of_its_name_however_that_is_spelled(spelled: str) -> None:
    name, escaped = normalize_name(spelled), spelled.replace("-", "_")
    for file in (f"{spelled}-1.0.tar.gz", f"{escaped}-1.0-py3-none-any.whl"):
        assert is_of(name, file)
        assert is_of(EVERYTHING, file)
        assert not is_of(f"x{name}", file)


def test_offers_have_plain_paths(tmp_path: Path) -> None:
    places = [f"{tmp_path}/./{name}" for name in "ab"]
    for place in places:
        Path(place).mkdir()
        Path(place, "a-1.0.zip").touch()
        Path(place, "b-1.0.zip").touch()
    found = [offer.path for offer in offers_of("a", LocalPlaces(tuple(places)))]
    assert found == [f"{tmp_path}/a/a-1.0.zip", f"{tmp_path}/b/a-1.0.zip"]


@pytest.mark.parametrize("file", ["a-b-1.0.tar.gz", "a_b-1.0.zip", "A.B-1!2.tar.xz", "a_b-v1.tgz"])
def test_source_distributions(tmp_path: Path, file: str) -> None:
    (tmp_path / file).touch()
    assert file in state("a-b", tmp_path).detail
    assert state("a", tmp_path) == state("b", tmp_path) == ABSENT
    assert has_sources(LocalPlaces((str(tmp_path),)))
    assert names_on_offer(LocalPlaces((str(tmp_path),))) == {"a-b"}
    places = LocalPlaces((str(tmp_path),))
    assert EVERYTHING in names_to_watch(["a-b"], places, {"a-b": "1.0"})


def test_an_index(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path / "files", "plug")
    anchor = f'<a href="../../files/{wheel.name}#sha256=1">x</a>'
    page(tmp_path / "simple" / "plug", anchor)
    before = state("plug", tmp_path / "simple")
    assert wheel.name in before.detail
    page(tmp_path / "simple" / "plug", "<p>another text</p>", anchor, '<a href="other-1.zip">')
    assert state("plug", tmp_path / "simple") == before
    make_wheel(tmp_path / "files", "plug", code="other")
    changed = state("plug", tmp_path / "simple")
    assert changed != before
    page(tmp_path / "simple" / "plug", anchor.replace("<a ", '<a data-yanked="" '))
    assert state("plug", tmp_path / "simple") != changed
    wheel.unlink()
    assert state("plug", tmp_path / "simple").detail.split(" ")[1] == "absent"


def test_a_page_with_links_to_elsewhere(tmp_path: Path) -> None:
    page(tmp_path, '<a href="https://x.org/plug-1.0.zip">plug</a>')
    for place in (tmp_path, tmp_path / "index.html"):
        before = state("plug", place)
        assert before.detail.startswith("plug-1.0.zip ")
    page(tmp_path, '<base href="https://y.org/"><a href="plug-1.0.zip">plug</a>')
    assert state("plug", tmp_path) != before


def test_what_is_watched(tmp_path: Path) -> None:
    make_wheel(tmp_path, "a", "b >= 1; python_version > '3'", "C_c[d]", "e; extra == 'x'")
    make_wheel(tmp_path, "b", "missing")
    make_wheel(tmp_path, "C_c", "f ; extra=='d'")
    assert watched("a", tmp_path) == {"a", "b", "c-c", "f", "missing", ANY_PLACE}
    assert watched("A[x]>=1", tmp_path) == {"a", "b", "c-c", "e", "f", "missing", ANY_PLACE}
    (tmp_path / "b-1.0-py3-none-any.whl").write_bytes(b"no archive")
    assert "missing" not in watched("a", tmp_path)


@pytest.mark.parametrize(
    ("file", "installed", "everything"),
    [
        ("a-1.0.tar.gz", {"a": "1.0"}, False),  # there is a wheel for all
        ("a-0.9.tar.gz", {"a": "1.0"}, False),
        ("a-2.0.tar.gz", {"a": "1.0"}, True),
        ("a-2.0rc1.tar.gz", {"a": "1.0"}, True),
        ("missing-1.0.tar.gz", {"a": "1.0"}, True),
        ("other-1.0.tar.gz", {"a": "1.0"}, False),  # it has a marker, and was not installed
        ("other-1.0.tar.gz", {"a": "1.0", "other": "1.0"}, True),
        ("a-2.0.tar.gz", None, False),
    ],
)
def test_when_everything_counts(
    tmp_path: Path, file: str, installed: dict[str, str] | None, everything: bool
) -> None:
    make_wheel(tmp_path, "a", "missing", "other; sys_platform == 'x'")
    (tmp_path / file).touch()
    names = names_to_watch(["a"], LocalPlaces((str(tmp_path),)), installed)
    assert (EVERYTHING in names) is everything


def test_everything_counts_if_wheels_are_not_preferred(tmp_path: Path) -> None:
    make_wheel(tmp_path, "a")
    (tmp_path / "a-0.1.zip").touch()
    places = LocalPlaces((str(tmp_path),), from_source=True)
    assert EVERYTHING in names_to_watch(["a"], places, {"a": "1.0"})


@pytest.mark.parametrize(
    ("requirement", "kept"),
    [
        ("plug", ["1.0", "2.0", "2.0rc1"]),
        ("plug==1", ["1.0", "2.0rc1"]),
        ("Plug >=1.5, !=3", ["2.0", "2.0rc1"]),
        ("plug>2", ["2.0rc1"]),
        ("plug==1.*", ["1.0", "2.0", "2.0rc1"]),
        ("plug==1; python_version<'3'", ["1.0", "2.0", "2.0rc1"]),
        ("other==1", ["1.0", "2.0", "2.0rc1"]),
    ],
)
def test_versions_that_are_excluded(tmp_path: Path, requirement: str, kept: list[str]) -> None:
    for version in ("1.0", "2.0", "2.0rc1"):
        make_wheel(tmp_path, "plug", version=version)
    found = without_excluded("plug", state("plug", tmp_path), [requirement]).detail
    assert [part.split("-")[1] for part in found.split(", ")] == kept


def test_what_cannot_be_read_is_unknown() -> None:
    assert not observe_name("a", LocalPlaces(problem="no"), Digests()).known


def test_what_has_surely_not_moved(tmp_path: Path) -> None:
    """Though the folder is new: its time stamps say nothing."""
    place = LocalPlaces((str(tmp_path),))
    wheel = make_wheel(tmp_path, "a")
    make_wheel(tmp_path, "b")
    now = time.time_ns()
    before = layout(place)
    make_wheel(tmp_path, "b", version="2.0")
    after = layout(place)
    unmoved = {name: is_unmoved(name, place, before, after, now) for name in ("a", "b", "c", "*")}
    assert unmoved == {"a": True, "b": False, "c": True, "*": False}
    wheel.unlink()
    assert not is_unmoved("a", place, before, layout(place), now)
    page(tmp_path / "d", '<a href="../b-1.0-py3-none-any.whl"></a>')
    assert not is_unmoved("d", place, layout(place), layout(place), now)
