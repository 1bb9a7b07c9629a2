"""The entry point of the command ``lbuild`` and of ``python -m lbuild_frontend``."""

import sys


def main() -> None:
    """Run the command line; interrupted, end with 130 and one line."""
    try:
        _main()
    except KeyboardInterrupt:
        print("error: interrupted; nothing half done is kept.", file=sys.stderr)
        sys.exit(130)


def _main() -> None:
    """Do what the command line says, by the shortest way that is known to be right.

    What has nothing to do is not even imported; a command line that was parsed once is not parsed
    again.
    """
    from lbuild_frontend import replay

    record = replay.find(sys.argv[1:])
    if record is not None and replay.says_again(record):
        return
    if record is not None and record["command"] is not None:
        from lbuild_frontend import commands
        from lbuild_frontend.request import Command

        sys.exit(commands.run(Command.from_plain(record["command"])))
    from lbuild_frontend.cli import app

    app(prog_name="lbuild")


if __name__ == "__main__":
    main()
