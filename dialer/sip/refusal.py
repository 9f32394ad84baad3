"""Final replies to calls that came in and are not taken."""

from __future__ import annotations

import logging
from typing import Any

import pjsua2 as pj

_log = logging.getLogger(__name__)


def refuse(call: Any, code: int, retry_after: int | None) -> None:
    """Reply `code`, with Retry-After in seconds (RFC 3261 20.33) where it is given."""
    reply = pj.CallOpParam()
    reply.statusCode = code
    if retry_after is not None:
        header = pj.SipHeader()
        header.hName, header.hValue = "Retry-After", str(retry_after)
        headers = pj.SipHeaderVector()
        headers.append(header)
        reply.txOption.headers = headers
    try:
        call.hangup(reply)
    except pj.Error as error:
        _log.warning("a call that came in was not replied to (PJSIP status %d)", error.status)
