"""Monorepos made of real source distributions side by side, with sources between them.

No monorepo is on the package index, but source distributions of projects that build, or run, with
each other are: laid into one folder they are what their authors would have in one repository. What
the members are built with is members too, backends among them.
"""

import json
import os
import shutil
import subprocess
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from oracle.catalogue import Project
from oracle.sdists import fetch
from oracle.workshop import UnusableRecord, unpack
from support.workspaces import TABLES, workspace_of_fixtures


@dataclass(frozen=True, slots=True)
class Part:
    """A source distribution that is a member.

    Attributes:
        name: as the package index normalises it, and of its folder.
        asks_for: what only its backend names, by ``get_requires_for_build_wheel``, or what a
            distribution of the index requires that it is built with: setuptools-scm for pluggy,
            hatchling for OpenTelemetry.
    """

    name: str
    version: str
    sha256: str
    asks_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Monorepo:
    """Members, and the table that makes a workspace of them.

    Attributes:
        table: ``tool.uv.workspace``, where each member also has ``tool.uv.sources``, or
            ``tool.lbuild.workspace``.
        parts: empty for ``fixtures/workspace``.
    """

    name: str
    table: str
    parts: tuple[Part, ...] = ()

    @property
    def asks_for(self) -> dict[str, tuple[str, ...]]:
        """What the metadata of members do not name, by the member's name."""
        return {part.name: part.asks_for for part in self.parts}


MONOREPOS = (
    Monorepo("fixtures-uv", TABLES[0]),
    Monorepo("fixtures-lbuild", TABLES[1]),
    Monorepo(
        "hatch",
        TABLES[0],
        (
            Part(
                "hatchling",
                "1.27.0",
                "971c296d9819abb3811112fc52c7a9751c8d381898f36533bb16f9791e941fd6",
                ("packaging", "pathspec", "pluggy"),
            ),
            Part(
                "hatch-vcs",
                "0.5.0",
                "0395fa126940340215090c344a2bf4e2a77bcbe7daab16f41b37b98c95809ff9",
            ),
            Part(
                "hatch-fancy-pypi-readme",
                "25.1.0",
                "9c58ed3dff90d51f43414ce37009ad1d5b0f08ffc9fc216998a06380f01c0045",
            ),
            Part(
                "pluggy",
                "1.6.0",
                "7dcc130b76258d33b90f61b658791dede3486c3e6bfb003ee5c9bfb396dd22f3",
                ("packaging",),
            ),
            Part(
                "pathspec",
                "0.12.1",
                "a482d51503a1ab33b1c67a6c3813a26953dbdc71c31dacaef9a838c4e29f5712",
            ),
            Part(
                "packaging",
                "25.0",
                "d443872c98d677bf60f6a1f2f8c1cb748e8fe762d2bf9d3148b5599295b0fc4f",
            ),
            Part(
                "attrs",
                "25.3.0",
                "75d7cefc7fb576747b2c81b4442d4d4a1ce0900973527c011d1030fd3bf4af1b",
            ),
            Part(
                "structlog",
                "25.4.0",
                "186cd1b0a8ae762e29417095664adf1d6a31702160a46dacb7796ea82f7409e4",
            ),
            Part(
                "filelock",
                "3.19.1",
                "66eda1888b0171c998b35be2bcc0f6d75c388a7ce20c3f3f37aa8e96c2dddf58",
            ),
        ),
    ),
    Monorepo(
        "flit-and-setuptools",
        TABLES[0],
        (
            Part(
                "flit-core",
                "3.12.0",
                "18f63100d6f94385c6ed57a72073443e1a71a4acb4339491615d0f16d6ff01b2",
            ),
            Part(
                "setuptools",
                "80.9.0",
                "f36b47402ecde768dbfafc46e8e4207b4360c654f1f3bb84475f0a28628fb19c",
            ),
            Part(
                "setuptools-scm",
                "9.2.0",
                "6662c9b9497b6c9bf13bead9d7a9084756f68238302c5ed089fb4dbd29d102d7",
            ),
            Part(
                "pluggy",
                "1.6.0",
                "7dcc130b76258d33b90f61b658791dede3486c3e6bfb003ee5c9bfb396dd22f3",
            ),
            Part(
                "click",
                "8.2.1",
                "27c491cc05d968d271d5a1db13e3b5a184636d9d930f148c50b038f0d0646202",
            ),
            Part(
                "flask",
                "3.1.2",
                "bf656c15c80190ed628ad08cdfd3aaa35beb087855e2f494910aa3774cc4fd87",
            ),
            Part(
                "jinja2",
                "3.1.6",
                "0137fb05990d35f1275a587e9aee6d56da821fc83491a0fb838183be43f66d6d",
            ),
            Part(
                "markupsafe",
                "3.0.2",
                "ee55d3edf80167e48ea11a923c7386f4669df67d7994554387f84e7d8b0a2bf0",
            ),
            Part(
                "itsdangerous",
                "2.2.0",
                "e0050c0b7da1eea53ffaf149c0cfbb5c6e2e2b69c4bef22c81fa6eb73e5f6173",
            ),
            Part(
                "werkzeug",
                "3.1.3",
                "60723ce945c19328679790e3282cc758aa4a6040e4bb330f53d30fa546d44746",
            ),
        ),
    ),
    Monorepo(
        "poetry-pdm-and-opentelemetry",
        TABLES[1],
        (
            Part(
                "poetry-core",
                "2.1.3",
                "0522a015477ed622c89aad56a477a57813cace0c8e7ff2a2906b7ef4a2e296a4",
            ),
            Part(
                "tomlkit",
                "0.13.3",
                "430cf247ee57df2b94ee3fbe588e71d362a941ebb545dec29b53961d61add2a1",
            ),
            Part(
                "pdm-backend",
                "2.4.5",
                "56c019c440308adad5d057c08cbb777e65f43b991a3b0920749781258972fe5b",
            ),
            Part(
                "findpython",
                "0.7.0",
                "8b31647c76352779a3c1a0806699b68e6a7bdc0b5c2ddd9af2a07a0d40c673dc",
            ),
            Part(
                "dep-logic",
                "0.5.1",
                "cfd10877277d3cbb6e66fd48f316ba6c284701af0e67d52eaaf10275753354a7",
            ),
            Part(
                "opentelemetry-api",
                "1.37.0",
                "540735b120355bd5112738ea53621f8d5edb35ebcd6fe21ada3ab1c61d1cd9a7",
                ("tomlkit",),
            ),
            Part(
                "opentelemetry-semantic-conventions",
                "0.58b0",
                "6bd46f51264279c433755767bb44ad00f1c9e2367e1b42af563372c5a6fa0c25",
                ("tomlkit",),
            ),
            Part(
                "opentelemetry-sdk",
                "1.37.0",
                "cc8e089c10953ded765b5ab5669b198bbe0af1b3f89f1007d19acd32dc46dda5",
                ("tomlkit",),
            ),
        ),
    ),
)
"""Three made of 27 source distributions, and the workspace of ``fixtures`` by either table."""


