"""Runs a command to which the kernel refuses some system calls, as containers do.

``without_calls.py ERROR NUMBER[,NUMBER]... COMMAND...``: each call of these numbers fails with it.
"""

import ctypes
import os
import struct
import sys

from lbuild_frontend.linux import numbers

ALLOW, ERROR = 0x7FFF0000, 0x00050000
NO_NEW_PRIVILEGES, SET_MODE_FILTER = 38, 1


def main() -> None:
    """Install the filter, and become the command."""
    error, refused, *command = sys.argv[1:]
    code = struct.pack("=HBBI", 0x20, 0, 0, 0)  # load the number
    for number in refused.split(","):
        code += struct.pack("=HBBI", 0x15, 0, 1, int(number))
        code += struct.pack("=HBBI", 0x06, 0, 0, ERROR | int(error))
    code += struct.pack("=HBBI", 0x06, 0, 0, ALLOW)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = (ctypes.c_void_p * 2)(len(code) // 8, ctypes.addressof(buffer))
    library = ctypes.CDLL(None, use_errno=True)
    architecture = numbers.architecture()
    if architecture is None or library.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        sys.exit("not here")
    if library.syscall(architecture.seccomp, SET_MODE_FILTER, 0, ctypes.byref(program)):
        sys.exit(os.strerror(ctypes.get_errno()))
    os.execvp(command[0], command)  # noqa: S606  it is to replace this process


if __name__ == "__main__":
    main()
