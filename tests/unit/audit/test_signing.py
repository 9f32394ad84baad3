"""Keys and signed checkpoints of the audit log."""

import dataclasses
import subprocess
from pathlib import Path

import pytest

from dialer.audit import AuditKey, SignedCheckpoint
from dialer.errors import AuditError
from tests.support.audit_log import a_log, checkpoint


@pytest.fixture
def key(tmp_path: Path) -> AuditKey:
    return AuditKey.create(tmp_path / "audit.pem")


def test_a_key_is_written_once_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "audit.pem"
    key = AuditKey.create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert AuditKey.from_file(path).public == key.public
    with pytest.raises(AuditError, match="File exists"):
        AuditKey.create(path)
    assert AuditKey.from_file(path).public == key.public


def test_a_key_made_by_openssl_is_taken_and_its_public_half_agrees(tmp_path: Path) -> None:
    path = tmp_path / "audit.pem"
    command = ["openssl", "genpkey", "-algorithm", "ed25519", "-out", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    path.chmod(0o600)
    shown = subprocess.run(
        ["openssl", "pkey", "-in", str(path), "-pubout", "-outform", "DER"],
        check=True,
        capture_output=True,
    )
    assert shown.stdout[-32:].hex() == AuditKey.from_file(path).public


def test_a_checkpoint_comes_back_as_it_was_told(key: AuditKey) -> None:
    signed = key.sign(checkpoint(a_log(5)))
    again = SignedCheckpoint.from_json(signed.as_json())
    assert again == signed
    assert again.is_authentic(key.public)


def test_a_checkpoint_of_somebody_elses_is_not_authentic(key: AuditKey, tmp_path: Path) -> None:
    signed = key.sign(checkpoint(a_log(5)))
    other = AuditKey.create(tmp_path / "other.pem")
    assert not signed.is_authentic(other.public)
    assert not dataclasses.replace(signed, signer=other.public).is_authentic(other.public)


@pytest.mark.parametrize(
    "change", [{"node": "node-2"}, {"sequence": 6}, {"hash": bytes(32)}, {"at": 5}]
)
def test_nothing_of_a_checkpoint_can_be_changed(key: AuditKey, change: dict[str, object]) -> None:
    signed = key.sign(checkpoint(a_log(5)))
    bent = dataclasses.replace(signed.checkpoint, **change)  # type: ignore[arg-type]
    assert not dataclasses.replace(signed, checkpoint=bent).is_authentic(key.public)


def test_a_key_that_others_may_use_is_refused(key: AuditKey, tmp_path: Path) -> None:
    path = tmp_path / "audit.pem"
    path.chmod(0o644)
    with pytest.raises(AuditError, match="chmod 600"):
        AuditKey.from_file(path)


@pytest.mark.parametrize("content", ["", "no key", "-----BEGIN PRIVATE KEY-----\nxx\n"])
def test_a_file_without_a_key_says_how_to_make_one(tmp_path: Path, content: str) -> None:
    path = tmp_path / "audit.pem"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(AuditError, match="openssl genpkey -algorithm ed25519"):
        AuditKey.from_file(path)


def test_a_key_that_is_not_there_and_a_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "none.pem", tmp_path):
        with pytest.raises(AuditError, match="cannot be read"):
            AuditKey.from_file(path)


def test_the_private_half_is_never_shown(key: AuditKey, tmp_path: Path) -> None:
    text = (tmp_path / "audit.pem").read_text()
    secret = text.splitlines()[1]
    assert secret not in repr(key)
    assert repr(key) == f"AuditKey({key.public})"


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"node": "a", "sequence": "1"}', '{"node": 1, "sequence": true}', "nonsense"],
)
def test_what_is_no_checkpoint_is_told_so(text: str) -> None:
    with pytest.raises(AuditError, match="no checkpoint"):
        SignedCheckpoint.from_json(text)
