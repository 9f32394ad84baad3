"""TLS, SRTP, NAT, name servers, codecs and secrets in dialer.yaml."""

from __future__ import annotations

import logging

import pytest

from dialer.app.settings import sip_settings, trunk_settings
from dialer.config.document import MOST_CHANNELS, Config, load_config
from dialer.config.effective import effective_of
from dialer.config.sip import Tls
from dialer.core.gate.configuration import canonical, compare
from dialer.errors import InputError
from dialer.reading.fields import HostPort, SipUri
from dialer.sip.settings import InboundAuth, InboundDigest
from tests.support.certificates import Authority
from tests.support.inputs import CONFIG, NOW, Inputs, short

SECRET = "open sesame"
LONG = "more than twelve"
TLS = ", transports: [udp, tls]"


@pytest.fixture(autouse=True)
def files(inputs: Inputs) -> None:
    authority = Authority(inputs.folder, "ca")
    authority.certify("node.example", like="node")
    authority.certify("other.example", like="other")
    (inputs.folder / "empty.pem").write_text("nothing\n")
    for name, secret in (("short", "11 of these"), ("long", LONG)):
        (inputs.folder / name).write_text(secret)
        (inputs.folder / name).chmod(0o600)


def load(inputs: Inputs, text: str) -> Config:
    inputs.config.write_text(text, encoding="utf-8")
    return load_config(inputs.config, now=NOW)


def faults(inputs: Inputs, text: str) -> list[str]:
    with pytest.raises(InputError) as refused:
        load(inputs, text)
    return [short(fault) for fault in refused.value.faults]


def written(sip: str = "", trunk: str = "") -> str:
    text = CONFIG.replace("codecs: [PCMA, PCMU]}", f"codecs: [PCMA, PCMU]{sip}}}")
    return text.replace(
        "channels: 120", f"{trunk}\n    channels: 120" if trunk else "channels: 120"
    )


def test_all_of_it(inputs: Inputs) -> None:
    sip = (
        ", transports: [udp, tls], public_address: 198.51.100.7,"
        " nameservers: [192.0.2.53, 192.0.2.54:5353],"
        " tls: {port: 5071, certificate: node.crt, key_file: node.key, ca_file: ca.pem}"
    )
    trunk = (
        "transport: tls\n    ca_file: ca.pem\n    srtp: required\n    codecs: [opus, G722, PCMA]"
    )
    config = load(inputs, written(sip, trunk))
    assert config.sip.public_address == "198.51.100.7"
    assert config.sip.nameservers == (HostPort("192.0.2.53", 53), HostPort("192.0.2.54", 5353))
    tls = config.sip.tls
    assert tls.port == 5071
    assert (tls.certificate, tls.key_file, tls.ca_file) == tuple(
        inputs.folder / name for name in ("node.crt", "node.key", "ca.pem")
    )
    known = config.trunks[0]
    assert (known.secure, known.srtp, known.outside) == (True, "required", True)
    assert known.codecs == ("opus", "G722", "PCMA")


def test_sips_is_tls_whatever_the_transport(inputs: Inputs) -> None:
    text = written(", transports: [udp, tls]").replace("uri: sip:", "uri: sips:")
    trunk = load(inputs, text).trunks[0]
    assert trunk.uri == SipUri("sbc.carrier-a.example", None, secure=True)
    assert str(trunk.uri) == "sips:sbc.carrier-a.example"
    assert trunk.secure


@pytest.mark.parametrize(
    "sip, trunk, told",
    [
        ("", "transport: tls", "trunks[0].transport: sip.transports does not have it"),
        ("", "ca_file: ca.pem", "trunks[0].ca_file: only TLS verifies"),
        ("", "ca_file: gone.pem", "trunks[0].ca_file: the file it names"),
        ("", "proxy: 'sips:edge'", "trunks[0].proxy: write sip: here, and transport: tls"),
        ("", "transport: tls\n    ca_file: empty.pem", "ca_file: the file it names holds no cert"),
        (", tls: {ca_file: empty.pem}", "", "sip.tls.ca_file: the file it names holds no cert"),
        (
            ", tls: {certificate: node.crt, key_file: other.key}",
            "",
            "sip.tls.certificate: certificate and key_file: are no certificate in PEM with its key",
        ),
        *(
            (sip, f"{trunk}\n    inbound_auth: {{{asked}}}", f"trunks[0].inbound_auth{told}")
            for sip, trunk, asked, told in (
                ("", "", "", ": give digest, client_certificates or both"),
                (
                    "",
                    "",
                    "client_certificates: [a.example]",
                    ".client_certificates: only TLS shows",
                ),
                (
                    TLS,
                    "transport: tls",
                    "client_certificates: [a.example]",
                    ".client_certificates: needs sip.tls.certificate",
                ),
                (
                    "",
                    "",
                    "client_certificates: ['*.example']",
                    ".client_certificates[0]: write a whole",
                ),
                (
                    "",
                    "",
                    "client_certificates: [192.0.2.1]",
                    ".client_certificates[0]: write a whole",
                ),
                (
                    "",
                    "",
                    "client_certificates: ['sip:a.example']",
                    ".client_certificates[0]: write a",
                ),
                (
                    "",
                    "",
                    "client_certificates: [a.example, A.example]",
                    ".client_certificates[1]: is there twice",
                ),
                ("", "", "digest: {username: a}", ".digest: give the password by"),
                (
                    "",
                    "",
                    "digest: {username: a, password_file: short}",
                    ".digest.password_file: the password needs 12",
                ),
                (
                    "",
                    "",
                    "digest: {username: a, password_file: long, algorithms: []}",
                    ".digest.algorithms: needs at least 1",
                ),
                (
                    "",
                    "",
                    "digest: {username: a, password_file: long, algorithms: [SHA-1]}",
                    ".digest.algorithms[0]: must be",
                ),
                (
                    "",
                    "",
                    "digest: {username: a, password_file: long, algorithms: [MD5, MD5]}",
                    ".digest.algorithms[1]: is there twice",
                ),
                (
                    "",
                    "",
                    "digest: {username: 'a\"b', password_file: long}",
                    ".digest.username: must be a text without",
                ),
            )
        ),
        (", realm: 'a b'", "", "sip.realm: write a whole host name"),
        ("", "srtp: maybe", "trunks[0].srtp: must be 'off', 'optional' or 'required'"),
        ("", "codecs: [PCMA, PCMA]", "trunks[0].codecs[1]: is there twice"),
        (", tls: {certificate: node.crt}", "", "sip.tls: certificate and key_file belong"),
        (", tls: {verify: false}", "", "sip.tls.verify: "),
        (", public_address: pbx.example", "", "sip.public_address: an IPv4 address is wanted"),
        (", public_address: 0.0.0.0", "", "sip.public_address: 0.0.0.0 is nobody's"),
        (", nameservers: [dns.example]", "", "sip.nameservers[0]: an IPv4 address is wanted"),
        (", nameservers: ['192.0.2.1:x']", "", "sip.nameservers[0]: a port is a number"),
    ],
)
def test_one_fault(inputs: Inputs, sip: str, trunk: str, told: str) -> None:
    found = faults(inputs, written(sip, trunk))
    assert any(told in each for each in found), found


