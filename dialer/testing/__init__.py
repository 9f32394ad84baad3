"""Shipped fakes of the ports, for tests of whatever is built on the dialer.

`ScriptedLine` is a Line whose callees do as they are told, `MemoryStore` a Store that forgets,
`FakeClock` a Clock that moves when it is moved, `MemoryKeys` where a vault keeps its keys,
`MemoryAccess` who has access, `MemoryRecordings` what is recorded, `MemoryCampaigns` where
campaigns stand, `MemoryScripts` scripts and their approval, `MemoryRetention` what is destroyed.
`tests/conformance` holds each of them and its real counterpart to the same words.
"""

from dialer.testing.access import MemoryAccess
from dialer.testing.callee import (
    Act,
    Answer,
    AskTransfer,
    Callee,
    Fail,
    Garble,
    Hold,
    OnCancel,
    Press,
    Reject,
    RemoteBye,
    Talk,
    Vanish,
)
from dialer.testing.campaigns import MemoryCampaigns
from dialer.testing.clock import FakeClock, LoopTimers, Timer, Timers
from dialer.testing.complaints import MemoryComplaints
from dialer.testing.configurations import MemoryConfigurations
from dialer.testing.leg import Heard
from dialer.testing.line import ScriptedLine
from dialer.testing.recordings import MemoryRecordings
from dialer.testing.retention import MemoryRetention
from dialer.testing.scripts import MemoryScripts
from dialer.testing.store import MemoryStore
from dialer.testing.suppressions import MemorySuppressions
from dialer.testing.vault import MemoryKeys

__all__ = [
    "Act",
    "Answer",
    "AskTransfer",
    "Callee",
    "Fail",
    "FakeClock",
    "Garble",
    "Heard",
    "Hold",
    "LoopTimers",
    "MemoryAccess",
    "MemoryCampaigns",
    "MemoryComplaints",
    "MemoryConfigurations",
    "MemoryKeys",
    "MemoryRecordings",
    "MemoryRetention",
    "MemoryScripts",
    "MemoryStore",
    "MemorySuppressions",
    "OnCancel",
    "Press",
    "Reject",
    "RemoteBye",
    "ScriptedLine",
    "Talk",
    "Timer",
    "Timers",
    "Vanish",
]
