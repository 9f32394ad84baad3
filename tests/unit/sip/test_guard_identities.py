"""What the native guard lets pass and what not, by what stands in the request."""

from __future__ import annotations

import base64

import pytest

from dialer.sip import _guard
from tests.support.sip_text import HONEST, LISTED, request

DIGITS = LISTED.removeprefix("+")
OTHER = "+861065550199"
IDENTITIES = _guard.Identities([LISTED], ["veridial", "trunk-user"])


def judge(*extra: tuple[str, str], shows: str = HONEST, method: str = "INVITE") -> str:
    return IDENTITIES.judge(request(*extra, shows=shows, method=method))


@pytest.mark.parametrize(
    "header, value",
    [
        ("P-Asserted-Identity", f"<sip:{LISTED}@192.0.2.1>"),
        ("P-Asserted-Identity", f"<sip:{LISTED}@192.0.2.1;user=phone>, <tel:{LISTED}>"),
        ("P-Preferred-Identity", f"<SIPS:{LISTED}@carrier.example;transport=TLS>"),
        ("Remote-Party-ID", f"<sip:{LISTED}@h.example>;party=calling;screen=yes;privacy=off"),
        ("Diversion", f'<sip:{LISTED}@[2001:db8::1]:5060>;reason="unconditional";counter=1'),
        ("Referred-By", f"<sip:{LISTED}@192.0.2.1>"),
        ("Refer-To", "<sip:100@pbx.example?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc>"),
        ("Privacy", "none"),
        ("Authorization", 'Digest username="8612345", uri="sip:+8613912345678@192.0.2.9"'),
        ("m", '<sip:veridial@192.0.2.1:5070;ob>;+sip.instance="<urn:uuid:0-1>";reg-id=1'),
    ],
)
def test_a_request_that_shows_the_listed_number_passes(header: str, value: str) -> None:
    assert judge((header, value)) == ""


@pytest.mark.parametrize("method", ["INVITE", "UPDATE", "REFER", "MESSAGE", "invite", "NEW"])
def test_every_method_that_names_a_caller_is_examined(method: str) -> None:
    assert judge(method=method) == ""
    assert judge(method=method, shows=f"<sip:{OTHER}@192.0.2.1>") == "from"


@pytest.mark.parametrize(
    "method", ["ACK", "BYE", "CANCEL", "INFO", "NOTIFY", "OPTIONS", "PRACK", "REGISTER"]
)
def test_methods_that_call_nobody_are_not(method: str) -> None:
    assert judge(method=method, shows=f"<sip:{OTHER}@192.0.2.1>") == ""


@pytest.mark.parametrize(
    "shows",
    [
        f"<sip:{OTHER}@192.0.2.1>",
        f"<sip:{DIGITS}@192.0.2.1>",
        f"<sip:{LISTED}0@192.0.2.1>",
        f"<sip:%2B{DIGITS}@192.0.2.1>",
        "<sip:+8610-6555-0100@192.0.2.1>",
        f"<sip:{LISTED};phone-context=+1@192.0.2.1>",
        f"<sip:{LISTED}:secret@192.0.2.1>",
        f"<sip:{LISTED}@192.0.2.1@192.0.2.2>",
        f"<sip:{LISTED}@8613800000000>",
        f"<sip:{LISTED}@anonymous.invalid>",
        f"<sip:{LISTED}@192.0.2.1?P-Asserted-Identity=%3Ctel:{OTHER}%3E>",
        f"<sip:{LISTED}@192.0.2.1;rn={OTHER}>",
        f"<sip:{LISTED}@192.0.2.1>;privacy=full",
        f"<tel:{DIGITS}>",
        f"<tel:{LISTED};phone-context=+1>",
        f"<mailto:{LISTED}@192.0.2.1>",
        f"sip:{LISTED}@192.0.2.1",
        f'"{OTHER}" <sip:{LISTED}@192.0.2.1>',
        f"Bank <sip:{LISTED}@192.0.2.1>",
        f"<sip:{LISTED}@192.0.2.1>, <sip:{OTHER}@192.0.2.1>",
        '"Anonymous" <sip:anonymous@anonymous.invalid>',
        "<sip:192.0.2.1>",
        "<sip:stranger@192.0.2.1>",
        "*",
        "",
    ],
)
def test_any_other_from_is_vetoed(shows: str) -> None:
    assert judge(shows=shows) == "from"