def test_what_inbound_calls_must_prove(inputs: Inputs) -> None:
    sip = f"{TLS}, realm: Node.Example, tls: {{certificate: node.crt, key_file: node.key}}"
    trunk = (
        "transport: tls\n    inbound_auth:\n      client_certificates: [SBC.a.example]\n"
        "      digest: {username: a, password_file: long, algorithms: [SHA-256, MD5]}"
    )
    config = load(inputs, written(sip, trunk))
    digest = InboundDigest("a", LONG, ("SHA-256", "MD5"))
    asked = trunk_settings(config.trunks[0], config.compliance).inbound_auth
    assert asked == InboundAuth(digest, ("sbc.a.example",))
    assert sip_settings(config).realm == "node.example"
    effective = effective_of(config)
    assert [effective[key] for key in effective if ".inbound_auth." in key] == [
        ["a", ["MD5", "SHA-256"]],
        ["sbc.a.example"],
    ]
    assert LONG not in canonical(effective)
    without = load(inputs, written(sip, "transport: tls"))
    assert trunk_settings(without.trunks[0], without.compliance).inbound_auth == InboundAuth()
    changes = compare(effective_of(without), effective)
    assert [change.tightens for change in changes] == [True, True]
    assert not any(change.tightens for change in compare(effective, effective_of(without)))


def test_no_key_turns_verification_off() -> None:
    assert set(Tls.model_fields) == {"port", "certificate", "key_file", "ca_file"}


def test_more_channels_than_a_node_carries_are_refused(inputs: Inputs) -> None:
    wide = written().replace("rtp_ports: 20000-39999", "rtp_ports: 20000-65000")
    fits = wide.replace("channels: 120", f"channels: {MOST_CHANNELS}")
    assert load(inputs, fits).trunks[0].channels == MOST_CHANNELS
    found = faults(inputs, wide.replace("channels: 120", f"channels: {MOST_CHANNELS + 1}"))
    told = "the trunks' channels sum up to 2001, but one node carries at most 2000 calls"
    assert any(told in each for each in found), found


@pytest.mark.parametrize(
    "mode, warned", [(0o600, False), (0o640, True), (0o644, True), (0o620, True)]
)
def test_a_secret_that_others_can_read_is_warned_of(
    inputs: Inputs, caplog: pytest.LogCaptureFixture, mode: int, warned: bool
) -> None:
    secret = inputs.folder / "secret"
    secret.write_text(SECRET)
    secret.chmod(mode)
    with caplog.at_level(logging.WARNING):
        load(inputs, written("", "register: {username: '1001', password_file: secret}"))
    assert (f"run: chmod 600 {secret}" in caplog.text) is warned
    assert SECRET not in caplog.text


def test_a_key_of_tls_that_others_can_read_is_warned_of(
    inputs: Inputs, caplog: pytest.LogCaptureFixture
) -> None:
    key = inputs.folder / "node.key"
    sip = ", transports: [udp, tls], tls: {certificate: node.crt, key_file: node.key}"
    for mode, warned in ((0o644, True), (0o600, False)):
        key.chmod(mode)
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            load(inputs, written(sip))
        assert (f"run: chmod 600 {key}" in caplog.text) is warned


def test_a_fault_never_quotes_a_secret(inputs: Inputs) -> None:
    secret = inputs.folder / "secret"
    secret.write_text(f"{SECRET}\n{SECRET}\n")
    keys = "register: {username: '1001', password_file: secret, password_env: HOME}"
    assert SECRET not in " ".join(faults(inputs, written("", keys)))
    inline = f"register: {{username: '1001', password: '{SECRET}'}}"
    assert SECRET not in " ".join(faults(inputs, written("", inline)))
