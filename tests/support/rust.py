"""The Rust compiler, in tests whose home folder is their own."""

import os
import pwd
import shutil
from pathlib import Path

import pytest


def rust_environ() -> dict[str, str]:
    """The variables by which rustup finds the toolchain of the user who runs the tests."""
    toolchains = Path(pwd.getpwuid(os.getuid()).pw_dir, ".rustup")
    if "RUSTUP_HOME" in os.environ or not toolchains.is_dir():
        return {}
    return {"RUSTUP_HOME": os.fspath(toolchains)}


def require_rust(patch: pytest.MonkeyPatch) -> None:
    """Let this test run cargo; skip it where there is none, or no linker."""
    if not all(map(shutil.which, ("cargo", "cc"))):
        pytest.skip("no Rust compiler")
    for name, value in rust_environ().items():
        patch.setenv(name, value)
