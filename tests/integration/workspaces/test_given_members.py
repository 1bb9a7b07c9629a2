"""A project is built with the wheels of members of its workspace, and with nothing else."""

from pathlib import Path
from typing import Any

import pytest

from lbuild_frontend.builds.workflow import Obtained
from lbuild_frontend.errors import InstallFailed, MembersNeeded, ProjectError
from lbuild_frontend.hooks import call
from lbuild_frontend.hooks.backend import Backend
from lbuild_frontend.model.hook import BUILD_EDITABLE, BUILD_SDIST, BUILD_WHEEL, Hook
from lbuild_keys.decision.describe import to_json
from support.exhaustive import one_in
from support.given_members import GivenMembers
from support.projects import replace
from support.wheels_and_index import make_wheel

pytestmark = pytest.mark.own_environments


@pytest.fixture
def members(tmp_path: Path) -> GivenMembers:
    return GivenMembers(tmp_path.resolve())


_LINKS = {"PIP_FIND_LINKS": "{links}", "UV_FIND_LINKS": "{links}", "UV_RESOLUTION": "lowest"}
_ONLY_WHEELS = {"PIP_ONLY_BINARY": ":all:", "UV_NO_BUILD": "1", "UV_EXCLUDE_NEWER": "2020-01-01"}
SETTINGS = {
    "no-binary": {"PIP_NO_BINARY": ":all:", "UV_NO_BINARY": "1"},
    "no-binary-of-it": {"PIP_NO_BINARY": "hplug", "UV_NO_BINARY_PACKAGE": "hplug"},
    "no-index": {"PIP_NO_INDEX": "1", "UV_NO_INDEX": "1"},
    "only-wheels": _ONLY_WHEELS,
    "links-offline": _LINKS,
    "links": _LINKS,
}

HOOKS = [one.name for one in (BUILD_WHEEL, BUILD_EDITABLE, BUILD_SDIST)]


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


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("installer", "is_elsewhere"), [("uv", True), ("uv", False), ("pip", False)]
)
def test_what_is_no_member_may_require_one(
    members: GivenMembers, monkeypatch: pytest.MonkeyPatch, installer: str, is_elsewhere: bool
) -> None:
    members.options = {"installer": installer}
    links = members.root / "links"
    make_wheel(links, "third", "hplug", code="from hplug import VALUE\n")
    if is_elsewhere:
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


def test_a_url_says_where_to_find_what_has_the_name_of_a_member(members: GivenMembers) -> None:
    members.add("hplug", "of the workspace")
    other = members.root / "elsewhere" / "hplug"
    (members.root / "hplug").rename(members.root / "moved")
    members.add("hplug", "by its URL")
    other.parent.mkdir()
    (members.root / "hplug").rename(other)
    (members.root / "moved").rename(members.root / "hplug")
    members.add("app", build_requires=[f"hplug @ {other.as_uri()}"], imports=["hplug"])

    assert members.said(members.obtain("app")) == {"hplug": "by its URL"}
    assert members.asked_for == []

    (other / "src" / "hplug.py").write_text("VALUE = 'edited'\n", "utf-8")
    assert members.said(members.obtain("app")) == {"hplug": "edited"}


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("installer", "mode"),
    [("uv", "traced"), ("pip", "traced"), ("uv", "tree"), ("uv", "declared")],
)
def test_no_old_wheel_is_handed_out(members: GivenMembers, installer: str, mode: str) -> None:
    """Neither by an installer's cache, nor in a kept environment, nor by a record."""
    members.options = {"installer": installer, "inputs": mode}
    keys = '[tool.uv]\ncache-keys = [{file = "src/*.py"}]\n'
    members.add("hplug", "1", requires=["hcore[y]>=0.5"], more=keys)
    members.add("hcore", "1", more=keys)
    members.add("app", build_requires=["hplug[x] >= 0.9"], imports=["hplug", "hcore"])
    members.obtain("app")
    for name, value in [("hplug", "2"), ("hcore", "2"), ("hplug", "1"), ("hplug", "2")]:
        members.say(name, value)
        result = members.obtain("app")
        said = members.said(result)
        assert said[name] == value
        assert members.obtain("app").built is None
    assert said == {"hplug": "2", "hcore": "2"}
    # Each content of the two once, and one environment with nothing in it.
    assert len(members.kept_environments) == 4 + 1
    assert members.reporter.notes == []


