"""The approval in a bundle: signed by a person's own key, and of the words that the call said."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from dialer.core.office.audit_chain import AuditRecord
from dialer.core.values.statements import Act, names
from dialer.credentials.ssh_keys import PublicKey, is_signed
from dialer.errors import SignatureError


def read_approval(
    parts: Mapping[str, bytes], records: Iterable[AuditRecord]
) -> tuple[str | None, list[str]]:
    """Who approved it, with the key's fingerprint, and what is wrong with that.

    None where the bundle has no approval, or one of before there were signatures.
    """
    content = parts.get("approval.json")
    if content is None:
        return None, []
    try:
        whole = json.loads(content)
        version, last = str(whole["version"]), dict(whole["steps"][-1])
        signed = last.get("signed")
        if last["action"] != "approve" or not isinstance(signed, Mapping):
            return None, []
        by, key = str(last["who"]), PublicKey.read(str(signed["key"]))
        text, signature = str(signed["statement"]), str(signed["signature"])
    except (KeyError, ValueError, TypeError, IndexError, RecursionError, SignatureError):
        return None, ["the approval cannot be read"]
    faults = []
    if not is_signed(text, signature, key.text):
        faults.append("the approval is not signed by the key that it names")
    if not names(text, Act.APPROVE_SCRIPT, by, version=version):
        faults.append("what was signed is not the approval of this version")
    if version not in _said(records):
        faults.append("the approval is of other words than the call's")
    return f"{by} {key.fingerprint}", faults


def _said(records: Iterable[AuditRecord]) -> set[Any]:
    return {record.body.get("script_version") for record in records if record.kind == "attempt"}
