"""What is destroyed when, and the certificates of what was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from dialer.audit import SignedCertificate
from dialer.core.office.access import Right
from dialer.core.office.retention import Term, all_terms
from dialer.errors import AuditError, RetentionError
from dialer.office.request import Request
from dialer.ports.office import Desks


async def plan(request: Request) -> Sequence[Term]:
    """What is still to be destroyed, and where it stands in its term."""

    async def read(desks: Desks) -> Sequence[Term]:
        desk, terms = desks.retention, request.config.retention.terms
        return all_terms(await desk.lives(), await desk.months(), await desk.complaints(), terms)

    return await request.rows(read)


async def run(request: Request, today: date | None = None) -> Sequence[SignedCertificate]:
    """Destroy what is over its term. `today`, by a person, settles a doubt about the clock."""
    by = await request.acting(Right.FORGET_CONTACTS)
    async with request.store.writing() as desks:
        # A listing does without it and all that it stands on.
        from dialer.upkeep.destroyer import destroyer  # noqa: PLC0415

        destroying = await destroyer(request.config, desks.audit, desks.retention, request.utc)
        return await destroying.run(by.name, today)


async def certificates(request: Request) -> Sequence[SignedCertificate]:
    """The certificates of everything that was destroyed, the latest first."""
    texts = await request.rows(lambda desks: desks.retention.certificates())
    return [SignedCertificate.from_json(text) for text in texts]


async def certificate(request: Request, id_: str) -> SignedCertificate:
    """The certificate of that id. Raises RetentionError."""
    for each in await certificates(request):
        if each.certificate.id == id_:
            return each
    raise RetentionError(f"there is no certificate {id_}; dialer retention certificates lists them")


def verified(text: str, trusted: str) -> SignedCertificate:
    """The certificate in `text`, if the key `trusted` has signed it. Raises AuditError."""
    signed = SignedCertificate.from_json(text)
    if not signed.is_authentic(trusted):
        raise AuditError(f"certificate {signed.certificate.id} is not signed by the key {trusted}")
    return signed
