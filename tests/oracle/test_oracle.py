"""The oracle on a few projects and mutations; ``nox -s oracle`` runs all of it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from oracle import workspace_edits
from oracle.catalogue import PROJECTS, Project
from oracle.fresh_workspace import FreshBuilds
from oracle.judge import Judgement, judge
from oracle.monorepos import MONOREPOS
from oracle.sdists import fetch
from oracle.workshop import open_workshop
from oracle.workspace_edits import edit_members, faults, row_of
from oracle.workspace_workshop import Row, Workspace, open_workspace
from support.exhaustive import one_in

pytestmark = pytest.mark.exhaustive  # real projects: a safety net below all other tests

IDNA, FINDPYTHON = (project for project in PROJECTS if project.name in {"idna", "findpython"})


def judged(folder: Path, project: Project, inputs: str) -> Judgement:
    """Mutate a project eight times."""
    sources = fetch(project, folder)
    workshop = open_workshop(folder / "workshop", project, sources, Path(sys.executable), inputs)
    return judge(workshop, number=8, seed="0")


@pytest.mark.parametrize("project", one_in(2, [IDNA, FINDPYTHON]), ids=lambda project: project.name)
def test_every_verdict_is_that_of_a_fresh_build(tmp_path: Path, project: Project) -> None:
    found = judged(tmp_path, project, "traced").judged
    assert [one for one in found if one.stale] == []
    assert [one for one in found if not one.restored] == []
    assert [one for one in found if one.kind == "touch" and one.action == "built"] == []
    assert {one.relevant for one in found} == {False, True}


def test_a_stale_wheel_does_not_go_unnoticed(tmp_path: Path) -> None:
    # The defaults of tool.uv.cache-keys do not name the modules of a project without src.
    found = judged(tmp_path, IDNA, "declared").judged
    assert any(one.stale and one.action == "reused" for one in found)


def test_what_a_workspace_does_wrong_does_not_go_unnoticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if lbuild gave the first wheels again after an edit: without a build, and by builds."""
    workspace = open_workspace(MONOREPOS[0], tmp_path / "workspace", tmp_path)
    truth = FreshBuilds(workspace.monorepo, tmp_path, workspace.environ)
    first = truth.of(workspace.mirror)
    for action in ("reused", "built"):
        actions = iter(["reused", action, "reused"])

        def run(_: Workspace, actions: Iterator[str] = actions) -> dict[str, Row]:
            it = next(actions)
            return {name: Row(it, fresh.content) for name, fresh in first.items()}

        monkeypatch.setattr(workspace_edits, "run_lbuild", run)
        edited = edit_members(workspace, 1, "0 fixtures-uv", lambda _: None, truth)
        found = row_of(edited)
        assert found["stale"] == found["differ"] > 0
        assert found["missed"] == (found["differ"] if action == "reused" else 0)
        assert (found["needless"] > 0) == (action == "built")
        assert faults(edited) != []
