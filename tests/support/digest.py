"""A caller's answer to a challenge (RFC 7616), and what a dishonest one makes of it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

_HASHES = {"SHA-256": hashlib.sha256, "MD5": hashlib.md5}


@dataclass(frozen=True, slots=True)
class Challenge:
    """WWW-Authenticate's parameters."""

    realm: str
    nonce: str
    algorithm: str
    qop: str
    stale: bool = False


def challenges(reply: str) -> list[Challenge]:
    """Those of a 401, in its order."""
    found = []
    for line in reply.splitlines():
        name, _, value = line.partition(":")
        if name == "WWW-Authenticate":
            held = dict(re.findall(r'(\w+)="?([^",]*)"?', value.strip().removeprefix("Digest")))
            stale = held.get("stale") == "true"
            found.append(
                Challenge(held["realm"], held["nonce"], held["algorithm"], held["qop"], stale)
            )
    return found


def answer(
    challenge: Challenge,
    user: str,
    password: str,
    *,
    count: int = 1,
    method: str = "INVITE",
    uri: str = "sip:anything@127.0.0.1",
    cnonce: str = "c0ffee",
    qop: str = "auth",
    **written: str,
) -> str:
    """An Authorization header; `written` stands in place of parameters, after they were hashed.

    An empty one is left out.
    """
    digest = _HASHES[challenge.algorithm]

    def of(*parts: str) -> str:
        return digest(":".join(parts).encode()).hexdigest()

    own, asked = of(user, challenge.realm, password), of(method, uri)
    nc = f"{count:08x}"
    counted = (nc, cnonce, qop) if qop else ()
    held = {
        "username": f'"{user}"',
        "realm": f'"{challenge.realm}"',
        "nonce": f'"{challenge.nonce}"',
        "uri": f'"{uri}"',
        "response": f'"{of(own, challenge.nonce, *counted, asked)}"',
        "algorithm": challenge.algorithm,
        "cnonce": f'"{cnonce}"' if qop else "",
        "qop": qop,
        "nc": nc if qop else "",
    } | written
    said = ", ".join(f"{name}={value}" for name, value in held.items() if value)
    return f"Authorization: Digest {said}\r\n"
