"""Follows the programs that a hook runs, in a process of its own (Linux 5.5 and later).

By seccomp user notification: the kernel parks each thread of the process tree at the entry of a
system call that names a path, the supervisor reads the path from the memory of that process, and
lets the call go on. No rights are needed, and nothing is changed in what a program may do, apart
from two things: programs that set the user id (``PR_SET_NO_NEW_PRIVS``) run without that, and there
is no io_uring, as in most containers.

This wing and ``linux`` import the standard library only: it starts with the interpreter in isolated
mode.

- ``guardian``: runs a command below the supervisor, and answers the kernel if that is killed.
- ``supervisor``: records what all processes do, until they have ended.
- ``link``: between these two.
- ``descendants``: ending all processes below one.
- ``decoder``: the arguments of a system call -> accesses, programs and problems.
- ``plain_calls``: the shortest way for what most system calls are.
- ``talks``: with which other processes programs talk.
- ``ledger``: accesses on their way to the log.
- ``program_files``: what runs besides a program's own file, and what cannot be followed.
- ``images``: which program a thread belongs to.
- ``journal``: the log, and its format.
"""
