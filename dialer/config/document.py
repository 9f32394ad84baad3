"""`dialer.yaml`: who is calling, over which trunks, under which rules.

Every key has its meaning written under it; `docs/configuration.md` is made from these words.
A key marked `NotYet` is checked like any other, but this version does not act on it.
"""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Final

from pydantic import Field, SecretStr, field_validator, model_validator

from dialer.config.audit import Audit
from dialer.config.callback import Callback
from dialer.config.compliance import Compliance, wished_of
from dialer.config.recording import Recording
from dialer.config.retention import Retention
from dialer.config.sip import Sip
from dialer.config.speech import Speech
from dialer.config.trunk import Trunk
from dialer.config.unsafe import Unsafe, is_here, is_read_on_the_way, open_to_others
from dialer.config.vault import Vault
from dialer.core.gate.caller_id import CallerIds, VerifiedNumber
from dialer.core.gate.jurisdiction import Effective, Jurisdiction, Terms, effective, held_to, looser
from dialer.core.gate.jurisdictions import JURISDICTIONS, permitting
from dialer.core.values.days import last_instant
from dialer.core.values.number import E164
from dialer.core.values.targets import Extension, Target, dials_out
from dialer.errors import Fault, InputError
from dialer.reading.database import StoreAt
from dialer.reading.fields import (
    Broker,
    ExistingFile,
    FilePath,
    HandOverTo,
    HostPort,
    Line,
    Listen,
    ListenOrOff,
    NotYet,
    Number,
    Seconds,
    SecretFile,
    SecretVariable,
    Word,
    wrong,
)
from dialer.reading.tree import Document, capped, read_yaml
from dialer.reading.validate import Section, check

MOST_CHANNELS: Final = 2000
"""PJSIP is built for 2,048 calls; the rest is for those that are still ending."""

LAB_IS_FAR: Final = "of a lab must be an address of loopback, or of compliance.lab_networks"


class Licence(Section):
    """The operator's licence to call."""

    number: Line
    """The licence's number, as the authority writes it."""
    expires: date
    """The licence's last day. After it, the operator places no calls."""


class Person(Section):
    """One of the operator's own people, at a telephone number outside the operator's exchanges."""

    number: Number
    """The number that calls may be transferred to."""
    holder: Line
    """Whose number it is: the person or desk."""
    proof: Line
    """Where the evidence is kept that the holder works for the operator and has agreed. The file is
    not opened."""
    expires: date
    """The last day on which the proof holds. After it no call is transferred to the number."""

    @property
    def verified(self) -> VerifiedNumber:
        """As the gate asks for it."""
        return VerifiedNumber(self.number, self.holder, self.proof, self.expires)


class Operator(Section):
    """The legal entity that calls."""

    name: Line
    """The operator's name as callees know it. People who call back hear it. The identity notice of
    our own calls is in the script."""
    licence: Licence
    """The licence under which the operator calls."""
    callback: Number
    """The number on which callees reach the operator when they call back. The dialer answers this
    number and every other number of its trunks."""
    forward: HandOverTo | None = None
    """The person who takes callers that ask for a person: `sip:user@trunk`, with a trunk of `role:
    pbx`; or a number of `people`."""
    people: tuple[Person, ...] = Field(default=(), max_length=200)
    """Telephone numbers of the operator's own people. Only these may be called outside an exchange
    of the operator's own (`role: pbx`), and only as any number may be called: licence,
    jurisdiction, suppressions, hours and caps hold."""
    transfer_to: tuple[HandOverTo, ...] = Field(default=(), max_length=1000)
    """Targets to which a person who took a transferred call may transfer it on by REFER. A REFER to
    any other target is rejected."""


