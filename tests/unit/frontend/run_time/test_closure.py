"""What members require at run time, followed from one to the next."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from lbuild_frontend.errors import LbuildError, ProjectError
from lbuild_frontend.model.member_wheel import Members
from lbuild_frontend.run_time import closure
from lbuild_frontend.run_time.closure import Closure, Part

MARKERS = {"python_version": "3.12", "sys_platform": "linux"}
ROOT = Path("/workspace").resolve()


def parts(requires: Mapping[str, list[str]], **how: Any) -> dict[Path, Part]:
    """Members of which each means the others by their names."""
    folders = {name: ROOT / name for name in requires}
    return {
        folder: Part(
            place=folder,
            label=name,
            name=name,
            version=how.get("version", "1.0"),
            requires=tuple(requires[name]),
            members=Members(
                {one: place for one, place in folders.items() if one != name},
                frozenset(folders.values()),
            ),
            toml=lambda: how.get("toml", {}),
        )
        for name, folder in folders.items()
    }


def close(known: Mapping[Path, Part], *roots: str, **how: Any) -> Closure:
    wanted = {ROOT / one.partition("[")[0]: _extras(one) for one in roots}
    return closure.close(known, wanted, MARKERS, **how)


def _extras(root: str) -> list[str]:
    return [one for one in root.partition("[")[2].rstrip("]").split(",") if one]


def names(folders: object) -> set[str]:
    return {folder.name for folder in folders}  # type: ignore[attr-defined]  paths


def test_members_that_are_reached_with_extras_and_markers() -> None:
    known = parts(
        {
            "app": ["core[Fast_One]>=1", "six", "win; sys_platform == 'win32'"],
            "core": ["util; extra == 'fast-one'", "more; extra == 'other'", "app", "six>1"],
            "util": ["core[other]"],
            "more": [],
            "win": [],
        }
    )
    found = close(known, "app")
    assert names(found.extras) == {"app", "core", "util", "more"}
    assert found.extras[ROOT / "core"] == {"fast-one", "other"}
    assert found.others[ROOT / "core"] == ("six>1",)
    assert found.missing == frozenset()
    assert names(close(known, "core").extras) == {"app", "core", "util", "more"}
    assert names(close(known, "more").extras) == {"more"}
    del known[ROOT / "util"], known[ROOT / "more"]
    assert names(close(known, "app").missing) == {"util"}


def test_an_extra_that_stands_for_others() -> None:
    known = parts({"app": ["app[a]; extra == 'all'", "core; extra == 'a'"], "core": []})
    assert names(close(known, "app").extras) == {"app"}
    assert names(close(known, "app[all]").extras) == {"app", "core"}


def test_a_member_by_the_url_of_its_folder_and_a_name_from_elsewhere() -> None:
    url = (ROOT / "core").as_uri()
    known = parts({"app": [f"core @ {url}", "util @ https://example.org/util.whl"]})
    folder = ROOT / "app"
    members = Members({"util": ROOT / "util"}, frozenset({ROOT / "core", ROOT / "util"}))
    known[folder] = known[folder]._replace(members=members)
    found = close(known, "app")
    assert names(found.missing) == {"core"}
    [other] = map(Requirement, found.others[folder])
    assert (other.name, other.url) == ("util", "https://example.org/util.whl")


def test_what_an_installed_distribution_requires() -> None:
    known = parts({"app": ["third"], "core": [], "plug": []})
    there = {"third": ["deep"], "deep": ["plug[x]", "third"]}

    def installed(requirement: Requirement) -> list[Requirement]:
        return list(map(Requirement, there.get(requirement.name, [])))

    found = close(known, "app", installed=installed)
    assert names(found.needs[ROOT / "app"]) == {"plug"}
    assert found.extras[ROOT / "plug"] == {"x"}
    assert names(close(known, "app").extras) == {"app"}


def test_a_version_or_name_that_is_not_allowed() -> None:
    toml = {"project": {"dependencies": ["six", "core>=2"]}}
    known = parts({"app": ["six", "core>=2"], "core": []}, toml=toml)
    with pytest.raises(ProjectError) as raised:
        closure.check(known, close(known, "app"), MARKERS)
    where = f"{ROOT / 'app' / 'pyproject.toml'}: project.dependencies[1]: "
    assert str(raised.value).startswith(f"{where}'core>=2' is not met by core 1.0")
    closure.check(known, close(known, "core"), MARKERS)
    known = parts({"app": ["core>=2"], "core": []}, version="2.1.dev3")
    closure.check(known, close(known, "app"), MARKERS)
    core = ROOT / "core"
    known[core] = known[core]._replace(name="other")
    with pytest.raises(ProjectError, match="whose name is other"):
        closure.check(known, close(known, "app"), MARKERS)
    known = parts({"app": [], "core": []})
    known[core] = known[core]._replace(name="app")
    with pytest.raises(LbuildError, match="has the same name, app"):
        closure.check(known, close(known, "core", "app"), MARKERS)


def test_what_fails_with_another_one() -> None:
    a, b, c, d = (Path(name) for name in "abcd")
    needs = {a: frozenset({b}), b: frozenset({c}), c: frozenset(), d: frozenset()}
    assert closure.dependents(needs, [c]) == {a: c, b: c}
    assert closure.reached(needs, [b, d]) == {b, c, d}


def test_what_pyproject_toml_says() -> None:
    optional = {"Fast_One": ["core; python_version > '3'"], "odd": "core", "bad": ["!"]}
    toml = {"project": {"dependencies": ["six", 1], "optional-dependencies": optional}}
    found = closure.declared_by(toml)
    assert found == ("six", 'core; python_version > "3" and extra == "fast-one"')
    assert closure.declared_by({"project": 1}) == ()
    assert closure.declared_version({"project": {"version": "1"}}) == "1"
    assert closure.declared_version({}) == ""
