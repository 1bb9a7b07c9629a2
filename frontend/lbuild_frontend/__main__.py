"""The entry point of the command ``lbuild`` and of ``python -m lbuild_frontend``."""

import os
import sys


def main() -> None:
    """Run the command line; if interrupted, end with 130 and one line.

    ``commands.boundary`` does the same; here it is for the time before that is imported.
    """
    _open_streams()
    try:
        _main()
    except KeyboardInterrupt:
        print("error: interrupted; no partial result was kept.", file=sys.stderr)
        sys.exit(130)


def _open_streams() -> None:
    """Open a closed stream on the null device: otherwise another file would get its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # Not by pathlib, which a replay does not import; open as long as the process runs.
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115


def _main() -> None:
    """Run the command line by the shortest way that is known to be right.

    A command with nothing to do is replayed; a command line that was parsed once is not parsed
    again.
    """
    from lbuild_frontend import replay

    record = replay.find(sys.argv[1:])
    if record is not None and replay.replay_answer(record):
        return
    import gc

    # Imports make many objects that stay, and each collection looks at all of them.
    gc.set_threshold(100_000, 20, 100)
    try:
        if record is not None and record["command"] is not None:
            from lbuild_frontend.commands import projects as project_commands
            from lbuild_frontend.model.request import CommandLine

            sys.exit(project_commands.run(CommandLine.from_plain(record["command"])))
        from lbuild_frontend.cli.app import main

        sys.exit(main())
    finally:
        gc.freeze()  # otherwise the interpreter looks at all of them several times to end


def _leave_out_current_folder() -> None:
    """Let the project's modules not hide those that lbuild uses, such as ``build`` or ``rich``.

    ``python -m`` looks for modules in the current folder first, as pip notes too.
    """
    if sys.path[:1] == [""] or (sys.path and sys.path[0] == _current_folder()):
        del sys.path[0]


def _current_folder() -> str | None:
    try:
        return os.getcwd()  # noqa: PTH109  as above
    except OSError:  # it is gone
        return None


if __name__ == "__main__":
    if not sys.flags.safe_path:
        _leave_out_current_folder()
    main()
