"""Who is behind the address of a socket: they may read files for the program that talks to them."""

import errno
import os
import socket
from collections.abc import Callable
from typing import Final

_HARMLESS_UNIX = (
    *("/run/nscd/", "/run/systemd/notify", "/run/systemd/journal/", "/dev/log"),
    *("/run/systemd/userdb/", "/run/systemd/resolve/", "/run/avahi-daemon/socket"),
    *("/var/lib/sss/pipes/", "/run/samba/winbindd/", "/run/uuidd/request"),
)
"""Sockets of services that look up users and hosts, take messages, or draw numbers."""

_FROM_KERNEL: Final = frozenset({0, 16, 38})
"""AF_UNSPEC, AF_NETLINK and AF_ALG: the kernel itself answers, or nobody."""

_RESOLVER = 53
"""The port of DNS. Only the administrator can serve there."""


def peer_of(address: bytes, absolute: Callable[[bytes], str | None]) -> str | None:
    """Return a socket address as text; None if the kernel itself answers there, or nobody can.

    Args:
        address: a ``struct sockaddr`` (connect(2)).
        absolute: makes a path absolute.
    """
    family = int.from_bytes(address[:2], "little")
    if len(address) < 2 or family in _FROM_KERNEL:
        return None
    if family == socket.AF_UNIX:
        if len(address) == 2:
            return None
        if address[2] == 0:
            return f"unix:@{os.fsdecode(address[3:])}".replace("\0", "@")
        path = absolute(address[2:].split(bytes(1))[0])
        return None if path is None else f"unix:{path}"
    if family == socket.AF_INET and len(address) >= 8:
        port = int.from_bytes(address[2:4], "big")
        return f"inet:{socket.inet_ntop(socket.AF_INET, address[4:8])}:{port}"
    if family == socket.AF_INET6 and len(address) >= 24:
        port = int.from_bytes(address[2:4], "big")
        return f"inet6:{socket.inet_ntop(socket.AF_INET6, address[8:24])}:{port}"
    return f"family {family}"


def path_of(peer: str) -> str | None:
    """Return the path of a socket that has one."""
    path = peer.removeprefix("unix:")
    return path if path != peer and path[:1] == "/" else None


def is_taken(peer: str, thread: int) -> bool:
    """Whether somebody else is behind an address already, so that nobody can take it.

    Args:
        peer: the address.
        thread: one that is about to take it.
    """
    path = path_of(peer)
    if path is not None:
        return os.path.lexists(path)
    if peer.startswith("unix:@"):
        name = peer.removeprefix("unix:")
        with open(f"/proc/{thread}/net/unix", encoding="utf-8", errors="surrogateescape") as file:
            return any(line.rstrip("\n").endswith(f" {name}") for line in file)
    kind, _, rest = peer.partition(":")
    if kind not in ("inet", "inet6"):
        return True  # whatever that is, it is not known to be a process of the tree
    port = int(rest.rpartition(":")[2])
    return port == 0 or any(_has_port(thread, table, port) for table in _TABLES)


_TABLES = ("tcp", "tcp6", "udp", "udp6")


def _has_port(thread: int, table: str, port: int) -> bool:
    try:
        with open(f"/proc/{thread}/net/{table}", encoding="ascii") as file:
            # sl local_address rem_address ...: 0: 0100007F:0035 00000000:0000
            return any(line.split()[1].endswith(f":{port:04X}") for line in file if ":" in line)
    except FileNotFoundError:  # this kernel has no IPv6
        return False


def may_read_files(peer: str) -> bool:
    """Whether a process behind an address may read files of this machine for the program.

    That is any on this machine but the known services. What another machine answers is not known
    to lbuild, whoever asks.
    """
    path = path_of(peer)
    if path is not None:
        known = path.removeprefix("/var") if path.startswith("/var/run/") else path
        return not known.startswith(_HARMLESS_UNIX)
    kind, _, rest = peer.partition(":")
    if kind not in ("inet", "inet6"):
        return True
    host, _, port = rest.rpartition(":")
    return int(port) != _RESOLVER and _is_here(kind, host)


def _is_here(kind: str, host: str) -> bool:
    """Whether an address is one of this machine: then a socket can be bound to it."""
    family = socket.AF_INET if kind == "inet" else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.bind((host, 0))
    except OSError as error:
        # EINVAL: an address of one link only (fe80::)
        return error.errno != errno.EADDRNOTAVAIL
    return True
