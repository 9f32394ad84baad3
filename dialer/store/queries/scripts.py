"""Versions of scripts in the tables: as records of approval, and where one stands."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Dialect,
    bindparam,
    delete,
    insert,
    select,
    true,
    update,
)

from dialer.core.dialog.approval import Action, ApprovalStep, Version
from dialer.core.values.standing import ApprovalState, Standing
from dialer.core.values.statements import UNSIGNED_BEFORE, Act
from dialer.store.prepared import Prepared
from dialer.store.queries import signing
from dialer.store.schema import script_authors, script_sounds, script_steps, script_versions
from dialer.store.values import instant, micros

if TYPE_CHECKING:
    from dialer.core.dialog.kept_version import KeptVersion
    from dialer.core.dialog.script_version import Subject

_MOST_KNOWN: Final = 256


class Standings:
    """Where versions stand, for the gate: one small question a call.

    The whole record of a version is replayed once for each step that was its last; after that its
    last step tells the same.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._last_step = Prepared(
            dialect,
            select(script_steps.c.position, script_steps.c.action, script_steps.c.at)
            .where(script_steps.c.version == bindparam("of_version"))
            .order_by(script_steps.c.position.desc())
            .limit(1),
        )
        self._known: dict[tuple[object, ...], Standing] = {}

    def of(self, connection: Connection, version: str) -> Standing | None:
        """None where it was never submitted."""
        last = self._last_step.run(connection, of_version=version).fetchone()
        if last is None:
            return None
        key = (version, *last)
        standing = self._known.get(key)
        if standing is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            standing = self._known[key] = _replayed(connection, version, last[2])
        return standing


def _replayed(connection: Connection, version: str, since: int) -> Standing:
    try:
        (known,) = versions(connection, script_versions.c.hash == version)
    except ValueError:  # an action that no version of dialer can have written
        return Standing(None, instant(since))
    standing = known.standing
    if standing.state is ApprovalState.APPROVED and not _is_signed(connection, known):
        return replace(standing, signed=False)
    return standing


def _is_signed(connection: Connection, known: Version) -> bool:
    """Whether who approved it has signed that; what was approved before there were keys counts."""
    last = known.steps[-1]
    if last.signed is None or last.signed == UNSIGNED_BEFORE:
        return last.signed is not None
    return signing.holds(connection, last.signed, Act.APPROVE_SCRIPT, last.who, version=known.hash)


def versions(
    connection: Connection, condition: ColumnElement[bool] | None = None, *, hold: bool = False
) -> list[Version]:
    """The versions that meet `condition`, the one drafted last being the first.

    `hold` keeps others from changing them until the transaction ends.
    """
    # The gate's question does without what a script is made of, and so does every listing of calls.
    from dialer.core.dialog.script_version import Subject  # noqa: PLC0415

    asked = select(
        script_versions.c.hash,
        script_versions.c.script,
        script_versions.c.purpose,
        script_versions.c.industry,
        script_versions.c.drafted_at,
    ).where(true() if condition is None else condition)
    asked = asked.order_by(script_versions.c.drafted_at.desc(), script_versions.c.hash.desc())
    found = connection.execute(asked.with_for_update() if hold else asked).all()
    names = [row.hash for row in found]
    authors: defaultdict[str, list[str]] = defaultdict(list)
    wrote = select(script_authors).where(script_authors.c.version.in_(names))
    for row in connection.execute(wrote.order_by(script_authors.c.position)):
        authors[row.version].append(row.name)
    steps: defaultdict[str, list[ApprovalStep]] = defaultdict(list)
    done = select(script_steps).where(script_steps.c.version.in_(names))
    for row in connection.execute(done.order_by(script_steps.c.position)):
        steps[row.version].append(
            ApprovalStep(Action(row.action), row.who, instant(row.at), row.why, row.signed)
        )
    return [
        Version(
            row.hash,
            Subject(row.script, row.purpose, row.industry),
            tuple(authors[row.hash]),
            instant(row.drafted_at),
            tuple(steps[row.hash]),
        )
        for row in found
    ]


def subject_of(connection: Connection, version: str) -> Subject | None:
    """What it is a version of; None where it was never submitted."""
    from dialer.core.dialog.script_version import Subject  # noqa: PLC0415 - as above

    asked = select(script_versions.c.script, script_versions.c.purpose, script_versions.c.industry)
    row = connection.execute(asked.where(script_versions.c.hash == version)).one_or_none()
    return None if row is None else Subject(row.script, row.purpose, row.industry)


def of_subject(connection: Connection, subject: Subject) -> list[Version]:
    """Its versions, kept from changing by others until the transaction ends."""
    return versions(
        connection,
        (script_versions.c.script == subject.script)
        & (script_versions.c.purpose == subject.purpose)
        & (script_versions.c.industry.is_not_distinct_from(subject.industry)),
        hold=True,
    )


def kept(connection: Connection, version: str) -> KeptVersion | None:
    from dialer.core.dialog.kept_version import KeptVersion  # noqa: PLC0415 - as above

    found = versions(connection, script_versions.c.hash == version)
    if not found:
        return None
    row = connection.execute(
        select(script_versions.c.content, script_versions.c.seconds).where(
            script_versions.c.hash == version
        )
    ).one()
    signed = [step.signed for step in found[0].steps if step.signed is not None]
    return KeptVersion(
        found[0], bytes(row.content), json.loads(row.seconds), signing.kept(connection, signed)
    )


def add(connection: Connection, version: Version, content: bytes) -> None:
    """A version that is new, and who wrote it; its steps are added apart."""
    connection.execute(
        insert(script_versions).values(
            hash=version.hash,
            script=version.subject.script,
            purpose=version.subject.purpose,
            industry=version.subject.industry,
            content=content,
            seconds="{}",
            drafted_at=micros(version.drafted_at),
        )
    )
    for position, name in enumerate(version.authors, start=1):
        connection.execute(
            insert(script_authors).values(version=version.hash, position=position, name=name)
        )


def set_seconds(connection: Connection, version: str, seconds: Mapping[str, float]) -> None:
    connection.execute(
        update(script_versions)
        .where(script_versions.c.hash == version)
        .values(seconds=json.dumps(dict(seconds)))
    )


def keep_sounds(connection: Connection, sounds: Mapping[str, bytes]) -> None:
    """Keep WAV files by their digest; of one that was kept already, these bytes."""
    for digest, data in sounds.items():
        connection.execute(delete(script_sounds).where(script_sounds.c.sha256 == digest))
        connection.execute(insert(script_sounds).values(sha256=digest, sound=data))


def sounds(connection: Connection, version: str) -> dict[str, bytes]:
    """Those kept of a version, by digest; none of a version that nobody can read."""
    from dialer.core.dialog.script_version import sounds_of  # noqa: PLC0415 - as above

    found = kept(connection, version)
    try:
        named = () if found is None else sounds_of(found.read())
    except ValueError:
        return {}
    asked = select(script_sounds).where(script_sounds.c.sha256.in_(sorted(named)))
    return {row.sha256: bytes(row.sound) for row in connection.execute(asked)}


def add_steps(
    connection: Connection, version: str, after: int, steps: Sequence[ApprovalStep]
) -> None:
    """`steps` are those that follow the first `after` of them."""
    for position, step in enumerate(steps, start=after + 1):
        connection.execute(
            insert(script_steps).values(
                version=version,
                position=position,
                action=step.action.value,
                who=step.who,
                at=micros(step.when),
                why=step.why,
                signed=step.signed,
            )
        )
