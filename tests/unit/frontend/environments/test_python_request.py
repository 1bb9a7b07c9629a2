"""Which version is asked for, and which interpreters may have it: folders made up, nothing run."""

from pathlib import Path

import pytest

from lbuild_frontend.environments.python_request import (
    VersionRequest,
    candidates,
    in_folder,
    parse,
)


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        ("3.12", VersionRequest("3.12", (3, 12))),
        ("3.12.1", VersionRequest("3.12.1", (3, 12, 1))),
        ("python3.12", VersionRequest("3.12", (3, 12))),
        ("cpython@3.12", VersionRequest("3.12", (3, 12))),
        ("CPython-3.8", VersionRequest("3.8", (3, 8))),
        ("cp312", VersionRequest("3.12", (3, 12))),
        ("39", VersionRequest("3.9", (3, 9))),
        ("3", VersionRequest("3", (3,))),
        ("3.13t", VersionRequest("3.13t", (3, 13), free_threaded=True)),
        (">=3.9", VersionRequest(">=3.9", specifiers=">=3.9")),
        ("== 3.9.*", VersionRequest("== 3.9.*", specifiers="==3.9.*")),
        *((text, None) for text in ("python", "pypy3.10", "./3.12", "/x/python3.12", "2.7", "")),
        *((text, None) for text in ("my-python3.12", "python3.12/", "3.x", "venv")),
    ],
)
def test_what_asks_for_a_version(text: str, request_: VersionRequest | None) -> None:
    assert parse(text) == request_


def test_specifiers_that_are_wrong() -> None:
    with pytest.raises(ValueError, match="Invalid specifier"):
        parse(">=x")


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("3.12", [(3, 12, 0), (3, 12, 9)]),
        ("3.12.9", [(3, 12, 9)]),
        ("3", [(3, 8, 1), (3, 12, 0), (3, 12, 9)]),
        (">3.8,<3.12.1", [(3, 8, 1), (3, 12, 0)]),
        ("3.12t", []),
    ],
)
def test_what_is_allowed(text: str, allowed: list[tuple[int, ...]]) -> None:
    request = parse(text)
    assert request is not None
    versions = [(3, 8, 1), (3, 12, 0), (3, 12, 9)]
    assert [one for one in versions if request.allows(one, free_threaded=False)] == allowed


def program(path: Path, target: Path | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if target is None:
        path.touch(0o755)
    else:
        path.symlink_to(target)
    return path


def found(folder: Path, text: str, *path: str, **environ: str) -> list[str]:
    """Return the candidates, relative to a folder that is the home as well."""
    request = parse(text)
    assert request is not None
    places = ":".join(str(folder / each) for each in path) or str(folder / "none")
    variables = {"HOME": str(folder), "PATH": places, **environ}
    paths = candidates(request, variables, folder)
    return [Path(one).relative_to(folder).as_posix() for one in paths]


def test_programs_on_the_path(tmp_path: Path) -> None:
    real = program(tmp_path / "opt" / "python3.9")
    program(tmp_path / "a" / "python3", real)
    program(tmp_path / "a" / "python")
    program(tmp_path / "b" / "python3.12")
    program(tmp_path / "b" / "python3.12-config")
    program(tmp_path / "b" / "python3.13t")
    (tmp_path / "b" / "python3").write_text("cannot be run")
    assert found(tmp_path, "3.12", "a", "b") == ["a/python", "b/python3.12"]
    assert found(tmp_path, "3.9", "b", "a") == ["a/python3", "a/python"]
    assert found(tmp_path, "3.13t", "a", "b") == ["a/python", "b/python3.13t"]
    assert found(tmp_path, ">=3.9", "a", "b") == ["a/python3", "a/python", "b/python3.12"]


def test_those_of_uv_and_pyenv(tmp_path: Path) -> None:
    for version in ("3.9.2", "3.12.1", "3.12.10", "2.7.18", "3.13t-dev"):
        program(tmp_path / ".pyenv" / "versions" / version / "bin" / "python3")
        program(tmp_path / ".pyenv" / "shims" / "python3.12")
    uv = tmp_path / ".local" / "share" / "uv" / "python"
    for version in ("3.12.4", "3.12.30"):
        program(uv / f"cpython-{version}-linux-x86_64-gnu" / "bin" / "python3")
    program(uv / "pypy-3.12.1-linux-x86_64-gnu" / "bin" / "python3")
    of_uv = [
        f".local/share/uv/python/cpython-{version}-linux-x86_64-gnu/bin/python3"
        for version in ("3.12.30", "3.12.4")
    ]
    of_pyenv = [f".pyenv/versions/{version}/bin/python3" for version in ("3.12.10", "3.12.1")]
    assert found(tmp_path, "3.12") == [*of_uv, *of_pyenv]
    # Shims come where PATH has them, and which version they select counts.
    assert found(tmp_path, "3.12", ".pyenv/shims") == [*of_pyenv, *of_uv]
    (tmp_path / ".pyenv" / "version").write_text("3.9.2\n3.12.1\n")
    assert found(tmp_path, "3.12", ".pyenv/shims") == [*of_pyenv[::-1], *of_uv]
    selected = {"PYENV_VERSION": "3.12.10"}
    assert found(tmp_path, "3.12", ".pyenv/shims", **selected) == [*of_pyenv, *of_uv]
    assert found(tmp_path, "3.9") == [".pyenv/versions/3.9.2/bin/python3"]
    assert found(tmp_path, "3.12", UV_PYTHON_INSTALL_DIR=str(tmp_path / "other")) == of_pyenv[::-1]


def test_the_interpreter_in_a_folder(tmp_path: Path) -> None:
    assert in_folder(tmp_path) is None
    path = program(tmp_path / "bin" / "python3")
    assert in_folder(tmp_path) == str(path)
