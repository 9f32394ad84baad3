"""What a node counts of calls that come in, and of calls handed over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from prometheus_client import CollectorRegistry, Counter, Gauge

from dialer.core.values.inbound_records import InboundEnding
from dialer.core.values.legs import LegKind
from dialer.metrics.table import DECLARED

Result = Literal["joined", "failed", "called_off"]
_RESULTS: Final[tuple[Result, ...]] = ("joined", "failed", "called_off")


class BridgingMetrics:
    """Part of `dialer.metrics.Metrics`; every method costs about a microsecond."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str) -> Counter:
            return Counter(name, DECLARED[name].means, DECLARED[name].labels, registry=registry)

        calls = counter("dialer_inbound_calls_total")
        self._endings = {ending: calls.labels(ending.value) for ending in InboundEnding}
        answered = counter("dialer_inbound_answered_total")
        self._answered = {
            known: answered.labels("known" if known else "unknown") for known in (True, False)
        }
        live = DECLARED["dialer_inbound_live"]
        self._live = Gauge(live.name, live.means, registry=registry)
        transfers = counter("dialer_transfers_total")
        self._transfers: Mapping[tuple[LegKind, Result], Counter] = {
            (kind, result): transfers.labels(kind.value, result)
            for kind in LegKind
            for result in _RESULTS
        }

    def live(self, count: int) -> None:
        """How many calls that came in live now."""
        self._live.set(count)

    def answered(self, *, known: bool) -> None:
        self._answered[known].inc()

    def ended(self, ending: InboundEnding) -> None:
        self._endings[ending].inc()

    def handed_over(self, kind: LegKind, result: Result) -> None:
        """A handing over has come to its result."""
        self._transfers[kind, result].inc()