@pytest.mark.parametrize(
    "name, cause",
    [
        ("From", "from"),
        ("f", "from"),
        ("P-Asserted-Identity", "p_asserted_identity"),
        ("p-asserted-IDENTITY ", "p_asserted_identity"),
        ("P-Preferred-Identity", "p_preferred_identity"),
        ("Remote-Party-ID", "remote_party_id"),
        ("Diversion", "diversion"),
        ("Contact", "contact"),
        ("m", "contact"),
        ("Referred-By", "referred_by"),
        ("b", "referred_by"),
        ("History-Info", "header"),
        ("P-Charge-Info", "header"),
        ("X-Caller-ID", "header"),
        ("Subject", "header"),
    ],
)
def test_a_claim_beside_an_honest_from_is_vetoed(name: str, cause: str) -> None:
    assert judge((name, f"<sip:{OTHER}@192.0.2.1>")) == cause
    assert judge((name, "<sip:anonymous@anonymous.invalid>")) == cause


@pytest.mark.parametrize(
    "extra, cause",
    [
        (("Privacy", "id"), "privacy"),
        (("Privacy", "none;id"), "privacy"),
        (("Remote-Party-ID", f"<sip:{LISTED}@h.example>;privacy=full"), "remote_party_id"),
        (("Refer-To", f"<sip:1@h.example?From=%3Csip:{OTHER}@h%3E>"), "refer_to"),
        (("r", "<sip:1@h.example?Replaces=a&P-Asserted-Identity=b>"), "refer_to"),
        (("Supported", f"timer\nFrom: <sip:{OTHER}@h.example>"), "malformed"),
        (("Supported", f"timer\rFrom: <sip:{OTHER}@h.example>"), "malformed"),
        (("Supported", f"timer\r\n P-Asserted-Identity: <tel:{OTHER}>"), "malformed"),
        (("Supported", f"timer\r\nP-Asserted-Identity: <tel:{OTHER}>"), "p_asserted_identity"),
        (("Content-Length", "0"), "malformed"),
        (("l", "7"), "malformed"),
        (("Content-Type", "application/ISUP"), "body"),
        (("Sup\x00ported", "timer"), "malformed"),
        (("no colon\r\nSupported", "timer"), "malformed"),
        (("From", f"<sip:{LISTED}@192.0.2.1>;tag=2"), "malformed"),
    ],
)
def test_what_two_receivers_could_read_in_two_ways_is_vetoed(
    extra: tuple[str, str], cause: str
) -> None:
    assert judge(extra) == cause


@pytest.mark.parametrize("kind", [b"application/ISUP", b"multipart/mixed;boundary=x", b""])
def test_a_body_of_another_kind_is_vetoed(kind: bytes) -> None:
    assert IDENTITIES.judge(request().replace(b"application/sdp", kind)) == "body"


SIGNING = _guard.Identities([LISTED], ["veridial"], {LISTED: DIGITS})
CALLED = "8613912345678"
URL = "https://certificates.example/a-17.pem"
HEADER = f'{{"alg":"ES256","ppt":"shaken","typ":"passport","x5u":"{URL}"}}'
CLAIMS = (
    f'{{"attest":"A","dest":{{"tn":["{CALLED}"]}},"iat":1772452800,'
    f'"orig":{{"tn":"{DIGITS}"}},"origid":"b56212e6-1208-5f11-a62d-fb83dda361f7"}}'
)
TAIL = f";info=<{URL}>;alg=ES256;ppt=shaken"
SIGNATURE = "x" * 86


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def identity(
    claims: str = CLAIMS, header: str = HEADER, signature: str = SIGNATURE, tail: str = TAIL
) -> tuple[str, str]:
    return "Identity", f"{encoded(header)}.{encoded(claims)}.{signature}{tail}"


def test_a_passport_for_the_number_shown_and_the_callee_passes() -> None:
    assert SIGNING.judge(request(identity())) == ""
    assert SIGNING.judge(request(("y", identity()[1]))) == ""
    shows = f"<sip:{LISTED}@192.0.2.1>"
    assert SIGNING.judge(request(identity(), ("P-Asserted-Identity", shows))) == ""
    nobody = _guard.Identities([LISTED], ["veridial", "user-7"], {LISTED: DIGITS})
    from_user = "<sip:user-7@carrier.example>"
    asserted = ("P-Asserted-Identity", f"<tel:{LISTED}>")
    assert nobody.judge(request(identity(), asserted, shows=from_user)) == ""


