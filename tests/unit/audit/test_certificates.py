"""A certificate of destruction is signed, and says so only of itself."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from dialer.audit import AuditKey, SignedCertificate
from dialer.core.office.certificate import Certificate
from dialer.core.office.retention import Matter
from dialer.errors import AuditError

CERTIFICATE = Certificate(
    id="d-1",
    operator="Example Bank",
    node="node-1",
    matter=Matter.CONTACTS,
    subject="card-renewal",
    why="29 days after the campaign's end",
    counts={"contacts": 3},
    how=("the key was destroyed", "the rows were overwritten"),
    keys=("contacts/card-renewal",),
    master="0123456789abcdef",
    by="node-1",
    begun_at=1,
    done_at=2,
)


@pytest.fixture
def key(tmp_path: Path) -> AuditKey:
    return AuditKey.create(tmp_path / "audit.pem")


def test_a_signed_certificate_is_known_again(key: AuditKey) -> None:
    signed = SignedCertificate.made(CERTIFICATE, key)
    again = SignedCertificate.from_json(signed.as_json())
    assert again == signed
    assert again.is_authentic(key.public)


def test_another_key_or_a_changed_figure_is_found(key: AuditKey, tmp_path: Path) -> None:
    signed = SignedCertificate.made(CERTIFICATE, key)
    other = AuditKey.create(tmp_path / "other.pem")
    assert not signed.is_authentic(other.public)
    assert not replace(signed, signer=other.public).is_authentic(other.public)
    more = replace(CERTIFICATE, counts={"contacts": 4})
    assert not replace(signed, certificate=more).is_authentic(key.public)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "null",
        '{"certificate": {}, "signer": "", "signature": ""}',
    ],
)
def test_what_is_no_certificate_is_refused(text: str) -> None:
    with pytest.raises(AuditError, match="certificate"):
        SignedCertificate.from_json(text)


def test_one_with_a_short_signature_is_refused(key: AuditKey) -> None:
    found = json.loads(SignedCertificate.made(CERTIFICATE, key).as_json())
    with pytest.raises(AuditError):
        SignedCertificate.from_json(json.dumps({**found, "signature": "00"}))
