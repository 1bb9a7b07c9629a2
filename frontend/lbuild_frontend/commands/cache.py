"""Runs the commands on the cache: plain values in, an exit code out. Knows no parser."""

import fnmatch
import os
import re
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lbuild_frontend import replay
from lbuild_frontend.builds import cache_location
from lbuild_frontend.cache import folder as cache_folder
from lbuild_frontend.cache import limits
from lbuild_frontend.cache.limits import Bounds
from lbuild_frontend.cache.store import Store
from lbuild_frontend.commands.projects import end_by_sigterm
from lbuild_frontend.errors import BrokenPipe, Interrupted, LbuildError, unforeseen
from lbuild_frontend.maintenance import removal, retention, scan
from lbuild_frontend.maintenance import verify as verification
from lbuild_frontend.maintenance.inventory import Item
from lbuild_frontend.maintenance.removal import Removed
from lbuild_frontend.model.hook import WHEEL_SUFFIX
from lbuild_frontend.model.request import CacheRequest
from lbuild_frontend.output import cache as cache_output
from lbuild_frontend.output.cache import Info
from lbuild_frontend.output.results import json_array, width_of
from lbuild_frontend.output.terminal import Terminal
from lbuild_keys.pep508 import normalize_name


@dataclass(frozen=True, slots=True)
class _Said:
    """What a command answers: as lines, and as objects for ``--json``."""

    lines: list[str]
    rows: list[Mapping[str, object]]
    exit_code: int = 0


def show_dir(asked: CacheRequest) -> int:
    """Print the folder of the cache that is used here."""

    def say(_: Terminal) -> _Said:
        folder = cache_location.used_in(Path(), asked.cache_dir)
        return _Said([os.fspath(folder)], [{"dir": os.fspath(folder)}])

    return _run(asked, say)


def info(asked: CacheRequest) -> int:
    """Print how much is in the cache, and how much would go."""

    def say(terminal: Terminal) -> _Said:
        cache = _opened(asked)
        terminal.progress("looking at the cache")
        found = scan.inventory_of(cache.root)
        most = _bounds_here()
        going = retention.to_prune(found, most.size, time.time())
        hits, misses = (_count(cache, what) for what in (replay.HITS, replay.MISSES))
        told = Info(
            root=cache.root, found=found, bounds=most, hits=hits, misses=misses, going=going
        )
        terminal.rest()
        return _Said(cache_output.info(told, width_of(sys.stdout)), [cache_output.info_row(told)])

    return _run(asked, say)


def list_entries(asked: CacheRequest, pattern: str | None) -> int:
    """Print the results in the cache, those of a project or of all."""

    def say(terminal: Terminal) -> _Said:
        cache = _opened(asked)
        entries = scan.entries_of(cache.root)
        matches = _globbed([pattern]) if pattern is not None else lambda _: True
        shown = sorted(
            (item for item in entries if item.is_result and matches(item)),
            key=lambda item: (item.project, item.used_at),
        )
        stored = [(item, item.stored) for item in shown if item.stored]
        if not stored:
            terminal.note(_nothing(cache, pattern) if pattern is not None else _empty(cache))
        sizes = {one.entry.sha256: _size(cache, one.entry.sha256) for _, one in stored}
        return _Said(
            cache_output.listing(shown, sizes, width_of(sys.stdout)),
            [cache_output.listing_row(item, one, sizes) for item, one in stored],
        )

    return _run(asked, say)


def remove(asked: CacheRequest, patterns: Sequence[str]) -> int:
    """Remove the entries of some projects, by globs as pip has them; each has to match."""

    def say(terminal: Terminal) -> _Said:
        cache = _opened(asked)
        entries = scan.entries_of(cache.root)
        for pattern in patterns:
            if not any(map(_globbed([pattern]), entries)):
                raise LbuildError(_nothing(cache, pattern))
        wanted = _with_requirements(entries, _globbed(patterns))
        return _freed(cache, removal.remove(cache, wanted, terminal))

    return _run(asked, say)


def clean(asked: CacheRequest, names: Sequence[str]) -> int:
    """Remove the entries of some projects, or everything."""

    def say(terminal: Terminal) -> _Said:
        cache = _opened(asked)
        if not cache.root.exists():
            return _freed(cache, Removed())
        if not names:
            return _freed(cache, removal.clean(cache, terminal))
        meant = {normalize_name(name) for name in names}
        entries = scan.entries_of(cache.root)
        wanted = _with_requirements(entries, lambda item: item.project in meant)
        return _freed(cache, removal.remove(cache, wanted, terminal))

    return _run(asked, say)


