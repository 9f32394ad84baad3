"""The few things PJSIP can do that pjsua2 does not offer, called in its C libraries.

pjsua2's binding has loaded these libraries already; each is opened again by its soname, so that
there is one PJSIP in the process. Everything here runs on the SIP thread, where PJSIP's objects
cannot change beneath it.
"""

from __future__ import annotations

import ctypes
from enum import Enum
from typing import Final, NewType

Transaction = NewType("Transaction", int)
"""Address of a pjsip_transaction, as `SipTransaction.pjTransaction` holds it."""
Request = NewType("Request", int)
"""Address of a pjsip_rx_data, as `SipRxData.pjRxData` holds it."""
Session = NewType("Session", int)
"""Address of a pjsip_inv_session: good until its call's DISCONNECTED has returned."""

_PJ_SUCCESS: Final = 0

_pj: Final = ctypes.CDLL("libpj.so.2")
_pjsip: Final = ctypes.CDLL("libpjsip.so.2")
_pjsip_ua: Final = ctypes.CDLL("libpjsip-ua.so.2")
_pjsua: Final = ctypes.CDLL("libpjsua.so.2")

_address: Final = ctypes.c_void_p


class _Text(ctypes.Structure):
    """pj_str_t."""

    _fields_ = (("at", ctypes.c_void_p), ("length", ctypes.c_ssize_t))


_pjsua.pjsua_get_pjsip_endpt.restype = _address
_pjsip.pjsip_tsx_get_dlg.restype = _address
_pjsip.pjsip_tsx_get_dlg.argtypes = [_address]
_pjsip.pjsip_tsx_stop_retransmit.argtypes = [_address]
_pjsip.pjsip_tsx_send_msg.argtypes = [_address, _address]
_pjsip.pjsip_endpt_create_response.argtypes = [
    _address,
    _address,
    ctypes.c_int,
    _address,
    ctypes.POINTER(_address),
]
_pjsip_ua.pjsip_dlg_get_inv_session.restype = _address
_pjsip_ua.pjsip_dlg_get_inv_session.argtypes = [_address]
_pjsip_ua.pjsip_inv_send_msg.argtypes = [_address, _address]
_pjsip_ua.pjsip_inv_end_session.argtypes = [
    _address,
    ctypes.c_int,
    _address,
    ctypes.POINTER(_address),
]


_pjsua.pjsua_media_channel_deinit.argtypes = [ctypes.c_int]
_pjsua.pjsua_conf_connect.argtypes = [ctypes.c_int, ctypes.c_int]
_pjsua.pjsua_conf_disconnect.argtypes = [ctypes.c_int, ctypes.c_int]


def connect(one: int, other: int) -> bool:
    """Have two conference slots hear each other, from the next tick on; False where that failed."""
    there = _pjsua.pjsua_conf_connect(one, other)
    back = _pjsua.pjsua_conf_connect(other, one)
    return bool(there == _PJ_SUCCESS and back == _PJ_SUCCESS)


def disconnect(one: int, other: int) -> None:
    """Undo `connect`. A slot that is gone has taken its connections along."""
    _pjsua.pjsua_conf_disconnect(one, other)
    _pjsua.pjsua_conf_disconnect(other, one)


def takes_keys(call_id: int) -> bool:
    """Whether telephone-event (RFC 4733) was agreed on; the call has a stream of sound.

    Nothing is sent: no digit is asked for, and PJSIP looks for the payload type first.
    """
    none = _Text(None, 0)
    return bool(_pjsua.pjsua_call_dial_dtmf(call_id, ctypes.byref(none)) == _PJ_SUCCESS)


def stop_media(call_id: int) -> None:
    """End a call's streams now: nothing more is sent, and what comes is not heard."""
    _pjsua.pjsua_media_channel_deinit(call_id)


def silence() -> None:
    """Keep PJSIP from writing to stdout before its logging can be configured."""
    _pj.pj_log_set_level(0)


def session_of(transaction: Transaction) -> Session | None:
    """The INVITE session to which a transaction of its dialog belongs."""
    dialog = _pjsip.pjsip_tsx_get_dlg(transaction)
    session = _pjsip_ua.pjsip_dlg_get_inv_session(dialog) if dialog else None
    return Session(session) if session else None


class Ending(Enum):
    """What came of wanting a session's end."""

    SENT = "sent"
    """CANCEL or BYE has left."""
    WAITS = "waits"
    """Nothing has come back yet: the CANCEL leaves with the first provisional reply."""
    FAILED = "failed"


def end_session(session: Session) -> Ending:
    """Send CANCEL or BYE, as the session's state demands.

    pjsua2's own `hangup` reports the call as gone at once and hears nothing of it any more: not
    the 486 that crossed the CANCEL, not the 200, not when the BYE was answered. Ended here, the
    call goes on telling until it is over. Before the first provisional reply CANCEL may not be
    sent (RFC 3261 9.1): the stack sends it when one comes.
    """
    request = _address()
    if _pjsip_ua.pjsip_inv_end_session(session, 0, None, ctypes.byref(request)) != _PJ_SUCCESS:
        return Ending.FAILED
    if request.value is None:
        return Ending.WAITS
    sent = _pjsip_ua.pjsip_inv_send_msg(session, request) == _PJ_SUCCESS
    return Ending.SENT if sent else Ending.FAILED


def stop_retransmission(transaction: Transaction) -> None:
    """Send the request of a transaction that lives no more; what comes back is still heard."""
    _pjsip.pjsip_tsx_stop_retransmit(transaction)


def answer(transaction: Transaction, request: Request, code: int) -> bool:
    """Answer an in-dialog request from within its callback; False where that failed."""
    endpoint = _pjsua.pjsua_get_pjsip_endpt()
    response = _address()
    made = _pjsip.pjsip_endpt_create_response(endpoint, request, code, None, ctypes.byref(response))
    if made != _PJ_SUCCESS:
        return False
    return bool(_pjsip.pjsip_tsx_send_msg(transaction, response) == _PJ_SUCCESS)


class CallSlots:
    """Which of the stack's call slots hold a session: what the watchdog compares with."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._ids = (ctypes.c_int * most)()

    def used(self) -> set[int]:
        """The call ids that are in use."""
        count = ctypes.c_uint(self._most)
        _pjsua.pjsua_enum_calls(self._ids, ctypes.byref(count))
        return set(self._ids[: count.value])
