"""One call: pjsua2's callbacks turned into the core's events.

All of it runs on the SIP thread, inside pjsua2's callbacks or the commands of `Calls`. A callback
must let no exception out, for it would unwind through C, and must not drop the last reference to
its call, for pjsua2 uses it after the callback has returned.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from enum import Enum
from typing import Any, Final, Protocol

import pjsua2 as pj

from audio.speech.recogniser import Wanted
from dialer.core.values.events import InviteSent, Progressed, ReferAnswered, TransferAsked
from dialer.core.values.targets import Extension, Target
from dialer.ports.line import AnyLineEvent
from dialer.sip import _guard, _unreachable, headers, pjlib, refusal
from dialer.sip.account import TrunkAccount
from dialer.sip.ending import Cause, Ending, Last, ending_of, ending_of_inbound
from dialer.sip.names import Hop
from dialer.sip.settings import DtmfMethod

_SILENT: Final = 1.0
"""Seconds in which a hop that lives has said 100 (RFC 3261 17.2.1 gives it 0.2)."""
_BUSY_ELEMENT: Final = 503
_PHRASES: Final = {100: "Trying", 200: "OK"}
_AGAIN: Final = 60
"""Seconds after which somebody may call again who found us closing."""
_CAUSES: Final = {
    pj.PJSIP_EVENT_RX_MSG: Cause.MESSAGE,
    pj.PJSIP_EVENT_TIMER: Cause.TIMER,
    pj.PJSIP_EVENT_TRANSPORT_ERROR: Cause.TRANSPORT,
}


class Desk(Protocol):
    """Where a call reports: `dialer.sip.calls.Calls`."""

    def tell(self, call: LineCall, event: AnyLineEvent) -> None:
        """Something happened, and it is not the end."""
        ...

    def answered(self, call: LineCall) -> None:
        """The 200 is ACKed: let the callee hear the opening at once, unless we are ending it."""
        ...

    def may_be_moved(self, call: LineCall) -> bool:
        """Whether the call is joined with another, which it may ask us to hand on."""
        ...

    def key(self, call: LineCall, key: str) -> None:
        """The far side pressed a key, one of 0-9 * # A-D."""
        ...

    def media_changed(self, call: LineCall, *, held: bool) -> None:
        """Offer and answer have been exchanged; `call.slot` is where its media is."""
        ...

    def over(self, call: LineCall, ending: Ending) -> None:
        """The stack has let go of the call."""
        ...

    def broken(self, call: LineCall) -> None:
        """A callback failed; called with the exception being handled."""
        ...


def _safe(
    callback: Callable[[LineCall, Any], None],
) -> Callable[[LineCall, Any], None]:
    @functools.wraps(callback)
    def guarded(self: LineCall, prm: Any) -> None:
        try:
            callback(self, prm)
        except Exception:  # noqa: BLE001  whatever it is, it must not reach C; `broken` logs it
            self.desk.broken(self)

    return guarded


def _ignore(_self: LineCall, _prm: Any) -> None:
    """A callback nobody needs: cheaper here than on its way through the binding and back."""


@_safe
def _prefer_codecs(self: LineCall, prm: Any) -> None:
    """An offer came within the call, or is asked for: other trunks have been served since."""
    if self.ending_since is not None and hasattr(prm, "statusCode"):
        prm.statusCode = 488  # no media comes up again after our BYE
    self.account.prefer_codecs()


class KeyWay(Enum):
    """How keys reach us, INFO aside."""

    EVENTS = "telephone-event"
    TONES = "in band"
    MAYBE = "in band, where the codec leaves them what they are"


_REPLIES_WITHIN: Final = 6.0
"""Seconds that a far side has to say that it is there: some copies of the request may be lost."""
_GONE: Final = frozenset({408, 481})
"""What says that the dialog is over (RFC 3261 12.2.1.2)."""
_KEEPS_TONES: Final = frozenset({"PCMA", "PCMU", "G722", "L16"})
"""Codecs that leave two tones what they are. Those that model a voice need not (RFC 4733 1.1)."""


