"""What pip would choose in a folder of wheels, and what is missing there."""

from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from lbuild_frontend.environments.interpreter import Interpreter
from lbuild_frontend.run_time import on_offer
from lbuild_frontend.run_time.on_offer import Offers, Runner
from support.wheels_and_index import make_wheel

MARKERS = {name: str(value) for name, value in default_environment().items()}
OWN = Interpreter("python", "CPython 3.11", runs_lbuild=True)


def offers(folder: Path) -> Offers:
    return on_offer.read(folder, Runner(MARKERS, on_offer.ranks_of(OWN, MARKERS)))


def best(folder: Path, name: str, allowed: str = "") -> str | None:
    found = offers(folder).best(name, SpecifierSet(allowed))
    return found and found.path.name


def renamed(wheel: Path, tag: str) -> Path:
    return wheel.rename(wheel.with_name(wheel.name.replace("py3-none-any", tag)))


def test_what_pip_prefers(tmp_path: Path) -> None:
    assert best(tmp_path / "nowhere", "demo") is None
    renamed(make_wheel(tmp_path, "demo", version="3.0"), "cp27-cp27m-win32")
    assert best(tmp_path, "demo") is None
    make_wheel(tmp_path, "demo", version="2.0.dev1")
    assert best(tmp_path, "demo") == "demo-2.0.dev1-py3-none-any.whl"
    make_wheel(tmp_path, "demo", version="1.0")
    assert best(tmp_path, "demo") == "demo-1.0-py3-none-any.whl"
    assert best(tmp_path, "demo", ">=2.0.dev0") == "demo-2.0.dev1-py3-none-any.whl"
    (tmp_path / "demo-1.0.tar.gz").touch()
    assert best(tmp_path, "demo") == "demo-1.0-py3-none-any.whl"
    renamed(make_wheel(tmp_path, "demo", version="1.0"), "7-py3-none-any")
    assert best(tmp_path, "demo") == "demo-1.0-7-py3-none-any.whl"
    (tmp_path / "demo-1.1.tar.gz").touch()
    assert best(tmp_path, "demo") == "demo-1.1.tar.gz"


def test_what_cannot_be_read_is_not_there(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "demo")
    wheel.write_bytes(b"no archive")
    (tmp_path / "notes.txt").touch()
    (tmp_path / "odd.whl").touch()
    assert offers(tmp_path).unusable == (wheel,)
    assert best(tmp_path, "demo") is None


@pytest.mark.parametrize(
    ("others", "lacking"),
    [
        ({}, "b[x]>=1"),
        ({"b-1.0": ["c; extra == 'x'"]}, "c"),
        ({"b-1.0": ["c; extra == 'y'", "d; python_version < '3'"]}, None),
        ({"b-1.0": ["c<2", "d"], "c-2.0": [], "d-1.0": []}, "c<2"),
        ({"b-1.0": ["c", "d"], "c-2.0": [], "c-1.0": [], "d-1.0": ["c<2", "b"]}, None),
        ({"b-1.0": [], "b-2.0": ["nowhere"]}, "nowhere"),
    ],
)
def test_what_a_folder_lacks(
    tmp_path: Path, others: dict[str, list[str]], lacking: str | None
) -> None:
    make_wheel(tmp_path, "a", "b[x]>=1")
    for wheel, requires in others.items():
        name, _, version = wheel.partition("-")
        make_wheel(tmp_path, name, *requires, version=version)
    assert offers(tmp_path).lacks([Requirement("a")]) == lacking


def test_what_a_wheel_there_requires(tmp_path: Path) -> None:
    make_wheel(tmp_path, "a", "b; extra == 'x'", "c")
    found = offers(tmp_path)
    assert list(map(str, found.required_by(Requirement("a[x]")))) == ["b", "c"]
    assert found.required_by(Requirement("a>1")) == []


def test_tags_of_another_interpreter() -> None:
    other = Interpreter("python", "CPython 3.13 cpython-313t-x86_64", runs_lbuild=False)
    ranks = on_offer.ranks_of(other, {"python_version": "3.13"})
    names = [(tag.interpreter, tag.abi) for tag in ranks]
    assert ("cp313", "cp313t") in names
    assert ("cp313", "cp313") not in names
    assert ("py3", "none") in names
