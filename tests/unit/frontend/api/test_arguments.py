"""What callers give to the API: mistakes are errors at once, and nothing is built."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lbuild_frontend import api
from lbuild_frontend.api.options import request_of


def nested(depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for _ in range(depth):
        found = {"more": found}
    return found


def itself() -> dict[str, Any]:
    found: dict[str, Any] = {}
    found["again"] = found
    return found


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"outdir": "x"}, TypeError, "no option 'outdir'"),
        ({"editable": True}, TypeError, "no option 'editable'"),
        ({"verbose": True}, TypeError, "no option 'verbose'"),
        ({"out_dir": b"x"}, TypeError, "out_dir: a text or a path is needed, not bytes"),
        ({"cache_dir": "a\0b"}, api.LbuildError, "cache_dir: .* null character"),
        ({"build_constraints": "abc.txt"}, TypeError, "build_constraints: several are needed"),
        ({"build_constraints": Path("abc.txt")}, TypeError, "build_constraints: several"),
        ({"refresh_packages": "flit"}, TypeError, "refresh_packages: several are needed"),
        ({"refresh_packages": [1]}, TypeError, "refresh_packages: 1 is not a text"),
        ({"config_settings": "a=b"}, TypeError, "config_settings: a mapping"),
        ({"config_settings": {1: "b"}}, TypeError, "config_settings: a mapping"),
        ({"config_settings": {"a": {1, 2}}}, TypeError, "config_settings: .*set"),
        ({"config_settings": nested(100_000)}, api.LbuildError, "config_settings: .*JSON"),
        ({"config_settings": itself()}, api.LbuildError, "config_settings: .*JSON"),
        ({"installer": "conda"}, api.LbuildError, "installer='conda': use 'pip' or 'uv'"),
        ({"inputs": "all"}, api.LbuildError, "use 'traced', 'tree' or 'declared'"),
    ],
)
def test_wrong_options(
    options: dict[str, Any], error: type[Exception], words: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=words):
        api.build_wheel(tmp_path, **options)


def test_what_is_none_is_not_given() -> None:
    names = api.BuildOptions.__annotations__
    nothing: Any = dict.fromkeys(names)
    assert request_of(nothing) == api.Request()


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: api.install(extras="test"), TypeError, "extras: several are needed"),
        (lambda: api.graph("path"), TypeError, "projects: several are needed"),
        (lambda: api.graph(packages="core"), TypeError, "packages: several are needed"),
        (lambda: api.graph(["a\0"]), api.LbuildError, "projects: .* null character"),
        (lambda: api.cache.remove("demo"), TypeError, "globs: several are needed"),
        (lambda: api.cache.clean("demo"), TypeError, "names: several are needed"),
        (lambda: api.build_wheel(b"."), TypeError, "project: a text or a path"),  # type: ignore[arg-type]  # bytes
        (
            lambda: api.run(api.Command("whl")),  # type: ignore[arg-type]  # no verb
            api.LbuildError,
            "verb='whl': use 'wheel', 'editable', .* or 'status'",
        ),
        (lambda: api.run(api.Command("wheel", "path")), TypeError, "projects: several"),  # type: ignore[arg-type]  # one
        (
            lambda: api.run(api.Command("wheel", scope=api.Scope(jobs=0))),
            api.LbuildError,
            "jobs=0: use a number from 1 on",
        ),
        (
            lambda: api.run(api.Command("wheel", request=api.Request(installer="conda"))),  # type: ignore[arg-type]  # no installer
            api.LbuildError,
            "installer='conda'",
        ),
    ],
)
def test_wrong_arguments(
    call: Callable[[], object],
    error: type[Exception],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LBUILD_CACHE_DIR", str(tmp_path))
    with pytest.raises(error, match=words):
        call()


def test_the_path_of_one_project_is_no_glob(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "pyproject.toml").touch()
    with pytest.raises(api.ProjectError, match="No such file or directory"):
        api.build_wheel(tmp_path / "*")
    assert [*tmp_path.glob("*/dist")] == []


def test_a_current_folder_that_is_gone_is_an_error_of_lbuild(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    try:
        with pytest.raises(api.LbuildError):
            api.graph()
        with pytest.raises(api.LbuildError):
            api.cache.folder("x")
    finally:
        monkeypatch.undo()