class LineCall(pj.Call):
    """A call in the stack. `Calls` holds it until the stack has let go of it."""

    def __init__(
        self,
        account: TrunkAccount,
        attempt: str,
        desk: Desk,
        came_in_as: int = pj.PJSUA_INVALID_ID,
    ) -> None:
        super().__init__(account, came_in_as)
        self.came_in = came_in_as != pj.PJSUA_INVALID_ID
        self.account = account
        self.attempt = attempt
        self.desk = desk
        self.placed_at = time.monotonic()
        self.answered_at: float | None = None
        self.ending_since: float | None = None
        """When we began to end it: CANCEL or BYE is on its way."""
        self.told = False
        """Whether its end has been told; from then on it only lingers in the stack."""
        self.slot = -1
        """The conference slot of its stream; -1 while there is none."""
        self.sip_call_id = ""
        self.has_media = False
        """Whether offer and answer agreed on media, be it on hold."""
        self.streams = 0
        """How many streams it has had: a re-INVITE may bring a new one in the old one's slot."""
        self.held = False
        self.may_refer_to: tuple[Target, ...] = ()
        self.refer_over = True
        """Whether there is no REFER of ours whose outcome is still to come."""
        self._hop: Hop | None = None
        """Where its INVITE went."""
        self.handle = 0
        """The bridge's handle; 0 while there is none."""
        self.listens: Wanted | None = None
        """What is listened for in its words."""
        self.keys_unheard = False
        """Whether that was told."""
        self.heard = 0
        self.heard_at = 0.0
        self.next_listen = 0.0
        self._asked_at: float | None = None
        """When its far side was asked whether it is there; None: it has replied, or was not."""
        self._session: pjlib.Session | None = None
        self._unanswered: pjlib.Transaction | None = None
        """The INVITE's, until anything comes back."""

    def ring(self) -> None:
        """Say 180 to whoever calls in. Raises pj.Error."""
        reply = pj.CallOpParam()
        reply.statusCode = 180
        self.answer(reply)

    def accept(self, parameters: Any) -> None:
        """Say 200 to whoever calls in; media comes up, and Answered follows. Raises pj.Error."""
        parameters.statusCode = 200
        self.answer(parameters)

    def place(self, uri: str, parameters: Any) -> None:
        """Send the INVITE. Raises pj.Error."""
        self._hop = self.account.aim()
        self.makeCall(uri, parameters)

    def end(self) -> pjlib.Ending:
        """CANCEL or BYE; its end comes as an event, but where there is nothing left to end."""
        self.ending_since = time.monotonic()
        if self.came_in and self.answered_at is None:
            # Left to itself PJSIP would say 603: that the caller is wanted nowhere.
            refusal.refuse(self, 503, retry_after=_AGAIN)
            return pjlib.Ending.SENT
        if self._session is not None:
            ending = pjlib.end_session(self._session)
            if ending is pjlib.Ending.WAITS and self._unanswered is not None:
                # A carrier that comes back must not begin a call that we have given up.
                pjlib.stop_retransmission(self._unanswered)
                if self.ending_since - self.placed_at > _SILENT:
                    self.account.failed(self._hop)
            if ending is not pjlib.Ending.FAILED:
                if self.answered_at is not None:
                    # The stack sends RTP until the BYE is answered, which it may never be.
                    pjlib.stop_media(self.getId())
                return ending
        try:
            self.hangup(pj.CallOpParam())
        except pj.Error:
            return pjlib.Ending.FAILED
        return pjlib.Ending.SENT

    def send_keys(self, keys: str) -> None:
        """Send DTMF by the trunk's method. Raises pj.Error where the far side takes none."""
        parameters = pj.CallSendDtmfParam()
        by_info = self.account.dtmf is DtmfMethod.INFO
        parameters.method = (
            pj.PJSUA_DTMF_METHOD_SIP_INFO if by_info else pj.PJSUA_DTMF_METHOD_RFC2833
        )
        parameters.digits = keys
        self.sendDtmf(parameters)

    def refer(self, uri: str) -> None:
        """Send REFER (RFC 3515). Raises pj.Error."""
        self.refer_over = False
        self.xfer(uri, pj.CallOpParam())

    def key_way(self) -> KeyWay:
        """How the far side's keys come, now that there is a stream."""
        if pjlib.takes_keys(self.getId()):
            return KeyWay.EVENTS
        codec = self.getStreamInfo(0).codecName
        return KeyWay.TONES if codec.upper() in _KEEPS_TONES else KeyWay.MAYBE

    def may_be_there(self, now: float) -> bool:
        """Whether a far side that sends no sound may live: it is asked within the dialog.

        OPTIONS (RFC 3261 11), each time that this is asked after a reply.
        """
        if self._asked_at is not None:
            return now - self._asked_at < _REPLIES_WITHIN
        question = pj.CallSendRequestParam()
        question.method = "OPTIONS"
        try:
            self.sendRequest(question)
        except pj.Error:
            return False
        self._asked_at = now
        return True

    def packets_heard(self) -> int:
        """A figure that grows with the far side's RTP packets and RTCP reports. Raises pj.Error."""
        statistics = self.getStreamStat(0)
        rtcp = statistics.rtcp
        # Its reports are of what we sent. What is counted beside the packets that came grows with
        # each report of our own, every five seconds, whoever is there.
        return int(rtcp.rxStat.pkt + rtcp.txStat.updateCount)

    @_safe
    def onCallState(self, prm: Any) -> None:
        event = prm.e
        if event.type == pj.PJSIP_EVENT_TSX_STATE:
            transaction = event.body.tsxState.tsx
            if transaction.state == pj.PJSIP_TSX_STATE_PROCEEDING:
                if self.came_in:  # our own 180
                    self._session = pjlib.session_of(transaction.pjTransaction)
                return  # EARLY: onCallTsxState has told it
        info = self.getInfo()
        if info.state == pj.PJSIP_INV_STATE_CALLING:
            self._unanswered = event.body.tsxState.tsx.pjTransaction
            self._session = pjlib.session_of(self._unanswered)
            self.sip_call_id = info.callIdString
            self.desk.tell(self, InviteSent(info.callIdString))
        elif info.state == pj.PJSIP_INV_STATE_CONFIRMED:
            # Without media the 200 was unusable, and the stack is hanging up already. On hold
            # (inactive, 0.0.0.0) there is no stream yet, and it is an answer all the same.
            if self.streams or self.has_media:
                self.answered_at = self.heard_at = time.monotonic()
                self.desk.answered(self)
        elif info.state == pj.PJSIP_INV_STATE_DISCONNECTED:
            self._judge_hop(event)
            self._session = self._unanswered = None
            ours = self.ending_since is not None
            answered = self.answered_at is not None
            judge = ending_of_inbound if self.came_in else ending_of
            last = _last(event)
            self.account.tell_unanswerable(last.code, last.message)
            self.desk.over(self, judge(last, answered=answered, ours=ours))

    def _judge_hop(self, event: Any) -> None:
        """503, silence and what could not be sent move on to the next one (RFC 3263 4.3)."""
        last = _last(event)
        if self._unanswered is None and last.code != _BUSY_ELEMENT:
            self.account.well(self._hop)
        elif last.cause is not Cause.VETO and self.ending_since is None:
            self.account.failed(self._hop)

    @_safe
    def onCallTsxState(self, prm: Any) -> None:
        change = prm.e.body.tsxState
        if change.type != pj.PJSIP_EVENT_RX_MSG:
            return
        self._unanswered = None  # after a 401 or 407 there is another (RFC 3261 22.2)
        transaction = change.tsx
        state = transaction.state
        if transaction.method == "OPTIONS" and self._asked_at is not None:
            if transaction.statusCode not in _GONE:
                self._asked_at, self.heard_at = None, time.monotonic()
            return
        if state == pj.PJSIP_TSX_STATE_PROCEEDING and self.answered_at is None:
            code = transaction.statusCode
            if code > 100 and transaction.method == "INVITE":
                early_media = headers.has_sdp(change.src.rdata.wholeMsg)
                self.desk.tell(self, Progressed(code, early_media))
        elif state == pj.PJSIP_TSX_STATE_TRYING and transaction.method == "INFO":
            self._take_info(transaction, change.src.rdata)
        elif state == pj.PJSIP_TSX_STATE_TRYING and transaction.method == "REFER":
            self._take_refer(transaction, change.src.rdata)

    @_safe
    def onCallMediaState(self, _prm: Any) -> None:
        # `info` must outlive `media`: pjsua2 hands out a reference into it.
        info = self.getInfo()
        media = info.media[0]
        self.slot = media.audioConfSlot
        self.has_media = media.status != pj.PJSUA_CALL_MEDIA_NONE
        self.desk.media_changed(self, held=media.status != pj.PJSUA_CALL_MEDIA_ACTIVE)

    @_safe
    def onStreamCreated(self, _prm: Any) -> None:
        self.streams += 1

    @_safe
    def onDtmfDigit(self, prm: Any) -> None:
        # INFO is ours to read: one format, one reader.
        if prm.method == pj.PJSUA_DTMF_METHOD_RFC2833:
            self._key(prm.digit.upper())

    def onCallTransferRequest(self, prm: Any) -> None:
        # pjsua2 would follow it with an INVITE that no gate has seen (RFC 3515 2.4.2: may refuse).
        # What we do follow was answered in onCallTsxState, and does not come here.
        prm.statusCode = 603

    def onCallReplaceRequest(self, prm: Any) -> None:
        prm.statusCode = 603

    @_safe
    def onCallTransferStatus(self, prm: Any) -> None:
        self.refer_over = self.refer_over or bool(prm.finalNotify) or prm.statusCode >= 200
        self.desk.tell(self, ReferAnswered(int(prm.statusCode), over=self.refer_over))

    def onCallRedirected(self, _prm: Any) -> int:
        # RFC 3261 8.1.3.4 allows not to follow; whom we call is not the far side's choice.
        return int(pj.PJSIP_REDIRECT_STOP)

    onCallMediaEvent = _ignore
    onCallMediaTransportState = _ignore
    onCallReplaced = _ignore
    onCallRxOffer = _prefer_codecs
    onCallRxReinvite = _ignore
    onCallRxText = _ignore
    onCallSdpCreated = _ignore
    onCallTxOffer = _prefer_codecs
    onCreateMediaTransportSrtp = _ignore
    onDtmfEvent = _ignore
    onInstantMessage = _ignore
    onInstantMessageStatus = _ignore
    onStreamDestroyed = _ignore
    onStreamPreCreate = _ignore
    onTypingIndication = _ignore

    def _take_info(self, transaction: Any, request: Any) -> None:
        """INFO of keys, and without a body, before PJSIP reads it.

        PJSIP would take the first character of `Signal=11` for key 1, which means no more calls,
        and answer `signal=2` with 400 and a bare `application/dtmf` with 500.
        """
        message = request.wholeMsg
        kind = headers.content_type(message)
        if kind not in {"", "application/dtmf", "application/dtmf-relay"}:
            return
        key = headers.info_key(message)
        is_read = key is not None or kind != "application/dtmf-relay"
        pjlib.answer(transaction.pjTransaction, request.pjRxData, 200 if is_read else 400)
        if key is not None:
            self._key(key)

    def _take_refer(self, transaction: Any, request: Any) -> None:
        """A person's wish to hand the callee on; any other is left to onCallTransferRequest."""
        target = self._allowed(headers.refer_to(request.wholeMsg))
        if target is not None and self.desk.may_be_moved(self):
            pjlib.answer(transaction.pjTransaction, request.pjRxData, 202)
            self.desk.tell(self, TransferAsked(target))

    def _allowed(self, user: str) -> Target | None:
        numbers = self.account.settings.numbers
        for target in self.may_refer_to:
            if isinstance(target, Extension):
                if target.user == user:
                    return target
            elif user in {target.clear, target.digits, numbers.callee(target)}:
                return target
        return None

    def notify(self, code: int) -> None:
        """Tell what came of the far side's REFER. Raises pj.Error."""
        parameters = pj.CallSendRequestParam()
        parameters.method = "NOTIFY"
        state = "active;expires=90" if code < 200 else "terminated;reason=noresource"
        vector = pj.SipHeaderVector()
        for name, value in (("Event", "refer"), ("Subscription-State", state)):
            header = pj.SipHeader()
            header.hName, header.hValue = name, value
            vector.append(header)
        options = parameters.txOption
        options.headers = vector
        options.contentType = "message/sipfrag"
        options.msgBody = f"SIP/2.0 {code} {_PHRASES.get(code, 'Failed')}\r\n"
        self.sendRequest(parameters)

    def _key(self, key: str) -> None:
        if len(key) == 1 and key in "0123456789*#ABCD":
            self.desk.key(self, key)


def _last(event: Any) -> Last:
    """What ended the session, in our words."""
    if event.type != pj.PJSIP_EVENT_TSX_STATE:
        return Last(Cause.STACK)
    change = event.body.tsxState
    transaction = change.tsx
    cause = _CAUSES.get(change.type, Cause.STACK)
    if cause is Cause.TRANSPORT and _guard.was_vetoed(transaction.pjTransaction):
        cause = Cause.VETO
    elif cause is Cause.STACK and _unreachable.was_refused(transaction.pjTransaction):
        cause = Cause.TRANSPORT
    return Last(
        cause,
        transaction.method,
        transaction.role == pj.PJSIP_ROLE_UAS,
        transaction.statusCode,
        change.src.rdata.wholeMsg if cause is Cause.MESSAGE else "",
    )
