"""Random edits in workspaces: what lbuild builds of one is what has to be built, and all of it.

``python -m oracle workspaces`` does the same with a table at its end.
"""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from oracle.monorepos import MONOREPOS, Monorepo
from oracle.workspace_edits import edit_members, faults
from oracle.workspace_workshop import open_workspace

FIXTURES = [monorepo for monorepo in MONOREPOS if not monorepo.parts]
REAL = [monorepo for monorepo in MONOREPOS if monorepo.parts]


def edited(
    monorepo: Monorepo, folder: Path, number: int, chance: random.Random
) -> tuple[list[str], list[str]]:
    """Edit a workspace; return what must not be, and what was told."""
    told: list[str] = []
    workspace = open_workspace(monorepo, folder / "workspace", folder)
    seed = str(chance.randrange(10**6))
    found = edit_members(workspace, number, seed, lambda line: (told.append(line), print(line)))
    return faults(found), told


@pytest.mark.exhaustive
def test_an_edit_builds_what_has_to_be_built(
    tmp_path: Path, how_many: Callable[[int, int], int], chance: random.Random
) -> None:
    wrong, told = edited(FIXTURES[1], tmp_path, how_many(3, 40), chance)
    assert wrong == [], told


@pytest.mark.endurance
@pytest.mark.parametrize("monorepo", [FIXTURES[0], *REAL], ids=lambda monorepo: monorepo.name)
def test_an_edit_of_a_real_member_builds_what_has_to_be_built(
    tmp_path: Path, chance: random.Random, monorepo: Monorepo
) -> None:
    wrong, told = edited(monorepo, tmp_path, 40, chance)
    assert wrong == [], told
