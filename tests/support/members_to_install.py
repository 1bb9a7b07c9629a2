"""A workspace whose members require each other at run time, and cost next to nothing to build."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

_BACKEND = '''\
"""Packs src, as a wheel or as an editable one; requires nothing."""

import base64
import hashlib
import tomllib
import zipfile
from pathlib import Path


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    return packed(wheel_directory, {path.name: path.read_bytes() for path in Path("src").iterdir()})


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    return packed(wheel_directory, {f"_{NAME}.pth": str(Path("src").resolve()).encode()})


PROJECT = tomllib.loads(Path("pyproject.toml").read_text())["project"]
NAME = PROJECT["name"].replace("-", "_")


def packed(folder, files):
    lines = ["Metadata-Version: 2.1", f"Name: {PROJECT['name']}", f"Version: {PROJECT['version']}"]
    lines += [f"Requires-Dist: {text}" for text in PROJECT["dependencies"]]
    for extra, texts in PROJECT["optional-dependencies"].items():
        lines += [f"Provides-Extra: {extra}"]
        lines += [f"Requires-Dist: {text}; extra == '{extra}'" for text in texts]
    base = f"{NAME}-{PROJECT['version']}"
    files[f"{base}.dist-info/METADATA"] = "\\n".join([*lines, ""]).encode()
    files[f"{base}.dist-info/WHEEL"] = (
        b"Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    )
    record = f"{base}.dist-info/RECORD"
    rows = [f"{name},{digest(data)},{len(data)}\\n" for name, data in files.items()]
    files[record] = "".join([*rows, f"{record},,\\n"]).encode()
    with zipfile.ZipFile(Path(folder, f"{base}-py3-none-any.whl"), "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return f"{base}-py3-none-any.whl"


def digest(data):
    encoded = base64.urlsafe_b64encode(hashlib.sha256(data).digest())
    return "sha256=" + encoded.rstrip(b"=").decode()
'''


@dataclass(frozen=True, slots=True)
class RunTimeWorkspace:
    """A workspace of lbuild's (``tool.lbuild.workspace``)."""

    folder: Path

    def __post_init__(self) -> None:
        self.folder.mkdir()
        text = '[tool.lbuild.workspace]\nmembers = ["packages/*"]\n'
        (self.folder / "pyproject.toml").write_text(text, "utf-8")

    def add(
        self,
        name: str,
        *requires: str,
        version: str = "1.0",
        extras: Mapping[str, Iterable[str]] | None = None,
        code: str | None = None,
    ) -> Path:
        """Add a member, or change what it is made of; return its folder.

        Args:
            code: of its module; None for its name, and where it is from.
        """
        project = self.folder / "packages" / name
        optional = {extra: [*texts] for extra, texts in (extras or {}).items()}
        lines = [
            "[build-system]",
            "requires = []",
            'build-backend = "backend"',
            'backend-path = ["backend"]',
            "[project]",
            f'name = "{name}"',
            f'version = "{version}"',
            f"dependencies = {json.dumps(requires)}",
            "[project.optional-dependencies]",
            *(f"{extra} = {json.dumps(texts)}" for extra, texts in optional.items()),
        ]
        for file, text in {
            "pyproject.toml": "\n".join([*lines, ""]),
            "backend/backend.py": _BACKEND,
            f"src/{name.replace('-', '_')}.py": code or f"origin = 'member {name}'\n",
        }.items():
            (project / file).parent.mkdir(parents=True, exist_ok=True)
            (project / file).write_text(text, "utf-8")
        return project
