"""A project with all hooks that requires nothing, and what a call must leave as it was."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.minimal_project import NAME
from support.projects import FIXTURES, pristine_copy

_MORE_HOOKS = """

def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    return build_wheel(wheel_directory, config_settings, metadata_directory)


def build_sdist(sdist_directory, config_settings=None):
    import io
    import tarfile

    base = f"{NAME}-{VERSION}"
    about = f"Metadata-Version: 2.1\\nVersion: {VERSION}\\nName: {NAME}\\n".encode()
    with tarfile.open(Path(sdist_directory, f"{base}.tar.gz"), "w:gz") as archive:
        for name in ("pyproject.toml", "backend", "src"):
            archive.add(name, f"{base}/{name}")
        info = tarfile.TarInfo(f"{base}/PKG-INFO")
        info.size = len(about)
        archive.addfile(info, io.BytesIO(about))
    return f"{base}.tar.gz"
"""

MakeProject = Callable[[str], Path]
"""Makes a project with a name, which is also the name of its folder."""


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LBUILD_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)


@pytest.fixture
def make_project(tmp_path: Path) -> MakeProject:
    def make(name: str) -> Path:
        project = pristine_copy(FIXTURES / NAME, tmp_path / "projects" / name)
        backend, about = project / "backend/backend.py", project / "pyproject.toml"
        code = backend.read_text("utf-8") + _MORE_HOOKS
        backend.write_text(code.replace('"demo", "0.1.0"', f'"{name}", "0.1.0"'), "utf-8")
        about.write_text(about.read_text("utf-8").replace('"demo"', f'"{name}"'), "utf-8")
        return project

    return make


@pytest.fixture
def project(make_project: MakeProject) -> Path:
    return make_project("demo")


def state_of_process() -> dict[str, Any]:
    """What belongs to the process that calls the API, and not to lbuild."""
    return {
        "signal handlers": {one: signal.getsignal(one) for one in signal.valid_signals()},
        "wakeup descriptor": _wakeup_descriptor(),
        "variables": dict(os.environ),
        "current folder": str(Path.cwd()),
        "threads": set(threading.enumerate()),
        "descriptors": _descriptors(),
        "children": _children(),
        "streams": (sys.stdin, sys.stdout, sys.stderr),
        "hooks": (sys.excepthook, threading.excepthook, sys.unraisablehook, sys.displayhook),
        "sys.path": [*sys.path],
        "sys.argv": [*sys.argv],
        "file mask": _file_mask(),
        "recursion limit": sys.getrecursionlimit(),
        "switch interval": sys.getswitchinterval(),
    }


@contextlib.contextmanager
def leaves_all_as_it_was() -> Iterator[None]:
    """Fail the test if anything that belongs to the caller is another one afterwards."""
    before = state_of_process()
    yield
    after = state_of_process()
    assert {name for name in before if before[name] != after[name]} == set(), (before, after)


def _wakeup_descriptor() -> int:
    descriptor = signal.set_wakeup_fd(-1)
    signal.set_wakeup_fd(descriptor)
    return descriptor


def _descriptors() -> dict[str, str]:
    folder = Path("/proc/self/fd")
    found = {}
    for one in folder.iterdir() if folder.exists() else ():
        with contextlib.suppress(FileNotFoundError):  # that of the listing
            target = str(one.readlink())
            if not target.startswith("/proc/"):
                found[one.name] = target
    return found


def _children() -> set[str]:
    command = ["ps", "-o", "pid=,args=", "--ppid", str(os.getpid())]
    listed = subprocess.run(command, capture_output=True, check=False, text=True).stdout
    return {line for line in listed.splitlines() if " ps " not in f" {line} "}


def _file_mask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
