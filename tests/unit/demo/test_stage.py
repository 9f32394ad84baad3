"""The demo's people, files and plans."""

from __future__ import annotations

import json
import socket
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.core.values.number import parse
from dialer.core.values.outcome import WHO_OF, Who
from dialer.demo.files import CALLER_ID, Carrier, Job, free_ports, free_rtp_ports, write
from dialer.demo.people import SHARES, Person, invite
from dialer.demo.stage import build, write_plan
from dialer.errors import LineError
from dialer.files import check_files, load_run

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@given(st.integers(11, 500))
def test_any_company_has_one_of_each_and_no_two_phones_alike(count: int) -> None:
    ports = list(range(10_000, 10_000 + 2 * count, 2))
    people = invite(count, ports)
    assert len(people) == count
    assert {contact.person for contact in people} == set(Person)
    assert [contact.port for contact in people] == ports
    assert len({contact.number for contact in people}) == count
    assert all(contact.number.endswith(str(contact.port)[1:]) for contact in people)
    assert all(parse(contact.number).clear == contact.number for contact in people)


def test_sixty_are_shared_out_as_the_table_says() -> None:
    people = invite(60, list(range(10_000, 10_120, 2)))
    assert Counter(contact.person for contact in people) == SHARES


def test_kinds_are_mixed() -> None:
    people = invite(60, list(range(10_000, 10_120, 2)))
    assert {contact.person for contact in people[:11]} == set(Person)


def test_who_answers_has_a_phone_and_who_does_not_is_told_by_signalling() -> None:
    for person in Person:
        by_carrier = WHO_OF[person.reason] is Who.CARRIER and person is not Person.VANISHER
        if by_carrier or person in {Person.BUSY, Person.ABSENT, Person.DECLINER}:
            assert not person.answers
        else:
            assert person.answers


def test_what_is_written_is_what_a_user_may_write(tmp_path: Path) -> None:
    job = Job(
        carriers=[Carrier("carrier-a", 5070, weight=2), Carrier("carrier-b", 5072)],
        numbers=["+861065550002", "+861065550004"],
        metrics_port=9108,
        sip={"rtp_silence": "2s"},
        routing={"ring": "5s", "drain": "1s"},
        more={"mqtt": {"url": "mqtt://127.0.0.1:1883", "prefix": "dialer"}},
    )
    config_path, campaign_path = write(tmp_path, job)
    kinds = {
        checked.path.name: checked.kind
        for checked in check_files(sorted(tmp_path.iterdir()), now=NOW)
    }
    assert {kinds[name] for name in ("dialer.yaml", "campaign.yaml")} == {"config", "campaign"}
    assert set(kinds) == {"dialer.yaml", "campaign.yaml", "script.yaml", "contacts.csv"}
    config, loaded = load_run(campaign_path, config_path, now=NOW)
    assert [(trunk.name, trunk.weight) for trunk in config.trunks] == [
        ("carrier-a", 2),
        ("carrier-b", 1),
    ]
    assert config.metrics.listen is not None
    assert config.metrics.listen.port == 9108
    assert config.routing.ring == 5
    assert loaded.record.caller_id.clear == CALLER_ID
    assert [row.number.clear for row in loaded.rows()] == list(job.numbers)


def test_the_stage_of_the_demo_can_be_dialled(tmp_path: Path) -> None:
    stage = build(tmp_path, 24)
    config, loaded = load_run(stage.campaign, stage.config, now=NOW)
    assert {str(trunk.uri) for trunk in config.trunks} == {
        f"sip:127.0.0.1:{port}" for port in stage.carriers.values()
    }
    assert [row.number.clear for row in loaded.rows()] == [each.number for each in stage.contacts]
    assert len({each.port for each in stage.contacts} | set(stage.carriers.values())) == 26


def test_each_callee_has_a_plan_and_does_its_part(tmp_path: Path) -> None:
    people = tuple(invite(60, list(range(10_000, 10_120, 2))))
    path = tmp_path / "plan.json"
    write_plan(path, people, offer_at=8.0)
    plans = {plan["port"]: plan for plan in json.loads(path.read_text())}
    assert set(plans) == {each.port for each in people if each.person.answers}
    for each in people:
        plan = plans.get(each.port, {})
        match each.person:
            case Person.TALKER:
                (early, _), (late, lasts) = plan["talks"]
                assert early < 1
                assert late > 8
                assert lasts > 1
            case Person.COUGHER:
                ((_, lasts),) = plan["talks"]
                assert lasts < 0.1
            case Person.OBJECTOR:
                ((_, key),) = plan["keys"]
                assert key == "1"
            case Person.RENEWER:
                assert [key for _, key in plan["keys"]] == ["2"]
            case Person.VANISHER:
                assert plan["vanishes"] == 1.0
            case _:
                assert set(plan) <= {"port"}
    pressed = [plans[each.port]["keys"][0][0] for each in people if each.person is Person.OBJECTOR]
    assert min(pressed) < 8 < max(pressed), "some object during the disclosure, some after"


def test_ports_are_free_even_and_below_the_kernels_own() -> None:
    rtp = free_rtp_ports(20)
    assert len(set(rtp)) == 20
    assert all(10_000 <= port < 20_000 and port % 2 == 0 for port in rtp)
    assert len(set(free_ports(5))) == 5
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", rtp[0]))
        assert rtp[0] not in free_rtp_ports(2000)


def test_where_no_port_is_free_the_reason_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_self: object, _address: object) -> None:
        raise OSError("taken")

    class Taken(socket.socket):
        bind = refuse  # type: ignore[assignment]

    monkeypatch.setattr("dialer.demo.files.socket.socket", Taken)
    with pytest.raises(LineError, match="no free UDP ports"):
        free_rtp_ports(1)
