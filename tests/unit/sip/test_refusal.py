"""What is replied to a caller who is not let in."""

from __future__ import annotations

import pjsua2 as pj
import pytest

from dialer.sip.refusal import refuse


class Caller:
    def __init__(self, fails: bool = False) -> None:
        self.replies: list[tuple[int, list[tuple[str, str]]]] = []
        self._fails = fails

    def hangup(self, reply: pj.CallOpParam) -> None:
        headers = [(each.hName, each.hValue) for each in reply.txOption.headers]
        self.replies.append((reply.statusCode, headers))
        if self._fails:
            raise pj.Error


@pytest.mark.parametrize(
    "code, retry_after, headers",
    [
        (503, 30, [("Retry-After", "30")]),  # seconds (RFC 3261 20.33)
        (503, 0, [("Retry-After", "0")]),
        (480, None, []),
    ],
)
def test_the_reply_says_in_seconds_when_to_come_again(
    code: int, retry_after: int | None, headers: list[tuple[str, str]]
) -> None:
    caller = Caller()
    refuse(caller, code, retry_after)
    assert caller.replies == [(code, headers)]


def test_a_reply_that_cannot_be_sent_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    refuse(Caller(fails=True), 503, 30)
    (record,) = caplog.records
    assert (record.levelname, "not replied to" in record.getMessage()) == ("WARNING", True)
