"""How Linux shows what another process does: the system calls that it makes, memory, /proc.

This wing imports the standard library only, as ``process_tracing``, which uses it.

- ``calls``: the table of system calls by which a program can use files.
- ``numbers``: their numbers, for each architecture.
- ``bpf``: the filter: which calls are parked.
- ``notifications``: the calls that the kernel has parked.
- ``memory``: reading the memory of another process.
- ``proc``: what /proc says about a thread.
- ``paths``: what a path means to the thread that names it.
- ``elf``: the loader or interpreter that the kernel opens for a program.
- ``peers``: who is behind the address of a socket.
"""
