"""Records of recordings: begun, kept, erased, and who took one out."""

from __future__ import annotations

from typing import Any, Final

from dialer.core.values.recordings import RecordingEnd

RECORDING_BEGUN: Final = "recording_begun"
RECORDING_DECLINED: Final = "recording_declined"
RECORDING_ENDED: Final = "recording_ended"
RECORDING_EXPORTED: Final = "recording_exported"

KINDS: Final = {
    RECORDING_BEGUN: "the callee was told that the call is recorded, and from then on it is",
    RECORDING_DECLINED: "the callee does not want to be recorded: nothing is, and what was goes",
    RECORDING_ENDED: "what there is of a recording; `sha256` is of its sealed file",
    RECORDING_EXPORTED: "somebody takes a recording out, to be heard",
}


def of_call(call: str) -> dict[str, Any]:
    return {"call": call}


def ended(end: RecordingEnd) -> dict[str, Any]:
    return {
        "call": end.call,
        "state": end.state.value,
        "seconds": round(end.seconds, 3),
        "lost": round(end.lost, 3),
        "bytes": end.sealed_bytes,
        "sha256": end.sha256,
    }


def exported(call: str, by: str, why: str | None) -> dict[str, Any]:
    """`by` is a user's name."""
    return {"call": call, "by": by, "why": why}
