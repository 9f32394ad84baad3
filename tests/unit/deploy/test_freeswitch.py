"""The FreeSWITCH files are well-formed, and agree with each other and the dialer.yaml beside them.

FreeSWITCH itself is not run: Debian has no package of it.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from dialer.files import check_files

FOLDER = Path(__file__).resolve().parents[3] / "deploy" / "freeswitch"
FILES = sorted(FOLDER.rglob("*.xml"))


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
    assert ET.parse(file).getroot().tag in {"include", "profile", "document"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(FOLDER)))
def test_every_variable_of_the_site_is_set(file: Path) -> None:
    used = set(re.findall(r"\$\$\{([\w-]+)\}", file.read_text(encoding="utf-8")))
    assert used <= set(variables())


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
        known = condition.attrib["field"] == "destination_number"
        if known and re.search(condition.attrib["expression"], number):
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
    made = ["sh", str(FOLDER / "certificates.sh"), "pbx.example.com", "192.0.2.10", str(secrets)]
    subprocess.run(made, check=True, capture_output=True)
    for name in ("freeswitch-1001", "freeswitch-1002"):
        (secrets / name).write_text("a password of the tests", encoding="utf-8")
        (secrets / name).chmod(0o600)
    check_files([config], now=datetime(2026, 11, 22, 12, 0, tzinfo=UTC))
    # Nothing that is there is written over.
    again = subprocess.run(made, check=False, capture_output=True, text=True)
    assert again.returncode == 1
    assert "name an empty folder" in again.stderr


def whole(file: Path = FOLDER / "freeswitch.xml") -> str:
    """The document as FreeSWITCH reads it: includes are by the folder of who includes."""
    known = variables()

    def included(found: re.Match[str]) -> str:
        files = sorted(file.parent.glob(found[1]))
        assert files, found[1]
        return "".join(whole(each) for each in files)

    text = re.sub(
        r"<\?xml.*?\?>|<!--.*?-->|</?include>", "", file.read_text("utf-8"), flags=re.DOTALL
    )
    text = re.sub(r'<X-PRE-PROCESS cmd="include" data="([^"]+)"/>', included, text)
    text = re.sub(r'<X-PRE-PROCESS cmd="set"[^>]*/>', "", text)
    return re.sub(r"\$\$\{([\w-]+)\}", lambda found: known[found[1]], text)


MODULE_OF = {
    **dict.fromkeys(("answer", "bridge", "echo", "export", "hangup", "playback"), "mod_dptools"),
    **dict.fromkeys(("read", "record", "respond", "ring_ready", "send_dtmf"), "mod_dptools"),
    **dict.fromkeys(("set", "sleep", "transfer"), "mod_dptools"),
    **dict.fromkeys(("silence_stream", "tone_stream"), "mod_tone_stream"),
    **dict.fromkeys(("sofia", "user"), "mod_sofia"),
    "loopback": "mod_loopback",
    ".wav": "mod_sndfile",
    "strepoch": "mod_commands",
}


def test_the_folder_is_a_whole_freeswitch() -> None:
    document = ET.fromstring(whole())
    loaded = {each.attrib["module"] for each in document.iter("load")}
    used = {each.attrib["application"] for each in document.iter() if "application" in each.attrib}
    used |= {
        name
        for name in MODULE_OF
        for each in document.iter("action")
        if re.search(rf"{re.escape(name)}\b", each.attrib.get("data", ""))
    }
    assert {MODULE_OF[name] for name in used} <= loaded
    assert [each.attrib["name"] for each in document.iter("profile")] == [
        "veridial",
        "veridial_registered",
    ]
    assert {each.attrib["name"] for each in document.iter("configuration")} >= {
        *("modules.conf", "switch.conf", "sofia.conf", "acl.conf", "event_socket.conf")
    }
    assert {each.tag for each in document.iter("section")} == {"section"}
    # An address of a STUN server is a question to the Internet.
    assert "stun" not in whole()


def test_it_disturbs_no_other_freeswitch() -> None:
    document = ET.fromstring(whole())
    ports = [
        each.attrib["value"]
        for each in document.iter("param")
        if each.attrib["name"] in {"sip-port", "tls-sip-port", "listen-port"}
    ]
    assert len(set(ports)) == len(ports) == 4
    # Those of the sample configuration, and of who listens for fs_cli.
    assert not set(ports) & {"5060", "5061", "5080", "5081", "8021"}
    assert {each.attrib["alias"] for each in document.iter("domain") if "alias" in each.attrib} == {
        "false"
    }
    names = {each.attrib["name"] for each in document.iter("domain")}
    assert names == {"veridial.local"}


def test_who_is_let_in_by_address_is_let_in_by_nothing_else() -> None:
    assert settings("veridial")["auth-calls-acl-only"] == "true"


def test_a_callee_of_silence_sends_sound() -> None:
    (callees,) = (each for each in contexts() if each.attrib["name"] == "callees")
    for extension in callees.iter("extension"):
        steps = [
            (a.attrib["application"], a.attrib.get("data", "")) for a in extension.iter("action")
        ]
        if ("answer", "") in steps:
            assert not [data for name, data in steps if name == "sleep" and int(data) > 1000]
