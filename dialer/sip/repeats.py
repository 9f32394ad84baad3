"""Answers that come again and again: no ACK of ours reaches the callee's side."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Final

from dialer.sip import _transport
from dialer.sip.account import TrunkAccount

_log = logging.getLogger(__name__)

TELL_AGAIN: Final = 60.0
"""Seconds between two lines about one trunk."""


class Repeats:
    """Tells of them, for each trunk once a minute at most."""

    def __init__(self) -> None:
        self._told: dict[str, float] = {}

    def tell(self, accounts: Mapping[str, TrunkAccount], now: float) -> None:
        """`now` is monotonic seconds. On the SIP thread."""
        for ip, _ in _transport.repeated():
            for name, account in accounts.items():
                if account.may_come_from(ip) and now >= self._told.get(name, now):
                    self._told[name] = now + TELL_AGAIN
                    _log.warning(
                        "trunk %s: a 200 to our INVITE came again and again: our ACK, and so our "
                        "BYE, does not reach the address in its Contact. If the trunk is behind "
                        "a NAT, give it `route_replies: received`",
                        name,
                    )
