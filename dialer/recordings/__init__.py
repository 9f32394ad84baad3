"""Recordings of calls: sealed as they are written, erased when the callee does not want them.

`RecordingFolder` alone knows where they lie; `recording_of` gives one back, to who may
hear it.
"""

from dialer.ports.recordings import RecordingDesk
from dialer.recordings.folder import RecordingFolder
from dialer.recordings.house import CallRecording, CallRecordings
from dialer.recordings.wav import recording_of, wav_of

__all__ = [
    "CallRecording",
    "CallRecordings",
    "RecordingDesk",
    "RecordingFolder",
    "recording_of",
    "wav_of",
]
