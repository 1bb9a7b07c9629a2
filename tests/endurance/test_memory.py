"""lbuild holds no wheel as a whole: with a large one it needs hardly more memory than with a small.

What counts is the highest memory of lbuild's own process; that of the hook is the backend's.
"""

import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.command import Lbuild
from support.projects import CopyProject

pytestmark = [
    pytest.mark.endurance,
    pytest.mark.shared_environments,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc"),
]

SIZE = 200 << 20
MORE = 24 << 20
"""How much more memory a command may need with a wheel of that size."""

# Not getrusage: its number is no less than that of the process which started this one.
RUN = """
import sys
sys.argv = ["lbuild", *sys.argv[2:]]
from lbuild_frontend.__main__ import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
[line] = [line for line in open("/proc/self/status") if line.startswith("VmHWM:")]
print(int(line.split()[1]) << 10)
"""


def peak(lbuild: Lbuild, *arguments: str | Path) -> int:
    """Run a command; return the most bytes of memory that its process had."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", RUN, "lbuild", *map(str, arguments)],
        check=True,
        cwd=lbuild.home,
        env=lbuild.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    return int(done.stdout.splitlines()[-1])


def steps(lbuild: Lbuild, project: Path, size: int) -> dict[str, int]:
    """Build, rebuild and deliver a wheel with so many bytes in it; return the peak of each step."""
    data = project / "src" / "demo" / "data.bin"

    def write(seed: int) -> None:
        drawn = random.Random(seed)  # noqa: S311  not for secrets
        with data.open("wb") as file:
            for _ in range(size >> 20):
                file.write(drawn.randbytes(1 << 20))

    def step(*more: str | Path) -> int:
        return peak(lbuild, "wheel", *more, project)

    found = {}
    write(1)
    found["build"] = step()
    write(2)
    found["rebuild"] = step()
    shutil.rmtree(project / "dist")
    found["deliver anew"] = step()
    found["deliver elsewhere"] = step("--out-dir", project.parent / "elsewhere")
    found["build without a cache"] = step("--no-cache")
    found["reuse"] = step("--inputs=traced")
    found["check the cache"] = peak(lbuild, "cache", "verify")
    return found


def test_a_large_wheel_needs_no_more_memory_than_a_small_one(
    lbuild: Lbuild, copy_project: CopyProject
) -> None:
    small = steps(lbuild, copy_project("hatchling", folder="small"), 1 << 20)
    large = steps(lbuild, copy_project("hatchling", folder="large"), SIZE)
    more = {name: (large[name] - small[name]) >> 20 for name in small}
    assert max(more.values()) < MORE >> 20, more
