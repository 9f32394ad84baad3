"""What every MQTT event has in common."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from dialer.logs import scrub

SCHEMA = 1
"""Version of the payloads: raised when a field changes its meaning or goes; new ones may come."""

COMMON: Mapping[str, str] = {
    "schema": f"integer; version of this table, now {SCHEMA}",
    "time": "string; when it happened, UTC, ISO 8601 with milliseconds",
}


@dataclass(frozen=True, slots=True)
class Told:
    """One kind of event. `fields` come beside the common ones."""

    topic: str
    when: str
    fields: Mapping[str, str]
    retained: bool = False


def common(at: datetime) -> dict[str, object]:
    """The fields that every payload has."""
    return {"schema": SCHEMA, "time": iso(at)}


def iso(at: datetime) -> str:
    utc = at.astimezone(UTC)
    return utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def topic_level(text: str) -> str:
    """`text` as one level of a topic: what MQTT 4.7 reserves, and `%`, is percent-encoded."""
    return _RESERVED.sub(lambda found: f"%{ord(found[0]):02X}", text)


_RESERVED = re.compile(r"[/+#%\x00-\x1f\x7f]")


@lru_cache(maxsize=64)
def campaign_words(campaign: str) -> tuple[str, str]:
    """A campaign's name for payload and topic. Someone may have named it after a number."""
    name = scrub(campaign)
    return name, topic_level(name)


def span(seconds: float | None) -> float | None:
    """Seconds to the tenth of a millisecond: finer is noise."""
    return None if seconds is None else round(seconds, 4)
