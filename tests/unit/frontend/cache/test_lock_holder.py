"""Who holds a lock, in words: real processes that hold one."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lbuild_frontend.cache import lock_holder

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")

HOLD = "import fcntl, sys; f = open({!r}); fcntl.flock(f, 2); print(flush=True); sys.stdin.read()"


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "lock"
    path.touch()
    return path


@contextmanager
def held(lock: Path, script: str, *arguments: str) -> Iterator[int]:
    place = lock.parent / script
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(HOLD.format(str(lock)))
    process = subprocess.Popen(
        [sys.executable, "-S", "-E", place, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"\n"
        yield process.pid
        process.kill()


def described(lock: Path) -> str:
    words, is_own = lock_holder.describe(lock, "another lbuild", "nobody knows")
    assert not is_own
    return words


def test_an_lbuild_is_named(lock: Path) -> None:
    assert described(lock) == "nobody knows"
    with held(lock, "lbuild", "wheel", "x" * 100) as number:
        text = described(lock)
    start = f"another lbuild (process {number}, running for 0 s: lbuild wheel xxx"
    assert text.startswith(start)
    assert text.endswith("xxx...)")


def test_another_project_of_this_command_is_no_other_lbuild(lock: Path) -> None:
    import fcntl  # not there on Windows

    with lock.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        described_so = lock_holder.describe(lock, "another lbuild", "nobody knows")
    assert described_so == ("another project of this command", True)


@pytest.mark.parametrize("script", ["start", "recorder"], ids=["", "of an older lbuild"])
def test_a_hook_that_was_left_is_named_with_the_command_that_stops_it(
    lock: Path, script: str
) -> None:
    words = ("log", "config", "", "script", "build_wheel", "exchange")
    with held(lock, f"in_process/{script}.py", *words) as number:
        text = described(lock)
    assert "which has ended but left a hook running" in text
    assert text.endswith(f"running for 0 s: build_wheel; to stop it: kill -- -{number})")


@pytest.mark.parametrize(
    "arguments",
    [
        ("-C", "token=geheim"),
        ("-Ctoken=geheim",),
        ("-vCtoken=geheim",),
        ("--config-setting", "token=geheim"),
        ("--config-setting=token=geheim",),
        ("--config-json", '{"token": "geheim"}'),
        ('--config-json={"token":\n"geheim"}',),
    ],
)
def test_what_may_be_secret_is_not_shown(lock: Path, arguments: tuple[str, ...]) -> None:
    with held(lock, "lbuild", "wheel", *arguments):
        text = described(lock)
    assert text.endswith(" lbuild wheel)")
