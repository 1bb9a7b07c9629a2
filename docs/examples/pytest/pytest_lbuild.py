"""Lets a run of pytest begin with the installation of the project under test.

The project is installed into the environment that runs pytest, if the settings of pytest say so:
``lbuild = wheel`` or ``lbuild = editable``. ``pytest -o lbuild=`` leaves it out once.
"""

import importlib
import os
import site
import sys
import sysconfig
from pathlib import Path

import pytest

import lbuild_keys
from lbuild_frontend import api

Stamp = tuple[int, int, int]
_DONE = pytest.StashKey[api.InstallResult]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the setting."""
    parser.addini("lbuild", "install the project by lbuild: wheel or editable", default="")


@pytest.hookimpl(tryfirst=True)  # before any conftest.py is imported: it may import the project
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Install the project, unless exactly that is in the environment."""
    kind: str = early_config.getini("lbuild")
    # Workers of pytest-xdist run in the environment that the first process has prepared.
    if not kind or "PYTEST_XDIST_WORKER" in os.environ:
        return
    if kind not in ("wheel", "editable"):
        raise pytest.UsageError(f"lbuild = {kind}: use wheel or editable")
    before = _files_of_modules()
    try:
        done = api.install(
            early_config.rootpath, python=sys.executable, editable=kind == "editable"
        )
    except api.BuildFailed as error:
        raise pytest.UsageError(f"{error}\n{error.output}") from error
    except api.LbuildError as error:
        raise pytest.UsageError(str(error)) from error
    early_config.stash[_DONE] = done
    if done.action != "unchanged":
        _find_what_is_new()
    # Other plugins may have imported the project, and this process cannot forget that.
    stale = sorted(name for name, (file, old) in before.items() if _stamp(file) != old)
    if stale:
        names = ", ".join(stale)
        message = f"{done.name} is installed anew, but its old code is already imported: {names}"
        raise pytest.UsageError(f"{message}. Run pytest again.")


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say what is tested."""
    done = config.stash.get(_DONE, None)
    if done is None:
        return []
    because = [f"  built because {lbuild_keys.sentence(reason)}" for reason in done.reasons]
    warnings = [f"  warning: {warning}" for warning in done.warnings]
    return [f"lbuild: {done.name} {done.version}, {done.action}", *because, *warnings]


def _find_what_is_new() -> None:
    """Let this process import what was installed after its start."""
    importlib.invalidate_caches()
    for folder in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        site.addsitedir(folder)  # reads .pth files, which editable installations have


def _files_of_modules() -> dict[str, tuple[Path, Stamp | None]]:
    """Return the files of all modules that are imported, by name, as they are now."""
    files = {
        name: Path(file)
        for name, module in sys.modules.items()
        if isinstance(file := getattr(module, "__file__", None), str)
    }
    return {name: (file, _stamp(file)) for name, file in files.items()}


def _stamp(file: Path) -> Stamp | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size
