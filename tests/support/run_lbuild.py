"""Runs lbuild so that it may replay at once: ``python -P eager.py ARGUMENT...``.

lbuild waits two seconds until it trusts a time stamp, for there are file systems that count in such
steps. Tests edit faster; so that replay is on in all of them, they count on finer steps.
"""

from lbuild_frontend.__main__ import main
from lbuild_keys.observe import files

files.GRANULARITY = 20_000_000
main()
