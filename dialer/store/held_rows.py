"""The facts that the tables hold, row by row, to be held against those that the log states.

Whatever was put into a column becomes a fact: one that no record states, where it is none of ours.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, Table, func, select

from dialer.audit import SignedCertificate
from dialer.core.office import audit_replay as replay
from dialer.core.office import evidence
from dialer.core.office.audit_kinds.access import token_digest
from dialer.core.office.audit_replay import Fact, fact
from dialer.core.values.number import E164, BadNumberError
from dialer.core.values.statements import digest_of
from dialer.core.values.suppression import SuppressionKind
from dialer.core.values.targets import BadTargetError, parse_target
from dialer.credentials.ssh_keys import PublicKey, is_signed
from dialer.errors import AuditError, SignatureError, VaultError
from dialer.store import schema
from dialer.store.audit_rows import raw, readable
from dialer.store.people import People
from dialer.store.queries.cdr import Cdrs
from dialer.store.schema.suppression import COMING, IN_FORCE

_AT_ONCE: Final = 1000
_UNREADABLE: Final = "cannot be read"
_NOT_AS_NAMED: Final = "another than its name says"


class HeldRows:
    """The tables of one connection; `people` knows the keyed hashes of numbers."""

    def __init__(self, connection: Connection, people: People) -> None:
        self._connection = connection
        self._people = people
        self._cdrs = Cdrs(connection.dialect, people)
        self._hashes: dict[str, str] = {}

    def facts(self) -> Iterator[Fact]:
        """Everything that is held to the log."""
        tables: tuple[tuple[Select[Any], Callable[[Any], Iterator[Fact]]], ...] = (
            (raw(schema.access_tokens), _access),
            (raw(schema.person_keys), _person_key),
            (raw(schema.signatures), self._signature),
            (raw(schema.approved_configurations), _configuration),
            (raw(schema.script_sounds), _sound),
            (raw(schema.do_not_call), _suppression),
            (raw(schema.list_imports).where(schema.list_imports.c.state != COMING), _list),
            (raw(schema.script_versions), self._version),
            (raw(schema.script_steps), _script_step),
            (raw(schema.campaigns), _campaign),
            (_of_campaign(schema.calls), self._call),
            (_of_campaign(schema.attempts), self._attempt),
            (raw(schema.legs), self._leg),
            (raw(schema.inbound_calls), _visit),
            (raw(schema.destructions), _destruction),
            (_destroyed_keys(), _destroyed_key),
            (raw(schema.complaints), self._complaint),
            (raw(schema.complaint_steps), _complaint_step),
        )
        for asked, told in tables:
            for row in self._stream(asked):
                try:
                    yield from told(row)
                except (TypeError, ValueError, AttributeError, OverflowError, RecursionError):
                    yield fact("unreadable row", readable(tuple(row)[:2]), [_UNREADABLE])
        yield from self._numbers_of_lists()

    def _stream(self, asked: Select[Any]) -> Iterator[Row[Any]]:
        rows = self._connection.execute(asked, execution_options={"yield_per": _AT_ONCE})
        yield from rows
        rows.close()

    def _numbers_of_lists(self) -> Iterator[Fact]:
        """In the order of the table, in which they were hashed: nothing is sorted, or kept."""
        listed, imports = schema.listed_numbers.c, schema.list_imports
        in_force = self._connection.execute(select(imports.c.id).where(imports.c.state == IN_FORCE))
        digests = {row.id: hashlib.sha256() for row in in_force}
        for row in self._stream(raw(schema.listed_numbers).order_by(listed.number)):
            number, import_ = tuple(row)
            if import_ in digests:
                digests[import_].update(_octets(number))
        for import_, digest in digests.items():
            yield fact("numbers of an imported list", import_, [digest.hexdigest()])

    def _version(self, row: Row[Any]) -> Iterator[Fact]:
        authors = schema.script_authors.c
        asked = select(authors.name).where(authors.version == row.hash).order_by(authors.position)
        value = replay.script_value(
            row.script, row.purpose, row.industry, list(self._connection.scalars(asked))
        )
        if hashlib.sha256(_octets(row.content)).hexdigest() != row.hash:
            value[-1] = _NOT_AS_NAMED
        yield fact("version of a script", row.hash, value)

    def _signature(self, row: Row[Any]) -> Iterator[Fact]:
        """By a key of the person's whom it names."""
        said = self._connection.execute(
            select(schema.person_keys.c.public).where(
                schema.person_keys.c.fingerprint == row.key, schema.person_keys.c.name == row.by
            )
        ).first()
        holds = (
            said is not None
            and digest_of(row.statement) == row.digest
            and is_signed(row.statement, row.signature, said.public)
        )
        value = replay.AS_NAMED if holds else _NOT_AS_NAMED
        yield fact("signature", row.digest, [value], rank=row.at)

    def _call(self, row: Row[Any]) -> Iterator[Fact]:
        scope, within = replay.scope_of_evidence(row.campaign_name), replay.scope_of_call(row.call)
        value = [row.campaign_name, row.number_key, row.contact, row.started_at]
        yield fact("call", row.call, [*value, row.script_version], scope)
        if row.opted_out_at is not None:
            yield fact("refusal in a call", row.call, [row.opted_out_at], within)
        if row.ended_at is not None:
            value = [row.outcome, row.ended_at, self._record_of(row.call)]
            yield fact("end of a call", row.call, value, within)

    def _record_of(self, call: str) -> str | None:
        try:
            made = self._cdrs.record(self._connection, call)
        except (VaultError, ValueError, TypeError, RecursionError):
            return _UNREADABLE
        return None if made is None else evidence.digest(made[0])

    def _attempt(self, row: Row[Any]) -> Iterator[Fact]:
        key, within = f"{row.call} {row.attempt}", replay.scope_of_call(row.call)
        value = [row.number_key, row.number_in_call, row.trunk, self._hash_of(row.caller_id)]
        value += [row.why_trunk, row.committed_at]
        yield fact("attempt", key, value, replay.scope_of_evidence(row.campaign_name))
        if row.ended_at is not None:
            yield fact("end of an attempt", key, [*_ended(row), row.ended_at], within)

    def _leg(self, row: Row[Any]) -> Iterator[Fact]:
        key, within = f"{row.call} {row.attempt}", replay.scope_of_call(row.call)
        try:
            target = parse_target(row.target)
        except (BadTargetError, BadNumberError):
            target = None
        hashed = self._hash_of(target.clear) if isinstance(target, E164) else None
        value = [row.trunk, row.kind, hashed, row.committed_at]
        yield fact("second leg", key, value, within)
        if row.ended_at is not None:
            value = [*_ended(row), row.joined_at, row.ended_at]
            yield fact("end of a second leg", key, value, within)

    def _complaint(self, row: Row[Any]) -> Iterator[Fact]:
        id_, held = row.complaint, schema.complaint_evidence.c
        calls = self._connection.scalars(select(held.call).where(held.complaint == id_))
        value = [row.number, row.opened_by, row.about, sorted(calls), row.opened_at]
        yield fact("complaint", id_, value)
        yield fact("closing of a complaint", id_, [row.closed_at])
        yield from _words(id_, 0, row.text)

    def _hash_of(self, clear: str) -> str:
        """Of a number of ours or of one of our people, of which there are few."""
        known = self._hashes.get(clear)
        if known is None:
            known = self._hashes[clear] = self._people.number(E164(clear)).hex()
        return known


