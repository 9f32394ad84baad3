"""The last word on a node's configuration counts: an approval, or that it was withdrawn."""

from __future__ import annotations

from datetime import timedelta

import pytest

from dialer.core.values.statements import Act
from dialer.errors import ApprovalError, SignatureError
from dialer.ports.desks import ConfigurationApproval, ConfigurationDesk
from tests.support.orders import NOON
from tests.support.signing import signature

LATER = NOON + timedelta(hours=1)
FIRST = ConfigurationApproval("node-1", "d1", '{"form":1}', "wang.wei", NOON)
SECOND = ConfigurationApproval("node-1", "d2", '{"form":1,"a":1}', "wang.wei", LATER)


async def approve(desk: ConfigurationDesk, made: ConfigurationApproval) -> None:
    act = Act.APPROVE_CONFIGURATION
    await desk.approve(made, signature(made.by, act, made.at, configuration=made.digest))


async def test_the_last_approval_of_the_node_counts(configurations: ConfigurationDesk) -> None:
    assert await configurations.last("node-1") is None
    await approve(configurations, FIRST)
    await approve(configurations, SECOND)
    assert await configurations.last("node-1") == SECOND
    assert await configurations.last("node-2") is None


async def test_withdrawn_it_is_empty_until_one_is_approved_again(
    configurations: ConfigurationDesk,
) -> None:
    await approve(configurations, FIRST)
    word = signature("li.na", Act.WITHDRAW_CONFIGURATION, LATER)
    await configurations.withdraw("node-1", "li.na", LATER, word)
    assert await configurations.last("node-1") == ConfigurationApproval(
        "node-1", "", "", "li.na", LATER
    )
    with pytest.raises(ApprovalError, match="nothing to withdraw"):
        await configurations.withdraw("node-1", "li.na", LATER, word)
    await approve(configurations, SECOND)
    assert await configurations.last("node-1") == SECOND


async def test_nothing_approved_is_not_withdrawn(configurations: ConfigurationDesk) -> None:
    word = signature("li.na", Act.WITHDRAW_CONFIGURATION)
    with pytest.raises(ApprovalError, match="nothing to withdraw"):
        await configurations.withdraw("node-1", "li.na", NOON, word)


async def test_a_signature_serves_once(configurations: ConfigurationDesk) -> None:
    word = signature("wang.wei", Act.APPROVE_CONFIGURATION)
    await configurations.approve(FIRST, word)
    with pytest.raises(SignatureError, match="served already"):
        await configurations.approve(SECOND, word)
    with pytest.raises(SignatureError, match="served already"):
        await configurations.withdraw("node-1", "wang.wei", LATER, word)
    assert await configurations.last("node-1") == FIRST
