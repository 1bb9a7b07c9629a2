"""What a build environment is given of a workspace."""

import json
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lbuild_frontend.environments import contents
from lbuild_frontend.environments import interpreter as interpreters
from lbuild_frontend.environments.member_wheels import GivenWheels, MembersOfBuild, of_build
from lbuild_frontend.errors import InstallFailed, MembersNeeded, ProjectError
from lbuild_frontend.model.member_wheel import NO_MEMBERS, Members, MemberWheel
from lbuild_keys.content import Content

ROOT = Path("/workspace")


def wheel(name: str, *requires: str, folder: str = "", digest: str = "0" * 64) -> MemberWheel:
    project, file = ROOT / (folder or name), f"{name}-1.0-py3-none-any.whl"
    return MemberWheel(
        project, name, "1.0", file, digest, requires, lambda: Content.of(name.encode())
    )


def members(*wheels: MemberWheel, **meant: str) -> MembersOfBuild:
    by_name = {one.name: one.project for one in wheels} | {
        name: ROOT / folder for name, folder in meant.items()
    }
    known = Members(by_name, frozenset(by_name.values()), {one.project: one for one in wheels})
    file, python = ROOT / "app" / "pyproject.toml", interpreters.find(None)
    found = of_build(known, file, ("hplug", "hplug>=2"), python, {})
    assert found is not None
    return found


def _install(environment: Path, name: str, origin: Mapping[str, object] | None) -> None:
    info = environment / "lib" / "site-packages" / f"{name}-1.0.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    (info / "METADATA").write_text(f"Name: {name}\nVersion: 1.0\n", "utf-8")
    rows = [f"{info.name}/METADATA,,", f"{info.name}/RECORD,,"]
    if origin is not None:
        (info / "direct_url.json").write_text(json.dumps(origin), "utf-8")
        rows.append(f"{info.name}/direct_url.json,sha256={abs(hash(str(origin)))},")
    (info / "RECORD").write_text("\n".join(rows), "utf-8")


def test_outside_of_workspaces_there_is_nothing() -> None:
    python = interpreters.find(None)
    assert of_build(NO_MEMBERS, ROOT / "pyproject.toml", (), python, {}) is None


def test_wheels_are_given_by_the_url_of_their_files() -> None:
    given = members(wheel("hplug", "hcore[x]"), wheel("hcore")).given_for(["setuptools", "hplug"])
    assert given.others == ("setuptools",)
    with given.in_files() as files:
        assert {name: path.read_bytes() for name, path in files.items()} == {
            "hplug": b"hplug",
            "hcore": b"hcore",
        }
        assert given.requirements(files) == (
            "setuptools",
            f"hplug @ {files['hplug'].as_uri()}",
            f"hcore[x] @ {files['hcore'].as_uri()}",
        )
    assert not any(path.exists() for path in files.values())


def test_an_environment_is_named_by_the_content_of_wheels() -> None:
    def identities(*wheels: MemberWheel) -> tuple[str, ...]:
        return members(*wheels).given_for(["hplug"]).identities

    once = identities(wheel("hplug"))
    assert once == identities(wheel("hplug", folder="elsewhere"))
    assert once != identities(wheel("hplug", digest="1" * 64))


def test_threads_share_a_wheel() -> None:
    given = members(wheel("hplug")).given_for(["hplug"])
    start = threading.Barrier(4)

    def copied(_: int) -> bytes:
        start.wait()
        with given.in_files() as files:
            return files["hplug"].read_bytes()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(copied, range(4))) == {b"hplug"}


@pytest.mark.parametrize("origin", [None, {"url": "https://example.com/hplug-1.0.whl"}])
def test_what_an_installer_took_is_checked(
    tmp_path: Path, origin: Mapping[str, object] | None
) -> None:
    given = members(wheel("hplug")).given_for(["hplug"])
    path = tmp_path / "hplug.whl"
    _install(tmp_path, "hplug", {"url": path.as_uri()})
    given.check_installed(tmp_path, {"hplug": path}, "app")
    _install(tmp_path, "hplug", origin)
    (tmp_path / "lib/site-packages/hplug-1.0.dist-info/direct_url.json").unlink()
    with pytest.raises(InstallFailed, match=r"app: .* did not install the wheel of hplug"):
        given.check_installed(tmp_path, {"hplug": path}, "app")


def test_where_the_wheel_of_a_member_was_does_not_count(tmp_path: Path) -> None:
    found = []
    for number, folder in enumerate(["lbuild-members-0a1b2c3d", "lbuild-members-00000000", "x"]):
        environment = tmp_path / str(number)
        _install(environment, "other", None)
        url = f"file:///tmp/{folder}/hplug-1.0-py3-none-any.whl"
        _install(environment, "hplug", {"url": url, "archive_info": {}})
        found.append(contents.installed(environment))
    assert found[0] == found[1] != found[2]
    assert [one.local for one in found] == [False, False, True]


def test_what_a_requirement_does_not_mean() -> None:
    build = members(wheel("hplug"), wheel("hcore", "hplug>=3"), halias="hplug")
    with pytest.raises(ProjectError) as error:
        build.check(["hplug>=2"])
    assert str(error.value) == (
        "/workspace/app/pyproject.toml: build-system.requires[1]: 'hplug>=2' does not allow hplug "
        "1.0, which is the version of the member in /workspace/hplug. Change one of the two."
    )
    with pytest.raises(ProjectError, match=r"what hcore 1.0 requires at run time: 'hplug>=3' does"):
        build.given_for(["hcore"])
    with pytest.raises(ProjectError, match=r"'halias' means the project in /workspace/hplug, but "):
        build.check(["halias"])
    with pytest.raises(MembersNeeded):
        members(unknown="unknown").given_for(["unknown"])


def test_one_name_means_one_member() -> None:
    plug = wheel("hplug", "hcore")._replace(meant={"hcore": ROOT / "another"})
    another = wheel("hcore", folder="another")
    known = members(plug, wheel("hcore"))
    wheels = {**known.members.wheels, another.project: another}
    at_hand = known.at_hand._replace(wheels=wheels)
    build = known._replace(members=known.members._replace(wheels=wheels), at_hand=at_hand)
    with pytest.raises(ProjectError, match="Let both mean one"):
        build.given_for(["hcore", "hplug"])


def test_no_member_means_what_it_was() -> None:
    assert GivenWheels(("a", "b @ file:///b")).not_given == ("a", "b @ file:///b")
