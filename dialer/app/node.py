"""The composition root: a configuration becomes a node at work."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from prometheus_client import CollectorRegistry

from dialer import __version__
from dialer.app.anchors import anchors_of, broker_of
from dialer.app.callback_words import CallbackWords, callback_book
from dialer.app.gate import node_rules
from dialer.app.interpreter import leave_alone_what_stays, share_evenly
from dialer.app.lab import must_be_here
from dialer.app.running import Node
from dialer.app.settings import (
    call_limits,
    call_recordings,
    passports,
    recogniser_of,
    routed_trunks,
    signer,
    sip_settings,
    trunk_settings,
    verifier,
)
from dialer.app.store import storage
from dialer.app.trunks import failover_rules
from dialer.calls.live import LiveCalls, Parts
from dialer.calls.reception import Desk as InboundDesk
from dialer.calls.reception import Reception
from dialer.calls.switchboard import Rules as LegRules
from dialer.calls.switchboard import Switchboard
from dialer.campaigns.plan import CallRules
from dialer.clock import SystemClock, WatchedClock
from dialer.config import Config
from dialer.config.digests import settings_of
from dialer.config.effective import effective_of
from dialer.config.proofs import calendar_end, endings, first_ends
from dialer.core.calls.call import CallLimits
from dialer.core.dialog.notice import START_ALLOWANCE
from dialer.core.gate.compliance import Gate, Rule
from dialer.core.gate.configuration import canonical, digest_of
from dialer.core.gate.leg_gate import OWN_PEOPLE, leg_gate
from dialer.core.office.audit_kinds.nodes import StartedBy
from dialer.core.office.complaints import Complaint
from dialer.core.trunks.door import Door, DoorLimits
from dialer.core.values.number import E164
from dialer.credentials.key_files import our_account
from dialer.credentials.verifier import Seen
from dialer.errors import LabError
from dialer.files import LoadedCampaign
from dialer.metrics.node import Metrics, MetricsServer
from dialer.mqtt.auditing import checkpoint_signed
from dialer.mqtt.sink import MqttSink, NullSink
from dialer.mqtt.table import Teller
from dialer.ports.clock import Clock
from dialer.ports.desks import Complain
from dialer.ports.events import EventSink
from dialer.prompts.book import PromptBook
from dialer.sip import admission, guard
from dialer.sip.line import SipLine
from dialer.sip.media import Media
from dialer.store.desks import SqlDesks
from dialer.trunks.connect_rates import ConnectRates
from dialer.trunks.pool import TrunkPool
from dialer.upkeep.anchoring import Anchored
from dialer.upkeep.checkpoints import Audited
from dialer.upkeep.destroyer import destroyer
from dialer.upkeep.loops import Upkeep

_log = logging.getLogger(__name__)

COMPLAINED_ON_CALL: Final = "said on the call that they will complain of it"


@asynccontextmanager
async def running_node(
    config: Config, *, lab_clock: datetime | None = None, started_by: str | None = None
) -> AsyncIterator[Node]:
    """Bring a node up and, at the end, down. Raises a DialerError saying what to do.

    `started_by` is the user whose token was shown; the audit log names them, and the account of the
    operating system in any case. `lab_clock`, aware, is what the clock of the lab's trunks shows
    now, for their hours of calling.
    """
    share_evenly()
    clock = WatchedClock(SystemClock())
    rules = node_rules(config)
    _warn_of(config, clock.utc())
    lab_shift = _lab_shift(config, lab_clock, clock)
    registry = CollectorRegistry()
    metrics = Metrics(
        registry,
        version=__version__,
        trunks={trunk.name: trunk.channels for trunk in config.trunks},
        rules=[*(rule.name for rule in rules), OWN_PEOPLE],
        cps={trunk.name: trunk.cps for trunk in config.trunks},
    )
    for trunk, ends in first_ends(config).items():
        metrics.proof_ends(trunk, ends)
    metrics.calendar_ends(calendar_end(config, clock.utc()))
    async with AsyncExitStack() as stack:
        sink = await _sink(config, clock, metrics, stack)
        media = Media(config.sip.rate, recogniser=recogniser_of(config))
        licence = config.operator.licence.number
        seen = Seen()
        trunks = [
            replace(
                trunk_settings(trunk, config.compliance),
                signer=signer(trunk, licence),
                verifier=verifier(trunk, seen),
            )
            for trunk in config.trunks
        ]
        metrics.pull_passports(lambda: passports(trunks))
        door = Door(
            DoorLimits(config.callback.channels, config.callback.cps, config.callback.per_minute)
        )
        line = SipLine(sip_settings(config), trunks, media, door)
        kept = storage(config, on_commit=metrics.committed)
        store = kept.store
        teller, routed = Teller(sink), routed_trunks(config, lab_shift)
        rates = ConnectRates(routed, failover_rules(config), clock, metrics, teller)
        service = LiveCalls(
            Parts(config.node, store, line, clock, metrics, teller),
            TrunkPool(routed, rates, clock),
            call_recordings(config, store, line, clock),
        )
        switchboard = Switchboard(service, _second_legs(config, rules, lab_shift))
        desks = SqlDesks(store)
        words = CallbackWords(config, callback_book(config), desks.scripts, clock)
        complain = partial(_complain, desks, config.node)
        await _open(service, switchboard, words, stack, complain)
        await stack.enter_async_context(
            kept.trunks_shared(service.pool.trunks, clock, service.pool.changed)
        )
        audited = Audited(
            store,
            config.node,
            clock.read,
            partial(checkpoint_signed, sink),
            Anchored(anchors_of(config, sink)),
        )
        signing_key = config.vault.signing_key(config.data_dir)
        law = config.effective_figures()
        started = _started(config, started_by)
        await audited.begin(
            signing_key, settings_of(config), law, config.unsafe.switched_off(), started
        )
        service.before_the_store_closes(audited.end)
        service.pause.when_changed(audited.held)
        _pull_from_the_line(metrics, line, door)
        metrics.pull_rates(service.rates)
        server = None
        if config.metrics.listen is not None:
            server = MetricsServer(registry, config.metrics.listen.host, config.metrics.listen.port)
            await server.start()
            stack.push_async_callback(server.close)
        upkeep = Upkeep(
            await destroyer(config, desks.audit, desks.retention, clock.utc),
            desks.complaints,
            metrics.life,
            config.node,
            clock,
        )
        for watching in (
            metrics.watch_event_loop(),
            service.rates.keep_fresh(),
            service.pause.keep_watching(),
            *([service.other_nodes.keep_looking()] if kept.is_shared else ()),
            upkeep.watch_complaints(),
            upkeep.destroy_what_is_due(),
            audited.keep_signing(),
        ):
            stack.callback(asyncio.create_task(watching).cancel)
        stack.callback(leave_alone_what_stays())
        campaign_rules = CallRules(
            gate=Gate(rules),
            limits=call_limits(config),
            abandon_bound=config.terms.abandon_rate is not None,
            fault_calls=config.routing.fault_calls,
            hears=config.speech is not None,
            complain=complain,
        )
        yield Node(config, service, switchboard, campaign_rules, desks.scripts, server)


async def _complain(desks: SqlDesks, node: str, number: E164, call: str, at: datetime) -> Complaint:
    """A complaint that a callee made on a call; what they said is in the call's transcript."""
    return await desks.complaints.open(number, COMPLAINED_ON_CALL, node, at, call)


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


