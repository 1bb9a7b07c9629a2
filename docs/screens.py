"""Takes the pictures of terminals that the pages have: what lbuild shows, 80 and 40 columns wide.

``nox -s screens`` runs this. tmux is the terminal. Each scene is typed into a shell in it. What is
shown then becomes two pictures, for light and for dark pages: ``screen-NAME-WIDTH-light.svg`` and
``screen-NAME-WIDTH-dark.svg``. What is to be seen on a picture is said in the page that has it.
"""

import contextlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import DEFAULT_TERMINAL_THEME, DIMMED_MONOKAI, TerminalTheme
from rich.text import Text

HERE = Path(__file__).parent
PICTURES = HERE / "explanation" / "pictures"
_THEMES = {"light": DEFAULT_TERMINAL_THEME, "dark": DIMMED_MONOKAI}
_HOME = Path("/tmp/ada")  # noqa: S108  the same on each machine, because it is in the pictures
_PROMPT = "$ "
_LONGEST = 120.0
"""Seconds that a command may take."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Some commands, and what is shown of them.

    Attributes:
        name: of the picture.
        commands: typed one after another; the picture begins with the first that is shown.
        unseen: typed before, and cleared away.
        waits: whether the last command is looked at only when it has ended.
        widths: of the terminal.
    """

    name: str
    commands: tuple[str, ...]
    unseen: tuple[str, ...] = ()
    waits: bool = True
    widths: tuple[int, ...] = (80,)

    @property
    def pictures(self) -> list[str]:
        """The names of the files."""
        return [
            f"screen-{self.name}-{width}-{tone}.svg" for width in self.widths for tone in _THEMES
        ]


_EDIT = "echo '# faster' >> src/demo/core.py"
_BROKEN = "cp ../broken.py hatch_build.py; cp ../hooked.toml pyproject.toml"
_SLOW = "cp ../slow.py hatch_build.py"
_BOTH = (80, 40)
SCENES = (
    Scene(
        "wheel",
        ("lbuild wheel", "lbuild wheel", _EDIT, "lbuild wheel"),
    ),
    Scene(
        "status",
        ("lbuild status",),
        (
            "lbuild wheel",
            _EDIT,
            "echo 'x = 1' > src/demo/extra.py",
            "export SOURCE_DATE_EPOCH=1700000000",
        ),
        widths=_BOTH,
    ),
    Scene(
        "install",
        ("lbuild install", "lbuild install", _EDIT, "lbuild install", "lbuild status -p .venv"),
        ("python3 -m venv --without-pip .venv", "unset VIRTUAL_ENV"),
    ),
    Scene("progress", ("lbuild wheel",), (_BROKEN, _SLOW), waits=False),
    Scene(
        "workspace",
        (
            "lbuild wheel --workspace -q",
            "echo '# faster' >> packages/plugin/src/plugin/core.py",
            "lbuild status --workspace",
            "lbuild wheel --workspace",
        ),
        ("cd ../shop",),
        widths=_BOTH,
    ),
    Scene("graph", ("lbuild graph",), ("cd ../shop",)),
    Scene(
        "board",
        ("lbuild wheel --workspace -j 2",),
        (
            "cd ../shop",
            "for name in core plugin; do cp ../slow.py packages/$name/hatch_build.py; done",
            "for name in core plugin; do cat ../hook.toml >> packages/$name/pyproject.toml; done",
        ),
        waits=False,
    ),
    Scene("failure", ("lbuild wheel",), (_BROKEN,), widths=_BOTH),
    Scene(
        "mistakes",
        ("lbuild wheel --inputs tre", "lbuild build", "lbuild weel"),
    ),
    Scene("help", ("lbuild --help",)),
    Scene("help-wheel", ("lbuild wheel --help",)),
    Scene(
        "cache",
        ("lbuild cache info", "lbuild cache list"),
        ("lbuild wheel",),
    ),
)

_PROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "demo"
version = "0.1.0"
"""
_MEMBER = """\
[build-system]
requires = [{requires}]
build-backend = "hatchling.build"
[project]
name = "{name}"
version = "{version}"
dependencies = [{dependencies}]
"""
_MEMBERS = {
    "app": _MEMBER.format(
        name="app", version="2.1", requires='"hatchling", "plugin"', dependencies='"core"'
    ),
    "core": _MEMBER.format(name="core", version="1.0", requires='"hatchling"', dependencies=""),
    "plugin": _MEMBER.format(name="plugin", version="0.3", requires='"hatchling"', dependencies=""),
}
_WORKSPACE = """\
[tool.lbuild.workspace]
members = ["packages/*"]
"""
_HOOK = "[tool.hatch.build.hooks.custom]\n"
_SLEEP = "__import__('time').sleep(20)"
_FAILING = """\
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
class Hook(BuildHookInterface):
    def initialize(self, version, data):
        for number in range(1, 101):
            print(f"compiling module {number} of 100")
        raise SystemExit("no compiler was found: install gcc")
