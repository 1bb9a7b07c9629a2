"""Projects that build with each other's wheels, built one by one as a workspace does it.

Their in-tree backend packs ``src`` and what the modules said that it imported from the build
environment, so a wheel shows what it was built with.
"""

import json
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lbuild_frontend.builds import task as tasks
from lbuild_frontend.builds import workflow
from lbuild_frontend.builds.assess import Assessment, assess
from lbuild_frontend.builds.workflow import Obtained
from lbuild_frontend.cache.folder import open_store
from lbuild_frontend.errors import MembersNeeded
from lbuild_frontend.model.hook import BUILD_WHEEL, Hook
from lbuild_frontend.model.member_wheel import Members, MemberWheel
from lbuild_frontend.model.request import Request
from lbuild_frontend.projects import project as projects
from lbuild_keys.observe.files import Digests
from support.projects import wheel_content
from support.recording_reporter import RecordingReporter

_BACKEND = """
import importlib, json, tomllib, zipfile
from pathlib import Path


def _made():
    table = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))
    return table["tool"]["made"]


def get_requires_for_build_wheel(config_settings=None):
    made = _made()
    if made["asks_file"]:
        return Path(made["asks_file"]).read_text("utf-8").split()
    return []


get_requires_for_build_sdist = get_requires_for_build_editable = get_requires_for_build_wheel


def build_wheel(folder, config_settings=None, metadata_directory=None):
    made = _made()
    name, version = made["name"], made["version"]
    said = {one: importlib.import_module(one).VALUE for one in made["imports"]}
    info = f"{name}-{version}.dist-info"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Provides-Extra: {extra}" for extra in made["extras"]]
    lines += [f"Requires-Dist: {text}" for text in made["requires"]]
    files = {path.relative_to("src").as_posix(): path.read_text("utf-8")
             for path in sorted(Path("src").rglob("*")) if path.is_file()}
    files[f"{name}.said.json"] = json.dumps(said)
    files[f"{info}/METADATA"] = "\\n".join(lines) + "\\n"
    if made["scripts"]:
        files[f"{info}/entry_points.txt"] = "[console_scripts]\\n" + made["scripts"] + "\\n"
    files[f"{info}/WHEEL"] = "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    files[f"{info}/RECORD"] = "".join(f"{one},,\\n" for one in [*files, f"{info}/RECORD"])
    wheel = f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(Path(folder, wheel), "w") as archive:
        for one, text in files.items():
            archive.writestr(one, text)
    return wheel


build_editable = build_wheel


def build_sdist(folder, config_settings=None):
    import io, tarfile
    made = _made()
    top = f"{made['name']}-{made['version']}"
    said = {one: importlib.import_module(one).VALUE for one in made["imports"]}
    lines = ["Metadata-Version: 2.1", f"Name: {made['name']}", f"Version: {made['version']}", ""]
    files = {"PKG-INFO": "\\n".join(lines), "said.json": json.dumps(said),
             "pyproject.toml": Path("pyproject.toml").read_text("utf-8")}
    with tarfile.open(Path(folder, f"{top}.tar.gz"), "w:gz") as archive:
        for one, text in files.items():
            member = tarfile.TarInfo(f"{top}/{one}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return f"{top}.tar.gz"
"""


