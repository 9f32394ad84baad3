"""Between the core's values and columns: instants, outcomes, lists."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from dialer.core.values.outcome import Outcome, Reason

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_encode: Final = json.JSONEncoder(ensure_ascii=False).encode
_REASONS: Final = {str(Outcome.of(reason)): reason for reason in Reason}


def micros(instant: datetime) -> int:
    """Whole microseconds since 1970 of an aware instant; TypeError for one without a zone."""
    return (instant - _EPOCH) // _MICROSECOND


def maybe_micros(instant: datetime | None) -> int | None:
    return None if instant is None else micros(instant)


def instant(microseconds: int) -> datetime:
    """The aware UTC instant."""
    return _EPOCH + timedelta(microseconds=microseconds)


def maybe_instant(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else instant(microseconds)


def outcome(text: str | None, sip_code: int | None, q850: int | None) -> Outcome | None:
    """The outcome kept as `who.reason` and its signalling."""
    if text is None:
        return None
    return Outcome.of(_REASONS[text], sip_code, q850)


def variables_text(variables: Mapping[str, str]) -> str:
    return _encode(dict(variables)) if variables else "{}"


def variables(text: str) -> dict[str, str]:
    return json.loads(text) if text != "{}" else {}


def path_text(path: tuple[str, ...]) -> str:
    return _encode(path)


def path(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))
