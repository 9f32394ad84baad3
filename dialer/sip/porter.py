"""Meets the calls that come in: whose they are, for whom, and whether they may.

All of it runs on the SIP thread, within pjsua2's callback: the reply is made before anything is
spent on the call. What may come in is `dialer.core.trunks.door`'s to say.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pjsua2 as pj

from dialer.core.trunks.door import Away, Door
from dialer.core.values.events import Arrived
from dialer.core.values.number import E164
from dialer.credentials.verifier import Attested
from dialer.sip import _admission, headers, refusal
from dialer.sip.account import TrunkAccount, users
from dialer.sip.calls import Calls

_log = logging.getLogger(__name__)


class Porter:
    """One for all trunks."""

    def __init__(self, door: Door, calls: Calls) -> None:
        self._door = door
        self._calls = calls
        self._accounts: Mapping[str, TrunkAccount] = {}
        self._turned_away: list[tuple[Any, int, int | None]] = []
        self._gone: list[Any] = []

    def open(self, accounts: Mapping[str, TrunkAccount]) -> None:
        self._accounts = accounts

    def close(self) -> None:
        """Let nobody in any more."""
        self._door.close()

    def abandon(self) -> None:
        """Let go of everything, before the stack is destroyed."""
        self._turned_away.clear()
        self._gone.clear()
        self._accounts = {}

    def tend(self) -> None:
        """Reply to those who are turned away: within the callback PJSIP drops our Retry-After."""
        self._gone.clear()
        while self._turned_away:
            call, code, retry_after = self._turned_away.pop()
            refusal.refuse(call, code, retry_after)
            self._gone.append(call)

    def meet(self, account: TrunkAccount, call_id: int, request: Any) -> None:
        """An INVITE that opens a call; `account` is the one that PJSIP gave it to."""
        text = request.wholeMsg
        by, called = self._meant(account, request.srcAddress, text)
        if by is not None and by.settings.srtp is not account.settings.srtp:
            # PJSIP chose the account by transport and user, and its media goes by that one's rule.
            _log.warning(
                "trunk %s: a call came in that would not keep to its srtp", by.settings.name
            )
            self._turned_away.append((pj.Call(account, call_id), 488, None))
            return
        caller, attested = (None, False) if by is None else _caller(by, text)
        name = uuid.uuid4().hex
        said = self._door.knock(
            name, None if by is None else by.settings.name, called, caller, time.monotonic()
        )
        if isinstance(said, Away):
            self._turned_away.append((pj.Call(account, call_id), said.code, said.retry_after))
        elif by is not None and called is not None:
            # Not before: who is turned away costs no verification.
            attested = _is_signed_for(by, text, caller, called) or attested
            arrived = Arrived(
                by.settings.name, called, caller, headers.call_id(text), attested=attested
            )
            _admission.is_of(list(self._accounts).index(by.settings.name))
            by.has_call(call_id, _address(request.srcAddress))
            self._calls.let_in(account, name, call_id, arrived)

    def _meant(
        self, account: TrunkAccount, source: str, text: str
    ) -> tuple[TrunkAccount | None, E164 | None]:
        """The trunk that a call came by, and the number of ours there that it is for.

        Of the trunks at one address, those that ask for a proof had it; which of these cannot be
        told by the address: the one is meant that has the number.
        """
        ip = _address(source)
        near = [
            each
            for number, each in enumerate(self._accounts.values())
            if _admission.may_be_of(number) and each.may_come_from(ip)
        ]
        near.sort(key=lambda each: each is not account)
        for each in near:
            called = _called(each, text)
            if called is not None:
                return each, called
        return (near[0] if near else None), None


def _address(source: str) -> str:
    """The IP address of `address:port`."""
    return source.rpartition(":")[0].strip("[]")


def _called(account: TrunkAccount, text: str) -> E164 | None:
    """The verified number of the trunk that is called, from wherever the carrier writes it.

    A registered trunk gets its calls at its Contact, which names no number: then To does, or
    P-Called-Party-ID (RFC 3455 4.2); or nothing does, and the trunk has but one.
    """
    trunk = account.settings
    ours = {trunk.numbers.caller(number): number for number in trunk.caller_ids}
    for user in (
        headers.request_user(text),
        *headers.users(text, "P-Called-Party-ID"),
        *headers.users(text, "(?:To|t)"),
    ):
        number = ours.get(user) or trunk.numbers.read(user)
        if number in trunk.caller_ids:
            return number
        if user not in users(trunk):
            return None  # it is for somebody else
    return next(iter(trunk.caller_ids)) if len(trunk.caller_ids) == 1 else None


def _is_signed_for(account: TrunkAccount, text: str, caller: E164 | None, called: E164) -> bool:
    """Whether somebody who is believed has signed that the caller's number is the caller's."""
    verifier = account.settings.verifier
    if verifier is None or caller is None:
        return False
    identities = headers.identities(text)
    return verifier.judge(identities, caller, called, datetime.now(UTC)) is Attested.A


def _caller(account: TrunkAccount, text: str) -> tuple[E164 | None, bool]:
    """Who calls, as the carrier says, and whether the carrier has verified that.

    Nobody where the caller wants it to be so. The word of a carrier that is not believed is none.
    """
    if headers.wants_privacy(text):
        return None, False
    for name in ("P-Asserted-Identity", "(?:From|f)"):
        shown = zip(headers.users(text, name), headers.verified(text, name), strict=True)
        for user, verified in shown:
            number = account.settings.numbers.read(user)
            if number is not None:
                return number, verified and account.settings.believes_verstat
    return None, False