@dataclass
class GivenMembers:
    """Projects below a folder, and a cache.

    Attributes:
        root: the folder, links resolved.
        meant: what all projects mean by names: the folders of the others.
        options: of all requests.
        asked_for: the projects that had to wait for others, each time.
        reporter: is told what goes on.
    """

    root: Path
    meant: dict[str, Path] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    asked_for: list[tuple[str, str, bool]] = field(default_factory=list)
    reporter: RecordingReporter = field(default_factory=RecordingReporter)

    def add(
        self,
        name: str,
        value: str = "1",
        *,
        build_requires: Sequence[str] = (),
        requires: Sequence[str] = (),
        imports: Sequence[str] = (),
        extras: Sequence[str] = (),
        asks: Sequence[str] | None = None,
        version: str = "1.0",
        scripts: str = "",
        wheel_name: str | None = None,
        more: str = "",
    ) -> Path:
        """Write a project with one module that says a value; over one that is there."""
        folder = self.root / name
        (folder / "src").mkdir(parents=True, exist_ok=True)
        (folder / "src" / f"{name}.py").write_text(f"VALUE = {value!r}\n", "utf-8")
        (folder / "backend").mkdir(exist_ok=True)
        backend = folder / "backend" / "made_backend.py"
        if not backend.exists():
            backend.write_text(_BACKEND, "utf-8")
        if asks is not None:
            (folder / "asks.txt").write_text(" ".join(asks), "utf-8")
        made = {
            "name": wheel_name or name,
            "version": version,
            "imports": list(imports),
            "requires": list(requires),
            "extras": list(extras),
            "asks_file": "" if asks is None else "asks.txt",
            "scripts": scripts,
        }
        lines = [f"{key} = {json.dumps(each)}" for key, each in made.items()]
        text = f"""\
            [build-system]
            requires = {json.dumps(list(build_requires))}
            build-backend = "made_backend"
            backend-path = ["backend"]
            [project]
            name = "{name}"
            version = "{version}"
            """
        toml = "\n".join([textwrap.dedent(text), more, "[tool.made]", *lines, ""])
        (folder / "pyproject.toml").write_text(toml, "utf-8")
        self.meant[name] = folder
        return folder

    def say(self, name: str, value: str) -> None:
        """Edit a project's module."""
        (self.root / name / "src" / f"{name}.py").write_text(f"VALUE = {value!r}\n", "utf-8")

    def obtain(
        self, name: str, hook: Hook = BUILD_WHEEL, given: Mapping[Path, MemberWheel | None] = {}
    ) -> Obtained:
        """Build or reuse a project, and before it those that it turns out to need."""
        wheels = dict(given)
        while True:
            try:
                return self.alone(name, wheels, hook)
            except MembersNeeded as error:
                for folder in sorted(error.folders - wheels.keys()):
                    self.asked_for.append((name, folder.name, error.is_certain))
                    wheels[folder] = self.wheel(folder.name)

    def wheel(self, name: str) -> MemberWheel:
        """Build or reuse a project, as what others are given of it."""
        return workflow.member_wheel_of(self.obtain(name))

    @property
    def kept_environments(self) -> set[str]:
        """The folders of build environments in the cache."""
        return {path.name for path in (self.root / "cache" / "environments-v1").glob("env-*")}

    def alone(
        self, name: str, wheels: Mapping[Path, MemberWheel | None], hook: Hook = BUILD_WHEEL
    ) -> Obtained:
        """Build or reuse a project with what it is given, and nothing else."""
        members, cache = self._members(name, wheels), open_store(self.root / "cache")
        project = projects.load(self.root / name)
        return workflow.obtain(project, self._request, hook, cache, self.reporter, members=members)

    def status(self, name: str, wheels: Mapping[Path, MemberWheel | None]) -> Assessment:
        """Find out what has to be done for a project."""
        members, cache = self._members(name, wheels), open_store(self.root / "cache")
        project = projects.load(self.root / name)
        task = tasks.new_task(project, self._request, BUILD_WHEEL, cache, members=members)
        return assess(task, Digests())

    def _members(self, name: str, wheels: Mapping[Path, MemberWheel | None]) -> Members:
        meant = {one: folder for one, folder in self.meant.items() if one != name}
        return Members(meant, frozenset(self.meant.values()), wheels)

    @property
    def _request(self) -> Request:
        return Request(**self.options)

    def said(self, result: Obtained) -> dict[str, str]:
        """Return what the imported modules said when a wheel was built."""
        path = self.root / "result.whl"
        path.write_bytes(result.content.read())
        content = wheel_content(path)
        path.unlink()
        [said] = [one.data for name, one in content.items() if name.endswith(".said.json")]
        return dict(json.loads(said))
