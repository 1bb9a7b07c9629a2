"""The command line: which groups to run, how often, and where the results go.

A run of all groups writes ``benchmarks/results.json``, the results in the pages
``docs/explanation/benchmarks*.md`` and the pictures beside them. A run of
some prints its tables and writes no file unless told.
"""

import argparse
import datetime as dt
import fnmatch
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import provenance
from benchmarks.groups import GENERATED_GROUPS
from benchmarks.measure import CommandFailed, measure
from benchmarks.profiling import PROJECTS, print_profiles
from benchmarks.real_groups import REAL_GROUPS
from benchmarks.report import between_markers, markdown, pages
from benchmarks.results import GroupResult, Results, load, save
from benchmarks.workshop import CHECKOUT, Workshop
from benchmarks.workspace_groups import WORKSPACE_GROUPS

GROUPS = {**GENERATED_GROUPS, **REAL_GROUPS, **WORKSPACE_GROUPS}
"""How each group is made, by its name, in the order in which they are run."""

PAGES = CHECKOUT / "docs" / "explanation"
PICTURES = PAGES / "pictures"
RESULTS = CHECKOUT / "benchmarks" / "results.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for; return the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.report is not None:
        _publish(load(options.report))
        return 0
    chosen = [
        name
        for name in GROUPS
        if any(fnmatch.fnmatch(name, only) for only in options.only or ["*"])
    ]
    if not chosen and not options.profile:
        parser.error(f"no such group; there are: {', '.join(GROUPS)}")
    with tempfile.TemporaryDirectory(prefix="lbuild-bench-", dir=options.scratch) as scratch:
        shop = Workshop(Path(scratch))
        if options.profile:
            print_profiles(shop, options.only or ())
            return 0
        try:
            results = _run(shop, chosen, options.rounds)
        except CommandFailed as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
        print(markdown(results), flush=True)
        if options.json is not None:
            save(results, options.json)
        elif chosen == list(GROUPS):
            save(results, RESULTS)
            _publish(results)
        _progress("removing the scratch folder")
    return 0


def _run(shop: Workshop, chosen: Sequence[str], rounds: int) -> Results:
    groups = []
    for name in chosen:
        _progress(f"{name}: preparing")
        group = GROUPS[name](shop)
        groups.append(
            GroupResult(
                name=group.name,
                title=group.title,
                baseline=group.baseline,
                quantity=group.quantity,
                measured=tuple(measure(group, rounds, shop.folder / "log", _progress)),
            )
        )
    return Results(
        date=dt.datetime.now(tz=dt.UTC).date().isoformat(),
        machine=provenance.machine(),
        versions=provenance.versions(shop),
        groups=tuple(groups),
    )


def _publish(results: Results) -> None:
    """Put results into the documentation."""
    from benchmarks.plot import draw_all

    written = draw_all(results, PICTURES)
    for name, text in pages(results).items():
        page = PAGES / f"{name}.md"
        page.write_text(between_markers(page.read_text("utf-8"), text), encoding="utf-8")
        written.append(page)
    for file in written:
        _progress(f"written: {file.relative_to(CHECKOUT)}")


def _progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _rounds(text: str) -> int:
    rounds = int(text)
    if rounds < 1:
        raise argparse.ArgumentTypeError("at least one round")
    return rounds


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--rounds",
        type=_rounds,
        default=21,
        help="rounds of the quick groups; the slow ones get a fraction of it (default: 21)",
    )
    parser.add_argument(
        "--only",
        action="append",
        metavar="GROUP",
        help=f"run this group only; repeatable, and may have wildcards: {', '.join(GROUPS)}",
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="write results here, and not into the docs"
    )
    parser.add_argument(
        "--scratch", type=Path, metavar="DIR", help="where to work (default: the temporary folder)"
    )
    parser.add_argument(
        "--report", type=Path, metavar="FILE", help="run nothing; put these results into the docs"
    )
    parser.add_argument(
        "--profile",
        action="store_true",
        help="measure nothing; print where the time of a reuse and of a rebuild goes"
        f" (--only takes names of projects then: {', '.join(PROJECTS)})",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
