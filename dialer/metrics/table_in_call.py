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
        "60 ms is our own limit, with steps of one 20 ms frame around it. Under 20 ms is the "
        "cost of the SIP thread. At 3 s the law is broken.",
    ),
    Declared(
        "dialer_identity_notice_seconds",
        Kind.HISTOGRAM,
        "seconds",
        "200 OK received to the last RTP packet of the identity notice sent. Calls with an "
        "incomplete notice are not counted: see the outcome `notice_late`.",
        (),
        (0.5, 1.0, 1.5, 2.0, 2.5, 2.75, 2.9, 3.0, 3.25, 4.0),
        "3 s is the law's limit, at which the call is ended. 2.9 s is the longest notice that "
        "can be approved, so 2.9 to 3 s shows the share of the media path.",
    ),
    Declared(
        "dialer_barge_in_latency_seconds",
        Kind.HISTOGRAM,
        "seconds",
        "First frame of the callee's speech to the decision that stopped the prompt.",
        (),
        BARGE_IN_BOUNDS,
        "Decisions come in whole 20 ms frames. A confirmed stop takes between 200 and 300 ms, "
        "our own median limit. Listeners notice 380 ms; 500 ms is the usual minimum "
        "elsewhere.",
    ),
    Declared(
        "dialer_barge_ins_total",
        Kind.COUNTER,
        "barge-ins",
        "Prompts stopped by the callee's confirmed speech.",
    ),
    Declared(
        "dialer_digits_unheard_total",
        Kind.COUNTER,
        "calls",
        "Answered calls in which no key was sure to be heard: no telephone-event was agreed on, "
        "and the codec may lose tones. Unless one came, a number that we called is not called "
        "again.",
        ("trunk",),
    ),
    Declared(
        "dialer_speech_turns_total",
        Kind.COUNTER,
        "turns",
        "Turns of callees that the recogniser was given, by what came of them: `words`, `nothing`, "
        "`late`, `full` (too many turns waited) or `failed`.",
        ("came",),
    ),
    Declared(
        "dialer_speech_seconds_total",
        Kind.COUNTER,
        "seconds",
        "Ends of turns to their results, summed; by the turns, the mean.",
    ),
    Declared(
        "dialer_recordings_total",
        Kind.COUNTER,
        "recordings",
        "Recordings that ended, by state: `whole`, `incomplete` (disk or processor too slow), "
        "`erased` (the callee declined it) or `failed`.",
        ("state",),
    ),
    Declared(
        "dialer_recording_lost_seconds_total",
        Kind.COUNTER,
        "seconds",
        "Audio that was lost because the disk or the processor was too slow.",
    ),
)
