"""Tables are held to the log: what was done to a row behind the program's back is named."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from dialer.ports.audit import AuditReport
from dialer.store.audit import SqlAudit
from dialer.store.audit_trail import AuditTrail
from dialer.store.keyring import StoreKeys
from dialer.store.migrations import HELD_TO_THE_LOG
from dialer.store.sqlite import SqliteDatabase
from dialer.store.values import micros
from tests.support.orders import NOON
from tests.support.places import Place, at_schema
from tests.support.store import AS_AT_22
from tests.support.used_store import use


async def used(place: Place, folder: Path) -> Place:
    store = place.store()
    await store.open()
    await use(store, folder)
    await store.close()
    return place


@pytest.fixture(scope="module")
def a_used_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("used")
    asyncio.run(used(in_folder(folder), tmp_path_factory.mktemp("key")))
    return folder


@pytest.fixture
def copied(a_used_folder: Path, tmp_path: Path) -> Place:
    """The same used store for each test."""
    return in_folder(Path(shutil.copytree(a_used_folder, tmp_path / "copy")))


def in_folder(folder: Path) -> Place:
    return Place(SqliteDatabase(folder), StoreKeys.beside(folder))


async def checked(place: Place) -> AuditReport:
    store = place.store()
    await store.open()
    try:
        return await SqlAudit(store.channel).check(())
    finally:
        await store.close()


def named(report: AuditReport) -> set[tuple[str, str]]:
    return {(each.what, each.how) for each in report.differences}


async def test_what_the_program_did_holds_and_what_was_done_by_hand_does_not(
    place: Place, tmp_path: Path
) -> None:
    report = await checked(await used(place, tmp_path))
    assert report.differences == ()
    assert report.holds
    assert report.from_before == 0
    place.by_hand(*(statement for statement, _what, _how in TAMPERED[::5]))
    found = named(await checked(place))
    for statement, what, how in TAMPERED[::5]:
        assert any(told == what and how in said for told, said in found), statement


ADMIN_BY_HAND = (
    "INSERT INTO access_tokens (id, name, roles, token_hash, given_at, given_by) "
    f"VALUES (99, 'eve', 'admin', '{'e' * 64}', 0, 'root')"
)
OF_THE_OTHER = "(SELECT token_hash FROM access_tokens WHERE name = 'li.na' ORDER BY id LIMIT 1)"
CONFIGURATION_BY_HAND = (
    'INSERT INTO approved_configurations (id, node, digest, content, "by", at, signed) '
    "VALUES (9, 'node-1', 'd', '{}', 'eve', 0, 's')"
)
SIGNATURE_BY_HAND = (
    'INSERT INTO signatures (digest, statement, signature, key, "by", at) '
    f"SELECT '{'e' * 64}', statement, signature, key, \"by\", at FROM signatures LIMIT 1"
)
BYTES = "(SELECT hash FROM audit_log LIMIT 1)"
TAMPERED = (
    ("DELETE FROM do_not_call WHERE why = 'complaint'", "suppression", "is gone"),
    ("DELETE FROM do_not_call WHERE why = 'own list'", "suppression", "is gone"),
    ("DELETE FROM do_not_call WHERE why = 'forgotten'", "suppression", "is gone"),
    ("DELETE FROM do_not_call WHERE why = 'asked'", "suppression", "is gone"),
    ("DELETE FROM do_not_call WHERE why = 'refusal'", "refusal", "is gone"),
    ("UPDATE do_not_call SET since = 1 WHERE why = 'refusal'", "refusal", "since is 1; the log"),
    ("UPDATE do_not_call SET since = 1 WHERE why = 'asked'", "suppression", "not in the log"),
    (
        "DELETE FROM listed_numbers WHERE number IN (SELECT number FROM listed_numbers LIMIT 1)",
        "numbers of an imported list",
        "digest of them is",
    ),
    ("UPDATE list_imports SET until = 1 WHERE state = 'in force'", "imported list", "until is 1"),
    (
        "UPDATE list_imports SET state = 'replaced' WHERE state = 'in force'",
        "numbers of an imported list",
        "is gone",
    ),
    (ADMIN_BY_HAND, "access", "is not in the log"),
    ("UPDATE access_tokens SET roles = 'admin compliance'", "access", "roles is"),
    (
        f"UPDATE access_tokens SET revoked_at = NULL WHERE token_hash = {OF_THE_OTHER}",
        "end of an access",
        "is gone",
    ),
    (
        f"UPDATE access_tokens SET token_hash = '{'e' * 64}' WHERE token_hash = {OF_THE_OTHER}",
        "access",
        "is not in the log",
    ),
    ("UPDATE access_tokens SET expires_at = NULL", "access", "expires is null; the log says"),
    ("UPDATE script_steps SET who = 'eve' WHERE position = 2", "step of a script", 'by is "eve"'),
    ("DELETE FROM script_steps WHERE position = 2", "step of a script", "is gone"),
    ("UPDATE script_versions SET script = 'x'", "version of a script", "script is"),
    (f"UPDATE script_versions SET content = {BYTES}", "version of a script", "content is"),
    ("UPDATE script_authors SET name = 'eve'", "version of a script", "authors is"),
    ("DELETE FROM attempts WHERE call = 'call-a'", "attempt", "is gone"),
    ("UPDATE attempts SET committed_at = 1 WHERE call = 'call-a'", "attempt", "at is 1"),
    ("UPDATE attempts SET trunk = 'b' WHERE call = 'call-a'", "attempt", 'trunk is "b"'),
    (
        "UPDATE attempts SET caller_id = '+442079460001' WHERE call = 'call-a'",
        "attempt",
        "caller ID is",
    ),
    ("UPDATE attempts SET outcome = 'x' WHERE call = 'call-a'", "end of an attempt", "outcome"),
    (
        "UPDATE attempts SET call = 'call-b', number_in_call = 5 WHERE call = 'call-a'",
        "attempt",
        "is gone",
    ),
    ("UPDATE calls SET opted_out_at = NULL", "refusal in a call", "is gone"),
    ("UPDATE calls SET outcome = 'x' WHERE call = 'call-a'", "end of a call", "outcome is"),
    ("UPDATE calls SET barge_ins = 7 WHERE call = 'call-a'", "end of a call", "record is"),
    ("UPDATE calls SET person = NULL WHERE call = 'call-a'", "end of a call", "record is null"),
    ("UPDATE campaigns SET ended_at = NULL", "end of a campaign", "is gone"),
    ("UPDATE campaigns SET contacts_digest = 'x'", "campaign", "digest of its contacts is"),
    ("DELETE FROM legs WHERE call = 'call-d'", "second leg", "is gone"),
    ("UPDATE legs SET joined_at = 1 WHERE call = 'call-c'", "end of a second leg", "joined at"),
    ("UPDATE destructions SET certificate = '{}'", "certificate of destruction", "digest is"),
    ("DELETE FROM destructions WHERE matter = 'evidence'", "destruction", "is gone"),
    ("UPDATE destructions SET subject = 'cards'", "destruction", "subject is"),
    (CONFIGURATION_BY_HAND, "approved configuration", "is not in the log"),
    ("DELETE FROM person_keys", "key of a person", "is gone"),
    ("DELETE FROM signatures", "signature", "is gone"),
    ("UPDATE signatures SET statement = statement || ' '", "signature", "content is"),
    ("UPDATE signatures SET signature = 'x'", "signature", "content is"),
    ("UPDATE signatures SET \"by\" = 'eve'", "signature", "content is"),
    (SIGNATURE_BY_HAND, "signature", "is not in the log"),
    (
        f"UPDATE script_sounds SET sound = {BYTES}",
        "sound of a script",
        "is not in the log",
    ),
    ("UPDATE do_not_call SET unproven = 1", "proof of a suppression", "unproven is 1"),
    ("UPDATE person_keys SET public = 'ssh-ed25519 AAAA'", "key of a person", "key is"),
    ("DELETE FROM vault_keys WHERE wrapped IS NULL", "destroyed key", "is gone"),
    ("UPDATE complaints SET closed_at = 1", "closing of a complaint", "at is 1"),
    ("UPDATE complaints SET number = text", "complaint", "number is"),
    ("DELETE FROM complaint_evidence", "complaint", "evidence is"),
    ("UPDATE complaint_steps SET who = 'eve'", "step of a complaint", 'by is "eve"'),
)


@pytest.mark.parametrize("statement, what, how", TAMPERED)
async def test_what_was_done_by_hand_is_named(
    copied: Place, statement: str, what: str, how: str
) -> None:
    copied.by_hand(statement)
    report = await checked(copied)
    assert any(told == what and how in said for told, said in named(report)), named(report)
    assert not report.holds


@pytest.mark.parametrize("all_gone", [("audit_log",), ("audit_log", "audit_checkpoints")])
async def test_an_empty_log_over_a_used_store_is_a_fault(
    copied: Place, all_gone: tuple[str, ...]
) -> None:
    copied.by_hand(*(f"DELETE FROM {table}" for table in all_gone))
    report = await checked(copied)
    assert "the log is empty, but the store was used" in report.findings[0].what
    assert {"attempt", "access", "suppression", "step of a script"} <= {
        each.what for each in report.differences
    }


async def test_a_store_that_was_never_used_has_no_fault(place: Place) -> None:
    assert (await checked(place)).holds


async def test_what_is_brought_in_by_a_second_upgrade_is_named(copied: Place) -> None:
    copied.by_hand(
        *AS_AT_22,
        ADMIN_BY_HAND,
        f"UPDATE alembic_version SET version_num = '{HELD_TO_THE_LOG - 1:04}'",
    )
    report = await checked(copied)
    # The upgrade takes off a mark that the later version has proven.
    assert {each.what for each in report.differences} == {"proof of a suppression"}
    (finding,) = report.findings
    assert "takes over what is in the tables, which were held to the log before" in finding.what


CAMPAIGN = "id, name, purpose, caller_id, contacts_digest, script_digest, contacts"
CONTACT = 'id, campaign, "row", consent_purpose, consent_at, state'
CALL = (
    "call, campaign, contact, node, started_at, attempts, trunk, caller_id, barge_ins, path, "
    "number_key"
)


def of_before(connection: Connection) -> None:
    """Rows of which the log of the version before tells nothing, too little, or enough."""
    one, two, three = (f"X'{digit * 32}'" for digit in ("11", "22", "33"))
    if connection.dialect.name == "postgresql":
        one, two, three = (f"'\\x{digit * 32}'" for digit in ("11", "22", "33"))
    for statement in (
        f"INSERT INTO do_not_call VALUES (1, {one}, 'refusal', 5, 'node-1', NULL)",
        f"INSERT INTO do_not_call VALUES (2, {two}, 'complaint', 6, 'ann', NULL)",
        f"INSERT INTO do_not_call VALUES (3, {three}, 'own list', {micros(NOON)}, 'ann', 'a')",
        ADMIN_BY_HAND,
        "UPDATE access_tokens SET revoked_at = 7, revoked_by = 'root'",
        f"INSERT INTO campaigns ({CAMPAIGN}) VALUES (1, 'cards', 'cards', '+4', 'c0', '5c', 1)",
        f"INSERT INTO contacts ({CONTACT}) VALUES (1, 1, 2, 'cards', 0, 'done')",
        f"INSERT INTO calls ({CALL}) VALUES ('c', 1, 1, 'n', 0, 1, 'a', '+4', 0, '[]', {one})",
    ):
        connection.execute(text(statement))
    trail = AuditTrail(connection.dialect, "node-1")
    trail.begin()
    for digit, kind in (("33", "own_listed"), ("44", "own_listed"), ("44", "suppression_lifted")):
        trail.note(kind, NOON, {"number": digit * 32, "by": "ann", "reason": "a"})
    trail.note("access_given", NOON, {"user": "eve", "roles": ["admin"], "by": None})
    trail.finish(connection)


async def test_rows_from_before_are_taken_over_once_and_held_to_what_they_were(
    place: Place,
) -> None:
    with at_schema(place, HELD_TO_THE_LOG - 1) as (connection, _keys):
        of_before(connection)
    report = await checked(place)
    assert report.holds, report
    # Two suppressions, an access and its end, a call; not what the old log proves.
    taken = report.from_before
    assert taken == 6
    assert (await checked(place)).from_before == taken, "not once more"
    place.by_hand("UPDATE do_not_call SET since = since + 1 WHERE why = 'refusal'")
    report = await checked(place)
    assert ("refusal", "is not what an upgrade took over") in named(report)
    place.by_hand("DELETE FROM do_not_call")
    assert ("refusal", "is gone") in named(await checked(place))
