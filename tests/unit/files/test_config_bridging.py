"""What the configuration says of calls that come in, and of calls handed over."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import yaml

from dialer.app.settings import trunk_settings
from dialer.config import Config, gather_config
from dialer.config.proofs import endings
from dialer.core.dialog.script import PlayFile, Say
from dialer.core.values import callback_prompts as callback
from dialer.core.values.number import E164
from dialer.core.values.targets import Extension
from tests.support.inputs import Inputs, short

NOW = datetime(2026, 3, 2, tzinfo=UTC)
OURS = "+442079460000"


def read(inputs: Inputs, **changes: object) -> tuple[Config | None, list[str]]:
    """The sample with a PBX, and `changes` laid over its sections."""
    content = yaml.safe_load(inputs.config.read_text(encoding="utf-8"))
    numbers = [{"number": OURS, "holder": "a", "proof": "b", "expires": "2027-06-30"}]
    pbx = {"name": "pbx", "role": "pbx", "uri": "sip:pbx.example", "channels": 5, "cps": 5}
    content["trunks"].append({**pbx, "numbers": numbers})
    for key, value in changes.items():
        if isinstance(value, dict) and isinstance(content.get(key), dict):
            content[key] |= value
        else:
            content[key] = value
    inputs.config.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), "utf-8")
    config, faults = gather_config(inputs.config, NOW)
    return config, [short(fault).partition(": ")[2] for fault in faults]


@pytest.mark.parametrize("forward", ["sip:8000@pbx", "sip:8000@pbx.example"])
def test_a_person_by_the_name_of_the_trunk_or_its_host(inputs: Inputs, forward: str) -> None:
    config, faults = read(inputs, operator={"forward": forward, "callback": OURS})
    assert faults == []
    assert config is not None
    assert isinstance(config.operator.forward, Extension)
    assert config.places()[config.operator.forward.at] == "pbx"


@pytest.mark.parametrize(
    "forward, what",
    [
        ("sip:8000@nowhere", "nowhere is neither a trunk's name nor the host of a trunk's uri"),
        ("8000", "write sip:user@trunk"),
        ("sip:8000@pbx;user=phone", "write sip:user@trunk"),
    ],
)
def test_a_person_who_cannot_be_reached(inputs: Inputs, forward: str, what: str) -> None:
    _, (fault,) = read(inputs, operator={"forward": forward, "callback": OURS})
    assert fault.startswith(f"operator.forward: {what}")


def test_our_number_must_be_listed_where_the_person_is(inputs: Inputs) -> None:
    _, (fault,) = read(inputs, operator={"forward": "sip:1@pbx", "callback": "+442079460001"})
    assert "our own number is not among the numbers of the trunk" in fault


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_there_are_words_for_everything(inputs: Inputs, language: str) -> None:
    config, faults = read(inputs, callback={"language": language})
    assert faults == []
    assert config is not None
    said = config.callback.utterances("Bank {of} China")
    assert len(said) == 11
    identity = said[callback.IDENTITY]
    assert isinstance(identity, Say)
    assert "Bank {{of}} China" in identity.text
    reason = said[callback.REASON]
    assert isinstance(reason, Say)
    assert "{purpose}" in reason.text


def test_words_and_purposes_of_ones_own(inputs: Inputs) -> None:
    (inputs.config.parent / "who.wav").write_bytes(b"")
    config, faults = read(
        inputs,
        callback={
            "identity": {"play": "who.wav"},
            "goodbye": {"say": "Bye from {operator}."},
            "purposes": {"card-renewal": "your new card"},
        },
    )
    assert faults == []
    assert config is not None
    said = config.callback.utterances("Us")
    assert said[callback.IDENTITY] == PlayFile(str(inputs.config.parent / "who.wav"))
    assert said[callback.GOODBYE] == Say("Bye from Us.")
    assert config.callback.purpose("card-renewal") == "your new card"
    assert config.callback.purpose("loan_due-date") == "loan due date"


@pytest.mark.parametrize(
    "callback, fault",
    [
        ({"language": "fr"}, "callback.language: has no words for identity: give say or play"),
        ({"goodbye": {"say": "{name}"}}, "callback.goodbye.say: {name} stands for nothing here"),
        ({"goodbye": {"say": "{purpose}"}}, "callback.goodbye.say: {purpose} stands for nothing"),
        ({"goodbye": {"say": "{"}}, "callback.goodbye.say: has a brace that is not closed"),
        ({"goodbye": {}}, "callback.goodbye: give say (a text) or play (a WAV file)"),
        ({"channels": -1}, "callback.channels: must be at least 0"),
        ({"per_minute": 0}, "callback.per_minute: must be at least 1"),
    ],
)
def test_faults_of_the_words(inputs: Inputs, callback: dict[str, object], fault: str) -> None:
    _, faults = read(inputs, callback=callback)
    assert any(each.startswith(fault) for each in faults), faults


def test_where_calls_may_come_from_and_what_is_kept_for_them(inputs: Inputs) -> None:
    content = yaml.safe_load(inputs.config.read_text(encoding="utf-8"))
    (trunk,) = content["trunks"]
    trunk |= {"calls_from": ["192.0.2.7", "2001:db8::/48"], "kept_for_inbound": 5}
    config, faults = read(inputs, trunks=[trunk])
    assert faults == []
    assert config is not None
    assert [str(each) for each in config.trunks[0].calls_from] == ["192.0.2.7/32", "2001:db8::/48"]
    for bad in ({"calls_from": ["192.0.2.7/24"]}, {"kept_for_inbound": trunk["channels"]}):
        _, found = read(inputs, trunks=[trunk | bad])
        assert len(found) == 1


def test_where_media_may_come_from_reaches_the_line(inputs: Inputs) -> None:
    (trunk,) = yaml.safe_load(inputs.config.read_text(encoding="utf-8"))["trunks"]
    config, faults = read(inputs, trunks=[trunk | {"media_from": ["192.0.2.7", "2001:db8::/48"]}])
    assert faults == []
    assert config is not None
    settings = trunk_settings(config.trunks[0], config.compliance)
    assert [str(each) for each in settings.media_from] == ["192.0.2.7/32", "2001:db8::/48"]
    _, found = read(inputs, trunks=[trunk | {"media_from": ["media.carrier.example"]}])
    assert len(found) == 1


OFFICE = {"number": "+442079460099", "holder": "Li Na", "proof": "staff.pdf"}


def test_a_target_of_a_number_needs_our_number_on_a_carrier(inputs: Inputs) -> None:
    config, faults = read(inputs, operator={"people": [OFFICE | {"expires": "2027-06-30"}]})
    assert (config is not None, faults) == (True, [])
    assert config is not None
    office = E164("+442079460099")
    assert config.target_fault(office, E164(OURS)) is None
    assert config.target_fault(office, office) is not None


@pytest.mark.parametrize(
    "target, what",
    [
        ("sip:8000@carrier-a", "carrier-a is no exchange of your own"),
        ("sip:*6713800138000@carrier-a", "carrier-a is no exchange of your own"),
        ("sip:*6713800138000@sbc.carrier-a.example", "sbc.carrier-a.example is no exchange"),
        ("sip:13800138000@pbx", "is a telephone number"),
        ("sip:*67110@pbx", "is a telephone number"),
        ("+442079460098", "is not listed under operator.people"),
    ],
)
@pytest.mark.parametrize("key", ["forward", "transfer_to"])
def test_calls_are_handed_over_to_our_own_people_alone(
    inputs: Inputs, target: str, what: str, key: str
) -> None:
    people = [OFFICE | {"expires": "2027-06-30"}]
    told = target if key == "forward" else ["sip:8000@pbx", target]
    _, (fault,) = read(inputs, operator={key: told, "people": people, "callback": OURS})
    place = f"operator.{key}" if key == "forward" else f"operator.{key}[1]"
    assert fault.startswith(f"{place}: {what}")


def test_one_of_our_people_without_proof_is_none(inputs: Inputs) -> None:
    _, faults = read(inputs, operator={"people": [OFFICE]})
    assert any("operator.people[0].expires: is missing" in fault for fault in faults)


def test_a_proof_that_ends_is_told_of_before(inputs: Inputs) -> None:
    config, _ = read(inputs, operator={"people": [OFFICE | {"expires": "2026-03-10"}]})
    assert config is not None
    assert "operator: the proof of number 1 of its people ends in" in str(endings(config, NOW)[0])