@pytest.mark.parametrize(
    "forged",
    [
        identity(CLAIMS.replace('"A"', '"B"')),
        identity(CLAIMS.replace('"A"', '"C"')),
        identity(CLAIMS.replace(DIGITS, "861065550199")),
        identity(CLAIMS.replace(CALLED, "8613912345679")),
        identity(CLAIMS.replace(CALLED, "+8613912345678")),
        identity(CLAIMS.replace(f'"{CALLED}"', f'"{CALLED}","{CALLED}"')),
        identity(CLAIMS.replace(',"iat"', ', "iat"')),
        identity(CLAIMS.replace('"iat":1772452800', '"iat":"1772452800"')),
        identity(CLAIMS.replace('"origid"', '"rcd":{"nam":"A Bank"},"origid"')),
        identity(CLAIMS.replace('"orig":{"tn"', '"orig":{"uri"')),
        identity(CLAIMS + " "),
        identity(CLAIMS[:-1]),
        identity(header=HEADER.replace("shaken", "div")),
        identity(header=HEADER.replace("https", "http")),
        identity(tail=TAIL.replace("https", "http")),
        identity(tail=TAIL.replace("shaken", "div")),
        identity(tail=TAIL.replace("ES256", "none")),
        identity(tail=TAIL + f",{identity()[1]}"),
        identity(tail=""),
        identity(signature="x" * 85),
        identity(signature="x" * 87),
        identity(signature="x" * 85 + "="),
        ("Identity", identity()[1].replace(".", "=.", 1)),
        ("Identity", identity()[1].partition(".")[2]),
        ("Identity", f"..{SIGNATURE}{TAIL}"),
        ("Identity", ""),
        ("y", "x"),
    ],
)
def test_any_other_passport_is_vetoed(forged: tuple[str, str]) -> None:
    assert SIGNING.judge(request(forged)) == "identity"


def test_a_passport_stands_in_an_invite_once_and_where_the_trunk_signs() -> None:
    assert SIGNING.judge(request(identity(), identity())) == "identity"
    assert SIGNING.judge(request(identity(), ("y", identity()[1]))) == "identity"
    for method in ("UPDATE", "REFER", "MESSAGE", "NEW"):
        assert SIGNING.judge(request(identity(), method=method)) == "identity"
    assert IDENTITIES.judge(request(identity())) == "identity"
    two = _guard.Identities([LISTED, OTHER], ["veridial"], {LISTED: DIGITS, OTHER: OTHER[1:]})
    also = ("P-Asserted-Identity", f"<sip:{OTHER}@192.0.2.1>")
    assert two.judge(request(also)) == ""
    assert two.judge(request(identity(), also)) == "identity"


@pytest.mark.parametrize(
    "to, cause",
    [
        (f"<sip:+{CALLED}@192.0.2.9>", ""),
        (f"<sip:{CALLED}@192.0.2.9;user=phone>", ""),
        ("<sip:013912345678@192.0.2.9>", ""),
        (f"<sip:%23900{CALLED}@192.0.2.9>", ""),
        (f"<sip:9+{CALLED}@192.0.2.9>", ""),
        ("<sip:+8513912345678@192.0.2.9>", "identity"),
        ("<sip:+13912345678@192.0.2.9>", "identity"),
        ("<sip:+8613912345670@192.0.2.9>", "identity"),
        ("<sip:12345678@192.0.2.9>", "identity"),
        ("<sip:192.0.2.9>", "identity"),
        ("sip:+8613912345678@192.0.2.9", "identity"),
        ("", "identity"),
    ],
)
def test_a_passport_is_for_the_callee_however_the_trunk_wants_it_written(
    to: str, cause: str
) -> None:
    called = b"To: <sip:+8613912345678@192.0.2.9>"
    assert SIGNING.judge(request(identity()).replace(called, b"To: " + to.encode())) == cause


@pytest.mark.parametrize("signed_as", [{OTHER: OTHER[1:]}, {LISTED: "+861"}, {LISTED: "12"}])
def test_only_a_listed_number_is_signed_for(signed_as: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="only a listed number"):
        _guard.Identities([LISTED], [], signed_as)


def test_an_invite_that_shows_no_number_at_all_is_vetoed() -> None:
    nobody = "<sip:trunk-user@carrier.example>"
    assert judge(shows=nobody) == "no_number"
    assert judge(("Diversion", f"<sip:{LISTED}@192.0.2.1>"), shows=nobody) == "no_number"
    assert judge(("P-Asserted-Identity", f"<sip:{LISTED}@192.0.2.1>"), shows=nobody) == ""
    assert judge(shows=nobody, method="UPDATE") == ""
    assert IDENTITIES.judge(request().replace(b"From:", b"Date:")) == "malformed"


def test_a_tel_uri_without_plus_is_vetoed_though_the_trunk_wants_none_in_sip_uris() -> None:
    without = _guard.Identities([DIGITS])
    shows = f"<sip:{DIGITS}@192.0.2.1>"
    plain = request(shows=shows).replace(b"veridial@", f"{DIGITS}@".encode())
    assert without.judge(plain) == ""
    assert without.judge(plain.replace(shows.encode(), f"<tel:{DIGITS}>".encode())) == "from"


def test_a_message_cut_short_or_drawn_out_is_vetoed() -> None:
    whole = request()
    head = whole.index(b"\r\n\r\n")
    assert IDENTITIES.judge(whole) == ""
    assert IDENTITIES.judge(whole[: head + 2]) == "malformed"
    assert IDENTITIES.judge(whole[:-1]) == "malformed"
    assert IDENTITIES.judge(whole + whole) == "malformed"
    assert IDENTITIES.judge(b"") == "malformed"


