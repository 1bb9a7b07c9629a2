"""What setuptools looks at only for its list of files is told from all else that looks like it."""

import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any

import pytest

from lbuild_frontend.in_process import recorder
from lbuild_frontend.in_process.manifest import MAKER
from support.recorded import Records

GENUINE = os.stat


def in_module(name: str, function: Any, file: str | None = None) -> Any:
    """A function as if it were in a module of this name."""
    code = function.__code__ if file is None else function.__code__.replace(co_filename=file)
    names = {**globals(), "__name__": name}
    return FunctionType(code, names, function.__name__, None, function.__closure__)


def _run(self: object, find: Callable[[], None]) -> None:  # noqa: ARG001  the recorder sees it
    find()


run = in_module(MAKER, FunctionType(_run.__code__.replace(co_name="run"), globals()))


def maker(packages: list[str], kind: str = "manifest_maker") -> Any:
    made: Any = type(kind, (), {"__module__": MAKER})()
    made.distribution = SimpleNamespace(
        commands=["bdist_wheel"], include_package_data=True, packages=packages, package_dir=None
    )
    return made


class Site:
    """A project, and a recorder of it."""

    def __init__(self, root: Path) -> None:
        self._log = Records()
        self.recorder = recorder.Recorder(self._log, str(root))
        self.recorder.see_manifests()
        self._stat = recorder.WrappedLook(GENUINE, self.recorder, self.recorder.looked_at)

    def finds(self, path: str) -> Callable[[], None]:
        """A function of setuptools that looks at a path."""
        stat = self._stat

        def glob1() -> None:
            stat(path)

        return in_module("setuptools.glob", glob1)  # type: ignore[no-any-return]

    def lists(self, path: str, top: str) -> Callable[[], None]:
        """A function of setuptools that lists a folder while it walks through another."""
        audit = self.recorder.audit

        def findall(dir: str = top) -> None:  # noqa: A002, ARG001  as there
            audit("os.scandir", (path,))

        return partial(in_module("distutils.filelist", findall), top)

    def taken(self) -> list[str]:
        """The letters of what was recorded since the last call."""
        letters = [record[0] for record in self._log.records]
        self._log.records.clear()
        return letters


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setitem(sys.modules, MAKER, ModuleType(MAKER))
    for folder in ("sub", "docs"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a").touch()
    monkeypatch.chdir(tmp_path)
    return Site(tmp_path)


def test_a_list_is_made_only_while_its_function_runs(site: Site) -> None:
    find = site.finds("docs/a")
    made = maker(["sub"])
    run(made, find)
    assert site.taken() == ["c"]
    run(made, find)
    assert site.taken() == []
    run(maker(["sub"], "egg_info"), find)
    assert site.taken() == ["s"]


def test_no_other_call_is_taken_for_one_that_has_ended(site: Site) -> None:
    """The memory of a frame is used again."""
    made, other = maker(["sub"]), maker(["sub"], "egg_info")
    for number in range(20):
        Path(f"docs/{number}").touch()
        run(made, site.finds("docs/a"))
        site.taken()
        run(other, site.finds(f"docs/{number}"))
        assert site.taken() == ["s"]
        site.finds("docs")()
        assert site.taken() == (["s"] if number == 0 else [])


def test_what_was_looked_at_for_a_list_counts_once_it_is_in_a_package(site: Site) -> None:
    made = maker(["sub"])
    run(made, site.finds("docs/a"))
    assert site.taken() == ["c"]
    made.distribution.packages = ["sub", "docs"]
    run(made, site.finds("docs/a"))
    assert site.taken() == ["s"]


def test_each_list_has_packages_of_its_own(site: Site) -> None:
    run(maker(["sub"]), site.finds("docs/a"))
    assert site.taken() == ["c"]
    run(maker(["docs"]), site.finds("docs/a"))
    assert site.taken() == ["s"]


def test_a_link_counts_in_each_walk_that_may_lead_to_packages(site: Site) -> None:
    made = maker(["sub.deep"])
    run(made, site.lists("docs", "docs"))
    assert site.taken() == ["c"]
    run(made, site.lists("docs", "sub"))
    assert site.taken() == ["g"]


# Which names the standard library's glob takes of a folder.


def _glob(listed: Callable[[], None], file: str) -> None:
    def iterdir() -> None:
        listed()

    def listdir() -> None:
        inner()

    def matching(pattern: str) -> None:  # noqa: ARG001  the recorder sees it
        outer()

    names = {**globals(), "__name__": "glob"}

    def there(function: Any, name: str) -> Any:
        code = function.__code__.replace(co_filename=file, co_name=name)
        return FunctionType(code, names, name, None, function.__closure__)

    inner, outer = there(iterdir, "_iterdir"), there(listdir, "_listdir")
    there(matching, "_glob1")("*.txt")


@pytest.mark.parametrize("own", [False, True], ids=["", "a module of the hook's own"])
def test_a_pattern_is_believed_of_the_standard_library_only(site: Site, own: bool) -> None:
    file = str(Path.cwd() / "glob.py") if own else str(Path(os.__file__).with_name("glob.py"))
    _glob(partial(site.recorder.audit, "os.scandir", ("docs",)), file)
    assert site.taken() == (["l"] if own else ["g"])
