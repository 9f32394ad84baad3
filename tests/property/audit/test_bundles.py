"""Bundles of evidence: whole ones hold, and no part of one can be changed unseen."""

import hashlib
import io
import json
import random
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialer.audit import AuditKey, SignedCertificate, read_bundle, write_bundle
from dialer.core.office.audit_chain import GENESIS, AuditRecord, chain
from dialer.errors import AuditError
from tests.support.audit_log import FILES, NODE, a_log, checkpoint

OURS = frozenset({12, 13, 17, 40})
FIRST, LAST = 12, 40
Parts = dict[str, bytes]


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> AuditKey:
    return AuditKey.create(tmp_path_factory.mktemp("key") / "audit.pem")


@pytest.fixture(scope="module")
def good(key: AuditKey, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bundle") / "evidence.zip"
    stored = a_log(LAST)
    signed = key.sign(checkpoint(stored))
    write_bundle(path, FILES, stored[FIRST - 1 :], OURS, stored[FIRST - 2].hash, signed)
    return path


@pytest.fixture
def parts(good: Path) -> Iterator[Parts]:
    with zipfile.ZipFile(good) as bundle:
        yield {name: bundle.read(name) for name in bundle.namelist()}


def pack(path: Path, parts: Parts) -> Path:
    with zipfile.ZipFile(path, "w") as bundle:
        for name, content in parts.items():
            bundle.writestr(name, content)
    return path


def test_a_whole_bundle_holds_and_shows_its_own_records_only(good: Path, key: AuditKey) -> None:
    report = read_bundle(good, key.public)
    assert report.faults == ()
    assert {record.sequence for record in report.records} == OURS
    assert report.files == report.proven == tuple(sorted(FILES))
    foreign = [each.record.body["attempt"] for each in a_log(LAST)[FIRST:LAST]]
    shown = [record.body["attempt"] for record in report.records]
    text = zipfile.ZipFile(good).read("chain.json").decode()
    assert [each in text for each in foreign].count(True) == len(shown) - 1


def test_the_same_evidence_makes_the_same_bytes(good: Path, key: AuditKey, tmp_path: Path) -> None:
    stored = a_log(LAST)
    again = tmp_path / "again.zip"
    signed = key.sign(checkpoint(stored))
    write_bundle(again, FILES, stored[FIRST - 1 :], OURS, stored[FIRST - 2].hash, signed)
    assert again.read_bytes() == good.read_bytes()


def test_without_a_key_to_trust_it_is_told_that_nothing_is_proven(good: Path) -> None:
    (fault,) = read_bundle(good).faults
    assert "no key to trust" in fault


def test_a_bundle_that_another_key_signed_does_not_hold(good: Path, tmp_path: Path) -> None:
    other = AuditKey.create(tmp_path / "other.pem")
    assert (
        "the checkpoint is not signed by the key that is trusted"
        in read_bundle(good, other.public).faults
    )


def test_a_file_that_no_record_names_is_not_proven(
    parts: Parts, key: AuditKey, tmp_path: Path
) -> None:
    stored = a_log(LAST)
    path = tmp_path / "more.zip"
    files = {**FILES, "story.txt": b"what we say"}
    signed = key.sign(checkpoint(stored))
    write_bundle(path, files, stored[FIRST - 1 :], OURS, stored[FIRST - 2].hash, signed)
    report = read_bundle(path, key.public)
    assert report.faults == ()
    assert set(report.files) - set(report.proven) == {"story.txt"}


def bend_record(parts: Parts, lot: random.Random) -> None:
    links = json.loads(parts["chain.json"])
    own = [each for each in links["links"] if "body" in each]
    each = lot.choice(own)
    each["body"]["n"] = each["body"]["n"] + 1
    parts["chain.json"] = json.dumps(links).encode()


def drop_record(parts: Parts, lot: random.Random) -> None:
    links = json.loads(parts["chain.json"])
    links["links"].pop(lot.randrange(len(links["links"])))
    parts["chain.json"] = json.dumps(links).encode()


def drop_file(parts: Parts, lot: random.Random) -> None:
    parts.pop(lot.choice(sorted(FILES)))


def bend_file(parts: Parts, lot: random.Random) -> None:
    name = lot.choice(sorted(FILES))
    content = bytearray(parts[name])
    content[lot.randrange(len(content))] ^= 1
    parts[name] = bytes(content)


def add_file(parts: Parts, _lot: random.Random) -> None:
    parts["forged.json"] = b"{}"


def bend_checkpoint(parts: Parts, lot: random.Random) -> None:
    found = json.loads(parts["checkpoint.json"])
    name = lot.choice(["sequence", "at"])
    found[name] += 1
    parts["checkpoint.json"] = json.dumps(found).encode()


HARMS = (bend_record, drop_record, drop_file, bend_file, add_file, bend_checkpoint)


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("relisted", [False, True])
def test_every_harm_is_found_even_if_the_manifest_is_mended(
    harm: Callable[[Parts, random.Random], None],
    relisted: bool,
    parts: Parts,
    key: AuditKey,
    tmp_path: Path,
) -> None:
    for seed in range(10):
        bent = dict(parts)
        harm(bent, random.Random(seed))
        if relisted:
            manifest = json.loads(bent["manifest.json"])
            manifest["files"] = {
                name: hashlib.sha256(content).hexdigest()
                for name, content in bent.items()
                if name != "manifest.json"
            }
            bent["manifest.json"] = json.dumps(manifest).encode()
        report = read_bundle(pack(tmp_path / f"{seed}.zip", bent), key.public)
        # A file that came or was exchanged along with the manifest is proven by no record.
        assert report.faults or report.files != report.proven or set(report.files) < set(FILES)


@settings(
    max_examples=300,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)
@given(position=st.floats(0, 1, exclude_max=True), mask=st.integers(1, 255))
def test_a_byte_that_flips_is_found_or_changes_nothing(
    position: float, mask: int, good: Path, key: AuditKey, tmp_path: Path
) -> None:
    whole = bytearray(good.read_bytes())
    whole[int(position * len(whole))] ^= mask
    bent = tmp_path / "bent.zip"
    bent.write_bytes(whole)
    try:
        report = read_bundle(bent, key.public)
    except AuditError:
        return
    if not report.faults:
        with zipfile.ZipFile(io.BytesIO(good.read_bytes())) as one, zipfile.ZipFile(bent) as two:
            assert {n: one.read(n) for n in one.namelist()} == {
                n: two.read(n) for n in two.namelist()
            }


def test_parts_that_do_not_fit_are_not_written(key: AuditKey, tmp_path: Path) -> None:
    stored = a_log(10)
    signed = key.sign(checkpoint(stored))
    with pytest.raises(AuditError, match="up to the checkpoint"):
        write_bundle(tmp_path / "a.zip", {}, stored[:5], frozenset({1}), GENESIS, signed)
    with pytest.raises(AuditError, match="files of its own"):
        write_bundle(
            tmp_path / "a.zip", {"chain.json": b""}, stored, frozenset({1}), GENESIS, signed
        )
    assert not (tmp_path / "a.zip").exists()


@pytest.mark.parametrize("content", [b"", b"PK", b"plain text"])
def test_what_is_no_bundle_is_told_so(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(content)
    with pytest.raises(AuditError, match="no bundle of evidence"):
        read_bundle(path)


def test_two_files_of_one_name_are_no_evidence(parts: Parts, key: AuditKey, tmp_path: Path) -> None:
    path = pack(tmp_path / "twice.zip", parts)
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as bundle:
        bundle.writestr("cdr.json", parts["cdr.json"])
    with pytest.raises(AuditError, match="two files of one name"):
        read_bundle(path, key.public)


def test_no_clock_is_in_a_bundle(good: Path) -> None:
    with zipfile.ZipFile(good) as bundle:
        assert {each.date_time for each in bundle.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize(
    "kind, field",
    [("import", "campaign"), ("call_end", "campaign"), ("attempt", "cdr"), ("look", "cdr")],
)
def test_a_digest_anywhere_else_proves_nothing(
    kind: str, field: str, key: AuditKey, tmp_path: Path
) -> None:
    """A campaign that is named by the hash of a forged record says nothing about the record."""
    forged = b'{"outcome": "callee.consented"}'
    body = {field: hashlib.sha256(forged).hexdigest()}
    stored = [chain(GENESIS, AuditRecord(NODE, 1, 1, kind, body))]
    signed = key.sign(checkpoint(stored))
    path = tmp_path / "forged.zip"
    write_bundle(path, {"cdr.json": forged}, stored, frozenset({1}), GENESIS, signed)
    assert read_bundle(path, key.public).proven == ()


def test_records_of_two_calls_are_no_evidence_of_one(key: AuditKey, tmp_path: Path) -> None:
    stored = [chain(GENESIS, AuditRecord(NODE, 1, 1, "refusal", {"call": "a"}))]
    stored.append(chain(stored[0].hash, AuditRecord(NODE, 2, 2, "refusal", {"call": "b"})))
    path = tmp_path / "two.zip"
    write_bundle(path, {}, stored, frozenset({1, 2}), GENESIS, key.sign(checkpoint(stored)))
    assert read_bundle(path, key.public).faults == ("it shows records of more than one call",)


DEEP = b"[" * 100_000 + b"]" * 100_000


@pytest.mark.parametrize("name", ["manifest.json", "chain.json", "checkpoint.json"])
def test_json_that_is_nested_deeply_ends_in_a_clear_error(
    name: str, parts: Parts, tmp_path: Path
) -> None:
    path = pack(tmp_path / "deep.zip", parts | {name: DEEP})
    with pytest.raises(AuditError, match=r"no bundle of evidence|no checkpoint"):
        read_bundle(path)


def test_deep_certificates_and_records_end_in_a_clear_error(
    parts: Parts, key: AuditKey, tmp_path: Path
) -> None:
    with pytest.raises(AuditError, match="no certificate"):
        SignedCertificate.from_json(DEEP.decode())
    # As deep as just can be read, and not be written again.
    found = json.loads(parts["chain.json"])
    found["links"][0]["body"] = {"a": "deep"}
    text = json.dumps(found).encode()
    for depth in (500, 900, 980, 990):
        deep = b"[" * depth + b"]" * depth
        path = pack(
            tmp_path / f"{depth}.zip", parts | {"chain.json": text.replace(b'"deep"', deep)}
        )
        try:
            faults: object = read_bundle(path, key.public).faults
        except AuditError as error:
            faults = error
        assert faults
