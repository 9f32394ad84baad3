"""A telephone has one spelling, so what was kept of it under several becomes one history.

Two ways lead to what was kept under another spelling. Contacts, calls and callers that can still be
opened say their number. And what is known of a number by its hash alone is found by the hashes of
the spellings that were taken once. Of two histories the strictest remains. Contacts are sealed
anew; what calls left as evidence stays as it was dialled, and is found by the one hash.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Connection

from dialer.core.values.number import E164, read_loosely
from dialer.core.values.older_spellings import older_spellings
from dialer.errors import KeyDestroyedError, KeyUnknownError, StoreError
from dialer.store.keyring import Keyring
from dialer.vault import Purpose, Scope

revision = "0023"
down_revision = "0022"

ONE_SPELLING = "one_spelling"
"""In place of a rule: why a contact was done with that is another of its campaign, or nobody."""
UPGRADE = "upgrade"
"""In place of a node, among the tallies."""

_CHUNK = 500
_SURE = re.compile(r"\+(861[3-9][0-9]{9}|1[2-9][0-9]{9})")
"""Most numbers: they have one spelling, and `read_loosely` takes some time to say so."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KEPT_BY_HASH = (
    ("do_not_call", "number"),
    ("listed_numbers", "number"),
    ("complaints", "number"),
    ("numbers_shown", "number"),
    ("attempts", "number_key"),
)

_MOVE = (
    """INSERT INTO do_not_call (number, why, since, "by", reason)
    SELECT CAST(:new AS {blob}), why, since, "by", reason FROM do_not_call WHERE number = :old
    ON CONFLICT (number, why) DO UPDATE SET since = excluded.since, "by" = excluded."by",
        reason = excluded.reason
    WHERE (excluded.why = 'refusal' AND do_not_call.since < excluded.since)
        OR (excluded.why <> 'refusal' AND do_not_call.since > excluded.since)""",
    "DELETE FROM do_not_call WHERE number = :old",
    """INSERT INTO listed_numbers (number, import)
    SELECT CAST(:new AS {blob}), import FROM listed_numbers WHERE number = :old
    ON CONFLICT DO NOTHING""",
    "DELETE FROM listed_numbers WHERE number = :old",
    """INSERT INTO numbers_shown (number, caller_id, at)
    SELECT CAST(:new AS {blob}), caller_id, at FROM numbers_shown WHERE number = :old
    ON CONFLICT (number, caller_id) DO UPDATE SET at = excluded.at
    WHERE numbers_shown.at < excluded.at""",
    "DELETE FROM numbers_shown WHERE number = :old",
    "UPDATE complaints SET number = :new WHERE number = :old",
    "UPDATE attempts SET number_key = :new, prefix = :prefix WHERE number_key = :old",
    "UPDATE destructions SET subject = :new_hex WHERE subject = :old_hex AND done_at IS NULL",
)


def upgrade() -> None:
    connection = op.get_bind()
    tables = ("contacts", "calls", "inbound_calls")
    if not any(connection.execute(sa.text(f"SELECT 1 FROM {each}")).first() for each in tables):  # noqa: S608
        return
    context = op.get_context().config
    given = {} if context is None else context.attributes
    keys = given.get("keys")
    if keys is None:
        raise StoreError("numbers cannot be brought to one spelling without keys")
    keys.open(connection)
    told = given.get("told", {})
    told.update(_Spelling(connection, keys).mend())


