"""Runs lbuild as ``run_lbuild`` does; the last line of stderr is ``replayed`` or ``normal``."""

import sys

from lbuild_frontend.__main__ import main
from lbuild_frontend.model.replay_record import Record
from lbuild_keys.observe import files

files.GRANULARITY = 20_000_000

from lbuild_frontend import replay  # noqa: E402  its clock starts now

replay_answer = replay.replay_answer
replayed = False


def record_replay(record: Record) -> bool:
    global replayed  # noqa: PLW0603  read at the end, whichever way that is reached
    replayed = replay_answer(record)
    return replayed


replay.replay_answer = record_replay
try:
    main()
finally:
    sys.stderr.write("replayed\n" if replayed else "normal\n")