@pytest.mark.exhaustive
def test_a_rebuild_with_the_same_content_is_no_reason(members: GivenMembers) -> None:
    members.add("hplug", more="[tool.lbuild]\nalways-rebuild = true\n")
    members.add("app", build_requires=["hplug"], imports=["hplug"])
    assert members.obtain("app").built is not None
    kept = members.kept_environments
    again = members.obtain("app")
    assert [name for name, *_ in members.asked_for] == ["app", "app"]
    assert again.built is None

    (members.root / "app" / "src" / "app.py").write_text("VALUE = 'edited'\n", "utf-8")
    assert members.obtain("app").built is not None
    assert members.kept_environments == kept


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    "change",
    [
        {"scripts": "hplug = hplug:VALUE"},
        {"requires": ["hcore"]},
        {"extras": ["more"]},
        {"version": "1.0.post1"},
    ],
    ids=["scripts", "requirements", "extras", "version"],
)
def test_more_than_modules_counts(members: GivenMembers, change: dict[str, str]) -> None:
    members.add("hcore")
    members.add("hplug")
    members.add("app", build_requires=["hplug"], imports=["hplug"])
    members.obtain("app")
    before = members.kept_environments
    members.add("hplug", **change)  # type: ignore[arg-type]
    result = members.obtain("app")
    assert ("requirement-changed", "hplug") in [row[:2] for row in _why(result)]
    assert len(members.kept_environments - before) == 1
    assert members.obtain("app").built is None


@pytest.mark.quick("build_wheel")
@pytest.mark.parametrize("hook", [BUILD_WHEEL, BUILD_EDITABLE, BUILD_SDIST], ids=HOOKS)
def test_what_a_backend_asks_for(members: GivenMembers, hook: Hook) -> None:
    """It is known once the hook was called: then nothing is left behind."""
    members.add("hplug", "1")
    members.add("app", asks=["hplug"], imports=["hplug"])
    project = members.root / "app"
    replace(
        project / "backend" / "made_backend.py",
        "    made = _made()\n    if made",
        "    Path('left').write_text('x')\n    made = _made()\n    if made",
    )
    with pytest.raises(MembersNeeded) as needed:
        members.alone("app", {}, hook)
    assert (needed.value.folders, needed.value.is_certain) == ({members.root / "hplug"}, True)
    assert members.reporter.notes == []
    result = members.obtain("app", hook)
    assert result.built is not None
    if hook == BUILD_WHEEL:
        assert members.said(result) == {"hplug": "1"}
    assert members.obtain("app", hook).built is None
    assert members.asked_for[-1] == ("app", "hplug", False)

    members.say("hplug", "2")
    again = members.obtain("app", hook)
    assert _why(again) == [("requirement-changed", "hplug", ["src/hplug.py"])]
    members.add("app", asks=[], imports=[])
    assert members.obtain("app", hook).built is not None
    members.say("hplug", "3")  # nobody asks for it any more
    assert members.obtain("app", hook).built is None
    assert members.obtain("app", hook, {members.root / "hplug": None}).built is None
    assert members.reporter.notes == []


@pytest.mark.exhaustive
def test_a_member_that_only_older_builds_asked_for_is_left_alone(members: GivenMembers) -> None:
    members.add("hplug", "1")
    members.add("app", asks=["hplug"], imports=["hplug"])
    members.obtain("app")
    members.add("app", asks=[], imports=[])
    members.obtain("app")
    before = list(members.asked_for)

    members.say("hplug", "2")
    assert members.obtain("app").built is None
    assert members.status("app", {}).verdict.reuse is not None
    assert members.asked_for == before

    members.add("app", asks=["hplug"], imports=["hplug"])
    assert members.said(members.obtain("app")) == {"hplug": "2"}
    members.say("hplug", "3")
    assert members.said(members.obtain("app")) == {"hplug": "3"}
    assert members.asked_for[-1] == ("app", "hplug", False)


