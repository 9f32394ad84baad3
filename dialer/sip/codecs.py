"""Which codecs PJSIP offers and takes, and in which order."""

from __future__ import annotations

from typing import Any, Final

from dialer.errors import LineError

_OPUS: Final = "OPUS"
_OPUS_COMPLEXITY: Final = 5
"""Of 0 to 10: speech sounds the same from here on, and ten costs twice the CPU."""


class Codecs:
    """PJSIP's list of codecs.

    There is one for all its calls, read as an offer or an answer is made: whatever makes one for a
    call has that call's own codecs set just before. Lives on the SIP thread.
    """

    def __init__(self, endpoint: Any, usual: tuple[str, ...], rate: int) -> None:
        """`endpoint` is pjsua2's; `rate` is the bridge's, in Hz. Raises LineError."""
        self._endpoint = endpoint
        self._usual = usual
        self._now: tuple[str, ...] = ()
        self._known = {_name(codec.codecId): codec.codecId for codec in _telephone(endpoint)}
        self._set_opus(rate)
        self.use(())

    def use(self, codecs: tuple[str, ...]) -> None:
        """Take `codecs` (RTP encoding names), best first; the usual ones where there are none.

        Raises LineError for one that PJSIP has not.
        """
        codecs = codecs or self._usual
        if codecs == self._now:
            return
        for name in codecs:
            if name.upper() not in self._known:
                have = ", ".join(sorted(self._known))
                raise LineError(f"codec {name} is not in this build of PJSIP; it has {have}")
        for codec in self._endpoint.codecEnum2():
            self._endpoint.codecSetPriority(codec.codecId, 0)
        for rank, name in enumerate(codecs):
            self._endpoint.codecSetPriority(self._known[name.upper()], 255 - rank)
        self._now = codecs

    def _set_opus(self, rate: int) -> None:
        """One voice at the bridge's rate, so that nothing is resampled (RFC 7587 6.1)."""
        if _OPUS in self._known:
            config = self._endpoint.getCodecOpusConfig()
            config.sample_rate = rate
            config.channel_cnt = 1
            config.complexity = _OPUS_COMPLEXITY
            self._endpoint.setCodecOpusConfig(config)


def _telephone(endpoint: Any) -> list[Any]:
    """Codecs that a telephone call may have. An id is name/clock rate/channels.

    Mono only; but Opus is always written as two channels (RFC 7587 7).
    """
    return [
        codec
        for codec in endpoint.codecEnum2()
        if codec.codecId.endswith("/1") or _name(codec.codecId) == _OPUS
    ]


def _name(codec_id: str) -> str:
    return codec_id.split("/", maxsplit=1)[0].upper()
