"""What a person signs before it is done, and the signature checked when it comes in.

The office signs nothing: a face asks for the statement, has it signed where the person's key is,
and hands text and signature in. So a service, too, never holds anybody's key.
"""

from __future__ import annotations

from collections.abc import Sequence

from dialer.core.office.person_keys import keys_of
from dialer.core.values.refused import Refused
from dialer.core.values.statements import Act, Signature, Signed, Statement, fault_of_statement
from dialer.errors import SignatureError
from dialer.office.request import Request
from dialer.ports.office import Desks


def stated(request: Request, act: Act, by: str, **named: str) -> Statement:
    """What `by` would sign now."""
    return Statement(act, request.config.operator.name, named, by, request.utc())


async def own_keys(request: Request, name: str) -> Sequence[str]:
    """The public keys by which that user signs now, as OpenSSH writes them."""
    found = await request.rows(lambda desks: desks.access.keys())
    return [key.public for key in keys_of(found, name, request.utc())]


async def checked(
    request: Request, desks: Desks, wanted: Statement, given: Signed | None
) -> Signature:
    """The signature, where it is over `wanted` and by a key of the user's; else SignatureError."""
    # A listing does without cryptography.
    from dialer.credentials.ssh_keys import is_signed  # noqa: PLC0415

    now = request.utc()
    own = keys_of(await desks.access.keys(), wanted.by, now)
    if not own:
        raise SignatureError(
            f"{wanted.by} has no key registered, and to {wanted.act.value} takes a signature: "
            "dialer access key ~/.ssh/id_ed25519.pub (ssh-keygen -t ed25519 makes one)"
        )
    if given is None:
        raise SignatureError(f"to {wanted.act.value} takes a signature: --sign-key FILE")
    fault = fault_of_statement(given.text, wanted, now)
    if isinstance(fault, Refused):
        raise SignatureError(fault.why)
    for key in own:
        if is_signed(given.text, given.signature, key.public):
            return Signature.of(given, key.fingerprint, wanted.by, now)
    raise SignatureError(
        f"this is not signed by a key that is registered for {wanted.by}: dialer access keys"
    )
