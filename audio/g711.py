"""G.711 between bytes on the wire and int16 samples (ITU-T G.711), by table.

pjmedia codes the calls themselves; this is for whoever reads or writes RTP beside it: the
demo's callees, the tests that look into captured packets, the benchmarks' probes.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from audio.format import Samples

PAYLOAD_TYPES: Final = {"PCMU": 0, "PCMA": 8}
"""Static RTP payload types (RFC 3551 table 4)."""


def _mulaw_table() -> Samples:
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    magnitude = ((((code & 0x0F) << 3) + 0x84) << ((code >> 4) & 0x07)) - 0x84
    return np.where(code & 0x80, -magnitude, magnitude).astype(np.int16)


def _alaw_table() -> Samples:
    code = np.arange(256, dtype=np.int32) ^ 0x55
    segment = (code >> 4) & 0x07
    step = ((code & 0x0F) << 4) + 8
    magnitude = np.where(segment == 0, step, (step + 0x100) << np.maximum(segment - 1, 0))
    return np.where(code & 0x80, magnitude, -magnitude).astype(np.int16)


def _encoder(decode: Samples) -> NDArray[np.uint8]:
    """The code nearest to each of the 65,536 sample values, indexed by the value + 32768."""
    order = np.argsort(decode, kind="stable")
    levels = decode[order].astype(np.int32)
    values = np.arange(-32768, 32768, dtype=np.int32)
    above = np.clip(np.searchsorted(levels, values), 1, len(levels) - 1)
    nearer_below = values - levels[above - 1] <= levels[above] - values
    return order[np.where(nearer_below, above - 1, above)].astype(np.uint8)


_DECODE: Final = {0: _mulaw_table(), 8: _alaw_table()}
_ENCODE: Final = {payload_type: _encoder(table) for payload_type, table in _DECODE.items()}


def decode(payload: bytes, payload_type: int) -> Samples:
    """Samples (int16 [n]) of `payload`, n bytes. Raises KeyError for a type other than 0 or 8."""
    return _DECODE[payload_type][np.frombuffer(payload, dtype=np.uint8)]


def encode(samples: Samples, payload_type: int) -> bytes:
    """One byte a sample. Raises KeyError for a payload type other than 0 or 8."""
    return _ENCODE[payload_type][samples.astype(np.int32) + 32768].tobytes()
