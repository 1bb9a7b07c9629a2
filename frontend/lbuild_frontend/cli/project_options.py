"""The options of the commands on projects, and their values as ``Request`` has them."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from lbuild_frontend.cli.option_groups import BUILD_OPTIONS, CACHE_OPTIONS, OUTPUT_OPTIONS
from lbuild_keys.model import Mode


class Inputs(StrEnum):
    traced = "traced"
    tree = "tree"
    declared = "declared"


Projects = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PROJECT",
        help="Folders of projects, globs of them, or source distributions (.tar.gz). [default: the "
        "project of the current folder]",
    ),
]
Project = Annotated[
    str | None,
    typer.Argument(
        metavar="PROJECT",
        help="Folder of a project, or a source distribution (.tar.gz). [default: the project of "
        "the current folder]",
    ),
]
Installs = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PROJECT[EXTRA,...]",
        help="Folders of projects, or globs of them, each with the extras to install. "
        "[default: the project of the current folder]",
    ),
]
OutDir = Annotated[
    Path | None,
    typer.Option(
        "--out-dir",
        "-o",
        metavar="DIR",
        readable=False,
        help="Folder for the result. [default: PROJECT/dist]",
    ),
]
Python = Annotated[
    str | None,
    typer.Option(
        "--python",
        "-p",
        metavar="PYTHON",
        rich_help_panel=BUILD_OPTIONS,
        help="Interpreter to build with: a path, a name, a version such as 3.12 or '>=3.9', or the "
        "folder of a virtual environment. [default: the interpreter running lbuild]",
    ),
]
ConfigSettings = Annotated[
    list[str] | None,
    typer.Option(
        "--config-setting",
        "-C",
        metavar="KEY[=VALUE]",
        is_eager=True,  # before --config-json, which looks whether there are any
        rich_help_panel=BUILD_OPTIONS,
        help="Setting for the build backend. Repeatable; a repeated key gives a list.",
    ),
]
NoIsolation = Annotated[
    bool,
    typer.Option(
        "--no-isolation",
        "-n",
        rich_help_panel=BUILD_OPTIONS,
        help="Build in the environment of the interpreter, without an isolated one.",
    ),
]
InputsOption = Annotated[
    Inputs | None,
    typer.Option(
        "--inputs",
        metavar="MODE",
        rich_help_panel=BUILD_OPTIONS,
        help="What counts as an input: what the build used (traced), every file of the project "
        "(tree), or what tool.uv.cache-keys declares (declared). [default: tool.lbuild.inputs, "
        "else traced]",
    ),
]
Refresh = Annotated[
    bool,
    typer.Option(
        "--refresh",
        rich_help_panel=CACHE_OPTIONS,
        help="Build again and store the result in the cache.",
    ),
]
RefreshPackage = Annotated[
    list[str] | None,
    typer.Option(
        "--refresh-package",
        metavar="NAME",
        rich_help_panel=CACHE_OPTIONS,
        help="As --refresh, for one project, by its name. Repeatable.",
    ),
]
NoCache = Annotated[
    bool,
    typer.Option(
        "--no-cache",
        rich_help_panel=CACHE_OPTIONS,
        help="Use a temporary cache for this command: nothing is reused or kept.",
    ),
]
Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose",
        "-v",
        rich_help_panel=OUTPUT_OPTIONS,
        help="Show the output of the backend and all reasons.",
    ),
]


StatusOutDir = Annotated[
    Path | None,
    typer.Option(
        "--out-dir",
        "-o",
        metavar="DIR",
        readable=False,
        help="Folder that the wheel would go to. [default: PROJECT/dist]",
    ),
]
EditableMetadata = Annotated[
    bool,
    typer.Option(
        "--editable",
        "-e",
        rich_help_panel=BUILD_OPTIONS,
        help="Metadata of the wheel for an editable installation (PEP 660).",
    ),
]
ExitCode = Annotated[
    bool,
    typer.Option(
        "--exit-code",
        rich_help_panel=OUTPUT_OPTIONS,
        help="Exit with 1 if a rebuild or a delivery is due, with 2 on an error.",
    ),
]
StatusQuiet = Annotated[
    bool,
    typer.Option(
        "--quiet",
        "-q",
        rich_help_panel=OUTPUT_OPTIONS,
        help="Print only errors and warnings; implies --exit-code, except with --json.",
    ),
]
StatusVerbose = Annotated[
    bool,
    typer.Option(
        "--verbose",
        "-v",
        rich_help_panel=OUTPUT_OPTIONS,
        help="Also show why the last build was due, and list all inputs, by kind.",
    ),
]


InstallOutDir = Annotated[
    Path | None,
    typer.Option(
        "--out-dir",
        "-o",
        metavar="DIR",
        readable=False,
        help="Put the wheel into this folder as well. [default: into no folder]",
    ),
]
Environment = Annotated[
    str | None,
    typer.Option(
        "--python",
        "-p",
        metavar="PYTHON",
        help="Environment to install into: its folder, or its interpreter. [default: VIRTUAL_ENV, "
        "else .venv in the project or a folder above it]",
    ),
]
Editable = Annotated[
    bool,
    typer.Option(
        "--editable", "-e", help="Let the environment use the project's own files (PEP 660)."
    ),
]
NoDeps = Annotated[
    bool,
    typer.Option("--no-deps", help="Neither check nor install what the project requires."),
]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help="Report what would be done; build and install nothing."),
]
BreakSystemPackages = Annotated[
    bool,
    typer.Option(
        "--break-system-packages",
        help="Install even where the operating system manages the packages (PEP 668).",
    ),
]


def mode_of(inputs: Inputs | None) -> Mode | None:
    return None if inputs is None else inputs.value
