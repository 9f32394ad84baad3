"""The composition root: a configuration becomes a node at work. The only file that wires."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry

from audio._bridge import Bridge
from audio.events import AudioEvent
from audio.loop import Tick
from dialer import __version__
from dialer.app_retention import destroyer
from dialer.app_settings import call_recordings, signer, sip_settings, trunk_settings
from dialer.app_store import clerk, open_reader, reading, script_desk
from dialer.audited import Audited
from dialer.clock import SystemClock, WatchedClock
from dialer.config import Config
from dialer.config.digests import settings_of
from dialer.connect_rates import MOST_PAST, WORDS
from dialer.core.calendars import PublicCalendar
from dialer.core.call import CallLimits
from dialer.core.calling_hours import CallingHours, Windows
from dialer.core.compliance import Explained, Gate, Rule
from dialer.core.consent import ConsentTerms
from dialer.core.door import Door, DoorLimits
from dialer.core.failover import Verdict
from dialer.core.inbound import InboundLimits
from dialer.core.notice import START_ALLOWANCE
from dialer.core.one_number import OneNumber
from dialer.core.past_attempts import failover_of, groups_of
from dialer.core.records import AttemptOrder, History, PastAttempt
from dialer.core.routing import Trunk
from dialer.core.rules import GateFigures, PerNumber, RefusalRest, leg_gate, standard_rules
from dialer.core.signed import caller_id_signed
from dialer.core.trunk import TrunkLimits, TrunkLoad
from dialer.core.trunk_book import FailoverRules, TrunkReport
from dialer.core.trunk_state import TrunkState
from dialer.errors import LabError, PromptError
from dialer.files import LoadedCampaign
from dialer.interpreter import leave_alone_what_stays, share_evenly
from dialer.metrics.node import Metrics, MetricsServer
from dialer.mqtt.auditing import checkpoint_signed
from dialer.mqtt.sink import Broker, MqttSink, NullSink
from dialer.mqtt.table import Teller
from dialer.node import Node
from dialer.placement import Say
from dialer.ports import Clock, EventSink
from dialer.prompt_book import PromptBook, Words
from dialer.proofs import endings, first_ends, good_until
from dialer.reception import Desk as InboundDesk
from dialer.reception import Reception
from dialer.service import Parts, Service
from dialer.sip import guard
from dialer.sip.line import SipLine
from dialer.storage import storage
from dialer.store import SqlComplaints
from dialer.switchboard import Rules as LegRules
from dialer.switchboard import Switchboard
from dialer.upkeep import Upkeep

__all__ = ["clerk", "open_reader"]
"""Handed on, beside what is made here: commands that want the store alone import `app_store`."""

_log = logging.getLogger(__name__)

PROBE_EVERY: Final = 30.0
"""Seconds between two OPTIONS to a trunk that is only being asked how it is."""


@asynccontextmanager
async def node(config: Config, *, lab_clock: datetime | None = None) -> AsyncIterator[Node]:
    """Bring a node up and, at the end, down. Raises a DialerError saying what to do.

    `lab_clock`, aware, is what the clock of the lab's trunks shows now, for their hours of calling.
    """
    share_evenly()
    clock = WatchedClock(SystemClock())
    rules = gate_rules(config)
    for ending in endings(config, clock.utc()):
        _log.warning("%s", ending)
    lab_shift = _lab_shift(config, lab_clock, clock)
    registry = CollectorRegistry()
    metrics = Metrics(
        registry,
        version=__version__,
        trunks={trunk.name: trunk.channels for trunk in config.trunks},
        rules=[rule.name for rule in rules],
        cps={trunk.name: trunk.cps for trunk in config.trunks},
    )
    for trunk, ends in first_ends(config).items():
        metrics.proof_ends(trunk, ends)
    async with AsyncExitStack() as stack:
        sink = await _sink(config, clock, metrics, stack)
        ears = _Ears()
        labs, licence = config.compliance.lab_networks, config.operator.licence.number
        trunks = [
            replace(trunk_settings(trunk, labs), signer=signer(trunk, licence))
            for trunk in config.trunks
        ]
        door = Door(
            DoorLimits(config.callback.channels, config.callback.cps, config.callback.per_minute)
        )
        line = SipLine(sip_settings(config), trunks, ears.make, door)
        kept = storage(config, on_commit=metrics.committed)
        store = kept.store
        service = Service(
            Parts(
                node=config.node,
                store=store,
                line=line,
                clock=clock,
                gate=Gate(rules),
                trunks=_trunks(config, lab_shift),
                limits=_limits(config),
                drain_limit=config.routing.drain,
                metrics=metrics,
                teller=Teller(sink),
                failover=_failover(config),
                recordings=call_recordings(config, store, line, clock),
                abandon_bound=config.terms.abandon_rate is not None,
                fault_calls=config.routing.fault_calls,
            )
        )
        switchboard = Switchboard(service, _second_legs(config))
        # Before the line is up: a call may come in as soon as it is.
        await _reception(config, switchboard, stack)
        await service.open()
        stack.push_async_callback(service.close)
        await stack.enter_async_context(
            kept.trunks_shared(service.parts.trunks, clock, service.trunks_changed)
        )
        audited = Audited(store, config.node, clock.read, partial(checkpoint_signed, sink))
        signing_key = config.vault.signing_key(config.data_dir)
        await audited.begin(signing_key, settings_of(config), config.effective_figures())
        service.before_the_store_closes(audited.end)
        service.holds.when_changed(audited.held)
        metrics.pull_media(ears.tick.stats, line.bridge)
        metrics.pull_guard(guard.Figures())
        metrics.pull_strays(lambda: line.rtp_strays)
        metrics.pull_door(door.counts)
        metrics.pull_rates(service.rates)
        server = None
        if config.metrics.listen is not None:
            server = MetricsServer(registry, config.metrics.listen.host, config.metrics.listen.port)
            await server.start()
            stack.push_async_callback(server.close)
        upkeep = Upkeep(
            await destroyer(config, store, clock.utc),
            SqlComplaints(store.channel),
            metrics.life,
            config.node,
            clock,
        )
        for watching in (
            metrics.watch_event_loop(),
            service.rates.keep_fresh(),
            service.holds.keep_watching(),
            upkeep.watch_complaints(),
            upkeep.destroy_what_is_due(),
            audited.keep_signing(),
        ):
            stack.callback(asyncio.create_task(watching).cancel)
        stack.callback(leave_alone_what_stays())
        yield Node(config, service, switchboard, script_desk(store), server)


@dataclass(frozen=True, slots=True)
class Probed:
    """What is known of a trunk, and since when in UTC."""

    state: TrunkState
    since: datetime


async def probe_trunks(config: Config, wait: float) -> dict[str, Probed]:
    """Register with every trunk, ask the others by OPTIONS, and tell by name what came of it.

    Returns once every trunk is up, or after `wait` seconds. Places no calls; takes a free port
    beside a node that runs, so that carriers which know it by its port may refuse. Raises
    LineError.
    """
    clock = SystemClock()
    trunks = [
        settings
        if settings.registration or settings.options_every
        else replace(settings, options_every=PROBE_EVERY)
        for settings in (
            trunk_settings(trunk, config.compliance.lab_networks) for trunk in config.trunks
        )
    ]
    usual = sip_settings(config)
    line = SipLine(replace(usual, bind_port=0, tls=replace(usual.tls, port=0)), trunks)
    changed = asyncio.Event()
    line.watch_trunks(lambda _state: changed.set())
    await line.start(lambda _attempt, _at, _event: None)
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait):
                while not all(state.up for state in line.trunk_states()):
                    changed.clear()
                    await changed.wait()
        now, utc = clock.monotonic(), clock.utc()
        return {
            state.name: Probed(state, utc - timedelta(seconds=now - state.since))
            for state in line.trunk_states()
        }
    finally:
        await line.close()


@dataclass(frozen=True, slots=True)
class RatesOnRecord:
    """What the store's attempts say of each trunk; in `words`, of all of them together."""

    reports: Mapping[str, TrunkReport]
    words: Sequence[str]


