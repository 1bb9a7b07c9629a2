"""The command line: run the tests with each fault, and print which test finds it.

Exit code 1: the quick tests find fewer faults than they have to, or the full ones not all.
"""

import argparse
import contextlib
import queue
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from mutants.fault import Fault
from mutants.faults_of_frontend import FAULTS as OF_FRONTEND
from mutants.faults_of_installs import FAULTS as OF_INSTALLS
from mutants.faults_of_keys import FAULTS as OF_KEYS
from mutants.faults_of_workspaces import FAULTS as OF_WORKSPACES
from mutants.search import Finding, search
from mutants.workshop import ROOT, BrokenRun, Workshop

FAULTS = (*OF_KEYS, *OF_FRONTEND, *OF_INSTALLS, *OF_WORKSPACES)

_QUICK_MAY_MISS = 5


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line asks for; return the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    known = {fault.name: fault for fault in FAULTS}
    if unknown := set(options.only) - known.keys():
        parser.error(f"no such faults: {', '.join(sorted(unknown))}")
    chosen = [known[name] for name in dict.fromkeys(options.only or known)]
    if options.list:
        for fault in chosen:
            _print(f"{fault.name}: {fault.breaks}")
        return 0
    problems = [f"{one.name}: {why}" for one in chosen if (why := one.problem(ROOT)) is not None]
    if problems or options.check:
        for problem in problems:
            _print(problem)
        return 1 if problems else 0
    findings = _search_all(chosen, min(options.jobs, len(chosen)))
    return _report(sorted(findings, key=lambda one: chosen.index(one.fault)))


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m mutants", description=__doc__)
    parser.add_argument("--list", action="store_true", help="print the faults, and run nothing")
    parser.add_argument(
        "--check", action="store_true", help="only check that each fault can be put into the code"
    )
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="try this fault; repeatable"
    )
    parser.add_argument(
        "-j", "--jobs", type=int, default=2, metavar="N", help="faults at a time (default: 2)"
    )
    return parser


def _search_all(faults: Sequence[Fault], jobs: int) -> list[Finding]:
    with contextlib.ExitStack() as stack:
        free: queue.SimpleQueue[Workshop] = queue.SimpleQueue()
        for _ in range(jobs):
            folder = tempfile.TemporaryDirectory(prefix="mutants-", ignore_cleanup_errors=True)
            free.put(Workshop(Path(stack.enter_context(folder))))
        with _taken(free) as workshop:
            _require_that_faults_run(workshop)

        def found(fault: Fault) -> Finding:
            with _taken(free) as workshop:
                return search(fault, workshop)

        pool = stack.enter_context(ThreadPoolExecutor(jobs))
        findings = []
        for future in as_completed([pool.submit(found, fault) for fault in faults]):
            one = future.result()
            findings.append(one)
            _print(f"{len(findings)} of {len(faults)}: {_in_words(one)}")
        return findings


@contextlib.contextmanager
def _taken(free: "queue.SimpleQueue[Workshop]") -> Iterator[Workshop]:
    workshop = free.get()
    try:
        yield workshop
    finally:
        free.put(workshop)


_MARK = "the code of the copy runs"
_SELF_CHECK = Fault(
    name="self-check",
    breaks="nothing works",
    file="frontend/lbuild_frontend/__main__.py",
    before="    _open_streams()\n",
    after=f"    raise SystemExit({_MARK!r})\n",
    found_by=(),
)


def _require_that_faults_run(workshop: Workshop) -> None:
    """Ensure that a fault is run by the commands of tests, in whichever way these start them.

    Raises:
        BrokenRun: if it is not.
    """
    test = "tests/integration/command_line/test_command_line.py"
    for options in ((), ("--cold",)):
        workshop.renew()
        _SELF_CHECK.put_into(workshop.checkout)
        arguments = (test, "-k", "test_exit_codes_of_status", *options)
        done = workshop.run(*arguments, timeout=600)
        if done.failed is None or _MARK not in done.output:
            message = f"the tests do not run the code of the copy:\n{done.output[-4000:]}"
            raise BrokenRun(message)


def _in_words(one: Finding) -> str:
    return f"{one.fault.name}: {one.suite or 'NOT FOUND'} {one.test}"


def _report(findings: Sequence[Finding]) -> int:
    """Print the table; return the exit code."""
    rows = [("fault", "found by", "seconds", "test")]
    rows += [
        (one.fault.name, one.suite or "nothing", f"{one.seconds:.0f}", one.test) for one in findings
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    _print("")
    for row in rows:
        cells = (f"{cell:{width}}" for cell, width in zip(row, widths, strict=False))
        _print("  ".join((*cells, row[-1])).rstrip())
    quick = sum(one.suite == "quick" for one in findings)
    full = sum(one.suite is not None for one in findings)
    _print(f"\nof {len(findings)} faults the quick tests find {quick}, all tests {full}")
    return 0 if full == len(findings) and quick >= len(findings) - _QUICK_MAY_MISS else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (BrokenRun, subprocess.CalledProcessError) as error:
        sys.exit(f"error: {error}")