class Routing(Section):
    """Time limits of a call, and how trunks are judged."""

    connect_rate_floor: float = Field(default=0.18, ge=0, lt=1)
    """A trunk is demoted when its connect rate falls below this figure. It is then probed with a
    few calls, and restored when it has recovered (docs/failover.md). 0: no trunk is demoted."""
    no_progress: Annotated[Seconds, Field(gt=0, le=60)] = 4.0
    """An INVITE that draws no reply but 100 for this long is cancelled as the carrier's fault, and
    the next trunk is tried. An INVITE without any reply is given up at once (RFC 3261 9.1)."""
    fault_calls: int = Field(default=10, ge=1, le=100)
    """How many calls to a contact may fail on every trunk by the carriers' fault. After each of
    them the contact waits (one minute, two, four, at most 15) and is called again. After the last
    one the contact is done. Attempts that cannot have rung do not count towards `per_number`."""
    ring: Annotated[Seconds, Field(ge=5, le=180)] = 40.0
    """A call that is not answered within this time is cancelled as no answer."""
    talk: Annotated[Seconds, Field(ge=1, le=14400)] = 600.0
    """The longest time that an answered call may last."""
    hold: Annotated[Seconds, Field(ge=5, le=100)] = 60.0
    """The longest time that the callee may keep us on hold; then the call is hung up. A person to
    whom the callee is joined may be kept on hold for longer."""
    transfer_ring: Annotated[Seconds, Field(ge=5, le=85)] = 25.0
    """How long the second leg of a transfer, to a person of the operator, may ring."""
    drain: Annotated[Seconds, Field(ge=0, le=3600)] = 60.0
    """After SIGTERM no new calls are placed, and live calls may finish within this time."""


class Metrics(Section):
    """Metrics for Prometheus."""

    listen: ListenOrOff = HostPort("127.0.0.1", 9108)
    """Address and port on which `/metrics` is served. `off` serves none."""


class Mqtt(Section):
    """Events of calls and campaigns for an MQTT broker. Without this section no events are sent."""

    url: Broker
    """The broker's URL."""
    prefix: Word = "dialer"
    """The first part of every topic."""
    username: Line | None = None
    """The user name, where the broker needs one."""
    password: SecretFile | None = Field(default=None, alias="password_file")
    """The file that holds the user's password."""
    ca_file: ExistingFile | None = None
    """PEM file of the authority that signed the broker's certificate. Default: the system's
    list."""

    retain: bool = True
    """Whether the broker keeps the last `status` for who subscribes later. `false` for brokers that
    drop clients which ask for it."""

    @model_validator(mode="after")
    def _password_of_whom(self) -> Mqtt:
        if self.password is not None and self.username is None:
            raise wrong("password_file needs a username")
        return self

    @property
    def tells_its_password(self) -> bool:
        """Whether the password goes to another machine in clear."""
        return self.password is not None and not self.url.tls and not is_here(self.url.host)


class Api(Section):
    """The HTTP interface."""

    listen: Listen = HostPort("127.0.0.1", 8080)
    """Address and port on which it listens."""


