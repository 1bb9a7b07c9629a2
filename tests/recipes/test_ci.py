"""The pages of ``docs/how-to`` about CI: their jobs, run in fresh clones with a stored cache."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.ci_services import GitHub, GitLab, committed
from support.command import Lbuild
from support.how_to_pages import blocks, edit, run
from support.minimal_project import log_builds

pytestmark = [
    pytest.mark.shared_environments,
    pytest.mark.skipif(os.name == "nt", reason="the commands are for a POSIX shell"),
]


def files(page: str) -> list[Any]:
    """Return the YAML of a page, parsed."""
    return [yaml.safe_load(block) for block in blocks(page, "yaml")]


@pytest.fixture
def repository(project: Path) -> Path:
    """The project as a repository."""
    edit(project, "old")
    committed(project, "All")
    return project


def lines_about_the_project(text: str) -> list[str]:
    """Return what lbuild said, without folders, times and seconds."""
    lines = [line for line in text.splitlines() if line.startswith("demo ")]
    return [re.sub(r"/\S+|\d+\.\d+ s|\d\d:\d\d", "-", line) for line in lines]


@pytest.mark.exhaustive  # six jobs with environments of their own
def test_jobs_of_github_share_a_wheel(lbuild: Lbuild, repository: Path, tmp_path: Path) -> None:
    builds = log_builds(repository)
    committed(repository, "Count")
    jobs = files("github-actions")[0]["jobs"]
    shown = blocks("github-actions", "text")
    github = GitHub(lbuild, repository, tmp_path)
    for text, action in (("old", "built in"), ("old", "reused"), ("new", "built in")):
        if text == "new":
            edit(repository, text)
            committed(repository, "Edit")
        printed = github.workflow(jobs)
        if shown:
            assert lines_about_the_project("".join(printed.values())) == lines_about_the_project(
                shown.pop(0)
            )
        assert sorted(printed) == ["build", "test"]
        assert f"demo 0.1.0: {action}" in printed.pop("build")
        assert f"tested: {text}" in printed["test"]
        assert "demo 0.1.0: installed into" in printed["test"]
        assert "built" not in printed["test"]
        assert len(builds.lines) == (1 if text == "old" else 2)
    assert len(github.stored) == 3


@pytest.mark.exhaustive  # makes an environment with pip
def test_jobs_of_github_hand_on_a_wheel(lbuild: Lbuild, repository: Path, tmp_path: Path) -> None:
    workflow, *_, upload, download, _ = files("github-actions")
    build = workflow["jobs"]["build"]
    build["steps"] += upload
    show = {"run": ".venv/bin/python -c 'from demo import core; print(core.__doc__)'"}
    other = {"needs": "build", "steps": [*download, show]}
    printed = GitHub(lbuild, repository, tmp_path).workflow({"build": build, "test": other})
    assert printed["test"].endswith("\nold\n")


def test_a_job_of_github_skips_steps(lbuild: Lbuild, repository: Path, tmp_path: Path) -> None:
    workflow, *_, skip = files("github-actions")
    build = workflow["jobs"]["build"]
    at = [step.get("run") for step in build["steps"]].index("lbuild wheel")
    build["steps"][at:at] = skip
    github = GitHub(lbuild, repository, tmp_path)
    for due in (True, False):
        printed = github.workflow({"build": build})["build"]
        assert ("the wheel will be another one" in printed) == due
        assert ("built in" in printed) == due
        assert ("reused" in printed) != due


@pytest.mark.exhaustive  # four jobs with environments of their own
def test_jobs_of_gitlab_share_a_wheel(lbuild: Lbuild, repository: Path, tmp_path: Path) -> None:
    builds = log_builds(repository)
    (repository / ".gitignore").write_text(".lbuild-cache\n")
    committed(repository, "Count")
    file = files("gitlab")[0]
    shown = blocks("gitlab", "text")
    gitlab = GitLab(lbuild, repository, tmp_path)
    for action in ("built in", "reused"):
        printed = gitlab.pipeline(file)
        assert lines_about_the_project("".join(printed.values())) == lines_about_the_project(
            shown.pop(0)
        )
        assert sorted(printed) == ["build", "test"]
        assert f"demo 0.1.0: {action}" in printed.pop("build")
        assert "tested: old" in printed["test"]
        assert "demo 0.1.0: installed into" in printed["test"]
        assert "built" not in printed["test"]
        assert len(builds.lines) == 1


@pytest.mark.exhaustive  # makes an environment with pip
def test_jobs_of_gitlab_hand_on_a_wheel(lbuild: Lbuild, repository: Path, tmp_path: Path) -> None:
    file, _, artifacts, script, rules, _ = files("gitlab")
    file["build"] |= artifacts["build"]
    show = ".venv/bin/python -c 'from demo import core; print(core.__doc__)'"
    file["test"] = {"stage": "test", "script": [*script["test"]["script"], show]}
    assert GitLab(lbuild, repository, tmp_path).pipeline(file)["test"].endswith("\nold\n")
    [variables] = [rule["variables"] for rule in rules["workflow"]["rules"] if "if" in rule]
    assert variables == {"LBUILD_CACHE_MODE": "read-only"}


@pytest.mark.exhaustive  # the same as for GitHub
def test_a_job_of_gitlab_skips_a_script(lbuild: Lbuild, repository: Path, tmp_path: Path) -> None:
    file, *_, skip = files("gitlab")
    build = file["build"]
    at = build["script"].index("lbuild wheel")
    build["script"][at:at] = skip["script"]
    del file["test"]
    gitlab = GitLab(lbuild, repository, tmp_path)
    for due in (True, False):
        printed = gitlab.pipeline(file)["build"]
        assert ("the wheel will be another one" in printed) == due
        assert ("reused" in printed) != due


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may chown")
def test_a_cache_that_another_user_restored(lbuild: Lbuild, project: Path) -> None:
    """What the commands of the jobs are for, and the message of lbuild without them."""
    steps = files("github-actions")[0]["jobs"]["build"]["steps"]
    [close] = [step["run"] for step in steps if "chmod" in step.get("run", "")]
    lbuild("wheel", project)
    for path in (lbuild.cache, *lbuild.cache.rglob("*")):
        os.chown(path, 12345, 12345, follow_symlinks=False)
        if not path.is_symlink():
            path.chmod(0o777)
    told = lbuild("wheel", project, returncode=2).stderr
    give = f"chown -R {os.geteuid()} {lbuild.cache}"
    assert f"sudo {give}" in told
    run(lbuild, give, project)
    assert "chmod -R go-w" in lbuild("wheel", project, returncode=2).stderr
    run(lbuild, close.replace("~/.cache/lbuild", str(lbuild.cache)), project)
    assert "reused" in lbuild("wheel", project).stderr
