"""One call's evidence in one file, that anybody can check without us: `evidence.zip`.

    manifest.json     what is in it, the SHA-256 of every file, and whose key to trust
    chain.json        the call's audit records with their places in the node's chain: from the hash
                      before the first to the checkpoint, every record's digest, ours in full
    checkpoint.json   the signed checkpoint that the chain runs into
    ...               the call's files: CDR, events, script, recording

What it proves: the records are what the node wrote then, in this order, and were part of the chain
when the checkpoint was signed. A file is proven where a record of the call holds its digest: one of
the kind that tells of such a file, in the field for it. A digest anywhere else proves nothing.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dialer.audit.approvals import read_approval
from dialer.audit.signing import SignedCheckpoint
from dialer.core.office.audit_chain import AuditRecord, Chained, link
from dialer.core.office.audit_kinds.calls import ATTEMPT, CALL_END
from dialer.core.values.outside_json import read_json
from dialer.errors import AuditError

_OWN: Final = ("manifest.json", "chain.json", "checkpoint.json")
_PROVEN_BY: Final[Mapping[str, tuple[str, str]]] = {
    "cdr.json": (CALL_END, "cdr"),
    "consent.json": (ATTEMPT, "consent"),
    "script.json": (ATTEMPT, "script_version"),
}
"""Of each file that a record holds the digest of: the record's kind, and the field."""
_MOST_BYTES: Final = 1 << 30
_EARLIEST: Final = (1980, 1, 1, 0, 0, 0)
"""A zip's first date: the same evidence makes the same bytes."""


@dataclass(frozen=True, slots=True)
class BundleReport:
    """What a bundle says and whether it holds; `faults` in words, none where it does."""

    records: tuple[AuditRecord, ...]
    files: tuple[str, ...]
    proven: tuple[str, ...]
    """Those of `files` whose digest a record of the call holds, in its field."""
    signer: str
    faults: tuple[str, ...]
    approved_by: str | None = None
    """Who signed the approval of what was said, and the key's fingerprint."""


def write_bundle(
    path: Path,
    files: Mapping[str, bytes],
    stretch: Sequence[Chained],
    ours: frozenset[int],
    before: bytes,
    signed: SignedCheckpoint,
) -> None:
    """Write the bundle of one call to the new file `path`.

    `stretch` is the node's chain from the call's first record to the checkpoint's, without a gap;
    `ours` are the sequence numbers of the records to be shown; `before` the hash that the first
    follows. Raises AuditError where they do not fit, or the file cannot be made.
    """
    if not stretch or stretch[-1].record.sequence != signed.checkpoint.sequence:
        raise AuditError("the chain must run up to the checkpoint")
    if taken := sorted(set(_OWN) & set(files)):
        raise AuditError(f"a bundle has files of its own called {', '.join(taken)}")
    chain = {
        "before": before.hex(),
        "links": [_shown(each, ours) for each in stretch],
    }
    parts = {
        **files,
        "chain.json": _json(chain),
        "checkpoint.json": signed.as_json().encode(),
    }
    manifest = {
        "veridial": "evidence of one call",
        "signer": signed.signer,
        "files": {name: hashlib.sha256(parts[name]).hexdigest() for name in sorted(parts)},
    }
    try:
        with zipfile.ZipFile(path, "x", zipfile.ZIP_DEFLATED) as bundle:
            for name, content in {"manifest.json": _json(manifest), **parts}.items():
                bundle.writestr(zipfile.ZipInfo(name, _EARLIEST), content)
    except OSError as error:
        raise AuditError(f"no bundle was written to {path}: {error.strerror}") from None


