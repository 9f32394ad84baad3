"""What is hashed and signed, put together by hand: what was told outside is checked for years."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from dialer.audit import AuditKey, SignedCertificate, SignedCheckpoint
from dialer.core.office.audit_chain import (
    GENESIS,
    AuditRecord,
    Chained,
    ChainFault,
    Checkpoint,
    canonical,
    chain,
    digest_of,
    verify,
)
from dialer.core.office.certificate import Certificate
from dialer.core.office.retention import Matter
from dialer.errors import AuditError
from tests.support.audit_log import NODE, a_log, checkpoint

BYTES = '["nöde",3,1000,"look",{"a":[1,null],"b":"王"}]'.encode()
RECORD = AuditRecord("nöde", 3, 1000, "look", {"b": "王", "a": [1, None]})
CERTIFICATE = Certificate(
    id="d-1",
    operator="Bank",
    node="n",
    matter=Matter.CONTACTS,
    subject="cards",
    why="over",
    counts={"rows": 3, "keys": 1},
    how=("one", "two"),
    keys=("contacts/cards",),
    master="ab",
    by="n",
    begun_at=1,
    done_at=2,
)
SIGNED_BYTES = (
    b'["veridial certificate of destruction 1",{"begun_at":1,"by":"n","counts":{"keys":1,"rows":3},'
    b'"done_at":2,"how":["one","two"],"id":"d-1","keys":["contacts/cards"],"master":"ab",'
    b'"matter":"contacts","node":"n","operator":"Bank","subject":"cards","why":"over"}]'
)


@pytest.fixture
def key(tmp_path: Path) -> AuditKey:
    return AuditKey.create(tmp_path / "audit.pem")


def test_a_record_is_hashed_as_it_always_was() -> None:
    assert RECORD.canonical() == BYTES
    digest = hashlib.sha256(BYTES).digest()
    body = '{"a":[1,null],"b":"王"}'
    assert RECORD.digest() == digest_of("nöde", 3, 1000, "look", body) == digest
    assert chain(b"p" * 32, RECORD).hash == hashlib.sha256(b"p" * 32 + digest).digest()
    assert bytes(32) == GENESIS
    # What was found on the disk is hashed to the byte, be it canonical or not.
    found = replace(RECORD, written='{"b": "王"}')
    assert found.canonical() == '["nöde",3,1000,"look",{"b": "王"}]'.encode()
    for bad in (float("nan"), "\ud800"):
        with pytest.raises(ValueError, match=r"JSON|surrogates"):
            replace(RECORD, body={"x": bad}).canonical()
        with pytest.raises(ValueError, match=r"JSON|surrogates"):
            canonical({"x": bad})


def test_a_checkpoint_is_signed_as_it_always_was(key: AuditKey) -> None:
    signed = key.sign(Checkpoint("nöde", 7, bytes(range(32)), 99))
    text = f'["veridial checkpoint","nöde",7,"{bytes(range(32)).hex()}",99]'
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key.public))
    public.verify(signed.signature, text.encode())
    # As MQTT tells it: `node` and `at` are the event's own.
    told = json.loads(signed.as_json())
    told |= {"chain": told["node"], "signed_at": told["at"], "node": "node-1", "at": "2026-03-02"}
    assert SignedCheckpoint.from_json(json.dumps(told)) == signed


@pytest.mark.parametrize(
    "change",
    [
        {"hash": "00" * 31},
        {"hash": "00" * 33},
        {"signature": "00" * 63},
        {"signature": "00" * 65},
        {"signer": "00" * 31},
        {"sequence": True},
        {"sequence": "7"},
        {"at": 1.5},
    ],
)
def test_what_is_a_byte_too_short_or_too_long_is_no_checkpoint(
    key: AuditKey, change: dict[str, object]
) -> None:
    found = json.loads(key.sign(checkpoint(a_log(3))).as_json())
    SignedCheckpoint.from_json(json.dumps(found))
    with pytest.raises(AuditError, match="no checkpoint"):
        SignedCheckpoint.from_json(json.dumps(found | change))


def test_a_certificate_is_signed_as_it_always_was(key: AuditKey) -> None:
    assert CERTIFICATE.canonical() == SIGNED_BYTES
    assert CERTIFICATE.digest() == hashlib.sha256(SIGNED_BYTES).hexdigest()
    signed = SignedCertificate.made(CERTIFICATE, key)
    public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key.public))
    public.verify(signed.signature, SIGNED_BYTES)
    found = json.loads(signed.as_json())
    assert found["veridial"] == "certificate of destruction"
    for change in ({"signature": "00" * 63}, {"signature": "00" * 65}, {"signer": "00" * 31}):
        with pytest.raises(AuditError):
            SignedCertificate.from_json(json.dumps(found | change))


@pytest.mark.parametrize(
    "change", [{"begun_at": -1}, {"done_at": True}, {"counts": {"x": -1}}, {"how": [1]}, {"id": 1}]
)
def test_a_certificate_holds_what_one_can_hold(change: dict[str, object]) -> None:
    whole = CERTIFICATE.as_dict() | {"begun_at": 0, "counts": {"x": 0}}
    Certificate.from_dict(whole)
    with pytest.raises((TypeError, ValueError)):
        Certificate.from_dict(whole | change)


def found(stored: list[Chained], *marks: Checkpoint) -> list[tuple[int, str]]:
    return [(each.sequence, each.what) for each in verify(NODE, stored, marks)]


def test_what_is_wrong_is_told_in_words_that_fit() -> None:
    log = a_log(9)
    changed = "is not what followed {}: one of the two was changed"
    assert found([*log[:3], *log[4:]]) == [(4, "is missing")]
    assert found([*log[:3], *log[5:]]) == [(4, "is missing, and all up to 5")]
    assert found(log[2:]) == [(1, "is missing, and all up to 2")]
    assert found([*log[:3], log[2], *log[3:]]) == [(3, "comes after 3: doubled, or out of order")]
    bent = replace(log[4], record=replace(log[4].record, kind="x"))
    assert found([*log[:4], bent, *log[5:]]) == [(5, changed.format(4))]
    ends = "is missing, and all after it: the log ends at 5, but 9 was signed"
    assert found(log[:5], checkpoint(log), checkpoint(log, 6)) == [(6, ends)]
    wrong = replace(checkpoint(log, 4), hash=bytes(32))
    differs = "differs from its signed checkpoint: it, or a record before it, was changed"
    assert found(log, wrong, checkpoint(log, 4)) == [(5, differs)]
    # Told once: a checkpoint of what is missing in the middle adds nothing.
    assert found([*log[:3], *log[4:]], checkpoint(log, 3)) == [(4, "is missing")]
    # Those of other nodes are none of ours.
    assert found(log, replace(wrong, node="node-2")) == []
    alien = replace(log[1], record=replace(log[1].record, node="node-2"))
    assert verify(NODE, [log[0], alien])[0] == ChainFault(NODE, 2, "is another node's record")
