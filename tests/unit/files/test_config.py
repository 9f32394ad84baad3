"""dialer.yaml: what it becomes, and what is told of what is wrong in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import BaseModel

from dialer.config import Config, load_config
from dialer.core.values.number import E164
from dialer.errors import InputError
from dialer.reading.fields import BrokerUrl, HostPort, PortRange, SipUri
from tests.support.inputs import CONFIG, NOW, Inputs, short

EXAMPLES = Path(__file__).resolve().parents[3] / "deploy" / "examples"
OWNED = '{number: "+442079460000", holder: Example Bank, proof: a-17.pdf, expires: 2027-06-30}'


def load(inputs: Inputs, text: str) -> Config:
    inputs.config.write_text(text, encoding="utf-8")
    return load_config(inputs.config, now=NOW)


def faults(inputs: Inputs, text: str) -> list[str]:
    with pytest.raises(InputError) as refused:
        load(inputs, text)
    return [short(fault) for fault in refused.value.faults]


def test_what_is_not_written_has_its_default(inputs: Inputs) -> None:
    config = load_config(inputs.config, now=NOW)
    assert config.node == "dialer-1"
    assert config.data_dir == inputs.folder / "var"
    assert config.sip.session_expires == 1800.0
    assert (config.routing.no_progress, config.routing.ring) == (4.0, 40.0)
    assert (config.terms.per_hour, config.terms.per_day) == (1, 3)
    assert config.terms.refusal_months == 6
    assert config.metrics.listen == HostPort("127.0.0.1", 9108)
    assert config.mqtt is None
    assert [str(window) for window in config.terms.workday] == [
        "09:00-11:30",
        "14:30-17:30",
    ]


def test_the_sample_of_deploy_is_read_as_it_is_written() -> None:
    config = load_config(EXAMPLES / "dialer.yaml", now=NOW)
    trunk, pbx = config.trunks
    assert (pbx.role, str(config.operator.forward)) == ("pbx", "sip:8000@pbx")
    assert trunk.uri == SipUri("sbc.carrier-a.example", None)
    assert (trunk.channels, trunk.cps, trunk.weight) == (120, 20.0, 10)
    assert trunk.cost_per_minute == Decimal("0.11")
    assert trunk.numbers[0].number == E164("+861065550100")
    assert trunk.numbers[0].expires == date(2027, 6, 30)
    assert config.sip.rtp_ports == PortRange(20000, 39999)
    assert config.mqtt is not None
    assert config.mqtt.url == BrokerUrl("127.0.0.1", 1883, tls=False)
    assert config.caller_ids().is_verified("carrier-a", E164("+861065550100"), NOW)


def test_words_are_words_and_not_yaml_s_idea_of_them(inputs: Inputs) -> None:
    text = CONFIG.replace("node: dialer-1", "node: 0123").replace("carrier-a\n", "no\n")
    config = load(inputs, text)
    assert (config.node, config.trunks[0].name) == ("0123", "no")


def test_every_fault_is_told_at_once_at_its_line(inputs: Inputs) -> None:
    text = (
        CONFIG.replace("node: dialer-1", "nodes: dialer-1")
        .replace("channels: 120", "channels: many")
        .replace("cps: 20", "cps: 0")
        .replace("20000-39999", "39999-20000")
        .replace('callback: "+442079460000"', "callback: 020 7946 0000")
        .replace("uri: sip:sbc.carrier-a.example", "uri: http://sbc")
        + "routing: {ring: 1s, talk: 5, drian: 3s}\n"
        + "routing: {}\n"
    )
    assert faults(inputs, text) == [
        "dialer.yaml:1: nodes: unknown key; did you mean node?",
        "dialer.yaml:5: operator.callback: write it with + and country code (E.164)",
        "dialer.yaml:6: sip.rtp_ports: the first port is 1024 or more and below the last",
        "dialer.yaml:9: trunks[0].uri: write sip:host or sip:host:port",
        "dialer.yaml:10: trunks[0].channels: a whole number is wanted",
        "dialer.yaml:11: trunks[0].cps: must be more than 0",
        "dialer.yaml:14: routing.drian: unknown key; did you mean drain?",
        "dialer.yaml:14: routing.ring: must be at least 5s",
        "dialer.yaml:14: routing.talk: write a duration with its unit: 500ms, 4s, 10m, 2h or 30d",
        "dialer.yaml:15: routing: given twice; the first is on line 14",
    ]


@pytest.mark.parametrize(
    "old,new,told",
    [
        ("name: Example Bank", "name: [a]", "3: operator.name: a text is wanted"),
        ("name: Example Bank", "name:", "3: operator.name: a text is wanted"),
        ("  name: Example Bank\n", "", "2: operator.name: is missing"),
        ("name: Example Bank", 'name: "a\\nb"', "must be one line of printable text"),
        ("2027-12-31", "soon", "4: operator.licence.expires: a date is wanted: 2027-12-31"),
        ("2027-12-31", "2026-11-21", "4: operator.licence.expires: the licence has expired"),
        ("[PCMA, PCMU]", "[PCMA, G729]", "6: sip.codecs[1]: must be 'PCMA', 'PCMU', 'G722'"),
        ("[PCMA, PCMU]", "[]", "6: sip.codecs: needs at least 1 of them"),
        ("[PCMA, PCMU]", "PCMA", "6: sip.codecs: a list is wanted"),
        ("20000-39999", "20000-20100", "6: sip.rtp_ports: holds 101 ports, but the trunks' 120"),
        ("127.0.0.1:5060", '"[::1]:5060"', "6: sip.bind: write an IPv4 address of this machine"),
        ("sip:sbc.carrier-a.example", "sip:[2001:db8::1]", "IPv6 is not spoken; give a name"),
        ("127.0.0.1:5060", "localhost:5060", "6: sip.bind: write an IPv4 address of this machine"),
        ("127.0.0.1:5060", "127.0.0.1:99999", "6: sip.bind: address: a port is a number up to"),
        ("127.0.0.1:5060", "127.0.0.1", "6: sip.bind: write an address and a port"),
        ("127.0.0.1:5060", "127.0.0.300:5060", "6: sip.bind: address: not an IPv4 address"),
        ("sip:sbc.carrier-a.example", "sips:sbc", "9: trunks[0].uri: sips: needs tls"),
        ("sip:sbc.carrier-a.example", "sip:me@sbc", "9: trunks[0].uri: only host and port"),
        ("sip:sbc.carrier-a.example", "sip:sbc:0", "9: trunks[0].uri: uri: nobody answers"),
        ("sip:sbc.carrier-a.example", "sip:-sbc", "9: trunks[0].uri: uri: not a host name"),
        ("channels: 120", "channels: 1.5", "10: trunks[0].channels: a whole number is wanted"),
        ("channels: 120", "channels: -1", "10: trunks[0].channels: must be at least 1"),
        ("channels: 120", "channels: 99999999999999999999999", "must be at most 10000"),
        ("cps: 20", "cps: .inf", "11: trunks[0].cps: a number is wanted"),
        ("cps: 20", "cps: inf", "11: trunks[0].cps: a finite number is wanted"),
        ("cps: 20", "cps: nan", "11: trunks[0].cps: a finite number is wanted"),
        ("- name: carrier-a", "- name: carrier/a", "8: trunks[0].name: must be a word of letters"),
        (OWNED, f"{OWNED}\n      - {OWNED}", "14: trunks[0].numbers[1].number: repeats a number"),
        ("trunks:\n", "trunks:\n  - 3\n", "8: trunks[0]: keys and values are wanted, indented"),
        ("operator:\n", "operator: 3\nx:\n", "2: operator: keys and values are wanted, indented"),
        ("node: dialer-1", "store: mysql://db/x", "1: store: write sqlite, or postgresql://"),
        ("node: dialer-1", "store: postgresql://db/x", "1: store: name the user and the database"),
        ("node: dialer-1", "store: postgresql://u@/x", "1: store: name the host, or a socket's"),
        ("node: dialer-1", "store: postgresql://u@db/x?a=b", "1: store: of the options only host"),
        (
            "node: dialer-1",
            "store: postgresql://u:hidden@db/x",
            "1: store: a password is not written here: it has store_password_file",
        ),
        ("node: dialer-1", "metrics: {listen: on}", "1: metrics.listen: write an address and"),
        ("node: dialer-1", "mqtt: {url: http://x}", "1: mqtt.url: write mqtt://host:port"),
        ("node: dialer-1", "mqtt: {url: mqtt://a:b@c}", "1: mqtt.url: user and password have keys"),
        ("node: dialer-1", "mqtt: {url: mqtts://b, ca_file: x}", "1: mqtt.ca_file: the file it"),
        ("node: dialer-1", "compliance: {per_number: {hour: 2, day: 1}}", "hour cannot be more"),
        ("node: dialer-1", "compliance: {refusal_rest: 30d}", "write a number of months: 6 months"),
        ("node: dialer-1", "compliance: {refusal_rest: 0 months}", "must be at least 1 month"),
        (
            "node: dialer-1",
            "compliance: {windows: {workday: [10:00-12:00, 11:00-13:00]}}",
            "1: compliance.windows.workday: windows must be in order and must not overlap",
        ),
        (
            "node: dialer-1",
            "compliance: {windows: {workday: [12:00-10:00]}}",
            "1: compliance.windows.workday[0]: the hours end before they start",
        ),
        ("node: dialer-1", "compliance: {jurisdiction: EU}", "must be 'CN' or 'US'"),
        (
            "node: dialer-1",
            "compliance: {windows: {workday: [08:00-21:00]}}",
            "workday: looser than jurisdiction CN permits: its bound is 09:00-11:30, 14:30-17:30",
        ),
        ("node: dialer-1", "compliance: {per_number: {hour: 2}}", "its bound is 1"),
        ("node: dialer-1", "compliance: {refusal_rest: 5 months}", "its bound is 6 months"),
        ("node: dialer-1", "compliance: {one_number: 24 months}", "only jurisdiction US permits"),
        (
            "node: dialer-1",
            "compliance: {calendar: US}",
            "1: compliance.calendar: looser than jurisdiction CN permits",
        ),
        (
            "node: dialer-1",
            "compliance: {jurisdiction: US, refusal_rest: 59 months}",
            "its bound is 60 months",
        ),
        ("node: dialer-1", "compliance: {per_number: {day: 9}}", "no jurisdiction permits it"),
        (
            "node: dialer-1",
            "compliance: {jurisdiction: US}\nrouting: {ring: 10s}",
            "2: routing.ring: looser than jurisdiction US permits: its bound is 15s",
        ),
        ("node: dialer-1", "compliance: {abandon_rate: 0}", "abandon_rate: must be more than 0"),
        ("node: dialer-1", "compliance: {calendar: FR}", "must be CN or US: no other country's"),
        ("node: dialer-1", "compliance: {lab_networks: [8.8.8.0/24]}", "network is a private one"),
        ("node: dialer-1", "compliance: {lab_networks: [10.0.0.0/8]}", "65,536 addresses at most"),
        (
            "node: dialer-1",
            "compliance: {lab_networks: [10.1]}",
            "write an address, or a network as",
        ),
        (
            "channels: 120",
            "channels: 120\n    lab: true",
            "9: trunks[0].uri: of a lab must be an address of loopback",
        ),
    ],
)
def test_one_fault_in_plain_words(inputs: Inputs, old: str, new: str, told: str) -> None:
    found = faults(inputs, CONFIG.replace(old, new))
    assert any(told in each for each in found), found


def with_trunk(keys: str) -> str:
    return CONFIG.replace("channels: 120", f"{keys}\n    channels: 120")


def test_a_trunk_s_password_comes_from_a_file_or_the_environment(
    inputs: Inputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    (inputs.folder / "secret").write_text("open sesame\n")
    monkeypatch.setenv("TRUNK_PASSWORD", "open sesame")
    for source in ("password_file: secret", "password_env: TRUNK_PASSWORD"):
        config = load(inputs, with_trunk(f"register: {{username: '1001', {source}}}"))
        known = config.trunks[0].registration
        assert known is not None
        assert (known.username, known.password.get_secret_value()) == ("1001", "open sesame")
        assert known.expires == 300
        assert "sesame" not in f"{config!r} {config}"


@pytest.mark.parametrize(
    "keys, told",
    [
        ("register: {username: a}", "trunks[0].register: give the password by"),
        ("register: {username: 'a\"b', password_env: HOME}", "trunks[0].register.username: "),
        ("register: {username: a, password_env: NOT_SET_1}", "must hold the secret, on one line"),
        ("register: {username: a, password_env: 'a b'}", "name an environment variable"),
        ("identity: pai", "trunks[0].identity: pai and ppi need register"),
        ("transport: tcp", "trunks[0].transport: sip.transports does not have it"),
        ("options: 0s", "trunks[0].options: must be from 1s to 3600s, or off"),
        ("number_format: {style: national}", "the national style needs a country"),
        ("number_format: {access: '+9'}", "trunks[0].number_format.access: "),
        *(
            (f"number_format: {{{key}: '{code}'}}", f"trunks[0].number_format.{key}: ")
            for key in ("access", "trunk_prefix", "international_prefix")
            for code in ("*67", "#31#", "*31#", "141", "1831", "*82", "0*31*")
        ),
        ("number_format: {access: '1', trunk_prefix: '831'}", "hide or change our number"),
        ("proxy: 'sip:a@b'", "trunks[0].proxy: only host and port"),
    ],
)
def test_one_fault_of_a_trunk(inputs: Inputs, keys: str, told: str) -> None:
    found = faults(inputs, with_trunk(keys))
    assert any(told in each for each in found), found


@pytest.mark.parametrize("written, every", [("30s", 30.0), ("off", None)])
def test_probes_are_off_unless_asked_for(inputs: Inputs, written: str, every: float | None) -> None:
    assert load(inputs, CONFIG).trunks[0].options is None
    assert load(inputs, with_trunk(f"options: {written}")).trunks[0].options == every


def test_two_trunks_of_one_name(inputs: Inputs) -> None:
    _, trunk = CONFIG.split("trunks:\n")
    assert faults(inputs, CONFIG + trunk) == [
        "dialer.yaml:14: trunks[1].name: another trunk has this name"
    ]


def test_a_secret_is_read_from_its_file_and_stays_out_of_every_text(inputs: Inputs) -> None:
    (inputs.folder / "secret").write_text("open sesame\n")
    text = CONFIG + "mqtt: {url: mqtts://broker.example, username: d, password_file: secret}\n"
    config = load(inputs, text)
    assert config.mqtt is not None
    assert config.mqtt.password is not None
    assert config.mqtt.password.get_secret_value() == "open sesame"
    assert config.mqtt.url == BrokerUrl("broker.example", 8883, tls=True)
    assert "sesame" not in f"{config!r} {config}"
    assert "+442079460000" not in repr(config)


@pytest.mark.parametrize(
    "content,told",
    [
        (None, "the file it names: no such file"),
        (b"", "must hold the secret, on one line"),
        (b"one\ntwo\n", "must hold the secret, on one line"),
        (b"\xff\xfe\x00", "the file it names: is UTF-16"),
        (b"x" * 5000, "the file it names: is 0.0 MB"),
    ],
)
def test_a_secret_that_cannot_be_read(inputs: Inputs, content: bytes | None, told: str) -> None:
    if content is not None:
        (inputs.folder / "secret").write_bytes(content)
    text = CONFIG + "mqtt: {url: mqtt://broker, username: d, password_file: secret}\n"
    (fault,) = faults(inputs, text)
    assert fault.startswith("dialer.yaml:14: mqtt.password_file: ")
    assert told in fault


def test_a_wrong_value_is_not_repeated(inputs: Inputs) -> None:
    told = "\n".join(faults(inputs, CONFIG.replace("channels: 120", "channels: hunter2")))
    assert "hunter2" not in told


def test_nothing_can_be_changed_after(inputs: Inputs) -> None:
    config = load_config(inputs.config, now=NOW)
    with pytest.raises(ValueError, match="frozen"):
        config.node = "other"


def test_a_licence_holds_to_the_end_of_its_day(inputs: Inputs) -> None:
    inputs.config.write_text(CONFIG.replace("2027-12-31", "2026-11-22"))
    load_config(inputs.config, now=datetime(2026, 11, 22, 9, tzinfo=UTC))
    with pytest.raises(InputError, match="expired"):
        load_config(inputs.config, now=datetime(2026, 11, 22, 11, tzinfo=UTC))


@pytest.mark.parametrize(
    "uri, networks, is_near",
    [
        ("sip:127.0.0.1:5070", "", True),
        ("sip:10.77.0.2", "", False),
        ("sip:10.77.0.2", "10.77.0.0/24", True),
        ("sip:10.78.0.2", "10.77.0.0/24", False),
        ("sip:192.0.2.1", "10.77.0.0/24", False),
        # A name may lead elsewhere tomorrow.
        ("sip:localhost", "", False),
    ],
)
def test_a_labs_trunk_lies_in_a_lab(inputs: Inputs, uri: str, networks: str, is_near: bool) -> None:
    text = CONFIG.replace("sip:sbc.carrier-a.example", f"{uri}\n    lab: true")
    text = f"compliance: {{lab_networks: [{networks}]}}\n{text}"
    if is_near:
        assert load(inputs, text).trunks[0].lab
    else:
        assert any("of a lab must be" in each for each in faults(inputs, text))


@pytest.mark.parametrize("within, refused", [("3s", 0), ("1s", 0), ("3001ms", 1), ("999ms", 1)])
def test_no_configuration_gives_a_notice_more_time_than_the_law(
    inputs: Inputs, within: str, refused: int
) -> None:
    text = f"{CONFIG}compliance: {{notice_within: {within}}}\n"
    found = faults(inputs, text) if refused else []
    if not refused:
        load(inputs, text)
    assert len(found) == refused
    assert all("notice_within" in fault for fault in found)


def test_a_section_that_is_left_out_is_the_section_with_nothing_in_it() -> None:
    # Defaults are built without validation, so that a command starts sooner.
    def sections(model: type[BaseModel]) -> Iterator[BaseModel]:
        for field in model.model_fields.values():
            if isinstance(field.default, BaseModel):
                yield field.default
                yield from sections(type(field.default))

    found = list(sections(Config))
    assert len(found) > 5
    assert [each for each in found if each != type(each)()] == []
