"""PASSporTs: what is signed is read back, what is changed is seen, and any text is dealt with."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.core.gate.signed import Validity
from dialer.core.values.number import E164
from dialer.credentials.passport import BadPassportError, Credentials, Signer, parse
from dialer.sip import _guard
from tests.support.passports import ORIGID, URL, verified
from tests.support.sip_text import request

KEY: Final = ec.generate_private_key(ec.SECP256R1())
NOW: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
CREDENTIALS: Final = Credentials(KEY, Validity(NOW, NOW + timedelta(days=3650)))
OURS: Final = E164("+861065550100")
CALLED: Final = E164("+8613912345678")
IDENTITY: Final = Signer(CREDENTIALS, URL, [verified(OURS)], ORIGID).identity(OURS, CALLED, NOW)
TOKEN: Final = len(IDENTITY.partition(";")[0])

numbers = st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True).map(E164)
seconds = st.integers(0, 3650 * 86400)


@settings(max_examples=100, deadline=None)
@given(numbers, numbers, seconds)
def test_what_is_signed_is_read_back_and_passes_the_guard(
    caller: E164, callee: E164, later: int
) -> None:
    at = NOW + timedelta(seconds=later)
    # The proof that `verified` gives holds for longer than the certificate.
    signer = Signer(CREDENTIALS, URL, [verified(caller)], ORIGID)
    identity = signer.identity(caller, callee, at)
    read = parse(identity)
    assert read.is_signed_by(KEY.public_key())
    assert (read.attest, read.orig, read.dest) == ("A", caller.digits, (callee.digits,))
    assert read.issued_at == at
    guard = _guard.Identities([caller.clear], ["veridial"], {caller.clear: caller.digits})
    invite = request(("Identity", identity), shows=f"<sip:{caller.clear}@192.0.2.1>")
    to = b"To: <sip:+8613912345678@"
    assert guard.judge(invite.replace(to, f"To: <sip:{callee.clear}@".encode())) == ""


@settings(max_examples=300, deadline=None)
@given(st.integers(0, TOKEN - 1), st.integers(0, 2), st.text("AZaz09-_.+/=", max_size=2))
def test_whatever_is_changed_in_it_is_seen(at: int, cut: int, put: str) -> None:
    changed = IDENTITY[:at] + put + IDENTITY[at + cut :]
    if changed == IDENTITY:
        return
    try:
        read = parse(changed)
    except BadPassportError:
        return
    # Base64's last letter has bits to spare: another letter there may be the same signature.
    same = read.signed == parse(IDENTITY).signed and read.signature == parse(IDENTITY).signature
    assert same or not read.is_signed_by(KEY.public_key())


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.text(max_size=200),
        st.builds("{}.{}.{};info=<x>;ppt=shaken".format, *[st.text("eyJ0iOnA_-", max_size=30)] * 3),
    )
)
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(BadPassportError):
        assert len(parse(text).signature) == 64