def _second_legs(config: Config, rules: Sequence[Rule], lab_shift: timedelta | None) -> LegRules:
    limits = replace(
        call_limits(config), ring=config.routing.transfer_ring, joined=config.callback.talk
    )
    return LegRules(
        decide=leg_gate(
            rules,
            {person.number: person.verified for person in config.operator.people},
            {trunk.name for trunk in config.trunks if trunk.role == "pbx" or trunk.lab},
            {trunk.name: lab_shift for trunk in config.trunks if trunk.lab},
        ),
        limits=limits,
        places=config.places(),
        by_refer=frozenset(trunk.name for trunk in config.trunks if trunk.transfers == "refer"),
        may_refer_to=config.operator.transfer_to,
        rate=config.sip.rate,
    )


async def _open(
    service: LiveCalls,
    switchboard: Switchboard,
    words: CallbackWords,
    stack: AsyncExitStack,
    complain: Complain,
) -> None:
    """Bring the line up, and answer calls that come in, unless nobody may."""
    stack.callback(words.book.close)
    answering = words.config.callback.channels > 0
    if answering:
        await words.make()
        # Before the line is up: a call may come in as soon as it is.
        _reception(words.config, switchboard, words, complain)
    await service.open()
    stack.push_async_callback(service.close)
    if answering:
        labs = all(trunk.lab_shift is not None for trunk in service.pool.trunks)
        await words.settle(lab=labs)


def _reception(
    config: Config, switchboard: Switchboard, words: CallbackWords, complain: Complain
) -> None:
    """Answer calls that come in."""
    callback, operator = config.callback, config.operator
    desk = InboundDesk(
        switchboard=switchboard,
        # The line lets go of a call by 64*T1 itself, and says so: that comes first.
        limits=CallLimits(talk=callback.talk, joined=callback.talk, bye_grace=33.0),
        listen=callback.listen,
        prepare=words.prepare,
        number=operator.callback,
        forward=operator.forward,
        complain=complain,
    )
    Reception(desk).take_calls()


async def _sink(config: Config, clock: Clock, metrics: Metrics, stack: AsyncExitStack) -> EventSink:
    """Events over MQTT where a broker is named; nowhere else."""
    if config.mqtt is None:
        return NullSink()
    sink = MqttSink(
        broker_of(config),
        prefix=config.mqtt.prefix,
        node=config.node,
        utc=clock.utc,
        retain=config.mqtt.retain,
    )
    metrics.pull_mqtt(sink)
    running = asyncio.create_task(sink.run())

    async def close() -> None:
        await sink.close()
        await running

    stack.push_async_callback(close)
    return sink


def _started(config: Config, by: str | None) -> StartedBy:
    return StartedBy(by, our_account(), digest_of(canonical(effective_of(config))))


def _warn_of(config: Config, now: datetime) -> None:
    """What ends soon, and what is left off."""
    for ending in endings(config, now):
        _log.warning("%s", ending)
    for name in config.unsafe.switched_off():
        _log.warning("unsafe.%s leaves a protection off", name)


def _lab_shift(config: Config, lab_clock: datetime | None, clock: Clock) -> timedelta | None:
    """How far the lab's clock is ahead of ours; None where there is none. Raises LabError."""
    must_be_here(config.compliance.lab_networks)
    if lab_clock is None:
        return None
    if not any(trunk.lab for trunk in config.trunks):
        raise LabError("--lab-clock moves the hours of trunks marked `lab: true`; there are none")
    return lab_clock - clock.utc()


def _pull_from_the_line(metrics: Metrics, line: SipLine, door: Door) -> None:
    """Have what is counted on other threads read at each scrape."""
    metrics.pull_media(line.media.tick.stats, line.media.bridge)
    metrics.pull_guard(guard.Figures())
    metrics.pull_strays(lambda: line.rtp_strays)
    metrics.pull_unread(line.unread_messages)
    metrics.pull_admission(admission.not_admitted)
    metrics.pull_door(door.counts)
    if line.media.recogniser is not None:
        metrics.pull_speech(line.media.recogniser.figures)
