"""Events that the recorder drops make no difference to whoever reads its log."""

import contextlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from lbuild_frontend.in_process import recorder
from lbuild_frontend.in_process.records import Known
from lbuild_keys.tracing.input_names import HookLocation
from lbuild_keys.tracing.trace import parse
from lbuild_keys.tracing.usage import usage_of
from lbuild_keys.tracing.used import Usage
from support.recorded import Records


class Forgetful(recorder.Recorder):
    """A recorder that drops nothing."""

    @property
    def known(self) -> Any:  # type: ignore[override]
        return Known()

    @known.setter
    def known(self, _: object) -> None:
        pass


@dataclass(frozen=True)
class Action:
    """What a hook does; ``events`` are those that it raises before."""

    name: str
    path: str
    other: str = ""


PATHS = [
    "a",
    "./a",
    "PROJECT/a",
    "sub",
    "PROJECT/sub/a",
    "SCRATCH/a",
    "SCRATCH/../project/a",
    ".git",
]
USING = ["look", "read", "list", "look for sdist", "list for sdist"]
NAMES = [
    *USING,
    *USING,
    *USING,
    "write",
    "appear",
    "remove",
    "make",
    "chdir",
    "rename",
    "link",
    "utime",
]


def actions_on(paths: list[str]) -> st.SearchStrategy[list[Action]]:
    path = st.sampled_from(paths)
    return st.lists(st.builds(Action, st.sampled_from(NAMES), path, path), min_size=4, max_size=30)


ACTIONS = st.lists(st.sampled_from(PATHS), min_size=1, max_size=3).flatmap(actions_on)
stat = os.stat


def take(done: Action, recorders: list[recorder.Recorder], top: Path) -> None:
    """Tell both recorders of what is done, as the interpreter would, and do it."""

    def at(path: str) -> str:
        return path.replace("PROJECT", f"{top}/project").replace("SCRATCH", f"{top}/scratch")

    path, other = at(done.path), at(done.other)

    def audit(event: str, *arguments: object) -> None:
        for one in recorders:
            one.audit(event, arguments)

    def look() -> None:
        for one in recorders:
            with contextlib.suppress(OSError):
                recorder.WrappedLook(stat, one, one.looked_at)(path)

    def chdir() -> None:
        audit("os.chdir", path)
        try:
            os.chdir(path)
        finally:
            for one in recorders:
                one.moved()

    def listed() -> None:
        for one in recorders:
            one.audit("os.scandir", (path,))
        list(Path(path).iterdir())

    def opened(how: str, flags: int) -> None:
        audit("open", path, how, flags)
        Path(path).open(how).close()

    actions: dict[str, Callable[[], object]] = {
        "look": look,
        "read": lambda: opened("r", os.O_RDONLY),
        "write": lambda: opened("w", os.O_WRONLY | os.O_CREAT | os.O_TRUNC),
        "list": listed,
        "look for sdist": lambda: for_sdist(look),
        "list for sdist": lambda: for_sdist(listed),
        "remove": lambda: (audit("os.remove", path, -1), Path(path).unlink()),
        "make": lambda: (audit("os.mkdir", path, 0o777, -1), Path(path).mkdir()),
        "chdir": chdir,
        "rename": lambda: (audit("os.rename", path, other, -1, -1), Path(path).rename(other)),
        "appear": Path(path).touch,  # somebody else makes it
        "link": lambda: (audit("os.symlink", path, other, -1), Path(other).symlink_to(path)),
        "utime": lambda: (audit("os.utime", path, None, None, -1), os.utime(path)),
    }
    with contextlib.suppress(OSError):
        actions[done.name]()


MAKER = "setuptools.command.egg_info"


def for_sdist(action: Callable[[], None]) -> None:
    """Do something as setuptools does that finds the files of an sdist."""

    def run(self: object, find: Callable[[], None]) -> None:  # noqa: ARG001  the recorder sees it
        find()

    maker: Any = type("manifest_maker", (), {"__module__": MAKER})()
    maker.distribution = SimpleNamespace(
        commands=["bdist_wheel"], include_package_data=True, packages=["sub"], package_dir=None
    )
    in_module(MAKER, run)(maker, in_module("setuptools.glob", action))


def in_module(name: str, function: Any) -> Callable[..., None]:
    names = {**globals(), "__name__": name}
    return FunctionType(function.__code__, names, None, None, function.__closure__)


def usage(records: list[str], top: Path) -> Usage:
    head = {"format": 2, "process": 1, "prefix": "/env", "base_prefix": "/usr", "stdlib": "/lib/p"}
    log = "\0".join([f"={json.dumps(head)}", *dict.fromkeys(records), 'p["setuptools"]', ".1", ""])
    location = HookLocation(
        root=top / "project",
        backend="setuptools.build_meta",
        foreign=(f"{top}/scratch",),
        left_out=lambda _: False,
        programs="/usr/bin",
        temporary="/tmp",  # noqa: S108  nothing is done there
    )
    return usage_of(parse(os.fsencode(log)), "build_wheel", location)


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setitem(sys.modules, MAKER, ModuleType(MAKER))
    before = Path.cwd()
    yield tmp_path.resolve() / "top"
    os.chdir(before)


@example([Action("link", "PROJECT/a", "SCRATCH/a"), Action("read", "SCRATCH/a")])
@example(
    [Action("look", "a"), Action("remove", "a"), Action("link", "sub", "a"), Action("list", "a")]
)
@example([Action("look", "sub/a"), Action("appear", "sub/a"), Action("look", "sub/a")])
@example([Action("read", "sub/a"), Action("appear", "sub/a"), Action("read", "sub/a")])
@example([Action("look", "a"), Action("chdir", "sub"), Action("look", "a"), Action("read", "a")])
@example([Action("look for sdist", "a"), Action("look", "a")])
@example([Action("list for sdist", "."), Action("list", ".")])
@given(ACTIONS)
@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_dropped_makes_no_difference(top: Path, actions: list[Action]) -> None:
    shutil.rmtree(top, ignore_errors=True)
    for folder in ("project/sub", "scratch/sub"):
        (top / folder).mkdir(parents=True)
    (top / "project/a").touch()
    os.chdir(top / "project")
    logs = Records(), Records()
    quick = recorder.Recorder(logs[0], f"{top}/project", (f"{top}/scratch/",))
    slow = Forgetful(logs[1], f"{top}/project")
    for recording in (quick, slow):
        recording.see_manifests()
    for one in actions:
        take(one, [quick, slow], top)
    shutil.rmtree(top / "scratch")  # as lbuild does before it reads the log
    assert usage(logs[0].records, top) == usage(logs[1].records, top)
