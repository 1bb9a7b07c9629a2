"""What is printed of a result: lines of text on both streams."""

import os

from lbuild_frontend.model.request import CommandLine
from lbuild_frontend.model.results import (
    DoneResult,
    InstallResult,
    MetadataResult,
    NeededResult,
    SdistResult,
    StatusResult,
    WheelResult,
)
from lbuild_frontend.output import results
from lbuild_frontend.output.terminal import Terminal


def say(result: DoneResult, terminal: Terminal) -> None:
    """Print what was done for a project: one line, and with ``-v`` all reasons."""
    if isinstance(result, StatusResult):
        return
    if isinstance(result, InstallResult):
        text = results.installed(result, terminal.err)
    else:
        text = results.done(result, terminal.err)
    warn(result, terminal)
    terminal.note(text)
    if terminal.level > 0:
        for reason in results.all_reasons(result, terminal.err):
            terminal.note(reason)


def warn(result: DoneResult, terminal: Terminal) -> None:
    """Print what the user should know."""
    if not isinstance(result, StatusResult):
        for warning in result.warnings:
            terminal.warn(warning)


def on_stdout(result: DoneResult, line: CommandLine, terminal: Terminal) -> list[bytes]:
    """Return what belongs on standard output of what was done for a project."""
    match result:
        case WheelResult(wheel=path) | SdistResult(sdist=path):
            return [] if line.as_json else [_line(os.fspath(path))]
        case MetadataResult(metadata=metadata):
            return [] if line.as_json else [metadata]
        case NeededResult() | InstallResult():
            return []
        case StatusResult():
            if line.as_json or line.level < 0:
                return []
            look, texts = terminal.out, results.status(result, terminal.out)
            if line.level > 0:
                if last := results.last_build(result):
                    texts[0] = look.fold(f"{texts[0]}; {last}")
                texts += results.inputs(result, look)
            return [_line(text) for text in texts]


def _line(text: str) -> bytes:
    """Return a line of standard output; file names as the bytes that they are."""
    return os.fsencode(text) + b"\n"