def _access(row: Row[Any]) -> Iterator[Fact]:
    key = token_digest(row.token_hash)
    value = [row.name, sorted(row.roles.split()), row.given_at, row.given_by, row.expires_at]
    value.append(row.signed)
    yield fact("access", key, value)
    if row.revoked_at is not None:
        yield fact("end of an access", key, [row.revoked_at, row.revoked_by])


def _person_key(row: Row[Any]) -> Iterator[Fact]:
    try:
        is_named = PublicKey(row.public).fingerprint == row.fingerprint
    except (SignatureError, IndexError):
        is_named = False
    value = [row.name, row.vouched_by, row.added_at, row.signed]
    value.append(replay.AS_NAMED if is_named else _NOT_AS_NAMED)
    yield fact("key of a person", row.fingerprint, value)
    if row.revoked_at is not None:
        yield fact("end of a person's key", row.fingerprint, [row.revoked_at, row.revoked_by])


def _sound(row: Row[Any]) -> Iterator[Fact]:
    """Versions are held to the log and name their sounds, so a sound that is as named is right."""
    if hashlib.sha256(_octets(row.sound)).hexdigest() != row.sha256:
        yield fact("sound of a script", row.sha256, [_NOT_AS_NAMED])


def _configuration(row: Row[Any]) -> Iterator[Fact]:
    key = f"{row.node} {row.digest} {row.signed}"
    yield fact("approved configuration", key, [row.by, row.at])


