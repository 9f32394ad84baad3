"""The FreeSWITCH files are well-formed, and agree with each other and the dialer.yaml beside them.

FreeSWITCH itself is not run: Debian has no package of it.
"""

from __future__ import annotations

import re
import shutil
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from dialer.files import check_files
from tests.support.certificates import Authority

FOLDER = Path(__file__).resolve().parents[3] / "deploy" / "freeswitch"
FILES = sorted(FOLDER.rglob("*.xml"))
# Set by FreeSWITCH itself, or by its own sample vars.xml.
OF_FREESWITCH = {"certs_dir", "recordings_dir", "us-ring"}


def parsed(name: str) -> ET.Element:
    return ET.parse(FOLDER / name).getroot()


def settings(profile: str) -> dict[str, str]:
    """The settings of a profile, with the site's variables filled in."""
    known = variables()
    params = parsed(f"sip_profiles/{profile}.xml").iterfind("settings/param")
    return {
        param.attrib["name"]: re.sub(
            r"\$\$\{(\w+)\}", lambda found: known.get(found[1], found[0]), param.attrib["value"]
        )
        for param in params
    }


def variables() -> dict[str, str]:
    return dict(
        each.attrib["data"].split("=", 1)
        for each in parsed("vars_veridial.xml").iter("X-PRE-PROCESS")
    )


def trunks() -> dict[str, dict[str, object]]:
    config = yaml.safe_load((FOLDER / "dialer.yaml").read_text(encoding="utf-8"))
    return {trunk["name"]: trunk for trunk in config["trunks"]}


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(FOLDER)))
def test_it_is_well_formed(file: Path) -> None:
    assert ET.parse(file).getroot().tag in {"include", "profile"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(FOLDER)))
def test_every_variable_of_the_site_is_set(file: Path) -> None:
    used = set(re.findall(r"\$\$\{([\w-]+)\}", file.read_text(encoding="utf-8")))
    assert used <= set(variables()) | OF_FREESWITCH


def test_no_variable_of_the_site_is_idle() -> None:
    text = "".join(file.read_text(encoding="utf-8") for file in FILES)
    assert [name for name in variables() if f"$${{{name}}}" not in text] == []


@pytest.mark.parametrize("profile", ["veridial", "veridial_registered"])
def test_no_setting_is_written_twice_and_calls_are_not_anybodys(profile: str) -> None:
    names = [
        param.attrib["name"]
        for param in parsed(f"sip_profiles/{profile}.xml").iterfind("settings/param")
    ]
    assert len(set(names)) == len(names)
    found = settings(profile)
    assert found["auth-calls"] == "true"
    assert found.get("accept-blind-auth", "false") == "false"
    assert found.get("accept-blind-reg", "false") == "false"


def test_the_dialers_trunks_lead_where_freeswitch_listens() -> None:
    by_address, registered = settings("veridial"), settings("veridial_registered")
    ways = trunks()
    assert ways["freeswitch"]["uri"] == f"sip:{by_address['sip-ip']}:{by_address['sip-port']}"
    assert ways["freeswitch-registered"]["uri"] == (
        f"sip:{registered['sip-ip']}:{registered['sip-port']}"
    )
    assert str(ways["freeswitch-encrypted"]["uri"]).endswith(f":{registered['tls-sip-port']}")
    ports = [by_address["sip-port"], registered["sip-port"], registered["tls-sip-port"]]
    assert len(set(ports)) == len(ports)


def test_freeswitch_calls_the_dialer_where_it_listens_and_lets_it_in() -> None:
    config = yaml.safe_load((FOLDER / "dialer.yaml").read_text(encoding="utf-8"))
    known = variables()
    at = f"{known['veridial_dialer']}:{known['veridial_dialer_port']}"
    assert config["sip"]["bind"] == at
    nodes = {node.attrib["cidr"] for node in parsed("acl_veridial.xml").iter("node")}
    assert "$${veridial_dialer}/32" in nodes
    (network,) = parsed("acl_veridial.xml").iter("list")
    assert network.attrib["default"] == "deny"
    assert settings("veridial")["apply-inbound-acl"] == network.attrib["name"]


def test_who_registers_is_a_user_with_a_password_of_its_own() -> None:
    users = {user.attrib["id"]: user for user in parsed("directory/veridial.xml").iter("user")}
    for trunk in ("freeswitch-registered", "freeswitch-encrypted"):
        register = trunks()[trunk]["register"]
        assert isinstance(register, dict)
        assert register["username"] in users
    passwords = [
        param.attrib["value"]
        for user in users.values()
        for param in user.iter("param")
        if param.attrib["name"] == "password"
    ]
    assert len(set(passwords)) == len(passwords) == len(users)
    domain = parsed("directory/veridial.xml").find("domain")
    assert domain is not None
    for name in ("force-register-domain", "force-register-db-domain"):
        assert settings("veridial_registered")[name] == domain.attrib["name"]


