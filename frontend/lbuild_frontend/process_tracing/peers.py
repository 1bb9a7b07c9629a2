"""With which other processes a program talks: they may read files for it."""

import os
import socket
from typing import Final

_HARMLESS_UNIX = (
    *("/run/nscd/", "/var/run/nscd/", "/run/systemd/notify", "/run/systemd/journal/"),
    *("/run/systemd/userdb/", "/run/systemd/resolve/", "/dev/log"),
)
"""Sockets of services that look up users and hosts, or take messages."""

_FROM_KERNEL: Final = frozenset({0, 16, 38})
"""AF_UNSPEC, AF_NETLINK and AF_ALG: the kernel itself answers, or nobody."""


def peer_of(address: bytes) -> str | None:
    """Return a socket address as text; None if the kernel itself answers there.

    Args:
        address: a ``struct sockaddr`` (connect(2)).
    """
    family = int.from_bytes(address[:2], "little")
    if len(address) < 2 or family in _FROM_KERNEL:
        return None
    if family == socket.AF_UNIX:
        if address[2:3] == b"\0" and len(address) > 2:
            return f"unix:@{os.fsdecode(address[3:].rstrip(bytes(1)))}"
        return f"unix:{os.fsdecode(address[2:].split(bytes(1))[0])}"
    if family == socket.AF_INET and len(address) >= 8:
        port = int.from_bytes(address[2:4], "big")
        return f"inet:{socket.inet_ntop(socket.AF_INET, address[4:8])}:{port}"
    if family == socket.AF_INET6 and len(address) >= 24:
        port = int.from_bytes(address[2:4], "big")
        return f"inet6:{socket.inet_ntop(socket.AF_INET6, address[8:24])}:{port}"
    return f"family {family}"


def may_read_files(peer: str) -> bool:
    """Whether a process behind an address may read files of this machine for the program.

    That is any on this machine but the known services. What another machine answers is not known
    to lbuild, whoever asks.
    """
    if peer.startswith("unix:"):
        return not peer.removeprefix("unix:").startswith(_HARMLESS_UNIX)
    if peer.startswith("inet:127.0.0.5") and peer.endswith((".53:53", ".54:53")):
        return False  # systemd-resolved
    if peer.startswith(("inet:127.", "inet:0.", "inet6:::1:", "inet6:::ffff:127.", "inet6::::")):
        return True
    return not peer.startswith(("inet:", "inet6:"))
