"""Stand-ins for GitHub Actions and GitLab, as far as ``docs/how-to`` uses them.

They run the jobs of a file in its order, each in a fresh clone on a machine without a cache, and
keep caches and artifacts as the services do: packed, unpacked with other permissions, and under
keys that GitHub never changes.
"""

import re
import shutil
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.command import Lbuild
from support.how_to_pages import run
from support.projects import git

_INSTALLS = "python -m pip install lbuild-frontend"
"""Not run: the lbuild of the tests is on PATH."""


@dataclass
class Machines:
    """Where jobs run, and what the service keeps between them.

    Attributes:
        repository: what each job clones.
        folder: where the clones and the stored files are made.
        stored: an archive for each key.
    """

    lbuild: Lbuild
    repository: Path
    folder: Path
    stored: dict[str, Path] = field(default_factory=dict)
    clones: int = 0

    def clone(self) -> Path:
        """Return a fresh clone, in a folder of its own, on a machine without a cache."""
        shutil.rmtree(self.home_cache, ignore_errors=True)
        self.clones += 1
        clone = self.folder / f"clone-{self.clones}"
        git(self.folder, "clone", "--quiet", str(self.repository), str(clone))
        return clone

    @property
    def home_cache(self) -> Path:
        return self.lbuild.home / ".cache/lbuild"

    def place(self, path: str, clone: Path) -> Path:
        """Return where a path of the file is."""
        if path.startswith("~/"):
            return self.lbuild.home / path[2:]
        return clone / path

    def store(self, key: str, path: Path) -> None:
        """Pack a file or a folder under a key."""
        archive = self.folder / f"stored-{len(self.stored)}-{self.clones}.tar"
        with tarfile.open(archive, "w") as tar:
            tar.add(path, "stored")
        self.stored[key] = archive

    def restore(self, key: str, path: Path, *prefixes: str) -> bool:
        """Unpack what is under a key, or under the newest with a prefix; for everybody."""
        found = [key] if key in self.stored else []
        for prefix in prefixes:
            found += [name for name in reversed(self.stored) if name.startswith(prefix)]
        if not found:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        unpacked = self.folder / f"unpacked-{self.clones}"
        with tarfile.open(self.stored[found[0]]) as tar:
            tar.extractall(unpacked, filter="tar")
        (unpacked / "stored").rename(path)
        shutil.rmtree(unpacked)
        for inner in (path, *path.rglob("*")):
            if not inner.is_symlink():
                inner.chmod(0o777)
        return True

    def run(self, commands: str, clone: Path, env: Mapping[str, str]) -> str:
        """Run commands of a job in one shell; return what they printed."""
        lines = [line for line in commands.splitlines() if line != _INSTALLS]
        bare = {"LBUILD_CACHE_DIR": "", "XDG_CACHE_HOME": ""}
        return run(self.lbuild, "\n".join(lines), clone, {**bare, **env})


def expanded(value: Any, context: Mapping[str, str]) -> str:
    """Replace the expressions of GitHub in a text; each has to be known."""
    return re.sub(r"\$\{\{ *(.*?) *\}\}", lambda match: context[match[1]], str(value))


@dataclass
class GitHub(Machines):
    """Runs workflows; ``runs`` counts them."""

    runs: int = 0

    def workflow(self, jobs: Mapping[str, Any]) -> dict[str, str]:
        """Run all jobs, in an order that ``needs`` allows; return what each of them printed."""
        self.runs += 1
        printed: dict[str, str] = {}
        for name, job in jobs.items():
            assert job.get("needs") in (None, *printed), "needs a job that was not run"
            printed[name] = self.job(job)
        return printed

    def job(self, job: Mapping[str, Any]) -> str:
        """Run the steps of a job; return what they printed."""
        context = {
            "runner.os": "Linux",
            "github.run_id": str(self.runs),
        }
        clone = self.clone()
        outputs = self.folder / f"outputs-{self.clones}"
        at_the_end: list[Callable[[], None]] = []
        printed = []
        for step in job["steps"]:
            options = {name: expanded(text, context) for name, text in step.get("with", {}).items()}
            if "if" in step:
                left, _, right = step["if"].partition(" == ")
                if context[left] != right.strip("'"):
                    continue
            if "run" in step:
                outputs.write_text("")
                env = {
                    **{name: expanded(text, context) for name, text in job.get("env", {}).items()},
                    "GITHUB_OUTPUT": str(outputs),
                }
                printed.append(self.run(expanded(step["run"], context), clone, env))
                for line in outputs.read_text().splitlines():
                    name, _, value = line.partition("=")
                    context[f"steps.{step['id']}.outputs.{name}"] = value
            else:
                self._use(step["uses"].partition("@")[0], options, clone, at_the_end)
        for save in at_the_end:
            save()
        return "".join(printed)

    def _use(
        self,
        action: str,
        options: Mapping[str, str],
        clone: Path,
        at_the_end: list[Callable[[], None]],
    ) -> None:
        if action in ("actions/checkout", "actions/setup-python"):
            return
        if action == "actions/upload-artifact":
            kept = self.folder / f"artifact-{self.runs}-{options['name']}"
            kept.mkdir()
            for file in clone.glob(options["path"]):
                shutil.copy(file, kept)
            return
        place = self.place(options["path"], clone)
        if action == "actions/download-artifact":
            shutil.copytree(
                self.folder / f"artifact-{self.runs}-{options['name']}", place, dirs_exist_ok=True
            )
            return
        assert action in ("actions/cache", "actions/cache/restore"), action
        key = options["key"]
        self.restore(key, place, *options["restore-keys"].split())
        if action == "actions/cache" and key not in self.stored:
            at_the_end.append(lambda: self.store(key, place))


@dataclass
class GitLab(Machines):
    """Runs pipelines; ``pipelines`` counts them."""

    pipelines: int = 0

    def pipeline(self, file: Mapping[str, Any]) -> dict[str, str]:
        """Run all jobs in the order of their stages; return what each of them printed."""
        self.pipelines += 1
        printed: dict[str, str] = {}
        jobs = {name: job for name, job in file.items() if "script" in job}
        assert jobs
        for stage in file["stages"]:
            for name in [name for name, job in jobs.items() if job["stage"] == stage]:
                variables = {**file["variables"], **jobs[name].get("variables", {})}
                printed[name] = self.job(jobs[name], variables)
        return printed

    def job(self, job: Mapping[str, Any], variables: Mapping[str, str]) -> str:
        """Run the script of a job; return what it printed."""
        clone = self.clone()
        env = {
            name: value.replace("$CI_PROJECT_DIR", str(clone)) for name, value in variables.items()
        }
        cache = job.get("cache", {"paths": []})
        for path in cache["paths"]:
            self.restore(f"{cache['key']} {path}", clone / path)
        artifacts = f"artifacts {self.pipelines} "
        for name in [name for name in self.stored if name.startswith(artifacts)]:
            self.restore(name, clone / name.removeprefix(artifacts))
        printed = self.run("\n".join(job["script"]), clone, env)
        for path in cache["paths"]:
            if cache["policy"] == "pull-push":
                self.store(f"{cache['key']} {path}", clone / path)
        for path in job.get("artifacts", {}).get("paths", []):
            self.store(f"{artifacts}{path}", clone / path)
        return printed


def committed(project: Path, message: str) -> None:
    """Commit all that is in a project; make a repository of it first if it is none."""
    if not (project / ".git").exists():
        git(project, "init", "--quiet")
    git(project, "add", "--all")
    git(project, "commit", "--quiet", f"--message={message}")