async def rates_on_record(config: Config, now: datetime) -> RatesOnRecord:
    """The connect rates as `now` and the attempts on record tell them; instants are seconds to it.

    Nothing is on record where nothing was dialled yet. Runs beside a dialling process. Raises
    StoreError.
    """
    rules = _failover(config)
    past: Sequence[PastAttempt] = ()
    store = open_reader(config)
    if store.exists:
        await store.open()
        try:
            window = timedelta(seconds=rules.window.age)
            past = await store.past_attempts(now - window, MOST_PAST)
        finally:
            await store.close()
    owners = {
        trunk.name: frozenset(owned.number for owned in trunk.numbers) for trunk in config.trunks
    }
    failover = failover_of(owners, rules, past, now)
    carriers = {trunk.name for trunk in config.trunks if trunk.role != "pbx"}
    groups = groups_of({name: owners[name] for name in sorted(carriers)})
    verdicts = {group: failover.rank(group, "").verdict for group in groups}
    return RatesOnRecord(
        {name: failover.report(name, 0.0) for name in owners},
        [
            f"{', '.join(group)}: {WORDS[verdict]}"
            for group, verdict in verdicts.items()
            if verdict not in {Verdict.WELL, Verdict.GIVING_WAY}
        ],
    )


def prompt_book(config: Config, loaded: LoadedCampaign) -> PromptBook:
    """The prompts of a campaign's script, not made yet."""
    cache = config.data_dir / "prompts"
    return PromptBook(
        loaded.script,
        loaded.script_folder,
        cache,
        config.sip.rate,
        identity_at_most=config.compliance.notice_within - START_ALLOWANCE,
    )


