"""The system calls by which a program can use files: what each does, and its numbers.

The numbers are those of ``linux/unistd.h``: of x86-64 and of the generic table, which aarch64 has.
"""

import os
import sys
from collections.abc import Mapping
from typing import Literal, NamedTuple

How = Literal[
    "open",
    "openat2",
    "creat",
    "look",
    "readlink",
    "list",
    "exec",
    "read",
    "rename",
    "link",
    "symlink",
    "remove",
    "make-folder",
    "make",
    "append",
    "touch",
    "connect",
    "send-to",
    "send-message",
    "bind",
    "deny",
    "refuse",
]
"""What a call does. ``refuse``: it cannot be followed. ``deny``: it is answered with ENOSYS."""


class Call(NamedTuple):
    """How a call is decoded.

    Attributes:
        how: what it does.
        folder: the position of the descriptor of the folder that its path is relative to; None if
            that is always the current folder.
        path: the position of its path.
        more: the position of its flags (``open``, ``look``), of the arguments of a program
            (``exec``), of a structure (``openat2``), or of the length of an address.
        folder2: as ``folder``, of its second path.
        path2: the position of its second path.
    """

    how: How
    folder: int | None = None
    path: int = 0
    more: int | None = None
    folder2: int | None = None
    path2: int = 0


CALLS: Mapping[str, Call] = {
    "open": Call("open", None, 0, 1),
    "openat": Call("open", 0, 1, 2),
    "openat2": Call("openat2", 0, 1, 2),
    "creat": Call("creat", None, 0),
    "stat": Call("look", None, 0),
    "lstat": Call("look", None, 0),
    "access": Call("look", None, 0),
    "newfstatat": Call("look", 0, 1, 3),
    "statx": Call("look", 0, 1, 2),
    "faccessat": Call("look", 0, 1),
    "faccessat2": Call("look", 0, 1, 3),
    "readlink": Call("readlink", None, 0),
    "readlinkat": Call("readlink", 0, 1),
    "chdir": Call("look", None, 0),
    "statfs": Call("look", None, 0),
    "inotify_add_watch": Call("look", None, 1),
    "getxattr": Call("look", None, 0),
    "lgetxattr": Call("look", None, 0),
    "listxattr": Call("look", None, 0),
    "llistxattr": Call("look", None, 0),
    "getxattrat": Call("look", 0, 1, 2),
    "listxattrat": Call("look", 0, 1, 2),
    "file_getattr": Call("look", 0, 1, 4),
    "getdents": Call("list", 0),
    "getdents64": Call("list", 0),
    "execve": Call("exec", None, 0, 1),
    "execveat": Call("exec", 0, 1, 2),
    "uselib": Call("read", None, 0),
    "rename": Call("rename", None, 0, None, None, 1),
    "renameat": Call("rename", 0, 1, None, 2, 3),
    "renameat2": Call("rename", 0, 1, None, 2, 3),
    "link": Call("link", None, 0, None, None, 1),
    "linkat": Call("link", 0, 1, None, 2, 3),
    "symlink": Call("symlink", None, 1),
    "symlinkat": Call("symlink", 1, 2),
    "unlink": Call("remove", None, 0),
    "unlinkat": Call("remove", 0, 1),
    "rmdir": Call("remove", None, 0),
    "mkdir": Call("make-folder", None, 0),
    "mkdirat": Call("make-folder", 0, 1),
    "mknod": Call("make", None, 0),
    "mknodat": Call("make", 0, 1),
    "truncate": Call("append", None, 0),
    "chmod": Call("touch", None, 0),
    "fchmodat": Call("touch", 0, 1),
    "fchmodat2": Call("touch", 0, 1, 3),
    "chown": Call("touch", None, 0),
    "lchown": Call("touch", None, 0),
    "fchownat": Call("touch", 0, 1, 4),
    "utime": Call("touch", None, 0),
    "utimes": Call("touch", None, 0),
    "futimesat": Call("touch", 0, 1),
    "utimensat": Call("touch", 0, 1),
    "setxattr": Call("touch", None, 0),
    "lsetxattr": Call("touch", None, 0),
    "removexattr": Call("touch", None, 0),
    "lremovexattr": Call("touch", None, 0),
    "setxattrat": Call("touch", 0, 1, 2),
    "removexattrat": Call("touch", 0, 1, 2),
    "file_setattr": Call("touch", 0, 1, 4),
    "connect": Call("connect", path=1, more=2),
    "sendto": Call("send-to", path=4, more=5),
    "sendmsg": Call("send-message", path=1),
    "sendmmsg": Call("send-message", path=1),
    "bind": Call("bind", path=1, more=2),
    # cmake and node set it up always, and do without where there is none.
    "io_uring_setup": Call("deny"),
    # These make paths mean something else, or reach files or other processes without a path.
    **{
        name: Call("refuse")
        for name in (
            *("chroot", "pivot_root", "mount", "umount2", "setns", "open_tree", "move_mount"),
            *("fsopen", "fspick", "fsmount", "fsconfig", "mount_setattr", "open_tree_attr"),
            *("open_by_handle_at", "name_to_handle_at", "pidfd_getfd", "ptrace"),
            *("process_vm_readv", "process_vm_writev", "kexec_load", "kexec_file_load"),
            *("init_module", "finit_module", "swapon", "acct", "quotactl", "quotactl_fd", "bpf"),
            *("fanotify_mark", "shmget", "msgget", "mq_open"),
        )
    },
}
"""All calls that are parked, by name."""