def lay_out(monorepo: Monorepo, folder: Path, sdists: Path) -> None:
    """Lay the members of a monorepo into a new folder, and commit all of it.

    Args:
        sdists: where source distributions are kept once they are downloaded.
    """
    if not monorepo.parts:
        workspace_of_fixtures(folder, monorepo.table)
        _commit(folder)
        return
    (folder / "packages").mkdir(parents=True)
    text = f'[{monorepo.table}]\nmembers = ["packages/*"]\n'
    (folder / "pyproject.toml").write_text(text, "utf-8")
    names = [part.name for part in monorepo.parts]
    for part in monorepo.parts:
        archive = fetch(Project(part.name, part.version, part.sha256, "", ()), sdists)
        member = folder / "packages" / part.name
        unpack(archive, member)
        _leave_out_egg_info(member)
        if monorepo.table == TABLES[0]:
            _add_sources(member / "pyproject.toml", [name for name in names if name != part.name])
    _commit(folder)


def _leave_out_egg_info(member: Path) -> None:
    """Remove the egg-info folders of an sdist: no repository has them, and builds write to them.

    setuptools finds its own commands in one when it builds itself. In its repository that is
    called ``bootstrap.egg-info``, and builds do not write to it.
    """
    for path in [*member.rglob("*.egg-info")]:
        if path == member / "setuptools.egg-info":
            bootstrap = member / "bootstrap.egg-info"
            bootstrap.mkdir()
            shutil.copy(path / "entry_points.txt", bootstrap)
            metadata = "Metadata-Version: 2.1\nName: setuptools-bootstrap\nVersion: 1.0\n"
            (bootstrap / "PKG-INFO").write_text(metadata, "utf-8")
        shutil.rmtree(path)


def _add_sources(file: Path, names: Sequence[str]) -> None:
    """Let the requirements of a member mean other members, by ``tool.uv.sources``."""
    text = file.read_text("utf-8")
    assert "sources" not in tomllib.loads(text).get("tool", {}).get("uv", {}), file
    lines = [f"{json.dumps(name)} = {{ workspace = true }}" for name in names]
    text = "\n".join([text.rstrip("\n"), "", "[tool.uv.sources]", *lines, ""])
    file.write_text(text, "utf-8")


def _commit(folder: Path) -> None:
    """Make a repository of a folder, in which copies take no file for changed."""
    who = {
        f"GIT_{who}_{what}": "ada@example.org"
        for who in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    environ = {**os.environ, **who}
    for arguments in (
        ["init", "--quiet", "--initial-branch=main"],
        ["config", "core.checkStat", "minimal"],
        ["config", "core.trustctime", "false"],
        ["add", "--all", "--force"],
        ["commit", "--quiet", "--message=All members"],
        ["repack", "--quiet", "-a", "-d"],  # it is copied often
    ):
        command = ["git", "-C", str(folder), *arguments]
        done = subprocess.run(command, capture_output=True, check=False, env=environ, text=True)
        if done.returncode:
            raise UnusableRecord(f"git {arguments[0]}: {done.stderr.strip()}")
