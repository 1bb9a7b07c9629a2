"""Follows the programs that a hook runs, in a process of its own (Linux 5.5 and later).

By seccomp user notification: the kernel parks each thread of the process tree at the entry of a
system call that names a path, the supervisor reads the path from the memory of that process, and
lets the call go on. No rights are needed, and nothing is changed in what a program may do, apart
from two things: programs that set the user id (``PR_SET_NO_NEW_PRIVS``) run without that, and there
is no io_uring, as in most containers.

This wing imports the standard library only: it starts with the interpreter in isolated mode.

- ``supervisor``: runs a command, and answers the kernel until all of its processes have ended.
- ``decoder``: the arguments of a system call -> accesses, programs and problems.
- ``ledger``: accesses on their way to the log.
- ``program_files``: what runs besides a program's own file, and what cannot be followed.
- ``images``: which program a thread belongs to.
- ``paths``: what a path means to the thread that names it.
- ``elf``: the loader or interpreter that the kernel opens for a program.
- ``peers``: with which other processes a program talks.
- ``memory``: reading the memory of another process.
- ``journal``: the log, and its format.
- ``bpf``: the filter: which calls are parked.
- ``calls``: the table of system calls, with their numbers for each architecture.
"""
