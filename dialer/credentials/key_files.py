"""Who may use the file of a private key, and whose a file is."""

from __future__ import annotations

import os
import pwd
import stat
from pathlib import Path
from typing import Final

_NOT_FOR_OTHERS: Final = stat.S_IRWXO | stat.S_IWGRP | stat.S_IXGRP


def open_to_others(mode: int) -> bool:
    """Whether a file of this `st_mode` is more than its owner's to use.

    A service's group may read the key of its user, as systemd and Kubernetes set it up; nobody else
    may.
    """
    return bool(mode & _NOT_FOR_OTHERS)


def is_ours(path: Path) -> bool:
    """Whether `path` belongs to the user whose process this is, or that user is root.

    What cannot be told is a no.
    """
    try:
        owner = path.stat().st_uid
    except OSError:
        return False
    return os.geteuid() in {0, owner}


def our_account() -> str:
    """The user whose process this is, as the operating system knows them."""
    number = os.geteuid()
    try:
        return f"{pwd.getpwuid(number).pw_name} (uid {number})"
    except KeyError:
        return f"uid {number}"
