"""Runs lbuild so that it may replay at once: ``python eager.py ARGUMENT...``.

lbuild waits two seconds until it trusts a time stamp, for there are file systems that count in such
steps. Tests edit faster; so that replay is on in all of them, they count on finer steps.
"""

import sys

del sys.path[0]  # the tests' own modules are none of lbuild's

from lbuild_frontend.__main__ import main  # noqa: E402  after the path is right
from lbuild_keys import files  # noqa: E402

files.GRANULARITY = 20_000_000
main()