@pytest.mark.exhaustive
def test_a_build_that_asked_for_a_member_comes_before_older_ones(members: GivenMembers) -> None:
    """Of builds from the same declared inputs the last one counts, also if it has to wait."""
    members.options = {"inputs": "declared"}
    keys = '[tool.uv]\ncache-keys = [{file = "src/*.py"}]\n'
    members.add("hplug", "1", more=keys)
    members.add("app", asks=[], imports=[], more=keys)
    (members.root / "app" / "src" / "app.json").write_text("{}")
    first = members.obtain("app")
    members.add("app", asks=["hplug"], imports=[], more=keys)  # which is not declared
    (members.root / "app" / "src" / "app.json").write_text('{"new": 1}')
    members.options["refresh"] = True
    last = members.obtain("app")
    members.options["refresh"] = False
    assert last.entry.content != first.entry.content

    again = members.obtain("app")

    assert (again.built, again.entry.content) == (None, last.entry.content)


@pytest.mark.exhaustive
def test_a_wheel_that_is_not_known(members: GivenMembers) -> None:
    members.add("hplug")
    members.add("app", build_requires=["hplug"], imports=["hplug"])
    members.obtain("app")
    with pytest.raises(MembersNeeded) as needed:
        members.alone("app", {members.root / "hplug": None})
    assert needed.value.is_certain
    [reason] = members.status("app", {members.root / "hplug": None}).verdict.reasons
    assert to_json(reason)["message"] == "a rebuild of hplug is due, which this is built with."


@pytest.mark.exhaustive
def test_members_that_are_not_what_is_required(members: GivenMembers) -> None:
    members.add("hplug", requires=["hcore>=3"])
    members.add("hcore", version="2.0")
    members.add("app", build_requires=["hatchling", "hplug<1"])
    file = members.root / "app" / "pyproject.toml"
    with pytest.raises(ProjectError) as error:
        members.obtain("app")
    assert str(error.value) == (
        f"{file}: build-system.requires[1]: 'hplug<1' does not allow hplug 1.0, which is the "
        f"version of the member in {members.root / 'hplug'}. Change one of the two."
    )
    members.add("app", build_requires=["hplug"])
    with pytest.raises(ProjectError, match=r"hplug 1.0 requires at run time: 'hcore>=3' does not"):
        members.obtain("app")
    members.add("hplug", wheel_name="hother")
    with pytest.raises(ProjectError, match=r"requires\[0\]: 'hplug' means the project in .*hother"):
        members.obtain("app")
    members.add("hplug")
    members.add("app", asks=["hplug>3"])
    with pytest.raises(ProjectError, match=r"what the backend requires to build: 'hplug>3' does"):
        members.obtain("app")
    members.add("app", asks=["hplug"], imports=["hplug"])
    assert members.said(members.obtain("app")) == {"hplug": "1"}
    assert members.reporter.notes == []


@pytest.mark.exhaustive
@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_the_url_of_a_member_means_its_wheel(members: GivenMembers, installer: str) -> None:
    members.options = {"installer": installer}
    plug = members.add("hplug", "1", version="1.0+local.1")
    members.add("app", build_requires=[f"hplug @ {plug.as_uri()}"], imports=["hplug"])
    assert members.said(members.obtain("app")) == {"hplug": "1"}
    (plug / "README").write_text("It is in no wheel.\n", "utf-8")
    assert members.obtain("app").built is None
    members.say("hplug", "2")
    result = members.obtain("app")
    assert members.said(result) == {"hplug": "2"}
    assert _why(result) == [("requirement-changed", "hplug", ["src/hplug.py"])]
    assert len(members.kept_environments) == 3


@pytest.mark.quick("links-offline-uv")
@pytest.mark.parametrize("installer", ["uv", "pip"])
@pytest.mark.parametrize("case", one_in(2, SETTINGS))
def test_settings_of_installers(
    members: GivenMembers,
    monkeypatch: pytest.MonkeyPatch,
    installer: str,
    case: str,
) -> None:
    environ, offline = SETTINGS[case], case.endswith("offline")
    links = members.root / "links"
    for version in ("1.0", "9.0"):
        make_wheel(links, "hplug", code="VALUE = 'of the links'\n", version=version)
    for name, value in environ.items():
        monkeypatch.setenv(name, value.format(links=links))
    members.options = {"installer": installer, "offline": offline}
    members.add("hplug", "1")
    members.add("app", build_requires=["hplug"], imports=["hplug"])
    assert members.said(members.obtain("app")) == {"hplug": "1"}
    make_wheel(links, "hplug", code="VALUE = 'of the links'\n", version="11.0")
    assert members.obtain("app").built is None