"""
_SLEEPING = _FAILING.replace('raise SystemExit("no compiler was found: install gcc")', _SLEEP)


def main() -> None:
    """Take all pictures.

    Raises:
        RuntimeError: if a command does not end.
        subprocess.CalledProcessError: if there is no tmux.
    """
    for old in PICTURES.glob("screen-*.svg"):
        old.unlink()
    for scene in SCENES:
        for width in scene.widths:
            shown = _shown(scene, width)
            for tone, theme in _THEMES.items():
                picture = PICTURES / f"screen-{scene.name}-{width}-{tone}.svg"
                picture.write_text(_svg(shown, width, theme), "utf-8")


def _shown(scene: Scene, width: int) -> str:
    """Return what a terminal shows after a scene, with its codes."""
    with _home() as folder, _terminal(folder, width) as terminal:
        for command in (*scene.unseen, "clear"):
            _type(terminal, command)
            _wait(terminal)
        for command in scene.commands:
            _type(terminal, command)
            if scene.waits:
                _wait(terminal)
            else:
                time.sleep(4)
        shown = _tmux(terminal, "capture-pane", "-p", "-e")
    lines = shown.rstrip().split("\n")
    while lines and Text.from_ansi(lines[-1]).plain.strip() in ("", _PROMPT.strip()):
        lines.pop()
    return "\n".join(lines)


@contextlib.contextmanager
def _home() -> Iterator[Path]:
    """Make the home of somebody who has one project, and nothing in the cache."""
    shutil.rmtree(_HOME, ignore_errors=True)
    folder = _HOME / "demo"
    (folder / "src" / "demo").mkdir(parents=True)
    (folder / "src" / "demo" / "__init__.py").touch()
    (folder / "src" / "demo" / "core.py").write_text("x = 1\n", "utf-8")
    (folder / "pyproject.toml").write_text(_PROJECT, "utf-8")
    (_HOME / "hooked.toml").write_text(f"{_PROJECT}{_HOOK}", "utf-8")
    (_HOME / "hook.toml").write_text(_HOOK, "utf-8")
    for name, text in _MEMBERS.items():
        member = _HOME / "shop" / "packages" / name
        (member / "src" / name).mkdir(parents=True)
        (member / "src" / name / "__init__.py").touch()
        (member / "src" / name / "core.py").write_text("x = 1\n", "utf-8")
        (member / "pyproject.toml").write_text(text, "utf-8")
    (_HOME / "shop" / "pyproject.toml").write_text(_WORKSPACE, "utf-8")
    (_HOME / "broken.py").write_text(_FAILING, "utf-8")
    (_HOME / "slow.py").write_text(_SLEEPING, "utf-8")
    try:
        yield folder
    finally:
        shutil.rmtree(_HOME, ignore_errors=True)


@contextlib.contextmanager
def _terminal(folder: Path, width: int) -> Iterator[str]:
    """Open a terminal with a shell; the context is its name."""
    name = f"screens-{os.getpid()}"
    own = {
        "XDG_CACHE_HOME": f"{_HOME}/.cache",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PS1": _PROMPT,
        "LC_ALL": "C.UTF-8",
    }
    others = ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "COLUMNS", "LINES", "SOURCE_DATE_EPOCH")
    unset = [f"--unset={variable}" for variable in others if variable not in own]
    unset += [f"--unset={variable}" for variable in os.environ if variable.startswith("LBUILD_")]
    shell = ["env", *unset, *(f"{variable}={value}" for variable, value in own.items())]
    size = ("-x", str(width), "-y", "140")
    command = [*shell, "bash", "--norc", "--noprofile"]
    _tmux(name, "new-session", "-d", "-s", name, *size, "-c", str(folder), *command)
    try:
        _wait(name)
        yield name
    finally:
        _tmux(name, "kill-session", "-t", name)


def _type(terminal: str, command: str) -> None:
    _tmux(terminal, "send-keys", "-t", terminal, "-l", command)
    _tmux(terminal, "send-keys", "-t", terminal, "Enter")


def _wait(terminal: str) -> None:
    """Wait until the shell is there for the next command, twice in a row."""
    end = time.monotonic() + _LONGEST
    calm = 0
    while calm < 3:
        if time.monotonic() > end:
            message = f"a command does not end:\n{_tmux(terminal, 'capture-pane', '-p')}"
            raise RuntimeError(message)
        time.sleep(0.1)
        shown = _tmux(terminal, "capture-pane", "-p").rstrip("\n").split("\n")
        calm = calm + 1 if shown[-1].rstrip() == _PROMPT.rstrip() else 0


def _tmux(terminal: str, command: str, *arguments: str) -> str:
    aimed = ("-t", terminal) if command == "capture-pane" else ()
    done = subprocess.run(
        ["tmux", "-L", terminal, command, *aimed, *arguments],  # noqa: S607  wherever it is
        capture_output=True,
        check=True,
        text=True,
    )
    return done.stdout


def _svg(shown: str, width: int, theme: TerminalTheme) -> str:
    """Draw what a terminal shows."""
    console = Console(width=width, record=True, file=open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123
    for line in shown.split("\n"):
        console.print(
            Text.from_ansi(line), soft_wrap=False, no_wrap=True, overflow="ignore", crop=False
        )
    code_format = _SVG.replace("BACKGROUND", theme.background_color.hex)
    drawn = console.export_svg(title="", code_format=code_format, theme=theme, unique_id="screen")
    return re.sub(r'viewBox="0 0 (\S+) (\S+)"', _with_edges, drawn, count=1)


def _with_edges(size: re.Match[str]) -> str:
    """Leave room for the edges, which rich does not count."""
    across, down = (float(number) + 2 * _EDGE for number in size.groups())
    return f'viewBox="0 0 {across:.0f} {down:.0f}"'


_EDGE = 10
# As rich draws it, but for its window and its font, which would be loaded from a server.
_SVG = """\
<svg viewBox="0 0 {terminal_width} {terminal_height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font: {char_height}px/{line_height}px monospace }}
{styles}
</style>
<defs>{lines}</defs>
<rect width="100%" height="100%" rx="6" fill="BACKGROUND" stroke="#8888"/>
<g transform="translate(10, 10)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""

if __name__ == "__main__":
    main()