class Config(Section):
    """The whole of `dialer.yaml`."""

    node: Word = "dialer-1"
    """This node's name in records and metrics. Nodes that share a store need different names."""
    data_dir: FilePath = Field(default=Path("var"), validate_default=True)
    """The folder of the database and of the prompts made from text. Only one process may use it."""
    store: StoreAt = Field(default="sqlite", validate_default=True)
    """Where records are kept: `sqlite` is a file in `data_dir`; or a PostgreSQL database, which
    several nodes may share (docs/store.md). For TLS add `?sslmode=verify-full&sslrootcert=...`."""
    store_password_file: SecretFile | None = None
    """The file that holds the PostgreSQL user's password, where one is needed."""
    store_password_env: SecretVariable | None = None
    """The environment variable that holds it instead."""
    operator: Operator
    """The legal entity that calls."""
    sip: Sip = Sip.model_construct()
    """SIP and RTP of this node."""
    trunks: tuple[Trunk, ...] = Field(min_length=1, max_length=200)
    """The SIP connections to carriers and PBXs."""
    routing: Routing = Routing.model_construct()
    """Time limits of a call, and how trunks are judged."""
    compliance: Compliance = Compliance.model_construct()
    """The rules that calls must follow."""
    vault: Vault = Vault.model_construct()
    """Where the keys are: the keys that seal personal data, and the key that signs the audit
    log."""
    audit: Audit = Audit.model_construct()
    """Where the audit log is anchored outside."""
    retention: Retention = Retention.model_construct()
    """How long data is kept."""
    callback: Callback = Callback.model_construct()
    """What people hear when they call one of our numbers."""
    recording: Recording = Recording.model_construct()
    """Recordings of calls."""
    metrics: Metrics = Metrics.model_construct()
    """Metrics for Prometheus."""
    mqtt: Mqtt | None = None
    """Events for an MQTT broker. Without this section there are none."""
    speech: Speech | None = None
    """Who turns callees' words into text. Without this section, nobody."""
    unsafe: Unsafe = Unsafe.model_construct()
    """Protections that are left off, by name. Normally not written."""
    api: Annotated[Api, NotYet("the HTTP interface")] = Api.model_construct()
    """The HTTP interface."""

    def caller_ids(self) -> CallerIds:
        """The verified numbers of every trunk, as the gate asks for them."""
        return CallerIds(
            {trunk.name: [owned.verified for owned in trunk.numbers] for trunk in self.trunks}
        )

    @property
    def jurisdiction(self) -> Jurisdiction:
        """Whose law this node calls under."""
        return JURISDICTIONS[self.compliance.jurisdiction]

    @property
    def wished(self) -> dict[str, object]:
        """What is written here of the jurisdiction's figures, by their field of `Terms`."""
        return wished_of(self.compliance) | {"ring": self.routing.ring}

    @property
    def terms(self) -> Terms:
        """The figures that hold. Raises ValueError where one is looser than the law permits."""
        return held_to(self.jurisdiction, self.wished)

    def effective_figures(self) -> tuple[Effective, ...]:
        """Each figure that calls are held to, and who says so: what `dialer check` shows."""
        named = "jurisdiction" in self.compliance.model_fields_set
        return effective(self.jurisdiction, self.wished, named=named)

    def places(self) -> dict[str, str]:
        """The trunks' names, by all that may stand behind the `@` of a target."""
        by_host = {trunk.uri.host: trunk.name for trunk in self.trunks}
        return by_host | {trunk.name: trunk.name for trunk in self.trunks}

    def target_fault(self, target: Target, shown: E164) -> str | None:
        """What is wrong with handing calls over to `target` while `shown` is shown there."""
        if isinstance(target, Extension):
            name = self.places().get(target.at)
            if name is None:
                return f"{target.at} is neither a trunk's name nor the host of a trunk's uri"
            trunks = [trunk for trunk in self.trunks if trunk.name == name]
            if trunks[0].role != "pbx" and not trunks[0].lab:
                return f"{target.at} is no exchange of your own: give its trunk role: pbx"
            if dials_out(target.user):
                return "is a telephone number: write it as one, and list it under operator.people"
        elif all(person.number != target for person in self.operator.people):
            return "is not listed under operator.people, with proof that it is of your own people"
        else:
            trunks = [trunk for trunk in self.trunks if trunk.role == "carrier"]
        if any(owned.number == shown for trunk in trunks for owned in trunk.numbers):
            return None
        return "our own number is not among the numbers of the trunk that leads there"

    @model_validator(mode="after")
    def _somebody_to_forward_to(self) -> Config:
        forward = self.operator.forward
        fault = None if forward is None else self.target_fault(forward, self.operator.callback)
        if fault is not None:
            raise wrong(fault, "operator", "forward")
        for position, target in enumerate(self.operator.transfer_to):
            fault = self.target_fault(target, self.operator.callback)
            if fault is not None:
                raise wrong(fault, "operator", "transfer_to", position)
        return self

    @property
    def store_password(self) -> SecretStr | None:
        """The password of PostgreSQL's user, from wherever it came."""
        return self.store_password_file or self.store_password_env

    @model_validator(mode="after")
    def _one_store_password(self) -> Config:
        if self.store_password_file is not None and self.store_password_env is not None:
            raise wrong("give the password by file or by environment, not both", "store")
        if self.store_password is not None and self.store is None:
            raise wrong("sqlite has no password; name the PostgreSQL database in store:", "store")
        return self

    @model_validator(mode="after")
    def _nobody_on_the_way(self) -> Config:
        off = self.unsafe
        away = self.store is not None and is_read_on_the_way(self.store)
        if away and not off.database_without_tls:
            what = (
                "a database on another machine needs ?sslmode=verify-full&sslrootcert=FILE; or "
                "unsafe.database_without_tls: true"
            )
            raise wrong(what, "store")
        told = self.mqtt is not None and self.mqtt.tells_its_password
        if told and not off.broker_without_tls:
            what = (
                "a password goes to another machine by TLS only: write mqtts://; or "
                "unsafe.broker_without_tls: true"
            )
            raise wrong(what, "mqtt", "url")
        return self

    @model_validator(mode="after")
    def _a_broker_to_anchor_at(self) -> Config:
        if self.audit.anchor_mqtt and self.mqtt is None:
            raise wrong("needs the broker of mqtt:", "audit", "anchor_mqtt")
        if self.audit.anchor_mqtt and self.mqtt is not None and not self.mqtt.retain:
            raise wrong("needs a broker that retains: mqtt.retain is false", "audit", "anchor_mqtt")
        return self

    @field_validator("trunks")
    @classmethod
    def _each_trunk_once(cls, trunks: tuple[Trunk, ...]) -> tuple[Trunk, ...]:
        seen: set[str] = set()
        for position, trunk in enumerate(trunks):
            if trunk.name in seen:
                raise wrong("another trunk has this name", position, "name")
            seen.add(trunk.name)
        return trunks

    @model_validator(mode="after")
    def _labs_within_reach(self) -> Config:
        networks = self.compliance.lab_networks
        for position, trunk in enumerate(self.trunks):
            if trunk.lab and not trunk.proxy and not trunk.uri.lies_in(networks):
                raise wrong(LAB_IS_FAR, "trunks", position, "uri")
            if trunk.lab and trunk.proxy and not trunk.proxy.lies_in(networks):
                raise wrong(LAB_IS_FAR, "trunks", position, "proxy")
        return self

    @model_validator(mode="after")
    def _transports_to_be_had(self) -> Config:
        have = {"udp", "auto", *self.sip.transports}
        for position, trunk in enumerate(self.trunks):
            if trunk.transport not in have:
                raise wrong("sip.transports does not have it", "trunks", position, "transport")
            if trunk.uri.secure and "tls" not in have:
                raise wrong("sips: needs tls among sip.transports", "trunks", position, "uri")
            asked = trunk.inbound_auth
            if asked and asked.client_certificates and self.sip.tls.certificate is None:
                what = "needs sip.tls.certificate: nobody can connect to a node without one"
                at = ("inbound_auth", "client_certificates")
                raise wrong(what, "trunks", position, *at)
        return self

    @model_validator(mode="after")
    def _ports_for_every_channel(self) -> Config:
        channels = sum(trunk.channels for trunk in self.trunks)
        if channels > MOST_CHANNELS:
            raise wrong(
                f"the trunks' channels sum up to {channels}, but one node carries at most "
                f"{MOST_CHANNELS} calls: give it fewer, and share the trunks among several nodes",
                "trunks",
            )
        ports = self.sip.rtp_ports.last - self.sip.rtp_ports.first + 1
        if ports < 2 * channels:
            raise wrong(
                f"holds {ports} ports, but the trunks' {channels} channels need {2 * channels}",
                "sip",
                "rtp_ports",
            )
        return self


