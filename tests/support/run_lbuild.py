"""Runs lbuild so that it may replay at once: ``python -P run_lbuild.py ARGUMENT...``.

lbuild trusts a time stamp only after two seconds, because some file systems count in such steps.
Tests edit faster: they rely on finer steps, so that replay is possible in all of them.
"""

from lbuild_frontend.__main__ import main
from lbuild_keys.observe import files

files.GRANULARITY = 20_000_000
main()
