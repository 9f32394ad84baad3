"""Records of nodes: that they started and stopped, and under which configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

START: Final = "node_start"
STOP: Final = "node_stop"
EXPORT: Final = "evidence_export"

KINDS: Final = {
    START: "a node started; `configuration` is the digest of its own, `changed` what is new in it",
    STOP: "a node was stopped",
    EXPORT: "somebody took a call's evidence along",
}


def start(version: str, settings: Mapping[str, str], before: Mapping[str, str]) -> dict[str, Any]:
    """`settings` are the configuration's keys with the digests of their values, `before` the last.

    A value that is gone is null in `changed`.
    """
    changed = {
        key: settings.get(key)
        for key in sorted({*settings, *before})
        if settings.get(key) != before.get(key)
    }
    return {"version": version, "configuration": dict(settings), "changed": changed}


def stop(node: str) -> dict[str, Any]:
    return {"node": node}


def export(call: str, by: str) -> dict[str, Any]:
    """Filed under no call: it is not part of the call's own evidence."""
    return {"of_call": call, "by": by}
