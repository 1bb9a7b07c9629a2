"""Reads the memory of another process, which is parked at the entry of a system call."""

import ctypes
import errno
import os
import struct

_PAGE = 4096
_FIRST = 128
"""Bytes to read at first: most paths are shorter."""

_LONGEST = 4096
"""PATH_MAX: the kernel refuses longer paths."""

_MANY = 131072
"""MAX_ARG_STRLEN: the longest argument of a program."""


class Gone(Exception):
    """The thread is no longer there."""


class Memory:
    """Reads by pages: the next one may not be mapped.

    By process_vm_readv(2); where a container forbids that, by ``/proc/PID/mem``.
    """

    def __init__(self) -> None:
        self._buffer = bytearray(_PAGE)
        self._view = memoryview(self._buffer)
        self._vectors = bytearray(32)
        self._pack = struct.Struct("QQQQ").pack_into
        self._here = _address_of(self._buffer)
        self._local = _address_of(self._vectors)
        self._remote = self._local + 16
        function = ctypes.CDLL(None, use_errno=True).process_vm_readv
        word, pointer = ctypes.c_ulong, ctypes.c_void_p
        function.argtypes = [ctypes.c_int, pointer, word, pointer, word, word]
        function.restype = ctypes.c_ssize_t
        self._read = function
        self._by_proc = False

    def _fill(self, pid: int, address: int, size: int) -> int:
        """Read into the buffer; return how many bytes there were, 0 if nothing is mapped there.

        Raises:
            Gone: if the thread has ended.
            OSError: if its memory cannot be read.
        """
        if not self._by_proc:
            self._pack(self._vectors, 0, self._here, size, address, size)
            got: int = self._read(pid, self._local, 1, self._remote, 1, 0)
            if got >= 0:
                return got
            error = ctypes.get_errno()
            if error == errno.EFAULT:
                return 0
            if error == errno.ESRCH:
                raise Gone
            if error not in (errno.ENOSYS, errno.EPERM):
                raise OSError(error, os.strerror(error))
            self._by_proc = True
        try:
            descriptor = os.open(f"/proc/{pid}/mem", os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            raise Gone from None
        try:
            data = os.pread(descriptor, size, address)
        except OSError as error:
            if error.errno in (errno.EIO, errno.EFAULT, errno.EINVAL):
                return 0
            raise
        finally:
            os.close(descriptor)
        self._buffer[: len(data)] = data
        return len(data)

    def read(self, pid: int, address: int, size: int) -> bytes:
        """Return the bytes at an address; fewer, if they are not all there."""
        return bytes(self._buffer[: self._fill(pid, address, size)])

    def string(self, pid: int, address: int, limit: int = _LONGEST) -> bytes | None:
        """Return a string of C; None if it is not there or has no end: then the call fails."""
        room = _PAGE - (address & (_PAGE - 1))
        got = self._fill(pid, address, _FIRST if room > _FIRST else room)
        end = self._buffer.find(0, 0, got)
        if end >= 0:
            return self._view[:end].tobytes()
        parts = [bytes(self._buffer[:got])]
        total = got
        while got and total < limit:
            start = address + total
            rest = _PAGE - (start & (_PAGE - 1))
            got = self._fill(pid, start, min(rest, limit - total))
            end = self._buffer.find(0, 0, got)
            if end >= 0:
                return b"".join((*parts, self._buffer[:end]))
            parts.append(bytes(self._buffer[:got]))
            total += got
        return None

    def strings(self, pid: int, address: int, most: int = 100_000) -> list[bytes] | None:
        """Return an array of strings that ends with a null pointer; None if it is not readable."""
        found: list[bytes] = []
        pointers = b""
        while len(found) < most:
            if not pointers:
                room = _PAGE - (address & (_PAGE - 1))
                pointers = self.read(pid, address, min(room, 512))
                address += len(pointers)
                if len(pointers) < 8 or len(pointers) % 8:
                    return None
            pointer = int.from_bytes(pointers[:8], "little")
            pointers = pointers[8:]
            if not pointer:
                return found
            text = self.string(pid, pointer, _MANY)
            if text is None:
                return None
            found.append(text)
        return None


def _address_of(buffer: bytearray) -> int:
    return ctypes.addressof((ctypes.c_char * len(buffer)).from_buffer(buffer))