def prune(asked: CacheRequest, *, ci: bool) -> int:
    """Remove what no command would use again, and what is too much."""

    def say(terminal: Terminal) -> _Said:
        cache = _opened(asked)
        most = _bounds_here().size
        if not cache.root.exists():
            return _freed(cache, Removed())
        remove = removal.prune_for_ci if ci else removal.prune
        return _freed(cache, remove(cache, most, terminal))

    return _run(asked, say)


def verify(asked: CacheRequest) -> int:
    """Check all that is in the cache; drop what is damaged, and tell of it."""

    def say(terminal: Terminal) -> _Said:
        told = verification.verify(_opened(asked), terminal)
        code = LbuildError.exit_code if told.damages else 0
        return _Said(cache_output.verified(told), cache_output.verified_rows(told), code)

    return _run(asked, say)


def _run(asked: CacheRequest, say: Callable[[Terminal], _Said]) -> int:
    """Print what a command answers, and turn errors into messages and exit codes."""
    terminal = Terminal(asked.level)
    end_by_sigterm()
    try:
        said = _said(say, terminal)
        terminal.rest()
        for line in [json_array(said.rows)] if asked.as_json else said.lines:
            terminal.line(line)
    except BrokenPipe as error:
        return error.exit_code
    except LbuildError as error:
        terminal.error(error)
        return error.exit_code
    return said.exit_code


def _said(say: Callable[[Terminal], _Said], terminal: Terminal) -> _Said:
    """What a command answers: nothing, in as many words, if there was an error."""
    try:
        return say(terminal)
    except KeyboardInterrupt:
        terminal.error(LbuildError("interrupted; what was removed until then is gone."))
        return _Said([], [], Interrupted.exit_code)
    except LbuildError as error:
        terminal.error(error)
        return _Said([], [], error.exit_code)
    except OSError as error:
        terminal.error(unforeseen("the cache", error))
        return _Said([], [], LbuildError.exit_code)


def _opened(asked: CacheRequest) -> Store:
    return cache_folder.open_store(cache_location.used_in(Path(), asked.cache_dir))


def _bounds_here() -> Bounds:
    here = cache_location.project_in(Path())
    return limits.of(os.environ, here.settings if here else None)


def _freed(cache: Store, removed: Removed) -> _Said:
    code = LbuildError.exit_code if removed.failed else 0
    return _Said(
        cache_output.removed(removed), [cache_output.removed_row(cache.root, removed)], code
    )


def _nothing(cache: Store, pattern: str) -> str:
    return (
        f"{pattern}: nothing in {cache.root} has this name. See what there is: lbuild cache list."
    )


def _empty(cache: Store) -> str:
    return f"{cache.root}: there are no results in it"


def _count(cache: Store, what: str) -> int:
    return _size_of(cache.root / replay.COUNTS / what)


def _size(cache: Store, sha256: str) -> int:
    return _size_of(cache.blob_path(sha256))


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _globbed(patterns: Sequence[str]) -> Callable[[Item], bool]:
    """Tell whether an entry is meant, as pip does: by name, name and version, or file name."""

    def is_meant(item: Item) -> bool:
        name, others = item.project, []
        if item.stored:
            others.append(f"{name}-{item.stored.entry.version}")
            others += [
                file for file in (item.stored.entry.file.lower(),) if file.endswith(WHEEL_SUFFIX)
            ]
        return any(
            fnmatch.fnmatchcase(name, _SEPARATORS.sub("-", pattern).lower())
            or any(fnmatch.fnmatchcase(other, pattern.lower()) for other in others)
            for pattern in patterns
        )

    return is_meant


_SEPARATORS = re.compile(r"[-_.]+")


def _with_requirements(
    entries: Iterable[Item], is_meant: Callable[[Item], bool]
) -> Callable[[Item], bool]:
    """The same, and what the backend of such a project requires, which need not have its name."""

    def place(item: Item) -> tuple[Path, str | None]:
        return item.path.parent.parent, item.stored.entry.folder if item.stored else None

    places = {place(item) for item in entries if item.is_result and is_meant(item)}
    is_answer = {item.path for item in entries if item.stored and not item.is_result}
    return lambda item: place(item) in places if item.path in is_answer else is_meant(item)
