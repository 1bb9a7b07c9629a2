"""Becomes another program without what root may do regardless of permissions (Linux).

``python drop_capabilities.py COMMAND [ARGUMENT]...``. Imports nothing of the
tests, so that it can be run as a script.
"""

import ctypes
import os
import sys

_PR_CAPBSET_DROP = 24
_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH = 1, 2


def drop() -> None:
    """Give up the two capabilities, with the next program that this process becomes."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    for capability in (_CAP_DAC_OVERRIDE, _CAP_DAC_READ_SEARCH):
        if prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "prctl")


if __name__ == "__main__":
    if os.geteuid() == 0:
        drop()
    os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606  becoming it is the purpose
