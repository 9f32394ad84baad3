"""Keys of people and what they have signed, in the tables; whether a signature holds."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from dialer.core.office.person_keys import PersonKey
from dialer.core.values.statements import Act, Signature, digest_of, names
from dialer.errors import SignatureError
from dialer.store.schema import person_keys, signatures
from dialer.store.values import instant, maybe_instant, maybe_micros, micros


def keys(connection: Connection) -> Sequence[PersonKey]:
    """Every key ever registered, the oldest first."""
    return [_key(row) for row in connection.execute(select(person_keys).order_by(person_keys.c.id))]


def add_key(connection: Connection, key: PersonKey) -> None:
    connection.execute(
        insert(person_keys).values(
            name=key.name,
            public=key.public,
            fingerprint=key.fingerprint,
            added_at=micros(key.added_at),
            signed=key.signed,
            vouched_by=key.vouched_by,
        )
    )


def close_key(connection: Connection, key: PersonKey) -> None:
    """Write who revoked it, and when."""
    connection.execute(
        update(person_keys)
        .where(person_keys.c.fingerprint == key.fingerprint)
        .values(revoked_at=maybe_micros(key.revoked_at), revoked_by=key.revoked_by)
    )


def keep(connection: Connection, signature: Signature | None) -> str | None:
    """Keep a signature; its act refers to it by the digest.

    Raises SignatureError where another act refers to it already.
    """
    if signature is None:
        return None
    known = select(signatures.c.digest).where(signatures.c.digest == signature.digest)
    if connection.execute(known).first() is not None:
        raise SignatureError("this signature has served already: sign anew")
    connection.execute(
        insert(signatures).values(
            digest=signature.digest,
            statement=signature.text,
            signature=signature.signature,
            key=signature.key,
            by=signature.by,
            at=micros(signature.at),
        )
    )
    return signature.digest


def kept(connection: Connection, digests: Collection[str]) -> Mapping[str, tuple[Signature, str]]:
    """The signatures with these digests, each with its public key's line."""
    asked = (
        select(signatures, person_keys.c.public)
        .join(person_keys, person_keys.c.fingerprint == signatures.c.key)
        .where(signatures.c.digest.in_(digests))
    )
    return {row.digest: (_signature(row), row.public) for row in connection.execute(asked)}


def holds(connection: Connection, digest: str, act: Act, by: str, **named: str) -> bool:
    """Whether the signature of that digest is by a key of `by`'s, and says just this."""
    # The gate asks seldom, and listings never: they do without cryptography.
    from dialer.credentials.ssh_keys import is_signed  # noqa: PLC0415

    found = kept(connection, [digest]).get(digest)
    if found is None:
        return False
    signature, public = found
    key = next((key for key in keys(connection) if key.fingerprint == signature.key), None)
    return (
        key is not None
        and key.name == by
        and key.counts(signature.at)
        and digest_of(signature.text) == digest
        and names(signature.text, act, by, **named)
        and is_signed(signature.text, signature.signature, public)
    )


def _signature(row: Row[Any]) -> Signature:
    return Signature(row.statement, row.signature, row.key, row.by, instant(row.at))


def _key(row: Row[Any]) -> PersonKey:
    return PersonKey(
        name=row.name,
        public=row.public,
        fingerprint=row.fingerprint,
        added_at=instant(row.added_at),
        signed=row.signed,
        vouched_by=row.vouched_by,
        revoked_at=maybe_instant(row.revoked_at),
        revoked_by=row.revoked_by,
    )