class Architecture(NamedTuple):
    """How a machine numbers its calls.

    Attributes:
        audit: its AUDIT_ARCH, by which the kernel names it in a filter.
        newest: the highest number that this table knows; a higher one is a call of a newer kernel.
        seccomp: the number of seccomp(2).
        numbers: of the calls that it has.
    """

    audit: int
    newest: int
    seccomp: int
    numbers: Mapping[str, int]


_SAME_EVERYWHERE = {
    "io_uring_setup": 425,
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "fsconfig": 431,
    "fsmount": 432,
    "fspick": 433,
    "openat2": 437,
    "pidfd_getfd": 438,
    "faccessat2": 439,
    "mount_setattr": 442,
    "quotactl_fd": 443,
    "fchmodat2": 452,
    "setxattrat": 463,
    "getxattrat": 464,
    "listxattrat": 465,
    "removexattrat": 466,
    "open_tree_attr": 467,
    "file_getattr": 468,
    "file_setattr": 469,
}
"""The calls since Linux 5.1 have one number on all architectures."""

ARCHITECTURES: Mapping[str, Architecture] = {
    "x86_64": Architecture(
        audit=0xC000003E,
        newest=469,
        seccomp=317,
        numbers={
            # In the order in which a filter should look for them: the most frequent first.
            "openat": 257,
            "newfstatat": 262,
            "readlink": 89,
            "access": 21,
            "stat": 4,
            "lstat": 6,
            "open": 2,
            "statx": 332,
            "getdents64": 217,
            "unlink": 87,
            "execve": 59,
            "readlinkat": 267,
            "faccessat": 269,
            "rename": 82,
            "mkdir": 83,
            "bind": 49,
            "connect": 42,
            "sendto": 44,
            "sendmsg": 46,
            "sendmmsg": 307,
            "truncate": 76,
            "getdents": 78,
            "chdir": 80,
            "rmdir": 84,
            "creat": 85,
            "link": 86,
            "symlink": 88,
            "chmod": 90,
            "chown": 92,
            "lchown": 94,
            "ptrace": 101,
            "utime": 132,
            "mknod": 133,
            "uselib": 134,
            "statfs": 137,
            "pivot_root": 155,
            "chroot": 161,
            "acct": 163,
            "mount": 165,
            "umount2": 166,
            "swapon": 167,
            "init_module": 175,
            "quotactl": 179,
            "setxattr": 188,
            "lsetxattr": 189,
            "getxattr": 191,
            "lgetxattr": 192,
            "listxattr": 194,
            "llistxattr": 195,
            "removexattr": 197,
            "lremovexattr": 198,
            "utimes": 235,
            "mq_open": 240,
            "kexec_load": 246,
            "inotify_add_watch": 254,
            "mkdirat": 258,
            "mknodat": 259,
            "fchownat": 260,
            "futimesat": 261,
            "unlinkat": 263,
            "renameat": 264,
            "linkat": 265,
            "symlinkat": 266,
            "fchmodat": 268,
            "utimensat": 280,
            "fanotify_mark": 301,
            "name_to_handle_at": 303,
            "open_by_handle_at": 304,
            "setns": 308,
            "process_vm_readv": 310,
            "process_vm_writev": 311,
            "finit_module": 313,
            "renameat2": 316,
            "kexec_file_load": 320,
            "bpf": 321,
            "execveat": 322,
            "shmget": 29,
            "msgget": 68,
            **_SAME_EVERYWHERE,
        },
    ),
    # Checked against the headers of Linux 6.1; nothing was run on such a machine.
    "aarch64": Architecture(
        audit=0xC00000B7,
        newest=469,
        seccomp=277,
        numbers={
            "openat": 56,
            "newfstatat": 79,
            "readlinkat": 78,
            "faccessat": 48,
            "statx": 291,
            "getdents64": 61,
            "unlinkat": 35,
            "execve": 221,
            "renameat2": 276,
            "mkdirat": 34,
            "setxattr": 5,
            "lsetxattr": 6,
            "getxattr": 8,
            "lgetxattr": 9,
            "listxattr": 11,
            "llistxattr": 12,
            "removexattr": 14,
            "lremovexattr": 15,
            "inotify_add_watch": 27,
            "mknodat": 33,
            "symlinkat": 36,
            "linkat": 37,
            "renameat": 38,
            "umount2": 39,
            "mount": 40,
            "pivot_root": 41,
            "statfs": 43,
            "truncate": 45,
            "chdir": 49,
            "chroot": 51,
            "fchmodat": 53,
            "fchownat": 54,
            "quotactl": 60,
            "utimensat": 88,
            "acct": 89,
            "kexec_load": 104,
            "init_module": 105,
            "ptrace": 117,
            "mq_open": 180,
            "msgget": 186,
            "shmget": 194,
            "bind": 200,
            "connect": 203,
            "sendto": 206,
            "sendmsg": 211,
            "swapon": 224,
            "fanotify_mark": 263,
            "name_to_handle_at": 264,
            "open_by_handle_at": 265,
            "setns": 268,
            "sendmmsg": 269,
            "process_vm_readv": 270,
            "process_vm_writev": 271,
            "finit_module": 273,
            "bpf": 280,
            "execveat": 281,
            "kexec_file_load": 294,
            **_SAME_EVERYWHERE,
        },
    ),
}


def architecture() -> Architecture | None:
    """Return how this machine numbers its calls; None if that is not known here."""
    uname = getattr(os, "uname", None)
    if uname is None or uname().sysname != "Linux":
        return None
    # A 32-bit process on a 64-bit kernel makes the calls of another architecture.
    return ARCHITECTURES.get(uname().machine) if sys.maxsize > 2**32 else None
