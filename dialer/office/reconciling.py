"""A carrier's call records against our log: what only one side has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dialer.core.office.access import Right
from dialer.core.office.looks import Look
from dialer.core.office.reconciling import CarrierCall, Reconciled, Tolerance, reconcile
from dialer.office.request import Request

if TYPE_CHECKING:
    from dialer.files.carrier_calls import CarrierLine


async def with_carrier(
    request: Request,
    lines: Sequence[CarrierLine],
    trunks: Sequence[str] = (),
    tolerance: Tolerance | None = None,
) -> Reconciled:
    """What both have, and what only one has, from the file's first call to its last.

    `trunks` are those that lead to this carrier; all without. It is on record that numbers were
    looked up.
    """
    by = await request.acting(Right.READ_AUDIT)
    tolerance = tolerance or Tolerance()
    if not lines:
        return Reconciled(0, (), (), ())
    first, last = min(each.at for each in lines), max(each.at for each in lines)
    asked = {"from": first.isoformat(), "to": last.isoformat()}
    look = Look(by.name, request.utc(), "carrier's calls", len(lines), asked, None)
    async with request.store.writing() as desks:
        await desks.access.looked(look)
        hashes = await desks.audit.hashed([each.number for each in lines])
        ours = await desks.audit.dialled(first - tolerance.time, last + tolerance.time)
    theirs = [
        CarrierCall(each.line, hash_, each.number.masked, each.at, each.seconds)
        for each, hash_ in zip(lines, hashes, strict=True)
    ]
    return reconcile(theirs, [o for o in ours if not trunks or o.trunk in trunks], tolerance)