@pytest.mark.parametrize(
    "number", ["", "+", "12", "+8610-6555", "8610 6555", "abc", "\N{FULLWIDTH DIGIT ONE}" * 4]
)
def test_only_numbers_can_be_listed_as_numbers(number: str) -> None:
    with pytest.raises(ValueError, match="three digits or more"):
        _guard.Identities([number])


@pytest.mark.parametrize(
    "user, why",
    [
        ("", "cannot stand"),
        ("a b", "cannot stand"),
        ("a@b", "cannot stand"),
        ("a>", "cannot stand"),
        ("anonymous", "no anonymous"),
        ("Anonymous", "no anonymous"),
        ("RESTRICTED", "no anonymous"),
    ],
)
def test_what_no_uri_can_hold_and_anonymous_cannot_be_listed(user: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        _guard.Identities([LISTED], [user])


@pytest.mark.parametrize(
    "destination",
    [
        "",
        "192.0.2.1",
        "192.0.2.1:",
        "192.0.2.1:0",
        "192.0.2.1:65536",
        "192.0.2.1:5060x",
        "192.0.2.1:-5",
        "2001:db8::1",
        "[2001:db8::1]",
        "[192.0.2.1]:5060",
        "[carrier.example]:5060",
        "carrier.example:5060",
        "carrier example",
        "12345",
    ],
)
def test_a_destination_that_could_never_be_met_is_refused(destination: str) -> None:
    with pytest.raises(ValueError, match="a destination is"):
        _guard.allow({destination: IDENTITIES})


def test_a_destination_written_in_two_ways_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        _guard.allow({"[2001:db8::1]:5060": IDENTITIES, "[2001:DB8:0::1]:5060": IDENTITIES})
    with pytest.raises(ValueError, match="twice"):
        _guard.allow({"Carrier.example": IDENTITIES, "carrier.example": IDENTITIES})


@pytest.mark.parametrize(
    "networks", [["10.77.0.0"], ["10.77.0.0/33"], ["::1/129"], ["lab/8"], ["10.0.0.0/x"], [""], []]
)
def test_a_lab_is_held_to_networks_or_not_listed(networks: list[str]) -> None:
    with pytest.raises(ValueError, match="network"):
        _guard.allow({"192.0.2.1:5060": IDENTITIES}, {"192.0.2.1:5060": networks})


def test_a_lab_that_nobody_lists_is_refused() -> None:
    with pytest.raises(ValueError, match="not listed"):
        _guard.allow({"192.0.2.1:5060": IDENTITIES}, {"192.0.2.2:5060": ["127.0.0.0/8"]})


def test_it_cannot_be_installed_where_there_is_no_pjsip() -> None:
    with pytest.raises(RuntimeError, match="not up"):
        _guard.install()


E164_FORM, NATIONAL_FORM = ("+",), ("90", "900")


@pytest.mark.parametrize(
    "form, called, cause",
    [
        (E164_FORM, "+8613912345678", ""),
        (E164_FORM, "queue-1", ""),
        (E164_FORM, "1000", ""),
        (NATIONAL_FORM, "9013912345678", ""),
        (NATIONAL_FORM, "9000442079460000", ""),
        ((), "*67+8613912345678", ""),
        *(
            (form, f"{code}{number}", "request_uri")
            for form in (E164_FORM, NATIONAL_FORM)
            for number in ("+8613912345678", "13912345678")
            for code in ("*67", "%2A67", "#31#", "%2331%23", "*31*", "141", "1831", "0*31*", "a*67")
        ),
        (E164_FORM, "+8613912345678;phone-context=x*67", "request_uri"),
        (E164_FORM, "8613912345678", "request_uri"),
        (E164_FORM, "+8613912345678:secret", "request_uri"),
        (NATIONAL_FORM, "+8613912345678", "request_uri"),
        (E164_FORM, "+12", "request_uri"),
        (E164_FORM, "", "request_uri"),
    ],
)
def test_what_is_dialled_is_a_number_as_the_trunk_writes_it(
    form: tuple[str, ...], called: str, cause: str
) -> None:
    identities = _guard.Identities([LISTED], ["veridial"], {}, form)
    said = request().replace(b"INVITE sip:+8613912345678@", f"INVITE sip:{called}@".encode())
    assert identities.judge(said) == cause
    # Within a dialog it is the far side's Contact.
    to = b"\r\nTo: <sip:+8613912345678@192.0.2.9>"
    assert identities.judge(said.replace(to, to + b";tag=b")) == ""


def test_only_digits_and_a_plus_are_dialled_before_a_number() -> None:
    for before in ("*67", "#31#", "+0", "a"):
        with pytest.raises(ValueError, match="before a number"):
            _guard.Identities([LISTED], [], {}, [before])