def load_config(path: Path, *, now: datetime) -> Config:
    """The checked configuration. Raises InputError with every fault of the file."""
    config, faults = gather_config(path, now)
    if config is None or faults:
        raise InputError(capped(faults))
    return config


def gather_config(path: Path, now: datetime) -> tuple[Config | None, list[Fault]]:
    """The configuration at `path`, None where a part of it is at fault, and every fault.

    `now` is aware: a licence that has run out by then is a fault.
    """
    try:
        document = read_yaml(path)
    except InputError as error:
        if not path.exists():
            what = "no such file: dialer init writes one, -c names another"
            return None, [Fault(str(path), 0, "file", what)]
        return None, list(error.faults)
    config, faults = check(Config, document, path.parent)
    if config is not None and now > last_instant(config.operator.licence.expires):
        place = ("operator", "licence", "expires")
        faults.append(document.fault(place, "the licence has expired: no calls are placed"))
    if config is not None:
        faults += _looser_than_the_law(document, config)
        faults += _others_may_write(document, config, path)
    return config, faults


def _others_may_write(document: Document, config: Config, path: Path) -> list[Fault]:
    """Folders in which somebody else could put other words, other keys, another database."""
    if config.unsafe.folders_others_may_write:
        return []
    data = config.data_dir
    folders = (path.absolute().parent, path.resolve().parent)
    own = [path, *folders, *config.compliance.wording_lists]
    own += config.compliance.days
    faults = [document.fault((), what) for what in open_to_others(own)]
    kept = [data, data / "keys", data / "prompts", config.recording.path(data)]
    return faults + [document.fault(("data_dir",), what) for what in open_to_others(kept)]


def _looser_than_the_law(document: Document, config: Config) -> list[Fault]:
    """Every figure that the jurisdiction does not permit; wider ones need one that does."""
    law, wished = config.jurisdiction, config.wished
    return [
        document.fault(each.figure.key, f"{each.what}; {permitting(each.figure, wished)}")
        for each in looser(law, wished)
    ]
