"""The system calls by which a program can use files, and what each does with its arguments.

All others are let through: they use what is open already, or no files at all. The tests have a list
of those (``tests/unit/frontend/linux/test_calls.py``).
"""

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
    "touch-open",
    "connect",
    "send-to",
    "send-message",
    "send-messages",
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
        path: the position of its path, or of the descriptor that it has instead (``list``,
            ``touch-open``).
        more: the position of its flags (``open``, ``look``, ``touch``, ``rename``), of the
            arguments of a program (``exec``), of a structure (``openat2``), of the length of an
            address, or of how many messages there are.
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
    "getdents": Call("list"),
    "getdents64": Call("list"),
    "execve": Call("exec", None, 0, 1),
    "execveat": Call("exec", 0, 1, 2),
    "uselib": Call("read", None, 0),
    "rename": Call("rename", None, 0, None, None, 1),
    "renameat": Call("rename", 0, 1, None, 2, 3),
    "renameat2": Call("rename", 0, 1, 4, 2, 3),
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
    "utimensat": Call("touch", 0, 1, 3),
    "setxattr": Call("touch", None, 0),
    "lsetxattr": Call("touch", None, 0),
    "removexattr": Call("touch", None, 0),
    "lremovexattr": Call("touch", None, 0),
    "setxattrat": Call("touch", 0, 1, 2),
    "removexattrat": Call("touch", 0, 1, 2),
    "file_setattr": Call("touch", 0, 1, 4),
    "fchmod": Call("touch-open"),
    "fchown": Call("touch-open"),
    "fsetxattr": Call("touch-open"),
    "fremovexattr": Call("touch-open"),
    "connect": Call("connect", path=1, more=2),
    "sendto": Call("send-to", path=4, more=5),
    "sendmsg": Call("send-message", path=1),
    "sendmmsg": Call("send-messages", path=1, more=2),
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
            *("fanotify_mark", "shmget", "msgget", "mq_open", "add_key", "request_key", "keyctl"),
            *("io_uring_enter", "io_uring_register", "swapoff", "lookup_dcookie"),
            *("statmount", "listmount"),
        )
    },
}
"""All calls that are parked, by name."""