@pytest.mark.exhaustive
@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_constraints_on_a_member(members: GivenMembers, installer: str) -> None:
    limits = members.root / "limits.txt"
    limits.write_text("hplug<1\n", "utf-8")
    members.options = {"installer": installer, "build_constraints": (str(limits),)}
    members.add("hplug", "1")
    members.add("app", build_requires=["hplug"], imports=["hplug"])
    with pytest.raises(InstallFailed, match="could not be installed: hplug\\."):
        members.obtain("app")
    limits.write_text("hplug<2\n", "utf-8")
    assert members.said(members.obtain("app")) == {"hplug": "1"}
    assert members.reporter.notes == []


@pytest.mark.exhaustive
def test_without_isolation_no_member_is_given(members: GivenMembers) -> None:
    members.options = {"isolation": False, "skip_dependency_check": True}
    members.add("hplug")
    members.add("app", build_requires=["hplug"])
    assert members.obtain("app").built is not None
    assert members.asked_for == []


@pytest.mark.exhaustive
def test_a_hook_that_asks_counts_what_it_runs_with(
    members: GivenMembers, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def get_requires(backend: Backend, *arguments: Any) -> Any:
        asked.append(backend.label)
        return real(backend, *arguments)

    real = call.get_requires
    monkeypatch.setattr(call, "get_requires", get_requires)
    members.add("hplug", "1")
    members.add("hother", "1")
    members.add("app", build_requires=["hplug"], asks=["hother"], imports=["hother"])
    members.obtain("app")
    assert asked.count("app") == 2  # first it was not known that hother is needed
    members.say("hother", "2")
    assert members.said(members.obtain("app")) == {"hother": "2"}
    assert asked.count("app") == 2
    members.say("hplug", "2")
    members.obtain("app")
    assert asked.count("app") == 3


@pytest.mark.exhaustive
def test_why_a_member_changed_is_told_through_all_of_them(members: GivenMembers) -> None:
    members.add("hbase", "1")
    members.add("hplug", build_requires=["hbase"], imports=["hbase"])
    members.add("app", build_requires=["hplug"], imports=["hplug"])
    members.obtain("app")
    members.say("hbase", "2")
    [reason] = members.obtain("app").reasons
    assert to_json(reason)["message"] == (
        "the wheel of hplug changed (other content of 1.0), because the wheel of hbase changed "
        "(other content of 1.0), because src/hbase.py changed."
    )
    members.add("hbase", "3", version="2.0")
    [reason] = members.obtain("app").reasons
    assert "hbase changed (1.0 -> 2.0), because" in str(to_json(reason)["message"])


@pytest.mark.exhaustive
def test_a_member_is_given_that_was_no_member_before(members: GivenMembers) -> None:
    """And the other way round: both are another build."""
    members.add("app", asks=[])
    members.obtain("app")
    members.add("hplug")
    members.add("app", build_requires=["hplug"], imports=["hplug"])
    members.obtain("app")
    links = members.root / "links"
    make_wheel(links, "hplug", code="VALUE = 'of the links'\n")
    members.options = {"installer": "pip"}
    del members.meant["hplug"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PIP_FIND_LINKS", str(links))
        result = members.obtain("app")
        assert members.said(result) == {"hplug": "of the links"}
        members.meant["hplug"] = members.root / "hplug"
        assert members.said(members.obtain("app")) == {"hplug": "1"}


@pytest.mark.exhaustive
def test_an_installer_that_is_told_to_take_another_one(
    members: GivenMembers, monkeypatch: pytest.MonkeyPatch
) -> None:
    links, instead = members.root / "links", members.root / "instead.txt"
    make_wheel(links, "hplug", code="VALUE = 'of the links'\n", version="9.0")
    instead.write_text("hplug==9.0\n", "utf-8")
    monkeypatch.setenv("UV_FIND_LINKS", str(links))
    monkeypatch.setenv("UV_OVERRIDE", str(instead))
    members.options = {"installer": "uv"}
    members.add("hplug", "1")
    members.add("app", build_requires=["hplug"], imports=["hplug"])
    with pytest.raises(InstallFailed, match="the installer did not install the wheel of hplug"):
        members.obtain("app")
    assert len(members.kept_environments) == 1  # that in which hplug was built
