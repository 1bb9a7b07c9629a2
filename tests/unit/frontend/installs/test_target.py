"""Which environment is meant."""

from pathlib import Path

import pytest

from lbuild_frontend.errors import TargetError
from lbuild_frontend.installs import target


def test_one_environment_is_proposed_for_all_projects(tmp_path: Path) -> None:
    for name in ("core", "app"):
        (tmp_path / "packages" / name).mkdir(parents=True)
    starts = [tmp_path / "packages/core", tmp_path / "packages/app"]
    with pytest.raises(TargetError, match="no environment") as caught:
        target.find_one(None, starts, {})
    assert f"python3 -m venv {tmp_path / 'packages/.venv'};" in str(caught.value)
    with pytest.raises(TargetError) as caught:
        target.find_one(None, starts[:1], {})
    assert f"python3 -m venv {starts[0] / '.venv'};" in str(caught.value)
