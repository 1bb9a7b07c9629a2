"""Sessions of console examples: run in bash, in the home of somebody with one project."""

import os
import re
import shlex
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from support.console_output import difference, matches, readable_lines, updated
from support.console_pages import Command, Page, Unseen, WrittenFile, rewrite
from support.environments import share_environments
from support.projects import git, pristine_copy

ROOT = Path(__file__).parents[2]
SHOWN_HOME = "/home/ada"
SCRIPTS = sysconfig.get_path("scripts")
"""Where lbuild, nox, tox, uv, pip and python3 are."""

_KEPT = ("GIT_AUTHOR_", "GIT_COMMITTER_", "GIT_SSL", "PIP_", "SSL_", "UV_")
_KEPT_NAMES = ("CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "TEMP", "TMP", "TMPDIR")
_PROXIES = ("http_proxy", "https_proxy", "no_proxy", "all_proxy")
_MARK = "\x1e"
_LONGEST = 240.0
"""Seconds that the session of a page may take."""

_PRELUDE = f"""\
__mark() {{ local status=$?; printf '\\n{_MARK}%s\\n' "$status"; return "$status"; }}
cd demo
__mark
"""


class Problem(NamedTuple):
    """What is wrong with a page.

    Attributes:
        text: for people.
        is_outdated: whether the page only shows another output than the present one.
    """

    text: str
    is_outdated: bool


class Ran(NamedTuple):
    """What a step printed, and its exit code; None if the session ended before it."""

    output: str
    status: int | None


class Sandbox(NamedTuple):
    """A home folder for one page, with the environments that the tests of a session share."""

    home: Path

    @property
    def environment(self) -> dict[str, str]:
        """The variables of the shell: few, so that no output depends on the machine."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if name.startswith(_KEPT) or name in _KEPT_NAMES or name.lower() in _PROXIES
        }
        return {
            **kept,
            "GIT_CONFIG_GLOBAL": str(self.home / ".gitconfig"),
            "GIT_CONFIG_SYSTEM": os.devnull,
            "HOME": str(self.home),
            "LC_ALL": "C.UTF-8",
            "PATH": f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "TERM": "dumb",
            "USER": "ada",
        }

    @property
    def names(self) -> Mapping[str, str]:
        """The folders of this machine, and what pages show instead."""
        return {
            str(self.home): SHOWN_HOME,
            str(ROOT): "/opt/lbuild",
            SCRIPTS: "/usr/bin",
            sys.prefix: "/usr",
            os.environ.get("TMPDIR", "/tmp"): "/tmp",  # noqa: S108  as pages show it
        }


def make_sandbox(folder: Path, page: Page) -> Sandbox:
    """Make the home folder that a page begins with."""
    home = folder.resolve() / "ada"
    demo = home / "demo"
    home.mkdir(parents=True)
    (home / ".gitconfig").write_text("[init]\n\tdefaultBranch = main\n", "utf-8")
    if page.shares_environments:
        share_environments(home / ".cache" / "lbuild", Path(os.environ["UV_CACHE_DIR"]).parent)
    if page.project is None:
        demo.mkdir()
    else:
        pristine_copy(ROOT / page.project, demo)
        git(demo, "init", "--quiet", "--initial-branch=main")
        git(demo, "add", "--all")
        git(demo, "commit", "--quiet", "--message=The first commit")
    return Sandbox(home)


def run_session(page: Page, sandbox: Sandbox) -> tuple[Ran, ...]:
    """Run all steps of a page in one shell; return what each gave."""
    files = sandbox.home.with_name("files")
    files.mkdir()
    script = [_PRELUDE]
    for number, step in enumerate(page.steps):
        if isinstance(step, WrittenFile):
            content = files / str(number)
            content.write_text(step.text, "utf-8")
            command = _writing(step, content)
        else:
            command = f"eval {shlex.quote(step.text)}"
        script.append(f"{command}\n__mark\n")
    session = files / "session.sh"
    session.write_text("".join(script), "utf-8")
    done = subprocess.run(
        ["bash", "--norc", "--noprofile", str(session)],
        check=False,
        cwd=sandbox.home,
        encoding="utf-8",
        env=sandbox.environment,
        errors="backslashreplace",
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        timeout=_LONGEST,
    )
    said = re.sub(rf"{re.escape(str(session))}: (eval: )?line \d+: ", "bash: ", done.stdout)
    _, *parts = said.split(f"\n{_MARK}")
    statuses, outputs = zip(*(part.split("\n", 1) for part in parts), strict=True)
    # A mark has the exit code of what is before it; the output of a step is after the last mark.
    ended = zip(outputs, statuses[1:], strict=False)
    ran = [Ran(output, int(status)) for output, status in ended]
    missing = len(page.steps) - len(ran)
    return (*ran, *[Ran("", None)] * missing)


def check(page: Page, text: str, sandbox: Sandbox) -> tuple[list[Problem], str]:
    """Run a page; return what is wrong with it, and the page with the present outputs."""
    problems: list[Problem] = []
    outputs: dict[int, tuple[str, ...]] = {}
    for step, ran in zip(page.steps, run_session(page, sandbox), strict=True):
        shown = readable_lines(ran.output, sandbox.names)
        where = f"line {step.line + 1}"
        if ran.status is None:
            problems.append(Problem(f"{where}: the shell ended before this or with it", False))
        elif isinstance(step, Command):
            outputs[step.line] = updated(step.output, shown)
            if not matches(step.output, shown):
                text_of_it = f"{where}: $ {step.text}\n{difference(step.output, shown)}"
                problems.append(Problem(text_of_it, True))
        elif ran.status != 0:
            what = step.text if isinstance(step, Unseen) else step.path
            told = "\n".join([f"{where}: exit code {ran.status}: {what}", *shown])
            problems.append(Problem(told, False))
    return problems, rewrite(text, outputs)


def _writing(step: WrittenFile, content: Path) -> str:
    below_home = step.path.startswith("~/")
    target = shlex.quote(step.path.removeprefix("~/"))
    target = f'"$HOME"/{target}' if below_home else target
    write = ">>" if step.appends else ">"
    return (
        f'mkdir -p -- "$(dirname -- {target})" && cat {shlex.quote(str(content))} {write} {target}'
    )