def _suppression(row: Row[Any]) -> Iterator[Fact]:
    number = _octets(row.number).hex()
    if row.why == SuppressionKind.REFUSAL:
        yield fact("refusal", number, [row.since], rank=row.since)
        return
    if row.why == SuppressionKind.ASKED:
        yield fact("proof of a suppression", number, [row.unproven], rank=row.since)
    by = None if row.why == SuppressionKind.ASKED else row.by
    yield fact("suppression", replay.own_key(number, row.why, row.since), [by, row.reason])


def _list(row: Row[Any]) -> Iterator[Fact]:
    value = [row.name, row.source, row.digest, row.imported_at, row.by, row.numbers, row.until]
    value += [row.gone, row.signed]
    yield fact("imported list", row.id, value)
    if row.state != IN_FORCE:
        yield fact("end of an imported list", row.id, [])


def _script_step(row: Row[Any]) -> Iterator[Fact]:
    why = hashlib.sha256(row.why.encode("utf-8", "surrogatepass")).hexdigest()
    key = f"{row.version} {row.position}"
    yield fact("step of a script", key, [row.action, row.who, row.at, why, row.signed])


def _campaign(row: Row[Any]) -> Iterator[Fact]:
    yield fact("campaign", row.name, [row.contacts, row.contacts_digest])
    if row.ended_at is not None:
        yield fact("end of a campaign", row.name, [row.ended_at, row.ended_by])


def _visit(row: Row[Any]) -> Iterator[Fact]:
    scope = replay.scope_of_arrival(row.arrived_at)
    yield fact("incoming call", row.call, [row.trunk, row.caller_key, row.arrived_at], scope)
    if row.ended_at is not None:
        value = [row.ending, row.ended_at]
        yield fact("end of an incoming call", row.call, value, replay.scope_of_call(row.call))


def _destruction(row: Row[Any]) -> Iterator[Fact]:
    value = [row.matter, row.subject, row.by, json.loads(row.keys), row.begun_at]
    yield fact("destruction", row.destruction, value)
    if row.done_at is not None:
        try:
            digest = SignedCertificate.from_json(row.certificate).certificate.digest()
        except AuditError:
            digest = _UNREADABLE
        yield fact("certificate of destruction", row.destruction, [digest, row.done_at])


def _complaint_step(row: Row[Any]) -> Iterator[Fact]:
    value = [row.move, row.who, row.at, row.signed]
    yield fact("step of a complaint", f"{row.complaint} {row.step}", value)
    yield from _words(row.complaint, row.step, row.text)


def _words(complaint: str, step: int, sealed: object) -> Iterator[Fact]:
    """None where they were destroyed."""
    if octets := _octets(sealed):
        digest = hashlib.sha256(octets).hexdigest()
        scope = replay.scope_of_complaint(complaint)
        yield fact("words of a complaint", f"{complaint} {step}", [digest], scope)


def _destroyed_keys() -> Select[Any]:
    keys = schema.vault_keys.c
    return select(keys.name).group_by(keys.name).having(func.count(keys.wrapped) == 0)


def _destroyed_key(row: Row[Any]) -> Iterator[Fact]:
    yield fact("destroyed key", row.name, [])


def _of_campaign(table: Table) -> Select[Any]:
    """A table's rows with the names of their campaigns; through `calls` where it is not they."""
    asked = raw(table).add_columns(schema.campaigns.c.name.label("campaign_name"))
    joined: Any = table
    if table is not schema.calls:
        joined = joined.outerjoin(schema.calls, schema.calls.c.call == table.c.call)
    joined = joined.outerjoin(schema.campaigns, schema.campaigns.c.id == schema.calls.c.campaign)
    return asked.select_from(joined)


def _ended(row: Row[Any]) -> list[object]:
    return [row.outcome, row.sip_code, row.q850, row.sip_call_id, row.answered_at]


def _octets(value: object) -> bytes:
    if not isinstance(value, (bytes, memoryview)):
        raise TypeError
    return bytes(value)
