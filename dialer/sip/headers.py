"""What the call's events need from a SIP message, read from its text.

pjsua2 hands messages over as text. Only final replies, BYE and INFO are read, so nothing here
runs for the many messages of a call that passes as planned.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

_REASON = re.compile(r"^Reason[ \t]*:[ \t]*(.+)$", re.IGNORECASE | re.MULTILINE)
_Q850 = re.compile(r"(?:^|,)[ \t]*Q\.850[ \t]*;[^,]*?\bcause[ \t]*=[ \t]*(\d{1,3})", re.IGNORECASE)
_SIP_CAUSE = re.compile(
    r"(?:^|,)[ \t]*SIP[ \t]*;[^,]*?\bcause[ \t]*=[ \t]*(\d{3})\b", re.IGNORECASE
)
_ANALYTICS = re.compile(r"\btext[ \t]*=[ \t]*\"[ \t]*v[ \t]*=[ \t]*analytics", re.IGNORECASE)
_NETWORK_BLOCKED = re.compile(r"SIP/2\.0[ \t]+603[ \t]+.*\bNetwork[ \t]+Blocked\b", re.IGNORECASE)
_RETRY_AFTER = re.compile(r"^Retry-After[ \t]*:[ \t]*(\d{1,9})", re.IGNORECASE | re.MULTILINE)
_CONTENT_TYPE = re.compile(
    r"^(?:Content-Type|c)[ \t]*:[ \t]*([^;\s]+)", re.IGNORECASE | re.MULTILINE
)
_URI = re.compile(r"(?:sips?|tel):[^\s<>,]+", re.IGNORECASE)
_CALL_ID = re.compile(r"^(?:Call-ID|i)[ \t]*:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)
_REFER_TO = re.compile(r"^(?:Refer-To|r)[ \t]*:(.*)$", re.IGNORECASE | re.MULTILINE)
_VERSTAT = re.compile(r";verstat=([^;]*)", re.IGNORECASE)
_PASSED = re.compile(r"TN-Validation-Passed(?:-[ABC])?", re.IGNORECASE)
_PRIVACY = re.compile(r"^Privacy[ \t]*:(.*)$", re.IGNORECASE | re.MULTILINE)
_IDENTITY = re.compile(r"^(?:Identity|y)[ \t]*:(.*)$", re.IGNORECASE | re.MULTILINE)
_CHALLENGE = re.compile(
    r"^(?:WWW|Proxy)-Authenticate[ \t]*:[ \t]*(\S+)(.*)$", re.IGNORECASE | re.MULTILINE
)
_PARAMETER = re.compile(r'(\w+)[ \t]*=[ \t]*("[^"]*"|[^\s,]+)')
_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"')
_SIGNAL = re.compile(r"^[ \t]*Signal[ \t]*=(.*)$", re.IGNORECASE | re.MULTILINE)
_BARE_KEY = re.compile(r"\s*([0-9A-D*#])\s*", re.IGNORECASE)
_EVENT_CODES = {"10": "*", "11": "#", "12": "A", "13": "B", "14": "C", "15": "D"}


def _split(message: str) -> tuple[str, str]:
    """(headers, with folded lines joined and newlines as line ends; body)."""
    head, _, body = message.partition("\r\n\r\n")
    return re.sub(r"\r?\n[ \t]+", " ", head).replace("\r\n", "\n"), body


def q850_cause(message: str) -> int | None:
    """The cause of the first `Reason: Q.850` (RFC 3326 2), or None."""
    head, _ = _split(message)
    for value in _REASON.findall(head):
        # A quoted text may hold commas and anything else that looks like a parameter.
        found = _Q850.search(_QUOTED.sub('""', value))
        if found and int(found[1]) <= 127:
            return int(found[1])
    return None


def meant_code(message: str) -> int | None:
    """607 or 608 where the reply's words say it, whatever its code; else None.

    Networks that know no 608 (RFC 8688) say 603 with the phrase `Network Blocked`, and in `Reason`
    whose analytics it was (ATIS-1000099). A gateway may keep the code of the next network in
    `Reason: SIP` (RFC 3326 2).
    """
    head, _ = _split(message)
    if _NETWORK_BLOCKED.match(head):
        return 608
    for value in _REASON.findall(head):
        if _ANALYTICS.search(value):
            return 608
        found = _SIP_CAUSE.search(_QUOTED.sub('""', value))
        if found and found[1] in {"607", "608"}:
            return int(found[1])
    return None


def unanswerable(message: str) -> str:
    """What a 401 or 407 asks for that we cannot give, in words; empty where there is an answer.

    PJSIP answers digests of qop `auth` or none, by MD5, SHA-256 and SHA-512-256 (RFC 8760).
    """
    head, _ = _split(message)
    faults = []
    for scheme, rest in _CHALLENGE.findall(head):
        known = {name.lower(): value.strip('"') for name, value in _PARAMETER.findall(rest)}
        qops = {each.strip().lower() for each in known.get("qop", "auth").split(",")}
        if scheme.lower() != "digest":
            faults.append("a scheme other than Digest")
        elif "auth" not in qops:
            faults.append("qop auth-int alone" if "auth-int" in qops else "an unknown qop")
        elif known.get("algorithm", "MD5").upper() not in {"MD5", "SHA-256", "SHA-512-256"}:
            faults.append("an unknown algorithm")
        else:
            return ""
    return " and ".join(sorted(set(faults)))


def retry_after(message: str) -> int | None:
    """Seconds of `Retry-After` (RFC 3261 20.33), or None."""
    head, _ = _split(message)
    found = _RETRY_AFTER.search(head)
    return int(found[1]) if found else None


def content_type(message: str) -> str:
    """The lower-case media type of the body, empty where there is no body."""
    head, body = _split(message)
    if not body.strip():
        return ""
    found = _CONTENT_TYPE.search(head)
    return found[1].lower() if found else ""


def call_id(message: str) -> str:
    """The Call-ID (RFC 3261 20.8), empty where there is none."""
    head, _ = _split(message)
    found = _CALL_ID.search(head)
    return found[1] if found else ""


def request_user(message: str) -> str:
    """The user part of the Request-URI, empty where it has none."""
    words = message.partition("\r\n")[0].split(" ")
    return _user(words[1]) if len(words) == 3 else ""


def users(message: str, name: str) -> list[str]:
    """The user parts of the URIs in the headers called `name`, in order."""
    head, _ = _split(message)
    values = re.findall(rf"^{name}[ \t]*:(.*)$", head, re.IGNORECASE | re.MULTILINE)
    found = (uri for value in values for uri in _URI.findall(_QUOTED.sub("", value)))
    return [user for user in map(_user, found) if user]


def verified(message: str, name: str) -> list[bool]:
    """Of each of `users(message, name)`: whether the carrier says that the caller may show it.

    `verstat=TN-Validation-Passed` is a parameter of the number (3GPP TS 24.229 7.2A.20), with an
    attestation behind it or not. Any other word, or none, says nothing.
    """
    head, _ = _split(message)
    values = re.findall(rf"^{name}[ \t]*:(.*)$", head, re.IGNORECASE | re.MULTILINE)
    found = (uri for value in values for uri in _URI.findall(_QUOTED.sub("", value)))
    told = (_VERSTAT.findall(uri.partition("@")[0]) for uri in found if _user(uri))
    # Said twice, it says nothing: somebody on the way has added one.
    return [len(each) == 1 and _PASSED.fullmatch(each[0]) is not None for each in told]


def identities(message: str) -> list[str]:
    """The values of Identity (RFC 8224 4), one a header."""
    head, _ = _split(message)
    return [value.strip() for value in _IDENTITY.findall(head)]


def refer_to(message: str) -> str:
    """The user whom a REFER names; empty where it names none, or a call to be replaced."""
    found = users(message, "(?:Refer-To|r)")
    head, _ = _split(message)
    plain = not any("?" in value for value in _REFER_TO.findall(head))
    return found[0] if len(found) == 1 and plain else ""


def wants_privacy(message: str) -> bool:
    """Whether the caller asks that the number be shown to nobody (RFC 3323 4.2, RFC 3325 9.3)."""
    head, _ = _split(message)
    asked = ";".join(_PRIVACY.findall(head)).lower()
    return any(word.strip() in {"id", "user", "header"} for word in re.split("[;,]", asked))


def _user(uri: str) -> str:
    scheme, _, rest = uri.strip("<> ").partition(":")
    if scheme.lower() == "tel":
        return unquote(rest.split(";")[0])
    user, at, _ = rest.partition("@")
    # Parameters of a number, and a password, are no part of it (RFC 3261 19.1.1, 19.1.6).
    return unquote(re.split("[;:]", user)[0]) if at else ""


def has_sdp(message: str) -> bool:
    """Whether the message has an SDP body, by itself or in a multipart one."""
    kind = content_type(message)
    return kind == "application/sdp" or (
        kind.startswith("multipart/") and "application/sdp" in message.lower()
    )


def info_key(message: str) -> str | None:
    """The key of an INFO with `application/dtmf-relay` or `application/dtmf`, or None.

    Some senders write the event's code of RFC 4733 3.2 instead of the key: 10 is `*`. What is not
    certain is no key: a second `Signal`, a code of no key, more after it.
    """
    kind = content_type(message)
    _, body = _split(message)
    if kind == "application/dtmf-relay":
        said = _SIGNAL.findall(re.sub(r"\r\n?", "\n", body))
        if len(said) != 1:
            return None
        body = said[0]
    elif kind != "application/dtmf":
        return None
    if body.strip() in _EVENT_CODES:
        return _EVENT_CODES[body.strip()]
    found = _BARE_KEY.fullmatch(body)
    return found[1].upper() if found else None
