"""Workspaces: that of ``fixtures``, and made ones whose members cost next to nothing to build.

A made member has a backend of its own that requires nothing, so that its build environment holds
no more than the members it is built with. Its wheel has a module with a value, and what the
members that it was built with say of themselves: so a wheel shows which of their wheels it was
built with.
"""

import json
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.command import Lbuild
from support.projects import FIXTURES, pristine_copy, wheel_content

TABLES = ("tool.uv.workspace", "tool.lbuild.workspace")

BUILT_WITH = "built_with.txt"
"""In the package of a made member: a line for each member that it was built with."""

UNPACKED = "notes.txt"
"""In the folder of a made member: read by its build, and not in its wheel.

The build fails if the file says ``broken``.
"""

_BACKEND = """\
\"\"\"Packs src, and what the members say that this one is built with; logs each call.\"\"\"

import base64
import hashlib
import importlib
import tomllib
import zipfile
from pathlib import Path

from helper import LINES

WITH = {needs!r}


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    with open({log!r}, "a") as log:
        log.write({name!r} + "\\n")
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    if "broken" in Path({unpacked!r}).read_text():
        raise RuntimeError("broken")
    files = {{
        path.relative_to("src").as_posix(): path.read_bytes()
        for path in sorted(Path("src").rglob("*.py"))
    }}
    said = [f"{{each}} {{importlib.import_module(each).VALUE}}\\n" for each in WITH]
    files["{name}/{built_with}"] = "".join(said).encode()
    base = f"{{project['name']}}-{{project['version']}}"
    metadata = LINES + [f"Name: {{project['name']}}", f"Version: {{project['version']}}"]
    metadata += [f"Requires-Dist: {{each}}" for each in project.get("dependencies", ())]
    files[f"{{base}}.dist-info/METADATA"] = ("\\n".join(metadata) + "\\n").encode()
    files[f"{{base}}.dist-info/WHEEL"] = (
        b"Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    )
    record = f"{{base}}.dist-info/RECORD"
    lines = [f"{{name}},{{digest(data)}},{{len(data)}}\\n" for name, data in files.items()]
    files[record] = "".join([*lines, f"{{record}},,\\n"]).encode()
    wheel = f"{{base}}-py3-none-any.whl"
    with zipfile.ZipFile(Path(wheel_directory, wheel), "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return wheel


def digest(data):
    encoded = base64.urlsafe_b64encode(hashlib.sha256(data).digest())
    return "sha256=" + encoded.rstrip(b"=").decode()
"""


def workspace_of_fixtures(target: Path, table: str = TABLES[0]) -> Path:
    """Copy ``fixtures/workspace``; without the tables of uv unless it is one of uv's."""
    workspace = pristine_copy(FIXTURES / "workspace", target)
    if table != TABLES[0]:
        for file in (workspace / "pyproject.toml", *workspace.glob("packages/*/pyproject.toml")):
            text = file.read_text("utf-8").partition("\n[tool.uv.sources]")[0]
            file.write_text(text.replace(f"[{TABLES[0]}]", f"[{table}]"), "utf-8")
    return workspace