def read_bundle(path: Path, trusted: str | None = None) -> BundleReport:
    """Check the bundle at `path`, offline.

    `trusted` is the public key in hex that its checkpoint must be signed with; without it, only
    that the bundle agrees with itself is checked, which is a fault told. Raises AuditError where
    the file is no bundle at all.
    """
    parts = _unpack(path)
    try:
        manifest = read_json(parts["manifest.json"])
        listed: dict[str, str] = dict(manifest["files"])
        signed = SignedCheckpoint.from_json(parts["checkpoint.json"].decode())
        chain = read_json(parts["chain.json"])
        before, links = bytes.fromhex(chain["before"]), list(chain["links"])
    except (KeyError, ValueError, TypeError):
        raise AuditError(f"{path} is no bundle of evidence, or a damaged one") from None
    faults = _against_manifest(parts, listed)
    records, ends, found = _follow(before, links, signed.checkpoint.node)
    faults += found
    if manifest.get("signer") != signed.signer:
        faults.append("the manifest names another signer than the checkpoint's")
    if ends != (signed.checkpoint.sequence, signed.checkpoint.hash):
        faults.append("the chain does not run into the checkpoint")
    if not signed.is_authentic(trusted or signed.signer):
        faults.append("the checkpoint is not signed by the key that is trusted")
    if trusted is None:
        faults.append("no key to trust was named: whose signature it is, is not checked")
    files = tuple(sorted(set(parts) - set(_OWN)))
    approved_by, wrong = read_approval(parts, records)
    faults += wrong
    if len({record.body.get("call") for record in records}) > 1:
        faults.append("it shows records of more than one call")
    proven = tuple(name for name in files if _is_proven(name, parts[name], records))
    return BundleReport(tuple(records), files, proven, signed.signer, tuple(faults), approved_by)


def _shown(each: Chained, ours: frozenset[int]) -> dict[str, Any]:
    record = each.record
    if record.sequence not in ours:
        return {"sequence": record.sequence, "digest": record.digest().hex()}
    return {
        "sequence": record.sequence,
        "at": record.at,
        "kind": record.kind,
        "body": record.body,
    }


def _follow(
    before: bytes, links: Sequence[Any], node: str
) -> tuple[list[AuditRecord], tuple[int, bytes], list[str]]:
    """The records shown, where the chain ends, and what is wrong on the way."""
    records: list[AuditRecord] = []
    faults: list[str] = []
    sequence, at_hash = 0, before
    for each in links:
        try:
            number = int(each["sequence"])
            if "digest" in each:
                digest = bytes.fromhex(each["digest"])
            else:
                record = AuditRecord(
                    node, number, int(each["at"]), str(each["kind"]), dict(each["body"])
                )
                digest = record.digest()
                records.append(record)
        except (KeyError, ValueError, TypeError, AttributeError, RecursionError, OverflowError):
            faults.append(f"what comes after record {sequence} of the chain cannot be read")
            break
        if sequence and number != sequence + 1:
            faults.append(f"record {sequence + 1} is missing")
        sequence, at_hash = number, link(at_hash, digest)
    return records, (sequence, at_hash), faults


def _against_manifest(parts: Mapping[str, bytes], listed: Mapping[str, str]) -> list[str]:
    there = set(parts) - {"manifest.json"}
    return [
        *(f"{name} is missing" for name in sorted(set(listed) - there)),
        *(f"{name} is not in the manifest" for name in sorted(there - set(listed))),
        *(
            f"{name} was changed"
            for name in sorted(there & set(listed))
            if hashlib.sha256(parts[name]).hexdigest() != listed[name]
        ),
    ]


def _unpack(path: Path) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(path) as bundle:
            entries = bundle.infolist()
            if sum(entry.file_size for entry in entries) > _MOST_BYTES:
                raise AuditError(f"{path} holds more than a bundle of evidence may")
            if len({entry.filename for entry in entries}) != len(entries):
                raise AuditError(f"{path} holds two files of one name")
            return {entry.filename: bundle.read(entry) for entry in entries}
    except OSError as error:
        raise AuditError(f"{path} cannot be read: {error.strerror}") from None
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError):
        raise AuditError(f"{path} is no bundle of evidence, or a damaged one") from None


def _is_proven(name: str, content: bytes, records: Sequence[AuditRecord]) -> bool:
    """Whether a record of the kind that tells of this file has its digest where it belongs."""
    kind, field = _PROVEN_BY.get(name, ("", ""))
    digest = hashlib.sha256(content).hexdigest()
    return any(record.kind == kind and record.body.get(field) == digest for record in records)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode()
