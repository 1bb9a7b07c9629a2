"""What local places offer, before and after something was installed from them."""

import os
from pathlib import Path

import pytest

from lbuild_frontend.environments.local_offers import LocalOffers, from_record, to_record
from lbuild_keys.observe.files import Digests
from support.wheels_and_index import make_wheel


@pytest.fixture
def place(tmp_path: Path) -> Path:
    place = tmp_path / "wheels"
    make_wheel(place, "plug", "tool")
    make_wheel(place, "tool")
    return place


def offers(*places: Path) -> LocalOffers:
    links = " ".join(map(str, places))
    environ = {"PIP_FIND_LINKS": links, "PIP_CONFIG_FILE": os.devnull}
    return LocalOffers("pip", ["plug"], environ, Path(), Digests())


def test_what_is_recorded_matches_as_long_as_it_is_offered(place: Path, tmp_path: Path) -> None:
    states = offers(place).after(tmp_path / "environment")
    assert {"plug", "tool"} <= states.keys()
    recorded = to_record(states)
    assert recorded is not None
    assert from_record(recorded) == states
    assert offers(place).match(recorded)
    make_wheel(place, "other")
    assert offers(place).match(recorded)
    make_wheel(place, "tool", code="another one of the same name and version")
    assert not offers(place).match(recorded)


@pytest.mark.parametrize("name", ["plug", "tool"])
def test_what_changes_while_it_is_installed_is_unknown(
    place: Path, tmp_path: Path, name: str
) -> None:
    before = offers(place)
    make_wheel(place, name, code="another one")
    states = before.after(tmp_path / "environment")
    assert [each for each, state in states.items() if not state.known] == [name]
    assert to_record(states) is None


def test_an_older_record_holds_only_without_local_places(place: Path) -> None:
    assert not offers(place).match({})
    assert offers().match({})
