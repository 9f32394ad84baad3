"""The native module of names and connections, without a stack around it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from dialer.core.trunks.trunk_state import StateReason
from dialer.sip import _transport
from dialer.sip.troubles import certificate_fault

STUB = ast.parse(
    (Path(__file__).resolve().parents[3] / "dialer" / "sip" / "_transport.pyi").read_text("utf-8")
)
UNTRUSTED = 1 << 1


def test_module_and_stub_hold_the_same_names() -> None:
    described = {node.name for node in STUB.body if isinstance(node, ast.FunctionDef)}
    described |= {
        node.target.id
        for node in STUB.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    assert described == {name for name in vars(_transport) if not name.startswith("_")}


@pytest.mark.parametrize(
    "target",
    [
        ("carrier.example", 5060, "udp"),
        ("192.0.2.1", 0, "udp"),
        ("192.0.2.1", 65536, "udp"),
        ("192.0.2.1", 5060, "sctp"),
        ("", 5060, "udp"),
    ],
)
def test_a_target_is_an_address_a_port_and_a_transport(target: tuple[str, int, str]) -> None:
    with pytest.raises(ValueError, match="a t"):
        _transport.point("carrier.example", 0, "", [target])


def test_there_is_no_register_to_give_up() -> None:
    assert not _transport.give_up_register("sip:carrier.example", "user-7")


@pytest.mark.parametrize(
    "flags, why",
    [
        (_transport.EXPIRED, StateReason.CERTIFICATE_EXPIRED),
        (_transport.WRONG_NAME, StateReason.CERTIFICATE_NAME),
        (_transport.WRONG_NAME | _transport.EXPIRED, StateReason.CERTIFICATE_NAME),
        (UNTRUSTED, StateReason.CERTIFICATE_UNTRUSTED),
        (UNTRUSTED | _transport.EXPIRED | _transport.WRONG_NAME, StateReason.CERTIFICATE_UNTRUSTED),
        (1 << 31, StateReason.CERTIFICATE_UNTRUSTED),
    ],
)
def test_the_worst_fault_of_a_certificate_is_told(flags: int, why: StateReason) -> None:
    assert certificate_fault(flags) is why


def test_complaints_are_kept_by_kind_in_bounded_room() -> None:
    _transport.complaints()
    for number in range(10_000):
        _transport.complain(b"Error processing packet from 10.0.0.1:%d: '\x1b[2J'" % number)
        letters = "".join(chr(ord("a") + int(digit)) for digit in str(number))
        _transport.complain(f"{letters} failed: x".encode())
    told = dict(_transport.complaints())
    assert told["Error processing packet from"] == 10_000
    assert len(told) <= 64
    assert sum(told.values()) == 20_000
    assert max(map(len, told)) <= 80
    assert _transport.complaints() == []


@pytest.mark.parametrize(
    "message, words",
    [
        (b"Error parsing 'Via: +8613912345678'", "Error parsing"),
        (b"Error parsing/validating SDP body: x", "Error parsing/validating SDP body"),
        (b"\x1b[2J", ""),
        (b"", ""),
        (b"a" * 500, "a" * 80),
    ],
)
def test_a_complaint_is_known_by_the_words_it_begins_with(message: bytes, words: str) -> None:
    _transport.complaints()
    _transport.complain(message)
    assert _transport.complaints() == [(words, 1)]