def test_sound_is_encrypted_where_the_dialer_demands_it() -> None:
    assert trunks()["freeswitch-encrypted"]["srtp"] == "required"
    assert settings("veridial_registered")["tls"] == "true"
    users = parsed("directory/veridial.xml").iter("user")
    (user,) = (each for each in users if each.attrib["id"] == "1002")
    set_for = {each.attrib["name"]: each.attrib["value"] for each in user.iter("variable")}
    assert set_for["rtp_secure_media"] == "mandatory"
    (context,) = (each for each in contexts() if each.attrib["name"] == set_for["user_context"])
    assert [each.attrib["data"] for each in context.iter("anti-action")] == [
        "488 Not Acceptable Here"
    ]
    (condition,) = context.iter("condition")
    assert re.search(condition.attrib["expression"], "m=audio 4000 RTP/SAVP 8\r\n")
    assert not re.search(condition.attrib["expression"], "m=audio 4000 RTP/AVP 8\r\n")


def contexts() -> list[ET.Element]:
    return list(parsed("dialplan/veridial.xml").iter("context"))


def test_every_context_that_is_led_to_is_there() -> None:
    there = {context.attrib["name"] for context in contexts()} | {"nobody"}
    led_to = {settings("veridial")["context"], settings("veridial_registered")["context"]}
    for file in FILES:
        for each in ET.parse(file).getroot().iter():
            if each.attrib.get("name") in {"user_context", "force_transfer_context"}:
                led_to.add(each.attrib["value"])
            if each.attrib.get("application") == "transfer":
                led_to.add(each.attrib["data"].split()[2])
    for param in parsed("sip_profiles/veridial.xml").iterfind("gateways/gateway/param"):
        if param.attrib["name"] == "context":
            led_to.add(param.attrib["value"])
    assert led_to <= there
    assert "nobody" not in {context.attrib["name"] for context in contexts()}


def test_every_gateway_that_is_dialled_is_there() -> None:
    there = {each.attrib["name"] for each in parsed("sip_profiles/veridial.xml").iter("gateway")}
    text = (FOLDER / "dialplan" / "veridial.xml").read_text(encoding="utf-8")
    assert set(re.findall(r"sofia/gateway/(\w+)/", text)) == there
    for gateway in parsed("sip_profiles/veridial.xml").iter("gateway"):
        set_for = {each.attrib["name"]: each.attrib["value"] for each in gateway.iter("param")}
        assert {"username", "password", "proxy"} <= set(set_for)
        assert set_for["register"] == "false"


def reached(context: str, number: str) -> str:
    """The extension of a context that a number reaches first."""
    (found,) = (each for each in contexts() if each.attrib["name"] == context)
    for extension in found.iter("extension"):
        (condition,) = extension.iter("condition")
        if re.search(condition.attrib["expression"], number):
            return extension.attrib["name"]
    return "none"


@pytest.mark.parametrize("number", ["+8613900000107", "8613900000107"])
def test_the_last_two_digits_lead_to_the_callee(number: str) -> None:
    assert reached("from-dialer", number) == "callee"
    assert reached("callees", number[-2:]) == "answers, hangs up after a second"


def test_people_are_reached_and_the_dialer_is_called_back() -> None:
    assert reached("from-dialer", "1000") == "extension"
    assert reached("extensions", "1000") == "a phone"
    assert reached("to-dialer", "+861065550100") == "the number that was called"
    assert reached("to-dialer", "861065550100") == "the number that was called"


def test_the_readme_has_every_callee() -> None:
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| (\d\d) \| (.+) \|$", text, re.MULTILINE))
    assert listed
    for digits, what in listed.items():
        assert reached("callees", digits) == what
    (callees,) = (each for each in contexts() if each.attrib["name"] == "callees")
    assert len(list(callees.iter("extension"))) == len(listed) + 1


def test_the_dialers_configuration_has_no_fault(tmp_path: Path) -> None:
    config = tmp_path / "dialer.yaml"
    shutil.copy(FOLDER / "dialer.yaml", config)
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    for name in ("freeswitch-1001", "freeswitch-1002"):
        (secrets / name).write_text("a password of the tests", encoding="utf-8")
        (secrets / name).chmod(0o600)
    Authority(secrets, "freeswitch-ca")
    check_files([config], now=datetime(2026, 11, 22, 12, 0, tzinfo=UTC))
