"""The trunks of a configuration: asked on the wire, and as the records tell of them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from dialer.app.store import open_reader
from dialer.clock import SystemClock
from dialer.config import Config
from dialer.core.trunks.failover import Verdict
from dialer.core.trunks.past_attempts import failover_of, groups_of
from dialer.core.trunks.trunk_book import FailoverRules, TrunkReport
from dialer.core.trunks.trunk_state import TrunkState
from dialer.core.values.records import PastAttempt
from dialer.trunks.connect_rates import MOST_PAST, WORDS

PROBE_EVERY: Final = 30.0
"""Seconds between two OPTIONS to a trunk that is only being asked how it is."""


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
    # Nothing else here needs PJSIP.
    from dialer.app.settings import sip_settings, trunk_settings  # noqa: PLC0415
    from dialer.sip.line import SipLine  # noqa: PLC0415

    clock = SystemClock()
    trunks = [
        settings
        if settings.registration or settings.options_every
        else replace(settings, options_every=PROBE_EVERY)
        for settings in (trunk_settings(trunk, config.compliance) for trunk in config.trunks)
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


def failover_rules(config: Config) -> FailoverRules:
    return FailoverRules(floor=config.routing.connect_rate_floor)


@dataclass(frozen=True, slots=True)
class RatesOnRecord:
    """What the store's attempts say of each trunk; in `words`, of all of them together."""

    reports: Mapping[str, TrunkReport]
    rests: Mapping[str, datetime]
    """Until when trunks asked to be left alone, where that is yet to come."""
    words: Sequence[str]


async def rates_on_record(config: Config, now: datetime) -> RatesOnRecord:
    """The connect rates as `now` and the attempts on record tell them; instants are seconds to it.

    Nothing is on record where nothing was dialled yet. Runs beside a dialling process. Raises
    StoreError.
    """
    rules = failover_rules(config)
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
        {
            each.trunk: max(other.rests_until or now for other in past if other.trunk == each.trunk)
            for each in past
            if each.rests_until is not None and each.rests_until > now
        },
        [
            f"{', '.join(group)}: {WORDS[verdict]}"
            for group, verdict in verdicts.items()
            if verdict not in {Verdict.WELL, Verdict.GIVING_WAY}
        ],
    )
