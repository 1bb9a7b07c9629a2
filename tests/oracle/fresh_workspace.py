"""The truth of a workspace: each member built afresh, with what it needs of others built afresh.

``uv build`` builds a member in a copy of the whole workspace. uv is told which wheels the names of
other members stand for, and is not shown the tables that say so: which those are is found out here,
by reading, so that neither lbuild's nor uv's idea of a workspace has a part in it.

That takes long for many members. So a build is remembered by all that it could depend on: the tree
of the member, what is beside the members, and the content of each wheel that it is built with.
"""

import email.parser
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from oracle.monorepos import Monorepo
from oracle.workshop import PATIENCE, Content, UnusableRecord, content


@dataclass(frozen=True, slots=True)
class Fresh:
    """A member as it is built afresh.

    Attributes:
        content: of the wheel; None if it cannot be built, or what it needs cannot.
        wheel: the file.
        needs: the members whose wheels are in its build environment.
        read: what its build read of its folder, folders that it listed among it, relative to it.
        message: of a build that failed.
        backend_path: the folders of a backend in the tree.
    """

    content: Content | None
    wheel: Path | None
    needs: frozenset[str]
    read: frozenset[str] = frozenset()
    message: str = ""
    backend_path: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Of the content."""
        assert self.content is not None
        found = hashlib.sha256()
        for name, member in sorted(self.content.items()):
            found.update(f"{name}\0{len(member.data)}\0{member.executable}\0".encode())
            found.update(member.data)
        return found.hexdigest()


@dataclass(slots=True)
class FreshBuilds:
    """Builds members afresh, each state of them once.

    Attributes:
        scratch: a folder that is its own.
        environ: the variables of the builds.
        made: how many builds there were.
    """

    monorepo: Monorepo
    scratch: Path
    environ: Mapping[str, str]
    made: int = 0
    _known: dict[tuple[str, ...], Fresh] = field(default_factory=dict)

    def of(self, workspace: Path) -> dict[str, Fresh]:
        """Build what was not yet built of a workspace, in which nothing is written."""
        members = {folder.parent.name for folder in workspace.glob("packages/*/pyproject.toml")}
        beside = _digest(workspace, members)
        found: dict[str, Fresh] = {}
        begun: list[str] = []

        def fresh(name: str) -> Fresh:
            if name not in found:
                if name in begun:
                    raise UnusableRecord(f"a cycle: {' '.join([*begun, name])}")
                begun.append(name)
                found[name] = build(name)
                begun.remove(name)
            return found[name]

        def build(name: str) -> Fresh:
            member = workspace / "packages" / name
            needs = needed(name, [*_requires(member), *self.monorepo.asks_for.get(name, ())])
            if any(fresh(each).content is None for each in needs):
                return Fresh(None, None, frozenset(needs), message="what it needs failed")
            digests = [f"{each} {fresh(each).digest}" for each in sorted(needs)]
            key = (name, _digest(member, ()), beside, *digests)
            if key not in self._known:
                wheels = {each: fresh(each).wheel for each in needs}
                self._known[key] = self._build(workspace, name, wheels)
            return self._known[key]

        def needed(name: str, texts: Iterable[str]) -> set[str]:
            """The members that requirements name, with those that they need to run."""
            reached: set[tuple[str, frozenset[str]]] = set()
            due = [(text, frozenset[str]()) for text in texts]
            while due:
                text, extras = due.pop()
                one = _read(text)
                if one is None or not _counts(one, extras):
                    continue
                it = canonicalize_name(one.name), frozenset(one.extras)
                if it[0] not in members - {name} or it in reached:
                    continue
                reached.add(it)
                wheel = fresh(it[0]).content
                due += [(each, it[1]) for each in ([] if wheel is None else _requires_dist(wheel))]
            return {each for each, _ in reached}

        for name in sorted(members):
            fresh(name)
        return found

    def _build(self, workspace: Path, name: str, wheels: Mapping[str, Path | None]) -> Fresh:
        self.made += 1
        # uv remembers wheels by their paths: a new folder for each.
        place = Path(tempfile.mkdtemp(prefix="fresh-", dir=self.scratch))
        copy = Path(shutil.copytree(workspace, place / workspace.name, symlinks=True))
        member = copy / "packages" / name
        constraints = place / "constraints.txt"
        lines = [f"{each} @ {wheel.as_uri()}\n" for each, wheel in wheels.items() if wheel]
        constraints.write_text("".join(lines), "utf-8")
        times = _forget_access(member)
        done = subprocess.run(
            [
                *(sys.executable, "-m", "uv", "build", "--wheel", "--no-sources"),
                *("--python", sys.executable, "--build-constraints", str(constraints)),
                *("--out-dir", str(place / "out"), str(member)),
            ],
            capture_output=True,
            check=False,
            cwd=copy,
            env=self.environ,
            text=True,
            timeout=PATIENCE,
        )
        read = frozenset(
            path.relative_to(member).as_posix()
            for path, accessed in times.items()
            if not os.path.lexists(path) or path.lstat().st_atime_ns != accessed
        )
        backend_path = tuple(_build_system(member).get("backend-path", ()))
        shutil.rmtree(copy)
        needs = frozenset(wheels)
        if done.returncode:
            return Fresh(None, None, needs, read, done.stdout + done.stderr)
        [wheel] = (place / "out").glob("*.whl")
        return Fresh(content(wheel), wheel, needs, read, backend_path=backend_path)


def _forget_access(member: Path) -> dict[Path, int]:
    """Set back the times of access of all files and folders of a member, and return them."""
    paths = [path for path in (member, *member.rglob("*")) if not path.is_symlink()]
    for path in reversed(paths):
        os.utime(path, ns=(0, path.stat().st_mtime_ns))
    return dict.fromkeys(paths, 0)


def _requires(member: Path) -> list[str]:
    return [*_build_system(member).get("requires", ("setuptools",))]


def _build_system(member: Path) -> dict[str, Any]:
    project = tomllib.loads((member / "pyproject.toml").read_text("utf-8"))
    return dict(project.get("build-system", {}))


_METADATA = re.compile(r"[^/]+\.dist-info/METADATA")


def _requires_dist(wheel: Content) -> list[str]:
    [data] = [one.data for name, one in wheel.items() if _METADATA.fullmatch(name)]
    return email.parser.BytesParser().parsebytes(data).get_all("Requires-Dist", [])


def _read(text: str) -> Requirement | None:
    try:
        return Requirement(text)
    except InvalidRequirement:
        return None


def _counts(one: Requirement, extras: frozenset[str]) -> bool:
    if one.marker is None:
        return True
    return any(one.marker.evaluate({"extra": extra}) for extra in ("", *extras))


def _digest(folder: Path, without: Iterable[str]) -> str:
    """Of all names, bytes and modes in a folder but git's, and below ``packages`` some folders."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        if ".git" in parts or (parts[0] == "packages" and len(parts) > 1 and parts[1] in without):
            continue
        data = os.fsencode(path.readlink()) if path.is_symlink() else b""
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
        found.update(f"{'/'.join(parts)}\0{path.lstat().st_mode}\0{len(data)}\0".encode())
        found.update(data)
    return found.hexdigest()
