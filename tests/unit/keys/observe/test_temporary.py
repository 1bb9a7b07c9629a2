"""Names that programs make up for temporary files, and no others."""

import os
import subprocess
import tempfile

import pytest

from lbuild_keys.observe import temporary


@pytest.mark.parametrize("prefix", [None, "pip-install-", "build-env-", "lbuild-hook-"])
def test_what_tempfile_makes_up(prefix: str | None) -> None:
    with tempfile.NamedTemporaryFile(prefix=prefix, suffix=".json") as file:
        folder, name = file.name.rsplit("/", maxsplit=1)
    assert temporary.is_temporary(name)
    assert temporary.folder() == os.path.realpath(folder)


def test_what_mktemp_makes_up() -> None:
    done = subprocess.run(["mktemp", "-u"], check=True, capture_output=True, text=True)
    assert temporary.is_temporary(done.stdout.strip().rpartition("/")[2])


@pytest.mark.parametrize(
    "name",
    ["settings.json", "tmp", "tmp_settings.cfg", "temporary", "lbuild.toml", "pip-cache", "cc.c"],
)
def test_names_that_a_build_can_look_for(name: str) -> None:
    assert not temporary.is_temporary(name)
