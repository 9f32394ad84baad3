"""A network for each of several workers: loopback with every port free, and only its own packets.

Threads and programs that are started later are in it too.
"""

from __future__ import annotations

import ctypes
import fcntl
import socket
import struct
import subprocess
from typing import Final

_NEW_NETWORK: Final = 0x40000000
_SET_FLAGS: Final = 0x8914
_UP: Final = 0x1


def may_be_made() -> bool:
    """Whether this user may; root may, except in most containers."""
    tried = subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False)
    return tried.returncode == 0


def make() -> None:
    """Leave this process's network for a new one. OSError where that is not allowed."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_NETWORK) != 0:
        raise OSError(ctypes.get_errno(), "no network of its own for a worker of the tests")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh14x", b"lo", _UP))
