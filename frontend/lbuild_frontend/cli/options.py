"""The options that all commands have."""

from pathlib import Path
from typing import Annotated

import typer

from lbuild_frontend.cli.option_groups import CACHE_OPTIONS, OUTPUT_OPTIONS
from lbuild_frontend.model.request import Color
from lbuild_keys.model import CacheMode

CacheDir = Annotated[
    Path | None,
    typer.Option(
        "--cache-dir",
        metavar="DIR",
        rich_help_panel=CACHE_OPTIONS,
        readable=False,  # cache.folder has a better message
        envvar="LBUILD_CACHE_DIR",
        help="Cache folder. [default: tool.lbuild.cache-dir, else the user's cache folder]",
    ),
]
CacheModeOption = Annotated[
    CacheMode | None,
    typer.Option(
        "--cache-mode",
        metavar="MODE",
        envvar="LBUILD_CACHE_MODE",
        rich_help_panel=CACHE_OPTIONS,
        help="Whether results are kept (read-write) or only reused (read-only). [default: "
        "tool.lbuild.cache-mode, else read-write]",
    ),
]
Json = Annotated[
    bool,
    typer.Option(
        "--json",
        rich_help_panel=OUTPUT_OPTIONS,
        help="Print a JSON array, an object for each project.",
    ),
]
Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet",
        "-q",
        rich_help_panel=OUTPUT_OPTIONS,
        help="Show only errors and warnings on standard error.",
    ),
]

ColorOption = Annotated[
    Color,
    typer.Option(
        "--color",
        metavar="WHEN",
        rich_help_panel=OUTPUT_OPTIONS,
        help="When to use colours: auto (on a terminal that has them), always or never. "
        "[default: auto]",
    ),
]


def level(quiet: bool, verbose: bool) -> int:
    """Return how much is printed, see ``Terminal``."""
    return -1 if quiet else int(verbose)