def gate_rules(config: Config) -> tuple[Rule, ...]:
    """The gate's rules with the configuration's figures."""
    terms = config.terms
    standard = standard_rules(
        GateFigures(
            law=config.jurisdiction,
            licence_expires=config.operator.licence.expires,
            caller_ids=config.caller_ids(),
            consent=ConsentTerms(terms.consent_months),
            refusal_rest=RefusalRest(terms.refusal_months),
            one_number=OneNumber(terms.one_number_months),
            hours=CallingHours(
                Windows(workday=terms.workday, day_off=terms.day_off),
                PublicCalendar(terms.calendar),
            ),
            per_number=PerNumber(terms.per_hour, terms.per_day),
            abandon_rate=terms.abandon_rate,
        )
    )
    certificates = {
        trunk.name: trunk.stir.credentials.valid for trunk in config.trunks if trunk.stir
    }
    return (*standard, caller_id_signed(certificates)) if certificates else standard


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gate says of an attempt: each rule, and the earliest instant that can be lawful."""

    said: Explained
    earliest: datetime | None


async def explain(
    config: Config, orders: Sequence[AttemptOrder], without: Collection[str] = ()
) -> list[Answer]:
    """What every rule says of each order, by what is on record; in the orders' order.

    The rules named in `without` are not asked. Runs beside a dialling process. Raises StoreError.
    """
    gate = Gate([rule for rule in gate_rules(config) if rule.name not in without])

    def answer(order: AttemptOrder, history: History) -> Answer:
        return Answer(gate.explain(order, history), gate.earliest(order, history))

    if not open_reader(config).exists:
        return [answer(order, History()) for order in orders]
    async with reading(config) as store:
        return [answer(order, await store.history(order)) for order in orders]


def _second_legs(config: Config) -> LegRules:
    limits = replace(
        _limits(config), ring=config.routing.transfer_ring, joined=config.callback.talk
    )
    return LegRules(
        decide=leg_gate(config.caller_ids()),
        limits=limits,
        places=config.places(),
        by_refer=frozenset(trunk.name for trunk in config.trunks if trunk.transfers == "refer"),
        may_refer_to=config.operator.transfer_to,
        rate=config.sip.rate,
    )


async def _reception(config: Config, switchboard: Switchboard, stack: AsyncExitStack) -> None:
    """Answer calls that come in, unless nobody may."""
    callback, operator = config.callback, config.operator
    if callback.channels == 0:
        return
    words = Words(callback.language, callback.utterances(operator.name))
    # Paths in the configuration are whole already.
    book = PromptBook(words, Path(), config.data_dir / "prompts", config.sip.rate)
    stack.callback(book.close)
    try:
        await book.make()
    except PromptError as error:
        raise PromptError(
            f"{error}. Give the words of callback: by play:, or answer nobody by channels: 0"
        ) from None

    async def prepare(purpose: str | None) -> Say:
        return await book.for_contact({"purpose": callback.purpose(purpose or "")})

    desk = InboundDesk(
        switchboard=switchboard,
        limits=InboundLimits(listen=callback.listen, joined=callback.talk),
        prepare=prepare,
        number=operator.callback,
        forward=operator.forward,
    )
    Reception(desk).take_calls()


async def _sink(config: Config, clock: Clock, metrics: Metrics, stack: AsyncExitStack) -> EventSink:
    """Events over MQTT where a broker is named; nowhere else."""
    if config.mqtt is None:
        return NullSink()
    url = config.mqtt.url
    password = config.mqtt.password
    broker = Broker(
        host=url.host,
        port=url.port,
        tls=url.tls,
        username=config.mqtt.username,
        password=password.get_secret_value() if password else None,
        ca_file=str(config.mqtt.ca_file) if config.mqtt.ca_file else None,
    )
    sink = MqttSink(broker, prefix=config.mqtt.prefix, node=config.node, utc=clock.utc)
    metrics.pull_mqtt(sink)
    running = asyncio.create_task(sink.run())

    async def close() -> None:
        await sink.close()
        await running

    stack.push_async_callback(close)
    return sink


def _lab_shift(config: Config, lab_clock: datetime | None, clock: Clock) -> timedelta | None:
    """How far the lab's clock is ahead of ours; None where there is none. Raises LabError."""
    if lab_clock is None:
        return None
    if not any(trunk.lab for trunk in config.trunks):
        raise LabError("--lab-clock moves the hours of trunks marked `lab: true`; there are none")
    return lab_clock - clock.utc()


def _trunks(config: Config, lab_shift: timedelta | None) -> tuple[Trunk, ...]:
    return tuple(
        Trunk(
            name=trunk.name,
            priority=trunk.priority,
            weight=trunk.weight,
            numbers=frozenset(owned.number for owned in trunk.numbers),
            load=TrunkLoad(TrunkLimits(trunk.channels, trunk.cps, trunk.kept_for_inbound)),
            own=trunk.role == "pbx",
            proofs=good_until(trunk),
            lab=trunk.lab,
            lab_shift=lab_shift if trunk.lab else None,
        )
        for trunk in config.trunks
    )


def _failover(config: Config) -> FailoverRules:
    return FailoverRules(floor=config.routing.connect_rate_floor)


def _limits(config: Config) -> CallLimits:
    routing = config.routing
    return CallLimits(
        no_progress=routing.no_progress,
        ring=routing.ring,
        talk=routing.talk,
        notice=config.compliance.notice_within,
    )


class _Ears:
    """Makes the line's tick when the line asks, and remembers it for its figures."""

    tick: Tick

    def make(self, bridge: Bridge, sink: Callable[[AudioEvent], None]) -> Tick:
        self.tick = Tick(bridge, sink)
        return self.tick
