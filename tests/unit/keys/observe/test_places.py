"""The names of paths in folders that are elsewhere for another user, and where they lead."""

import os
import pwd
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lbuild_keys.observe.places import Places, home_folder

PLACES = Places("/home/ada", "/home/ada/.pyenv/versions/3.11.7")
ROOT = "/work/project"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/home/ada", "//~"),
        ("/home/ada/.pydistutils.cfg", "//~/.pydistutils.cfg"),
        ("/home/ada/.pyenv/versions/3.11.7/etc/x", "//{python}/etc/x"),
        ("/home/ada/.pyenv/versions/3.11", "//~/.pyenv/versions/3.11"),
        ("/home/adam/x", None),
        ("/home", None),
        ("/etc/x", None),
    ],
)
def test_the_deepest_place_counts(path: str, name: str | None) -> None:
    place = PLACES.finder(ROOT, home=True)(path)
    assert (None if place is None else place.name) == name
    if name is not None:
        assert PLACES.path_of(ROOT, name) == path


def test_a_name_leads_to_the_present_place() -> None:
    other = Places("/root", "/opt/python")
    assert other.path_of(ROOT, "//~/.pydistutils.cfg") == "/root/.pydistutils.cfg"
    assert other.path_of(ROOT, "//~") == "/root"
    assert other.path_of(ROOT, "//{python}/etc/x") == "/opt/python/etc/x"
    assert other.path_of(ROOT, "../x") == "/work/project/../x"
    assert other.path_of(ROOT, "/etc/x") == "/etc/x"
    assert other.path_of(ROOT, "~/x") == "/work/project/~/x"
    assert Places("/").path_of(ROOT, "//~/.x") == "/.x"
    assert Places("ada").path_of(ROOT, "//~/.x") == "/work/project/ada/.x"
    # As expanduser leaves it.
    assert Places(None).path_of(ROOT, "//~/.x") == "/work/project/~/.x"


def test_without_a_reason_for_it_nothing_is_in_the_home_folder() -> None:
    assert PLACES.finder(ROOT, home=False)("/home/ada/x") is None


def test_if_all_is_in_the_home_folder_hidden_names_are() -> None:
    names = [
        place and place.name
        for path in ("/.pydistutils.cfg", "/.config/x", "/etc/x", "/")
        for place in [Places("/").finder(ROOT, home=True)(path)]
    ]
    assert names == ["//~/.pydistutils.cfg", "//~/.config/x", None, None]


def test_a_folder_that_holds_more_than_the_interpreter_is_not_certain() -> None:
    place = Places(None, "/usr").finder(ROOT, home=True)("/usr/share/x")
    assert place is not None
    assert (place.name, place.certain) == ("//{python}/share/x", False)


def test_a_home_folder_that_is_a_link(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "home").symlink_to("there")
    places = Places(str(tmp_path / "home"))
    for folder in ("there", "home"):
        place = places.finder(ROOT, home=True)(f"{tmp_path.resolve()}/{folder}/x")
        assert place is not None
        assert place.name == "//~/x"


@pytest.mark.skipif(os.name == "nt", reason="another variable there")
@pytest.mark.parametrize("home", ["/home/ada", "/home/ada/", "/", "", "relative", None])
def test_the_home_folder_is_what_expanduser_says(
    monkeypatch: pytest.MonkeyPatch, home: str | None
) -> None:
    environ = {} if home is None else {"HOME": home}
    monkeypatch.delenv("HOME")
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    found = home_folder(environ)
    assert found is not None
    expected = os.path.expanduser("~/.x")  # noqa: PTH111  what pathlib calls
    assert f"{found.rstrip('/')}/.x" == expected
    if home is None:
        assert found == pwd.getpwuid(os.getuid()).pw_dir


words = st.lists(st.sampled_from(["home", "ada", ".x", "python", "..", "x"]), max_size=5)


@given(words, words, words)
def test_each_name_leads_back(home: list[str], python: list[str], path: list[str]) -> None:
    one, two, three = (os.path.normpath("/" + "/".join(part)) for part in (home, python, path))
    places = Places(one, two)
    place = places.finder(ROOT, home=True)(three)
    if place is not None:
        assert places.path_of(ROOT, place.name) == three
