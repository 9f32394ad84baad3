"""What takes a person's own signature, and which signatures are none."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from dialer.core.office.access import Role
from dialer.core.values.statements import Act, Signed, Statement, names, said_in
from dialer.errors import AccessError, SignatureError
from dialer.office import access
from dialer.office.request import Request
from dialer.office.signing import checked, stated
from tests.support.inputs import NOW
from tests.support.office import Asking, FakeDesks, staffed
from tests.support.signing import public_of, sign

LI = Role.COMPLIANCE.value
"""Whoever has a role is called as it."""


@pytest.fixture
async def asking(tmp_path: Path) -> Asking:
    """Compliance has registered a key."""
    made = Asking(tmp_path, FakeDesks(await staffed()))
    await register(made.by(Role.COMPLIANCE), LI)
    return made


async def register(request: Request, key: str, *vouched: tuple[str, Signed]) -> None:
    line = public_of(key).text
    text = (await access.to_register(request, line)).text
    await access.register_key(request, line, sign(key, text), *vouched)


def wanted(request: Request, **changed: str) -> Statement:
    said = {"script": "renewal", "version": "f" * 64} | changed
    return stated(request, Act.APPROVE_SCRIPT, LI, **said)


async def test_a_signature_over_what_is_done_by_who_does_it(asking: Asking) -> None:
    request = asking.by(Role.COMPLIANCE)
    made = await checked(request, asking.desks, wanted(request), sign(LI, wanted(request).text))
    assert (made.by, made.key) == (LI, public_of(LI).fingerprint)
    assert names(made.text, Act.APPROVE_SCRIPT, LI, version="f" * 64)
    assert not names(made.text, Act.APPROVE_SCRIPT, LI, version="e" * 64)


@pytest.mark.parametrize(
    "signed, told",
    [
        (lambda it: None, "--sign-key"),
        (lambda it: sign("eve", it.text), "not signed by a key that is registered"),
        (lambda it: sign(LI, it.text, b"git"), "not signed by a key"),
        (lambda it: replace(sign(LI, it.text), signature="x"), "not signed by a key"),
        (lambda it: sign(LI, it.text.replace("renewal", "other")), "is not this: approve script"),
        (lambda it: sign(LI, replace(it, by="eve").text), "is not this"),
        (lambda it: sign(LI, replace(it, operator="Other Bank").text), "is not this"),
        (lambda it: sign(LI, replace(it, act=Act.CLOSE_COMPLAINT).text), "is not this"),
        (lambda it: sign(LI, it.text + "\n"), "is not this"),
        (lambda it: sign(LI, replace(it, at=it.at - timedelta(hours=25)).text), "sign it anew"),
        (lambda it: sign(LI, replace(it, at=it.at + timedelta(hours=1)).text), "sign it anew"),
    ],
)
async def test_no_other_signature_counts(asking: Asking, signed: object, told: str) -> None:
    request = asking.by(Role.COMPLIANCE)
    it = wanted(request)
    assert callable(signed)
    with pytest.raises(SignatureError, match=told):
        await checked(request, asking.desks, it, signed(it))


async def test_who_has_no_key_is_told_how_to_get_one(asking: Asking) -> None:
    request = asking.by(Role.AUDITOR)
    it = replace(wanted(request), by=Role.AUDITOR.value)
    with pytest.raises(SignatureError, match=r"dialer access key ~/\.ssh"):
        await checked(request, asking.desks, it, sign(LI, it.text))


async def test_a_key_is_registered_by_who_holds_it_and_is_one_persons(asking: Asking) -> None:
    with pytest.raises(SignatureError, match="as compliance's"):
        await register(asking.by(Role.OPERATOR), LI)
    request, line = asking.by(Role.OPERATOR), public_of("op").text
    text = (await access.to_register(request, line)).text
    with pytest.raises(SignatureError, match="by the key that is to be registered"):
        await access.register_key(request, line, sign("eve", text))
    with pytest.raises(AccessError, match="no token"):
        await register(asking.by(None), "op")


async def test_a_token_alone_takes_over_nobodys_signature(asking: Asking) -> None:
    request = asking.by(Role.COMPLIANCE)
    with pytest.raises(SignatureError, match="had a key before"):
        await register(request, "new")
    vouching = (await access.to_register(request, public_of("new").text, LI)).text
    with pytest.raises(SignatureError, match="not signed by a key"):
        await register(request, "new", (LI, sign("new", vouching)))
    await register(request, "new", (LI, sign(LI, vouching)))
    assert [key.vouched_by for key in await access.keys(request)] == [None, LI]


async def test_a_revoked_key_signs_no_more_and_never_again(asking: Asking) -> None:
    with pytest.raises(SignatureError, match="only compliance or an admin"):
        await access.revoke_key(asking.by(Role.OPERATOR), public_of(LI).fingerprint)
    await access.revoke_key(asking.by(Role.ADMIN), public_of(LI).fingerprint)
    request = asking.by(Role.COMPLIANCE)
    it = wanted(request)
    with pytest.raises(SignatureError, match="has no key registered"):
        await checked(request, asking.desks, it, sign(LI, it.text))
    with pytest.raises(SignatureError, match="was revoked"):
        await register(request, LI)


async def test_compliance_takes_two_people_once_two_have_held_it(asking: Asking) -> None:
    root = lambda: asking.by(Role.ADMIN)  # noqa: E731
    await access.give(root(), "wang", [Role.COMPLIANCE])
    with pytest.raises(AccessError, match="have one of compliance, wang sign"):
        await access.give(root(), "pal", [Role.COMPLIANCE])
    request = root()
    theirs = sign(LI, access.to_second(request, LI, "pal").text)
    with pytest.raises(SignatureError, match="is not this"):
        await access.give(request, "other", [Role.COMPLIANCE], second=(LI, theirs))
    made = await access.give(request, "pal", [Role.COMPLIANCE], second=(LI, theirs))
    assert made.grant.name == "pal"
    for name in (LI, "wang", "pal"):
        await access.revoke(root(), name)
    with pytest.raises(AccessError, match="nobody holds it any more: the owner"):
        await access.give(root(), "pal2", [Role.COMPLIANCE])


@pytest.mark.parametrize("other", [Role.OPERATOR, Role.ADMIN])
async def test_nobody_holds_compliance_and_what_it_watches(asking: Asking, other: Role) -> None:
    with pytest.raises(AccessError, match="one watches over the other"):
        await access.give(asking.by(Role.ADMIN), "both", [Role.COMPLIANCE, other])


@pytest.mark.parametrize("value", ['a\nby: "eve"', "\u2028", '"', "\\", "\ud800"])
def test_no_value_makes_a_line_of_its_own(value: str) -> None:
    made = Statement(Act.CLOSE_COMPLAINT, "Bank", {"complaint": value}, "li", NOW)
    assert said_in(made.text) == {
        "act": "close complaint",
        "operator": "Bank",
        "complaint": value,
        "by": "li",
        "at": "2026-11-22T12:00:00+00:00",
    }
    assert said_in(made.text + 'by: "eve"\n') == {}