class _Spelling:
    """`counts` is what was found: numbers in another spelling, and what became of them."""

    def __init__(self, connection: Connection, keys: Keyring) -> None:
        self._connection = connection
        self._keys = keys
        self._moved: dict[bytes, E164] = {}
        self._known: set[E164] = set()
        self.counts = dict.fromkeys(("contacts", "calls", "callers", "repeats", "unreadable"), 0)

    def mend(self) -> dict[str, Any]:
        """The counts, and of each number that was moved, its hash before and after, in hex."""
        self._contacts()
        self._calls()
        self._callers()
        self._move()
        pairs = [(old.hex(), self._hash(new).hex()) for old, new in self._moved.items()]
        found = bool(pairs) or any(self.counts.values())
        return {"counts": self.counts, "numbers": pairs} if found else {}

    # ------------------------------------------------------------------------ what can be opened

    def _contacts(self) -> None:
        asked = (
            'SELECT contacts.id, campaign, "row", name, state, rule, person FROM contacts '
            "JOIN campaigns ON campaigns.id = contacts.campaign WHERE person IS NOT NULL"
        )
        touched: set[tuple[int, bytes]] = set()
        for rows in self._chunks(asked, "contacts.id"):
            for row in rows:
                scope = Scope(Purpose.CONTACTS, row.name)
                column = ("contacts", "person")
                plain = self._open(scope, column, row.row, row.person)
                if plain is None:
                    continue
                was, *rest = json.loads(plain)
                number = self._right(was)
                if number is None:
                    self.counts["unreadable"] += self._done_with(row)
                elif number.clear != was:
                    self.counts["contacts"] += 1
                    keys = self._keys.obtain(self._connection, scope)
                    sealed = keys.column(*column).seal(row.row, _pack([number.clear, *rest]))
                    self._run(
                        "UPDATE contacts SET number_key = :key, person = :person WHERE id = :id",
                        id=row.id,
                        key=self._hash(number),
                        person=sealed,
                    )
                    touched.add((row.campaign, self._hash(number)))
            self._find_older()
        for campaign, key in touched:
            self._one_of(campaign, key)

    def _one_of(self, campaign: int, key: bytes) -> None:
        """Of the contacts of one person in one campaign, one at most is still to be called."""
        rows = self._run(
            "SELECT id, campaign, state, rule FROM contacts "
            'WHERE campaign = :campaign AND number_key = :key ORDER BY "row"',
            campaign=campaign,
            key=key,
        ).all()
        had = any(row.state not in ("waiting", "claimed") for row in rows)
        to_come = [row for row in rows if row.state in ("waiting", "claimed")]
        for row in to_come[0 if had else 1 :]:
            self.counts["repeats"] += self._done_with(row)

    def _done_with(self, row: sa.Row[Any]) -> int:
        if row.state not in ("waiting", "claimed"):
            return 0
        self._run(
            "UPDATE contacts SET state = 'done', due = NULL, claimed_by = NULL, rule = :rule "
            "WHERE id = :id",
            id=row.id,
            rule=ONE_SPELLING,
        )
        counted = {f"refused:{ONE_SPELLING}": 1}
        if row.state == "claimed":
            counted["taken"] = -1
        elif row.rule is not None:
            counted[f"later:{row.rule}"] = -1
        for what, more in counted.items():
            self._run(
                "INSERT INTO tallies (campaign, node, what, count) "
                "VALUES (:campaign, :node, :what, :more) ON CONFLICT (campaign, node, what) "
                "DO UPDATE SET count = tallies.count + excluded.count",
                campaign=row.campaign,
                node=UPGRADE,
                what=what,
                more=more,
            )
        return 1

    def _calls(self) -> None:
        asked = (
            "SELECT calls.id, call, name, person FROM calls "
            "JOIN campaigns ON campaigns.id = calls.campaign WHERE person IS NOT NULL"
        )
        for rows in self._chunks(asked, "calls.id"):
            for row in rows:
                scope = Scope(Purpose.EVIDENCE, row.name)
                plain = self._open(scope, ("calls", "person"), row.call, row.person)
                if plain is not None:
                    self._rekey("calls", "number_key", row.id, json.loads(plain)[0], "calls")
            self._find_older()

    def _callers(self) -> None:
        asked = "SELECT id, call, arrived_at, person FROM inbound_calls WHERE person IS NOT NULL"
        for rows in self._chunks(asked, "id"):
            for row in rows:
                month = _EPOCH + timedelta(microseconds=row.arrived_at)
                scope = Scope(Purpose.EVIDENCE, f"incoming/{month:%Y-%m}")
                plain = self._open(scope, ("inbound_calls", "person"), row.call, row.person)
                if plain is not None:
                    self._rekey("inbound_calls", "caller_key", row.id, plain.decode(), "callers")
            self._find_older()

    def _rekey(self, table: str, column: str, id_: int, was: str, what: str) -> None:
        number = self._right(was)
        if number is None or number.clear == was:
            return
        self.counts[what] += 1
        self._run(
            f"UPDATE {table} SET {column} = :key WHERE id = :id",  # noqa: S608
            id=id_,
            key=self._hash(number),
        )

    def _right(self, was: str) -> E164 | None:
        """What `was` means; what was kept by its hash is to be moved."""
        number = E164(was) if _SURE.fullmatch(was) else read_loosely(was)
        if number is None:
            return None
        self._known.add(number)
        if number.clear != was:
            self._moved[self._hash(E164(was))] = number
        return number

    # ------------------------------------------------------------------- what is a hash and no more

    def _find_older(self) -> None:
        """Which of the other spellings of the numbers just seen are known by their hash."""
        hashes = {
            self._hash(older): number for number in self._known for older in older_spellings(number)
        }
        self._known.clear()
        if not hashes:
            return
        for table, column in _KEPT_BY_HASH:
            asked = sa.text(
                f"SELECT DISTINCT {column} FROM {table} WHERE {column} IN :these"  # noqa: S608
            ).bindparams(sa.bindparam("these", expanding=True))
            for (found,) in self._connection.execute(asked, {"these": list(hashes)}):
                self._moved[bytes(found)] = hashes[bytes(found)]

    def _move(self) -> None:
        blob = "BLOB" if self._connection.dialect.name == "sqlite" else "BYTEA"
        for old, number in self._moved.items():
            new = self._hash(number)
            values = {
                "old": old,
                "new": new,
                "prefix": number.digits[:5],
                "old_hex": old.hex(),
                "new_hex": new.hex(),
            }
            for text in _MOVE:
                statement = sa.text(text.format(blob=blob))
                self._connection.execute(
                    statement, {name: values[name] for name in statement.compile().params}
                )

    # ------------------------------------------------------------------------------------- tools

    def _hash(self, number: E164) -> bytes:
        return self._keys.vault.lookup.number(number)

    def _open(
        self, scope: Scope, column: tuple[str, str], row: int | str, sealed: bytes
    ) -> bytes | None:
        try:
            keys = self._keys.load(self._connection, scope)
            return keys.column(*column).open(row, bytes(sealed))
        except (KeyDestroyedError, KeyUnknownError):
            return None

    def _run(self, text: str, **values: object) -> sa.CursorResult[Any]:
        return self._connection.execute(sa.text(text), values)

    def _chunks(self, asked: str, by: str) -> Iterator[Sequence[sa.Row[Any]]]:
        some = sa.text(f"{asked} AND {by} > :last ORDER BY {by} LIMIT {_CHUNK}")
        last = 0
        while rows := self._connection.execute(some, {"last": last}).all():
            yield rows
            last = rows[-1].id


def _pack(whole: list[object]) -> bytes:
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()
