"""The record of one call as it is evidence: the same bytes when the call ends and when exported."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, Dialect, bindparam, select

from dialer.core.office import evidence
from dialer.core.office.evidence import Callee
from dialer.store.people import People
from dialer.store.prepared import Prepared
from dialer.store.schema import calls, campaigns
from dialer.store.values import maybe_instant, path

_FIELDS: Final = (
    calls.c.node,
    calls.c.started_at,
    calls.c.attempts,
    calls.c.trunk,
    calls.c.caller_id,
    calls.c.answered_at,
    calls.c.ended_at,
    # As records that were told a digest of name it.
    calls.c.opted_out_at.label("refused_at"),
    calls.c.outcome,
    calls.c.sip_code,
    calls.c.q850,
    calls.c.post_dial_delay,
    calls.c.first_packet,
    calls.c.barge_ins,
    calls.c.path,
    calls.c.script_version,
)
_INSTANTS: Final = ("started_at", "answered_at", "ended_at", "refused_at")


class Cdrs:
    """Records of calls whose personal data `people` can open."""

    def __init__(self, dialect: Dialect, people: People) -> None:
        self._people = people
        self._of_call = Prepared(
            dialect,
            select(
                campaigns.c.name,
                calls.c.person,
                calls.c.pressed,
                calls.c.transcript,
                calls.c.intents,
                calls.c.grade,
                calls.c.digits_unheard,
                *_FIELDS,
            )
            .join(campaigns, campaigns.c.id == calls.c.campaign)
            .where(calls.c.call == bindparam("of_call")),
        )

    def record(self, connection: Connection, call: str) -> tuple[bytes, Callee] | None:
        """The call's record, and whom it went to; None where that is unknown or was destroyed."""
        found = self._of_call.run(connection, of_call=call).fetchone()
        if found is None:
            return None
        campaign, person, pressed, transcript, intents, grade, unheard, *values = found
        callee = self._people.callee(connection, campaign, call, person)
        if callee is None:
            return None
        fields = dict(zip((column.name for column in _FIELDS), values, strict=True))
        fields |= {name: maybe_instant(fields[name]) for name in _INSTANTS}
        fields |= {
            "call": call,
            "campaign": campaign,
            "path": path(fields["path"]),
            "keys": self._people.said(connection, campaign, call, "pressed", pressed),
        }
        if grade is not None:
            # Calls of versions that did not grade are told as they were.
            said = self._people.said(connection, campaign, call, "transcript", transcript)
            fields |= {"grade": grade, "intents": path(intents or "[]"), "transcript": said}
        if unheard is not None:
            fields["digits_unheard"] = True
        return evidence.cdr(fields, callee), callee
