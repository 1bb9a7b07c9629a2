"""What the tests of build environments share."""

from pathlib import Path

import pytest

from support.isolated_environments import Opened


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    return Opened(tmp_path / "cache")
