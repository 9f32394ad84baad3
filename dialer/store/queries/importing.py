"""Opening a campaign: its contacts come in as a stream, whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import islice
from typing import Final

from sqlalchemy import Connection, Dialect, bindparam, insert, select, update

from dialer.core.office.audit_kinds import calls as kinds
from dialer.core.values.records import CampaignRecord, ContactRow
from dialer.errors import CampaignConflictError
from dialer.ports.store import OpenedCampaign
from dialer.store.audit_trail import AuditTrail
from dialer.store.people import People
from dialer.store.prepared import Prepared
from dialer.store.schema import WAITING, campaigns, contacts
from dialer.store.values import instant, micros

_CHUNK: Final = 1000


class Importing:
    """Finds a campaign, or makes it."""

    def __init__(self, dialect: Dialect, people: People, audit: AuditTrail) -> None:
        self._people = people
        self._audit = audit
        self._find = Prepared(
            dialect,
            select(campaigns.c.id, campaigns.c.contacts_digest, campaigns.c.ended_at).where(
                campaigns.c.name == bindparam("name")
            ),
        )
        self._renew = Prepared(
            dialect,
            update(campaigns)
            .where(campaigns.c.id == bindparam("known"))
            .values(
                purpose=bindparam("purpose"),
                caller_id=bindparam("caller_id"),
                script_digest=bindparam("script_digest"),
            ),
        )
        self._make = insert(campaigns)
        self._add = Prepared(
            dialect,
            insert(contacts).values(
                {
                    name: bindparam(name)
                    for name in (
                        "campaign",
                        "row",
                        "number_key",
                        "person",
                        "consent_purpose",
                        "consent_at",
                        "timezone",
                        "state",
                    )
                }
            ),
            state=WAITING,
        )

    def open(
        self,
        connection: Connection,
        record: CampaignRecord,
        rows: Iterable[ContactRow],
        at: datetime,
    ) -> OpenedCampaign:
        """The campaign of that name. `rows` is read only where there is none yet.

        Raises CampaignConflictError where its contacts came from another file, or it was ended,
        and whatever `rows` raises; the caller's transaction is then to be rolled back.
        """
        found = self._find.run(connection, name=record.name).fetchone()
        if found is not None:
            known, contacts_digest, ended_at = found
            if contacts_digest != record.contacts_digest:
                raise CampaignConflictError(
                    f"campaign {record.name} was begun with another contacts file; give this one "
                    "a name of its own, or run it with the file it was begun with"
                )
            if ended_at is not None:
                raise CampaignConflictError(
                    f"campaign {record.name} was ended on {instant(ended_at):%Y-%m-%d} and calls "
                    "nobody any more; give the new one a name of its own"
                )
            self._renew.run(connection, known=known, **_renewable(record))
            return OpenedCampaign(known, fresh=False)
        made = connection.execute(
            self._make.values(
                name=record.name,
                contacts_digest=record.contacts_digest,
                contacts=0,
                **_renewable(record),
            ).returning(campaigns.c.id)
        )
        campaign = made.scalar_one()
        stream = iter(rows)
        total = 0
        while chunk := list(islice(stream, _CHUNK)):
            sealed = self._people.seal_contacts(connection, record.name, chunk)
            self._add.run_many(
                connection,
                (
                    _columns(campaign, row, self._people.number(row.number), person)
                    for row, person in zip(chunk, sealed, strict=True)
                ),
            )
            total += len(chunk)
        connection.execute(
            update(campaigns).where(campaigns.c.id == campaign).values(contacts=total)
        )
        self._audit.note(
            kinds.IMPORT, at, kinds.imported(record.name, total, record.contacts_digest)
        )
        return OpenedCampaign(campaign, fresh=True)


def _renewable(record: CampaignRecord) -> dict[str, str]:
    return {
        "purpose": record.purpose,
        "caller_id": record.caller_id.clear,
        "script_digest": record.script_digest,
    }


def _columns(campaign: int, row: ContactRow, number: bytes, person: bytes) -> Mapping[str, object]:
    return {
        "campaign": campaign,
        "row": row.row,
        "number_key": number,
        "person": person,
        "consent_purpose": row.consent_purpose,
        "consent_at": micros(row.consent_at),
        "timezone": row.timezone,
    }