@dataclass(frozen=True, slots=True)
class MadeWorkspace:
    """A workspace of made members.

    Attributes:
        log: where each build of a member writes a line with its name.
        table: what makes it a workspace.
    """

    folder: Path
    log: Path
    table: str

    def member(self, name: str) -> Path:
        """The folder of a member."""
        return self.folder / "packages" / name

    def relate(self, name: str, needs: list[str], dependencies: list[str]) -> None:
        """Say which members a member is built with, and which it runs with."""
        lines = [
            *("[build-system]", f"requires = {json.dumps(needs)}"),
            *('build-backend = "backend"', 'backend-path = ["tools"]', ""),
            *("[project]", f'name = "{name}"', 'version = "1.0"'),
            f"dependencies = {json.dumps(dependencies)}",
        ]
        used = sorted({*needs, *dependencies})
        if self.table == TABLES[0] and used:
            sources = [f"{each} = {{ workspace = true }}" for each in used]
            lines += ["", "[tool.uv.sources]", *sources]
        backend = _BACKEND.format(
            name=name, needs=needs, log=str(self.log), unpacked=UNPACKED, built_with=BUILT_WITH
        )
        (self.member(name) / "pyproject.toml").write_text("\n".join([*lines, ""]), "utf-8")
        (self.member(name) / "tools" / "backend.py").write_text(backend, "utf-8")

    def set_value(self, name: str, value: str) -> None:
        """Let a member's module have another value, which its wheel shows."""
        self.source(name).write_text(f"VALUE = {value!r}\n", "utf-8")

    def source(self, name: str) -> Path:
        """The module of a member."""
        return self.member(name) / "src" / name / "__init__.py"

    def wheel(self, name: str) -> Path:
        """The wheel of a member, as delivered."""
        [wheel] = self.member(name).glob("dist/*.whl")
        return wheel

    def built_with(self, name: str) -> dict[str, str]:
        """The values of the members that a delivered wheel was built with."""
        data = wheel_content(self.wheel(name))[f"{name}/{BUILT_WITH}"].data.decode()
        return dict(line.split(maxsplit=1) for line in data.splitlines())

    def when_building(self, name: str, code: str) -> None:
        """Let a member's backend run some lines of Python before it builds."""
        with (self.member(name) / "tools" / "backend.py").open("a", encoding="utf-8") as file:
            file.write("\n\n_build_wheel = build_wheel\n\n\n")
            file.write("def build_wheel(*arguments):\n")
            file.write(textwrap.indent(textwrap.dedent(code), "    ").rstrip())
            file.write("\n    return _build_wheel(*arguments)\n")

    @property
    def logged(self) -> list[str]:
        """The members that were built, in that order, one line a build."""
        return self.log.read_text("utf-8").split() if self.log.exists() else []


def make_workspace(
    folder: Path,
    needs: Mapping[str, Iterable[str]],
    table: str = TABLES[0],
    runs_with: Mapping[str, Iterable[str]] | None = None,
) -> MadeWorkspace:
    """Make a workspace.

    Args:
        needs: the members, by name, with those that each is built with.
        runs_with: the run-time dependencies of members.
    """
    made = MadeWorkspace(folder, folder.with_name(f"{folder.name}.log"), table)
    folder.mkdir(parents=True)
    text = f'[{table}]\nmembers = ["packages/*"]\n'
    (folder / "pyproject.toml").write_text(text, "utf-8")
    for name, built_with in needs.items():
        _make_member(made, name)
        made.relate(name, [*built_with], [*(runs_with or {}).get(name, ())])
    return made


def _make_member(made: MadeWorkspace, name: str) -> None:
    files = {
        "tools/helper.py": 'LINES = ["Metadata-Version: 2.1"]\n',
        UNPACKED: "Read, and not packed.\n",
        f"src/{name}/__init__.py": "VALUE = '1'\n",
    }
    for path, text in files.items():
        (made.member(name) / path).parent.mkdir(parents=True, exist_ok=True)
        (made.member(name) / path).write_text(text, "utf-8")


def rows(
    lbuild: Lbuild, workspace: Path, *arguments: str, command: str = "wheel", **how: Any
) -> dict[str, dict[str, Any]]:
    """Run a command on all members with ``--json``; return what it tells, by name, in its order."""
    told = lbuild(command, "--workspace", "--json", *arguments, cwd=workspace, **how).json
    found = {Path(row["project"]).name: row for row in told}
    assert len(found) == len(told), told
    return found


def built(told: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """The members that a command built."""
    return {name for name, row in told.items() if row.get("action") == "built"}


def failures(told: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """The members of which there is an error, with its kind."""
    return {name: row["error"]["kind"] for name, row in told.items() if row.get("error")}


def contents(wheels: Iterable[Path]) -> dict[str, Any]:
    """What wheels hold, by their file names."""
    return {wheel.name: wheel_content(wheel) for wheel in wheels}
