"""Every request that may name a caller is read as an INVITE is, and no PASSporT lies."""

from __future__ import annotations

import base64
from typing import Final

from hypothesis import example, given, settings
from hypothesis import strategies as st

from dialer.sip import _guard
from tests.support.sip_text import HONEST, LISTED, request

DIGITS: Final = LISTED.removeprefix("+")
CALLED: Final = "8613912345678"
IDENTITIES: Final = _guard.Identities([LISTED], ["veridial"], {LISTED: DIGITS})
METHODS: Final = ("INVITE", "UPDATE", "REFER", "MESSAGE", "PUBLISH", "SUBSCRIBE", "BOGUS")
CLAIMING: Final = {
    "From": "f",
    "Contact": "m",
    "Referred-By": "b",
    "P-Asserted-Identity": "P-Asserted-Identity",
    "P-Preferred-Identity": "P-Preferred-Identity",
    "Remote-Party-ID": "Remote-Party-ID",
    "Diversion": "Diversion",
}
URL: Final = "https://certificates.example/a.pem"
HEADER: Final = f'{{"alg":"ES256","ppt":"shaken","typ":"passport","x5u":"{URL}"}}'
CLAIMS: Final = (
    f'{{"attest":"A","dest":{{"tn":["{CALLED}"]}},"iat":1772452800,'
    f'"orig":{{"tn":"{DIGITS}"}},"origid":"b56212e6-1208-5f11-a62d-fb83dda361f7"}}'
)
TAIL: Final = f";info=<{URL}>;alg=ES256;ppt=shaken"

others = st.from_regex(r"[1-9][0-9]{6,14}", fullmatch=True).filter(lambda text: text != DIGITS)


@st.composite
def lies(draw: st.DrawFn) -> str:
    """A claim of another number, spelled as some stack or other spells them."""
    digits = draw(others)
    return draw(
        st.sampled_from(
            [
                f"<sip:+{digits}@192.0.2.1>",
                f"<sips:+{digits}@192.0.2.1>",
                f"<SIP:%2B{digits}@192.0.2.1>",
                f"<sip:%2b{digits}@192.0.2.1;user=phone>",
                f"<tel:+{digits}>",
                f"tel:+{digits}",
                f"<tel:{digits};phone-context=+86>",
                f'"+{digits}" {HONEST}',
                f'"{digits[:3]}-{digits[3:]}" <sip:+{digits}@192.0.2.1>',
                f"{digits} {HONEST}",
                f"{HONEST}, <sip:+{digits}@192.0.2.1>",
                f"<sip:+{digits}@192.0.2.1>,{HONEST}",
                f"{HONEST},\r\n <tel:+{digits}>",
                f"<sip:{LISTED}@192.0.2.1;rn=+{digits}>",
                f"<sip:{LISTED};isub={digits}@192.0.2.1>",
                f"<sip:{LISTED}@192.0.2.1>;cli={digits}",
                f"<sip:{LISTED}@{digits}>",
                f"<sip:{LISTED}@192.0.2.1?From=%3Ctel:+{digits}%3E>",
            ]
        )
    )


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(METHODS), st.sampled_from(sorted(CLAIMING)), lies(), st.data())
def test_no_method_and_no_header_claims_another_number(
    method: str, header: str, lie: str, data: st.DataObject
) -> None:
    name = data.draw(st.sampled_from([header, header.upper(), CLAIMING[header]]))
    # Beside honest headers, before or after another of the same name, or as the only From.
    honest = (name, HONEST)
    beside = data.draw(
        st.sampled_from([[(name, lie)], [honest, (name, lie)], [(name, lie), honest]])
    )
    assert IDENTITIES.judge(request(*beside, method=method)) != ""
    assert IDENTITIES.judge(request(shows=lie, method=method)) != ""


@given(st.sampled_from(METHODS), st.sampled_from(sorted(CLAIMING)))
def test_the_truth_passes_wherever_a_header_may_stand(method: str, header: str) -> None:
    if header != "From":  # a second one would be read by some and not by others
        assert IDENTITIES.judge(request((header, HONEST), method=method)) == ""
    assert IDENTITIES.judge(request(method=method)) == ""


def encoded(text: bytes) -> str:
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def passport(header: str = HEADER, claims: bytes = CLAIMS.encode()) -> str:
    return f"{encoded(header.encode())}.{encoded(claims)}.{'s' * 86}{TAIL}"


edits = st.lists(
    st.tuples(
        st.integers(0, len(CLAIMS)),
        st.integers(0, 4),
        st.one_of(st.binary(max_size=3), st.sampled_from([b'"', b"1", b"B", b" ", b',"a":1'])),
    ),
    min_size=1,
    max_size=3,
)
ATTESTED: Final = (f'"orig":{{"tn":"{DIGITS}"}}'.encode(), f'"dest":{{"tn":["{CALLED}"]}}'.encode())


@settings(max_examples=500, deadline=None)
@given(edits)
@example([(11, 1, b"B")])
def test_a_passport_that_passes_attests_this_call_and_says_nothing_more(
    changes: list[tuple[int, int, bytes]],
) -> None:
    claims = CLAIMS.encode()
    for at, cut, put in changes:
        claims = claims[:at] + put + claims[at + cut :]
    cause = IDENTITIES.judge(request(("Identity", passport(claims=claims))))
    assert cause in {"", "identity"}
    if cause == "":
        assert claims.startswith(b'{"attest":"A",')
        assert all(said in claims for said in ATTESTED)
        # Only the instant and the origin may be others.
        assert claims.count(b":") == CLAIMS.count(":")


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=300))
def test_no_rubbish_is_taken_for_a_passport(rubbish: str) -> None:
    header = request(("Identity", "RUBBISH")).replace(b"RUBBISH", rubbish.encode("latin-1"))
    assert IDENTITIES.judge(header) in {"identity", "malformed"}


@given(others.filter(lambda number: number != CALLED), st.sampled_from([DIGITS, CALLED]))
def test_nobody_else_is_attested(number: str, instead_of: str) -> None:
    claims = CLAIMS.replace(instead_of, number).encode()
    assert IDENTITIES.judge(request(("Identity", passport(claims=claims)))) == "identity"
