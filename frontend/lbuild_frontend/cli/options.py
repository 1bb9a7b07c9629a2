"""The options that all commands have."""

from pathlib import Path
from typing import Annotated

import typer

from lbuild_frontend.model.request import Color
from lbuild_keys.model import CacheMode

CacheDir = Annotated[
    Path | None,
    typer.Option(
        "--cache-dir",
        metavar="DIR",
        readable=False,  # cache.folder has a better message
        envvar="LBUILD_CACHE_DIR",
        help="Cache folder. [default: tool.lbuild.cache-dir, else the user's cache folder]",
    ),
]
CacheModeOption = Annotated[
    CacheMode | None,
    typer.Option(
        "--cache-mode",
        envvar="LBUILD_CACHE_MODE",
        help="Whether anything is written to the cache. [default: tool.lbuild.cache-mode, else "
        "read-write]",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print a JSON array.")]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Show only errors and warnings on standard error.")
]

ColorOption = Annotated[
    Color,
    typer.Option(
        "--color",
        help="Colours: where a terminal shows them, always, or never.",
    ),
]


def level(quiet: bool, verbose: bool) -> int:
    """Return how much is printed, see ``Terminal``."""
    return -1 if quiet else int(verbose)
