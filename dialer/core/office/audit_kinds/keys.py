"""Records of keys: none holds one."""

from __future__ import annotations

from typing import Any, Final

KEY_ROTATED: Final = "key_rotated"
KEY_DESTROYED: Final = "key_destroyed"
MASTER_CHANGED: Final = "master_changed"

KINDS: Final = {
    KEY_ROTATED: "a data key was given a new generation",
    KEY_DESTROYED: "a data key was destroyed in all its generations",
    MASTER_CHANGED: "all keys were wrapped under another master key",
}


def of_scope(scope: str, generation: int, by: str) -> dict[str, Any]:
    """`scope` is the key's name on the shelf, `generation` its last."""
    return {"key": scope, "generation": generation, "by": by}


def master_changed(old: str, new: str, keys: int, by: str) -> dict[str, Any]:
    """`old` and `new` are the ids of the master keys, `keys` how many there are."""
    return {"old": old, "new": new, "keys": keys, "by": by}
