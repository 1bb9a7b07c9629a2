"""Options of ``lbuild cache`` -> ``CacheRequest``, for the functions in ``commands.cache``.

What the commands do is imported late: help and completion do not need it.
"""

from pathlib import Path
from typing import Annotated

import typer

from lbuild_frontend.cli import parser
from lbuild_frontend.cli.options import CacheDir, CacheModeOption, ColorOption, Json, Quiet, level
from lbuild_frontend.model.request import CacheRequest, Color
from lbuild_keys.model import CacheMode

app = typer.Typer(
    name="cache",
    cls=parser.Group,
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Inspect and clear the cache.",
    epilog="""\
lbuild cache info  # how much is in it, and how often it was used
lbuild cache list 'demo-0.*'  # the results of a project
lbuild cache prune  # remove what no command would use again""",
)

_Name = Annotated[
    str | None,
    typer.Argument(
        metavar="NAME", help="Name of a project, or a glob such as 'demo-0.*'. [default: all]"
    ),
]
_Patterns = Annotated[
    list[str],
    typer.Argument(
        metavar="NAME", help="Names of projects, or globs such as 'demo-*' and 'demo-0.1*'."
    ),
]
_Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="NAME", help="Names or globs of projects. [default: everything]"),
]
_Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show progress.")]


@app.command("dir", cls=parser.Command)
def show_dir(
    cache_dir: CacheDir = None,
    cache_mode: CacheModeOption = None,
    as_json: Json = False,
    quiet: Quiet = False,
    color: ColorOption = "auto",
    verbose: _Verbose = False,
) -> None:
    """Print the folder of the cache."""
    from lbuild_frontend.commands import cache as cache_commands

    request = _request(cache_dir, cache_mode, as_json, color, quiet, verbose)
    raise typer.Exit(cache_commands.show_dir(request))


@app.command(cls=parser.Command)
def info(
    cache_dir: CacheDir = None,
    cache_mode: CacheModeOption = None,
    as_json: Json = False,
    quiet: Quiet = False,
    color: ColorOption = "auto",
    verbose: _Verbose = False,
) -> None:
    """Print the size of the cache and what can be removed.

    Also its folder, the size of each part, how often it was used, and how much prune would free.
    """
    from lbuild_frontend.commands import cache as cache_commands

    request = _request(cache_dir, cache_mode, as_json, color, quiet, verbose)
    raise typer.Exit(cache_commands.info(request))


@app.command("list", cls=parser.Command)
def list_entries(
    name: _Name = None,
    cache_dir: CacheDir = None,
    cache_mode: CacheModeOption = None,
    as_json: Json = False,
    quiet: Quiet = False,
    color: ColorOption = "auto",
    verbose: _Verbose = False,
) -> None:
    """List the cached results.

    For each: project, version, tag, size, times of build and last use, and project folder.
    """
    from lbuild_frontend.commands import cache as cache_commands

    request = _request(cache_dir, cache_mode, as_json, color, quiet, verbose)
    raise typer.Exit(cache_commands.list_entries(request, name))


@app.command(cls=parser.Command)
def remove(
    name: _Patterns,
    cache_dir: CacheDir = None,
    cache_mode: CacheModeOption = None,
    as_json: Json = False,
    quiet: Quiet = False,
    color: ColorOption = "auto",
    verbose: _Verbose = False,
) -> None:
    """Remove the entries of projects, by name or glob."""
    from lbuild_frontend.commands import cache as cache_commands

    request = _request(cache_dir, cache_mode, as_json, color, quiet, verbose)
    raise typer.Exit(cache_commands.remove(request, name))


@app.command(cls=parser.Command)
def clean(
    name: _Names = None,
    cache_dir: CacheDir = None,
    cache_mode: CacheModeOption = None,
    as_json: Json = False,
    quiet: Quiet = False,
    color: ColorOption = "auto",
    verbose: _Verbose = False,
) -> None:
    """Remove the entries of projects, or everything."""
    from lbuild_frontend.commands import cache as cache_commands

    request = _request(cache_dir, cache_mode, as_json, color, quiet, verbose)
    raise typer.Exit(cache_commands.clean(request, name or []))


app.command("purge", cls=parser.Command, help="The same as clean.")(clean)


@app.command(cls=parser.Command)
def prune(
    ci: Annotated[
        bool,
        typer.Option(
            "--ci",
            help="Keep the wheels; remove environments and records that are cheap to make again.",
        ),
    ] = False,
    cache_dir: CacheDir = None,
    cache_mode: CacheModeOption = None,
    as_json: Json = False,
    quiet: Quiet = False,
    color: ColorOption = "auto",
    verbose: _Verbose = False,
) -> None:
    """Remove unused entries and enforce the size limit.

    Removes everything that no command would use again: entries that nothing refers to, the data of
    older versions of lbuild, and leftover files. If the cache is then larger than
    tool.lbuild.cache-size or LBUILD_CACHE_SIZE, also what was used least recently.
    """
    from lbuild_frontend.commands import cache as cache_commands

    request = _request(cache_dir, cache_mode, as_json, color, quiet, verbose)
    raise typer.Exit(cache_commands.prune(request, ci=ci))


@app.command(cls=parser.Command)
def verify(
    cache_dir: CacheDir = None,
    cache_mode: CacheModeOption = None,
    as_json: Json = False,
    quiet: Quiet = False,
    color: ColorOption = "auto",
    verbose: _Verbose = False,
) -> None:
    """Verify every file; remove damaged ones.

    Compares everything in the cache with its digests. Exits with 2 if anything was damaged.
    """
    from lbuild_frontend.commands import cache as cache_commands

    request = _request(cache_dir, cache_mode, as_json, color, quiet, verbose)
    raise typer.Exit(cache_commands.verify(request))


def _request(
    cache_dir: Path | None,
    cache_mode: CacheMode | None,
    as_json: bool,
    color: Color,
    quiet: bool,
    verbose: bool,
) -> CacheRequest:
    return CacheRequest(
        cache_dir=cache_dir,
        cache_mode=cache_mode,
        level=level(quiet, verbose),
        as_json=as_json,
        color=color,
    )
