"""How a node sets the Python interpreter, so that its threads wait for each other briefly."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from typing import Final

SWITCH_INTERVAL: Final = 0.001
"""Seconds for which a busy thread may keep the interpreter from the tick and SIP threads."""

_THRESHOLDS: Final = (700, 10, 10)
"""Python's own; the command line had others, for what is over in a moment."""


def share_evenly() -> None:
    """The tick has 20 ms for all calls; the default 5 ms would go to waiting for other threads."""
    sys.setswitchinterval(SWITCH_INTERVAL)


def leave_alone_what_stays() -> Callable[[], None]:
    """Have the garbage collector pass by all that is there now; what undoes it.

    Over 100,000 objects stay as long as the node does. To walk them takes a tenth of a second, in
    which no thread of Python's runs: no call is answered, none is launched.
    """
    gc.set_threshold(*_THRESHOLDS)
    gc.collect()
    gc.freeze()
    return gc.unfreeze
