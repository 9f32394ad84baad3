"""Who may use the file of a private key."""

from __future__ import annotations

import stat
from typing import Final

_NOT_FOR_OTHERS: Final = stat.S_IRWXO | stat.S_IWGRP | stat.S_IXGRP


def open_to_others(mode: int) -> bool:
    """Whether a file of this `st_mode` is more than its owner's to use.

    A service's group may read the key of its user, as systemd and Kubernetes set it up; nobody else
    may.
    """
    return bool(mode & _NOT_FOR_OTHERS)
