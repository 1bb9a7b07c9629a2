"""A project is built with the wheels of members of its workspace, and with nothing else."""

from pathlib import Path

import pytest

from lbuild_frontend.builds.workflow import Obtained
from lbuild_keys.decision.describe import to_json
from support.given_members import GivenMembers
from support.wheels_and_index import make_wheel

pytestmark = pytest.mark.own_environments


@pytest.fixture
def members(tmp_path: Path) -> GivenMembers:
    return GivenMembers(tmp_path.resolve())


def _why(result: Obtained) -> list[tuple[object, object, list[object]]]:
    """Return what changed, and because of what."""
    rows = map(to_json, result.reasons)
    found = []
    for row in rows:
        because = row.get("because", [])
        assert isinstance(because, list)
        paths = [one.get("path") or one.get("name") for one in because]
        found.append((row["kind"], row.get("name") or row.get("path"), paths))
    return found


def test_a_wheel_is_what_is_installed_with_what_it_requires(members: GivenMembers) -> None:
    members.add("hplug", "plug 1", requires=["hcore"])
    members.add("hcore", "core 1")
    members.add("app", build_requires=["hplug>=1"], imports=["hplug", "hcore"])

    first = members.obtain("app")

    assert members.said(first) == {"hplug": "plug 1", "hcore": "core 1"}
    assert members.asked_for == [("app", "hplug", True), ("app", "hcore", True)]
    assert members.obtain("app").built is None

    members.say("hplug", "plug 2")
    second = members.obtain("app")
    assert members.said(second)["hplug"] == "plug 2"
    assert _why(second) == [("requirement-changed", "hplug", ["src/hplug.py"])]
    assert to_json(second.reasons[0])["member"] == str(members.root / "hplug")
    assert to_json(second.reasons[0])["message"] == (
        "the wheel of hplug changed (other content of 1.0), because src/hplug.py changed."
    )

    members.say("hcore", "core 2")  # only a run-time requirement of what is built with
    third = members.obtain("app")
    assert members.said(third)["hcore"] == "core 2"
    assert _why(third) == [("requirement-changed", "hcore", ["src/hcore.py"])]


def test_what_is_no_member_may_require_one(
    members: GivenMembers, monkeypatch: pytest.MonkeyPatch
) -> None:
    links = members.root / "links"
    make_wheel(links, "third", "hplug", code="from hplug import VALUE\n")
    make_wheel(links, "hplug", code="VALUE = 'of the index'\n", version="9.0")
    for name in ("PIP_FIND_LINKS", "UV_FIND_LINKS"):
        monkeypatch.setenv(name, str(links))
    members.add("hplug", "plug 1")
    members.add("app", build_requires=["third"], imports=["third"])

    assert members.said(members.obtain("app")) == {"third": "plug 1"}
    assert members.asked_for == [("app", "hplug", True)]
    assert members.obtain("app").built is None
    assert members.asked_for[1:] == [("app", "hplug", False)]

    members.say("hplug", "plug 2")
    second = members.obtain("app")
    assert members.said(second) == {"third": "plug 2"}
    assert _why(second) == [("requirement-changed", "hplug", ["src/hplug.py"])]
    assert members.obtain("app").built is None
