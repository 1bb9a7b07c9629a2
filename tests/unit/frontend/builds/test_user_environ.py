"""The user's variables, as tasks have them."""

import os

import pytest

from lbuild_frontend.builds.user_environ import UserEnviron


def test_variables_are_read_when_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    environ = UserEnviron()
    monkeypatch.setenv("CFLAGS", "-O2")
    assert environ["CFLAGS"] == "-O2"
    monkeypatch.delenv("CFLAGS")
    assert "CFLAGS" not in environ


@pytest.mark.parametrize("name", ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"])
def test_variables_that_git_sets_for_its_hooks_are_left_out(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "/another/repository/.git")
    environ = UserEnviron()
    assert name not in environ
    assert environ.get(name) is None
    assert name not in list(environ)
    assert name not in dict(environ.items())
    assert len(environ) == len(list(environ)) < len(os.environ)


def test_all_at_once_they_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CFLAGS", "-O2")
    environ = UserEnviron()
    assert dict(environ.items()) == {name: environ[name] for name in environ}
