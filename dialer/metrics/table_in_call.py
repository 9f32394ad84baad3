"""The metrics of what happens in answered calls."""

from __future__ import annotations

from audio.stats import BARGE_IN_BOUNDS
from dialer.metrics.declared import Declared, Kind

IN_CALL: tuple[Declared, ...] = (
    Declared(
        "dialer_answer_to_first_packet_seconds",
        Kind.HISTOGRAM,
        "seconds",
        "200 OK received to the first RTP packet of the identity notice sent.",
        (),
        (0.005, 0.01, 0.02, 0.03, 0.04, 0.06, 0.08, 0.12, 0.25, 0.5, 1.0, 3.0),
        "60 ms is our own limit, in steps of one 20 ms frame around it; under 20 ms shows what "
        "the SIP thread itself costs; 3 s is where the law is broken.",
    ),
    Declared(
        "dialer_identity_notice_seconds",
        Kind.HISTOGRAM,
        "seconds",
        "200 OK received to the last RTP packet of the identity notice sent. Calls in which it was "
        "not spoken whole are not in it: see `notice_late` among the outcomes.",
        (),
        (0.5, 1.0, 1.5, 2.0, 2.5, 2.75, 2.9, 3.0, 3.25, 4.0),
        "3 s is the law's limit, at which the call is ended; 2.9 s is the longest notice that is "
        "approved, so that 2.9 to 3 s shows what the media path took of the rest.",
    ),
    Declared(
        "dialer_barge_in_latency_seconds",
        Kind.HISTOGRAM,
        "seconds",
        "First frame of the callee's speech to the decision that stopped the prompt.",
        (),
        BARGE_IN_BOUNDS,
        "Decisions come in whole 20 ms frames; a confirmed stop falls between 200 and 300 ms, our "
        "own median limit; 380 ms is what listeners notice, 500 ms the usual minimum elsewhere.",
    ),
    Declared(
        "dialer_barge_ins_total",
        Kind.COUNTER,
        "barge-ins",
        "Prompts stopped by the callee's confirmed speech.",
    ),
    Declared(
        "dialer_recordings_total",
        Kind.COUNTER,
        "recordings",
        "Recordings that ended, by what there is of them: `whole`, `incomplete` (disk or processor "
        "could not follow), `erased` (the callee did not want it) or `failed`.",
        ("state",),
    ),
    Declared(
        "dialer_recording_lost_seconds_total",
        Kind.COUNTER,
        "seconds",
        "Sound that could not be kept, for the disk or the processor did not follow.",
    ),
)
