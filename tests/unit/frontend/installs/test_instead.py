"""Members in place of what an index has of their names."""

from pathlib import Path

from lbuild_frontend.installs.instead import Instead, label_of, not_among


def test_constraints_and_what_an_installer_says_of_them() -> None:
    others = not_among({"my-core": Path("a"), "app": Path("b")}, {"app"})
    instead = Instead({"app": "1.0+x", "new": "2"}, others)
    lines = list(instead.constraints({"new": Path("/t/new-2-py3-none-any.whl")}, Path("/t")))
    assert lines[:2] == ["app==1.0+x", "new @ file:///t/new-2-py3-none-any.whl"]
    assert lines[2].startswith("my-core @ file:///t/my_core-0-")
    assert instead.names == {"app", "new", "my-core"}
    assert instead.asked_for(f"no such file: {lines[2].partition('file://')[2]}") == {"my-core"}
    assert instead.asked_for("my-core could not be found") == frozenset()


def test_names_of_many() -> None:
    assert label_of("ab") == "a, b"
    assert label_of("abcdef") == "a, b, c, d and 2 more"
